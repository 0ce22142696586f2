//! The ledger's one writing thread: *sequence, integrate, publish*.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Instant;

use metrics::{counter, gauge, histogram};

use crate::checkpoint::SignedCheckpoint;
use crate::derived::{BundlePlace, SyncedState};
use crate::error::LedgerError;
use crate::growth::{Edge, Growth};
use crate::journal::Journal;
use crate::ledger::{QUEUE_LIMIT_BYTES, Sealed, Shared};
use crate::lock::Lock;
use crate::queue::{Taken, Waiting};
use crate::record::{self, Position};
use crate::tree::leaf_bytes;

/// How many bytes of the journal may be ahead of the synced state; opening the ledger reads at most these and the
/// last batch again.
const SYNC_EVERY_BYTES: u64 = 64 << 20;

/// Everything the writing thread owns.
pub(crate) struct Sequencer {
    pub(crate) dir: PathBuf,
    pub(crate) shared: Arc<Shared>,
    /// What nobody waits for and could not be written; it goes before the next batch.
    pub(crate) kept: Vec<Waiting>,
    pub(crate) journal: Journal,
    pub(crate) edge: Edge,
    pub(crate) unsynced_bytes: u64,
    pub(crate) syncing: Option<JoinHandle<()>>,
    pub(crate) record: Vec<u8>,
    /// The runtime the callers are in, when the ledger was opened in one.
    pub(crate) runtime: Option<tokio::runtime::Handle>,
    /// Held so that no other process opens the ledger.
    pub(crate) lock: Lock,
}

impl Sequencer {
    /// Appends batches until the ledger is closed and its queue is empty.
    pub(crate) fn run(mut self) {
        // Whatever ends this thread, nobody may wait for it afterwards.
        let _closing = CloseOnDrop(Arc::clone(&self.shared));
        while let Some(Taken { entries, gathered }) = self.shared.queue.take_all() {
            histogram!("ledger_queue_seconds", "origin" => self.shared.checkpoint().checkpoint.origin.clone())
                .record(gathered.as_secs_f64());
            self.work(entries);
            if self.unsynced_bytes >= SYNC_EVERY_BYTES {
                self.begin_sync();
            }
        }
        if !self.kept.is_empty() {
            self.work(Vec::new());
        }
        self.end_sync();
        self.journal.close();
        drop(self.lock);
    }

    /// Appends a batch and tells everyone who waits what became of it.
    fn work(&mut self, mut batch: Vec<Waiting>) {
        if !self.kept.is_empty() {
            batch.splice(..0, self.kept.drain(..));
        }
        match self.append(&batch) {
            Ok(sealed) => self.acknowledge(batch, sealed),
            Err(error) => self.kept = refuse(batch, &error),
        }
    }

    fn append(&mut self, batch: &[Waiting]) -> Result<SealedBatch, LedgerError> {
        let position = self.sequence()?;
        steps::reached("sequence");
        let first = self.edge.size();
        let started = Instant::now();
        let (growth, checkpoint) = self.integrate(batch)?;
        histogram!("ledger_integrate_seconds", "origin" => checkpoint.checkpoint.origin.clone())
            .record(started.elapsed().as_secs_f64());
        steps::reached("integrate");
        let places = self.encode(batch, position, &checkpoint);
        self.shared.derived.write(&growth, &places)?;
        self.publish(batch.len(), &growth, &checkpoint)?;
        Ok(SealedBatch { first, growth, checkpoint })
    }

    /// Sequence: the batch gets the next indices, and its place in the journal.
    fn sequence(&mut self) -> Result<Position, LedgerError> {
        self.journal.next_position()
    }

    /// Integrate: the tree grows by the batch, in memory, and the log signs what it will then be.
    fn integrate(&self, batch: &[Waiting]) -> Result<(Growth, Arc<SignedCheckpoint>), LedgerError> {
        let mut leaves = Vec::with_capacity(batch.len() + 1);
        leaves.extend(batch.iter().map(|waiting| leaf_bytes(&waiting.entry)));
        let growth = Growth::new(&self.edge, leaves);
        let (size, root) = (growth.edge().size(), growth.edge().root());
        let checkpoint = SignedCheckpoint::of_log(size, root, &self.shared.signer());
        Ok((growth, Arc::new(checkpoint.map_err(LedgerError::NotSigned)?)))
    }

    /// Makes the batch's record, and notes where bundles begin in it.
    fn encode(
        &mut self,
        batch: &[Waiting],
        position: Position,
        checkpoint: &SignedCheckpoint,
    ) -> Vec<BundlePlace> {
        let items = || batch.iter().map(Waiting::item);
        let header = record::encode(&mut self.record, position, self.edge.size(), &checkpoint.note, items());
        BundlePlace::in_record(&header, items())
    }

