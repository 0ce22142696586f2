//! The messages of the log by case, person, system, service and time, newest first, page by page.
//!
//! A page goes on from the last message of the one before (keyset paging), so the thousandth costs what the first does,
//! and messages that come meanwhile move nothing.

use super::{Logged, SEARCH_LIMIT_MESSAGES, logged};
use aws_lc_rs::hmac;
use jiff::Timestamp;
use std::{fmt, str::FromStr};
use store::{Batch, Statement, Store, StoreError, Value, params};
use uuid::Uuid;

/// Messages that are forgotten in one batch.
const PURGED_A_BATCH: i64 = 5_000;
/// Bytes of a pseudonym.
pub const PSEUDONYM_BYTES: usize = 16;

store::statements! {
    /// All messages.
    BY_TIME = "SELECT id, ledger, at, client, service || path, method, purpose, dossier, peer, status,
        request_sent, request_received, answer_sent, answer_received FROM messages
        WHERE at >= $1 AND (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT $4";
    /// The messages of a case.
    BY_DOSSIER = "SELECT id, ledger, at, client, service || path, method, purpose, dossier, peer, status,
        request_sent, request_received, answer_sent, answer_received FROM messages
        WHERE at >= $1 AND (at, id) < ($2, $3) AND dossier = $5 ORDER BY at DESC, id DESC LIMIT $4";
    /// The messages in which a person acted.
    BY_PERSON = "SELECT id, ledger, at, client, service || path, method, purpose, dossier, peer, status,
        request_sent, request_received, answer_sent, answer_received FROM messages
        WHERE at >= $1 AND (at, id) < ($2, $3) AND person = $5 ORDER BY at DESC, id DESC LIMIT $4";
    /// The messages that a system sent.
    BY_CLIENT = "SELECT id, ledger, at, client, service || path, method, purpose, dossier, peer, status,
        request_sent, request_received, answer_sent, answer_received FROM messages
        WHERE at >= $1 AND (at, id) < ($2, $3) AND client = $5 ORDER BY at DESC, id DESC LIMIT $4";
    /// The messages that a system answered.
    BY_PROVIDER = "SELECT id, ledger, at, client, service || path, method, purpose, dossier, peer, status,
        request_sent, request_received, answer_sent, answer_received FROM messages
        WHERE at >= $1 AND (at, id) < ($2, $3) AND provider = $5 ORDER BY at DESC, id DESC LIMIT $4";
    /// The messages of a service.
    BY_SERVICE = "SELECT id, ledger, at, client, service || path, method, purpose, dossier, peer, status,
        request_sent, request_received, answer_sent, answer_received FROM messages
        WHERE at >= $1 AND (at, id) < ($2, $3) AND service = $5 ORDER BY at DESC, id DESC LIMIT $4";
    /// Forgets the oldest messages before a time. The ledger still holds them.
    PURGE = "DELETE FROM messages WHERE id IN (SELECT id FROM messages WHERE at < $1 ORDER BY at LIMIT $2)";
    /// A message before a time, if there is one.
    OLDER = "SELECT at FROM messages WHERE at < $1 ORDER BY at LIMIT 1";
}

/// The key that makes a pseudonym of a personal number. Without it nobody can tell from the pseudonym whom it stands for,
/// nor try all numbers.
#[derive(Clone)]
pub struct PersonKey(hmac::Key);

impl PersonKey {
    /// The key with these bytes.
    pub fn new(secret: &[u8; 32]) -> Self {
        Self(hmac::Key::new(hmac::HMAC_SHA256, secret))
    }

    /// The pseudonym of whoever calls themselves so in a message: a citizen by the personal number.
    pub fn pseudonym(&self, number: &str) -> Pseudonym {
        let tag = hmac::sign(&self.0, number.trim().as_bytes());
        let (bytes, _) = tag.as_ref().split_first_chunk().expect("SHA-256 has 32 bytes");
        Pseudonym(*bytes)
    }
}

impl fmt::Debug for PersonKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PersonKey")
    }
}

/// Stands for a person in the searchable messages. Its text form is hexadecimal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Pseudonym([u8; PSEUDONYM_BYTES]);

impl Pseudonym {
    /// Its bytes.
    pub const fn as_bytes(&self) -> &[u8; PSEUDONYM_BYTES] {
        &self.0
    }
}

