//! Checks at an office.

use jiff::Timestamp;
use store::{Row, Store, StoreError, params, statements};
use uuid::Uuid;

/// Checks of an office on one page.
pub(crate) const CHECKS_PAGE_ROWS: usize = 50;

statements! {
    /// Notes that an official has checked a person.
    CHECK = "INSERT INTO office_checks (id, account, unit, document, checked_by, checked_at) VALUES ($1, $2, $3, $4, $5, $6)";
    /// The checks of an office that wait for a second official, behind one.
    OPEN_CHECKS = "SELECT office_checks.id, account, unit, document, checked_by, checked_at, name, birth_date
        FROM office_checks JOIN accounts ON accounts.id = office_checks.account
        WHERE unit = $1 AND confirmed_at IS NULL AND checked_at > $2 AND office_checks.id > $3
        ORDER BY office_checks.id LIMIT $4";
    /// One of them.
    OPEN_CHECK = "SELECT office_checks.id, account, unit, document, checked_by, checked_at, name, birth_date
        FROM office_checks JOIN accounts ON accounts.id = office_checks.account
        WHERE unit = $1 AND confirmed_at IS NULL AND checked_at > $2 AND office_checks.id = $3";
    /// Confirms a check, if nobody has and somebody else made it.
    CONFIRM_CHECK = "UPDATE office_checks SET confirmed_by = $2, confirmed_at = $3, code_tag = $4
        WHERE id = $1 AND confirmed_at IS NULL AND checked_by <> $2 AND unit = $5";
    /// A confirmed check by the code the person was given.
    CHECK_OF_CODE = "SELECT id, confirmed_at FROM office_checks WHERE account = $1 AND code_tag = $2 AND used_at IS NULL";
    /// Uses the code of a check, once.
    USE_CHECK = "UPDATE office_checks SET used_at = $2 WHERE id = $1 AND used_at IS NULL";
}

/// A check that waits for a second official.
#[derive(Debug, Clone)]
pub(crate) struct OpenCheck {
    pub(crate) id: Uuid,
    pub(crate) account: Uuid,
    pub(crate) document: String,
    pub(crate) checked_by: String,
    pub(crate) checked_at: Timestamp,
    pub(crate) name: String,
}

/// A page of the checks of an office that wait for a second official, behind one, with one more where there are more.
pub(crate) async fn open_checks(
    store: &Store,
    unit: &str,
    after: Timestamp,
    behind: Uuid,
) -> Result<Vec<OpenCheck>, StoreError> {
    let limit = i64::try_from(CHECKS_PAGE_ROWS + 1).unwrap_or(i64::MAX);
    let rows = store.read(&OPEN_CHECKS, params![unit, after, behind, limit]).await?;
    rows.iter().map(check_from).collect()
}

/// One of them.
pub(crate) async fn open_check(
    store: &Store,
    unit: &str,
    after: Timestamp,
    id: Uuid,
) -> Result<Option<OpenCheck>, StoreError> {
    store.read_one(&OPEN_CHECK, params![unit, after, id]).await?.as_ref().map(check_from).transpose()
}

fn check_from(row: &Row) -> Result<OpenCheck, StoreError> {
    Ok(OpenCheck {
        id: row.get(0)?,
        account: row.get(1)?,
        document: row.get(3)?,
        checked_by: row.get(4)?,
        checked_at: row.get(5)?,
        name: row.get(6)?,
    })
}

/// The confirmed check of an account whose code this is, and when it was confirmed.
pub(crate) async fn check_of_code(
    store: &Store,
    account: Uuid,
    tag: [u8; 32],
) -> Result<Option<(Uuid, Timestamp)>, StoreError> {
    let Some(row) = store.read_one(&CHECK_OF_CODE, params![account, tag]).await? else { return Ok(None) };
    Ok(Some((row.get(0)?, row.get(1)?)))
}
