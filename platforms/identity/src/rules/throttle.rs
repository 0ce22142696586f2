//! How guessing passwords is slowed down without locking anybody out.
//!
//! Guesses are counted in lanes. Each browser that has signed in to an account before has a lane of its own for it; all
//! other browsers share one. Whoever guesses from elsewhere fills only that one: the owner goes on in their browsers, and
//! from a strange one with a passkey or with the recovery key, which can't be guessed and have no lane.

use jiff::{SignedDuration, Timestamp};

/// Wrong guesses that cost no waiting.
const FREE_GUESSES: i64 = 5;
/// The first wait, in seconds; it doubles with each further wrong guess.
const FIRST_WAIT_SECONDS: i64 = 30;
/// The longest wait, in seconds: at most 100 guesses a day are made in a lane.
const LONGEST_WAIT_SECONDS: i64 = 900;
/// Wrong guesses are forgotten after so many hours without another.
const FORGET_HOURS: i64 = 24;

/// Lanes last used before this count no more.
pub fn forget_before(now: Timestamp) -> Timestamp {
    now.checked_sub(SignedDuration::from_hours(FORGET_HOURS)).unwrap_or(Timestamp::MIN)
}

/// Wrong guesses of a lane.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Lane {
    /// How many since the last right one.
    pub failures: i64,
    /// When the last was made; `None` where there was none.
    pub last_at: Option<Timestamp>,
}

impl Lane {
    /// The wait before the next guess, if there is one. A clock that went back makes nobody wait longer than the longest
    /// wait.
    pub fn wait(&self, now: Timestamp) -> Option<SignedDuration> {
        let last_at = self.last_at?;
        let beyond = self.failures - FREE_GUESSES;
        if beyond < 0 {
            return None;
        }
        let doubled = FIRST_WAIT_SECONDS.saturating_mul(1 << beyond.min(16));
        let wait = SignedDuration::from_secs(doubled.min(LONGEST_WAIT_SECONDS));
        let passed = now.duration_since(last_at).max(SignedDuration::ZERO);
        (passed < wait).then(|| wait - passed)
    }

    /// The lane with one guess more, counted before it is checked so that guesses made at once are all counted.
    pub fn with_guess(&self, now: Timestamp) -> Self {
        let forget = SignedDuration::from_hours(FORGET_HOURS);
        let is_old = self.last_at.is_some_and(|last_at| now.duration_since(last_at) >= forget);
        Self { failures: if is_old { 1 } else { self.failures.saturating_add(1) }, last_at: Some(now) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_000_000 + seconds).unwrap()
    }

    #[test]
    fn waits_grow_and_end() {
        for (failures, after, expected) in [
            (0, 0, None),
            (4, 0, None),
            (5, 0, Some(30)),
            (5, 29, Some(1)),
            (5, 30, None),
            (6, 0, Some(60)),
            (9, 0, Some(480)),
            (10, 0, Some(900)),
            (i64::MAX, 0, Some(900)),
            (i64::MAX, 900, None),
            (10, -100_000, Some(900)),
        ] {
            let lane = Lane { failures, last_at: Some(at(0)) };
            assert_eq!(lane.wait(at(after)).map(|wait| wait.as_secs()), expected, "{failures} {after}");
        }
        assert_eq!(Lane::default().wait(at(0)), None);
    }

    #[test]
    fn a_day_of_guessing_is_about_a_hundred_guesses() {
        let (mut lane, mut now, mut guesses) = (Lane::default(), at(0), 0);
        while now < at(86_400) {
            match lane.wait(now) {
                Some(wait) => now += wait,
                None => {
                    lane = lane.with_guess(now);
                    guesses += 1;
                }
            }
        }
        assert!((90..=110).contains(&guesses), "{guesses}");
    }

    #[test]
    fn a_day_without_guesses_is_forgiven() {
        let lane = Lane { failures: 40, last_at: Some(at(0)) };
        assert_eq!(lane.with_guess(at(86_399)).failures, 41);
        assert_eq!(lane.with_guess(at(86_400)).failures, 1);
    }
}
