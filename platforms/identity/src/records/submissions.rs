//! Submissions that people sign.

use super::{damaged, level_from};
use crate::{
    model::{SignatureRequest, SignedSubmission},
    rules::submission::Shown,
};
use jiff::Timestamp;
use store::{Batch, Row, Store, StoreError, params, statements};
use uuid::Uuid;

statements! {
    /// Asks for a signature.
    ASK_SIGNATURE = "INSERT INTO signature_requests (hash, account, asked_by, digest, shown, return_to, issued_at, expires_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// Forgets requests that are over.
    FORGET_SIGNATURE_REQUESTS = "DELETE FROM signature_requests WHERE expires_at < $1";
    /// A request.
    SIGNATURE_REQUEST = "SELECT account, asked_by, digest, shown, return_to, issued_at, expires_at, signed
        FROM signature_requests WHERE hash = $1";
    /// A request is answered, once.
    ANSWER_SIGNATURE_REQUEST = "UPDATE signature_requests SET signed = $2 WHERE hash = $1 AND signed IS NULL";
    /// Ends a request that is not answered.
    END_SIGNATURE_REQUEST = "DELETE FROM signature_requests WHERE hash = $1 AND signed IS NULL";
    /// Keeps what was signed.
    KEEP_SIGNED = "INSERT INTO signed_submissions (id, account, digest, public_key, level, evidence, signed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// What was signed.
    SIGNED = "SELECT id, account, digest, public_key, level, evidence, signed_at FROM signed_submissions WHERE id = $1";
    /// What an account has signed of a submission with a key, the first time.
    SIGNED_WITH = "SELECT id, account, digest, public_key, level, evidence, signed_at FROM signed_submissions
        WHERE account = $1 AND digest = $2 AND public_key = $3 ORDER BY signed_at, id LIMIT 1";
}

/// Asks for a signature, and forgets requests that were over at a time.
pub(crate) fn ask_signature(
    batch: &mut Batch,
    hash: [u8; 32],
    request: &SignatureRequest,
    over: Timestamp,
) -> Result<(), StoreError> {
    let shown = serde_json::to_string(&request.shown)
        .map_err(|_| damaged("ASK_SIGNATURE", 4, "what can be written as JSON"))?;
    batch.change(&FORGET_SIGNATURE_REQUESTS, params![over]);
    batch.change_one(
        &ASK_SIGNATURE,
        params![
            hash,
            request.account,
            &request.asked_by,
            request.digest,
            shown,
            &request.return_to,
            request.issued_at,
            request.expires_at,
        ],
    );
    Ok(())
}

/// A request.
pub(crate) async fn signature_request(
    store: &Store,
    hash: [u8; 32],
) -> Result<Option<SignatureRequest>, StoreError> {
    let Some(row) = store.read_one(&SIGNATURE_REQUEST, params![hash]).await? else { return Ok(None) };
    let shown: String = row.get(3)?;
    let shown: Shown = serde_json::from_str(&shown).map_err(|_| damaged("SIGNATURE_REQUEST", 3, "JSON"))?;
    Ok(Some(SignatureRequest {
        account: row.get(0)?,
        asked_by: row.get(1)?,
        digest: row.get(2)?,
        shown,
        return_to: row.get(4)?,
        issued_at: row.get(5)?,
        expires_at: row.get(6)?,
        signed: row.get(7)?,
    }))
}

/// Keeps what was signed.
pub(crate) fn keep_signed(batch: &mut Batch, signed: &SignedSubmission) {
    batch.change_one(
        &KEEP_SIGNED,
        params![
            signed.id,
            signed.account,
            signed.digest,
            &signed.public_key,
            signed.level.number(),
            &signed.evidence,
            signed.signed_at,
        ],
    );
}

/// What was signed.
pub(crate) async fn signed(store: &Store, id: Uuid) -> Result<Option<SignedSubmission>, StoreError> {
    store.read_one(&SIGNED, params![id]).await?.as_ref().map(signed_from).transpose()
}

/// What an account has signed of a submission with a key, the first time.
pub(crate) async fn signed_with(
    store: &Store,
    account: Uuid,
    digest: [u8; 32],
    public_key: &[u8],
) -> Result<Option<SignedSubmission>, StoreError> {
    let row = store.read_one(&SIGNED_WITH, params![account, digest, public_key]).await?;
    row.as_ref().map(signed_from).transpose()
}

fn signed_from(row: &Row) -> Result<SignedSubmission, StoreError> {
    Ok(SignedSubmission {
        id: row.get(0)?,
        account: row.get(1)?,
        digest: row.get(2)?,
        public_key: row.get(3)?,
        level: level_from(row.get(4)?, "SIGNED", 4)?,
        evidence: row.get(5)?,
        signed_at: row.get(6)?,
    })
}
