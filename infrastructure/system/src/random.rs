//! Randomness as a parameter (rule 5 of the house).

use jiff::Timestamp;
use rand_chacha::{
    ChaCha20Rng,
    rand_core::{RngCore, SeedableRng},
};
use std::sync::{Arc, Mutex, PoisonError};
use uuid::Uuid;

/// A source of random values that can't be guessed from earlier ones. Cheap to clone; clones draw from one stream.
#[derive(Clone)]
pub struct Random(Arc<Mutex<ChaCha20Rng>>);

impl Random {
    /// Seeded by the operating system.
    pub fn from_system() -> std::io::Result<Self> {
        use std::io::Read;
        let mut seed = [0; 32];
        std::fs::File::open("/dev/urandom")?.read_exact(&mut seed)?;
        Ok(Self(Arc::new(Mutex::new(ChaCha20Rng::from_seed(seed)))))
    }

    /// Seeded by a number, so that a test country can be made again. Never for real keys.
    pub fn from_seed(seed: u64) -> Self {
        Self(Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed))))
    }

    /// Fills a buffer.
    pub fn fill(&self, buffer: &mut [u8]) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(buffer);
    }

    /// `N` random bytes.
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        self.fill(&mut bytes);
        bytes
    }

    /// A number from 0 up to but not including `limit`, every one as likely; 0 when `limit` is 0.
    pub fn below(&self, limit: u64) -> u64 {
        // Rejecting the incomplete last run of the range keeps every value as likely as the others.
        let zone = u64::MAX - u64::MAX.checked_rem(limit).unwrap_or(0);
        loop {
            let value = u64::from_le_bytes(self.bytes());
            if value < zone || limit <= 1 {
                return value.checked_rem(limit).unwrap_or(0);
            }
        }
    }

    /// A time-ordered identifier (RFC 9562, version 7).
    pub fn id(&self, now: Timestamp) -> Uuid {
        let millis = u64::try_from(now.as_millisecond()).unwrap_or(0);
        uuid::Builder::from_unix_timestamp_millis(millis, &self.bytes()).into_uuid()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_makes_one_stream() {
        let (a, b) = (Random::from_seed(7), Random::from_seed(7));
        assert_eq!(a.bytes::<32>(), b.bytes::<32>());
        assert_ne!(a.bytes::<32>(), Random::from_seed(8).bytes::<32>());
    }

    #[test]
    fn identifiers_are_ordered_by_time() {
        let random = Random::from_seed(1);
        let at = |text: &str| random.id(text.parse().unwrap());
        let (first, second) = (at("2026-01-01T00:00:00Z"), at("2026-01-01T00:00:00.001Z"));
        assert!(first < second);
        assert_eq!(first.get_version_num(), 7);
    }

    #[test]
    fn numbers_stay_below_their_limit() {
        let random = Random::from_seed(2);
        for limit in [1, 2, 3, 10, 1_000_000] {
            assert!((0..200).all(|_| random.below(limit) < limit));
        }
        assert_eq!(random.below(0), 0);
    }
}
