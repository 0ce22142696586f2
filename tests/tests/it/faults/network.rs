//! A peer that is slow, gone, silent, lying, or breaks off.

use super::{deployment::Deployment, proxy::Behaviour};

#[test]
fn a_peer_in_trouble_is_told_and_found_again() {
    let all = Deployment::prepare();
    let nodes = all.start();
    all.assert_answered("before any trouble", "before");
    all.network.set(Behaviour::Slow);
    all.assert_answered("slow", "slow");
    let mut messages = vec!["before".to_owned(), "slow".to_owned()];
    for trouble in [Behaviour::Gone, Behaviour::Resets, Behaviour::Lies] {
        let message = format!("{trouble:?}").to_lowercase();
        all.network.set(trouble);
        for _ in 0..3 {
            all.assert_refused(&message, &message, "server.clientproxy.network_error", "G12");
        }
        assert_eq!(all.office.runs(&message), 0, "{message}");
        all.network.set(Behaviour::Passes);
        messages.push(message);
    }
    let learned: Vec<_> =
        messages.into_iter().map(|message| (message.clone(), all.learn(&message))).collect();
    all.assert_kept(&learned);
    all.assert_sound(nodes);
}

#[test]
fn a_peer_that_falls_silent_is_given_up_in_time() {
    let all = Deployment::prepare();
    let nodes = all.start();
    // A node has two connections to a peer, and takes turns.
    all.assert_answered("before", "before-1");
    all.assert_answered("before", "before-2");
    all.network.set(Behaviour::Silent);
    all.assert_refused(
        "silent",
        "silent",
        "server.clientproxy.network_error",
        "ended before the answer came",
    );
    all.network.set(Behaviour::Passes);
    let learned = [("silent".to_owned(), all.learn("silent"))];
    all.assert_kept(&learned);
    all.assert_sound(nodes);
}
