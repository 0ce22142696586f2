//! What signs a ledger's checkpoints.

use std::sync::Arc;

use crate::checkpoint::SignedCheckpoint;
use crate::error::LedgerError;
use crate::note::{NoteError, NoteSigner, VerifierKey};

/// One key; or, while it is rolled, the old one and the new one, both of which sign, so that it does not matter which of them
/// a reader knows already.
#[derive(Clone, Debug)]
pub struct LedgerSigner {
    /// The oldest first; at least one, all of one name.
    keys: Arc<[NoteSigner]>,
}

impl From<NoteSigner> for LedgerSigner {
    fn from(key: NoteSigner) -> Self {
        LedgerSigner { keys: [key].into() }
    }
}

impl LedgerSigner {
    /// The old key and the new one, which must have the old one's name.
    pub fn rolling(old: NoteSigner, new: NoteSigner) -> Result<Self, NoteError> {
        if old.name() != new.name() {
            return Err(NoteError::OtherName(old.name().into(), new.name().into()));
        }
        Ok(LedgerSigner { keys: [old, new].into() })
    }

    /// The name of its keys: the origin of the log.
    pub fn name(&self) -> &str {
        self.newest().name()
    }

    /// The key that stays.
    pub fn newest(&self) -> &NoteSigner {
        &self.keys[self.keys.len() - 1]
    }

    /// The key that goes, and the one that comes.
    pub(crate) fn change(&self) -> Option<(&NoteSigner, &NoteSigner)> {
        match &*self.keys {
            [old, new] => Some((old, new)),
            _ => None,
        }
    }

    /// The keys that verify what it signs, the newest first.
    pub fn verifier_keys(&self) -> Vec<VerifierKey> {
        self.keys.iter().rev().map(NoteSigner::verifier_key).collect()
    }

    /// The text as a note with a signature of each key.
    pub(crate) fn sign(&self, text: &str) -> Result<String, NoteError> {
        let mut note = self.keys[0].sign(text)?;
        for key in &self.keys[1..] {
            note.push_str(&key.signature_line(text)?);
        }
        Ok(note)
    }

    /// The checkpoint with a signature of each key.
    pub(crate) fn signed(
        &self,
        checkpoint: Arc<SignedCheckpoint>,
    ) -> Result<Arc<SignedCheckpoint>, LedgerError> {
        if self.verifier_keys().iter().all(|key| key.verify(&checkpoint.note).is_ok()) {
            return Ok(checkpoint);
        }
        let (size, root) = (checkpoint.checkpoint.size, checkpoint.checkpoint.root);
        SignedCheckpoint::of_log(size, root, self).map(Arc::new).map_err(LedgerError::NotSigned)
    }
}
