//! What is old moves to another disk, and is had from there as before.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{Duration, SystemTime};

use ledger::{Hash, Ledger, LedgerError, Options, TilePath, verify_consistency, verify_inclusion};

use crate::support::{block_on, entry, fast_dir, signer};

/// More than the leaf hashes that move as one piece.
const ENTRIES: u64 = 80_000;
const BATCH_ENTRIES: u64 = 2_000;
const SEGMENT_BYTES: u64 = 60_000;
const DIRECTORY_VARIABLE: &str = "LEDGER_ARCHIVE_TEST_DIRECTORY";

fn far_future() -> SystemTime {
    SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 40)
}

fn open(dir: &Path, archive: Option<PathBuf>, check_whole_journal: bool) -> Result<Ledger, LedgerError> {
    Ledger::open(dir, signer(), Options { segment_limit_bytes: SEGMENT_BYTES, archive, check_whole_journal })
}

/// A ledger in `DIR/ledger` whose archive is `DIR/archive`.
struct Written {
    dir: tempfile::TempDir,
}

impl Written {
    fn new() -> Self {
        let written = Written { dir: fast_dir() };
        fs::create_dir(written.archive()).unwrap();
        let ledger = written.open();
        append(&ledger, ENTRIES);
        // A synced state is written at the end.
        block_on(ledger.close());
        written
    }

    fn ledger(&self) -> PathBuf {
        self.dir.path().join("ledger")
    }

    fn archive(&self) -> PathBuf {
        self.dir.path().join("archive")
    }

    fn open(&self) -> Ledger {
        open(&self.ledger(), Some(self.archive()), false).unwrap()
    }

    fn segments(&self) -> Vec<PathBuf> {
        let listed = fs::read_dir(self.ledger().join("journal")).unwrap();
        let mut segments: Vec<PathBuf> = listed.map(|file| file.unwrap().path()).collect();
        segments.sort();
        segments
    }
}

fn append(ledger: &Ledger, count: u64) {
    let first = ledger.checkpoint().checkpoint.size;
    for number in first..first + count {
        if (number + 1) % BATCH_ENTRIES == 0 || number + 1 == first + count {
            block_on(ledger.append_with_annex(entry(number), number.to_be_bytes().to_vec())).unwrap();
        } else {
            ledger.append_later_with_annex(entry(number), number.to_be_bytes().to_vec()).unwrap();
        }
    }
}

const TILES: [&str; 6] =
    ["tile/0/000", "tile/0/255", "tile/0/256", "tile/0/272", "tile/1/000", "tile/entries/000"];

/// Everything that is asked of a ledger has the right answer.
fn check(ledger: &Ledger, size: u64) {
    let checkpoint = ledger.checkpoint().checkpoint.clone();
    assert_eq!(checkpoint.size, size);
    for index in (0..size).step_by(977).chain([65_535, 65_536, size - 1]) {
        assert_eq!(ledger.entry(index).unwrap(), entry(index));
        assert_eq!(ledger.annex(index).unwrap(), index.to_be_bytes());
        let (leaf, proof) = (ledger::leaf_hash(&entry(index)), ledger.inclusion(index, size).unwrap());
        verify_inclusion(&leaf, index, size, &proof, &checkpoint.root).unwrap();
    }
    let item = ledger.items(65_000, 1_000).unwrap();
    assert!(item.iter().zip(65_000..).all(|(item, index)| item.entry == entry(index)));
    let half = ledger.tile(&"tile/2/000.p/1".parse::<TilePath>().unwrap()).unwrap();
    let root = Hash::new(half.try_into().unwrap());
    let proof = ledger.consistency(65_536, size).unwrap();
    verify_consistency(65_536, size, &root, &checkpoint.root, &proof).unwrap();
}

fn tiles(ledger: &Ledger) -> Vec<Vec<u8>> {
    TILES.map(|path| ledger.tile(&path.parse().unwrap()).unwrap()).into()
}

#[test]
fn what_has_moved_is_had_as_before() {
    let written = Written::new();
    let ledger = written.open();
    let (before, served) = (written.segments(), tiles(&ledger));
    assert!(before.len() > 5);
    assert_eq!(ledger.archive(SystemTime::UNIX_EPOCH).unwrap().segments, 0, "nothing is so old");
    let archived = ledger.archive(far_future()).unwrap();
    assert_eq!(archived.segments as usize, before.len() - 2);
    assert_eq!(archived.moved_now, archived.segments);
    assert!(archived.entries > 65_536 && archived.entries < ENTRIES);
    assert_eq!(written.segments(), before[before.len() - 2..]);
    assert_eq!(fs::read_dir(written.archive().join("tiles")).unwrap().count(), 1);
    check(&ledger, ENTRIES);
    assert_eq!(tiles(&ledger), served);
    assert_eq!(ledger.archive(far_future()).unwrap().moved_now, 0);

    append(&ledger, 10_000);
    block_on(ledger.close());
    for check_whole_journal in [false, true] {
        let ledger = open(&written.ledger(), Some(written.archive()), check_whole_journal).unwrap();
        check(&ledger, ENTRIES + 10_000);
        assert!(ledger.archive(far_future()).unwrap().segments >= archived.segments);
        check(&ledger, ENTRIES + 10_000);
        assert_eq!(tiles(&ledger), served);
        block_on(ledger.close());
    }
}

