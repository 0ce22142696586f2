//! The randomness of the synthetic country: one ChaCha8 stream for each part, so that parts can be made apart.

use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};

/// Draws values from one stream.
pub(crate) struct Dice(ChaCha8Rng);

impl Dice {
    /// The stream of one part of the country that grows from `seed`.
    pub(crate) fn of_part(seed: u64, part: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        rng.set_stream(part);
        Self(rng)
    }

    /// A number from 0 up to but not including `limit`; 0 when there is none. Takes the high half of a product, whose
    /// bias is below 1 in 2^32 / `limit`: far below what a synthetic population shows.
    pub(crate) fn below(&mut self, limit: u32) -> u32 {
        let wide = u64::from(self.0.next_u32()) * u64::from(limit);
        u32::try_from(wide >> 32).unwrap_or_default()
    }

    /// A number from 0 up to but not including `limit`, for limits beyond 32 bits.
    pub(crate) fn below_u64(&mut self, limit: u64) -> u64 {
        let wide = u128::from(self.0.next_u64()) * u128::from(limit);
        u64::try_from(wide >> 64).unwrap_or_default()
    }

    /// An index into `length` things.
    pub(crate) fn index(&mut self, length: usize) -> usize {
        self.below(u32::try_from(length).unwrap_or(u32::MAX)) as usize
    }

    /// True that many times in a thousand.
    pub(crate) fn chance(&mut self, permille: u32) -> bool {
        self.below(1000) < permille
    }

    /// A number of days around the middle of `from..until`: the mean of three draws.
    pub(crate) fn days_around(&mut self, from: i64, until: i64) -> i64 {
        let width = u32::try_from(until - from).unwrap_or_default();
        let sum = (0..3).map(|_| i64::from(self.below(width))).sum::<i64>();
        from + sum / 3
    }
}

/// Things with weights, to draw from.
#[derive(Debug, Clone)]
pub(crate) struct Weighted<T> {
    things: Vec<T>,
    ends: Vec<u32>,
}

impl<T> Weighted<T> {
    /// The things whose weight is not zero; `None` when there are none.
    pub(crate) fn new(pairs: impl IntoIterator<Item = (T, u32)>) -> Option<Self> {
        let (mut things, mut ends, mut end) = (Vec::new(), Vec::new(), 0_u32);
        for (thing, weight) in pairs.into_iter().filter(|(_, weight)| *weight > 0) {
            end = end.checked_add(weight)?;
            things.push(thing);
            ends.push(end);
        }
        (!things.is_empty()).then_some(Self { things, ends })
    }

    /// One of the things, the heavier the likelier.
    pub(crate) fn draw(&self, dice: &mut Dice) -> &T {
        let total = self.ends.last().copied().unwrap_or_default();
        let at = dice.below(total);
        &self.things[self.ends.partition_point(|end| *end <= at)]
    }
}
