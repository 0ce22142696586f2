//! The simulated country: what happens when, drawn from the seed.

use super::{
    calls::{self, Call},
    host::Host,
    network::Network,
    verification,
};
use contracts::MemberId;
use exchange::{Directory, MemberEntry, NodeEntry, SystemEntry};
use jiff::{SignedDuration, Timestamp};
use ledger::{NoteSigner, VerifierKey, simulation::DiskFault};
use pki::{Authority, Holder, SharedIdentity, Validity};
use std::{sync::OnceLock, time::Duration};
use store::{Location, Store};
use system::Random;
use tempfile::TempDir;

/// The agencies, by the numbers of their hosts.
pub(crate) const CODES: [&str; 3] = ["G01", "G12", "H26"];
/// One step of a run.
const TICK: Duration = Duration::from_millis(5);
/// How long things go wrong, in ticks.
const TROUBLED_TICKS: u64 = 400;
/// A coarser step, while what has begun comes to an end.
const SETTLING_TICK: Duration = Duration::from_secs(4);
/// Longer than the longest time a node waits for anything, or takes nothing that was sealed under a clock that was wrong.
const SETTLING_TICKS: u64 = 100;
/// How long the calls at the end may take, in ticks.
const FINAL_TICKS: u64 = 200;
/// Clocks are wrong by at most so much, in seconds.
const SKEW_LIMIT_SECONDS: u64 = 240;
/// A call that ended this short before its node crashed may lack the entry that nobody waits for, in ticks.
pub(crate) const UNWAITED_TICKS: u64 = 40;

/// What the seed decides.
pub(crate) struct Dice(Random);

impl Dice {
    pub(crate) fn below(&self, limit: u64) -> u64 {
        self.0.below(limit)
    }

    pub(crate) fn one_in(&self, chances: u64) -> bool {
        self.below(chances) == 0
    }
}

/// What all runs share, because it takes long to make and says nothing of a run.
pub(crate) struct Facts {
    pub(crate) centre: VerifierKey,
    pub(crate) directory: String,
    pub(crate) identities: Vec<SharedIdentity>,
    pub(crate) store: Store,
}

impl Facts {
    pub(crate) fn start() -> Timestamp {
        crate::country::start_of_tests()
    }

    pub(crate) fn ledger_signer(code: &str) -> NoteSigner {
        crate::country::ledger_signer(code)
    }

    pub(crate) fn of_all_runs() -> &'static Self {
        static FACTS: OnceLock<Facts> = OnceLock::new();
        FACTS.get_or_init(Self::make)
    }

    fn make() -> Self {
        let validity = Validity::days(Self::start(), 3650).unwrap();
        let authority = Authority::create("Simulated root", validity).unwrap();
        let id = |code: &str| MemberId::agency(code).to_string();
        let identity =
            |code| SharedIdentity::new(authority.issue(&Holder::node(&id(code)).unwrap(), validity).unwrap());
        let centre = NoteSigner::new("vn.centre.directory", &[3; 32]).unwrap();
        let node = |(number, code): (usize, &&str)| NodeEntry {
            id: id(code),
            address: number.to_string(),
            ledger: Self::ledger_signer(code).verifier_key().to_string(),
            ..NodeEntry::default()
        };
        let desk = SystemEntry {
            code: calls::SYSTEM.into(),
            name: "Bàn".into(),
            national: false,
            services: vec!["notes".into()],
        };
        let member = |code: &&str| MemberEntry {
            id: MemberId::agency(code),
            name: (*code).into(),
            name_en: (*code).into(),
            nodes: vec![id(code)],
            systems: vec![desk.clone()],
        };
        let directory = Directory {
            version: 1,
            issued: Self::start(),
            fresh_until: Self::start(),
            instance: "VN".into(),
            authorities: vec![authority.certificate_pem()],
            nodes: CODES.iter().enumerate().map(node).collect(),
            members: CODES.iter().map(member).collect(),
            ..Directory::default()
        };
        let opening = Store::open(&Location::SqliteMemory, &exchange::SCHEMA, Self::start());
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        Self {
            centre: centre.verifier_key(),
            directory: directory.sign(&centre).unwrap(),
            identities: CODES.into_iter().map(identity).collect(),
            store: runtime.block_on(opening).unwrap(),
        }
    }
}

/// One run.
pub(crate) struct World {
    dice: Dice,
    network: Network,
    pub(crate) hosts: Vec<Host>,
    pub(crate) calls: Vec<Call>,
    /// When hosts crashed or a disk failed: the tick, and the host.
    pub(crate) troubles: Vec<(u64, usize)>,
    now: u64,
    events: Vec<String>,
    aloud: bool,
    _dir: TempDir,
}

impl World {
    pub(crate) fn found(seed: u64) -> Self {
        let dir = tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap();
        let network = Network::default();
        let host = |number| Host::new(number, dir.path().join(CODES[number]), &network);
        let hosts = (0..CODES.len()).map(host).collect();
        Self {
            dice: Dice(Random::from_seed(seed)),
            network,
            hosts,
            calls: Vec::new(),
            troubles: Vec::new(),
            now: 0,
            events: Vec::new(),
            aloud: false,
            _dir: dir,
        }
    }

