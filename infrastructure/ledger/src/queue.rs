//! The bounded queue of entries that wait for the next batch.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::{Semaphore, oneshot};

use crate::error::LedgerError;
use crate::ledger::Sealed;
use crate::record::Item;

/// What an entry in the queue counts for beside its own bytes.
const ENTRY_OVERHEAD_BYTES: usize = 256;

/// How long entries nobody waits for may be left in the queue, in milliseconds.
const UNWAITED_LIMIT_MILLIS: u64 = 20;
/// With so many entries a batch does not wait for more: one sync costs each of them little, and the next ones are better
/// gathered while it lasts.
const BATCH_ENTRIES: usize = 32;
/// How much of what nobody waits for may gather there, in bytes.
const UNWAITED_LIMIT_BYTES: usize = 1 << 20;

/// How a caller is told what became of its entry.
pub(crate) type Reply = oneshot::Sender<Result<Sealed, LedgerError>>;

/// An entry and, if someone waits for it, how to tell them.
pub(crate) struct Waiting {
    pub(crate) entry: Vec<u8>,
    pub(crate) annex: Vec<u8>,
    pub(crate) reply: Option<Reply>,
}

impl Waiting {
    /// What of it goes into the record.
    pub(crate) fn item(&self) -> Item<'_> {
        Item { entry: &self.entry, annex: &self.annex }
    }

    /// How much room it takes in the queue, in bytes.
    pub(crate) fn cost(&self) -> u32 {
        // Entries and annexes are limited to some hundred thousand bytes, so this never cuts a number off.
        (self.entry.len() + self.annex.len() + ENTRY_OVERHEAD_BYTES) as u32
    }
}

/// What is to be the next batch.
pub(crate) struct Taken {
    pub(crate) entries: Vec<Waiting>,
    /// How long the first of them has waited.
    pub(crate) gathered: Duration,
}

pub(crate) struct Queue {
    state: Mutex<State>,
    arrived: Condvar,
    /// One permit for each byte that still has room.
    room: Semaphore,
}

#[derive(Default)]
struct State {
    waiting: Vec<Waiting>,
    /// When the first of them came.
    since: Option<Instant>,
    cost: usize,
    taker_sleeps: bool,
    /// The entries are to be taken: those who wait for some have gathered, or they have become many.
    is_due: bool,
    /// Somebody who waits for one of them looks out for others to come.
    gathers: bool,
    /// Counts how often the entries were taken.
    round: u64,
    closed: bool,
}

/// Held by the first who waits for an entry of the next batch, for as long as others are expected. The entries are due when it
/// is dropped.
pub(crate) struct Gathering<'a> {
    queue: &'a Queue,
    round: u64,
}

impl Gathering<'_> {
    /// Returns when a turn of the runtime has brought no more entries: all who were ready to append have, and the processor
    /// has nothing better to do than to have them written. A batch that is large enough does not wait for more.
    pub(crate) async fn until_no_more_come(&self) {
        let mut gathered = 0;
        while let Some(now) = self.queue.gathered(self.round).filter(|now| *now > gathered) {
            gathered = now;
            tokio::task::yield_now().await;
        }
    }
}

impl Drop for Gathering<'_> {
    fn drop(&mut self) {
        self.queue.flush(self.round);
    }
}

impl State {
    /// The entries are taken; the next are another batch.
    fn begin_round(&mut self) {
        self.round += 1;
        self.is_due = false;
        self.gathers = false;
    }
}

impl Queue {
    pub(crate) fn new(limit_bytes: usize) -> Self {
        Queue { state: Mutex::default(), arrived: Condvar::new(), room: Semaphore::new(limit_bytes) }
    }

