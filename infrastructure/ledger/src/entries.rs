//! Reading entries back from the journal.

use std::fs::File;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};

use crate::derived::BundlePlace;
use crate::error::LedgerError;
use crate::journal::segment_path;
use crate::record::{CHECKSUM_BYTES, HEADER_BYTES, Header, LENGTH_BYTES, Position};

/// How much is read from a segment at once.
const READ_AHEAD_BYTES: usize = 32 * 1024;
/// No file is longer than this; adding a few lengths to it does not overflow.
const FILE_LIMIT_BYTES: u64 = i64::MAX as u64;

/// Walks through the journal entry by entry.
pub(crate) struct EntryWalk {
    dir: PathBuf,
    file: File,
    /// Where the next entry's length begins, or, when nothing is left in the record, its checksum.
    position: Position,
    left_in_record: u32,
    window: Vec<u8>,
    window_offset: u64,
}

impl EntryWalk {
    /// A walk from the beginning of a bundle.
    pub(crate) fn from_bundle(dir: &Path, place: BundlePlace) -> Result<Self, LedgerError> {
        if place.left_in_record == 0 || place.position.offset > FILE_LIMIT_BYTES {
            return Err(damaged(place.position, "the place noted for its entries can't be one"));
        }
        Ok(EntryWalk {
            dir: dir.to_owned(),
            file: open(dir, place.position.segment)?,
            position: place.position,
            left_in_record: place.left_in_record,
            window: Vec::new(),
            window_offset: 0,
        })
    }

    /// Passes over the next entry.
    pub(crate) fn skip(&mut self) -> Result<(), LedgerError> {
        let length = self.entry_length()?;
        self.step(length);
        Ok(())
    }

    /// The next entry with its length before it, as in a bundle; and where it stands.
    pub(crate) fn next(&mut self) -> Result<(Position, &[u8]), LedgerError> {
        let length = self.entry_length()?;
        let position = self.position;
        self.step(length);
        Ok((position, self.bytes(position.offset, LENGTH_BYTES + length)?))
    }

    fn step(&mut self, length: usize) {
        self.position.offset += (LENGTH_BYTES + length) as u64;
        self.left_in_record -= 1;
    }

    fn entry_length(&mut self) -> Result<usize, LedgerError> {
        if self.left_in_record == 0 {
            self.enter_next_record()?;
        }
        let bytes = self.bytes(self.position.offset, LENGTH_BYTES)?;
        Ok(usize::from(u16::from_be_bytes([bytes[0], bytes[1]])))
    }

    fn enter_next_record(&mut self) -> Result<(), LedgerError> {
        self.position.offset += CHECKSUM_BYTES as u64;
        let path = segment_path(&self.dir, self.position.segment);
        let length = self.file.metadata().map_err(LedgerError::io("inspect", &path))?.len();
        if self.position.offset == length {
            self.position = Position { segment: self.position.segment + 1, offset: 0 };
            self.file = open(&self.dir, self.position.segment)?;
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
                    let path = segment_path(&self.dir, self.position.segment);
                    return Err(LedgerError::io("read", &path)(source));
                }
            }
        }
        self.window.truncate(filled);
        Ok(())
    }
}

fn open(dir: &Path, segment: u32) -> Result<File, LedgerError> {
    let path = segment_path(dir, segment);
    File::open(&path).map_err(LedgerError::io("open", &path))
}

fn damaged(position: Position, reason: &'static str) -> LedgerError {
    LedgerError::Damaged { segment: position.segment, offset: position.offset, reason }
}
