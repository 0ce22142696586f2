//! Clients, keys, requests, consents, grants and their tickets.

use super::damaged;
use crate::{
    model::{Grant, GrantContent, Ticket, TicketKind},
    rules::authorization::{Consent, Request},
    secret::Secret,
};
use contracts::identity::{ClaimField, ClientRegistration};
use jiff::{SignedDuration, Timestamp};
use serde::{Serialize, de::DeserializeOwned};
use store::{Batch, Row, Store, StoreError, params, statements};
use uuid::Uuid;

/// How long tickets are kept, in days: longer than any grant holds, so that a second use is found as long as it could do harm.
const TICKET_DAYS: i64 = 91;
/// Parts of the name of a site, such as `VN/GOV/H26/pages`; that of another client has one more.
const SITE_NAME_PARTS: usize = 4;
/// How many sites are read at once.
const SITES_AT_ONCE: u32 = 500;
/// How many clients a person sees their consents to, the latest first.
pub(crate) const CONSENTS_SHOWN: usize = 1_000;
/// How many clients of a session are read at once.
const CLIENTS_AT_ONCE: u32 = 500;

statements! {
    /// Registers a client, or anew.
    REGISTER_CLIENT = "INSERT INTO clients (id, registration, registered_at) VALUES ($1, $2, $3)
        ON CONFLICT (id) DO UPDATE SET registration = $2, registered_at = $3";
    /// Registers a web site of the State, or anew.
    REGISTER_SITE = "INSERT INTO clients (id, registration, systems, registered_at) VALUES ($1, $2, $3, $4)
        ON CONFLICT (id) DO UPDATE SET registration = $2, systems = $3, registered_at = $4";
    /// The systems whose posts a site is told.
    SITE = "SELECT systems FROM clients WHERE id = $1 AND systems IS NOT NULL";
    /// The sites behind one, by name.
    SITES = "SELECT id, registration FROM clients WHERE systems IS NOT NULL AND id > $1 ORDER BY id LIMIT $2";
    /// Withdraws a site.
    WITHDRAW_SITE = "DELETE FROM clients WHERE id = $1 AND systems IS NOT NULL";
    /// Revokes all that was granted to a client.
    REVOKE_GRANTS_TO = "UPDATE grants SET revoked_at = $2 WHERE client = $1 AND revoked_at IS NULL";
    /// A client.
    CLIENT = "SELECT registration FROM clients WHERE id = $1";
    /// A client that is registered so still.
    CLIENT_STANDS = "SELECT id FROM clients WHERE id = $1 AND registration = $2";

    /// Adds the key of a period, unless another node has.
    ADD_KEY = "INSERT INTO signing_keys (algorithm, period, kid, pkcs8) VALUES ($1, $2, $3, $4)
        ON CONFLICT (algorithm, period) DO NOTHING";
    /// The keys of some periods.
    KEYS = "SELECT algorithm, period, kid, pkcs8 FROM signing_keys WHERE period >= $1 AND period <= $2
        ORDER BY period, algorithm";
    /// Keeps a key sealed anew, unless another node has done so.
    SEAL_KEY_ANEW = "UPDATE signing_keys SET pkcs8 = $2 WHERE kid = $1 AND pkcs8 = $3";
    /// Adds a key that lasts, unless another node has.
    ADD_LASTING_KEY = "INSERT INTO lasting_keys (name, value) VALUES ($1, $2) ON CONFLICT (name) DO NOTHING";
    /// A key that lasts.
    LASTING_KEY = "SELECT value FROM lasting_keys WHERE name = $1";
    /// Keeps a key that lasts sealed anew, unless another node has done so.
    SEAL_LASTING_KEY_ANEW = "UPDATE lasting_keys SET value = $2 WHERE name = $1 AND value = $3";

    /// Keeps a request.
    KEEP_REQUEST = "INSERT INTO requests (hash, content, issued_at, expires_at) VALUES ($1, $2, $3, $4)";
    /// A request.
    REQUEST = "SELECT content, issued_at, expires_at FROM requests WHERE hash = $1";
    /// Ends a request; whoever ends it goes on with it, and nobody else.
    END_REQUEST = "DELETE FROM requests WHERE hash = $1";
    /// Forgets requests nobody went on with.
    FORGET_REQUESTS = "DELETE FROM requests WHERE expires_at < $1";

    /// Notes a consent.
    CONSENT = "INSERT INTO consents (account, client, asked, given, given_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (account, client) DO UPDATE SET asked = $3, given = $4, given_at = $5";
    /// A consent.
    CONSENT_TO = "SELECT asked, given FROM consents WHERE account = $1 AND client = $2";
    /// The consents of an account.
    CONSENTS = "SELECT client, asked, given, given_at FROM consents WHERE account = $1 ORDER BY given_at DESC LIMIT $2";
    /// Takes a consent back.
    WITHDRAW = "DELETE FROM consents WHERE account = $1 AND client = $2";

    /// Opens a grant.
    OPEN_GRANT = "INSERT INTO grants (id, account, client, session, offline, content, opened_at, expires_at, organisation)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9)";
    /// A grant.
    GRANT = "SELECT id, account, client, session, content, opened_at, expires_at, revoked_at FROM grants WHERE id = $1";
    /// A grant that is not revoked.
    GRANT_IN_FORCE = "SELECT id FROM grants WHERE id = $1 AND revoked_at IS NULL";
    /// Forgets grants that are over.
    FORGET_GRANTS = "DELETE FROM grants WHERE expires_at < $1";
    /// Revokes a grant.
    REVOKE_GRANT = "UPDATE grants SET revoked_at = $2 WHERE id = $1 AND revoked_at IS NULL";
    /// Revokes what an account granted a client.
    REVOKE_CLIENT = "UPDATE grants SET revoked_at = $3 WHERE account = $1 AND client = $2 AND revoked_at IS NULL";
    /// Revokes all that an account granted.
    REVOKE_ACCOUNT = "UPDATE grants SET revoked_at = $2 WHERE account = $1 AND revoked_at IS NULL";
    /// Revokes what ends with a session.
    REVOKE_SESSION = "UPDATE grants SET revoked_at = $2 WHERE session = $1 AND offline = 0 AND revoked_at IS NULL";
    /// The clients that were granted something in a session, behind one.
    CLIENTS_OF_SESSION = "SELECT DISTINCT client FROM grants WHERE session = $1 AND client > $2 ORDER BY client LIMIT $3";

    /// Issues a ticket.
    ISSUE_TICKET = "INSERT INTO dated_tickets (hash, kind, grant_id, issued_at, expires_at) VALUES ($1, $2, $3, $4, $5)";
    /// Forgets tickets that were issued before all grants that are not over.
    FORGET_TICKETS = "DELETE FROM dated_tickets WHERE hash < $1";
    /// A ticket, behind its grant.
    TICKET = "SELECT grants.id, account, client, session, content, opened_at, grants.expires_at, revoked_at, kind, issued_at,
        dated_tickets.expires_at, used_at FROM dated_tickets JOIN grants ON grants.id = grant_id WHERE hash = $1";
    /// Uses a ticket, once.
    USE_TICKET = "UPDATE dated_tickets SET used_at = $2 WHERE hash = $1 AND used_at IS NULL";

    /// Uses an assertion, once.
    USE_ASSERTION = "INSERT INTO used_assertions (expires_at, name) VALUES ($1, $2)";
    /// Forgets assertions that have expired.
    FORGET_ASSERTIONS = "DELETE FROM used_assertions WHERE expires_at < $1";

    /// Revokes an access token.
    REVOKE_TOKEN = "INSERT INTO revoked_tokens (id, expires_at) VALUES ($1, $2) ON CONFLICT (id) DO NOTHING";
    /// An access token was revoked.
    REVOKED_TOKEN = "SELECT id FROM revoked_tokens WHERE id = $1";
    /// Forgets revoked tokens that have expired.
    FORGET_REVOKED_TOKENS = "DELETE FROM revoked_tokens WHERE expires_at < $1";
}

