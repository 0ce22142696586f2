//! Having this node's ledger attested: every so often its newest checkpoint is shown to the witnesses that the directory
//! names and to a time-stamp authority, and what they say is kept beside it. From then on not even this node can change
//! what the checkpoint covers, nor say that it was later.
//!
//! Nothing waits for this. A witness or authority that is away is told of - once in the log, and as long as it lasts on the page and in
//! the metrics - and asked again at the next round.

use crate::{
    directory::WitnessEntry,
    fetch,
    node::Node,
    records::attestations::{self, Attestation, Attester},
    time_stamps::{QUERY_MEDIA_TYPE, REPLY_MEDIA_TYPE},
    witness::SIZE_MEDIA_TYPE,
};
use http::StatusCode;
use jiff::Timestamp;
use ledger::{AddCheckpoint, CosignerKey, Hash, Ledger, LedgerError, SignedCheckpoint};
use pki::time_stamp;
use std::{sync::Arc, time::Duration};
use store::StoreError;

/// How often a node asks unless the configuration says otherwise, in seconds.
pub const EVERY_SECONDS: u64 = 60;
/// How often a node looks whether its ledger has a first entry, in seconds.
const FIRST_SECONDS: u64 = 1;
/// Most witnesses that a node asks: a note carries no more signatures than [`ledger::NOTE_LIMIT_SIGNATURES`].
pub const WITNESSES_LIMIT: usize = 32;
/// How far a witness's clock may be from this node's, in seconds. What is farther off attests nothing.
pub const CLOCK_LIMIT_SECONDS: u64 = 300;
/// Longest answer of a witness, in bytes.
const ANSWER_LIMIT_BYTES: usize = 16 * 1024;
/// Longest description of a fault that is kept, in bytes.
const FAULT_LIMIT_BYTES: usize = 400;

/// Has the ledger attested every `every`, until the node drains. `time_stamps` is the address of a time-stamp authority;
/// the directory's first when absent.
pub async fn keep_attested(node: &Arc<Node>, every: Duration, time_stamps: Option<&str>) {
    while !node.drain.is_draining() {
        let is_empty = node.ledger.checkpoint().checkpoint.size == 0;
        if let Err(error) = attest(node, time_stamps).await {
            tracing::warn!(%error, "what witnesses say can't be kept; trying again");
        }
        // The first entries of a new ledger are attested at once, so that whoever tries a node sees its witnesses.
        let rest = if is_empty { every.min(Duration::from_secs(FIRST_SECONDS)) } else { every };
        tokio::time::sleep(rest).await;
    }
}

/// Shows the newest checkpoint to everybody who has not attested it, and keeps what they say.
pub async fn attest(node: &Arc<Node>, time_stamps: Option<&str>) -> Result<(), StoreError> {
    let checkpoint = node.ledger.checkpoint();
    let size = checkpoint.checkpoint.size;
    if size == 0 {
        return Ok(());
    }
    let known = attestations::attesters(&node.store, node.ledger_key.name()).await?;
    let last_of = |name: &str| known.iter().find(|attester| attester.name == name);
    let is_due = |name: &str| last_of(name).is_none_or(|last| last.size != size || !last.fault.is_empty());
    let mut asking = Vec::new();
    for (entry, key) in witnesses_of(node).into_iter().filter(|(_, key)| is_due(key.name())) {
        let (node, checkpoint) = (node.clone(), checkpoint.clone());
        let old = last_of(key.name()).map_or(0, |last| last.size);
        asking.push(tokio::spawn(async move {
            let said = cosignature_of(&node, &entry, &key, &checkpoint, old.min(size)).await;
            (key.name().to_owned(), said.map(Said::Cosignature))
        }));
    }
    if let Some(url) = time_stamps_of(node, time_stamps).filter(|url| is_due(url)) {
        let (node, checkpoint) = (node.clone(), checkpoint.clone());
        asking.push(tokio::spawn(async move {
            let said = time_stamp_of(&node, &url, &checkpoint).await;
            (url, said.map(Said::TimeStamp))
        }));
    }
    if asking.is_empty() {
        return Ok(());
    }
    let now = node.clock.now();
    let mut attestation = attestations::latest(&node.store, node.ledger_key.name())
        .await?
        // A ledger that was put back may have had another checkpoint of this size.
        .filter(|latest| latest.note.starts_with(&checkpoint.checkpoint.to_string()))
        .unwrap_or_else(|| Attestation { size, at: now, note: checkpoint.note.clone(), time_stamp: None });
    let (mut attesters, mut is_new) = (Vec::new(), false);
    for asked in asking {
        // A task that panicked has said so where it happened.
        let Ok((name, said)) = asked.await else { continue };
        let last = last_of(&name);
        attesters.push(heard(name, said.as_ref().map(|_| size).map_err(String::as_str), last, now));
        is_new |= said.is_ok();
        match said {
            Ok(Said::Cosignature(line)) => attestation.note.push_str(&line),
            Ok(Said::TimeStamp(token)) => attestation.time_stamp = Some(token),
            Err(_) => {}
        }
    }
    attestations::keep(&node.store, node.ledger_key.name(), Some(&attestation).filter(|_| is_new), &attesters)
        .await
}

/// What somebody attests with.
enum Said {
    /// A signature line for the note.
    Cosignature(String),
    /// A time-stamp token.
    TimeStamp(Vec<u8>),
}

/// The time-stamp authority to be asked.
fn time_stamps_of(node: &Node, configured: Option<&str>) -> Option<String> {
    let first = || Some(node.keeper.current()?.directory.time_stamp_authorities.first()?.url.clone());
    configured.map(str::to_owned).or_else(first)
}

/// Asks for a time stamp over the checkpoint's text. It must lead to a root that the directory names, or no receipt could
/// prove it, and its clock must be right.
async fn time_stamp_of(node: &Node, url: &str, checkpoint: &SignedCheckpoint) -> Result<Vec<u8>, String> {
    let directory = node.keeper.current().ok_or("this node has no directory")?;
    let roots = directory.directory.time_stamp_authorities.iter().map(|authority| authority.root.as_str());
    let roots = pki::tls::parse_roots(&roots.collect::<String>())
        .map_err(|_| "the directory names no root of time stamps".to_owned())?;
    let digest = Hash::of(checkpoint.checkpoint.to_string().as_bytes());
    let nonce = node.random.bytes();
    let query = time_stamp::query(digest.as_bytes(), &nonce).map_err(|error| error.to_string())?;
    let answer = fetch::post(url, QUERY_MEDIA_TYPE, query, time_stamp::TOKEN_LIMIT_BYTES).await?;
    if answer.status != StatusCode::OK || answer.media_type != REPLY_MEDIA_TYPE {
        return Err(format!("it answered {} with {:?}", answer.status, answer.media_type));
    }
    let (token, stamp) = time_stamp::read_reply(&answer.body, digest.as_bytes(), &nonce, &roots)
        .map_err(|error| error.to_string())?;
    let off = node.clock.now().as_second().abs_diff(stamp.at.as_second());
    if off > CLOCK_LIMIT_SECONDS {
        return Err(format!("its clock is {off} s off"));
    }
    Ok(token)
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
                tracing::info!(peer = attester.name, "it attests the ledger again");
            }
        }
        Err(fault) => {
            if was_fault.is_empty() {
                tracing::warn!(
                    peer = attester.name,
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
