//! Reading entries back from the journal.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::PathBuf;

use crate::archive::Archive;
use crate::derived::BundlePlace;
use crate::error::{ANNEX_LIMIT_BYTES, LedgerError};
use crate::record::{ANNEX_LENGTH_BYTES, CHECKSUM_BYTES, HEADER_BYTES, Header, LENGTH_BYTES, Position};

/// How much is read from a segment at once.
const READ_AHEAD_BYTES: usize = 32 * 1024;
/// No file is longer than this; adding a few lengths to it does not overflow.
const FILE_LIMIT_BYTES: u64 = i64::MAX as u64;

/// Walks through the journal item by item.
pub(crate) struct EntryWalk<'a> {
    archive: &'a Archive,
    path: PathBuf,
    file: File,
    /// Where the next item begins, or, when nothing is left in the record, its checksum.
    position: Position,
    left_in_record: u32,
    window: Vec<u8>,
    window_offset: u64,
}

/// An entry of the log and what was appended beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LoggedItem {
    /// The entry.
    pub entry: Vec<u8>,
    /// What lies beside it, outside the tree; empty when nothing does.
    pub annex: Vec<u8>,
}

/// Where the parts of an item are.
struct ItemPlace {
    annex_bytes: usize,
    /// Where the entry's length begins.
    entry_offset: u64,
    entry_bytes: usize,
}

impl<'a> EntryWalk<'a> {
    /// A walk from the beginning of a bundle.
    pub(crate) fn from_bundle(archive: &'a Archive, place: BundlePlace) -> Result<Self, LedgerError> {
        if place.left_in_record == 0 || place.position.offset > FILE_LIMIT_BYTES {
            return Err(damaged(place.position, "the place noted for its entries can't be one"));
        }
        let (path, file) = archive.open_segment(place.position.segment)?;
        Ok(EntryWalk {
            archive,
            path,
            file,
            position: place.position,
            left_in_record: place.left_in_record,
            window: Vec::new(),
            window_offset: 0,
        })
    }

    /// Passes over the next item.
    pub(crate) fn skip(&mut self) -> Result<(), LedgerError> {
        self.step().map(|_| ())
    }

    /// The next entry with its length before it, as in a bundle; and where it stands.
    pub(crate) fn next(&mut self) -> Result<(Position, &[u8]), LedgerError> {
        let place = self.step()?;
        let position = Position { offset: place.entry_offset, ..self.position };
        Ok((position, self.bytes(place.entry_offset, LENGTH_BYTES + place.entry_bytes)?))
    }

    /// What is kept beside the next entry.
    pub(crate) fn next_annex(&mut self) -> Result<&[u8], LedgerError> {
        let place = self.step()?;
        let offset = place.entry_offset - place.annex_bytes as u64;
        self.bytes(offset, place.annex_bytes)
    }

    /// The next entry and what is kept beside it; and where the entry stands.
    pub(crate) fn next_item(&mut self) -> Result<(Position, LoggedItem), LedgerError> {
        let place = self.step()?;
        let position = Position { offset: place.entry_offset, ..self.position };
        let offset = place.entry_offset - place.annex_bytes as u64;
        let bytes = self.bytes(offset, place.annex_bytes + LENGTH_BYTES + place.entry_bytes)?;
        let (annex, entry) = bytes.split_at(place.annex_bytes);
        Ok((position, LoggedItem { entry: entry[LENGTH_BYTES..].to_vec(), annex: annex.to_vec() }))
    }

    /// Moves behind the next item and says where its parts are.
    fn step(&mut self) -> Result<ItemPlace, LedgerError> {
        if self.left_in_record == 0 {
            self.enter_next_record()?;
        }
        let offset = self.position.offset;
        let bytes = self.bytes(offset, ANNEX_LENGTH_BYTES)?;
        let annex_bytes = u32::from_be_bytes([bytes[0], bytes[1], bytes[2], bytes[3]]) as usize;
        if annex_bytes > ANNEX_LIMIT_BYTES {
            return Err(damaged(self.position, "the annex is longer than any that was appended"));
        }
        let entry_offset = offset + (ANNEX_LENGTH_BYTES + annex_bytes) as u64;
        let bytes = self.bytes(entry_offset, LENGTH_BYTES)?;
        let entry_bytes = usize::from(u16::from_be_bytes([bytes[0], bytes[1]]));
        self.position.offset = entry_offset + (LENGTH_BYTES + entry_bytes) as u64;
        self.left_in_record -= 1;
        Ok(ItemPlace { annex_bytes, entry_offset, entry_bytes })
    }

    fn enter_next_record(&mut self) -> Result<(), LedgerError> {
        self.position.offset += CHECKSUM_BYTES as u64;
        let length = self.file.metadata().map_err(LedgerError::io("inspect", &self.path))?.len();
        if self.position.offset == length {
            self.position = Position { segment: self.position.segment + 1, offset: 0 };
            (self.path, self.file) = self.archive.open_segment(self.position.segment)?;
            self.window.clear();
        }
        let position = self.position;
        let mut bytes = [0; HEADER_BYTES];
        bytes.copy_from_slice(self.bytes(position.offset, HEADER_BYTES)?);
        let header = Header::parse(&bytes, position).map_err(|reason| damaged(position, reason))?;
        self.position.offset = header.entries_offset();
        self.left_in_record = header.entries;
        Ok(())
    }

    /// `count` bytes of the current segment from `offset` on.
    fn bytes(&mut self, offset: u64, count: usize) -> Result<&[u8], LedgerError> {
        let held = offset >= self.window_offset
            && offset + count as u64 <= self.window_offset + self.window.len() as u64;
        if !held {
            self.fill_window(offset, count.max(READ_AHEAD_BYTES))?;
        }
        let start = (offset - self.window_offset) as usize;
        let position = Position { offset, ..self.position };
        self.window
            .get(start..start + count)
            .ok_or_else(|| damaged(position, "the segment ends inside a record"))
    }

    fn fill_window(&mut self, offset: u64, count: usize) -> Result<(), LedgerError> {
        self.window.resize(count, 0);
        self.window_offset = offset;
        let mut filled = 0;
        while filled < count {
            match self.file.read_at(&mut self.window[filled..], offset + filled as u64) {
                Ok(0) => break,
                Ok(read) => filled += read,
                Err(source) if source.kind() == std::io::ErrorKind::Interrupted => {}
                Err(source) => {
                    return Err(LedgerError::io("read", &self.path)(source));
                }
            }
        }
        self.window.truncate(filled);
        Ok(())
    }
}

fn damaged(position: Position, reason: &'static str) -> LedgerError {
    LedgerError::Damaged { segment: position.segment, offset: position.offset, reason }
}
