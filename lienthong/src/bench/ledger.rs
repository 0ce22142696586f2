//! Durable appends to a ledger, with a signed checkpoint and a proof for each.

use super::{Scratch, repeat, scattered, together};
use anyhow::Result;
use ledger::{Ledger, NoteSigner, Options};
use serde_json::Value;
use std::{
    sync::{Arc, atomic::AtomicU64},
    time::Duration,
};

/// Length of an entry, about that of a message's.
const ENTRY_BYTES: usize = 120;
/// Waiters of the second measurement, which shows what batches are worth.
const MANY_WAITERS: usize = 4_000;

pub(super) async fn measure(length: Duration, concurrency: usize) -> Result<Value> {
    let scratch = Scratch::new("ledger")?;
    let ledger = Ledger::open(&scratch.0, NoteSigner::new("bench.ledger", &[1; 32])?, Options::default())?;
    let mut sets = Vec::new();
    for waiters in [1, concurrency, MANY_WAITERS] {
        let appending = ledger.clone();
        let name = format!("durable appends, {waiters} waiting,");
        let work = move |worker: usize| {
            let ledger = appending.clone();
            async move {
                let entry = vec![u8::try_from(worker % 256).unwrap_or(0); ENTRY_BYTES];
                ledger.append(entry).await?;
                Ok(())
            }
        };
        sets.push(repeat(&name, length, waiters, work).await?);
    }
    let size = ledger.checkpoint().checkpoint.size;
    let (proving, asked) = (ledger.clone(), Arc::new(AtomicU64::new(0)));
    let prove = move |_: usize| {
        let (ledger, index) = (proving.clone(), scattered(&asked, size));
        async move {
            ledger.inclusion(index, size)?;
            Ok(())
        }
    };
    sets.push(repeat("proofs", length, 1, prove).await?);
    ledger.close().await;
    Ok(together(sets))
}
