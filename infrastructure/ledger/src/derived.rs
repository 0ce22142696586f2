//! The files derived from the journal: hash tiles, the places of entry bundles, and the synced state.
//!
//! They only make reading fast. Each tile level is one flat file in which hash `i` stands at byte `32 * i`, so a
//! tile is a range of it. They are written without being synced; the synced state says up to which size they
//! are known to be on disk, and opening the ledger derives the rest again.

use std::fs::{self, File, OpenOptions};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::FileExt as _;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::archive::Archive;
use crate::checkpoint::SignedCheckpoint;
use crate::error::LedgerError;
use crate::growth::Growth;
use crate::hash::{HASH_BYTES, Hash};
use crate::journal::sync_dir;
use crate::note::{NOTE_LIMIT_BYTES, VerifierKey};
use crate::record::{Header, Item, Position};
use crate::tile::{TILE_HEIGHT, TILE_WIDTH};
use crate::tree::{Subtree, complete_subtrees, node_bytes, node_hash};

/// Tile levels a tree of u64 size can have.
pub(crate) const TILE_LEVELS: u32 = u64::BITS / TILE_HEIGHT;
/// Bytes of a bundle's place: segment (u32), entries left in its record (u32), offset (u64).
const PLACE_BYTES: usize = 16;

/// Where the first entry of a bundle of 256 stands in the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct BundlePlace {
    /// Where the entry's length begins.
    pub(crate) position: Position,
    /// How many entries its record holds from this one on.
    pub(crate) left_in_record: u32,
}

/// The derived files, open for reading and writing.
pub(crate) struct Derived {
    archive: Archive,
    /// Held by whoever moves something into the archive.
    archiving: Mutex<()>,
    dir: PathBuf,
    levels: Vec<File>,
    places: File,
}

impl Derived {
    /// Opens the files in `dir`, creating those that are absent.
    pub(crate) fn open(dir: &Path, archive: Archive) -> Result<Self, LedgerError> {
        let open = |path: PathBuf| {
            OpenOptions::new()
                .create(true)
                .truncate(false)
                .read(true)
                .write(true)
                .open(&path)
                .map_err(LedgerError::io("open", &path))
        };
        let levels = (0..TILE_LEVELS).map(|level| open(level_path(dir, level))).collect::<Result<_, _>>()?;
        let places = open(places_path(dir))?;
        Ok(Derived { archive, archiving: Mutex::default(), dir: dir.to_owned(), levels, places })
    }

    /// Where segments and leaf hashes lie.
    pub(crate) fn archive(&self) -> &Archive {
        &self.archive
    }

    /// Keeps a second one from moving something into the archive.
    pub(crate) fn archiving(&self) -> MutexGuard<'_, ()> {
        self.archiving.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of the leaf hashes.
    pub(crate) fn leaves(&self) -> &File {
        &self.levels[0]
    }

    /// Whether the files are long enough for a log of `size` entries.
    pub(crate) fn covers(&self, size: u64) -> Result<bool, LedgerError> {
        for (file, length) in self.lengths(size) {
            if file.metadata().map_err(LedgerError::io("inspect", &self.dir))?.len() < length {
                return Ok(false);
            }
        }
        Ok(true)
    }

    /// Cuts the files to a log of `size` entries.
    pub(crate) fn truncate(&self, size: u64) -> Result<(), LedgerError> {
        for (file, length) in self.lengths(size) {
            file.set_len(length).map_err(LedgerError::io("cut files in", &self.dir))?;
        }
        Ok(())
    }

    fn lengths(&self, size: u64) -> impl Iterator<Item = (&File, u64)> {
        let levels = self.levels.iter().zip(0..);
        levels
            .map(move |(file, level)| (file, (size >> (TILE_HEIGHT * level)) * HASH_BYTES as u64))
            .chain([(&self.places, size.div_ceil(TILE_WIDTH) * PLACE_BYTES as u64)])
    }

