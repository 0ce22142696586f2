//! The journal: the numbered segment files that hold every batch, and the only files whose loss loses entries.

use std::fs::{self, File, OpenOptions};
use std::io;
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::error::LedgerError;
use crate::record::{HEADER_BYTES, Header, MAGIC, Position, Record};

/// Bytes after which the journal goes on in a new segment.
pub const SEGMENT_LIMIT_BYTES: u64 = 1 << 30;
/// How many zeros are written behind a record that comes to the end of its file. Writing over them later changes nothing but
/// content, so most syncs need not wait for the file system's own journal.
const FILL_BYTES: usize = 128 << 10;
static ZEROS: [u8; FILL_BYTES] = [0; FILL_BYTES];

/// The file the journal writes to; a trait so that tests can put a failing disk under it.
pub(crate) trait SegmentFile: Send {
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()>;
    fn sync(&mut self) -> io::Result<()>;
    fn cut(&mut self, length: u64) -> io::Result<()>;
}

impl SegmentFile for File {
    fn write_all_at(&mut self, bytes: &[u8], offset: u64) -> io::Result<()> {
        std::os::unix::fs::FileExt::write_all_at(self, bytes, offset)
    }

    fn sync(&mut self) -> io::Result<()> {
        self.sync_data()
    }

    fn cut(&mut self, length: u64) -> io::Result<()> {
        self.set_len(length)
    }
}

/// Opens a segment for writing, creating it if it is absent.
pub(crate) type OpenSegment = Box<dyn Fn(&Path) -> io::Result<Box<dyn SegmentFile>> + Send>;

/// Opens a segment on the real disk.
pub(crate) fn open_segment_file(path: &Path) -> io::Result<Box<dyn SegmentFile>> {
    let file = OpenOptions::new().create(true).truncate(false).read(true).write(true).open(path)?;
    Ok(Box::new(file))
}

/// The path of a segment in the journal's directory.
pub(crate) fn segment_path(dir: &Path, segment: u32) -> PathBuf {
    dir.join(format!("{segment:08}.segment"))
}

/// How many segments the journal has. They are numbered from 0 without gaps; the first `archived` may be elsewhere.
pub(crate) fn count_segments(dir: &Path, archived: u32) -> Result<u32, LedgerError> {
    let mut numbers = Vec::new();
    for entry in fs::read_dir(dir).map_err(LedgerError::io("list", dir))? {
        let name = entry.map_err(LedgerError::io("list", dir))?.file_name();
        let number = name.to_str().and_then(|name| name.strip_suffix(".segment")?.parse::<u32>().ok());
        numbers.extend(number.filter(|number| *number >= archived));
    }
    numbers.sort_unstable();
    match numbers.iter().zip(archived..).find(|(number, expected)| **number != *expected) {
        Some((_, missing)) => {
            Err(LedgerError::Damaged { segment: missing, offset: 0, reason: "the segment's file is missing" })
        }
        None => Ok(archived + numbers.len() as u32),
    }
}

/// The end of the journal, where batches are appended.
pub(crate) struct Journal {
    dir: PathBuf,
    open_segment: OpenSegment,
    segment_limit_bytes: u64,
    path: PathBuf,
    file: Box<dyn SegmentFile>,
    end: Position,
    /// Up to where the current segment is filled with zeros.
    filled: u64,
    refusing: Option<LedgerError>,
}

impl Journal {
    /// Takes up writing at `end`, cutting off whatever follows in that segment, and makes all before it durable:
    /// what a killed process had written may still only be in memory.
    pub(crate) fn resume(
        dir: &Path,
        end: Position,
        segment_limit_bytes: u64,
        open_segment: OpenSegment,
    ) -> Result<Self, LedgerError> {
        let path = segment_path(dir, end.segment);
        let mut file = open_segment(&path).map_err(LedgerError::io("open", &path))?;
        file.cut(end.offset).map_err(LedgerError::io("cut", &path))?;
        file.sync().map_err(LedgerError::io("sync", &path))?;
        sync_dir(dir).map_err(LedgerError::io("sync", dir))?;
        Ok(Journal {
            dir: dir.to_owned(),
            open_segment,
            segment_limit_bytes,
            path,
            file,
            end,
            filled: end.offset,
            refusing: None,
        })
    }

