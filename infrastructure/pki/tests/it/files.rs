use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use pki::files::{read_private, read_public, write_private, write_public};
use pki::{Authority, DocumentIdentity, DocumentSigner, Holder, Identity, LedgerKey, PkiError};

use crate::support::{days, now, openssl};

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn private_files_are_their_owners_alone() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("keys/node.pem");
    write_private(&path, "secret").unwrap();
    assert_eq!(mode(&path), 0o600);
    assert_eq!(mode(path.parent().unwrap()), 0o700);
    assert_eq!(read_private(&path).unwrap(), "secret");

    for (exposed, refused) in [
        (0o600, false),
        (0o400, false),
        (0o640, false),
        (0o644, true),
        (0o604, true),
        (0o660, true),
        (0o777, true),
    ] {
        fs::set_permissions(&path, Permissions::from_mode(exposed)).unwrap();
        let outcome = read_private(&path);
        assert_eq!(outcome.is_err(), refused, "{exposed:o}");
        if let Err(error) = outcome {
            let told = format!("mode {exposed:o}); run: chmod 600 {}", path.display());
            assert!(error.to_string().ends_with(&told), "{error}");
        }
    }
}

#[test]
fn writing_replaces_the_whole_file_and_its_permissions() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("node.pem");
    write_public(&path, "a longer text than the next").unwrap();
    assert_eq!(mode(&path), 0o644);
    // What a crash in the middle of an earlier writing leaves behind.
    let left_behind = directory.path().join("node.pem.new");
    fs::write(&left_behind, "half of a ke").unwrap();
    fs::set_permissions(&left_behind, Permissions::from_mode(0o666)).unwrap();

    write_private(&path, "short").unwrap();
    assert_eq!((read_private(&path).unwrap().as_str(), mode(&path)), ("short", 0o600));
    let names: Vec<_> =
        fs::read_dir(directory.path()).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(names, ["node.pem"]);
}

#[test]
fn files_that_cannot_be_keys_are_refused_clearly() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("x.pem");
    assert!(
        read_public(&path).unwrap_err().to_string().starts_with(&format!("cannot read {}", path.display()))
    );
    write_private(&path, &"x".repeat(300 * 1024)).unwrap();
    assert!(matches!(read_private(&path), Err(PkiError::FileTooLarge { .. })));
    fs::write(&path, [0xff, 0xfe, 0x00]).unwrap();
    assert!(matches!(read_private(&path), Err(PkiError::File { action: "read", .. })));

    let authority = Authority::create("CA", days(10)).unwrap();
    let certificate = authority.certificate_pem();
    let many = certificate.repeat(9);
    let damaged = certificate.replace("MII", "M*I");
    for (text, problem) in [
        ("", "holds no CERTIFICATE part"),
        ("not PEM at all", "holds no CERTIFICATE part"),
        (damaged.as_str(), "is damaged"),
        (many.as_str(), "holds more certificates than a chain may have"),
        (certificate.as_str(), "holds no PRIVATE KEY part, or a damaged or encrypted one"),
    ] {
        write_private(&path, text).unwrap();
        assert_eq!(Identity::load(&path).unwrap_err().to_string(), format!("the PEM text {problem}"));
    }
}

#[test]
fn everything_kept_is_found_again() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let authority = Authority::create("Cơ quan chứng thực", days(3650)).unwrap();
    authority.save(&path("authority.pem")).unwrap();
    let again = Authority::load(&path("authority.pem")).unwrap();
    assert_eq!(again.certificate(), authority.certificate());

    let node = again.issue(&Holder::node("VN/GOV/G01").unwrap(), days(90)).unwrap();
    node.save(&path("node.pem")).unwrap();
    let loaded = Identity::load(&path("node.pem")).unwrap();
    assert_eq!((loaded.holder(), loaded.chain()), (node.holder(), node.chain()));

    let signer =
        DocumentSigner { common_name: "UBND phường Ba Đình".into(), organization: "Hà Nội".into() };
    let seal = again.issue_signer(&signer, days(90)).unwrap();
    seal.save(&path("seal.pem")).unwrap();
    assert_eq!(DocumentIdentity::load(&path("seal.pem")).unwrap().chain(), seal.chain());

    let ledger = LedgerKey::from_seed([7; 32]);
    ledger.save(&path("ledger.pem")).unwrap();
    assert_eq!(LedgerKey::load(&path("ledger.pem")).unwrap(), ledger);
    assert!(matches!(LedgerKey::load(&path("node.pem")), Err(PkiError::Key(_))));
    for name in ["authority.pem", "node.pem", "seal.pem", "ledger.pem"] {
        assert_eq!(mode(&path(name)), 0o600, "{name}");
    }
}

