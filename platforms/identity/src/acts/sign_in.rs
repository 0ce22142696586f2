//! Signing in, and recovering an account.

use super::{ActError, Cookies, Visitor};
use crate::{
    Identity,
    model::{Account, Act, Method, PasswordHash, Step},
    records::{self, Secrets},
    rules::{assurance, code},
    secret::{Secret, written_key, written_key_tag},
    texts,
    webauthn::{self, Assertion},
};
use aws_lc_rs::constant_time::verify_slices_are_equal;
use contracts::PersonalNumber;
use jiff::SignedDuration;
use store::{Batch, StoreError, params};

/// What came of an attempt.
#[derive(Debug)]
pub(crate) enum Outcome {
    /// What was given is wrong, or there is no such account: nobody is told which.
    Wrong,
    /// Too many guesses; wait.
    Wait(SignedDuration),
    /// The step took too long or too many answers; begin again.
    Over,
    /// A second factor is needed; the secret goes to the browser.
    Next(Secret),
    /// A session is open.
    Open(Box<Opened>),
}

/// An open session.
#[derive(Debug)]
pub(crate) struct Opened {
    pub(crate) cookies: Cookies,
    /// Where to go.
    pub(crate) to: String,
    /// A new recovery key to be shown once, after one was used.
    pub(crate) recovery_key: Option<String>,
}

/// What somebody typed.
pub(crate) struct Typed<'a> {
    pub(crate) person: PersonalNumber,
    pub(crate) password: &'a str,
    /// Where to go once signed in.
    pub(crate) to: &'a str,
}

impl Identity {
    /// The first step: number and password.
    pub(crate) async fn sign_in(&self, typed: Typed<'_>, visitor: &Visitor) -> Result<Outcome, ActError> {
        let found = self.account_and_secrets(typed.person).await?;
        let known = self.knows(found.as_ref().map(|(account, _)| account), visitor).await?;
        let lane = lane(typed.person, visitor, known);
        if let Some(wait) = self.count_guess(&lane).await? {
            return Ok(Outcome::Wait(wait));
        }
        let hash = found.as_ref().map(|(_, secrets)| &secrets.password);
        let right = self.hashing.is_right(typed.password, hash).await?;
        let Some((account, _)) = found.as_ref().filter(|_| right) else {
            return self.wrong(&lane, found.map(|(account, _)| account), visitor).await;
        };
        match assurance::after_password(account.factors, known) {
            Some(second) => self.ask_second(account, Method::Password, second, None, typed.to).await,
            None => {
                let mut batch = Batch::new();
                batch.change(&records::CLEAR_LANE, params![&lane]);
                let cookies = self.open(&mut batch, account, vec![Method::Password], None, visitor).await?;
                self.note(&mut batch, account.id, Act::SignedIn, &visitor.device);
                self.write(batch).await?;
                Ok(opened(cookies, typed.to))
            }
        }
    }

    /// The first step of a recovery: the recovery key stands in for the password, and a new password is given. No lane is
    /// needed, because a key can't be guessed.
    pub(crate) async fn recover(&self, typed: Typed<'_>, key: &str) -> Result<Outcome, ActError> {
        let found = self.account_and_secrets(typed.person).await?;
        // The new password is hashed in any case: whether the account exists takes the same time.
        let password = self.hashing.hash(typed.password).await?;
        let tag = written_key_tag(key);
        let expected = found.as_ref().map_or([0; 32], |(_, secrets)| secrets.recovery_tag);
        let right = verify_slices_are_equal(&tag, &expected).is_ok();
        let Some((account, _)) = found.filter(|_| right) else { return Ok(Outcome::Wrong) };
        let second = assurance::after_recovery_key(account.factors);
        self.ask_second(&account, Method::RecoveryKey, second, Some(password), typed.to).await
    }

    async fn account_and_secrets(
        &self,
        person: PersonalNumber,
    ) -> Result<Option<(Account, Secrets)>, StoreError> {
        let Some(account) = records::account_of(&self.room.store, person).await? else { return Ok(None) };
        let secrets = records::secrets(&self.room.store, account.id).await?;
        Ok(secrets.map(|secrets| (account, secrets)))
    }

