//! A ledger of so many entries: what an entry costs on disk, a proof of any of them, and opening it again.

use super::{Scratch, repeat, resident_bytes, scattered, together};
use anyhow::Result;
use ledger::{Ledger, NoteSigner, Options};
use serde_json::{Value, json};
use std::{
    path::Path,
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};

/// Length of an entry, that of a message's.
const ENTRY_BYTES: usize = 120;
/// Entries of one batch.
const BATCH_ENTRIES: u64 = 50_000;

pub(super) async fn measure(length: Duration, entries: u64) -> Result<Value> {
    let scratch = Scratch::new("growth")?;
    let filled = Instant::now();
    let ledger = open(&scratch.0).await?;
    fill(&ledger, entries.max(1)).await?;
    let filled = filled.elapsed();
    ledger.close().await;
    let opened = Instant::now();
    let ledger = open(&scratch.0).await?;
    let opened = opened.elapsed();
    let size = ledger.checkpoint().checkpoint.size;
    let mut sets = vec![json!({
        "entries": size,
        "entries appended per second": (size as f64 / filled.as_secs_f64()).round(),
        "opening it again us": u64::try_from(opened.as_micros())?,
        "bytes an entry in the journal": bytes_in(&scratch.0.join("journal"))? as f64 / size as f64,
        "bytes an entry in tiles": bytes_in(&scratch.0.join("derived"))? as f64 / size as f64,
    })];
    type Ask = fn(&Ledger, u64, u64) -> Result<()>;
    let asked: [(&str, Ask); 3] = [
        ("proofs of any entry,", |ledger, index, size| {
            ledger.inclusion(index, size).map(drop).map_err(Into::into)
        }),
        ("proofs in any older tree,", |ledger, index, _| {
            ledger.inclusion(index / 2, index + 1).map(drop).map_err(Into::into)
        }),
        ("entries read,", |ledger, index, _| ledger.entry(index).map(drop).map_err(Into::into)),
    ];
    for (name, ask) in asked {
        let (ledger, places) = (ledger.clone(), Arc::new(AtomicU64::new(0)));
        let work = move |_: usize| {
            let (ledger, index) = (ledger.clone(), scattered(&places, size));
            async move { ask(&ledger, index, size) }
        };
        sets.push(repeat(name, length, 1, work).await?);
    }
    sets.push(json!({ "resident memory MB": resident_bytes()? / 1_000_000 }));
    ledger.close().await;
    Ok(together(sets))
}

async fn open(dir: &Path) -> Result<Ledger> {
    let (dir, signer) = (dir.to_owned(), NoteSigner::new("bench.ledger", &[1; 32])?);
    Ok(tokio::task::spawn_blocking(move || Ledger::open(&dir, signer, Options::default())).await??)
}

async fn fill(ledger: &Ledger, entries: u64) -> Result<()> {
    for number in 1..=entries {
        let mut entry = vec![0; ENTRY_BYTES];
        entry[..8].copy_from_slice(&number.to_be_bytes());
        if number % BATCH_ENTRIES == 0 || number == entries {
            ledger.append(entry).await?;
        } else {
            ledger.append_later(entry)?;
        }
    }
    Ok(())
}

/// What the files of a folder take on disk.
fn bytes_in(dir: &Path) -> Result<u64> {
    use std::os::unix::fs::MetadataExt as _;
    const BLOCK_BYTES: u64 = 512;
    let mut bytes = 0;
    for file in std::fs::read_dir(dir)? {
        bytes += file?.metadata()?.blocks() * BLOCK_BYTES;
    }
    Ok(bytes)
}
