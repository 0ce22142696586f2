//! Checkpoints (C2SP tlog-checkpoint v1.0.0): what a log says of itself at one size, signed.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::hash::Hash;
use crate::note::{NoteError, NoteSigner, VerifierKey};
use crate::signer::LedgerSigner;

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
    pub(crate) fn of_log(size: u64, root: Hash, signer: &LedgerSigner) -> Result<Self, NoteError> {
        let checkpoint = Checkpoint { origin: signer.name().to_owned(), size, root };
        let note = signer.sign(&checkpoint.to_string())?;
        Ok(SignedCheckpoint { checkpoint, note })
    }

    /// Reads a note signed by one of the log's `keys`, whose name must be the checkpoint's origin. A log has several keys
    /// once its key was rolled.
    pub fn open(note: &str, keys: &(impl AsRef<[VerifierKey]> + ?Sized)) -> Result<Self, CheckpointError> {
        let mut refused = None;
        for key in keys.as_ref() {
            match key.verify(note) {
                Ok(text) => return Self::read(note, text, key),
                Err(NoteError::NotSigned(_)) if refused.is_some() => {}
                Err(error) => refused = Some(error),
            }
        }
        Err(refused.unwrap_or_else(|| NoteError::NotSigned("any key of the log".into())).into())
    }

    fn read(note: &str, text: &str, key: &VerifierKey) -> Result<Self, CheckpointError> {
        let checkpoint: Checkpoint = text.parse()?;
        if checkpoint.origin != key.name() {
            return Err(CheckpointError::OtherOrigin {
                expected: key.name().to_owned(),
                found: checkpoint.origin,
            });
        }
        Ok(SignedCheckpoint { checkpoint, note: note.to_owned() })
    }

    /// The same checkpoint with the signatures of these keys alone.
    pub fn signed_only_by(
        self,
        keys: &(impl AsRef<[VerifierKey]> + ?Sized),
    ) -> Result<Self, CheckpointError> {
        let mut note = format!("{}\n", self.checkpoint);
        for key in keys.as_ref() {
            note.push_str(&key.own_lines(&self.note)?);
        }
        Ok(SignedCheckpoint { note, ..self })
    }
}
