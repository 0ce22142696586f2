//! How often each client may still call.

use super::{GrantKey, Rate};
use contracts::SystemId;
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Pairs of client and grant that are counted at most; beyond, those that have rested are forgotten first.
const COUNTED_LIMIT: usize = 100_000;
const MINUTE_MICROS: i64 = 60_000_000;
const SECOND_MICROS: i64 = 1_000_000;

/// Counts calls by client and grant. Each pair has one number: when the calls so far would have come if they came evenly
/// (the generic cell rate algorithm, ITU-T I.371). A call may come a burst earlier than that.
#[derive(Default)]
pub(crate) struct Rates {
    even: Mutex<HashMap<(SystemId, GrantKey), i64>>,
}

impl Rates {
    /// Counts a call against the first of these grants that still allows one; otherwise says in how many seconds one does.
    pub(crate) fn take(
        &self,
        client: &SystemId,
        allowed: &[(GrantKey, Rate)],
        now: Timestamp,
    ) -> Result<(), u64> {
        if allowed.is_empty() {
            return Ok(());
        }
        let now = now.as_microsecond();
        let mut even = self.even.lock().unwrap_or_else(PoisonError::into_inner);
        let mut shortest_wait = i64::MAX;
        for (grant, rate) in allowed {
            let apart = MINUTE_MICROS / i64::from(rate.calls_per_minute.get());
            let burst = apart * i64::from(rate.burst.get() - 1);
            let key = (client.clone(), *grant);
            let due = even.get(&key).copied().unwrap_or(now).max(now);
            let wait = due - burst - now;
            if wait <= 0 {
                if even.len() >= COUNTED_LIMIT {
                    even.retain(|_, due| *due > now);
                }
                even.insert(key, due + apart);
                return Ok(());
            }
            shortest_wait = shortest_wait.min(wait);
        }
        Err((shortest_wait + SECOND_MICROS - 1).unsigned_abs() / SECOND_MICROS.unsigned_abs())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::num::NonZeroU32;

    fn rate(calls_per_minute: u32, burst: u32) -> Rate {
        let number = |n| NonZeroU32::new(n).unwrap();
        Rate { calls_per_minute: number(calls_per_minute), burst: number(burst) }
    }

    #[test]
    fn calls_come_evenly_after_a_burst() {
        let (rates, client) = (Rates::default(), "VN/GOV/G15/x".parse().unwrap());
        let other = "VN/GOV/G15/y".parse().unwrap();
        let allowed = [(1, rate(6, 3))];
        let second = |second: i64| Timestamp::from_second(second).unwrap();
        for (at, expected) in [
            (0, Ok(())),
            (0, Ok(())),
            (0, Ok(())),
            (0, Err(10)),
            (9, Err(1)),
            (10, Ok(())),
            (10, Err(10)),
            (100, Ok(())),
            (100, Ok(())),
            (100, Ok(())),
            (100, Err(10)),
        ] {
            assert_eq!(rates.take(&client, &allowed, second(at)), expected, "at {at}");
        }
        assert_eq!(rates.take(&other, &allowed, second(100)), Ok(()), "each client has its own");
        assert_eq!(
            rates.take(&client, &[(1, rate(6, 3)), (2, rate(1, 1))], second(100)),
            Ok(()),
            "the second grant"
        );
        assert_eq!(
            rates.take(&client, &[(1, rate(6, 3)), (2, rate(1, 1))], second(100)),
            Err(10),
            "the shorter wait"
        );
        assert_eq!(rates.take(&client, &[], second(100)), Ok(()), "no limit");
    }
}
