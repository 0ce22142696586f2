//! For whom people act.

use super::damaged;
use crate::model::Mandate;
use contracts::{PersonalNumber, identity::MandateKind};
use jiff::{Timestamp, civil::Date};
use store::{Batch, Row, Store, StoreError, params, statements};
use uuid::Uuid;

/// Mandates on one page.
pub(crate) const MANDATES_PAGE_ROWS: usize = 50;

/// The columns of a mandate, in the order [`mandate_from`] reads them.
macro_rules! select_mandate {
    ($rest:literal) => {
        concat!(
            "SELECT mandates.id, mandates.holder, mandates.kind, mandates.subject, mandates.subject_name, mandates.basis,
                mandates.from_day, mandates.until_day, mandates.registered_by, mandates.organisation
                FROM mandates LEFT JOIN organisations ON organisations.id = mandates.organisation
                LEFT JOIN mandates AS own ON own.id = organisations.representation ",
            $rest
        )
    };
}

statements! {
    /// Notes a mandate; one that is noted already stays as it is.
    NOTE_MANDATE = "INSERT INTO mandates (id, holder, kind, subject, subject_name, basis, from_day, until_day, registered_by,
        organisation, registered_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11) ON CONFLICT (id) DO NOTHING";
    /// A mandate.
    MANDATE = select_mandate!("WHERE mandates.id = $1");
    /// The mandates of a person that have not ended by a day, behind a place. An employee's ends with the account it hangs on, and
    /// rests while that is not active or represented by nobody. Those of before there were accounts hang on none.
    MANDATES = select_mandate!("WHERE mandates.holder = $1 AND mandates.given_from IS NULL
        AND (mandates.until_day IS NULL OR mandates.until_day > $2)
        AND (mandates.organisation IS NULL
            OR (organisations.state = 'active' AND (own.until_day IS NULL OR own.until_day > $2)))
        AND (mandates.from_day, mandates.id) > ($3, $4) ORDER BY mandates.from_day, mandates.id LIMIT $5");
    /// The mandate of a person for their child, if it has not ended by a day.
    CHILD_MANDATE = "SELECT id FROM mandates WHERE holder = $1 AND kind = 'child' AND subject = $2
        AND (until_day IS NULL OR until_day > $3) LIMIT 1";
    /// What another system than this says of a person who represents an organisation on a day.
    REPRESENTATION_BY_REGISTER = select_mandate!("WHERE mandates.holder = $1 AND mandates.kind = 'organisation'
        AND mandates.subject = $2 AND mandates.registered_by <> $4 AND mandates.from_day <= $3
        AND (mandates.until_day IS NULL OR mandates.until_day > $3) ORDER BY mandates.from_day, mandates.id LIMIT 1");
    /// The mandates of employees that hang on an account and have not ended by a day, behind a place.
    MANDATES_OF_ORGANISATION = select_mandate!("WHERE mandates.organisation = $1
        AND (mandates.until_day IS NULL OR mandates.until_day > $2)
        AND (mandates.from_day, mandates.id) > ($3, $4) ORDER BY mandates.from_day, mandates.id LIMIT $5");
    /// A mandate that somebody holds on a day.
    MANDATE_IN_FORCE = "SELECT id FROM mandates WHERE id = $1 AND holder = $2 AND from_day <= $3
        AND (until_day IS NULL OR until_day > $3)";
    /// Ends an employee's mandate, not later than it would have ended anyway.
    END_MANDATE_GIVEN = "UPDATE mandates SET until_day = $2 WHERE id = $1 AND organisation = $3
        AND (until_day IS NULL OR until_day > $2)";
    /// Ends all employees' mandates that hang on an account.
    END_MANDATES_GIVEN = "UPDATE mandates SET until_day = $2 WHERE organisation = $1 AND (until_day IS NULL OR until_day > $2)";
    /// Ends a mandate, not later than it would have ended anyway.
    END_MANDATE = "UPDATE mandates SET until_day = $2 WHERE id = $1 AND registered_by = $3
        AND (until_day IS NULL OR until_day > $2)";
}

/// A place in the order of mandates: the first day and the identifier.
pub(crate) type MandatePlace = (Date, Uuid);

/// The place before all.
const BEFORE_ALL: MandatePlace = (Date::MIN, Uuid::nil());

/// The place of a mandate.
pub(crate) fn mandate_place(mandate: &Mandate) -> MandatePlace {
    (mandate.from, mandate.id)
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
            mandate.organisation,
            at,
        ],
    );
}

/// A mandate.
pub(crate) async fn mandate(store: &Store, id: Uuid) -> Result<Option<Mandate>, StoreError> {
    store.read_one(&MANDATE, params![id]).await?.as_ref().map(mandate_from).transpose()
}

fn page_limit() -> i64 {
    i64::try_from(MANDATES_PAGE_ROWS + 1).unwrap_or(i64::MAX)
}

/// A page of the mandates of a person that have not ended by a day, behind a place, with one more where there are more.
pub(crate) async fn mandates(
    store: &Store,
    holder: PersonalNumber,
    day: Date,
    behind: Option<MandatePlace>,
) -> Result<Vec<Mandate>, StoreError> {
    let (from, id) = behind.unwrap_or(BEFORE_ALL);
    let rows = store.read(&MANDATES, params![holder.as_i64(), day, from, id, page_limit()]).await?;
    rows.iter().map(mandate_from).collect()
}

/// All of them.
pub(crate) async fn all_mandates(
    store: &Store,
    holder: PersonalNumber,
    day: Date,
) -> Result<Vec<Mandate>, StoreError> {
    let mut all: Vec<Mandate> = Vec::new();
    loop {
        let page = mandates(store, holder, day, all.last().map(mandate_place)).await?;
        let is_last = page.len() <= MANDATES_PAGE_ROWS;
        all.extend(page);
        if is_last {
            return Ok(all);
        }
    }
}

/// The person acts for this child, and goes on after a day.
pub(crate) async fn acts_for_child(
    store: &Store,
    holder: PersonalNumber,
    child: &str,
    day: Date,
) -> Result<bool, StoreError> {
    Ok(store.read_one(&CHILD_MANDATE, params![holder.as_i64(), child, day]).await?.is_some())
}

/// What another system than `own` says of a person who represents the organisation with a code on a day.
pub(crate) async fn representation_by_register(
    store: &Store,
    holder: PersonalNumber,
    code: &str,
    day: Date,
    own: &str,
) -> Result<Option<Mandate>, StoreError> {
    let values = params![holder.as_i64(), code, day, own];
    store.read_one(&REPRESENTATION_BY_REGISTER, values).await?.as_ref().map(mandate_from).transpose()
}

/// A page of the employees' mandates that hang on an account and have not ended by a day, behind a place, with one more where
/// there are more.
pub(crate) async fn mandates_of_organisation(
    store: &Store,
    organisation: Uuid,
    day: Date,
    behind: Option<MandatePlace>,
) -> Result<Vec<Mandate>, StoreError> {
    let (from, id) = behind.unwrap_or(BEFORE_ALL);
    let values = params![organisation, day, from, id, page_limit()];
    store.read(&MANDATES_OF_ORGANISATION, values).await?.iter().map(mandate_from).collect()
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
        organisation: row.get(9)?,
    })
}

fn kind_code(kind: MandateKind) -> &'static str {
    match kind {
        MandateKind::Child => "child",
        MandateKind::Represented => "represented",
        MandateKind::Organisation => "organisation",
    }
}
