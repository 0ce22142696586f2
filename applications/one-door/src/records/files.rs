//! What was handed in, with its signature, and what is handed out.

use crate::model::{Document, Dossier, File, HandedIn, PaperKind, Signature, Verdict};
use contracts::{
    identity::{Level, SubmissionProof},
    one_door::SubmissionSignature,
};
use jiff::Timestamp;
use store::{Batch, Row, Store, StoreError, params, statements};
use uuid::Uuid;

use super::{COUNT_ONE_MORE, wrong};

statements! {
    /// Keeps a file that the applicant handed in.
    ADD_ATTACHMENT = "INSERT INTO attachments (submission, notice, place, component, name, media_type, content)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// The files that the applicant handed in, without their contents.
    ATTACHMENTS = "SELECT notice, place, component, name, media_type FROM attachments
        WHERE submission = $1 ORDER BY notice, place";
    /// One of them.
    ATTACHMENT = "SELECT name, media_type, content FROM attachments
        WHERE submission = $1 AND notice = $2 AND place = $3";
    /// Keeps the applicant's signature.
    ADD_SIGNATURE = "INSERT INTO signatures (submission, signed_text, evidence) VALUES ($1, $2, $3)";
    /// The applicant's signature, and what is known of it.
    SIGNATURE = "SELECT signed_text, evidence, verified_at, signed_at, level FROM signatures WHERE submission = $1";
    /// Keeps what the identity system said of a signature.
    NOTE_VERDICT = "UPDATE signatures SET verified_at = $2, signed_at = $3, level = $4
        WHERE submission = $1 AND verified_at IS NULL";
    /// Keeps a result.
    ADD_RESULT = "INSERT INTO documents
        (submission, document, name, media_type, reason, official_name, created_at, content)
        VALUES ($1, $2, $3, $4, '', '', $5, $6)";
    /// Gives a form its number; the file follows.
    ADD_PAPER = "INSERT INTO documents
        (submission, document, name, media_type, number, reason, official_name, created_at)
        VALUES ($1, $2, $3, 'application/pdf', (SELECT last FROM counters WHERE series = $4), $5, $6, $7)";
    /// Keeps the file of a form.
    PRESS_PAPER = "UPDATE documents SET content = $3 WHERE submission = $1 AND document = $2 AND content IS NULL";
    /// The documents of a dossier, oldest first.
    DOCUMENTS = "SELECT document, name, media_type, number, reason, official_name, created_at, content FROM documents
        WHERE submission = $1 ORDER BY created_at, document";
    /// One of them.
    DOCUMENT = "SELECT document, name, media_type, number, reason, official_name, created_at, content FROM documents
        WHERE submission = $1 AND document = $2";
}

/// A file for somebody to open.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Download {
    /// File name.
    pub(crate) name: String,
    /// Media type.
    pub(crate) media_type: String,
    /// What is in it.
    pub(crate) content: Vec<u8>,
}

/// Adds the applicant's signature to a batch.
pub(crate) fn add_signature(batch: &mut Batch, submission: Uuid, signature: &SubmissionSignature) {
    batch.change_one(&ADD_SIGNATURE, params![submission, &signature.text, &signature.evidence]);
}

/// The applicant's signature, where they signed.
pub(crate) async fn signature(store: &Store, submission: Uuid) -> Result<Option<Signature>, StoreError> {
    let Some(row) = store.read_one(&SIGNATURE, params![submission]).await? else { return Ok(None) };
    let level =
        row.get::<Option<i64>>(4)?.map(|number| Level::from_number(number).ok_or(wrong(4, "a level")));
    let verdict =
        match (row.get::<Option<Timestamp>>(2)?, row.get::<Option<Timestamp>>(3)?, level.transpose()?) {
            (None, ..) => Verdict::Awaited,
            (Some(_), Some(at), Some(level)) => Verdict::Proven(SubmissionProof { at, level }),
            (Some(_), ..) => Verdict::NotProven,
        };
    let given = SubmissionSignature { text: row.get(0)?, evidence: row.get(1)? };
    Ok(Some(Signature { given, verdict }))
}

