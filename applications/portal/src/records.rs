//! Reading and writing of the store. All SQL of the system stands here.

use crate::model::{
    Content, Counts, Document, DocumentLine, Dossier, Draft, Errand, ProcedureName, Refusal, Report, Signing,
    Standing, Subject,
};
use contracts::{
    FieldProblem, PersonalNumber, Problem,
    one_door::Form,
    portal::{DossierStanding, DossierState},
};
use jiff::Timestamp;
use serde::{Serialize, de::DeserializeOwned};
use store::{Batch, Migration, Row, Schema, Store, StoreError, params, statements};
use system::Own;
use uuid::Uuid;

/// How many drafts and dossiers a list shows, the latest first.
pub(crate) const LIST_LIMIT_ROWS: u32 = 100;

/// The columns of a dossier, in the order of [`dossier_from`].
macro_rules! dossier_where {
    ($condition:literal) => {
        concat!(
            "SELECT submission, applicant, applicant_name, procedure_code, procedure_name, sent_to, commune, content,
                form, submitted_at, delivered, errand, refused, refusal, replaced_by, answered_notice, revision, state,
                state_at, dossier, due_at, note, notice, rating, version, facts, signed
             FROM submissions WHERE ",
            $condition
        )
    };
}

statements! {
    /// Begins a draft, unless there is one.
    OPEN_DRAFT = "INSERT INTO drafts
        (applicant, subject, procedure_code, procedure_name, content, faults, version, saved_at)
        VALUES ($1, $2, $3, $4, $5, $6, 1, $7) ON CONFLICT (applicant, subject) DO NOTHING";
    /// One's draft of a subject.
    DRAFT = "SELECT applicant, subject, procedure_code, procedure_name, content, faults, version, saved_at FROM drafts
        WHERE applicant = $1 AND subject = $2";
    /// One's drafts, the latest first.
    DRAFTS = "SELECT applicant, subject, procedure_code, procedure_name, content, faults, version, saved_at FROM drafts
        WHERE applicant = $1 ORDER BY saved_at DESC, subject LIMIT $2";
    /// Saves a draft that nobody saved meanwhile.
    SAVE_DRAFT = "UPDATE drafts SET content = $4, faults = $5, saved_at = $6, version = version + 1
        WHERE applicant = $1 AND subject = $2 AND version = $3";
    /// Ends a draft that nobody saved meanwhile.
    END_DRAFT = "DELETE FROM drafts WHERE applicant = $1 AND subject = $2 AND version = $3";
    /// Forgets a draft that nobody saved since.
    EXPIRE_DRAFT = "DELETE FROM drafts WHERE applicant = $1 AND subject = $2 AND saved_at <= $3";
    /// Forgets a draft.
    FORGET_DRAFT = "DELETE FROM drafts WHERE applicant = $1 AND subject = $2";

    /// Notes that the applicant was asked to sign a draft, in place of an earlier time.
    ADD_SIGNING = "INSERT INTO signings (applicant, subject, version, submission, submitted_at, signed_text, ticket)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (applicant, subject) DO UPDATE SET version = excluded.version,
        submission = excluded.submission, submitted_at = excluded.submitted_at, signed_text = excluded.signed_text, ticket = excluded.ticket";
    /// The draft that the applicant was asked to sign.
    SIGNING = "SELECT version, submission, submitted_at, signed_text, ticket FROM signings WHERE applicant = $1 AND subject = $2";
    /// The applicant is asked no longer.
    END_SIGNING = "DELETE FROM signings WHERE applicant = $1 AND subject = $2 AND ticket = $3";

    /// Notes what was handed in.
    ADD_SUBMISSION = "INSERT INTO submissions
        (submission, applicant, applicant_name, procedure_code, procedure_name, sent_to, commune, content, form,
         submitted_at, signed, delivered, errand, answered_notice, version)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, 0, 'submit', 0, 1)";
    /// A dossier, for the tasks and for who reports on it.
    DOSSIER = dossier_where!("submission = $1");
    /// One's own dossier.
    OWN_DOSSIER = dossier_where!("submission = $1 AND applicant = $2");
    /// One's own dossiers, the latest first.
    OWN_DOSSIERS = dossier_where!("applicant = $1 ORDER BY submission DESC LIMIT $2");
    /// A refused dossier was handed in anew.
    REPLACE = "UPDATE submissions SET replaced_by = $4, version = version + 1
        WHERE submission = $1 AND applicant = $2 AND version = $3 AND delivered = 0 AND replaced_by IS NULL";
    /// A notice is answered.
    ANSWER_NOTICE = "UPDATE submissions SET content = $4, form = $5, answered_notice = $6, errand = 'supply',
        refused = NULL, refusal = NULL, version = version + 1
        WHERE submission = $1 AND applicant = $2 AND version = $3 AND errand IS NULL AND answered_notice < $6";
    /// A dossier is taken back.
    WITHDRAW = "UPDATE submissions SET errand = 'withdraw', refused = NULL, refusal = NULL, version = version + 1
        WHERE submission = $1 AND applicant = $2 AND version = $3 AND errand IS NULL";
    /// The applicant says how it went, once.
    RATE = "UPDATE submissions SET rating = $3, rating_words = $4, rated_at = $5, version = version + 1
        WHERE submission = $1 AND applicant = $2 AND rating IS NULL";
    /// The one-door has taken what was brought.
    ERRAND_DONE = "UPDATE submissions SET delivered = 1, errand = NULL, version = version + 1
        WHERE submission = $1 AND errand = $2";
    /// The one-door has refused what was brought. A notice whose answer was refused is not answered.
    ERRAND_REFUSED = "UPDATE submissions SET errand = NULL, refused = $2, refusal = $3,
        answered_notice = CASE WHEN errand = 'supply' THEN answered_notice - 1 ELSE answered_notice END,
        version = version + 1 WHERE submission = $1 AND errand = $2";

    /// Brings a dossier up to date by a newer report.
    BRING_UP_TO_DATE = "UPDATE submissions SET revision = $2, state = $3, state_at = $4, dossier = $5, due_at = $6,
        note = $7, notice = $8, facts = $9, delivered = 1 WHERE submission = $1 AND (revision IS NULL OR revision < $2)";
    /// Keeps a report for the time line.
    ADD_REPORT = "INSERT INTO reports (submission, revision, state, reported_for, note) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (submission, revision) DO NOTHING";
    /// The latest of the time line of one's own dossier, latest first.
    TIME_LINE = "SELECT reports.state, reports.reported_for, reports.note FROM reports
        JOIN submissions ON submissions.submission = reports.submission
        WHERE reports.submission = $1 AND submissions.applicant = $2 ORDER BY reports.revision DESC LIMIT $3";
    /// Keeps a document, in place of an older one of the same name.
    KEEP_DOCUMENT = "INSERT INTO documents (document, submission, component, name, media_type, content, received_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (submission, component, name)
        DO UPDATE SET media_type = excluded.media_type, content = excluded.content, received_at = excluded.received_at";
    /// The documents of one's own dossier.
    DOCUMENTS = "SELECT documents.document, documents.component, documents.name FROM documents
        JOIN submissions ON submissions.submission = documents.submission
        WHERE documents.submission = $1 AND submissions.applicant = $2
        ORDER BY documents.received_at, documents.component, documents.name LIMIT $3";
    /// One document of one's own dossier.
    DOCUMENT = "SELECT documents.component, documents.name, documents.media_type, documents.content FROM documents
        JOIN submissions ON submissions.submission = documents.submission
        WHERE documents.document = $1 AND documents.submission = $2 AND submissions.applicant = $3";

    /// How many dossiers stand where.
    COUNT_BY_STATE = "SELECT CAST(COALESCE(state, 1) AS BIGINT), count(*) FROM submissions WHERE delivered = 1
        GROUP BY COALESCE(state, 1)";
    /// How many dossiers are on their way.
    COUNT_SENDING = "SELECT count(*) FROM submissions WHERE delivered = 0 AND errand = 'submit'";
    /// What applicants said of how it went.
    COUNT_RATINGS = "SELECT count(rating), CAST(COALESCE(sum(rating), 0) AS BIGINT) FROM submissions";
}