    /// The same, telling what happens as it does.
    pub(crate) fn aloud(mut self) -> Self {
        self.aloud = true;
        self
    }

    /// Runs to the end and looks at what is left; what happened.
    pub(crate) fn run(mut self) -> Vec<String> {
        for host in &mut self.hosts {
            assert!(host.start(&self.dice));
        }
        for _ in 0..TROUBLED_TICKS {
            self.trouble();
            if self.dice.one_in(12) {
                self.begin_call();
            }
            self.tick(TICK, true);
        }
        self.settle();
        let calls_before = self.calls.len();
        self.begin_final_calls();
        for _ in 0..FINAL_TICKS {
            self.tick(TICK, false);
        }
        for call in &self.calls[calls_before..] {
            let answered = matches!(call.ended, Some((_, Ok(_))));
            assert!(answered, "after all trouble has ended {} is answered: {:?}", call.message(), call.ended);
        }
        self.hosts.iter_mut().for_each(Host::stop);
        let logs = verification::verify(&self);
        self.tell(logs);
        self.events
    }

    /// Something that is not the network's fault may go wrong.
    fn trouble(&mut self) {
        for (number, code) in CODES.into_iter().enumerate() {
            let (host, dice) = (&mut self.hosts[number], &self.dice);
            let happened = if !host.is_up() {
                (dice.one_in(30) && come_back(host, dice)).then_some("comes back")
            } else if dice.one_in(250) {
                self.troubles.push((self.now, number));
                host.crash(dice);
                Some("crashes")
            } else if dice.one_in(300) {
                self.troubles.push((self.now, number));
                let fault = if dice.one_in(2) { DiskFault::Full } else { DiskFault::SyncFails };
                host.disk.fail_next(fault);
                Some("has a disk that fails")
            } else if dice.one_in(300) {
                set_clock(host, self.now, dice.below(2 * SKEW_LIMIT_SECONDS + 1));
                Some("has its clock set")
            } else {
                dice.one_in(100).then(|| host.sync()).map(|()| "notes that all is on disk")
            };
            if let Some(happened) = happened {
                self.tell(format!("{code} {happened}"));
            }
        }
    }

    fn begin_call(&mut self) {
        let from = self.dice.below(CODES.len() as u64) as usize;
        let to = (from + 1 + self.dice.below(CODES.len() as u64 - 1) as usize) % CODES.len();
        let writes = !self.dice.one_in(3);
        self.call(from, to, writes);
    }

    fn begin_final_calls(&mut self) {
        for from in 0..CODES.len() {
            for to in (0..CODES.len()).filter(|to| *to != from) {
                self.call(from, to, true);
            }
        }
    }

    fn call(&mut self, from: usize, to: usize, writes: bool) {
        let call = Call { number: self.calls.len() as u64, from, to, writes, ended: None };
        self.tell(format!("{} calls {} with {}", CODES[from], CODES[to], call.message()));
        self.hosts[from].call(&call);
        self.calls.push(call);
    }

    /// Everything is set right, and what has begun comes to an end.
    fn settle(&mut self) {
        self.tell("all trouble ends".into());
        for number in 0..self.hosts.len() {
            let host = &mut self.hosts[number];
            host.disk.heal();
            assert!(host.is_up() || host.start(&self.dice));
            set_clock(host, self.now, SKEW_LIMIT_SECONDS);
        }
        for _ in 0..SETTLING_TICKS {
            self.tick(SETTLING_TICK, false);
        }
    }

    fn tick(&mut self, time: Duration, faulty: bool) {
        self.now += 1;
        for number in 0..self.hosts.len() {
            let host = &mut self.hosts[number];
            host.clock.advance(time.try_into().expect("a tick is short"));
            // A disk takes its time.
            if !faulty || self.dice.one_in(2) {
                host.write();
            }
            for (call, outcome) in host.work(time) {
                self.tell(format!("call-{call} ends: {outcome:?}"));
                self.calls[call as usize].ended = Some((self.now, outcome));
            }
            for arriving in self.network.arriving() {
                self.hosts[arriving.to].take(arriving);
            }
        }
        for told in self.network.tick(self.now, &self.dice, faulty) {
            self.tell(told);
        }
    }

    fn tell(&mut self, event: String) {
        let event = format!("{:>4} {event}", self.now);
        if self.aloud {
            eprintln!("{event}");
        }
        self.events.push(event);
    }
}

/// Starts a node; its clock may be far too fast at first, and is set right when somebody has seen it.
fn come_back(host: &mut Host, dice: &Dice) -> bool {
    let fast = SignedDuration::from_hours(i64::from(dice.one_in(4)));
    host.clock.advance(fast);
    let started = host.start(dice);
    host.clock.advance(-fast);
    started
}

/// Sets a clock as wrong as `skew_seconds` above the lower limit.
fn set_clock(host: &mut Host, now: u64, skew_seconds: u64) {
    let true_time = Facts::start() + SignedDuration::try_from(TICK * now as u32).expect("a run is short");
    let skew = skew_seconds as i64 - SKEW_LIMIT_SECONDS as i64;
    let wrong = true_time + SignedDuration::from_secs(skew);
    host.clock.advance(host.clock.now().duration_until(wrong));
}
