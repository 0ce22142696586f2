//! Work to be done after a batch (the queue of tasks) and what others should hear of it (the outbox of events).
//!
//! Both are tables of every store, written in the batch they belong to: a task or an event exists if and only if the
//! change that called for it does. A task is done at least once; it is leased for a time, and whoever leased it either
//! finishes it in the batch of its effect, reports its failure, or loses it when the lease runs out.

use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::batch::Ask;
use crate::schema::Migration;
use crate::{Batch, READ_LIMIT_ROWS, Row, Store, StoreError, Value, params, statements};

/// How often a task is tried before it is set aside as dead.
pub const TASK_ATTEMPTS_MAX: u32 = 12;
/// How much of an error is kept with a failed task, in characters.
pub const TASK_ERROR_LIMIT_CHARACTERS: usize = 500;

/// The store's own tables, in every database beside the system's.
pub(crate) const MIGRATIONS: &[Migration] = &[Migration {
    number: 1,
    name: "tasks-and-outbox",
    sql: "
-- A task is ready at `ready_at`: first at `run_at`, then at the end of its lease or at the time of its next attempt.
CREATE TABLE tasks (
    id BLOB NOT NULL PRIMARY KEY,
    kind TEXT NOT NULL,
    key TEXT NOT NULL,
    payload TEXT NOT NULL,
    run_at INTEGER NOT NULL,
    ready_at INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    state TEXT NOT NULL CHECK (state IN ('waiting', 'finished', 'dead')),
    last_error TEXT
) STRICT, WITHOUT ROWID;
CREATE INDEX tasks_ready ON tasks (ready_at, id) WHERE state = 'waiting';
CREATE INDEX tasks_in_order ON tasks (key, run_at, id) WHERE state = 'waiting' AND key <> '';
CREATE INDEX tasks_ended ON tasks (state, run_at, id) WHERE state <> 'waiting';

-- `arrival` is the order of writing. `sequence` is given later, by the reader, because with several writers at once the
-- order of arrival is not the order in which batches become visible, and a subscriber would miss the late ones.
CREATE TABLE outbox (
    arrival INTEGER PRIMARY KEY AUTOINCREMENT,
    sequence INTEGER UNIQUE,
    id BLOB NOT NULL UNIQUE,
    event_type TEXT NOT NULL,
    subject TEXT NOT NULL,
    payload TEXT NOT NULL,
    occurred_at INTEGER NOT NULL
) STRICT;
CREATE INDEX outbox_unnumbered ON outbox (arrival) WHERE sequence IS NULL;
CREATE TABLE outbox_end (only_row INTEGER NOT NULL PRIMARY KEY CHECK (only_row = 1), sequence INTEGER NOT NULL) STRICT;
INSERT INTO outbox_end (only_row, sequence) VALUES (1, 0);
",
}];

/// The one text of taking tasks; PostgreSQL adds that takers step around each other's rows.
macro_rules! take_tasks {
    ($lock:literal) => {
        concat!(
            "WITH ready AS MATERIALIZED (
                SELECT task.id FROM tasks AS task
                WHERE task.state = 'waiting' AND task.ready_at <= $1 AND (task.key = '' OR NOT EXISTS (
                    SELECT 1 FROM tasks AS earlier
                    WHERE earlier.key = task.key AND earlier.key <> '' AND earlier.state = 'waiting'
                        AND (earlier.run_at, earlier.id) < (task.run_at, task.id)))
                ORDER BY task.ready_at, task.id
                LIMIT $3 ",
            $lock,
            ")
            UPDATE tasks SET
                ready_at = $2,
                state = CASE WHEN attempts >= $4 THEN 'dead' ELSE 'waiting' END,
                last_error = CASE WHEN attempts >= $4 THEN 'the last worker never reported back' ELSE last_error END,
                attempts = CASE WHEN attempts >= $4 THEN attempts ELSE attempts + 1 END
            WHERE id IN (SELECT id FROM ready)
            RETURNING id, kind, key, payload, run_at, attempts, state"
        )
    };
}

