//! The ledger as its users see it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::thread::JoinHandle;

use tokio::sync::{oneshot, watch};

use crate::archive::Archive;
use crate::checkpoint::SignedCheckpoint;
use crate::derived::{Derived, TILE_LEVELS};
use crate::entries::{EntryWalk, LoggedItem};
use crate::error::{ANNEX_LIMIT_BYTES, ENTRY_LIMIT_BYTES, LedgerError};
use crate::hash::{HASH_BYTES, Hash};
use crate::journal::{Journal, OpenSegment, SEGMENT_LIMIT_BYTES, open_segment_file, sync_dir};
use crate::key_change;
use crate::lock::Lock;
use crate::note::VerifierKey;
use crate::proof::TlogProof;
use crate::queue::{Queue, Waiting};
use crate::record::{LENGTH_BYTES, Position};
use crate::recovery::recover;
use crate::sequencer::Sequencer;
use crate::signer::LedgerSigner;
use crate::tile::{TILE_HEIGHT, TILE_WIDTH, TileContent, TilePath};
use crate::tree::{Subtree, consistency_subtrees, inclusion_subtrees, leaf_bytes};

/// The most bytes that may wait in the queue; callers of [`Ledger::append`] beyond that wait for room. One batch
/// is never larger.
pub const QUEUE_LIMIT_BYTES: usize = 32 << 20;

/// How a ledger is opened.
#[derive(Clone, Debug)]
pub struct Options {
    /// Bytes after which the journal goes on in a new segment file.
    pub segment_limit_bytes: u64,
    /// Read the whole journal, checking every record and every root, and derive all tiles again, instead of
    /// reading only what came after the last synced state.
    pub check_whole_journal: bool,
    /// Folder to which [`Ledger::archive`] moves what is old. No two ledgers may have the same.
    pub archive: Option<PathBuf>,
}

impl Default for Options {
    fn default() -> Self {
        Options { segment_limit_bytes: SEGMENT_LIMIT_BYTES, check_whole_journal: false, archive: None }
    }
}

/// What [`Ledger::append`] returns: the entry is durable, and so is the checkpoint that covers it.
#[derive(Clone, Debug)]
pub struct Sealed {
    /// The entry's place in the log, from 0.
    pub index: u64,
    /// The size of the checkpoint.
    pub size: u64,
    /// The inclusion proof of the entry in that checkpoint, leaf's sibling first.
    pub proof: Vec<Hash>,
    /// The checkpoint, shared by the whole batch.
    pub checkpoint: Arc<SignedCheckpoint>,
}

impl Sealed {
    /// The self-contained proof of the entry, verifiable offline with the log's key.
    pub fn to_proof(&self) -> TlogProof {
        TlogProof {
            extra: None,
            index: self.index,
            proof: self.proof.clone(),
            checkpoint: self.checkpoint.note.clone(),
        }
    }
}

/// What the writing thread and the readers share.
pub(crate) struct Shared {
    pub(crate) queue: Queue,
    pub(crate) derived: Derived,
    pub(crate) stopped: watch::Sender<bool>,
    checkpoint: RwLock<Arc<SignedCheckpoint>>,
    keys: RwLock<Arc<Keys>>,
}

/// The keys of a ledger.
struct Keys {
    /// What signs now.
    signer: LedgerSigner,
    /// All that ever signed, the newest first.
    verifiers: Vec<VerifierKey>,
}

impl Shared {
    pub(crate) fn signer(&self) -> LedgerSigner {
        self.keys().signer.clone()
    }

