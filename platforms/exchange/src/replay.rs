//! Refuses a message that has come before.
//!
//! A sender's ledger gives every message an index of its own, so a message is known by sender and index. Only those
//! young enough to be taken at all need to be remembered, in two generations that follow each other.

use std::{
    collections::HashSet,
    sync::{Arc, Mutex, PoisonError},
};

/// A message older than this, or this far in the future, is refused, in seconds. Clocks of nodes may differ by less.
pub const AGE_LIMIT_SECONDS: i64 = 300;

const AGE_LIMIT_MICROS: i64 = AGE_LIMIT_SECONDS * 1_000_000;

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
    young: HashSet<(Arc<str>, u64)>,
    old: HashSet<(Arc<str>, u64)>,
}

impl Replay {
    /// Remembers nothing; refuses whatever was sealed before `floor_micros`.
    pub fn new(floor_micros: i64, now_micros: i64) -> Self {
        let state = State { floor_micros, began_micros: now_micros, young: HashSet::new(), old: HashSet::new() };
        Self { state: Mutex::new(state) }
    }

    /// Takes note of a message, or says why it is not to be taken.
    pub fn take(&self, sender: &Arc<str>, index: u64, sealed_micros: i64, now_micros: i64) -> Result<(), Replayed> {
        let mut state = self.state.lock().unwrap_or_else(PoisonError::into_inner);
        if sealed_micros > now_micros + AGE_LIMIT_MICROS {
            return Err(Replayed::InTheFuture);
        }
        if sealed_micros < (now_micros - AGE_LIMIT_MICROS).max(state.floor_micros) {
            return Err(Replayed::TooOld);
        }
        // A message may be taken from AGE_LIMIT before its sender's time until AGE_LIMIT after it.
        if now_micros - state.began_micros > 2 * AGE_LIMIT_MICROS {
            state.old = std::mem::take(&mut state.young);
            state.began_micros = now_micros;
        }
        let key = (sender.clone(), index);
        if state.old.contains(&key) || !state.young.insert(key) {
            return Err(Replayed::Again);
        }
        Ok(())
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
            ("fast clock", &a, 4, start + 301 * second, start, Err(Replayed::InTheFuture)),
            ("a little fast", &a, 5, start + 299 * second, start, Ok(())),
            ("again, as late as may be", &a, 5, start + 299 * second, start + 598 * second, Err(Replayed::Again)),
        ] {
            assert_eq!(replay.take(sender, index, sealed, now), expected, "{case}");
        }
    }

    #[test]
    fn generations_follow_each_other_without_a_gap() {
        let replay = Replay::new(0, 0);
        let sender: Arc<str> = "a".into();
        let step = AGE_LIMIT_MICROS / 3;
        for turn in 0..40 {
            let now = turn * step;
            assert_eq!(replay.take(&sender, turn as u64, now, now), Ok(()));
            for back in 0..=3.min(turn) {
                let earlier = turn - back;
                assert!(replay.take(&sender, earlier as u64, earlier * step, now).is_err(), "turn {turn} back {back}");
            }
        }
    }
}