mod on_sqlite {
    crate::statements! {
        /// Takes tasks where there is one writer.
        TAKE_TASKS = take_tasks!("");
    }
}

mod on_postgres {
    crate::statements! {
        /// Takes tasks where there are many writers.
        TAKE_TASKS = take_tasks!("FOR UPDATE OF task SKIP LOCKED");
    }
}

pub(crate) use on_postgres::TAKE_TASKS as TAKE_TASKS_ON_POSTGRES;
pub(crate) use on_sqlite::TAKE_TASKS as TAKE_TASKS_ON_SQLITE;

statements! {
    /// Puts a task in the queue, once.
    ENQUEUE_TASK = "INSERT INTO tasks (id, kind, key, payload, run_at, ready_at, attempts, state)
        VALUES ($1, $2, $3, $4, $5, $5, 0, 'waiting') ON CONFLICT (id) DO NOTHING";
    /// Ends a task. The row stays, without its payload, so that the same task isn't queued again.
    FINISH_TASK = "UPDATE tasks SET state = 'finished', payload = '' WHERE id = $1 AND state = 'waiting'";
    /// Gives a task back for another attempt, or sets it aside.
    FAIL_TASK = "UPDATE tasks SET ready_at = $2, last_error = $3,
        state = CASE WHEN attempts >= $4 THEN 'dead' ELSE 'waiting' END WHERE id = $1 AND state = 'waiting'";
    /// The tasks set aside, oldest first.
    DEAD_TASKS = "SELECT id, kind, key, payload, run_at, attempts, last_error FROM tasks
        WHERE state = 'dead' ORDER BY run_at, id LIMIT $1";
    /// Puts a dead task back in the queue.
    REVIVE_TASK = "UPDATE tasks SET state = 'waiting', attempts = 0, ready_at = $2 WHERE id = $1 AND state = 'dead'";
    /// Forgets tasks that are finished.
    FORGET_TASKS = "DELETE FROM tasks WHERE state = 'finished' AND run_at < $1";
    /// Puts an event in the outbox.
    EMIT_EVENT = "INSERT INTO outbox (id, event_type, subject, payload, occurred_at) VALUES ($1, $2, $3, $4, $5)";
    /// Whether an event waits for its number.
    UNNUMBERED_EVENT = "SELECT arrival FROM outbox WHERE sequence IS NULL ORDER BY arrival LIMIT 1";
    /// Numbers the events that have become visible, in the order of their arrival.
    NUMBER_EVENTS = "UPDATE outbox SET sequence = numbered.sequence
        FROM (SELECT arrival, (SELECT sequence FROM outbox_end) + row_number() OVER (ORDER BY arrival) AS sequence
            FROM (SELECT arrival FROM outbox WHERE sequence IS NULL ORDER BY arrival LIMIT $1) AS unnumbered) AS numbered
        WHERE outbox.arrival = numbered.arrival";
    /// Remembers the last number given, which outlives the events.
    ADVANCE_OUTBOX = "UPDATE outbox_end
        SET sequence = (SELECT coalesce(max(outbox.sequence), outbox_end.sequence) FROM outbox)";
    /// Events after a number, in order.
    PENDING_EVENTS = "SELECT sequence, id, event_type, subject, payload, occurred_at FROM outbox
        WHERE sequence > $1 ORDER BY sequence LIMIT $2";
    /// Forgets events that every subscriber has.
    FORGET_EVENTS = "DELETE FROM outbox WHERE sequence <= $1";
}

/// Work to be done once the batch is durable.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Task {
    /// Given by whoever asks for the work, so that asking twice is one task.
    pub id: Uuid,
    /// What is to be done; the worker chooses by it.
    pub kind: &'static str,
    /// Tasks with the same key, unless it is empty, are done one after the other in the order of `run_at`, then of
    /// `id`: a later one isn't handed out before the earlier ones are finished or dead. Usually the case's number.
    pub key: String,
    /// What the worker needs to know, as JSON. It is erased when the task is finished.
    pub payload: String,
    /// Not before this time.
    pub run_at: Timestamp,
}