    fn keys(&self) -> Arc<Keys> {
        Arc::clone(&self.keys.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn checkpoint(&self) -> Arc<SignedCheckpoint> {
        Arc::clone(&self.checkpoint.read().unwrap_or_else(PoisonError::into_inner))
    }

    pub(crate) fn set_checkpoint(&self, checkpoint: Arc<SignedCheckpoint>) {
        *self.checkpoint.write().unwrap_or_else(PoisonError::into_inner) = checkpoint;
    }
}

/// An append-only Merkle log in a directory. Clones are the same ledger; when the last one is dropped, what waits
/// is still written and the ledger is closed.
#[derive(Clone)]
pub struct Ledger {
    handle: Arc<Handle>,
}

struct Handle {
    shared: Arc<Shared>,
    dir: PathBuf,
    thread: Option<JoinHandle<()>>,
}

impl Drop for Handle {
    fn drop(&mut self) {
        self.shared.queue.close();
        if let Some(thread) = self.thread.take() {
            // If the thread panicked, that was reported where it happened.
            let _ = thread.join();
        }
    }
}

impl Ledger {
    /// Opens the ledger in `dir`, creating it if it is absent. Its origin is the name of `signer`.
    ///
    /// A batch that was cut off while being written is dropped: nobody was told of it. Everything else must be as
    /// it was written, or the error says which file is damaged where. Reading the journal blocks.
    pub fn open(
        dir: &Path,
        signer: impl Into<LedgerSigner>,
        options: Options,
    ) -> Result<Ledger, LedgerError> {
        Self::open_on(dir, signer.into(), options, Box::new(open_segment_file))
    }

    pub(crate) fn open_on(
        dir: &Path,
        signer: LedgerSigner,
        options: Options,
        open_segment: OpenSegment,
    ) -> Result<Ledger, LedgerError> {
        let sequencer = Self::recover_on(dir, signer, options, open_segment)?;
        let shared = Arc::clone(&sequencer.shared);
        let thread = std::thread::Builder::new()
            .name("ledger".to_owned())
            .spawn(move || sequencer.run())
            .map_err(LedgerError::io("start the thread of", dir))?;
        Ok(Self::of(dir, shared, Some(thread)))
    }

    /// The ledger that is written by `thread`, or by whoever has its sequencer.
    pub(crate) fn of(dir: &Path, shared: Arc<Shared>, thread: Option<JoinHandle<()>>) -> Ledger {
        Ledger { handle: Arc::new(Handle { shared, dir: dir.to_owned(), thread }) }
    }

    /// Recovers what is in `dir`; whoever runs the sequencer writes on.
    pub(crate) fn recover_on(
        dir: &Path,
        signer: LedgerSigner,
        options: Options,
        open_segment: OpenSegment,
    ) -> Result<Sequencer, LedgerError> {
        let (journal_dir, derived_dir) = (dir.join("journal"), dir.join("derived"));
        for dir in [&journal_dir, &derived_dir] {
            fs::create_dir_all(dir).map_err(LedgerError::io("create", dir))?;
        }
        sync_dir(dir).map_err(LedgerError::io("sync", dir))?;
        let lock = Lock::take(dir)?;
        let archive = Archive::open(dir, &journal_dir, options.archive)?;
        let derived = Derived::open(&derived_dir, archive)?;
        let verifiers = key_change::verifiers(dir, &signer)?;
        let recovered =
            recover(dir, &journal_dir, &derived, &signer, &verifiers, options.check_whole_journal)?;
        let announced = key_change::announce(dir, &signer)?;
        let checkpoint = signer.signed(recovered.checkpoint)?;
        let journal =
            Journal::resume(&journal_dir, recovered.end, options.segment_limit_bytes, open_segment)?;
        let shared = Arc::new(Shared {
            queue: Queue::new(QUEUE_LIMIT_BYTES),
            derived,
            stopped: watch::Sender::new(false),
            checkpoint: RwLock::new(checkpoint),
            keys: RwLock::new(Arc::new(Keys { signer, verifiers })),
        });
        if let Some(note) = announced {
            shared.queue.try_push(Waiting { entry: note.into_bytes(), annex: Vec::new(), reply: None })?;
        }
        Ok(Sequencer {
            dir: dir.to_owned(),
            shared,
            kept: Vec::new(),
            journal,
            edge: recovered.edge,
            unsynced_bytes: 0,
            syncing: None,
            record: Vec::new(),
            runtime: tokio::runtime::Handle::try_current().ok(),
            lock,
        })
    }

    /// Appends an entry. Returns once the entry and a checkpoint covering it are durable; if the returned future is
    /// dropped before that, the entry may or may not become part of the log.
    pub async fn append(&self, entry: Vec<u8>) -> Result<Sealed, LedgerError> {
        self.append_with_annex(entry, Vec::new()).await
    }

    /// Appends an entry, and beside it an annex: bytes that are durable with the entry but no part of the tree, so no
    /// proof rests on them. What an entry's salted digest stands for belongs there.
    pub async fn append_with_annex(&self, entry: Vec<u8>, annex: Vec<u8>) -> Result<Sealed, LedgerError> {
        check_lengths(&entry, &annex)?;
        let (reply, answer) = oneshot::channel();
        // Whoever else is ready to append does so now, and one sync serves all.
        if let Some(gathering) =
            self.handle.shared.queue.push(Waiting { entry, annex, reply: Some(reply) }).await?
        {
            gathering.until_no_more_come().await;
        }
        answer.await.unwrap_or(Err(LedgerError::Closed))
    }

    /// Puts an entry into the next batch without waiting for it: a crash before that batch loses it.
    pub fn append_later(&self, entry: Vec<u8>) -> Result<(), LedgerError> {
        self.append_later_with_annex(entry, Vec::new())
    }

    /// Puts an entry and its annex into the next batch without waiting for them.
    pub fn append_later_with_annex(&self, entry: Vec<u8>, annex: Vec<u8>) -> Result<(), LedgerError> {
        check_lengths(&entry, &annex)?;
        self.handle.shared.queue.try_push(Waiting { entry, annex, reply: None })
    }

    /// The key that verifies the log's checkpoints; the newest one while it is rolled.
    pub fn verifier_key(&self) -> VerifierKey {
        self.handle.shared.signer().newest().verifier_key()
    }

    /// The keys that sign the log's checkpoints now, the newest first.
    pub fn signing_keys(&self) -> Vec<VerifierKey> {
        self.handle.shared.signer().verifier_keys()
    }

    /// All keys that ever signed the log's checkpoints, the newest first.
    pub fn verifier_keys(&self) -> Vec<VerifierKey> {
        self.handle.shared.keys().verifiers.clone()
    }

    /// Signs from the next batch on with another signer of the same name: the key it has and a new one, or the new one alone
    /// once both have signed. A key that comes is announced in the log itself, in a note that both keys sign.
    pub fn roll(&self, signer: impl Into<LedgerSigner>) -> Result<(), LedgerError> {
        let signer = signer.into();
        let dir = &self.handle.dir;
        let verifiers = key_change::verifiers(dir, &signer)?;
        SignedCheckpoint::open(&self.checkpoint().note, &verifiers)
            .map_err(|source| LedgerError::other_key(&verifiers, source))?;
        let announced = key_change::announce(dir, &signer)?;
        let keys = Arc::new(Keys { signer, verifiers });
        *self.handle.shared.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        match announced {
            Some(note) => self.append_later(note.into_bytes()),
            None => Ok(()),
        }
    }

    /// The newest checkpoint.
    pub fn checkpoint(&self) -> Arc<SignedCheckpoint> {
        self.handle.shared.checkpoint()
    }

    /// The inclusion proof of the entry at `index` in the tree of the first `size` entries. Reads files.
    pub fn inclusion(&self, index: u64, size: u64) -> Result<Vec<Hash>, LedgerError> {
        self.check_published(size, || format!("a tree of {size} entries"))?;
        self.hashes_of(&inclusion_subtrees(index, size)?)
    }

    /// The consistency proof between the trees of the first `old` and the first `new` entries. Reads files.
    pub fn consistency(&self, old: u64, new: u64) -> Result<Vec<Hash>, LedgerError> {
        self.check_published(new, || format!("a tree of {new} entries"))?;
        self.hashes_of(&consistency_subtrees(old, new)?)
    }

    /// The entry at `index`, checked against its leaf hash. Reads files.
    pub fn entry(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        self.check_published(index.saturating_add(1), || format!("entry {index}"))?;
        let with_length = self.entries(index, 1)?;
        Ok(with_length[LENGTH_BYTES..].to_vec())
    }

    /// What was appended beside the entry at `index`. Reads files. Whoever relies on it checks it against the entry.
    pub fn annex(&self, index: u64) -> Result<Vec<u8>, LedgerError> {
        self.check_published(index.saturating_add(1), || format!("annex {index}"))?;
        Ok(self.walk_to(index)?.next_annex()?.to_vec())
    }

    /// `count` entries from `first` on with what lies beside them, read in one go; the entries are checked against their
    /// leaf hashes. Reads files.
    pub fn items(&self, first: u64, count: u64) -> Result<Vec<LoggedItem>, LedgerError> {
        self.check_published(first.saturating_add(count), || {
            format!("entries {first} to {}", first.saturating_add(count))
        })?;
        if count == 0 {
            return Ok(Vec::new());
        }
        let mut walk = self.walk_to(first)?;
        let leaves = self.handle.shared.derived.hashes(0, first, count)?;
        leaves
            .as_chunks::<HASH_BYTES>()
            .0
            .iter()
            .map(|leaf| {
                let (position, item) = walk.next_item()?;
                check_leaf(&item.entry, leaf, position)?;
                Ok(item)
            })
            .collect()
    }

    /// The bytes of a tile or an entry bundle, as C2SP tlog-tiles serves them. Reads files.
    pub fn tile(&self, path: &TilePath) -> Result<Vec<u8>, LedgerError> {
        let size = self.checkpoint().checkpoint.size;
        let not_found = || LedgerError::NotFound { what: path.to_string(), size };
        let width = u64::from(path.width);
        let first = path.index.checked_mul(TILE_WIDTH).ok_or_else(not_found)?;
        let end = first.checked_add(width).ok_or_else(not_found)?;
        let level = match path.content {
            TileContent::Entries => 0,
            TileContent::Hashes { level } => u32::from(level),
        };
        if width == 0 || level >= TILE_LEVELS || end > size >> (TILE_HEIGHT * level) {
            return Err(not_found());
        }
        match path.content {
            TileContent::Entries => self.entries(first, width),
            TileContent::Hashes { .. } => self.handle.shared.derived.hashes(level, first, width),
        }
    }

    /// Closes the ledger for all its clones: entries already in the queue are still appended, later ones refused.
    /// Returns when everything is on disk and the directory can be opened again.
    pub async fn close(self) {
        let mut stopped = self.handle.shared.stopped.subscribe();
        self.handle.shared.queue.close();
        // The sender lives in the handle this method holds, so waiting can't fail.
        let _ = stopped.wait_for(|stopped| *stopped).await;
    }

    /// The folder of the ledger.
    pub(crate) fn dir(&self) -> &Path {
        &self.handle.dir
    }

    pub(crate) fn derived(&self) -> &Derived {
        &self.handle.shared.derived
    }

    fn check_published(&self, size: u64, what: impl FnOnce() -> String) -> Result<(), LedgerError> {
        let published = self.checkpoint().checkpoint.size;
        if size > published {
            return Err(LedgerError::NotFound { what: what(), size: published });
        }
        Ok(())
    }

    fn hashes_of(&self, subtrees: &[Subtree]) -> Result<Vec<Hash>, LedgerError> {
        subtrees.iter().map(|subtree| self.handle.shared.derived.subtree(*subtree)).collect()
    }

    /// A walk whose next item is that at `index`.
    fn walk_to(&self, index: u64) -> Result<EntryWalk<'_>, LedgerError> {
        let derived = self.derived();
        let place = derived.bundle_place(index / TILE_WIDTH)?;
        let mut walk = EntryWalk::from_bundle(derived.archive(), place)?;
        for _ in 0..index % TILE_WIDTH {
            walk.skip()?;
        }
        Ok(walk)
    }

    /// `count` entries of one bundle from `first` on, each behind its length.
    fn entries(&self, first: u64, count: u64) -> Result<Vec<u8>, LedgerError> {
        let mut walk = self.walk_to(first)?;
        let mut bundle = Vec::new();
        for leaf in self.handle.shared.derived.hashes(0, first, count)?.as_chunks::<HASH_BYTES>().0 {
            let (position, entry) = walk.next()?;
            check_leaf(&entry[LENGTH_BYTES..], leaf, position)?;
            bundle.extend_from_slice(entry);
        }
        Ok(bundle)
    }
}

fn check_leaf(entry: &[u8], leaf: &[u8; HASH_BYTES], position: Position) -> Result<(), LedgerError> {
    if leaf_bytes(entry) == *leaf {
        return Ok(());
    }
    let Position { segment, offset } = position;
    Err(LedgerError::Damaged { segment, offset, reason: "the entry is not the one that was appended" })
}

fn check_lengths(entry: &[u8], annex: &[u8]) -> Result<(), LedgerError> {
    if annex.len() > ANNEX_LIMIT_BYTES {
        return Err(LedgerError::AnnexTooLong { bytes: annex.len() });
    }
    if entry.len() > ENTRY_LIMIT_BYTES {
        return Err(LedgerError::EntryTooLong { bytes: entry.len() });
    }
    Ok(())
}
