//! What systems ask people to sign, and what was signed.

use crate::rules::submission::Shown;
use contracts::identity::Level;
use jiff::Timestamp;
use uuid::Uuid;

/// A signature that a system has asked a person for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignatureRequest {
    /// Who is to sign.
    pub account: Uuid,
    /// The system that asked.
    pub asked_by: String,
    /// SHA-256 of the submission.
    pub digest: [u8; 32],
    /// What the person is told of it.
    pub shown: Shown,
    /// Where the person comes back to.
    pub return_to: String,
    /// When it was asked for.
    pub issued_at: Timestamp,
    /// Until when what came of it is told.
    pub expires_at: Timestamp,
    /// What was signed.
    pub signed: Option<Uuid>,
}

/// A submission that a person has signed with a passkey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignedSubmission {
    /// Its identifier.
    pub id: Uuid,
    /// Who signed.
    pub account: Uuid,
    /// SHA-256 of the submission.
    pub digest: [u8; 32],
    /// The key, as COSE_Key: one of the account's, when it signed.
    pub public_key: Vec<u8>,
    /// The level at which it was bound.
    pub level: Level,
    /// The evidence, as JSON.
    pub evidence: String,
    /// When.
    pub signed_at: Timestamp,
}