    /// Publish: the record becomes durable, and only then the checkpoint becomes the log's.
    fn publish(
        &mut self,
        entries: usize,
        growth: &Growth,
        checkpoint: &Arc<SignedCheckpoint>,
    ) -> Result<(), LedgerError> {
        let started = Instant::now();
        self.journal.append(&self.record)?;
        steps::reached("publish");
        self.edge = growth.edge().clone();
        self.unsynced_bytes += self.record.len() as u64;
        self.shared.set_checkpoint(Arc::clone(checkpoint));

        let origin = &checkpoint.checkpoint.origin;
        histogram!("ledger_fsync_seconds", "origin" => origin.clone())
            .record(started.elapsed().as_secs_f64());
        histogram!("ledger_batch_entries", "origin" => origin.clone()).record(entries as f64);
        counter!("ledger_batches_total", "origin" => origin.clone()).increment(1);
        gauge!("ledger_size", "origin" => origin.clone()).set(checkpoint.checkpoint.size as f64);
        Ok(())
    }

    /// Tells the callers. Inside their runtime, because waking each of them from this thread would cost a system call.
    fn acknowledge(&self, batch: Vec<Waiting>, sealed: SealedBatch) {
        match &self.runtime {
            Some(runtime) => drop(runtime.spawn(async move { acknowledge(batch, &sealed) })),
            None => acknowledge(batch, &sealed),
        }
    }

    /// Has the synced state brought up to date, beside the batches that follow: writing out that much takes long on some
    /// disks. Nothing is lost if it fails: the journal has it all.
    fn begin_sync(&mut self) {
        if self.syncing.as_ref().is_some_and(|thread| !thread.is_finished()) {
            return;
        }
        self.unsynced_bytes = 0;
        let (dir, shared, state) = (self.dir.clone(), Arc::clone(&self.shared), self.state());
        let thread = std::thread::Builder::new().name("ledger-sync".to_owned());
        match thread.spawn(move || sync(&dir, &shared, &state)) {
            Ok(thread) => self.syncing = Some(thread),
            Err(_) => sync(&self.dir, &self.shared, &self.state()),
        }
    }

    /// The last sync, after the last batch.
    fn end_sync(&mut self) {
        if self.unsynced_bytes == 0 && self.syncing.is_none() {
            return;
        }
        if let Some(thread) = self.syncing.take() {
            // If it panicked, that was reported where it happened, and the sync below makes up for it.
            let _ = thread.join();
        }
        sync(&self.dir, &self.shared, &self.state());
    }

    fn state(&self) -> SyncedState {
        SyncedState { end: self.journal.end(), note: self.shared.checkpoint().note.clone() }
    }
}

fn sync(dir: &Path, shared: &Shared, state: &SyncedState) {
    if let Err(error) = shared.derived.sync().and_then(|()| state.write(dir)) {
        let origin = &shared.checkpoint().checkpoint.origin;
        tracing::warn!(origin, %error, "synced state not written; opening will take longer");
    }
}

/// Turns of a ledger that has no thread, for tests that decide when it works.
#[cfg(feature = "testing")]
impl Sequencer {
    /// Appends all that waits as one batch; false when nothing does.
    pub(crate) fn turn(&mut self) -> bool {
        let Some(batch) = self.shared.queue.take_now() else { return false };
        self.work(batch);
        true
    }

    /// Brings the synced state up to date, as the thread does now and then.
    pub(crate) fn sync_now(&mut self) {
        self.end_sync();
        self.unsynced_bytes = 0;
    }
}

/// A durable batch.
struct SealedBatch {
    first: u64,
    growth: Growth,
    checkpoint: Arc<SignedCheckpoint>,
}

fn acknowledge(batch: Vec<Waiting>, sealed: &SealedBatch) {
    for (waiting, index) in batch.into_iter().zip(sealed.first..) {
        if let Some(reply) = waiting.reply {
            // A caller that no longer waits does not need to be told.
            let _ = reply.send(Ok(Sealed {
                index,
                size: sealed.checkpoint.checkpoint.size,
                proof: sealed.growth.proof(index),
                checkpoint: Arc::clone(&sealed.checkpoint),
            }));
        }
    }
}

/// Tells everyone who waits, and gives back what nobody waits for: whoever appended it counts on its being there before
/// whatever comes later. It is given up only when it has become more than the queue would take.
fn refuse(batch: Vec<Waiting>, error: &LedgerError) -> Vec<Waiting> {
    tracing::error!(entries = batch.len(), %error, "batch not appended");
    let mut kept = Vec::new();
    let mut room = QUEUE_LIMIT_BYTES;
    for mut waiting in batch {
        match (waiting.reply.take(), room.checked_sub(waiting.cost() as usize)) {
            (Some(reply), _) => drop(reply.send(Err(error.clone()))),
            (None, Some(left)) => {
                room = left;
                kept.push(waiting);
            }
            (None, None) => tracing::error!("an entry that nobody waits for is given up"),
        }
    }
    kept
}

struct CloseOnDrop(Arc<Shared>);

impl Drop for CloseOnDrop {
    fn drop(&mut self) {
        self.0.queue.close();
        // Entries that came in meanwhile are dropped here, which tells their callers that the ledger is closed.
        self.0.queue.take_all();
        self.0.stopped.send_replace(true);
    }
}
