//! The log in a store of the house.

use crate::{BATCH_LIMIT_EVENTS, Bounds, EventLog, LogError, Logged, NewEvent, Topic, check_batch};
use async_trait::async_trait;
use jiff::Timestamp;
use std::collections::HashMap;
use store::{Batch, Migration, Row, Schema, Store, StoreError, params};
use uuid::Uuid;

/// How often an append is made again when another one came between.
const APPENDS_MAXIMUM: usize = 5;

/// The log's tables. A store that keeps the log beside other tables has this among its migrations.
pub const MIGRATION: Migration = Migration {
    number: 1,
    name: "event-log",
    sql: "
CREATE TABLE topics (topic TEXT NOT NULL PRIMARY KEY, last_number INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE events (
    topic TEXT NOT NULL,
    number INTEGER NOT NULL,
    id BLOB NOT NULL,
    event_key TEXT NOT NULL,
    at INTEGER NOT NULL,
    document TEXT NOT NULL,
    PRIMARY KEY (topic, number),
    UNIQUE (topic, id)
) STRICT;
",
};

/// A store that holds nothing but the log.
pub static SCHEMA: Schema = Schema { system: "events", migrations: &[MIGRATION], statements: STATEMENTS };

store::statements! {
    /// Begins a topic.
    BEGIN_TOPIC = "INSERT INTO topics (topic, last_number) VALUES ($1, 0) ON CONFLICT (topic) DO NOTHING";
    /// Appends an event, unless the topic has it.
    APPEND_EVENT = "INSERT INTO events (topic, number, id, event_key, at, document)
        VALUES ($1, (SELECT last_number + 1 FROM topics WHERE topic = $1), $2, $3, $4, $5)
        ON CONFLICT (topic, id) DO NOTHING";
    /// Remembers the last number given, which outlives the events.
    ADVANCE_TOPIC = "UPDATE topics SET last_number =
        (SELECT coalesce(max(events.number), topics.last_number) FROM events WHERE events.topic = topics.topic)
        WHERE topic = $1";
    /// The newest events and their numbers.
    NEWEST_EVENTS = "SELECT id, number FROM events WHERE topic = $1 ORDER BY number DESC LIMIT $2";
    /// The number an event has.
    NUMBER_OF_EVENT = "SELECT number FROM events WHERE topic = $1 AND id = $2";
    /// Events after a number.
    EVENTS_AFTER = "SELECT number, id, event_key, at, document FROM events
        WHERE topic = $1 AND number > $2 ORDER BY number LIMIT $3";
    /// Where a topic ends, and where what is kept of it begins.
    BOUNDS = "SELECT last_number,
        (SELECT coalesce(min(events.number), topics.last_number + 1) FROM events WHERE events.topic = topics.topic)
        FROM topics WHERE topic = $1";
    /// Forgets what stands before the first event that is young enough.
    FORGET_OLD_EVENTS = "DELETE FROM events WHERE topic = $1 AND number <
        (SELECT coalesce(min(young.number), $3) FROM events AS young WHERE young.topic = $1 AND young.at >= $2)";
}

/// The log in a store that has [`MIGRATION`].
#[derive(Debug, Clone)]
pub struct EmbeddedLog {
    store: Store,
}

impl EmbeddedLog {
    /// The log of this store.
    pub fn new(store: Store) -> Self {
        Self { store }
    }

    /// The numbers that appended events have. Most are the newest of the topic, and read at once.
    async fn numbers(&self, topic: &Topic, events: &[NewEvent]) -> Result<Vec<u64>, LogError> {
        let newest = self.store.read(&NEWEST_EVENTS, params![topic.as_str(), events.len() as i64]).await?;
        let newest: HashMap<Uuid, i64> =
            newest.iter().map(|row| Ok((row.get(0)?, row.get(1)?))).collect::<Result<_, StoreError>>()?;
        let mut numbers = Vec::with_capacity(events.len());
        for event in events {
            let number = match newest.get(&event.id) {
                Some(number) => *number,
                None => {
                    let row =
                        self.store.read_one(&NUMBER_OF_EVENT, params![topic.as_str(), event.id]).await?;
                    // An event that is forgotten as soon as it is appended was too old to be kept.
                    row.map_or(Ok(0), |row| row.get(0))?
                }
            };
            numbers.push(number.unsigned_abs());
        }
        Ok(numbers)
    }
}

#[async_trait]
impl EventLog for EmbeddedLog {
    async fn append(&self, topic: &Topic, events: &[NewEvent]) -> Result<Vec<u64>, LogError> {
        check_batch(events)?;
        let mut batch = Batch::new();
        batch.change(&BEGIN_TOPIC, params![topic.as_str()]);
        for event in events {
            let (key, document) = (event.key.as_str(), event.document.as_str());
            batch.change(&APPEND_EVENT, params![topic.as_str(), event.id, key, event.at, document]);
            batch.change(&ADVANCE_TOPIC, params![topic.as_str()]);
        }
        let mut attempts = 1;
        loop {
            match self.store.write(batch.clone()).await {
                Ok(()) => break,
                // Two writers drew the same number; one of them has it now.
                Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. } | StoreError::Busy { .. })
                    if attempts < APPENDS_MAXIMUM =>
                {
                    attempts += 1;
                }
                Err(error) => return Err(error.into()),
            }
        }
        self.numbers(topic, events).await
    }

    async fn read(&self, topic: &Topic, after: u64, limit: usize) -> Result<Vec<Logged>, LogError> {
        let after = i64::try_from(after).unwrap_or(i64::MAX);
        let limit = limit.min(BATCH_LIMIT_EVENTS) as i64;
        let rows = self.store.read(&EVENTS_AFTER, params![topic.as_str(), after, limit]).await?;
        Ok(rows.iter().map(logged).collect::<Result<_, _>>()?)
    }

    async fn bounds(&self, topic: &Topic) -> Result<Bounds, LogError> {
        let Some(row) = self.store.read_one(&BOUNDS, params![topic.as_str()]).await? else {
            return Ok(Bounds { first: 1, last: 0 });
        };
        Ok(Bounds { last: row.get::<i64>(0)?.unsigned_abs(), first: row.get::<i64>(1)?.unsigned_abs() })
    }

    async fn forget(&self, topic: &Topic, before: Timestamp) -> Result<(), LogError> {
        let mut batch = Batch::new();
        batch.change(&FORGET_OLD_EVENTS, params![topic.as_str(), before, i64::MAX]);
        Ok(self.store.write(batch).await?)
    }
}

fn logged(row: &Row) -> Result<Logged, StoreError> {
    let event = NewEvent { id: row.get(1)?, key: row.get(2)?, at: row.get(3)?, document: row.get(4)? };
    Ok(Logged { number: row.get::<i64>(0)?.unsigned_abs(), event })
}