    /// Writes what a batch adds. `places` are those of the bundles that begin in the batch, in order. A failed
    /// write leaves nothing to undo: the next batch begins at the same bytes.
    pub(crate) fn write(&self, growth: &Growth, places: &[BundlePlace]) -> Result<(), LedgerError> {
        for (file, level) in self.levels.iter().zip(0..) {
            let (first, hashes) = growth.completed(TILE_HEIGHT * level);
            if hashes.is_empty() {
                break;
            }
            file.write_all_at(hashes, first * HASH_BYTES as u64)
                .map_err(|source| not_written(level_path(&self.dir, level), source))?;
        }
        if !places.is_empty() {
            let first_bundle = growth.completed(0).0.div_ceil(TILE_WIDTH);
            let bytes: Vec<u8> = places.iter().flat_map(|place| place.to_bytes()).collect();
            self.places
                .write_all_at(&bytes, first_bundle * PLACE_BYTES as u64)
                .map_err(|source| not_written(places_path(&self.dir), source))?;
        }
        Ok(())
    }

    /// Makes everything written so far durable.
    pub(crate) fn sync(&self) -> Result<(), LedgerError> {
        for (file, level) in self.levels.iter().zip(0..) {
            file.sync_data().map_err(LedgerError::io("sync", &level_path(&self.dir, level)))?;
        }
        self.places.sync_data().map_err(LedgerError::io("sync", &places_path(&self.dir)))?;
        sync_dir(&self.dir).map_err(LedgerError::io("sync", &self.dir))
    }

    /// The bytes of `count` hashes of a tile level from place `first` on; the log must have them.
    pub(crate) fn hashes(&self, level: u32, first: u64, count: u64) -> Result<Vec<u8>, LedgerError> {
        let mut bytes = vec![0; count as usize * HASH_BYTES];
        let (archived, _guard) = match level {
            0 => self.archive.read_hashes(first, &mut bytes).map(|(count, guard)| (count, Some(guard)))?,
            _ => (0, None),
        };
        self.levels[level as usize]
            .read_exact_at(&mut bytes[archived * HASH_BYTES..], (first + archived as u64) * HASH_BYTES as u64)
            .map_err(LedgerError::io("read", &level_path(&self.dir, level)))?;
        Ok(bytes)
    }

    /// The node `(height, place)`, a complete subtree of the log.
    pub(crate) fn node(&self, height: u32, place: u64) -> Result<Hash, LedgerError> {
        let inside_tile = height % TILE_HEIGHT;
        let bytes = self.hashes(height / TILE_HEIGHT, place << inside_tile, 1 << inside_tile)?;
        let mut nodes: Vec<[u8; HASH_BYTES]> = bytes.as_chunks().0.to_vec();
        while nodes.len() > 1 {
            nodes = nodes.chunks_exact(2).map(|pair| node_bytes(&pair[0], &pair[1])).collect();
        }
        Ok(Hash::new(nodes[0]))
    }

    /// The hash of a subtree, complete or at the right edge of some tree size.
    pub(crate) fn subtree(&self, subtree: Subtree) -> Result<Hash, LedgerError> {
        let nodes = complete_subtrees(subtree.start, subtree.end)
            .map(|(height, place)| self.node(height, place))
            .collect::<Result<Vec<Hash>, LedgerError>>()?;
        let joined = nodes.into_iter().rev().reduce(|right, left| node_hash(&left, &right));
        Ok(joined.expect("a subtree has at least one leaf"))
    }

    /// Where a bundle begins in the journal; the log must have its first entry.
    pub(crate) fn bundle_place(&self, bundle: u64) -> Result<BundlePlace, LedgerError> {
        let mut bytes = [0; PLACE_BYTES];
        self.places
            .read_exact_at(&mut bytes, bundle * PLACE_BYTES as u64)
            .map_err(LedgerError::io("read", &places_path(&self.dir)))?;
        Ok(BundlePlace::from_bytes(bytes))
    }
}

