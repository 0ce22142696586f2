//! What the tests share: a naive reference tree, and ledgers in temporary directories.

use std::fs;
use std::path::Path;

use ledger::{Hash, Ledger, LedgerError, NoteSigner, Options, empty_root, leaf_hash, node_hash};

pub(crate) const ORIGIN: &str = "log.example/test";

pub(crate) fn signer() -> NoteSigner {
    NoteSigner::new(ORIGIN, &[42; 32]).unwrap()
}

pub(crate) fn open(dir: &Path) -> Result<Ledger, LedgerError> {
    Ledger::open(dir, signer(), Options::default())
}

pub(crate) fn open_checking_all(dir: &Path) -> Result<Ledger, LedgerError> {
    Ledger::open(dir, signer(), Options { check_whole_journal: true, ..Options::default() })
}

pub(crate) fn block_on<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

/// An entry whose length and content depend on its number.
pub(crate) fn entry(number: u64) -> Vec<u8> {
    format!("entry {number} {}", "x".repeat((number % 7) as usize)).into_bytes()
}

/// MTH of RFC 6962, section 2.1, written as the recursion it is defined by.
pub(crate) fn naive_root(leaves: &[Hash]) -> Hash {
    match leaves {
        [] => empty_root(),
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len()));
            node_hash(&naive_root(left), &naive_root(right))
        }
    }
}

/// PATH of RFC 6962, section 2.1.1.
pub(crate) fn naive_inclusion(index: usize, leaves: &[Hash]) -> Vec<Hash> {
    if leaves.len() == 1 {
        return Vec::new();
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut path, sibling) = if index < middle {
        (naive_inclusion(index, left), naive_root(right))
    } else {
        (naive_inclusion(index - middle, right), naive_root(left))
    };
    path.push(sibling);
    path
}

/// PROOF of RFC 6962, section 2.1.2, for `0 < old <= leaves.len()`.
pub(crate) fn naive_consistency(old: usize, leaves: &[Hash]) -> Vec<Hash> {
    naive_subproof(old, leaves, true)
}

fn naive_subproof(old: usize, leaves: &[Hash], complete: bool) -> Vec<Hash> {
    if old == leaves.len() {
        return if complete { Vec::new() } else { vec![naive_root(leaves)] };
    }
    let middle = split(leaves.len());
    let (left, right) = leaves.split_at(middle);
    let (mut path, sibling) = if old <= middle {
        (naive_subproof(old, left, complete), naive_root(right))
    } else {
        (naive_subproof(old - middle, right, false), naive_root(left))
    };
    path.push(sibling);
    path
}

fn split(leaves: usize) -> usize {
    leaves.next_power_of_two() / 2
}

pub(crate) fn leaves(entries: &[Vec<u8>]) -> Vec<Hash> {
    entries.iter().map(|entry| leaf_hash(entry)).collect()
}

/// A directory in memory where the system has one: for tests that open hundreds of ledgers, each of which syncs.
pub(crate) fn fast_dir() -> tempfile::TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).unwrap()
}

/// Copies only the journal, as if the machine had died before anything else was on disk.
pub(crate) fn copy_journal(from: &Path, to: &Path) {
    let _ = fs::remove_dir_all(to);
    fs::create_dir_all(to.join("journal")).unwrap();
    for file in fs::read_dir(from.join("journal")).unwrap() {
        let file = file.unwrap();
        fs::copy(file.path(), to.join("journal").join(file.file_name())).unwrap();
    }
}