    /// Where the next record goes. Starts a new segment when the current one is full.
    pub(crate) fn next_position(&mut self) -> Result<Position, LedgerError> {
        if let Some(reason) = &self.refusing {
            return Err(reason.clone());
        }
        if self.end.offset >= self.segment_limit_bytes {
            let segment = self.end.segment + 1;
            let path = segment_path(&self.dir, segment);
            let mut start = || {
                // Only the last segment may have zeros at its end.
                self.file.cut(self.end.offset)?;
                self.file.sync()?;
                let file = (self.open_segment)(&path)?;
                sync_dir(&self.dir)?;
                Ok(file)
            };
            self.file = start().map_err(|source| not_written(&path, source))?;
            self.path = path;
            self.end = Position { segment, offset: 0 };
            self.filled = 0;
        }
        Ok(self.end)
    }

    /// Appends one record and makes it durable. On failure the segment is as it was before, or if that can't be
    /// had, the journal takes no more.
    pub(crate) fn append(&mut self, record: &[u8]) -> Result<(), LedgerError> {
        let start = self.end.offset;
        let written = self.write(record, start);
        steps::reached("write");
        match written.and_then(|()| self.file.sync()) {
            Ok(()) => {
                self.end.offset += record.len() as u64;
                Ok(())
            }
            Err(source) => Err(self.cut_back(start).err().unwrap_or_else(|| not_written(&self.path, source))),
        }
    }

    fn write(&mut self, record: &[u8], start: u64) -> io::Result<()> {
        self.file.write_all_at(record, start)?;
        let end = start + record.len() as u64;
        if end > self.filled {
            // Where there is room for the record only, the zeros are done without.
            let is_filled = self.file.write_all_at(&ZEROS, end).is_ok();
            self.filled = if is_filled { end + FILL_BYTES as u64 } else { end };
        }
        Ok(())
    }

    /// Undoes a failed write. What can't be cut back may be found again as a whole batch in a place where by then
    /// another one would stand, so the journal then refuses everything.
    fn cut_back(&mut self, length: u64) -> Result<(), LedgerError> {
        self.filled = length;
        self.file.cut(length).and_then(|()| self.file.sync()).map_err(|source| {
            let refusing = LedgerError::Refusing { path: self.path.clone(), source: Arc::new(source) };
            self.refusing = Some(refusing.clone());
            refusing
        })
    }

    /// Leaves nothing behind the last record. Nothing is lost when this fails.
    pub(crate) fn close(&mut self) {
        if let Err(error) = self.file.cut(self.end.offset) {
            tracing::debug!(path = %self.path.display(), %error, "zeros stay at the journal's end");
        }
    }

    /// Where the journal ends.
    pub(crate) fn end(&self) -> Position {
        self.end
    }
}

fn not_written(path: &Path, source: io::Error) -> LedgerError {
    LedgerError::NotWritten { path: path.to_owned(), source: Arc::new(source) }
}

/// Makes created and renamed names in a directory durable.
pub(crate) fn sync_dir(dir: &Path) -> io::Result<()> {
    File::open(dir)?.sync_all()
}

/// Reads one segment record by record.
pub(crate) struct SegmentReader {
    segment: u32,
    path: PathBuf,
    file: File,
    length: u64,
    bytes: Vec<u8>,
}

