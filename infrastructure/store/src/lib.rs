//! The one door to SQLite and PostgreSQL.
//!
//! A system declares its [`Schema`]: migrations and statements, written once for both engines. It then reads rows,
//! decides by its rules, and writes one [`Batch`] that holds only if what it read still stands. Work and events that
//! follow from a batch are written with it ([`Task`], [`Event`]).
//!
//! - **SQLite**: one writer thread a store, which makes all batches that wait durable with one commit; a few readers
//!   beside it. One file a system.
//! - **PostgreSQL**: a pool of connections, the statements of a batch sent without waiting for each other, in one
//!   serializable transaction. One schema a system. Connections are not encrypted: use a local socket or a private
//!   network.
//!
//! A batch that returns without an error is on disk. A batch that returns an error has written nothing, unless the
//! connection broke during the commit ([`StoreError::Unavailable`]).
//!
//! ```
//! use store::{Batch, Location, Migration, Schema, Store, params};
//!
//! store::statements! {
//!     /// Opens a book.
//!     OPEN_BOOK = "INSERT INTO books (number, version, entries) VALUES ($1, 1, 0)";
//!     /// One book.
//!     BOOK = "SELECT version, entries FROM books WHERE number = $1";
//!     /// Counts an entry in a book that is still at this version.
//!     COUNT_ENTRY = "UPDATE books SET entries = entries + 1, version = version + 1
//!         WHERE number = $1 AND version = $2";
//! }
//!
//! const FIRST: Migration = Migration {
//!     number: 1,
//!     name: "books",
//!     sql: "CREATE TABLE books (
//!         number TEXT NOT NULL PRIMARY KEY, version INTEGER NOT NULL, entries INTEGER NOT NULL
//!     ) STRICT, WITHOUT ROWID;",
//! };
//! static SCHEMA: Schema = Schema { system: "books", migrations: &[FIRST], statements: STATEMENTS };
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), store::StoreError> {
//! # let now = jiff::Timestamp::UNIX_EPOCH;
//! let store = Store::open(&Location::SqliteMemory, &SCHEMA, now).await?;
//! let mut batch = Batch::new();
//! batch.change(&OPEN_BOOK, params!["2026/01"]);
//! store.write(batch).await?;
//!
//! let book = store.read_one(&BOOK, params!["2026/01"]).await?.expect("it was just opened");
//! let mut batch = Batch::new();
//! batch.change_one(&COUNT_ENTRY, params!["2026/01", book.get::<i64>(0)?]);
//! store.write(batch).await?;
//! # store.close().await
//! # }
//! ```

mod batch;
mod error;
mod fold;
mod postgres;
mod schema;
mod sqlite;
mod statement;
mod tasks;
#[cfg(feature = "testing")]
pub mod testing;
mod value;

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use jiff::Timestamp;

pub use batch::Batch;
pub use error::StoreError;
pub use fold::fold;
pub use schema::{Migration, Schema};
pub use statement::Statement;
#[doc(hidden)]
pub use statement::{edited_text, numbered_for_sqlite};
pub use tasks::{
    DeadTask, Event, LeasedTask, PendingEvent, TASK_ATTEMPTS_MAX, TASK_ERROR_LIMIT_CHARACTERS, Task,
};
pub use value::{FromValue, Row, Value};

/// How many rows one read may return.
pub const READ_LIMIT_ROWS: usize = 10_000;
/// How long one read may take, in seconds.
pub const READ_LIMIT_SECONDS: u64 = 30;
/// How many steps one batch may have.
pub const BATCH_LIMIT_STEPS: usize = 10_000;
/// How long one text or blob may be, in bytes. Larger bodies belong in an object store.
pub const VALUE_LIMIT_BYTES: usize = 16 * 1024 * 1024;
/// How many rows one load may bring.
pub const LOAD_LIMIT_ROWS: usize = 1_000_000;

/// Where a store's data is.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A file, made when it isn't there. Its directory must exist, on a local disk.
    SqliteFile(PathBuf),
    /// Memory only, gone when the last clone of the store is.
    SqliteMemory,
    /// A PostgreSQL database.
    Postgres {
        /// `postgresql://user:password@host/database`, or `host=/run/postgresql dbname=...`.
        url: String,
        /// The schema of the system: lower-case letters, digits and `_`; made when it isn't there.
        schema: String,
    },
}

/// Leaves out the URL, which may hold a password.
impl std::fmt::Debug for Location {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Location::SqliteFile(path) => write!(formatter, "SqliteFile({})", path.display()),
            Location::SqliteMemory => write!(formatter, "SqliteMemory"),
            Location::Postgres { schema, .. } => write!(formatter, "Postgres(schema {schema})"),
        }
    }
}