#[test]
fn a_missing_archive_stops_nothing_that_is_new() {
    let written = Written::new();
    let ledger = written.open();
    let archived = ledger.archive(far_future()).unwrap();
    block_on(ledger.close());
    let away = written.dir.path().join("away");
    fs::rename(written.archive(), &away).unwrap();
    for configured in [Some(written.archive()), None] {
        let ledger = open(&written.ledger(), configured, false).unwrap();
        let missing = |result: Result<(), LedgerError>| {
            assert!(matches!(result, Err(LedgerError::ArchiveMissing { .. })), "{result:?}");
        };
        missing(ledger.check_archive());
        missing(ledger.archive(far_future()).map(drop));
        missing(ledger.entry(0).map(drop));
        missing(ledger.inclusion(1, ENTRIES).map(drop));
        let size = ledger.checkpoint().checkpoint.size;
        append(&ledger, 3);
        for index in archived.entries.next_multiple_of(256)..size + 3 {
            assert_eq!(ledger.entry(index).unwrap(), entry(index));
            ledger.inclusion(index, size + 3).unwrap();
        }
        block_on(ledger.close());
    }
    fs::rename(&away, written.archive()).unwrap();
    let ledger = written.open();
    assert!(ledger.check_archive().is_ok());
    check(&ledger, ENTRIES + 6);
}

#[test]
fn what_is_damaged_stays_and_what_is_anothers_is_not_replaced() {
    let written = Written::new();
    let ledger = written.open();
    let segment = written.segments()[1].clone();
    let whole = fs::read(&segment).unwrap();
    let mut changed = whole.clone();
    changed[whole.len() / 2] ^= 1;
    fs::write(&segment, &changed).unwrap();
    assert!(matches!(ledger.archive(far_future()), Err(LedgerError::Damaged { segment: 1, .. })));
    assert_eq!(fs::read(&segment).unwrap(), changed);
    assert!(matches!(ledger.archive(far_future()), Err(LedgerError::Damaged { segment: 1, .. })));
    fs::write(&segment, &whole).unwrap();
    assert!(matches!(ledger.archive(far_future()), Err(LedgerError::ArchiveDiffers { .. })));
    fs::remove_file(written.archive().join("journal").join(segment.file_name().unwrap())).unwrap();
    assert!(ledger.archive(far_future()).unwrap().moved_now > 3);
    check(&ledger, ENTRIES);
}

#[test]
fn a_note_that_was_changed_is_not_believed() {
    let written = Written::new();
    let ledger = written.open();
    ledger.archive(far_future()).unwrap();
    block_on(ledger.close());
    fs::write(written.ledger().join("archived"), "ledger archive 1\n0\n0\n").unwrap();
    let result = open(&written.ledger(), Some(written.archive()), false);
    assert!(matches!(result.err(), Some(LedgerError::ArchiveNote { .. })));
}

#[test]
fn a_process_that_dies_at_any_step_of_moving_loses_nothing() {
    if let Some(dir) = env::var_os(DIRECTORY_VARIABLE) {
        let dir = PathBuf::from(dir);
        let ledger = open(&dir.join("ledger"), Some(dir.join("archive")), false).unwrap();
        ledger.archive(far_future()).unwrap();
        panic!("it was to die");
    }
    for step in
        ["archive-copied:1", "archive-noted:2", "archive-removed:1", "archive-copied:9", "archive-noted:9"]
    {
        let written = Written::new();
        let test = "archive::a_process_that_dies_at_any_step_of_moving_loses_nothing";
        let status = Command::new(env::current_exe().unwrap())
            .args(["--exact", test])
            .env(DIRECTORY_VARIABLE, written.dir.path())
            .env("LIENTHONG_DIES_AT", step)
            .output()
            .unwrap()
            .status;
        assert_eq!(status.code(), None, "{step}: it was ended by a signal");
        for check_whole_journal in [true, false] {
            let ledger = open(&written.ledger(), Some(written.archive()), check_whole_journal).unwrap();
            check(&ledger, ENTRIES);
            block_on(ledger.close());
        }
        let ledger = written.open();
        ledger.archive(far_future()).unwrap();
        assert_eq!(written.segments().len(), 2, "{step}");
        check(&ledger, ENTRIES);
    }
}
