//! What a system keeps secret in its own records is sealed there (AES-256-GCM) by a key that stands in a file beside them:
//! whoever gets the records alone, or an old copy of them, learns nothing.
//!
//! The file holds one key a line, the newest first. That one seals; all of them unseal, so a key is replaced without a stop.
//! All nodes of an agency have the same file.

use crate::Random;
use aws_lc_rs::{
    aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey},
    digest::{SHA256, digest},
};
use pki::{PkiError, files};
use std::{
    fmt,
    path::{Path, PathBuf},
    sync::{Arc, PoisonError, RwLock},
};
use thiserror::Error;

/// What begins each line of the file.
const LINE_PREFIX: &str = "lienthong-sealing-key/v1 ";
const KEY_BYTES: usize = 32;
/// Bytes of a key's digest that name it.
const NAME_BYTES: usize = 8;
/// The most keys in a file: the newest, and the one before, by which nodes seal that have not read the file yet.
const KEYS_KEPT: usize = 2;

/// Why something can't be sealed or unsealed.
#[derive(Debug, Error)]
pub enum SealingError {
    /// The file can't be read or written.
    #[error(transparent)]
    File(#[from] PkiError),
    /// The file holds something else.
    #[error("line {line} of {} is no sealing key; bring the file back from a backup or from another node", .file.display())]
    Line {
        /// The file.
        file: PathBuf,
        /// Number of the line.
        line: usize,
    },
    /// It was sealed by a key that is not in the file.
    #[error("it was sealed by another key; bring the file of sealing keys from the node that sealed it")]
    UnknownKey,
    /// It was altered, or was sealed as something else.
    #[error("what was sealed was altered, or sealed for another purpose; restore the records")]
    Damaged,
}

struct SealingKey {
    name: [u8; NAME_BYTES],
    key: LessSafeKey,
}

impl SealingKey {
    fn new(bytes: &[u8; KEY_BYTES]) -> Self {
        let mut name = [0; NAME_BYTES];
        name.copy_from_slice(&digest(&SHA256, bytes).as_ref()[..NAME_BYTES]);
        let key = UnboundKey::new(&AES_256_GCM, bytes).expect("a key of AES-256 has 32 bytes");
        Self { name, key: LessSafeKey::new(key) }
    }
}

/// Seals and unseals. Cheap to clone; clones share the keys.
#[derive(Clone)]
pub struct Sealing {
    file: Option<Arc<Path>>,
    keys: Arc<RwLock<Arc<Vec<SealingKey>>>>,
}

impl Sealing {
    /// The keys of a file, which is made where there is none, for its owner alone.
    ///
    /// # Errors
    /// When the file can't be read or written, is open to other users, or holds something else.
    pub fn open(file: &Path, random: &Random) -> Result<Self, SealingError> {
        if !file.exists() {
            files::write_private(file, &line(&random.bytes()))?;
        }
        let keys = RwLock::new(Arc::new(read(file)?));
        Ok(Self { file: Some(file.into()), keys: Arc::new(keys) })
    }

    /// A key that is gone with the program.
    pub fn in_memory(random: &Random) -> Self {
        let keys = vec![SealingKey::new(&random.bytes())];
        Self { file: None, keys: Arc::new(RwLock::new(Arc::new(keys))) }
    }

    /// Puts a new key first into a file, and drops all but the one before it. Who has the file open takes it up by
    /// [`refresh`](Self::refresh).
    ///
    /// # Errors
    /// As [`open`](Self::open).
    pub fn rotate(file: &Path, random: &Random) -> Result<(), SealingError> {
        read(file)?;
        let before = files::read_private(file)?;
        let kept = before.lines().take(KEYS_KEPT - 1).map(|line| format!("{line}\n"));
        let text: String = std::iter::once(line(&random.bytes())).chain(kept).collect();
        Ok(files::write_private(file, &text)?)
    }

    /// Reads the file again.
    ///
    /// # Errors
    /// As [`open`](Self::open); the keys stay as they were.
    pub fn refresh(&self) -> Result<(), SealingError> {
        if let Some(file) = &self.file {
            let keys = Arc::new(read(file)?);
            *self.keys.write().unwrap_or_else(PoisonError::into_inner) = keys;
        }
        Ok(())
    }

    /// Seals a secret. `purpose` says what it is and whose; it must be said again to unseal it.
    pub fn seal(&self, purpose: &str, secret: &[u8], random: &Random) -> Vec<u8> {
        let keys = self.keys();
        let SealingKey { name, key } = &keys[0];
        let nonce = random.bytes::<NONCE_LEN>();
        let mut sealed = secret.to_vec();
        key.seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), Aad::from(purpose), &mut sealed)
            .expect("a secret of our own is never too long to be sealed");
        [&name[..], &nonce, &sealed].concat()
    }

    /// The secret that was sealed for this purpose.
    ///
    /// # Errors
    /// [`SealingError::UnknownKey`], [`SealingError::Damaged`].
    pub fn unseal(&self, purpose: &str, sealed: &[u8]) -> Result<Vec<u8>, SealingError> {
        let (name, rest) = sealed.split_at_checked(NAME_BYTES).ok_or(SealingError::Damaged)?;
        let (nonce, content) = rest.split_at_checked(NONCE_LEN).ok_or(SealingError::Damaged)?;
        let keys = self.keys();
        let known = keys.iter().find(|known| known.name == name).ok_or(SealingError::UnknownKey)?;
        let nonce = Nonce::try_assume_unique_for_key(nonce).map_err(|_| SealingError::Damaged)?;
        let mut content = content.to_vec();
        let secret = known.key.open_in_place(nonce, Aad::from(purpose), &mut content);
        secret.map(|secret| secret.to_vec()).map_err(|_| SealingError::Damaged)
    }

    /// The name of the newest key, which says nothing of it, to be compared with [`sealed_by`](Self::sealed_by).
    pub fn newest(&self) -> String {
        hex(&self.keys()[0].name)
    }

    /// The name of the key that sealed it; empty for what is too short to be sealed.
    pub fn sealed_by(sealed: &[u8]) -> String {
        sealed.get(..NAME_BYTES).map(hex).unwrap_or_default()
    }

    /// Whether the newest key sealed it.
    pub fn is_newest(&self, sealed: &[u8]) -> bool {
        sealed.starts_with(&self.keys()[0].name)
    }

    fn keys(&self) -> Arc<Vec<SealingKey>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl fmt::Debug for Sealing {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.debug_struct("Sealing").field("file", &self.file).finish_non_exhaustive()
    }
}

