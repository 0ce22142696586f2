//! What a witness cosigns and what it refuses.

use ledger::{
    AddCheckpoint, Checkpoint, CosignatureSigner, CosignerKey, Fork, ForkKind, Hash, NoteError, NoteSigner,
    Refusal, SignedCheckpoint, judge,
};
use proptest::prelude::*;

use crate::support::{ORIGIN, entry, leaves, naive_consistency, naive_root, signer};
use crate::tlogcheck::tlogcheck;

/// The example of C2SP tlog-cosignature; the keys behind it are not published.
const C2SP_NOTE: &str = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n\n\
    \u{2014} example.com/behind-the-sofa Az3grlgtzPICa5OS8npVmf1Myq/5IZniMp+ZJurmRDeOoRDe4URYN7u5/Zhcyv2q1gGzGku9nTo+zyWE+xeMcTOAYQ8=\n\
    \u{2014} witness.example.com/w1 jWbPPwAAAABkGFDLEZMHwSRaJNiIDoe9DYn/zXcrtPHeolMI5OWXEhZCB9dlrDJsX3b2oyin1nPZqhf5nNo0xUe+mbIUBkBIfZ+qnA==\n";
/// The example of C2SP tlog-witness.
const C2SP_REQUEST_HEAD: &str = "old 20852014\n\
    PlRNCrwHpqhGrupue0L7gxbjbMiKA9temvuZZDDpkaw=\n\
    jrJZDmY8Y7SyJE0MWLpLozkIVMSMZcD5kvuKxPC3swk=\n\
    5+pKlUdi2LeF/BcMHBn+Ku6yhPGNCswZZD1X/6QgPd8=\n\
    /6WVhPs2CwSsb5rYBH5cjHV/wSmA79abXAwhXw3Kj/0=\n\n";
/// The key of a witness in operation, from the tests of github.com/transparency-dev/formats.
const PUBLISHED_KEY: &str = "remora.n621.de+da77ade7+BOvN63jn/bLvkieywe8R6UYAtVtNbZpXh34x7onlmtw2";

const TIME_SECONDS: u64 = 1_679_315_147;

fn witness() -> CosignatureSigner {
    CosignatureSigner::new("witness.example/w1", &[7; 32]).unwrap()
}

fn log_leaves(size: u64, rewritten: Option<u64>) -> Vec<Hash> {
    let content = |number| if rewritten == Some(number) { b"rewritten".to_vec() } else { entry(number) };
    leaves(&(0..size).map(content).collect::<Vec<_>>())
}

fn checkpoint(leaves: &[Hash]) -> SignedCheckpoint {
    let checkpoint =
        Checkpoint { origin: ORIGIN.to_owned(), size: leaves.len() as u64, root: naive_root(leaves) };
    SignedCheckpoint::sign(checkpoint, &signer()).unwrap()
}

/// The request of the log with these leaves, from an old size.
fn request(old: u64, leaves: &[Hash]) -> AddCheckpoint {
    let proof = match old {
        0 => Vec::new(),
        old if old < leaves.len() as u64 => naive_consistency(old as usize, leaves),
        _ => Vec::new(),
    };
    AddCheckpoint { old, proof, checkpoint: checkpoint(leaves).note }
}

#[test]
fn published_requests_and_keys_keep_their_form() {
    let text = format!("{C2SP_REQUEST_HEAD}{C2SP_NOTE}");
    let request: AddCheckpoint = text.parse().unwrap();
    assert_eq!((request.old, request.proof.len()), (20_852_014, 4));
    assert_eq!(request.to_string(), text);
    assert_eq!(PUBLISHED_KEY.parse::<CosignerKey>().unwrap().to_string(), PUBLISHED_KEY);
    let parsed = PUBLISHED_KEY.parse::<CosignerKey>().unwrap();
    assert_eq!(parsed.verify(C2SP_NOTE), Err(NoteError::NotSigned(PUBLISHED_KEY.to_owned())));
    for (case, text) in [
        ("a log's key", signer().verifier_key().to_string()),
        ("another id", PUBLISHED_KEY.replace("da77ade7", "da77ade8")),
        ("a shorter key", PUBLISHED_KEY.replace("mtw2", "")),
        ("no key", "remora.n621.de".to_owned()),
    ] {
        assert!(text.parse::<CosignerKey>().is_err(), "{case}");
    }
    let error = signer().verifier_key().to_string().parse::<CosignerKey>().unwrap_err().to_string();
    assert!(error.contains("0x01 (Ed25519); here it must be 0x04"), "{error}");
}

