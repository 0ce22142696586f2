//! `lienthong restore`: puts a node's damaged ledger together again from what is left of it and a replica of its journal.

use crate::{agency::ledger_name, browser::get_text, config::Config, key_place::Keyring};
use anyhow::{Context as _, Result, bail, ensure};
use exchange::Keeper;
use ledger::{Checkpoint, Hash, Ledger, LedgerError, LedgerSigner, Options, SignedCheckpoint, VerifierKey};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};
use system::{Clock, Random};

/// How long a witness may take to say what it cosigned last, in seconds.
const WITNESS_LIMIT_SECONDS: u64 = 10;
/// Longest checkpoint that is fetched or read, in bytes.
const CHECKPOINT_LIMIT_BYTES: usize = 64 * 1024;

/// A checkpoint that the ledger must continue, and who says so.
struct Known {
    by: String,
    checkpoint: Checkpoint,
}

/// Restores the ledger of the node with this configuration, which must not be running. The damaged one is kept beside it.
#[allow(clippy::print_stdout)]
pub async fn run(file: &Path, replica: &Path, checkpoint: Option<&Path>) -> Result<()> {
    let config = Config::read(file)?;
    let (data, id) = (&config.agency.data, config.agency.node_id());
    let keyring = Keyring::default();
    let signer =
        keyring.ledger_signer(&ledger_name(&id), &config.agency.ledger_key, &Random::from_system()?)?;
    let ledger = data.join("ledger");
    let keys = ledger::keys_of(&ledger, &signer)?;
    let mut known = cosigned(&config, &keys).await;
    if let Some(path) = checkpoint {
        let note = std::fs::read_to_string(path)
            .with_context(|| format!("the checkpoint {} can't be read", path.display()))?;
        known.push(Known::of(&path.display().to_string(), &note, &keys)?);
    }
    known.extend(ledger::last_synced(&ledger, &signer).map(|synced| Known {
        by: "the ledger's own note of what was synced".into(),
        checkpoint: synced.checkpoint,
    }));

    let restored = data.join("ledger.restored");
    if restored.exists() {
        std::fs::remove_dir_all(&restored)
            .with_context(|| format!("{} is in the way and can't be removed", restored.display()))?;
    }
    // What has moved into the archive is no more in the damaged ledger, and all of it is in the restored one.
    let archive = config.ledger.archive.as_ref().map(|archive| archive.join("journal"));
    let copies: Vec<&Path> = [replica].into_iter().chain(archive.as_deref()).collect();
    let merged = match ledger::merge(&ledger, &copies, &restored, &signer) {
        Err(LedgerError::AlreadyOpen { .. }) => bail!("the node {id} is running; stop it first"),
        merged => merged?,
    };
    println!(
        "{} entries: {} batches stand whole, {} come from copies",
        merged.size, merged.kept_batches, merged.replaced_batches
    );
    ensure!(
        !merged.is_cut_off,
        "later batches stand whole, but not those between; bring a newer replica. Nothing was changed"
    );
    let opened = open(&restored, &signer).context("what was put together is no ledger")?;
    let continued = known.iter().try_for_each(|known| known.is_continued_by(&opened));
    opened.close().await;
    continued?;
    if ledger.exists() {
        println!("the damaged ledger is kept in {}", set_aside(&ledger)?.display());
    }
    std::fs::rename(&restored, &ledger)
        .with_context(|| format!("{} can't be put in its place", restored.display()))?;
    println!("the ledger of {id} is restored");
    Ok(())
}

fn open(dir: &Path, signer: &LedgerSigner) -> Result<Ledger, LedgerError> {
    Ledger::open(dir, signer.clone(), Options { check_whole_journal: true, ..Options::default() })
}

/// Moves the damaged ledger out of the way; where it is now.
fn set_aside(ledger: &Path) -> Result<PathBuf> {
    let kept = ledger.with_extension(format!("damaged-{}", Clock::real().now().as_second()));
    std::fs::rename(ledger, &kept)
        .with_context(|| format!("{} can't be moved to {}", ledger.display(), kept.display()))?;
    Ok(kept)
}

/// What the witnesses of the directory have cosigned last. One that can't be reached is told, and stops nobody.
#[allow(clippy::print_stdout)]
async fn cosigned(config: &Config, keys: &[VerifierKey]) -> Vec<Known> {
    let Ok(anchor) = config.directory.anchor.parse::<VerifierKey>() else { return Vec::new() };
    let directory = Keeper::open(anchor, config.agency.data.join("directory"));
    let Some(directory) = directory.ok().and_then(|keeper| keeper.current()) else {
        println!("there is no directory, and so no witness can be asked");
        return Vec::new();
    };
    let own = config.agency.node_id();
    let name = exchange::witness::ledger_path(&ledger_name(&own));
    let mut known = Vec::new();
    for witness in directory.directory.witnesses.iter().filter(|witness| witness.node != own) {
        let url = format!("{}/{name}/checkpoint", witness.url);
        let limit = Duration::from_secs(WITNESS_LIMIT_SECONDS);
        let fetched = match tokio::time::timeout(limit, get_text(&url, CHECKPOINT_LIMIT_BYTES)).await {
            Ok(fetched) => fetched.and_then(|note| Known::of(&witness.node, &note, keys)),
            Err(_) => Err(anyhow::anyhow!("it did not answer within {WITNESS_LIMIT_SECONDS} s")),
        };
        match fetched {
            Ok(cosigned) => {
                println!("{} has cosigned {} entries", witness.node, cosigned.checkpoint.size);
                known.push(cosigned);
            }
            Err(error) => println!("{} can't say what it has cosigned: {error:#}", witness.node),
        }
    }
    known
}

impl Known {
    fn of(by: &str, note: &str, keys: &[VerifierKey]) -> Result<Self> {
        let signed = SignedCheckpoint::open(note, keys)
            .with_context(|| format!("the checkpoint of {by} is not this ledger's"))?;
        Ok(Self { by: by.to_owned(), checkpoint: signed.checkpoint })
    }

    /// Fails unless the ledger has all that this checkpoint covers.
    fn is_continued_by(&self, ledger: &Ledger) -> Result<()> {
        let Self { by, checkpoint: Checkpoint { size, root, .. } } = self;
        let now = ledger.checkpoint().checkpoint.clone();
        ensure!(
            now.size >= *size,
            "{by} knows {size} entries, and only {} could be restored; bring a newer replica. Nothing was changed",
            now.size
        );
        let proof: Vec<Hash> = ledger.consistency(*size, now.size)?;
        ledger::verify_consistency(*size, now.size, root, &now.root, &proof)
            .with_context(|| format!("{by} knows another history of {size} entries. Nothing was changed"))
    }
}
