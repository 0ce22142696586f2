//! A damaged log is located, and restored from what is left of it and a replica, as far as the witnesses know it to reach.

use crate::journeys::{
    agencies::{Agencies, Agency},
    program::{self, Run},
};
use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

fn journal(agency: &Agency) -> PathBuf {
    agency.folder.join("data/ledger/journal")
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

/// Alters one bit of the first segment, at a place counted from its beginning or, when negative, from its end.
fn alter(agency: &Agency, at: isize) {
    let segment = journal(agency).join("00000000.segment");
    let mut bytes = fs::read(&segment).unwrap();
    let at = if at < 0 { bytes.len().strict_add_signed(at) } else { at.unsigned_abs() };
    bytes[at] ^= 1;
    fs::write(&segment, bytes).unwrap();
    // Nor does it remember the last good state.
    let synced = agency.folder.join("data/ledger/synced");
    if synced.exists() {
        fs::remove_file(synced).unwrap();
    }
}

fn restore(agency: &Agency, replica: &Path) -> Run {
    let (file, command) = (agency.file(), "restore");
    program::run([
        command.as_ref(),
        "--config".as_ref(),
        file.as_os_str(),
        "--replica".as_ref(),
        replica.as_os_str(),
    ])
}

/// Every file of the ledger, with what it holds.
fn contents(agency: &Agency) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(journal(agency)).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), fs::read(path).unwrap())).collect()
}

#[test]
fn a_damaged_log_is_restored_from_a_replica_as_far_as_its_witnesses_know_it() {
    let all = Agencies::prepare();
    let cosigners = all.witness_each_other();
    let (centre, provider, consumer) = (all.centre.start(), all.provider.start(), all.consumer.start());
    let [older, newer] = ["older", "newer"].map(|name| all.consumer.folder.join(name));
    let before = all.assert_answered("before the replica");
    // A replica may be taken at any time.
    copy(&journal(&all.consumer), &older);
    for _ in 0..3 {
        all.assert_answered("after the replica");
    }
    all.wait_until_attested(&cosigners);
    restore(&all.consumer, &older).assert_refused("a running node", &["is running", "stop it"]);
    consumer.stop("TERM").assert_good("the consumer stops");
    copy(&journal(&all.consumer), &newer);

    // What the replica has is damaged, and what it has not stands whole.
    alter(&all.consumer, 400);
    let words = ["segment 0", "at byte 0", "restore"];
    all.consumer.doctor().assert_refused("doctor", &words);
    match all.consumer.try_start() {
        Ok(_) => panic!("a node with a damaged log starts"),
        Err(run) => run.assert_refused("start", &words),
    }
    let run = restore(&all.consumer, &older);
    run.assert_good("restored from an older replica");
    for words in ["has cosigned", "stand whole", "is restored", "is kept in"] {
        assert!(run.stdout.contains(words), "{words}: {}", run.said());
    }
    all.consumer.doctor().assert_good("the doctor of a restored node");
    let consumer = all.consumer.start();
    all.receipt_names_the_witnesses(&before);
    all.assert_answered("after the log was restored");
    all.wait_until_attested(&cosigners);
    consumer.stop("TERM").assert_good("the consumer stops again");

    // What neither has is missed by the witnesses, and nothing is changed.
    fs::remove_dir_all(&newer).unwrap();
    copy(&journal(&all.consumer), &newer);
    alter(&all.consumer, -9);
    let damaged = contents(&all.consumer);
    let run = restore(&all.consumer, &older);
    run.assert_refused(
        "an older replica",
        &["could be restored", "bring a newer replica", "Nothing was changed"],
    );
    assert!(contents(&all.consumer) == damaged, "nothing was changed");
    restore(&all.consumer, &newer).assert_good("restored from a newer replica");
    let consumer = all.consumer.start();
    all.assert_answered("after it was restored again");
    for running in [consumer, provider, centre] {
        running.stop("TERM").assert_good("all stop");
    }
}
