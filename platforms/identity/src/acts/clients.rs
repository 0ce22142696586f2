//! Who sends a request to an endpoint for clients, and how they show it.

use super::tokens::{INVALID_CLIENT, NoToken, OauthError};
use crate::{
    Identity, jose,
    known_clients::KnownClient,
    records,
    rules::authorization::{Parameters, is_without_repetition, parameter},
    secret::sha256,
};
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::{
    SystemId,
    identity::{ClientAuthentication, ClientRegistration},
};
use jiff::Timestamp;
use serde_json::Value;
use std::sync::Arc;
use store::{Batch, params};
use system::ShownCertificate;

/// How long an assertion of a client may hold at most, in seconds; libraries give them up to an hour.
const ASSERTION_SECONDS: i64 = 3_600;
/// How far a clock may be ahead of ours, in seconds.
pub(super) const CLOCK_AHEAD_SECONDS: i64 = 60;
/// What an assertion says it is (RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// What a client asks for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Asked<'a> {
    /// Tokens.
    Token,
    /// That an authorization request be kept.
    Push,
    /// What a token is good for.
    Introspect(&'a str),
    /// That a token be taken back.
    GiveBack(&'a str),
}

/// A client that has shown that it is the client.
pub(crate) struct Client {
    pub(crate) id: String,
    known: Arc<KnownClient>,
    /// That it is registered so still, and what its assertion writes: that is used once, together with what it is used for.
    pub(crate) batch: Batch,
    /// The certificate to which its access tokens are bound.
    pub(super) bound_to: Option<Thumbprint>,
}

impl Client {
    /// How it is registered.
    pub(crate) fn registration(&self) -> &ClientRegistration {
        &self.known.registration
    }

    /// Clients of one system know a person by the same subject.
    pub(super) fn sector(&self) -> &str {
        sector(&self.id)
    }

    /// It has shown a key or a certificate.
    pub(super) fn is_authenticated(&self) -> bool {
        self.known.registration.authentication != ClientAuthentication::None
    }
}

/// The system a client belongs to.
pub(super) fn sector(client: &str) -> &str {
    client.rsplit_once('/').map_or(client, |(system, _)| system)
}

/// SHA-256 of a certificate, as tokens name it (RFC 8705, section 3.1).
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Thumbprint(pub(super) String);

impl Thumbprint {
    pub(super) fn of(shown: &ShownCertificate) -> Self {
        Self(URL_SAFE_NO_PAD.encode(sha256(shown.der())))
    }
}

impl Identity {
    /// Does what a request asks for, in the name of the client that sends it. `shown` is the certificate of its connection.
    /// A client that was read before is taken as it was then; where that is refused, or does not stand any more, the client is
    /// read and the act begun again.
    pub(crate) async fn as_client(
        &self,
        parameters: &Parameters,
        shown: Option<&ShownCertificate>,
        asked: Asked<'_>,
    ) -> Result<Value, NoToken> {
        let id = claimed_id(parameters)?;
        let mut refused = None;
        if let Some(known) = self.clients.held(&id) {
            let done = match self.authenticated(&id, &known, parameters, shown) {
                Ok(client) => self.answer_client(client, parameters, asked).await,
                Err(error) => Err(error.into()),
            };
            match done {
                Err(error @ (NoToken::Refused(_) | NoToken::ClientChanged)) => {
                    refused = Some((known, error));
                }
                done => return done,
            }
        }
        let read = self.clients.read(&self.room.store, &id).await?.ok_or(INVALID_CLIENT)?;
        match refused {
            Some((known, error)) if known.recorded == read.recorded => Err(error),
            _ => {
                let client = self.authenticated(&id, &read, parameters, shown)?;
                self.answer_client(client, parameters, asked).await
            }
        }
    }

    async fn answer_client(
        &self,
        client: Client,
        parameters: &Parameters,
        asked: Asked<'_>,
    ) -> Result<Value, NoToken> {
        match asked {
            Asked::Token => self.token(client, parameters).await,
            Asked::Push => self.push(client, parameters).await,
            Asked::Introspect(token) => self.introspect(client, token).await,
            Asked::GiveBack(token) => self.give_back(client, token).await.map(|()| Value::Null),
        }
    }

    /// The client, if the request shows that it is.
    fn authenticated(
        &self,
        id: &str,
        known: &Arc<KnownClient>,
        parameters: &Parameters,
        shown: Option<&ShownCertificate>,
    ) -> Result<Client, OauthError> {
        let registration = &known.registration;
        let own = shown.filter(|shown| self.is_of_client(id, shown));
        let mut batch = Batch::new();
        batch.require(&records::CLIENT_STANDS, params![id, &known.recorded]);
        match (registration.authentication, parameter(parameters, "client_assertion")) {
            (ClientAuthentication::None, None) => {}
            (ClientAuthentication::TlsClientAuth, None) if own.is_some() => {}
            (ClientAuthentication::PrivateKeyJwt, Some(assertion))
                if parameter(parameters, "client_assertion_type") == Some(ASSERTION_TYPE) =>
            {
                let (name, expires_at) = self.check_assertion(id, known, assertion)?;
                records::use_assertion(&mut batch, name, expires_at, self.now());
            }
            _ => return Err(INVALID_CLIENT),
        }
        let is_bound = registration.tls_client_certificate_bound_access_tokens
            || registration.authentication == ClientAuthentication::TlsClientAuth;
        let bound_to = match (is_bound, own) {
            (false, _) => None,
            (true, Some(own)) => Some(Thumbprint::of(own)),
            (true, None) => return Err(INVALID_CLIENT),
        };
        Ok(Client { id: id.to_owned(), known: known.clone(), batch, bound_to })
    }

    /// The certificate is that of the client's system, and both stand in the directory still.
    fn is_of_client(&self, id: &str, shown: &ShownCertificate) -> bool {
        shown.system().to_string() == sector(id) && self.is_in_directory(id) && shown.stands(self.now())
    }

    /// The directory has the system of a client.
    pub(super) fn is_in_directory(&self, client: &str) -> bool {
        let system: Result<SystemId, _> = sector(client).parse();
        system.is_ok_and(|system| self.room.exchange.has_system(&system))
    }

    /// Notes that the client's assertion was used, where nothing else is written.
    pub(super) async fn use_assertion(&self, client: &mut Client) -> Result<(), NoToken> {
        let batch = std::mem::take(&mut client.batch);
        Ok(self.room.store.write(batch).await?)
    }

    /// Checks an assertion (RFC 7523, section 3): what names it, and until when that must be remembered.
    fn check_assertion(
        &self,
        id: &str,
        known: &KnownClient,
        assertion: &str,
    ) -> Result<([u8; 32], Timestamp), OauthError> {
        let kinds = ["", "jwt", "client-authentication+jwt"];
        let claims = jose::verify(assertion, &kinds, &known.keys).map_err(|error| {
            tracing::info!(client = id, %error, "an assertion was not taken");
            INVALID_CLIENT
        })?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let is_ours = |audience: &Value| audience.as_str().is_some_and(|audience| self.is_address(audience));
        let is_audience = match claims.get("aud") {
            Some(Value::Array(audiences)) => audiences.len() == 1 && audiences.iter().all(is_ours),
            Some(audience) => is_ours(audience),
            None => false,
        };
        let now = self.now().as_second();
        let second = |name: &str| claims.get(name).and_then(Value::as_i64);
        let expires = second("exp")
            .filter(|exp| (now + 1..=now + ASSERTION_SECONDS + CLOCK_AHEAD_SECONDS).contains(exp));
        let is_begun = |name| second(name).is_none_or(|begun| begun <= now + CLOCK_AHEAD_SECONDS);
        let (Some(expires), Some(name), true) = (expires, text("jti"), is_audience) else {
            return Err(INVALID_CLIENT);
        };
        if text("iss") != Some(id) || text("sub") != Some(id) || !is_begun("iat") || !is_begun("nbf") {
            return Err(INVALID_CLIENT);
        }
        let expires_at = Timestamp::from_second(expires).map_err(|_| INVALID_CLIENT)?;
        Ok((sha256(format!("{id}\n{name}").as_bytes()), expires_at))
    }

    /// An assertion may name the issuer, or the endpoint it is sent to, under either of its addresses.
    fn is_address(&self, audience: &str) -> bool {
        let bases = [Some(self.issuer()), self.mutual_tls_base()];
        bases.into_iter().flatten().any(|base| {
            audience
                .strip_prefix(&base)
                .is_some_and(|rest| ["", "/token", "/par", "/introspect", "/revoke"].contains(&rest))
        })
    }
}

/// The client that a request says it is of.
fn claimed_id(parameters: &Parameters) -> Result<String, OauthError> {
    if !is_without_repetition(parameters) {
        return Err(OauthError("invalid_request", "a parameter comes twice"));
    }
    match (parameter(parameters, "client_id"), parameter(parameters, "client_assertion")) {
        (Some(id), _) => Ok(id.to_owned()),
        (None, Some(assertion)) => unverified_subject(assertion).ok_or(INVALID_CLIENT),
        (None, None) => Err(INVALID_CLIENT),
    }
}

/// The subject an assertion claims, to find the key it must be verified with.
fn unverified_subject(assertion: &str) -> Option<String> {
    let claims = assertion.split('.').nth(1).filter(|part| part.len() <= jose::TOKEN_LIMIT_BYTES)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}
