//! Passwords are hashed here, a few at a time: a flood of sign-ins waits in its own queue, and what does not need a
//! password goes on beside it.

use crate::model::PasswordHash;
use argon2::{Algorithm, Argon2, Params, Version};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use std::sync::Arc;
use system::Random;
use thiserror::Error;
#[cfg(any(test, feature = "testing"))]
use tokio::sync::OwnedSemaphorePermit;
use tokio::sync::Semaphore;

/// Memory of a hash, in KiB (OWASP Password Storage Cheat Sheet: argon2id with 19 MiB and 2 passes at least).
const MEMORY_KIB: u32 = 19_456;
/// Passes over the memory.
const PASSES: u32 = 2;
/// The most hashes at a time are this share of the processors, and at least one.
const SHARE_OF_PROCESSORS: usize = 2;
/// The most hashes that wait; whoever comes then is asked to try again.
const WAITING_MAXIMUM: usize = 64;

/// Why a password was neither hashed nor checked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub(crate) enum HashingError {
    /// Too many wait already.
    #[error("{WAITING_MAXIMUM} passwords wait to be checked already; try again in a moment")]
    Busy,
    /// The recorded cost is none that the function takes.
    #[error("a password was recorded with a cost that the hash does not take; restore the record")]
    Cost,
    /// The program is going down.
    #[error("no password is checked any more, because the program is going down")]
    Closing,
}

/// Hashes and checks passwords. Cheap to clone; clones share the queue.
#[derive(Clone)]
pub(crate) struct Hashing {
    at_work: Arc<Semaphore>,
    waiting: Arc<Semaphore>,
    random: Random,
}

impl Hashing {
    /// A queue for a machine with so many processors.
    pub(crate) fn new(processors: usize, random: Random) -> Self {
        let at_a_time = (processors / SHARE_OF_PROCESSORS).max(1);
        Self {
            at_work: Arc::new(Semaphore::new(at_a_time)),
            waiting: Arc::new(Semaphore::new(at_a_time + WAITING_MAXIMUM)),
            random,
        }
    }

    /// Hashes a new password.
    ///
    /// # Errors
    /// [`HashingError::Busy`], [`HashingError::Closing`].
    pub(crate) async fn hash(&self, password: &str) -> Result<PasswordHash, HashingError> {
        let salt = self.random.bytes();
        let tag = self.tag(password.to_owned(), MEMORY_KIB, PASSES, salt).await?;
        Ok(PasswordHash { memory_kib: MEMORY_KIB, passes: PASSES, salt, tag })
    }

    /// Whether this is the password. Where there is none to compare with, the same work is done for nothing, so that the
    /// time taken does not tell who has an account.
    ///
    /// # Errors
    /// As [`Hashing::hash`], and [`HashingError::Cost`].
    pub(crate) async fn is_right(
        &self,
        password: &str,
        hash: Option<&PasswordHash>,
    ) -> Result<bool, HashingError> {
        let nobody = PasswordHash { memory_kib: MEMORY_KIB, passes: PASSES, salt: [0; 16], tag: [0; 32] };
        let expected = hash.unwrap_or(&nobody);
        let tag = self.tag(password.to_owned(), expected.memory_kib, expected.passes, expected.salt).await?;
        Ok(verify_slices_are_equal(&tag, &expected.tag).is_ok() && hash.is_some())
    }

    /// Takes all that work at a time, as a flood does.
    #[cfg(any(test, feature = "testing"))]
    pub(crate) async fn hold(&self) -> OwnedSemaphorePermit {
        let all = u32::try_from(self.at_work.available_permits()).unwrap_or(u32::MAX);
        self.at_work.clone().acquire_many_owned(all).await.expect("the queue is open")
    }

    async fn tag(
        &self,
        password: String,
        memory_kib: u32,
        passes: u32,
        salt: [u8; 16],
    ) -> Result<[u8; 32], HashingError> {
        let params = Params::new(memory_kib, passes, 1, Some(32)).map_err(|_| HashingError::Cost)?;
        let _waiting = self.waiting.try_acquire().map_err(|_| HashingError::Busy)?;
        let at_work = self.at_work.clone().acquire_owned().await.map_err(|_| HashingError::Closing)?;
        let hashed = tokio::task::spawn_blocking(move || {
            // Held until the work is done, also when nobody waits for it any more.
            let _at_work = at_work;
            argon2id(params, &password, &salt)
        });
        hashed.await.map_err(|_| HashingError::Closing)?.ok_or(HashingError::Cost)
    }
}

fn argon2id(params: Params, password: &str, salt: &[u8]) -> Option<[u8; 32]> {
    let mut tag = [0; 32];
    let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params);
    argon2.hash_password_into(password.as_bytes(), salt, &mut tag).ok().map(|()| tag)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn only_the_password_itself_is_right() {
        let hashing = Hashing::new(2, Random::from_seed(1));
        let hash = hashing.hash("gà trống gáy").await.unwrap();
        let other = hashing.hash("gà trống gáy").await.unwrap();
        assert_ne!(hash, other, "each has a salt of its own");
        for (password, expected) in
            [("gà trống gáy", true), ("gà trống gá", false), ("Gà trống gáy", false), ("", false)]
        {
            assert_eq!(hashing.is_right(password, Some(&hash)).await, Ok(expected), "{password}");
            assert_eq!(hashing.is_right(password, None).await, Ok(false), "{password}");
        }
    }

    #[test]
    fn hashes_are_those_of_argon2id() {
        // From the tests of the reference implementation.
        for (memory_kib, expected) in [
            (65_536, "09316115d5cf24ed5a15a31a3ba326e5cf32edc24702987c02b6566f61913cf7"),
            (256, "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe"),
        ] {
            let params = Params::new(memory_kib, 2, 1, Some(32)).unwrap();
            let tag = argon2id(params, "password", b"somesalt").unwrap();
            let found: String = tag.iter().map(|byte| format!("{byte:02x}")).collect();
            assert_eq!(found, expected);
        }
    }

    #[tokio::test]
    async fn a_cost_that_is_none_is_an_error() {
        let hashing = Hashing::new(1, Random::from_seed(1));
        assert_eq!(hashing.tag("x".into(), 0, 0, [0; 16]).await, Err(HashingError::Cost));
    }

    #[tokio::test]
    async fn a_flood_is_turned_away_and_then_over() {
        let hashing = Hashing::new(1, Random::from_seed(1));
        let held = hashing.hold().await;
        let waiting: Vec<_> = (0..=WAITING_MAXIMUM)
            .map(|_| {
                let hashing = hashing.clone();
                tokio::spawn(async move { hashing.tag("x".into(), 8, 1, [0; 16]).await })
            })
            .collect();
        while hashing.waiting.available_permits() > 0 {
            tokio::task::yield_now().await;
        }
        assert_eq!(hashing.tag("x".into(), 8, 1, [0; 16]).await, Err(HashingError::Busy));
        drop(held);
        for waited in waiting {
            assert!(waited.await.unwrap().is_ok());
        }
        assert!(hashing.tag("x".into(), 8, 1, [0; 16]).await.is_ok());
    }
}
