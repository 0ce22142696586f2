//! Accounts, their passkeys, sessions and history.

use super::{damaged, level_from};
use crate::model::{
    Account, Act, Contact, ContactKind, Deed, Factors, Passkey, PasswordHash, Session, methods_from,
    methods_text,
};
use contracts::PersonalNumber;
use jiff::Timestamp;
use store::{Batch, Row, Store, StoreError, Value, params, statements};
use uuid::Uuid;

/// The most passkeys of one account that are read, more than it may have.
const PASSKEYS_LIMIT_ROWS: i64 = 100;
/// How many sessions of an account are shown, the last used first.
pub(crate) const SESSIONS_SHOWN: usize = 100;
/// How many sessions of an account are read at once.
const SESSIONS_AT_ONCE: u32 = 500;
/// How many names are made searchable at once.
const NAMES_AT_ONCE: i64 = 500;
/// Lines of the history on one page.
pub(crate) const HISTORY_PAGE_ROWS: usize = 50;

statements! {
    /// Opens an account.
    OPEN_ACCOUNT = "INSERT INTO accounts (id, person, name, birth_date, level, contact_kind, contact_address,
        password_memory_kib, password_passes, password_salt, password_tag, recovery_tag, totp_step, opened_at,
        name_fold) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, -1, $13, $14)";
    /// Accounts of an earlier version, whose names can't be searched yet.
    NAMES_NOT_FOLDED = "SELECT id, name FROM accounts WHERE name_fold IS NULL LIMIT $1";
    /// Has a name be searched.
    FOLD_NAME = "UPDATE accounts SET name_fold = $2 WHERE id = $1";
    /// The account of a person.
    ACCOUNT_OF_PERSON = "SELECT id, person, name, birth_date, level, contact_kind, contact_address,
        CASE WHEN totp_secret IS NULL THEN 0 ELSE 1 END FROM accounts WHERE person = $1";
    /// An account.
    ACCOUNT = "SELECT id, person, name, birth_date, level, contact_kind, contact_address,
        CASE WHEN totp_secret IS NULL THEN 0 ELSE 1 END FROM accounts WHERE id = $1";
    /// What an account is opened with.
    SECRETS = "SELECT password_memory_kib, password_passes, password_salt, password_tag, recovery_tag, totp_secret,
        totp_sealed_by, totp_step FROM accounts WHERE id = $1";
    /// Sets another password.
    SET_PASSWORD = "UPDATE accounts SET password_memory_kib = $2, password_passes = $3, password_salt = $4,
        password_tag = $5 WHERE id = $1";
    /// Sets another contact, if the one it replaces still stands.
    SET_CONTACT = "UPDATE accounts SET contact_kind = $2, contact_address = $3 WHERE id = $1 AND contact_address = $4";
    /// Sets another recovery key, if the one it replaces is still in force.
    SET_RECOVERY_TAG = "UPDATE accounts SET recovery_tag = $2 WHERE id = $1";
    /// Sets up an authenticator app, or removes it.
    SET_TOTP = "UPDATE accounts SET totp_secret = $2, totp_sealed_by = $3, totp_step = $4 WHERE id = $1";
    /// Takes a code of the app, if none of its step or a later one was taken.
    TAKE_TOTP_STEP = "UPDATE accounts SET totp_step = $2 WHERE id = $1 AND totp_step < $2 AND totp_secret IS NOT NULL";
    /// Secrets of apps that another key than this one sealed.
    TOTP_SEALED_BY_OTHERS = "SELECT id, totp_secret, totp_sealed_by FROM accounts
        WHERE (totp_sealed_by < $1 OR totp_sealed_by > $1) AND id > $2 ORDER BY id LIMIT $3";
    /// Keeps the secret of an app sealed anew, if it is still the one that was read.
    SEAL_TOTP_ANEW = "UPDATE accounts SET totp_secret = $2, totp_sealed_by = $3 WHERE id = $1 AND totp_secret = $4";
    /// Raises the account to level 2.
    RAISE_LEVEL = "UPDATE accounts SET level = 2 WHERE id = $1";
    /// How many accounts there are of each level.
    COUNT_ACCOUNTS = "SELECT count(*), CAST(coalesce(sum(CASE WHEN level = 2 THEN 1 ELSE 0 END), 0) AS BIGINT) FROM accounts";

    /// Adds a passkey.
    ADD_PASSKEY = "INSERT INTO passkeys (credential, account, public_key, counter, level, label, added_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7)";
    /// A passkey.
    PASSKEY = "SELECT credential, account, public_key, counter, level, label, added_at, used_at FROM passkeys
        WHERE credential = $1";
    /// The passkeys of an account.
    PASSKEYS = "SELECT credential, account, public_key, counter, level, label, added_at, used_at FROM passkeys
        WHERE account = $1 ORDER BY added_at LIMIT $2";
    /// Notes that a passkey was used, if its counter still stands where it was read.
    USE_PASSKEY = "UPDATE passkeys SET counter = $3, used_at = $4 WHERE credential = $1 AND counter = $2";
    /// Removes a passkey of an account.
    REMOVE_PASSKEY = "DELETE FROM passkeys WHERE credential = $1 AND account = $2";

    /// Whether an account was signed in to in a browser.
    BROWSER = "SELECT since FROM browsers WHERE account = $1 AND hash = $2";
    /// Notes that it was.
    KNOW_BROWSER = "INSERT INTO browsers (account, hash, since) VALUES ($1, $2, $3) ON CONFLICT (account, hash) DO NOTHING";
    /// In how many browsers an account was signed in to.
    COUNT_BROWSERS = "SELECT count(*) FROM browsers WHERE account = $1";
    /// Forgets the browsers of an account.
    FORGET_BROWSERS = "DELETE FROM browsers WHERE account = $1";

    /// Opens a session.
    OPEN_SESSION = "INSERT INTO sessions (hash, id, account, level, methods, opened_at, proven_at, seen_at, device)
        VALUES ($1, $2, $3, $4, $5, $6, $6, $6, $7)";
    /// The session with a secret.
    SESSION = "SELECT id, account, level, methods, opened_at, proven_at, seen_at, device FROM sessions WHERE hash = $1";
    /// A session that has not ended.
    SESSION_IS_OPEN = "SELECT id FROM sessions WHERE id = $1";
    /// The sessions of an account.
    SESSIONS = "SELECT id, account, level, methods, opened_at, proven_at, seen_at, device FROM sessions
        WHERE account = $1 ORDER BY seen_at DESC LIMIT $2";
    /// The identifiers of the sessions of an account, behind one.
    SESSION_IDS = "SELECT id FROM sessions WHERE account = $1 AND id > $2 ORDER BY id LIMIT $3";
    /// Notes that a session is used.
    SEE_SESSION = "UPDATE sessions SET seen_at = $2 WHERE id = $1 AND seen_at < $2";
    /// Ends a session of an account.
    END_SESSION = "DELETE FROM sessions WHERE id = $1 AND account = $2";
    /// Ends the session with a secret.
    END_SESSION_BY_HASH = "DELETE FROM sessions WHERE hash = $1";
    /// Ends all sessions of an account.
    END_SESSIONS = "DELETE FROM sessions WHERE account = $1";
    /// Ends the sessions of an account that nobody uses any more.
    END_OLD_SESSIONS = "DELETE FROM sessions WHERE account = $1 AND (seen_at < $2 OR opened_at < $3)";

    /// Adds to the history.
    NOTE_DEED = "INSERT INTO deeds (id, account, at, act, device) VALUES ($1, $2, $3, $4, $5)";
    /// The history of an account before a time, latest first.
    DEEDS = "SELECT at, act, device FROM deeds WHERE account = $1 AND at < $2 ORDER BY at DESC, id DESC LIMIT $3";
}

