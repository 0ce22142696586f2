//! Signed notes, verifier keys and checkpoints against published examples and hostile input.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ledger::{
    Checkpoint, CheckpointError, NOTE_LIMIT_SIGNATURES, NoteError, NoteSigner, SignedCheckpoint, VerifierKey,
    empty_root,
};
use proptest::prelude::*;

use crate::support::{ORIGIN, signer};

/// The example of the Go package golang.org/x/mod/sumdb/note.
const GO_KEY: &str = "PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW";
const GO_SEED: &str = "gQoUAtUUbI2E8kQzMPVAgOv5juF9nHT2JS/F1ccoMXM=";
const GO_TEXT: &str =
    "If you think cryptography is the answer to your problem,\nthen you don't know what your problem is.\n";
const GO_NOTE: &str = "If you think cryptography is the answer to your problem,\n\
    then you don't know what your problem is.\n\n\
    \u{2014} PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n";

/// The example of the C2SP signed-note specification.
const C2SP_KEY: &str = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k";
const C2SP_NOTE: &str = "This is an example message.\n\n\
    \u{2014} example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n";

fn key(text: &str) -> VerifierKey {
    text.parse().unwrap()
}

#[test]
fn published_notes_verify_and_keys_keep_their_form() {
    assert_eq!(key(GO_KEY).verify(GO_NOTE), Ok(GO_TEXT));
    assert_eq!(key(C2SP_KEY).verify(C2SP_NOTE), Ok("This is an example message.\n"));
    for text in [GO_KEY, C2SP_KEY] {
        assert_eq!(key(text).to_string(), text);
    }
}

#[test]
fn the_published_private_key_gives_the_published_note() {
    let seed = STANDARD.decode(GO_SEED).unwrap().try_into().unwrap();
    let signer = NoteSigner::new("PeterNeumann", &seed).unwrap();
    assert_eq!(signer.verifier_key().to_string(), GO_KEY);
    assert_eq!(signer.sign(GO_TEXT).unwrap(), GO_NOTE);
}

#[test]
fn a_key_in_pkcs8_signs_like_its_seed() {
    // RFC 8410, section 7: the fixed beginning of an Ed25519 private key in PKCS #8, then the seed.
    let beginning =
        [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];
    let pkcs8 = [&beginning[..], &[42; 32]].concat();
    let from_pkcs8 = NoteSigner::from_pkcs8(ORIGIN, &pkcs8).unwrap();
    assert_eq!(from_pkcs8.verifier_key(), signer().verifier_key());
    assert!(matches!(NoteSigner::from_pkcs8(ORIGIN, &pkcs8[1..]), Err(NoteError::PrivateKey(_))));
}

#[test]
fn only_signatures_by_the_key_count() {
    let (ours, other) = (signer(), NoteSigner::new("witness.example", &[1; 32]).unwrap());
    let same_name = NoteSigner::new(ORIGIN, &[2; 32]).unwrap();
    let text = "one\n\ntwo\n";
    let line = |signer: &NoteSigner| signer.sign(text).unwrap().lines().last().unwrap().to_owned() + "\n";
    let foreign = line(&NoteSigner::new("foreign", &[3; 32]).unwrap());

    for (signatures, signed) in [
        (line(&ours), true),
        (line(&other) + &line(&ours) + &line(&same_name), true),
        (line(&other) + &foreign, false),
        (line(&same_name), false),
    ] {
        let note = format!("{text}\n{signatures}");
        let expected =
            if signed { Ok(text) } else { Err(NoteError::NotSigned(ours.verifier_key().to_string())) };
        assert_eq!(ours.verifier_key().verify(&note), expected, "{note}");
    }

    let forged = line(&ours).replace(ORIGIN, "other.example/test");
    assert!(matches!(ours.verifier_key().verify(&format!("{text}\n{forged}")), Err(NoteError::NotSigned(_))));
    let changed = ours.sign(text).unwrap().replace("two", "too");
    assert_eq!(
        ours.verifier_key().verify(&changed),
        Err(NoteError::WrongSignature(ours.verifier_key().to_string()))
    );
}

#[test]
fn malformed_notes_are_refused() {
    let good = signer().sign("text\n").unwrap();
    let many = format!("text\n\n{}", "\u{2014} a AAAAAAA=\n".repeat(NOTE_LIMIT_SIGNATURES + 1));
    for note in [
        "",
        "text",
        "text\n",
        "text\n\n",
        good.trim_end(),
        &good.replace("\u{2014} ", "- "),
        &good.replace("\u{2014} log", "\u{2014}  log"),
        &good.replace('=', "*"),
        &good.replace("text", "te\txt"),
        &format!("{good}\u{2014} short AAAA\n"),
        &many,
        &"x".repeat(300_000),
    ] {
        let result = signer().verifier_key().verify(note);
        assert!(matches!(result, Err(NoteError::Malformed(_))), "{result:?} for {:.60}", note);
    }
    for text in ["", "no newline", "control\u{1}\n"] {
        assert!(matches!(signer().sign(text), Err(NoteError::Malformed(_))));
    }
}

