//! What publishers and subscribers agree on, and how far each subscriber has come.

use contracts::{ServiceId, SystemId};
use events::Topic;
use jiff::Timestamp;
use uuid::Uuid;

/// How long an event waits to be confirmed unless its subscription says otherwise, in seconds (GovStack).
pub const TTL_DEFAULT_SECONDS: i64 = 3_600;
/// Longest time that an event may wait to be confirmed, in seconds: a year.
pub const TTL_LIMIT_SECONDS: i64 = 365 * 24 * 3_600;
/// How long events stay in the log unless their type says otherwise, in days.
pub const RETENTION_DEFAULT_DAYS: i64 = 90;
/// Longest time that events may stay in the log, in days.
pub const RETENTION_LIMIT_DAYS: i64 = 3_650;

/// A type of event, with the system that publishes it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventType {
    /// Its name, unique among those of its node.
    pub name: Topic,
    /// The only system that publishes it, and decides who subscribes.
    pub owner: SystemId,
    /// JSON Schema of the particulars.
    pub schema: String,
    /// How long events stay in the log, in days.
    pub retention_days: i64,
    /// Since when it is no longer published, if it isn't.
    pub ended_at: Option<Timestamp>,
}

/// How a subscriber gets events.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Delivery {
    /// The publisher's node calls a service of the subscriber.
    Push {
        /// Code of the service within the subscriber's system.
        service: String,
        /// Path within the service.
        path: String,
    },
    /// The subscriber fetches.
    Pull,
}

impl Delivery {
    /// The word for it in the protocol.
    pub fn word(&self) -> &'static str {
        match self {
            Self::Push { .. } => "PUSH",
            Self::Pull => "PULL",
        }
    }
}

/// What a subscriber may choose.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Options {
    /// How long an event waits to be confirmed, counted from when it is due to this subscriber, in seconds.
    pub ttl_seconds: i64,
    /// Events of one key come one after the other, the next once the one before is confirmed or dead.
    pub fifo: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { ttl_seconds: TTL_DEFAULT_SECONDS, fifo: false }
    }
}

/// Whether a subscription is in force.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    /// Asked for and not decided.
    Asked,
    /// In force.
    Granted,
    /// Refused.
    Refused,
    /// Ended by either side.
    Ended,
}

impl State {
    /// Every state.
    pub const ALL: [State; 4] = [Self::Asked, Self::Granted, Self::Refused, Self::Ended];

    /// Its word in the protocol and in the records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Asked => "asked",
            Self::Granted => "granted",
            Self::Refused => "refused",
            Self::Ended => "ended",
        }
    }

    /// The state of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.word() == word)
    }
}

/// What a system subscribed to, and how far it has come.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Subscription {
    /// Its identifier.
    pub id: Uuid,
    /// The type of event.
    pub event_type: Topic,
    /// The system that subscribed.
    pub subscriber: SystemId,
    /// How it gets events.
    pub delivery: Delivery,
    /// What it chose.
    pub options: Options,
    /// What it needs the events for.
    pub purpose: String,
    /// What allows it to have them.
    pub legal_basis: String,
    /// Whether it is in force.
    pub state: State,
    /// When it was asked for.
    pub asked_at: Timestamp,
    /// When it was decided on, last.
    pub decided_at: Option<Timestamp>,
    /// By whom: a system, an operator or the configuration.
    pub decided_by: String,
    /// Why it was refused or ended.
    pub reason: String,
    /// Number of the last event that was made due; before it is granted, where it asked to begin.
    pub position: Option<u64>,
    /// How often in a row its service could not be reached.
    pub failures: u32,
    /// When reaching it is tried again.
    pub resume_at: Timestamp,
}

impl Subscription {
    /// The service that events are pushed to, and the path within it.
    pub fn target(&self) -> Option<(ServiceId, &str)> {
        match &self.delivery {
            Delivery::Push { service, path } => Some((self.subscriber.service(service), path)),
            Delivery::Pull => None,
        }
    }
}

/// An event that is due to a subscriber and not confirmed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Due {
    /// The subscription.
    pub subscription: Uuid,
    /// The event's number in the log.
    pub number: u64,
    /// The event.
    pub event: Uuid,
    /// What it is ordered by.
    pub key: String,
    /// How often it was handed over.
    pub attempts: u32,
    /// When it may be handed over.
    pub ready_at: Timestamp,
    /// When it expires.
    pub expires_at: Timestamp,
    /// What was wrong, last.
    pub last_error: String,
}

/// What came of handing over an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// The subscriber has confirmed it.
    Confirmed,
    /// The subscriber fetched it and has not confirmed it yet.
    Fetched,
    /// The subscriber did not take it.
    Refused,
    /// The subscriber could not be reached.
    Unreachable,
    /// It waited too long, and is a dead letter.
    Expired,
    /// It was refused too often, and is a dead letter.
    Dead,
    /// A dead letter was made due again.
    Replayed,
}

impl Outcome {
    /// Every outcome.
    pub const ALL: [Outcome; 7] = [
        Self::Confirmed,
        Self::Fetched,
        Self::Refused,
        Self::Unreachable,
        Self::Expired,
        Self::Dead,
        Self::Replayed,
    ];

    /// Its word in the protocol and in the records.
    pub fn word(self) -> &'static str {
        match self {
            Self::Confirmed => "confirmed",
            Self::Fetched => "fetched",
            Self::Refused => "refused",
            Self::Unreachable => "unreachable",
            Self::Expired => "expired",
            Self::Dead => "dead",
            Self::Replayed => "replayed",
        }
    }

    /// The outcome of this word.
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|outcome| outcome.word() == word)
    }
}

/// A line of the delivery log. It never holds what the event says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attempt {
    /// The subscription.
    pub subscription: Uuid,
    /// The event.
    pub event: Uuid,
    /// Its number.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What came of it.
    pub outcome: Outcome,
    /// What was wrong, without personal data.
    pub detail: String,
}

/// What is known of a published event beside what it says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Published {
    /// The event.
    pub event: Uuid,
    /// Its number in the log.
    pub number: u64,
    /// The system that published it.
    pub publisher: SystemId,
    /// When.
    pub at: Timestamp,
    /// Its size, in bytes.
    pub bytes: i64,
    /// Its publisher has taken it back.
    pub withdrawn: bool,
}