fn json<T: Serialize>(value: &T) -> String {
    serde_json::json!(value).to_string()
}

fn from_json<T: DeserializeOwned>(
    row: &Row,
    column: usize,
    statement: &'static str,
) -> Result<T, StoreError> {
    serde_json::from_str(&row.get::<String>(column)?)
        .map_err(|_| damaged(statement, column, "JSON of this program"))
}

/// Registers a client, or anew.
pub(crate) fn register_client(batch: &mut Batch, id: &str, registration: &ClientRegistration, at: Timestamp) {
    batch.change_one(&REGISTER_CLIENT, params![id, json(registration), at]);
}

/// A client.
pub(crate) async fn client(store: &Store, id: &str) -> Result<Option<ClientRegistration>, StoreError> {
    Ok(registered_client(store, id).await?.map(|(registration, _)| registration))
}

/// A client, and its registration as it is recorded.
pub(crate) async fn registered_client(
    store: &Store,
    id: &str,
) -> Result<Option<(ClientRegistration, String)>, StoreError> {
    // An identifier with a NUL character is none that was registered, and the store would not take it.
    if id.contains('\0') {
        return Ok(None);
    }
    let Some(row) = store.read_one(&CLIENT, params![id]).await? else { return Ok(None) };
    Ok(Some((from_json(&row, 0, "CLIENT")?, row.get(0)?)))
}

