//! Keys that are kept elsewhere: what they sign is what a key in memory would sign.

use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair};
use pki::{
    DocumentIdentity, DocumentSigner, Holder, Identity, P256Key, PkiError, request_node, request_signer,
};
use rustls::pki_types::PrivateKeyDer;
use rustls::pki_types::pem::PemObject;

use crate::support::{Country, days, openssl};

/// A key whose token may be taken out.
pub(crate) struct Token {
    pair: EcdsaKeyPair,
    is_out: AtomicBool,
}

impl Token {
    /// The key that is in a PEM file.
    pub(crate) fn of_file(path: &Path) -> Arc<Self> {
        let key = PrivateKeyDer::from_pem_file(path).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, key.secret_der()).unwrap();
        Arc::new(Self { pair, is_out: AtomicBool::new(false) })
    }
}

impl P256Key for Token {
    fn public_point(&self) -> &[u8] {
        self.pair.public_key().as_ref()
    }

    fn sign_digest(&self, sha256: &[u8; 32]) -> Result<[u8; 64], String> {
        if self.is_out.load(Ordering::SeqCst) {
            return Err("the token is not there".into());
        }
        let digest = Digest::import_less_safe(sha256, &SHA256).unwrap();
        Ok(self.pair.sign_digest(&digest).unwrap().as_ref().try_into().unwrap())
    }
}

#[test]
fn documents_are_signed_with_a_key_that_is_elsewhere() {
    let (country, dir) = (Country::new(), tempfile::tempdir().unwrap());
    let file = dir.path().join("documents.pem");
    let signer = DocumentSigner { common_name: "Con dấu".into(), organization: "UBND".into() };
    country.authority.issue_signer(&signer, days(90)).unwrap().save(&file).unwrap();
    let key = Token::of_file(&file);
    let identity = DocumentIdentity::load_chain(&file, key.clone()).unwrap();
    openssl(dir.path(), &["x509", "-in", "documents.pem", "-pubkey", "-noout", "-out", "public.pem"]);
    fs::write(dir.path().join("message"), "văn bản").unwrap();
    // r and s that begin with zeros, or with a bit that DER takes for a sign, come up within some signatures.
    for _ in 0..50 {
        let signature = identity.sign_p256_sha256("văn bản".as_bytes()).unwrap();
        fs::write(dir.path().join("signature"), signature).unwrap();
        let words = ["dgst", "-sha256", "-verify", "public.pem", "-signature", "signature", "message"];
        assert_eq!(openssl(dir.path(), &words), b"Verified OK\n");
    }
    assert!(matches!(identity.save(&file), Err(PkiError::Key(_))), "it has no file");
    key.is_out.store(true, Ordering::SeqCst);
    assert!(matches!(identity.sign_p256_sha256(b"x"), Err(PkiError::Key(_))));
}

#[test]
fn a_key_belongs_to_its_certificate() {
    let (country, dir) = (Country::new(), tempfile::tempdir().unwrap());
    let [one, other] = ["one.pem", "other.pem"].map(|name| {
        let file = dir.path().join(name);
        country.authority.issue(&Holder::node("VN/GOV/G01").unwrap(), days(90)).unwrap().save(&file).unwrap();
        file
    });
    assert!(Identity::load_chain(&one, Token::of_file(&one)).is_ok());
    assert!(matches!(Identity::load_chain(&one, Token::of_file(&other)), Err(PkiError::KeyMismatch)));
    assert!(matches!(DocumentIdentity::load_chain(&one, Token::of_file(&other)), Err(PkiError::KeyMismatch)));
}

#[test]
fn openssl_signs_what_is_requested() {
    let (country, dir) = (Country::new(), tempfile::tempdir().unwrap());
    country.authority.save(&dir.path().join("ca.pem")).unwrap();
    let file = dir.path().join("key.pem");
    country.authority.issue(&Holder::node("VN/GOV/G99").unwrap(), days(90)).unwrap().save(&file).unwrap();
    let holder = Holder::node("VN/GOV/H26.1").unwrap();
    let words = [
        "x509",
        "-req",
        "-in",
        "request.pem",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.pem",
        "-copy_extensions",
        "copyall",
    ];
    let certify = |request: String| {
        fs::write(dir.path().join("request.pem"), request).unwrap();
        fs::write(dir.path().join("signed.pem"), openssl(dir.path(), &words)).unwrap();
        dir.path().join("signed.pem")
    };
    let chain = certify(request_node(&holder, Token::of_file(&file)).unwrap());
    let identity = Identity::load_chain(&chain, Token::of_file(&file)).unwrap();
    assert_eq!(*identity.holder(), holder);
    let signer = DocumentSigner { common_name: "Con dấu".into(), organization: "UBND".into() };
    let chain = certify(request_signer(&signer, Token::of_file(&file)).unwrap());
    DocumentIdentity::load_chain(&chain, Token::of_file(&file)).unwrap();
    let key = Token::of_file(&file);
    key.is_out.store(true, Ordering::SeqCst);
    assert!(matches!(request_node(&holder, key), Err(PkiError::Key(_))));
}