#[test]
fn keys_and_certificates_of_different_pairs_are_refused() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let authority = Authority::create("CA", days(10)).unwrap();
    let signer = DocumentSigner { common_name: "A".into(), organization: "B".into() };
    for name in ["first", "second"] {
        authority.issue(&Holder::node("VN/GOV/G01").unwrap(), days(9)).unwrap().save(&path(name)).unwrap();
    }
    authority.issue_signer(&signer, days(9)).unwrap().save(&path("seal")).unwrap();
    Authority::create("CA", days(10)).unwrap().save(&path("other-authority")).unwrap();

    assert!(matches!(Identity::load_pair(&path("first"), &path("second")), Err(PkiError::KeyMismatch)));
    let text = |name: &str| read_private(&path(name)).unwrap();
    let crossed = DocumentIdentity::from_pem(&text("seal"), &text("first"));
    assert!(matches!(crossed, Err(PkiError::KeyMismatch)));
    assert!(matches!(Identity::load(&path("seal")), Err(PkiError::NoHolder)));
    assert!(matches!(Authority::load(&path("first")).err(), Some(PkiError::NotAnAuthority(_))));
    let mixed =
        text("other-authority").split_inclusive("-----END PRIVATE KEY-----\n").next().unwrap().to_owned();
    write_private(&path("mixed"), &(mixed + &authority.certificate_pem())).unwrap();
    assert!(matches!(Authority::load(&path("mixed")).err(), Some(PkiError::KeyMismatch)));
}

#[test]
fn an_operator_brings_files_made_by_openssl() {
    let directory = tempfile::tempdir().unwrap();
    let path = |name: &str| directory.path().join(name);
    let run = |arguments: &[&str]| openssl(directory.path(), arguments);
    let names = "subjectAltName=DNS:g01.gov.vn.lienthong.internal,URI:urn:lienthong:node:VN/GOV/G01";
    run(&["ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", "sec1.key"]);
    run(&["genpkey", "-algorithm", "RSA", "-pkeyopt", "rsa_keygen_bits:2048", "-out", "rsa.key"]);
    run(&["genpkey", "-algorithm", "ED25519", "-out", "ed25519.key"]);
    for key in ["sec1.key", "rsa.key", "ed25519.key"] {
        fs::set_permissions(path(key), Permissions::from_mode(0o600)).unwrap();
        run(&["req", "-x509", "-new", "-key", key, "-subj", "/CN=G01", "-addext", names, "-out", "node.crt"]);
        let identity = Identity::load_pair(&path("node.crt"), &path(key)).unwrap();
        assert_eq!(identity.holder(), &Holder::node("VN/GOV/G01").unwrap());
        identity.save(&path("kept.pem")).unwrap();
        assert_eq!(Identity::load(&path("kept.pem")).unwrap().fingerprint(), identity.fingerprint(), "{key}");
    }
    let public = run(&["pkey", "-in", "ed25519.key", "-pubout", "-outform", "DER"]);
    let ledger = LedgerKey::load(&path("ed25519.key")).unwrap();
    assert!(public.ends_with(&ledger.public_key()));

    fs::set_permissions(path("rsa.key"), Permissions::from_mode(0o644)).unwrap();
    let exposed = Identity::load_pair(&path("node.crt"), &path("rsa.key")).unwrap_err();
    assert!(matches!(exposed, PkiError::KeyExposed { mode: 0o644, .. }));
}

#[test]
fn nothing_prints_a_secret() {
    let authority = Authority::create("CA", days(10)).unwrap();
    let node = authority
        .issue(&Holder::node("VN/GOV/G01").unwrap(), pki::Validity::days(now(), 9).unwrap())
        .unwrap();
    let printed = format!("{node:?} {:?}", LedgerKey::from_seed([7; 32]));
    assert!(
        printed.contains("VN/GOV/G01") && printed.ends_with("LedgerKey(..)") && !printed.contains("7, 7")
    );
}
