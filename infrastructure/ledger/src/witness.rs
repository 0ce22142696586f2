//! Witnessing (C2SP tlog-witness v1.0): what a log asks of a witness, and what the witness makes of it. Rules only; the
//! witness keeps what it has cosigned, and compares and keeps it in one step.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, parse_decimal};
use crate::hash::Hash;
use crate::note::{NOTE_LIMIT_BYTES, VerifierKey, check_characters};
use crate::tree::{TreeError, empty_root, verify_consistency};

/// The most hashes in a request's consistency proof.
const PROOF_LIMIT_LINES: usize = 63;
/// The longest request that is read, in bytes.
pub const ADD_CHECKPOINT_LIMIT_BYTES: usize = NOTE_LIMIT_BYTES + 64 * 45 + 64;
/// First line of the text form of a fork.
const FORK_FORM: &str = "lienthong-fork/v1";

/// What a log sends to a witness: a new checkpoint, and the proof that it has grown from the one the witness knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AddCheckpoint {
    /// The size of the checkpoint that the witness cosigned last; 0 before the first.
    pub old: u64,
    /// The consistency proof from there.
    pub proof: Vec<Hash>,
    /// The new signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl fmt::Display for AddCheckpoint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "old {}", self.old)?;
        for hash in &self.proof {
            writeln!(out, "{hash}")?;
        }
        write!(out, "\n{}", self.checkpoint)
    }
}

impl FromStr for AddCheckpoint {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        if text.len() > ADD_CHECKPOINT_LIMIT_BYTES {
            return Err(Refusal::Malformed("it is longer than a request may be"));
        }
        let (head, checkpoint) =
            text.split_once("\n\n").ok_or(Refusal::Malformed("no empty line before the checkpoint"))?;
        let mut lines = head.split('\n');
        let old = lines
            .next()
            .and_then(|line| parse_decimal(line.strip_prefix("old ")?))
            .ok_or(Refusal::Malformed("the first line is not 'old' and a decimal number"))?;
        let mut proof = Vec::new();
        for line in lines {
            if proof.len() == PROOF_LIMIT_LINES {
                return Err(Refusal::Malformed("it has more hashes than a proof may have"));
            }
            let hash =
                line.parse().map_err(|_| Refusal::Malformed("a proof line is not the base64 of 32 bytes"))?;
            proof.push(hash);
        }
        Ok(AddCheckpoint { old, proof, checkpoint: checkpoint.to_owned() })
    }
}

/// Why a witness does not cosign.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum Refusal {
    /// The request is not of its form.
    #[error("the request is not of the form of C2SP tlog-witness: {0}")]
    Malformed(&'static str),
    /// The log's key has not signed the checkpoint.
    #[error("the checkpoint is not one the log signed: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The proof begins behind its end.
    #[error("the old size {old} is larger than the checkpoint's size {size}")]
    OldTooLarge {
        /// The size from which the proof leads.
        old: u64,
        /// The size of the checkpoint.
        size: u64,
    },
    /// The witness cosigned a checkpoint of another size last. The log proves its growth from there.
    #[error("this witness cosigned the checkpoint of size {witnessed} last; prove the growth from there")]
    OtherSize {
        /// The size of the checkpoint cosigned last.
        witnessed: u64,
    },
    /// The log has signed two roots for one size.
    #[error("the log has signed two roots for its size {size}: it was forked")]
    TwoRoots {
        /// That size.
        size: u64,
    },
    /// The log's newer tree begins with other entries than the witnessed one.
    #[error(
        "the tree of size {size} does not begin with the one of size {old} that the log had signed: it was forked"
    )]
    OtherBeginning {
        /// The size of the checkpoint cosigned last.
        old: u64,
        /// The size of the new checkpoint.
        size: u64,
    },
    /// The proof proves nothing.
    #[error("the consistency proof does not hold: {0}")]
    Proof(TreeError),
}

impl Refusal {
    /// The HTTP status with which a witness says so.
    pub fn status(&self) -> u16 {
        match self {
            Refusal::Malformed(_) | Refusal::OldTooLarge { .. } => 400,
            Refusal::Checkpoint(_) => 403,
            Refusal::OtherSize { .. } | Refusal::TwoRoots { .. } => 409,
            Refusal::OtherBeginning { .. } | Refusal::Proof(_) => 422,
        }
    }

