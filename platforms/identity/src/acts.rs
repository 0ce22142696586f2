//! What people do: each act reads, asks a rule, and writes one batch.

mod apps;
mod authorize;
mod clients;
mod contact;
mod issued;
mod keys;
mod mandates;
mod office;
mod officials;
mod organisations;
mod roster;
mod sign_in;
mod sign_up;
mod submissions;
mod tokens;

pub(crate) use authorize::{AtHand, Begun, with_query};
pub(crate) use clients::Asked;
pub(crate) use contact::ContactChange;
pub(crate) use keys::{KeyError, PasswordChange};
pub(crate) use mandates::Acting;
pub(crate) use office::OfficeError;
pub(crate) use officials::{Administration, NotDone};
pub(crate) use organisations::{Applied, NotChanged};
pub(crate) use sign_in::{Opened, Outcome, Typed};
pub(crate) use sign_up::{Application, SignUp};
pub(crate) use submissions::SigningError;
pub(crate) use tokens::{NoToken, OauthError};

use crate::{
    Identity,
    gateway::Message,
    hashing::HashingError,
    key_ring::KeyRingError,
    model::{Account, Act, Contact, Method, Session, Step},
    records::{self, Waiting},
    rules::{
        self, assurance, code,
        throttle::{self, Lane},
    },
    secret::Secret,
    tasks, texts,
};
use contracts::identity::Level;
use jiff::{SignedDuration, Timestamp};
use store::{Batch, StoreError, params};
use thiserror::Error;
use uuid::Uuid;

/// A session is noted as used at most once in so many seconds.
const SEEN_EVERY_SECONDS: i64 = 60;

