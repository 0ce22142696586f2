//! The ledger on a disk that fills up, fails and recovers.

use std::collections::VecDeque;
use std::io;
use std::path::Path;
use std::sync::{Arc, Condvar, Mutex};

use crate::error::{ENTRY_LIMIT_BYTES, LedgerError};
use crate::journal::{SegmentFile, open_segment_file};
use crate::ledger::{Ledger, Options, QUEUE_LIMIT_BYTES};
use crate::note::NoteSigner;

/// What the next operation on the disk does instead of succeeding.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fault {
    /// Writes half of the bytes, then reports a full disk.
    WriteFull,
    /// Writes everything, but can't make it durable.
    SyncFails,
    /// Can't shorten the file.
    CutFails,
}

/// A disk whose faults the test chooses. Operations take the first fault if it is theirs.
#[derive(Clone, Default)]
struct Disk {
    faults: Arc<Mutex<VecDeque<Fault>>>,
    held: Arc<(Mutex<bool>, Condvar)>,
}

/// A file whose bytes reach the medium only when it is synced, as if the power could go at any moment.
struct FaultyFile {
    disk: Disk,
    file: Box<dyn SegmentFile>,
    unsynced: Vec<(u64, Vec<u8>)>,
}

impl Disk {
    fn open(&self, dir: &Path) -> Ledger {
        let disk = self.clone();
        let open_segment = move |path: &Path| {
            let file = open_segment_file(path)?;
            Ok(Box::new(FaultyFile { disk: disk.clone(), file, unsynced: Vec::new() })
                as Box<dyn SegmentFile>)
        };
        let signer = NoteSigner::new("disk.example", &[3; 32]).unwrap();
        Ledger::open_on(dir, signer.into(), Options::default(), Box::new(open_segment)).unwrap()
    }

    fn fail(&self, faults: &[Fault]) {
        self.faults.lock().unwrap().extend(faults);
    }

    fn takes(&self, fault: Fault) -> bool {
        let mut faults = self.faults.lock().unwrap();
        if faults.front() == Some(&fault) {
            faults.pop_front();
            return true;
        }
        false
    }

    /// Holds every sync until it is released.
    fn hold(&self, held: bool) {
        *self.held.0.lock().unwrap() = held;
        self.held.1.notify_all();
    }
}

impl SegmentFile for FaultyFile {
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        let full = self.disk.takes(Fault::WriteFull);
        let written = if full { &bytes[..bytes.len() / 2] } else { bytes };
        self.unsynced.push((offset, written.to_vec()));
        if full { Err(io::Error::from(io::ErrorKind::StorageFull)) } else { Ok(()) }
    }

    fn sync(&mut self) -> io::Result<()> {
        let held = self.disk.held.1.wait_while(self.disk.held.0.lock().unwrap(), |held| *held);
        drop(held);
        if self.disk.takes(Fault::SyncFails) {
            return Err(io::Error::other("medium error"));
        }
        for (offset, bytes) in self.unsynced.drain(..) {
            self.file.write_all_at(&bytes, offset)?;
        }
        self.file.sync()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        if self.disk.takes(Fault::CutFails) {
            return Err(io::Error::other("medium error"));
        }
        for (offset, bytes) in &mut self.unsynced {
            bytes.truncate(length.saturating_sub(*offset) as usize);
        }
        self.file.cut(length)
    }
}

fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap()
}

fn entry(number: u64) -> Vec<u8> {
    format!("entry {number}").into_bytes()
}

