//! The Merkle tree of RFC 6962, section 2.1: hashing, proofs and their verification as pure functions.
//!
//! A node is named by its height above the leaves and its place from the left, so node `(h, k)` is the root of
//! the subtree over the leaves `k * 2^h .. (k + 1) * 2^h`.

use sha2::{Digest, Sha256};
use thiserror::Error;

use crate::hash::Hash;

/// The longest inclusion or consistency proof a tree of at most 2^64 - 1 leaves can need, in hashes.
pub const PROOF_LIMIT_HASHES: usize = 65;

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
pub enum TreeError {
    /// The index is not inside the tree.
    #[error("entry {index} is not in a tree of {size} entries")]
    IndexOutside {
        /// The index asked for.
        index: u64,
        /// The size of the tree.
        size: u64,
    },
    /// The older tree is larger than the newer one.
    #[error("a tree of {old} entries can't be the beginning of one of {new} entries")]
    SizesReversed {
        /// The size of the older tree.
        old: u64,
        /// The size of the newer tree.
        new: u64,
    },
    /// The proof has too many or too few hashes for its place in the tree.
    #[error("the proof has {given} hashes, which is not the number this place in the tree needs")]
    WrongLength {
        /// How many hashes the proof has.
        given: usize,
    },
    /// The newer tree begins with other entries than the older one: the log was rewritten.
    #[error("the newer tree does not begin with the entries of the older one")]
    OtherBeginning,
    /// The hashes do not lead to the root.
    #[error("the proof leads to another root than the checkpoint's")]
    WrongRoot,
}

/// The root of the tree without entries: SHA-256 of nothing.
pub fn empty_root() -> Hash {
    Hash::of(b"")
}

/// The hash of an entry: SHA-256 of 0x00 and the entry.
pub fn leaf_hash(entry: &[u8]) -> Hash {
    Hash::new(leaf_bytes(entry))
}

/// The hash of a node: SHA-256 of 0x01, the left child and the right child.
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    Hash::new(node_bytes(left.as_bytes(), right.as_bytes()))
}

pub(crate) fn leaf_bytes(entry: &[u8]) -> [u8; 32] {
    Sha256::new().chain_update([0]).chain_update(entry).finalize().into()
}

pub(crate) fn node_bytes(left: &[u8; 32], right: &[u8; 32]) -> [u8; 32] {
    let mut input = [1; 65];
    input[1..33].copy_from_slice(left);
    input[33..].copy_from_slice(right);
    Sha256::digest(input).into()
}

