//! The check of a person at an office, by two officials (Decree 69/2024/ND-CP, level 2). The person gets a code there, which
//! binds a passkey of theirs: level 2 is that passkey, not the check alone.

use super::ActError;
use crate::{
    Identity,
    model::Act,
    records::{self, OpenCheck},
    secret::{written_key, written_key_tag},
};
use contracts::PersonalNumber;
use jiff::{SignedDuration, Timestamp};
use store::{Batch, StoreError, params};
use uuid::Uuid;

/// How long a check waits for the second official, in hours: the person is still there, or comes again.
const CONFIRM_HOURS: i64 = 8;

/// Why a check was not taken.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum OfficeError {
    /// The person has no account yet.
    NoAccount,
    /// There is no such check any more, or it was this official who made it.
    NotYours,
}

impl Identity {
    /// The first official has compared the person with their card.
    pub(crate) async fn check_at_office(
        &self,
        person: PersonalNumber,
        document: &str,
        official: &str,
        unit: &str,
    ) -> Result<Result<(), OfficeError>, ActError> {
        let Some(account) = records::account_of(&self.room.store, person).await? else {
            return Ok(Err(OfficeError::NoAccount));
        };
        let now = self.now();
        let mut batch = Batch::new();
        let id = self.room.random.id(now);
        batch.change_one(&records::CHECK, params![id, account.id, unit, document, official, now]);
        self.room.store.write(batch).await?;
        Ok(Ok(()))
    }

    /// A page of the checks of an office that wait for a second official, behind one, with one more where there are more.
    pub(crate) async fn open_checks(&self, unit: &str, behind: Uuid) -> Result<Vec<OpenCheck>, StoreError> {
        records::open_checks(&self.room.store, unit, self.confirmable_after(), behind).await
    }

    fn confirmable_after(&self) -> Timestamp {
        self.now().checked_sub(SignedDuration::from_hours(CONFIRM_HOURS)).unwrap_or(Timestamp::MIN)
    }

    /// Another official confirms; the code for the person is shown once.
    pub(crate) async fn confirm_check(
        &self,
        check: Uuid,
        official: &str,
        unit: &str,
    ) -> Result<Result<String, OfficeError>, ActError> {
        let open = records::open_check(&self.room.store, unit, self.confirmable_after(), check).await?;
        let Some(open) = open.filter(|open| open.checked_by != official) else {
            return Ok(Err(OfficeError::NotYours));
        };
        let code = written_key(&self.room.random);
        let mut batch = Batch::new();
        batch.change_one(
            &records::CONFIRM_CHECK,
            params![check, official, self.now(), written_key_tag(&code), unit],
        );
        self.note(&mut batch, open.account, Act::CheckedAtOffice, unit);
        match self.room.store.write(batch).await {
            Ok(()) => Ok(Ok(code)),
            Err(StoreError::Conflict { .. }) => Ok(Err(OfficeError::NotYours)),
            Err(error) => Err(error.into()),
        }
    }
}