#[test]
fn a_cosigned_checkpoint_says_who_saw_it_and_when() {
    let signed = checkpoint(&log_leaves(5, None));
    let key = witness().cosigner_key().clone();
    let earlier = witness().cosign(&signed, TIME_SECONDS - 9).unwrap();
    let line = witness().cosign(&signed, TIME_SECONDS).unwrap();
    let cosigned = format!("{}{earlier}{line}", signed.note);
    assert_eq!(key.verify(&cosigned), Ok(TIME_SECONDS));
    assert_eq!(
        SignedCheckpoint::open(&cosigned, &signer().verifier_key()).unwrap().checkpoint,
        signed.checkpoint
    );

    let file = tempfile::NamedTempFile::new().unwrap();
    let independent = |note: &str| {
        std::fs::write(file.path(), note).unwrap();
        tlogcheck(&[
            "cosigned".as_ref(),
            signer().verifier_key().to_string().as_ref(),
            key.to_string().as_ref(),
            file.path().as_ref(),
        ])
    };
    assert_eq!(independent(&cosigned), Ok("holds: 5 entries, cosigned by witness.example/w1".to_owned()));

    let other_time = {
        let mut bytes = base64_of(&line);
        bytes[11] ^= 1;
        signature_line_of(&bytes)
    };
    let other = CosignatureSigner::new("witness.example/w1", &[8; 32]).unwrap();
    let other_checkpoint = checkpoint(&log_leaves(6, None));
    for (case, note) in [
        ("no cosignature", signed.note.clone()),
        (
            "another key of the same name",
            format!("{}{}", signed.note, other.cosign(&signed, TIME_SECONDS).unwrap()),
        ),
        ("another time", format!("{}{other_time}", signed.note)),
        ("a time that is cut off", format!("{}{}", signed.note, signature_line_of(&base64_of(&line)[..10]))),
        ("another checkpoint", format!("{}{line}", other_checkpoint.note)),
    ] {
        assert!(key.verify(&note).is_err(), "{case}");
        assert!(independent(&note).is_err(), "{case}");
    }
    let (good, bad) = (&cosigned, other_time);
    assert!(key.verify(&format!("{good}{bad}")).is_err(), "one that holds beside one that does not");
}

fn base64_of(line: &str) -> Vec<u8> {
    use base64::Engine as _;
    base64::engine::general_purpose::STANDARD.decode(line.trim().rsplit(' ').next().unwrap()).unwrap()
}

fn signature_line_of(blob: &[u8]) -> String {
    use base64::Engine as _;
    format!("\u{2014} witness.example/w1 {}\n", base64::engine::general_purpose::STANDARD.encode(blob))
}

#[test]
fn growth_is_cosigned_and_everything_else_refused() {
    let log = signer().verifier_key();
    let (five, nine, rewritten) = (log_leaves(5, None), log_leaves(9, None), log_leaves(9, Some(2)));
    let witnessed = checkpoint(&five).checkpoint;
    let by_another = {
        let other = NoteSigner::new(ORIGIN, &[1; 32]).unwrap();
        SignedCheckpoint::sign(checkpoint(&nine).checkpoint, &other).unwrap().note
    };
    let of_another = {
        let other = NoteSigner::new("other.example", &[42; 32]).unwrap();
        SignedCheckpoint::sign(checkpoint(&nine).checkpoint, &other).unwrap().note
    };
    let good = request(5, &nine);
    let with_proof = |proof| AddCheckpoint { proof, ..good.clone() };
    for (case, witnessed, request, expected) in [
        ("the first", None, request(0, &nine), Ok(9)),
        ("grown", Some(&witnessed), good.clone(), Ok(9)),
        ("the same again", Some(&witnessed), request(5, &five), Ok(5)),
        ("from nothing, though one is known", Some(&witnessed), request(0, &nine), Err((409, None))),
        ("from another size", Some(&witnessed), request(4, &nine), Err((409, None))),
        ("an earlier one, replayed", Some(&witnessed), request(0, &log_leaves(3, None)), Err((409, None))),
        ("old larger than new", Some(&witnessed), request(12, &nine), Err((400, None))),
        (
            "by another key",
            Some(&witnessed),
            AddCheckpoint { checkpoint: by_another, ..good.clone() },
            Err((403, None)),
        ),
        (
            "of another log",
            Some(&witnessed),
            AddCheckpoint { checkpoint: of_another, ..good.clone() },
            Err((403, None)),
        ),
        (
            "no checkpoint",
            Some(&witnessed),
            AddCheckpoint { checkpoint: "hello\n".into(), ..good.clone() },
            Err((403, None)),
        ),
        ("no proof", Some(&witnessed), with_proof(vec![]), Err((422, Some(ForkKind::Unproven)))),
        (
            "a proof too long",
            Some(&witnessed),
            with_proof([&good.proof[..], &good.proof[..1]].concat()),
            Err((422, Some(ForkKind::Unproven))),
        ),
        (
            "a changed proof",
            Some(&witnessed),
            with_proof([&[five[0]], &good.proof[1..]].concat()),
            Err((422, Some(ForkKind::Unproven))),
        ),
        (
            "one size, two roots",
            Some(&witnessed),
            request(5, &log_leaves(5, Some(4))),
            Err((409, Some(ForkKind::TwoRoots))),
        ),
        (
            "one size, two roots, and a request that says otherwise",
            Some(&witnessed),
            request(2, &log_leaves(5, Some(4))),
            Err((409, Some(ForkKind::TwoRoots))),
        ),
        (
            "rewritten and grown",
            Some(&witnessed),
            request(5, &rewritten),
            Err((422, Some(ForkKind::OtherBeginning))),
        ),
        // From a power of two the proof does not name the old root, so it can't convict.
        (
            "rewritten and grown, from a power of two",
            Some(&checkpoint(&log_leaves(4, None)).checkpoint),
            request(4, &rewritten),
            Err((422, Some(ForkKind::Unproven))),
        ),
    ] {
        let judged = judge(&log, witnessed, &request);
        match expected {
            Ok(size) => assert_eq!(judged.map(|new| new.checkpoint.size), Ok(size), "{case}"),
            Err((status, fork)) => {
                let refusal = judged.expect_err(case);
                assert_eq!((refusal.status(), refusal.fork()), (status, fork), "{case}: {refusal}");
            }
        }
        let Some(witnessed) = witnessed else { continue };
        let note = SignedCheckpoint::sign(witnessed.clone(), &signer()).unwrap().note;
        let evidence = Fork { witnessed: note, request };
        let read: Fork = evidence.to_string().parse().unwrap();
        assert_eq!(read, evidence, "{case}");
        assert_eq!(read.judge(&log), expected.err().and_then(|(_, fork)| fork), "{case}");
        let other_log = NoteSigner::new(ORIGIN, &[1; 32]).unwrap().verifier_key();
        assert_eq!(read.judge(&other_log), None, "{case}: nothing is proven against another log");
    }
}