impl Task {
    pub(crate) fn into_params(self) -> Vec<Value> {
        params![self.id, self.kind, self.key, self.payload, self.run_at]
    }
}

/// A task in the hands of a worker until its lease runs out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeasedTask {
    /// The task's id, to finish or fail it by.
    pub id: Uuid,
    /// What is to be done.
    pub kind: String,
    /// The key it is ordered by, or nothing.
    pub key: String,
    /// What the worker needs to know, as JSON.
    pub payload: String,
    /// When it was first to be done.
    pub run_at: Timestamp,
    /// Which attempt this is, from 1.
    pub attempt: u32,
}

/// A task that failed too often and waits for a person to look at it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeadTask {
    /// The task as it was last taken.
    pub task: LeasedTask,
    /// What the last attempt said.
    pub last_error: String,
}

/// Something that happened, for those who subscribed to it. The fields are those of CloudEvents 1.0.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Unique among the store's events.
    pub id: Uuid,
    /// What kind of thing happened.
    pub event_type: String,
    /// To whom or what it happened.
    pub subject: String,
    /// The particulars, as JSON.
    pub payload: String,
    /// When it happened.
    pub occurred_at: Timestamp,
}

impl Event {
    pub(crate) fn into_params(self) -> Vec<Value> {
        params![self.id, self.event_type, self.subject, self.payload, self.occurred_at]
    }
}

/// An event of the outbox with its place in the order of all events of the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PendingEvent {
    /// Increases by one from event to event, starting from 1, and is never given twice.
    pub sequence: i64,
    /// The event.
    pub event: Event,
}

impl Store {
    /// Leases up to `limit` tasks that are ready at `now`, those waiting longest first. Whoever doesn't finish or fail
    /// one within `lease` loses it to the next taker. A task whose last permitted lease ran out becomes dead instead.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] for a limit over [`READ_LIMIT_ROWS`]; otherwise as [`Store::write`].
    pub async fn take_tasks(
        &self,
        now: Timestamp,
        limit: usize,
        lease: Duration,
    ) -> Result<Vec<LeasedTask>, StoreError> {
        let lease = SignedDuration::try_from(lease).unwrap_or(SignedDuration::MAX);
        let lease_end = now.checked_add(lease).unwrap_or(Timestamp::MAX);
        let rows = self.take(params![now, lease_end, row_limit(limit)?, TASK_ATTEMPTS_MAX]).await?;
        let mut tasks = Vec::with_capacity(rows.len());
        for row in rows {
            if row.get::<String>(6)? == "waiting" {
                tasks.push(leased_task(&row)?);
            }
        }
        tasks.sort_by_key(|task: &LeasedTask| (task.run_at, task.id));
        Ok(tasks)
    }

