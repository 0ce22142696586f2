//! Refuses a message that has come before.
//!
//! A sender's ledger gives every message an index of its own, so a message is known by sender and index. Only those
//! young enough to be taken at all need to be remembered, in two generations that follow each other.

use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
};

/// A message sealed longer ago than this is refused, in seconds. Clocks of nodes may differ by less.
pub const AGE_LIMIT_SECONDS: i64 = 300;
/// A message sealed this far in the future is refused, in seconds: its sender's clock is fast.
pub const AHEAD_LIMIT_SECONDS: i64 = 60;
/// For how long after it came a message must be remembered, in seconds: one whose sender's clock is fast can come again
/// until then.
pub const REMEMBERED_SECONDS: i64 = AGE_LIMIT_SECONDS + AHEAD_LIMIT_SECONDS;

const MICROS_A_SECOND: i64 = 1_000_000;

/// Why a message is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Replayed {
    /// It has come before.
    Again,
    /// It was sealed too long ago, or its sender's clock is slow.
    TooOld,
    /// Its sender's clock is fast.
    InTheFuture,
}

/// Remembers what has come.
pub struct Replay {
    state: Mutex<State>,
}

struct State {
    /// Messages sealed before this are refused; what came then is not remembered.
    floor_micros: i64,
    began_micros: i64,
    young: Generation,
    old: Generation,
}

/// The messages of each sender, by index.
type Generation = HashMap<Arc<str>, HashSet<u64>>;

impl Replay {
    /// Remembers nothing; refuses whatever was sealed before `floor_micros`.
    pub fn new(floor_micros: i64, now_micros: i64) -> Self {
        let state =
            State { floor_micros, began_micros: now_micros, young: HashMap::new(), old: HashMap::new() };
        Self { state: Mutex::new(state) }
    }

    /// Takes note of a message, or says why it is not to be taken.
    pub fn take(
        &self,
        sender: &Arc<str>,
        index: u64,
        sealed_micros: i64,
        now_micros: i64,
    ) -> Result<(), Replayed> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if sealed_micros > now_micros + AHEAD_LIMIT_SECONDS * MICROS_A_SECOND {
            return Err(Replayed::InTheFuture);
        }
        if sealed_micros < (now_micros - AGE_LIMIT_SECONDS * MICROS_A_SECOND).max(state.floor_micros) {
            return Err(Replayed::TooOld);
        }
        if now_micros - state.began_micros > REMEMBERED_SECONDS * MICROS_A_SECOND {
            state.old = std::mem::take(&mut state.young);
            state.began_micros = now_micros;
        }
        if state.old.get(sender).is_some_and(|taken| taken.contains(&index)) || !state.remember(sender, index)
        {
            return Err(Replayed::Again);
        }
        Ok(())
    }

    /// Takes note of a message that was taken before this node started.
    pub fn remember(&self, sender: &Arc<str>, index: u64) {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).remember(sender, index);
    }
}

impl State {
    /// True when it was not known.
    fn remember(&mut self, sender: &Arc<str>, index: u64) -> bool {
        match self.young.get_mut(sender) {
            Some(taken) => taken.insert(index),
            None => self.young.entry(sender.clone()).or_default().insert(index),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_taken_once_and_in_time() {
        let second = 1_000_000;
        let start = 10_000 * second;
        let replay = Replay::new(start - 10 * second, start);
        let (a, b): (Arc<str>, Arc<str>) = ("a".into(), "b".into());
        for (case, sender, index, sealed, now, expected) in [
            ("first", &a, 1, start, start, Ok(())),
            ("again", &a, 1, start, start + second, Err(Replayed::Again)),
            ("another sender's", &b, 1, start, start, Ok(())),
            ("before the floor", &a, 2, start - 11 * second, start, Err(Replayed::TooOld)),
            ("slow clock", &a, 3, start, start + 301 * second, Err(Replayed::TooOld)),
            ("fast clock", &a, 4, start + 61 * second, start, Err(Replayed::InTheFuture)),
            ("a little fast", &a, 5, start + 59 * second, start, Ok(())),
            (
                "again, as late as may be",
                &a,
                5,
                start + 59 * second,
                start + 358 * second,
                Err(Replayed::Again),
            ),
        ] {
            assert_eq!(replay.take(sender, index, sealed, now), expected, "{case}");
        }
    }

    #[test]
    fn generations_follow_each_other_without_a_gap() {
        let replay = Replay::new(0, 0);
        let sender: Arc<str> = "a".into();
        let step = AGE_LIMIT_SECONDS * MICROS_A_SECOND / 3;
        for turn in 0..40 {
            let now = turn * step;
            assert_eq!(replay.take(&sender, turn as u64, now, now), Ok(()));
            for back in 0..=3.min(turn) {
                let earlier = turn - back;
                assert!(
                    replay.take(&sender, earlier as u64, earlier * step, now).is_err(),
                    "turn {turn} back {back}"
                );
            }
        }
    }
}
