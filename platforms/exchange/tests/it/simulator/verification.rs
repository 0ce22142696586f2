//! What is left of a run: logs that are read from scratch, and what they must say.

use super::{
    calls::Call,
    world::{CODES, Facts, UNWAITED_TICKS, World},
};
use exchange::{
    message::{Annex, Entry, Event, MessageHash, RequestHead, Seal, SeenCheckpoints},
    rest,
};
use ledger::{Ledger, Options, verify_consistency};
use std::collections::{BTreeMap, HashMap, HashSet};
use uuid::Uuid;

/// The log of one node.
struct Log {
    ledger: Ledger,
    entries: Vec<String>,
    annexes: Vec<Annex>,
    /// Where an event of a message stands.
    places: HashMap<(Uuid, &'static str), usize>,
    /// The message that carried a call to this node, by the call's own identifier.
    received: HashMap<String, Uuid>,
}

/// Fails when something does not hold; the logs' last words.
pub(crate) fn verify(world: &World) -> String {
    let logs: Vec<Log> = CODES
        .iter()
        .zip(&world.hosts)
        .map(|(code, host)| Log::read(code, &host.dir.join("ledger")))
        .collect();
    for log in &logs {
        log.agrees_with(&logs);
    }
    for call in &world.calls {
        holds(call, world, &logs);
    }
    let digests: BTreeMap<_, _> = CODES.into_iter().zip(logs.iter().map(Log::digest)).collect();
    format!("the logs are {digests:?}")
}

fn holds(call: &Call, world: &World, logs: &[Log]) {
    let (consumer, provider) = (&logs[call.from], &logs[call.to]);
    let name = call.message();
    let runs = world.hosts[call.to].desk.times_run(call.number);
    if call.writes {
        assert!(runs <= 1, "{name} was run {runs} times");
        assert!(runs == 0 || provider.received.contains_key(&name), "{name} was run and is not in the log");
    }
    let Some((ended, Ok(id))) = &call.ended else { return };
    assert!(runs > 0, "{name} was answered and not run");
    for (log, event) in [
        (consumer, Event::RequestSent),
        (provider, Event::RequestReceived),
        (provider, Event::AnswerSent),
        (consumer, Event::AnswerReceived),
    ] {
        let may_lack = event == Event::AnswerReceived
            && world
                .troubles
                .iter()
                .any(|(at, host)| *host == call.from && at.abs_diff(*ended) <= UNWAITED_TICKS);
        let there = log.places.contains_key(&(*id, word(event)));
        assert!(there || may_lack, "{name} was answered and {event:?} is not in the log");
    }
}

fn word(event: Event) -> &'static str {
    match event {
        Event::RequestSent => "request-sent",
        Event::RequestReceived => "request-received",
        Event::AnswerSent => "answer-sent",
        Event::AnswerReceived => "answer-received",
    }
}

impl Log {
    fn read(code: &str, dir: &std::path::Path) -> Self {
        let options = Options { check_whole_journal: true, ..Options::default() };
        let ledger = Ledger::open(dir, Facts::ledger_signer(code), options).unwrap();
        let items = ledger.items(0, ledger.checkpoint().checkpoint.size).unwrap();
        let mut log = Self {
            ledger,
            entries: Vec::new(),
            annexes: Vec::new(),
            places: HashMap::new(),
            received: HashMap::new(),
        };
        for (index, item) in items.into_iter().enumerate() {
            let entry = Entry::of_bytes(&item.entry).expect("every entry is one of a message");
            let annex = Annex::decode(item.annex.into()).expect("every entry has its annex");
            let hash = MessageHash::of(&annex.head, annex.body.as_ref());
            assert_eq!(hash.commit(&annex.salt), entry.digest, "an entry stands for its head and body");
            let known = log.places.insert((entry.id, word(entry.event)), index);
            assert_eq!(known, None, "{} {:?} stands twice in the log of {code}", entry.id, entry.event);
            if entry.event == Event::RequestReceived {
                let head = RequestHead::parse(annex.head.clone()).expect("a logged head can be read");
                log.received.insert(rest::text(&head.headers, &rest::ID).unwrap_or_default(), entry.id);
            }
            log.entries.push(entry.to_string());
            log.annexes.push(annex);
        }
        log
    }

    /// Of what happened, in order. The root would not do: some answers tell of a file, whose folder is another in every run.
    fn digest(&self) -> String {
        let words = self.entries.iter().flat_map(|entry| entry.split(' ').take(3));
        ledger::Hash::of(words.collect::<String>().as_bytes()).to_string()
    }

    /// What this node took of its peers is in their logs, where their seals said, and these have never been others.
    fn agrees_with(&self, logs: &[Log]) {
        let mut checkpoints = HashSet::new();
        for (index, annex) in self.annexes.iter().enumerate() {
            let Some(encoded) = annex.seal.clone() else { continue };
            let number = CODES.iter().position(|code| annex.peer.ends_with(code)).expect("peers are listed");
            let (peer, key) = (&logs[number], Facts::ledger_signer(CODES[number]).verifier_key());
            let seal =
                Seal::decode(encoded, &SeenCheckpoints::new(key)).expect("a logged seal is the peer's");
            let received: Entry = self.entries[index].parse().expect("it was parsed before");
            let event = match received.event {
                Event::RequestReceived => Event::RequestSent,
                _ => Event::AnswerSent,
            };
            let sent = Entry { event, ..received };
            seal.verify(&sent).expect("a logged seal proves its message");
            assert_eq!(peer.entries[seal.index as usize], sent.to_string(), "a peer lost what it had sealed");
            if checkpoints.insert((number, seal.checkpoint.checkpoint.size)) {
                peer.continues(&seal.checkpoint.checkpoint);
            }
        }
    }

    /// The log today continues the one of that checkpoint.
    fn continues(&self, earlier: &ledger::Checkpoint) {
        let now = &self.ledger.checkpoint().checkpoint;
        let proof = self.ledger.consistency(earlier.size, now.size).unwrap();
        verify_consistency(earlier.size, now.size, &earlier.root, &now.root, &proof)
            .expect("a log only grows");
    }
}
