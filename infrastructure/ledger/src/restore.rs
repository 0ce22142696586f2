//! Putting a damaged journal together again, from what is left of it and a replica.

use std::fs::{self, File};
use std::io::Write as _;
use std::path::{Path, PathBuf};

use crate::checkpoint::SignedCheckpoint;
use crate::derived::SyncedState;
use crate::error::LedgerError;
use crate::growth::{Edge, Growth};
use crate::journal::{Found, SegmentReader, segment_path, sync_dir};
use crate::key_change;
use crate::lock::Lock;
use crate::note::VerifierKey;
use crate::record::{self, Position, Record};
use crate::signer::LedgerSigner;
use crate::tree::leaf_bytes;

/// What a journal was put together from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// Its entries.
    pub size: u64,
    /// Batches that stood whole in the damaged journal.
    pub kept_batches: u64,
    /// Batches that came from a copy.
    pub replaced_batches: u64,
    /// Later batches stand whole, and none of those before them that are missing.
    pub is_cut_off: bool,
}

/// Writes into `into` a ledger made of every batch that stands whole in the ledger `damaged` or else in one of `copies`,
/// folders with copies of its journal's segments. None of them is changed. Only what the ledger's keys have signed is taken,
/// and only what continues what stands before it; so a copy needs no trust. Whether that is *all* that was acknowledged is
/// for the caller to see, by checkpoints that others hold.
///
/// # Errors
/// [`LedgerError::AlreadyOpen`], [`LedgerError::Io`].
pub fn merge(
    damaged: &Path,
    copies: &[&Path],
    into: &Path,
    signer: &LedgerSigner,
) -> Result<Merged, LedgerError> {
    let _lock = if damaged.exists() { Some(Lock::take(damaged)?) } else { None };
    let keys = &*key_change::verifiers(damaged, signer)?;
    let journal = into.join("journal");
    fs::create_dir_all(&journal).map_err(LedgerError::io("create", &journal))?;
    key_change::copy(damaged, into)?;
    let copies = copies.iter().map(|copy| Source::of(copy.to_path_buf()));
    let mut sources: Vec<Source> = [Source::of(damaged.join("journal"))].into_iter().chain(copies).collect();
    let (mut merged, mut edge) = (Merged::default(), Edge::empty());
    let mut at = Position { segment: 0, offset: 0 };
    let mut file = create(&journal, at.segment)?;
    loop {
        // The journal goes on in a new segment when one is full, which only its end shows.
        let next_segment = Position { segment: at.segment + 1, offset: 0 };
        let places = if at.offset == 0 { vec![at] } else { vec![at, next_segment] };
        let Some((place, number, batch)) = next_batch(&mut sources, &places, &edge, keys)? else { break };
        if place.segment != at.segment {
            file.1.sync_all().map_err(LedgerError::io("sync", &file.0))?;
            file = create(&journal, place.segment)?;
        }
        file.1.write_all(&batch.bytes).map_err(LedgerError::io("write", &file.0))?;
        at = Position { segment: place.segment, offset: place.offset + batch.bytes.len() as u64 };
        edge = batch.edge;
        merged.size = edge.size();
        *(if number == 0 { &mut merged.kept_batches } else { &mut merged.replaced_batches }) += 1;
    }
    file.1.sync_all().map_err(LedgerError::io("sync", &file.0))?;
    sync_dir(&journal).map_err(LedgerError::io("sync", &journal))?;
    for source in &sources {
        merged.is_cut_off |= source.has_later(at, merged.size, keys)?;
    }
    Ok(merged)
}

fn create(journal: &Path, segment: u32) -> Result<(PathBuf, File), LedgerError> {
    let path = segment_path(journal, segment);
    let file = File::create(&path).map_err(LedgerError::io("create", &path))?;
    Ok((path, file))
}

