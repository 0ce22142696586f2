//! The writer: one thread, one connection, one commit for all batches that wait.
//!
//! A batch alone is written at once. While its commit waits for the disk others arrive; they become the next
//! transaction, each inside a savepoint, so that one that fails takes nothing with it.

use std::path::PathBuf;
use std::time::Instant;

use jiff::Timestamp;
use rusqlite::Connection;
use tokio::sync::{mpsc, oneshot};

use crate::batch::{Ask, Step};
use crate::{READ_LIMIT_ROWS, Row, Schema, Statement, StoreError, Table, Value};

/// How many commands may wait for the writer; further callers wait to be let in.
const QUEUE_LIMIT_COMMANDS: usize = 1_024;
/// How many batches one commit may hold.
const GROUP_LIMIT_BATCHES: usize = 512;
/// How many prepared statements the writer keeps.
const WRITER_STATEMENTS_MAX: usize = 128;
/// How many values one INSERT of a load may bring; the engine's own limit is 32,766.
const LOAD_VALUES_AT_ONCE: usize = 512;
/// Pages a load may keep, in KiB: its rows lie all over the indices, and a page that does not fit is written and read again
/// for each.
const LOAD_CACHE_KIBIBYTES: i64 = 512 * 1_024;

type Reply<T> = oneshot::Sender<Result<T, StoreError>>;
type Answer<T> = oneshot::Receiver<Result<T, StoreError>>;

/// What the writer can be asked to do.
pub(super) enum Command {
    Write(Write),
    /// Reads go through the writer only where its connection is the only one: in memory.
    Read {
        statement: &'static Statement,
        params: Vec<Value>,
        limit: usize,
        reply: Reply<Vec<Row>>,
    },
    Load {
        table: &'static Table,
        rows: Vec<Vec<Value>>,
        reply: Reply<u64>,
    },
    Backup {
        file: PathBuf,
        reply: Reply<()>,
    },
    Close {
        reply: Reply<()>,
    },
}

/// A batch and who waits for it.
pub(super) struct Write {
    pub(super) steps: Vec<Step>,
    pub(super) reply: Reply<Vec<Row>>,
}

/// Starts the thread. The second part tells, once, whether the store could be opened.
pub(super) fn start(
    path: Option<PathBuf>,
    schema: Schema,
    now: Timestamp,
) -> Result<(mpsc::Sender<Command>, Answer<()>), StoreError> {
    let (sender, queue) = mpsc::channel(QUEUE_LIMIT_COMMANDS);
    let (opened, has_opened) = oneshot::channel();
    let system = schema.system;
    let body = move || match open(path, &schema, now) {
        Ok(connection) => {
            // A caller who no longer waits drops the queue too, and the thread ends by itself.
            let _ = opened.send(Ok(()));
            Writer { connection, system, queue }.run();
        }
        Err(error) => {
            let _ = opened.send(Err(error));
        }
    };
    std::thread::Builder::new().name(format!("store-{system}")).spawn(body).map_err(|error| {
        StoreError::Unavailable { system, reason: format!("no thread for the writer: {error}") }
    })?;
    Ok((sender, has_opened))
}

fn open(path: Option<PathBuf>, schema: &Schema, now: Timestamp) -> Result<Connection, StoreError> {
    let connection = super::connect(path.as_deref(), schema.system)?;
    connection.set_prepared_statement_cache_capacity(WRITER_STATEMENTS_MAX);
    super::migrate(&connection, schema, now)?;
    Ok(connection)
}

struct Writer {
    connection: Connection,
    system: &'static str,
    queue: mpsc::Receiver<Command>,
}

