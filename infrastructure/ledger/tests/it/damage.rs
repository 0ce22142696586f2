//! Files that were torn by a crash, and files that were damaged later.

use std::fs;
use std::path::{Path, PathBuf};

use ledger::{Ledger, LedgerError, Options};

use crate::support::{
    block_on, copy_journal, entry, fast_dir, leaves, naive_root, open, open_checking_all, signer,
};

/// A ledger of batches of one, closed, and where its records begin and end.
struct Written {
    dir: tempfile::TempDir,
    /// (segment, begin, end) of the record of each entry.
    records: Vec<(u32, u64, u64)>,
}

fn segment(dir: &Path, number: u32) -> PathBuf {
    dir.join("journal").join(format!("{number:08}.segment"))
}

/// Six entries in two segments.
fn written() -> Written {
    let dir = fast_dir();
    let options = Options { segment_limit_bytes: 700, ..Options::default() };
    let (mut records, mut at) = (Vec::new(), (0, 0));
    for number in 0..6 {
        let ledger = Ledger::open(dir.path(), signer(), options.clone()).unwrap();
        block_on(ledger.append(entry(number))).unwrap();
        // A closed ledger's segments end where their last record does.
        block_on(ledger.close());
        if let Ok(next) = fs::metadata(segment(dir.path(), at.0 + 1))
            && next.len() > 0
        {
            at = (at.0 + 1, 0);
        }
        let end = fs::metadata(segment(dir.path(), at.0)).unwrap().len();
        records.push((at.0, at.1, end));
        at.1 = end;
    }
    assert_eq!((records[2].0, records[3].0, records[5].0), (0, 1, 1));
    Written { dir, records }
}

fn check_content(ledger: &Ledger, size: usize) {
    let entries: Vec<Vec<u8>> = (0..size as u64).map(entry).collect();
    let checkpoint = ledger.checkpoint();
    assert_eq!(checkpoint.checkpoint.size, size as u64);
    assert_eq!(checkpoint.checkpoint.root, naive_root(&leaves(&entries)));
    for (index, entry) in (0..).zip(&entries) {
        assert_eq!(ledger.entry(index).unwrap(), *entry);
    }
}

#[test]
fn a_journal_cut_anywhere_in_its_last_segment_keeps_every_whole_batch() {
    let written = written();
    let copy = fast_dir();
    let (_, _, length) = written.records[5];
    for cut in 0..=length {
        copy_journal(written.dir.path(), copy.path());
        let last = fs::OpenOptions::new().write(true).open(segment(copy.path(), 1)).unwrap();
        last.set_len(cut).unwrap();
        let whole = written.records.iter().filter(|(segment, _, end)| *segment == 0 || *end <= cut).count();
        let ledger = open(copy.path()).unwrap();
        check_content(&ledger, whole);
        // Some of the cuts go on, to see that what follows a dropped batch is found again.
        if cut % 50 == 0 {
            block_on(ledger.append(entry(whole as u64))).unwrap();
            drop(ledger);
            check_content(&open_checking_all(copy.path()).unwrap(), whole + 1);
        }
    }
}

#[test]
fn a_tail_of_zeros_or_garbage_is_dropped() {
    let written = written();
    let copy = fast_dir();
    let magic = fs::read(segment(written.dir.path(), 0)).unwrap()[..8].to_vec();
    let imitation = fs::read(segment(written.dir.path(), 1)).unwrap();
    for tail in [vec![0; 5000], vec![0xff; 3], magic.repeat(200), imitation] {
        copy_journal(written.dir.path(), copy.path());
        let path = segment(copy.path(), 1);
        fs::write(&path, [fs::read(&path).unwrap(), tail].concat()).unwrap();
        check_content(&open(copy.path()).unwrap(), 6);
        assert_eq!(fs::metadata(&path).unwrap().len(), written.records[5].2);
    }
}

