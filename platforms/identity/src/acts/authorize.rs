//! Answering authorization requests.

use super::{
    ActError,
    clients::Client,
    tokens::{NoToken, OauthError},
};
use crate::{
    Identity,
    model::{Account, Act, Grant, GrantContent, OrganisationAct, Session, Ticket, TicketKind},
    records,
    rules::{
        self,
        authorization::{self, Consent, Next, Parameters, Refusal, Request, given_fields},
    },
    secret::Secret,
};
use contracts::identity::{ClaimField, ClientRegistration};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use store::{Batch, StoreError, params};
use uuid::Uuid;

/// How long a pushed request waits to be used, in seconds.
const PUSHED_SECONDS: i64 = 90;
/// How long a person may take over a request, in seconds.
const REQUEST_SECONDS: i64 = 1_800;
/// How long a code holds, in seconds.
const CODE_SECONDS: i64 = 60;
/// How long a grant without refresh tokens holds, in hours: as long as the session may.
const GRANT_HOURS: i64 = rules::SESSION_ABSOLUTE_HOURS;
/// How long a grant with refresh tokens holds, in hours: 90 days.
const OFFLINE_GRANT_HOURS: i64 = 90 * 24;
/// What the reference to a pushed request begins with (RFC 9126, section 2.2).
pub(crate) const PUSHED_PREFIX: &str = "urn:ietf:params:oauth:request_uri:";

/// Where a person goes after a request was read.
#[derive(Debug)]
pub(crate) enum Begun {
    /// On with the request.
    GoOn(Secret),
    /// Back to the client, with an error.
    Back(String),
    /// Nowhere: the person is told.
    Nowhere,
}

/// A request in the hands of a person.
pub(crate) struct AtHand {
    pub(crate) request: Request,
    pub(crate) registration: ClientRegistration,
    begun_at: Timestamp,
}

impl Identity {
    /// The issuer (OpenID Connect Discovery 1.0).
    pub(crate) fn issuer(&self) -> String {
        format!("{}/{}", self.room.public_url, crate::FACTS.code)
    }

    /// Where the endpoints for clients are reached by those who show a certificate (RFC 8705, section 5).
    pub(crate) fn mutual_tls_base(&self) -> Option<String> {
        self.room.mutual_tls_url.as_ref().map(|url| format!("{url}/{}", crate::FACTS.code))
    }