/// The next batch, where it stands, and the number of the source that has it.
fn next_batch(
    sources: &mut [Source],
    places: &[Position],
    edge: &Edge,
    keys: &[VerifierKey],
) -> Result<Option<(Position, usize, Batch)>, LedgerError> {
    for place in places {
        for (number, source) in sources.iter_mut().enumerate() {
            if let Some(batch) = source.batch(*place, edge, keys)? {
                return Ok(Some((*place, number, batch)));
            }
        }
    }
    Ok(None)
}

/// A batch as it stands in a journal, and the tree's edge behind it.
struct Batch {
    bytes: Vec<u8>,
    edge: Edge,
}

/// A folder with segments, some of which may be missing or damaged.
struct Source {
    dir: PathBuf,
    open: Option<(u32, SegmentReader)>,
}

impl Source {
    fn of(dir: PathBuf) -> Self {
        Self { dir, open: None }
    }

    /// A batch that the log signed stands whole behind a place, at which it has `size` entries.
    fn has_later(&self, at: Position, size: u64, keys: &[VerifierKey]) -> Result<bool, LedgerError> {
        let is_later = |record: &Record<'_>| {
            SignedCheckpoint::open(record.note, keys).is_ok_and(|signed| signed.checkpoint.size > size)
        };
        for segment in self.segments()?.into_iter().filter(|segment| *segment >= at.segment) {
            let mut reader = SegmentReader::open(&self.dir, segment)?;
            let offset = if segment == at.segment { at.offset } else { 0 };
            let begins = matches!(reader.read(offset)?, Found::Record(record) if is_later(&record));
            if begins || reader.record_follows(offset, is_later)? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Numbers of the segments that are there.
    fn segments(&self) -> Result<Vec<u32>, LedgerError> {
        let mut numbers = Vec::new();
        if self.dir.exists() {
            for entry in fs::read_dir(&self.dir).map_err(LedgerError::io("list", &self.dir))? {
                let name = entry.map_err(LedgerError::io("list", &self.dir))?.file_name();
                numbers.extend(
                    name.to_str().and_then(|name| name.strip_suffix(".segment")?.parse::<u32>().ok()),
                );
            }
        }
        Ok(numbers)
    }

    /// The batch at a place, if it stands there whole, continues the tree and is signed by the log.
    fn batch(
        &mut self,
        at: Position,
        edge: &Edge,
        keys: &[VerifierKey],
    ) -> Result<Option<Batch>, LedgerError> {
        if self.open.as_ref().is_none_or(|(segment, _)| *segment != at.segment) {
            if !segment_path(&self.dir, at.segment).exists() {
                return Ok(None);
            }
            self.open = Some((at.segment, SegmentReader::open(&self.dir, at.segment)?));
        }
        let Some((_, reader)) = &mut self.open else { return Ok(None) };
        let record = match reader.read(at.offset)? {
            Found::Record(record) if record.header.first == edge.size() => record,
            _ => return Ok(None),
        };
        let leaves = record.items().map(|item| leaf_bytes(item.entry)).collect();
        let growth = Growth::new(edge, leaves);
        let is_signed = SignedCheckpoint::open(record.note, keys).is_ok_and(|signed| {
            let checkpoint = signed.checkpoint;
            checkpoint.size == growth.edge().size() && checkpoint.root == growth.edge().root()
        });
        let mut bytes = Vec::new();
        record::encode(&mut bytes, at, record.header.first, record.note, record.items());
        Ok(is_signed.then(|| Batch { bytes, edge: growth.edge().clone() }))
    }
}

/// The checkpoint up to which the ledger in `dir` knows all to be on disk, if it still says so.
pub fn last_synced(dir: &Path, signer: &LedgerSigner) -> Option<SignedCheckpoint> {
    SyncedState::read(dir).ok()??.checkpoint(&key_change::verifiers(dir, signer).ok()?).ok()
}

/// The keys that verify the checkpoints of the ledger in `dir`, the newest first.
///
/// # Errors
/// When its changes of keys can't be read.
pub fn keys_of(dir: &Path, signer: &LedgerSigner) -> Result<Vec<VerifierKey>, LedgerError> {
    key_change::verifiers(dir, signer)
}
