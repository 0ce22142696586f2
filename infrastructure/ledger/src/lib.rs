//! An append-only Merkle log with group-committed, durable appends.
//!
//! Whoever must later prove what was sent, received or recorded appends an entry and gets a proof: the entry's
//! place, and a checkpoint signed by the log. The log can't change or drop an entry afterwards without that showing.
//! Formats are those of the C2SP transparency log family: signed-note, tlog-checkpoint, tlog-tiles, tlog-proof,
//! tlog-cosignature and tlog-witness, over the Merkle tree of RFC 6962; any verifier of these can check what this crate
//! writes.
//!
//! One thread writes, in three steps. *Sequence*: it takes everything that waits and gives it the next indices and
//! a place in the journal. *Integrate*: it extends the Merkle tree in memory and signs one checkpoint. *Publish*: it
//! appends entries and checkpoint to the journal as one record, makes that durable with one sync, and tells every
//! caller. While it syncs, the next batch gathers; for a single caller, a batch is one entry and nothing is delayed.
//!
//! In a ledger's directory, `journal/` is the log itself; `derived/` and `synced` make reading and opening fast and
//! can be deleted; `lock` keeps a second process out. What is old may lie in another folder, the archive; `archived` says how
//! far. `keys` says which keys signed before the one that signs now.
//!
//! An entry stays for ever. Personal data never goes into one, only a [`commit`]ment to it; what the commitment stands
//! for can lie beside the entry as an annex, which is durable with it and no part of the tree.

mod archive;
mod archiving;
mod checkpoint;
mod cosignature;
mod derived;
mod entries;
mod error;
#[cfg(test)]
mod faults;
#[cfg(feature = "testing")]
pub mod fuzzing;
mod growth;
mod hash;
mod journal;
mod key_change;
mod ledger;
mod lock;
mod note;
mod proof;
mod queue;
mod record;
mod recovery;
mod restore;
mod sequencer;
mod signer;
#[cfg(feature = "testing")]
pub mod simulation;
mod tile;
mod tree;
mod witness;

pub use archiving::Archived;
pub use checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint};
pub use cosignature::{CosignatureSigner, CosignerKey};
pub use entries::LoggedItem;
pub use error::{ANNEX_LIMIT_BYTES, ENTRY_LIMIT_BYTES, LedgerError};
pub use hash::{HASH_BYTES, Hash, HashTextError, commit};
pub use journal::SEGMENT_LIMIT_BYTES;
pub use key_change::KeyChange;
pub use ledger::{Ledger, Options, QUEUE_LIMIT_BYTES, Sealed};
pub use note::{
    Ed25519Key, KEY_NAME_LIMIT_BYTES, NOTE_LIMIT_BYTES, NOTE_LIMIT_SIGNATURES, NoteError, NoteSigner,
    VerifierKey,
};
pub use proof::{EXTRA_LIMIT_BYTES, PROOF_LIMIT_BYTES, ProofError, TlogProof};
pub use restore::{Merged, keys_of, last_synced, merge};
pub use signer::LedgerSigner;
pub use tile::{TILE_HEIGHT, TILE_LEVEL_LIMIT, TILE_WIDTH, TileContent, TilePath, TilePathError};
pub use tree::{
    PROOF_LIMIT_HASHES, TreeError, empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion,
};
pub use witness::{ADD_CHECKPOINT_LIMIT_BYTES, AddCheckpoint, Fork, ForkKind, Refusal, judge};
