//! Checkpoints (C2SP tlog-checkpoint v1.0.0): what a log says of itself at one size, signed.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::hash::Hash;
use crate::note::{NoteError, NoteSigner, VerifierKey};

/// Why a text is not an acceptable checkpoint.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum CheckpointError {
    /// The note around the checkpoint is not well-formed or not signed by the key.
    #[error(transparent)]
    Note(#[from] NoteError),
    /// The text is not a checkpoint.
    #[error("the text is not a checkpoint: {0}")]
    Malformed(&'static str),
    /// The checkpoint is of another log than the key's name says.
    #[error("the checkpoint is of {found:?}, not of {expected:?}")]
    OtherOrigin {
        /// The name of the key.
        expected: String,
        /// The origin in the checkpoint.
        found: String,
    },
}

/// The size and root of a log. Its text form is three lines: origin, size, root.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The unique name of the log; the same as the name of the key that signs.
    pub origin: String,
    /// How many entries the log has.
    pub size: u64,
    /// The root of the RFC 6962 Merkle tree over those entries.
    pub root: Hash,
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{}\n{}\n{}", self.origin, self.size, self.root)
    }
}

impl FromStr for Checkpoint {
    type Err = CheckpointError;

    /// Reads the text form. Extension lines are refused: no monitor can audit them.
    fn from_str(text: &str) -> Result<Self, CheckpointError> {
        let malformed = CheckpointError::Malformed;
        let Some(body) = text.strip_suffix('\n') else {
            return Err(malformed("it must end with a newline"));
        };
        let mut lines = body.split('\n');
        let (Some(origin), Some(size), Some(root), None) =
            (lines.next(), lines.next(), lines.next(), lines.next())
        else {
            return Err(malformed("it must have exactly three lines: origin, size and root"));
        };
        if origin.is_empty() {
            return Err(malformed("the origin is empty"));
        }
        let size =
            parse_decimal(size).ok_or(malformed("the size is not a decimal number without leading zeros"))?;
        let root = root.parse().map_err(|_| malformed("the root is not the base64 of 32 bytes"))?;
        Ok(Checkpoint { origin: origin.to_owned(), size, root })
    }
}

/// A decimal number without sign and without leading zeros.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let canonical = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
    if canonical { text.parse().ok() } else { None }
}

/// A checkpoint with the note that carries its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignedCheckpoint {
    /// What the log says.
    pub checkpoint: Checkpoint,
    /// The whole signed note, as it is served and kept.
    pub note: String,
}

impl SignedCheckpoint {
    /// Signs `checkpoint`.
    pub fn sign(checkpoint: Checkpoint, signer: &NoteSigner) -> Result<Self, CheckpointError> {
        let note = signer.sign(&checkpoint.to_string())?;
        Ok(SignedCheckpoint { checkpoint, note })
    }

    /// Signs the checkpoint of the log that is named like the signer.
    pub(crate) fn of_log(size: u64, root: Hash, signer: &NoteSigner) -> Self {
        let checkpoint = Checkpoint { origin: signer.name().to_owned(), size, root };
        Self::sign(checkpoint, signer)
            .expect("a key name holds no control character, so neither does the checkpoint")
    }

    /// Reads a note signed by `key`, whose name must be the checkpoint's origin.
    pub fn open(note: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let checkpoint: Checkpoint = key.verify(note)?.parse()?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::OtherOrigin {
                expected: key.name().to_owned(),
                found: checkpoint.origin,
            });
        }
        Ok(SignedCheckpoint { checkpoint, note: note.to_owned() })
    }

    /// The same checkpoint with the signatures of this key alone.
    pub fn signed_only_by(self, key: &VerifierKey) -> Result<Self, CheckpointError> {
        Ok(SignedCheckpoint { note: key.own_signatures(&self.note)?, ..self })
    }
}
