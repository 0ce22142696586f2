//! Public keys of authenticators.

use super::{
    WebauthnError,
    cbor::{self, Item},
};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, UnparsedPublicKey};

/// COSE numbers (RFC 9053): labels of a key's parts, kinds, curves, algorithms.
const KIND: i128 = 1;
const ALGORITHM: i128 = 3;
const CURVE: i128 = -1;
const X: i128 = -2;
const Y: i128 = -3;
/// ES256: ECDSA on P-256 with SHA-256.
const ES256: i128 = -7;
/// EdDSA, here on Ed25519.
const EDDSA: i128 = -8;

/// A public key of one of the algorithms offered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PublicKey {
    /// A point of P-256, uncompressed.
    Es256([u8; 65]),
    /// A point of Ed25519.
    EdDsa([u8; 32]),
}

impl PublicKey {
    /// Reads a COSE_Key.
    ///
    /// # Errors
    /// [`WebauthnError::Form`], [`WebauthnError::Algorithm`].
    pub fn from_cose(bytes: &[u8]) -> Result<Self, WebauthnError> {
        const WRONG: WebauthnError = WebauthnError::Form("public key");
        let key = cbor::item(bytes).ok_or(WRONG)?;
        let number = |label| match key.get(&Item::Integer(label)) {
            Some(Item::Integer(number)) => Some(*number),
            _ => None,
        };
        let coordinate = |label| -> Result<[u8; 32], WebauthnError> {
            let bytes = key.get(&Item::Integer(label)).and_then(Item::bytes).ok_or(WRONG)?;
            bytes.try_into().map_err(|_| WRONG)
        };
        match (number(KIND), number(ALGORITHM), number(CURVE)) {
            (Some(2), Some(ES256), Some(1)) => {
                let mut point = [4; 65];
                point[1..33].copy_from_slice(&coordinate(X)?);
                point[33..].copy_from_slice(&coordinate(Y)?);
                Ok(Self::Es256(point))
            }
            (Some(1), Some(EDDSA), Some(6)) => Ok(Self::EdDsa(coordinate(X)?)),
            (Some(_), Some(_), _) => Err(WebauthnError::Algorithm),
            _ => Err(WRONG),
        }
    }

    /// Checks a signature over a message.
    ///
    /// # Errors
    /// [`WebauthnError::Signature`].
    pub fn verify(&self, message: &[u8], signature: &[u8]) -> Result<(), WebauthnError> {
        let verified = match self {
            Self::Es256(point) => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, point).verify(message, signature)
            }
            Self::EdDsa(point) => UnparsedPublicKey::new(&ED25519, point).verify(message, signature),
        };
        verified.map_err(|_| WebauthnError::Signature)
    }
}