impl BundlePlace {
    /// The places of the bundles that begin in a record with this header and these items.
    pub(crate) fn in_record<'a>(header: &Header, items: impl Iterator<Item = Item<'a>>) -> Vec<BundlePlace> {
        let segment = header.position.segment;
        let mut offset = header.entries_offset();
        let mut places = Vec::new();
        for ((item, index), left_in_record) in items.zip(header.first..).zip((1..=header.entries).rev()) {
            if index.is_multiple_of(TILE_WIDTH) {
                places.push(BundlePlace { position: Position { segment, offset }, left_in_record });
            }
            offset += item.bytes() as u64;
        }
        places
    }

    fn to_bytes(self) -> [u8; PLACE_BYTES] {
        let segment_and_left = u64::from(self.position.segment) << 32 | u64::from(self.left_in_record);
        (u128::from(segment_and_left) << 64 | u128::from(self.position.offset)).to_be_bytes()
    }

    fn from_bytes(bytes: [u8; PLACE_BYTES]) -> Self {
        let number = u128::from_be_bytes(bytes);
        let position = Position { segment: (number >> 96) as u32, offset: number as u64 };
        BundlePlace { position, left_in_record: (number >> 64) as u32 }
    }
}

fn level_path(dir: &Path, level: u32) -> PathBuf {
    dir.join(format!("level-{level}"))
}

fn places_path(dir: &Path) -> PathBuf {
    dir.join("bundle-places")
}

fn not_written(path: PathBuf, source: io::Error) -> LedgerError {
    LedgerError::NotWritten { path, source: Arc::new(source) }
}

/// Up to where the derived files are on disk: a checkpoint, and the end of the record that holds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct SyncedState {
    pub(crate) end: Position,
    pub(crate) note: String,
}

const STATE_FIRST_LINE: &str = "ledger synced state 1";
const STATE_LIMIT_BYTES: usize = NOTE_LIMIT_BYTES + 1024;

impl SyncedState {
    /// Reads the state; `None` if there is none or it is unreadable, which only makes opening slower.
    pub(crate) fn read(dir: &Path) -> Result<Option<Self>, LedgerError> {
        let path = state_path(dir);
        let file = match File::open(&path) {
            Ok(file) => file,
            Err(source) if source.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(source) => return Err(LedgerError::io("open", &path)(source)),
        };
        let mut bytes = Vec::new();
        file.take(STATE_LIMIT_BYTES as u64)
            .read_to_end(&mut bytes)
            .map_err(LedgerError::io("read", &path))?;
        let state = std::str::from_utf8(&bytes).ok().and_then(Self::parse);
        if state.is_none() {
            tracing::warn!(path = %path.display(), "synced state is unreadable; reading the whole journal instead");
        }
        Ok(state)
    }

    fn parse(text: &str) -> Option<Self> {
        let (checksum, body) = text.split_once('\n')?;
        if checksum != format!("{:08x}", crc32fast::hash(body.as_bytes())) {
            return None;
        }
        let mut lines = body.splitn(4, '\n');
        if lines.next()? != STATE_FIRST_LINE {
            return None;
        }
        let end = Position { segment: lines.next()?.parse().ok()?, offset: lines.next()?.parse().ok()? };
        Some(SyncedState { end, note: lines.next()?.to_owned() })
    }

    /// Replaces the state, durably: the old one or the new one is there at any moment.
    pub(crate) fn write(&self, dir: &Path) -> Result<(), LedgerError> {
        let body = format!("{STATE_FIRST_LINE}\n{}\n{}\n{}", self.end.segment, self.end.offset, self.note);
        let text = format!("{:08x}\n{body}", crc32fast::hash(body.as_bytes()));
        let (path, new_path) = (state_path(dir), dir.join("synced.new"));
        let write = || {
            let mut file = File::create(&new_path)?;
            file.write_all(text.as_bytes())?;
            file.sync_all()?;
            fs::rename(&new_path, &path)?;
            sync_dir(dir)
        };
        write().map_err(LedgerError::io("replace", &path))
    }

    /// The checkpoint of the state, if one of the ledger's keys signed it.
    pub(crate) fn checkpoint(&self, keys: &[VerifierKey]) -> Result<SignedCheckpoint, LedgerError> {
        SignedCheckpoint::open(&self.note, keys).map_err(|source| LedgerError::other_key(keys, source))
    }
}

fn state_path(dir: &Path) -> PathBuf {
    dir.join("synced")
}
