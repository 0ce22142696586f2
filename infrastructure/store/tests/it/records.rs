//! The tables and statements of the tests' own system.

use store::{Migration, Schema, Store, Table, params};

pub(crate) static SCHEMA: Schema = Schema {
    system: "accounts",
    migrations: &[
        Migration {
            number: 1,
            name: "accounts",
            sql: "CREATE TABLE accounts (
                number TEXT NOT NULL PRIMARY KEY,
                version INTEGER NOT NULL,
                amount INTEGER NOT NULL CHECK (amount >= 0)
            ) STRICT, WITHOUT ROWID;",
        },
        Migration {
            number: 2,
            name: "kinds-of-values",
            sql: "CREATE TABLE kinds (
                id INTEGER PRIMARY KEY AUTOINCREMENT,
                number INTEGER, name TEXT, bytes BLOB, holder TEXT REFERENCES accounts (number)
            ) STRICT;",
        },
    ],
    statements: STATEMENTS,
};

pub(crate) static ACCOUNTS_TABLE: Table = Table::new("accounts", &["number", "version", "amount"]);
pub(crate) static KINDS_TABLE: Table = Table { name: "kinds", columns: &["number", "name", "bytes"] };

store::statements! {
    /// Opens an account.
    INSERT_ACCOUNT = "INSERT INTO accounts (number, version, amount) VALUES ($1, 1, $2)";
    /// Sets the amount of an account that is still at this version.
    SET_AMOUNT = "UPDATE accounts SET amount = $3, version = version + 1 WHERE number = $1 AND version = $2";
    /// Adds to every account.
    ADD_TO_ALL = "UPDATE accounts SET amount = amount + $1";
    /// One account.
    ACCOUNT = "SELECT version, amount FROM accounts WHERE number = $1";
    /// Whether an account is still at this version.
    ACCOUNT_AT_VERSION = "SELECT version FROM accounts WHERE number = $1 AND version = $2";
    /// Whether there is no such account.
    NO_ACCOUNT = "SELECT 1 WHERE NOT EXISTS (SELECT 1 FROM accounts WHERE number = $1)";
    /// All accounts.
    ACCOUNTS = "SELECT number, version, amount FROM accounts ORDER BY number";
    /// What the accounts hold together, and how many there are.
    TOTAL = "SELECT coalesce(sum(amount), 0), count(*) FROM accounts";
    /// Accounts whose number begins so.
    ACCOUNTS_LIKE = "SELECT number FROM accounts WHERE number LIKE $1 ORDER BY number";
    /// Keeps one value of each kind.
    INSERT_KINDS = "INSERT INTO kinds (number, name, bytes, holder) VALUES ($1, $2, $3, $4)";
    /// One value of each kind.
    KINDS = "SELECT number, name, bytes, number = 1, id FROM kinds ORDER BY id";
    /// An average, which is a fraction.
    AVERAGE = "SELECT avg(amount) FROM accounts";
}

/// The sum of all accounts and their number.
pub(crate) async fn total(store: &Store) -> (i64, i64) {
    let row =
        store.read_one(&TOTAL, params![]).await.expect("the total can be read").expect("a sum is one row");
    (row.get(0).expect("a sum"), row.get(1).expect("a count"))
}

/// The version and amount of an account.
pub(crate) async fn account(store: &Store, number: &str) -> Option<(i64, i64)> {
    let row = store.read_one(&ACCOUNT, params![number]).await.expect("an account can be read")?;
    Some((row.get(0).expect("a version"), row.get(1).expect("an amount")))
}
