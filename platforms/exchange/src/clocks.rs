//! How far the clocks of other nodes are from this node's.
//!
//! Every message says when it was sealed, by its sender's clock. A message can't have been sealed after it came, so the
//! sender's clock is ahead by at least what lies between. An answer, besides, was sealed after its request, so it says by how
//! much the clock can be ahead at most. Of what came lately the narrowest bounds hold (as NTP's minimum filter, RFC 5905,
//! section 10): a message that was long on its way says little and harms nothing.

use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// A clock that is farther off than this is told of, in seconds. Messages are refused much later, by
/// [`AGE_LIMIT_SECONDS`](crate::replay::AGE_LIMIT_SECONDS) and [`AHEAD_LIMIT_SECONDS`](crate::replay::AHEAD_LIMIT_SECONDS).
pub const DIFFERENCE_LIMIT_SECONDS: i64 = 5;
/// What came longer ago than twice this says nothing any more, in microseconds.
const WINDOW_MICROS: i64 = 60 * 1_000_000;

/// How far a clock can be ahead, in microseconds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Bounds {
    least: i64,
    most: i64,
}

impl Bounds {
    const NONE: Self = Self { least: i64::MIN, most: i64::MAX };

    fn and(self, other: Self) -> Self {
        Self { least: self.least.max(other.least), most: self.most.min(other.most) }
    }

    fn contradict(self) -> bool {
        self.least > self.most
    }
}

/// What is known of one node's clock, from two windows that follow each other.
struct Heard {
    began_micros: i64,
    young: Bounds,
    old: Bounds,
    at: Timestamp,
}

/// How far a node's clock is from this node's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// The other node.
    pub node: String,
    /// By how much its clock is ahead, in microseconds; negative when it is behind.
    pub micros: i64,
    /// By how much that may be wrong, in microseconds. Unknown where only requests of that node came: then a clock that is
    /// behind may be a message that was long on its way.
    pub uncertain_micros: Option<u64>,
    /// When it last said a time.
    pub heard: Timestamp,
}

impl Difference {
    /// One of the two clocks is wrong.
    pub fn is_far(&self) -> bool {
        let certain = self.micros.unsigned_abs().saturating_sub(self.uncertain_micros.unwrap_or(0));
        certain > DIFFERENCE_LIMIT_SECONDS.unsigned_abs() * 1_000_000
    }

    /// By how much its clock is ahead, in seconds.
    pub fn seconds(&self) -> f64 {
        self.micros as f64 / 1_000_000.0
    }
}

/// The clocks of the nodes that this node hears of.
#[derive(Default)]
pub struct Clocks {
    peers: Mutex<HashMap<String, Heard>>,
}

impl Clocks {
    /// A message of `peer` that was sealed at `sealed_micros` by its clock came now.
    pub(crate) fn heard(&self, peer: &str, sealed_micros: i64, now: Timestamp) {
        let least = sealed_micros.saturating_sub(now.as_microsecond());
        self.note(peer, Bounds { least, ..Bounds::NONE }, now);
    }

    /// An answer of `peer` to what was asked at `asked`, sealed at `sealed_micros` by its clock, came now.
    pub(crate) fn answered(&self, peer: &str, asked: Timestamp, sealed_micros: i64, now: Timestamp) {
        let least = sealed_micros.saturating_sub(now.as_microsecond());
        let most = sealed_micros.saturating_sub(asked.as_microsecond());
        self.note(peer, Bounds { least, most }, now);
    }

    fn note(&self, peer: &str, said: Bounds, now: Timestamp) {
        // A clock of this node's own that was set back while a message was on its way.
        if said.contradict() {
            return;
        }
        let now_micros = now.as_microsecond();
        let mut peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(known) = peers.get_mut(peer) else {
            let heard = Heard { began_micros: now_micros, young: said, old: Bounds::NONE, at: now };
            peers.insert(peer.to_owned(), heard);
            return;
        };
        let age_micros = now_micros.abs_diff(known.began_micros);
        if age_micros > WINDOW_MICROS.unsigned_abs() {
            let is_next = age_micros <= 2 * WINDOW_MICROS.unsigned_abs();
            known.old = if is_next { known.young } else { Bounds::NONE };
            (known.young, known.began_micros) = (Bounds::NONE, now_micros);
        }
        // Where what it says now can't be true beside what it said before, one of the two clocks was set.
        if known.young.and(known.old).and(said).contradict() {
            (known.young, known.old) = (said, Bounds::NONE);
        } else {
            known.young = known.young.and(said);
        }
        known.at = now;
    }

