//! Certificates and ledger keys are rolled at real nodes, as their operators do it, under load.

use super::Over;
use crate::journeys::{
    agencies::{Agencies, Agency, TOKEN},
    browser::send,
    program::{self, Run, Running},
};
use pki::{Holder, Validity};
use serde_json::Value;
use std::{
    fs,
    path::Path,
    sync::atomic::{AtomicBool, AtomicUsize, Ordering},
    thread,
    time::{Duration, Instant},
};
use system::Clock;

const CALLERS: usize = 6;
/// Messages that pass between two steps.
const BETWEEN: usize = 20;
/// How long a node may take to say that it is as it should be.
const READY_LIMIT: Duration = Duration::from_secs(60);
const TAKEN: &str = "the configuration was read again";
const NOT_TAKEN: &str = "the configuration is not taken";

/// A running node, and how often it has read its configuration again.
pub(crate) struct Node<'a> {
    pub(crate) agency: &'a Agency,
    pub(crate) running: Running,
    pub(crate) taken: usize,
}

impl<'a> Node<'a> {
    pub(crate) fn of(agency: &'a Agency, running: Running) -> Self {
        Self { agency, running, taken: 0 }
    }

    /// Has it read its configuration, and look at its directory, again.
    pub(crate) fn reload(&mut self) {
        self.running.signal("HUP");
        self.taken += 1;
        self.running.hear(TAKEN, self.taken);
    }

    /// Waits until a part of it is as it should be.
    pub(crate) fn wait_ready(&self, part: &str) {
        let begun = Instant::now();
        loop {
            let answer = send(&self.agency.admin.to_string(), "GET", "/healthz", &[], b"").unwrap();
            let health: Value = serde_json::from_slice(&answer.body).unwrap();
            if health["components"][part]["state"] == "ready" {
                return;
            }
            assert!(begun.elapsed() < READY_LIMIT, "{health}");
            thread::sleep(Duration::from_millis(50));
        }
    }

    /// Changes a line of its configuration.
    pub(crate) fn change(&self, from: &str, to: &str) {
        let text = fs::read_to_string(self.agency.file()).unwrap();
        assert!(text.contains(from), "{from}: {text}");
        self.agency.configure(&text.replacen(from, to, 1));
    }
}

pub(crate) fn roll_ledger(agency: &Agency, to: &str) -> Run {
    program::run([
        "keys".as_ref(),
        "roll".as_ref(),
        "ledger".as_ref(),
        "--config".as_ref(),
        agency.file().as_os_str(),
        "--to".as_ref(),
        to.as_ref(),
        "--yes".as_ref(),
    ])
}

pub(crate) fn accept(all: &Agencies, agency: &Agency) -> Run {
    let (change, register) =
        (agency.folder.join("data/ledger-key-change"), all.centre.folder.join("register.json"));
    let words: [&Path; 6] =
        ["keys".as_ref(), "accept".as_ref(), &change, "--register".as_ref(), &register, "--yes".as_ref()];
    program::run(words)
}

/// Calls for as long as `meanwhile` takes, which is told how to wait until some calls have passed. Fails when one call is not
/// answered the first time.
pub(crate) fn under_load(all: &Agencies, meanwhile: impl FnOnce(&dyn Fn())) -> usize {
    let (done, answered) = (AtomicBool::new(false), AtomicUsize::new(0));
    let call = || {
        while !done.load(Ordering::SeqCst) {
            let answer = all.call("/r1/VN/GOV/G12/tax/receipts/receipts/7", TOKEN, "procedure");
            assert_eq!(answer.status, 200, "{}", answer.text());
            answered.fetch_add(1, Ordering::SeqCst);
        }
    };
    thread::scope(|scope| {
        let callers: Vec<_> = (0..CALLERS).map(|_| scope.spawn(call)).collect();
        let pass = || {
            let before = answered.load(Ordering::SeqCst);
            while answered.load(Ordering::SeqCst) < before + BETWEEN {
                assert!(!callers.iter().any(|caller| caller.is_finished()), "a call was not answered");
                thread::sleep(Duration::from_millis(1));
            }
        };
        let over = Over(&done);
        meanwhile(&pass);
        drop(over);
        callers.into_iter().for_each(|caller| caller.join().expect("every call is answered"));
    });
    answered.into_inner()
}

