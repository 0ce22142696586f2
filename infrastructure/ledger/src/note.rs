//! Signed notes (C2SP signed-note v1.0.0) with Ed25519 keys.
//!
//! A note is a text, an empty line, and signature lines `— name base64(key id || signature)`.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, Ed25519KeyPair, ParsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use thiserror::Error;

use crate::hash::Hash;

/// The longest note of a log, in bytes. Post-quantum signatures of many witnesses still fit.
pub const NOTE_LIMIT_BYTES: usize = 256 * 1024;
/// The longest note of any kind, in bytes: the directory of a large country is one. Who reads another has a limit of its own.
const ANY_NOTE_LIMIT_BYTES: usize = 33 * 1024 * 1024;
/// The most signature lines a note may carry.
pub const NOTE_LIMIT_SIGNATURES: usize = 64;
/// The longest key name, in bytes.
pub const KEY_NAME_LIMIT_BYTES: usize = 255;

const ED25519_TYPE: u8 = 0x01;
pub(crate) const KEY_ID_BYTES: usize = 4;
const ED25519_PUBLIC_KEY_BYTES: usize = 32;
const ED25519_SIGNATURE_BYTES: usize = 64;
const SIGNATURE_LINE_START: &str = "\u{2014} ";

/// Why a key or a note is not accepted.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum NoteError {
    /// The key name breaks the rules of the specification.
    #[error("a key name must be 1 to {KEY_NAME_LIMIT_BYTES} bytes without spaces, control characters or '+'")]
    KeyName,
    /// The private key is not a usable Ed25519 key.
    #[error("the private key is not an Ed25519 key: {0}")]
    PrivateKey(&'static str),
    /// The verifier key is not of the form `name+id+key`, or its parts disagree.
    #[error("the verifier key is not valid: {0}")]
    VerifierKey(&'static str),
    /// The verifier key is for signatures of another type.
    #[error(
        "the verifier key has signature type {found:#04x} ({}); here it must be {expected:#04x} ({})",
        type_name(*.found), type_name(*.expected)
    )]
    KeyType {
        /// The type of the key.
        found: u8,
        /// The type that can be verified here.
        expected: u8,
    },
    /// The note is not well-formed.
    #[error("the note is not well-formed: {0}")]
    Malformed(&'static str),
    /// No signature line of the note is by the given key.
    #[error("the note carries no signature by {0}")]
    NotSigned(String),
    /// A signature line of the given key does not verify.
    #[error("the note's signature by {0} does not verify")]
    WrongSignature(String),
    /// The private key did not sign.
    #[error("the key {key} does not sign: {fault}")]
    DoesNotSign {
        /// Name and id of the key.
        key: String,
        /// What was wrong.
        fault: String,
    },
    /// Two keys that should sign together are of different names.
    #[error("the keys {0} and {1} have different names; keys of one log have one name")]
    OtherName(String, String),
}

fn type_name(signature_type: u8) -> &'static str {
    match signature_type {
        0x01 => "Ed25519",
        0x02 => "ECDSA",
        0x04 => "timestamped Ed25519 cosignature",
        0x05 => "RFC 6962 tree head",
        0x06 => "timestamped ML-DSA-44 cosignature",
        _ => "unassigned",
    }
}

/// An Ed25519 private key (RFC 8032), wherever it is kept.
pub trait Ed25519Key: Send + Sync {
    /// The public key.
    fn public_key(&self) -> [u8; ED25519_PUBLIC_KEY_BYTES];

    /// Signs a message, or says why it can't. May block.
    fn sign(&self, message: &[u8]) -> Result<[u8; ED25519_SIGNATURE_BYTES], String>;
}

/// A key that is in memory.
impl Ed25519Key for Ed25519KeyPair {
    fn public_key(&self) -> [u8; ED25519_PUBLIC_KEY_BYTES] {
        aws_lc_rs::signature::KeyPair::public_key(self)
            .as_ref()
            .try_into()
            .expect("an Ed25519 public key has 32 bytes")
    }

    fn sign(&self, message: &[u8]) -> Result<[u8; ED25519_SIGNATURE_BYTES], String> {
        Ok(Ed25519KeyPair::sign(self, message)
            .as_ref()
            .try_into()
            .expect("an Ed25519 signature has 64 bytes"))
    }
}

/// The key with this seed (RFC 8032: the 32-byte private key).
pub(crate) fn key_of_seed(seed: &[u8; 32]) -> Result<Arc<dyn Ed25519Key>, NoteError> {
    let pair = Ed25519KeyPair::from_seed_unchecked(seed);
    Ok(Arc::new(pair.map_err(|_| NoteError::PrivateKey("seed refused"))?))
}

/// A key that signs notes under a name.
#[derive(Clone)]
pub struct NoteSigner {
    name: Arc<str>,
    key_id: [u8; KEY_ID_BYTES],
    key: Arc<dyn Ed25519Key>,
}

