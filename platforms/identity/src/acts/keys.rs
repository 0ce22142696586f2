//! What an account is signed in to with: changed by its owner, who has lately shown who they are.

use super::{ActError, Visitor, sign_in::lane};
use crate::{
    Identity,
    model::{Account, Act, Method, Passkey, Session, Step},
    records,
    rules::{self, assurance, code},
    secret::{Secret, written_key_tag},
    webauthn,
};
use contracts::identity::Level;
use jiff::{SignedDuration, Timestamp};
use store::{Batch, StoreError, params};
use uuid::Uuid;

/// How long the code given at an office holds, in hours.
const OFFICE_CODE_HOURS: i64 = 24;
/// The most passkeys of one account.
const PASSKEYS_MAXIMUM: usize = 20;

/// Why a key was not changed.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// The code given at the office is not one of this account, or no longer.
    OfficeCode,
    /// There are [`PASSKEYS_MAXIMUM`] already.
    TooMany,
    /// The step took too long; begin again.
    Over,
    /// The answer is wrong.
    Wrong,
}

/// What came of changing the password.
pub(crate) enum PasswordChange {
    Changed,
    Wrong,
    Wait(SignedDuration),
}

/// An authenticator app to be set up.
pub(crate) struct TotpSetUp {
    pub(crate) step: Secret,
    pub(crate) secret: Vec<u8>,
}

impl Identity {
    /// Begins to add a passkey: the step's secret, and the challenge.
    pub(crate) async fn begin_passkey(
        &self,
        account: &Account,
        session: &Session,
        office_code: &str,
    ) -> Result<Result<(Secret, [u8; 32]), KeyError>, ActError> {
        let store = &self.room.store;
        if records::passkeys(store, account.id).await?.len() >= PASSKEYS_MAXIMUM {
            return Ok(Err(KeyError::TooMany));
        }
        let check = match office_code {
            "" => None,
            code => match self.confirmed_check(account, code).await? {
                Some(check) => Some(check),
                None => return Ok(Err(KeyError::OfficeCode)),
            },
        };
        let level = assurance::key_level(check.is_some(), session.level);
        let (secret, challenge) = (Secret::new(&self.room.random), self.room.random.bytes());
        let step = Step::PasskeyRegistration { account: account.id, challenge, level, check };
        let mut batch = Batch::new();
        self.begin_step(&mut batch, &secret, step)?;
        store.write(batch).await?;
        Ok(Ok((secret, challenge)))
    }

    /// The check at an office whose code this is, if the code still holds.
    async fn confirmed_check(&self, account: &Account, code: &str) -> Result<Option<Uuid>, StoreError> {
        let tag = written_key_tag(code);
        let found = records::check_of_code(&self.room.store, account.id, tag).await?;
        let limit = SignedDuration::from_hours(OFFICE_CODE_HOURS);
        let holds =
            |at: Timestamp| at.checked_add(limit).is_ok_and(|end| rules::is_fresh(at, end, self.now()));
        Ok(found.filter(|(_, at)| holds(*at)).map(|(check, _)| check))
    }