/// Adds to a batch what the identity system said of a signature.
pub(crate) fn note_verdict(
    batch: &mut Batch,
    submission: Uuid,
    proof: Option<&SubmissionProof>,
    at: Timestamp,
) {
    let (signed_at, level) = (proof.map(|proof| proof.at), proof.map(|proof| proof.level.number()));
    batch.change(&NOTE_VERDICT, params![submission, at, signed_at, level]);
}

/// Adds files that answer a notice, 0 for the first time, to a batch.
pub(crate) fn add_attachments(batch: &mut Batch, submission: Uuid, notice: u32, files: &[File<'_>]) {
    for (place, file) in files.iter().enumerate() {
        let place = i64::try_from(place).unwrap_or(i64::MAX);
        let attachment = file.attachment;
        batch.change_one(
            &ADD_ATTACHMENT,
            params![
                submission,
                notice,
                place,
                &attachment.component,
                &attachment.name,
                &attachment.media_type,
                &file.content,
            ],
        );
    }
}

/// Adds a result to a batch.
pub(crate) fn add_result(batch: &mut Batch, submission: Uuid, at: Timestamp, code: &str, file: Download) {
    batch.change_one(&ADD_RESULT, params![submission, code, file.name, file.media_type, at, file.content]);
}

/// Adds a form to a batch, with the next number of the commune's series of the year.
pub(crate) fn add_paper(
    batch: &mut Batch,
    dossier: &Dossier,
    kind: PaperKind,
    document: &str,
    reason: &str,
    official_name: &str,
) {
    let at = dossier.changed_at;
    let year = calendar::vietnam_clock(at).year();
    let series = format!("{} {} {year}", kind.form(), dossier.commune);
    batch.change_one(&COUNT_ONE_MORE, params![&series]);
    batch.change_one(
        &ADD_PAPER,
        params![dossier.submission, document, kind.file_name(), series, reason, official_name, at],
    );
}

/// Adds the file of a form to a batch.
pub(crate) fn press_paper(batch: &mut Batch, submission: Uuid, document: &str, pdf: Vec<u8>) {
    batch.change_one(&PRESS_PAPER, params![submission, document, pdf]);
}

/// The files that the applicant handed in.
pub(crate) async fn attachments(store: &Store, submission: Uuid) -> Result<Vec<HandedIn>, StoreError> {
    let handed_in = |row: &Row| -> Result<HandedIn, StoreError> {
        Ok(HandedIn {
            notice: row.get(0)?,
            place: row.get(1)?,
            component: row.get(2)?,
            name: row.get(3)?,
            media_type: row.get(4)?,
        })
    };
    store.read(&ATTACHMENTS, params![submission]).await?.iter().map(handed_in).collect()
}

/// One of them, to open.
pub(crate) async fn attachment(
    store: &Store,
    submission: Uuid,
    notice: u32,
    place: u32,
) -> Result<Option<Download>, StoreError> {
    let row = store.read_one(&ATTACHMENT, params![submission, notice, place]).await?;
    row.map(|row| Ok(Download { name: row.get(0)?, media_type: row.get(1)?, content: row.get(2)? }))
        .transpose()
}

/// The documents of a dossier, oldest first.
pub(crate) async fn documents(store: &Store, submission: Uuid) -> Result<Vec<Document>, StoreError> {
    store.read(&DOCUMENTS, params![submission]).await?.iter().map(document_from).collect()
}

/// One of them.
pub(crate) async fn document(
    store: &Store,
    submission: Uuid,
    document: &str,
) -> Result<Option<Document>, StoreError> {
    store.read_one(&DOCUMENT, params![submission, document]).await?.as_ref().map(document_from).transpose()
}

fn document_from(row: &Row) -> Result<Document, StoreError> {
    Ok(Document {
        document: row.get(0)?,
        name: row.get(1)?,
        media_type: row.get(2)?,
        number: row.get(3)?,
        reason: row.get(4)?,
        official_name: row.get(5)?,
        created_at: row.get(6)?,
        content: row.get(7)?,
    })
}
