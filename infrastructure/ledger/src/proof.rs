//! Self-contained proofs (C2SP tlog-proof v1): an entry's index, its inclusion proof and the signed checkpoint
//! in one text that anyone can verify offline with the log's verifier key alone.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::checkpoint::{Checkpoint, CheckpointError, SignedCheckpoint, parse_decimal};
use crate::hash::Hash;
use crate::note::{NOTE_LIMIT_BYTES, VerifierKey};
use crate::tree::{PROOF_LIMIT_HASHES, TreeError, verify_inclusion};

/// The most extra data a proof may carry, in bytes.
pub const EXTRA_LIMIT_BYTES: usize = 64 * 1024;
/// The longest proof text that is read, in bytes.
pub const PROOF_LIMIT_BYTES: usize = NOTE_LIMIT_BYTES + 2 * EXTRA_LIMIT_BYTES;

const FIRST_LINE: &str = "c2sp.org/tlog-proof@v1";

/// Why a text is not a proof, or a proof does not hold.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum ProofError {
    /// The text is not of the form the specification gives.
    #[error("the text is not a transparency log proof: {0}")]
    Malformed(&'static str),
    /// The checkpoint is not one the key signed.
    #[error(transparent)]
    Checkpoint(#[from] CheckpointError),
    /// The hashes do not lead from the entry to the checkpoint's root.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// A proof that an entry is in a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TlogProof {
    /// Data of the application's own. It is not authenticated: never trust it for itself.
    pub extra: Option<Vec<u8>>,
    /// The place of the entry in the log, from 0.
    pub index: u64,
    /// The inclusion proof, leaf's sibling first.
    pub proof: Vec<Hash>,
    /// The signed checkpoint, verbatim.
    pub checkpoint: String,
}

impl TlogProof {
    /// Checks that the entry with this leaf hash is in the log with this key, or these, and returns the checkpoint that
    /// says so.
    pub fn verify(
        &self,
        leaf: &Hash,
        key: &(impl AsRef<[VerifierKey]> + ?Sized),
    ) -> Result<Checkpoint, ProofError> {
        let checkpoint = SignedCheckpoint::open(&self.checkpoint, key)?.checkpoint;
        verify_inclusion(leaf, self.index, checkpoint.size, &self.proof, &checkpoint.root)?;
        Ok(checkpoint)
    }
}

impl fmt::Display for TlogProof {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(out, "{FIRST_LINE}")?;
        if let Some(extra) = &self.extra {
            writeln!(out, "extra {}", STANDARD.encode(extra))?;
        }
        writeln!(out, "index {}", self.index)?;
        for hash in &self.proof {
            writeln!(out, "{hash}")?;
        }
        write!(out, "\n{}", self.checkpoint)
    }
}

impl FromStr for TlogProof {
    type Err = ProofError;

    fn from_str(text: &str) -> Result<Self, ProofError> {
        let malformed = ProofError::Malformed;
        if text.len() > PROOF_LIMIT_BYTES {
            return Err(malformed("it is longer than a proof may be"));
        }
        let Some((head, checkpoint)) = text.split_once("\n\n") else {
            return Err(malformed("no empty line before the checkpoint"));
        };
        let mut lines = head.split('\n').peekable();
        if lines.next() != Some(FIRST_LINE) {
            return Err(malformed("the first line is not c2sp.org/tlog-proof@v1"));
        }
        let extra = match lines.next_if(|line| line.starts_with("extra ")) {
            Some(line) => Some(parse_extra(&line["extra ".len()..])?),
            None => None,
        };
        let index = lines
            .next()
            .and_then(|line| parse_decimal(line.strip_prefix("index ")?))
            .ok_or(malformed("the index line is missing or not a decimal number"))?;
        let mut proof = Vec::new();
        for line in lines {
            if proof.len() == PROOF_LIMIT_HASHES {
                return Err(malformed("it has more hashes than any tree needs"));
            }
            proof.push(line.parse().map_err(|_| malformed("a proof line is not the base64 of 32 bytes"))?);
        }
        Ok(TlogProof { extra, index, proof, checkpoint: checkpoint.to_owned() })
    }
}

fn parse_extra(text: &str) -> Result<Vec<u8>, ProofError> {
    let extra =
        STANDARD.decode(text).map_err(|_| ProofError::Malformed("the extra data is not standard base64"))?;
    if extra.len() > EXTRA_LIMIT_BYTES {
        return Err(ProofError::Malformed("the extra data is longer than allowed"));
    }
    Ok(extra)
}
