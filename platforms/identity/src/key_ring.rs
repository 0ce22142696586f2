//! The keys that sign tokens, as every node of the system has them.

use crate::{
    jose::{self, SigningKey, VerifyingKey},
    records,
    rules::keys::{published_periods, signing_period},
    secret::sha256,
};
use aws_lc_rs::hmac;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::identity::SigningAlgorithm;
use jiff::Timestamp;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex, PoisonError};
use store::{Batch, Store, StoreError, params};
use system::Random;

const ALGORITHMS: [SigningAlgorithm; 2] = [SigningAlgorithm::Es256, SigningAlgorithm::EdDsa];
/// Name of the key that makes subjects.
const SUBJECTS: &str = "subjects";
/// Bytes of a key's digest that name it.
const KID_BYTES: usize = 12;

/// The keys of one period.
pub(crate) struct Keys {
    period: i64,
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
}

/// Keeps the keys of the period at hand.
#[derive(Default)]
pub(crate) struct KeyRing(Mutex<Option<Arc<Keys>>>);

impl KeyRing {
    /// The keys of now. When a period begins they are read anew, and the next period's are made if no node has.
    pub(crate) async fn keys(
        &self,
        store: &Store,
        random: &Random,
        now: Timestamp,
    ) -> Result<Arc<Keys>, StoreError> {
        let held = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        if let Some(keys) = held.filter(|keys| keys.period == signing_period(now)) {
            return Ok(keys);
        }
        let keys = Arc::new(read(store, random, now).await?);
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(keys.clone());
        Ok(keys)
    }
}

async fn read(store: &Store, random: &Random, now: Timestamp) -> Result<Keys, StoreError> {
    let (period, periods) = (signing_period(now), published_periods(now));
    let mut kept = records::keys(store, *periods.start(), *periods.end()).await?;
    let mut batch = Batch::new();
    for needed in period..=*periods.end() {
        for algorithm in ALGORITHMS {
            let name = jose::name(algorithm);
            if !kept.iter().any(|key| key.period == needed && key.algorithm == name) {
                make(&mut batch, algorithm, needed, random);
            }
        }
    }
    let mut subjects = records::lasting_key(store, SUBJECTS).await?;
    if subjects.is_none() {
        batch.change(&records::ADD_LASTING_KEY, params![SUBJECTS, random.bytes::<32>()]);
    }
    if !batch.is_empty() {
        store.write(batch).await?;
        // Another node may have been faster; what is kept is what counts.
        kept = records::keys(store, *periods.start(), *periods.end()).await?;
        subjects = records::lasting_key(store, SUBJECTS).await?;
    }
    let all: Vec<(i64, SigningKey)> = kept
        .iter()
        .filter_map(|key| {
            let algorithm = ALGORITHMS.into_iter().find(|known| jose::name(*known) == key.algorithm)?;
            Some((key.period, SigningKey::from_pkcs8(algorithm, &key.kid, &key.pkcs8)?))
        })
        .collect();
    Ok(Keys {
        period,
        published: json!({ "keys": all.iter().map(|(_, key)| key.jwk()).collect::<Vec<_>>() }),
        verifying: all.iter().map(|(_, key)| key.verifying()).collect(),
        signing: all.into_iter().filter(|(of, _)| *of == period).map(|(_, key)| key).collect(),
        subjects: hmac::Key::new(hmac::HMAC_SHA256, &subjects.unwrap_or_else(|| random.bytes())),
    })
}

fn make(batch: &mut Batch, algorithm: SigningAlgorithm, period: i64, random: &Random) {
    let Some(pkcs8) = SigningKey::generate(algorithm, &random.bytes()) else {
        tracing::error!("a signing key can't be made");
        return;
    };
    let kid = URL_SAFE_NO_PAD.encode(&sha256(&pkcs8)[..KID_BYTES]);
    batch.change(&records::ADD_KEY, params![jose::name(algorithm), period, kid, pkcs8]);
}
