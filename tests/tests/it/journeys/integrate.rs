//! `docs/integrate.md` works as it is written: its marked commands are run, in order, against a running country.

use super::{country::Country, program};
use std::{fs, process::Command};

/// Stands directly before each block of commands that this test runs.
const MARK: &str = "<!-- test: integrate -->";

/// The marked blocks of a document.
fn blocks(document: &str) -> Vec<String> {
    document
        .split(MARK)
        .skip(1)
        .map(|rest| {
            let block = rest.trim_start().strip_prefix("```sh\n").expect("a block of ```sh follows the mark");
            block.split_once("\n```").expect("the block ends").0.to_owned()
        })
        .collect()
}

#[test]
fn the_commands_of_the_integration_guide_work() {
    let guide = crate::house::root().join("docs/integrate.md");
    let guide = fs::read_to_string(&guide)
        .unwrap_or_else(|error| panic!("{}: {error}; this test runs its commands", guide.display()));
    let blocks = blocks(&guide);
    assert!(!blocks.is_empty(), "docs/integrate.md has no block marked with {MARK}");

    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data");
    let country = Country::start(&data);
    // Each block goes on where the one before it has stopped, as a reader's terminal does.
    let script = blocks.join("\n");
    let mut bash = Command::new("bash");
    bash.args(["-ex", "-c", &script])
        .current_dir(folder.path())
        .env("COUNTRY", format!("http://{}", country.authority()))
        .env("DATA", &data)
        .env("LIENTHONG", program::path());
    program::run_command(bash).assert_good("the commands of docs/integrate.md");
}

#[test]
fn only_marked_blocks_are_run() {
    let document = format!("```sh\nrm x\n```\n{MARK}\n```sh\na\nb\n```\ntext\n\n{MARK}\n```sh\nc\n```\n");
    assert_eq!(blocks(&document), ["a\nb", "c"]);
}