    /// Adds an entry that somebody waits for, once there is room for it. Whoever is the first of a batch gathers the others.
    pub(crate) async fn push(&self, waiting: Waiting) -> Result<Option<Gathering<'_>>, LedgerError> {
        let room = self.room.acquire_many(waiting.cost()).await.map_err(|_| LedgerError::Closed)?;
        room.forget();
        let mut state = self.add(waiting)?;
        if state.waiting.len() >= BATCH_ENTRIES {
            state.is_due = true;
            self.wake(&mut state);
        }
        let (is_first, round) = (!std::mem::replace(&mut state.gathers, true), state.round);
        drop(state);
        Ok(is_first.then(|| Gathering { queue: self, round }))
    }

    /// How many entries wait, if they are still those of this round and more of them may be waited for.
    fn gathered(&self, round: u64) -> Option<usize> {
        let state = self.lock();
        let count = state.waiting.len();
        (state.round == round && !state.is_due && count < BATCH_ENTRIES).then_some(count)
    }

    /// Has the entries of this round taken at once.
    fn flush(&self, round: u64) {
        let mut state = self.lock();
        if state.round == round && !state.waiting.is_empty() {
            state.is_due = true;
            self.wake(&mut state);
        }
    }

    /// Adds an entry if there is room for it now.
    pub(crate) fn try_push(&self, waiting: Waiting) -> Result<(), LedgerError> {
        match self.room.try_acquire_many(waiting.cost()) {
            Ok(room) => room.forget(),
            Err(tokio::sync::TryAcquireError::NoPermits) => return Err(LedgerError::QueueFull),
            Err(tokio::sync::TryAcquireError::Closed) => return Err(LedgerError::Closed),
        }
        let mut state = self.add(waiting)?;
        state.is_due |= state.cost >= UNWAITED_LIMIT_BYTES;
        self.wake(&mut state);
        Ok(())
    }

    fn add(&self, waiting: Waiting) -> Result<MutexGuard<'_, State>, LedgerError> {
        let mut state = self.lock();
        if state.closed {
            return Err(LedgerError::Closed);
        }
        state.cost += waiting.cost() as usize;
        state.since.get_or_insert_with(Instant::now);
        state.waiting.push(waiting);
        Ok(state)
    }

    /// Wakes the taker. That is a system call, so it is made only for one that sleeps, and one that dozes is left to doze
    /// by entries nobody waits for.
    fn wake(&self, state: &mut State) {
        if state.taker_sleeps && (state.is_due || state.waiting.len() == 1) {
            state.taker_sleeps = false;
            self.arrived.notify_one();
        }
    }

    /// Everything in the queue, in order; sleeps while that is nothing. Entries nobody waits for are left a moment for
    /// others to come, so that they share a batch. `None` once the queue is closed and empty.
    pub(crate) fn take_all(&self) -> Option<Taken> {
        let mut state = self.lock();
        let mut dozing_since = None;
        while !state.is_due && (!state.closed || state.waiting.is_empty()) {
            if state.closed {
                return None;
            }
            state.taker_sleeps = true;
            if state.waiting.is_empty() {
                state = self.arrived.wait(state).unwrap_or_else(PoisonError::into_inner);
                continue;
            }
            let limit = Duration::from_millis(UNWAITED_LIMIT_MILLIS);
            let Some(left) = limit.checked_sub(dozing_since.get_or_insert_with(Instant::now).elapsed())
            else {
                break;
            };
            state = self.arrived.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0;
        }
        state.taker_sleeps = false;
        state.begin_round();
        let next = Vec::with_capacity(state.waiting.len());
        let entries = std::mem::replace(&mut state.waiting, next);
        let cost = std::mem::take(&mut state.cost);
        let gathered = state.since.take().map_or(Duration::ZERO, |since| since.elapsed());
        drop(state);
        self.room.add_permits(cost);
        Some(Taken { entries, gathered })
    }

    /// Everything in the queue, in order; `None` when that is nothing.
    #[cfg(feature = "testing")]
    pub(crate) fn take_now(&self) -> Option<Vec<Waiting>> {
        let mut state = self.lock();
        let taken = std::mem::take(&mut state.waiting);
        state.since = None;
        state.begin_round();
        self.room.add_permits(std::mem::take(&mut state.cost));
        Some(taken).filter(|taken| !taken.is_empty())
    }

    /// Lets no more entries in.
    pub(crate) fn close(&self) {
        self.room.close();
        self.lock().closed = true;
        self.arrived.notify_one();
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        // The state is whole between any two statements that hold the lock, so a panic elsewhere doesn't spoil it.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(reply: Option<Reply>) -> Waiting {
        Waiting { entry: b"entry".to_vec(), annex: Vec::new(), reply }
    }

    /// Whoever waits for an entry is not held up for longer than one batch by entries that nobody waits for.
    #[tokio::test]
    async fn a_batch_that_is_large_enough_is_gathered_no_longer() {
        let queue = Queue::new(1 << 20);
        let Ok(Some(gathering)) = queue.push(waiting(Some(oneshot::channel().0))).await else {
            panic!("the first gathers");
        };
        let Ok(None) = queue.push(waiting(Some(oneshot::channel().0))).await else {
            panic!("the second does not");
        };
        for count in 2..BATCH_ENTRIES {
            assert_eq!(queue.gathered(gathering.round), Some(count));
            assert!(queue.try_push(waiting(None)).is_ok());
        }
        assert_eq!(queue.gathered(gathering.round), None);
        drop(gathering);
        assert_eq!(queue.take_all().map(|taken| taken.entries.len()), Some(BATCH_ENTRIES));
    }
}
