//! Who signs, who says when, and who says that the certificate is in force.

use async_trait::async_trait;
use der::Decode;
use x509_cert::Certificate;
use x509_cert::der::Encode as _;

use crate::algorithm::{Hash, Padding, PublicKey};
use crate::error::{SignatureError, SourceError};

/// The most certificates in a chain.
pub const CHAIN_LIMIT: usize = 8;

/// Whoever holds a private key: a file, a hardware module, a remote signing service. It is given a digest and nothing else,
/// so a key that never leaves its module will do.
#[async_trait]
pub trait Signer: Send + Sync {
    /// The signer's certificate first, then those of its issuers, each as DER. The key is ECDSA on P-256, or RSA.
    fn certificate_chain_der(&self) -> Vec<Vec<u8>>;

    /// Signs a SHA-256 digest: with ECDSA, as the DER sequence of r and s (RFC 3279, 2.2.3), or with RSASSA-PKCS1-v1_5.
    ///
    /// # Errors
    /// Whatever keeps the key holder from signing.
    async fn sign_digest(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SourceError>;
}

/// A key in a file signs by itself.
#[async_trait]
impl Signer for pki::DocumentIdentity {
    fn certificate_chain_der(&self) -> Vec<Vec<u8>> {
        self.chain().iter().map(|certificate| certificate.to_vec()).collect()
    }

    async fn sign_digest(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SourceError> {
        Ok(pki::DocumentIdentity::sign_digest(self, sha256)?)
    }
}

/// A time-stamp authority (RFC 3161).
#[async_trait]
pub trait TimeStamps: Send + Sync {
    /// A token over a SHA-256 digest, DER.
    ///
    /// # Errors
    /// Whatever keeps the authority from stamping.
    async fn stamp(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SourceError>;
}

/// Where the revocation lists of certification authorities come from.
#[async_trait]
pub trait Revocations: Send + Sync {
    /// The lists in force now, DER.
    ///
    /// # Errors
    /// Whatever keeps them from being had.
    async fn lists(&self) -> Result<Vec<Vec<u8>>, SourceError>;
}

/// The kinds of keys that sign documents here.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum KeyAlgorithm {
    EcdsaP256,
    Rsa,
}

/// A signer's chain, read and checked as far as needed to sign.
pub(crate) struct Chain {
    encoded: Vec<Vec<u8>>,
    certificate: Certificate,
    public_key: Vec<u8>,
    algorithm: KeyAlgorithm,
}

impl Chain {
    pub(crate) fn of(signer: &dyn Signer) -> Result<Self, SignatureError> {
        let wrong = |problem: String| SignatureError::Certificate(problem);
        let encoded = signer.certificate_chain_der();
        if encoded.len() > CHAIN_LIMIT {
            return Err(SignatureError::LimitExceeded {
                what: "the number of certificates in the signer's chain",
                found: encoded.len(),
                limit: CHAIN_LIMIT,
            });
        }
        let own =
            encoded.first().ok_or_else(|| wrong("it is empty; the signer's own must come first".into()))?;
        let certificate = Certificate::from_der(own).map_err(|error| wrong(error.to_string()))?;
        let public_key = certificate.tbs_certificate().subject_public_key_info().to_der()?;
        let algorithm = match PublicKey::of(&public_key) {
            Ok(key) if key.is_p256() => KeyAlgorithm::EcdsaP256,
            Ok(key) if key.is_rsa() => KeyAlgorithm::Rsa,
            _ => return Err(wrong("the signer's key is neither ECDSA on P-256 nor RSA".into())),
        };
        Ok(Self { encoded, certificate, public_key, algorithm })
    }

    /// All certificates, DER.
    pub(crate) fn encoded(&self) -> &[Vec<u8>] {
        &self.encoded
    }

    /// The signer's own certificate, DER.
    pub(crate) fn own(&self) -> &[u8] {
        &self.encoded[0]
    }

    pub(crate) fn certificate(&self) -> &Certificate {
        &self.certificate
    }

    pub(crate) fn algorithm(&self) -> KeyAlgorithm {
        self.algorithm
    }

    /// Has a message signed, and checks what the key holder returned, so that no document leaves with a signature that does
    /// not hold.
    pub(crate) async fn sign(&self, signer: &dyn Signer, message: &[u8]) -> Result<Vec<u8>, SignatureError> {
        let digest: [u8; 32] = Hash::Sha256.of(message).try_into().expect("SHA-256 gives 32 bytes");
        let signature = signer.sign_digest(&digest).await.map_err(SignatureError::Signer)?;
        let key = PublicKey::of(&self.public_key)
            .map_err(|error| SignatureError::Certificate(error.to_string()))?;
        if key.has_signed(Hash::Sha256, Padding::Plain, message, &signature) {
            Ok(signature)
        } else {
            Err(SignatureError::SignatureMismatch)
        }
    }
}