#[test]
fn malformed_requests_are_refused() {
    let good = request(5, &log_leaves(9, None)).to_string();
    let hash = Hash::of(b"").to_string();
    for text in [
        String::new(),
        "old 5".to_owned(),
        good.replace("old 5", "old 05"),
        good.replace("old 5", "old +5"),
        good.replace("old 5", "old  5"),
        good.replace("old 5", "new 5"),
        good.replace("old 5", "old 18446744073709551616"),
        good.replace("old 5\n", "old 5\nAAAA\n"),
        good.replace("old 5\n", &format!("old 5\n{}", format!("{hash}\n").repeat(64))),
        good.replace("old 5\n", "old 5\r\n"),
        "x".repeat(ledger::ADD_CHECKPOINT_LIMIT_BYTES + 1),
    ] {
        assert!(matches!(text.parse::<AddCheckpoint>(), Err(Refusal::Malformed(_))), "{text:.60}");
    }
    let fork = Fork { witnessed: checkpoint(&log_leaves(5, None)).note, request: good.parse().unwrap() };
    let fork = fork.to_string();
    for text in [
        "",
        "lienthong-fork/v2",
        &fork.replace("witnessed ", "witnessed 9"),
        &fork[..fork.len() / 2],
        &fork[..40],
    ] {
        if let Ok(read) = text.parse::<Fork>() {
            assert_eq!(read.judge(&signer().verifier_key()), None, "{text:.60}");
        }
    }
}

proptest! {
    #[test]
    fn any_request_keeps_its_form(old: u64, hashes in proptest::collection::vec(any::<[u8; 32]>(), 0..63)) {
        let request = AddCheckpoint {
            old,
            proof: hashes.into_iter().map(Hash::new).collect(),
            checkpoint: "log\n1\nroot\n\n\u{2014} log AAAA\n".to_owned(),
        };
        prop_assert_eq!(request.to_string().parse(), Ok(request.clone()));
        let fork = Fork { witnessed: request.checkpoint.clone(), request };
        prop_assert_eq!(fork.to_string().parse(), Ok(fork));
    }

    #[test]
    fn hostile_text_is_refused_without_panic(text in "(old [0-9]{0,3}|lienthong-fork/v1|witnessed [0-9]{1,3}|\n|\n\n|\u{2014} |\\PC){0,12}") {
        let _ = text.parse::<Fork>();
        if let Ok(request) = text.parse::<AddCheckpoint>() {
            prop_assert_eq!(request.to_string(), text);
            prop_assert!(judge(&signer().verifier_key(), None, &request).is_err());
        }
    }

    #[test]
    fn whoever_grows_is_cosigned_and_whoever_rewrites_never(old in 1..40_u64, more in 0..40_u64, rewritten in 0..40_u64) {
        let (before, after) = (log_leaves(old, None), log_leaves(old + more, None));
        let witnessed = checkpoint(&before).checkpoint;
        let log = signer().verifier_key();
        prop_assert!(judge(&log, Some(&witnessed), &request(old, &after)).is_ok());
        prop_assume!(rewritten < old);
        let forked = log_leaves(old + more, Some(rewritten));
        let refusal = judge(&log, Some(&witnessed), &request(old, &forked)).unwrap_err();
        let expected = match more {
            0 => ForkKind::TwoRoots,
            _ if old.is_power_of_two() => ForkKind::Unproven,
            _ => ForkKind::OtherBeginning,
        };
        prop_assert_eq!(refusal.fork(), Some(expected));
    }
}
