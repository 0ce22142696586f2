//! What is wrong with a data file is said with its file and key.

use procedures::catalogue::{Catalogue, FILE_LIMIT_BYTES};

/// A file without fault.
const GOOD: &str = r#"
code = "1.000001"
name = { vi = "Thử", en = "Trial" }
sector = { vi = "Hộ tịch", en = "Civil status" }

[[versions]]
from = "2020-01-01"
until = "2025-07-01"
source = { citation = "Luật 1", confidence = "law-text" }
authority = { level = "commune", citation = "Luật 1", confidence = "law-text" }
time_limit = { unit = "working-days", count = 5, citation = "Luật 1", confidence = "law-text" }
free_of_charge = { citation = "Luật 1", confidence = "law-text" }
form = "birth"

[[versions.components]]
code = "paper"
name = { vi = "Giấy", en = "Paper" }
required = true
held_by = "population"
source = { citation = "Luật 1", confidence = "law-text" }

[[versions.steps]]
code = "first"
name = { vi = "Một", en = "First" }
member = "VN/GOV/G15"
operation = "civil-status/births/applications"
time_limit = { unit = "same-day", citation = "Luật 1", confidence = "law-text" }

[[versions.steps]]
code = "second"
name = { vi = "Hai", en = "Second" }
member = "VN/GOV/G01"
operation = "population/residence/outcome"
after = ["first"]
time_limit = { unit = "working-days", count = 2, citation = "Luật 1", confidence = "memory" }

[[versions.results]]
code = "paper"
name = { vi = "Giấy", en = "Paper" }
"#;

/// The faults of the good file with one text in place of another.
fn faults_with(from: &str, to: &str) -> String {
    assert!(GOOD.contains(from), "{from}");
    faults_of(&GOOD.replacen(from, to, 1))
}

fn faults_of(text: &str) -> String {
    match Catalogue::read(&[("1.000001", text)]) {
        Ok(_) => String::new(),
        Err(faults) => faults.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"),
    }
}

#[test]
fn a_good_file_has_no_fault() {
    assert_eq!(faults_of(GOOD), "");
}

#[test]
fn each_fault_names_file_and_key() {
    for (from, to, expected) in [
        ("required = true", "required = true\ncolour = 1", "line 19: unknown field `colour`"),
        ("en = \"Trial\"", "en = \"Trial\", fr = \"Essai\"", "line 3: unknown field `fr`"),
        ("sector =", "#", "missing field `sector`"),
        ("from = \"2020-01-01\"", "from = \"2020-02-30\"", "line 7:"),
        ("level = \"commune\"", "level = \"village\"", "unknown variant `village`"),
        (
            "confidence = \"law-text\" }\nauthority",
            "confidence = \"sure\" }\nauthority",
            "unknown variant `sure`",
        ),
        ("code = \"1.000001\"", "code = \"1.000002\"", "code: \"1.000002\" is not the name of the file"),
        ("vi = \"Thử\"", "vi = \" \"", "name.vi: it is empty"),
        (
            "until = \"2025-07-01\"",
            "until = \"2020-01-01\"",
            "versions[0].until: it is not after the first day",
        ),
        ("citation = \"Luật 1\"", "citation = \"\"", "versions[0].source.citation: it is empty"),
        ("count = 5", "count = 0", "versions[0].time_limit.count: write how many"),
        ("count = 5, ", "", "versions[0].time_limit.count: write how many"),
        (
            "unit = \"same-day\"",
            "unit = \"same-day\", count = 1",
            "versions[0].steps[0].time_limit.count: the same day",
        ),
        ("held_by = \"population\"", "held_by = \"village\"", "versions[0].components[0].held_by: no system"),
        ("form = \"birth\"", "form = \"ship\"", "versions[0].form: \"ship\" is no form"),
        ("free_of_charge", "# ", "versions[0].fees: write the fees"),
        ("code = \"second\"", "code = \"first\"", "versions[0].steps[1].code: \"first\" stands twice"),
        (
            "after = [\"first\"]",
            "after = [\"third\"]",
            "versions[0].steps[1].after: no step is called \"third\"",
        ),
        (
            "after = [\"first\"]",
            "after = [\"second\"]",
            "versions[0].steps.after: the step \"second\" waits for itself",
        ),
        (
            "operation = \"civil-status/births/applications\"",
            "operation = \"civil-status/births/applications\"\nafter = [\"second\"]",
            "versions[0].steps.after: the step \"first\" waits for itself",
        ),
        ("births/applications", "births/stork", "versions[0].steps[0].operation: no system has an operation"),
        ("VN/GOV/G15", "VN/../G15", "versions[0].steps[0].member: identifier part"),
        (
            "[[versions.results]]\ncode = \"paper\"\nname = { vi = \"Giấy\", en = \"Paper\" }",
            "",
            "versions[0].results: there is none",
        ),
    ] {
        let faults = faults_with(from, to);
        assert!(faults.starts_with("data/procedures/1.000001.toml: "), "{from} -> {to}: {faults:?}");
        assert!(faults.contains(expected), "{from} -> {to}: {faults}");
    }
}

#[test]
fn versions_may_not_share_a_day() {
    let version = &GOOD[GOOD.find("[[versions]]").unwrap()..];
    let endless = format!(
        "{GOOD}\n{}",
        version.replace("2020-01-01", "2025-06-30").replace("2025-07-01", "2030-01-01")
    );
    assert!(faults_of(&endless).contains("1.000001.toml: versions: two values are in force at once"));
    let after = format!(
        "{GOOD}\n{}",
        version.replace("2020-01-01\"\nuntil", "2025-07-01\"\nuntil").replace("until = \"2025-07-01\"", "")
    );
    assert_eq!(faults_of(&after), "");
}

#[test]
fn hostile_files_are_refused() {
    let huge = format!("# {}\n{GOOD}", "x".repeat(FILE_LIMIT_BYTES));
    assert!(faults_of(&huge).contains("file: the file has more than"));
    assert!(faults_of("").contains("missing field"));
    assert!(faults_of("code = \u{0}").contains("line 1"));
    assert!(faults_of(&"[".repeat(10_000)).contains("line 1"));
    let long = format!("vi = \"{}\"", "x".repeat(501));
    assert!(faults_with("vi = \"Thử\"", &long).contains("name.vi: it has more than 500 characters"));
    let twice = Catalogue::read(&[("1.000001", GOOD), ("1.000001", GOOD)]).unwrap_err();
    assert!(twice[0].to_string().contains("another file has the same code"));
    for code in ["1.00001", "1-000001", "../etc/passwd", ""] {
        let renamed = GOOD.replacen("1.000001", code, 1);
        let faults = Catalogue::read(&[(code, renamed.as_str())]).unwrap_err();
        assert!(faults[0].fault.contains("is not a digit, a dot and six digits"), "{code}");
    }
}
