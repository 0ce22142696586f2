//! For whom people act.

use super::damaged;
use crate::model::Mandate;
use contracts::{PersonalNumber, identity::MandateKind};
use jiff::{Timestamp, civil::Date};
use store::{Batch, Row, Store, StoreError, params, statements};
use uuid::Uuid;

/// The most mandates of one person that are read.
const LIMIT_ROWS: i64 = 500;

statements! {
    /// Notes a mandate; one that is noted already stays as it is.
    NOTE_MANDATE = "INSERT INTO mandates (id, holder, kind, subject, subject_name, basis, from_day, until_day, registered_by,
        registered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) ON CONFLICT (id) DO NOTHING";
    /// A mandate.
    MANDATE = "SELECT id, holder, kind, subject, subject_name, basis, from_day, until_day, registered_by FROM mandates
        WHERE id = $1";
    /// The mandates of a person that have not ended by a day.
    MANDATES = "SELECT id, holder, kind, subject, subject_name, basis, from_day, until_day, registered_by FROM mandates
        WHERE holder = $1 AND (until_day IS NULL OR until_day > $2) ORDER BY from_day, id LIMIT $3";
    /// Ends a mandate, not later than it would have ended anyway.
    END_MANDATE = "UPDATE mandates SET until_day = $2 WHERE id = $1 AND registered_by = $3
        AND (until_day IS NULL OR until_day > $2)";
}

/// Notes a mandate.
pub(crate) fn note_mandate(batch: &mut Batch, mandate: &Mandate, at: Timestamp) {
    batch.change(
        &NOTE_MANDATE,
        params![
            mandate.id,
            mandate.holder.as_i64(),
            kind_code(mandate.kind),
            &mandate.subject,
            &mandate.subject_name,
            &mandate.basis,
            mandate.from,
            mandate.until,
            &mandate.registered_by,
            at,
        ],
    );
}

/// A mandate.
pub(crate) async fn mandate(store: &Store, id: Uuid) -> Result<Option<Mandate>, StoreError> {
    store.read_one(&MANDATE, params![id]).await?.as_ref().map(mandate_from).transpose()
}

/// The mandates of a person that have not ended by a day.
pub(crate) async fn mandates(
    store: &Store,
    holder: PersonalNumber,
    day: Date,
) -> Result<Vec<Mandate>, StoreError> {
    let rows = store.read(&MANDATES, params![holder.as_i64(), day, LIMIT_ROWS]).await?;
    rows.iter().map(mandate_from).collect()
}

fn mandate_from(row: &Row) -> Result<Mandate, StoreError> {
    let wrong = |column, expected| damaged("MANDATE", column, expected);
    let kind: String = row.get(2)?;
    let kinds = [MandateKind::Child, MandateKind::Represented, MandateKind::Organisation];
    Ok(Mandate {
        id: row.get(0)?,
        holder: PersonalNumber::from_i64(row.get(1)?).ok_or(wrong(1, "a personal number"))?,
        kind: kinds.into_iter().find(|known| kind_code(*known) == kind).ok_or(wrong(2, "a kind"))?,
        subject: row.get(3)?,
        subject_name: row.get(4)?,
        basis: row.get(5)?,
        from: row.get(6)?,
        until: row.get(7)?,
        registered_by: row.get(8)?,
    })
}

fn kind_code(kind: MandateKind) -> &'static str {
    match kind {
        MandateKind::Child => "child",
        MandateKind::Represented => "represented",
        MandateKind::Organisation => "organisation",
    }
}
