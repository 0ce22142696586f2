//! What may not stand in a source.

use super::{COMPONENTS, Source, assert_none, sources};

/// Files that keep time and chance from everybody else (rule 5).
const CLOCK_AND_RANDOM: [&str; 2] =
    ["infrastructure/system/src/clock.rs", "infrastructure/system/src/random.rs"];

/// Lines that a check finds, as `path:line: what stands there`.
fn found<'a>(sources: impl Iterator<Item = &'a Source>, is_wrong: impl Fn(&str) -> bool) -> Vec<String> {
    sources
        .flat_map(|source| source.code_lines().map(move |(number, line)| (source, number, line)))
        .filter(|(_, _, line)| is_wrong(line))
        .map(|(source, number, line)| format!("{}:{number}: {}", source.path, line.trim()))
        .collect()
}

fn rust() -> impl Iterator<Item = &'static Source> {
    // This folder names what it looks for.
    sources().iter().filter(|source| source.is("rs") && !source.is_in("tests/tests/it/house"))
}

fn is_of_a_system(source: &Source) -> bool {
    COMPONENTS.iter().any(|component| source.is_in(component))
}

#[test]
fn nothing_is_left_undone() {
    let undone = ["#[ignore", "todo!(", "unimplemented!(", "dbg!("];
    assert_none(
        &found(rust(), |line| undone.iter().any(|word| line.contains(word))),
        "finish it or leave it out",
    );
    let marked: Vec<String> = sources()
        .iter()
        .filter(|source| ["rs", "sql", "html", "toml", "md", "scss", "js"].iter().any(|kind| source.is(kind)))
        .filter(|source| !source.is_in("tests/tests/it/house"))
        .flat_map(|source| source.text.lines().enumerate().map(move |(n, line)| (source, n + 1, line)))
        .filter(|(_, _, line)| {
            super::words(line).any(|word| ["FIXME", "XXX", "TODO", "HACK"].contains(&word))
        })
        .map(|(source, number, line)| format!("{}:{number}: {}", source.path, line.trim()))
        .collect();
    assert_none(&marked, "what is to be done stands in an issue, not in a comment");
}

#[test]
fn sql_stands_in_records_only() {
    let statement = |line: &str| {
        let starts = ["SELECT ", "INSERT INTO ", "DELETE FROM ", "CREATE TABLE ", "WITH RECURSIVE "];
        starts.iter().any(|word| line.contains(word)) || (line.contains("UPDATE ") && line.contains(" SET "))
    };
    let elsewhere = rust()
        .filter(|source| is_of_a_system(source) && !source.is_for_tests())
        .filter(|source| !source.path.ends_with("/records.rs") && !source.path.contains("/records/"));
    assert_none(&found(elsewhere, statement), "no SQL outside records.rs (rule 2)");
}

#[test]
fn time_and_chance_come_from_parameters() {
    let ambient = [
        "SystemTime::now",
        "Timestamp::now",
        "Zoned::now",
        "Uuid::now_v7",
        "Uuid::new_v4",
        "rand::rng(",
        "rand::random",
        "thread_rng",
    ];
    let elsewhere =
        rust().filter(|source| !source.is_for_tests() && !CLOCK_AND_RANDOM.contains(&source.path.as_str()));
    assert_none(
        &found(elsewhere, |line| ambient.iter().any(|word| line.contains(word))),
        "take a Clock and a Random (rule 5)",
    );
}

#[test]
fn no_machine_is_named() {
    let folders = ["/work/", "/root/", "/home/"];
    let named: Vec<String> = sources()
        .iter()
        .filter(|source| !source.is_in("tests/tests/it/house"))
        .flat_map(|source| source.text.lines().enumerate().map(move |(n, line)| (source, n + 1, line)))
        .filter(|(_, _, line)| {
            folders.iter().any(|folder| {
                // A path from the root, not a part of an address or of a relative path.
                line.match_indices(folder)
                    .any(|(at, _)| !line[..at].ends_with(|c: char| c.is_alphanumeric() || "}.-_".contains(c)))
            })
        })
        .map(|(source, number, line)| {
            format!("{}:{number}: {}", source.path, line.trim().chars().take(120).collect::<String>())
        })
        .collect();
    assert_none(&named, "a source names no folder of one machine");
}

#[test]
fn figures_of_the_law_have_no_floating_point() {
    let exact = rust().filter(|source| {
        let file = source.path.rsplit('/').next().unwrap_or_default();
        is_of_a_system(source)
            && (["model.rs", "rules.rs"].contains(&file) || source.path.contains("/rules/"))
            || source.is_in("contracts/src")
    });
    assert_none(
        &found(exact, |line| super::words(line).any(|word| word == "f64" || word == "f32")),
        "money and counts are whole numbers",
    );
}

#[test]
fn nothing_that_was_made_by_a_run_is_kept() {
    let made: Vec<String> = sources()
        .iter()
        .map(|source| &source.path)
        .filter(|path| {
            let leftover =
                path.starts_with(".tmp") || path.contains("/.tmp") || path.contains("lienthong-data");
            leftover
                || [".db", ".sqlite", "-wal", "-shm", ".orig", ".rej", ".snap.new"]
                    .iter()
                    .any(|end| path.ends_with(end))
        })
        .cloned()
        .collect();
    assert_none(&made, "files that a run leaves behind are not part of the repository");
}
