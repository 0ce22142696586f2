//! Time stamps, checked by openssl both ways, and refused when anything about them was changed.

use std::path::{Path, PathBuf};
use std::process::Command;

use aws_lc_rs::digest::{SHA256, digest};
use jiff::Timestamp;
use pki::time_stamp::{NONCE_BYTES, TOKEN_LIMIT_BYTES, query, read_reply, verify};
use pki::{Authority, DocumentIdentity, DocumentSigner, TimeStampAuthority, TimeStampError, Validity};
use proptest::prelude::*;

const DATA: &[u8] = b"vn.gov.g01.ledger\n7\nwhatever its root is\n";
const NONCE: [u8; NONCE_BYTES] = [9; NONCE_BYTES];
const SERIAL: [u8; 16] = [0xff; 16];
const DAYS: u32 = 36_500;
/// How openssl is an authority.
const OPENSSL_AUTHORITY: &str = "[tsa]\ndefault_tsa = t\n[t]\nserial = serial\ncrypto_device = builtin\n\
    default_policy = 1.3.6.1.4.1.32473.1.2\ndigests = sha256, sha512\nsigner_digest = sha384\n\
    accuracy = secs:1, millisecs:500, microsecs:100\nclock_precision_digits = 3\nordering = yes\ntsa_name = yes\n\
    ess_cert_id_chain = yes\ness_cert_id_alg = sha512\n";

fn founded() -> Timestamp {
    "2020-01-01T00:00:00Z".parse().unwrap()
}

fn at() -> Timestamp {
    "2026-11-21T03:04:05.6Z".parse().unwrap()
}

fn authority() -> Authority {
    Authority::create("A root", Validity::days(founded(), DAYS).unwrap()).unwrap()
}

fn stamper(authority: &Authority) -> DocumentIdentity {
    let name = DocumentSigner { common_name: "Time of the sandbox".into(), organization: "Centre".into() };
    authority.issue_time_stamper(&name, Validity::days(founded(), DAYS).unwrap()).unwrap()
}

fn sha256(data: &[u8]) -> [u8; 32] {
    digest(&SHA256, data).as_ref().try_into().unwrap()
}

fn openssl(dir: &Path, arguments: &[&str]) -> Result<String, String> {
    let output =
        Command::new("openssl").arg("ts").args(arguments).current_dir(dir).output().unwrap_or_else(|error| {
            panic!("openssl does not run ({error}); get it with: apt-get install openssl")
        });
    let said = [&output.stdout[..], &output.stderr].concat();
    let said = String::from_utf8_lossy(&said).into_owned();
    if output.status.success() { Ok(said) } else { Err(said) }
}

fn write(dir: &Path, name: &str, content: &[u8]) -> PathBuf {
    let path = dir.join(name);
    std::fs::write(&path, content).unwrap();
    path
}

#[test]
fn openssl_believes_our_stamps() {
    let (dir, authority) = (tempfile::tempdir().unwrap(), authority());
    let dir = dir.path();
    let stamping = TimeStampAuthority::new(stamper(&authority));
    write(dir, "data", DATA);
    write(dir, "other", b"something else");
    write(dir, "root.pem", authority.certificate_pem().as_bytes());
    write(dir, "other-root.pem", self::authority().certificate_pem().as_bytes());
    for hash in ["-sha256", "-sha384", "-sha512"] {
        openssl(dir, &["-query", "-data", "data", hash, "-cert", "-out", "query"]).unwrap();
        let reply = stamping.answer(&std::fs::read(dir.join("query")).unwrap(), at(), SERIAL).unwrap();
        write(dir, "reply", &reply);
        let told = openssl(dir, &["-reply", "-in", "reply", "-text"]).unwrap();
        for words in ["Status: Granted", "Nov 21 03:04:05 2026 GMT", "Accuracy: 0x01 seconds", "0x7FFFFFFF"] {
            assert!(told.contains(words), "{words}: {told}");
        }
        let check = |data: &str, root: &str| {
            openssl(dir, &["-verify", "-data", data, "-in", "reply", "-CAfile", root])
        };
        assert!(check("data", "root.pem").unwrap().contains("Verification: OK"));
        assert!(
            openssl(dir, &["-verify", "-queryfile", "query", "-in", "reply", "-CAfile", "root.pem"]).is_ok()
        );
        assert!(check("other", "root.pem").is_err(), "another content");
        assert!(check("data", "other-root.pem").is_err(), "another root");
    }
    // A token alone, as it is kept beside a checkpoint.
    let reply = stamping.answer(&query(&sha256(DATA), &NONCE).unwrap(), at(), SERIAL).unwrap();
    let (token, stamp) = read_reply(&reply, &sha256(DATA), &NONCE, &authority.roots()).unwrap();
    assert_eq!(stamp.at, "2026-11-21T03:04:05Z".parse().unwrap());
    assert_eq!((stamp.accuracy_micros, stamp.policy.as_str()), (1_000_000, "1.3.6.1.4.1.32473.1.1"));
    assert!(stamp.authority.contains("Time of the sandbox"), "{}", stamp.authority);
    write(dir, "token", &token);
    let check = ["-verify", "-data", "data", "-in", "token", "-token_in", "-CAfile", "root.pem"];
    assert!(openssl(dir, &check).unwrap().contains("Verification: OK"));
    // Without being asked for, no certificate is given.
    openssl(dir, &["-query", "-data", "data", "-sha256", "-no_nonce", "-out", "query"]).unwrap();
    let bare = stamping.answer(&std::fs::read(dir.join("query")).unwrap(), at(), SERIAL).unwrap();
    assert!(bare.len() < reply.len() - 400, "{} of {} bytes", bare.len(), reply.len());
}

