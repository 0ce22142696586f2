//! What clients get: tokens for codes, for refresh tokens and for themselves.

use super::{
    ActError,
    authorize::after,
    clients::{Client, Thumbprint, sector},
};
use crate::{
    Identity, jose,
    key_ring::{KeyRingError, Keys},
    model::{Grant, Ticket, TicketKind},
    records, rules,
    rules::authorization::{Parameters, parameter},
    secret::{Secret, sha256},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use base64::{Engine as _, engine::general_purpose::URL_SAFE_NO_PAD};
use contracts::{
    SystemId,
    identity::{ClaimField, ClientRegistration, SYSTEM_URN_PREFIX, SigningAlgorithm},
};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::Arc;
use store::{Batch, StoreError, params};

/// How long an access token and an ID token hold, in seconds.
const TOKEN_SECONDS: i64 = 600;
/// How long a refresh token holds, in hours: 30 days.
const REFRESH_HOURS: i64 = 30 * 24;
/// Type of an access token (RFC 9068).
pub(super) const ACCESS_TOKEN: &str = "at+jwt";
/// Type of an ID token.
const ID_TOKEN: &str = "JWT";

/// An error as clients are told (RFC 6749, section 5.2).
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct OauthError(pub(crate) &'static str, pub(crate) &'static str);

/// Why a client gets nothing.
pub(crate) enum NoToken {
    Refused(OauthError),
    /// The client has registered anew since it was read; nothing was written.
    ClientChanged,
    Failed(ActError),
}

impl From<OauthError> for NoToken {
    fn from(error: OauthError) -> Self {
        Self::Refused(error)
    }
}

impl From<ActError> for NoToken {
    fn from(error: ActError) -> Self {
        Self::Failed(error)
    }
}

impl From<StoreError> for NoToken {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Conflict { statement } if statement == records::CLIENT_STANDS.name() => {
                Self::ClientChanged
            }
            // The assertion was used before.
            StoreError::Duplicate { statement } if statement == records::USE_ASSERTION.name() => {
                Self::Refused(INVALID_CLIENT)
            }
            error => Self::Failed(error.into()),
        }
    }
}

impl From<KeyRingError> for NoToken {
    fn from(error: KeyRingError) -> Self {
        Self::Failed(error.into())
    }
}

pub(super) const INVALID_CLIENT: OauthError =
    OauthError("invalid_client", "the client is unknown or did not authenticate as it registered");
const INVALID_GRANT: OauthError = OauthError(
    "invalid_grant",
    "the code or refresh token is wrong, used, expired, revoked or of another client",
);

impl Identity {
    pub(crate) async fn keys(&self) -> Result<Arc<Keys>, KeyRingError> {
        self.key_ring.keys(&self.room).await
    }

