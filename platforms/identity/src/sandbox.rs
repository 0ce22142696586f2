//! Accounts of the sandbox's people, so that a visitor can sign in as they would.

use crate::{
    first_administrators::administrator,
    hashing::{Hashing, HashingError},
    model::{Account, Contact, ContactKind, Factors},
    records,
    secret::{written_key, written_key_tag},
};
use contracts::{PersonName, PersonalNumber, identity::Level};
use jiff::{Timestamp, civil::Date};
use store::{Batch, Store, StoreError};
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

/// Opens accounts of level 1 for those who have none.
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
            level: Level::One,
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