impl fmt::Display for Pseudonym {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:032x}", u128::from_be_bytes(self.0))
    }
}

/// The text is no pseudonym, or no place in a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("the text does not have the form that this program writes")]
pub struct SearchTextError;

impl FromStr for Pseudonym {
    type Err = SearchTextError;
    fn from_str(text: &str) -> Result<Self, SearchTextError> {
        let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
        if text.len() != 2 * PSEUDONYM_BYTES || !text.bytes().all(is_hex) {
            return Err(SearchTextError);
        }
        u128::from_str_radix(text, 16).map(|number| Self(number.to_be_bytes())).map_err(|_| SearchTextError)
    }
}

/// What messages are looked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum By {
    /// All.
    Any,
    /// Those of a case.
    Case(String),
    /// Those in which a person acted.
    Person(Pseudonym),
    /// Those that a system sent or answered.
    System(String),
    /// Those of a service, such as `VN/GOV/G01/population/people`.
    Service(String),
}

/// The place of a message in a list: lists go on from behind it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Its time.
    pub at: Timestamp,
    /// Its identifier.
    pub id: Uuid,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.at.as_microsecond(), self.id.simple())
    }
}

impl FromStr for Place {
    type Err = SearchTextError;
    fn from_str(text: &str) -> Result<Self, SearchTextError> {
        let (at, id) = text.split_once('.').ok_or(SearchTextError)?;
        let at = at.parse().ok().and_then(|micros| Timestamp::from_microsecond(micros).ok());
        let place =
            Self { at: at.ok_or(SearchTextError)?, id: Uuid::try_parse(id).map_err(|_| SearchTextError)? };
        // One place has one text.
        if place.to_string() == text { Ok(place) } else { Err(SearchTextError) }
    }
}

/// A search.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Search {
    /// What is looked for.
    pub by: By,
    /// Not earlier than this.
    pub from: Timestamp,
    /// Earlier than this place: the end of the time looked at, or the last message of the page before.
    pub before: Place,
    /// Messages a page, at most [`SEARCH_LIMIT_MESSAGES`].
    pub limit: i64,
}

impl Search {
    /// The newest messages.
    pub fn newest(by: By, limit: i64) -> Self {
        let before = Place { at: Timestamp::MAX, id: Uuid::nil() };
        Self { by, from: Timestamp::MIN, before, limit }
    }

    /// The same, going on behind a place.
    pub fn going_on(self, before: Place) -> Self {
        Self { before, ..self }
    }
}

/// The messages that a search finds, newest first.
pub async fn search(store: &Store, search: &Search) -> Result<Vec<Logged>, StoreError> {
    let find = async |statement: &'static Statement, key: Option<Value>| {
        let limit = search.limit.clamp(1, SEARCH_LIMIT_MESSAGES);
        let mut values = params![search.from, search.before.at, search.before.id, limit];
        values.extend(key);
        store.read(statement, values).await?.iter().map(logged).collect::<Result<Vec<_>, _>>()
    };
    match &search.by {
        By::Any => find(&BY_TIME, None).await,
        By::Case(case) => find(&BY_DOSSIER, Some(case.as_str().into())).await,
        By::Person(person) => find(&BY_PERSON, Some(person.as_bytes().into())).await,
        By::Service(service) => find(&BY_SERVICE, Some(service.as_str().into())).await,
        By::System(system) => {
            let mut both = find(&BY_CLIENT, Some(system.as_str().into())).await?;
            both.extend(find(&BY_PROVIDER, Some(system.as_str().into())).await?);
            both.sort_by_key(|message| std::cmp::Reverse((message.at, message.id)));
            // A system may call itself.
            both.dedup_by_key(|message| message.id);
            both.truncate(usize::try_from(search.limit.clamp(1, SEARCH_LIMIT_MESSAGES)).unwrap_or_default());
            Ok(both)
        }
    }
}

/// Forgets the messages before a time, so that they are found no more. The ledger still holds them, and a receipt that was
/// given stays good.
pub async fn purge(store: &Store, before: Timestamp) -> Result<(), StoreError> {
    while store.read_one(&OLDER, params![before]).await?.is_some() {
        let mut batch = Batch::new();
        batch.change(&PURGE, params![before, PURGED_A_BATCH]);
        store.write(batch).await?;
    }
    Ok(())
}
