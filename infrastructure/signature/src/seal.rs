//! What an agency or an official signs documents with.

use std::sync::Arc;

use crate::algorithm::Hash;
use crate::cms::read::SignedData;
use crate::cms::write::{SignedAttributes, signed_data};
use crate::error::{SignatureError, SourceError};
use crate::pades::{self, PdfSignature};
use crate::signer::{Chain, Revocations, Signer, TimeStamps};

/// How long a signature can be verified, by the names of the baseline profiles (ETSI EN 319 142-1, EN 319 132-1).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, schemars::JsonSchema)]
pub enum Level {
    /// While the certificate is valid.
    #[serde(rename = "B-B")]
    Basic,
    /// It has a time stamp: it existed while the certificate was valid.
    #[serde(rename = "B-T")]
    TimeStamped,
    /// It carries what its verification needs, so it can be verified when nobody can be asked any more.
    #[serde(rename = "B-LT")]
    LongTerm,
}

/// A document that was signed.
#[derive(Debug)]
pub struct Signed {
    /// The document.
    pub document: Vec<u8>,
    /// What was reached.
    pub level: Level,
    /// What kept the signature from a higher level: a time-stamp authority or a list that could not be had. It holds all the
    /// same, and nobody had to wait.
    pub shortfall: Option<SourceError>,
}

/// A key with what makes its signatures last.
#[derive(Clone)]
pub struct Seal {
    signer: Arc<dyn Signer>,
    time_stamps: Option<Arc<dyn TimeStamps>>,
    revocations: Option<Arc<dyn Revocations>>,
}

/// What a signature value gets beside it.
pub(crate) struct Proofs {
    pub(crate) time_stamp: Option<Vec<u8>>,
    pub(crate) lists: Vec<Vec<u8>>,
    pub(crate) shortfall: Option<SourceError>,
}

impl Proofs {
    pub(crate) fn level(&self) -> Level {
        match (&self.time_stamp, self.lists.is_empty()) {
            (None, _) => Level::Basic,
            (Some(_), true) => Level::TimeStamped,
            (Some(_), false) => Level::LongTerm,
        }
    }

    /// The certificates that came with the time stamp.
    pub(crate) fn certificates(&self) -> Vec<Vec<u8>> {
        let token = self.time_stamp.as_deref().and_then(|token| SignedData::read(token).ok());
        token.map(|token| token.certificates.iter().map(|one| one.to_vec()).collect()).unwrap_or_default()
    }
}

impl Seal {
    /// A key alone; what it signs is of level B-B.
    #[must_use]
    pub fn new(signer: Arc<dyn Signer>) -> Self {
        Self { signer, time_stamps: None, revocations: None }
    }

    /// With an authority that says when, for level B-T.
    #[must_use]
    pub fn with_time_stamps(self, time_stamps: Arc<dyn TimeStamps>) -> Self {
        Self { time_stamps: Some(time_stamps), ..self }
    }

    /// With revocation lists, for level B-LT.
    #[must_use]
    pub fn with_revocations(self, revocations: Arc<dyn Revocations>) -> Self {
        Self { revocations: Some(revocations), ..self }
    }

    pub(crate) fn signer(&self) -> &dyn Signer {
        &*self.signer
    }

    /// Time stamp over a signature value, then the lists, which so are younger than the signature. What can't be had is left
    /// out and said.
    pub(crate) async fn proofs(&self, stamped: &[u8], token_limit_bytes: usize) -> Proofs {
        let mut proofs = Proofs { time_stamp: None, lists: Vec::new(), shortfall: None };
        if let Some(authority) = &self.time_stamps {
            let digest: [u8; 32] = Hash::Sha256.of(stamped).try_into().expect("SHA-256 gives 32 bytes");
            match authority.stamp(&digest).await {
                Ok(token) if token.len() <= token_limit_bytes => proofs.time_stamp = Some(token),
                Ok(token) => {
                    proofs.shortfall = Some(
                        format!("the time stamp has {} bytes, {token_limit_bytes} are allowed", token.len())
                            .into(),
                    );
                }
                Err(error) => proofs.shortfall = Some(error),
            }
        }
        if let Some(revocations) = &self.revocations {
            match revocations.lists().await {
                Ok(lists) => proofs.lists = lists,
                Err(error) => proofs.shortfall = Some(error),
            }
        }
        proofs
    }

    /// Signs a PDF after the baseline profiles of PAdES (ETSI EN 319 142-1) as incremental updates; signatures already there
    /// stay valid.
    ///
    /// # Errors
    /// For the document, the field and the signer. A time stamp or list that can't be had is no error but a lower level.
    pub async fn sign_pdf(&self, pdf: &[u8], signature: &PdfSignature) -> Result<Signed, SignatureError> {
        let chain = Chain::of(self.signer())?;
        let prepared = pades::prepare(pdf, signature, &chain, self.time_stamps.is_some())?;
        let attributes = SignedAttributes::of(&prepared.digest(), &chain)?;
        let value = chain.sign(self.signer(), &attributes.encoded).await?;
        let proofs = self.proofs(&value, pades::TOKEN_ROOM_BYTES).await;
        let cms = signed_data(attributes, &chain, &value, proofs.time_stamp.as_deref())?;
        let mut document = prepared.fill(&cms)?;
        if !proofs.lists.is_empty() {
            let certificates = [chain.encoded(), &proofs.certificates()].concat();
            document = pades::add_validation_data(&document, &certificates, &proofs.lists)?;
        }
        Ok(Signed { document, level: proofs.level(), shortfall: proofs.shortfall })
    }
}
