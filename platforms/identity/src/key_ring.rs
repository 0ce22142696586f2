//! The keys that sign tokens, as every node of the system has them. In the records they are sealed.

use crate::{
    jose::{self, SigningKey, VerifyingKey},
    records,
    rules::keys::{published_periods, signing_period},
    secret::sha256,
};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::identity::SigningAlgorithm;
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Batch, Store, StoreError, params};
use system::{Random, Room, Sealing, SealingError};
use thiserror::Error;

const ALGORITHMS: [SigningAlgorithm; 2] = [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa];
/// Name of the key that makes subjects.
const SUBJECTS: &str = "subjects";
/// Bytes of a key's digest that name it.
const KID_BYTES: usize = 12;
/// How often the records and the sealing keys are looked at again, in minutes: within this time every node has sealed anew
/// after the sealing key was replaced.
const LOOK_EVERY_MINUTES: i64 = 60;

/// Why there are no keys.
#[derive(Debug, Error)]
pub(crate) enum KeyRingError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// What is in the records can't be unsealed.
    #[error("a key in the records can't be used: {0}")]
    Sealing(#[from] SealingError),
    /// What was unsealed is no key.
    #[error("a key in the records is none; restore the records")]
    Damaged,
}

/// The keys of one period.
pub(crate) struct Keys {
    period: i64,
    read_at: Timestamp,
    signing: Vec<SigningKey>,
    subjects: hmac::Key,
    /// The key set, as it is published.
    pub(crate) published: Value,
    /// The keys that verify what was signed.
    pub(crate) verifying: Vec<VerifyingKey>,
}

impl Keys {
    /// Signs claims; `None` only when the library fails.
    pub(crate) fn sign(&self, algorithm: SigningAlgorithm, kind: &str, claims: &Value) -> Option<String> {
        self.signing.iter().find(|key| key.algorithm() == algorithm)?.sign(kind, claims)
    }

    /// The name of an account at the clients of one sector, which says nothing to those of another (OpenID Connect Core
    /// 1.0, section 8.1).
    pub(crate) fn subject(&self, sector: &str, account: uuid::Uuid) -> String {
        let named = [sector.as_bytes(), b"\0", account.as_bytes()].concat();
        URL_SAFE_NO_PAD.encode(hmac::sign(&self.subjects, &named))
    }

    /// They were read so lately that they need not be read again.
    fn are_fresh(&self, now: Timestamp) -> bool {
        let age = now.duration_since(self.read_at);
        (SignedDuration::ZERO..SignedDuration::from_mins(LOOK_EVERY_MINUTES)).contains(&age)
    }
}

/// Keeps the keys of the period at hand.
#[derive(Default)]
pub(crate) struct KeyRing(Mutex<Option<Arc<Keys>>>);

impl KeyRing {
    /// The keys of now. When a period begins they are read anew, and the next period's are made if no node has. Keys of this
    /// period that can't be read again stay in use: nobody is thrown out because a file was moved.
    pub(crate) async fn keys(&self, room: &Room) -> Result<Arc<Keys>, KeyRingError> {
        let now = room.clock.now();
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let held = held.filter(|keys| keys.period == signing_period(now));
        if let Some(keys) = held.as_ref().filter(|keys| keys.are_fresh(now)) {
            return Ok(keys.clone());
        }
        let keys = match (read(&room.store, &room.sealing, &room.random, now).await, held) {
            (Ok(keys), _) => Arc::new(keys),
            (Err(error), Some(held)) => {
                tracing::error!(%error, "the signing keys can't be read again; those at hand are used");
                return Ok(held);
            }
            (Err(error), None) => return Err(error),
        };
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys.clone());
        Ok(keys)
    }
}

async fn read(
    store: &Store,
    sealing: &Sealing,
    random: &Random,
    now: Timestamp,
) -> Result<Keys, KeyRingError> {
    sealing.refresh()?;
    let (period, periods) = (signing_period(now), published_periods(now));
    let mut kept = records::keys(store, *periods.start(), *periods.end()).await?;
    let mut batch = Batch::new();
    for needed in period..=*periods.end() {
        for algorithm in ALGORITHMS {
            let name = jose::name(algorithm);
            if !kept.iter().any(|key| key.period == needed && key.algorithm == name) {
                make(&mut batch, algorithm, needed, sealing, random);
            }
        }
    }
    let mut subjects = records::lasting_key(store, SUBJECTS).await?;
    if subjects.is_none() {
        let sealed = sealing.seal(SUBJECTS, &random.bytes::<32>(), random);
        batch.change(&records::ADD_LASTING_KEY, params![SUBJECTS, sealed]);
    }
    if !batch.is_empty() {
        store.write(batch).await?;
        // Another node may have been faster; what is kept is what counts.
        kept = records::keys(store, *periods.start(), *periods.end()).await?;
        subjects = records::lasting_key(store, SUBJECTS).await?;
    }
    let subjects = subjects.ok_or(KeyRingError::Damaged)?;
    let mut batch = Batch::new();
    let mut all: Vec<(i64, SigningKey)> = Vec::new();
    for key in &kept {
        let algorithm = ALGORITHMS.into_iter().find(|known| jose::name(*known) == key.algorithm);
        let algorithm = algorithm.ok_or(KeyRingError::Damaged)?;
        let pkcs8 = sealing.unseal(&purpose(&key.kid), &key.pkcs8)?;
        if !sealing.is_newest(&key.pkcs8) {
            let anew = sealing.seal(&purpose(&key.kid), &pkcs8, random);
            batch.change(&records::SEAL_KEY_ANEW, params![&key.kid, anew, &key.pkcs8]);
        }
        let usable = SigningKey::from_pkcs8(algorithm, &key.kid, &pkcs8).ok_or(KeyRingError::Damaged)?;
        all.push((key.period, usable));
    }
    let secret = sealing.unseal(SUBJECTS, &subjects)?;
    if !sealing.is_newest(&subjects) {
        let anew = sealing.seal(SUBJECTS, &secret, random);
        batch.change(&records::SEAL_LASTING_KEY_ANEW, params![SUBJECTS, anew, &subjects]);
    }
    if !batch.is_empty() {
        store.write(batch).await?;
    }
    Ok(Keys {
        period,
        read_at: now,
        published: json!({ "keys": all.iter().map(|(_, key)| key.jwk()).collect::<Vec<_>>() }),
        verifying: all.iter().filter_map(|(_, key)| key.verifying()).collect(),
        signing: all.into_iter().filter(|(of, _)| *of == period).map(|(_, key)| key).collect(),
        subjects: hmac::Key::new(hmac::HMAC_SHA256, &secret),
    })
}

/// What a signing key is sealed as.
fn purpose(kid: &str) -> String {
    format!("signing key {kid}")
}

fn make(batch: &mut Batch, algorithm: SigningAlgorithm, period: i64, sealing: &Sealing, random: &Random) {
    let Some(pkcs8) = SigningKey::generate(algorithm, &random.bytes()) else {
        tracing::error!("a signing key can't be made");
        return;
    };
    let kid = URL_SAFE_NO_PAD.encode(&sha256(&pkcs8)[..KID_BYTES]);
    let sealed = sealing.seal(&purpose(&kid), &pkcs8, random);
    batch.change(&records::ADD_KEY, params![jose::name(algorithm), period, kid, sealed]);
}
