//! Appends against the naive reference tree, and a ledger's life: open, append, close, open again.

use std::collections::HashSet;

use ledger::{ENTRY_LIMIT_BYTES, Ledger, LedgerError, NoteSigner, Options, SignedCheckpoint, TlogProof};
use ledger::{leaf_hash, verify_consistency, verify_inclusion};
use proptest::prelude::*;

use crate::support::{
    ORIGIN, block_on, entry, leaves, naive_consistency, naive_inclusion, naive_root, open, open_checking_all,
    signer,
};

#[test]
fn a_sealed_entry_proves_itself() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path()).unwrap();
    assert_eq!(ledger.verifier_key(), signer().verifier_key());
    let empty = ledger.checkpoint();
    assert_eq!((empty.checkpoint.origin.as_str(), empty.checkpoint.size), (ORIGIN, 0));
    assert_eq!(SignedCheckpoint::open(&empty.note, &signer().verifier_key()).as_ref(), Ok(&*empty));
    for number in 0..20 {
        let sealed = block_on(ledger.append(entry(number))).unwrap();
        assert_eq!(
            (sealed.index, sealed.size),
            (number, number + 1),
            "an idle ledger does not wait for a batch"
        );
        assert_eq!(sealed.checkpoint, ledger.checkpoint());
        let checkpoint =
            sealed.to_proof().verify(&leaf_hash(&entry(number)), &signer().verifier_key()).unwrap();
        assert_eq!(checkpoint, sealed.checkpoint.checkpoint);
        assert_eq!(ledger.entry(number).unwrap(), entry(number));
    }
}

#[test]
fn many_waiters_share_batches_and_each_gets_its_own_proof() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path()).unwrap();
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(4).build().unwrap();
    let tasks: Vec<_> = (0..3000)
        .map(|number| {
            let ledger = ledger.clone();
            runtime.spawn(async move { (number, ledger.append(entry(number)).await.unwrap()) })
        })
        .collect();
    let (mut indices, mut sizes) = (HashSet::new(), HashSet::new());
    for task in tasks {
        let (number, sealed) = runtime.block_on(task).unwrap();
        let checkpoint = &sealed.checkpoint.checkpoint;
        verify_inclusion(
            &leaf_hash(&entry(number)),
            sealed.index,
            sealed.size,
            &sealed.proof,
            &checkpoint.root,
        )
        .unwrap();
        assert_eq!(ledger.entry(sealed.index).unwrap(), entry(number));
        assert_eq!(ledger.inclusion(sealed.index, sealed.size).unwrap(), sealed.proof);
        assert!(indices.insert(sealed.index));
        sizes.insert(sealed.size);
    }
    assert_eq!(indices, (0..3000).collect());
    assert!(sizes.len() < 3000, "3000 entries must not take 3000 syncs");
    assert_eq!(ledger.checkpoint().checkpoint.size, 3000);
}

#[test]
fn entries_of_every_permitted_length_are_kept() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path()).unwrap();
    let contents =
        [vec![], vec![0], vec![1; 32 * 1024], vec![2; ENTRY_LIMIT_BYTES], vec![], vec![3; ENTRY_LIMIT_BYTES]];
    for content in &contents {
        ledger.append_later(content.clone()).unwrap();
    }
    block_on(ledger.append(b"last".to_vec())).unwrap();
    for (index, content) in (0..).zip(&contents) {
        assert_eq!(ledger.entry(index).unwrap(), *content);
    }
    let too_long = vec![0; ENTRY_LIMIT_BYTES + 1];
    assert!(matches!(
        block_on(ledger.append(too_long.clone())),
        Err(LedgerError::EntryTooLong { bytes: 65_536 })
    ));
    assert!(matches!(ledger.append_later(too_long), Err(LedgerError::EntryTooLong { bytes: 65_536 })));
}

#[test]
fn closing_writes_what_waits_and_refuses_what_comes_later() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path()).unwrap();
    let clone = ledger.clone();
    for number in 0..500 {
        ledger.append_later(entry(number)).unwrap();
    }
    block_on(ledger.close());
    assert!(matches!(block_on(clone.append(entry(500))), Err(LedgerError::Closed)));
    assert!(matches!(clone.append_later(entry(500)), Err(LedgerError::Closed)));
    assert_eq!(clone.entry(499).unwrap(), entry(499), "a closed ledger can still be read");

    let again = open(dir.path()).unwrap();
    assert_eq!(again.checkpoint(), clone.checkpoint());
    assert_eq!(again.checkpoint().checkpoint.size, 500);
}

#[test]
fn a_ledger_is_open_only_once() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path()).unwrap();
    assert!(matches!(open(dir.path()), Err(LedgerError::AlreadyOpen { .. })));
    drop(ledger);
    open(dir.path()).unwrap();
}

#[test]
fn another_key_does_not_take_over_a_ledger() {
    let dir = tempfile::tempdir().unwrap();
    block_on(open(dir.path()).unwrap().append(entry(0))).unwrap();
    for other in [NoteSigner::new(ORIGIN, &[1; 32]), NoteSigner::new("other.example", &[42; 32])] {
        let result = Ledger::open(dir.path(), other.unwrap(), Options::default());
        assert!(matches!(result.err(), Some(LedgerError::OtherKey { .. })));
    }
    open(dir.path()).unwrap();
}

