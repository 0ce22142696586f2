//! Reading and writing of the store. All SQL of the system stands here.

mod annulments;
mod books;
mod certificates;
mod entries;

pub(crate) use annulments::*;
pub(crate) use books::*;
pub(crate) use certificates::*;
pub(crate) use entries::*;

use crate::model::{Application, ApplicationState, Decision, DecisionKind, Official, UnitNames};
use contracts::civil_status::BirthApplication;
use jiff::Timestamp;
use store::{Batch, Migration, Row, Schema, Statement, Store, StoreError, params, statements};
use system::Area;
use uuid::Uuid;

/// How many applications a work list shows at a time.
pub(crate) const WORK_LIST_LIMIT_ROWS: u32 = 100;

statements! {
    /// Files an application for the first time.
    FILE_APPLICATION = "INSERT INTO applications
        (application, dossier, received_by, commune, due_at, content, units, child_key, late, state, version, filed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'waiting', 1, $10)";
    /// Files what an application that was sent back has become.
    FILE_AGAIN = "UPDATE applications SET commune = $3, due_at = $4, content = $5, units = $6, child_key = $7, late = $8,
        state = 'waiting', version = version + 1, filed_at = $9, obstacle = NULL
        WHERE application = $1 AND version = $2 AND state = 'returned'";
    /// The application of a dossier.
    APPLICATION_OF_DOSSIER = "SELECT application, version, state, late, content, units, obstacle FROM applications WHERE dossier = $1";
    /// One application.
    APPLICATION = "SELECT application, version, state, late, content, units, obstacle FROM applications WHERE application = $1";
    /// The dossier under which a child is registered or waiting to be.
    DOSSIER_OF_CHILD = "SELECT dossier FROM applications
        WHERE child_key = $1 AND state IN ('waiting', 'registering', 'registered')";
    /// What waits for the registrar of a commune, most urgent first.
    WORK_LIST = "SELECT application, version, state, late, content, units, obstacle FROM applications
        WHERE commune = $1 AND state = 'waiting' ORDER BY due_at, application LIMIT $2";
    /// How many wait for the registrar of a commune.
    WAITING_IN_COMMUNE = "SELECT count(*) FROM applications WHERE commune = $1 AND state = 'waiting'";
    /// Decides one version of an application.
    DECIDE = "UPDATE applications SET state = $3, version = version + 1, obstacle = NULL
        WHERE application = $1 AND version = $2 AND state = 'waiting'";
    /// Notes the decision, with what was decided on.
    ADD_DECISION = "INSERT INTO decisions
        (application, version, kind, reason, content, decided_by, decided_by_name, decided_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// The decision on one version.
    DECISION = "SELECT kind, reason, decided_by, decided_by_name, decided_at FROM decisions
        WHERE application = $1 AND version = $2";
    /// The last decision on an application.
    LAST_DECISION = "SELECT kind, reason, decided_by, decided_by_name, decided_at FROM decisions
        WHERE application = $1 ORDER BY version DESC LIMIT 1";
    /// A decided registration comes back to the registrar.
    COME_BACK = "UPDATE applications SET state = 'waiting', version = version + 1, obstacle = $2
        WHERE application = $1 AND state = 'registering'";
    /// The application's entry is in the book.
    MARK_REGISTERED = "UPDATE applications SET state = 'registered', version = version + 1
        WHERE application = $1 AND state = 'registering'";
    /// How many applications stand where, and how many of them are late.
    COUNT_APPLICATIONS = "SELECT state, count(*), CAST(sum(late) AS BIGINT) FROM applications GROUP BY state";
}

/// The statements stand in the module of what they are about; the schema needs them as one list.
const LISTS: [&[&Statement]; 5] =
    [STATEMENTS, annulments::STATEMENTS, books::STATEMENTS, certificates::STATEMENTS, entries::STATEMENTS];
const STATEMENT_COUNT: usize = {
    let mut count = 0;
    let mut list = 0;
    while list < LISTS.len() {
        count += LISTS[list].len();
        list += 1;
    }
    count
};

static ALL_STATEMENTS: [&Statement; STATEMENT_COUNT] = {
    let mut all: [&Statement; STATEMENT_COUNT] = [&APPLICATION; STATEMENT_COUNT];
    let (mut list, mut place) = (0, 0);
    while list < LISTS.len() {
        let mut index = 0;
        while index < LISTS[list].len() {
            all[place] = LISTS[list][index];
            (index, place) = (index + 1, place + 1);
        }
        list += 1;
    }
    all
};

/// The system's tables and statements.
pub static SCHEMA: Schema = Schema {
    system: contracts::civil_status::SYSTEM,
    migrations: &[
        Migration { number: 1, name: "register", sql: include_str!("../migrations/0001_register.sql") },
        Migration { number: 2, name: "annulments", sql: include_str!("../migrations/0002_annulments.sql") },
    ],
    statements: &ALL_STATEMENTS,
};

/// An application about to be filed.
#[derive(Debug, Clone)]
pub(crate) struct Filing<'a> {
    /// Its identifier.
    pub(crate) application: Uuid,
    /// What is filed.
    pub(crate) content: &'a BirthApplication,
    /// Names of the units it mentions.
    pub(crate) units: &'a UnitNames,
    /// What tells that another application speaks of the same child.
    pub(crate) child_key: Option<String>,
    /// Registered late.
    pub(crate) late: bool,
    /// When it is filed.
    pub(crate) at: Timestamp,
}