impl NoteSigner {
    /// The signer with this Ed25519 seed (RFC 8032: the 32-byte private key).
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        Self::with_key(name, key_of_seed(seed)?)
    }

    /// The signer with this Ed25519 private key in PKCS #8 (RFC 5958), DER.
    pub fn from_pkcs8(name: &str, pkcs8: &[u8]) -> Result<Self, NoteError> {
        let key_pair =
            Ed25519KeyPair::from_pkcs8(pkcs8).map_err(|_| NoteError::PrivateKey("PKCS #8 refused"))?;
        Self::with_key(name, Arc::new(key_pair))
    }

    /// The signer with this key.
    pub fn with_key(name: &str, key: Arc<dyn Ed25519Key>) -> Result<Self, NoteError> {
        check_key_name(name)?;
        let key_id = key_id(name, ED25519_TYPE, &key.public_key());
        Ok(NoteSigner { name: name.into(), key_id, key })
    }

    /// The name of the key; for a ledger, the origin of its checkpoints.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The key that others verify this signer's notes with.
    pub fn verifier_key(&self) -> VerifierKey {
        VerifierKey::new(&self.name, &self.key.public_key())
            .expect("the name was checked and the public key comes from a private one")
    }

    /// Signs `text`, which must end with a newline and hold no other control character, into a note.
    pub fn sign(&self, text: &str) -> Result<String, NoteError> {
        check_text(text)?;
        Ok(format!("{text}\n{}", self.signature_line(text)?))
    }

    /// The line with which this key signs `text`.
    pub(crate) fn signature_line(&self, text: &str) -> Result<String, NoteError> {
        let signature = self.key.sign(text.as_bytes());
        let signature =
            signature.map_err(|fault| NoteError::DoesNotSign { key: format!("{self:?}"), fault })?;
        Ok(signature_line(&self.name, self.key_id, &signature))
    }
}

impl fmt::Debug for NoteSigner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "NoteSigner({}+{})", self.name, hex(&self.key_id))
    }
}

/// A public key that verifies notes. Its text form is `name+key id in hexadecimal+base64(type || key)`.
#[derive(Clone)]
pub struct VerifierKey {
    name: Arc<str>,
    key_id: [u8; KEY_ID_BYTES],
    public_key: Arc<ParsedPublicKey>,
}

impl VerifierKey {
    /// The verifier key of this Ed25519 public key (32 bytes, RFC 8032) under this name.
    pub fn new(name: &str, public_key: &[u8]) -> Result<Self, NoteError> {
        check_key_name(name)?;
        let parsed = ParsedPublicKey::new(&ED25519, public_key)
            .map_err(|_| NoteError::VerifierKey("not an Ed25519 public key of 32 bytes"))?;
        Ok(VerifierKey {
            name: name.into(),
            key_id: key_id(name, ED25519_TYPE, public_key),
            public_key: Arc::new(parsed),
        })
    }

    /// The name of the key.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The 32 bytes of the Ed25519 public key.
    pub fn public_key(&self) -> &[u8] {
        (*self.public_key).as_ref()
    }

    /// The text of `note`, if this key signed it. Signatures by other keys are ignored; one by this key that
    /// does not verify refuses the note, even beside one that does.
    pub fn verify<'note>(&self, note: &'note str) -> Result<&'note str, NoteError> {
        let (text, signatures) = signatures_by(note, &self.name, self.key_id)?;
        for signature in &signatures {
            self.public_key
                .verify_sig(text.as_bytes(), signature)
                .map_err(|_| NoteError::WrongSignature(self.to_string()))?;
        }
        if signatures.is_empty() { Err(NoteError::NotSigned(self.to_string())) } else { Ok(text) }
    }

    /// The lines of the note with which this key signs it.
    pub(crate) fn own_lines(&self, note: &str) -> Result<String, NoteError> {
        let (_, signatures) = signatures_by(note, &self.name, self.key_id)?;
        let lines = signatures.iter().map(|signature| signature_line(&self.name, self.key_id, signature));
        Ok(lines.collect())
    }
}

/// One key, where several of one log may stand.
impl AsRef<[VerifierKey]> for VerifierKey {
    fn as_ref(&self) -> &[VerifierKey] {
        std::slice::from_ref(self)
    }
}

impl fmt::Display for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&key_text(&self.name, self.key_id, ED25519_TYPE, self.public_key()))
    }
}

impl fmt::Debug for VerifierKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "VerifierKey({self})")
    }
}

impl PartialEq for VerifierKey {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name && self.public_key() == other.public_key()
    }
}

impl Eq for VerifierKey {}

impl FromStr for VerifierKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, public_key) = parse_key_text(text, ED25519_TYPE)?;
        VerifierKey::new(name, &public_key)
    }
}

/// The text form of a key: `name+key id in hexadecimal+base64(type || key)`.
pub(crate) fn key_text(
    name: &str,
    key_id: [u8; KEY_ID_BYTES],
    signature_type: u8,
    public_key: &[u8],
) -> String {
    format!("{name}+{}+{}", hex(&key_id), STANDARD.encode([&[signature_type], public_key].concat()))
}

