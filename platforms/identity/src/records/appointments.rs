//! The first administrators of an agency's officials.

use super::damaged;
use crate::rules::post::ADMINISTRATOR;
use contracts::{PersonalNumber, identity::SYSTEM};
use jiff::{Timestamp, civil::Date};
use store::{Batch, Store, StoreError, params, statements};
use system::SealedRecord;
use uuid::Uuid;

statements! {
    /// Who administers the officials of an agency on a day, or will.
    ADMINISTRATORS_OF = "SELECT holder FROM posts WHERE agency = $1 AND system = $2 AND post = $3
        AND (until_day IS NULL OR until_day > $4) ORDER BY holder LIMIT $5";
    /// The agency has fewer administrators than so many.
    FEWER_ADMINISTRATORS = "SELECT counted.held FROM (SELECT count(*) AS held FROM posts WHERE agency = $1 AND system = $2
        AND post = $3 AND (until_day IS NULL OR until_day > $4)) AS counted WHERE counted.held < $5";
    /// A check by whoever runs the node, with the code it gives. No second official stands behind it, and none is named.
    CHECK_BY_OPERATOR = "INSERT INTO office_checks (id, account, unit, document, checked_by, checked_at, confirmed_at, code_tag)
        VALUES ($1, $2, '', $3, $4, $5, $5, $6)";
    /// Keeps what was done.
    APPOINT = "INSERT INTO appointments (post, content) VALUES ($1, $2)";
    /// What was done, and its seal.
    APPOINTMENT = "SELECT content, seal FROM appointments WHERE post = $1";
    /// Keeps the seal.
    SEAL_APPOINTMENT = "UPDATE appointments SET seal = $2 WHERE post = $1 AND seal IS NULL";
}

/// The most administrators of one agency that are looked at.
const LIMIT_ROWS: i64 = 100;

/// Who administers the officials of an agency on a day, or will.
pub(crate) async fn administrators_of(
    store: &Store,
    agency: &str,
    day: Date,
) -> Result<Vec<PersonalNumber>, StoreError> {
    let rows =
        store.read(&ADMINISTRATORS_OF, params![agency, SYSTEM, ADMINISTRATOR, day, LIMIT_ROWS]).await?;
    let number = |number| {
        PersonalNumber::from_i64(number).ok_or_else(|| damaged("ADMINISTRATORS_OF", 0, "a personal number"))
    };
    rows.iter().map(|row| number(row.get(0)?)).collect()
}

/// Whatever is written holds only while the agency has fewer administrators than `count`.
pub(crate) fn require_fewer_administrators(batch: &mut Batch, agency: &str, day: Date, count: usize) {
    let count = i64::try_from(count).unwrap_or(i64::MAX);
    batch.require(&FEWER_ADMINISTRATORS, params![agency, SYSTEM, ADMINISTRATOR, day, count]);
}

/// Notes that whoever runs the node has checked who an account's owner is, and the code they were given.
pub(crate) fn check_by_operator(
    batch: &mut Batch,
    (id, account): (Uuid, Uuid),
    (document, operator): (&str, &str),
    code_tag: [u8; 32],
    at: Timestamp,
) {
    batch.change_one(&CHECK_BY_OPERATOR, params![id, account, document, operator, at, code_tag]);
}

/// What was done when somebody was appointed, and its seal where it is sealed.
pub(crate) async fn appointment(
    store: &Store,
    post: Uuid,
) -> Result<Option<(String, Option<String>)>, StoreError> {
    let Some(row) = store.read_one(&APPOINTMENT, params![post]).await? else { return Ok(None) };
    Ok(Some((row.get(0)?, row.get(1)?)))
}

/// Keeps the seal of an appointment.
pub(crate) fn seal_appointment(batch: &mut Batch, post: Uuid, seal: &SealedRecord) {
    batch.change(&SEAL_APPOINTMENT, params![post, serde_json::json!(seal).to_string()]);
}
