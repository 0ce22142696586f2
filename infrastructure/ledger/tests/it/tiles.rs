//! Tile paths and what is served under them.

use ledger::{LedgerError, TileContent, TilePath};
use proptest::prelude::*;

use crate::support::{block_on, entry, leaves, naive_root, open};

fn path(text: &str) -> TilePath {
    text.parse().unwrap()
}

#[test]
fn paths_read_as_the_specification_gives_them() {
    let hashes = |level| TileContent::Hashes { level };
    for (text, content, index, width) in [
        ("tile/0/000", hashes(0), 0, 256),
        ("tile/0/999", hashes(0), 999, 256),
        ("tile/3/x001/000", hashes(3), 1000, 256),
        ("tile/0/x001/x234/067", hashes(0), 1_234_067, 256),
        ("tile/0/x001/x234/067.p/1", hashes(0), 1_234_067, 1),
        ("tile/63/x123/x456/789.p/255", hashes(63), 123_456_789, 255),
        ("tile/entries/000.p/112", TileContent::Entries, 0, 112),
        ("tile/entries/x018/x446/x744/x073/x709/x551/615", TileContent::Entries, u64::MAX, 256),
    ] {
        assert_eq!(path(text), TilePath { content, index, width });
        assert_eq!(path(text).to_string(), text);
    }
}

#[test]
fn no_tile_has_a_second_name() {
    for text in [
        "",
        "tile",
        "tile/",
        "tile/0",
        "tile/0/",
        "tile/0/0",
        "tile/0/00",
        "tile/0/0000",
        "tile/0/x000",
        "tile/0/x000/001",
        "tile/0/x001/",
        "tile/0/001/000",
        "tile/0/X001/000",
        "tile/0/x001/x000",
        "tile/0/x01/000",
        "tile/0/+01",
        "tile/0/-01",
        "tile/0/ 01",
        "tile/0/\u{660}\u{661}\u{662}",
        "tile/00/000",
        "tile/64/000",
        "tile/-1/000",
        "tile/data/000",
        "/tile/0/000",
        "tile/0/000/",
        "tile/0/000.p",
        "tile/0/000.p/",
        "tile/0/000.p/0",
        "tile/0/000.p/01",
        "tile/0/000.p/256",
        "tile/0/000.p/1/2",
        "tile/0/000.p/1.p/1",
        "tile/0/../000",
        "tile/0/x018/x446/x744/x073/x709/x551/616",
        "tile/0/x999/x999/x999/x999/x999/x999/x999/x999/x999/x999/999",
    ] {
        assert!(text.parse::<TilePath>().is_err(), "{text}");
    }
}

#[test]
fn tiles_and_bundles_hold_what_the_tree_says() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path()).unwrap();
    // A size the specification uses as its example of partial tiles, scaled to what a test can append.
    let entries: Vec<Vec<u8>> = (0..70_000).map(|number: u32| number.to_be_bytes().to_vec()).collect();
    let (last, earlier) = entries.split_last().unwrap();
    for entry in earlier {
        ledger.append_later(entry.clone()).unwrap();
    }
    block_on(ledger.append(last.clone())).unwrap();
    let leaves = leaves(&entries);
    let bytes =
        |hashes: &[ledger::Hash]| hashes.iter().flat_map(|hash| *hash.as_bytes()).collect::<Vec<u8>>();
    let tile = |text: &str| ledger.tile(&path(text));

    assert_eq!(tile("tile/0/000").unwrap(), bytes(&leaves[..256]));
    assert_eq!(tile("tile/0/272").unwrap(), bytes(&leaves[272 * 256..273 * 256]));
    assert_eq!(tile("tile/0/273.p/112").unwrap(), bytes(&leaves[273 * 256..]));
    assert_eq!(tile("tile/0/000.p/7").unwrap(), bytes(&leaves[..7]));
    let level_1: Vec<_> = leaves.chunks_exact(256).map(naive_root).collect();
    assert_eq!(tile("tile/1/000").unwrap(), bytes(&level_1[..256]));
    assert_eq!(tile("tile/1/001.p/17").unwrap(), bytes(&level_1[256..]));
    assert_eq!(tile("tile/2/000.p/1").unwrap(), bytes(&[naive_root(&leaves[..65_536])]));

    let bundle = |entries: &[Vec<u8>]| {
        entries
            .iter()
            .flat_map(|entry| [&(entry.len() as u16).to_be_bytes(), &entry[..]].concat())
            .collect::<Vec<u8>>()
    };
    assert_eq!(tile("tile/entries/000").unwrap(), bundle(&entries[..256]));
    assert_eq!(tile("tile/entries/273.p/112").unwrap(), bundle(&entries[273 * 256..]));

    for missing in [
        "tile/0/273",
        "tile/0/273.p/113",
        "tile/0/274.p/1",
        "tile/1/001.p/18",
        "tile/2/000",
        "tile/2/000.p/2",
        "tile/3/000.p/1",
        "tile/63/000.p/1",
        "tile/entries/273",
        "tile/entries/x018/x446/x744/x073/x709/x551/615",
    ] {
        assert!(matches!(tile(missing), Err(LedgerError::NotFound { size: 70_000, .. })), "{missing}");
    }
}

#[test]
fn what_is_not_yet_in_the_log_is_not_found() {
    let dir = tempfile::tempdir().unwrap();
    let ledger = open(dir.path()).unwrap();
    assert!(matches!(ledger.tile(&path("tile/0/000.p/1")), Err(LedgerError::NotFound { size: 0, .. })));
    block_on(ledger.append(entry(0))).unwrap();
    assert!(matches!(ledger.entry(1), Err(LedgerError::NotFound { size: 1, .. })));
    assert!(matches!(ledger.entry(u64::MAX), Err(LedgerError::NotFound { size: 1, .. })));
    assert!(matches!(ledger.inclusion(0, 2), Err(LedgerError::NotFound { size: 1, .. })));
    assert!(matches!(ledger.inclusion(1, 1), Err(LedgerError::Tree(_))));
    assert!(matches!(ledger.consistency(0, 2), Err(LedgerError::NotFound { size: 1, .. })));
    assert!(matches!(ledger.consistency(1, 0), Err(LedgerError::Tree(_))));
}

proptest! {
    #[test]
    fn any_path_keeps_its_form(level in 0..=63_u8, entries: bool, index: u64, width in 1..=256_u16) {
        let content = if entries { TileContent::Entries } else { TileContent::Hashes { level } };
        let path = TilePath { content, index, width };
        prop_assert_eq!(path.to_string().parse(), Ok(path));
    }

    #[test]
    fn what_parses_is_the_one_name(text in "tile/(entries|[0-9]{1,2})/(x[0-9]{3}/){0,3}[0-9]{1,3}(\\.p/[0-9]{1,3})?") {
        if let Ok(path) = text.parse::<TilePath>() {
            prop_assert_eq!(path.to_string(), text);
        }
    }
}