    /// All that were heard of since the start, by node.
    pub fn differences(&self) -> Vec<Difference> {
        let peers = self.peers.lock().unwrap_or_else(PoisonError::into_inner);
        let mut all: Vec<Difference> = peers.iter().map(|(node, heard)| difference(node, heard)).collect();
        all.sort_by(|a, b| a.node.cmp(&b.node));
        all
    }
}

fn difference(node: &str, heard: &Heard) -> Difference {
    let Bounds { least, most } = heard.young.and(heard.old);
    let (micros, uncertain_micros) = match most {
        i64::MAX => (least, None),
        most => (i64::midpoint(least, most), Some(most.abs_diff(least) / 2)),
    };
    Difference { node: node.to_owned(), micros, uncertain_micros, heard: heard.at }
}

#[cfg(test)]
mod tests {
    use super::*;
    use jiff::SignedDuration;

    const MILLI: i64 = 1_000;
    const SECOND: i64 = 1_000_000;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_microsecond(1_000_000_000 * SECOND + micros).unwrap()
    }

    /// What is said of a peer whose clock is `ahead` after what happened: when it was asked, if it was, when it sealed and
    /// when that came, by this node's clock.
    fn after(events: &[(i64, Option<i64>, i64, i64)]) -> Difference {
        let clocks = Clocks::default();
        for (ahead, asked, sealed, came) in events {
            let sealed = at(sealed + ahead).as_microsecond();
            match asked {
                Some(asked) => clocks.answered("a", at(*asked), sealed, at(*came)),
                None => clocks.heard("a", sealed, at(*came)),
            }
        }
        clocks.differences().remove(0)
    }

    #[test]
    fn the_narrowest_bounds_hold() {
        for (case, events, micros, uncertain) in [
            ("a request", vec![(0, None, 0, 2 * MILLI)], -2 * MILLI, None),
            ("an answer", vec![(0, Some(0), 3 * MILLI, 4 * MILLI)], MILLI, Some(2 * MILLI)),
            ("of a fast clock", vec![(SECOND, Some(0), MILLI, 2 * MILLI)], SECOND, Some(MILLI)),
            (
                "a slow answer after a quick one",
                vec![(0, Some(0), MILLI, 2 * MILLI), (0, Some(SECOND), 30 * SECOND, 31 * SECOND)],
                0,
                Some(MILLI),
            ),
            (
                "a request that was long on its way",
                vec![(9 * SECOND, None, 0, 2 * MILLI), (9 * SECOND, None, SECOND, 20 * SECOND)],
                9 * SECOND - 2 * MILLI,
                None,
            ),
            (
                "both",
                vec![(0, Some(0), 9 * MILLI, 10 * MILLI), (0, None, SECOND, SECOND + MILLI)],
                4 * MILLI,
                Some(5 * MILLI),
            ),
            (
                "set right",
                vec![
                    (90 * SECOND, Some(0), MILLI, 2 * MILLI),
                    (0, Some(SECOND), SECOND + MILLI, SECOND + 2 * MILLI),
                ],
                0,
                Some(MILLI),
            ),
            (
                "set back, where only requests come, once the windows are over",
                vec![
                    (90 * SECOND, None, 0, MILLI),
                    (0, None, 70 * SECOND, 70 * SECOND),
                    (0, None, 140 * SECOND, 140 * SECOND),
                ],
                0,
                None,
            ),
        ] {
            let said = after(&events);
            let said_uncertain = said.uncertain_micros.map(u64::cast_signed);
            assert_eq!((said.micros, said_uncertain), (micros, uncertain), "{case}");
        }
    }

    #[test]
    fn what_is_uncertain_is_not_called_wrong() {
        for (ahead, sealed, came, far) in [
            (0, MILLI, 2 * MILLI, false),
            (4 * SECOND, MILLI, 2 * MILLI, false),
            (6 * SECOND, MILLI, 2 * MILLI, true),
            (-6 * SECOND, MILLI, 2 * MILLI, true),
            (6 * SECOND, MILLI, 30 * SECOND, false),
            (60 * SECOND, MILLI, 30 * SECOND, true),
        ] {
            assert_eq!(after(&[(ahead, Some(0), sealed, came)]).is_far(), far, "{ahead} {came}");
        }
    }

    #[test]
    fn no_time_that_a_peer_says_breaks_anything() {
        let clocks = Clocks::default();
        for sealed in [i64::MIN, i64::MAX, 0, -1] {
            clocks.heard("a", sealed, at(0));
            clocks.answered("b", at(0), sealed, at(0) + SignedDuration::from_secs(1));
            clocks.answered("b", at(SECOND), sealed, at(0));
        }
        assert!(clocks.differences().iter().any(Difference::is_far));
    }
}