impl Writer {
    fn run(mut self) {
        let mut held = None;
        while let Some(command) = held.take().or_else(|| self.queue.blocking_recv()) {
            match command {
                Command::Write(first) => {
                    let (group, next) = self.gather(first);
                    held = next;
                    self.write_group(group);
                }
                Command::Read { statement, params, limit, reply } => {
                    answer(reply, super::read(&self.connection, self.system, statement, &params, limit));
                }
                Command::Load { table, rows, reply } => answer(reply, self.load(table, &rows)),
                Command::Backup { file, reply } => {
                    answer(reply, super::backup(&self.connection, &file, self.system));
                }
                Command::Close { reply } => {
                    let checkpointed = self.checkpoint();
                    // Closed before the answer, so that whoever waits for it finds one file, free to be moved.
                    drop(self.connection);
                    answer(reply, checkpointed);
                    return;
                }
            }
        }
    }

    /// The batches that already wait, and the first command behind them that is none.
    fn gather(&mut self, first: Write) -> (Vec<Write>, Option<Command>) {
        let mut group = vec![first];
        while group.len() < GROUP_LIMIT_BATCHES {
            match self.queue.try_recv() {
                Ok(Command::Write(write)) => group.push(write),
                Ok(other) => return (group, Some(other)),
                Err(_) => break,
            }
        }
        (group, None)
    }

    fn write_group(&self, group: Vec<Write>) {
        let started = Instant::now();
        let results = match group.as_slice() {
            [only] => vec![self.write_alone(&only.steps)],
            several => self
                .write_together(several)
                .unwrap_or_else(|| several.iter().map(|write| self.write_alone(&write.steps)).collect()),
        };
        measure(self.system, group.len(), started);
        steps::reached("commit");
        for (write, result) in group.into_iter().zip(results) {
            answer(write.reply, result);
        }
    }

    fn write_alone(&self, steps: &[Step]) -> Result<Vec<Row>, StoreError> {
        self.in_transaction(|| self.run_steps(steps))
    }

    /// Writes all batches with one commit. Nothing when that wasn't possible: then nothing is written, and each has
    /// to be tried by itself to learn which of them the engine can't take.
    fn write_together(&self, group: &[Write]) -> Option<Vec<Result<Vec<Row>, StoreError>>> {
        let results =
            self.in_transaction(|| group.iter().map(|write| self.write_in_savepoint(&write.steps)).collect());
        results.ok()
    }

    /// The outer error ends the whole transaction, the inner one only this batch.
    fn write_in_savepoint(&self, steps: &[Step]) -> Result<Result<Vec<Row>, StoreError>, StoreError> {
        self.execute("SAVEPOINT batch")?;
        let result = self.run_steps(steps);
        if result.is_err() {
            // Fails when the engine has already rolled back the whole transaction, for instance on a full disk.
            self.execute("ROLLBACK TO batch")?;
        }
        self.execute("RELEASE batch")?;
        Ok(result)
    }

    fn in_transaction<T>(&self, work: impl FnOnce() -> Result<T, StoreError>) -> Result<T, StoreError> {
        self.execute("BEGIN IMMEDIATE")?;
        let done = work().and_then(|value| self.execute("COMMIT").map(|()| value));
        // The engine may already have rolled back, for instance on a full disk.
        if done.is_err() && !self.connection.is_autocommit() {
            self.execute("ROLLBACK")?;
        }
        done
    }

    fn run_steps(&self, steps: &[Step]) -> Result<Vec<Row>, StoreError> {
        let mut returned = Vec::new();
        for step in steps {
            let rows = match step.ask {
                Ask::Change | Ask::ChangeOne => self.change(step)?,
                Ask::Require => self.count(step)?,
                Ask::Return => {
                    let (statement, params) = (step.statement, &step.params);
                    let rows =
                        super::query(&self.connection, self.system, statement, params, READ_LIMIT_ROWS)?;
                    returned.extend(rows);
                    continue;
                }
            };
            step.judge(rows)?;
        }
        Ok(returned)
    }

