//! The field's own tools, run on what we make. A missing tool fails the test and says how to get it.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a tool said.
pub(crate) struct Answer {
    /// Whether it ended with success.
    pub(crate) success: bool,
    /// Standard output and standard error, one after the other.
    pub(crate) text: String,
}

/// Runs a tool of Debian's poppler-utils.
pub(crate) fn poppler(tool: &str, arguments: &[&OsStr]) -> Answer {
    run(Path::new(tool), arguments, "apt-get install poppler-utils")
}

/// Runs pyHanko, found by the environment variable `PYHANKO` or on the path.
pub(crate) fn pyhanko(arguments: &[&OsStr]) -> Answer {
    let program = std::env::var_os("PYHANKO").map_or_else(|| PathBuf::from("pyhanko"), PathBuf::from);
    run(&program, arguments, "PYHANKO=$(infrastructure/press/tests/install-pyhanko.sh)")
}

pub(crate) fn run(program: &Path, arguments: &[&OsStr], install: &str) -> Answer {
    let output =
        Command::new(program).args(arguments).env("LC_ALL", "C.UTF-8").output().unwrap_or_else(|error| {
            panic!("{} does not run ({error}); get it with: {install}", program.display())
        });
    let mut text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.push_str(&String::from_utf8_lossy(&output.stderr));
    Answer { success: output.status.success(), text }
}

/// A file that lives as long as the test.
pub(crate) struct Scratch {
    directory: tempfile::TempDir,
}

impl Scratch {
    pub(crate) fn new() -> Self {
        Self { directory: tempfile::tempdir().expect("a temporary directory") }
    }

    /// Writes a file and returns its path.
    pub(crate) fn file(&self, name: &str, bytes: &[u8]) -> PathBuf {
        let path = self.directory.path().join(name);
        std::fs::write(&path, bytes).expect("a writable temporary directory");
        path
    }
}

/// What a tool of poppler-utils says about a PDF.
pub(crate) fn about(tool: &str, options: &[&str], pdf: &[u8]) -> String {
    let scratch = Scratch::new();
    let path = scratch.file("document.pdf", pdf);
    let mut arguments: Vec<&OsStr> = options.iter().map(OsStr::new).collect();
    arguments.push(path.as_os_str());
    if tool == "pdftotext" {
        arguments.push(OsStr::new("-"));
    }
    let answer = poppler(tool, &arguments);
    assert!(answer.success, "{tool}: {}", answer.text);
    answer.text
}
