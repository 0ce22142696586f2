//! When which key signs tokens. Every key belongs to a period of 30 days and is made, and published, a period ahead, so that
//! whoever keeps the key set for a while has a key before it signs; it stays published for a period after.

use jiff::Timestamp;
use std::ops::RangeInclusive;

/// Length of a period, in seconds.
const PERIOD_SECONDS: i64 = 30 * 24 * 3_600;

/// The period whose key signs.
pub fn signing_period(now: Timestamp) -> i64 {
    now.as_second().div_euclid(PERIOD_SECONDS)
}

/// The periods whose keys are published.
pub fn published_periods(now: Timestamp) -> RangeInclusive<i64> {
    let this = signing_period(now);
    this - 1..=this + 1
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn a_key_is_known_long_before_and_after_it_signs(second in 0_i64..4_000_000_000, apart in -PERIOD_SECONDS..=PERIOD_SECONDS) {
            let at = |second| Timestamp::from_second(second).unwrap();
            // Whoever read the key set up to a period ago, or reads it up to a period from now, finds the key of now.
            prop_assume!(second + apart >= 0);
            prop_assert!(published_periods(at(second + apart)).contains(&signing_period(at(second))));
        }
    }
}
