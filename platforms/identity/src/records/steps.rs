//! Steps that wait for an answer, and lanes of guesses.

use super::damaged;
use crate::{model::Step, rules::throttle::Lane};
use jiff::Timestamp;
use store::{Batch, Store, StoreError, params, statements};

statements! {
    /// Begins a step.
    BEGIN_STEP = "INSERT INTO steps (hash, kind, content, attempts, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5, $6)";
    /// Forgets steps nobody went on with.
    FORGET_STEPS = "DELETE FROM steps WHERE expires_at < $1";
    /// A step that waits.
    STEP = "SELECT content, attempts, issued_at, expires_at FROM steps WHERE hash = $1";
    /// Takes one of the answers a step allows, if as many are left as were read.
    TAKE_ATTEMPT = "UPDATE steps SET attempts = attempts - 1 WHERE hash = $1 AND attempts = $2 AND attempts > 0";
    /// Ends a step; whoever ends it goes on, and nobody else.
    END_STEP = "DELETE FROM steps WHERE hash = $1";

    /// A lane of guesses.
    LANE = "SELECT failures, last_at FROM lanes WHERE lane = $1";
    /// Begins a lane.
    BEGIN_LANE = "INSERT INTO lanes (lane, failures, last_at) VALUES ($1, $2, $3)";
    /// Counts in a lane that stands as it was read.
    COUNT_GUESS = "UPDATE lanes SET failures = $2, last_at = $3 WHERE lane = $1 AND failures = $4 AND last_at = $5";
    /// Notes that a guess was wrong.
    WRONG_GUESS = "UPDATE lanes SET last_at = $2 WHERE lane = $1";
    /// Forgets lanes in which nobody has guessed for long.
    FORGET_LANES = "DELETE FROM lanes WHERE last_at < $1";
    /// Forgets the guesses of a lane.
    CLEAR_LANE = "DELETE FROM lanes WHERE lane = $1";
}

/// A step that waits.
#[derive(Debug, Clone)]
pub(crate) struct Waiting {
    pub(crate) step: Step,
    pub(crate) attempts: i64,
    pub(crate) issued_at: Timestamp,
    pub(crate) expires_at: Timestamp,
}

/// Begins a step.
pub(crate) fn begin_step(batch: &mut Batch, hash: [u8; 32], waiting: &Waiting) -> Result<(), StoreError> {
    let content = serde_json::to_string(&waiting.step)
        .map_err(|_| damaged("BEGIN_STEP", 3, "a step that can be written as JSON"))?;
    batch.change(&FORGET_STEPS, params![waiting.issued_at]);
    batch.change_one(
        &BEGIN_STEP,
        params![hash, waiting.step.code(), content, waiting.attempts, waiting.issued_at, waiting.expires_at],
    );
    Ok(())
}

/// A step that waits.
pub(crate) async fn step(store: &Store, hash: [u8; 32]) -> Result<Option<Waiting>, StoreError> {
    let Some(row) = store.read_one(&STEP, params![hash]).await? else { return Ok(None) };
    let content: String = row.get(0)?;
    let step = serde_json::from_str(&content).map_err(|_| damaged("STEP", 0, "a step"))?;
    Ok(Some(Waiting { step, attempts: row.get(1)?, issued_at: row.get(2)?, expires_at: row.get(3)? }))
}

/// A lane of guesses.
pub(crate) async fn lane(store: &Store, lane: &str) -> Result<Lane, StoreError> {
    let Some(row) = store.read_one(&LANE, params![lane]).await? else { return Ok(Lane::default()) };
    Ok(Lane { failures: row.get(0)?, last_at: Some(row.get(1)?) })
}

/// Counts a guess in a lane, if it stands as it was read. Whoever begins one forgets those that count no more.
pub(crate) fn count_guess(
    batch: &mut Batch,
    lane: &str,
    read: &Lane,
    counted: &Lane,
    forget_before: Timestamp,
) {
    match read.last_at {
        None => batch
            .change(&FORGET_LANES, params![forget_before])
            .change_one(&BEGIN_LANE, params![lane, counted.failures, counted.last_at]),
        Some(last_at) => batch.change_one(
            &COUNT_GUESS,
            params![lane, counted.failures, counted.last_at, read.failures, last_at],
        ),
    };
}