/// What an account is opened with.
#[derive(Debug, Clone)]
pub(crate) struct Secrets {
    pub(crate) password: PasswordHash,
    pub(crate) recovery_tag: [u8; 32],
    pub(crate) app: Option<SealedApp>,
    pub(crate) totp_step: i64,
}

/// The secret of an authenticator app as it is kept.
#[derive(Debug, Clone)]
pub(crate) struct SealedApp {
    pub(crate) account: Uuid,
    pub(crate) sealed: Vec<u8>,
    /// The name of the key that sealed it; empty for one that was kept in the clear and is not sealed yet.
    pub(crate) by: String,
}

/// Opens an account.
pub(crate) fn open_account(
    batch: &mut Batch,
    account: &Account,
    password: &PasswordHash,
    recovery_tag: [u8; 32],
    at: Timestamp,
) {
    batch.change_one(
        &OPEN_ACCOUNT,
        params![
            account.id,
            account.person.as_i64(),
            &account.name,
            account.birth_date,
            account.level.number(),
            account.contact.kind.code(),
            &account.contact.address,
            password.memory_kib,
            password.passes,
            password.salt,
            password.tag,
            recovery_tag,
            at,
            store::fold(&account.name),
        ],
    );
}

/// The account of a person.
pub(crate) async fn account_of(store: &Store, person: PersonalNumber) -> Result<Option<Account>, StoreError> {
    store.read_one(&ACCOUNT_OF_PERSON, params![person.as_i64()]).await?.as_ref().map(account_from).transpose()
}

