//! The readers: a few connections beside the writer, opened when first needed.

use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::{READ_LIMIT_SECONDS, Row, Statement, StoreError, Value};

/// How many reads of one store run at once.
const READERS_MAX: u32 = 3;
/// Pages a reader may keep, in KiB; what it reads again the operating system still has.
const READER_CACHE_KIBIBYTES: i64 = 1_024;
/// How many prepared statements a reader keeps.
const READER_STATEMENTS_MAX: usize = 64;

pub(super) struct Readers {
    path: PathBuf,
    system: &'static str,
    permits: Arc<Semaphore>,
    idle: Mutex<Vec<Connection>>,
}

impl Readers {
    pub(super) fn new(path: PathBuf, system: &'static str) -> Self {
        let permits = Arc::new(Semaphore::new(READERS_MAX as usize));
        Self { path, system, permits, idle: Mutex::new(Vec::new()) }
    }

    pub(super) async fn read(
        &self,
        statement: &'static Statement,
        params: Vec<Value>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let system = self.system;
        let closed = StoreError::Closed { system };
        let permit = self.permits.clone().acquire_owned().await.map_err(|_| closed.clone())?;
        let connection = match self.take_idle() {
            Some(connection) => connection,
            None => {
                let path = self.path.clone();
                spawn_blocking(move || open(&path, system)).await.map_err(|_| closed.clone())??
            }
        };
        let interrupt = connection.get_interrupt_handle();
        // The permit goes along: when the caller stops waiting, the connection is still in use until the read ends.
        let mut running = spawn_blocking(move || {
            let rows = super::read(&connection, system, statement, &params, limit);
            (rows, connection, permit)
        });
        let ended = match tokio::time::timeout(Duration::from_secs(READ_LIMIT_SECONDS), &mut running).await {
            Ok(ended) => ended,
            Err(_) => {
                interrupt.interrupt();
                running.await
            }
        };
        let (rows, connection, _permit) = ended.map_err(|_| closed)?;
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        rows
    }

    /// Waits for the reads under way and closes the connections.
    pub(super) async fn close(&self) {
        let all = self.permits.acquire_many(READERS_MAX).await;
        self.permits.close();
        drop(all);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }

    fn take_idle(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

fn open(path: &std::path::Path, system: &'static str) -> Result<Connection, StoreError> {
    let connection = super::connect(Some(path), system)?;
    let set_up = connection
        .pragma_update(None, "cache_size", -READER_CACHE_KIBIBYTES)
        .and_then(|()| connection.pragma_update(None, "query_only", true));
    set_up.map_err(|error| super::error_of(system, "open", error))?;
    connection.set_prepared_statement_cache_capacity(READER_STATEMENTS_MAX);
    Ok(connection)
}