#[test]
fn keys_that_are_not_ours_to_verify_are_refused_clearly() {
    let cosignature = key_text_of_type(0x04);
    let ml_dsa = key_text_of_type(0x06);
    for (text, message) in [
        (cosignature.as_str(), "signature type 0x04 (timestamped Ed25519 cosignature)"),
        (ml_dsa.as_str(), "signature type 0x06 (timestamped ML-DSA-44 cosignature)"),
        ("PeterNeumann", "name+id+key"),
        ("PeterNeumann+c74f20a3", "name+id+key"),
        ("PeterNeumann+c74f20a4+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "the id is not that"),
        ("PeterNeumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy", "32 bytes"),
        ("PeterNeumann+c74f20a3+A*", "base64"),
        ("PeterNeumann+c74f20a3+", "empty"),
        ("Peter Neumann+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "key name"),
        ("+c74f20a3+ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW", "key name"),
    ] {
        let error = text.parse::<VerifierKey>().unwrap_err().to_string();
        assert!(error.contains(message), "{text}: {error}");
    }
    for name in ["", "two words", "plus+", "new\nline", &"n".repeat(256)] {
        assert_eq!(NoteSigner::new(name, &[0; 32]).unwrap_err(), NoteError::KeyName);
    }
}

fn key_text_of_type(signature_type: u8) -> String {
    let key = [&[signature_type], &[7; 32][..]].concat();
    format!("witness.example+01020304+{}", STANDARD.encode(key))
}

#[test]
fn debug_output_never_shows_the_private_key() {
    assert_eq!(
        format!("{:?}", signer()),
        format!("NoteSigner({ORIGIN}+{})", {
            let key = signer().verifier_key().to_string();
            key.split('+').nth(1).unwrap().to_owned()
        })
    );
}

#[test]
fn checkpoints_are_three_lines_and_nothing_else() {
    let published = "example.com/behind-the-sofa\n20852163\nCsUYapGGPo4dkMgIAUqom/Xajj7h2fB2MPA3j2jxq2I=\n";
    let checkpoint: Checkpoint = published.parse().unwrap();
    assert_eq!((checkpoint.origin.as_str(), checkpoint.size), ("example.com/behind-the-sofa", 20_852_163));
    assert_eq!(checkpoint.to_string(), published);
    let root = empty_root();
    for text in [
        String::new(),
        format!("log\n0\n{root}"),
        format!("\n0\n{root}\n"),
        format!("log\n00\n{root}\n"),
        format!("log\n+1\n{root}\n"),
        format!("log\n-1\n{root}\n"),
        format!("log\n18446744073709551616\n{root}\n"),
        format!("log\n\n{root}\n"),
        format!("log\n1\n{root}\nextension\n"),
        format!("log\n1\n{root}\n\n"),
        "log\n1\nAAAA\n".to_owned(),
    ] {
        assert!(matches!(text.parse::<Checkpoint>(), Err(CheckpointError::Malformed(_))), "{text:?}");
    }
}

#[test]
fn a_checkpoint_of_another_origin_is_refused() {
    let checkpoint = Checkpoint { origin: "other.example".to_owned(), size: 0, root: empty_root() };
    let signed = SignedCheckpoint::sign(checkpoint, &signer()).unwrap();
    assert_eq!(
        SignedCheckpoint::open(&signed.note, &signer().verifier_key()),
        Err(CheckpointError::OtherOrigin { expected: ORIGIN.to_owned(), found: "other.example".to_owned() })
    );
}

proptest! {
    #[test]
    fn whatever_is_signed_verifies(text in "[^\\x00-\\x1f]{0,40}(\n[^\\x00-\\x1f]{0,40}){0,5}\n") {
        let note = signer().sign(&text).unwrap();
        prop_assert_eq!(signer().verifier_key().verify(&note), Ok(text.as_str()));
    }

    #[test]
    fn hostile_text_is_refused_without_panic(text in "\\PC*(\n|\n\n|\u{2014} |\\PC){0,20}") {
        prop_assert!(signer().verifier_key().verify(&text).is_err());
        prop_assert!(text.parse::<VerifierKey>().is_err());
        prop_assert!(text.parse::<Checkpoint>().is_err());
    }

    #[test]
    fn a_changed_byte_never_verifies(at in 0..1000_usize, to in 0x20..0x7f_u8) {
        let note = signer().sign("origin\n1\nroot\n").unwrap();
        let mut bytes = note.clone().into_bytes();
        let at = at % bytes.len();
        prop_assume!(bytes[at] != to);
        bytes[at] = to;
        if let Ok(changed) = String::from_utf8(bytes) {
            prop_assert!(signer().verifier_key().verify(&changed).is_err());
        }
    }
}
