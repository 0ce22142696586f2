//! SQLite: one file a system, one writer thread, a few readers.

mod readers;
mod writer;

use std::fs::{File, OpenOptions};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::config::DbConfig;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ErrorCode, OpenFlags, ffi};
use tokio::sync::{mpsc, oneshot};

use crate::batch::Step;
use crate::schema::{Applied, CREATE_APPLIED, SELECT_APPLIED, Schema};
use crate::{Row, Statement, StoreError, Table, Value};
use readers::Readers;
use writer::Command;

/// How long a connection waits for another process that holds the file, in milliseconds.
const BUSY_TIMEOUT_MILLISECONDS: u64 = 5_000;
/// How long to wait, where the engine itself doesn't, before trying again, in milliseconds.
const BUSY_RETRY_MILLISECONDS: u64 = 10;
/// Pages a connection may keep, in KiB. A country in one process has dozens of connections.
const CACHE_KIBIBYTES: i64 = 2_048;
/// The write-ahead log is cut back to this after it has grown, in bytes.
const JOURNAL_LIMIT_BYTES: i64 = 16 * 1024 * 1024;

/// An open SQLite store.
pub(crate) struct Sqlite {
    system: &'static str,
    /// The file; nothing for a store in memory, whose only connection is the writer's.
    path: Option<PathBuf>,
    queue: mpsc::Sender<Command>,
    readers: Option<Readers>,
}

impl Sqlite {
    pub(crate) async fn open(
        path: Option<&Path>,
        schema: &Schema,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let system = schema.system;
        let path = path.map(Path::to_path_buf);
        let (queue, opened) = writer::start(path.clone(), *schema, now)?;
        opened.await.map_err(|_| StoreError::Closed { system })??;
        let readers = path.clone().map(|path| Readers::new(path, system));
        Ok(Self { system, path, queue, readers })
    }

    pub(crate) async fn read(
        &self,
        statement: &'static Statement,
        params: Vec<Value>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        match &self.readers {
            Some(readers) => readers.read(statement, params, limit).await,
            None => self.ask(|reply| Command::Read { statement, params, limit, reply }).await,
        }
    }

    pub(crate) async fn write(&self, steps: Vec<Step>) -> Result<Vec<Row>, StoreError> {
        self.ask(|reply| Command::Write(writer::Write { steps, reply })).await
    }

    pub(crate) async fn load(&self, table: &'static Table, rows: Vec<Vec<Value>>) -> Result<u64, StoreError> {
        self.ask(|reply| Command::Load { table, rows, reply }).await
    }

    /// A store in a file is copied by a connection of its own, so that writing goes on meanwhile.
    pub(crate) async fn backup_to(&self, file: &Path) -> Result<(), StoreError> {
        let file = file.to_path_buf();
        let system = self.system;
        match self.path.clone() {
            None => self.ask(|reply| Command::Backup { file, reply }).await,
            Some(path) => {
                let copy = move || backup(&connect(Some(&path), system)?, &file, system);
                tokio::task::spawn_blocking(copy).await.map_err(|_| StoreError::Closed { system })?
            }
        }
    }

    pub(crate) async fn close(&self) -> Result<(), StoreError> {
        if let Some(readers) = &self.readers {
            readers.close().await;
        }
        self.ask(|reply| Command::Close { reply }).await
    }

    async fn ask<T>(
        &self,
        command: impl FnOnce(oneshot::Sender<Result<T, StoreError>>) -> Command,
    ) -> Result<T, StoreError> {
        let (reply, answer) = oneshot::channel();
        let closed = StoreError::Closed { system: self.system };
        if self.queue.send(command(reply)).await.is_err() {
            return Err(closed);
        }
        answer.await.unwrap_or(Err(closed))
    }
}

/// A connection set up as every connection of a store is.
fn connect(path: Option<&Path>, system: &'static str) -> Result<Connection, StoreError> {
    let failed = |error| error_of(system, "open", error);
    let connection = match path {
        Some(path) => {
            make_private(path)?;
            let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
            Connection::open_with_flags(path, flags).map_err(failed)?
        }
        None => Connection::open_in_memory().map_err(failed)?,
    };
    set_up(&connection, path.is_some()).map_err(failed)?;
    Ok(connection)
}

fn set_up(connection: &Connection, in_file: bool) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_millis(BUSY_TIMEOUT_MILLISECONDS))?;
    if in_file {
        write_ahead(connection)?;
    }
    connection.pragma_update(None, "synchronous", "full")?;
    connection.pragma_update(None, "cache_size", -CACHE_KIBIBYTES)?;
    connection.pragma_update_and_check(None, "journal_size_limit", JOURNAL_LIMIT_BYTES, |_| Ok(()))?;
    connection.pragma_update(None, "foreign_keys", true)?;
    // LIKE tells capitals from small letters on PostgreSQL; so it does here.
    connection.pragma_update(None, "case_sensitive_like", true)?;
    connection.pragma_update(None, "trusted_schema", false)?;
    // A statement is planned once, as on PostgreSQL, and not anew for the values of each reading, which may cost more than
    // the reading.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true).map(drop)
}

