//! Every room has the same plan.

use super::{assert_none, code_of, file, names_in, sources, system_crates};

/// Files that a system's crate has.
const PLAN: [&str; 6] =
    ["src/lib.rs", "src/model.rs", "src/rules.rs", "src/records.rs", "src/services.rs", "src/pages"];
/// What a system's `lib.rs` tells the program.
const ITEMS: [&str; 3] = ["FACTS", "SCHEMA", "blueprint"];

/// Where a room differs from the plan, and why.
const EXCEPTIONS: [(&str, &str, &str); 10] = [
    (
        "exchange",
        "src/model.rs",
        "its model is the message protocol: message.rs, rest.rs, receipt.rs, directory.rs; that of events: events/",
    ),
    ("exchange", "src/rules.rs", "its rule is who may call what: access.rs; that of events: events/"),
    ("exchange", "src/services.rs", "it carries the services of the others; those of events: events/"),
    ("exchange", "FACTS", "it is the node that systems are known by, not one of them"),
    ("exchange", "blueprint", "it is opened by the program for every agency, not moved into a room"),
    ("agencies", "src/rules.rs", "its rules are those of succession between units: units/"),
    ("agencies", "src/records.rs", "its records are the dated tables in data/"),
    ("procedures", "src/records.rs", "its records are the files in data/procedures/"),
    ("agencies", "migrations", "it has no tables"),
    ("procedures", "migrations", "it has no tables"),
];

fn is_excepted(code: &str, what: &str) -> bool {
    EXCEPTIONS.iter().any(|(system, part, _)| (*system, *part) == (code, what))
}

#[test]
fn every_room_has_the_same_plan() {
    let mut wrong = Vec::new();
    let mut check = |folder: &str, part: &str, there: bool| match (there, is_excepted(code_of(folder), part))
    {
        (false, false) => wrong.push(format!("{folder} has no {part}")),
        (true, true) => wrong.push(format!("{folder} has {part} and no longer needs its exception")),
        _ => {}
    };
    for folder in &system_crates() {
        for part in PLAN.into_iter().chain(["migrations", "tests/it"]) {
            check(folder, part, file(folder).join(part).exists());
        }
        let lib = std::fs::read_to_string(file(folder).join("src/lib.rs")).unwrap_or_default();
        for item in ITEMS {
            let is_public =
                |line: &str| line.starts_with("pub ") && super::words(line).any(|word| word == item);
            check(folder, item, lib.lines().any(is_public));
        }
    }
    assert_none(&wrong, "whoever knows one room knows all");
}

#[test]
fn every_template_and_page_stands_beside_the_other() {
    let wrong: Vec<String> = sources()
        .iter()
        .filter(|source| source.is("html") && source.path.contains("/src/pages/"))
        .filter(|source| {
            let (folder, name) = source.path.rsplit_once('/').expect("a template is in a folder");
            let needle = format!("path = \"{name}\"");
            !sources().iter().any(|page| page.is("rs") && page.is_in(folder) && page.text.contains(&needle))
        })
        .map(|source| source.path.clone())
        .collect();
    assert_none(&wrong, "no page uses these templates");
}

#[test]
fn migrations_are_numbered_without_gaps_and_applied() {
    let mut wrong = Vec::new();
    for folder in &system_crates() {
        let migrations = file(folder).join("migrations");
        if !migrations.exists() {
            continue;
        }
        for (name, number) in names_in(&migrations).iter().zip(1..) {
            let well_named =
                name.strip_prefix(&format!("{number:04}_")).is_some_and(|rest| rest.ends_with(".sql"));
            if !well_named {
                wrong.push(format!("{folder}/migrations/{name} should be number {number:04}"));
            }
            let included = sources().iter().any(|source| {
                source.is("rs") && source.is_in(folder) && source.text.contains(&format!("migrations/{name}"))
            });
            if !included {
                wrong.push(format!("{folder}/migrations/{name} stands in no schema"));
            }
        }
    }
    assert_none(&wrong, "migrations run in order, each once");
}
