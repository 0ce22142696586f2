//! The event log: what happened, kept in the order it happened in, for as long as somebody may want to read it again.
//!
//! A log has [`Topic`]s, one a type of event. Events of a topic are numbered from 1 without gaps; a number is never given
//! twice. An event is known by its identifier: appended again, it keeps its first number, so whoever does not know
//! whether an append arrived makes it again. Who has read how far is not the log's business.
//!
//! Two engines stand behind the one interface [`EventLog`], and one contract suite runs on both:
//!
//! - [`EmbeddedLog`], in a store of the house: SQLite or PostgreSQL. It knows an identifier again for as long as it keeps
//!   the event.
//! - [`NatsLog`], a stream of NATS JetStream a topic (server 2.9 and later). It knows the identifiers of the last
//!   [`RECALLED_EVENTS`] events of a topic, however long ago these came.

mod embedded;
mod nats;
#[cfg(feature = "testing")]
pub mod testing;

pub use embedded::{EmbeddedLog, MIGRATION, SCHEMA};
pub use nats::NatsLog;

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use std::{fmt, str::FromStr};
use thiserror::Error;
use uuid::Uuid;

/// Longest name of a topic, in bytes.
pub const TOPIC_LIMIT_BYTES: usize = 100;
/// Largest event, in bytes. Larger things are pointed to, and fetched from their owner.
pub const EVENT_LIMIT_BYTES: usize = 256 * 1024;
/// Longest key, in bytes.
pub const KEY_LIMIT_BYTES: usize = 256;
/// Most events that are appended or read at once.
pub const BATCH_LIMIT_EVENTS: usize = 500;
/// How many events of a topic back an engine knows identifiers again, at least.
pub const RECALLED_EVENTS: usize = 1_000;

/// The name of a topic: words of letters, digits, `-` and `_`, joined by points.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Topic(String);

impl Topic {
    /// The name.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for Topic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl FromStr for Topic {
    type Err = LogError;

    fn from_str(name: &str) -> Result<Self, LogError> {
        let is_word = |word: &str| {
            !word.is_empty() && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
        };
        if name.len() > TOPIC_LIMIT_BYTES || !name.split('.').all(is_word) {
            return Err(LogError::Topic);
        }
        Ok(Self(name.to_owned()))
    }
}

/// An event to be appended.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NewEvent {
    /// By which it is known again.
    pub id: Uuid,
    /// What events are ordered by: whom or what they are about. Empty when they are about nothing in particular.
    pub key: String,
    /// When it was published.
    pub at: Timestamp,
    /// The event as it is handed over.
    pub document: String,
}

impl NewEvent {
    fn check(&self) -> Result<(), LogError> {
        let too_large = |what, limit| Err(LogError::TooLarge { what, limit });
        if self.document.len() > EVENT_LIMIT_BYTES {
            return too_large("an event", EVENT_LIMIT_BYTES);
        }
        if self.key.len() > KEY_LIMIT_BYTES {
            return too_large("a key", KEY_LIMIT_BYTES);
        }
        Ok(())
    }
}

/// An event of the log.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its place in its topic, from 1.
    pub number: u64,
    /// The event.
    pub event: NewEvent,
}

/// Where a topic begins and ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Bounds {
    /// Number of the oldest event that is kept; the next one's number when none is.
    pub first: u64,
    /// Number of the newest event there ever was; 0 before the first.
    pub last: u64,
}

/// A log of events. One process writes a topic at a time; a second one is found out and loses nothing.
#[async_trait]
pub trait EventLog: Send + Sync {
    /// Appends events to a topic, in this order, and says each one's number. They are durable when this returns. After
    /// an error some of the first may have been appended; append all of them again.
    async fn append(&self, topic: &Topic, events: &[NewEvent]) -> Result<Vec<u64>, LogError>;

    /// Up to `limit` events with numbers after `after`, in order. Those forgotten are passed over.
    async fn read(&self, topic: &Topic, after: u64, limit: usize) -> Result<Vec<Logged>, LogError>;

    /// Where the topic begins and ends.
    async fn bounds(&self, topic: &Topic) -> Result<Bounds, LogError>;

    /// Forgets the oldest events, up to the first that was published at `before` or later. Numbers go on.
    async fn forget(&self, topic: &Topic, before: Timestamp) -> Result<(), LogError>;
}

fn check_batch(events: &[NewEvent]) -> Result<(), LogError> {
    if events.len() > BATCH_LIMIT_EVENTS {
        return Err(LogError::TooLarge { what: "an append, in events,", limit: BATCH_LIMIT_EVENTS });
    }
    events.iter().try_for_each(NewEvent::check)
}

/// Why the log does not do what was asked.
#[derive(Debug, Error)]
pub enum LogError {
    /// Not a name.
    #[error(
        "the name of an event type is words of letters, digits, '-' and '_' joined by points, in at most {TOPIC_LIMIT_BYTES} bytes"
    )]
    Topic,
    /// Over a limit.
    #[error("{what} is over the limit of {limit}; make it smaller")]
    TooLarge {
        /// What is too large.
        what: &'static str,
        /// The limit: bytes, unless the words say otherwise.
        limit: usize,
    },
    /// The store of the embedded engine.
    #[error(transparent)]
    Store(#[from] store::StoreError),
    /// The NATS server.
    #[error("the NATS server does not do it: {0}; see that it runs, with JetStream, and try again")]
    Nats(String),
    /// What the log holds is not what an engine wrote.
    #[error("event {number} of {topic} can't be read; something else writes to its stream")]
    Damaged {
        /// The topic.
        topic: Topic,
        /// The event's number.
        number: u64,
    },
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_topics_are_read_strictly() {
        for (name, good) in [
            ("person.numbered", true),
            ("newBirth", true),
            ("a-b_c.9", true),
            ("", false),
            (".", false),
            ("a..b", false),
            (".a", false),
            ("a.", false),
            ("a.*", false),
            ("a.>", false),
            ("a b", false),
            ("tên", false),
            ("a/b", false),
            ("a=b", false),
        ] {
            assert_eq!(name.parse::<Topic>().is_ok(), good, "{name:?}");
        }
        assert!("x".repeat(TOPIC_LIMIT_BYTES).parse::<Topic>().is_ok());
        assert!("x".repeat(TOPIC_LIMIT_BYTES + 1).parse::<Topic>().is_err());
    }
}
