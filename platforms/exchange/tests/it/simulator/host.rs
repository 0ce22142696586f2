//! A computer of a simulated country, with one agency's node on it.

use super::{
    calls::{self, Call, Desk},
    network::{Arriving, Network},
    world::{CODES, Dice, Facts},
};
use contracts::MemberId;
use exchange::{
    AccessRule, Keeper, Node, Parts, Vocabulary,
    wire::{Connection, Incoming, Limits, Room, Serve},
};
use ledger::{
    LedgerError, Options,
    simulation::{Disk, Writer},
};
use std::{
    path::PathBuf,
    sync::{Arc, Mutex},
    time::Duration,
};
use system::{Clock, Random};
use tokio::{
    runtime::{Builder, Runtime},
    sync::Semaphore,
};
use uuid::Uuid;

/// Messages of one peer at a time.
const SLOTS: usize = 64;
/// The journal goes on in a new file after so much, so that runs have several.
const SEGMENT_BYTES: u64 = 24 * 1024;
const BODY_LIMIT_BYTES: u64 = 1 << 20;

/// A call that ended: its number, and the message's identifier or why there is no answer.
pub(crate) type Ended = (u64, Result<Uuid, String>);

/// The computer.
pub(crate) struct Host {
    number: usize,
    pub(crate) dir: PathBuf,
    pub(crate) disk: Disk,
    pub(crate) clock: Clock,
    pub(crate) desk: Arc<Desk>,
    network: Network,
    ended: Arc<Mutex<Vec<Ended>>>,
    running: Option<Running>,
}

/// A node at work. Dropping it is a crash: its runtime forgets every task.
struct Running {
    node: Arc<Node>,
    writer: Writer,
    slots: Arc<Semaphore>,
    connections: Vec<Connection>,
    runtime: Runtime,
}

impl Host {
    pub(crate) fn new(number: usize, dir: PathBuf, network: &Network) -> Self {
        std::fs::create_dir_all(dir.join("spool")).unwrap();
        Self {
            number,
            dir,
            disk: Disk::default(),
            clock: Clock::held_at(Facts::start()),
            desk: Arc::default(),
            network: network.clone(),
            ended: Arc::default(),
            running: None,
        }
    }

    pub(crate) fn is_up(&self) -> bool {
        self.running.is_some()
    }

    /// Starts the node from what is on the disk; false when the disk fails.
    pub(crate) fn start(&mut self, dice: &Dice) -> bool {
        let facts = Facts::of_all_runs();
        let code = CODES[self.number];
        let options = Options { segment_limit_bytes: SEGMENT_BYTES, ..Options::default() };
        let opened = self.disk.open(&self.dir.join("ledger"), Facts::ledger_signer(code), options);
        let (ledger, writer) = match opened {
            Err(LedgerError::Io { .. }) => return false,
            opened => opened.expect("no crash damages a log"),
        };
        let keeper = Keeper::open(facts.centre.clone(), self.dir.join("directory")).unwrap();
        keeper.offer(facts.directory.clone()).unwrap();
        let runtime = Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let entered = runtime.enter();
        let node = Node::new(Parts {
            id: MemberId::agency(code).to_string(),
            identity: facts.identities[self.number].clone(),
            store: facts.store.clone(),
            ledger,
            ledger_key: Facts::ledger_signer(code).verifier_key(),
            keeper,
            clock: self.clock.clone(),
            random: Random::from_seed(dice.below(u64::MAX)),
            spool_dir: self.dir.join("spool"),
            body_limit_bytes: BODY_LIMIT_BYTES,
            vocabulary: Vocabulary::Snake,
        })
        .unwrap();
        node.offer(self.desk.offers(&MemberId::agency(code)));
        node.grant(vec![AccessRule::open(calls::SYSTEM, "*", "*")]);
        let (network, number) = (self.network.clone(), self.number);
        node.links().connect_over(Arc::new(move |address| network.connect(number, address)));
        drop(entered);
        self.network.set_host(number, Some(facts.identities[number].current().chain().to_vec()));
        let slots = Arc::new(Semaphore::new(SLOTS));
        self.running = Some(Running { node, writer, slots, connections: Vec::new(), runtime });
        true
    }

    /// The power goes. What each write that was not synced leaves behind is drawn, and whether what was derived does.
    pub(crate) fn crash(&mut self, dice: &Dice) {
        self.network.set_host(self.number, None);
        self.running = None;
        self.disk.cut_power(|bytes| dice.below(bytes as u64 + 1) as usize).unwrap();
        if dice.one_in(4) {
            std::fs::remove_dir_all(self.dir.join("ledger/derived")).unwrap();
        }
    }

    /// Goes down in order, with everything written.
    pub(crate) fn stop(&mut self) {
        self.network.set_host(self.number, None);
        if let Some(mut running) = self.running.take() {
            while running.writer.turn() {}
            running.writer.sync();
        }
    }

    /// Begins a call.
    pub(crate) fn call(&self, call: &Call) {
        let Some(running) = &self.running else { return };
        let (node, call, ended) = (running.node.clone(), call.clone(), self.ended.clone());
        running.runtime.spawn(async move {
            let number = call.number;
            let outcome = calls::make(node, call, CODES).await;
            ended.lock().unwrap().push((number, outcome));
        });
    }

    /// Takes a connection of another host.
    pub(crate) fn take(&mut self, arriving: Arriving) {
        let Some(running) = &mut self.running else { return };
        let _entered = running.runtime.enter();
        let (node, peer) = (running.node.clone(), MemberId::agency(CODES[arriving.from]).to_string());
        let peer: Arc<str> = peer.into();
        let take = move |exchange, incoming: Incoming, room: Room, back: &Connection| {
            let (node, peer, back) = (node.clone(), peer.clone(), back.clone());
            if let Ok(envelope) = incoming {
                tokio::spawn(async move {
                    let answer = node.serve(peer, envelope).await;
                    back.send(exchange, answer, room);
                });
            }
            Ok(())
        };
        let limits = Limits { body_bytes: BODY_LIMIT_BYTES, spool_dir: Arc::new(self.dir.join("spool")) };
        let slots = Some(running.slots.clone());
        running.connections.retain(|connection| !connection.is_closed());
        running.connections.push(Connection::run(arriving.stream, limits, slots, take, |_| {}));
    }

    /// Lets the node work for so long; the calls that ended.
    pub(crate) fn work(&mut self, time: Duration) -> Vec<Ended> {
        if let Some(running) = &self.running {
            running.runtime.block_on(async { tokio::time::sleep(time).await });
        }
        std::mem::take(&mut self.ended.lock().unwrap())
    }

    /// Lets the ledger write what waits.
    pub(crate) fn write(&mut self) {
        if let Some(running) = &mut self.running {
            running.writer.turn();
        }
    }

    /// Lets the ledger note up to where all is on disk.
    pub(crate) fn sync(&mut self) {
        self.running.iter_mut().for_each(|running| running.writer.sync());
    }
}