/// What stands at a place of a segment.
pub(crate) enum Found<'a> {
    Record(Record<'a>),
    End,
    Damage(&'static str),
}

impl SegmentReader {
    pub(crate) fn open(dir: &Path, segment: u32) -> Result<Self, LedgerError> {
        let path = segment_path(dir, segment);
        let file = File::open(&path).map_err(LedgerError::io("open", &path))?;
        Self::of(segment, path, file)
    }

    pub(crate) fn of(segment: u32, path: PathBuf, file: File) -> Result<Self, LedgerError> {
        let length = file.metadata().map_err(LedgerError::io("inspect", &path))?.len();
        Ok(SegmentReader { segment, path, file, length, bytes: Vec::new() })
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// What stands at `offset`.
    pub(crate) fn read(&mut self, offset: u64) -> Result<Found<'_>, LedgerError> {
        let header = match self.header(offset)? {
            Ok(Some(header)) => header,
            Ok(None) => return Ok(Found::End),
            Err(reason) => return Ok(Found::Damage(reason)),
        };
        // The header's checksum holds, so its length is what was written and bounds this allocation.
        self.bytes.resize(header.record_bytes() as usize, 0);
        self.file.read_exact_at(&mut self.bytes, offset).map_err(LedgerError::io("read", &self.path))?;
        Ok(match Record::parse(header, &self.bytes) {
            Ok(record) => Found::Record(record),
            Err(reason) => Found::Damage(reason),
        })
    }

    /// The header at `offset` of a record that ends inside the segment; `None` at the segment's end, behind which there may
    /// be zeros.
    pub(crate) fn header(&self, offset: u64) -> Result<Result<Option<Header>, &'static str>, LedgerError> {
        let left = self.length.saturating_sub(offset);
        let mut bytes = [0; HEADER_BYTES];
        let there = &mut bytes[..left.min(HEADER_BYTES as u64) as usize];
        self.file.read_exact_at(there, offset).map_err(LedgerError::io("read", &self.path))?;
        if there.iter().all(|byte| *byte == 0) && self.is_blank_from(offset)? {
            return Ok(Ok(None));
        }
        if left < HEADER_BYTES as u64 {
            return Ok(Err("the segment ends inside a record's header"));
        }
        let header = match Header::parse(&bytes, Position { segment: self.segment, offset }) {
            Ok(header) => header,
            Err(reason) => return Ok(Err(reason)),
        };
        if header.record_bytes() > left {
            return Ok(Err("the segment ends inside a record"));
        }
        Ok(Ok(Some(header)))
    }

    /// Whether nothing but zeros stands from `offset` on.
    fn is_blank_from(&self, offset: u64) -> Result<bool, LedgerError> {
        let mut window = [0; 4_096];
        let mut at = offset;
        while at < self.length {
            let window = &mut window[..(self.length - at).min(4_096) as usize];
            self.file.read_exact_at(window, at).map_err(LedgerError::io("read", &self.path))?;
            if window.iter().any(|byte| *byte != 0) {
                return Ok(false);
            }
            at += window.len() as u64;
        }
        Ok(true)
    }

    /// Whether a whole record that is `genuine` begins anywhere behind `offset`.
    pub(crate) fn record_follows(
        &mut self,
        offset: u64,
        genuine: impl Fn(&Record<'_>) -> bool,
    ) -> Result<bool, LedgerError> {
        const WINDOW_BYTES: usize = 1 << 20;
        let mut window = Vec::new();
        let mut at = offset + 1;
        while at + (HEADER_BYTES as u64) < self.length {
            window.resize(WINDOW_BYTES.min((self.length - at) as usize), 0);
            self.file.read_exact_at(&mut window, at).map_err(LedgerError::io("read", &self.path))?;
            let candidates: Vec<u64> = window
                .windows(MAGIC.len())
                .zip(at..)
                .filter(|(bytes, _)| *bytes == MAGIC)
                .map(|(_, offset)| offset)
                .collect();
            for candidate in candidates {
                if let Found::Record(record) = self.read(candidate)?
                    && genuine(&record)
                {
                    return Ok(true);
                }
            }
            // Windows overlap by a magic less one byte, so none is missed between two.
            at += (window.len() - (MAGIC.len() - 1)) as u64;
        }
        Ok(false)
    }
}