/// Uses an assertion, once, and forgets those that have expired.
pub(crate) fn use_assertion(batch: &mut Batch, name: [u8; 32], expires_at: Timestamp, now: Timestamp) {
    batch.change(&FORGET_ASSERTIONS, params![now]);
    batch.change_one(&USE_ASSERTION, params![expires_at, name]);
}

/// Registers a web site of the State, or anew.
pub(crate) fn register_site(
    batch: &mut Batch,
    id: &str,
    registration: &ClientRegistration,
    systems: &[String],
    at: Timestamp,
) {
    batch.change_one(&REGISTER_SITE, params![id, json(registration), systems.join(" "), at]);
}

/// Withdraws a site, with all that was granted to it.
pub(crate) fn withdraw_site(batch: &mut Batch, id: &str, at: Timestamp) {
    batch.change(&WITHDRAW_SITE, params![id]);
    batch.change(&REVOKE_GRANTS_TO, params![id, at]);
}

/// The sites, with their registrations.
pub(crate) async fn sites(store: &Store) -> Result<Vec<(String, ClientRegistration)>, StoreError> {
    let mut sites: Vec<(String, ClientRegistration)> = Vec::new();
    loop {
        let behind = sites.last().map_or("", |(id, _)| id);
        let rows = store.read(&SITES, params![behind, SITES_AT_ONCE]).await?;
        for row in &rows {
            sites.push((row.get(0)?, from_json(row, 1, "SITES")?));
        }
        if rows.len() < SITES_AT_ONCE as usize {
            return Ok(sites);
        }
    }
}

/// The systems whose posts a site is told; nothing where the client is none. A site is named after an agency, other clients after
/// a system, so for these nothing need be read.
pub(crate) async fn site(store: &Store, id: &str) -> Result<Option<Vec<String>>, StoreError> {
    if id.split('/').count() != SITE_NAME_PARTS {
        return Ok(None);
    }
    let row = store.read_one(&SITE, params![id]).await?;
    row.map(|row| Ok(row.get::<String>(0)?.split_whitespace().map(str::to_owned).collect())).transpose()
}

/// The systems whose posts a client may be told: those of a site; of any other client, its own.
pub(crate) async fn systems_of(store: &Store, client: &str) -> Result<Vec<String>, StoreError> {
    let own = || client.split('/').nth(3).map(str::to_owned).into_iter().collect();
    Ok(site(store, client).await?.unwrap_or_else(own))
}

/// A key as it is kept.
pub(crate) struct KeptKey {
    pub(crate) algorithm: String,
    pub(crate) period: i64,
    pub(crate) kid: String,
    /// Sealed.
    pub(crate) pkcs8: Vec<u8>,
}

/// The keys of some periods, the oldest first.
pub(crate) async fn keys(store: &Store, first: i64, last: i64) -> Result<Vec<KeptKey>, StoreError> {
    let rows = store.read(&KEYS, params![first, last]).await?;
    rows.iter()
        .map(|row| {
            Ok(KeptKey { algorithm: row.get(0)?, period: row.get(1)?, kid: row.get(2)?, pkcs8: row.get(3)? })
        })
        .collect()
}

/// A key that lasts, sealed.
pub(crate) async fn lasting_key(store: &Store, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
    store.read_one(&LASTING_KEY, params![name]).await?.map(|row| row.get(0)).transpose()
}

/// Revokes an access token, and forgets those that have expired.
pub(crate) fn revoke_token(batch: &mut Batch, id: Uuid, expires_at: Timestamp, now: Timestamp) {
    batch.change(&FORGET_REVOKED_TOKENS, params![now]);
    batch.change(&REVOKE_TOKEN, params![id, expires_at]);
}

/// An access token was revoked.
pub(crate) async fn is_revoked_token(store: &Store, id: Uuid) -> Result<bool, StoreError> {
    Ok(store.read_one(&REVOKED_TOKEN, params![id]).await?.is_some())
}

/// Keeps a request, and forgets old ones.
pub(crate) fn keep_request(
    batch: &mut Batch,
    hash: [u8; 32],
    request: &Request,
    issued_at: Timestamp,
    expires_at: Timestamp,
) {
    batch.change(&FORGET_REQUESTS, params![issued_at]);
    batch.change_one(&KEEP_REQUEST, params![hash, json(request), issued_at, expires_at]);
}

/// A request, when it was kept and until when.
pub(crate) async fn request(
    store: &Store,
    hash: [u8; 32],
) -> Result<Option<(Request, Timestamp, Timestamp)>, StoreError> {
    let Some(row) = store.read_one(&REQUEST, params![hash]).await? else { return Ok(None) };
    Ok(Some((from_json(&row, 0, "REQUEST")?, row.get(1)?, row.get(2)?)))
}