#[test]
fn an_entry_that_imitates_a_record_does_not_turn_a_torn_tail_into_damage() {
    let dir = fast_dir();
    let ledger = open(dir.path()).unwrap();
    block_on(ledger.append(entry(0))).unwrap();
    block_on(ledger.close());
    let first = fs::read(segment(dir.path(), 0)).unwrap();
    let ledger = open(dir.path()).unwrap();
    // The entry will stand as far behind the beginning of its record as the first entry stands in the first record.
    // The imitation is a whole record for just that place, with right checksums.
    let before_entry = first.windows(entry(0).len()).position(|bytes| bytes == entry(0)).unwrap();
    let place = (first.len() + before_entry) as u64;
    let mut imitation = first.clone();
    imitation[12..20].copy_from_slice(&place.to_be_bytes());
    let (header_end, body_end) = (48, first.len() - 4);
    let header_checksum = crc32(&imitation[..header_end - 4]);
    imitation[header_end - 4..header_end].copy_from_slice(&header_checksum.to_be_bytes());
    let checksum = crc32(&imitation[..body_end]);
    imitation[body_end..].copy_from_slice(&checksum.to_be_bytes());
    block_on(ledger.append(imitation.clone())).unwrap();
    block_on(ledger.close());

    let copy = fast_dir();
    copy_journal(dir.path(), copy.path());
    let path = segment(copy.path(), 0);
    let whole = fs::read(&path).unwrap();
    assert_eq!(&whole[place as usize..][..imitation.len()], imitation, "the imitation stands where it says");
    fs::write(&path, &whole[..whole.len() - 1]).unwrap();
    check_content(&open(copy.path()).unwrap(), 1);
}

#[test]
fn a_changed_byte_before_the_last_batch_is_located() {
    let written = written();
    let copy = fast_dir();
    for (segment_number, begin, end) in &written.records[..5] {
        copy_journal(written.dir.path(), copy.path());
        let path = segment(copy.path(), *segment_number);
        let whole = fs::read(&path).unwrap();
        for at in *begin..*end {
            let mut changed = whole.clone();
            changed[at as usize] ^= 0x40;
            fs::write(&path, &changed).unwrap();
            assert_damaged(open(copy.path()), *segment_number, *begin, at);
            assert_eq!(fs::read(&path).unwrap(), changed, "a refused journal is left as it is");
        }
    }
}

#[test]
fn after_a_clean_close_a_changed_byte_anywhere_is_located() {
    let written = written();
    for (segment_number, begin, end) in &written.records {
        let path = segment(written.dir.path(), *segment_number);
        let whole = fs::read(&path).unwrap();
        for at in *begin..*end {
            let mut changed = whole.clone();
            changed[at as usize] ^= 1;
            fs::write(&path, &changed).unwrap();
            assert_damaged(open_checking_all(written.dir.path()), *segment_number, *begin, at);
        }
        fs::write(&path, &whole).unwrap();
    }
    check_content(&open_checking_all(written.dir.path()).unwrap(), 6);
}

fn assert_damaged(result: Result<Ledger, LedgerError>, expected_segment: u32, expected_offset: u64, at: u64) {
    match result.err() {
        Some(LedgerError::Damaged { segment, offset, .. }) => {
            assert_eq!((segment, offset), (expected_segment, expected_offset), "byte {at}");
        }
        other => panic!("byte {at}: {other:?}"),
    }
}

#[test]
fn damage_found_while_reading_is_never_served() {
    let written = written();
    let ledger = open(written.dir.path()).unwrap();
    let (segment_number, _, end) = written.records[1];
    let path = segment(written.dir.path(), segment_number);
    let mut bytes = fs::read(&path).unwrap();
    bytes[end as usize - 6] ^= 1;
    fs::write(&path, &bytes).unwrap();
    assert!(matches!(ledger.entry(1), Err(LedgerError::Damaged { segment: 0, .. })));
    assert!(matches!(
        ledger.tile(&"tile/entries/000.p/6".parse().unwrap()),
        Err(LedgerError::Damaged { .. })
    ));
    assert_eq!(ledger.entry(0).unwrap(), entry(0));
    assert_eq!(ledger.entry(2).unwrap(), entry(2));
}

