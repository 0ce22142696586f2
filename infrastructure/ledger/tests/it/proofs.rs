//! Self-contained proofs: they verify offline, keep their form, and refuse what is not one.

use ledger::{Hash, ProofError, TlogProof, TreeError, leaf_hash};
use proptest::prelude::*;

use crate::support::{block_on, entry, open, signer};

/// A proof for entry 5 of 11.
fn proof() -> TlogProof {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path()).unwrap();
    for number in 0..10 {
        ledger.append_later(entry(number)).unwrap();
    }
    let last = block_on(ledger.append(entry(10))).unwrap();
    TlogProof { index: 5, proof: ledger.inclusion(5, 11).unwrap(), ..last.to_proof() }
}

#[test]
fn a_proof_verifies_with_the_key_alone() {
    let proof = proof();
    let text = proof.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nindex 5\n"));
    let read: TlogProof = text.parse().unwrap();
    assert_eq!(read, proof);
    let checkpoint = read.verify(&leaf_hash(&entry(5)), &signer().verifier_key()).unwrap();
    assert_eq!(checkpoint.size, 11);
    assert_eq!(
        read.verify(&leaf_hash(&entry(6)), &signer().verifier_key()),
        Err(ProofError::Tree(TreeError::WrongRoot))
    );
    let other_key = ledger::NoteSigner::new("other", &[0; 32]).unwrap().verifier_key();
    assert!(matches!(read.verify(&leaf_hash(&entry(5)), &other_key), Err(ProofError::Checkpoint(_))));
}

#[test]
fn extra_data_is_kept_and_stays_unauthenticated() {
    let with_extra = TlogProof { extra: Some(b"salt".to_vec()), ..proof() };
    let text = with_extra.to_string();
    assert!(text.starts_with("c2sp.org/tlog-proof@v1\nextra c2FsdA==\nindex 5\n"));
    let read: TlogProof = text.replace("c2FsdA==", "").parse().unwrap();
    assert_eq!(read.extra.as_deref(), Some(&b""[..]));
    assert!(read.verify(&leaf_hash(&entry(5)), &signer().verifier_key()).is_ok());
}

#[test]
fn malformed_proofs_are_refused() {
    let good = proof().to_string();
    let hash = Hash::of(b"").to_string();
    for text in [
        String::new(),
        "c2sp.org/tlog-proof@v1\n\n".to_owned(),
        good.replace("@v1", "@v2"),
        good.replace("index 5", "index 05"),
        good.replace("index 5", "index -5"),
        good.replace("index 5", "index"),
        good.replace("index 5", "index 5\nextra AAAA"),
        good.replace("index 5", "extra ***\nindex 5"),
        good.replace("index 5", &format!("extra {}\nindex 5", "AAAA".repeat(22_000))),
        good.replace("index 5", "index 18446744073709551616"),
        good.replace("index 5\n", "index 5\nAAAA\n"),
        good.replace("index 5", &format!("index 5{}", format!("\n{hash}").repeat(66))),
        good.replace("index 5", &"x".repeat(400_000)),
    ] {
        assert!(matches!(text.parse::<TlogProof>(), Err(ProofError::Malformed(_))), "{text:.80}");
    }
}

proptest! {
    #[test]
    fn any_proof_keeps_its_form(
        extra in proptest::option::of(proptest::collection::vec(any::<u8>(), 0..50)),
        index: u64,
        hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..64),
    ) {
        let proof = TlogProof {
            extra,
            index,
            proof: hashes.into_iter().map(Hash::new).collect(),
            checkpoint: "log\n1\nroot\n\n\u{2014} log AAAA\n".to_owned(),
        };
        prop_assert_eq!(proof.to_string().parse::<TlogProof>(), Ok(proof));
    }

    #[test]
    fn what_parses_is_the_one_form_of_that_proof(
        head in "c2sp.org/tlog-proof@v1\n(extra [A-Za-z0-9+/]{0,6}={0,2}\n)?index [0-9]{1,3}(\n([A-Za-z0-9+/]{43}=|\\PC{0,3})){0,3}",
    ) {
        let text = head + "\n\nlog\n1\nroot\n";
        if let Ok(proof) = text.parse::<TlogProof>() {
            prop_assert_eq!(proof.to_string(), text);
        }
    }
}
