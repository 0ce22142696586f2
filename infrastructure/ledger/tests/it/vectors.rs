//! Known answers for RFC 6962: the reference tree of the Certificate Transparency implementations.

use ledger::{Hash, TreeError, empty_root, leaf_hash, node_hash, verify_consistency, verify_inclusion};

use crate::support::{naive_consistency, naive_inclusion, naive_root};

const ENTRIES: [&str; 8] =
    ["", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f"];

const ROOTS: [&str; 9] = [
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
];

/// (index, size, proof)
const INCLUSION: [(u64, u64, &[&str]); 5] = [
    (0, 1, &[]),
    (
        0,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        5,
        8,
        &[
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (2, 3, &["fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125"]),
    (
        1,
        5,
        &[
            "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

/// (old size, new size, proof)
const CONSISTENCY: [(u64, u64, &[&str]); 4] = [
    (1, 1, &[]),
    (
        1,
        8,
        &[
            "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7",
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4",
        ],
    ),
    (
        6,
        8,
        &[
            "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a",
            "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0",
            "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
        ],
    ),
    (
        2,
        5,
        &[
            "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e",
            "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b",
        ],
    ),
];

fn bytes(hex: &str) -> Vec<u8> {
    (0..hex.len()).step_by(2).map(|at| u8::from_str_radix(&hex[at..at + 2], 16).unwrap()).collect()
}

fn hash(hex: &str) -> Hash {
    Hash::new(bytes(hex).try_into().unwrap())
}

fn hashes(hex: &[&str]) -> Vec<Hash> {
    hex.iter().map(|hex| hash(hex)).collect()
}

fn reference_leaves() -> Vec<Hash> {
    ENTRIES.iter().map(|entry| leaf_hash(&bytes(entry))).collect()
}

#[test]
fn hashes_and_roots_are_the_published_ones() {
    assert_eq!(empty_root(), hash(ROOTS[0]));
    assert_eq!(
        leaf_hash(b"L123456"),
        hash("395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56")
    );
    let left_and_right = (Hash::of(b"N123"), Hash::of(b"N456"));
    assert_ne!(
        node_hash(&left_and_right.0, &left_and_right.1),
        node_hash(&left_and_right.1, &left_and_right.0),
        "the order of children matters"
    );
    for (size, root) in ROOTS.iter().enumerate() {
        assert_eq!(naive_root(&reference_leaves()[..size]), hash(root), "size {size}");
    }
}

#[test]
fn published_inclusion_proofs_verify() {
    let leaves = reference_leaves();
    for (index, size, proof) in INCLUSION {
        let (proof, root) = (hashes(proof), hash(ROOTS[size as usize]));
        assert_eq!(naive_inclusion(index as usize, &leaves[..size as usize]), proof);
        assert_eq!(verify_inclusion(&leaves[index as usize], index, size, &proof, &root), Ok(()));
    }
}

#[test]
fn published_consistency_proofs_verify() {
    for (old, new, proof) in CONSISTENCY {
        let (proof, old_root, new_root) =
            (hashes(proof), hash(ROOTS[old as usize]), hash(ROOTS[new as usize]));
        assert_eq!(naive_consistency(old as usize, &reference_leaves()[..new as usize]), proof);
        assert_eq!(verify_consistency(old, new, &old_root, &new_root, &proof), Ok(()));
    }
}

#[test]
fn changed_inclusion_proofs_do_not_verify() {
    let leaves = reference_leaves();
    for (index, size, proof) in INCLUSION {
        let (proof, root, leaf) = (hashes(proof), hash(ROOTS[size as usize]), leaves[index as usize]);
        let verify = |index, size, proof: &[Hash]| verify_inclusion(&leaf, index, size, proof, &root);
        assert_eq!(verify(size, size, &proof), Err(TreeError::IndexOutside { index: size, size }));
        assert!(verify(index, size, &[proof.clone(), vec![root]].concat()).is_err());
        for other in (0..size).filter(|other| *other != index) {
            assert!(verify(other, size, &proof).is_err(), "index {other} for {index}");
        }
        for at in 0..proof.len() {
            let mut changed = proof.clone();
            changed[at] = root;
            assert_eq!(verify(index, size, &changed), Err(TreeError::WrongRoot));
            changed.remove(at);
            assert!(verify(index, size, &changed).is_err());
        }
        let is_the_root = size == 1;
        assert_eq!(verify_inclusion(&root, index, size, &proof, &leaf).is_ok(), is_the_root);
    }
}

#[test]
fn changed_consistency_proofs_do_not_verify() {
    for (old, new, proof) in CONSISTENCY {
        let (proof, old_root, new_root) =
            (hashes(proof), hash(ROOTS[old as usize]), hash(ROOTS[new as usize]));
        let verify = |old, new, proof: &[Hash]| verify_consistency(old, new, &old_root, &new_root, proof);
        assert!(verify(old, new, &[proof.clone(), vec![new_root]].concat()).is_err());
        assert_eq!(verify(new + 1, new, &proof), Err(TreeError::SizesReversed { old: new + 1, new }));
        for at in 0..proof.len() {
            let mut changed = proof.clone();
            changed[at] = empty_root();
            assert_eq!(verify(old, new, &changed), Err(TreeError::WrongRoot));
            changed.remove(at);
            assert!(verify(old, new, &changed).is_err());
        }
        if old != new {
            assert!(verify_consistency(old, new, &new_root, &old_root, &proof).is_err());
        }
    }
    let root = hash(ROOTS[3]);
    assert_eq!(verify_consistency(0, 3, &empty_root(), &root, &[]), Ok(()));
    assert_eq!(verify_consistency(0, 3, &root, &root, &[]), Err(TreeError::WrongRoot));
    assert_eq!(
        verify_consistency(0, 3, &empty_root(), &root, &[root]),
        Err(TreeError::WrongLength { given: 1 })
    );
    assert_eq!(verify_consistency(3, 3, &root, &hash(ROOTS[4]), &[]), Err(TreeError::WrongRoot));
}

#[test]
fn sizes_at_the_limit_of_u64_are_refused_without_panic() {
    let (hash, long_proof) = (empty_root(), vec![empty_root(); 65]);
    for (index, size) in [(0, u64::MAX), (u64::MAX - 1, u64::MAX), (u64::MAX, u64::MAX), (1 << 63, u64::MAX)]
    {
        assert!(verify_inclusion(&hash, index, size, &long_proof, &hash).is_err());
        assert!(verify_consistency(index, size, &hash, &hash, &long_proof).is_err());
    }
}
