//! The messages of the log by case, person, system, service and time, newest first, page by page.
//!
//! A page goes on from the last message of the one before (keyset paging), so the thousandth costs what the first does,
//! and messages that come meanwhile move nothing.

use super::{
    Logged, SEARCH_LIMIT_MESSAGES,
    keys::{self, Print},
    logged, periods,
};
use aws_lc_rs::hmac;
use jiff::Timestamp;
use std::{fmt, str::FromStr};
use store::{Statement, Store, StoreError, Value, params};
use uuid::Uuid;

/// Bytes of a pseudonym.
pub const PSEUDONYM_BYTES: usize = 16;

/// A search of one period, newest first, by a further condition.
macro_rules! of_period {
    ($condition:literal) => {
        found!(
            "WHERE period = $1 AND at >= $2 AND (at, id) < ($3, $4) AND ",
            $condition,
            " ORDER BY at DESC, id DESC LIMIT $5"
        )
    };
}

store::statements! {
    /// All messages.
    BY_TIME = found!("WHERE at >= $1 AND (at, id) < ($2, $3) ORDER BY at DESC, id DESC LIMIT $4");
    /// The messages of a case.
    BY_DOSSIER = of_period!("dossier = $6");
    /// The messages in which a person acted.
    BY_PERSON = of_period!("person = $6");
    /// The messages that a system sent.
    BY_CLIENT = of_period!("client = (SELECT number FROM names WHERE name = $6)");
    /// The messages that a system answered.
    BY_PROVIDER = of_period!("provider = (SELECT number FROM names WHERE name = $6)");
    /// The messages of a service.
    BY_SERVICE = of_period!("service = (SELECT number FROM names WHERE name = $6)");
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
    let limit = search.limit.clamp(1, SEARCH_LIMIT_MESSAGES);
    let page = usize::try_from(limit).unwrap_or_default();
    let values = params![search.from, search.before.at, search.before.id, limit];
    let Some((statements, key)) = search.by.statements() else {
        return store.read(&BY_TIME, values).await?.iter().map(logged).collect();
    };
    let mut found: Vec<Logged> = Vec::new();
    let mut periods = periods::between(store, search.from, search.before.at).await?;
    // To read the lists costs as much as to look into a period.
    if let Some(print) = search.by.print()
        && periods.iter().filter(|period| period.is_listed).count() > 1
    {
        let holding = keys::holding(store, print).await?;
        periods.retain(|period| !period.is_listed || holding.contains(&period.number));
    }
    for period in periods {
        // Periods may overlap: ledgers share them, and a message may come late.
        if found.get(page - 1).is_some_and(|last| period.last_at < last.at) {
            break;
        }
        for &statement in &statements {
            let values = [params![period.number], values.clone(), vec![key.clone()]].concat();
            for row in store.read(statement, values).await? {
                found.push(logged(&row)?);
            }
        }
        found.sort_by(|one, other| (other.at, other.id, &other.ledger).cmp(&(one.at, one.id, &one.ledger)));
        // A system may call itself.
        found.dedup_by(|one, other| (one.id, &one.ledger) == (other.id, &other.ledger));
        found.truncate(page);
    }
    Ok(found)
}

impl By {
    /// By what the lists of full periods know it; nothing when they don't.
    fn print(&self) -> Option<Print> {
        match self {
            By::Case(case) => Some(Print::of_case(case)),
            By::Person(person) => Some(Print::of_person(person)),
            By::Any | By::System(_) | By::Service(_) => None,
        }
    }

    /// What is asked of each period, and by which key; nothing when all messages are looked for.
    fn statements(&self) -> Option<(Vec<&'static Statement>, Value)> {
        match self {
            By::Any => None,
            By::Case(case) => Some((vec![&BY_DOSSIER], case.as_str().into())),
            By::Person(person) => Some((vec![&BY_PERSON], person.as_bytes().into())),
            By::System(system) => Some((vec![&BY_CLIENT, &BY_PROVIDER], system.as_str().into())),
            By::Service(service) => Some((vec![&BY_SERVICE], service.as_str().into())),
        }
    }
}
