//! What is known of the identity provider: its addresses and its keys, as it publishes them.

use crate::{
    jose::{self, JoseError, VerifyingKey},
    outgoing::{Answer, OutgoingCalls, OutgoingError},
};
use http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use std::sync::{Arc, Mutex, PoisonError};
use thiserror::Error;

/// How long addresses and keys are believed, in seconds.
const KNOWN_SECONDS: i64 = 3_600;
/// How soon keys are asked for again when a token names one that is not known, in seconds.
const KEYS_AGAIN_SECONDS: i64 = 10;

/// Why the provider can't be used just now.
#[derive(Debug, Error)]
pub enum ProviderError {
    /// A call did not arrive, or was not answered.
    #[error("{0}: {1}")]
    Call(String, OutgoingError),
    /// It answered with something else than the standard says.
    #[error("{0} did not answer as OpenID Connect says")]
    Answer(String),
    /// It says that it is another.
    #[error("the identity system at {0} says that it is another issuer; sign-in.issuer must be what it says")]
    OtherIssuer(String),
    /// An address of it could be read or changed on the way.
    #[error("the identity system names {0}, which is not https")]
    Address(String),
    /// A token is not signed by it.
    #[error(transparent)]
    Token(#[from] JoseError),
}

/// The addresses of a provider (OpenID Connect Discovery 1.0, RFC 8414, RFC 9126).
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(crate) struct Addresses {
    issuer: String,
    #[serde(rename = "authorization_endpoint")]
    pub(crate) authorization: String,
    #[serde(rename = "pushed_authorization_request_endpoint")]
    pub(crate) pushed: String,
    #[serde(rename = "token_endpoint")]
    pub(crate) token: String,
    #[serde(rename = "userinfo_endpoint")]
    pub(crate) user_info: String,
    #[serde(rename = "jwks_uri")]
    keys: String,
    #[serde(rename = "end_session_endpoint")]
    pub(crate) end_session: Option<String>,
}

/// Something that was learned at a time.
struct Learned<T>(Arc<T>, Timestamp);

impl<T> Learned<T> {
    fn within(&self, now: Timestamp, seconds: i64) -> Option<Arc<T>> {
        let age = now.duration_since(self.1).abs();
        (age < SignedDuration::from_secs(seconds)).then(|| self.0.clone())
    }
}

/// A provider, known by its issuer.
pub(crate) struct Provider {
    issuer: String,
    pub(crate) calls: OutgoingCalls,
    addresses: Mutex<Option<Learned<Addresses>>>,
    keys: Mutex<Option<Learned<Vec<VerifyingKey>>>>,
}

impl Provider {
    pub(crate) fn new(issuer: String, calls: OutgoingCalls) -> Self {
        Self { issuer, calls, addresses: Mutex::default(), keys: Mutex::default() }
    }

    /// Its addresses. What was learned before is believed for an hour.
    pub(crate) async fn addresses(&self, now: Timestamp) -> Result<Arc<Addresses>, ProviderError> {
        if let Some(known) = known(&self.addresses, now, KNOWN_SECONDS) {
            return Ok(known);
        }
        let found: Addresses =
            self.fetch(&format!("{}/.well-known/openid-configuration", self.issuer)).await?;
        if found.issuer != self.issuer {
            return Err(ProviderError::OtherIssuer(self.issuer.clone()));
        }
        let all =
            [&found.issuer, &found.authorization, &found.pushed, &found.token, &found.user_info, &found.keys];
        if let Some(address) = all.into_iter().chain(&found.end_session).find(|address| !is_safe(address)) {
            return Err(ProviderError::Address(address.clone()));
        }
        Ok(learn(&self.addresses, found, now))
    }

    /// The claims of a token that it signed. Where the key is not known its keys are asked for again, but not over and over.
    pub(crate) async fn verify(
        &self,
        token: &str,
        kinds: &[&str],
        now: Timestamp,
    ) -> Result<Value, ProviderError> {
        if let Some(keys) = known(&self.keys, now, KNOWN_SECONDS) {
            match jose::verify(token, kinds, &keys) {
                Err(JoseError::Algorithm | JoseError::Signature)
                    if known(&self.keys, now, KEYS_AGAIN_SECONDS).is_none() => {}
                verified => return Ok(verified?),
            }
        }
        let set: Value = self.fetch(&self.addresses(now).await?.keys).await?;
        let keys = learn(&self.keys, jose::keys_of(&set)?, now);
        Ok(jose::verify(token, kinds, &keys)?)
    }

    async fn fetch<T: DeserializeOwned>(&self, address: &str) -> Result<T, ProviderError> {
        let answer = self.calls.get(address, None).await;
        let answer = answer.map_err(|error| ProviderError::Call(address.to_owned(), error))?;
        read(address, &answer, StatusCode::OK)
    }
}

/// The document of an answer with this status.
pub(crate) fn read<T: DeserializeOwned>(
    address: &str,
    answer: &Answer,
    status: StatusCode,
) -> Result<T, ProviderError> {
    let read = serde_json::from_slice(&answer.body).ok().filter(|_| answer.status == status);
    read.ok_or_else(|| ProviderError::Answer(address.to_owned()))
}

fn known<T>(place: &Mutex<Option<Learned<T>>>, now: Timestamp, seconds: i64) -> Option<Arc<T>> {
    let place = place.lock().unwrap_or_else(PoisonError::into_inner);
    place.as_ref().and_then(|learned| learned.within(now, seconds))
}

fn learn<T>(place: &Mutex<Option<Learned<T>>>, found: T, now: Timestamp) -> Arc<T> {
    let found = Arc::new(found);
    *place.lock().unwrap_or_else(PoisonError::into_inner) = Some(Learned(found.clone(), now));
    found
}

/// Whether what goes to an address can neither be read nor changed on the way: it is over TLS, or stays on the machine.
pub fn is_safe(address: &str) -> bool {
    let Ok(uri) = address.parse::<http::Uri>() else { return false };
    let is_ours = matches!(uri.host(), Some("127.0.0.1" | "localhost" | "[::1]"));
    let has_user = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    let is_safe = uri.scheme_str() == Some("https") || (uri.scheme_str() == Some("http") && is_ours);
    is_safe && !has_user && uri.host().is_some_and(|host| !host.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_are_over_tls_or_stay_on_the_machine() {
        for (address, expected) in [
            ("https://id.example/identity", true),
            ("http://127.0.0.1:8080/identity", true),
            ("http://localhost/", true),
            ("http://[::1]:80/", true),
            ("http://id.example/identity", false),
            ("http://127.0.0.1@evil.example/", false),
            ("https://a@id.example/", false),
            ("ftp://id.example", false),
            ("/identity", false),
            ("", false),
        ] {
            assert_eq!(is_safe(address), expected, "{address}");
        }
    }
}
