//! Of the nodes that share these records one at a time carries events over and hands them out: two would send the same
//! event to the same subscriber, and one of them after it was confirmed.
//!
//! The node that does it says so every few seconds by counting up a number. Another one takes over when it has seen the
//! number stand still for long enough by its own clock, so clocks that differ do no harm. A node that comes back goes on at
//! once, if nobody has taken over.

use super::records;
use std::{sync::Arc, time::Duration};
use store::{Store, StoreError};
use tokio::time::Instant;

/// How often the node that holds the lease says so.
const BEAT: Duration = Duration::from_secs(5);
/// After how long a silent node has lost it.
pub(super) const LEASE: Duration = Duration::from_secs(20);

/// Who holds the lease, and how often that was said.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Held {
    pub(super) by: String,
    pub(super) beat: i64,
}

/// One node's view of the lease.
pub(super) struct Lease {
    node: Arc<str>,
    said_at: Option<Instant>,
    /// What was seen of another node, and since when it has not changed.
    seen: Option<(Held, Instant)>,
}

impl Lease {
    pub(super) fn of(node: Arc<str>) -> Self {
        Self { node, said_at: None, seen: None }
    }

    /// Until when this node holds the lease, now that it has asked for it; nothing when another one does. Until then no
    /// other node takes it, whatever becomes of this one: it was seen to say so no earlier than now.
    pub(super) async fn held_until(
        &mut self,
        store: &Store,
        now: Instant,
    ) -> Result<Option<Instant>, StoreError> {
        let held = self.is_held(store, now).await?;
        Ok(self.said_at.filter(|_| held).map(|at| at + LEASE))
    }

    async fn is_held(&mut self, store: &Store, now: Instant) -> Result<bool, StoreError> {
        if self.said_at.is_some_and(|at| now - at < BEAT) {
            return Ok(true);
        }
        self.said_at = None;
        let held = records::lease(store).await?;
        if held.as_ref().is_some_and(|held| *held.by != *self.node && !self.is_silent(held, now)) {
            return Ok(false);
        }
        match records::take_lease(store, &self.node, held.as_ref()).await {
            Ok(()) => {
                self.said_at = Some(now);
                Ok(true)
            }
            // Another one was faster.
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error),
        }
    }

    fn is_silent(&mut self, held: &Held, now: Instant) -> bool {
        match &self.seen {
            Some((seen, since)) if seen == held => now - *since >= LEASE,
            _ => {
                self.seen = Some((held.clone(), now));
                false
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::Timestamp;
    use store::Location;

    #[tokio::test]
    async fn one_node_at_a_time_holds_it_and_a_silent_one_loses_it() {
        let schema = &super::super::SCHEMA;
        let store = Store::open(&Location::SqliteMemory, schema, Timestamp::UNIX_EPOCH).await.unwrap();
        let mut nodes = ["a", "b", "a"].map(|node| Lease::of(node.into()));
        let start = Instant::now();
        // The third is the first, started again.
        for (second, node, expected) in [
            (0, 0, true),
            (0, 1, false),
            (6, 0, true),
            (19, 1, false),
            (20, 0, true),
            (38, 1, false),
            (39, 2, true),
            (40, 1, false),
            (59, 1, false),
            (60, 1, true),
            (61, 2, false),
            (61, 0, false),
            (66, 1, true),
        ] {
            let now = start + Duration::from_secs(second);
            let held = nodes[node].is_held(&store, now).await.unwrap();
            assert_eq!(held, expected, "node {node} after {second} s");
        }
    }
}