    async fn knows(&self, account: Option<&Account>, visitor: &Visitor) -> Result<bool, StoreError> {
        match (account, &visitor.browser) {
            (Some(account), Some(browser)) => {
                records::knows_browser(&self.room.store, account.id, browser.hash()).await
            }
            _ => Ok(false),
        }
    }

    /// Notes a wrong guess: one batch, whether or not there is an account.
    async fn wrong(
        &self,
        lane: &str,
        account: Option<Account>,
        visitor: &Visitor,
    ) -> Result<Outcome, ActError> {
        let mut batch = Batch::new();
        batch.change(&records::WRONG_GUESS, params![lane, self.now()]);
        if let Some(account) = account {
            self.note(&mut batch, account.id, Act::WrongGuess, &visitor.device);
        }
        self.room.store.write(batch).await?;
        Ok(Outcome::Wrong)
    }

    async fn ask_second(
        &self,
        account: &Account,
        first: Method,
        second: Method,
        password: Option<PasswordHash>,
        to: &str,
    ) -> Result<Outcome, ActError> {
        let secret = Secret::new(&self.room.random);
        let mut batch = Batch::new();
        let code =
            (second == Method::SentCode).then(|| self.send_code(&mut batch, &account.contact, &secret));
        let step =
            Step::SecondFactor { account: account.id, first, second, code, password, to: to.to_owned() };
        self.begin_step(&mut batch, &secret, step)?;
        self.write(batch).await?;
        Ok(Outcome::Next(secret))
    }

    /// The second step: a code.
    pub(crate) async fn second_factor(
        &self,
        secret: &Secret,
        typed: Option<u32>,
        visitor: &Visitor,
    ) -> Result<Outcome, ActError> {
        let Some(waiting) = self.step(secret).await? else { return Ok(Outcome::Over) };
        let Step::SecondFactor { account, first, second, code, password, to } = waiting.step else {
            return Ok(Outcome::Over);
        };
        let Some(account) = records::account(&self.room.store, account).await? else {
            return Ok(Outcome::Over);
        };
        let lane = lane(account.person, visitor, self.knows(Some(&account), visitor).await?);
        if let Some(wait) = self.count_guess(&lane).await? {
            return Ok(Outcome::Wait(wait));
        }
        if self.answered(secret).await?.is_none() {
            return Ok(Outcome::Over);
        }
        let mut batch = Batch::new();
        let right = match (second, typed) {
            (Method::SentCode, Some(typed)) => {
                code.is_some_and(|tag| verify_slices_are_equal(&tag, &secret.tag(typed)).is_ok())
            }
            (Method::Totp, Some(typed)) => self.take_totp(&mut batch, &account, typed).await?,
            _ => false,
        };
        if !right {
            return self.wrong(&lane, Some(account), visitor).await;
        }
        batch.change_one(&records::END_STEP, params![secret.hash()]);
        batch.change(&records::CLEAR_LANE, params![&lane]);
        let recovery_key = match password {
            Some(password) => Some(self.set_anew(&mut batch, &account, &password).await?),
            None => None,
        };
        let cookies = self.open(&mut batch, &account, vec![first, second], None, visitor).await?;
        let act = if recovery_key.is_some() { Act::Recovered } else { Act::SignedIn };
        self.note(&mut batch, account.id, act, &visitor.device);
        match self.write(batch).await {
            Ok(()) => Ok(Outcome::Open(Box::new(Opened { cookies, to, recovery_key }))),
            // Somebody else has just used the same step or code.
            Err(StoreError::Conflict { .. }) => Ok(Outcome::Over),
            Err(error) => Err(error.into()),
        }
    }

    /// Whether a code of the authenticator app is right; the batch then takes it.
    pub(super) async fn take_totp(
        &self,
        batch: &mut Batch,
        account: &Account,
        typed: u32,
    ) -> Result<bool, ActError> {
        let Some(secrets) = records::secrets(&self.room.store, account.id).await? else { return Ok(false) };
        let Some(app) = secrets.app else { return Ok(false) };
        let shared = self.unseal_app(&app)?;
        let step = code::totp_step(&shared, typed, self.now(), secrets.totp_step);
        if let Some(step) = step {
            batch.change_one(&records::TAKE_TOTP_STEP, params![account.id, step]);
        }
        Ok(step.is_some())
    }