/// The database engine behind a store.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Engine {
    /// SQLite, in this process.
    Sqlite,
    /// PostgreSQL, in its own.
    Postgres,
}

/// A table rows can be loaded into, with the columns a loaded row gives, in order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Table {
    /// The table's name.
    pub name: &'static str,
    /// The columns a row brings.
    pub columns: &'static [&'static str],
}

impl Table {
    /// A table and the columns of a loaded row.
    pub const fn new(name: &'static str, columns: &'static [&'static str]) -> Self {
        Self { name, columns }
    }

    /// Refuses names that would have to be quoted, and rows of another width.
    fn check(&self, rows: &[Vec<Value>]) -> Result<(), StoreError> {
        let wrong = |reason: String| StoreError::WrongStatement { statement: self.name, reason };
        let names = std::iter::once(&self.name).chain(self.columns);
        if let Some(name) = names.into_iter().find(|name| !is_plain_name(name)) {
            return Err(wrong(format!("`{name}` is not a plain lower-case name")));
        }
        if self.columns.is_empty() || self.columns.len() > TABLE_LIMIT_COLUMNS {
            return Err(wrong(format!("a loaded table gives 1 to {TABLE_LIMIT_COLUMNS} columns")));
        }
        if rows.len() > LOAD_LIMIT_ROWS {
            return Err(StoreError::TooLarge { what: "a load, in rows,", limit: LOAD_LIMIT_ROWS });
        }
        for row in rows {
            if row.len() != self.columns.len() {
                let (found, expected) = (row.len(), self.columns.len());
                return Err(wrong(format!("a row brings {found} values for {expected} columns")));
            }
            batch::check_params(self.name, row)?;
        }
        Ok(())
    }
}

const TABLE_LIMIT_COLUMNS: usize = 100;
/// PostgreSQL cuts longer names off.
const NAME_LIMIT_BYTES: usize = 63;

fn is_plain_name(name: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_';
    name.len() <= NAME_LIMIT_BYTES
        && name.bytes().all(is_plain)
        && name.bytes().next().is_some_and(|first| !first.is_ascii_digit())
}

/// A system's store. Cloning is cheap; all clones are the same store.
#[derive(Clone)]
pub struct Store {
    inner: Inner,
    /// Tells whoever carries the outbox, once there is somebody.
    carrier: Arc<Mutex<Option<Teller>>>,
}

type Teller = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone)]
enum Inner {
    Sqlite(Arc<sqlite::Sqlite>),
    Postgres(Arc<postgres::Postgres>),
}

impl std::fmt::Debug for Store {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Store({:?})", self.engine())
    }
}

impl Store {
    /// Opens the store, applies the migrations it lacks (all or none), and refuses one that belongs to another system
    /// or to a newer program. `now` is noted beside each migration applied.
    ///
    /// # Errors
    /// [`StoreError::NewerDatabase`], [`StoreError::MigrationChanged`], [`StoreError::OtherSystem`],
    /// [`StoreError::Migration`], [`StoreError::Location`], [`StoreError::Unavailable`], [`StoreError::Damaged`],
    /// [`StoreError::Full`].
    pub async fn open(location: &Location, schema: &Schema, now: Timestamp) -> Result<Store, StoreError> {
        if schema.system == schema::STORE_SCOPE || schema.system.is_empty() {
            return Err(StoreError::Location {
                reason: "a system can't be named `store` or nothing".to_owned(),
            });
        }
        let inner = match location {
            Location::SqliteFile(path) => {
                Inner::Sqlite(Arc::new(sqlite::Sqlite::open(Some(path), schema, now).await?))
            }
            Location::SqliteMemory => Inner::Sqlite(Arc::new(sqlite::Sqlite::open(None, schema, now).await?)),
            Location::Postgres { url, schema: name } => {
                Inner::Postgres(Arc::new(postgres::Postgres::open(url, name, schema, now).await?))
            }
        };
        Ok(Store { inner, carrier: Arc::default() })
    }

    /// Which engine holds the data.
    pub fn engine(&self) -> Engine {
        match &self.inner {
            Inner::Sqlite(_) => Engine::Sqlite,
            Inner::Postgres(_) => Engine::Postgres,
        }
    }

    /// The rows a SELECT finds.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] over [`READ_LIMIT_ROWS`], [`StoreError::TooSlow`], [`StoreError::WrongParameter`],
    /// [`StoreError::WrongStatement`], [`StoreError::Unavailable`], [`StoreError::Closed`].
    pub async fn read(
        &self,
        statement: &'static Statement,
        params: Vec<Value>,
    ) -> Result<Vec<Row>, StoreError> {
        batch::check_params(statement.name(), &params)?;
        match &self.inner {
            Inner::Sqlite(sqlite) => sqlite.read(statement, params, READ_LIMIT_ROWS).await,
            Inner::Postgres(postgres) => postgres.read(statement, params, READ_LIMIT_ROWS).await,
        }
    }

