//! `lienthong archive`: moves what is old in a node's ledger to another disk.

use crate::{agency, config::Config, key_place::Keyring};
use anyhow::{Context as _, Result, ensure};
use jiff::{SignedDuration, Timestamp};
use ledger::{Archived, Ledger, Options};
use std::{num::NonZeroU32, path::Path, time::SystemTime};
use system::{Clock, Random};

/// Moves what is older than so many days in the ledger of a node that is not running.
#[allow(clippy::print_stdout)]
pub fn run(file: &Path, days: Option<NonZeroU32>) -> Result<()> {
    let config = Config::read(file)?;
    ensure!(
        config.ledger.archive.is_some(),
        "the configuration has no ledger.archive; name the folder there"
    );
    let days = days
        .or(config.ledger.archive_after_days)
        .context("say with --after-days, or with ledger.archive-after-days, what is old")?;
    let name = agency::ledger_name(&config.agency.node_id());
    let signer =
        Keyring::default().ledger_signer(&name, &config.agency.ledger_key, &Random::from_system()?)?;
    let options = Options { archive: config.ledger.archive.clone(), ..Options::default() };
    let opened = Ledger::open(&config.agency.data.join(agency::LEDGER), signer, options);
    let ledger =
        opened.context("a running node moves by itself what is older than ledger.archive-after-days")?;
    let Archived { segments, entries, moved_now } = archive(&ledger, days, Clock::real().now())?;
    println!("{moved_now} segments moved; the archive has {segments}, with {entries} entries");
    Ok(())
}

/// Moves what is older than so many days.
pub fn archive(ledger: &Ledger, days: NonZeroU32, now: Timestamp) -> Result<Archived> {
    let before = now.checked_sub(SignedDuration::from_hours(24 * i64::from(days.get())))?;
    Ok(ledger.archive(SystemTime::from(before))?)
}