#[test]
fn we_believe_the_stamps_of_openssl() {
    let (dir, authority) = (tempfile::tempdir().unwrap(), authority());
    let dir = dir.path();
    stamper(&authority).save(&dir.join("stamper.pem")).unwrap();
    write(dir, "authority.cnf", OPENSSL_AUTHORITY.as_bytes());
    write(dir, "root.pem", authority.certificate_pem().as_bytes());
    write(dir, "serial", b"01\n");
    let asked = query(&sha256(DATA), &NONCE).unwrap();
    write(dir, "query", &asked);
    let told = openssl(dir, &["-query", "-in", "query", "-text"]).unwrap();
    for words in ["Version: 1", "Hash Algorithm: sha256", "Certificate required: yes", "Nonce: 0x4909"] {
        assert!(told.contains(words), "{words}: {told}");
    }
    let reply = [
        "-reply",
        "-queryfile",
        "query",
        "-inkey",
        "stamper.pem",
        "-signer",
        "stamper.pem",
        "-chain",
        "root.pem",
        "-config",
        "authority.cnf",
        "-out",
        "reply",
    ];
    openssl(dir, &reply).unwrap();
    let reply = std::fs::read(dir.join("reply")).unwrap();
    let (token, stamp) = read_reply(&reply, &sha256(DATA), &NONCE, &authority.roots()).unwrap();
    assert_eq!((stamp.accuracy_micros, stamp.policy.as_str()), (1_500_100, "1.3.6.1.4.1.32473.1.2"));
    assert!(stamp.at > founded() && !stamp.serial.is_empty());
    assert_eq!(verify(&token, &sha256(DATA), &authority.roots()).unwrap(), stamp);
    openssl(dir, &["-query", "-data", "query", "-sha1", "-out", "weak"]).unwrap();
    openssl(
        dir,
        &[
            "-reply",
            "-queryfile",
            "weak",
            "-inkey",
            "stamper.pem",
            "-signer",
            "stamper.pem",
            "-config",
            "authority.cnf",
            "-out",
            "refused",
        ],
    )
    .unwrap();
    let refused =
        read_reply(&std::fs::read(dir.join("refused")).unwrap(), &sha256(DATA), &NONCE, &authority.roots());
    assert!(matches!(refused, Err(TimeStampError::Refused { status: 2 })), "{refused:?}");
}