/// The system's tables and statements.
pub static SCHEMA: Schema = Schema {
    system: contracts::portal::SYSTEM,
    migrations: &[
        Migration { number: 1, name: "dossiers", sql: include_str!("../migrations/0001_dossiers.sql") },
        Migration { number: 2, name: "signatures", sql: include_str!("../migrations/0002_signatures.sql") },
    ],
    statements: STATEMENTS,
};

/// Adds a new draft to a batch, unless there is one of this subject.
pub(crate) fn open_draft(batch: &mut Batch, draft: &Draft) {
    batch.change(
        &OPEN_DRAFT,
        params![
            draft.applicant.as_i64(),
            draft.subject.word(),
            &draft.procedure.code,
            to_json(&draft.procedure.name),
            to_json(&draft.content),
            to_json(&draft.faults),
            draft.saved_at,
        ],
    );
}

/// One's draft of a subject.
pub(crate) async fn draft(
    store: &Store,
    applicant: PersonalNumber,
    subject: &Subject,
) -> Result<Option<Draft>, StoreError> {
    let row = store.read_one(&DRAFT, params![applicant.as_i64(), subject.word()]).await?;
    row.as_ref().map(draft_from).transpose()
}

/// One's drafts, the latest first.
pub(crate) async fn drafts(store: &Store, own: &Own) -> Result<Vec<Draft>, StoreError> {
    let rows = store.read(&DRAFTS, params![own.person().as_i64(), LIST_LIMIT_ROWS]).await?;
    rows.iter().map(draft_from).collect()
}

