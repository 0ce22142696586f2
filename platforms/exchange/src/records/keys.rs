//! Which cases and persons a full period of the log holds. Somebody's messages may be in any of the fifty periods of 100
//! million messages; looking into each costs more than all else of a search. So a period that is full leaves a list of
//! its cases and persons, and a search opens only the periods whose lists have what it looks for.
//!
//! A list holds 32 bits of the digest of each key, as a *print* of 16 bits in one of 65,536 *buckets*. The lists of all
//! periods are one table in the order of the buckets, so one short reading says which periods may hold a key. A print
//! takes two bytes. A full period has at most four million of them, some sixty a bucket, so it is opened needlessly in one
//! of a thousand searches, and never passed over wrongly: a full period gets no more messages, and counts as listed only
//! once all of its list is durable.

use super::{PERIOD_MESSAGES, search::Pseudonym};
use aws_lc_rs::digest;
use jiff::Timestamp;
use std::{
    collections::HashSet,
    time::{Duration, Instant},
};
use store::{Batch, Store, StoreError, Value, params};

/// Keys read at a time.
const KEYS_A_READING: i64 = 5_000;
/// Buckets written at a time.
const BUCKETS_A_BATCH: u32 = 1_024;
/// All buckets.
const BUCKETS: u32 = 1 << 16;
/// What the digest of a case begins with, and that of a person.
const OF_CASE: u8 = b'c';
const OF_PERSON: u8 = b'p';

store::statements! {
    /// The first full period that has no list.
    UNLISTED_PERIOD = "SELECT period, last_at FROM periods WHERE has_keys = 0 AND messages >= $1 ORDER BY period LIMIT 1";
    /// Cases of a period after one, each once.
    CASES_AFTER = "SELECT DISTINCT dossier FROM messages WHERE period = $1 AND dossier > $2 ORDER BY dossier LIMIT $3";
    /// Persons of a period after one, each once.
    PERSONS_AFTER = "SELECT DISTINCT person FROM messages WHERE period = $1 AND person > $2 ORDER BY person LIMIT $3";
    /// Puts one bucket of a list.
    PUT_KEYS = "INSERT INTO period_keys (bucket, period, prints) VALUES ($1, $2, $3)";
    /// Takes some buckets of a list away.
    REMOVE_KEYS = "DELETE FROM period_keys WHERE bucket >= $1 AND bucket < $2 AND period = $3";
    /// Notes that a period has its list, if it is the one that was read.
    NOTE_LISTED = "UPDATE periods SET has_keys = 1 WHERE period = $1 AND last_at = $2 AND messages >= $3";
    /// What all lists have in one bucket.
    KEYS_IN_BUCKET = "SELECT period, prints FROM period_keys WHERE bucket = $1";
    /// A period that has nothing left from a time on.
    ENDED_PERIOD = "SELECT period FROM periods WHERE last_at < $1 LIMIT 1";
    /// Takes some buckets of the lists of those away.
    REMOVE_ENDED_KEYS = "DELETE FROM period_keys WHERE bucket >= $1 AND bucket < $2
        AND period IN (SELECT period FROM periods WHERE last_at < $3)";
}

/// What a list knows of a case or person.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Print(u32);

impl Print {
    pub(super) fn of_case(case: &str) -> Self {
        Self::of(OF_CASE, case.as_bytes())
    }

    pub(super) fn of_person(person: &Pseudonym) -> Self {
        Self::of(OF_PERSON, person.as_bytes())
    }

    fn of(kind: u8, key: &[u8]) -> Self {
        let mut context = digest::Context::new(&digest::SHA256);
        context.update(&[kind]);
        context.update(key);
        let digest = context.finish();
        let (first, _) = digest.as_ref().split_first_chunk().expect("SHA-256 has 32 bytes");
        Self(u32::from_be_bytes(*first))
    }

    fn bucket(self) -> u32 {
        self.0 >> 16
    }

    fn in_bucket(self) -> [u8; 2] {
        let [_, _, high, low] = self.0.to_be_bytes();
        [high, low]
    }
}

/// The listed periods that may hold a key.
pub(super) async fn holding(store: &Store, key: Print) -> Result<HashSet<i64>, StoreError> {
    let mut holding = HashSet::new();
    for row in store.read(&KEYS_IN_BUCKET, params![i64::from(key.bucket())]).await? {
        let prints: Vec<u8> = row.get(1)?;
        if prints.chunks_exact(2).any(|print| print == key.in_bucket()) {
            holding.insert(row.get(0)?);
        }
    }
    Ok(holding)
}

