//! Verifying for many who ask.

use std::sync::Arc;

use jiff::Timestamp;
use rustls::RootCertStore;
use thiserror::Error;
use tokio::sync::Semaphore;

use crate::report::Report;
use crate::signer::Revocations;
use crate::trust::Trust;
use crate::verify;

/// Documents verified at a time: it is work for a processor.
const AT_A_TIME: usize = 2;
/// Documents that are verified or wait for it.
const ADMITTED: usize = 16;

/// More documents wait than there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("{ADMITTED} documents are being verified or wait for it; try again in a moment")]
pub struct VerifierBusy;

/// Verifies documents by roots that are trusted and revocation lists as they stand.
#[derive(Clone)]
pub struct Verifier {
    roots: RootCertStore,
    revocations: Option<Arc<dyn Revocations>>,
    working: Arc<Semaphore>,
    admitted: Arc<Semaphore>,
}

impl Verifier {
    /// A verifier that trusts these roots; with none, nobody.
    #[must_use]
    pub fn new(roots: RootCertStore) -> Self {
        let (working, admitted) = (Arc::new(Semaphore::new(AT_A_TIME)), Arc::new(Semaphore::new(ADMITTED)));
        Self { roots, revocations: None, working, admitted }
    }

    /// With lists that speak beside those in the documents.
    #[must_use]
    pub fn with_revocations(self, revocations: Arc<dyn Revocations>) -> Self {
        Self { revocations: Some(revocations), ..self }
    }

    /// Verifies a document. Lists that can't be had are done without; the report says what then is not known.
    ///
    /// # Errors
    /// When too many wait.
    pub async fn verify(&self, document: Vec<u8>, now: Timestamp) -> Result<Report, VerifierBusy> {
        let _admitted = self.admitted.try_acquire().map_err(|_| VerifierBusy)?;
        let _working = self.working.acquire().await.map_err(|_| VerifierBusy)?;
        let lists = match &self.revocations {
            Some(revocations) => revocations.lists().await.unwrap_or_default(),
            None => Vec::new(),
        };
        let trust = Trust::new(self.roots.clone()).with_lists(lists);
        tokio::task::spawn_blocking(move || verify(&document, &trust, now)).await.map_err(|_| VerifierBusy)
    }
}
