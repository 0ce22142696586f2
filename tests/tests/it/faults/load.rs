//! Ten times the load that a node admits.

use super::{deployment::Deployment, office::SLOW};
use std::{sync::Barrier, thread};

const ADMITTED: usize = 20;
const CALLERS: usize = 10 * ADMITTED;

#[test]
fn what_is_admitted_is_unharmed_and_the_rest_is_told_to_come_again() {
    let all = &Deployment::prepare();
    all.limit_calls(ADMITTED);
    let nodes = all.start();
    all.assert_answered("without load", "before");
    let together = Barrier::new(CALLERS);
    let message = |caller: usize| format!("{SLOW}{caller}");
    let call = |caller: usize| {
        together.wait();
        let answer = all.send(&message(caller)).unwrap();
        match answer.status {
            200 => true,
            _ => {
                let kind = answer.header("x-road-error");
                assert_eq!(kind, Some("server.clientproxy.overloaded"), "{}", answer.text());
                assert!(answer.header("retry-after").is_some(), "it says when to come again");
                assert_eq!(all.office.runs(&message(caller)), 0, "what was refused was not run");
                false
            }
        }
    };
    let call = &call;
    let served = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|caller| scope.spawn(move || call(caller))).collect();
        callers
            .into_iter()
            .map(|caller| caller.join().expect("a caller is told"))
            .filter(|served| *served)
            .count()
    });
    // One system alone is given four fifths of the places; the rest is kept for others.
    assert!((ADMITTED * 4 / 5..CALLERS).contains(&served), "{served} of {CALLERS} were served");
    // Whoever comes again is served in the end.
    let learned: Vec<_> = thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS)
            .map(|caller| scope.spawn(move || (message(caller), all.learn(&message(caller)))))
            .collect();
        callers.into_iter().map(|caller| caller.join().expect("a caller learns")).collect()
    });
    all.assert_kept(&learned);
    all.assert_sound(nodes);
}