#[test]
fn a_failed_write_is_told_to_everyone_and_the_ledger_goes_on_when_the_disk_does() {
    for fault in [Fault::WriteFull, Fault::SyncFails] {
        let (dir, disk, runtime) = (tempfile::tempdir().unwrap(), Disk::default(), runtime());
        let ledger = disk.open(dir.path());
        let journal_bytes = || std::fs::metadata(dir.path().join("journal/00000000.segment")).unwrap().len();
        runtime.block_on(ledger.append(entry(0))).unwrap();
        let (before, good_bytes) = (ledger.checkpoint(), journal_bytes());

        // While the first batch that comes is held at the disk, the others gather; then that first one fails.
        disk.hold(true);
        disk.fail(&[fault]);
        let tasks: Vec<_> = (1..300)
            .map(|number| {
                let ledger = ledger.clone();
                runtime.spawn(async move { ledger.append(entry(number)).await })
            })
            .collect();
        disk.hold(false);
        let results: Vec<_> = tasks.into_iter().map(|task| runtime.block_on(task).unwrap()).collect();
        let failed: Vec<&LedgerError> = results.iter().filter_map(|result| result.as_ref().err()).collect();
        assert!(!failed.is_empty());
        for error in failed {
            assert!(matches!(error, LedgerError::NotWritten { .. }), "{error:?}");
        }
        let kept = results.iter().filter(|result| result.is_ok()).count() as u64;
        assert_eq!(ledger.checkpoint().checkpoint.size, 1 + kept);
        if kept == 0 {
            assert_eq!(ledger.checkpoint(), before);
            assert!(journal_bytes() <= good_bytes, "nothing of what failed stays");
        }

        let sealed = runtime.block_on(ledger.append(b"space again".to_vec())).unwrap();
        assert_eq!(sealed.index, 1 + kept);
        drop(ledger);
        let again = disk.open(dir.path());
        assert_eq!(again.checkpoint().checkpoint.size, 2 + kept);
        assert_eq!(again.entry(1 + kept).unwrap(), b"space again");
    }
}

#[test]
fn a_ledger_that_can_not_be_cut_back_refuses_until_it_is_opened_again() {
    let (dir, disk, runtime) = (tempfile::tempdir().unwrap(), Disk::default(), runtime());
    let ledger = disk.open(dir.path());
    runtime.block_on(ledger.append(entry(0))).unwrap();
    disk.fail(&[Fault::WriteFull, Fault::CutFails]);
    for _ in 0..3 {
        assert!(matches!(runtime.block_on(ledger.append(entry(1))), Err(LedgerError::Refusing { .. })));
    }
    assert_eq!(ledger.entry(0).unwrap(), entry(0), "reading goes on");
    drop(ledger);
    let again = disk.open(dir.path());
    assert_eq!(runtime.block_on(again.append(entry(1))).unwrap().index, 1);
}

#[test]
fn what_nobody_waits_for_is_there_before_what_comes_after_a_failure() {
    let (dir, disk, runtime) = (tempfile::tempdir().unwrap(), Disk::default(), runtime());
    let ledger = disk.open(dir.path());
    disk.fail(&[Fault::WriteFull]);
    ledger.append_later(entry(0)).unwrap();
    while !disk.faults.lock().unwrap().is_empty() {
        std::thread::yield_now();
    }
    assert_eq!(runtime.block_on(ledger.append(entry(1))).unwrap().index, 1);
    assert_eq!(ledger.entry(0).unwrap(), entry(0));
}

#[test]
fn a_full_queue_refuses_what_nobody_waits_for() {
    let (dir, disk) = (tempfile::tempdir().unwrap(), Disk::default());
    let ledger = disk.open(dir.path());
    disk.hold(true);
    // One batch may be at the disk already, with at most a queue's worth of entries.
    let most = 2 * QUEUE_LIMIT_BYTES / ENTRY_LIMIT_BYTES;
    let accepted = (0..=most).take_while(|_| ledger.append_later(vec![0; ENTRY_LIMIT_BYTES]).is_ok()).count();
    assert!(accepted <= most, "the queue took everything");
    assert!(matches!(ledger.append_later(vec![0; ENTRY_LIMIT_BYTES]), Err(LedgerError::QueueFull)));
    disk.hold(false);
    runtime().block_on(ledger.clone().close());
    assert_eq!(ledger.checkpoint().checkpoint.size, accepted as u64);
}

#[test]
fn what_is_acknowledged_is_on_the_medium_when_the_power_goes() {
    let (dir, disk, runtime) = (tempfile::tempdir().unwrap(), Disk::default(), runtime());
    let ledger = disk.open(dir.path());
    for number in 0..20 {
        let sealed = runtime.block_on(ledger.append(entry(number))).unwrap();
        let after_power_cut = tempfile::tempdir().unwrap();
        std::fs::create_dir(after_power_cut.path().join("journal")).unwrap();
        let segment = Path::new("journal/00000000.segment");
        std::fs::copy(dir.path().join(segment), after_power_cut.path().join(segment)).unwrap();
        let survivor = Disk::default().open(after_power_cut.path());
        assert_eq!(survivor.checkpoint(), sealed.checkpoint);
        assert_eq!(survivor.entry(number).unwrap(), entry(number));
    }
}
