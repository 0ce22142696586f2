//! Passkeys: the relying party's side of WebAuthn Level 2 (W3C Recommendation of 8 April 2021), for what is used here and
//! no more - registration without attestation (section 7.1), assertion (7.2), user verification always, ES256 and EdDSA.
//!
//! It is our own code over aws-lc-rs: the known libraries bring OpenSSL or a second library of cryptography, and what
//! remains without attestation is to parse some hundred bytes strictly and to check one signature.

mod cbor;
mod key;

pub use key::PublicKey;

use aws_lc_rs::{constant_time::verify_slices_are_equal, digest};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::Deserialize;
use thiserror::Error;

/// Largest part of an authenticator's answer, in bytes.
pub const PART_LIMIT_BYTES: usize = 16 * 1024;
/// Longest credential id, in bytes (section 7.1, step 21 as of Level 3; authenticators stay far below).
pub const CREDENTIAL_LIMIT_BYTES: usize = 1023;

/// Bits of the flags (section 6.1).
const USER_PRESENT: u8 = 0x01;
const USER_VERIFIED: u8 = 0x04;
const ATTESTED: u8 = 0x40;
const EXTENSIONS: u8 = 0x80;

/// Why an authenticator's answer is not taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum WebauthnError {
    /// Not of the form of the standard.
    #[error("the answer of the authenticator is not of the standard's form: {0}")]
    Form(&'static str),
    /// It answers another question.
    #[error("the answer is to another challenge; begin again")]
    Challenge,
    /// It was made on another site.
    #[error("the answer was made for another site")]
    Site,
    /// Nobody touched the authenticator, or it did not see who did.
    #[error("the authenticator has not verified its user")]
    NotVerified,
    /// The key is of an algorithm that was not offered.
    #[error("the key is of an algorithm that was not offered")]
    Algorithm,
    /// The signature is wrong.
    #[error("the signature is wrong")]
    Signature,
    /// The counter did not go up: there may be two of the authenticator.
    #[error("the counter of the authenticator did not go up; it may have been copied")]
    Counter,
}

/// The site passkeys are for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RelyingParty {
    /// Its domain (section 5.1.2, the RP ID).
    pub id: String,
    /// Its origin, as browsers write it.
    pub origin: String,
}

impl RelyingParty {
    /// The relying party of a site at `url`, `https://host:port` without a path. A passkey belongs to a domain, which an
    /// address is none (section 5.1.3, effective domain); on the machine itself browsers know it as `localhost`.
    pub fn of(url: &str) -> Self {
        let url = &*url.replace("://127.0.0.1", "://localhost");
        let authority = url.split_once("://").map_or(url, |(_, rest)| rest);
        let host = authority.split('/').next().unwrap_or_default();
        let id = match host.rsplit_once(':') {
            Some((name, port)) if port.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => host,
        };
        let origin = url.split('/').take(3).collect::<Vec<_>>().join("/");
        Self { id: id.to_owned(), origin }
    }
}

/// A key an authenticator has made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Registered {
    /// The credential id.
    pub credential: Vec<u8>,
    /// The public key, as COSE_Key.
    pub public_key: Vec<u8>,
    /// Where its counter stands.
    pub counter: u32,
}

/// Checks what an authenticator made of `challenge` (section 7.1).
///
/// # Errors
/// [`WebauthnError`], never the counter's.
pub fn register(
    party: &RelyingParty,
    challenge: &[u8; 32],
    client_data: &[u8],
    attestation: &[u8],
) -> Result<Registered, WebauthnError> {
    check_client_data(party, "webauthn.create", challenge, client_data)?;
    let data = cbor::attestation_object(attestation).ok_or(WebauthnError::Form("attestation object"))?;
    let parsed = AuthenticatorData::parse(data)?;
    parsed.check(party)?;
    let (credential, public_key) = parsed.attested.ok_or(WebauthnError::Form("it holds no credential"))?;
    PublicKey::from_cose(public_key)?;
    Ok(Registered {
        credential: credential.to_vec(),
        public_key: public_key.to_vec(),
        counter: parsed.counter,
    })
}

