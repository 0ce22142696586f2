//! Counts of what passes a node: who calls whom, how often, how it ends, how long it takes.

use contracts::{ServiceId, SystemId};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
    time::Duration,
};

/// Pairs of client and service that are counted apart; what comes beyond is counted together.
const PAIRS_LIMIT: usize = 10_000;

/// How one client's calls of one service went.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Tally {
    /// Calls.
    pub calls: u64,
    /// Calls that the exchange or the provider refused or failed.
    pub failures: u64,
    /// Time until the answer, summed up.
    pub time: Duration,
}

/// The counts of one node since it started.
#[derive(Default)]
pub struct Traffic {
    pairs: Mutex<HashMap<(SystemId, ServiceId), Tally>>,
}

impl Traffic {
    /// Counts one call.
    pub(crate) fn count(&self, client: &SystemId, service: &ServiceId, failed: bool, time: Duration) {
        metrics::counter!("exchange_calls_total", "failed" => if failed { "true" } else { "false" })
            .increment(1);
        metrics::histogram!("exchange_call_seconds").record(time.as_secs_f64());
        let mut pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let key = (client.clone(), service.clone());
        if pairs.len() >= PAIRS_LIMIT && !pairs.contains_key(&key) {
            return;
        }
        let tally = pairs.entry(key).or_default();
        tally.calls += 1;
        tally.failures += u64::from(failed);
        tally.time += time;
    }

    /// All counts, busiest pair first.
    pub fn tallies(&self) -> Vec<(SystemId, ServiceId, Tally)> {
        let pairs = self.pairs.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<_> = pairs
            .iter()
            .map(|((client, service), tally)| (client.clone(), service.clone(), *tally))
            .collect();
        all.sort_by(|a, b| b.2.calls.cmp(&a.2.calls).then_with(|| (&a.0, &a.1).cmp(&(&b.0, &b.1))));
        all
    }
}
