//! What clients get: tokens for codes, for refresh tokens and for themselves, and what they may know of a person.

use super::{ActError, authorize::after};
use crate::{
    Identity,
    jose::{self, keys_of},
    key_ring::Keys,
    model::{Account, ContactKind, Grant, Mandate, Ticket, TicketKind},
    records, rules,
    rules::authorization::{Parameters, is_without_repetition, parameter},
    secret::{Secret, sha256},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::identity::{ClaimField, ClientAuthentication, ClientRegistration, SigningAlgorithm};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Map, Value, json};
use std::sync::Arc;
use store::{Batch, StoreError, params};

/// How long an access token and an ID token hold, in seconds.
const TOKEN_SECONDS: i64 = 600;
/// How long a refresh token holds, in hours: 30 days.
const REFRESH_HOURS: i64 = 30 * 24;
/// How long an assertion of a client may hold at most, in seconds; libraries give them up to an hour.
const ASSERTION_SECONDS: i64 = 3_600;
/// How far a clock may be ahead of ours, in seconds.
const CLOCK_AHEAD_SECONDS: i64 = 60;
/// Type of an access token (RFC 9068).
const ACCESS_TOKEN: &str = "at+jwt";
/// Type of an ID token.
const ID_TOKEN: &str = "JWT";
/// What an assertion says it is (RFC 7523, section 2.2).
const ASSERTION_TYPE: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

/// An error as clients are told (RFC 6749, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OauthError(pub(crate) &'static str, pub(crate) &'static str);

/// Why a client gets nothing.
pub(crate) enum NoToken {
    Refused(OauthError),
    Failed(ActError),
}

impl From<OauthError> for NoToken {
    fn from(error: OauthError) -> Self {
        Self::Refused(error)
    }
}

impl From<StoreError> for NoToken {
    fn from(error: StoreError) -> Self {
        Self::Failed(error.into())
    }
}

const INVALID_CLIENT: OauthError =
    OauthError("invalid_client", "the client is unknown or did not authenticate as it registered");
const INVALID_GRANT: OauthError = OauthError(
    "invalid_grant",
    "the code or refresh token is wrong, used, expired, revoked or of another client",
);

/// A client that has shown that it is the client.
pub(crate) struct Client {
    pub(crate) id: String,
    pub(crate) registration: ClientRegistration,
    /// What its assertion writes: it is used once, together with what it is used for.
    pub(crate) batch: Batch,
}

impl Client {
    /// Clients of one system know a person by the same subject.
    fn sector(&self) -> &str {
        sector(&self.id)
    }
}

fn sector(client: &str) -> &str {
    client.rsplit_once('/').map_or(client, |(system, _)| system)
}

impl Identity {
    pub(crate) async fn keys(&self) -> Result<Arc<Keys>, StoreError> {
        self.key_ring.keys(&self.room.store, &self.room.random, self.now()).await
    }

    /// Who sends a request to `/token` or `/par`.
    pub(crate) async fn client(&self, parameters: &Parameters) -> Result<Client, NoToken> {
        if !is_without_repetition(parameters) {
            return Err(OauthError("invalid_request", "a parameter comes twice").into());
        }
        let assertion = parameter(parameters, "client_assertion");
        let id = match (parameter(parameters, "client_id"), assertion) {
            (Some(id), _) => id.to_owned(),
            (None, Some(assertion)) => unverified_subject(assertion).ok_or(INVALID_CLIENT)?,
            (None, None) => return Err(INVALID_CLIENT.into()),
        };
        let registration = records::client(&self.room.store, &id).await?.ok_or(INVALID_CLIENT)?;
        let mut batch = Batch::new();
        match (registration.authentication, assertion) {
            (ClientAuthentication::None, None) => {}
            (ClientAuthentication::PrivateKeyJwt, Some(assertion))
                if parameter(parameters, "client_assertion_type") == Some(ASSERTION_TYPE) =>
            {
                let (hash, expires_at) = self.check_assertion(&id, &registration, assertion)?;
                batch.change(&records::FORGET_ASSERTIONS, params![self.now()]);
                batch.change_one(&records::USE_ASSERTION, params![hash, expires_at]);
            }
            _ => return Err(INVALID_CLIENT.into()),
        }
        Ok(Client { id, registration, batch })
    }

