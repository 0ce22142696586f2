//! Certificates: one for each version of an entry, the last of them true.

use crate::model::IssuedCertificate;
use jiff::Timestamp;
use store::{Batch, Row, Store, StoreError, params, statements};
use system::SealedRecord;
use uuid::Uuid;

statements! {
    /// Keeps a certificate.
    ISSUE_CERTIFICATE = "INSERT INTO certificates
        (code, registration, version, pdf, sha256, issued_at, seal_entry, seal_salt, seal_proof)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// The certificate with a code.
    CERTIFICATE_WITH_CODE = "SELECT code, registration, version, pdf, sha256, seal_proof, issued_at, superseded_at
        FROM certificates WHERE code = $1";
    /// The certificate of an entry that is true now.
    CERTIFICATE_OF_ENTRY = "SELECT code, registration, version, pdf, sha256, seal_proof, issued_at, superseded_at
        FROM certificates WHERE registration = $1 AND superseded_at IS NULL";
    /// Marks the certificates of an entry as untrue.
    SUPERSEDE_CERTIFICATES = "UPDATE certificates SET superseded_at = $2
        WHERE registration = $1 AND superseded_at IS NULL";
}

/// Adds a certificate to a batch.
pub(crate) fn issue_certificate(batch: &mut Batch, certificate: &IssuedCertificate, seal: &SealedRecord) {
    batch.change_one(
        &ISSUE_CERTIFICATE,
        params![
            &certificate.code,
            certificate.registration,
            certificate.version,
            &certificate.pdf,
            &certificate.sha256,
            certificate.issued_at,
            &seal.entry,
            &seal.salt,
            &seal.proof,
        ],
    );
}

/// The certificate with a code.
pub(crate) async fn certificate_with_code(
    store: &Store,
    code: &str,
) -> Result<Option<IssuedCertificate>, StoreError> {
    store.read_one(&CERTIFICATE_WITH_CODE, params![code]).await?.as_ref().map(certificate_from).transpose()
}

/// The certificate of an entry that is true now, when it has been issued.
pub(crate) async fn certificate_of_entry(
    store: &Store,
    registration: Uuid,
) -> Result<Option<IssuedCertificate>, StoreError> {
    store
        .read_one(&CERTIFICATE_OF_ENTRY, params![registration])
        .await?
        .as_ref()
        .map(certificate_from)
        .transpose()
}

/// Adds to a batch that the certificates of an entry are no longer true.
pub(crate) fn supersede_certificates(batch: &mut Batch, registration: Uuid, at: Timestamp) {
    batch.change(&SUPERSEDE_CERTIFICATES, params![registration, at]);
}

fn certificate_from(row: &Row) -> Result<IssuedCertificate, StoreError> {
    Ok(IssuedCertificate {
        code: row.get(0)?,
        registration: row.get(1)?,
        version: row.get(2)?,
        pdf: row.get(3)?,
        sha256: row.get(4)?,
        proof: row.get(5)?,
        issued_at: row.get(6)?,
        superseded_at: row.get(7)?,
    })
}