/// Notes a consent.
pub(crate) fn consent(batch: &mut Batch, account: Uuid, client: &str, consent: &Consent, at: Timestamp) {
    batch.change_one(&CONSENT, params![account, client, json(&consent.asked), json(&consent.given), at]);
}

/// The consent of an account to a client.
pub(crate) async fn consent_to(
    store: &Store,
    account: Uuid,
    client: &str,
) -> Result<Option<Consent>, StoreError> {
    let Some(row) = store.read_one(&CONSENT_TO, params![account, client]).await? else { return Ok(None) };
    Ok(Some(Consent { asked: from_json(&row, 0, "CONSENT_TO")?, given: from_json(&row, 1, "CONSENT_TO")? }))
}

/// A consent as its owner sees it.
pub(crate) struct GivenConsent {
    pub(crate) client: String,
    pub(crate) given: Vec<ClaimField>,
    pub(crate) at: Timestamp,
}

/// The consents of an account, the latest first, with one more than is shown where there are more.
pub(crate) async fn consents(store: &Store, account: Uuid) -> Result<Vec<GivenConsent>, StoreError> {
    let limit = i64::try_from(CONSENTS_SHOWN + 1).unwrap_or(i64::MAX);
    let rows = store.read(&CONSENTS, params![account, limit]).await?;
    rows.iter()
        .map(|row| {
            Ok(GivenConsent { client: row.get(0)?, given: from_json(row, 2, "CONSENTS")?, at: row.get(3)? })
        })
        .collect()
}

/// Opens a grant, and forgets those that are over, with their tickets.
pub(crate) fn open_grant(batch: &mut Batch, grant: &Grant) {
    batch.change(&FORGET_GRANTS, params![grant.opened_at]);
    let kept = SignedDuration::from_hours(24 * TICKET_DAYS);
    let first = grant.opened_at.checked_sub(kept).unwrap_or(Timestamp::MIN);
    batch.change(&FORGET_TICKETS, params![Secret::dated_before(first)]);
    batch.change_one(
        &OPEN_GRANT,
        params![
            grant.id,
            grant.account,
            &grant.client,
            grant.session,
            grant.content.offline,
            json(&grant.content),
            grant.opened_at,
            grant.expires_at,
            grant.content.acts_for,
        ],
    );
}

/// A grant that is not revoked.
pub(crate) async fn grant(store: &Store, id: Uuid) -> Result<Option<Grant>, StoreError> {
    store.read_one(&GRANT, params![id]).await?.map_or(Ok(None), |row| grant_from(&row))
}

/// The grant of a row that begins with one; `None` where it is revoked.
pub(super) fn grant_from(row: &Row) -> Result<Option<Grant>, StoreError> {
    if row.get::<Option<Timestamp>>(7)?.is_some() {
        return Ok(None);
    }
    let content: GrantContent = from_json(row, 4, "GRANT")?;
    Ok(Some(Grant {
        id: row.get(0)?,
        account: row.get(1)?,
        client: row.get(2)?,
        session: row.get(3)?,
        content,
        opened_at: row.get(5)?,
        expires_at: row.get(6)?,
    }))
}

/// The clients that were granted something in a session.
pub(crate) async fn clients_of_session(store: &Store, session: Uuid) -> Result<Vec<String>, StoreError> {
    let mut clients: Vec<String> = Vec::new();
    loop {
        let behind = clients.last().map_or("", String::as_str);
        let rows = store.read(&CLIENTS_OF_SESSION, params![session, behind, CLIENTS_AT_ONCE]).await?;
        for row in &rows {
            clients.push(row.get(0)?);
        }
        if rows.len() < CLIENTS_AT_ONCE as usize {
            return Ok(clients);
        }
    }
}

/// Issues a ticket.
pub(crate) fn issue_ticket(batch: &mut Batch, secret: &Secret, ticket: &Ticket) {
    batch.change_one(
        &ISSUE_TICKET,
        params![secret.dated_hash(), ticket.kind.code(), ticket.grant, ticket.issued_at, ticket.expires_at],
    );
}

/// A ticket and its grant, unless that is revoked.
pub(crate) async fn ticket(store: &Store, secret: &Secret) -> Result<Option<(Ticket, Grant)>, StoreError> {
    let Some(row) = store.read_one(&TICKET, params![secret.dated_hash()]).await? else { return Ok(None) };
    let Some(grant) = grant_from(&row)? else { return Ok(None) };
    let kind =
        TicketKind::from_code(&row.get::<String>(8)?).ok_or(damaged("TICKET", 8, "a kind of ticket"))?;
    let ticket = Ticket {
        kind,
        grant: grant.id,
        issued_at: row.get(9)?,
        expires_at: row.get(10)?,
        used: row.get::<Option<Timestamp>>(11)?.is_some(),
    };
    Ok(Some((ticket, grant)))
}