/// Turns the write-ahead log on. When several connections do so at once on a new file, the engine refuses some of them
/// without waiting.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let mut waited_milliseconds = 0;
    loop {
        let turned_on = connection.pragma_update_and_check(None, "journal_mode", "wal", |_| Ok(()));
        let is_busy = |error: &rusqlite::Error| error.sqlite_error_code() == Some(ErrorCode::DatabaseBusy);
        if !turned_on.as_ref().is_err_and(is_busy) || waited_milliseconds >= BUSY_TIMEOUT_MILLISECONDS {
            return turned_on;
        }
        std::thread::sleep(Duration::from_millis(BUSY_RETRY_MILLISECONDS));
        waited_milliseconds += BUSY_RETRY_MILLISECONDS;
    }
}

/// Makes the file, when it isn't there, so that nobody but its owner reads it. The engine's side files follow it.
fn make_private(path: &Path) -> Result<(), StoreError> {
    match OpenOptions::new().write(true).create_new(true).mode(0o600).open(path) {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == std::io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => {
            Err(StoreError::Location { reason: format!("{} can't be made: {error}", path.display()) })
        }
    }
}

/// Brings the tables to what this program knows, in one transaction that keeps other processes out.
fn migrate(connection: &Connection, schema: &Schema, now: Timestamp) -> Result<(), StoreError> {
    let failed = |error| error_of(schema.system, "migrate", error);
    connection.execute_batch("BEGIN EXCLUSIVE").map_err(failed)?;
    let migrated = apply_outstanding(connection, schema, now);
    let ended = match migrated {
        Ok(()) => connection.execute_batch("COMMIT").map_err(failed),
        Err(error) => Err(error),
    };
    if ended.is_err() && !connection.is_autocommit() {
        connection.execute_batch("ROLLBACK").map_err(failed)?;
    }
    ended
}

fn apply_outstanding(connection: &Connection, schema: &Schema, now: Timestamp) -> Result<(), StoreError> {
    let failed = |error| error_of(schema.system, "migrate", error);
    connection.execute_batch(CREATE_APPLIED).map_err(failed)?;
    for (scope, migration) in schema.outstanding(&applied(connection).map_err(failed)?)? {
        let wrong = |error: rusqlite::Error| match error_of(schema.system, "migrate", error) {
            StoreError::WrongStatement { reason, .. } | StoreError::Rejected { constraint: reason, .. } => {
                migration.failed(scope, reason)
            }
            StoreError::Duplicate { .. } => migration.failed(scope, "it stores a key twice".to_owned()),
            other => other,
        };
        connection.execute_batch(migration.sql).map_err(wrong)?;
        if connection.is_autocommit() {
            return Err(migration.failed(scope, "it must not end the transaction it runs in".to_owned()));
        }
        let values = (scope, migration.number, migration.name, migration.checksum(), now.as_microsecond());
        connection
            .execute("INSERT INTO schema_migrations VALUES (?1, ?2, ?3, ?4, ?5)", values)
            .map_err(failed)?;
    }
    Ok(())
}

fn applied(connection: &Connection) -> rusqlite::Result<Vec<Applied>> {
    let mut prepared = connection.prepare(SELECT_APPLIED)?;
    let rows = prepared.query_map((), |row| {
        Ok(Applied { scope: row.get(0)?, number: row.get(1)?, name: row.get(2)?, checksum: row.get(3)? })
    })?;
    rows.collect()
}

/// Copies the database into a file that must not be there yet.
fn backup(connection: &Connection, file: &Path, system: &'static str) -> Result<(), StoreError> {
    let refused = |reason: String| StoreError::Location { reason };
    let name = file.to_str().ok_or_else(|| refused("the name of the backup is not UTF-8".to_owned()))?;
    OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(file)
        .map_err(|error| refused(format!("{name} can't be made: {error}")))?;
    let copied = connection
        .execute("VACUUM INTO ?1", (name,))
        .map_err(|error| error_of(system, "backup", error))
        .and_then(|_| {
            File::open(file).and_then(|file| file.sync_all()).map_err(|_| StoreError::Full { system })
        });
    if copied.is_err() {
        // Half a copy must not be taken for a backup; that it can't be removed doesn't change the answer.
        let _ = std::fs::remove_file(file);
    }
    copied
}

/// The rows a statement finds that only reads.
fn read(
    connection: &Connection,
    system: &'static str,
    statement: &'static Statement,
    params: &[Value],
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    let name = statement.name();
    let prepared =
        connection.prepare_cached(statement.sqlite_sql()).map_err(|error| error_of(system, name, error))?;
    if !prepared.readonly() {
        let reason = "it writes; put it in a batch".to_owned();
        return Err(StoreError::WrongStatement { statement: name, reason });
    }
    drop(prepared);
    query(connection, system, statement, params, limit)
}

