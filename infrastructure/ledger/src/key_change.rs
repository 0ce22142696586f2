//! The change of a ledger's key: a note that names the old key and the new one, and that both sign.
//!
//! The old key's signature says that the ledger itself wants the new one, the new key's that whoever wants it has it. A ledger
//! keeps its changes in the file `keys`, so that it is opened with its newest key alone and still knows what earlier keys
//! signed.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::path::{Path, PathBuf};

use crate::error::LedgerError;
use crate::journal::sync_dir;
use crate::note::{NoteError, NoteSigner, VerifierKey, unverified_text};
use crate::signer::LedgerSigner;

/// The first line of a change.
const FORM: &str = "lienthong-ledger-key/v1";
/// Longest file of changes, in bytes: some hundreds of them.
const FILE_LIMIT_BYTES: u64 = 256 * 1024;

/// A change of a ledger's key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyChange {
    /// The key that goes.
    pub old: VerifierKey,
    /// The key that comes.
    pub new: VerifierKey,
}

impl KeyChange {
    /// The note that says so, signed by both.
    pub fn sign(old: &NoteSigner, new: &NoteSigner) -> Result<String, NoteError> {
        let text = format!("{FORM}\n{}\n{}\n", old.verifier_key(), new.verifier_key());
        LedgerSigner::rolling(old.clone(), new.clone())?.sign(&text)
    }

    /// Reads such a note.
    pub fn open(note: &str) -> Result<Self, NoteError> {
        let malformed = NoteError::Malformed("it is not the change of a ledger's key");
        let lines: Vec<&str> = unverified_text(note)?.lines().collect();
        let [FORM, old, new] = lines[..] else { return Err(malformed) };
        let change = KeyChange { old: old.parse()?, new: new.parse()? };
        if change.old.name() != change.new.name() {
            return Err(NoteError::OtherName(old.into(), new.into()));
        }
        if change.old == change.new {
            return Err(malformed);
        }
        change.old.verify(note)?;
        change.new.verify(note)?;
        Ok(change)
    }
}

/// The keys that verify the checkpoints of the ledger in `dir`, the newest first: those of the signer, and those that signed
/// before them, as far as the changes lead back.
pub(crate) fn verifiers(dir: &Path, signer: &LedgerSigner) -> Result<Vec<VerifierKey>, LedgerError> {
    let mut keys = signer.verifier_keys();
    for change in read(dir)?.iter().rev() {
        if keys.contains(&change.new) && !keys.contains(&change.old) {
            keys.push(change.old.clone());
        }
    }
    Ok(keys)
}

/// Keeps the change that the signer makes, durably, before anything is signed with the new key; the note, when it is new.
pub(crate) fn announce(dir: &Path, signer: &LedgerSigner) -> Result<Option<String>, LedgerError> {
    let Some((old, new)) = signer.change() else { return Ok(None) };
    let change = KeyChange { old: old.verifier_key(), new: new.verifier_key() };
    if read(dir)?.contains(&change) {
        return Ok(None);
    }
    let note = KeyChange::sign(old, new).map_err(LedgerError::NotSigned)?;
    let path = path(dir);
    let write = || {
        let new_path = dir.join("keys.new");
        let mut file = File::create(&new_path)?;
        file.write_all((text(dir)? + &note).as_bytes())?;
        file.sync_all()?;
        fs::rename(&new_path, &path)?;
        sync_dir(dir)
    };
    write().map_err(LedgerError::io("replace", &path))?;
    Ok(Some(note))
}

/// Copies the changes of one ledger's folder into another's.
pub(crate) fn copy(from: &Path, to: &Path) -> Result<(), LedgerError> {
    match fs::copy(path(from), path(to)) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(LedgerError::io("copy", &path(from))(error))
        }
        _ => Ok(()),
    }
}

/// The changes of the ledger in `dir`, the oldest first. One that does not verify says nothing.
fn read(dir: &Path) -> Result<Vec<KeyChange>, LedgerError> {
    let text = text(dir).map_err(LedgerError::io("read", &path(dir)))?;
    let notes = text.split(FORM).skip(1).map(|rest| format!("{FORM}{rest}"));
    Ok(notes.filter_map(|note| KeyChange::open(&note).ok()).collect())
}

fn text(dir: &Path) -> io::Result<String> {
    let mut text = String::new();
    match File::open(path(dir)) {
        Ok(file) => file.take(FILE_LIMIT_BYTES).read_to_string(&mut text).map(|_| text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(text),
        Err(error) => Err(error),
    }
}

fn path(dir: &Path) -> PathBuf {
    dir.join("keys")
}
