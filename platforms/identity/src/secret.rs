//! What a browser or a person holds and we only recognise.

use crate::{model::CodeTag, rules::code};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use jiff::Timestamp;
use std::fmt;
use system::Random;

/// Bytes of a key that people write down: 120 bits, which nobody guesses.
const WRITTEN_KEY_BYTES: usize = 15;
/// Letters of a written key that stand together.
const WRITTEN_KEY_GROUP: usize = 4;

/// Bytes of a dated secret that say when it was made; enough for ten thousand years.
const DATE_BYTES: usize = 6;

/// 256 random bits that only their holder has; here their hash is kept.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret([u8; 32]);

impl Secret {
    /// A new one.
    pub(crate) fn new(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// A new one that begins with when it was made, in milliseconds, and has 208 random bits behind it. What is kept of such
    /// ones stands in the order in which they were made, so that those that are used at about the same time stand together.
    pub(crate) fn dated(random: &Random, now: Timestamp) -> Self {
        let mut bytes = random.bytes::<32>();
        bytes[..DATE_BYTES].copy_from_slice(&date_of(now));
        Self(bytes)
    }

    /// One as its holder shows it. `None` for what is none.
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let mut bytes = [0; 32];
        let length = URL_SAFE_NO_PAD.decode_slice(text, &mut bytes).ok()?;
        (length == bytes.len()).then_some(Self(bytes))
    }

    /// It as its holder gets it.
    pub(crate) fn text(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What is kept of it.
    pub(crate) fn hash(&self) -> [u8; 32] {
        sha256(&self.0)
    }

    /// What is kept of one that is dated: when it was made, and as much of its hash.
    pub(crate) fn dated_hash(&self) -> [u8; 32] {
        let mut kept = self.hash();
        kept.copy_within(..32 - DATE_BYTES, DATE_BYTES);
        kept[..DATE_BYTES].copy_from_slice(&self.0[..DATE_BYTES]);
        kept
    }

    /// What is kept of all that were made before a time is less than this.
    pub(crate) fn dated_before(time: Timestamp) -> [u8; 32] {
        let mut first = [0; 32];
        first[..DATE_BYTES].copy_from_slice(&date_of(time));
        first
    }

    /// What is kept of a code that belongs to it.
    pub(crate) fn tag(&self, code: u32) -> CodeTag {
        sha256(&[&self.0[..], code::written(code).as_bytes()].concat())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Secret(..)")
    }
}

fn date_of(time: Timestamp) -> [u8; DATE_BYTES] {
    let milliseconds = u64::try_from(time.as_millisecond()).unwrap_or_default().to_be_bytes();
    let mut date = [0; DATE_BYTES];
    date.copy_from_slice(&milliseconds[8 - DATE_BYTES..]);
    date
}

/// SHA-256.
pub(crate) fn sha256(bytes: &[u8]) -> [u8; 32] {
    let mut hash = [0; 32];
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}

/// A new key to be written down: six groups of four letters and digits.
pub(crate) fn written_key(random: &Random) -> String {
    let letters = code::base32(&random.bytes::<WRITTEN_KEY_BYTES>());
    let groups: Vec<&str> = (0..letters.len())
        .step_by(WRITTEN_KEY_GROUP)
        .filter_map(|at| letters.get(at..at + WRITTEN_KEY_GROUP))
        .collect();
    groups.join("-")
}

/// What is kept of a written key, however it is typed.
pub(crate) fn written_key_tag(typed: &str) -> [u8; 32] {
    let letters: String = typed.chars().filter(char::is_ascii_alphanumeric).collect();
    sha256(letters.to_ascii_uppercase().as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_read_back_and_not_shown() {
        let secret = Secret::new(&Random::from_seed(1));
        assert_eq!(Secret::parse(&secret.text()), Some(secret.clone()));
        assert_eq!(format!("{secret:?}"), "Secret(..)");
        for wrong in ["", "AA", &secret.text()[1..], &format!("{}A", secret.text()), "ể"] {
            assert_eq!(Secret::parse(wrong), None, "{wrong}");
        }
        assert_ne!(secret.tag(1), secret.tag(2));
        assert_ne!(secret.tag(1), Secret::new(&Random::from_seed(2)).tag(1));
    }

    #[test]
    fn dated_secrets_stand_in_their_order() {
        let random = Random::from_seed(1);
        let at = |second: i64| Timestamp::from_second(second).unwrap();
        let made: Vec<_> = [1, 1_000, 1_790_000_000].map(|second| Secret::dated(&random, at(second))).into();
        let kept: Vec<_> = made.iter().map(Secret::dated_hash).collect();
        assert!(kept.is_sorted());
        assert!(kept[1] < Secret::dated_before(at(1_001)) && Secret::dated_before(at(1_000)) <= kept[1]);
        for secret in &made {
            assert_eq!(
                Secret::parse(&secret.text()).map(|read| read.dated_hash()),
                Some(secret.dated_hash())
            );
        }
        assert_ne!(Secret::dated(&random, at(1)).dated_hash(), Secret::dated(&random, at(1)).dated_hash());
    }

    #[test]
    fn written_keys_are_recognised_as_people_type_them() {
        let key = written_key(&Random::from_seed(1));
        assert_eq!((key.len(), key.matches('-').count()), (29, 5));
        let tag = written_key_tag(&key);
        assert_eq!(written_key_tag(&key.to_lowercase().replace('-', " ")), tag);
        assert_ne!(written_key_tag(&key[1..]), tag);
    }
}
