//! What others attest of this node's ledger, and how each of them has answered.

use jiff::Timestamp;
use store::{Batch, Row, Store, StoreError, params};

store::statements! {
    /// Keeps an attested checkpoint, or what came to it later.
    PUT_ATTESTATION = "INSERT INTO attestations (ledger, size, at, note, time_stamp) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (ledger, size) DO UPDATE SET note = excluded.note, time_stamp = excluded.time_stamp";
    /// The first attested checkpoint of a ledger of more than so many entries.
    FIRST_ATTESTATION = "SELECT size, at, note, time_stamp FROM attestations
        WHERE ledger = $1 AND size > $2 ORDER BY size LIMIT 1";
    /// The newest attested checkpoint of a ledger.
    LAST_ATTESTATION = "SELECT size, at, note, time_stamp FROM attestations
        WHERE ledger = $1 ORDER BY size DESC LIMIT 1";
    /// Notes how an attester answered.
    PUT_ATTESTER = "INSERT INTO attesters (ledger, name, size, attested_at, asked_at, fault)
        VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT (ledger, name) DO UPDATE SET size = excluded.size, attested_at = excluded.attested_at,
            asked_at = excluded.asked_at, fault = excluded.fault";
    /// All attesters of a ledger.
    ATTESTERS = "SELECT name, size, attested_at, asked_at, fault FROM attesters WHERE ledger = $1 ORDER BY name LIMIT 100";
}

/// A checkpoint of this node's ledger that others attested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attestation {
    /// How many entries it covers.
    pub size: u64,
    /// When this node had it attested, by its own clock.
    pub at: Timestamp,
    /// The signed checkpoint with the cosignatures.
    pub note: String,
    /// A time-stamp token over the checkpoint's text (RFC 3161), DER.
    pub time_stamp: Option<Vec<u8>>,
}

/// How somebody who attests this node's checkpoints has answered last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Attester {
    /// Name of the witness's key, or address of the time-stamp authority.
    pub name: String,
    /// The size it attested last; 0 before the first.
    pub size: u64,
    /// When it did, by this node's clock.
    pub attested_at: Option<Timestamp>,
    /// When it was asked last.
    pub asked_at: Timestamp,
    /// What is wrong; empty when nothing is.
    pub fault: String,
}

/// The attested checkpoint that was the first to cover the entry at `index`.
pub async fn covering(store: &Store, ledger: &str, index: u64) -> Result<Option<Attestation>, StoreError> {
    let row = store.read_one(&FIRST_ATTESTATION, params![ledger, index.cast_signed()]).await?;
    row.as_ref().map(attestation).transpose()
}

/// The newest attested checkpoint of a ledger.
pub async fn latest(store: &Store, ledger: &str) -> Result<Option<Attestation>, StoreError> {
    store.read_one(&LAST_ATTESTATION, params![ledger]).await?.as_ref().map(attestation).transpose()
}

/// All who were ever asked to attest a ledger.
pub async fn attesters(store: &Store, ledger: &str) -> Result<Vec<Attester>, StoreError> {
    let rows = store.read(&ATTESTERS, params![ledger]).await?;
    rows.iter()
        .map(|row| {
            Ok(Attester {
                name: row.get(0)?,
                size: row.get::<i64>(1)?.unsigned_abs(),
                attested_at: row.get(2)?,
                asked_at: row.get(3)?,
                fault: row.get(4)?,
            })
        })
        .collect()
}

/// Keeps an attested checkpoint of a ledger, if there is one, and how each attester answered.
pub(crate) async fn keep(
    store: &Store,
    ledger: &str,
    attestation: Option<&Attestation>,
    attesters: &[Attester],
) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    if let Some(Attestation { size, at, note, time_stamp }) = attestation {
        batch.change(
            &PUT_ATTESTATION,
            params![ledger, size.cast_signed(), *at, note.as_str(), time_stamp.clone()],
        );
    }
    for Attester { name, size, attested_at, asked_at, fault } in attesters {
        batch.change(
            &PUT_ATTESTER,
            params![ledger, name.as_str(), size.cast_signed(), *attested_at, *asked_at, fault.as_str()],
        );
    }
    store.write(batch).await
}

fn attestation(row: &Row) -> Result<Attestation, StoreError> {
    Ok(Attestation {
        size: row.get::<i64>(0)?.unsigned_abs(),
        at: row.get(1)?,
        note: row.get(2)?,
        time_stamp: row.get(3)?,
    })
}
