use std::fs;

use jiff::{SignedDuration, Timestamp, ToSpan};
use pki::certificate::key_fingerprint;
use pki::{DocumentSigner, Holder, KeyKind, LedgerKey, PkiError, Validity, inspect, needs_renewal};

use crate::support::{Country, days, now, openssl};

#[test]
fn facts_of_issued_certificates() {
    let country = Country::new();
    for holder in [Holder::node("VN/GOV/G01").unwrap(), Holder::system("VN/GOV/H26/mot-cua").unwrap()] {
        let identity = country.authority.issue(&holder, days(90)).unwrap();
        let facts = inspect(&identity.chain_pem()).unwrap();
        assert_eq!(facts.holder, Some(holder.clone()));
        assert_eq!(facts.key_kind, KeyKind::P256);
        assert_eq!(facts.not_before, now() - SignedDuration::from_mins(10));
        assert_eq!(facts.not_after, now() + (90 * 24).hours());
        assert_eq!(facts.fingerprint, identity.fingerprint());
        assert_eq!(facts.key_fingerprint, key_fingerprint(identity.certificate()).unwrap());
        assert_ne!(facts.key_fingerprint, facts.fingerprint);
        assert!(facts.subject.contains(holder.id()), "{}", facts.subject);
        assert!(facts.issuer.contains("Cơ quan chứng thực"), "{}", facts.issuer);
        assert!(facts.is_valid_at(now()) && !facts.is_valid_at(facts.not_after + 1.second()));
    }
    assert_eq!(inspect(&country.authority.certificate_pem()).unwrap().holder, None);
    assert!(inspect("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n").is_err());
}

#[test]
fn renewal_is_due_in_the_last_third_of_life() {
    let country = Country::new();
    let identity = country.authority.issue(&Holder::node("VN/GOV/G01").unwrap(), days(90)).unwrap();
    for (day, due) in [(0, false), (59, false), (61, true), (89, true), (91, true)] {
        let moment = now() + (day * 24).hours();
        assert_eq!(needs_renewal(identity.certificate(), moment).unwrap(), due, "day {day}");
    }
    let renewed = country.authority.issue(identity.holder(), days(180)).unwrap();
    assert_eq!(renewed.holder(), identity.holder());
    assert_ne!(renewed.fingerprint(), identity.fingerprint());
}

#[test]
fn impossible_validity_is_refused() {
    for (from, count) in
        [(now(), 0), (now(), u32::MAX), (Timestamp::MAX, 1), (Timestamp::UNIX_EPOCH, 1), (Timestamp::MIN, 1)]
    {
        assert!(matches!(Validity::days(from, count), Err(PkiError::BadValidity { .. })), "{from} {count}");
    }
}

#[test]
fn openssl_verifies_what_is_issued() {
    let country = Country::new();
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(directory.path().join(name), text).unwrap();
    write("root.pem", country.authority.certificate_pem().as_bytes());
    let node = country.node("VN/GOV/G01").current();
    write("node.pem", node.chain_pem().as_bytes());
    write("system.pem", country.system("VN/GOV/H26/mot-cua").current().chain_pem().as_bytes());

    let moment = now().as_second().to_string();
    let verify = ["verify", "-x509_strict", "-attime", &moment, "-CAfile", "root.pem", "-purpose"];
    let checked = |more: &[&str]| {
        let output = openssl(directory.path(), &[&verify[..], more].concat());
        String::from_utf8(output).unwrap()
    };
    assert_eq!(
        checked(&["sslserver", "-verify_hostname", "g01.gov.vn.lienthong.internal", "node.pem"]),
        "node.pem: OK\n"
    );
    assert_eq!(checked(&["sslclient", "node.pem"]), "node.pem: OK\n");
    assert_eq!(checked(&["sslclient", "system.pem"]), "system.pem: OK\n");

    let said = |arguments: &[&str]| String::from_utf8(openssl(directory.path(), arguments)).unwrap();
    let names = said(&["x509", "-in", "node.pem", "-noout", "-ext", "subjectAltName"]);
    assert!(
        names.contains("DNS:g01.gov.vn.lienthong.internal, URI:urn:lienthong:node:VN/GOV/G01"),
        "{names}"
    );
    let subject = said(&["x509", "-in", "system.pem", "-noout", "-subject"]);
    assert!(subject.contains("serialNumber = VN/GOV/H26/mot-cua"), "{subject}");
    let printed = said(&["x509", "-in", "node.pem", "-noout", "-fingerprint", "-sha256"]);
    let printed = printed.trim().rsplit('=').next().unwrap().replace(':', "").to_lowercase();
    assert_eq!(printed, node.fingerprint());
}

#[test]
fn openssl_verifies_signatures_of_documents_and_ledgers() {
    let country = Country::new();
    let directory = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &[u8]| fs::write(directory.path().join(name), text).unwrap();
    let said = |arguments: &[&str]| String::from_utf8(openssl(directory.path(), arguments)).unwrap();
    let signer = DocumentSigner {
        common_name: "Nguyễn Văn A".into(),
        organization: "UBND phường Ba Đình, Hà Nội".into(),
    };
    let identity = country.authority.issue_signer(&signer, days(365)).unwrap();
    assert_eq!(identity.chain().len(), 2);
    assert_eq!(&identity.chain()[1], country.authority.certificate());

    let message = "Trích lục khai sinh".as_bytes();
    write("message", message);
    write("signature", &identity.sign_p256_sha256(message).unwrap());
    write("signer.der", &identity.chain()[0]);
    openssl(directory.path(), &["x509", "-inform", "DER", "-in", "signer.der", "-out", "signer.pem"]);
    write("root.pem", country.authority.certificate_pem().as_bytes());
    let moment = now().as_second().to_string();
    said(&["verify", "-x509_strict", "-attime", &moment, "-CAfile", "root.pem", "signer.pem"]);
    write("public.pem", said(&["x509", "-in", "signer.pem", "-noout", "-pubkey"]).as_bytes());
    let verdict = said(&["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "message"]);
    assert_eq!(verdict, "Verified OK\n");
    let usage = said(&["x509", "-in", "signer.pem", "-noout", "-ext", "keyUsage"]);
    assert!(usage.contains("Digital Signature, Non Repudiation"), "{usage}");

    let ledger = LedgerKey::from_seed([42; 32]);
    ledger.save(&directory.path().join("ledger.pem")).unwrap();
    let public = openssl(directory.path(), &["pkey", "-in", "ledger.pem", "-pubout", "-outform", "DER"]);
    assert!(public.ends_with(&ledger.public_key()));
}
