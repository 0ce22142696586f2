//! Having this node's ledger attested: every so often its newest checkpoint is shown to the witnesses that the directory
//! names, and what they say is kept beside it. From then on not even this node can change what the checkpoint covers.
//!
//! Nothing waits for this. A witness that is away is told of - once in the log, and as long as it lasts on the page and in
//! the metrics - and asked again at the next round.

use crate::{
    directory::WitnessEntry,
    fetch,
    node::Node,
    records::attestations::{self, Attestation, Attester},
    witness::SIZE_MEDIA_TYPE,
};
use http::StatusCode;
use jiff::Timestamp;
use ledger::{AddCheckpoint, CosignerKey, Ledger, LedgerError, SignedCheckpoint};
use std::{sync::Arc, time::Duration};
use store::StoreError;

/// How often a node asks unless the configuration says otherwise, in seconds.
pub const EVERY_SECONDS: u64 = 60;
/// Most witnesses that a node asks: a note carries no more signatures than [`ledger::NOTE_LIMIT_SIGNATURES`].
pub const WITNESSES_LIMIT: usize = 32;
/// How far a witness's clock may be from this node's, in seconds. What is farther off attests nothing.
pub const CLOCK_LIMIT_SECONDS: u64 = 300;
/// Longest answer of a witness, in bytes.
const ANSWER_LIMIT_BYTES: usize = 16 * 1024;
/// Longest description of a fault that is kept, in bytes.
const FAULT_LIMIT_BYTES: usize = 400;

/// Has the ledger attested every `every`, until the node drains.
pub async fn keep_attested(node: &Arc<Node>, every: Duration) {
    while !node.drain.is_draining() {
        if let Err(error) = attest(node).await {
            tracing::warn!(%error, "what witnesses say can't be kept; trying again");
        }
        tokio::time::sleep(every).await;
    }
}

/// Shows the newest checkpoint to every witness that has not cosigned it, and keeps what they say.
pub async fn attest(node: &Arc<Node>) -> Result<(), StoreError> {
    let checkpoint = node.ledger.checkpoint();
    let size = checkpoint.checkpoint.size;
    let witnesses = witnesses_of(node);
    if size == 0 || witnesses.is_empty() {
        return Ok(());
    }
    let known = attestations::attesters(&node.store).await?;
    let last_of = |name: &str| known.iter().find(|attester| attester.name == name);
    let asking: Vec<_> = witnesses
        .into_iter()
        .filter(|(_, key)| last_of(key.name()).is_none_or(|last| last.size != size || !last.fault.is_empty()))
        .map(|(entry, key)| {
            let (node, checkpoint) = (node.clone(), checkpoint.clone());
            let old = last_of(key.name()).map_or(0, |last| last.size);
            tokio::spawn(async move {
                let said = cosignature_of(&node, &entry, &key, &checkpoint, old.min(size)).await;
                (key.name().to_owned(), said)
            })
        })
        .collect();
    let now = node.clock.now();
    let mut attesters = Vec::new();
    let mut lines = String::new();
    for asked in asking {
        // A task that panicked has said so where it happened.
        let Ok((name, said)) = asked.await else { continue };
        let last = last_of(&name);
        attesters.push(heard(name, said.as_ref().map(|_| size).map_err(String::as_str), last, now));
        lines.extend(said);
    }
    let attestation = match lines.is_empty() {
        true => None,
        false => Some(with_cosignatures(node, &checkpoint, &lines, now).await?),
    };
    attestations::keep(&node.store, attestation.as_ref(), &attesters).await
}

/// The witnesses that the directory names, but for this node itself.
fn witnesses_of(node: &Node) -> Vec<(WitnessEntry, CosignerKey)> {
    let Some(directory) = node.keeper.current() else { return Vec::new() };
    let others = directory.directory.witnesses.iter().filter(|witness| *witness.node != *node.id);
    others
        .filter_map(|witness| Some((witness.clone(), witness.key.parse().ok()?)))
        .take(WITNESSES_LIMIT)
        .collect()
}

