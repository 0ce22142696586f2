//! SHA-256 digests and the salted commitment.

use std::fmt;
use std::str::FromStr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest, Sha256};
use thiserror::Error;

/// Bytes in a SHA-256 digest.
pub const HASH_BYTES: usize = 32;

/// A SHA-256 digest. Its text form is standard base64 with padding, as in C2SP checkpoints and proofs.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Hash([u8; HASH_BYTES]);

impl Hash {
    /// The digest with these bytes.
    pub const fn new(bytes: [u8; HASH_BYTES]) -> Self {
        Hash(bytes)
    }

    /// The digest of `content`, without any prefix.
    pub fn of(content: &[u8]) -> Self {
        Hash(Sha256::digest(content).into())
    }

    /// The 32 bytes of the digest.
    pub const fn as_bytes(&self) -> &[u8; HASH_BYTES] {
        &self.0
    }
}

impl From<[u8; HASH_BYTES]> for Hash {
    fn from(bytes: [u8; HASH_BYTES]) -> Self {
        Hash(bytes)
    }
}

impl fmt::Display for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&STANDARD.encode(self.0))
    }
}

impl fmt::Debug for Hash {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Hash({self})")
    }
}

/// The text is not the base64 form of 32 bytes.
#[derive(Clone, Copy, Debug, Error, PartialEq, Eq)]
#[error("a hash must be 44 characters of standard base64 that hold 32 bytes")]
pub struct HashTextError;

impl FromStr for Hash {
    type Err = HashTextError;

    fn from_str(text: &str) -> Result<Self, HashTextError> {
        let bytes = STANDARD.decode(text).map_err(|_| HashTextError)?;
        Ok(Hash(bytes.try_into().map_err(|_| HashTextError)?))
    }
}

/// The salted commitment to a content made of parts: SHA-256 of the salt followed by every part, each part
/// preceded by its length in bytes (u64, big-endian) so that two different lists of parts never read alike.
///
/// A ledger can never forget an entry, and personal data must be erasable. So the entry holds this commitment
/// and the store holds the salt beside the content: whoever has both can show what was recorded; once the salt
/// is erased with the content, what remains can't be found by guessing names or numbers. The salt must be 16
/// random bytes, fresh for each content.
pub fn commit(salt: &[u8; 16], content_parts: &[&[u8]]) -> Hash {
    let mut digest = Sha256::new();
    digest.update(salt);
    for part in content_parts {
        digest.update((part.len() as u64).to_be_bytes());
        digest.update(part);
    }
    Hash(digest.finalize().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn text_form_is_strict_base64_of_32_bytes() {
        let empty = Hash::of(b"");
        assert_eq!(empty.to_string(), "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=");
        assert_eq!(empty.to_string().parse(), Ok(empty));
        for wrong in [
            "",
            "47DE",
            "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU",
            "47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU=",
        ] {
            assert_eq!(wrong.parse::<Hash>(), Err(HashTextError), "{wrong:?}");
        }
    }

    #[test]
    fn commitment_depends_on_the_salt_and_on_where_parts_end() {
        let salt = [7; 16];
        let whole = commit(&salt, &[b"Nguyen", b"An"]);
        assert_eq!(whole, commit(&salt, &[b"Nguyen", b"An"]));
        assert_ne!(whole, commit(&[8; 16], &[b"Nguyen", b"An"]));
        assert_ne!(whole, commit(&salt, &[b"NguyenA", b"n"]));
        assert_ne!(whole, commit(&salt, &[b"Nguyen", b"An", b""]));
    }
}
