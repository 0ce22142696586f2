//! What the ledger writes, checked by an implementation that is not ours, and refused by it when it was changed.

use std::ffi::OsStr;
use std::fs;
use std::path::Path;

use ledger::{AddCheckpoint, Ledger, NoteSigner, TileContent, TilePath};

use crate::support::{ORIGIN, block_on, entry, open, signer};
use crate::tlogcheck::tlogcheck;

/// Sizes around the width of a tile, each grown from the one before.
const SIZES: [u64; 7] = [1, 2, 7, 255, 256, 257, 700];

/// Writes what the log serves at its size into a directory, laid out as C2SP tlog-tiles names it.
fn export(ledger: &Ledger, old: &str, old_size: u64, dir: &Path) {
    let checkpoint = ledger.checkpoint();
    let size = checkpoint.checkpoint.size;
    let write = |name: &str, content: &[u8]| {
        let file = dir.join(name);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, content).unwrap();
    };
    write("key", ledger.verifier_key().to_string().as_bytes());
    write("checkpoint", checkpoint.note.as_bytes());
    write("old-checkpoint", old.as_bytes());
    let proof = ledger.consistency(old_size, size).unwrap();
    let request = AddCheckpoint { old: old_size, proof, checkpoint: checkpoint.note.clone() };
    write("add-checkpoint", request.to_string().as_bytes());
    for content in [TileContent::Entries, TileContent::Hashes { level: 0 }, TileContent::Hashes { level: 1 }]
    {
        let width = if content == (TileContent::Hashes { level: 1 }) { size / 256 } else { size };
        for index in 0..width.div_ceil(256) {
            let path = TilePath { content, index, width: (width - index * 256).min(256) as u16 };
            write(&path.to_string(), &ledger.tile(&path).unwrap());
        }
    }
}

fn check_log(dir: &Path) -> Result<String, String> {
    tlogcheck(&[OsStr::new("log"), dir.as_os_str()])
}

#[test]
fn every_size_and_every_proof_holds() {
    let (log, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ledger = open(log.path()).unwrap();
    block_on(ledger.append(entry(0))).unwrap();
    let mut old = ledger.checkpoint();
    for size in SIZES {
        for number in ledger.checkpoint().checkpoint.size..size {
            block_on(ledger.append(entry(number))).unwrap();
        }
        let dir = out.path().join(size.to_string());
        export(&ledger, &old.note, old.checkpoint.size, &dir);
        let grown = format!("holds: {size} entries, grown from {}", old.checkpoint.size);
        assert_eq!(check_log(&dir), Ok(grown));
        old = ledger.checkpoint();
    }
    let (key, proof_file, entry_file) =
        (ledger.verifier_key().to_string(), out.path().join("proof"), out.path().join("entry"));
    for index in [0, 1, 254, 255, 256, 511, 512, 698, 699] {
        let proof = ledger::TlogProof {
            extra: (index % 2 == 0).then(|| b"beside".to_vec()),
            index,
            proof: ledger.inclusion(index, 700).unwrap(),
            checkpoint: ledger.checkpoint().note.clone(),
        };
        fs::write(&proof_file, proof.to_string()).unwrap();
        let check = |entry: Vec<u8>, key: &str| {
            fs::write(&entry_file, entry).unwrap();
            tlogcheck(&["proof".as_ref(), key.as_ref(), proof_file.as_ref(), entry_file.as_ref()])
        };
        assert_eq!(check(entry(index), &key), Ok(format!("holds: entry {index} of 700")));
        assert!(check(entry(index + 1), &key).unwrap_err().contains("does not hold"), "another entry");
        let other_key = NoteSigner::new(ORIGIN, &[1; 32]).unwrap().verifier_key().to_string();
        assert!(check(entry(index), &other_key).unwrap_err().contains("does not hold"), "another key");
    }
}

#[test]
fn whatever_is_changed_is_refused() {
    let (log, out) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let ledger = open(log.path()).unwrap();
    for number in 0..299 {
        ledger.append_later(entry(number)).unwrap();
    }
    let old = block_on(ledger.append(entry(299))).unwrap().checkpoint;
    for number in 300..599 {
        ledger.append_later(entry(number)).unwrap();
    }
    block_on(ledger.append(entry(599))).unwrap();
    let dir = out.path();
    export(&ledger, &old.note, 300, dir);
    assert_eq!(check_log(dir), Ok("holds: 600 entries, grown from 300".to_owned()));

    // The same log with its first entry rewritten, signed by the same key: only its consistency tells.
    let forked_dir = tempfile::tempdir().unwrap();
    let forked = open(forked_dir.path()).unwrap();
    block_on(forked.append(b"rewritten".to_vec())).unwrap();
    for number in 1..299 {
        forked.append_later(entry(number)).unwrap();
    }
    let forked = block_on(forked.append(entry(299))).unwrap().checkpoint;

    let flip = |name: &str, at: usize| {
        let mut bytes = fs::read(dir.join(name)).unwrap();
        bytes[at] ^= 1;
        bytes
    };
    let request = fs::read_to_string(dir.join("add-checkpoint")).unwrap();
    let without_a_hash = request.replacen(request.lines().nth(1).unwrap(), "", 1).replacen("\n\n", "\n", 1);
    let other_key = NoteSigner::new(ORIGIN, &[1; 32]).unwrap().verifier_key().to_string();
    for (case, name, content) in [
        ("another key", "key", other_key.into_bytes()),
        ("another size", "checkpoint", ledger.checkpoint().note.replace("\n600\n", "\n599\n").into_bytes()),
        ("a leaf hash", "tile/0/001", flip("tile/0/001", 5000)),
        ("the last leaf hash", "tile/0/002.p/88", flip("tile/0/002.p/88", 88 * 32 - 1)),
        ("a node", "tile/1/000.p/2", flip("tile/1/000.p/2", 40)),
        ("an entry", "tile/entries/000", flip("tile/entries/000", 6)),
        ("the length of an entry", "tile/entries/002.p/88", flip("tile/entries/002.p/88", 1)),
        (
            "a shorter bundle",
            "tile/entries/001",
            fs::read(dir.join("tile/entries/001")).unwrap()[..99].into(),
        ),
        ("a fork", "old-checkpoint", forked.note.clone().into_bytes()),
        ("a fork by another key", "old-checkpoint", {
            let other = NoteSigner::new(ORIGIN, &[1; 32]).unwrap();
            other.sign(&old.checkpoint.to_string()).unwrap().into_bytes()
        }),
        ("a proof from another size", "add-checkpoint", request.replacen("300", "299", 1).into_bytes()),
        ("a shorter proof", "add-checkpoint", without_a_hash.into_bytes()),
        ("a changed proof", "add-checkpoint", flip("add-checkpoint", 12)),
    ] {
        let good = fs::read(dir.join(name)).unwrap();
        assert_ne!(good, content, "{case} changes {name}");
        fs::write(dir.join(name), content).unwrap();
        let said = check_log(dir).expect_err(case);
        assert!(said.contains("does not hold"), "{case}: {said}");
        fs::write(dir.join(name), good).unwrap();
    }
    assert!(check_log(dir).is_ok());
    // What the fork changed, our own verification refuses too.
    let proof = ledger.consistency(300, 600).unwrap();
    let new = &ledger.checkpoint().checkpoint.root;
    assert!(ledger::verify_consistency(300, 600, &old.checkpoint.root, new, &proof).is_ok());
    assert!(ledger::verify_consistency(300, 600, &forked.checkpoint.root, new, &proof).is_err());
    assert_eq!(forked.checkpoint.origin, signer().name());
}
