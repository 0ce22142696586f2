//! The archive: where old segments of the journal and old tiles lie, on a disk that may be slow.
//!
//! Segments move in the order of their numbers, each once all of it is older than an age. With them move the leaf hashes of
//! their entries, in pieces of [`PIECE_HASHES`]; the levels above, a 256th of the whole, stay. What has moved is read there,
//! so every proof, entry and tile is had as before.
//!
//! At any moment each byte is in a file whose name is durable: a segment is copied, the copy is read back and checked
//! against the tree, the note says that it has moved, and only then the original goes. A process that dies in between leaves a
//! copy too many, which the next run takes up.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock, RwLockReadGuard};

use crate::error::LedgerError;
use crate::hash::HASH_BYTES;
use crate::journal::{segment_path, sync_dir};

/// Leaf hashes of one archived piece: those under one hash of the second tile level, against which they are checked.
pub(crate) const PIECE_HASHES: u64 = 1 << 16;
const PIECE_BYTES: usize = PIECE_HASHES as usize * HASH_BYTES;
/// How much is copied at once.
const COPY_BYTES: usize = 1 << 20;

const NOTE_FIRST_LINE: &str = "ledger archive 1";
const NOTE_LIMIT_BYTES: u64 = 1024;

/// How far a ledger has moved into its archive.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Moved {
    /// The segments before this one have moved.
    pub(crate) segments: u32,
    /// The index of the first entry that has not.
    pub(crate) entries: u64,
}

impl Moved {
    /// How many leaf hashes have moved, from the first on.
    pub(crate) fn hashes(self) -> u64 {
        self.entries / PIECE_HASHES * PIECE_HASHES
    }

    fn parse(text: &str) -> Option<Self> {
        let (checksum, body) = text.split_once('\n')?;
        if checksum != format!("{:08x}", crc32fast::hash(body.as_bytes())) {
            return None;
        }
        let mut lines = body.split('\n');
        if lines.next()? != NOTE_FIRST_LINE {
            return None;
        }
        Some(Moved { segments: lines.next()?.parse().ok()?, entries: lines.next()?.parse().ok()? })
    }

    fn to_text(self) -> String {
        let body = format!("{NOTE_FIRST_LINE}\n{}\n{}\n", self.segments, self.entries);
        format!("{:08x}\n{body}", crc32fast::hash(body.as_bytes()))
    }
}

/// The files of a ledger wherever they lie: in its own folder, or in the archive.
pub(crate) struct Archive {
    dir: PathBuf,
    journal_dir: PathBuf,
    folder: Option<PathBuf>,
    moved: RwLock<Moved>,
}

impl Archive {
    /// Reads how far the ledger in `dir` has moved. `folder` need not be there: what lies in it can't be read then, and all
    /// else goes on.
    pub(crate) fn open(dir: &Path, journal_dir: &Path, folder: Option<PathBuf>) -> Result<Self, LedgerError> {
        let path = note_path(dir);
        let moved = match File::open(&path) {
            Ok(file) => {
                let mut text = String::new();
                file.take(NOTE_LIMIT_BYTES)
                    .read_to_string(&mut text)
                    .map_err(LedgerError::io("read", &path))?;
                Moved::parse(&text).ok_or(LedgerError::ArchiveNote { path })?
            }
            Err(source) if source.kind() == io::ErrorKind::NotFound => Moved::default(),
            Err(source) => return Err(LedgerError::io("open", &path)(source)),
        };
        let archive = Archive {
            dir: dir.to_owned(),
            journal_dir: journal_dir.to_owned(),
            folder,
            moved: RwLock::new(moved),
        };
        archive.say_what_is_missing();
        Ok(archive)
    }

    /// How far the ledger has moved.
    pub(crate) fn moved(&self) -> Moved {
        *self.hold()
    }

    /// The folder of the archive.
    pub(crate) fn folder(&self) -> Result<&Path, LedgerError> {
        self.folder.as_deref().ok_or_else(|| self.missing("what is old", io::ErrorKind::NotFound.into()))
    }

