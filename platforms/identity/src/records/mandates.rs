//! For whom people act.

use super::damaged;
use crate::model::Mandate;
use contracts::{PersonalNumber, identity::MandateKind};
use jiff::{Timestamp, civil::Date};
use store::{Batch, Row, Store, StoreError, params, statements};
use uuid::Uuid;

/// The most mandates of one person that are read.
const LIMIT_ROWS: i64 = 500;

/// The columns of a mandate, in the order [`mandate_from`] reads them.
macro_rules! select_mandate {
    ($rest:literal) => {
        concat!(
            "SELECT mandates.id, mandates.holder, mandates.kind, mandates.subject, mandates.subject_name, mandates.basis,
                mandates.from_day, mandates.until_day, mandates.registered_by, mandates.given_from
                FROM mandates LEFT JOIN mandates AS giver ON giver.id = mandates.given_from ",
            $rest
        )
    };
}

statements! {
    /// Notes a mandate; one that is noted already stays as it is.
    NOTE_MANDATE = "INSERT INTO mandates (id, holder, kind, subject, subject_name, basis, from_day, until_day, registered_by,
        given_from, registered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING";
    /// A mandate.
    MANDATE = select_mandate!("WHERE mandates.id = $1");
    /// The mandates of a person that have not ended by a day, nor has the one they were given from.
    MANDATES = select_mandate!("WHERE mandates.holder = $1 AND (mandates.until_day IS NULL OR mandates.until_day > $2)
        AND (giver.until_day IS NULL OR giver.until_day > $2) ORDER BY mandates.from_day, mandates.id LIMIT $3");
    /// The mandates that somebody gave and that have not ended by a day.
    MANDATES_GIVEN = select_mandate!("WHERE giver.holder = $1 AND (mandates.until_day IS NULL OR mandates.until_day > $2)
        AND (giver.until_day IS NULL OR giver.until_day > $2) ORDER BY mandates.from_day, mandates.id LIMIT $3");
    /// A mandate that somebody holds on a day.
    MANDATE_IN_FORCE = "SELECT id FROM mandates WHERE id = $1 AND holder = $2 AND from_day <= $3
        AND (until_day IS NULL OR until_day > $3)";
    /// Ends a mandate that somebody gave, not later than it would have ended anyway.
    END_MANDATE_GIVEN = "UPDATE mandates SET until_day = $2 WHERE id = $1 AND (until_day IS NULL OR until_day > $2)
        AND given_from IN (SELECT own.id FROM mandates AS own WHERE own.holder = $3)";
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
            mandate.given_from,
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

/// The mandates that somebody gave and that have not ended by a day.
pub(crate) async fn mandates_given(
    store: &Store,
    giver: PersonalNumber,
    day: Date,
) -> Result<Vec<Mandate>, StoreError> {
    let rows = store.read(&MANDATES_GIVEN, params![giver.as_i64(), day, LIMIT_ROWS]).await?;
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
        given_from: row.get(9)?,
    })
}

fn kind_code(kind: MandateKind) -> &'static str {
    match kind {
        MandateKind::Child => "child",
        MandateKind::Represented => "represented",
        MandateKind::Organisation => "organisation",
    }
}