/// Checks what an authenticator signed over `challenge` with a key whose counter stood at `counter`, and says where it
/// stands now (section 7.2).
///
/// # Errors
/// [`WebauthnError`].
pub fn assert(
    party: &RelyingParty,
    challenge: &[u8; 32],
    public_key: &[u8],
    counter: u32,
    assertion: &Assertion<'_>,
) -> Result<u32, WebauthnError> {
    check_client_data(party, "webauthn.get", challenge, assertion.client_data)?;
    let parsed = AuthenticatorData::parse(assertion.authenticator_data)?;
    parsed.check(party)?;
    let hash = digest::digest(&digest::SHA256, assertion.client_data);
    let signed = [assertion.authenticator_data, hash.as_ref()].concat();
    PublicKey::from_cose(public_key)?.verify(&signed, assertion.signature)?;
    // Synchronised passkeys do not count and stay at zero.
    let both_zero = counter == 0 && parsed.counter == 0;
    if parsed.counter <= counter && !both_zero {
        return Err(WebauthnError::Counter);
    }
    Ok(parsed.counter)
}

/// The parts of an assertion.
#[derive(Debug, Clone, Copy)]
pub struct Assertion<'a> {
    /// What the browser says of the ceremony, as JSON.
    pub client_data: &'a [u8],
    /// What the authenticator says.
    pub authenticator_data: &'a [u8],
    /// Its signature over both.
    pub signature: &'a [u8],
}

#[derive(Deserialize)]
struct ClientData {
    #[serde(rename = "type")]
    kind: String,
    challenge: String,
    origin: String,
    #[serde(default, rename = "crossOrigin")]
    cross_origin: bool,
}

fn check_client_data(
    party: &RelyingParty,
    kind: &str,
    challenge: &[u8; 32],
    json: &[u8],
) -> Result<(), WebauthnError> {
    if json.len() > PART_LIMIT_BYTES {
        return Err(WebauthnError::Form("client data are too large"));
    }
    let data: ClientData = serde_json::from_slice(json).map_err(|_| WebauthnError::Form("client data"))?;
    if data.kind != kind {
        return Err(WebauthnError::Form("client data are of another ceremony"));
    }
    let answered = URL_SAFE_NO_PAD.decode(&data.challenge).map_err(|_| WebauthnError::Challenge)?;
    verify_slices_are_equal(&answered, challenge).map_err(|_| WebauthnError::Challenge)?;
    if data.origin != party.origin || data.cross_origin {
        return Err(WebauthnError::Site);
    }
    Ok(())
}

/// Authenticator data (section 6.1).
struct AuthenticatorData<'a> {
    party_hash: &'a [u8],
    flags: u8,
    counter: u32,
    /// Credential id and public key.
    attested: Option<(&'a [u8], &'a [u8])>,
}

impl<'a> AuthenticatorData<'a> {
    fn parse(data: &'a [u8]) -> Result<Self, WebauthnError> {
        const SHORT: WebauthnError = WebauthnError::Form("authenticator data end early");
        if data.len() > PART_LIMIT_BYTES {
            return Err(WebauthnError::Form("authenticator data are too large"));
        }
        let (party_hash, rest) = data.split_at_checked(32).ok_or(SHORT)?;
        let (flags, rest) = rest.split_first().ok_or(SHORT)?;
        let (counter, mut rest) = rest.split_first_chunk::<4>().ok_or(SHORT)?;
        let mut attested = None;
        if flags & ATTESTED != 0 {
            let (_model, after) = rest.split_at_checked(16).ok_or(SHORT)?;
            let (length, after) = after.split_first_chunk::<2>().ok_or(SHORT)?;
            let length = usize::from(u16::from_be_bytes(*length));
            if length == 0 || length > CREDENTIAL_LIMIT_BYTES {
                return Err(WebauthnError::Form("length of the credential id"));
            }
            let (credential, after) = after.split_at_checked(length).ok_or(SHORT)?;
            let key_length = cbor::item_length(after).ok_or(WebauthnError::Form("public key"))?;
            let (public_key, after) = after.split_at(key_length);
            attested = Some((credential, public_key));
            rest = after;
        }
        if flags & EXTENSIONS != 0 {
            let length = cbor::item_length(rest).ok_or(WebauthnError::Form("extensions"))?;
            rest = &rest[length..];
        }
        if !rest.is_empty() {
            return Err(WebauthnError::Form("authenticator data go on after their end"));
        }
        Ok(Self { party_hash, flags: *flags, counter: u32::from_be_bytes(*counter), attested })
    }

    fn check(&self, party: &RelyingParty) -> Result<(), WebauthnError> {
        let expected = digest::digest(&digest::SHA256, party.id.as_bytes());
        if self.party_hash != expected.as_ref() {
            return Err(WebauthnError::Site);
        }
        let needed = USER_PRESENT | USER_VERIFIED;
        if self.flags & needed != needed { Err(WebauthnError::NotVerified) } else { Ok(()) }
    }
}

#[cfg(test)]
mod tests;
