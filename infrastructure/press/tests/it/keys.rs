//! Signing in tests.

use async_trait::async_trait;
use jiff::Timestamp;
use pki::DocumentIdentity;
use press::{PressError, SignatureDetails};
use signature::testing::Root;
use signature::{Seal, Signed, Signer, SourceError};

use crate::samples::CREATED;

/// When the samples are signed.
pub(crate) fn created() -> Timestamp {
    CREATED.parse().expect("a timestamp")
}

/// An authority that begins when the samples are signed.
pub(crate) fn new_root() -> Root {
    Root::at(created())
}

/// A signer with the key of one and the chain of another.
pub(crate) struct Mixed {
    pub(crate) key: DocumentIdentity,
    pub(crate) chain: Vec<Vec<u8>>,
}

#[async_trait]
impl Signer for Mixed {
    fn certificate_chain_der(&self) -> Vec<Vec<u8>> {
        self.chain.clone()
    }

    async fn sign_digest(&self, sha256: &[u8; 32]) -> Result<Vec<u8>, SourceError> {
        Ok(self.key.sign_digest(sha256)?)
    }
}

/// Signs, without a runtime around.
pub(crate) fn signed(pdf: &[u8], seal: &Seal, details: &SignatureDetails) -> Result<Signed, PressError> {
    let runtime = tokio::runtime::Builder::new_current_thread().build().expect("a runtime");
    runtime.block_on(press::sign(pdf, seal, details))
}

/// The document alone.
pub(crate) fn sign(pdf: &[u8], seal: &Seal, details: &SignatureDetails) -> Result<Vec<u8>, PressError> {
    signed(pdf, seal, details).map(|signed| signed.document)
}
