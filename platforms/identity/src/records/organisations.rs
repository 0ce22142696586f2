//! Accounts of organisations, applications for them, and what is done in their name.

use super::{damaged, grant_from};
use crate::model::{
    Decision, Grant, Organisation, OrganisationAct, OrganisationApplication, OrganisationDeed,
    OrganisationState,
};
use contracts::PersonalNumber;
use jiff::{Timestamp, civil::Date};
use store::{Batch, Row, Store, StoreError, params, statements};
use uuid::Uuid;

/// Rows of one page of any of these lists.
pub(crate) const ORGANISATION_PAGE_ROWS: usize = 50;

macro_rules! select_organisation {
    ($rest:literal) => {
        concat!(
            "SELECT organisations.id, organisations.code, organisations.name, organisations.representative,
                organisations.representation, organisations.state, organisations.version, organisations.opened_at
                FROM organisations ",
            $rest
        )
    };
}

macro_rules! select_application {
    ($rest:literal) => {
        concat!(
            "SELECT organisation_applications.id, account, accounts.person, accounts.name, code, organisation_applications.name,
                basis, applied_at, unit, document, checked_by, outcome, reason
                FROM organisation_applications JOIN accounts ON accounts.id = organisation_applications.account ",
            $rest
        )
    };
}

statements! {
    /// Opens an account.
    OPEN_ORGANISATION = "INSERT INTO organisations (id, code, name, representative, representation, state, version, opened_at,
        changed_at) VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $7)";
    /// An account.
    ORGANISATION = select_organisation!("WHERE id = $1");
    /// The account of a code, if it is not closed.
    ORGANISATION_WITH_CODE = select_organisation!("WHERE code = $1 AND state <> 'closed'");
    /// The accounts that somebody represents, behind one.
    ORGANISATIONS_OF = select_organisation!("WHERE representative = $1 AND id > $2 ORDER BY id LIMIT $3");
    /// Changes an account that stands as it was read.
    CHANGE_ORGANISATION = "UPDATE organisations SET representative = $3, representation = $4, state = $5, changed_at = $6,
        version = version + 1 WHERE id = $1 AND version = $2";
    /// An account that is active, as it was read.
    ORGANISATION_STANDS = "SELECT id FROM organisations WHERE id = $1 AND version = $2 AND state = 'active'";
    /// The accounts that somebody acts for on a day, as who represents them or as an employee, by code.
    ORGANISATIONS_ACTED_FOR = "SELECT organisations.id, organisations.code, organisations.name FROM mandates AS own
        JOIN organisations ON organisations.representation = own.id WHERE own.holder = $1 AND organisations.state = 'active'
        AND own.from_day <= $2 AND (own.until_day IS NULL OR own.until_day > $2)
        UNION SELECT organisations.id, organisations.code, organisations.name FROM mandates AS given
        JOIN organisations ON organisations.id = given.organisation JOIN mandates AS own ON own.id = organisations.representation
        WHERE given.holder = $1 AND organisations.state = 'active'
        AND given.from_day <= $2 AND (given.until_day IS NULL OR given.until_day > $2)
        AND own.from_day <= $2 AND (own.until_day IS NULL OR own.until_day > $2)
        ORDER BY 2 LIMIT $3";
    /// One of them.
    ACTS_FOR = "SELECT organisations.code, organisations.name FROM organisations
        JOIN mandates AS own ON own.id = organisations.representation
        WHERE organisations.id = $1 AND organisations.state = 'active'
        AND own.from_day <= $3 AND (own.until_day IS NULL OR own.until_day > $3)
        AND (own.holder = $2 OR organisations.id IN (SELECT given.organisation FROM mandates AS given WHERE given.holder = $2
            AND given.organisation = $1 AND given.from_day <= $3 AND (given.until_day IS NULL OR given.until_day > $3)))";

    /// Applies.
    APPLY_FOR_ORGANISATION = "INSERT INTO organisation_applications (id, account, code, name, basis, applied_at)
        VALUES ($1, $2, $3, $4, $5, $6)";
    /// An application that is not decided.
    APPLICATION = select_application!("WHERE organisation_applications.id = $1 AND outcome IS NULL");
    /// The application of a person for a code, if it is not decided.
    APPLICATION_FOR = select_application!("WHERE accounts.person = $1 AND code = $2 AND outcome IS NULL");
    /// The applications of an account, the latest first, before one.
    APPLICATIONS_OF = select_application!("WHERE account = $1 AND organisation_applications.id < $2
        ORDER BY organisation_applications.id DESC LIMIT $3");
    /// The applications that wait at an office for a second official, behind one.
    APPLICATIONS_CHECKED = select_application!("WHERE unit = $1 AND outcome IS NULL AND checked_at IS NOT NULL
        AND organisation_applications.id > $2 ORDER BY organisation_applications.id LIMIT $3");
    /// The first official has checked an application.
    CHECK_APPLICATION = "UPDATE organisation_applications SET unit = $2, document = $3, checked_by = $4, checked_at = $5
        WHERE id = $1 AND outcome IS NULL AND checked_at IS NULL";
    /// A second official approves what the first checked in the same office.
    APPROVE_APPLICATION = "UPDATE organisation_applications SET outcome = 'approved', decided_by = $2, decided_at = $3
        WHERE id = $1 AND outcome IS NULL AND unit = $4 AND checked_by <> $2";
    /// An official refuses, before it was checked anywhere or in the office that has checked it.
    REFUSE_APPLICATION = "UPDATE organisation_applications SET outcome = 'refused', reason = $5, decided_by = $2, decided_at = $3
        WHERE id = $1 AND outcome IS NULL AND (unit IS NULL OR unit = $4)";
    /// Who applied takes it back.
    WITHDRAW_APPLICATION = "UPDATE organisation_applications SET outcome = 'withdrawn', decided_by = $3, decided_at = $4
        WHERE id = $1 AND account = $2 AND outcome IS NULL";

    /// Adds to the history of an account.
    NOTE_ORGANISATION_DEED = "INSERT INTO organisation_deeds (id, organisation, at, act, done_by, about)
        VALUES ($1, $2, $3, $4, $5, $6)";
    /// Its history before a line, latest first.
    ORGANISATION_DEEDS = "SELECT id, at, act, done_by, about FROM organisation_deeds
        WHERE organisation = $1 AND id < $2 ORDER BY id DESC LIMIT $3";

    /// What services are used in its name at a time, behind one.
    USES = "SELECT grants.id, account, client, session, content, grants.opened_at, expires_at, revoked_at, accounts.name,
        accounts.person FROM grants JOIN accounts ON accounts.id = grants.account
        WHERE organisation = $1 AND revoked_at IS NULL AND expires_at > $2 AND grants.id > $3 ORDER BY grants.id LIMIT $4";
    /// One of these.
    USE = "SELECT grants.id, account, client, session, content, grants.opened_at, expires_at, revoked_at, accounts.name,
        accounts.person FROM grants JOIN accounts ON accounts.id = grants.account WHERE organisation = $1 AND grants.id = $2";
}

/// A place before all others in the order of identifiers.
pub(crate) const FIRST: Uuid = Uuid::nil();
/// A place behind all others.
pub(crate) const LAST: Uuid = Uuid::max();

fn page_limit() -> i64 {
    i64::try_from(ORGANISATION_PAGE_ROWS + 1).unwrap_or(i64::MAX)
}

/// Opens an account.
pub(crate) fn open_organisation(batch: &mut Batch, organisation: &Organisation) {
    batch.change_one(
        &OPEN_ORGANISATION,
        params![
            organisation.id,
            &organisation.code,
            &organisation.name,
            organisation.representative,
            organisation.representation,
            organisation.state.code(),
            organisation.opened_at,
        ],
    );
}

/// Changes representative and state of an account that stands as it was read.
pub(crate) fn change_organisation(batch: &mut Batch, changed: &Organisation, at: Timestamp) {
    batch.change_one(
        &CHANGE_ORGANISATION,
        params![
            changed.id,
            changed.version,
            changed.representative,
            changed.representation,
            changed.state.code(),
            at,
        ],
    );
}

/// An account.
pub(crate) async fn organisation(store: &Store, id: Uuid) -> Result<Option<Organisation>, StoreError> {
    store.read_one(&ORGANISATION, params![id]).await?.as_ref().map(organisation_from).transpose()
}

/// The account of a code, if it is not closed.
pub(crate) async fn organisation_with_code(
    store: &Store,
    code: &str,
) -> Result<Option<Organisation>, StoreError> {
    let row = store.read_one(&ORGANISATION_WITH_CODE, params![code]).await?;
    row.as_ref().map(organisation_from).transpose()
}

/// A page of the accounts that somebody represents, behind one, with one more where there are more.
pub(crate) async fn organisations_of(
    store: &Store,
    account: Uuid,
    behind: Uuid,
) -> Result<Vec<Organisation>, StoreError> {
    let rows = store.read(&ORGANISATIONS_OF, params![account, behind, page_limit()]).await?;
    rows.iter().map(organisation_from).collect()
}

fn organisation_from(row: &Row) -> Result<Organisation, StoreError> {
    let state: String = row.get(5)?;
    Ok(Organisation {
        id: row.get(0)?,
        code: row.get(1)?,
        name: row.get(2)?,
        representative: row.get(3)?,
        representation: row.get(4)?,
        state: OrganisationState::from_code(&state).ok_or(damaged("ORGANISATION", 5, "a state"))?,
        version: row.get(6)?,
        opened_at: row.get(7)?,
    })
}

/// An organisation that somebody acts for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct ActedFor {
    pub(crate) id: Uuid,
    pub(crate) code: String,
    pub(crate) name: String,
}