    /// Reads a request that a browser brings, and keeps it while the person is asked.
    pub(crate) async fn begin(&self, parameters: &Parameters) -> Result<Begun, ActError> {
        let store = &self.room.store;
        let Some(client) = authorization::parameter(parameters, "client_id") else {
            return Ok(Begun::Nowhere);
        };
        let Some(registration) = records::client(store, client).await? else { return Ok(Begun::Nowhere) };
        let secret = Secret::new(&self.room.random);
        let mut batch = Batch::new();
        let request = match authorization::parameter(parameters, "request_uri") {
            Some(reference) => match self.take_pushed(&mut batch, reference, client).await? {
                Some(request) => request,
                None => return Ok(Begun::Nowhere),
            },
            None => match authorization::read(parameters, client, &registration) {
                Ok(request) => request,
                Err(Refusal::ToPerson(reason)) => {
                    tracing::info!(client, reason, "an authorization request was refused");
                    return Ok(Begun::Nowhere);
                }
                Err(Refusal::ToClient(error, description)) => {
                    let uri = authorization::redirect_uri(parameters, &registration).unwrap_or_default();
                    let state = authorization::parameter(parameters, "state");
                    return Ok(Begun::Back(self.error_uri(uri, state, error, description)));
                }
            },
        };
        self.keep(&mut batch, &secret, &request, REQUEST_SECONDS);
        match store.write(batch).await {
            Ok(()) => Ok(Begun::GoOn(secret)),
            // The pushed request was used by somebody else at the same moment.
            Err(StoreError::Conflict { .. }) => Ok(Begun::Nowhere),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps a request that a client pushes; the reference to it.
    pub(super) async fn push(&self, mut client: Client, parameters: &Parameters) -> Result<Value, NoToken> {
        let read = authorization::read(parameters, &client.id, client.registration());
        let request = read.map_err(|refusal| match refusal {
            Refusal::ToPerson(description) => OauthError("invalid_request", description),
            Refusal::ToClient(error, description) => OauthError(error, description),
        })?;
        let mut batch = std::mem::take(&mut client.batch);
        let secret = Secret::new(&self.room.random);
        self.keep(&mut batch, &secret, &request, PUSHED_SECONDS);
        self.room.store.write(batch).await?;
        let reference = format!("{PUSHED_PREFIX}{}", secret.text());
        Ok(json!({ "request_uri": reference, "expires_in": PUSHED_SECONDS }))
    }

    fn keep(&self, batch: &mut Batch, secret: &Secret, request: &Request, seconds: i64) {
        let now = self.now();
        records::keep_request(
            batch,
            secret.hash(),
            request,
            now,
            after(now, SignedDuration::from_secs(seconds)),
        );
    }

    /// A pushed request is used once, by the client that pushed it.
    async fn take_pushed(
        &self,
        batch: &mut Batch,
        reference: &str,
        client: &str,
    ) -> Result<Option<Request>, StoreError> {
        let Some(secret) = reference.strip_prefix(PUSHED_PREFIX).and_then(Secret::parse) else {
            return Ok(None);
        };
        let Some((request, issued_at, expires_at)) =
            records::request(&self.room.store, secret.hash()).await?
        else {
            return Ok(None);
        };
        if request.client != client || !rules::is_fresh(issued_at, expires_at, self.now()) {
            return Ok(None);
        }
        batch.change_one(&records::END_REQUEST, params![secret.hash()]);
        Ok(Some(request))
    }

    /// The request with this secret, if it still waits.
    pub(crate) async fn at_hand(&self, secret: &Secret) -> Result<Option<AtHand>, StoreError> {
        let store = &self.room.store;
        let Some((request, begun_at, expires_at)) = records::request(store, secret.hash()).await? else {
            return Ok(None);
        };
        if !rules::is_fresh(begun_at, expires_at, self.now()) {
            return Ok(None);
        }
        let registration = records::client(store, &request.client).await?;
        // The client may have been registered anew since, without this address.
        let registration = registration.filter(|known| known.redirect_uris.contains(&request.redirect_uri));
        Ok(registration.map(|registration| AtHand { request, registration, begun_at }))
    }

    /// What comes next for a request, and the consent it rests on.
    pub(crate) async fn next(
        &self,
        hand: &AtHand,
        session: Option<&Session>,
    ) -> Result<(Next, Option<Consent>), StoreError> {
        let request = &hand.request;
        let consent = match session {
            // The law lets a site of the State know what it is registered for, so nobody is asked.
            Some(_) if records::site(&self.room.store, &request.client).await?.is_some() => {
                Some(Consent { asked: request.fields.clone(), given: request.fields.clone() })
            }
            Some(session) => {
                records::consent_to(&self.room.store, session.account, &hand.request.client).await?
            }
            None => None,
        };
        let chooses = match session {
            Some(session) => self.may_choose(&hand.request, session).await?,
            None => false,
        };
        let now = self.now();
        let next = authorization::next(&hand.request, hand.begun_at, session, consent.as_ref(), chooses, now);
        Ok((next, consent))
    }

    /// Whether a person says in whose name they sign in: for whom they act is asked for, and they act for some organisation.
    async fn may_choose(&self, request: &Request, session: &Session) -> Result<bool, StoreError> {
        if !request.fields.contains(&ClaimField::Represents) {
            return Ok(false);
        }
        Ok(!self.names_of(session, 1).await?.is_empty())
    }

    /// The organisations in whose name a person may sign in, at most so many.
    pub(crate) async fn names_of(
        &self,
        session: &Session,
        limit: i64,
    ) -> Result<Vec<records::ActedFor>, StoreError> {
        let store = &self.room.store;
        let Some(account) = records::account(store, session.account).await? else { return Ok(Vec::new()) };
        let today = self.room.clock.today();
        records::organisations_acted_for(store, account.person, today, limit).await
    }

    /// The organisation with a code, if the person of a session may sign in in its name.
    pub(crate) async fn name_with_code(
        &self,
        session: &Session,
        code: &str,
    ) -> Result<Option<records::ActedFor>, StoreError> {
        let store = &self.room.store;
        let Some(account) = records::account(store, session.account).await? else { return Ok(None) };
        let Some(known) = records::organisation_with_code(store, code).await? else { return Ok(None) };
        self.acts_for(known.id, account.person).await
    }

    /// Notes what a person gave, and answers the request with it.
    pub(crate) async fn give(
        &self,
        secret: &Secret,
        hand: &AtHand,
        session: &Session,
        given: Vec<ClaimField>,
        acts_for: Option<Uuid>,
        device: &str,
    ) -> Result<String, StoreError> {
        let asked = hand.request.fields.clone();
        let given = given.into_iter().filter(|field| asked.contains(field)).collect();
        let consent = Consent { asked, given };
        let mut batch = Batch::new();
        let client = &hand.request.client;
        records::consent(&mut batch, session.account, client, &consent, self.now());
        self.note(&mut batch, session.account, Act::Consented, device);
        if let Some(organisation) = acts_for
            && let Some(account) = records::account(&self.room.store, session.account).await?
        {
            let by = format!("{} ({})", account.name, account.person);
            self.note_organisation(&mut batch, organisation, OrganisationAct::ServiceUsed, &by, client);
        }
        self.answer(batch, secret, hand, session, &consent, acts_for).await
    }

    /// Answers a request with a code: where to send the browser.
    pub(crate) async fn answer(
        &self,
        mut batch: Batch,
        secret: &Secret,
        hand: &AtHand,
        session: &Session,
        consent: &Consent,
        acts_for: Option<Uuid>,
    ) -> Result<String, StoreError> {
        let (now, request) = (self.now(), &hand.request);
        let hours = if request.offline { OFFLINE_GRANT_HOURS } else { GRANT_HOURS };
        let grant = Grant {
            id: self.room.random.id(now),
            account: session.account,
            client: request.client.clone(),
            session: session.id,
            content: GrantContent {
                fields: given_fields(request, consent),
                offline: request.offline,
                redirect_uri: request.redirect_uri.clone(),
                challenge: request.challenge.clone(),
                nonce: request.nonce.clone(),
                level: session.level,
                methods: session.methods.clone(),
                proven_at: session.proven_at,
                acts_for,
            },
            opened_at: now,
            expires_at: after(now, SignedDuration::from_hours(hours)),
        };
        let code = Secret::dated(&self.room.random, now);
        let expires_at = after(now, SignedDuration::from_secs(CODE_SECONDS));
        let ticket =
            Ticket { kind: TicketKind::Code, grant: grant.id, issued_at: now, expires_at, used: false };
        batch.change_one(&records::END_REQUEST, params![secret.hash()]);
        // Whoever ended the session meanwhile has ended this too.
        batch.require(&records::SESSION_IS_OPEN, params![session.id]);
        records::open_grant(&mut batch, &grant);
        records::issue_ticket(&mut batch, &code, &ticket);
        self.room.store.write(batch).await?;
        let answer = [("code", code.text())];
        Ok(self.answer_uri(&request.redirect_uri, request.state.as_deref(), &answer))
    }

    /// Ends a request with an error: where to send the browser.
    pub(crate) async fn refuse(
        &self,
        secret: &Secret,
        hand: &AtHand,
        error: &str,
    ) -> Result<String, StoreError> {
        let mut batch = Batch::new();
        batch.change(&records::END_REQUEST, params![secret.hash()]);
        self.room.store.write(batch).await?;
        let description = "the person was not asked, or said no";
        Ok(self.error_uri(&hand.request.redirect_uri, hand.request.state.as_deref(), error, description))
    }

    fn error_uri(&self, uri: &str, state: Option<&str>, error: &str, description: &str) -> String {
        let answer = [("error", error.to_owned()), ("error_description", description.to_owned())];
        self.answer_uri(uri, state, &answer)
    }

    /// An answer at a client's address, with the issuer (RFC 9207), so that no client mixes up who answered.
    fn answer_uri(&self, uri: &str, state: Option<&str>, answer: &[(&str, String)]) -> String {
        let state = state.map(|state| ("state", state.to_owned()));
        let all: Vec<_> = answer.iter().cloned().chain(state).chain([("iss", self.issuer())]).collect();
        with_query(uri, &all)
    }

    /// Takes a consent back, with all that was granted by it.
    pub(crate) async fn withdraw(
        &self,
        account: &Account,
        client: &str,
        device: &str,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.change_one(&records::WITHDRAW, params![account.id, client]);
        batch.change(&records::REVOKE_CLIENT, params![account.id, client, self.now()]);
        self.note(&mut batch, account.id, Act::ConsentWithdrawn, device);
        self.room.store.write(batch).await
    }
}

/// An address with more parameters behind those it has.
pub(crate) fn with_query(uri: &str, parameters: &[(&str, String)]) -> String {
    let query = serde_urlencoded::to_string(parameters).unwrap_or_default();
    format!("{uri}{}{query}", if uri.contains('?') { '&' } else { '?' })
}

/// A time after another.
pub(super) fn after(time: Timestamp, span: SignedDuration) -> Timestamp {
    time.checked_add(span).unwrap_or(Timestamp::MAX)
}
