//! The configuration is read again, and certificates are renewed, under load.

use super::{
    Over,
    deployment::{Deployment, Learned},
};
use pki::{Holder, Validity};
use std::{
    fs,
    sync::atomic::{AtomicBool, Ordering},
    thread,
};
use system::Clock;

const CALLERS: usize = 8;
const TAKEN: &str = "the configuration was read again";
const NOT_TAKEN: &str = "the configuration is not taken";

/// Has callers send messages for as long as `meanwhile` takes; what each learned. Fails when one message is not answered
/// the first time.
fn under_load(all: &Deployment, meanwhile: impl FnOnce()) -> Vec<(String, Learned)> {
    let done = AtomicBool::new(false);
    let call = |caller: usize| {
        let mut learned = Vec::new();
        while !done.load(Ordering::SeqCst) {
            let message = format!("caller-{caller}-{}", learned.len());
            let answer = all.send(&message).unwrap();
            assert_eq!(answer.status, 200, "{message}: {}", answer.text());
            let receipt = answer.header("x-lienthong-receipt").expect("an answer has a receipt").to_owned();
            learned.push((message, Learned::Answer { receipt }));
        }
        learned
    };
    let (call, done) = (&call, &done);
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|caller| scope.spawn(move || call(caller))).collect();
        let over = Over(done);
        meanwhile();
        drop(over);
        callers.into_iter().flat_map(|caller| caller.join().expect("every message is answered")).collect()
    })
}

#[test]
fn a_configuration_is_read_again_without_a_message_lost() {
    let all = &Deployment::prepare();
    let (mut provider, mut consumer) = all.start();
    all.assert_answered("before", "before");
    let good = [&all.provider, &all.consumer].map(|agency| fs::read_to_string(agency.file()).unwrap());
    let learned = under_load(all, || {
        for round in 0..10 {
            // Each time there is one grant and one system more, and another limit.
            let grant =
                format!("[[grants]]\nsystem = \"tax\"\nservice = \"*\"\nclient = \"VN/GOV/H{round}/x\"\n");
            all.provider.configure(&format!("{}\n{grant}", good[0]));
            let limit = 1_000 + round;
            all.consumer.configure(&format!("calls-limit = {limit}\n{}", good[1]));
            provider.signal("HUP");
            consumer.signal("HUP");
            provider.hear(TAKEN, round + 1);
            consumer.hear(TAKEN, round + 1);
        }
        for (round, (text, words)) in [
            ("not TOML", "expected"),
            ("", "missing field"),
            (&*good[0].replace("[listen]", "body-limit-bytes = 1\n[listen]"), "unknown field"),
            (&*format!("body-limit-bytes = 7\n{}", good[0]), "takes a restart"),
            (&*good[0].replace("http://", "ftp://"), "does not begin with http://"),
        ]
        .into_iter()
        .enumerate()
        {
            all.provider.configure(text);
            provider.signal("HUP");
            provider.hear(NOT_TAKEN, round + 1);
            // What is wrong may take more than one line.
            provider.hear(words, 1);
        }
    });
    // What the file no longer says is over.
    all.provider.configure(good[0].split("[[grants]]").next().unwrap());
    provider.signal("HUP");
    provider.hear(TAKEN, 11);
    all.assert_refused("without its grant", "after", "server.serverproxy.access_denied", "has no grant");
    all.provider.configure(&good[0]);
    provider.signal("HUP");
    provider.hear(TAKEN, 12);
    all.assert_answered("with its grant again", "again");
    all.assert_kept(&learned);
    all.assert_sound((provider, consumer));
}

#[test]
fn certificates_are_renewed_without_a_message_lost() {
    let all = &Deployment::prepare();
    let (mut provider, mut consumer) = all.start();
    all.assert_answered("before", "before");
    let learned = under_load(all, || {
        for round in 0..5 {
            for (agency, node) in [(&all.provider, &mut provider), (&all.consumer, &mut consumer)] {
                let validity = Validity::days(Clock::real().now(), 30 + round).unwrap();
                let renewed = all.authority.issue(&Holder::node(agency.id).unwrap(), validity).unwrap();
                renewed.save(&agency.folder.join("node.pem")).unwrap();
                node.signal("HUP");
                node.hear(TAKEN, round as usize + 1);
            }
        }
    });
    all.assert_kept(&learned);
    all.assert_sound((provider, consumer));
}
