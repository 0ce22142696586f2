//! What can go wrong with a ledger.

use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use thiserror::Error;

use crate::checkpoint::CheckpointError;
use crate::note::{NoteError, VerifierKey};
use crate::tree::TreeError;

/// The most bytes an entry may have: its length is written as u16 (C2SP tlog-tiles).
pub const ENTRY_LIMIT_BYTES: usize = u16::MAX as usize;
/// The most bytes an annex may have.
pub const ANNEX_LIMIT_BYTES: usize = 256 * 1024;

/// Why a ledger could not be opened, appended to or read. Every caller of a failed batch gets the same error.
#[derive(Clone, Debug, Error)]
pub enum LedgerError {
    /// The entry is too long for the format.
    #[error("an entry may have {ENTRY_LIMIT_BYTES} bytes, this one has {bytes}; append its hash instead")]
    EntryTooLong {
        /// The length of the entry.
        bytes: usize,
    },
    /// The annex is too long.
    #[error("an annex may have {ANNEX_LIMIT_BYTES} bytes, this one has {bytes}; keep it elsewhere")]
    AnnexTooLong {
        /// The length of the annex.
        bytes: usize,
    },
    /// No room in the queue for an entry nobody waits for.
    #[error("the ledger's queue is full; append again later")]
    QueueFull,
    /// The ledger was closed.
    #[error("the ledger is closed")]
    Closed,
    /// The batch was not written; nothing of it was kept, and the ledger goes on.
    #[error(
        "the batch could not be written to {path} ({source}); nothing of it was kept, append again when the cause is gone"
    )]
    NotWritten {
        /// The file that refused.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// A failed write could not be undone. The batch that met it may or may not be kept; later ones are not.
    #[error(
        "the ledger takes no more entries: after a failed write {path} could not be cut back ({source}); open the \
         ledger again once the disk works, and look whether the last batch is in it"
    )]
    Refusing {
        /// The segment that could not be cut back.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// Another process, or this one, has the ledger open.
    #[error("the ledger in {dir} is already open")]
    AlreadyOpen {
        /// The directory of the ledger.
        dir: PathBuf,
    },
    /// A file operation failed outside a batch.
    #[error("could not {action} {path}: {source}")]
    Io {
        /// What was attempted.
        action: &'static str,
        /// The file or directory.
        path: PathBuf,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// The journal is damaged where it was once whole. Nothing was changed.
    #[error(
        "journal segment {segment} is damaged at byte {offset}: {reason}; open the ledger with a check of the whole \
         journal, and if that says the same, restore the segment from a copy"
    )]
    Damaged {
        /// The number of the segment.
        segment: u32,
        /// Where in the segment the damaged record begins.
        offset: u64,
        /// What is wrong there.
        reason: &'static str,
    },
    /// The entries do not have the root that the log signed. Nothing was changed.
    #[error(
        "journal segment {segment}, record at byte {offset}: the {size} entries up to there do not have the root the \
         log signed; restore the journal from a copy"
    )]
    WrongRoot {
        /// The number of the segment.
        segment: u32,
        /// Where in the segment the record begins.
        offset: u64,
        /// The size of the log after that record.
        size: u64,
    },
    /// No checkpoint could be signed; nothing of the batch was kept, and the ledger goes on.
    #[error(
        "the checkpoint could not be signed: {0}; nothing of the batch was kept, append again when the cause is gone"
    )]
    NotSigned(#[source] NoteError),
    /// The last checkpoint is not by the key the ledger was opened with.
    #[error(
        "the ledger can't be opened with the key of {key}: {source}; give it the key that it has, and while that is rolled \
         the new one beside it"
    )]
    OtherKey {
        /// The verifier key of the signer given.
        key: String,
        /// What is wrong with the checkpoint.
        source: CheckpointError,
    },
    /// The entry, tile or tree size is beyond what the log has published.
    #[error("{what} is not in the log, which has {size} entries")]
    NotFound {
        /// What was asked for.
        what: String,
        /// The size of the log.
        size: u64,
    },
    /// What was asked for lies in the archive, which is not there. Everything newer goes on.
    #[error(
        "{what} of the ledger lies in the archive, {folder}, and can't be read there ({source}); see that the archive is \
         mounted and configured"
    )]
    ArchiveMissing {
        /// What lies there.
        what: String,
        /// Where the archive is to be.
        folder: String,
        /// What the system said.
        source: Arc<io::Error>,
    },
    /// A file of the archive is not what was copied there. The original stays.
    #[error(
        "{path} is not what the ledger has there; is it another ledger's archive, or is its disk damaged?"
    )]
    ArchiveDiffers {
        /// The file.
        path: PathBuf,
    },
    /// The note of what lies in the archive can't be read.
    #[error(
        "{path}, which says what lies in the archive, can't be read; restore it from a copy, or copy the archive's segments \
         back into the journal and delete it"
    )]
    ArchiveNote {
        /// The note.
        path: PathBuf,
    },
    /// The index and sizes do not fit together.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

impl LedgerError {
    pub(crate) fn other_key(keys: &[VerifierKey], source: CheckpointError) -> Self {
        LedgerError::OtherKey { key: keys.first().map(VerifierKey::to_string).unwrap_or_default(), source }
    }

    /// For `map_err`: an [`LedgerError::Io`] about this action and file.
    pub(crate) fn io(action: &'static str, path: &Path) -> impl FnOnce(io::Error) -> LedgerError {
        let path = path.to_owned();
        move |source| LedgerError::Io { action, path, source: Arc::new(source) }
    }
}
