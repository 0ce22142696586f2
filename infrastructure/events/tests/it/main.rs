//! The event log's contract, on every engine.

mod contract;
mod nats;
