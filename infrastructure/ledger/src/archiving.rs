//! Moving what is old into the archive.

use std::fs;
use std::path::Path;
use std::time::SystemTime;

use crate::archive::{Moved, PIECE_HASHES};
use crate::derived::SyncedState;
use crate::error::LedgerError;
use crate::hash::{HASH_BYTES, Hash};
use crate::journal::{Found, SegmentReader, segment_path};
use crate::ledger::Ledger;
use crate::tile::TILE_HEIGHT;
use crate::tree::{leaf_bytes, node_bytes};

/// The tile level of which one hash covers a piece.
const PIECE_LEVEL: u32 = PIECE_HASHES.ilog2() / TILE_HEIGHT;

/// What lies in a ledger's archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Archived {
    /// Segments of the journal.
    pub segments: u32,
    /// Entries in them.
    pub entries: u64,
    /// Of the segments, how many came there by this call.
    pub moved_now: u32,
}

impl Ledger {
    /// Moves the segments of the journal that nothing was written to since `before`, and the leaf hashes of their entries,
    /// into the archive. The newest of them stays, because what follows it begins in a tile of its last entries, and so
    /// nothing younger than `before` ever needs the archive. Each is checked in its new place against the tree before it goes
    /// from its old one; one that is damaged stays, and so does all behind it. Reads and writes files; entries are appended
    /// meanwhile.
    pub fn archive(&self, before: SystemTime) -> Result<Archived, LedgerError> {
        let (dir, derived) = (self.dir(), self.derived());
        let archive = derived.archive();
        let _one_at_a_time = derived.archiving();
        archive.folder()?;
        archive.check()?;
        archive.remove_originals(derived.leaves())?;
        // Opening the ledger may read from the synced state on.
        let end = SyncedState::read(dir)?.map_or(0, |state| state.end.segment);
        let first = archive.moved().segments;
        for segment in first..end.saturating_sub(1) {
            if !is_older(&segment_path(&dir.join("journal"), segment + 1), before)? {
                break;
            }
            self.archive_segment(segment)?;
        }
        let Moved { segments, entries } = archive.moved();
        Ok(Archived { segments, entries, moved_now: segments - first })
    }

    /// Whether what lies in the archive can be read there.
    pub fn check_archive(&self) -> Result<(), LedgerError> {
        self.derived().archive().check()
    }

    fn archive_segment(&self, segment: u32) -> Result<(), LedgerError> {
        let archive = self.derived().archive();
        let before = archive.moved();
        let copy = archive.copy_segment(segment)?;
        let entries = self.check_segment(&copy, segment, before.entries)?;
        let moved = Moved { segments: segment + 1, entries };
        for piece in before.hashes() / PIECE_HASHES..moved.hashes() / PIECE_HASHES {
            let copied = archive.copy_piece(piece, self.derived().leaves())?;
            if root_of(&copied) != self.derived().hashes(PIECE_LEVEL, piece, 1)?[..] {
                return Err(LedgerError::ArchiveDiffers { path: archive.piece_in_archive(piece)? });
            }
        }
        steps::reached("archive-copied");
        archive.note(moved)?;
        steps::reached("archive-noted");
        archive.remove_originals(self.derived().leaves())?;
        steps::reached("archive-removed");
        Ok(())
    }

    /// Reads the copy of a segment whose first entry is `first`, checks every entry against the tree, and says which entry
    /// comes next.
    fn check_segment(&self, copy: &Path, segment: u32, first: u64) -> Result<u64, LedgerError> {
        let file = fs::File::open(copy).map_err(LedgerError::io("open", copy))?;
        let mut reader = SegmentReader::of(segment, copy.to_owned(), file)?;
        let (mut offset, mut next) = (0, first);
        loop {
            let damaged = |reason| Err(LedgerError::Damaged { segment, offset, reason });
            let record = match reader.read(offset)? {
                Found::Record(record) => record,
                Found::End => break,
                Found::Damage(reason) => return damaged(reason),
            };
            let entries = u64::from(record.header.entries);
            let leaves = self.derived().hashes(0, next, entries)?;
            let expected = leaves.as_chunks::<HASH_BYTES>().0.iter();
            if record.header.first != next
                || !record.items().map(|item| leaf_bytes(item.entry)).eq(expected.copied())
            {
                return damaged("the entries are not those of the tree");
            }
            next += entries;
            offset += record.header.record_bytes();
        }
        // The segment behind says where this one ends.
        let (path, file) = self.derived().archive().open_segment(segment + 1)?;
        let behind = SegmentReader::of(segment + 1, path, file)?.header(0)?;
        match behind.ok().flatten() {
            Some(header) if header.first != next => {
                Err(LedgerError::Damaged { segment, offset, reason: "the last entries are missing" })
            }
            _ => Ok(next),
        }
    }
}

/// Nothing was written to the file since `before`.
fn is_older(path: &Path, before: SystemTime) -> Result<bool, LedgerError> {
    let written = fs::metadata(path).and_then(|file| file.modified());
    Ok(written.map_err(LedgerError::io("inspect", path))? < before)
}

/// The root over the leaf hashes of a piece.
fn root_of(piece: &[u8]) -> [u8; HASH_BYTES] {
    let mut nodes: Vec<[u8; HASH_BYTES]> = piece.as_chunks().0.to_vec();
    while nodes.len() > 1 {
        nodes = nodes.chunks(2).map(|pair| node_bytes(&pair[0], &pair[pair.len() - 1])).collect();
    }
    nodes.first().copied().unwrap_or_else(|| *Hash::of(b"").as_bytes())
}