/// The accounts that somebody acts for on a day, by code, at most so many.
pub(crate) async fn organisations_acted_for(
    store: &Store,
    person: PersonalNumber,
    day: Date,
    limit: i64,
) -> Result<Vec<ActedFor>, StoreError> {
    let values = params![person.as_i64(), day, limit];
    let rows = store.read(&ORGANISATIONS_ACTED_FOR, values).await?;
    rows.iter().map(|row| Ok(ActedFor { id: row.get(0)?, code: row.get(1)?, name: row.get(2)? })).collect()
}

/// The account, if somebody acts for it on a day.
pub(crate) async fn acts_for(
    store: &Store,
    organisation: Uuid,
    person: PersonalNumber,
    day: Date,
) -> Result<Option<ActedFor>, StoreError> {
    let row = store.read_one(&ACTS_FOR, params![organisation, person.as_i64(), day]).await?;
    row.map(|row| Ok(ActedFor { id: organisation, code: row.get(0)?, name: row.get(1)? })).transpose()
}

/// Applies.
pub(crate) fn apply_for_organisation(batch: &mut Batch, application: &OrganisationApplication) {
    batch.change_one(
        &APPLY_FOR_ORGANISATION,
        params![
            application.id,
            application.account,
            &application.code,
            &application.name,
            &application.basis,
            application.applied_at,
        ],
    );
}

