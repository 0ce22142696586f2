//! Damaged journals that are put together again from a replica.

use std::fs;
use std::path::Path;

use ledger::{Ledger, Merged, Options, merge};

use crate::support::{block_on, entry, fast_dir, open_checking_all, signer};

const ENTRIES: u64 = 12;

/// A ledger of batches of one in three segments.
fn written() -> tempfile::TempDir {
    let dir = fast_dir();
    let ledger =
        Ledger::open(dir.path(), signer(), Options { segment_limit_bytes: 1_100, ..Options::default() });
    let ledger = ledger.unwrap();
    (0..ENTRIES).for_each(|number| drop(block_on(ledger.append(entry(number))).unwrap()));
    block_on(ledger.close());
    dir
}

fn segments(dir: &Path) -> Vec<std::path::PathBuf> {
    let mut segments: Vec<_> =
        fs::read_dir(dir.join("journal")).unwrap().map(|entry| entry.unwrap().path()).collect();
    segments.sort();
    segments
}

fn copy_of(dir: &Path) -> tempfile::TempDir {
    let copy = fast_dir();
    for segment in segments(dir) {
        fs::copy(&segment, copy.path().join(segment.file_name().unwrap())).unwrap();
    }
    copy
}

fn merged(damaged: &Path, replica: &Path) -> Merged {
    let into = fast_dir();
    let merged = merge(damaged, &[replica], into.path(), &signer().into()).unwrap();
    let ledger = open_checking_all(into.path()).unwrap();
    assert_eq!(ledger.checkpoint().checkpoint.size, merged.size);
    (0..merged.size).for_each(|number| assert_eq!(ledger.entry(number).unwrap(), entry(number)));
    merged
}

fn change(path: &Path, change: impl FnOnce(&mut Vec<u8>)) {
    let mut bytes = fs::read(path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

#[test]
fn a_batch_that_stands_whole_in_either_is_there_again() {
    let whole = written();
    assert!(segments(whole.path()).len() > 2);
    let replica = copy_of(whole.path());
    type Damage = fn(&Path);
    let cases: [(&str, Damage, u64); 6] = [
        ("nothing", |_| {}, 0),
        ("one bit of the first record", |dir| change(&segments(dir)[0], |bytes| bytes[60] ^= 1), 1),
        (
            "one bit of the last",
            |dir| {
                change(segments(dir).last().unwrap(), |bytes| {
                    let end = bytes.len();
                    bytes[end - 9] ^= 1;
                })
            },
            1,
        ),
        ("the second segment is gone", |dir| fs::remove_file(&segments(dir)[1]).unwrap(), 4),
        ("half of the first segment", |dir| change(&segments(dir)[0], |bytes| bytes.truncate(500)), 3),
        ("the whole journal", |dir| fs::remove_dir_all(dir.join("journal")).unwrap(), ENTRIES),
    ];
    for (case, damage, least) in cases {
        let damaged = written();
        damage(damaged.path());
        let merged = merged(damaged.path(), replica.path());
        assert_eq!(
            (merged.size, merged.kept_batches + merged.replaced_batches),
            (ENTRIES, ENTRIES),
            "{case}"
        );
        assert!(merged.replaced_batches >= least.min(1) && merged.replaced_batches <= ENTRIES, "{case}");
        if least == ENTRIES || least == 0 {
            assert_eq!(merged.replaced_batches, least, "{case}");
        }
    }
}

#[test]
fn a_replica_that_lags_behind_is_enough_for_what_it_has() {
    let whole = written();
    let replica = copy_of(whole.path());
    let last = segments(whole.path()).len() - 1;
    fs::remove_file(replica.path().join(format!("{last:08}.segment"))).unwrap();
    let damaged = written();
    change(&segments(damaged.path())[0], |bytes| bytes[60] ^= 1);
    assert_eq!(merged(damaged.path(), replica.path()).size, ENTRIES, "the rest stands in the damaged one");
    change(&segments(damaged.path())[last], |bytes| bytes[60] ^= 1);
    let merged = merged(damaged.path(), replica.path());
    assert!(merged.size < ENTRIES && merged.is_cut_off, "what neither has is not made up: {merged:?}");
    fs::remove_file(&segments(damaged.path())[last]).unwrap();
    fs::remove_file(&segments(damaged.path())[0]).unwrap();
    let without_end = self::merged(damaged.path(), replica.path());
    assert_eq!((without_end.size, without_end.is_cut_off), (merged.size, false), "nobody knows of more");
}

#[test]
fn a_replica_that_lies_is_not_believed() {
    let damaged = written();
    change(&segments(damaged.path())[0], |bytes| bytes[60] ^= 1);
    // Another log with the same checksums, places and sizes.
    let other = fast_dir();
    let liar = ledger::NoteSigner::new(crate::support::ORIGIN, &[43; 32]).unwrap();
    let ledger = Ledger::open(other.path(), liar, Options::default()).unwrap();
    (0..ENTRIES).for_each(|number| drop(block_on(ledger.append(entry(number))).unwrap()));
    block_on(ledger.close());
    let into = fast_dir();
    assert_eq!(
        merge(damaged.path(), &[&other.path().join("journal")], into.path(), &signer().into()).unwrap(),
        Merged { is_cut_off: true, ..Merged::default() }
    );
}