fn line(key: &[u8; KEY_BYTES]) -> String {
    format!("{LINE_PREFIX}{}\n", hex(key))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The keys of a file; at least one.
fn read(file: &Path) -> Result<Vec<SealingKey>, SealingError> {
    let text = files::read_private(file)?;
    let wrong = |line| SealingError::Line { file: file.into(), line };
    let keys: Vec<SealingKey> = text
        .lines()
        .enumerate()
        .map(|(at, line)| Ok(SealingKey::new(&key_of(line).ok_or_else(|| wrong(at + 1))?)))
        .collect::<Result<_, SealingError>>()?;
    if keys.is_empty() { Err(wrong(1)) } else { Ok(keys) }
}

fn key_of(line: &str) -> Option<[u8; KEY_BYTES]> {
    let hex = line.strip_prefix(LINE_PREFIX)?;
    if hex.len() != 2 * KEY_BYTES || !hex.is_ascii() {
        return None;
    }
    let mut key = [0; KEY_BYTES];
    for (at, byte) in key.iter_mut().enumerate() {
        *byte = u8::from_str_radix(&hex[2 * at..2 * at + 2], 16).ok()?;
    }
    Some(key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    fn folder() -> tempfile::TempDir {
        tempfile::tempdir().unwrap()
    }

    #[test]
    fn a_secret_is_unsealed_by_the_same_file_for_the_same_purpose() {
        let (dir, random) = (folder(), Random::from_seed(1));
        let file = dir.path().join("sealing.keys");
        let sealed = Sealing::open(&file, &random).unwrap().seal("key 1", b"secret", &random);
        assert!(!sealed.windows(6).any(|part| part == b"secret"));
        let again = Sealing::open(&file, &random).unwrap();
        assert_eq!(again.unseal("key 1", &sealed).unwrap(), b"secret");
        assert!(matches!(again.unseal("key 2", &sealed), Err(SealingError::Damaged)));
        for at in 0..sealed.len() {
            let mut altered = sealed.clone();
            altered[at] ^= 1;
            assert!(again.unseal("key 1", &altered).is_err(), "byte {at}");
            assert!(again.unseal("key 1", &sealed[..at]).is_err(), "cut at {at}");
        }
        let other = Sealing::in_memory(&random);
        assert!(matches!(other.unseal("key 1", &sealed), Err(SealingError::UnknownKey)));
        let mode = std::fs::metadata(&file).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode, 0o600, "its owner alone reads it");
    }

    #[test]
    fn a_key_is_replaced_without_a_stop() {
        let (dir, random) = (folder(), Random::from_seed(1));
        let file = dir.path().join("sealing.keys");
        let running = Sealing::open(&file, &random).unwrap();
        let first = running.seal("", b"a", &random);
        Sealing::rotate(&file, &random).unwrap();
        assert!(running.is_newest(&first), "nothing changes before the file is read again");
        running.refresh().unwrap();
        assert!(!running.is_newest(&first));
        assert_eq!(running.unseal("", &first).unwrap(), b"a");
        let second = running.seal("", b"b", &random);
        assert!(running.is_newest(&second));
        assert_eq!(Sealing::sealed_by(&second), running.newest());
        assert_ne!(Sealing::sealed_by(&first), running.newest());
        Sealing::rotate(&file, &random).unwrap();
        running.refresh().unwrap();
        assert_eq!(running.unseal("", &second).unwrap(), b"b");
        assert!(matches!(running.unseal("", &first), Err(SealingError::UnknownKey)), "the oldest is gone");
    }

    #[test]
    fn files_that_are_open_to_others_or_hold_something_else_are_refused() {
        let (dir, random) = (folder(), Random::from_seed(1));
        let file = dir.path().join("sealing.keys");
        Sealing::open(&file, &random).unwrap();
        std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o644)).unwrap();
        assert!(matches!(Sealing::open(&file, &random), Err(SealingError::File(_))));
        let good = line(&[7; KEY_BYTES]);
        for wrong in ["", "x", &good[..good.len() - 2], &format!("{good}\n"), &good.replace("07", "0ể")] {
            files::write_private(&file, wrong).unwrap();
            assert!(matches!(Sealing::open(&file, &random), Err(SealingError::Line { .. })), "{wrong:?}");
            assert!(Sealing::rotate(&file, &random).is_err(), "{wrong:?}");
        }
    }
}
