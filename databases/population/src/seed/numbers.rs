//! Personal numbers for a whole population at once, none of them twice, without remembering them.

use contracts::{PersonalNumber, Sex};
use std::collections::HashMap;

/// How many numbers one place, sex and year of birth has.
const NUMBERS_OF_A_PREFIX: u64 = 1_000_000;

/// Gives out numbers. The last six digits of a prefix are a scrambled count: every count gives another number.
pub(crate) struct Numbering {
    seed: u64,
    given: HashMap<(u16, Sex, i16), u64>,
}

impl Numbering {
    pub(crate) fn new(seed: u64) -> Self {
        Self { seed, given: HashMap::new() }
    }

    /// The next number of someone born there and then.
    ///
    /// # Panics
    /// When a prefix is used up, which the limit on the number of people excludes, or for years no number can tell,
    /// which the pyramid excludes.
    pub(crate) fn next(&mut self, place: u16, sex: Sex, year: i16) -> PersonalNumber {
        let count = self.given.entry((place, sex, year)).or_insert(0);
        assert!(*count < NUMBERS_OF_A_PREFIX, "the limit on people leaves room in every prefix");
        let prefix =
            u64::from(place) << 32 | u64::from(sex == Sex::Female) << 31 | u64::from(year.unsigned_abs());
        let random = scramble(*count, self.seed ^ prefix);
        *count += 1;
        PersonalNumber::compose(place, sex, year, random).expect("the pyramid holds years from 1900 on")
    }
}

/// A permutation of the numbers below a million, another one for each key: multiplications by numbers without common
/// factor with a million, additions, and the exchange of the upper with the lower three digits undo one by one.
fn scramble(count: u64, key: u64) -> u32 {
    let mut value = count % NUMBERS_OF_A_PREFIX;
    let mut state = key;
    for _ in 0..3 {
        state = mixed(state);
        let factor = (state >> 40) / 10 * 10 + [1, 3, 7, 9][usize::try_from(state & 3).unwrap_or_default()];
        value = (value * factor + (state & 0xf_ffff)) % NUMBERS_OF_A_PREFIX;
        value = value % 1000 * 1000 + value / 1000;
    }
    u32::try_from(value).unwrap_or_default()
}

/// The mixing function of SplitMix64 (Steele, Lea and Flood, 2014).
fn mixed(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_count_gives_another_number() {
        for key in [0, 1, u64::MAX, 0x1234_5678_9abc_def0] {
            let mut seen = vec![false; 1_000_000];
            for count in 0..NUMBERS_OF_A_PREFIX {
                let value = scramble(count, key) as usize;
                assert!(!seen[value], "{count}");
                seen[value] = true;
            }
        }
    }

    #[test]
    fn numbers_look_drawn_and_differ_between_prefixes() {
        let mut numbering = Numbering::new(1);
        let mut draw = |place| {
            (0..100).map(|_| numbering.next(place, Sex::Male, 1990).as_i64() % 1_000_000).collect::<Vec<_>>()
        };
        let (one, other) = (draw(1), draw(2));
        assert_ne!(one, other);
        assert!(one.windows(2).filter(|pair| pair[0] < pair[1]).count() > 30);
    }
}
