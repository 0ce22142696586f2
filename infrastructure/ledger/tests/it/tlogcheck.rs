//! The independent checker: `tests/go/tlogcheck.go`, on the transparency log of the Go project. Needs Debian's `golang-go`
//! and `golang-golang-x-mod-dev`. The exchange's tests use this file too.

use std::ffi::OsStr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

/// Where Debian keeps the sources of Go libraries.
const DEBIAN_GO_PATH: &str = "/usr/share/gocode";

/// Runs the checker: what holds, or what does not.
pub(crate) fn tlogcheck(arguments: &[&OsStr]) -> Result<String, String> {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    let output = Command::new(PROGRAM.get_or_init(build)).args(arguments).output().unwrap();
    let said = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
    if output.status.success() { Ok(said(&output.stdout)) } else { Err(said(&output.stderr)) }
}

fn build() -> PathBuf {
    let source = Path::new(env!("CARGO_MANIFEST_DIR"))
        .ancestors()
        .map(|dir| dir.join("infrastructure/ledger/tests/go/tlogcheck.go"))
        .find(|file| file.exists())
        .expect("the checker's source is in this repository");
    let program = Path::new(env!("CARGO_TARGET_TMPDIR")).join(concat!("tlogcheck-", env!("CARGO_PKG_NAME")));
    let output = Command::new("go")
        .args([OsStr::new("build"), OsStr::new("-o"), program.as_os_str(), source.as_os_str()])
        .env("GO111MODULE", "off")
        .env("GOPATH", DEBIAN_GO_PATH)
        .env("GOFLAGS", "")
        .env("GOCACHE", Path::new(env!("CARGO_TARGET_TMPDIR")).join("go"))
        .output()
        .unwrap_or_else(|error| {
            panic!(
                "go does not run ({error}); get it with: apt-get install golang-go golang-golang-x-mod-dev"
            )
        });
    assert!(
        output.status.success(),
        "the checker can't be built; is golang-golang-x-mod-dev installed? {}",
        String::from_utf8_lossy(&output.stderr)
    );
    program
}