#[test]
fn certificates_and_then_ledger_keys_are_rolled_at_both_ends_without_a_message_lost() {
    let all = Agencies::prepare();
    let mut centre = Node::of(&all.centre, all.centre.start());
    let mut nodes = [&all.provider, &all.consumer].map(|agency| Node::of(agency, agency.start()));
    let early = all.assert_answered("before");
    let early = early.header("x-lienthong-receipt").unwrap().to_owned();
    under_load(&all, |pass| {
        for number in 0..2 {
            pass();
            let agency = nodes[number].agency;
            let validity = Validity::days(Clock::real().now(), 20).unwrap();
            let renewed = all.authority.issue(&Holder::node(agency.id).unwrap(), validity).unwrap();
            renewed.save(&agency.folder.join("node.pem")).unwrap();
            nodes[number].reload();
            pass();

            let (old, new) = ("ledger-key = \"ledger.key\"", "ledger-key = \"ledger-2.key\"");
            let both = "ledger-key = [\"ledger.key\", \"ledger-2.key\"]";
            let run = roll_ledger(agency, "ledger-2.key");
            run.assert_good("a roll begins");
            assert!(run.stderr.contains(both) && run.stderr.contains("keys accept"), "{}", run.stderr);
            // The new key alone is not taken before the centre lists it.
            nodes[number].change(old, new);
            nodes[number].running.signal("HUP");
            nodes[number].running.hear(NOT_TAKEN, 1);
            nodes[number].change(new, both);
            nodes[number].reload();
            pass();
            roll_ledger(agency, "ledger-3.key").assert_refused("a second roll", &["end that roll first"]);
            accept(&all, agency).assert_good("the centre lists the new key");
            accept(&all, agency).assert_refused("once", &["lists", "already"]);
            centre.reload();
            pass();
            nodes.iter_mut().for_each(Node::reload);
            pass();
            nodes[number].change(both, new);
            nodes[number].reload();
            pass();
        }
    });
    // With the new keys alone they start, and all is proven: what was before and what comes.
    for node in nodes {
        node.running.stop("TERM").assert_good("it stops");
        let run = node.agency.doctor();
        assert!(run.stdout.contains("is whole: "), "{}", run.said());
        fs::remove_file(node.agency.folder.join("ledger.key")).unwrap();
    }
    let (provider, consumer) = (all.provider.start(), all.consumer.start());
    let late = all.assert_answered("after");
    let late = late.header("x-lienthong-receipt").unwrap().to_owned();
    for place in [early, late] {
        let path = format!("/receipts/{}", place.rsplit('/').next().unwrap());
        let receipt = all.call(&path, TOKEN, "procedure");
        let file = all.place.path().join("receipt.json");
        fs::write(&file, &receipt.body).unwrap();
        let words = ["verify".as_ref(), file.as_os_str(), "--anchor".as_ref(), all.anchor.as_ref()];
        program::run(words).assert_good(&receipt.text());
    }
    for node in [provider, consumer, centre.running] {
        node.stop("TERM").assert_good("it stops");
    }
}

#[test]
fn keys_are_not_rolled_by_mistake() {
    let all = Agencies::prepare();
    let agency = &all.provider;
    let file = agency.file();
    let words = ["keys", "roll", "ledger", "--to", "ledger-2.key", "--config"].map(std::ffi::OsStr::new);
    let unasked = program::run(words.into_iter().chain([file.as_os_str()]));
    unasked.assert_refused("nobody says yes", &["[y/N]", "nothing was changed"]);
    assert!(!agency.folder.join("ledger-2.key").exists());
    roll_ledger(agency, "ledger.key").assert_refused("the same", &["is the ledger key already"]);
    roll_ledger(agency, "pkcs11:token=x").assert_refused("no place", &["lacks module-path"]);
    roll_ledger(agency, "ledger-2.key").assert_good("a roll begins");
    let change = agency.folder.join("data/ledger-key-change");
    let good = fs::read_to_string(&change).unwrap();
    for (case, text, words) in [
        ("altered", good.replacen("vn.gov.g12", "vn.gov.h26", 1), &["not the change of a ledger's key"][..]),
        ("cut off", good[..good.len() / 2].to_owned(), &["not the change of a ledger's key"]),
        ("too long", good.repeat(100), &["too long"]),
    ] {
        fs::write(&change, text).unwrap();
        accept(&all, agency).assert_refused(case, words);
    }
    fs::write(&change, good).unwrap();
    fs::write(
        all.centre.folder.join("register.json"),
        fs::read_to_string(all.centre.folder.join("register.json"))
            .unwrap()
            .replace(&agency.ledger, &all.consumer.ledger),
    )
    .unwrap();
    accept(&all, agency).assert_refused("another's register", &["lists no node whose ledger key"]);
    let made = agency.folder.join("made.key");
    let make = |kind: &str| {
        program::run(["keys".as_ref(), "make".as_ref(), made.as_os_str(), "--kind".as_ref(), kind.as_ref()])
    };
    make("ed25519").assert_good("a key in a file");
    make("ed25519").assert_refused("once", &["is there already"]);
    make("p256").assert_refused("in a file", &["openssl"]);
}
