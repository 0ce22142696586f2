//! A ledger under a simulator: it has no thread and writes when it is told to, and its disk loses what was not synced when
//! the power goes. So what happens depends on nothing but the simulator's seed.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::LedgerError;
use crate::journal::{SegmentFile, open_segment_file};
use crate::ledger::{Ledger, Options};
use crate::note::NoteSigner;
use crate::sequencer::Sequencer;

/// What the disk does instead of succeeding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DiskFault {
    /// It takes half of what is written, and then is full.
    Full,
    /// It takes everything, but does not make it durable.
    SyncFails,
}

/// A disk. Clones are the same disk.
#[derive(Clone, Default)]
pub struct Disk(Arc<Mutex<State>>);

#[derive(Default)]
struct State {
    /// What was written and not synced, by file: where, and what.
    unsynced: BTreeMap<PathBuf, Vec<(u64, Vec<u8>)>>,
    next_fault: Option<DiskFault>,
}

/// The writing side of a ledger without a thread.
pub struct Writer {
    sequencer: Sequencer,
}

impl Disk {
    /// The next write does not succeed.
    pub fn fail_next(&self, fault: DiskFault) {
        self.lock().next_fault = Some(fault);
    }

    /// Whatever it was to do instead of succeeding, it succeeds.
    pub fn heal(&self) {
        self.lock().next_fault = None;
    }

    /// The power goes: what was not synced is lost, but for as much of each write as `kept` says of its length.
    pub fn cut_power(&self, mut kept: impl FnMut(usize) -> usize) -> io::Result<()> {
        for (path, writes) in std::mem::take(&mut self.lock().unsynced) {
            let mut file = open_segment_file(&path)?;
            for (offset, bytes) in writes {
                let kept = kept(bytes.len()).min(bytes.len());
                file.write_all_at(&bytes[..kept], offset)?;
            }
        }
        Ok(())
    }

    /// Opens the ledger in `dir` on this disk.
    pub fn open(
        &self,
        dir: &Path,
        signer: NoteSigner,
        options: Options,
    ) -> Result<(Ledger, Writer), LedgerError> {
        let disk = self.clone();
        let open_segment = move |path: &Path| {
            let file = open_segment_file(path)?;
            Ok(Box::new(File { disk: disk.clone(), path: path.to_owned(), file }) as Box<dyn SegmentFile>)
        };
        let sequencer = Ledger::recover_on(dir, signer.into(), options, Box::new(open_segment))?;
        let ledger = Ledger::of(dir, Arc::clone(&sequencer.shared), None);
        Ok((ledger, Writer { sequencer }))
    }

    fn takes(&self, fault: DiskFault) -> bool {
        self.lock().next_fault.take_if(|next| *next == fault).is_some()
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Writer {
    /// Appends all that waits as one batch; false when nothing does.
    pub fn turn(&mut self) -> bool {
        self.sequencer.turn()
    }

    /// Brings the synced state up to date, as the ledger's thread does now and then.
    pub fn sync(&mut self) {
        self.sequencer.sync_now();
    }
}

/// A file whose bytes reach the medium only when it is synced.
struct File {
    disk: Disk,
    path: PathBuf,
    file: Box<dyn SegmentFile>,
}

impl SegmentFile for File {
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let full = self.disk.takes(DiskFault::Full);
        let written = if full { &bytes[..bytes.len() / 2] } else { bytes };
        let mut state = self.disk.lock();
        state.unsynced.entry(self.path.clone()).or_default().push((offset, written.to_vec()));
        if full { Err(io::ErrorKind::StorageFull.into()) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        if self.disk.takes(DiskFault::SyncFails) {
            return Err(io::Error::other("medium error"));
        }
        let writes = self.disk.lock().unsynced.remove(&self.path);
        for (offset, bytes) in writes.into_iter().flatten() {
            self.file.write_all_at(&bytes, offset)?;
        }
        // The simulated medium is the file itself, which nobody takes the power from.
        Ok(())
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        for (offset, bytes) in self.disk.lock().unsynced.get_mut(&self.path).into_iter().flatten() {
            bytes.truncate(length.saturating_sub(*offset) as usize);
        }
        self.file.cut(length)
    }
}
