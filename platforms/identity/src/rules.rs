//! What the decree and the standards say: pure functions of what was read and of the time.

pub mod assurance;
pub mod authorization;
pub mod client;
pub mod code;
pub mod contact;
pub mod keys;
pub mod mandate;
pub mod organisation;
pub mod password;
pub mod post;
pub mod roster;
pub mod submission;
pub mod throttle;

use crate::model::Session;
use jiff::{SignedDuration, Timestamp, civil::Date};

/// From which age a person opens an account themselves, in years (Decree 69/2024/ND-CP article 7: citizens who have
/// reached 14).
pub const OWN_ACCOUNT_YEARS: i16 = 14;
/// How far the clock may have gone back since something that may be used only for a short time was issued, in seconds.
const CLOCK_STEP_SECONDS: i64 = 60;
/// Minutes without a request after which a session ends.
pub const SESSION_IDLE_MINUTES: i64 = 30;
/// Hours after which a session ends, used or not.
pub const SESSION_ABSOLUTE_HOURS: i64 = 12;
/// How long ago the person may have shown who they are when they change what they sign in with, in minutes.
pub const RECENT_MINUTES: i64 = 15;

/// The session goes on. A clock that goes back ends none.
pub fn is_open(session: &Session, now: Timestamp) -> bool {
    now.duration_since(session.seen_at) < SignedDuration::from_mins(SESSION_IDLE_MINUTES)
        && now.duration_since(session.opened_at) < SignedDuration::from_hours(SESSION_ABSOLUTE_HOURS)
}

/// The person showed who they are so lately that they may change what they sign in with.
pub fn is_recent(session: &Session, now: Timestamp) -> bool {
    now.duration_since(session.proven_at) < SignedDuration::from_mins(RECENT_MINUTES)
}

/// The person is old enough for an account of their own on a day.
pub fn may_have_account(birth_date: Date, today: Date) -> bool {
    let birthday = birth_date.checked_add(jiff::Span::new().years(OWN_ACCOUNT_YEARS));
    birthday.is_ok_and(|birthday| birthday <= today)
}

/// What was issued for a short time may still be used. When the clock has gone back behind the time of issue nobody knows
/// how long ago that was, so it may not: asking for a new one costs a minute.
pub fn is_fresh(issued_at: Timestamp, expires_at: Timestamp, now: Timestamp) -> bool {
    let step = SignedDuration::from_secs(CLOCK_STEP_SECONDS);
    now < expires_at && now.checked_add(step).is_ok_and(|latest| latest >= issued_at)
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::civil::date;

    #[test]
    fn an_account_of_ones_own_begins_at_fourteen() {
        for (birth, today, expected) in [
            (date(2012, 11, 21), date(2026, 11, 21), true),
            (date(2012, 11, 22), date(2026, 11, 21), false),
            (date(2012, 2, 29), date(2026, 2, 28), true),
            (date(1950, 1, 1), date(2026, 11, 21), true),
            (date(2026, 11, 22), date(2026, 11, 21), false),
        ] {
            assert_eq!(may_have_account(birth, today), expected, "{birth}");
        }
    }

    #[test]
    fn sessions_end_by_idleness_and_by_age() {
        let minute = |minute: i64| Timestamp::from_second(10_000_000 + 60 * minute).unwrap();
        let last = 60 * SESSION_ABSOLUTE_HOURS;
        for (case, seen, now, expected) in [
            ("just opened", 0, 0, true),
            ("idle to the last minute", 0, 29, true),
            ("idle too long", 0, 30, false),
            ("used to the last minute", last - 1, last - 1, true),
            ("used too long", last - 1, last, false),
            ("the clock went back", 20, -500, true),
            ("the clock went far ahead", 20, 5_000_000, false),
        ] {
            let session = Session {
                id: uuid::Uuid::nil(),
                account: uuid::Uuid::nil(),
                level: contracts::identity::Level::One,
                methods: Vec::new(),
                opened_at: minute(0),
                proven_at: minute(0),
                seen_at: minute(seen),
                device: String::new(),
            };
            assert_eq!(is_open(&session, minute(now)), expected, "{case}");
        }
    }

    #[test]
    fn nothing_short_lived_survives_a_clock_that_jumps() {
        let at = |seconds: i64| Timestamp::from_second(1_000_000 + seconds).unwrap();
        for (now, expected) in [
            (at(0), true),
            (at(299), true),
            (at(300), false),
            (at(100_000), false),
            (at(-60), true),
            (at(-61), false),
            (at(-100_000), false),
            (Timestamp::MAX, false),
            (Timestamp::MIN, false),
        ] {
            assert_eq!(is_fresh(at(0), at(300), now), expected, "{now}");
        }
    }
}
