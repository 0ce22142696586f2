//! The rules of the house, read from its sources: no network, no running program.

mod authority;
mod data;
mod documents;
mod edges;
mod openapi;
mod parsers;
mod refusals;
mod rooms;
mod steps;
mod texts;
mod words;

use std::{
    path::{Path, PathBuf},
    process::Command,
    sync::OnceLock,
};

/// Folders of the components whose crates are systems.
const COMPONENTS: [&str; 4] = ["platforms", "databases", "applications", "security"];

/// Root of the repository.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("this package is a folder of the repository")
}

/// A file that belongs to the repository.
struct Source {
    /// Its path from the root, with `/` between folders.
    path: String,
    /// Its text; empty for what is no UTF-8.
    text: String,
}

impl Source {
    fn is(&self, extension: &str) -> bool {
        self.path.rsplit_once('.').is_some_and(|(_, found)| found == extension)
    }

    fn is_in(&self, folder: &str) -> bool {
        self.path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'))
    }

    /// Its code is run by tests and measurements only.
    fn is_for_tests(&self) -> bool {
        self.path.split('/').any(|folder| folder == "tests" || folder == "benches")
    }

    /// Its lines, numbered from 1, without those that are only a comment.
    fn code_lines(&self) -> impl Iterator<Item = (usize, &str)> {
        self.text
            .lines()
            .enumerate()
            .map(|(n, line)| (n + 1, line))
            .filter(|(_, line)| !line.trim_start().starts_with("//"))
    }
}

/// Every file of the repository: tracked, or new and not ignored.
fn sources() -> &'static [Source] {
    static SOURCES: OnceLock<Vec<Source>> = OnceLock::new();
    SOURCES.get_or_init(|| {
        let listed = Command::new("git")
            .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard"])
            .current_dir(root())
            .output()
            .expect("git lists the repository's files");
        assert!(listed.status.success(), "git: {}", String::from_utf8_lossy(&listed.stderr));
        let paths = String::from_utf8(listed.stdout).expect("paths of the repository are UTF-8");
        let sources = paths.split('\0').filter(|path| !path.is_empty()).filter_map(|path| {
            let bytes = std::fs::read(root().join(path)).ok()?;
            Some(Source { path: path.into(), text: String::from_utf8(bytes).unwrap_or_default() })
        });
        sources.collect()
    })
}

/// Folders of the crates of systems, from the root.
fn system_crates() -> Vec<String> {
    let mut crates: Vec<String> = sources()
        .iter()
        .filter_map(|source| source.path.strip_suffix("/Cargo.toml"))
        .filter(|folder| {
            COMPONENTS
                .iter()
                .any(|component| folder.strip_prefix(component).is_some_and(|rest| rest.starts_with('/')))
        })
        .map(str::to_owned)
        .collect();
    crates.sort();
    assert!(!crates.is_empty(), "there are systems");
    crates
}

/// Code of a system, from its crate's folder.
fn code_of(folder: &str) -> &str {
    folder.rsplit('/').next().unwrap_or(folder)
}

/// Compares a file made from the code with the one that is committed, or writes it when `UPDATE` is set.
fn assert_committed(path: &Path, made: &str) {
    if std::env::var_os("UPDATE").is_some() {
        let folder = path.parent().expect("a file is in a folder");
        std::fs::create_dir_all(folder)
            .and_then(|()| std::fs::write(path, made))
            .expect("the file can be written");
        return;
    }
    let committed = std::fs::read_to_string(path).unwrap_or_default();
    let differing = committed.lines().zip(made.lines()).position(|(committed, made)| committed != made);
    assert!(
        committed == made,
        "{} is not what the code says, from line {}; run the test with UPDATE=1, look at the change and commit it",
        path.display(),
        differing.unwrap_or_else(|| committed.lines().count().min(made.lines().count())) + 1
    );
}

/// Names of the files in a folder, sorted.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let mut names: Vec<String> = entries
        .map(|entry| entry.expect("the folder can be read").file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    names
}

/// Fails with all findings, one a line.
fn assert_none(findings: &[String], rule: &str) {
    assert!(findings.is_empty(), "{rule}:\n{}", findings.join("\n"));
}

/// The words of a text: runs of letters, digits and underscores.
fn words(text: &str) -> impl Iterator<Item = &str> {
    text.split(|c: char| !c.is_alphanumeric() && c != '_').filter(|word| !word.is_empty())
}

/// A file of the repository.
fn file(path: &str) -> PathBuf {
    root().join(path)
}

/// The version a heading names, such as `## 0.1.0 (2026-11-21)` or `## [0.1.0]`.
fn words_of_version(heading: &str) -> Option<&str> {
    let rest = heading.trim_start_matches(['#', ' ', '[', 'v']);
    rest.split([' ', ']']).next()
}
