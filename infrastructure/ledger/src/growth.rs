//! How a batch of new leaves extends the Merkle tree, in memory.
//!
//! The old tree is remembered only by its edge. All nodes the batch completes are computed once, level by level,
//! and every proof of the batch then only picks hashes.

use crate::hash::Hash;
use crate::tree::{empty_root, node_bytes};

type Node = [u8; 32];

/// The right edge of a tree: for every bit set in the size, the complete subtree of that height.
#[derive(Clone)]
pub(crate) struct Edge {
    size: u64,
    /// At `[h]` the node `(h, (size >> h) - 1)` if bit `h` of the size is set, otherwise nothing of meaning.
    nodes: [Node; 64],
}

impl Edge {
    /// The edge of the tree without entries.
    pub(crate) fn empty() -> Self {
        Edge { size: 0, nodes: [[0; 32]; 64] }
    }

    /// The edge of a tree of `size` leaves, each node read by `node(height, place)`.
    pub(crate) fn read<E>(size: u64, mut node: impl FnMut(u32, u64) -> Result<Hash, E>) -> Result<Self, E> {
        let mut edge = Edge { size, nodes: [[0; 32]; 64] };
        for height in (0..64).filter(|height| size >> height & 1 == 1) {
            edge.nodes[height as usize] = *node(height, (size >> height) - 1)?.as_bytes();
        }
        Ok(edge)
    }

    /// How many leaves the tree has.
    pub(crate) fn size(&self) -> u64 {
        self.size
    }

    /// The root of the tree.
    pub(crate) fn root(&self) -> Hash {
        let mut subtrees =
            (0..64).filter(|height| self.size >> height & 1 == 1).map(|height| self.nodes[height]);
        match subtrees.next() {
            Some(smallest) => Hash::new(subtrees.fold(smallest, |right, left| node_bytes(&left, &right))),
            None => empty_root(),
        }
    }
}

/// The nodes that a batch of leaves adds to a tree.
pub(crate) struct Growth {
    old_size: u64,
    new_size: u64,
    /// At `[h]` the nodes of height `h` from place `start` on. The last one may be the ragged node: the hash
    /// of the leaves right of the last complete subtree, which stands in its place in proofs.
    levels: Vec<Level>,
    edge: Edge,
}

#[derive(Default)]
struct Level {
    start: u64,
    nodes: Vec<Node>,
}

impl Level {
    fn node(&self, place: u64) -> &Node {
        &self.nodes[(place - self.start) as usize]
    }
}

impl Growth {
    /// Extends the tree with this edge by `leaves`, of which there is at least one.
    pub(crate) fn new(edge: &Edge, leaves: Vec<Node>) -> Self {
        let (old_size, new_size) = (edge.size, edge.size + leaves.len() as u64);
        let mut levels = vec![first_level(edge, leaves)];
        for height in 1..=new_size.ilog2() {
            let next = parents(&levels[height as usize - 1], edge, height);
            levels.push(next);
        }
        let mut growth = Growth { old_size, new_size, levels, edge: Edge::empty() };
        growth.edge = growth.new_edge();
        growth.add_ragged_nodes();
        growth
    }

    fn new_edge(&self) -> Edge {
        let mut edge = Edge { size: self.new_size, nodes: [[0; 32]; 64] };
        for (height, level) in self.levels.iter().enumerate() {
            if self.new_size >> height & 1 == 1 {
                edge.nodes[height] = *level.node((self.new_size >> height) - 1);
            }
        }
        edge
    }

    fn add_ragged_nodes(&mut self) {
        let last_leaf = self.new_size - 1;
        let mut ragged = *self.levels[0].node(last_leaf);
        for height in 0..self.levels.len() {
            let last = last_leaf >> height;
            let level = &mut self.levels[height];
            if last < self.new_size >> height {
                ragged = *level.node(last);
            } else {
                level.nodes.push(ragged);
            }
            if last & 1 == 1 {
                ragged = node_bytes(level.node(last - 1), &ragged);
            }
        }
    }

    /// The edge of the extended tree.
    pub(crate) fn edge(&self) -> &Edge {
        &self.edge
    }

