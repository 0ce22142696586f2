//! `lienthong verify`: proves a receipt offline.

use anyhow::{Context as _, Result};
use exchange::Receipt;
use jiff::Timestamp;
use ledger::VerifierKey;
use std::path::Path;

/// Where a sandbox keeps the centre's key.
const SANDBOX_ANCHOR: &str = "lienthong-data/anchor";

/// Verifies the receipt, and says what it proves.
#[allow(clippy::print_stdout)]
pub fn run(receipt: &Path, message: Option<&Path>, anchor: Option<&str>) -> Result<()> {
    let anchor = anchor_of(anchor)?;
    let text =
        std::fs::read_to_string(receipt).with_context(|| format!("{} can't be read", receipt.display()))?;
    let message = message
        .map(|file| std::fs::read(file).with_context(|| format!("{} can't be read", file.display())))
        .transpose()?;
    let receipt = Receipt::parse(&text)?;
    let proven = receipt.verify(&anchor, message.as_deref())?;
    println!("proven: {}", proven.call);
    println!("  sent by      {} through node {}", proven.client, proven.consumer);
    if let (Some(provider), Some(status)) = (&proven.provider, &proven.status) {
        println!("  answered by  node {provider} with {status}");
    } else {
        println!("  not answered");
    }
    if let Some(at) = proven.sealed_micros.and_then(|micros| Timestamp::from_microsecond(micros).ok()) {
        println!("  sealed at    {at}");
    }
    for seen in &proven.seen {
        let at = i64::try_from(seen.at_seconds).ok().and_then(|at| Timestamp::from_second(at).ok());
        let at = at.map_or_else(|| format!("{} s after 1970", seen.at_seconds), |at| at.to_string());
        println!("  witnessed by {}, which saw the log of {} at {at}", seen.by, seen.ledger);
    }
    for stamped in &proven.stamped {
        let exact = stamped.stamp.accuracy_micros as f64 / 1e6;
        println!(
            "  stamped at   {} (to {exact} s) by {}: the log of {} held it by then",
            stamped.stamp.at, stamped.stamp.authority, stamped.ledger
        );
    }
    if message.is_some() {
        println!("  the message given is the one of the receipt");
    }
    println!("  vouched for by {}", anchor.name());
    Ok(())
}

/// The centre's key: as given, from the file given, or from the sandbox here.
pub fn anchor_of(given: Option<&str>) -> Result<VerifierKey> {
    let text = match given {
        Some(given) if Path::new(given).exists() => {
            std::fs::read_to_string(given).with_context(|| format!("{given} can't be read"))?
        }
        Some(given) => given.to_owned(),
        None => std::fs::read_to_string(SANDBOX_ANCHOR)
            .context("whose key is to be trusted? give the centre's key with --anchor, or run this where the sandbox's lienthong-data is")?,
    };
    text.trim().parse().context("the centre's key can't be read; it looks like name+0123abcd+base64")
}