    /// The only row a SELECT finds, or nothing.
    ///
    /// # Errors
    /// [`StoreError::TooManyRows`] when there are several; otherwise as [`Store::read`].
    pub async fn read_one(
        &self,
        statement: &'static Statement,
        params: Vec<Value>,
    ) -> Result<Option<Row>, StoreError> {
        batch::check_params(statement.name(), &params)?;
        let rows = match &self.inner {
            Inner::Sqlite(sqlite) => sqlite.read(statement, params, 1).await,
            Inner::Postgres(postgres) => postgres.read(statement, params, 1).await,
        };
        Ok(rows?.pop())
    }

    /// Writes the batch: all of it, durable when this returns, or nothing of it. A write once begun is carried to its
    /// end even when the caller stops waiting.
    ///
    /// # Errors
    /// [`StoreError::Conflict`], [`StoreError::Duplicate`], [`StoreError::Rejected`], [`StoreError::Full`],
    /// [`StoreError::TooLarge`], [`StoreError::WrongParameter`], [`StoreError::WrongStatement`],
    /// [`StoreError::Busy`], [`StoreError::Unavailable`], [`StoreError::Closed`].
    pub async fn write(&self, batch: Batch) -> Result<(), StoreError> {
        self.write_returning(batch).await.map(drop)
    }

    /// Writes the batch and hands back the rows of its steps that return some.
    async fn write_returning(&self, batch: Batch) -> Result<Vec<Row>, StoreError> {
        let steps = batch.into_steps()?;
        if steps.is_empty() {
            return Ok(Vec::new());
        }
        let emits = steps.iter().any(|step| std::ptr::eq(step.statement, &tasks::EMIT_EVENT));
        let written = match &self.inner {
            Inner::Sqlite(sqlite) => sqlite.write(steps).await,
            Inner::Postgres(postgres) => postgres.write(steps).await,
        }?;
        if emits && let Some(tell) = &*self.carrier.lock().unwrap_or_else(PoisonError::into_inner) {
            tell();
        }
        Ok(written)
    }

    /// From now on tells this one, and no other, when this process has put an event in the outbox. Whoever carries the
    /// outbox looks now and then all the same: other processes may share the store, and a writer may stop waiting.
    pub fn tell_of_events(&self, tell: impl Fn() + Send + Sync + 'static) {
        *self.carrier.lock().unwrap_or_else(PoisonError::into_inner) = Some(Arc::new(tell));
    }

    /// Loads many rows into a table, all or none, and says how many. On SQLite other writes wait meanwhile, so a large
    /// load is best brought in parts.
    ///
    /// # Errors
    /// [`StoreError::TooLarge`] over [`LOAD_LIMIT_ROWS`]; otherwise as [`Store::write`], with the table's name as the
    /// statement's.
    pub async fn load(&self, table: &'static Table, rows: Vec<Vec<Value>>) -> Result<u64, StoreError> {
        table.check(&rows)?;
        if rows.is_empty() {
            return Ok(0);
        }
        match &self.inner {
            Inner::Sqlite(sqlite) => sqlite.load(table, rows).await,
            Inner::Postgres(postgres) => postgres.load(table, rows).await,
        }
    }

    /// Copies the store, as it is at one moment, into a new file, without stopping it.
    ///
    /// # Errors
    /// [`StoreError::NotOffered`] on PostgreSQL, [`StoreError::Location`] when the file is already there or its name is
    /// not UTF-8, [`StoreError::Full`].
    pub async fn backup_to(&self, file: &Path) -> Result<(), StoreError> {
        match &self.inner {
            Inner::Sqlite(sqlite) => sqlite.backup_to(file).await,
            Inner::Postgres(_) => Err(StoreError::NotOffered {
                verb: "backup to a file",
                engine: "PostgreSQL",
                instead: "use pg_basebackup or pg_dump",
            }),
        }
    }

    /// Writes what is waiting, tidies the files and closes the store for all its clones.
    ///
    /// # Errors
    /// None are expected; what the engine says when it can't tidy up, after all batches have been answered.
    pub async fn close(self) -> Result<(), StoreError> {
        match &self.inner {
            Inner::Sqlite(sqlite) => sqlite.close().await,
            Inner::Postgres(postgres) => {
                postgres.close();
                Ok(())
            }
        }
    }
}
