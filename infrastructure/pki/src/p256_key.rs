//! P-256 private keys that are kept elsewhere, such as in a token.

use std::fmt;
use std::sync::Arc;

use aws_lc_rs::digest::{SHA256, digest};
use der::asn1::UintRef;
use der::{Encode, Sequence};
use rcgen::{PKCS_ECDSA_P256_SHA256, PublicKeyData, SigningKey};
use rustls::pki_types::SubjectPublicKeyInfoDer;
use rustls::sign::Signer;
use rustls::{SignatureAlgorithm, SignatureScheme};

/// A P-256 private key, wherever it is kept. It signs with ECDSA and SHA-256.
pub trait P256Key: Send + Sync {
    /// The public key: an uncompressed point (SEC 1, 2.3.3).
    fn public_point(&self) -> &[u8];

    /// Signs the message with this SHA-256 digest, or says why it can't: r and s, 32 bytes each. May block.
    fn sign_digest(&self, sha256: &[u8; 32]) -> Result<[u8; 64], String>;
}

/// A key that is kept elsewhere, as TLS, certificates and documents use it.
#[derive(Clone)]
pub(crate) struct Elsewhere(pub(crate) Arc<dyn P256Key>);

/// ECDSA-Sig-Value (RFC 3279, 2.2.3).
#[derive(Sequence)]
struct EcdsaSignature<'a> {
    r: UintRef<'a>,
    s: UintRef<'a>,
}

impl Elsewhere {
    /// The signature of a message in DER, as CMS, X.509 and TLS have it.
    fn sign_der(&self, message: &[u8]) -> Result<Vec<u8>, String> {
        let mut sha256 = [0; 32];
        sha256.copy_from_slice(digest(&SHA256, message).as_ref());
        self.sign_digest_der(&sha256)
    }

    /// The same for the message with this SHA-256 digest.
    pub(crate) fn sign_digest_der(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, String> {
        let signature = self.0.sign_digest(sha256)?;
        let (r, s) = signature.split_at(signature.len() / 2);
        let write = || EcdsaSignature { r: UintRef::new(r)?, s: UintRef::new(s)? }.to_der();
        write().map_err(|error| error.to_string())
    }
}

impl fmt::Debug for Elsewhere {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Elsewhere(..)")
    }
}

impl PublicKeyData for Elsewhere {
    fn der_bytes(&self) -> &[u8] {
        self.0.public_point()
    }

    fn algorithm(&self) -> &'static rcgen::SignatureAlgorithm {
        &PKCS_ECDSA_P256_SHA256
    }
}

impl SigningKey for Elsewhere {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rcgen::Error> {
        self.sign_der(message).map_err(|error| {
            tracing::error!(error, "a key does not sign");
            rcgen::Error::RemoteKeyError
        })
    }
}

/// In a handshake it signs once, and the handshake waits for it.
impl rustls::sign::SigningKey for Elsewhere {
    fn choose_scheme(&self, offered: &[SignatureScheme]) -> Option<Box<dyn Signer>> {
        let is_offered = offered.contains(&SignatureScheme::ECDSA_NISTP256_SHA256);
        is_offered.then(|| Box::new(self.clone()) as Box<dyn Signer>)
    }

    fn public_key(&self) -> Option<SubjectPublicKeyInfoDer<'_>> {
        Some(self.subject_public_key_info().into())
    }

    fn algorithm(&self) -> SignatureAlgorithm {
        SignatureAlgorithm::ECDSA
    }
}

impl Signer for Elsewhere {
    fn sign(&self, message: &[u8]) -> Result<Vec<u8>, rustls::Error> {
        self.sign_der(message).map_err(rustls::Error::General)
    }

    fn scheme(&self) -> SignatureScheme {
        SignatureScheme::ECDSA_NISTP256_SHA256
    }
}