/// Saves a draft, if it still is at the version it was read at.
pub(crate) async fn save_draft(store: &Store, draft: &Draft, at: Timestamp) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    let key = params![
        draft.applicant.as_i64(),
        draft.subject.word(),
        draft.version,
        to_json(&draft.content),
        to_json(&draft.faults),
        at,
    ];
    batch.change_one(&SAVE_DRAFT, key);
    store.write(batch).await
}

/// Adds the end of a draft to a batch, which holds only if nobody saved it meanwhile.
pub(crate) fn end_draft(batch: &mut Batch, draft: &Draft) {
    batch.change_one(&END_DRAFT, params![draft.applicant.as_i64(), draft.subject.word(), draft.version]);
}

/// Notes that the applicant was asked to sign a draft.
pub(crate) async fn add_signing(store: &Store, draft: &Draft, signing: &Signing) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    batch.change_one(
        &ADD_SIGNING,
        params![
            draft.applicant.as_i64(),
            draft.subject.word(),
            signing.version,
            signing.submission,
            signing.submitted_at,
            &signing.text,
            &signing.ticket,
        ],
    );
    store.write(batch).await
}

/// The draft of a subject that the applicant was asked to sign.
pub(crate) async fn signing(store: &Store, draft: &Draft) -> Result<Option<Signing>, StoreError> {
    let row = store.read_one(&SIGNING, params![draft.applicant.as_i64(), draft.subject.word()]).await?;
    let whole = |row: Row| {
        Ok(Signing {
            version: row.get(0)?,
            submission: row.get(1)?,
            submitted_at: row.get(2)?,
            text: row.get(3)?,
            ticket: row.get(4)?,
        })
    };
    row.map(whole).transpose()
}

/// The applicant is asked no longer to sign a draft.
pub(crate) async fn end_signing(store: &Store, draft: &Draft, signing: &Signing) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    batch.change(&END_SIGNING, params![draft.applicant.as_i64(), draft.subject.word(), &signing.ticket]);
    store.write(batch).await
}

/// Forgets a draft; nothing happens when there is none.
pub(crate) async fn forget_draft(
    store: &Store,
    applicant: PersonalNumber,
    subject: &Subject,
) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    batch.change(&FORGET_DRAFT, params![applicant.as_i64(), subject.word()]);
    store.write(batch).await
}

/// Adds to a batch that a draft is forgotten if nobody saved it since it was read.
pub(crate) fn expire_draft(batch: &mut Batch, draft: &Draft) {
    batch.change(&EXPIRE_DRAFT, params![draft.applicant.as_i64(), draft.subject.word(), draft.saved_at]);
}

/// Adds a new dossier on its way to a batch.
pub(crate) fn add_submission(batch: &mut Batch, dossier: &Dossier) {
    batch.change_one(
        &ADD_SUBMISSION,
        params![
            dossier.submission,
            dossier.applicant.as_i64(),
            &dossier.applicant_name,
            &dossier.procedure.code,
            to_json(&dossier.procedure.name),
            &dossier.sent_to,
            &dossier.commune,
            to_json(&dossier.content),
            to_json(&dossier.form),
            dossier.submitted_at,
            dossier.signed.as_ref().map(to_json),
        ],
    );
}

/// A dossier, whoever's it is.
pub(crate) async fn dossier(store: &Store, submission: Uuid) -> Result<Option<Dossier>, StoreError> {
    store.read_one(&DOSSIER, params![submission]).await?.as_ref().map(dossier_from).transpose()
}

