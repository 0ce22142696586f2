//! Which signatures are believed: ECDSA, RSA of 2048 bits and more, Ed25519, with SHA-256 and its larger sisters.

use aws_lc_rs::digest::{Algorithm, SHA256, SHA384, SHA512, digest};
use rustls::pki_types::{SignatureVerificationAlgorithm, alg_id};
use webpki::ALL_VERIFICATION_ALGS;

use crate::error::FormError;
use crate::tlv::{BIT_STRING, SEQUENCE, first};

/// A digest that is still safe.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Hash {
    Sha256,
    Sha384,
    Sha512,
}

impl Hash {
    /// By the content of its object identifier (2.16.840.1.101.3.4.2.x).
    pub(crate) fn of_oid(oid: &[u8]) -> Option<Self> {
        match oid {
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 1] => Some(Self::Sha256),
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 2] => Some(Self::Sha384),
            [0x60, 0x86, 0x48, 0x01, 0x65, 0x03, 0x04, 0x02, 3] => Some(Self::Sha512),
            _ => None,
        }
    }

    pub(crate) fn algorithm(self) -> &'static Algorithm {
        match self {
            Self::Sha256 => &SHA256,
            Self::Sha384 => &SHA384,
            Self::Sha512 => &SHA512,
        }
    }

    pub(crate) fn of(self, bytes: &[u8]) -> Vec<u8> {
        digest(self.algorithm(), bytes).as_ref().to_vec()
    }
}

/// SHA-1 and MD5, which are told apart from what is unknown: they were usual once.
pub(crate) fn is_broken_hash(oid: &[u8]) -> bool {
    matches!(oid, [0x2b, 0x0e, 0x03, 0x02, 0x1a] | [0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x02, 0x05])
}

/// How a signature is made with a hash; which key it takes says the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Padding {
    /// RSASSA-PKCS1-v1_5, or a scheme that has no padding.
    Plain,
    /// RSASSA-PSS.
    Pss,
}

/// The object identifier RSASSA-PSS (1.2.840.113549.1.1.10), its content.
pub(crate) const RSASSA_PSS: &[u8] = &[0x2a, 0x86, 0x48, 0x86, 0xf7, 0x0d, 0x01, 0x01, 0x0a];

/// The signature algorithms of a hash, as [`alg_id`] names them.
fn signature_ids(hash: Hash, padding: Padding) -> [&'static [u8]; 3] {
    match (hash, padding) {
        (Hash::Sha256, Padding::Plain) => {
            [&alg_id::ECDSA_SHA256, &alg_id::RSA_PKCS1_SHA256, &alg_id::ED25519]
        }
        (Hash::Sha384, Padding::Plain) => {
            [&alg_id::ECDSA_SHA384, &alg_id::RSA_PKCS1_SHA384, &alg_id::ED25519]
        }
        (Hash::Sha512, Padding::Plain) => {
            [&alg_id::ECDSA_SHA512, &alg_id::RSA_PKCS1_SHA512, &alg_id::ED25519]
        }
        (Hash::Sha256, Padding::Pss) => [&alg_id::RSA_PSS_SHA256; 3],
        (Hash::Sha384, Padding::Pss) => [&alg_id::RSA_PSS_SHA384; 3],
        (Hash::Sha512, Padding::Pss) => [&alg_id::RSA_PSS_SHA512; 3],
    }
}

/// A public key, from a `SubjectPublicKeyInfo` with or without its outer tag.
#[derive(Debug, Clone, Copy)]
pub(crate) struct PublicKey<'a> {
    algorithm: &'a [u8],
    key: &'a [u8],
}

impl<'a> PublicKey<'a> {
    pub(crate) fn of(info: &'a [u8]) -> Result<Self, FormError> {
        let content = match first(info) {
            Ok(outer) if outer.tag == SEQUENCE && outer.whole.len() == info.len() => outer.content,
            _ => info,
        };
        let mut parts = crate::tlv::Elements::of(content);
        Ok(Self { algorithm: parts.expect(SEQUENCE)?.content, key: parts.expect(BIT_STRING)?.bits()? })
    }