    /// Ends a task that has no effect in this store; one that has belongs in [`Batch::finish_task`].
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the task isn't waiting (any more); otherwise as [`Store::write`].
    pub async fn finish_task(&self, id: Uuid) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.finish_task(id);
        self.write(batch).await
    }

    /// Gives a task back to be tried again at `retry_at`, or sets it aside as dead after [`TASK_ATTEMPTS_MAX`]
    /// attempts. `error` is kept for operators and must hold no personal data.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when the task isn't waiting (any more); otherwise as [`Store::write`].
    pub async fn fail_task(&self, id: Uuid, retry_at: Timestamp, error: &str) -> Result<(), StoreError> {
        let kept: String =
            error.chars().filter(|character| *character != '\0').take(TASK_ERROR_LIMIT_CHARACTERS).collect();
        let mut batch = Batch::new();
        batch.change_one(&FAIL_TASK, params![id, retry_at, kept, TASK_ATTEMPTS_MAX]);
        self.write(batch).await
    }

    /// Up to `limit` tasks that failed too often, oldest first.
    ///
    /// # Errors
    /// As [`Store::read`].
    pub async fn dead_tasks(&self, limit: usize) -> Result<Vec<DeadTask>, StoreError> {
        let rows = self.read(&DEAD_TASKS, params![row_limit(limit)?]).await?;
        rows.iter().map(|row| Ok(DeadTask { task: leased_task(row)?, last_error: row.get(6)? })).collect()
    }

    /// Puts a dead task back in the queue, with all its attempts before it.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] when no dead task has this id; otherwise as [`Store::write`].
    pub async fn revive_task(&self, id: Uuid, run_at: Timestamp) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.change_one(&REVIVE_TASK, params![id, run_at]);
        self.write(batch).await
    }

    /// Forgets the finished tasks that were to run before this time. Until then their ids can't be queued again.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn forget_finished_tasks(&self, run_before: Timestamp) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.change(&FORGET_TASKS, params![run_before]);
        self.write(batch).await
    }

    /// Up to `limit` events that follow `after_sequence`, in order. A subscriber that remembers the last sequence it
    /// handled misses none and sees each at least once.
    ///
    /// # Errors
    /// As [`Store::read`] and [`Store::write`].
    pub async fn pending_events(
        &self,
        after_sequence: i64,
        limit: usize,
    ) -> Result<Vec<PendingEvent>, StoreError> {
        let limit = row_limit(limit)?;
        if self.read_one(&UNNUMBERED_EVENT, params![]).await?.is_some() {
            let mut batch = Batch::new();
            batch.change(&NUMBER_EVENTS, params![NUMBERED_AT_ONCE]).change(&ADVANCE_OUTBOX, params![]);
            self.write(batch).await?;
        }
        let rows = self.read(&PENDING_EVENTS, params![after_sequence, limit]).await?;
        rows.iter().map(pending_event).collect()
    }

    /// Forgets events up to and including this sequence; every subscriber must have them.
    ///
    /// # Errors
    /// As [`Store::write`].
    pub async fn forget_events(&self, through_sequence: i64) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.change(&FORGET_EVENTS, params![through_sequence]);
        self.write(batch).await
    }

    async fn take(&self, params: Vec<Value>) -> Result<Vec<Row>, StoreError> {
        match self.engine() {
            crate::Engine::Sqlite => {
                let mut batch = Batch::new();
                batch.step(Ask::Return, &TAKE_TASKS_ON_SQLITE, params);
                self.write_returning(batch).await
            }
            // One statement is a transaction of its own here, at the isolation level that skips locked rows.
            crate::Engine::Postgres => self.read(&TAKE_TASKS_ON_POSTGRES, params).await,
        }
    }
}

/// How many events get their number in one batch.
const NUMBERED_AT_ONCE: i64 = READ_LIMIT_ROWS as i64;

fn row_limit(limit: usize) -> Result<i64, StoreError> {
    match i64::try_from(limit) {
        Ok(rows) if limit <= READ_LIMIT_ROWS => Ok(rows),
        _ => Err(StoreError::TooLarge { what: "a page, in rows,", limit: READ_LIMIT_ROWS }),
    }
}

fn leased_task(row: &Row) -> Result<LeasedTask, StoreError> {
    Ok(LeasedTask {
        id: row.get(0)?,
        kind: row.get(1)?,
        key: row.get(2)?,
        payload: row.get(3)?,
        run_at: row.get(4)?,
        attempt: row.get(5)?,
    })
}

fn pending_event(row: &Row) -> Result<PendingEvent, StoreError> {
    let event = Event {
        id: row.get(1)?,
        event_type: row.get(2)?,
        subject: row.get(3)?,
        payload: row.get(4)?,
        occurred_at: row.get(5)?,
    };
    Ok(PendingEvent { sequence: row.get(0)?, event })
}