/// One's own dossier.
pub(crate) async fn own_dossier(
    store: &Store,
    own: &Own,
    submission: Uuid,
) -> Result<Option<Dossier>, StoreError> {
    let row = store.read_one(&OWN_DOSSIER, params![submission, own.person().as_i64()]).await?;
    row.as_ref().map(dossier_from).transpose()
}

/// One's own dossiers, the latest first.
pub(crate) async fn own_dossiers(store: &Store, own: &Own) -> Result<Vec<Dossier>, StoreError> {
    let rows = store.read(&OWN_DOSSIERS, params![own.person().as_i64(), LIST_LIMIT_ROWS]).await?;
    rows.iter().map(dossier_from).collect()
}

/// Adds to a batch that a refused dossier was handed in anew.
pub(crate) fn replace(batch: &mut Batch, refused: &Dossier, by: Uuid) {
    let key = params![refused.submission, refused.applicant.as_i64(), refused.version, by];
    batch.change_one(&REPLACE, key);
}

/// Adds the answer to a notice to a batch.
pub(crate) fn answer_notice(
    batch: &mut Batch,
    dossier: &Dossier,
    content: &Content,
    form: &Form,
    notice: u32,
) {
    batch.change_one(
        &ANSWER_NOTICE,
        params![
            dossier.submission,
            dossier.applicant.as_i64(),
            dossier.version,
            to_json(content),
            to_json(form),
            notice
        ],
    );
}

/// Adds taking a dossier back to a batch.
pub(crate) fn withdraw(batch: &mut Batch, dossier: &Dossier) {
    batch.change_one(&WITHDRAW, params![dossier.submission, dossier.applicant.as_i64(), dossier.version]);
}

/// Notes how it went.
pub(crate) async fn rate(
    store: &Store,
    dossier: &Dossier,
    rating: u8,
    words: &str,
    at: Timestamp,
) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    let applicant = dossier.applicant.as_i64();
    batch.change_one(&RATE, params![dossier.submission, applicant, rating, words, at]);
    store.write(batch).await
}

/// Adds to a batch that the one-door took what was brought.
pub(crate) fn errand_done(batch: &mut Batch, submission: Uuid, errand: Errand) {
    batch.change_one(&ERRAND_DONE, params![submission, errand]);
}

/// Adds to a batch that the one-door refused what was brought.
pub(crate) fn errand_refused(batch: &mut Batch, submission: Uuid, errand: Errand, problem: &Problem) {
    batch.change_one(&ERRAND_REFUSED, params![submission, errand, to_json(problem)]);
}

/// Adds a report to a batch, for the time line.
pub(crate) fn add_report(batch: &mut Batch, reported: &DossierStanding) {
    batch.change(
        &ADD_REPORT,
        params![
            reported.submission,
            reported.revision,
            reported.state.number(),
            reported.at,
            reported.note.clone()
        ],
    );
}

/// Adds to a batch what a newer report says; it holds only if the report still is the newest.
pub(crate) fn bring_up_to_date(batch: &mut Batch, reported: &DossierStanding) {
    batch.change_one(
        &BRING_UP_TO_DATE,
        params![
            reported.submission,
            reported.revision,
            reported.state.number(),
            reported.at,
            reported.dossier.clone(),
            reported.due_at,
            reported.note.clone(),
            reported.notice,
            to_json(&reported.facts),
        ],
    );
}

/// Adds a document to a batch.
pub(crate) fn keep_document(
    batch: &mut Batch,
    id: Uuid,
    submission: Uuid,
    document: &Document,
    at: Timestamp,
) {
    batch.change_one(
        &KEEP_DOCUMENT,
        params![
            id,
            submission,
            &document.component,
            &document.name,
            &document.media_type,
            &document.content,
            at
        ],
    );
}

/// The time line of one's own dossier.
pub(crate) async fn time_line(store: &Store, dossier: &Dossier) -> Result<Vec<Report>, StoreError> {
    let rows = store
        .read(&TIME_LINE, params![dossier.submission, dossier.applicant.as_i64(), LIST_LIMIT_ROWS])
        .await?;
    rows.iter()
        .rev()
        .map(|row| Ok(Report { state: state_from(row, 0)?, at: row.get(1)?, note: row.get(2)? }))
        .collect()
}

