//! Keys are made, used, lost and found. The library learns where its tokens are from the environment, so every test runs once
//! more in a process that has it.

use std::process::Command;

use ledger::{Ed25519Key, NoteSigner};
use pki::P256Key;
use token::testing::{MODULE, SoftTokens, VARIABLE, uri};
use token::{KeyUri, Kind, TokenError, TokenKey};

/// The variable that names the file with the PIN in the second process.
const PIN_VARIABLE: &str = "TOKEN_TEST_PIN";

/// Runs `test`, whose name is `name`, where two tokens are.
fn with_tokens(name: &str, test: impl FnOnce(&dyn Fn(&str, &str) -> KeyUri)) {
    if let Some(pin) = std::env::var_os(PIN_VARIABLE) {
        return test(&|token, object| uri(token, object, pin.as_ref()).parse().unwrap());
    }
    let tokens = SoftTokens::make(&["one", "two"]);
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", name, "--nocapture"]).env(VARIABLE, tokens.configuration());
    let run = command.env(PIN_VARIABLE, tokens.pin()).output().unwrap();
    let said = format!("{}{}", String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(run.status.success() && said.contains("1 passed"), "{said}");
    assert!(!said.contains("271828"), "nobody tells the PIN");
}

#[test]
fn keys_are_made_and_sign() {
    with_tokens("keys::keys_are_made_and_sign", |uri| {
        let made = TokenKey::make(&uri("one", "ledger"), Kind::Ed25519).unwrap();
        let opened = TokenKey::open(&uri("one", "ledger"), Kind::Ed25519).unwrap();
        assert_eq!(made.public_bytes(), opened.public_bytes());
        let signer = NoteSigner::with_key("log.example", std::sync::Arc::new(opened.clone())).unwrap();
        for text in ["a\n", "another text\n"] {
            let note = signer.sign(text).unwrap();
            assert_eq!(signer.verifier_key().verify(&note), Ok(text));
        }
        let signature = Ed25519Key::sign(&made, b"x").unwrap();
        assert_eq!(signature, Ed25519Key::sign(&opened, b"x").unwrap(), "RFC 8032 draws nothing at random");

        let documents = TokenKey::make(&uri("two", "documents"), Kind::P256).unwrap();
        assert_eq!(documents.public_point().len(), 65);
        assert_eq!(documents.sign_digest(&[7; 32]).unwrap().len(), 64, "it is verified already");
        let holder = pki::Holder::node("VN/GOV/H26").unwrap();
        let request = pki::request_node(&holder, std::sync::Arc::new(documents)).unwrap();
        assert!(request.starts_with("-----BEGIN CERTIFICATE REQUEST-----"), "{request}");
        made.probe().unwrap();
    });
}

#[test]
fn what_is_not_there_is_told() {
    with_tokens("keys::what_is_not_there_is_told", |uri| {
        let there = uri("one", "key");
        TokenKey::make(&there, Kind::P256).unwrap();
        let told = |uri: &KeyUri, kind| TokenKey::open(uri, kind).unwrap_err();
        assert!(matches!(TokenKey::make(&there, Kind::P256), Err(TokenError::Exists { .. })));
        assert!(matches!(told(&there, Kind::Ed25519), TokenError::Kind { needed: "an Ed25519 key", .. }));
        assert!(matches!(told(&uri("one", "other"), Kind::P256), TokenError::Object { found: 0, .. }));
        assert!(matches!(told(&uri("three", "key"), Kind::P256), TokenError::Token { found: 0, .. }));
        let module = KeyUri { module: "/nowhere/p11.so".into(), ..there.clone() };
        assert!(matches!(told(&module, Kind::P256), TokenError::Module { .. }));
        let no_library = KeyUri { module: "/etc/hostname".into(), ..there.clone() };
        assert!(matches!(told(&no_library, Kind::P256), TokenError::Module { .. }));
        let serial = KeyUri { serial: Some("0".into()), ..there.clone() };
        assert!(matches!(told(&serial, Kind::P256), TokenError::Token { found: 0, .. }));
        let no_pin = KeyUri { pin: Some("/nowhere/pin".into()), ..there.clone() };
        assert!(matches!(told(&no_pin, Kind::P256), TokenError::Pin { .. }));
        assert!(std::path::Path::new(MODULE).exists());
    });
}

#[test]
fn a_wrong_pin_is_refused() {
    with_tokens("keys::a_wrong_pin_is_refused", |uri| {
        let wrong = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(wrong.path(), "000000\n").unwrap();
        let uri = KeyUri { pin: Some(wrong.path().into()), ..uri("one", "key") };
        for _ in 0..20 {
            let error = TokenKey::make(&uri, Kind::P256).unwrap_err().to_string();
            assert!(error.contains("does not take the PIN") && !error.contains("000000"), "{error}");
        }
        std::fs::write(wrong.path(), "271828\n").unwrap();
        TokenKey::make(&uri, Kind::P256).expect("a PIN that was set right is tried");
    });
}

#[test]
fn a_token_that_was_away_is_found_again() {
    with_tokens("keys::a_token_that_was_away_is_found_again", |uri| {
        let [one, two] =
            ["one", "two"].map(|token| TokenKey::make(&uri(token, "key"), Kind::Ed25519).unwrap());
        let tokens = std::path::PathBuf::from(std::env::var_os(VARIABLE).unwrap());
        let tokens = tokens.parent().unwrap().join("tokens");
        let away = tokens.with_file_name("away");
        for _ in 0..2 {
            std::fs::rename(&tokens, &away).unwrap();
            std::fs::create_dir(&tokens).unwrap();
            let fault = Ed25519Key::sign(&one, b"x").unwrap_err();
            assert!(fault.contains("\"one\""), "{fault}");
            assert!(two.probe().is_err());
            std::fs::remove_dir(&tokens).unwrap();
            std::fs::rename(&away, &tokens).unwrap();
            assert!(Ed25519Key::sign(&two, b"x").is_ok());
            assert!(Ed25519Key::sign(&one, b"x").is_ok());
            one.probe().unwrap();
        }
    });
}
