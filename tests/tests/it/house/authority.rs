//! The one predicate decides in every room.

use super::{Source, assert_none, code_of, sources, system_crates};

/// Rooms that keep no table of who may do what, and why.
const WITHOUT: [(&str, &str); 3] = [
    ("agencies", "agencies and administrative units are everybody's to read"),
    ("procedures", "procedures are everybody's to read"),
    (
        "exchange",
        "it carries what others permit; its own pages are for operators, by access/grants.rs and pages/mod.rs",
    ),
];

/// The line that begins a room's table.
const TABLE: &str = "static AUTHORITY: Authority = Authority {";

/// The code of a crate that is not for tests.
fn code_in(folder: &str) -> impl Iterator<Item = &'static Source> {
    let src = format!("{folder}/src");
    sources().iter().filter(move |source| source.is("rs") && source.is_in(&src))
}

/// A comparison by the purpose of a call.
fn decides_by_purpose(line: &str) -> bool {
    line.contains("context.purpose")
        && ["match ", "==", "!=", ".as_str()"].iter().any(|sign| line.contains(sign))
}

/// A question to the table, or to a function of the file that has it.
fn asks(source: &Source) -> bool {
    source.code_lines().any(|(_, line)| {
        ["AUTHORITY", "authority::", "permit(", "may_report("].iter().any(|word| line.contains(word))
    })
}

#[test]
fn every_room_with_records_of_people_asks_one_table() {
    let mut wrong = Vec::new();
    for folder in &system_crates() {
        let tables: Vec<&Source> = code_in(folder).filter(|source| source.text.contains(TABLE)).collect();
        let is_without = WITHOUT.iter().any(|(code, _)| *code == code_of(folder));
        match (tables.len(), is_without) {
            (0, true) => continue,
            (1, false) => {}
            (0, false) => wrong.push(format!("{folder} has no table of who may do what")),
            (_, true) => wrong.push(format!("{folder} has a table and no longer needs its exception")),
            (many, false) => wrong.push(format!("{folder} has {many} tables of who may do what")),
        }
        let others = || code_in(folder).filter(|source| !source.text.contains(TABLE));
        if !others().any(asks) {
            wrong.push(format!("nothing in {folder} asks its table"));
        }
        for source in others() {
            let decided = source.code_lines().filter(|(_, line)| decides_by_purpose(line));
            wrong.extend(
                decided.map(|(n, _)| format!("{}:{n} decides by the purpose, around the table", source.path)),
            );
        }
    }
    assert_none(&wrong, "authorise at the record, by one predicate");
}

#[test]
fn every_service_that_reads_records_asks_the_table() {
    let mut wrong = Vec::new();
    for folder in &system_crates() {
        if WITHOUT.iter().any(|(code, _)| *code == code_of(folder)) {
            continue;
        }
        let services = format!("{folder}/src/services");
        let files = code_in(folder).filter(|source| source.path.starts_with(&services));
        let around = files.filter(|source| source.text.contains("records::") && !asks(source));
        // Taking an event is permitted by who tells it.
        let around = around.filter(|source| !source.text.contains("is_told_by("));
        wrong.extend(around.map(|source| source.path.clone()));
    }
    assert_none(&wrong, "these services read records and ask nobody whether they may");
}
