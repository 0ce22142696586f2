//! Records that must be provable: each is an entry of the agency's ledger by a salted digest.
//!
//! The salt and the record stay in the system's store, the digest in the ledger. Erasing the salt erases the record's
//! trace, because nobody can guess a value from a digest salted with sixteen random bytes; the log still verifies.

use crate::Random;
use ledger::{Hash, Ledger, LedgerError};
use serde::{Deserialize, Serialize};
use thiserror::Error;
use uuid::Uuid;

/// First word of a record's entry in the ledger.
const ENTRY_KIND: &str = "lienthong-record/v1";

/// Why a record could not be sealed or its seal not be read.
#[derive(Debug, Error)]
pub enum RegisterError {
    /// The ledger did not take it.
    #[error("the record could not be sealed: {0}")]
    Ledger(#[from] LedgerError),
    /// A text is not a record entry.
    #[error("not a record entry: {0}; expected `lienthong-record/v1 SYSTEM ID DIGEST`")]
    Form(&'static str),
}

/// The seal of a record, to be kept beside it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SealedRecord {
    /// Index of the entry.
    pub index: u64,
    /// The entry itself.
    pub entry: String,
    /// The salt of its digest.
    pub salt: [u8; 16],
    /// The proof that the entry is in the ledger, a C2SP tlog-proof.
    pub proof: String,
}

/// An entry of the ledger that stands for a record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordEntry {
    /// The system whose record it is.
    pub system: String,
    /// The record.
    pub record: Uuid,
    /// Salted digest of its content.
    pub digest: Hash,
}

impl RecordEntry {
    /// The entry's text.
    pub fn to_text(&self) -> String {
        format!("{ENTRY_KIND} {} {} {}", self.system, self.record, self.digest)
    }

    /// Reads an entry's text.
    pub fn parse(text: &str) -> Result<Self, RegisterError> {
        let mut words = text.split(' ');
        let mut next = |what| words.next().ok_or(RegisterError::Form(what));
        if next("empty")? != ENTRY_KIND {
            return Err(RegisterError::Form("another kind of entry"));
        }
        let system = next("no system")?.to_owned();
        let record =
            next("no record id")?.parse().map_err(|_| RegisterError::Form("the id is not a UUID"))?;
        let digest =
            next("no digest")?.parse().map_err(|_| RegisterError::Form("the digest is not base64"))?;
        if words.next().is_some() {
            return Err(RegisterError::Form("more words than expected"));
        }
        Ok(Self { system, record, digest })
    }
}

/// A system's way to its agency's ledger. Cheap to clone.
#[derive(Clone)]
pub struct Register {
    system: &'static str,
    ledger: Ledger,
    random: Random,
}

impl Register {
    /// The register of `system` in `ledger`.
    pub fn new(system: &'static str, ledger: Ledger, random: Random) -> Self {
        Self { system, ledger, random }
    }

    /// Seals a record; durable when it returns.
    pub async fn seal(&self, record: Uuid, content: &[u8]) -> Result<SealedRecord, RegisterError> {
        let salt = self.random.bytes();
        let digest = ledger::commit(&salt, &[content]);
        let entry = RecordEntry { system: self.system.into(), record, digest }.to_text();
        let sealed = self.ledger.append(entry.clone().into_bytes()).await?;
        Ok(SealedRecord { index: sealed.index, entry, salt, proof: sealed.to_proof().to_string() })
    }
}

/// The content is what the entry stands for.
pub fn opens(entry: &RecordEntry, salt: &[u8; 16], content: &[u8]) -> bool {
    ledger::commit(salt, &[content]) == entry.digest
}
