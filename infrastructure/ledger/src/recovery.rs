//! Opening a ledger: finding the end of what is durable, and refusing what is damaged.

use std::path::Path;
use std::sync::Arc;

use crate::checkpoint::{Checkpoint, SignedCheckpoint};
use crate::derived::{BundlePlace, Derived, SyncedState};
use crate::error::LedgerError;
use crate::growth::{Edge, Growth};
use crate::journal::{Found, SegmentReader, count_segments};
use crate::note::{VerifierKey, unverified_text};
use crate::record::{Position, Record};
use crate::signer::LedgerSigner;
use crate::tree::{empty_root, leaf_bytes};

/// What the files say.
pub(crate) struct Recovered {
    pub(crate) edge: Edge,
    pub(crate) checkpoint: Arc<SignedCheckpoint>,
    pub(crate) end: Position,
}

/// Reads the journal from the synced state on, or all of it if `whole`, and brings the derived files up to date.
pub(crate) fn recover(
    dir: &Path,
    journal_dir: &Path,
    derived: &Derived,
    signer: &LedgerSigner,
    keys: &[VerifierKey],
    whole: bool,
) -> Result<Recovered, LedgerError> {
    let synced = SyncedState::read(dir)?;
    let segments = count_segments(journal_dir, derived.archive().moved().segments)?;
    let start = match &synced {
        Some(state) if !whole => start_at(state, derived, keys)?,
        _ => None,
    };
    let start = start.unwrap_or(Start { edge: Edge::empty(), end: BEGINNING });
    let end = start.end;
    if end > BEGINNING && end.segment >= segments {
        return Err(LedgerError::Damaged {
            segment: end.segment,
            offset: 0,
            reason: "the segment's file is missing",
        });
    }
    derived.truncate(start.edge.size())?;

    let mut replay = Replay { derived, keys, edge: start.edge, end: start.end, last_note: None };
    for segment in replay.end.segment..segments {
        replay.read_segment(segment, segment + 1 == segments)?;
    }
    // What looks torn was acknowledged all the same if the synced state reaches beyond it.
    if synced.as_ref().is_some_and(|state| replay.end < state.end) {
        let Position { segment, offset } = replay.end;
        return Err(LedgerError::Damaged { segment, offset, reason: MISSING_FROM_HERE });
    }

    let replayed_note = replay.last_note.take();
    let Replay { edge, end, .. } = replay;
    let last = replayed_note.map(|note| SyncedState { end, note });
    if let Some(state) = &last {
        state.checkpoint(keys)?;
        derived.sync()?;
        state.write(dir)?;
    }
    let checkpoint = match last.or(synced) {
        Some(state) => state.checkpoint(keys)?,
        None => SignedCheckpoint::of_log(0, empty_root(), signer).map_err(LedgerError::NotSigned)?,
    };
    Ok(Recovered { edge, checkpoint: Arc::new(checkpoint), end })
}

const MISSING_FROM_HERE: &str = "entries that were durable are missing from here on";
const BEGINNING: Position = Position { segment: 0, offset: 0 };

/// Where reading the journal begins, and the tree up to there.
struct Start {
    edge: Edge,
    end: Position,
}

/// The start the synced state gives, unless the derived files do not bear it out: then everything is derived anew.
fn start_at(
    state: &SyncedState,
    derived: &Derived,
    keys: &[VerifierKey],
) -> Result<Option<Start>, LedgerError> {
    let checkpoint = state.checkpoint(keys)?.checkpoint;
    if derived.covers(checkpoint.size)? {
        let edge = Edge::read(checkpoint.size, |height, place| derived.node(height, place))?;
        if edge.root() == checkpoint.root {
            return Ok(Some(Start { edge, end: state.end }));
        }
    }
    tracing::warn!(
        origin = checkpoint.origin,
        "hash tiles are damaged; deriving them again from the whole journal"
    );
    Ok(None)
}

struct Replay<'a> {
    derived: &'a Derived,
    keys: &'a [VerifierKey],
    edge: Edge,
    end: Position,
    last_note: Option<String>,
}

impl Replay<'_> {
    /// Reads a segment up to its end, or if it is the last one, up to a record that was torn while being written.
    fn read_segment(&mut self, segment: u32, is_last: bool) -> Result<(), LedgerError> {
        let (path, file) = self.derived.archive().open_segment(segment)?;
        let mut reader = SegmentReader::of(segment, path, file)?;
        if segment != self.end.segment {
            self.end = Position { segment, offset: 0 };
        }
        if self.end.offset > reader.length() {
            return Err(LedgerError::Damaged { segment, offset: reader.length(), reason: MISSING_FROM_HERE });
        }
        loop {
            let offset = self.end.offset;
            match reader.read(offset)? {
                Found::End => return Ok(()),
                Found::Record(record) => {
                    self.take(&record)?;
                    self.end.offset += record.header.record_bytes();
                }
                Found::Damage(reason) => {
                    // Only the last record can be torn: each is durable before the next is written.
                    let size = self.edge.size();
                    if !is_last || reader.record_follows(offset, |record| self.is_ours(record, size))? {
                        return Err(LedgerError::Damaged { segment, offset, reason });
                    }
                    let bytes = reader.length() - offset;
                    tracing::warn!(
                        segment,
                        offset,
                        bytes,
                        reason,
                        "dropping a batch that was never acknowledged"
                    );
                    return Ok(());
                }
            }
        }
    }

    /// Whether the log itself wrote this record, behind its first `size` entries. An entry can imitate everything
    /// of a record but a checkpoint signed for a size the log had not yet reached.
    fn is_ours(&self, record: &Record<'_>, size: u64) -> bool {
        SignedCheckpoint::open(record.note, self.keys).is_ok_and(|signed| signed.checkpoint.size > size)
    }

    fn take(&mut self, record: &Record<'_>) -> Result<(), LedgerError> {
        let Position { segment, offset } = record.header.position;
        let damaged = |reason| LedgerError::Damaged { segment, offset, reason };
        if record.header.first != self.edge.size() {
            return Err(damaged("the record does not continue the one before it"));
        }
        let leaves = record.items().map(|item| leaf_bytes(item.entry)).collect();
        let growth = Growth::new(&self.edge, leaves);
        let checkpoint: Checkpoint = unverified_text(record.note)
            .ok()
            .and_then(|text| text.parse().ok())
            .ok_or_else(|| damaged("the record's checkpoint is not a checkpoint"))?;
        let size = growth.edge().size();
        if checkpoint.size != size || checkpoint.root != growth.edge().root() {
            return Err(LedgerError::WrongRoot { segment, offset, size });
        }
        self.derived.write(&growth, &BundlePlace::in_record(&record.header, record.items()))?;
        self.edge = growth.edge().clone();
        self.last_note = Some(record.note.to_owned());
        Ok(())
    }
}
