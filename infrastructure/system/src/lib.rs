//! The contract every system of the country fulfils, and the handle it calls the others with.
//!
//! A system is given a [`Room`]: its store, its handle on the exchange, its register, its clock. It gives back what it
//! offers: [`Service`]s on the exchange, pages for its people, tasks it works off, figures it is judged by. It never sees
//! another system's code.

pub mod authority;
pub mod clock;
pub mod exchange;
pub mod mutual_tls;
pub mod openapi;
pub mod random;
pub mod register;
pub mod sealing;
pub mod service;
#[cfg(feature = "testing")]
pub mod testing;
pub mod worker;

pub use authority::{Access, Area, Authority, Claim, Claimant, Marks, Own, PostGrant, Reach, Record, Whom};
pub use clock::Clock;
pub use exchange::{CallError, Carried, Carrier, Delivered, Exchange, Outgoing};
pub use mutual_tls::ShownCertificate;
pub use random::Random;
pub use register::{Register, RegisterError, SealedRecord};
pub use sealing::{Sealing, SealingError};
pub use service::{Incoming, Service};
pub use worker::{TaskFailure, Worker};

use async_trait::async_trait;
use contracts::MemberId;
use std::{path::Path, sync::Arc};
use store::{LeasedTask, Schema, Store};
use tokio::sync::Notify;

/// What a system is, in the words of its field.
#[derive(Debug, Clone, Copy)]
pub struct SystemFacts {
    /// Code on the exchange; also the name of its crate and of its store.
    pub code: &'static str,
    /// Name in Vietnamese.
    pub name_vi: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// The law it stands on.
    pub source: &'static str,
    /// The types of event it tells the country of.
    pub events: &'static [EventFacts],
}

/// A type of event.
#[derive(Debug, Clone, Copy)]
pub struct EventFacts {
    /// Name, e.g. `birth.registered`.
    pub name: &'static str,
    /// What has happened when it is told.
    pub meaning: &'static str,
    /// Makes the JSON Schema of its particulars.
    pub schema: fn() -> serde_json::Value,
}

impl EventFacts {
    /// A type of event whose particulars are a `T`.
    pub const fn of<T: schemars::JsonSchema>(name: &'static str, meaning: &'static str) -> Self {
        Self { name, meaning, schema: || schemars::schema_for!(T).to_value() }
    }
}

/// A figure a system is judged by.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Indicator {
    /// Stable code.
    pub code: &'static str,
    /// Name in Vietnamese.
    pub name_vi: &'static str,
    /// Name in English.
    pub name_en: &'static str,
    /// Its value now.
    pub value: i64,
}

/// What a system is given to do its work with.
#[derive(Clone)]
pub struct Room {
    /// The agency that runs the system.
    pub member: MemberId,
    /// Its records.
    pub store: Store,
    /// Its way to every other system.
    pub exchange: Exchange,
    /// The agency's ledger, for records that must be provable.
    pub register: Register,
    /// The time.
    pub clock: Clock,
    /// Randomness.
    pub random: Random,
    /// What the agency's documents are signed with, where it issues any.
    pub documents: Option<Arc<signature::Seal>>,
    /// What documents are verified with.
    pub verifier: signature::Verifier,
    /// Poke it after writing a task, so that it is worked off at once.
    pub tasks: Arc<Notify>,
    /// Folder in which the agency's gateways find what is to be sent by SMS and e-mail. It may not be there yet.
    pub post: Arc<Path>,
    /// Where the country's pages are reached, without a trailing slash; codes on documents lead there.
    pub public_url: Arc<str>,
    /// Where systems show their certificate to what is served over HTTP, without a trailing slash; nothing where no
    /// certificate can be shown.
    pub mutual_tls_url: Option<Arc<str>>,
    /// Seals what the system keeps secret in its records.
    pub sealing: Sealing,
    /// All of this is synthetic, and documents say so.
    pub sandbox: bool,
}

/// One system of the country.
#[async_trait]
pub trait System: Send + Sync + 'static {
    /// What it is.
    fn facts(&self) -> &'static SystemFacts;

    /// What it answers on the exchange.
    fn services(self: Arc<Self>) -> Vec<Service>;

    /// What its people see, mounted under `/<code>`.
    fn pages(self: Arc<Self>) -> axum::Router {
        axum::Router::new()
    }

    /// What programs ask it over HTTP where the exchange is not the way, mounted under `/<code>` beside the pages and
    /// without their protection: no cookie of a page may count there.
    fn endpoints(self: Arc<Self>) -> axum::Router {
        axum::Router::new()
    }

    /// Works off one task that the system has written for itself. Must bear being run again: the end of a task is written
    /// in the same batch as its effect.
    async fn perform(&self, task: &LeasedTask) -> Result<(), TaskFailure> {
        Err(TaskFailure::fatal(format!("the system knows no task of the kind {:?}", task.kind)))
    }

    /// Looks after what must not wait for a request or a task, such as keys that were replaced. Its worker calls it when it
    /// starts and about every minute from then on.
    async fn tend(&self) {}

    /// The figures it is judged by, as they stand now.
    async fn indicators(&self) -> Vec<Indicator> {
        Vec::new()
    }
}

/// How a system's crate is known to the program: its facts, its schema, and how it moves into a room.
#[derive(Clone, Copy)]
pub struct Blueprint {
    /// What it is.
    pub facts: &'static SystemFacts,
    /// Its tables and statements.
    pub schema: &'static Schema,
    /// Moves it into its room.
    pub open: fn(Room) -> Arc<dyn System>,
}
