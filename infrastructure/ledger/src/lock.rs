//! The lock that keeps a ledger open only once.

use std::fs::{File, OpenOptions, TryLockError};
use std::path::Path;

use crate::error::LedgerError;

/// Held while a ledger is open.
pub(crate) struct Lock(File);

impl Lock {
    /// Locks the ledger in `dir`, or says that it is open already. The system frees the lock of a dead process.
    pub(crate) fn take(dir: &Path) -> Result<Self, LedgerError> {
        let path = dir.join("lock");
        let file = OpenOptions::new()
            .create(true)
            .truncate(false)
            .write(true)
            .open(&path)
            .map_err(LedgerError::io("open", &path))?;
        match file.try_lock() {
            Ok(()) => Ok(Lock(file)),
            Err(TryLockError::WouldBlock) => Err(LedgerError::AlreadyOpen { dir: dir.to_owned() }),
            Err(TryLockError::Error(source)) => Err(LedgerError::io("lock", &path)(source)),
        }
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        // Closing the file is not enough: a child process that is just being started still has it open, and the
        // lock with it, until it runs its own program.
        let _ = self.0.unlock();
    }
}