/// An application that is not decided.
pub(crate) async fn application(
    store: &Store,
    id: Uuid,
) -> Result<Option<OrganisationApplication>, StoreError> {
    store.read_one(&APPLICATION, params![id]).await?.as_ref().map(application_from).transpose()
}

/// The application of a person for a code, if it is not decided.
pub(crate) async fn application_for(
    store: &Store,
    person: PersonalNumber,
    code: &str,
) -> Result<Option<OrganisationApplication>, StoreError> {
    let row = store.read_one(&APPLICATION_FOR, params![person.as_i64(), code]).await?;
    row.as_ref().map(application_from).transpose()
}

/// A page of the applications of an account, the latest first, before one, with one more where there are more.
pub(crate) async fn applications_of(
    store: &Store,
    account: Uuid,
    before: Uuid,
) -> Result<Vec<OrganisationApplication>, StoreError> {
    let rows = store.read(&APPLICATIONS_OF, params![account, before, page_limit()]).await?;
    rows.iter().map(application_from).collect()
}

/// A page of the applications that wait at an office, behind one, with one more where there are more.
pub(crate) async fn applications_checked(
    store: &Store,
    unit: &str,
    behind: Uuid,
) -> Result<Vec<OrganisationApplication>, StoreError> {
    let rows = store.read(&APPLICATIONS_CHECKED, params![unit, behind, page_limit()]).await?;
    rows.iter().map(application_from).collect()
}

