//! Which of a member's nodes a message goes to: each in its turn, and those that could not be reached a moment ago last.

use jiff::{SignedDuration, Timestamp};
use std::{
    collections::HashMap,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How long a node that could not be reached comes last, in seconds. After that one message finds out whether it is back.
const AWAY_SECONDS: i64 = 5;

/// What a node knows of the ways to others.
#[derive(Default)]
pub(crate) struct Routes {
    turn: AtomicUsize,
    /// Until when a node comes last.
    away: Mutex<HashMap<String, Timestamp>>,
}

impl Routes {
    /// The nodes in the order in which they are to be tried.
    pub(crate) fn order<'a>(&self, nodes: &'a [String], now: Timestamp) -> Vec<&'a str> {
        let mut order: Vec<&str> = nodes.iter().map(String::as_str).collect();
        if let [_, _, ..] = nodes {
            order.rotate_left(self.turn.fetch_add(1, Ordering::Relaxed) % nodes.len());
            let away = self.away.lock().unwrap_or_else(PoisonError::into_inner);
            // A clock that was set back keeps nobody away for longer.
            let limit = now + SignedDuration::from_secs(AWAY_SECONDS);
            order.sort_by_key(|node| away.get(*node).is_some_and(|until| now < *until && *until <= limit));
        }
        order
    }

    /// A node could not be reached just now.
    pub(crate) fn note_away(&self, node: &str, now: Timestamp) {
        let until = now + SignedDuration::from_secs(AWAY_SECONDS);
        self.away.lock().unwrap_or_else(PoisonError::into_inner).insert(node.to_owned(), until);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nodes_take_turns_and_who_is_away_comes_last_for_a_while() {
        let (routes, start) = (Routes::default(), Timestamp::UNIX_EPOCH);
        let nodes = ["a", "b"].map(str::to_owned);
        let at = |seconds| start + SignedDuration::from_secs(seconds);
        assert_eq!(routes.order(&nodes, start), ["a", "b"]);
        assert_eq!(routes.order(&nodes, start), ["b", "a"]);
        routes.note_away("a", start);
        for now in [0, 0, 4] {
            assert_eq!(routes.order(&nodes, at(now)), ["b", "a"], "after {now} s");
        }
        assert_eq!(routes.order(&nodes, at(-60)), ["b", "a"]);
        assert_eq!(routes.order(&nodes, at(5)), ["a", "b"]);
        assert_eq!(routes.order(&nodes[..1], start), ["a"], "there is no other");
    }
}