/// What came of asking somebody, told once where it changes.
fn heard(name: String, said: Result<u64, &str>, last: Option<&Attester>, now: Timestamp) -> Attester {
    let was_fault = last.map_or("", |last| &last.fault);
    let mut attester = Attester {
        size: last.map_or(0, |last| last.size),
        attested_at: last.and_then(|last| last.attested_at),
        asked_at: now,
        fault: String::new(),
        name,
    };
    match said {
        Ok(size) => {
            (attester.size, attester.attested_at) = (size, Some(now));
            if !was_fault.is_empty() {
                tracing::info!(attester = attester.name, "it attests the ledger again");
            }
        }
        Err(fault) => {
            if was_fault.is_empty() {
                tracing::warn!(
                    attester = attester.name,
                    reason = fault,
                    "the ledger is not attested; traffic goes on"
                );
            }
            attester.fault = fault[..fault.floor_char_boundary(FAULT_LIMIT_BYTES)].to_owned();
        }
    }
    let labels = [("attester", attester.name.clone())];
    metrics::gauge!("exchange_attester_failing", &labels).set(f64::from(!attester.fault.is_empty()));
    metrics::gauge!("exchange_attested_entries", &labels).set(attester.size as f64);
    attester
}

/// The attestation of this checkpoint with more cosignatures than it has so far.
async fn with_cosignatures(
    node: &Node,
    checkpoint: &SignedCheckpoint,
    lines: &str,
    now: Timestamp,
) -> Result<Attestation, StoreError> {
    let size = checkpoint.checkpoint.size;
    let latest = attestations::latest(&node.store).await?.filter(|latest| latest.size == size);
    Ok(match latest {
        Some(latest) => Attestation { note: latest.note + lines, ..latest },
        None => Attestation { size, at: now, note: checkpoint.note.clone() + lines, time_stamp: None },
    })
}

/// Asks one witness. When it knows the ledger from another size than this node remembers, the growth is proven from there.
async fn cosignature_of(
    node: &Node,
    witness: &WitnessEntry,
    key: &CosignerKey,
    checkpoint: &SignedCheckpoint,
    old: u64,
) -> Result<String, String> {
    let url = format!("{}/add-checkpoint", witness.url.trim_end_matches('/'));
    let size = checkpoint.checkpoint.size;
    let mut old = old;
    for _ in 0..2 {
        let request = request(&node.ledger, checkpoint, old).await.map_err(|error| error.to_string())?;
        let answer =
            fetch::post(&url, "text/plain; charset=utf-8", request.into_bytes(), ANSWER_LIMIT_BYTES).await?;
        let said = String::from_utf8_lossy(&answer.body).into_owned();
        if answer.status == StatusCode::CONFLICT && answer.media_type == SIZE_MEDIA_TYPE {
            let seen: u64 = said.trim().parse().map_err(|_| "it answered 409 without a size".to_owned())?;
            if seen > size {
                return Err(format!(
                    "it has seen {seen} entries of this ledger, which has {size}: the ledger was put back to an older state"
                ));
            }
            if seen == size && old == size {
                return Err(format!(
                    "it has seen another root of this ledger's {size} entries: the ledger was forked"
                ));
            }
            old = seen;
            continue;
        }
        if answer.status != StatusCode::OK {
            return Err(format!("it answered {}: {}", answer.status, said.trim()));
        }
        return own_line(&said, checkpoint, key, node.clock.now());
    }
    Err(format!("it names another size each time, last {old}"))
}

/// The request that proves the growth from `old`. Reading the proof blocks.
async fn request(ledger: &Ledger, checkpoint: &SignedCheckpoint, old: u64) -> Result<String, LedgerError> {
    let (ledger, checkpoint) = (ledger.clone(), checkpoint.clone());
    let proving = tokio::task::spawn_blocking(move || {
        let proof = ledger.consistency(old, checkpoint.checkpoint.size)?;
        Ok(AddCheckpoint { old, proof, checkpoint: checkpoint.note }.to_string())
    });
    proving.await.map_err(|_| LedgerError::Closed)?
}

/// The line of the answer that is this witness's own, if it holds and its clock is right.
fn own_line(
    said: &str,
    checkpoint: &SignedCheckpoint,
    key: &CosignerKey,
    now: Timestamp,
) -> Result<String, String> {
    let start = format!("\u{2014} {} ", key.name());
    let mut fault = format!("its answer holds no cosignature by {key}");
    for line in said.split_inclusive('\n').filter(|line| line.starts_with(&start) && line.ends_with('\n')) {
        match key.verify(&format!("{}{line}", checkpoint.note)) {
            Ok(seconds) if seconds.abs_diff(now.as_second().unsigned_abs()) <= CLOCK_LIMIT_SECONDS => {
                return Ok(line.to_owned());
            }
            Ok(seconds) => {
                fault = format!("its clock is {} s off", seconds.abs_diff(now.as_second().unsigned_abs()));
            }
            Err(error) => fault = error.to_string(),
        }
    }
    Err(fault)
}