/// An account.
pub(crate) async fn account(store: &Store, id: Uuid) -> Result<Option<Account>, StoreError> {
    store.read_one(&ACCOUNT, params![id]).await?.as_ref().map(account_from).transpose()
}

fn account_from(row: &Row) -> Result<Account, StoreError> {
    let wrong = |column, expected| damaged("ACCOUNT", column, expected);
    let kind = ContactKind::from_code(&row.get::<String>(5)?).ok_or(wrong(5, "a kind of contact"))?;
    Ok(Account {
        id: row.get(0)?,
        person: PersonalNumber::from_i64(row.get(1)?).ok_or(wrong(1, "a personal number"))?,
        name: row.get(2)?,
        birth_date: row.get(3)?,
        level: level_from(row.get(4)?, "ACCOUNT", 4)?,
        contact: Contact { kind, address: row.get(6)? },
        factors: Factors { totp: row.get(7)? },
    })
}

/// What an account is opened with.
pub(crate) async fn secrets(store: &Store, account: Uuid) -> Result<Option<Secrets>, StoreError> {
    let Some(row) = store.read_one(&SECRETS, params![account]).await? else { return Ok(None) };
    let app = match (row.get::<Option<Vec<u8>>>(5)?, row.get::<Option<String>>(6)?) {
        (Some(sealed), Some(by)) => Some(SealedApp { account, sealed, by }),
        _ => None,
    };
    Ok(Some(Secrets {
        password: PasswordHash {
            memory_kib: row.get(0)?,
            passes: row.get(1)?,
            salt: row.get(2)?,
            tag: row.get(3)?,
        },
        recovery_tag: row.get(4)?,
        app,
        totp_step: row.get(7)?,
    }))
}

/// Sets up an authenticator app of which a code of this step was taken.
pub(crate) fn set_app(batch: &mut Batch, app: &SealedApp, step: i64) {
    batch.change_one(&SET_TOTP, params![app.account, &app.sealed, &app.by, step]);
}

/// Removes the authenticator app of an account.
pub(crate) fn remove_app(batch: &mut Batch, account: Uuid) {
    batch.change_one(&SET_TOTP, params![account, Value::Null, Value::Null, -1_i64]);
}

/// Secrets of apps that another key than `newest` sealed, of accounts behind one.
pub(crate) async fn apps_sealed_by_others(
    store: &Store,
    newest: &str,
    behind: Uuid,
    limit: i64,
) -> Result<Vec<SealedApp>, StoreError> {
    let rows = store.read(&TOTP_SEALED_BY_OTHERS, params![newest, behind, limit]).await?;
    rows.iter()
        .map(|row| Ok(SealedApp { account: row.get(0)?, sealed: row.get(1)?, by: row.get(2)? }))
        .collect()
}

/// Sets another password.
pub(crate) fn set_password(batch: &mut Batch, account: Uuid, hash: &PasswordHash) {
    batch.change_one(&SET_PASSWORD, params![account, hash.memory_kib, hash.passes, hash.salt, hash.tag]);
}

/// Has the names of some accounts of an earlier version be searched; how many.
pub(crate) async fn fold_names(store: &Store) -> Result<usize, StoreError> {
    let rows = store.read(&NAMES_NOT_FOLDED, params![NAMES_AT_ONCE]).await?;
    let mut batch = Batch::new();
    for row in &rows {
        batch.change(&FOLD_NAME, params![row.get::<Uuid>(0)?, store::fold(&row.get::<String>(1)?)]);
    }
    store.write(batch).await?;
    Ok(rows.len())
}

