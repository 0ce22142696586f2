//! What this node knows of other ledgers as their witness.

use jiff::Timestamp;
use ledger::{Fork, ForkKind, Hash};
use store::{Batch, Row, Store, StoreError, params};

/// Most pieces of evidence of one kind that are kept of one ledger: two roots prove no more than these do.
const EVIDENCE_LIMIT: i64 = 16;
/// Most rows of a list.
const LIST_LIMIT: i64 = 1_000;

store::statements! {
    /// The checkpoint of a ledger that was cosigned last.
    WITNESSED = "SELECT ledger, size, at, note FROM witnessed WHERE ledger = $1";
    /// All ledgers that were ever cosigned.
    ALL_WITNESSED = "SELECT ledger, size, at, note FROM witnessed ORDER BY ledger LIMIT $1";
    /// Keeps a checkpoint, if the one cosigned last still has the size that was compared with.
    PUT_WITNESSED = "INSERT INTO witnessed (ledger, size, at, note) VALUES ($1, $2, $3, $4)
        ON CONFLICT (ledger) DO UPDATE SET size = excluded.size, at = excluded.at, note = excluded.note
        WHERE witnessed.size = $5";
    /// How much evidence of one kind there is of a ledger.
    COUNT_FORKS = "SELECT count(*) FROM forks WHERE ledger = $1 AND kind = $2";
    /// Keeps evidence.
    PUT_FORK = "INSERT INTO forks (id, ledger, at, kind, evidence) VALUES ($1, $2, $3, $4, $5) ON CONFLICT (id) DO NOTHING";
    /// All evidence, the oldest first.
    FORKS = "SELECT id, ledger, at, kind, evidence FROM forks ORDER BY at, id LIMIT $1";
    /// One piece of evidence.
    FORK = "SELECT id, ledger, at, kind, evidence FROM forks WHERE id = $1";
}

/// The checkpoint of a ledger that this node cosigned last.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Witnessed {
    /// The ledger, by its verifier key: with another key it is another ledger.
    pub ledger: String,
    /// How many entries it had.
    pub size: u64,
    /// When it was cosigned.
    pub at: Timestamp,
    /// The signed checkpoint with this node's cosignature.
    pub note: String,
}

/// Evidence against a ledger.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeptFork {
    /// SHA-256 of the evidence.
    pub id: Hash,
    /// The ledger, by its verifier key: with another key it is another ledger.
    pub ledger: String,
    /// When it was found.
    pub at: Timestamp,
    /// What it proves.
    pub kind: ForkKind,
    /// The evidence, as text.
    pub evidence: String,
}

const KINDS: [(ForkKind, &str); 3] = [
    (ForkKind::TwoRoots, "two-roots"),
    (ForkKind::OtherBeginning, "other-beginning"),
    (ForkKind::Unproven, "unproven"),
];

/// The checkpoint of this ledger that was cosigned last.
pub async fn of_ledger(store: &Store, ledger: &str) -> Result<Option<Witnessed>, StoreError> {
    store.read_one(&WITNESSED, params![ledger]).await?.as_ref().map(witnessed).transpose()
}

/// All ledgers that were ever cosigned.
pub async fn all(store: &Store) -> Result<Vec<Witnessed>, StoreError> {
    store.read(&ALL_WITNESSED, params![LIST_LIMIT]).await?.iter().map(witnessed).collect()
}

/// Keeps a cosigned checkpoint, durably, if the one before it still has the size `old`; otherwise
/// [`StoreError::Conflict`].
pub(crate) async fn keep(store: &Store, old: u64, new: &Witnessed) -> Result<(), StoreError> {
    let mut batch = Batch::new();
    let Witnessed { ledger, size, at, note } = new;
    batch.change_one(
        &PUT_WITNESSED,
        params![ledger.as_str(), size.cast_signed(), *at, note.as_str(), old.cast_signed()],
    );
    store.write(batch).await
}

/// All evidence against ledgers, the oldest first.
pub async fn forks(store: &Store) -> Result<Vec<KeptFork>, StoreError> {
    store.read(&FORKS, params![LIST_LIMIT]).await?.iter().map(fork).collect()
}

/// The evidence with this identifier.
pub async fn fork_of(store: &Store, id: Hash) -> Result<Option<KeptFork>, StoreError> {
    store.read_one(&FORK, params![id.as_bytes()]).await?.as_ref().map(fork).transpose()
}

/// Keeps evidence against a ledger, durably, unless there is enough of its kind.
pub(crate) async fn keep_fork(
    store: &Store,
    ledger: &str,
    kind: ForkKind,
    evidence: &Fork,
    at: Timestamp,
) -> Result<(), StoreError> {
    let word = KINDS.iter().find(|(known, _)| *known == kind).map_or("", |(_, word)| word);
    let known = store.read_one(&COUNT_FORKS, params![ledger, word]).await?;
    if known.map_or(Ok(0), |row| row.get::<i64>(0))? >= EVIDENCE_LIMIT {
        return Ok(());
    }
    let evidence = evidence.to_string();
    let id = Hash::of(evidence.as_bytes());
    let mut batch = Batch::new();
    batch.change(&PUT_FORK, params![id.as_bytes(), ledger, at, word, evidence]);
    store.write(batch).await
}

fn witnessed(row: &Row) -> Result<Witnessed, StoreError> {
    Ok(Witnessed {
        ledger: row.get(0)?,
        size: row.get::<i64>(1)?.unsigned_abs(),
        at: row.get(2)?,
        note: row.get(3)?,
    })
}

fn fork(row: &Row) -> Result<KeptFork, StoreError> {
    let word: String = row.get(3)?;
    Ok(KeptFork {
        id: Hash::new(row.get(0)?),
        ledger: row.get(1)?,
        at: row.get(2)?,
        kind: KINDS.iter().find(|(_, known)| *known == word).map_or(ForkKind::Unproven, |(kind, _)| *kind),
        evidence: row.get(4)?,
    })
}