    /// What is wrong with the archive, if anything: it is not there, or has not got the newest segment that has moved, which
    /// stands for all.
    pub(crate) fn check(&self) -> Result<(), LedgerError> {
        if let Some(folder) = &self.folder {
            fs::read_dir(folder).map_err(|source| self.missing("what is old", source))?;
        }
        match self.moved().segments.checked_sub(1) {
            Some(newest) => {
                let inspected = fs::metadata(self.segment_in_archive(newest)?);
                inspected.map(drop).map_err(|source| self.missing(&format!("segment {newest}"), source))
            }
            None => Ok(()),
        }
    }

    fn say_what_is_missing(&self) {
        if let Err(error) = self.check() {
            tracing::error!(%error, "the ledger goes on without what lies in its archive");
        }
    }

    /// Opens a segment for reading, wherever it lies.
    pub(crate) fn open_segment(&self, segment: u32) -> Result<(PathBuf, File), LedgerError> {
        let path = segment_path(&self.journal_dir, segment);
        match File::open(&path) {
            Ok(file) => Ok((path, file)),
            Err(source) if source.kind() == io::ErrorKind::NotFound && segment < self.moved().segments => {
                let path = self.segment_in_archive(segment)?;
                match File::open(&path) {
                    Ok(file) => Ok((path, file)),
                    Err(source) => Err(self.missing(&format!("segment {segment}"), source)),
                }
            }
            Err(source) => Err(LedgerError::io("open", &path)(source)),
        }
    }

    /// Reads leaf hashes from `first` on, as many as have moved, and says how many that are. While the guard is held no more
    /// of them move away.
    pub(crate) fn read_hashes(
        &self,
        first: u64,
        bytes: &mut [u8],
    ) -> Result<(usize, RwLockReadGuard<'_, Moved>), LedgerError> {
        let guard = self.hold();
        let count = (guard.hashes().saturating_sub(first) as usize).min(bytes.len() / HASH_BYTES);
        let mut rest = &mut bytes[..count * HASH_BYTES];
        let mut at = first;
        while !rest.is_empty() {
            let (piece, place) = (at / PIECE_HASHES, at % PIECE_HASHES);
            let length = rest.len().min((PIECE_HASHES - place) as usize * HASH_BYTES);
            let (part, behind) = rest.split_at_mut(length);
            let missing = |source| self.missing(&format!("piece {piece} of the tiles"), source);
            let file = File::open(self.piece_in_archive(piece)?).map_err(missing)?;
            file.read_exact_at(part, place * HASH_BYTES as u64).map_err(missing)?;
            at += (length / HASH_BYTES) as u64;
            rest = behind;
        }
        Ok((count, guard))
    }

    /// Where a segment lies in the archive.
    pub(crate) fn segment_in_archive(&self, segment: u32) -> Result<PathBuf, LedgerError> {
        Ok(segment_path(&self.folder()?.join("journal"), segment))
    }

    /// Where a piece of the leaf hashes lies in the archive.
    pub(crate) fn piece_in_archive(&self, piece: u64) -> Result<PathBuf, LedgerError> {
        Ok(self.folder()?.join("tiles").join(format!("{piece:08}.hashes")))
    }

    /// Copies a segment into the archive. The copy has its name once all of it is durable.
    pub(crate) fn copy_segment(&self, segment: u32) -> Result<PathBuf, LedgerError> {
        let (from, to) = (segment_path(&self.journal_dir, segment), self.segment_in_archive(segment)?);
        copy(&File::open(&from).map_err(LedgerError::io("open", &from))?, &to)?;
        Ok(to)
    }

    /// Copies a piece of the leaf hashes into the archive, from the file that has them all.
    pub(crate) fn copy_piece(&self, piece: u64, level: &File) -> Result<Vec<u8>, LedgerError> {
        let path = self.piece_in_archive(piece)?;
        let mut bytes = vec![0; PIECE_BYTES];
        let read = level.read_exact_at(&mut bytes, piece * PIECE_BYTES as u64);
        read.map_err(LedgerError::io("read tiles for", &path))?;
        if !path.exists() {
            write_durably(&path, |file| file.write_all(&bytes))?;
        }
        let copied = fs::read(&path).map_err(LedgerError::io("read", &path))?;
        if copied == bytes { Ok(copied) } else { Err(LedgerError::ArchiveDiffers { path }) }
    }

