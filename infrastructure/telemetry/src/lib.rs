//! What a running node says about itself: structured logs without personal data, Prometheus metrics, health and
//! readiness.

pub mod health;
pub mod logs;
pub mod metrics;
pub mod privacy;

mod process;

pub use crate::health::{Component, Health, HealthAnswer, State};
pub use crate::logs::{LogFormat, init};
pub use crate::metrics::Metrics;
pub use crate::privacy::{Redacted, personal};

use thiserror::Error;

/// Telemetry that cannot be set up.
#[derive(Debug, Error)]
pub enum TelemetryError {
    /// A filter that cannot be read.
    #[error("the log filter {filter:?} cannot be read: {reason}; write it as info or info,exchange=debug")]
    Filter {
        /// The filter as given.
        filter: String,
        /// What is wrong with it.
        reason: String,
    },
    /// A format that is not known.
    #[error("the log format {0:?} is not known; write text or json")]
    Format(String),
    /// A second attempt to set up what a process has once.
    #[error("{0} can be set up only once in a process")]
    AlreadySetUp(&'static str),
    /// A metrics recorder that cannot be made.
    #[error("metrics cannot be set up: {0}")]
    Metrics(String),
}
