//! Ed25519 keys that sign a ledger's checkpoints.

use std::fmt;
use std::path::Path;

use aws_lc_rs::signature::{Ed25519KeyPair, KeyPair};

use crate::error::PkiError;
use crate::{files, pem};

const SEED_BYTES: usize = 32;
/// What comes before the seed in the PKCS #8 form of an Ed25519 key (RFC 8410, section 7).
const PKCS8_PREFIX: [u8; 16] =
    [0x30, 0x2e, 0x02, 0x01, 0x00, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x04, 0x22, 0x04, 0x20];

/// The seed of an Ed25519 key pair, kept in a file as PKCS #8.
#[derive(Clone, PartialEq, Eq)]
pub struct LedgerKey {
    seed: [u8; SEED_BYTES],
}

impl LedgerKey {
    /// A key from its seed, which the caller draws at random.
    #[must_use]
    pub fn from_seed(seed: [u8; SEED_BYTES]) -> Self {
        Self { seed }
    }

    /// A key kept by [`save`](Self::save), or made by other tools as PKCS #8 without the public key.
    ///
    /// # Errors
    /// When the file cannot be read, is open to other users, or is no Ed25519 key.
    pub fn load(path: &Path) -> Result<Self, PkiError> {
        let key = pem::private_key(&files::read_private(path)?)?;
        let seed = key.secret_der().strip_prefix(&PKCS8_PREFIX).and_then(|seed| seed.try_into().ok());
        seed.map(Self::from_seed)
            .ok_or_else(|| PkiError::Key("it is not an Ed25519 key in PKCS #8 form".into()))
    }

    /// Keeps the key.
    ///
    /// # Errors
    /// When the file cannot be written.
    pub fn save(&self, path: &Path) -> Result<(), PkiError> {
        files::write_private(path, &pem::write_part("PRIVATE KEY", &[&PKCS8_PREFIX[..], &self.seed].concat()))
    }

    /// The seed.
    #[must_use]
    pub fn seed(&self) -> &[u8; SEED_BYTES] {
        &self.seed
    }

    /// The public key.
    #[must_use]
    pub fn public_key(&self) -> [u8; 32] {
        let pair = Ed25519KeyPair::from_seed_unchecked(&self.seed).expect("any 32 bytes are an Ed25519 seed");
        pair.public_key().as_ref().try_into().expect("an Ed25519 public key has 32 bytes")
    }
}

impl fmt::Debug for LedgerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("LedgerKey(..)")
    }
}
