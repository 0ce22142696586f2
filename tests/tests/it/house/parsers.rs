//! Every parser of what comes from elsewhere has a fuzz target, and every target is driven in every test run.

use super::{COMPONENTS, Source, assert_none, sources};
use std::collections::BTreeSet;

const TABLE: &str = "fuzz/README.md";
const MANIFEST: &str = "fuzz/Cargo.toml";
/// How a type says that it is read from text.
const FROM_TEXT: &str = "FromStr for ";
/// Functions that read.
const READING: [&str; 2] = ["parse", "decode"];

fn text_of(path: &str) -> &'static str {
    let source = sources().iter().find(|source| source.path == path);
    &source.unwrap_or_else(|| panic!("there is {path}")).text
}

/// Every parser of a crate that may meet what comes from elsewhere: its file and its name.
fn parsers() -> BTreeSet<(&'static str, &'static str)> {
    let in_house = |source: &&Source| {
        ["contracts", "infrastructure"].iter().chain(&COMPONENTS).any(|folder| source.is_in(folder))
    };
    let is_program = |source: &&Source| {
        let name = source.path.rsplit('/').next().unwrap_or_default();
        source.is("rs")
            && !source.is_for_tests()
            && !["fuzzing.rs", "testing.rs", "tests.rs"].contains(&name)
            && !source.is_in("infrastructure/fuzzing")
    };
    let mut parsers = BTreeSet::new();
    for source in sources().iter().filter(in_house).filter(is_program) {
        for line in source.text.split("#[cfg(test)]\nmod").next().unwrap_or_default().lines() {
            let word = |rest: &'static str| super::words(rest).next().unwrap_or_default();
            let read = line.split_once(FROM_TEXT).map(|(_, rest)| word(rest));
            let called = line.split_once("fn ").map(|(_, rest)| word(rest));
            let reads = called.filter(|name| READING.contains(name));
            parsers.extend(read.or(reads).map(|name| (source.path.as_str(), name)));
        }
    }
    parsers
}

/// A row of the table: a file, its parsers, and the targets or the reason why there is none.
fn rows() -> Vec<(&'static str, Vec<&'static str>, &'static str)> {
    let rows = text_of(TABLE).lines().filter_map(|line| {
        let cells: Vec<&str> = line.strip_prefix("| `")?.split('|').map(str::trim).collect();
        let [file, parsers, targets, ..] = cells[..] else { return None };
        let named = parsers.split(',').map(|name| name.trim().trim_matches('`')).collect();
        Some((file.trim_end_matches('`'), named, targets))
    });
    rows.collect()
}

/// The targets of cargo-fuzz.
fn targets() -> BTreeSet<&'static str> {
    let bins = text_of(MANIFEST).split("[[bin]]").skip(1);
    bins.filter_map(|bin| bin.split('"').nth(1)).collect()
}

#[test]
fn every_parser_stands_in_the_table_with_a_target_or_a_reason() {
    let rows = rows();
    let listed: BTreeSet<(&str, &str)> =
        rows.iter().flat_map(|(file, parsers, _)| parsers.iter().map(|parser| (*file, *parser))).collect();
    let found = parsers();
    assert!(found.len() > 30, "the sources are read: {found:?}");
    assert_eq!(found, listed, "on the left the parsers of the sources, on the right those of {TABLE}");
    let targets = targets();
    for (file, parsers, named) in rows {
        let reason = named.strip_prefix("none: ").is_some_and(|reason| reason.len() > 10);
        let known = named.split(", ").all(|target| targets.contains(target));
        assert!(reason || known, "{file} {parsers:?}: {named} is neither a reason nor targets of {MANIFEST}");
    }
}

#[test]
fn every_target_is_told_of_and_driven_in_every_test_run() {
    let table = text_of(TABLE);
    let mut findings = Vec::new();
    for target in targets() {
        if !super::words(&table.replace('-', "_")).any(|word| word == target.replace('-', "_")) {
            findings.push(format!("{target}: {TABLE} does not tell of it"));
        }
        let driven =
            sources().iter().filter(|source| source.path.ends_with("tests/it/fuzzing.rs")).any(|source| {
                let folder = source.path.trim_end_matches("/tests/it/fuzzing.rs");
                let name =
                    target.strip_prefix(super::code_of(folder)).and_then(|rest| rest.strip_prefix('-'));
                name.is_some_and(|name| source.text.contains(&format!("name: \"{name}\"")))
            });
        if !driven {
            findings.push(format!("{target}: no tests/it/fuzzing.rs drives it"));
        }
    }
    assert_none(&findings, "fuzz targets");
}