/// Name and public key of the text form of a key for signatures of this type.
pub(crate) fn parse_key_text(text: &str, signature_type: u8) -> Result<(&str, Vec<u8>), NoteError> {
    // The key's base64 may hold a '+' and the name never does, so the parts are counted from the left.
    let mut parts = text.splitn(3, '+');
    let (Some(name), Some(id), Some(key)) = (parts.next(), parts.next(), parts.next()) else {
        return Err(NoteError::VerifierKey("it needs the form name+id+key"));
    };
    check_key_name(name)?;
    let key = STANDARD.decode(key).map_err(|_| NoteError::VerifierKey("the key is not standard base64"))?;
    match key.split_first() {
        Some((&found, public_key)) if found == signature_type => {
            if public_key.len() != ED25519_PUBLIC_KEY_BYTES {
                return Err(NoteError::VerifierKey("not an Ed25519 public key of 32 bytes"));
            }
            if hex(&key_id(name, signature_type, public_key)) != id {
                return Err(NoteError::VerifierKey("the id is not that of this name and key"));
            }
            Ok((name, public_key.to_vec()))
        }
        Some((&found, _)) => Err(NoteError::KeyType { found, expected: signature_type }),
        None => Err(NoteError::VerifierKey("the key is empty")),
    }
}

/// The first four bytes of SHA-256 over name, newline, signature type and public key.
pub(crate) fn key_id(name: &str, signature_type: u8, public_key: &[u8]) -> [u8; KEY_ID_BYTES] {
    let named_key = [name.as_bytes(), b"\n", &[signature_type], public_key].concat();
    let [a, b, c, d, ..] = *Hash::of(&named_key).as_bytes();
    [a, b, c, d]
}

pub(crate) fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

pub(crate) fn check_key_name(name: &str) -> Result<(), NoteError> {
    let forbidden = |c: char| c == '+' || c.is_whitespace() || c.is_control();
    if name.is_empty() || name.len() > KEY_NAME_LIMIT_BYTES || name.contains(forbidden) {
        return Err(NoteError::KeyName);
    }
    Ok(())
}

fn check_text(text: &str) -> Result<(), NoteError> {
    if !text.ends_with('\n') {
        return Err(NoteError::Malformed("the text must end with a newline"));
    }
    check_characters(text)
}

pub(crate) fn check_characters(note: &str) -> Result<(), NoteError> {
    if note.len() > ANY_NOTE_LIMIT_BYTES {
        return Err(NoteError::Malformed("it is longer than a note may be"));
    }
    if note.bytes().any(|byte| byte < 0x20 && byte != b'\n') {
        return Err(NoteError::Malformed("it holds a control character other than newline"));
    }
    Ok(())
}

/// The text of a note whose signatures are checked elsewhere.
pub(crate) fn unverified_text(note: &str) -> Result<&str, NoteError> {
    Ok(split_note(note)?.0)
}

/// The text of a note, and the signatures in it that say they are by the key of this name and id.
pub(crate) fn signatures_by<'note>(
    note: &'note str,
    name: &str,
    key_id: [u8; KEY_ID_BYTES],
) -> Result<(&'note str, Vec<Vec<u8>>), NoteError> {
    let (text, lines) = split_note(note)?;
    let mut signatures = Vec::new();
    for line in lines {
        let (signed_by, mut blob) = parse_signature_line(line)?;
        if signed_by == name && blob[..KEY_ID_BYTES] == key_id {
            signatures.push(blob.split_off(KEY_ID_BYTES));
        }
    }
    Ok((text, signatures))
}

/// A signature line of a note, with its newline.
pub(crate) fn signature_line(name: &str, key_id: [u8; KEY_ID_BYTES], signature: &[u8]) -> String {
    format!("{SIGNATURE_LINE_START}{name} {}\n", STANDARD.encode([&key_id, signature].concat()))
}

/// The text of a note with its final newline, and its signature lines.
fn split_note(note: &str) -> Result<(&str, std::str::Split<'_, char>), NoteError> {
    check_characters(note)?;
    let Some(separator) = note.rfind("\n\n") else {
        return Err(NoteError::Malformed("no empty line between text and signatures"));
    };
    let (text, signatures) = (&note[..=separator], &note[separator + 2..]);
    let Some(signatures) = signatures.strip_suffix('\n') else {
        return Err(NoteError::Malformed("no signature line, or the last one lacks its newline"));
    };
    if signatures.split('\n').count() > NOTE_LIMIT_SIGNATURES {
        return Err(NoteError::Malformed("it has more signatures than a note may have"));
    }
    Ok((text, signatures.split('\n')))
}

/// The key name of a signature line, and its key id followed by the signature.
fn parse_signature_line(line: &str) -> Result<(&str, Vec<u8>), NoteError> {
    let malformed = NoteError::Malformed("a signature line is not '\u{2014} name base64'");
    let Some((name, blob)) = line.strip_prefix(SIGNATURE_LINE_START).and_then(|rest| rest.split_once(' '))
    else {
        return Err(malformed);
    };
    check_key_name(name).map_err(|_| malformed.clone())?;
    match STANDARD.decode(blob) {
        Ok(blob) if blob.len() > KEY_ID_BYTES => Ok((name, blob)),
        _ => Err(malformed),
    }
}