    /// Notes, durably, how far the ledger has moved. Whoever reads from now on reads in the archive.
    pub(crate) fn note(&self, moved: Moved) -> Result<(), LedgerError> {
        write_durably(&note_path(&self.dir), |file| file.write_all(moved.to_text().as_bytes()))?;
        *self.moved.write().unwrap_or_else(PoisonError::into_inner) = moved;
        Ok(())
    }

    /// Removes the originals of what has moved, as long as its copy is there. They are some only after a crash, and just after
    /// [`Archive::note`].
    pub(crate) fn remove_originals(&self, level: &File) -> Result<(), LedgerError> {
        let moved = self.moved();
        for segment in (0..moved.segments).rev() {
            let original = segment_path(&self.journal_dir, segment);
            let Ok(length) = fs::metadata(&original).map(|file| file.len()) else { break };
            let copy = self.segment_in_archive(segment)?;
            let copied =
                fs::metadata(&copy).map_err(|source| self.missing(&format!("segment {segment}"), source))?;
            if copied.len() != length {
                return Err(LedgerError::ArchiveDiffers { path: copy });
            }
            fs::remove_file(&original).map_err(LedgerError::io("remove", &original))?;
        }
        sync_dir(&self.journal_dir).map_err(LedgerError::io("sync", &self.journal_dir))?;
        if moved.hashes() > 0 {
            use rustix::fs::{FallocateFlags, fallocate};
            let hole = FallocateFlags::PUNCH_HOLE | FallocateFlags::KEEP_SIZE;
            if let Err(error) = fallocate(level, hole, 0, moved.hashes() * HASH_BYTES as u64) {
                tracing::warn!(%error, "the file system frees no part of a file; old tiles stay here, too");
            }
        }
        Ok(())
    }

    fn hold(&self) -> RwLockReadGuard<'_, Moved> {
        self.moved.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn missing(&self, what: &str, source: io::Error) -> LedgerError {
        let folder = match &self.folder {
            Some(folder) => folder.display().to_string(),
            None => "which is not configured".to_owned(),
        };
        LedgerError::ArchiveMissing { what: what.to_owned(), folder, source: Arc::new(source) }
    }
}

fn note_path(dir: &Path) -> PathBuf {
    dir.join("archived")
}

/// Copies a file, unless an earlier run has: a whole file of that name that is another one is never replaced.
fn copy(source: &File, to: &Path) -> Result<(), LedgerError> {
    let mut original = BufReader::with_capacity(COPY_BYTES, source);
    if !to.exists() {
        return write_durably(to, |file| io::copy(&mut original, file).map(drop));
    }
    let mut copy = BufReader::with_capacity(COPY_BYTES, File::open(to).map_err(LedgerError::io("open", to))?);
    match is_same(&mut original, &mut copy).map_err(LedgerError::io("compare", to))? {
        true => Ok(()),
        false => Err(LedgerError::ArchiveDiffers { path: to.to_owned() }),
    }
}

fn is_same(one: &mut impl BufRead, other: &mut impl BufRead) -> io::Result<bool> {
    loop {
        let (left, right) = (one.fill_buf()?, other.fill_buf()?);
        let length = left.len().min(right.len());
        if length == 0 || left[..length] != right[..length] {
            return Ok(left.is_empty() && right.is_empty());
        }
        one.consume(length);
        other.consume(length);
    }
}

/// Replaces a file: the old one or the whole new one is there at any moment, durably once this returns.
fn write_durably(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> Result<(), LedgerError> {
    let new_path = path.with_extension("new");
    let dir = path.parent().unwrap_or(path);
    let replace = || {
        fs::create_dir_all(dir)?;
        let mut file = File::create(&new_path)?;
        write(&mut file)?;
        file.sync_all()?;
        fs::rename(&new_path, path)?;
        sync_dir(dir)
    };
    replace().map_err(LedgerError::io("write", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_note_is_read_as_it_was_written_and_no_other_way() {
        let moved = Moved { segments: 7, entries: 131_073 };
        let text = moved.to_text();
        assert_eq!(Moved::parse(&text), Some(moved));
        assert_eq!(moved.hashes(), 131_072);
        for at in 0..text.len() {
            let mut bytes = text.clone().into_bytes();
            bytes[at] ^= 1;
            assert_eq!(std::str::from_utf8(&bytes).ok().and_then(Moved::parse), None, "byte {at}");
            assert_eq!(Moved::parse(&text[..at]), None, "cut at {at}");
        }
    }
}
