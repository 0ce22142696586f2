//! Keys that sign documents for officials and agencies.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::digest::{Digest, SHA256};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair};
use rcgen::{KeyPair, PKCS_ECDSA_P256_SHA256, PublicKeyData, SigningKey};
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use x509_cert::der::Encode;

use crate::certificate::{fingerprint, parse};
use crate::error::PkiError;
use crate::p256_key::{Elsewhere, P256Key};
use crate::{files, pem};

/// Who signs documents: an official, or an agency with its seal.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DocumentSigner {
    /// The official's or the agency's name.
    pub common_name: String,
    /// The agency.
    pub organization: String,
}

/// A P-256 key for signing documents, with its chain up to the root.
pub struct DocumentIdentity {
    chain: Vec<CertificateDer<'static>>,
    key: Key,
}

enum Key {
    InMemory(KeyPair),
    Elsewhere(Elsewhere),
}

impl Key {
    fn subject_public_key_info(&self) -> Vec<u8> {
        match self {
            Self::InMemory(key) => key.subject_public_key_info(),
            Self::Elsewhere(key) => key.subject_public_key_info(),
        }
    }
}

impl DocumentIdentity {
    pub(crate) fn new(chain: Vec<CertificateDer<'static>>, key: KeyPair) -> Result<Self, PkiError> {
        if !key.is_compatible(&PKCS_ECDSA_P256_SHA256) {
            return Err(PkiError::Key("documents are signed with ECDSA P-256 only".into()));
        }
        Self::checked(chain, Key::InMemory(key))
    }

    fn checked(chain: Vec<CertificateDer<'static>>, key: Key) -> Result<Self, PkiError> {
        let named = parse(&chain[0])?.tbs_certificate().subject_public_key_info().to_der();
        if named.map_err(|error| PkiError::Certificate(error.to_string()))? != key.subject_public_key_info() {
            return Err(PkiError::KeyMismatch);
        }
        Ok(Self { chain, key })
    }

    /// An identity from PEM text: a chain, the signer's own certificate first, and a PKCS #8 key. Both may be the same
    /// text.
    ///
    /// # Errors
    /// When a part is missing or damaged, the key is not P-256, or is another certificate's.
    pub fn from_pem(chain_pem: &str, key_pem: &str) -> Result<Self, PkiError> {
        let key = pem::private_key(key_pem)?;
        let key = KeyPair::try_from(&key).map_err(|error| PkiError::Key(error.to_string()))?;
        Self::new(pem::certificates(chain_pem)?, key)
    }

    /// An identity kept by [`save`](Self::save).
    ///
    /// # Errors
    /// When the file cannot be read or is open to other users, or as for [`from_pem`](Self::from_pem).
    pub fn load(path: &Path) -> Result<Self, PkiError> {
        let text = files::read_private(path)?;
        Self::from_pem(&text, &text)
    }

    /// An identity from the two files an operator brings.
    ///
    /// # Errors
    /// When a file cannot be read, the key is open to other users, or as for [`from_pem`](Self::from_pem).
    pub fn load_pair(chain_path: &Path, key_path: &Path) -> Result<Self, PkiError> {
        Self::from_pem(&files::read_public(chain_path)?, &files::read_private(key_path)?)
    }

    /// An identity whose chain is in a file and whose key is kept elsewhere.
    ///
    /// # Errors
    /// When the file cannot be read, holds no chain, or the key is another certificate's.
    pub fn load_chain(path: &Path, key: Arc<dyn P256Key>) -> Result<Self, PkiError> {
        Self::checked(pem::certificates(&files::read_public(path)?)?, Key::Elsewhere(Elsewhere(key)))
    }

    /// Keeps key and chain in one file.
    ///
    /// # Errors
    /// When the file cannot be written, or the key is kept elsewhere.
    pub fn save(&self, path: &Path) -> Result<(), PkiError> {
        let Key::InMemory(key) = &self.key else { return Err(PkiError::Key("it is kept elsewhere".into())) };
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        files::write_private(path, &pem::write_identity(&self.chain, &key))
    }

    /// The chain in DER, the signer's own certificate first, the root last.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.chain
    }

    /// ECDSA P-256 with SHA-256 over a message, as the DER sequence of r and s that CMS and X.509 use.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign_p256_sha256(&self, message: &[u8]) -> Result<Vec<u8>, PkiError> {
        let signed = match &self.key {
            Key::InMemory(key) => key.sign(message),
            Key::Elsewhere(key) => key.sign(message),
        };
        signed.map_err(|error| PkiError::Key(error.to_string()))
    }

    /// The same over a message of which only the SHA-256 digest is known.
    ///
    /// # Errors
    /// When the key cannot sign.
    pub fn sign_digest(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, PkiError> {
        let refused = |_| PkiError::Key("the key did not sign a digest".into());
        let key = match &self.key {
            Key::Elsewhere(key) => return key.sign_digest_der(sha256).map_err(PkiError::Key),
            Key::InMemory(key) => key.serialized_der(),
        };
        let key = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, key);
        let key = key.map_err(|error| PkiError::Key(error.to_string()))?;
        let digest = Digest::import_less_safe(sha256, &SHA256).map_err(refused)?;
        Ok(key.sign_digest(&digest).map_err(refused)?.as_ref().to_vec())
    }
}

impl fmt::Debug for DocumentIdentity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("DocumentIdentity")
            .field("fingerprint", &fingerprint(&self.chain[0]))
            .finish_non_exhaustive()
    }
}
