//! Reading and writing of the store. All SQL of the system stands here.

mod files;

pub(crate) use files::*;

use crate::model::{Actor, Change, Dossier, Reception};
use contracts::{PersonalNumber, portal::DossierState};
use jiff::{Timestamp, civil::Date};
use store::{Batch, Row, Schema, Statement, Store, StoreError, params, statements};
use system::Area;
use uuid::Uuid;

/// How many dossiers a queue shows at a time.
pub(crate) const QUEUE_LIMIT_ROWS: u32 = 100;

/// The columns of a dossier, in the order [`dossier_from`] reads them.
macro_rules! select_dossier {
    ($rest:literal) => {
        concat!(
            "SELECT submission, revision, state, handed_in_by, digest, procedure_text, commune, commune_name,
                applicant, applicant_name, submitted_at, form, child_key, steps, received_on, serial, received_at,
                received_by, received_by_name, clock_from, due_at, note, notices, answered, person, late, changed_at,
                synchronised, rescheduled_to, health_card FROM dossiers ",
            $rest
        )
    };
}

statements! {
    /// Keeps a new dossier.
    ADD_DOSSIER = "INSERT INTO dossiers
        (submission, revision, state, handed_in_by, digest, procedure_code, procedure_text, commune, commune_name,
        applicant, applicant_name, submitted_at, form, child_key, steps, notices, answered, late, changed_at, synchronised)
        VALUES ($1, 0, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, 0, 0, $15, 0)";
    /// One dossier.
    DOSSIER = select_dossier!("WHERE submission = $1");
    /// The dossier with a serial of a day.
    DOSSIER_WITH_SERIAL = select_dossier!("WHERE received_on = $1 AND serial = $2");
    /// The dossiers that gave a person their number and have not ended.
    DOSSIERS_OF_PERSON = select_dossier!("WHERE person = $1 AND state NOT IN (3, 7, 8, 9, 10) ORDER BY submission");
    /// An open or finished dossier of the same procedure that speaks of a child.
    DOSSIER_OF_CHILD = "SELECT submission FROM dossiers
        WHERE procedure_code = $1 AND child_key = $2 AND state NOT IN (3, 7, 8)";
    /// Changes one revision of a dossier.
    CHANGE_DOSSIER = "UPDATE dossiers SET revision = revision + 1, state = $3, form = $4, child_key = $5, steps = $6,
        received_at = $7, received_by = $8, received_by_name = $9, clock_from = $10, due_at = $11, note = $12,
        notices = $13, answered = $14, person = $15, late = $16, changed_at = $17, rescheduled_to = $18,
        health_card = $19
        WHERE submission = $1 AND revision = $2";
    /// Gives a received dossier the last serial of the day.
    GIVE_SERIAL = "UPDATE dossiers SET received_on = $2, serial = (SELECT last FROM counters WHERE series = $3)
        WHERE submission = $1 AND serial IS NULL";
    /// Counts one more in a series.
    COUNT_ONE_MORE = "INSERT INTO counters (series, last) VALUES ($1, 1)
        ON CONFLICT (series) DO UPDATE SET last = counters.last + 1";
    /// Notes a change.
    ADD_CHANGE = "INSERT INTO history (submission, revision, state, steps, note, changed_by, changed_by_name, changed_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// What happened to a dossier, in order.
    CHANGES = "SELECT state, steps, note, changed_by, changed_by_name, changed_at FROM history
        WHERE submission = $1 ORDER BY revision";
    /// The portal has this revision.
    NOTE_SYNCHRONISED = "UPDATE dossiers SET synchronised = $2 WHERE submission = $1 AND synchronised < $2";
    /// The dossiers of a commune, most urgent first.
    QUEUE = select_dossier!("WHERE commune = $1
        ORDER BY CASE WHEN state IN (3, 7, 8, 9, 10) THEN 1 ELSE 0 END, coalesce(rescheduled_to, due_at, submitted_at), submission
        LIMIT $2");
    /// The dossiers of a commune in one state, most urgent first.
    QUEUE_IN_STATE = select_dossier!("WHERE commune = $1 AND state = $3
        ORDER BY coalesce(rescheduled_to, due_at, submitted_at), submission LIMIT $2");
    /// How many dossiers of a commune are in which state.
    COUNT_IN_COMMUNE = "SELECT state, count(*) FROM dossiers WHERE commune = $1 GROUP BY state";
    /// How many dossiers are in which state, how many of them were received, and how many ended late or are overdue.
    COUNT_ALL = "SELECT state, count(*), CAST(sum(CASE WHEN serial IS NULL THEN 0 ELSE 1 END) AS BIGINT),
        CAST(sum(CASE WHEN late = 1 OR (state IN (2, 4) AND due_at < $1) THEN 1 ELSE 0 END) AS BIGINT)
        FROM dossiers GROUP BY state";
}

static ALL_STATEMENTS: [&Statement; STATEMENTS.len() + files::STATEMENTS.len()] = {
    let mut all: [&Statement; STATEMENTS.len() + files::STATEMENTS.len()] =
        [&DOSSIER; STATEMENTS.len() + files::STATEMENTS.len()];
    let mut place = 0;
    while place < all.len() {
        all[place] = match place < STATEMENTS.len() {
            true => STATEMENTS[place],
            false => files::STATEMENTS[place - STATEMENTS.len()],
        };
        place += 1;
    }
    all
};

/// The system's tables and statements.
pub static SCHEMA: Schema = Schema {
    system: contracts::one_door::SYSTEM,
    migrations: &[
        store::Migration {
            number: 1,
            name: "dossiers",
            sql: include_str!("../migrations/0001_dossiers.sql"),
        },
        store::Migration { number: 2, name: "person", sql: include_str!("../migrations/0002_person.sql") },
        store::Migration {
            number: 3,
            name: "signatures",
            sql: include_str!("../migrations/0003_signatures.sql"),
        },
    ],
    statements: &ALL_STATEMENTS,
};

/// Adds a new dossier to a batch.
pub(crate) fn add(batch: &mut Batch, dossier: &Dossier) {
    batch.change_one(
        &ADD_DOSSIER,
        params![
            dossier.submission,
            dossier.state.number(),
            &dossier.handed_in_by,
            &dossier.digest,
            &dossier.procedure.code,
            to_json(&dossier.procedure),
            &dossier.commune,
            &dossier.commune_name,
            dossier.applicant.as_i64(),
            &dossier.applicant_name,
            dossier.submitted_at,
            to_json(&dossier.form),
            &dossier.child_key,
            to_json(&dossier.steps),
            dossier.changed_at,
        ],
    );
    note_change(batch, dossier, &[], &dossier.applicant_actor());
}

/// Adds to a batch what a dossier has become, which holds only if nobody changed it meanwhile. `after` has the revision
/// that was read; the next one is written. A dossier that has just been received gets its serial.
pub(crate) fn change(batch: &mut Batch, before: &Dossier, after: &Dossier, by: &Actor) {
    let reception = after.reception.as_ref();
    batch.change_one(
        &CHANGE_DOSSIER,
        params![
            before.submission,
            before.revision,
            after.state.number(),
            to_json(&after.form),
            &after.child_key,
            to_json(&after.steps),
            reception.map(|reception| reception.at),
            reception.map(|reception| &reception.by.account),
            reception.map(|reception| &reception.by.name),
            after.clock_from,
            after.due_at,
            after.note.as_ref(),
            after.notices,
            after.answered,
            after.person.map(PersonalNumber::as_i64),
            after.late,
            after.changed_at,
            after.rescheduled_to,
            after.health_card.as_ref(),
        ],
    );
    let moved = after.steps.iter().filter(|step| !before.steps.contains(step));
    let moved: Vec<&str> = moved.map(|step| step.code.as_str()).collect();
    // A paper that was pressed is a revision for the portal, and nothing that anybody did.
    if before.state != after.state
        || before.note != after.note
        || before.appointment() != after.appointment()
        || !moved.is_empty()
    {
        note_change(batch, &Dossier { revision: before.revision + 1, ..after.clone() }, &moved, by);
    }
    if let (None, Some(reception)) = (&before.reception, reception) {
        let series = format!("dossier {}", reception.on);
        batch.change_one(&COUNT_ONE_MORE, params![&series]);
        batch.change_one(&GIVE_SERIAL, params![before.submission, reception.on, &series]);
    }
}

fn note_change(batch: &mut Batch, dossier: &Dossier, steps: &[&str], by: &Actor) {
    batch.change_one(
        &ADD_CHANGE,
        params![
            dossier.submission,
            dossier.revision,
            dossier.state.number(),
            steps.join(","),
            dossier.note.as_ref(),
            &by.account,
            &by.name,
            dossier.changed_at,
        ],
    );
}

/// Notes that the portal has a revision.
pub(crate) fn note_synchronised(batch: &mut Batch, submission: Uuid, revision: i64) {
    batch.change(&NOTE_SYNCHRONISED, params![submission, revision]);
}

/// One dossier.
pub(crate) async fn dossier(store: &Store, submission: Uuid) -> Result<Option<Dossier>, StoreError> {
    store.read_one(&DOSSIER, params![submission]).await?.as_ref().map(dossier_from).transpose()
}

/// The dossier with a serial of a day.
pub(crate) async fn dossier_with_serial(
    store: &Store,
    day: Date,
    serial: i64,
) -> Result<Option<Dossier>, StoreError> {
    store.read_one(&DOSSIER_WITH_SERIAL, params![day, serial]).await?.as_ref().map(dossier_from).transpose()
}

/// The dossiers that gave a person their number and have not ended.
pub(crate) async fn dossiers_of_person(
    store: &Store,
    person: PersonalNumber,
) -> Result<Vec<Dossier>, StoreError> {
    store.read(&DOSSIERS_OF_PERSON, params![person.as_i64()]).await?.iter().map(dossier_from).collect()
}

/// The open or finished dossier of the same procedure that speaks of a child.
pub(crate) async fn dossier_of_child(
    store: &Store,
    procedure: &str,
    child_key: &str,
) -> Result<Option<Uuid>, StoreError> {
    store.read_one(&DOSSIER_OF_CHILD, params![procedure, child_key]).await?.map(|row| row.get(0)).transpose()
}

/// What happened to a dossier, in order.
pub(crate) async fn changes(store: &Store, submission: Uuid) -> Result<Vec<Change>, StoreError> {
    let change = |row: &Row| -> Result<Change, StoreError> {
        let steps: String = row.get(1)?;
        Ok(Change {
            state: state_from(row, 0)?,
            steps: steps.split(',').filter(|step| !step.is_empty()).map(str::to_owned).collect(),
            note: row.get(2)?,
            by: Actor { account: row.get(3)?, name: row.get(4)? },
            at: row.get(5)?,
        })
    };
    store.read(&CHANGES, params![submission]).await?.iter().map(change).collect()
}

/// The dossiers of an area, of one state or of all, most urgent first.
pub(crate) async fn queue(
    store: &Store,
    area: &Area,
    state: Option<DossierState>,
) -> Result<Vec<Dossier>, StoreError> {
    let rows = match state {
        None => store.read(&QUEUE, params![area.unit(), QUEUE_LIMIT_ROWS]).await?,
        Some(state) => {
            store.read(&QUEUE_IN_STATE, params![area.unit(), QUEUE_LIMIT_ROWS, state.number()]).await?
        }
    };
    rows.iter().map(dossier_from).collect()
}

/// How many dossiers of an area are in which state.
pub(crate) async fn count(store: &Store, area: &Area) -> Result<Vec<(DossierState, i64)>, StoreError> {
    let rows = store.read(&COUNT_IN_COMMUNE, params![area.unit()]).await?;
    rows.iter().map(|row| Ok((state_from(row, 0)?, row.get(1)?))).collect()
}

/// How many dossiers are in one state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Count {
    /// The state.
    pub(crate) state: DossierState,
    /// All of them.
    pub(crate) all: i64,
    /// Those that were received.
    pub(crate) received: i64,
    /// Those that ended late or are overdue.
    pub(crate) late: i64,
}

/// How many dossiers are in which state at a time.
pub(crate) async fn count_all(store: &Store, now: Timestamp) -> Result<Vec<Count>, StoreError> {
    let rows = store.read(&COUNT_ALL, params![now]).await?;
    let count = |row: &Row| -> Result<Count, StoreError> {
        Ok(Count { state: state_from(row, 0)?, all: row.get(1)?, received: row.get(2)?, late: row.get(3)? })
    };
    rows.iter().map(count).collect()
}

fn dossier_from(row: &Row) -> Result<Dossier, StoreError> {
    Ok(Dossier {
        submission: row.get(0)?,
        revision: row.get(1)?,
        state: state_from(row, 2)?,
        handed_in_by: row.get(3)?,
        digest: row.get(4)?,
        procedure: from_json(row, 5)?,
        commune: row.get(6)?,
        commune_name: row.get(7)?,
        applicant: number_from(row.get(8)?).ok_or_else(|| wrong(8, "a personal number"))?,
        applicant_name: row.get(9)?,
        submitted_at: row.get(10)?,
        form: from_json(row, 11)?,
        child_key: row.get(12)?,
        steps: from_json(row, 13)?,
        reception: reception_from(row)?,
        clock_from: row.get(19)?,
        due_at: row.get(20)?,
        note: row.get(21)?,
        notices: row.get(22)?,
        answered: row.get(23)?,
        person: row.get::<Option<i64>>(24)?.and_then(number_from),
        late: row.get(25)?,
        changed_at: row.get(26)?,
        synchronised: row.get(27)?,
        rescheduled_to: row.get(28)?,
        health_card: row.get(29)?,
    })
}

fn reception_from(row: &Row) -> Result<Option<Reception>, StoreError> {
    let Some(serial) = row.get::<Option<i64>>(15)? else { return Ok(None) };
    Ok(Some(Reception {
        on: row.get(14)?,
        serial,
        at: row.get(16)?,
        by: Actor { account: row.get(17)?, name: row.get(18)? },
    }))
}

fn state_from(row: &Row, column: usize) -> Result<DossierState, StoreError> {
    DossierState::from_number(row.get(column)?).ok_or_else(|| wrong(column, "a number from 1 to 10"))
}

fn number_from(value: i64) -> Option<PersonalNumber> {
    PersonalNumber::from_i64(value)
}

/// Writes what is kept as JSON.
pub(crate) fn to_json(value: &impl serde::Serialize) -> String {
    serde_json::to_string(value).expect("our own types have only text keys and can be written as JSON")
}

/// Reads what is kept as JSON.
fn from_json<T: serde::de::DeserializeOwned>(row: &Row, column: usize) -> Result<T, StoreError> {
    let text: String = row.get(column)?;
    serde_json::from_str(&text).map_err(|_| wrong(column, "JSON of the form this program writes"))
}

fn wrong(column: usize, expected: &'static str) -> StoreError {
    StoreError::WrongType { statement: "a column of a dossier", column, expected, found: "something else" }
}