    /// Runs a change and says how many rows it touched.
    fn change(&self, step: &Step) -> Result<u64, StoreError> {
        let statement = step.statement.name();
        let failed = |error| super::error_of(self.system, statement, error);
        let mut prepared = self.connection.prepare_cached(step.statement.sqlite_sql()).map_err(failed)?;
        if prepared.readonly() {
            let reason = "it changes nothing; use `require` for a condition".to_owned();
            return Err(StoreError::WrongStatement { statement, reason });
        }
        let mut rows = prepared.query(rusqlite::params_from_iter(&step.params)).map_err(failed)?;
        while rows.next().map_err(failed)?.is_some() {}
        Ok(self.connection.changes())
    }

    /// Counts the rows a condition finds, up to 2.
    fn count(&self, step: &Step) -> Result<u64, StoreError> {
        let failed = |error| super::error_of(self.system, step.statement.name(), error);
        let mut prepared = self.connection.prepare_cached(step.statement.sqlite_sql()).map_err(failed)?;
        let mut rows = prepared.query(rusqlite::params_from_iter(&step.params)).map_err(failed)?;
        let mut found = 0;
        while found < 2 && rows.next().map_err(failed)?.is_some() {
            found += 1;
        }
        Ok(found)
    }

    fn load(&self, table: &'static Table, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        self.keep_pages(LOAD_CACHE_KIBIBYTES)?;
        let loaded = self.load_within(table, rows);
        self.keep_pages(super::CACHE_KIBIBYTES)?;
        loaded
    }

    /// Sets how many pages stay in memory, and gives back what is above it.
    fn keep_pages(&self, kibibytes: i64) -> Result<(), StoreError> {
        let failed = |error| super::error_of(self.system, "load", error);
        self.connection.pragma_update(None, "cache_size", -kibibytes).map_err(failed)?;
        self.connection.release_memory().map_err(failed)
    }

    fn load_within(&self, table: &'static Table, rows: &[Vec<Value>]) -> Result<u64, StoreError> {
        let rows_at_once = (LOAD_VALUES_AT_ONCE / table.columns.len()).max(1);
        self.in_transaction(|| {
            for part in rows.chunks(rows_at_once) {
                let failed = |error| super::error_of(self.system, table.name, error);
                let mut prepared =
                    self.connection.prepare_cached(&insert_of(table, part.len())).map_err(failed)?;
                prepared.execute(rusqlite::params_from_iter(part.iter().flatten())).map_err(failed)?;
            }
            Ok(rows.len() as u64)
        })
    }

    /// Writes the log back into the file, so that the file alone is the store.
    fn checkpoint(&self) -> Result<(), StoreError> {
        let failed = |error| super::error_of(self.system, "close", error);
        let mut prepared = self.connection.prepare("PRAGMA wal_checkpoint(TRUNCATE)").map_err(failed)?;
        prepared.query_row((), |_| Ok(())).map_err(failed)
    }

    fn execute(&self, sql: &'static str) -> Result<(), StoreError> {
        let failed = |error| super::error_of(self.system, sql, error);
        self.connection.prepare_cached(sql).and_then(|mut prepared| prepared.execute(())).map_err(failed)?;
        Ok(())
    }
}

/// `INSERT INTO table (a, b) VALUES (?, ?), (?, ?)` for so many rows. The names are known to be plain.
fn insert_of(table: &Table, rows: usize) -> String {
    let row = format!("({})", vec!["?"; table.columns.len()].join(", "));
    format!("INSERT INTO {} ({}) VALUES {}", table.name, table.columns.join(", "), vec![row; rows].join(", "))
}

fn measure(system: &'static str, batches: usize, started: Instant) {
    metrics::counter!("store_batches_total", "system" => system).increment(batches as u64);
    metrics::histogram!("store_batch_size", "system" => system).record(batches as f64);
    metrics::histogram!("store_commit_seconds", "system" => system).record(started.elapsed().as_secs_f64());
}

/// A caller who no longer waits doesn't get an answer; what was written stays written.
fn answer<T>(reply: Reply<T>, result: Result<T, StoreError>) {
    let _ = reply.send(result);
}
