//! What of a node works, but not as it should: it goes on, and says so in log, metrics, health and pages until it is mended.

use crate::{clocks::Difference, node::Node, records::attestations};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    mem::{Discriminant, discriminant},
    sync::Arc,
    time::Duration,
};

/// How often it is looked, in seconds.
const LOOK_SECONDS: u64 = 15;

/// How a part of a node is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Standing {
    /// As it should be.
    Good,
    /// Traffic goes on, but somebody should look.
    Doubtful(String),
    /// Traffic does not go on.
    Bad(String),
}

impl Standing {
    fn of(doubts: &[String]) -> Self {
        if doubts.is_empty() { Self::Good } else { Self::Doubtful(doubts.join("; ")) }
    }
}

/// Parts of a node, as health names them.
pub const PARTS: [&str; 4] = ["directory", "ledger-key", "clocks", "attestation"];

/// Looks at all parts over and over, until the node drains, and reports how they are.
pub async fn keep_watch(node: Arc<Node>, mut report: impl FnMut(&'static str, &Standing) + Send) {
    let mut known: HashMap<&str, Discriminant<Standing>> = HashMap::new();
    while !node.drain.is_draining() {
        for (part, standing) in look(&node).await {
            report(part, &standing);
            let before = known.insert(part, discriminant(&standing));
            // What is wrong is told once, though the figures in it change.
            if before == Some(discriminant(&standing)) {
                continue;
            }
            match &standing {
                Standing::Good if before.is_none() => {}
                Standing::Good => tracing::warn!(component = part, "it is as it should be again"),
                Standing::Doubtful(reason) => {
                    tracing::warn!(
                        component = part,
                        reason,
                        "something is not as it should be; traffic goes on"
                    );
                }
                Standing::Bad(reason) => tracing::error!(component = part, reason, "traffic can't go on"),
            }
        }
        tokio::time::sleep(Duration::from_secs(LOOK_SECONDS)).await;
    }
}

/// How each part is now. Their metrics say the same, and where the time goes.
pub async fn look(node: &Node) -> [(&'static str, Standing); PARTS.len()] {
    let now = node.clock.now();
    node.costs.publish();
    [
        (PARTS[0], directory(node, now)),
        (PARTS[1], ledger_key(node, now)),
        (PARTS[2], clocks(node)),
        (PARTS[3], attestation(node).await),
    ]
}

fn directory(node: &Node, now: Timestamp) -> Standing {
    let Some(current) = node.keeper.current() else { return Standing::Bad("there is no directory".into()) };
    let overdue = now.duration_since(current.directory.fresh_until);
    metrics::gauge!("exchange_directory_overdue_seconds").set(overdue.as_secs_f64().max(0.0));
    metrics::gauge!("exchange_directory_version").set(current.directory.version as f64);
    if !current.is_stale(now) {
        return Standing::Good;
    }
    Standing::Doubtful(format!(
        "the directory is past its refresh date {} by {} h and is still used; see that the centre can be reached",
        current.directory.fresh_until,
        overdue.as_hours()
    ))
}

/// Whether other nodes take what this node's ledger signs.
fn ledger_key(node: &Node, now: Timestamp) -> Standing {
    let signing = node.ledger.signing_keys();
    let directory = node.keeper.current();
    let Some(entry) = directory.as_ref().and_then(|directory| directory.node(&node.id)) else {
        return Standing::Bad(format!("the directory does not list the node {}; ask the centre", node.id));
    };
    let signs = |key: &str| signing.iter().any(|own| own.to_string() == key);
    if signs(&entry.ledger) {
        let old = entry.earlier_keys.iter().find(|old| signs(&old.key));
        return match old {
            Some(old) if now > old.until => Standing::Doubtful(format!(
                "the old ledger key {} ended on {} and still signs beside the new one; name the new one alone in ledger-key",
                old.key, old.until
            )),
            _ => Standing::Good,
        };
    }
    match entry.earlier_keys.iter().find(|old| signs(&old.key)) {
        Some(old) if now <= old.until => Standing::Doubtful(format!(
            "this node does not sign with {}, its ledger key by the directory; other nodes take its old one until {}: name \
             both in ledger-key",
            entry.ledger, old.until
        )),
        _ => Standing::Bad(format!(
            "the directory lists {} as this node's ledger key, which it does not sign with; other nodes refuse its messages",
            entry.ledger
        )),
    }
}

fn clocks(node: &Node) -> Standing {
    let differences = node.clocks.differences();
    for difference in &differences {
        metrics::gauge!("exchange_peer_clock_seconds", "peer" => difference.node.clone())
            .set(difference.seconds());
    }
    Standing::of(&differences.iter().filter(|difference| difference.is_far()).map(far).collect::<Vec<_>>())
}

fn far(difference: &Difference) -> String {
    let way = if difference.micros > 0 { "ahead of" } else { "behind" };
    format!(
        "the clock of node {} is {:.1} s {way} this node's; set the one that is wrong by NTP",
        difference.node,
        difference.seconds().abs()
    )
}

async fn attestation(node: &Node) -> Standing {
    match attestations::attesters(&node.store, node.ledger_key.name()).await {
        Ok(attesters) => {
            let failing = attesters.iter().filter(|attester| !attester.fault.is_empty());
            let doubts: Vec<String> = failing
                .map(|attester| format!("{} does not attest the ledger: {}", attester.name, attester.fault))
                .collect();
            Standing::of(&doubts)
        }
        Err(error) => Standing::Doubtful(format!("who attests the ledger can't be read: {error}")),
    }
}
