//! The exchange: the national data sharing and integration platform (NDXP) and the agencies' nodes on it.
//!
//! A message goes *system A -> node A -> node B -> system B*. Each node seals what it sends in its own ledger before it
//! leaves, logs what it takes, and lets in only what the directory lists and the provider has granted. The log is the
//! signature: one signed checkpoint stands for all messages of a batch, and every message carries its proof.
//!
//! How few seals a call needs, and why no fewer:
//! - The consumer's node makes the request durable before it leaves, or a crash could leave the provider with a request
//!   that its sender does not know of.
//! - The provider's node makes a request that may change records durable before it runs, or a crash could leave a change
//!   without its cause. A request that only reads changes nothing, so its entry waits for the answer's.
//! - The provider's node makes the answer durable before it leaves, for the consumer's sake.
//! - The consumer's entry of the answer waits for nobody: what it says stands already in the provider's log, durable and
//!   signed, and the caller has the answer.
//!
//! So a read costs its caller two waits for a disk, a write three, and every wait is shared by all messages of a batch.
//!
//! Source: X-Road REST message protocol 1, X-Road service metadata protocol for REST, C2SP tlog-tiles, tlog-checkpoint,
//! tlog-proof, tlog-cosignature and tlog-witness, Decree 47/2020/ND-CP on sharing data.

pub mod access;
mod admission;
mod answers;
pub mod attestation;
pub mod bodies;
pub mod body;
pub mod certificates;
pub mod clocks;
pub mod codec;
pub mod consumer;
pub mod costs;
pub mod directory;
pub mod drain;
pub mod events;
pub mod fault;
mod fetch;
#[cfg(feature = "testing")]
pub mod fuzzing;
pub mod http;
pub mod message;
pub mod metadata;
pub mod monitoring;
pub mod node;
pub mod offer;
pub mod pages;
pub mod provider;
pub mod receipt;
pub mod records;
pub mod replay;
pub mod rest;
mod routes;
pub mod siblings;
#[cfg(feature = "testing")]
pub mod testing;
mod texts;
pub mod time_stamps;
pub mod traffic;
pub mod watch;
pub mod wire;
pub mod witness;

pub use access::AccessRule;
pub use bodies::Bodies;
pub use directory::{
    Directory, EarlierKey, GroupEntry, Keeper, MemberEntry, NodeEntry, SystemEntry, TimeStampEntry,
    WitnessEntry,
};
pub use fault::{Fault, Kind, Vocabulary};
pub use node::{Credential, Node, NodeError, Parts};
pub use offer::Offer;
pub use receipt::{Receipt, ReceiptError};
pub use witness::Witness;

use std::sync::Arc;
use store::{Migration, Schema};
use tokio::net::TcpListener;

/// The tables of a node.
pub static SCHEMA: Schema = Schema {
    system: "exchange",
    migrations: &[
        Migration { number: 1, name: "messages", sql: include_str!("../migrations/0001_messages.sql") },
        Migration { number: 2, name: "evidence", sql: include_str!("../migrations/0002_evidence.sql") },
        Migration { number: 3, name: "search", sql: include_str!("../migrations/0003_search.sql") },
        Migration { number: 4, name: "answers", sql: include_str!("../migrations/0004_answers.sql") },
        Migration { number: 5, name: "periods", sql: include_str!("../migrations/0005_periods.sql") },
        Migration {
            number: 6,
            name: "body-readings",
            sql: include_str!("../migrations/0006_body_readings.sql"),
        },
        Migration { number: 7, name: "period-keys", sql: include_str!("../migrations/0007_period_keys.sql") },
    ],
    statements: &records::ALL_STATEMENTS,
};

/// Serves peers and systems until the node drains.
pub async fn serve(node: Arc<Node>, peers: TcpListener, systems: TcpListener) -> Result<(), NodeError> {
    let directory = node.keeper.current().ok_or(NodeError::NoDirectory)?;
    let roots = Arc::new(node::roots_of(&directory)?);
    let tls =
        pki::tls::server_config(&node.identity, roots, node.node_peers.clone(), node::clock_of(&node.clock))?;
    let (limits, drain) = (node.limits.clone(), node.drain.clone());
    tokio::join!(
        wire::listen(peers, tls, limits, node.clone(), drain),
        http::listen_plain(systems, node.clone())
    );
    Ok(())
}