#[test]
fn what_is_not_a_stamp_of_ours_is_refused() {
    let authority = authority();
    let roots = authority.roots();
    let stamping = TimeStampAuthority::new(stamper(&authority));
    let answer = |data: &[u8]| stamping.answer(&query(&sha256(data), &NONCE).unwrap(), at(), SERIAL).unwrap();
    let reply = answer(DATA);
    let (token, stamp) = read_reply(&reply, &sha256(DATA), &NONCE, &roots).unwrap();

    let name = DocumentSigner { common_name: "A clerk".into(), organization: "Centre".into() };
    let validity = |from: &str, days| Validity::days(from.parse().unwrap(), days).unwrap();
    let clerk = authority.issue_signer(&name, validity("2020-01-01T00:00:00Z", DAYS)).unwrap();
    let expired = authority.issue_time_stamper(&name, validity("2020-01-01T00:00:00Z", 30)).unwrap();
    let stamped_by = |identity| {
        TimeStampAuthority::new(identity)
            .answer(&query(&sha256(DATA), &NONCE).unwrap(), at(), SERIAL)
            .unwrap()
    };
    let (by_clerk, by_expired) = (stamped_by(clerk), stamped_by(expired));
    let bare = {
        let dir = tempfile::tempdir().unwrap();
        write(dir.path(), "data", DATA);
        openssl(dir.path(), &["-query", "-data", "data", "-sha256", "-out", "query"]).unwrap();
        stamping.answer(&std::fs::read(dir.path().join("query")).unwrap(), at(), SERIAL).unwrap()
    };
    let other_roots = self::authority().roots();
    for (case, reply, data, nonce, roots, words) in [
        ("of another content", &reply, &b"other"[..], NONCE, &roots, "digest is another"),
        ("for another request", &reply, DATA, [8; NONCE_BYTES], &roots, "nonce is not ours"),
        ("under another root", &reply, DATA, NONCE, &other_roots, "not one for stamping time"),
        ("by a certificate for documents", &by_clerk, DATA, NONCE, &roots, "not one for stamping time"),
        ("by an expired certificate", &by_expired, DATA, NONCE, &roots, "not one for stamping time"),
        ("without its certificate", &bare, DATA, NONCE, &roots, "certificate it names is not there"),
        ("cut off", &reply[..reply.len() - 1].to_vec(), DATA, NONCE, &roots, "can't be read"),
        ("with more behind it", &[&reply[..], &[0]].concat(), DATA, NONCE, &roots, "can't be read"),
        ("nothing", &Vec::new(), DATA, NONCE, &roots, "can't be read"),
        ("too large", &vec![0x30; TOKEN_LIMIT_BYTES + 1], DATA, NONCE, &roots, "larger than"),
    ] {
        let error = read_reply(reply, &sha256(data), &nonce, roots).expect_err(case).to_string();
        assert!(error.contains(words), "{case}: {error}");
    }
    let mut changes = 0;
    for at in 0..token.len() {
        let mut changed = token.clone();
        changed[at] ^= 1;
        match verify(&changed, &sha256(DATA), &roots) {
            // What is beside the signed part, as the copy of the root, says nothing.
            Ok(same) => assert_eq!(same, stamp, "byte {at}"),
            Err(_) => changes += 1,
        }
    }
    assert!(changes * 2 > token.len(), "{changes} of {} changes were seen", token.len());
}

#[test]
fn what_cannot_be_stamped_is_refused_with_its_reason() {
    let (dir, authority) = (tempfile::tempdir().unwrap(), authority());
    let dir = dir.path();
    let stamping = TimeStampAuthority::new(stamper(&authority));
    write(dir, "data", DATA);
    let asked = |more: &[&str]| {
        openssl(dir, &[&["-query", "-data", "data", "-out", "query"], more].concat()).unwrap();
        std::fs::read(dir.join("query")).unwrap()
    };
    let good = asked(&["-sha256"]);
    let mut version_2 = good.clone();
    // SEQUENCE, its length, INTEGER of one byte: the version.
    version_2[4] = 2;
    for (case, request, reason) in [
        ("SHA-1", asked(&["-sha1"]), "unrecognized or unsupported algorithm"),
        ("another policy", asked(&["-sha256", "-tspolicy", "1.2.3.4"]), "policy is not supported"),
        ("another version", version_2, "transaction not permitted"),
        ("cut off", good[..20].to_vec(), "the data submitted has the wrong format"),
        ("nothing", Vec::new(), "the data submitted has the wrong format"),
        ("too large", vec![0x30; 5_000], "the data submitted has the wrong format"),
    ] {
        write(dir, "reply", &stamping.answer(&request, at(), SERIAL).unwrap());
        let told = openssl(dir, &["-reply", "-in", "reply", "-text"]).unwrap();
        assert!(told.contains("Status: Rejected"), "{case}: {told}");
        assert!(told.contains(reason), "{case}: {told}");
    }
}

proptest! {
    #[test]
    fn hostile_bytes_are_refused_without_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        thread_local! {
            static AUTHORITY: (Authority, TimeStampAuthority) = {
                let authority = authority();
                let stamping = TimeStampAuthority::new(stamper(&authority));
                (authority, stamping)
            };
        }
        AUTHORITY.with(|(authority, stamping)| {
            assert!(verify(&bytes, &[0; 32], &authority.roots()).is_err());
            assert!(read_reply(&bytes, &[0; 32], &NONCE, &authority.roots()).is_err());
            assert!(stamping.answer(&bytes, at(), SERIAL).is_ok());
        });
    }
}