#[test]
fn the_journal_goes_on_in_new_segments() {
    let dir = tempfile::tempdir().unwrap();
    let options = Options { segment_limit_bytes: 4000, ..Options::default() };
    let mut checkpoints = Vec::new();
    for round in 0..3 {
        let ledger = Ledger::open(dir.path(), signer(), options.clone()).unwrap();
        for number in round * 100..(round + 1) * 100 {
            checkpoints.push(block_on(ledger.append(entry(number))).unwrap().checkpoint);
        }
        block_on(ledger.close());
    }
    let segments = std::fs::read_dir(dir.path().join("journal")).unwrap().count();
    assert!(segments > 10, "{segments} segments");
    let ledger = open_checking_all(dir.path()).unwrap();
    let newest = ledger.checkpoint();
    for number in 0..300 {
        assert_eq!(ledger.entry(number).unwrap(), entry(number));
    }
    for old in &checkpoints {
        let (old, new) = (&old.checkpoint, &newest.checkpoint);
        let proof = ledger.consistency(old.size, new.size).unwrap();
        verify_consistency(old.size, new.size, &old.root, &new.root, &proof).unwrap();
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(12))]

    #[test]
    fn any_sequence_of_batches_gives_the_reference_tree(
        batches in proptest::collection::vec(1..60_u64, 1..16),
        reopen_at in 0..16_usize,
    ) {
        let dir = tempfile::tempdir().unwrap();
        let mut ledger = open(dir.path()).unwrap();
        let mut entries = Vec::new();
        for (batch, count) in batches.into_iter().enumerate() {
            if batch == reopen_at {
                drop(ledger);
                ledger = open(dir.path()).unwrap();
            }
            let numbers = entries.len() as u64..entries.len() as u64 + count;
            entries.extend(numbers.map(entry));
            let first = entries.len() - count as usize;
            for entry in &entries[first..entries.len() - 1] {
                ledger.append_later(entry.clone()).unwrap();
            }
            let sealed = block_on(ledger.append(entries[entries.len() - 1].clone())).unwrap();
            let leaves = leaves(&entries);
            prop_assert_eq!(sealed.size, entries.len() as u64);
            prop_assert_eq!(sealed.checkpoint.checkpoint.root, naive_root(&leaves));
            prop_assert_eq!(sealed.proof, naive_inclusion(sealed.index as usize, &leaves));
        }

        let (size, leaves) = (entries.len(), leaves(&entries));
        let root = naive_root(&leaves);
        for index in 0..size {
            let proof = ledger.inclusion(index as u64, size as u64).unwrap();
            prop_assert_eq!(verify_inclusion(&leaves[index], index as u64, size as u64, &proof, &root), Ok(()));
            prop_assert_eq!(ledger.entry(index as u64).unwrap(), &entries[index][..]);
        }
        for old in (0..=size).step_by(7) {
            let smaller = ledger.inclusion(0, old.max(1) as u64).unwrap();
            prop_assert_eq!(smaller, naive_inclusion(0, &leaves[..old.max(1)]));
            let proof = ledger.consistency(old as u64, size as u64).unwrap();
            let old_root = naive_root(&leaves[..old]);
            prop_assert_eq!(verify_consistency(old as u64, size as u64, &old_root, &root, &proof), Ok(()));
            if old > 0 {
                prop_assert_eq!(proof, naive_consistency(old, &leaves));
            }
        }
        let text = TlogProof { extra: None, index: 0, proof: ledger.inclusion(0, size as u64).unwrap(),
            checkpoint: ledger.checkpoint().note.clone() }.to_string();
        prop_assert!(text.parse::<TlogProof>().unwrap().verify(&leaves[0], &signer().verifier_key()).is_ok());
    }
}

#[test]
fn what_lies_beside_an_entry_is_found_again_and_proves_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let annex = |number: u64| vec![number as u8; number as usize * 37 % 5_000];
    let ledger = open(dir.path()).unwrap();
    for number in 0..600 {
        ledger.append_later_with_annex(entry(number), annex(number)).unwrap();
    }
    let sealed = block_on(ledger.append_with_annex(entry(600), annex(600))).unwrap();
    sealed.to_proof().verify(&leaf_hash(&entry(600)), &signer().verifier_key()).unwrap();
    block_on(ledger.close());

    let ledger = open(dir.path()).unwrap();
    for number in 0..=600 {
        assert_eq!(ledger.entry(number).unwrap(), entry(number));
        assert_eq!(ledger.annex(number).unwrap(), annex(number), "beside entry {number}");
    }
    for (first, count) in [(0, 601), (0, 0), (255, 2), (300, 301)] {
        let items = ledger.items(first, count).unwrap();
        assert_eq!(items.len() as u64, count);
        for (item, number) in items.into_iter().zip(first..) {
            assert_eq!((item.entry, item.annex), (entry(number), annex(number)), "item {number}");
        }
    }
    assert!(matches!(ledger.items(600, 2), Err(LedgerError::NotFound { .. })));
    assert!(matches!(ledger.annex(601), Err(LedgerError::NotFound { .. })));
    let too_long = vec![0; ledger::ANNEX_LIMIT_BYTES + 1];
    let refused = block_on(ledger.append_with_annex(entry(0), too_long));
    assert!(matches!(refused, Err(LedgerError::AnnexTooLong { .. })));
}
