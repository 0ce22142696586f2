//! Who read bodies from the archive.

use jiff::Timestamp;
use store::{Batch, Store, StoreError, params};
use uuid::Uuid;

/// Most readings of one message that are told.
const READINGS_LIMIT: i64 = 100;

store::statements! {
    /// Notes that a body was read.
    NOTE_READING = "INSERT INTO body_readings (id, message, at, content, salt, entry) VALUES ($1, $2, $3, $4, $5, $6)";
    /// Who read the bodies of a message.
    READINGS = "SELECT content FROM body_readings WHERE message = $1 ORDER BY at, id LIMIT $2";
}

/// A reading, as the ledger has sealed it.
pub(crate) struct ReadingRow {
    pub(crate) id: Uuid,
    pub(crate) message: Uuid,
    pub(crate) at: Timestamp,
    /// The record that is sealed, JSON.
    pub(crate) content: String,
    pub(crate) salt: [u8; 16],
    /// Index of its entry in the ledger.
    pub(crate) index: u64,
}

/// The records of the readings of a message, the oldest first.
pub(crate) async fn of_message(store: &Store, message: Uuid) -> Result<Vec<String>, StoreError> {
    let rows = store.read(&READINGS, params![message, READINGS_LIMIT]).await?;
    rows.iter().map(|row| row.get(0)).collect()
}

/// Keeps a reading.
pub(crate) async fn put(store: &Store, row: ReadingRow) -> Result<(), StoreError> {
    let ReadingRow { id, message, at, content, salt, index } = row;
    let mut batch = Batch::new();
    batch.change(&NOTE_READING, params![id, message, at, content, &salt[..], index.cast_signed()]);
    store.write(batch).await
}
