//! How many calls a node carries at the same time, and how they are shared among the systems that call.

use contracts::SystemId;
use std::{
    collections::HashMap,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
};

/// How many calls a system may have under way for each place that stays free beside them.
const CALLS_FOR_EACH_FREE_PLACE: usize = 4;

/// Admits calls so that no system takes the places of all others: a system may have four calls under way for each place
/// that is free, and the last free place is for a system that has none. One system alone gets four fifths of the places, two
/// that want all get four ninths each, and whoever comes next finds room at once (A. K. Choudhury and E. L. Hahne, Dynamic
/// queue length thresholds for shared-memory packet switches, 1998).
pub(crate) struct Admission {
    limit: AtomicUsize,
    under_way: Mutex<UnderWay>,
}

#[derive(Default)]
struct UnderWay {
    all: usize,
    by_system: HashMap<SystemId, usize>,
}

/// Room for one call, until it is dropped.
pub(crate) struct Place {
    admission: Arc<Admission>,
    system: SystemId,
}

impl Admission {
    pub(crate) fn new(limit: usize) -> Arc<Self> {
        Arc::new(Self { limit: AtomicUsize::new(limit), under_way: Mutex::default() })
    }

    /// Admits so many from now on; what is under way stays.
    pub(crate) fn limit(&self, calls: usize) {
        self.limit.store(calls, Ordering::Relaxed);
    }

    /// A place for one more call of this system.
    pub(crate) fn admit(self: &Arc<Self>, system: &SystemId) -> Option<Place> {
        let mut under_way = self.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        let own = under_way.by_system.get(system).copied().unwrap_or(0);
        let free = self.limit.load(Ordering::Relaxed).saturating_sub(under_way.all);
        let beside = free.checked_sub(1)?;
        if own > 0 && own >= CALLS_FOR_EACH_FREE_PLACE * beside {
            return None;
        }
        under_way.all += 1;
        match under_way.by_system.get_mut(system) {
            Some(own) => *own += 1,
            None => drop(under_way.by_system.insert(system.clone(), 1)),
        }
        Some(Place { admission: self.clone(), system: system.clone() })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut under_way = self.admission.under_way.lock().unwrap_or_else(PoisonError::into_inner);
        under_way.all -= 1;
        match under_way.by_system.get_mut(&self.system) {
            Some(own) if *own > 1 => *own -= 1,
            _ => drop(under_way.by_system.remove(&self.system)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn system(number: usize) -> SystemId {
        format!("VN/GOV/G22/system-{number}").parse().unwrap()
    }

    /// As many places as the system gets when it wants all.
    fn fill(admission: &Arc<Admission>, number: usize) -> Vec<Place> {
        std::iter::from_fn(|| admission.admit(&system(number))).collect()
    }

    #[test]
    fn a_greedy_system_leaves_room_for_others() {
        for (limit, first, second) in
            [(0, 0, 0), (1, 1, 0), (2, 1, 1), (10, 8, 1), (100, 80, 16), (2_048, 1_638, 328)]
        {
            let admission = Admission::new(limit);
            let taken = (fill(&admission, 1), fill(&admission, 2));
            assert_eq!((taken.0.len(), taken.1.len()), (first, second), "of {limit}");
        }
    }

    #[test]
    fn two_greedy_systems_come_to_about_the_same_share() {
        let admission = Admission::new(90);
        let mut held = [fill(&admission, 0), fill(&admission, 1)];
        for _ in 0..500 {
            // Each ends its oldest call, then both want more, the greedier one first.
            for places in &mut held {
                drop(places.remove(0));
            }
            for (number, places) in held.iter_mut().enumerate() {
                places.extend(fill(&admission, number));
            }
        }
        let shares = held.map(|places| places.len());
        assert!(shares.iter().all(|share| (36..=44).contains(share)), "{shares:?} of 90");
    }

    proptest! {
        #[test]
        fn no_more_than_the_limit_and_every_place_comes_back(
            limit in 0..50_usize, steps in prop::collection::vec((0..4_usize, any::<bool>()), 0..200)
        ) {
            let admission = Admission::new(limit);
            let mut held: Vec<Vec<Place>> = (0..4).map(|_| Vec::new()).collect();
            for (number, comes) in steps {
                if comes {
                    held[number].extend(admission.admit(&system(number)));
                } else {
                    held[number].pop();
                }
                let all: usize = held.iter().map(Vec::len).sum();
                prop_assert!(all <= limit);
                prop_assert_eq!(admission.under_way.lock().unwrap().all, all);
            }
            held.clear();
            prop_assert!(admission.under_way.lock().unwrap().by_system.is_empty());
        }
    }
}