/// Lists what every full period holds that has no list yet.
pub async fn list_keys(store: &Store) -> Result<(), StoreError> {
    while list_next(store, 0).await? {}
    Ok(())
}

/// Lists what one full period holds, and rests so many times longer than each piece of it took; false when none is left.
pub(super) async fn list_next(store: &Store, rest_for_work: u32) -> Result<bool, StoreError> {
    let Some(row) = store.read_one(&UNLISTED_PERIOD, params![PERIOD_MESSAGES]).await? else {
        return Ok(false);
    };
    let (period, last_at): (i64, Timestamp) = (row.get(0)?, row.get(1)?);
    let prints = prints_of(store, period, rest_for_work).await?;
    let mut rest = prints.as_slice();
    for first in (0..BUCKETS).step_by(BUCKETS_A_BATCH as usize) {
        let began = Instant::now();
        let end = first + BUCKETS_A_BATCH;
        let (within, after) = rest.split_at(rest.partition_point(|print| print.bucket() < end));
        let mut batch = Batch::new();
        // A crash, or an earlier period of this number, may have left something.
        batch.change(&REMOVE_KEYS, params![i64::from(first), i64::from(end), period]);
        for bucket in within.chunk_by(|one, next| one.bucket() == next.bucket()) {
            let bytes: Vec<u8> = bucket.iter().flat_map(|print| print.in_bucket()).collect();
            let number = bucket.first().map_or(first, |print| print.bucket());
            batch.change(&PUT_KEYS, params![i64::from(number), period, bytes]);
        }
        store.write(batch).await?;
        rest = after;
        tokio::time::sleep(began.elapsed() * rest_for_work).await;
    }
    let mut batch = Batch::new();
    batch.change_one(&NOTE_LISTED, params![period, last_at, PERIOD_MESSAGES]);
    match store.write(batch).await {
        // It was forgotten meanwhile.
        Ok(()) | Err(StoreError::Conflict { .. }) => Ok(true),
        Err(error) => Err(error),
    }
}

/// The prints of all cases and persons of a period, in order, each once.
async fn prints_of(store: &Store, period: i64, rest_for_work: u32) -> Result<Vec<Print>, StoreError> {
    // Messages of no case are looked for like those of one.
    let mut prints = vec![Print::of_case("")];
    let kinds = [
        (&CASES_AFTER, OF_CASE, Value::Text(String::new())),
        (&PERSONS_AFTER, OF_PERSON, Value::Blob(Vec::new())),
    ];
    for (statement, kind, mut last) in kinds {
        loop {
            let began = Instant::now();
            let rows = store.read(statement, params![period, last.clone(), KEYS_A_READING]).await?;
            for row in &rows {
                last = row.get(0)?;
                prints.push(match &last {
                    Value::Text(text) => Print::of(kind, text.as_bytes()),
                    Value::Blob(bytes) => Print::of(kind, bytes),
                    Value::Null | Value::Int(_) => continue,
                });
            }
            if (rows.len() as i64) < KEYS_A_READING {
                break;
            }
            tokio::time::sleep(began.elapsed() * rest_for_work).await;
        }
    }
    prints.sort_unstable();
    prints.dedup();
    Ok(prints)
}

/// Forgets the lists of periods that have nothing left from a time on.
pub(super) async fn forget_ended(store: &Store, before: Timestamp) -> Result<(), StoreError> {
    if store.read_one(&ENDED_PERIOD, params![before]).await?.is_none() {
        return Ok(());
    }
    for first in (0..BUCKETS).step_by(BUCKETS_A_BATCH as usize) {
        let mut batch = Batch::new();
        batch.change(
            &REMOVE_ENDED_KEYS,
            params![i64::from(first), i64::from(first + BUCKETS_A_BATCH), before],
        );
        store.write(batch).await?;
    }
    Ok(())
}

/// How long after a look that found nothing to list the next one comes.
pub(super) const LOOK_AGAIN: Duration = Duration::from_secs(10);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_print_is_of_its_kind_and_key() {
        let person: Pseudonym = "30".repeat(16).parse().unwrap();
        let as_case = std::str::from_utf8(person.as_bytes()).unwrap();
        assert_ne!(Print::of_person(&person), Print::of_case(as_case), "the same bytes");
        assert_ne!(Print::of_case("H26.01-1"), Print::of_case("H26.01-2"));
        let print = Print::of_case("H26.01-1");
        assert_eq!(print, Print::of_case("H26.01-1"));
        let [high, low] = print.in_bucket();
        assert_eq!(print.bucket() << 16 | u32::from(high) << 8 | u32::from(low), print.0);
        assert!(print.bucket() < BUCKETS);
    }
}