/// Checks that the entry with this leaf hash stands at `index` in the tree of `size` entries with this root.
///
/// The proof runs from the leaf's sibling up to the root's child (RFC 6962, section 2.1.1; the verification is
/// that of RFC 9162, section 2.1.3.2).
pub fn verify_inclusion(
    leaf: &Hash,
    index: u64,
    size: u64,
    proof: &[Hash],
    root: &Hash,
) -> Result<(), TreeError> {
    if index >= size {
        return Err(TreeError::IndexOutside { index, size });
    }
    let wrong_length = TreeError::WrongLength { given: proof.len() };
    let (mut place, mut last, mut hash) = (index, size - 1, *leaf);
    for sibling in proof {
        if last == 0 {
            return Err(wrong_length);
        }
        if place & 1 == 1 || place == last {
            hash = node_hash(sibling, &hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            hash = node_hash(&hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    match last {
        0 if hash == *root => Ok(()),
        0 => Err(TreeError::WrongRoot),
        _ => Err(wrong_length),
    }
}

/// Checks that the tree of `old` entries is the beginning of the tree of `new` entries (RFC 6962, section
/// 2.1.2; the verification is that of RFC 9162, section 2.1.4.2). The empty tree begins every tree, with an
/// empty proof.
pub fn verify_consistency(
    old: u64,
    new: u64,
    old_root: &Hash,
    new_root: &Hash,
    proof: &[Hash],
) -> Result<(), TreeError> {
    let wrong_length = TreeError::WrongLength { given: proof.len() };
    if old > new {
        return Err(TreeError::SizesReversed { old, new });
    }
    if old == 0 || old == new {
        let begins = if old == 0 { *old_root == empty_root() } else { old_root == new_root };
        return match (proof.is_empty(), begins) {
            (false, _) => Err(wrong_length),
            (true, false) => Err(TreeError::WrongRoot),
            (true, true) => Ok(()),
        };
    }
    // Both roots are rebuilt from the largest complete subtree that ends where the old tree ends: it is the old
    // root itself when the old size is a power of two, otherwise the first hash of the proof.
    let (first, rest) = if old.is_power_of_two() {
        (*old_root, proof)
    } else {
        let (first, rest) = proof.split_first().ok_or(wrong_length)?;
        (*first, rest)
    };
    let unused_levels = (old - 1).trailing_ones();
    let (mut place, mut last) = ((old - 1) >> unused_levels, (new - 1) >> unused_levels);
    let (mut old_hash, mut new_hash) = (first, first);
    for sibling in rest {
        if last == 0 {
            return Err(wrong_length);
        }
        if place & 1 == 1 || place == last {
            old_hash = node_hash(sibling, &old_hash);
            new_hash = node_hash(sibling, &new_hash);
            while place & 1 == 0 && place != 0 {
                place >>= 1;
                last >>= 1;
            }
        } else {
            new_hash = node_hash(&new_hash, sibling);
        }
        place >>= 1;
        last >>= 1;
    }
    match last {
        // What leads to the newer root can't be made up, so the older part it names is what that tree begins with.
        0 if new_hash == *new_root && old_hash != *old_root => Err(TreeError::OtherBeginning),
        0 if new_hash == *new_root => Ok(()),
        0 => Err(TreeError::WrongRoot),
        _ => Err(wrong_length),
    }
}

/// The leaves `start..end` of a subtree whose hash a proof needs; `start` is a multiple of a power of two that
/// is not smaller than the number of leaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Subtree {
    pub(crate) start: u64,
    pub(crate) end: u64,
}

/// The complete subtrees that `start..end` is made of, largest (leftmost) first, as `(height, place)`.
pub(crate) fn complete_subtrees(start: u64, end: u64) -> impl Iterator<Item = (u32, u64)> {
    let mut from = start;
    std::iter::from_fn(move || {
        let height = (end - from).checked_ilog2()?;
        let place = from >> height;
        from += 1 << height;
        Some((height, place))
    })
}

/// The subtrees whose hashes make up the inclusion proof of `index` in a tree of `size`, leaf's sibling first.
pub(crate) fn inclusion_subtrees(index: u64, size: u64) -> Result<Vec<Subtree>, TreeError> {
    if index >= size {
        return Err(TreeError::IndexOutside { index, size });
    }
    let mut subtrees = Vec::new();
    let (mut start, mut end) = (0, size);
    while end - start > 1 {
        let middle = start + split(end - start);
        if index < middle {
            subtrees.push(Subtree { start: middle, end });
            end = middle;
        } else {
            subtrees.push(Subtree { start, end: middle });
            start = middle;
        }
    }
    subtrees.reverse();
    Ok(subtrees)
}

/// The subtrees whose hashes make up the consistency proof between trees of `old` and `new` entries.
pub(crate) fn consistency_subtrees(old: u64, new: u64) -> Result<Vec<Subtree>, TreeError> {
    if old > new {
        return Err(TreeError::SizesReversed { old, new });
    }
    let mut subtrees = Vec::new();
    if old == 0 {
        return Ok(subtrees);
    }
    let (mut start, mut end) = (0, new);
    while end != old {
        let middle = start + split(end - start);
        if old <= middle {
            subtrees.push(Subtree { start: middle, end });
            end = middle;
        } else {
            subtrees.push(Subtree { start, end: middle });
            start = middle;
        }
    }
    // When the walk never left the left border, the old root itself is this subtree and the verifier has it.
    if start != 0 {
        subtrees.push(Subtree { start, end });
    }
    subtrees.reverse();
    Ok(subtrees)
}

/// The largest power of two smaller than `leaves`, which is at least 2.
fn split(leaves: u64) -> u64 {
    1 << (leaves - 1).ilog2()
}
