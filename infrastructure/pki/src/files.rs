//! Keeping keys and certificates in files: written whole or not at all, and private keys for their owner alone.

use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt};
use std::path::Path;

use crate::error::PkiError;

/// Larger than any key or certificate chain.
const MAX_FILE_BYTES: u64 = 256 * 1024;
const OWNER_ONLY: u32 = 0o600;
const OWNER_ONLY_DIRECTORY: u32 = 0o700;
const EVERYONE_READS: u32 = 0o644;
/// Reading, writing or running by others, and writing by the group. Reading by a group is an operator's choice.
const EXPOSED_BITS: u32 = 0o027;

/// Writes a private key for its owner alone. The file appears whole or not at all; a directory that is missing is made.
///
/// # Errors
/// When the file cannot be written.
pub fn write_private(path: &Path, text: &str) -> Result<(), PkiError> {
    replace(path, text, OWNER_ONLY).map_err(|source| PkiError::File {
        action: "write",
        path: path.into(),
        source,
    })
}

/// Writes a certificate for everyone to read. The file appears whole or not at all.
///
/// # Errors
/// When the file cannot be written.
pub fn write_public(path: &Path, text: &str) -> Result<(), PkiError> {
    replace(path, text, EVERYONE_READS).map_err(|source| PkiError::File {
        action: "write",
        path: path.into(),
        source,
    })
}

/// Reads a private key, refusing one that other users can read.
///
/// # Errors
/// When the file cannot be read, is open to others, or is larger than any key.
pub fn read_private(path: &Path) -> Result<String, PkiError> {
    let file = open(path)?;
    let mode = permission_bits(&file).map_err(|source| cannot_read(path, source))?;
    if mode & EXPOSED_BITS != 0 {
        return Err(PkiError::KeyExposed { path: path.into(), mode });
    }
    read_all(path, file)
}

/// Reads a certificate chain.
///
/// # Errors
/// When the file cannot be read, or is larger than any chain.
pub fn read_public(path: &Path) -> Result<String, PkiError> {
    read_all(path, open(path)?)
}

fn open(path: &Path) -> Result<File, PkiError> {
    File::open(path).map_err(|source| cannot_read(path, source))
}

fn cannot_read(path: &Path, source: io::Error) -> PkiError {
    PkiError::File { action: "read", path: path.into(), source }
}

/// The permissions are those of the open file, so they cannot change between the check and the reading.
fn permission_bits(file: &File) -> io::Result<u32> {
    Ok(file.metadata()?.permissions().mode() & 0o777)
}

fn read_all(path: &Path, file: File) -> Result<String, PkiError> {
    let mut text = String::new();
    file.take(MAX_FILE_BYTES + 1).read_to_string(&mut text).map_err(|source| cannot_read(path, source))?;
    if text.len() as u64 > MAX_FILE_BYTES {
        return Err(PkiError::FileTooLarge { path: path.into(), limit_bytes: MAX_FILE_BYTES });
    }
    Ok(text)
}

/// Writes beside the file, makes it durable, then puts it in the file's place.
fn replace(path: &Path, text: &str, mode: u32) -> io::Result<()> {
    let directory = match path.parent() {
        Some(parent) if !parent.as_os_str().is_empty() => parent,
        _ => Path::new("."),
    };
    DirBuilder::new().recursive(true).mode(OWNER_ONLY_DIRECTORY).create(directory)?;
    let mut beside = path.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    // What an earlier crash left behind may have other permissions.
    match fs::remove_file(beside) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut file = OpenOptions::new().write(true).create_new(true).mode(mode).open(beside)?;
    file.write_all(text.as_bytes())?;
    file.sync_all()?;
    fs::rename(beside, path)?;
    File::open(directory)?.sync_all()
}
