//! What documents say holds: links lead somewhere, commands exist.

use super::{Source, assert_none, file, root, sources};
use crate::journeys::program;
use std::collections::BTreeMap;

/// The program as documents call it, installed or from the source.
const CALLS: [&str; 3] = ["lienthong ", "cargo run --release -- ", "\"$LIENTHONG\" "];

fn documents() -> impl Iterator<Item = &'static Source> {
    sources().iter().filter(|source| source.is("md"))
}

/// The lines of a document's fenced blocks of shell commands, with continued lines joined.
fn commands(document: &str) -> Vec<String> {
    let mut lines = Vec::new();
    let mut inside = false;
    for line in document.replace("\\\n", " ").lines() {
        match line.trim() {
            "```sh" | "```console" => inside = true,
            "```" => inside = false,
            command if inside => lines.push(command.to_owned()),
            _ => {}
        }
    }
    lines
}

/// The commands of the program that a line of shell has, as words.
fn calls(line: &str) -> Vec<Vec<String>> {
    let line = line.split(" #").next().unwrap_or_default();
    let mut calls = Vec::new();
    for part in line.split(['|', ';', '&', '(', '`']) {
        for call in CALLS {
            if let Some(rest) = part.trim_start_matches(['$', ' ']).strip_prefix(call) {
                calls.push(rest.split_whitespace().map(|word| word.trim_matches('"').to_owned()).collect());
            }
        }
    }
    calls
}

#[test]
fn commands_of_documents_exist() {
    let mut helps: BTreeMap<Vec<String>, Option<String>> = BTreeMap::new();
    let mut help = |command: &[String]| {
        let words = || command.iter().map(String::as_str).chain(["--help"]);
        helps
            .entry(command.to_vec())
            .or_insert_with(|| {
                Some(program::run(words())).filter(|run| run.code == Some(0)).map(|run| run.stdout)
            })
            .clone()
    };
    let mut wrong = Vec::new();
    let mut found = 0;
    for document in documents() {
        for line in commands(&document.text) {
            for call in calls(&line) {
                found += 1;
                let mut command: Vec<String> = Vec::new();
                let mut text = help(&command).expect("the program has help");
                // `tour birth` is one command of two words.
                for word in call.iter().take_while(|word| !word.starts_with('-')) {
                    if !text.contains("\nCommands:\n") {
                        break;
                    }
                    command.push(word.clone());
                    match help(&command) {
                        Some(found) => text = found,
                        None => {
                            wrong.push(format!("{}: there is no command {word:?} in: {line}", document.path))
                        }
                    }
                }
                for option in call.iter().filter(|word| word.starts_with("--") && word.len() > 2) {
                    let option = option.split('=').next().unwrap_or_default();
                    if !super::words(&text.replace('-', "_")).any(|known| known == option.replace('-', "_")) {
                        wrong.push(format!("{}: there is no option {option} in: {line}", document.path));
                    }
                }
            }
        }
    }
    assert!(found > 0, "documents show commands");
    assert_none(&wrong, "documents name commands that the program has not");
}

#[test]
fn every_command_has_help() {
    let text = program::run(["--help"]).stdout;
    let (_, list) = text.split_once("Commands:\n").expect("the help lists the commands");
    let names: Vec<&str> = list
        .lines()
        .take_while(|line| !line.is_empty())
        .filter_map(|line| line.split_whitespace().next())
        .filter(|name| *name != "help")
        .collect();
    for expected in ["up", "node", "tour", "verify", "doctor", "bench"] {
        assert!(names.contains(&expected), "{expected}: {names:?}");
    }
    for name in names {
        let run = program::run([name, "--help"]);
        assert_eq!(run.code, Some(0), "{name}: {}", run.stderr);
        let lead = run.stdout.lines().next().unwrap_or_default();
        assert!(
            lead.len() > 10 && lead.chars().next().is_some_and(char::is_uppercase),
            "{name} says what it does: {lead:?}"
        );
    }
}

#[test]
fn links_between_documents_lead_somewhere() {
    let mut broken = Vec::new();
    for document in documents() {
        let folder = file(&document.path);
        let folder = folder.parent().expect("a document is in a folder");
        for (_, rest) in document.text.match_indices("](").map(|(at, _)| document.text.split_at(at + 2)) {
            let target = rest.split([')', ' ']).next().unwrap_or_default();
            let path = target.split('#').next().unwrap_or_default();
            let leads_away = target.contains("://") || target.starts_with("mailto:") || path.is_empty();
            if !leads_away && !folder.join(path).exists() {
                broken.push(format!("{}: {target}", document.path));
            }
        }
    }
    assert_none(&broken, "links that lead nowhere");
}

#[test]
fn the_changelog_tells_of_this_version() {
    let changelog = std::fs::read_to_string(root().join("CHANGELOG.md")).expect("CHANGELOG.md is there");
    let heading = |line: &str| {
        line.starts_with("## ") && super::words_of_version(line) == Some(env!("CARGO_PKG_VERSION"))
    };
    assert!(changelog.lines().any(heading), "CHANGELOG.md has no section `## {}`", env!("CARGO_PKG_VERSION"));
}
