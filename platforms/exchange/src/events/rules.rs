//! When an event is handed over again, when it is given up, and who may change a subscription how.

use super::model::{Delivery, Options, State, TTL_LIMIT_SECONDS};
use contracts::{FieldProblem, identifiers::check_part};
use jiff::{SignedDuration, Timestamp};

/// How often a subscriber may refuse an event before it is a dead letter.
pub const REFUSALS_MAXIMUM: u32 = 12;
/// Waiting time after the first failure, in seconds; it doubles with each further one.
const FIRST_RETRY_SECONDS: i64 = 2;
/// Longest waiting time between two tries, in seconds.
const LONGEST_RETRY_SECONDS: i64 = 900;
/// How long a fetched event is not handed out again, in seconds.
const FETCH_LEASE_SECONDS: i64 = 60;
/// Longest reason, in characters.
pub const REASON_LIMIT_CHARACTERS: usize = 500;
/// Longest path of a subscriber's service, in bytes.
const PATH_LIMIT_BYTES: usize = 500;

/// When to try again after so many failures in a row.
pub fn retry_at(now: Timestamp, failures: u32) -> Timestamp {
    let doubled = FIRST_RETRY_SECONDS.saturating_mul(1 << failures.saturating_sub(1).min(30));
    later(now, doubled.min(LONGEST_RETRY_SECONDS))
}

/// Until when an event that was fetched is not handed out again.
pub fn fetched_until(now: Timestamp) -> Timestamp {
    later(now, FETCH_LEASE_SECONDS)
}

/// When an event that becomes due now expires.
pub fn expires_at(now: Timestamp, options: &Options) -> Timestamp {
    later(now, options.ttl_seconds)
}

fn later(now: Timestamp, seconds: i64) -> Timestamp {
    now.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(Timestamp::MAX)
}

/// An event handed over so often is given up.
pub fn is_given_up(attempts: u32) -> bool {
    attempts >= REFUSALS_MAXIMUM
}

/// The publisher may decide so about a subscription in this state.
pub fn may_decide(before: State, after: State) -> bool {
    matches!(
        (before, after),
        (State::Asked, State::Granted | State::Refused)
            | (State::Refused, State::Granted)
            | (State::Granted, State::Ended)
    )
}

/// A system may ask for a subscription that it had and that is in this state.
pub fn may_ask_again(before: State) -> bool {
    matches!(before, State::Refused | State::Ended)
}

/// What of a subscription can't be taken.
pub fn check_subscription(delivery: &Delivery, options: &Options) -> Vec<FieldProblem> {
    let mut faults = Vec::new();
    if let Delivery::Push { service, path } = delivery {
        if check_part(service).is_err() {
            faults.push(fault(
                "service",
                "service",
                "Hãy nêu mã dịch vụ của hệ thống nhận sự kiện.",
                "Name the service of your system that takes the events.",
            ));
        }
        let is_path = path.starts_with('/') && path.len() <= PATH_LIMIT_BYTES;
        if !is_path
            || path.contains("..")
            || !path.bytes().all(|b| b.is_ascii_graphic() && !b"?#\\".contains(&b))
        {
            faults.push(fault(
                "path",
                "path",
                "Đường dẫn phải bắt đầu bằng dấu / và không có phần truy vấn.",
                "The path begins with a slash and has no query.",
            ));
        }
    }
    if !(1..=TTL_LIMIT_SECONDS).contains(&options.ttl_seconds) {
        faults.push(fault(
            "options.TTL",
            "ttl",
            "Thời hạn phải từ 1 giây đến một năm.",
            "The time to live is from 1 second to a year.",
        ));
    }
    faults
}

fn fault(field: &str, code: &str, vi: &str, en: &str) -> FieldProblem {
    FieldProblem { field: field.into(), code: code.into(), vi: vi.into(), en: en.into() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn waiting_times_double_up_to_a_limit() {
        let now = Timestamp::UNIX_EPOCH;
        for (failures, seconds) in [(0, 2), (1, 2), (2, 4), (3, 8), (9, 512), (10, 900), (u32::MAX, 900)] {
            assert_eq!(retry_at(now, failures), later(now, seconds), "after {failures}");
        }
    }

    #[test]
    fn a_subscription_is_decided_once_each_way() {
        use State::{Asked, Ended, Granted, Refused};
        let allowed = [(Asked, Granted), (Asked, Refused), (Refused, Granted), (Granted, Ended)];
        for before in State::ALL {
            for after in State::ALL {
                assert_eq!(
                    may_decide(before, after),
                    allowed.contains(&(before, after)),
                    "{before:?} {after:?}"
                );
            }
            assert_eq!(may_ask_again(before), matches!(before, Refused | Ended));
        }
    }

    #[test]
    fn what_can_not_be_subscribed_is_told() {
        let push = |service: &str, path: &str| Delivery::Push { service: service.into(), path: path.into() };
        let ttl = |ttl_seconds| Options { ttl_seconds, fifo: true };
        for (delivery, options, fields) in [
            (push("events", "/"), Options::default(), vec![]),
            (Delivery::Pull, ttl(TTL_LIMIT_SECONDS), vec![]),
            (push("", "/"), ttl(1), vec!["service"]),
            (push("a/b", "events"), ttl(0), vec!["service", "path", "options.TTL"]),
            (push("events", "/../x"), ttl(-1), vec!["path", "options.TTL"]),
            (push("events", "/a?b"), ttl(TTL_LIMIT_SECONDS + 1), vec!["path", "options.TTL"]),
        ] {
            let found: Vec<String> =
                check_subscription(&delivery, &options).into_iter().map(|fault| fault.field).collect();
            assert_eq!(found, fields, "{delivery:?} {options:?}");
        }
    }
}