/// How many accounts there are, and how many of level 2.
pub(crate) async fn count_accounts(store: &Store) -> Result<(i64, i64), StoreError> {
    let row = store.read_one(&COUNT_ACCOUNTS, params![]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// Adds a passkey.
pub(crate) fn add_passkey(batch: &mut Batch, passkey: &Passkey) {
    batch.change_one(
        &ADD_PASSKEY,
        params![
            &passkey.credential,
            passkey.account,
            &passkey.public_key,
            passkey.counter,
            passkey.level.number(),
            &passkey.label,
            passkey.added_at,
        ],
    );
}

/// A passkey.
pub(crate) async fn passkey(store: &Store, credential: &[u8]) -> Result<Option<Passkey>, StoreError> {
    store.read_one(&PASSKEY, params![credential]).await?.as_ref().map(passkey_from).transpose()
}

/// The passkeys of an account.
pub(crate) async fn passkeys(store: &Store, account: Uuid) -> Result<Vec<Passkey>, StoreError> {
    store.read(&PASSKEYS, params![account, PASSKEYS_LIMIT_ROWS]).await?.iter().map(passkey_from).collect()
}

fn passkey_from(row: &Row) -> Result<Passkey, StoreError> {
    Ok(Passkey {
        credential: row.get(0)?,
        account: row.get(1)?,
        public_key: row.get(2)?,
        counter: row.get(3)?,
        level: level_from(row.get(4)?, "PASSKEY", 4)?,
        label: row.get(5)?,
        added_at: row.get(6)?,
        used_at: row.get(7)?,
    })
}

/// The account was signed in to in this browser.
pub(crate) async fn knows_browser(store: &Store, account: Uuid, hash: [u8; 32]) -> Result<bool, StoreError> {
    Ok(store.read_one(&BROWSER, params![account, hash]).await?.is_some())
}

/// In how many browsers an account was signed in to.
pub(crate) async fn count_browsers(store: &Store, account: Uuid) -> Result<i64, StoreError> {
    store.read_one(&COUNT_BROWSERS, params![account]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Opens a session, and ends those of the account that are over.
pub(crate) fn open_session(
    batch: &mut Batch,
    hash: [u8; 32],
    session: &Session,
    idle_since: Timestamp,
    opened_before: Timestamp,
) {
    batch.change(&END_OLD_SESSIONS, params![session.account, idle_since, opened_before]);
    batch.change_one(
        &OPEN_SESSION,
        params![
            hash,
            session.id,
            session.account,
            session.level.number(),
            methods_text(&session.methods),
            session.opened_at,
            &session.device,
        ],
    );
}

/// The session with a secret.
pub(crate) async fn session(store: &Store, hash: [u8; 32]) -> Result<Option<Session>, StoreError> {
    store.read_one(&SESSION, params![hash]).await?.as_ref().map(session_from).transpose()
}

/// The sessions of an account, the last used first, with one more than is shown where there are more.
pub(crate) async fn sessions(store: &Store, account: Uuid) -> Result<Vec<Session>, StoreError> {
    let limit = i64::try_from(SESSIONS_SHOWN + 1).unwrap_or(i64::MAX);
    store.read(&SESSIONS, params![account, limit]).await?.iter().map(session_from).collect()
}

/// The identifiers of all sessions of an account.
pub(crate) async fn session_ids(store: &Store, account: Uuid) -> Result<Vec<Uuid>, StoreError> {
    let mut ids: Vec<Uuid> = Vec::new();
    loop {
        let behind = ids.last().copied().unwrap_or(Uuid::nil());
        let rows = store.read(&SESSION_IDS, params![account, behind, SESSIONS_AT_ONCE]).await?;
        for row in &rows {
            ids.push(row.get(0)?);
        }
        if rows.len() < SESSIONS_AT_ONCE as usize {
            return Ok(ids);
        }
    }
}

fn session_from(row: &Row) -> Result<Session, StoreError> {
    Ok(Session {
        id: row.get(0)?,
        account: row.get(1)?,
        level: level_from(row.get(2)?, "SESSION", 2)?,
        methods: methods_from(&row.get::<String>(3)?),
        opened_at: row.get(4)?,
        proven_at: row.get(5)?,
        seen_at: row.get(6)?,
        device: row.get(7)?,
    })
}

/// Adds to the history.
pub(crate) fn note(batch: &mut Batch, id: Uuid, account: Uuid, act: Act, device: &str, at: Timestamp) {
    batch.change_one(&NOTE_DEED, params![id, account, at, act.code(), device]);
}

/// The history of an account before a time, latest first, one line more than a page where there is more.
pub(crate) async fn deeds(store: &Store, account: Uuid, before: Timestamp) -> Result<Vec<Deed>, StoreError> {
    let limit = i64::try_from(HISTORY_PAGE_ROWS + 1).unwrap_or(i64::MAX);
    let rows = store.read(&DEEDS, params![account, before, limit]).await?;
    rows.iter()
        .map(|row| {
            let act = Act::from_code(&row.get::<String>(1)?).ok_or(damaged("DEEDS", 1, "an act"))?;
            Ok(Deed { at: row.get(0)?, act, device: row.get(2)? })
        })
        .collect()
}