#[test]
fn what_was_synced_can_not_go_missing_unnoticed() {
    for (case, damage) in [
        ("the last segment is cut by one byte", Box::new(cut_last_byte) as Box<dyn Fn(&Path)>),
        ("the last segment is gone", Box::new(|dir: &Path| fs::remove_file(segment(dir, 1)).unwrap())),
        ("the first segment is gone", Box::new(|dir: &Path| fs::remove_file(segment(dir, 0)).unwrap())),
        ("the journal is gone", Box::new(|dir: &Path| fs::remove_dir_all(dir.join("journal")).unwrap())),
    ] {
        for check_whole_journal in [false, true] {
            let written = written();
            damage(written.dir.path());
            let options = Options { check_whole_journal, ..Options::default() };
            let result = Ledger::open(written.dir.path(), signer(), options);
            assert!(
                matches!(result.err(), Some(LedgerError::Damaged { .. })),
                "{case}, {check_whole_journal}"
            );
        }
    }
}

fn cut_last_byte(dir: &Path) {
    let file = fs::OpenOptions::new().write(true).open(segment(dir, 1)).unwrap();
    file.set_len(file.metadata().unwrap().len() - 1).unwrap();
}

#[test]
fn derived_files_are_made_again_when_lost_or_damaged() {
    for (case, damage) in [
        (
            "gone",
            Box::new(|dir: &Path| fs::remove_dir_all(dir.join("derived")).unwrap()) as Box<dyn Fn(&Path)>,
        ),
        ("cut", Box::new(|dir: &Path| fs::write(dir.join("derived/level-0"), [0; 32]).unwrap())),
        ("changed", Box::new(|dir: &Path| fs::write(dir.join("derived/level-0"), [7; 32 * 6]).unwrap())),
        ("state gone", Box::new(|dir: &Path| fs::remove_file(dir.join("synced")).unwrap())),
        ("state empty", Box::new(|dir: &Path| fs::write(dir.join("synced"), "").unwrap())),
        ("state damaged", Box::new(|dir: &Path| fs::write(dir.join("synced"), [0xfe; 100_000]).unwrap())),
    ] {
        let written = written();
        damage(written.dir.path());
        let ledger = open(written.dir.path()).unwrap_or_else(|error| panic!("{case}: {error}"));
        check_content(&ledger, 6);
        assert_eq!(ledger.inclusion(2, 6).unwrap().len(), 3, "{case}");
    }
}

#[test]
fn entries_replaced_under_right_checksums_do_not_have_the_signed_root() {
    let written = written();
    let path = segment(written.dir.path(), 1);
    let mut bytes = fs::read(&path).unwrap();
    let (_, begin, end) = written.records[4];
    let (last, body_end) = (end as usize - 5, end as usize - 4);
    bytes[last] ^= 1;
    let checksum = crc32(&bytes[begin as usize..body_end]);
    bytes[body_end..end as usize].copy_from_slice(&checksum.to_be_bytes());
    fs::write(&path, bytes).unwrap();
    let result = open_checking_all(written.dir.path());
    match result.err() {
        Some(LedgerError::WrongRoot { segment, offset, size }) => {
            assert_eq!((segment, offset, size), (1, begin, 5))
        }
        other => panic!("{other:?}"),
    }
}

/// CRC-32 (IEEE), bit by bit, so that the test does not share the crate's own.
fn crc32(bytes: &[u8]) -> u32 {
    let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
    !bytes.iter().fold(!0, |crc, byte| (0..8).fold(crc ^ u32::from(*byte), step))
}

#[test]
fn zeros_are_the_end_only_where_nothing_follows_them() {
    let written = written();
    let copy = fast_dir();
    let path = segment(copy.path(), 1);
    let whole = fs::read(segment(written.dir.path(), 1)).unwrap();
    let (_, before, _) = written.records[4];
    let (_, last, end) = written.records[5];
    for (case, blank, size) in [
        ("the last record was never begun", last..end, Some(5)),
        ("its end came to the disk and its beginning did not", last..(last + end) / 2, Some(5)),
        ("the record before it is gone", before..last, None),
    ] {
        copy_journal(written.dir.path(), copy.path());
        let mut content = whole.clone();
        content[blank.start as usize..blank.end as usize].fill(0);
        fs::write(&path, content).unwrap();
        match (open(copy.path()), size) {
            (Ok(ledger), Some(size)) => check_content(&ledger, size),
            (Err(LedgerError::Damaged { segment: 1, offset, .. }), None) => {
                assert_eq!(offset, before, "{case}")
            }
            (opened, _) => panic!("{case}: {:?}", opened.map(|ledger| ledger.checkpoint())),
        }
    }
}
