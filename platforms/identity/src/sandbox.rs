//! Accounts and posts of the sandbox's people, so that a visitor can sign in as they would, and the sessions of those who are
//! chosen from its list. All of it stands in the records of this system like anybody else's: what is ended here is over
//! everywhere.

use crate::{
    acts::Cookies,
    first_administrators::administrator,
    hashing::{Hashing, HashingError},
    model::{Account, Act, Contact, ContactKind, Factors, Method, Session},
    pages::{shown_over_http, signs_in_over_http},
    records, rules,
    rules::post::NewPost,
    secret::{Secret, written_key, written_key_tag},
    tasks::{self, Logout},
};
use axum::http::{HeaderMap, HeaderValue};
use contracts::{
    PersonName, PersonalNumber,
    identity::{Level, PostHeld},
};
use jiff::{SignedDuration, Timestamp, civil::Date};
use store::{Batch, Store, StoreError, params};
use system::Random;
use thiserror::Error;

/// The password of everybody in the sandbox. It is told on the sandbox's page for signing in: there are no secrets.
pub const SANDBOX_PASSWORD: &str = "gạo nếp thơm mùa mới";
/// The first phone number of the sandbox; each further person has the next one.
const FIRST_PHONE: u32 = 900_000_001;

/// Somebody who has an account from the start.
#[derive(Debug, Clone)]
pub struct SandboxPerson {
    /// Their number.
    pub number: PersonalNumber,
    /// Their name.
    pub name: PersonName,
    /// Their date of birth.
    pub birth_date: Date,
    /// The level of their account.
    pub level: Level,
    /// The posts they hold.
    pub posts: Vec<SandboxPost>,
}

/// A post of the sandbox. It is held from the day it is first given, and nobody knows of an end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SandboxPost {
    /// Code of the agency.
    pub agency: String,
    /// Code of the system.
    pub system: &'static str,
    /// The post.
    pub post: &'static str,
    /// Code of the unit it is held in.
    pub unit: Option<String>,
}

/// Why an account was not opened.
#[derive(Debug, Error)]
pub enum SandboxError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The password can't be hashed.
    #[error("the password of the sandbox can't be hashed: {0}")]
    Hashing(String),
}

impl From<HashingError> for SandboxError {
    fn from(error: HashingError) -> Self {
        Self::Hashing(error.to_string())
    }
}

/// Opens accounts for those who have none.
///
/// # Errors
/// [`SandboxError`].
pub async fn open_accounts(
    store: &Store,
    people: &[SandboxPerson],
    random: &Random,
    now: Timestamp,
) -> Result<(), SandboxError> {
    let hashing = Hashing::new(1, random.clone());
    for (person, phone) in people.iter().zip(FIRST_PHONE..) {
        if records::account_of(store, person.number).await?.is_some() {
            continue;
        }
        let account = Account {
            id: random.id(now),
            person: person.number,
            name: person.name.full(),
            birth_date: person.birth_date,
            level: person.level,
            contact: Contact { kind: ContactKind::Phone, address: format!("+84{phone}") },
            factors: Factors { totp: false },
        };
        let password = hashing.hash(SANDBOX_PASSWORD).await?;
        let mut batch = Batch::new();
        let recovery = written_key_tag(&written_key(random));
        records::open_account(&mut batch, &account, &password, recovery, now);
        store.write(batch).await?;
    }
    Ok(())
}

/// Makes people the first administrators of the officials of an agency, who then appoint everybody else by two. An agency
/// that has one gets no others this way.
///
/// # Errors
/// [`SandboxError`].
pub async fn appoint_first_administrators(
    store: &Store,
    agency: &str,
    people: &[PersonalNumber],
    random: &Random,
    now: Timestamp,
) -> Result<(), SandboxError> {
    let day = system::clock::day_in_vietnam(now);
    if !records::administrators_of(store, agency, day).await?.is_empty() {
        return Ok(());
    }
    let mut batch = Batch::new();
    for holder in people {
        let new = administrator(agency, *holder, day);
        records::add_post(&mut batch, random.id(now), &new, None, now);
    }
    store.write(batch).await?;
    Ok(())
}

/// Gives people their posts. One that was given before is not given again, whatever has become of it: who ended it in a running
/// sandbox finds it ended.
///
/// # Errors
/// [`SandboxError`].
pub async fn give_posts(
    store: &Store,
    people: &[SandboxPerson],
    random: &Random,
    now: Timestamp,
) -> Result<(), SandboxError> {
    let day = system::clock::day_in_vietnam(now);
    let mut batch = Batch::new();
    for person in people {
        for SandboxPost { agency, system, post, unit } in &person.posts {
            let place = unit.as_deref().unwrap_or("-");
            let name = format!("sandbox {} {agency} {system} {post} {place}", person.number);
            let (system, post) = ((*system).to_owned(), (*post).to_owned());
            let post = PostHeld {
                agency: agency.clone(),
                system,
                post,
                unit: unit.clone(),
                from: day,
                until: None,
                delegated_by: None,
            };
            let new = NewPost { holder: person.number, post, delegated_from: None };
            records::add_post_once(&mut batch, random.id(now), &name, &new, now);
        }
    }
    store.write(batch).await?;
    Ok(())
}

/// Opens a session of the account of somebody who was chosen from the sandbox's list, at the level of the account, in place of
/// the one that the browser has: what the browser must get, or nothing where there is no such account. `headers` are those of
/// the browser's request, which is over plain HTTP.
///
/// # Errors
/// [`SandboxError`].
pub async fn sign_in(
    store: &Store,
    person: PersonalNumber,
    headers: &HeaderMap,
    random: &Random,
    now: Timestamp,
) -> Result<Option<Vec<HeaderValue>>, SandboxError> {
    let Some(account) = records::account_of(store, person).await? else { return Ok(None) };
    let (shown, browser) = shown_over_http(headers);
    let mut batch = Batch::new();
    if let Some(shown) = shown
        && let Some(previous) = records::session(store, shown.hash()).await?
    {
        batch.change(&records::END_SESSION_BY_HASH, params![shown.hash()]);
        for client in records::clients_of_session(store, previous.id).await? {
            let logout = Logout { client, account: previous.account, session: previous.id };
            tasks::tell_logout_by(&mut batch, random, logout, now);
        }
        batch.change(&records::REVOKE_SESSION, params![previous.id, now]);
    }
    let session = Session {
        id: random.id(now),
        account: account.id,
        level: account.level,
        methods: vec![Method::Chosen],
        opened_at: now,
        proven_at: now,
        seen_at: now,
        device: String::new(),
    };
    let cookies =
        Cookies { session: Secret::new(random), browser: browser.unwrap_or_else(|| Secret::new(random)) };
    let before = |span: SignedDuration| now.checked_sub(span).unwrap_or(Timestamp::MIN);
    let idle_since = before(SignedDuration::from_mins(rules::SESSION_IDLE_MINUTES));
    let opened_before = before(SignedDuration::from_hours(rules::SESSION_ABSOLUTE_HOURS));
    records::open_session(&mut batch, cookies.session.hash(), &session, idle_since, opened_before);
    batch.change(&records::KNOW_BROWSER, params![account.id, cookies.browser.hash(), now]);
    records::note(&mut batch, random.id(now), account.id, Act::SignedIn, "", now);
    store.write(batch).await?;
    Ok(Some(signs_in_over_http(&cookies)))
}
