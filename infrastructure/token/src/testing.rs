//! Tokens in softhsm2, for tests.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use tempfile::TempDir;

/// The library, where Debian's package softhsm2 has it.
pub const MODULE: &str = "/usr/lib/softhsm/libsofthsm2.so";
/// The variable that tells the library where its tokens are.
pub const VARIABLE: &str = "SOFTHSM2_CONF";
const PIN: &str = "271828";

/// Tokens in a folder of their own.
pub struct SoftTokens {
    dir: TempDir,
}

impl SoftTokens {
    /// One empty token of each label. Fails without softhsm2.
    #[must_use]
    pub fn make(labels: &[&str]) -> Self {
        let made = Self { dir: tempfile::tempdir().expect("a folder can be made") };
        fs::create_dir(made.tokens()).expect("a folder can be made");
        let text =
            format!("directories.tokendir = {}\nobjectstore.backend = file\n", made.tokens().display());
        fs::write(made.configuration(), text).expect("a file can be written");
        pki::files::write_private(&made.pin(), &format!("{PIN}\n")).expect("a file can be written");
        for label in labels {
            let mut command = Command::new("softhsm2-util");
            command.args(["--init-token", "--free", "--label", label, "--so-pin", PIN, "--pin", PIN]);
            let made = command.env(VARIABLE, made.configuration()).output();
            let made = made.expect("the tests need Debian's package softhsm2");
            assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        }
        made
    }

    /// What [`VARIABLE`] must be.
    #[must_use]
    pub fn configuration(&self) -> PathBuf {
        self.dir.path().join("softhsm2.conf")
    }

    /// The file with the PIN of all of them.
    #[must_use]
    pub fn pin(&self) -> PathBuf {
        self.dir.path().join("pin")
    }

    /// The URI of a key.
    #[must_use]
    pub fn uri(&self, token: &str, object: &str) -> String {
        uri(token, object, &self.pin())
    }

    /// Takes all tokens out.
    pub fn take_out(&self) {
        fs::rename(self.tokens(), self.away()).expect("tokens can be taken out");
        fs::create_dir(self.tokens()).expect("a folder can be made");
    }

    /// Puts them in again.
    pub fn put_in(&self) {
        fs::remove_dir(self.tokens()).expect("nobody has put another in");
        fs::rename(self.away(), self.tokens()).expect("tokens can be put in");
    }

    fn tokens(&self) -> PathBuf {
        self.dir.path().join("tokens")
    }

    fn away(&self) -> PathBuf {
        self.dir.path().join("away")
    }
}

/// The URI of a key whose PIN is in a file.
#[must_use]
pub fn uri(token: &str, object: &str, pin: &Path) -> String {
    format!("pkcs11:token={token};object={object}?module-path={MODULE}&pin-source={}", pin.display())
}
