//! A process that is killed while it appends loses nothing it was told is durable.

use std::collections::BTreeMap;
use std::env;
use std::io::{BufRead as _, BufReader, Write as _};
use std::path::Path;
use std::process::{Command, Stdio};

use ledger::{Hash, verify_consistency};

use crate::support::{block_on, entry, open, open_checking_all};

const DIRECTORY_VARIABLE: &str = "LEDGER_CRASH_TEST_DIRECTORY";
const KILLS: u64 = 4;
const WAITERS: u64 = 50;

/// One line a child wrote after an append had returned.
struct Acknowledged {
    index: u64,
    number: u64,
    size: u64,
    root: Hash,
}

#[test]
fn a_killed_process_loses_nothing_acknowledged() {
    if let Some(dir) = env::var_os(DIRECTORY_VARIABLE) {
        append_until_killed(Path::new(&dir));
    }
    let dir = tempfile::tempdir().unwrap();
    let mut entries = BTreeMap::new();
    let mut roots = BTreeMap::new();
    for kill in 0..KILLS {
        // Odd numbers, so that the kill falls into the middle of batches.
        for line in acknowledged_before_kill(dir.path(), 501 + 337 * kill as usize) {
            assert_eq!(entries.insert(line.index, line.number), None, "index {} twice", line.index);
            assert_eq!(
                *roots.entry(line.size).or_insert(line.root),
                line.root,
                "two roots for {}",
                line.size
            );
        }
        let check_all = kill % 2 == 1;
        let ledger = if check_all { open_checking_all(dir.path()) } else { open(dir.path()) }.unwrap();
        let newest = ledger.checkpoint().checkpoint.clone();
        for (index, number) in &entries {
            assert_eq!(ledger.entry(*index).unwrap(), entry(*number));
        }
        for (size, root) in &roots {
            let proof = ledger.consistency(*size, newest.size).unwrap();
            verify_consistency(*size, newest.size, root, &newest.root, &proof).unwrap();
        }
        block_on(ledger.append(b"after the crash".to_vec())).unwrap();
    }
}

/// Runs this test again as a child that appends, and kills it after it has acknowledged `count` entries.
fn acknowledged_before_kill(dir: &Path, count: usize) -> Vec<Acknowledged> {
    let mut child = Command::new(env::current_exe().unwrap())
        .args(["--exact", "crash::a_killed_process_loses_nothing_acknowledged", "--nocapture"])
        .env(DIRECTORY_VARIABLE, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(child.stdout.take().unwrap()).lines();
    let mut acknowledged: Vec<Acknowledged> = Vec::new();
    while acknowledged.len() < count {
        let line = lines.next().expect("the child must not stop by itself").unwrap();
        acknowledged.extend(parse(&line));
    }
    child.kill().unwrap();
    // What it had acknowledged before the kill may still be in the pipe; the last line may be cut off.
    acknowledged.extend(lines.map_while(Result::ok).filter_map(|line| parse(&line)));
    child.wait().unwrap();
    acknowledged
}

fn parse(line: &str) -> Option<Acknowledged> {
    let mut fields = line.strip_prefix("acknowledged ")?.strip_suffix(" end")?.split(' ');
    let mut number = || fields.next()?.parse().ok();
    let (index, entry_number, size) = (number()?, number()?, number()?);
    Some(Acknowledged { index, number: entry_number, size, root: fields.next()?.parse().ok()? })
}

fn append_until_killed(dir: &Path) -> ! {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
    let ledger = open(dir).unwrap();
    let start = ledger.checkpoint().checkpoint.size;
    for waiter in 0..WAITERS {
        let ledger = ledger.clone();
        runtime.spawn(async move {
            for round in 0.. {
                let number = start + waiter + WAITERS * round;
                let sealed = ledger.append(entry(number)).await.unwrap();
                let (index, size, root) = (sealed.index, sealed.size, sealed.checkpoint.checkpoint.root);
                let line = format!("acknowledged {index} {number} {size} {root} end\n");
                std::io::stdout().write_all(line.as_bytes()).unwrap();
            }
        });
    }
    loop {
        std::thread::park();
    }
}
