//! Periods of the log. An index over cases or persons of 100 million messages is larger than memory, and the entries of new
//! messages lie all over it: each would cost random reads and writes. So the indices are cut into periods of some million
//! messages. New messages touch the newest period only; a search looks into one after the other, newest first, until
//! its page is full. The index over times grows at its end by itself and needs no periods.

use super::{PERIOD_MESSAGES, keys};
use jiff::Timestamp;
use store::{Batch, Row, Store, StoreError, params};

/// Messages that are forgotten in one batch.
const PURGED_A_BATCH: i64 = 5_000;

store::statements! {
    /// The newest period of a ledger.
    NEWEST_PERIOD = "SELECT period, first_at, last_at, messages FROM periods WHERE ledger = $1
        ORDER BY period DESC LIMIT 1";
    /// The highest number of a period.
    HIGHEST_PERIOD = "SELECT period FROM periods ORDER BY period DESC LIMIT 1";
    /// Begins a period.
    BEGIN_PERIOD = "INSERT INTO periods (period, ledger, messages, first_at, last_at) VALUES ($1, $2, 0, $3, $4)";
    /// Notes that a period has more messages.
    EXTEND_PERIOD = "UPDATE periods SET messages = messages + $2,
        first_at = CASE WHEN first_at < $3 THEN first_at ELSE $3 END,
        last_at = CASE WHEN last_at > $4 THEN last_at ELSE $4 END WHERE period = $1";
    /// The periods that may have messages between two times, both included.
    PERIODS_BETWEEN = "SELECT period, last_at, has_keys FROM periods WHERE last_at >= $1 AND first_at <= $2
        ORDER BY last_at DESC, period DESC";
    /// A message before a time, if there is one.
    OLDER = "SELECT at FROM messages WHERE at < $1 ORDER BY at LIMIT 1";
    /// Forgets the oldest messages before a time. The ledger still holds them.
    PURGE = "DELETE FROM messages WHERE (id, ledger) IN
        (SELECT id, ledger FROM messages WHERE at < $1 ORDER BY at LIMIT $2)";
    /// Notes that no period has anything left before a time.
    SHORTEN_PERIODS = "UPDATE periods SET first_at = $1 WHERE first_at < $1 AND last_at >= $1";
    /// Ends the periods that have nothing left from a time on.
    END_PERIODS = "DELETE FROM periods WHERE last_at < $1";
}

/// A period, when its last message is, and whether its cases and persons are listed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Period {
    pub(super) number: i64,
    pub(super) last_at: Timestamp,
    pub(super) is_listed: bool,
}

impl Period {
    fn of_row(row: &Row) -> Result<Self, StoreError> {
        Ok(Self { number: row.get(0)?, last_at: row.get(1)?, is_listed: row.get(2)? })
    }
}

/// The period into which the next messages of a ledger come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Growing {
    pub(super) number: i64,
    is_new: bool,
}

impl Growing {
    /// The newest period of a ledger, or a new one when that is full.
    pub(super) async fn of(store: &Store, ledger: &str) -> Result<Self, StoreError> {
        if let Some(row) = store.read_one(&NEWEST_PERIOD, params![ledger]).await?
            && row.get::<i64>(3)? < PERIOD_MESSAGES
        {
            return Ok(Self { number: row.get(0)?, is_new: false });
        }
        let highest: Option<i64> =
            store.read_one(&HIGHEST_PERIOD, params![]).await?.map(|row| row.get(0)).transpose()?;
        Ok(Self { number: highest.unwrap_or_default() + 1, is_new: true })
    }

    /// Notes that so many messages between these times come into the period. Another ledger may have taken its number
    /// meanwhile, or all of it may just have been forgotten: then the batch is void.
    pub(super) fn extend(
        self,
        batch: &mut Batch,
        ledger: &str,
        messages: i64,
        first_at: Timestamp,
        last_at: Timestamp,
    ) {
        if self.is_new {
            batch.change(&BEGIN_PERIOD, params![self.number, ledger, first_at, last_at]);
        }
        batch.change_one(&EXTEND_PERIOD, params![self.number, messages, first_at, last_at]);
    }
}

/// The periods that may have messages between two times, both included; the one with the newest message first.
pub(super) async fn between(
    store: &Store,
    from: Timestamp,
    until: Timestamp,
) -> Result<Vec<Period>, StoreError> {
    store.read(&PERIODS_BETWEEN, params![from, until]).await?.iter().map(Period::of_row).collect()
}

/// Forgets the messages before a time, so that they are found no more. The ledger still holds them, and a receipt that was
/// given stays good.
pub async fn purge(store: &Store, before: Timestamp) -> Result<(), StoreError> {
    while store.read_one(&OLDER, params![before]).await?.is_some() {
        let mut batch = Batch::new();
        batch.change(&PURGE, params![before, PURGED_A_BATCH]);
        store.write(batch).await?;
    }
    keys::forget_ended(store, before).await?;
    let mut batch = Batch::new();
    batch.change(&SHORTEN_PERIODS, params![before]).change(&END_PERIODS, params![before]);
    store.write(batch).await
}