/// Why an act was not done. In every case nothing was written and nobody was let in.
#[derive(Debug, Error)]
pub(crate) enum ActError {
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The keys that sign tokens can't be used.
    #[error(transparent)]
    Keys(#[from] KeyRingError),
    /// The secret of an authenticator app can't be unsealed.
    #[error(transparent)]
    Sealing(#[from] system::SealingError),
    /// A password can't be hashed now.
    #[error(transparent)]
    Hashing(#[from] HashingError),
    /// Another system did not answer.
    #[error(transparent)]
    Call(#[from] system::CallError),
}

/// The browser somebody sits at.
#[derive(Debug, Clone, Default)]
pub(crate) struct Visitor {
    /// The secret by which it is known.
    pub(crate) browser: Option<Secret>,
    /// The session it has.
    pub(crate) session: Option<Secret>,
    /// What it says it is.
    pub(crate) device: String,
}

/// What a browser must get.
#[derive(Debug, Clone)]
pub(crate) struct Cookies {
    /// The secret of its new session.
    pub(crate) session: Secret,
    /// The secret by which it will be known.
    pub(crate) browser: Secret,
}

impl Identity {
    pub(crate) fn now(&self) -> Timestamp {
        self.room.clock.now()
    }

    /// The session with this secret and its account, if it is open.
    pub(crate) async fn current(&self, secret: &Secret) -> Result<Option<(Session, Account)>, StoreError> {
        let (store, now) = (&self.room.store, self.now());
        let Some(session) = records::session(store, secret.hash()).await? else { return Ok(None) };
        if !rules::is_open(&session, now) {
            return Ok(None);
        }
        let Some(account) = records::account(store, session.account).await? else { return Ok(None) };
        if now.duration_since(session.seen_at) >= SignedDuration::from_secs(SEEN_EVERY_SECONDS) {
            let mut batch = Batch::new();
            batch.change(&records::SEE_SESSION, params![session.id, now]);
            store.write(batch).await?;
        }
        Ok(Some((session, account)))
    }

    /// Puts a new session into the batch, with a new secret. Where the browser had one of the same account it is the same
    /// session gone on, so that services that know it hear of its end; one of another account ends.
    async fn open(
        &self,
        batch: &mut Batch,
        account: &Account,
        methods: Vec<Method>,
        key: Option<Level>,
        visitor: &Visitor,
    ) -> Result<Cookies, StoreError> {
        let now = self.now();
        let random = &self.room.random;
        let mut id = random.id(now);
        if let Some(secret) = &visitor.session
            && let Some(previous) = records::session(&self.room.store, secret.hash()).await?
        {
            batch.change(&records::END_SESSION_BY_HASH, params![secret.hash()]);
            match previous.account == account.id {
                true => id = previous.id,
                false => self.leave(batch, previous.account, previous.id).await?,
            }
        }
        let session = Session {
            id,
            account: account.id,
            level: assurance::session_level(account.level, key),
            methods,
            opened_at: now,
            proven_at: now,
            seen_at: now,
            device: visitor.device.clone(),
        };
        let cookies = Cookies {
            session: Secret::new(random),
            browser: visitor.browser.clone().unwrap_or_else(|| Secret::new(random)),
        };
        let before = |span: SignedDuration| now.checked_sub(span).unwrap_or(Timestamp::MIN);
        let idle_since = before(SignedDuration::from_mins(rules::SESSION_IDLE_MINUTES));
        let opened_before = before(SignedDuration::from_hours(rules::SESSION_ABSOLUTE_HOURS));
        records::open_session(batch, cookies.session.hash(), &session, idle_since, opened_before);
        batch.change(&records::KNOW_BROWSER, params![account.id, cookies.browser.hash(), now]);
        Ok(cookies)
    }

    /// Adds to the account's history.
    fn note(&self, batch: &mut Batch, account: Uuid, act: Act, device: &str) {
        let now = self.now();
        records::note(batch, self.room.random.id(now), account, act, device, now);
    }

    /// Puts a step into the batch; its secret goes to the browser that may answer it.
    fn begin_step(&self, batch: &mut Batch, secret: &Secret, step: Step) -> Result<(), StoreError> {
        let now = self.now();
        let limit = SignedDuration::from_secs(code::STEP_LIMIT_SECONDS);
        let waiting = Waiting {
            step,
            attempts: code::ATTEMPTS_MAX,
            issued_at: now,
            expires_at: now.checked_add(limit).unwrap_or(Timestamp::MAX),
        };
        records::begin_step(batch, secret.hash(), &waiting)
    }

    /// The step with this secret, if it still takes answers.
    pub(crate) async fn step(&self, secret: &Secret) -> Result<Option<Waiting>, StoreError> {
        let waiting = records::step(&self.room.store, secret.hash()).await?;
        let now = self.now();
        Ok(waiting.filter(|waiting| {
            waiting.attempts > 0 && rules::is_fresh(waiting.issued_at, waiting.expires_at, now)
        }))
    }

    /// The same, and one of its answers is taken, durably, before it is looked at: answers given at once are all counted.
    async fn answered(&self, secret: &Secret) -> Result<Option<Waiting>, StoreError> {
        let Some(waiting) = self.step(secret).await? else { return Ok(None) };
        let mut batch = Batch::new();
        batch.change_one(&records::TAKE_ATTEMPT, params![secret.hash(), waiting.attempts]);
        match self.room.store.write(batch).await {
            Ok(()) => Ok(Some(waiting)),
            Err(StoreError::Conflict { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// Makes a code and has it sent. What is kept of it belongs to the step's secret.
    fn send_code(&self, batch: &mut Batch, to: &Contact, secret: &Secret) -> [u8; 32] {
        let number = self.room.random.below(u64::from(code::CODES));
        let number = u32::try_from(number).unwrap_or(0);
        self.send(batch, to, texts::code_message(&code::written(number)));
        secret.tag(number)
    }

    fn send(&self, batch: &mut Batch, to: &Contact, text: String) {
        let now = self.now();
        tasks::send(batch, &self.room, &Message { to: to.clone(), text, at: now }, now);
    }

    /// Counts a guess in a lane before it is checked. The wait, where the lane has to wait first; guesses made at the same
    /// moment in the same lane wait for each other.
    async fn count_guess(&self, lane: &str) -> Result<Option<SignedDuration>, StoreError> {
        let now = self.now();
        let read: Lane = records::lane(&self.room.store, lane).await?;
        if let Some(wait) = read.wait(now) {
            return Ok(Some(wait));
        }
        let mut batch = Batch::new();
        records::count_guess(&mut batch, lane, &read, &read.with_guess(now), throttle::forget_before(now));
        match self.room.store.write(batch).await {
            Ok(()) => Ok(None),
            Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => {
                Ok(Some(SignedDuration::from_secs(1)))
            }
            Err(error) => Err(error),
        }
    }

    /// Ends a session of an account.
    pub(crate) async fn end_session(
        &self,
        account: Uuid,
        session: Uuid,
        device: &str,
    ) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.change_one(&records::END_SESSION, params![session, account]);
        self.leave(&mut batch, account, session).await?;
        self.note(&mut batch, account, Act::SessionEnded, device);
        self.write(batch).await
    }

    /// Forgets the browsers in which an account was signed in to: in each the second factor is asked for again.
    pub(crate) async fn forget_browsers(&self, account: Uuid, device: &str) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.change(&records::FORGET_BROWSERS, params![account]);
        self.note(&mut batch, account, Act::BrowsersForgotten, device);
        self.write(batch).await
    }

    /// Ends the session of a browser.
    pub(crate) async fn sign_out(&self, secret: &Secret) -> Result<(), StoreError> {
        let Some(session) = records::session(&self.room.store, secret.hash()).await? else { return Ok(()) };
        let mut batch = Batch::new();
        batch.change(&records::END_SESSION_BY_HASH, params![secret.hash()]);
        self.leave(&mut batch, session.account, session.id).await?;
        self.write(batch).await
    }

    /// With a session end the tokens that came of it, and its clients are told.
    async fn leave(&self, batch: &mut Batch, account: Uuid, session: Uuid) -> Result<(), StoreError> {
        let now = self.now();
        for client in records::clients_of_session(&self.room.store, session).await? {
            tasks::tell_logout(batch, &self.room, tasks::Logout { client, account, session }, now);
        }
        batch.change(&records::REVOKE_SESSION, params![session, now]);
        Ok(())
    }

    /// Writes the batch and has its tasks worked off.
    async fn write(&self, batch: Batch) -> Result<(), StoreError> {
        self.room.store.write(batch).await?;
        self.room.tasks.notify_one();
        Ok(())
    }
}