    /// The inclusion proof of the leaf at `index`, one of the new ones, in the extended tree.
    pub(crate) fn proof(&self, index: u64) -> Vec<Hash> {
        let last_leaf = self.new_size - 1;
        let mut proof = Vec::with_capacity(self.levels.len());
        for (height, level) in self.levels.iter().enumerate() {
            let (place, last) = (index >> height, last_leaf >> height);
            if place & 1 == 1 {
                proof.push(Hash::new(*level.node(place - 1)));
            } else if place < last {
                proof.push(Hash::new(*level.node(place + 1)));
            }
        }
        proof
    }

    /// The nodes of `height` that the batch completed: the place of the first, and their bytes in order.
    pub(crate) fn completed(&self, height: u32) -> (u64, &[u8]) {
        let (from, to) = (self.old_size >> height, self.new_size >> height);
        match self.levels.get(height as usize) {
            Some(level) => {
                (from, level.nodes[(from - level.start) as usize..(to - level.start) as usize].as_flattened())
            }
            None => (from, &[]),
        }
    }
}

/// Level 0: the leaves, behind the old tree's last leaf if that one has no sibling yet.
fn first_level(edge: &Edge, leaves: Vec<Node>) -> Level {
    if edge.size & 1 == 0 {
        return Level { start: edge.size, nodes: leaves };
    }
    let mut nodes = leaves;
    nodes.insert(0, edge.nodes[0]);
    Level { start: edge.size - 1, nodes }
}

/// The level above: the parents of all complete pairs, behind the old tree's node that has no sibling yet.
fn parents(below: &Level, edge: &Edge, height: u32) -> Level {
    let old_place = edge.size >> height;
    let mut nodes = Vec::with_capacity(below.nodes.len() / 2 + 2);
    if old_place & 1 == 1 {
        nodes.push(edge.nodes[height as usize]);
    }
    nodes.extend(below.nodes.chunks_exact(2).map(|pair| node_bytes(&pair[0], &pair[1])));
    Level { start: old_place & !1, nodes }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::{leaf_bytes, leaf_hash, node_hash, verify_inclusion};

    fn reference_root(leaves: &[Hash]) -> Hash {
        match leaves {
            [] => empty_root(),
            [leaf] => *leaf,
            _ => {
                let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
                node_hash(&reference_root(left), &reference_root(right))
            }
        }
    }

    #[test]
    fn every_small_tree_grown_by_every_small_batch_is_the_reference_tree() {
        let entries: Vec<[u8; 8]> = (0..80_u64).map(u64::to_be_bytes).collect();
        let leaves: Vec<Hash> = entries.iter().map(|entry| leaf_hash(entry)).collect();
        let nodes: Vec<Node> = entries.iter().map(|entry| leaf_bytes(entry)).collect();
        let node = |height: u32, place: u64| {
            let start = (place << height) as usize;
            reference_root(&leaves[start..start + (1 << height)])
        };
        for old in 0..40 {
            let read = Edge::read(old as u64, |height, place| Ok::<_, ()>(node(height, place)));
            let Ok(edge) = read else { panic!("reading can't fail") };
            assert_eq!(edge.root(), reference_root(&leaves[..old]));
            for new in old + 1..=old + 40 {
                let growth = Growth::new(&edge, nodes[old..new].to_vec());
                let root = reference_root(&leaves[..new]);
                assert_eq!(
                    (growth.edge().size(), growth.edge().root()),
                    (new as u64, root),
                    "{old} to {new}"
                );
                for (index, leaf) in (old as u64..).zip(&leaves[old..new]) {
                    let proof = growth.proof(index);
                    assert_eq!(
                        verify_inclusion(leaf, index, new as u64, &proof, &root),
                        Ok(()),
                        "{old} to {new}"
                    );
                }
                for height in 0..8 {
                    let (first, bytes) = growth.completed(height);
                    assert_eq!(first, (old >> height) as u64);
                    let expected = (first..(new >> height) as u64).map(|place| node(height, place));
                    assert!(bytes.as_chunks().0.iter().map(|bytes| Hash::new(*bytes)).eq(expected));
                }
            }
        }
    }
}