    /// The token endpoint (RFC 6749, section 3.2).
    pub(super) async fn token(&self, client: Client, parameters: &Parameters) -> Result<Value, NoToken> {
        let value = |name| parameter(parameters, name).unwrap_or_default();
        match value("grant_type") {
            "authorization_code" => {
                self.redeem_code(client, value("code"), value("redirect_uri"), value("code_verifier")).await
            }
            "refresh_token" => self.refresh(client, value("refresh_token")).await,
            "client_credentials" => self.for_itself(client, value("resource")).await,
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
        let (ticket, grant) = records::ticket(store, &secret).await?.ok_or(INVALID_GRANT)?;
        if ticket.kind != kind || grant.client != client.id {
            return Err(INVALID_GRANT.into());
        }
        if ticket.used {
            self.revoke(&grant).await?;
            return Err(INVALID_GRANT.into());
        }
        let is_fresh = rules::is_fresh(ticket.issued_at, ticket.expires_at, self.now());
        if is_fresh && self.now() < grant.expires_at && self.name_of_grant(&grant).await?.is_ok() {
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
        let mut batch = std::mem::take(&mut client.batch);
        batch.change_one(&records::USE_TICKET, params![used.dated_hash(), now]);
        batch.require(&records::GRANT_IN_FORCE, params![grant.id]);
        let refresh = grant.content.offline.then(|| Secret::dated(&self.room.random, now));
        if let Some(refresh) = &refresh {
            let expires_at = after(now, SignedDuration::from_hours(REFRESH_HOURS)).min(grant.expires_at);
            let ticket = Ticket {
                kind: TicketKind::Refresh,
                grant: grant.id,
                issued_at: now,
                expires_at,
                used: false,
            };
            records::issue_ticket(&mut batch, refresh, &ticket);
        }
        let keys = self.keys().await?;
        match self.room.store.write(batch).await {
            Ok(()) => {}
            // Somebody used the same ticket at the same moment, or the grant was revoked.
            Err(StoreError::Conflict { statement }) if statement != records::CLIENT_STANDS.name() => {
                self.revoke(&grant).await?;
                return Err(INVALID_GRANT.into());
            }
            Err(error) => return Err(error.into()),
        }
        let subject = keys.subject(client.sector(), grant.account);
        let scope = scope(&grant);
        let mut claims = self.access_claims(&client, &subject, &self.issuer());
        // A site asks as long as the person is signed in to it how they stand now. What ends earlier ends its token, too: it is
        // looked up at every use.
        let seconds = match records::site(&self.room.store, &client.id).await? {
            Some(_) => now.duration_until(grant.expires_at).as_secs(),
            None => TOKEN_SECONDS,
        };
        claims["exp"] = (now.as_second() + seconds).into();
        claims["scope"] = scope.as_str().into();
        claims["grant"] = grant.id.to_string().into();
        if let Some(acts_for) = acts_for(&keys, &client.id, &grant) {
            claims["acts_for"] = acts_for;
        }
        let access = signed(&keys, SigningAlgorithm::Es256, ACCESS_TOKEN, &claims)?;
        let id_token = self.id_token(&keys, &client, &subject, &grant, first)?;
        let mut answer = json!({
            "access_token": access,
            "token_type": "Bearer",
            "expires_in": seconds,
            "scope": scope,
            "id_token": id_token,
        });
        if let Some(refresh) = refresh {
            answer["refresh_token"] = refresh.text().into();
        }
        Ok(answer)
    }

    /// A token for a system, without a person (RFC 6749, section 4.4), for us or for the system that `resource` names
    /// (RFC 8707).
    async fn for_itself(&self, mut client: Client, resource: &str) -> Result<Value, NoToken> {
        if !client.registration().client_credentials || !client.is_authenticated() {
            let description = "the client did not register for client_credentials";
            return Err(OauthError("unauthorized_client", description).into());
        }
        if !self.is_in_directory(&client.id) {
            return Err(INVALID_CLIENT.into());
        }
        let audience = if resource.is_empty() { self.issuer() } else { self.system_named(resource)? };
        let keys = self.keys().await?;
        self.use_assertion(&mut client).await?;
        let mut claims = self.access_claims(&client, &client.id, &audience);
        claims["system"] = client.sector().into();
        let access = signed(&keys, SigningAlgorithm::Es256, ACCESS_TOKEN, &claims)?;
        Ok(json!({ "access_token": access, "token_type": "Bearer", "expires_in": TOKEN_SECONDS }))
    }

    /// The audience of a token for a system of the directory.
    fn system_named(&self, resource: &str) -> Result<String, OauthError> {
        let system = resource.strip_prefix(SYSTEM_URN_PREFIX).and_then(|id| id.parse::<SystemId>().ok());
        match system.filter(|system| self.room.exchange.has_system(system)) {
            Some(system) => Ok(format!("{SYSTEM_URN_PREFIX}{system}")),
            None => Err(OauthError(
                "invalid_target",
                "resource is urn:lienthong:system: and the identifier of a system of the directory",
            )),
        }
    }

    /// What every access token says (RFC 9068).
    fn access_claims(&self, client: &Client, subject: &str, audience: &str) -> Value {
        let now = self.now();
        let mut claims = json!({
            "iss": self.issuer(),
            "aud": audience,
            "sub": subject,
            "client_id": client.id,
            "iat": now.as_second(),
            "exp": now.as_second() + TOKEN_SECONDS,
            "jti": self.room.random.id(now),
        });
        if let Some(Thumbprint(thumbprint)) = &client.bound_to {
            claims["cnf"] = json!({ "x5t#S256": thumbprint });
        }
        claims
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
        if let Some(acts_for) = acts_for(keys, &client.id, grant) {
            claims["acts_for"] = acts_for;
        }
        signed(keys, client.registration().id_token_signed_response_alg, ID_TOKEN, &claims)
    }

    /// The client and session that an ID token of ours names, however old it is.
    pub(crate) async fn hinted_client(&self, id_token: &str) -> Result<Option<String>, KeyRingError> {
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
    ) -> Result<Option<String>, KeyRingError> {
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

/// The organisation in whose name a grant was given, by the name that the client knows its account by. The subject of the token
/// stays the person who acts.
pub(super) fn acts_for(keys: &Keys, client: &str, grant: &Grant) -> Option<Value> {
    let organisation = grant.content.acts_for?;
    Some(json!({ "sub": keys.subject(sector(client), organisation) }))
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
pub(super) fn scope(grant: &Grant) -> String {
    let has = |fields: &[ClaimField]| fields.iter().any(|field| grant.content.fields.contains(field));
    let scopes = rules::authorization::SCOPES.iter().filter(|(_, fields)| has(fields)).map(|(name, _)| *name);
    let offline = grant.content.offline.then_some("offline_access");
    ["openid"].into_iter().chain(scopes).chain(offline).collect::<Vec<_>>().join(" ")
}
