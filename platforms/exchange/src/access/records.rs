//! Reading and writing of what is asked and decided. All SQL of access stands here.

use super::model::{Change, Group, Line, Request, State};
use contracts::SystemId;
use store::{Batch, Migration, Row, Schema, Store, StoreError, params};
use uuid::Uuid;

/// Most rows of a list.
const LIST_LIMIT_ROWS: i64 = 10_000;

/// The tables of a node's access.
pub static SCHEMA: Schema = Schema {
    system: "access",
    migrations: &[Migration { number: 1, name: "access", sql: include_str!("tables.sql") }],
    statements: STATEMENTS,
};

store::statements! {
    /// Notes what is asked for.
    ASK = "INSERT INTO requests (id, system, rule, legal_basis, asked_by, asked_at, due_at, state, decided_by, reason)
        VALUES ($1, $2, $3, $4, $5, $6, $7, 'asked', '', '')";
    /// Decides on what is still in the state it was read in.
    DECIDE = "UPDATE requests SET state = $3, rule = $4, decided_at = $5, decided_by = $6, reason = $7
        WHERE id = $1 AND state = $2";
    /// One request.
    REQUEST = "SELECT id, rule, legal_basis, asked_by, asked_at, due_at, state, decided_at, decided_by, reason
        FROM requests WHERE id = $1";
    /// What is in one state, the oldest first.
    IN_STATE = "SELECT id, rule, legal_basis, asked_by, asked_at, due_at, state, decided_at, decided_by, reason
        FROM requests WHERE state = $1 ORDER BY asked_at, id LIMIT $2";
    /// What a system asked for, the latest first.
    OF_ASKER = "SELECT id, rule, legal_basis, asked_by, asked_at, due_at, state, decided_at, decided_by, reason
        FROM requests WHERE asked_by = $1 ORDER BY asked_at DESC, id LIMIT $2";
    /// What is asked of a system, the latest first.
    OF_SYSTEM = "SELECT id, rule, legal_basis, asked_by, asked_at, due_at, state, decided_at, decided_by, reason
        FROM requests WHERE system = $1 ORDER BY asked_at DESC, id LIMIT $2";
    /// How much of a system waits for a decision.
    COUNT_WAITING = "SELECT count(*) FROM requests WHERE asked_by = $1 AND state = 'asked'";
    /// Names a group.
    PUT_GROUP = "INSERT INTO local_groups (code, systems) VALUES ($1, $2)
        ON CONFLICT (code) DO UPDATE SET systems = excluded.systems";
    /// Forgets a group.
    DROP_GROUP = "DELETE FROM local_groups WHERE code = $1";
    /// All groups.
    GROUPS = "SELECT code, systems FROM local_groups ORDER BY code LIMIT $1";
    /// Writes a line of the log.
    LOG = "INSERT INTO steps (id, about, at, change, done_by, said, salt, entry) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)";
    /// The log about a request or a group, the oldest first.
    LOG_OF = "SELECT id, about, at, change, done_by, said, salt, entry FROM steps WHERE about = $1 ORDER BY entry LIMIT $2";
}

/// Notes what is asked for.
pub(super) fn ask(batch: &mut Batch, asked: &Request) {
    let Request { id, rule, legal_basis, asked_by, asked_at, due_at, .. } = asked;
    let document = serde_json::to_string(rule).unwrap_or_default();
    batch.change_one(&ASK, params![id, &rule.system, document, legal_basis, asked_by, *asked_at, *due_at]);
}

/// Decides on a request as it was read.
pub(super) fn decide(batch: &mut Batch, before: &Request, after: &Request) {
    let Request { id, rule, state, decided_at, decided_by, reason, .. } = after;
    let document = serde_json::to_string(rule).unwrap_or_default();
    let at = decided_at.unwrap_or_default();
    batch.change_one(
        &DECIDE,
        params![id, before.state.word(), state.word(), document, at, decided_by, reason],
    );
}

