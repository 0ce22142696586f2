//! A certificate chain with its private key.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use rustls::crypto::aws_lc_rs::default_provider;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;

use crate::certificate::fingerprint;
use crate::error::PkiError;
use crate::holder::Holder;
use crate::p256_key::{Elsewhere, P256Key};
use crate::{files, pem};

/// The certificate chain and private key of a node or a system, known to belong together.
#[derive(Clone)]
pub struct Identity {
    holder: Holder,
    certified: Arc<CertifiedKey>,
    /// None when it is kept elsewhere.
    key: Option<Arc<PrivateKeyDer<'static>>>,
}

impl Identity {
    /// An identity from a chain, the holder's own certificate first, and its key.
    ///
    /// # Errors
    /// When the key cannot be used or is another certificate's, or the certificate names no holder.
    pub fn new(chain: Vec<CertificateDer<'static>>, key: PrivateKeyDer<'static>) -> Result<Self, PkiError> {
        let own = chain.first().ok_or(PkiError::Pem { problem: "holds no CERTIFICATE part" })?;
        let holder = Holder::of_certificate(own)?;
        let certified =
            CertifiedKey::from_der(chain, key.clone_key(), &default_provider()).map_err(refused_key)?;
        Ok(Self { holder, certified: Arc::new(certified), key: Some(Arc::new(key)) })
    }

    /// An identity from a chain, the holder's own certificate first, and a key that is kept elsewhere.
    ///
    /// # Errors
    /// When the key is another certificate's, or the certificate names no holder.
    pub fn with_key(chain: Vec<CertificateDer<'static>>, key: Arc<dyn P256Key>) -> Result<Self, PkiError> {
        let own = chain.first().ok_or(PkiError::Pem { problem: "holds no CERTIFICATE part" })?;
        let holder = Holder::of_certificate(own)?;
        let certified = CertifiedKey::new(chain, Arc::new(Elsewhere(key)));
        certified.keys_match().map_err(refused_key)?;
        Ok(Self { holder, certified: Arc::new(certified), key: None })
    }

    /// An identity whose chain is in a file and whose key is kept elsewhere.
    ///
    /// # Errors
    /// When the file cannot be read, or as for [`with_key`](Self::with_key).
    pub fn load_chain(path: &Path, key: Arc<dyn P256Key>) -> Result<Self, PkiError> {
        Self::with_key(pem::certificates(&files::read_public(path)?)?, key)
    }

    /// An identity from PEM text: a chain, and a key in PKCS #8, SEC1 or PKCS #1. Both may be the same text.
    ///
    /// # Errors
    /// When a part is missing or damaged, or as for [`new`](Self::new).
    pub fn from_pem(chain_pem: &str, key_pem: &str) -> Result<Self, PkiError> {
        Self::new(pem::certificates(chain_pem)?, pem::private_key(key_pem)?)
    }

    /// An identity from the two files an operator brings.
    ///
    /// # Errors
    /// When a file cannot be read, the key is open to other users, or as for [`from_pem`](Self::from_pem).
    pub fn load_pair(chain_path: &Path, key_path: &Path) -> Result<Self, PkiError> {
        Self::from_pem(&files::read_public(chain_path)?, &files::read_private(key_path)?)
    }

    /// An identity kept in one file by [`save`](Self::save).
    ///
    /// # Errors
    /// As for [`load_pair`](Self::load_pair).
    pub fn load(path: &Path) -> Result<Self, PkiError> {
        let text = files::read_private(path)?;
        Self::from_pem(&text, &text)
    }

    /// Keeps key and chain in one file, so that a crash can never leave the key of one beside the chain of another.
    ///
    /// # Errors
    /// When the file cannot be written, or the key is kept elsewhere.
    pub fn save(&self, path: &Path) -> Result<(), PkiError> {
        let key = self.key.as_ref().ok_or_else(|| PkiError::Key("it is kept elsewhere".into()))?;
        files::write_private(path, &pem::write_identity(self.chain(), key))
    }

    /// Who holds it.
    #[must_use]
    pub fn holder(&self) -> &Holder {
        &self.holder
    }

    /// The chain, the holder's own certificate first.
    #[must_use]
    pub fn chain(&self) -> &[CertificateDer<'static>] {
        &self.certified.cert
    }

    /// The holder's own certificate.
    #[must_use]
    pub fn certificate(&self) -> &CertificateDer<'static> {
        &self.chain()[0]
    }

    /// The chain as PEM text.
    #[must_use]
    pub fn chain_pem(&self) -> String {
        pem::write_chain(self.chain())
    }

    /// SHA-256 of the holder's own certificate, in hex.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        fingerprint(self.certificate())
    }

    #[cfg(feature = "testing")]
    pub(crate) fn key(&self) -> &PrivateKeyDer<'static> {
        self.key.as_ref().expect("the samples' keys are in memory")
    }

    pub(crate) fn certified(&self) -> &Arc<CertifiedKey> {
        &self.certified
    }
}

impl fmt::Debug for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fingerprint = self.fingerprint();
        f.debug_struct("Identity")
            .field("holder", &self.holder)
            .field("fingerprint", &fingerprint)
            .finish_non_exhaustive()
    }
}

fn refused_key(error: rustls::Error) -> PkiError {
    match error {
        rustls::Error::InconsistentKeys(_) => PkiError::KeyMismatch,
        other => PkiError::Key(other.to_string()),
    }
}
