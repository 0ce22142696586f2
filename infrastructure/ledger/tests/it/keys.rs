//! The key of a ledger is rolled: the tree goes on, nobody need know when, and what was proven stays proven.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use ledger::{
    AddCheckpoint, Ed25519Key, KeyChange, Ledger, LedgerError, LedgerSigner, NoteError, NoteSigner, Options,
    SignedCheckpoint, judge, leaf_hash,
};
use proptest::prelude::*;

use crate::support::{ORIGIN, block_on, entry, fast_dir, signer};

fn key(number: u8) -> NoteSigner {
    NoteSigner::new(ORIGIN, &[number; 32]).unwrap()
}

fn both(old: u8, new: u8) -> LedgerSigner {
    LedgerSigner::rolling(key(old), key(new)).unwrap()
}

fn open(dir: &Path, signer: impl Into<LedgerSigner>) -> Result<Ledger, LedgerError> {
    Ledger::open(dir, signer, Options::default())
}

/// The keys that signed the newest checkpoint, among the first four.
fn signed_by(ledger: &Ledger) -> Vec<u8> {
    let note = &ledger.checkpoint().note;
    (1..=4).filter(|number| key(*number).verifier_key().verify(note).is_ok()).collect()
}

#[test]
fn a_key_is_rolled_while_the_ledger_is_open() {
    let dir = fast_dir();
    block_on(async {
        let ledger = open(dir.path(), key(1)).unwrap();
        let first = ledger.append(entry(0)).await.unwrap();
        ledger.roll(both(1, 2)).unwrap();
        let second = ledger.append(entry(1)).await.unwrap();
        assert_eq!(
            (second.index, signed_by(&ledger)),
            (2, vec![1, 2]),
            "whichever a reader knows, it is signed"
        );
        let note = String::from_utf8(ledger.entry(1).unwrap()).unwrap();
        let change = KeyChange::open(&note).expect("the log itself says so");
        assert_eq!((change.old, change.new), (key(1).verifier_key(), key(2).verifier_key()));
        ledger.roll(both(1, 2)).unwrap();
        ledger.roll(key(2)).unwrap();
        let third = ledger.append(entry(2)).await.unwrap();
        assert_eq!((third.index, signed_by(&ledger)), (3, vec![2]), "it is said once");
        assert_eq!(ledger.verifier_key(), key(2).verifier_key());
        assert_eq!(ledger.verifier_keys(), [2, 1].map(|number| key(number).verifier_key()));
        for (sealed, number, signer) in [(first, 0, 1), (second.clone(), 1, 1), (second, 1, 2), (third, 2, 2)]
        {
            let proof = sealed.to_proof();
            proof.verify(&leaf_hash(&entry(number)), &key(signer).verifier_key()).unwrap();
        }
        ledger.close().await;
    });
}

#[test]
fn a_ledger_is_opened_with_the_keys_that_lead_to_its_own() {
    let refused = |result: Result<Ledger, LedgerError>| matches!(result, Err(LedgerError::OtherKey { .. }));
    for check_whole_journal in [false, true] {
        let dir = fast_dir();
        let open = |signer: LedgerSigner| {
            Ledger::open(dir.path(), signer, Options { check_whole_journal, ..Options::default() })
        };
        let append = |signer: LedgerSigner, number| {
            block_on(async {
                let ledger = open(signer).unwrap();
                ledger.append(entry(number)).await.unwrap();
                let keys = (signed_by(&ledger), ledger.verifier_keys().len());
                ledger.close().await;
                keys
            })
        };
        assert_eq!(append(key(1).into(), 0), (vec![1], 1));
        assert!(refused(open(key(2).into())), "a key that nothing leads to");
        assert!(refused(open(both(3, 2))), "nor do two");
        assert_eq!(append(both(1, 2), 1), (vec![1, 2], 2));
        assert_eq!(append(key(1).into(), 2), (vec![1], 1), "until the end the roll can be given up");
        assert_eq!(append(both(1, 3), 3), (vec![1, 3], 2));
        assert_eq!(append(key(3).into(), 4), (vec![3], 2));
        assert!(refused(open(key(1).into())), "and then no more");
        assert!(refused(open(key(2).into())), "least of all with a key that was given up");
        assert_eq!(append(both(3, 4), 5), (vec![3, 4], 3));
        assert_eq!(append(key(4).into(), 6), (vec![4], 3), "it knows all that signed before");
    }
}

#[test]
fn at_the_opening_the_newest_checkpoint_is_signed_by_all_keys() {
    let dir = fast_dir();
    block_on(async {
        let ledger = open(dir.path(), key(1)).unwrap();
        ledger.append(entry(0)).await.unwrap();
        ledger.close().await;
        let ledger = open(dir.path(), both(1, 2)).unwrap();
        assert_eq!(signed_by(&ledger), [1, 2]);
        assert!(matches!(ledger.roll(key(3)), Err(LedgerError::OtherKey { .. })), "no key is skipped");
        assert_eq!(signed_by(&ledger), [1, 2]);
        ledger.close().await;
    });
}

