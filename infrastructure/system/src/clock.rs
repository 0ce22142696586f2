//! The time as a parameter (rule 5 of the house).

use jiff::{SignedDuration, Timestamp, civil::Date, tz::Offset};
use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

/// Tells the time. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Source);

#[derive(Clone)]
enum Source {
    Real,
    Held(Arc<AtomicI64>),
}

impl Clock {
    /// The machine's clock.
    pub fn real() -> Self {
        Self(Source::Real)
    }

    /// A clock that stands still until it is moved.
    pub fn held_at(time: Timestamp) -> Self {
        Self(Source::Held(Arc::new(AtomicI64::new(time.as_microsecond()))))
    }

    /// Now, to the microsecond.
    // The one place of the house that reads the machine's clock.
    #[allow(clippy::disallowed_methods)]
    pub fn now(&self) -> Timestamp {
        match &self.0 {
            Source::Real => {
                let now = Timestamp::now();
                Timestamp::from_microsecond(now.as_microsecond()).unwrap_or(now)
            }
            Source::Held(at) => {
                Timestamp::from_microsecond(at.load(Ordering::SeqCst)).unwrap_or(Timestamp::MAX)
            }
        }
    }

    /// The day it is in Vietnam.
    pub fn today(&self) -> Date {
        day_in_vietnam(self.now())
    }

    /// Moves a held clock; does nothing to the machine's.
    pub fn advance(&self, by: SignedDuration) {
        if let Source::Held(at) = &self.0 {
            at.fetch_add(i64::try_from(by.as_micros()).unwrap_or(i64::MAX), Ordering::SeqCst);
        }
    }
}

/// The day it is in Vietnam (UTC+7 all year) at a time.
pub fn day_in_vietnam(time: Timestamp) -> Date {
    Offset::constant(7).to_datetime(time).date()
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Clock({})", self.now())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_day_in_vietnam_begins_at_17_utc() {
        for (time, day) in [("2026-11-21T16:59:59Z", "2026-11-21"), ("2026-11-21T17:00:00Z", "2026-11-22")] {
            assert_eq!(day_in_vietnam(time.parse().unwrap()).to_string(), day);
        }
    }

    #[test]
    fn a_held_clock_moves_only_when_moved() {
        let clock = Clock::held_at("2026-01-01T00:00:00Z".parse().unwrap());
        let copy = clock.clone();
        clock.advance(SignedDuration::from_secs(60));
        assert_eq!(copy.now().to_string(), "2026-01-01T00:01:00Z");
    }
}