/// The documents of one's own dossier.
pub(crate) async fn documents(store: &Store, dossier: &Dossier) -> Result<Vec<DocumentLine>, StoreError> {
    let rows = store
        .read(&DOCUMENTS, params![dossier.submission, dossier.applicant.as_i64(), LIST_LIMIT_ROWS])
        .await?;
    let line =
        |row: &Row| Ok(DocumentLine { document: row.get(0)?, component: row.get(1)?, name: row.get(2)? });
    rows.iter().map(line).collect()
}

/// One document of one's own dossier.
pub(crate) async fn document(
    store: &Store,
    own: &Own,
    submission: Uuid,
    document: Uuid,
) -> Result<Option<Document>, StoreError> {
    let row = store.read_one(&DOCUMENT, params![document, submission, own.person().as_i64()]).await?;
    let whole = |row: Row| {
        Ok(Document {
            component: row.get(0)?,
            name: row.get(1)?,
            media_type: row.get(2)?,
            content: row.get(3)?,
        })
    };
    row.map(whole).transpose()
}

/// What the figures are made from.
pub(crate) async fn count(store: &Store) -> Result<Counts, StoreError> {
    let mut counts = Counts::default();
    for row in store.read(&COUNT_BY_STATE, params![]).await? {
        let count: i64 = row.get(1)?;
        counts.by_state.push((state_from(&row, 0)?, count));
        counts.submitted += count;
    }
    if let Some(row) = store.read_one(&COUNT_SENDING, params![]).await? {
        counts.sending = row.get(0)?;
    }
    if let Some(row) = store.read_one(&COUNT_RATINGS, params![]).await? {
        (counts.ratings, counts.ratings_sum) = (row.get(0)?, row.get(1)?);
    }
    Ok(counts)
}

fn draft_from(row: &Row) -> Result<Draft, StoreError> {
    let subject: String = row.get(1)?;
    Ok(Draft {
        applicant: number_from(row, 0)?,
        subject: Subject::parse(&subject).ok_or_else(|| damaged(1, "a draft's subject"))?,
        procedure: ProcedureName { code: row.get(2)?, name: from_json(row, 3)? },
        content: from_json(row, 4)?,
        faults: from_json::<Vec<FieldProblem>>(row, 5)?,
        version: row.get(6)?,
        saved_at: row.get(7)?,
    })
}

fn dossier_from(row: &Row) -> Result<Dossier, StoreError> {
    let refusal = match row.get::<Option<Errand>>(12)? {
        Some(errand) => Some(Refusal { errand, problem: from_json(row, 13)? }),
        None => None,
    };
    Ok(Dossier {
        submission: row.get(0)?,
        applicant: number_from(row, 1)?,
        applicant_name: row.get(2)?,
        procedure: ProcedureName { code: row.get(3)?, name: from_json(row, 4)? },
        sent_to: row.get(5)?,
        commune: row.get(6)?,
        content: from_json(row, 7)?,
        form: from_json(row, 8)?,
        submitted_at: row.get(9)?,
        signed: row.get::<Option<String>>(26)?.map(|_| from_json(row, 26)).transpose()?,
        is_delivered: row.get(10)?,
        errand: row.get(11)?,
        refusal,
        replaced_by: row.get(14)?,
        answered_notice: row.get(15)?,
        standing: standing_from(row)?,
        rating: row.get(23)?,
        version: row.get(24)?,
    })
}

fn standing_from(row: &Row) -> Result<Option<Standing>, StoreError> {
    let Some(revision) = row.get::<Option<u32>>(16)? else { return Ok(None) };
    Ok(Some(Standing {
        revision,
        state: state_from(row, 17)?,
        at: row.get(18)?,
        dossier: row.get(19)?,
        due_at: row.get(20)?,
        note: row.get(21)?,
        notice: row.get(22)?,
        facts: from_json(row, 25)?,
    }))
}

fn state_from(row: &Row, column: usize) -> Result<DossierState, StoreError> {
    DossierState::from_number(row.get(column)?)
        .ok_or_else(|| damaged(column, "a number of a dossier's state"))
}

fn number_from(row: &Row, column: usize) -> Result<PersonalNumber, StoreError> {
    PersonalNumber::from_i64(row.get(column)?).ok_or_else(|| damaged(column, "a personal number"))
}

fn damaged(column: usize, expected: &'static str) -> StoreError {
    StoreError::WrongType { statement: "a row of the portal", column, expected, found: "something else" }
}

/// Writes what is kept as JSON.
pub(crate) fn to_json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("our own types have only text keys and can be written as JSON")
}

fn from_json<T: DeserializeOwned>(row: &Row, column: usize) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| damaged(column, "JSON of the form this program writes"))
}