    /// After a recovery all that was open is closed, and a new recovery key replaces the one that was used.
    async fn set_anew(
        &self,
        batch: &mut Batch,
        account: &Account,
        password: &PasswordHash,
    ) -> Result<String, StoreError> {
        for session in records::session_ids(&self.room.store, account.id).await? {
            self.leave(batch, account.id, session).await?;
        }
        let key = written_key(&self.room.random);
        records::set_password(batch, account.id, password);
        batch.change_one(&records::SET_RECOVERY_TAG, params![account.id, written_key_tag(&key)]);
        batch.change(&records::END_SESSIONS, params![account.id]);
        batch.change(&records::FORGET_BROWSERS, params![account.id]);
        batch.change(&records::REVOKE_ACCOUNT, params![account.id, self.now()]);
        self.send(batch, &account.contact, texts::recovered_message());
        Ok(key)
    }

    /// Asks for a passkey: the challenge, and the secret of the step.
    pub(crate) async fn ask_passkey(&self, to: &str) -> Result<(Secret, [u8; 32]), ActError> {
        let (secret, challenge) = (Secret::new(&self.room.random), self.room.random.bytes());
        let mut batch = Batch::new();
        self.begin_step(&mut batch, &secret, Step::PasskeySignIn { challenge, to: to.to_owned() })?;
        self.room.store.write(batch).await?;
        Ok((secret, challenge))
    }

    /// Signs in with a passkey. A wrong one ends the step: its signature can't be guessed.
    pub(crate) async fn sign_in_with_passkey(
        &self,
        secret: &Secret,
        credential: &[u8],
        assertion: &Assertion<'_>,
        visitor: &Visitor,
    ) -> Result<Outcome, ActError> {
        let Some(waiting) = self.answered(secret).await? else { return Ok(Outcome::Over) };
        let Step::PasskeySignIn { challenge, to } = waiting.step else { return Ok(Outcome::Over) };
        let Some(passkey) = records::passkey(&self.room.store, credential).await? else {
            return Ok(Outcome::Wrong);
        };
        let checked =
            webauthn::assert(&self.party, &challenge, &passkey.public_key, passkey.counter, assertion);
        let counter = match checked {
            Ok(counter) => counter,
            Err(error) => {
                tracing::info!(%error, "a passkey was not taken");
                return Ok(Outcome::Wrong);
            }
        };
        let Some(account) = records::account(&self.room.store, passkey.account).await? else {
            return Ok(Outcome::Wrong);
        };
        let mut batch = Batch::new();
        batch.change_one(&records::END_STEP, params![secret.hash()]);
        batch.change_one(&records::USE_PASSKEY, params![credential, passkey.counter, counter, self.now()]);
        let cookies =
            self.open(&mut batch, &account, vec![Method::Passkey], Some(passkey.level), visitor).await?;
        self.note(&mut batch, account.id, Act::SignedInWithPasskey, &visitor.device);
        match self.write(batch).await {
            Ok(()) => Ok(opened(cookies, &to)),
            Err(StoreError::Conflict { .. }) => Ok(Outcome::Over),
            Err(error) => Err(error.into()),
        }
    }
}

fn opened(cookies: Cookies, to: &str) -> Outcome {
    Outcome::Open(Box::new(Opened { cookies, to: to.to_owned(), recovery_key: None }))
}

/// The lane of a guess: that of a browser known to the account, or the one of all others.
pub(super) fn lane(person: PersonalNumber, visitor: &Visitor, known: bool) -> String {
    match visitor.browser.as_ref().filter(|_| known) {
        Some(browser) => {
            let hash: String = browser.hash().iter().map(|byte| format!("{byte:02x}")).collect();
            format!("browser {hash} {person}")
        }
        None => format!("strangers {person}"),
    }
}