#[test]
fn a_witness_goes_on_with_the_new_key() {
    let dir = fast_dir();
    block_on(async {
        let ledger = open(dir.path(), key(1)).unwrap();
        ledger.append(entry(0)).await.unwrap();
        let before = SignedCheckpoint::open(&ledger.checkpoint().note, &key(1).verifier_key()).unwrap();
        ledger.roll(both(1, 2)).unwrap();
        ledger.append(entry(1)).await.unwrap();
        let old = before.checkpoint.size;
        let request = |note: &str, size| AddCheckpoint {
            old,
            proof: ledger.consistency(old, size).unwrap(),
            checkpoint: note.to_owned(),
        };
        let now = ledger.checkpoint();
        let rolling = request(&now.note, now.checkpoint.size);
        let keys = ledger.verifier_keys();
        for known in [&keys[..], &keys[..1], &keys[1..]] {
            let cosigned = judge(known, Some(&before.checkpoint), &rolling).expect("any of its keys");
            assert_eq!(
                cosigned.note.lines().count(),
                4 + known.len(),
                "the log's own signatures: {}",
                cosigned.note
            );
        }
        ledger.roll(key(2)).unwrap();
        ledger.append(entry(2)).await.unwrap();
        let now = ledger.checkpoint();
        let rolled = request(&now.note, now.checkpoint.size);
        assert!(judge(&keys, Some(&before.checkpoint), &rolled).is_ok());
        assert_eq!(judge(&keys[1..], Some(&before.checkpoint), &rolled).unwrap_err().status(), 403);
        ledger.close().await;
    });
}

#[test]
fn a_change_that_both_keys_did_not_sign_is_none() {
    let good = KeyChange::sign(&key(1), &key(2)).unwrap();
    assert!(KeyChange::open(&good).is_ok());
    let (text, lines) = good.split_once("\n\n").unwrap();
    let lines: Vec<&str> = lines.lines().collect();
    let [first, second] = [key(1), key(2)].map(|key| key.verifier_key().to_string());
    let other = NoteSigner::new("other.example", &[2; 32]).unwrap();
    assert!(matches!(KeyChange::sign(&key(1), &other), Err(NoteError::OtherName(..))));
    for (case, note) in [
        ("only the old key", format!("{text}\n\n{}\n", lines[0])),
        ("only the new key", format!("{text}\n\n{}\n", lines[1])),
        (
            "backwards",
            good.replacen(&first, "x", 1).replacen(&second, &first, 1).replacen(
                "x\n",
                &format!("{second}\n"),
                1,
            ),
        ),
        ("another's new key", good.replacen(&second, &key(3).verifier_key().to_string(), 1)),
        ("another form", good.replace("key/v1", "key/v2")),
        ("nothing new", KeyChange::sign(&key(1), &key(1)).unwrap()),
        ("another note", key(1).sign("a text\n").unwrap()),
    ] {
        assert!(KeyChange::open(&note).is_err(), "{case}: {note}");
    }
}

#[test]
fn a_file_of_changes_that_was_altered_leads_nowhere() {
    let dir = fast_dir();
    block_on(async {
        let ledger = open(dir.path(), key(1)).unwrap();
        ledger.append(entry(0)).await.unwrap();
        ledger.close().await;
    });
    let forged = KeyChange::sign(&key(3), &key(2)).unwrap();
    for text in [
        forged.replace(&key(3).verifier_key().to_string(), &key(1).verifier_key().to_string()),
        forged,
        "x".into(),
    ] {
        std::fs::write(dir.path().join("keys"), text).unwrap();
        assert!(matches!(open(dir.path(), key(2)), Err(LedgerError::OtherKey { .. })));
    }
    assert!(open(dir.path(), key(1)).is_ok());
}

/// A key in a token that is taken out now and then.
struct Token {
    is_out: AtomicBool,
}

impl Ed25519Key for Token {
    fn public_key(&self) -> [u8; 32] {
        signer().verifier_key().public_key().try_into().unwrap()
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; 64], String> {
        if self.is_out.load(Ordering::SeqCst) {
            return Err("the token is not there".into());
        }
        let pair = aws_lc_rs::signature::Ed25519KeyPair::from_seed_unchecked(&[42; 32]).unwrap();
        Ed25519Key::sign(&pair, message)
    }
}

#[test]
fn without_its_key_a_ledger_takes_nothing_and_goes_on_when_it_is_back() {
    let dir = fast_dir();
    let token = Arc::new(Token { is_out: AtomicBool::new(false) });
    block_on(async {
        let ledger = open(dir.path(), NoteSigner::with_key(ORIGIN, token.clone()).unwrap()).unwrap();
        ledger.append(entry(0)).await.unwrap();
        token.is_out.store(true, Ordering::SeqCst);
        let error = ledger.append(entry(1)).await.unwrap_err();
        assert!(
            matches!(&error, LedgerError::NotSigned(_)) && error.to_string().contains("not there"),
            "{error}"
        );
        ledger.append_later(entry(2)).unwrap();
        token.is_out.store(false, Ordering::SeqCst);
        let sealed = ledger.append(entry(3)).await.unwrap();
        assert_eq!((ledger.entry(1).unwrap(), sealed.index), (entry(2), 2), "what nobody waits for was kept");
        sealed.to_proof().verify(&leaf_hash(&entry(3)), &signer().verifier_key()).unwrap();
        ledger.close().await;
    });
}

proptest! {
    #[test]
    fn any_text_is_a_change_or_refused(text in "\\PC{0,200}", cut in 0_usize..400) {
        prop_assert!(KeyChange::open(&text).is_err());
        let good = KeyChange::sign(&key(1), &key(2)).unwrap();
        let cut = good.floor_char_boundary(cut.min(good.len() - 1));
        prop_assert!(KeyChange::open(&good[..cut]).is_err());
    }
}