/// The rows a statement returns.
fn query(
    connection: &Connection,
    system: &'static str,
    statement: &'static Statement,
    params: &[Value],
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    let name = statement.name();
    let failed = |error| error_of(system, name, error);
    let mut prepared = connection.prepare_cached(statement.sqlite_sql()).map_err(failed)?;
    let columns = prepared.column_count();
    let mut rows = prepared.query(rusqlite::params_from_iter(params)).map_err(failed)?;
    let mut found = Vec::new();
    while let Some(row) = rows.next().map_err(failed)? {
        if found.len() == limit {
            return Err(StoreError::TooManyRows { statement: name, limit });
        }
        let values = (0..columns).map(|column| value_of(row, column, name)).collect::<Result<_, _>>()?;
        found.push(Row::new(name, values));
    }
    Ok(found)
}

fn value_of(row: &rusqlite::Row<'_>, column: usize, statement: &'static str) -> Result<Value, StoreError> {
    let wrong =
        |found| StoreError::WrongType { statement, column, expected: "a number, text, bytes or null", found };
    match row.get_ref(column).map_err(|_| wrong("nothing"))? {
        ValueRef::Null => Ok(Value::Null),
        ValueRef::Integer(number) => Ok(Value::Int(number)),
        ValueRef::Text(text) => match std::str::from_utf8(text) {
            Ok(text) => Ok(Value::Text(text.to_owned())),
            Err(_) => Err(wrong("text that is not UTF-8")),
        },
        ValueRef::Blob(bytes) => Ok(Value::Blob(bytes.to_vec())),
        ValueRef::Real(_) => Err(wrong("a fraction")),
    }
}

impl rusqlite::ToSql for Value {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self {
            Value::Null => ValueRef::Null,
            Value::Int(number) => ValueRef::Integer(*number),
            Value::Text(text) => ValueRef::Text(text.as_bytes()),
            Value::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

/// What an error of the engine means to the caller.
fn error_of(system: &'static str, statement: &'static str, error: rusqlite::Error) -> StoreError {
    match error {
        rusqlite::Error::SqliteFailure(failure, message) => {
            let reason = message.unwrap_or_else(|| failure.to_string());
            failure_of(system, statement, failure, reason)
        }
        rusqlite::Error::SqlInputError { msg, .. } => StoreError::WrongStatement { statement, reason: msg },
        rusqlite::Error::InvalidParameterCount(given, expected) => {
            let reason = format!("{given} parameters are given, the statement has {expected}");
            StoreError::WrongParameter { statement, parameter: 0, reason }
        }
        other => StoreError::WrongStatement { statement, reason: other.to_string() },
    }
}

fn failure_of(
    system: &'static str,
    statement: &'static str,
    failure: ffi::Error,
    reason: String,
) -> StoreError {
    match (failure.code, failure.extended_code) {
        (
            ErrorCode::ConstraintViolation,
            ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID,
        ) => StoreError::Duplicate { statement },
        (ErrorCode::ConstraintViolation | ErrorCode::TypeMismatch, _) => {
            StoreError::Rejected { statement, constraint: reason }
        }
        // A quota or a limit on file sizes shows as a failed write.
        (ErrorCode::DiskFull, _)
        | (_, ffi::SQLITE_IOERR_WRITE | ffi::SQLITE_IOERR_SHMSIZE | ffi::SQLITE_IOERR_TRUNCATE) => {
            StoreError::Full { system }
        }
        (ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked, _) => StoreError::Busy { system },
        (ErrorCode::DatabaseCorrupt | ErrorCode::NotADatabase, _) => StoreError::Damaged { system, reason },
        (ErrorCode::OperationInterrupted, _) => {
            StoreError::TooSlow { statement, limit_seconds: crate::READ_LIMIT_SECONDS }
        }
        (
            ErrorCode::SystemIoFailure
            | ErrorCode::CannotOpen
            | ErrorCode::ReadOnly
            | ErrorCode::OutOfMemory
            | ErrorCode::PermissionDenied,
            _,
        ) => StoreError::Unavailable { system, reason },
        _ => StoreError::WrongStatement { statement, reason },
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    /// Partial indices and limits make the engine plan anew for each value, unless it is told not to.
    #[test]
    fn a_statement_is_planned_once() {
        let connection = connect(None, "test").expect("a store in memory");
        let tables = "CREATE TABLE parcels (id INTEGER PRIMARY KEY, state TEXT) STRICT;
            CREATE INDEX parcels_waiting ON parcels (id) WHERE state = 'waiting';";
        connection.execute_batch(tables).expect("a table");
        let sql = "SELECT id FROM parcels WHERE state = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
        let mut statement = connection.prepare(sql).expect("a statement");
        for (state, after, limit) in [("waiting", 1, 10), ("sent", 2, 20), ("waiting", 3, 30)] {
            let mut rows = statement.query((state, after, limit)).expect("rows");
            assert!(rows.next().expect("no fault").is_none());
        }
        assert_eq!(statement.get_status(StatementStatus::RePrepare), 0);
    }
}