    /// What the refused checkpoint and the one cosigned last say of the log together, if anything.
    pub fn fork(&self) -> Option<ForkKind> {
        match self {
            Refusal::TwoRoots { .. } => Some(ForkKind::TwoRoots),
            Refusal::OtherBeginning { .. } => Some(ForkKind::OtherBeginning),
            Refusal::Proof(_) => Some(ForkKind::Unproven),
            _ => None,
        }
    }
}

/// Decides whether a witness that cosigned `witnessed` last may cosign the checkpoint of the request, of the log with these
/// keys. What it may cosign carries the log's own signatures alone, whatever others stood in the request.
pub fn judge(
    log: &(impl AsRef<[VerifierKey]> + ?Sized),
    witnessed: Option<&Checkpoint>,
    request: &AddCheckpoint,
) -> Result<SignedCheckpoint, Refusal> {
    let new = SignedCheckpoint::open(&request.checkpoint, log)?.signed_only_by(log)?;
    let (old, size) = (request.old, new.checkpoint.size);
    if old > size {
        return Err(Refusal::OldTooLarge { old, size });
    }
    let (witnessed_size, witnessed_root) =
        witnessed.map_or((0, empty_root()), |checkpoint| (checkpoint.size, checkpoint.root));
    // Seen before the sizes are compared: two roots of one size convict the log, whatever the request says.
    if size == witnessed_size && new.checkpoint.root != witnessed_root {
        return Err(Refusal::TwoRoots { size });
    }
    if old != witnessed_size {
        return Err(Refusal::OtherSize { witnessed: witnessed_size });
    }
    match verify_consistency(old, size, &witnessed_root, &new.checkpoint.root, &request.proof) {
        Ok(()) => Ok(new),
        Err(TreeError::OtherBeginning) => Err(Refusal::OtherBeginning { old, size }),
        Err(error) => Err(Refusal::Proof(error)),
    }
}

/// What two checkpoints of one log prove.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ForkKind {
    /// One size has two roots. The log was forked.
    TwoRoots,
    /// The larger tree does not begin with the smaller one. The log was forked.
    OtherBeginning,
    /// The log, or somebody who had its checkpoint, could not prove its growth. A suspicion, no proof.
    Unproven,
}

/// A fork of a log, as a witness keeps it: the checkpoint it had cosigned, and the request that contradicts it. Both are
/// signed by the log, so anyone can judge them again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fork {
    /// The note of the checkpoint that was cosigned.
    pub witnessed: String,
    /// The request that was refused.
    pub request: AddCheckpoint,
}

impl Fork {
    /// What the evidence proves against the log with these keys; `None` when it proves nothing.
    pub fn judge(&self, log: &(impl AsRef<[VerifierKey]> + ?Sized)) -> Option<ForkKind> {
        let witnessed = SignedCheckpoint::open(&self.witnessed, log).ok()?.checkpoint;
        judge(log, Some(&witnessed), &self.request).err()?.fork()
    }
}

impl fmt::Display for Fork {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{FORK_FORM}\nwitnessed {}\n{}{}", self.witnessed.len(), self.witnessed, self.request)
    }
}

impl FromStr for Fork {
    type Err = Refusal;

    fn from_str(text: &str) -> Result<Self, Refusal> {
        let malformed = Refusal::Malformed("it is not the evidence of a fork");
        let rest = text.strip_prefix(FORK_FORM).and_then(|rest| rest.strip_prefix("\nwitnessed "));
        let (length, rest) = rest.and_then(|rest| rest.split_once('\n')).ok_or(malformed.clone())?;
        let length = parse_decimal(length).and_then(|length| usize::try_from(length).ok());
        let (witnessed, request) =
            length.and_then(|length| rest.split_at_checked(length)).ok_or(malformed.clone())?;
        check_characters(witnessed).map_err(|_| malformed)?;
        Ok(Fork { witnessed: witnessed.to_owned(), request: request.parse()? })
    }
}