    /// Checks an assertion (RFC 7523, section 3): what names it, and until when that must be remembered.
    fn check_assertion(
        &self,
        id: &str,
        registration: &ClientRegistration,
        assertion: &str,
    ) -> Result<([u8; 32], Timestamp), OauthError> {
        let keys = registration.jwks.as_ref().and_then(|set| keys_of(set).ok()).ok_or(INVALID_CLIENT)?;
        let kinds = ["", "jwt", "client-authentication+jwt"];
        let claims = jose::verify(assertion, &kinds, &keys).map_err(|error| {
            tracing::info!(client = id, %error, "an assertion was not taken");
            INVALID_CLIENT
        })?;
        let text = |name: &str| claims.get(name).and_then(Value::as_str);
        let issuer = self.issuer();
        let ours = [issuer.clone(), format!("{issuer}/token"), format!("{issuer}/par")];
        let is_ours =
            |audience: &Value| audience.as_str().is_some_and(|text| ours.iter().any(|own| own == text));
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

    /// The token endpoint (RFC 6749, section 3.2).
    pub(crate) async fn token(&self, parameters: &Parameters) -> Result<Value, NoToken> {
        let client = self.client(parameters).await?;
        let value = |name| parameter(parameters, name).unwrap_or_default();
        match value("grant_type") {
            "authorization_code" => {
                self.redeem_code(client, value("code"), value("redirect_uri"), value("code_verifier")).await
            }
            "refresh_token" => self.refresh(client, value("refresh_token")).await,
            "client_credentials" => self.for_itself(client).await,
            "" => Err(OauthError("invalid_request", "grant_type is missing").into()),
            _ => Err(OauthError("unsupported_grant_type", "see grant_types_supported").into()),
        }
    }

    async fn redeem_code(
        &self,
        client: Client,
        code: &str,
        redirect_uri: &str,
        verifier: &str,
    ) -> Result<Value, NoToken> {
        let (secret, grant) = self.ticket(&client, TicketKind::Code, code).await?;
        let challenge = URL_SAFE_NO_PAD.encode(sha256(verifier.as_bytes()));
        let is_challenge =
            verify_slices_are_equal(challenge.as_bytes(), grant.content.challenge.as_bytes()).is_ok();
        if grant.content.redirect_uri != redirect_uri || !is_challenge {
            return Err(INVALID_GRANT.into());
        }
        self.exchange(client, &secret, grant, true).await
    }

    async fn refresh(&self, client: Client, token: &str) -> Result<Value, NoToken> {
        let (secret, grant) = self.ticket(&client, TicketKind::Refresh, token).await?;
        self.exchange(client, &secret, grant, false).await
    }

    /// The grant of a ticket that may be used now. A ticket that was used before is in two hands: its grant is revoked, and
    /// with it every token of the family.
    async fn ticket(
        &self,
        client: &Client,
        kind: TicketKind,
        text: &str,
    ) -> Result<(Secret, Grant), NoToken> {
        let store = &self.room.store;
        let secret = Secret::parse(text).ok_or(INVALID_GRANT)?;
        let ticket = records::ticket(store, secret.hash()).await?.ok_or(INVALID_GRANT)?;
        let grant = records::grant(store, ticket.grant).await?.ok_or(INVALID_GRANT)?;
        if ticket.kind != kind || grant.client != client.id {
            return Err(INVALID_GRANT.into());
        }
        if ticket.used {
            self.revoke(&grant).await?;
            return Err(INVALID_GRANT.into());
        }
        let is_fresh = rules::is_fresh(ticket.issued_at, ticket.expires_at, self.now());
        if is_fresh && self.now() < grant.expires_at {
            Ok((secret, grant))
        } else {
            Err(INVALID_GRANT.into())
        }
    }

    async fn revoke(&self, grant: &Grant) -> Result<(), StoreError> {
        tracing::warn!(client = grant.client, "a code or refresh token was used twice; its grant is revoked");
        let mut batch = Batch::new();
        batch.change(&records::REVOKE_GRANT, params![grant.id, self.now()]);
        self.room.store.write(batch).await
    }

    /// Uses a ticket and issues tokens for it.
    async fn exchange(
        &self,
        mut client: Client,
        used: &Secret,
        grant: Grant,
        first: bool,
    ) -> Result<Value, NoToken> {
        let now = self.now();
        let account = records::account(&self.room.store, grant.account).await?.ok_or(INVALID_GRANT)?;
        let mut batch = std::mem::take(&mut client.batch);
        batch.change_one(&records::USE_TICKET, params![used.hash(), now]);
        batch.require(&records::GRANT_IN_FORCE, params![grant.id]);
        let refresh = grant.content.offline.then(|| Secret::new(&self.room.random));
        if let Some(refresh) = &refresh {
            let expires_at = after(now, SignedDuration::from_hours(REFRESH_HOURS)).min(grant.expires_at);
            let ticket = Ticket {
                kind: TicketKind::Refresh,
                grant: grant.id,
                issued_at: now,
                expires_at,
                used: false,
            };
            records::issue_ticket(&mut batch, refresh.hash(), &ticket);
        }
        let keys = self.keys().await?;
        match self.room.store.write(batch).await {
            Ok(()) => {}
            Err(StoreError::Duplicate { .. }) => return Err(INVALID_CLIENT.into()),
            // Somebody used the same ticket at the same moment.
            Err(StoreError::Conflict { .. }) => {
                self.revoke(&grant).await?;
                return Err(INVALID_GRANT.into());
            }
            Err(error) => return Err(error.into()),
        }
        let subject = keys.subject(client.sector(), account.id);
        let scope = scope(&grant);
        let access = self.access_token(&keys, &client.id, &subject, &scope, Some(&grant))?;
        let id_token = self.id_token(&keys, &client, &subject, &grant, first)?;
        let mut answer = json!({
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": TOKEN_SECONDS,
            "scope": scope,
            "id_token": id_token,
        });
        if let Some(refresh) = refresh {
            answer["refresh_token"] = refresh.text().into();
        }
        Ok(answer)
    }

    /// A token for a system, without a person (RFC 6749, section 4.4).
    async fn for_itself(&self, client: Client) -> Result<Value, NoToken> {
        let may = client.registration.client_credentials
            && client.registration.authentication == ClientAuthentication::PrivateKeyJwt;
        if !may {
            return Err(OauthError(
                "unauthorized_client",
                "the client did not register for client_credentials",
            )
            .into());
        }
        let keys = self.keys().await?;
        match self.room.store.write(client.batch).await {
            Ok(()) => {}
            Err(StoreError::Duplicate { .. }) => return Err(INVALID_CLIENT.into()),
            Err(error) => return Err(error.into()),
        }
        let access = self.access_token(&keys, &client.id, &client.id, "", None)?;
        Ok(json!({ "access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS }))
    }

    fn access_token(
        &self,
        keys: &Keys,
        client: &str,
        subject: &str,
        scope: &str,
        grant: Option<&Grant>,
    ) -> Result<String, NoToken> {
        let (now, issuer) = (self.now(), self.issuer());
        let mut claims = json!({
            "iss": issuer,
            "aud": issuer,
            "sub": subject,
            "client_id": client,
            "iat": now.as_second(),
            "exp": now.as_second() + TOKEN_SECONDS,
            "jti": self.room.random.id(now),
        });
        if let Some(grant) = grant {
            claims["scope"] = scope.into();
            claims["grant"] = grant.id.to_string().into();
        }
        signed(keys, SigningAlgorithm::Es256, ACCESS_TOKEN, &claims)
    }

    /// The ID token (OpenID Connect Core 1.0, section 2). `nonce` belongs to the first one only.
    fn id_token(
        &self,
        keys: &Keys,
        client: &Client,
        subject: &str,
        grant: &Grant,
        first: bool,
    ) -> Result<String, NoToken> {
        let (now, content) = (self.now().as_second(), &grant.content);
        let mut amr: Vec<&str> = content.methods.iter().flat_map(|method| method.amr()).copied().collect();
        if content.methods.len() > 1 {
            amr.push("mfa");
        }
        let mut claims = json!({
            "iss": self.issuer(),
            "sub": subject,
            "aud": client.id,
            "iat": now,
            "exp": now + TOKEN_SECONDS,
            "auth_time": content.proven_at.as_second(),
            "acr": content.level.acr(),
            "amr": amr,
            "sid": session_name(keys, &client.id, grant.session),
        });
        if let Some(nonce) = content.nonce.as_ref().filter(|_| first) {
            claims["nonce"] = nonce.as_str().into();
        }
        signed(keys, client.registration.id_token_signed_response_alg, ID_TOKEN, &claims)
    }

    /// What the holder of an access token may know of the person; `None` where the token is good for nothing.
    pub(crate) async fn user_info(&self, token: &str) -> Result<Option<Value>, StoreError> {
        let keys = self.keys().await?;
        let Ok(claims) = jose::verify(token, &[ACCESS_TOKEN], &keys.verifying) else { return Ok(None) };
        let text = |name: &str| claims.get(name).and_then(Value::as_str).unwrap_or_default();
        let now = self.now().as_second();
        let second = |name: &str| claims.get(name).and_then(Value::as_i64).unwrap_or_default();
        let is_in_time = now < second("exp") && second("iat") <= now + CLOCK_AHEAD_SECONDS;
        if text("iss") != self.issuer() || text("aud") != self.issuer() || !is_in_time {
            return Ok(None);
        }
        let Ok(grant) = text("grant").parse() else { return Ok(None) };
        let Some(grant) = records::grant(&self.room.store, grant).await? else { return Ok(None) };
        let Some(account) = records::account(&self.room.store, grant.account).await? else { return Ok(None) };
        let mut answer = Map::new();
        answer.insert("sub".into(), keys.subject(sector(&grant.client), account.id).into());
        for field in &grant.content.fields {
            tell(&mut answer, &account, *field);
        }
        if grant.content.fields.contains(&ClaimField::Represents) {
            let today = self.room.clock.today();
            let held = records::mandates(&self.room.store, account.person, today).await?;
            let held = held.iter().filter(|held| rules::mandate::holds(held, today));
            answer.insert("represents".into(), held.map(represented).collect());
        }
        Ok(Some(answer.into()))
    }

    /// The client and session that an ID token of ours names, however old it is.
    pub(crate) async fn hinted_client(&self, id_token: &str) -> Result<Option<String>, StoreError> {
        let keys = self.keys().await?;
        let claims = jose::verify(id_token, &[ID_TOKEN], &keys.verifying).ok();
        let claims =
            claims.filter(|claims| claims.get("iss").and_then(Value::as_str) == Some(&self.issuer()));
        Ok(claims.and_then(|claims| claims.get("aud")?.as_str().map(str::to_owned)))
    }

    /// The token that tells a client that a session has ended (OpenID Connect Back-Channel Logout 1.0, section 2.4).
    pub(crate) async fn logout_token(
        &self,
        client: &str,
        registration: &ClientRegistration,
        account: uuid::Uuid,
        session: uuid::Uuid,
    ) -> Result<Option<String>, StoreError> {
        let (now, keys) = (self.now(), self.keys().await?);
        let claims = json!({
            "iss": self.issuer(),
            "sub": keys.subject(sector(client), account),
            "aud": client,
            "iat": now.as_second(),
            "exp": now.as_second() + TOKEN_SECONDS,
            "jti": self.room.random.id(now),
            "sid": session_name(&keys, client, session),
            "events": { "http://schemas.openid.net/event/backchannel-logout": {} },
        });
        Ok(keys.sign(registration.id_token_signed_response_alg, "logout+jwt", &claims))
    }
}

/// The name of a session at one client.
fn session_name(keys: &Keys, client: &str, session: uuid::Uuid) -> String {
    keys.subject(&format!("session {client}"), session)
}

fn signed(keys: &Keys, algorithm: SigningAlgorithm, kind: &str, claims: &Value) -> Result<String, NoToken> {
    let token = keys.sign(algorithm, kind, claims);
    token.ok_or_else(|| OauthError("server_error", "the token can't be signed just now").into())
}

/// The scopes whose fields a grant has.
fn scope(grant: &Grant) -> String {
    let has = |fields: &[ClaimField]| fields.iter().any(|field| grant.content.fields.contains(field));
    let scopes = rules::authorization::SCOPES.iter().filter(|(_, fields)| has(fields)).map(|(name, _)| *name);
    let offline = grant.content.offline.then_some("offline_access");
    ["openid"].into_iter().chain(scopes).chain(offline).collect::<Vec<_>>().join(" ")
}

fn tell(answer: &mut Map<String, Value>, account: &Account, field: ClaimField) {
    let contact = |kind| (account.contact.kind == kind).then(|| account.contact.address.clone());
    let mut put = |name: &str, value: Value| answer.insert(name.to_owned(), value);
    match field {
        ClaimField::Name => drop(put("name", account.name.as_str().into())),
        ClaimField::Birthdate => drop(put("birthdate", account.birth_date.to_string().into())),
        ClaimField::Gender => drop(put("gender", json!(account.person.sex()))),
        ClaimField::PersonalNumber => drop(put("personal_number", account.person.to_string().into())),
        ClaimField::PhoneNumber => {
            if let Some(phone) = contact(ContactKind::Phone) {
                put("phone_number", phone.into());
                put("phone_number_verified", true.into());
            }
        }
        ClaimField::Email => {
            if let Some(email) = contact(ContactKind::Email) {
                put("email", email.into());
                put("email_verified", true.into());
            }
        }
        // Read beside the account.
        ClaimField::Represents => {}
    }
}

/// Somebody for whom the person acts.
fn represented(mandate: &Mandate) -> Value {
    json!({
        "kind": mandate.kind,
        "number": mandate.subject,
        "name": mandate.subject_name,
        "from": mandate.from,
        "until": mandate.until,
    })
}

/// The subject an assertion claims, to find the key it must be verified with.
fn unverified_subject(assertion: &str) -> Option<String> {
    let claims = assertion.split('.').nth(1).filter(|part| part.len() <= jose::TOKEN_LIMIT_BYTES)?;
    let claims: Value = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(claims).ok()?).ok()?;
    claims.get("sub")?.as_str().map(str::to_owned)
}
