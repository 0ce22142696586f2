//! Cosignatures (C2SP tlog-cosignature v1.0, Ed25519): a witness's statement that, at a time, a checkpoint was the largest
//! consistent one it had seen of a log.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use aws_lc_rs::signature::{ED25519, ParsedPublicKey};

use crate::checkpoint::SignedCheckpoint;
use crate::note::{
    Ed25519Key, KEY_ID_BYTES, NoteError, check_key_name, key_id, key_of_seed, key_text, parse_key_text,
    signature_line, signatures_by,
};

const COSIGNATURE_TYPE: u8 = 0x04;
const TIME_BYTES: usize = 8;

/// A key that cosigns checkpoints under a witness's name. It must sign nothing else, and no other witness may use it: the
/// signed message does not name the witness.
#[derive(Clone)]
pub struct CosignatureSigner {
    key: CosignerKey,
    private_key: Arc<dyn Ed25519Key>,
}

impl CosignatureSigner {
    /// The witness of this name with this Ed25519 seed (RFC 8032: the 32-byte private key).
    pub fn new(name: &str, seed: &[u8; 32]) -> Result<Self, NoteError> {
        Self::with_key(name, key_of_seed(seed)?)
    }

    /// The witness of this name with this key.
    pub fn with_key(name: &str, private_key: Arc<dyn Ed25519Key>) -> Result<Self, NoteError> {
        Ok(CosignatureSigner { key: CosignerKey::new(name, &private_key.public_key())?, private_key })
    }

    /// The key that others verify this witness's cosignatures with.
    pub fn cosigner_key(&self) -> &CosignerKey {
        &self.key
    }

    /// The signature line, with its newline, that says the checkpoint was seen at `time_seconds` (since 1970, UTC).
    pub fn cosign(&self, checkpoint: &SignedCheckpoint, time_seconds: u64) -> Result<String, NoteError> {
        let message = message(&checkpoint.checkpoint.to_string(), time_seconds);
        let signature = self.private_key.sign(message.as_bytes());
        let signature =
            signature.map_err(|fault| NoteError::DoesNotSign { key: format!("{self:?}"), fault })?;
        let timed = [&time_seconds.to_be_bytes()[..], &signature].concat();
        Ok(signature_line(&self.key.name, self.key.key_id, &timed))
    }
}

impl fmt::Debug for CosignatureSigner {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "CosignatureSigner({})", self.key)
    }
}

/// What is signed: two lines and the text of the checkpoint.
fn message(text: &str, time_seconds: u64) -> String {
    format!("cosignature/v1\ntime {time_seconds}\n{text}")
}

/// A public key that verifies cosignatures. Its text form is that of a verifier key with signature type 0x04.
#[derive(Clone)]
pub struct CosignerKey {
    name: Arc<str>,
    key_id: [u8; KEY_ID_BYTES],
    public_key: Arc<ParsedPublicKey>,
}

impl CosignerKey {
    /// The key of the witness of this name with this Ed25519 public key (32 bytes, RFC 8032).
    pub fn new(name: &str, public_key: &[u8]) -> Result<Self, NoteError> {
        check_key_name(name)?;
        let parsed = ParsedPublicKey::new(&ED25519, public_key)
            .map_err(|_| NoteError::VerifierKey("not an Ed25519 public key of 32 bytes"))?;
        let key_id = key_id(name, COSIGNATURE_TYPE, public_key);
        Ok(CosignerKey { name: name.into(), key_id, public_key: Arc::new(parsed) })
    }

    /// The witness's name.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// When this witness saw the checkpoint in `note`, in seconds since 1970 UTC: the latest time, when it says several.
    /// Signatures by other keys are ignored; one by this key that does not verify refuses the note.
    pub fn verify(&self, note: &str) -> Result<u64, NoteError> {
        let (text, signatures) = signatures_by(note, &self.name, self.key_id)?;
        let wrong = || NoteError::WrongSignature(self.to_string());
        let mut latest = None;
        for signature in signatures {
            let (time, signature) = signature.split_first_chunk::<TIME_BYTES>().ok_or_else(wrong)?;
            let time_seconds = u64::from_be_bytes(*time);
            self.public_key
                .verify_sig(message(text, time_seconds).as_bytes(), signature)
                .map_err(|_| wrong())?;
            latest = latest.max(Some(time_seconds));
        }
        latest.ok_or_else(|| NoteError::NotSigned(self.to_string()))
    }
}

impl fmt::Display for CosignerKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&key_text(&self.name, self.key_id, COSIGNATURE_TYPE, (*self.public_key).as_ref()))
    }
}

impl fmt::Debug for CosignerKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "CosignerKey({self})")
    }
}

impl PartialEq for CosignerKey {
    fn eq(&self, other: &Self) -> bool {
        self.to_string() == other.to_string()
    }
}

impl Eq for CosignerKey {}

impl FromStr for CosignerKey {
    type Err = NoteError;

    fn from_str(text: &str) -> Result<Self, NoteError> {
        let (name, public_key) = parse_key_text(text, COSIGNATURE_TYPE)?;
        CosignerKey::new(name, &public_key)
    }
}