    /// Whether it is an ECDSA key.
    pub(crate) fn is_elliptic(&self) -> bool {
        [alg_id::ECDSA_P256, alg_id::ECDSA_P384, alg_id::ECDSA_P521]
            .iter()
            .any(|known| known.as_ref() == self.algorithm)
    }

    /// Whether it is an RSA key.
    pub(crate) fn is_rsa(&self) -> bool {
        alg_id::RSA_ENCRYPTION.as_ref() == self.algorithm
    }

    /// Whether it is an ECDSA key on P-256.
    pub(crate) fn is_p256(&self) -> bool {
        alg_id::ECDSA_P256.as_ref() == self.algorithm
    }

    /// Whether signatures of such a key can be verified here.
    pub(crate) fn is_supported(&self) -> bool {
        ALL_VERIFICATION_ALGS.iter().any(|known| known.public_key_alg_id().as_ref() == self.algorithm)
    }

    /// Whether this key has made the signature over the message; ECDSA's values are DER.
    pub(crate) fn has_signed(&self, hash: Hash, padding: Padding, message: &[u8], signature: &[u8]) -> bool {
        let ids = signature_ids(hash, padding);
        let fits = |algorithm: &&&dyn SignatureVerificationAlgorithm| {
            algorithm.public_key_alg_id().as_ref() == self.algorithm
                && ids.contains(&algorithm.signature_alg_id().as_ref())
        };
        ALL_VERIFICATION_ALGS
            .iter()
            .filter(fits)
            .any(|algorithm| algorithm.verify_signature(self.key, message, signature).is_ok())
    }

    /// The same, the algorithm given as the content of an X.509 `AlgorithmIdentifier`.
    pub(crate) fn has_signed_as(&self, algorithm: &[u8], message: &[u8], signature: &[u8]) -> bool {
        let fits = |known: &&&dyn SignatureVerificationAlgorithm| {
            known.public_key_alg_id().as_ref() == self.algorithm
                && known.signature_alg_id().as_ref() == algorithm
        };
        ALL_VERIFICATION_ALGS
            .iter()
            .filter(fits)
            .any(|known| known.verify_signature(self.key, message, signature).is_ok())
    }
}

/// The DER form of an ECDSA signature of two numbers of the same length, as XML signatures and some services have it.
pub(crate) fn ecdsa_to_der(fixed: &[u8]) -> Option<Vec<u8>> {
    use der::Encode;
    if fixed.is_empty() || !fixed.len().is_multiple_of(2) || fixed.len() > 132 {
        return None;
    }
    let (r, s) = fixed.split_at(fixed.len() / 2);
    let number = |bytes: &[u8]| {
        let significant = bytes.iter().position(|byte| *byte != 0).map_or(&[0_u8][..], |at| &bytes[at..]);
        der::asn1::Uint::new(significant).ok()?.to_der().ok()
    };
    let content = [number(r)?, number(s)?].concat();
    let any = der::asn1::Any::new(der::Tag::Sequence, content).ok()?;
    any.to_der().ok()
}

/// The two numbers of a DER ECDSA signature, each of `width` bytes.
pub(crate) fn ecdsa_to_fixed(signature: &[u8], width: usize) -> Option<Vec<u8>> {
    let mut numbers = first(signature).ok().filter(|outer| outer.tag == SEQUENCE)?.inside();
    let mut fixed = Vec::with_capacity(2 * width);
    for _ in 0..2 {
        let number = numbers.expect(crate::tlv::INTEGER).ok()?.content;
        let significant = number.iter().position(|byte| *byte != 0).map_or(&[][..], |at| &number[at..]);
        fixed.resize(fixed.len() + width.checked_sub(significant.len())?, 0);
        fixed.extend_from_slice(significant);
    }
    Some(fixed)
}