/// The batch that files an application for the first time.
pub(crate) fn file(filing: &Filing<'_>) -> Batch {
    let content = filing.content;
    let mut batch = Batch::new();
    batch.change_one(
        &FILE_APPLICATION,
        params![
            filing.application,
            &content.dossier,
            &content.received_by,
            &content.commune,
            content.due_at,
            to_json(content),
            to_json(filing.units),
            filing.child_key.clone(),
            filing.late,
            filing.at,
        ],
    );
    batch
}

/// The batch that files again what was sent back in `version`.
pub(crate) fn file_again(filing: &Filing<'_>, version: i64) -> Batch {
    let content = filing.content;
    let mut batch = Batch::new();
    batch.change_one(
        &FILE_AGAIN,
        params![
            filing.application,
            version,
            &content.commune,
            content.due_at,
            to_json(content),
            to_json(filing.units),
            filing.child_key.clone(),
            filing.late,
            filing.at,
        ],
    );
    batch
}

/// The application of a dossier.
pub(crate) async fn application_of_dossier(
    store: &Store,
    dossier: &str,
) -> Result<Option<Application>, StoreError> {
    store
        .read_one(&APPLICATION_OF_DOSSIER, params![dossier])
        .await?
        .as_ref()
        .map(application_from)
        .transpose()
}

/// One application.
pub(crate) async fn application(store: &Store, application: Uuid) -> Result<Option<Application>, StoreError> {
    store.read_one(&APPLICATION, params![application]).await?.as_ref().map(application_from).transpose()
}

/// The dossier under which a child is registered or waiting to be.
pub(crate) async fn dossier_of_child(store: &Store, child_key: &str) -> Result<Option<String>, StoreError> {
    store.read_one(&DOSSIER_OF_CHILD, params![child_key]).await?.map(|row| row.get(0)).transpose()
}

/// What waits in an area, most urgent first, and how many wait in all.
pub(crate) async fn work_list(store: &Store, area: &Area) -> Result<(Vec<Application>, i64), StoreError> {
    let rows = store.read(&WORK_LIST, params![area.unit(), WORK_LIST_LIMIT_ROWS]).await?;
    let waiting = match store.read_one(&WAITING_IN_COMMUNE, params![area.unit()]).await? {
        Some(row) => row.get(0)?,
        None => 0,
    };
    Ok((rows.iter().map(application_from).collect::<Result<_, _>>()?, waiting))
}

/// Adds a decision on an application to a batch, which holds only if nobody decided or filed meanwhile.
pub(crate) fn decide(batch: &mut Batch, application: &Application, decision: &Decision) {
    batch
        .change_one(&DECIDE, params![application.application, application.version, decision.kind.leads_to()]);
    batch.change_one(
        &ADD_DECISION,
        params![
            application.application,
            application.version,
            decision.kind,
            &decision.reason,
            to_json(&application.content),
            &decision.by.account,
            &decision.by.name,
            decision.at,
        ],
    );
}

/// The decision on one version of an application.
pub(crate) async fn decision(
    store: &Store,
    application: Uuid,
    version: i64,
) -> Result<Option<Decision>, StoreError> {
    store.read_one(&DECISION, params![application, version]).await?.as_ref().map(decision_from).transpose()
}

/// The last decision on an application.
pub(crate) async fn last_decision(store: &Store, application: Uuid) -> Result<Option<Decision>, StoreError> {
    store.read_one(&LAST_DECISION, params![application]).await?.as_ref().map(decision_from).transpose()
}

/// How many applications stand where, each with how many of them are late.
pub(crate) async fn count_applications(
    store: &Store,
) -> Result<Vec<(ApplicationState, i64, i64)>, StoreError> {
    let rows = store.read(&COUNT_APPLICATIONS, params![]).await?;
    rows.iter().map(|row| Ok((row.get(0)?, row.get(1)?, row.get(2)?))).collect()
}

fn application_from(row: &Row) -> Result<Application, StoreError> {
    Ok(Application {
        application: row.get(0)?,
        version: row.get(1)?,
        state: row.get(2)?,
        late: row.get(3)?,
        content: from_json(row, 4)?,
        units: from_json(row, 5)?,
        obstacle: row.get::<Option<String>>(6)?.map(|_| from_json(row, 6)).transpose()?,
    })
}

fn decision_from(row: &Row) -> Result<Decision, StoreError> {
    let kind: DecisionKind = row.get(0)?;
    let by = Official { account: row.get(2)?, name: row.get(3)? };
    Ok(Decision { kind, reason: row.get(1)?, by, at: row.get(4)? })
}

/// Writes what is kept as JSON.
pub(crate) fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("our own types have only text keys and can be written as JSON")
}

/// Reads what is kept as JSON.
fn from_json<T: serde::de::DeserializeOwned>(row: &Row, column: usize) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| StoreError::WrongType {
        statement: "a column of JSON",
        column,
        expected: "JSON of the form this program writes",
        found: "other text",
    })
}