    /// Adds the passkey that the authenticator made.
    pub(crate) async fn finish_passkey(
        &self,
        account: &Account,
        secret: &Secret,
        label: &str,
        client_data: &[u8],
        attestation: &[u8],
        device: &str,
    ) -> Result<Result<(), KeyError>, ActError> {
        let Some(waiting) = self.answered(secret).await? else { return Ok(Err(KeyError::Over)) };
        let Step::PasskeyRegistration { account: owner, challenge, level, check } = waiting.step else {
            return Ok(Err(KeyError::Over));
        };
        if owner != account.id {
            return Ok(Err(KeyError::Over));
        }
        let registered = match webauthn::register(&self.party, &challenge, client_data, attestation) {
            Ok(registered) => registered,
            Err(error) => {
                tracing::info!(%error, "a passkey was not registered");
                return Ok(Err(KeyError::Wrong));
            }
        };
        let mut batch = Batch::new();
        batch.change_one(&records::END_STEP, params![secret.hash()]);
        let passkey = Passkey {
            credential: registered.credential,
            account: account.id,
            public_key: registered.public_key,
            counter: registered.counter,
            level,
            label: label.to_owned(),
            added_at: self.now(),
            used_at: None,
        };
        records::add_passkey(&mut batch, &passkey);
        if let Some(check) = check {
            batch.change_one(&records::USE_CHECK, params![check, self.now()]);
        }
        if level == Level::Two && account.level == Level::One {
            batch.change_one(&records::RAISE_LEVEL, params![account.id]);
        }
        self.note(&mut batch, account.id, Act::PasskeyAdded, device);
        match self.write(batch).await {
            Ok(()) => Ok(Ok(())),
            Err(StoreError::Duplicate { .. }) => Ok(Err(KeyError::Wrong)),
            Err(StoreError::Conflict { .. }) => Ok(Err(KeyError::Over)),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes a passkey.
    pub(crate) async fn remove_passkey(
        &self,
        account: &Account,
        credential: &[u8],
        device: &str,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.change_one(&records::REMOVE_PASSKEY, params![credential, account.id]);
        self.note(&mut batch, account.id, Act::PasskeyRemoved, device);
        self.room.store.write(batch).await
    }

    /// Begins to set up an authenticator app.
    pub(crate) async fn begin_totp(&self, account: &Account) -> Result<TotpSetUp, StoreError> {
        let (step, secret) = (
            Secret::new(&self.room.random),
            self.room.random.bytes::<{ code::TOTP_SECRET_BYTES }>().to_vec(),
        );
        let mut batch = Batch::new();
        let sealed = self.seal_app(account.id, &secret).sealed;
        self.begin_step(&mut batch, &step, Step::Totp { account: account.id, sealed })?;
        self.room.store.write(batch).await?;
        Ok(TotpSetUp { step, secret })
    }

    /// Sets the app up, once it has shown a code.
    pub(crate) async fn finish_totp(
        &self,
        account: &Account,
        secret: &Secret,
        typed: Option<u32>,
        device: &str,
    ) -> Result<Result<(), KeyError>, ActError> {
        if self.answered(secret).await?.is_none() {
            return Ok(Err(KeyError::Over));
        }
        let Some((app, shared)) = self.app_in_step(account, secret).await? else {
            return Ok(Err(KeyError::Over));
        };
        let step = typed.and_then(|typed| code::totp_step(&shared, typed, self.now(), -1));
        let Some(step) = step else { return Ok(Err(KeyError::Wrong)) };
        let mut batch = Batch::new();
        batch.change_one(&records::END_STEP, params![secret.hash()]);
        records::set_app(&mut batch, &app, step);
        self.note(&mut batch, account.id, Act::TotpAdded, device);
        match self.write(batch).await {
            Ok(()) => Ok(Ok(())),
            Err(StoreError::Conflict { .. }) => Ok(Err(KeyError::Over)),
            Err(error) => Err(error.into()),
        }
    }

    /// Removes the app.
    pub(crate) async fn remove_totp(&self, account: &Account, device: &str) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        records::remove_app(&mut batch, account.id);
        self.note(&mut batch, account.id, Act::TotpRemoved, device);
        self.room.store.write(batch).await
    }

    /// Changes the password. Whoever is in the session by a passkey has shown more than a password.
    pub(crate) async fn change_password(
        &self,
        account: &Account,
        session: &Session,
        old: &str,
        new: &str,
        visitor: &Visitor,
    ) -> Result<PasswordChange, ActError> {
        let store = &self.room.store;
        if !session.methods.contains(&Method::Passkey) {
            let lane = lane(account.person, visitor, true);
            if let Some(wait) = self.count_guess(&lane).await? {
                return Ok(PasswordChange::Wait(wait));
            }
            let secrets = records::secrets(store, account.id).await?;
            let hash = secrets.as_ref().map(|secrets| &secrets.password);
            if !self.hashing.is_right(old, hash).await? {
                return Ok(PasswordChange::Wrong);
            }
            let mut batch = Batch::new();
            batch.change(&records::CLEAR_LANE, params![&lane]);
            store.write(batch).await?;
        }
        let hash = self.hashing.hash(new).await?;
        let mut batch = Batch::new();
        records::set_password(&mut batch, account.id, &hash);
        self.note(&mut batch, account.id, Act::PasswordChanged, &visitor.device);
        store.write(batch).await?;
        Ok(PasswordChange::Changed)
    }
}