/// Names a group; one without systems is forgotten.
pub(super) fn put_group(batch: &mut Batch, group: &Group) {
    if group.systems.is_empty() {
        batch.change(&DROP_GROUP, params![&group.code]);
    } else {
        let systems = serde_json::to_string(&group.systems).unwrap_or_default();
        batch.change(&PUT_GROUP, params![&group.code, systems]);
    }
}

/// Writes a line of the log.
pub(super) fn log(batch: &mut Batch, line: &Line) {
    let Line { id, about, at, change, by, said, salt, index } = line;
    let index = i64::try_from(*index).unwrap_or(i64::MAX);
    batch.change_one(&LOG, params![id, about, *at, change.word(), by, said, salt.to_vec(), index]);
}

/// A request.
pub async fn request(store: &Store, id: Uuid) -> Result<Option<Request>, StoreError> {
    store.read_one(&REQUEST, params![id]).await?.as_ref().map(request_of).transpose()
}

/// What is in one state, the oldest first.
pub async fn in_state(store: &Store, state: State) -> Result<Vec<Request>, StoreError> {
    let rows = store.read(&IN_STATE, params![state.word(), LIST_LIMIT_ROWS]).await?;
    rows.iter().map(request_of).collect()
}

/// What a system asked for.
pub(super) async fn of_asker(store: &Store, system: &SystemId) -> Result<Vec<Request>, StoreError> {
    let rows = store.read(&OF_ASKER, params![system.to_string(), LIST_LIMIT_ROWS]).await?;
    rows.iter().map(request_of).collect()
}

/// What is asked of the member's system of this code.
pub(super) async fn of_system(store: &Store, code: &str) -> Result<Vec<Request>, StoreError> {
    let rows = store.read(&OF_SYSTEM, params![code, LIST_LIMIT_ROWS]).await?;
    rows.iter().map(request_of).collect()
}

/// How much that a system asked for waits for a decision.
pub(super) async fn count_waiting(store: &Store, system: &SystemId) -> Result<i64, StoreError> {
    store.read_one(&COUNT_WAITING, params![system.to_string()]).await?.map_or(Ok(0), |row| row.get(0))
}

/// The member's groups.
pub async fn groups(store: &Store) -> Result<Vec<Group>, StoreError> {
    let rows = store.read(&GROUPS, params![LIST_LIMIT_ROWS]).await?;
    rows.iter()
        .map(|row| {
            let systems: String = row.get(1)?;
            Ok(Group { code: row.get(0)?, systems: json(&systems, 1)? })
        })
        .collect()
}

/// The log about a request or a group.
pub async fn log_of(store: &Store, about: &str) -> Result<Vec<Line>, StoreError> {
    store.read(&LOG_OF, params![about, LIST_LIMIT_ROWS]).await?.iter().map(line_of).collect()
}

fn request_of(row: &Row) -> Result<Request, StoreError> {
    Ok(Request {
        id: row.get(0)?,
        rule: json(&row.get::<String>(1)?, 1)?,
        legal_basis: row.get(2)?,
        asked_by: row.get(3)?,
        asked_at: row.get(4)?,
        due_at: row.get(5)?,
        state: State::of_word(&row.get::<String>(6)?).ok_or_else(|| damaged(6))?,
        decided_at: row.get(7)?,
        decided_by: row.get(8)?,
        reason: row.get(9)?,
    })
}

fn line_of(row: &Row) -> Result<Line, StoreError> {
    Ok(Line {
        id: row.get(0)?,
        about: row.get(1)?,
        at: row.get(2)?,
        change: Change::of_word(&row.get::<String>(3)?).ok_or_else(|| damaged(3))?,
        by: row.get(4)?,
        said: row.get(5)?,
        salt: row.get::<Vec<u8>>(6)?.try_into().map_err(|_| damaged(6))?,
        index: row.get::<i64>(7)?.unsigned_abs(),
    })
}

fn json<T: serde::de::DeserializeOwned>(text: &str, column: usize) -> Result<T, StoreError> {
    serde_json::from_str(text).map_err(|_| damaged(column))
}

/// A column that this program never writes so.
fn damaged(column: usize) -> StoreError {
    StoreError::WrongType {
        statement: "access",
        column,
        expected: "what the node wrote",
        found: "something else",
    }
}
