//! A disk that is full, and one that has altered what it keeps.

use super::deployment::Deployment;
use crate::journeys::{
    agencies::Agency,
    program::{self, Running},
};
use std::{
    fs,
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    process::Command,
};

/// How much more a full disk takes, in bytes.
const LEFT_BYTES: u64 = 1_500;

fn segment(agency: &Agency) -> PathBuf {
    agency.folder.join("data/ledger/journal/00000000.segment")
}

/// Starts a node that can be told to find no room for longer files. The limit's signal would end it, so it is ignored, as the
/// node gets an error of the write then.
fn start_with_limit(agency: &Agency) -> Running {
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""]).arg(program::path());
    command.args(["node".as_ref(), "--config".as_ref(), agency.file().as_os_str()]);
    Running::start_command(program::listened_to(command), &format!("node {} is up", agency.id))
        .unwrap_or_else(|run| panic!("{} does not start: {}", agency.id, run.said()))
}

/// Files of the process may grow to so many bytes.
fn limit_files(node: &Running, bytes: &str) {
    let process = node.process().to_string();
    let set = Command::new("prlimit").args(["--pid", &process, &format!("--fsize={bytes}:")]).status();
    assert!(set.is_ok_and(|status| status.success()), "prlimit can limit files");
}

#[test]
fn a_full_disk_stops_messages_and_loses_none() {
    let all = Deployment::prepare();
    let provider = start_with_limit(&all.provider);
    let consumer = all.consumer.start();
    all.assert_answered("with room", "first");
    // Behind the last record there are zeros, which the file has room for already.
    let journal = fs::read(segment(&all.provider)).unwrap();
    let length = journal.iter().rposition(|byte| *byte != 0).unwrap() as u64;
    limit_files(&provider, &(length + LEFT_BYTES).to_string());
    let messages: Vec<String> = (0..12).map(|number| format!("full-{number}")).collect();
    let refused: Vec<&String> =
        messages.iter().filter(|message| all.send(message).unwrap().status != 200).collect();
    assert!(refused.len() >= messages.len() / 2, "{} of {} refused", refused.len(), messages.len());
    for message in &refused {
        let kind = "server.serverproxy.logging_failed";
        let runs = all.office.runs(message);
        all.assert_refused("no room", message, kind, if runs == 0 { "was not run" } else { "" });
    }
    limit_files(&provider, "unlimited");
    let learned: Vec<_> =
        messages.into_iter().map(|message| (message.clone(), all.learn(&message))).collect();
    all.assert_kept(&learned);
    all.assert_sound((provider, consumer));
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap().map(Result::unwrap) {
        fs::copy(entry.path(), to.join(entry.file_name())).unwrap();
    }
}

#[test]
fn a_damaged_log_is_located_and_restored_from_a_copy() {
    let all = Deployment::prepare();
    let (provider, consumer) = all.start();
    let messages: Vec<String> = (0..20).map(|number| format!("message-{number}")).collect();
    let learned: Vec<_> = messages.iter().map(|message| (message.clone(), all.learn(message))).collect();
    provider.stop("TERM").assert_good("the provider stops");
    let (journal, replica) =
        (all.provider.folder.join("data/ledger/journal"), all.provider.folder.join("replica"));
    copy(&journal, &replica);

    // One bit of the first record, and no memory of the last good state but the journal.
    let file = fs::OpenOptions::new().read(true).write(true).open(segment(&all.provider)).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, 400).unwrap();
    file.write_all_at(&[byte[0] ^ 1], 400).unwrap();
    fs::remove_file(all.provider.folder.join("data/ledger/synced")).unwrap();
    let words = ["segment 0", "at byte 0", "restore"];
    all.provider.doctor().assert_refused("doctor", &words);
    match all.provider.try_start() {
        Ok(_) => panic!("a node with a damaged log starts"),
        Err(run) => run.assert_refused("start", &words),
    }

    copy(&replica, &journal);
    let provider = all.provider.start();
    all.assert_kept(&learned);
    all.assert_answered("with the log restored", "after");
    all.assert_sound((provider, consumer));
}