fn application_from(row: &Row) -> Result<OrganisationApplication, StoreError> {
    let wrong = |column, expected| damaged("APPLICATION", column, expected);
    let decision = match row.get::<Option<String>>(11)? {
        None => None,
        Some(code) => Some(Decision::from_code(&code).ok_or(wrong(11, "an outcome"))?),
    };
    Ok(OrganisationApplication {
        id: row.get(0)?,
        account: row.get(1)?,
        person: PersonalNumber::from_i64(row.get(2)?).ok_or(wrong(2, "a personal number"))?,
        person_name: row.get(3)?,
        code: row.get(4)?,
        name: row.get(5)?,
        basis: row.get(6)?,
        applied_at: row.get(7)?,
        unit: row.get(8)?,
        document: row.get(9)?,
        checked_by: row.get(10)?,
        decision,
        reason: row.get(12)?,
    })
}

/// Adds to the history of an account.
pub(crate) fn note_organisation_deed(batch: &mut Batch, organisation: Uuid, deed: &OrganisationDeed) {
    batch.change_one(
        &NOTE_ORGANISATION_DEED,
        params![deed.id, organisation, deed.at, deed.act.code(), &deed.done_by, &deed.about],
    );
}

/// A page of the history of an account before a line, latest first, with one more where there are more.
pub(crate) async fn organisation_deeds(
    store: &Store,
    organisation: Uuid,
    before: Uuid,
) -> Result<Vec<OrganisationDeed>, StoreError> {
    let rows = store.read(&ORGANISATION_DEEDS, params![organisation, before, page_limit()]).await?;
    let deed = |row: &Row| -> Result<OrganisationDeed, StoreError> {
        let act: String = row.get(2)?;
        Ok(OrganisationDeed {
            id: row.get(0)?,
            at: row.get(1)?,
            act: OrganisationAct::from_code(&act).ok_or(damaged("ORGANISATION_DEEDS", 2, "an act"))?,
            done_by: row.get(3)?,
            about: row.get(4)?,
        })
    };
    rows.iter().map(deed).collect()
}

/// A service that is used in the name of an organisation, and who uses it.
#[derive(Debug, Clone)]
pub(crate) struct Use {
    pub(crate) grant: Grant,
    pub(crate) name: String,
    pub(crate) person: PersonalNumber,
}

/// A page of what services are used in the name of an account at a time, behind one, with one more where there are more.
pub(crate) async fn uses(
    store: &Store,
    organisation: Uuid,
    now: Timestamp,
    behind: Uuid,
) -> Result<Vec<Use>, StoreError> {
    let rows = store.read(&USES, params![organisation, now, behind, page_limit()]).await?;
    rows.iter().filter_map(|row| use_from(row).transpose()).collect()
}

/// One of these, if it has not ended.
pub(crate) async fn one_use(
    store: &Store,
    organisation: Uuid,
    grant: Uuid,
) -> Result<Option<Use>, StoreError> {
    store.read_one(&USE, params![organisation, grant]).await?.map_or(Ok(None), |row| use_from(&row))
}

fn use_from(row: &Row) -> Result<Option<Use>, StoreError> {
    let person = PersonalNumber::from_i64(row.get(9)?).ok_or(damaged("USES", 9, "a personal number"))?;
    let name = row.get(8)?;
    Ok(grant_from(row)?.map(|grant| Use { grant, name, person }))
}
