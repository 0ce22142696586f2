//! PostgreSQL: one schema a system, a pool of connections, one serializable transaction a batch.
//!
//! Serializable, because a batch holds only if *everything* it read still stands, also the absence of a row. Once the
//! transaction is open the statements of a batch are sent without waiting for each other's answers. When the server finds that two batches got
//! in each other's way, one of them is run again from its beginning: a batch is a list, it can be.

mod values;

use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::task::Poll;
use std::time::{Duration, Instant};

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, RecyclingMethod, Runtime, TimeoutType,
};
use futures_util::TryStreamExt;
use futures_util::future::{MaybeDone, maybe_done};
use jiff::Timestamp;
use tokio_postgres::binary_copy::BinaryCopyInWriter;
use tokio_postgres::error::{DbError, SqlState};
use tokio_postgres::{Config, NoTls};

use crate::batch::{Ask, Step};
use crate::schema::{Applied, CREATE_APPLIED, SELECT_APPLIED, Schema, for_postgres};
use crate::{READ_LIMIT_ROWS, READ_LIMIT_SECONDS, Row, Statement, StoreError, Table, Value, is_plain_name};
use values::{Outgoing, misfit, row_of};

/// How many connections one store opens.
const CONNECTIONS_MAX: usize = 8;
/// How long a caller waits for a connection, in seconds.
const CONNECTION_WAIT_SECONDS: u64 = 10;
/// How long a silent connection is believed in, in seconds.
const SILENCE_LIMIT_SECONDS: u64 = 30;
/// How often a batch is run again because another got in its way.
const WRITE_ATTEMPTS_MAX: u32 = 12;
/// The wait before the second attempt, in milliseconds; it grows with each attempt.
const WRITE_RETRY_MILLISECONDS: u64 = 2;
/// How many statements are sent before the first answer is awaited.
const PIPELINE_LIMIT_STEPS: usize = 128;

/// An open PostgreSQL store.
pub(crate) struct Postgres {
    system: &'static str,
    pool: Pool,
}

impl Postgres {
    pub(crate) async fn open(
        url: &str,
        name: &str,
        schema: &Schema,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        let system = schema.system;
        let pool = pool_of(url, name, system)?;
        let (name, schema) = (name.to_owned(), *schema);
        let migrating = pool.clone();
        let migrated = carried_out(system, async move {
            let connection = connection_of(&migrating, system).await?;
            let migrated = migrate(&connection, &name, &schema, now).await;
            // Whatever happened, no half-open transaction goes back to the pool.
            drop(Object::take(connection));
            migrated
        });
        migrated.await?;
        Ok(Self { system, pool })
    }

    pub(crate) async fn read(
        &self,
        statement: &'static Statement,
        params: Vec<Value>,
        limit: usize,
    ) -> Result<Vec<Row>, StoreError> {
        let connection = connection_of(&self.pool, self.system).await?;
        let prepared = prepare(&connection, self.system, statement, &params).await?;
        let rows = rows_of(&connection, self.system, statement, &prepared, &params, limit).await;
        if matches!(rows, Err(StoreError::TooManyRows { .. })) {
            // The server would go on sending; it stops when the connection is gone.
            drop(Object::take(connection));
        }
        rows
    }

    pub(crate) async fn write(&self, steps: Vec<Step>) -> Result<Vec<Row>, StoreError> {
        let (pool, system) = (self.pool.clone(), self.system);
        carried_out(system, async move {
            let started = Instant::now();
            let written = write_until_clear(&pool, system, &steps).await;
            measure(system, started);
            written
        })
        .await
    }

    pub(crate) async fn load(&self, table: &'static Table, rows: Vec<Vec<Value>>) -> Result<u64, StoreError> {
        let (pool, system) = (self.pool.clone(), self.system);
        carried_out(system, async move {
            let connection = connection_of(&pool, system).await?;
            begin(&connection, system).await?;
            let loaded = copy_in(&connection, table, &rows, system).await;
            end(&connection, system, loaded).await
        })
        .await
    }

    pub(crate) fn close(&self) {
        self.pool.close();
    }
}

/// Runs work to its end even when the caller stops waiting, so that no connection is left in the middle of something.
async fn carried_out<T: Send + 'static>(
    system: &'static str,
    work: impl Future<Output = Result<T, StoreError>> + Send + 'static,
) -> Result<T, StoreError> {
    tokio::spawn(work).await.unwrap_or(Err(StoreError::Closed { system }))
}

fn pool_of(url: &str, name: &str, system: &'static str) -> Result<Pool, StoreError> {
    if !is_plain_name(name) {
        let reason = format!("`{name}` is no plain schema name: lower-case letters, digits and `_`");
        return Err(StoreError::Location { reason });
    }
    // The parser's own message may quote the password.
    let wrong_url = |_| StoreError::Location { reason: "the PostgreSQL URL can't be read".to_owned() };
    let mut config: Config = url.parse().map_err(wrong_url)?;
    let given = config.get_options().unwrap_or_default().to_owned();
    let timeout = READ_LIMIT_SECONDS * 1_000;
    config
        .options(format!("{given} -c search_path={name} -c statement_timeout={timeout}"))
        .application_name(format!("lienthong {system}"))
        .connect_timeout(Duration::from_secs(CONNECTION_WAIT_SECONDS))
        .tcp_user_timeout(Duration::from_secs(SILENCE_LIMIT_SECONDS));
    let recycling = ManagerConfig { recycling_method: RecyclingMethod::Fast };
    let wait = Some(Duration::from_secs(CONNECTION_WAIT_SECONDS));
    Pool::builder(Manager::from_config(config, NoTls, recycling))
        .max_size(CONNECTIONS_MAX)
        .wait_timeout(wait)
        .create_timeout(wait)
        .runtime(Runtime::Tokio1)
        .build()
        .map_err(|error| StoreError::Location { reason: error.to_string() })
}

async fn connection_of(pool: &Pool, system: &'static str) -> Result<Object, StoreError> {
    pool.get().await.map_err(|error| match error {
        PoolError::Timeout(TimeoutType::Wait) => StoreError::Busy { system },
        PoolError::Closed => StoreError::Closed { system },
        PoolError::Backend(error) => match error_of(system, "connect", &error) {
            StoreError::WrongStatement { reason, .. } => StoreError::Unavailable { system, reason },
            other => other,
        },
        PoolError::Timeout(_) | PoolError::NoRuntimeSpecified | PoolError::PostCreateHook(_) => {
            StoreError::Unavailable { system, reason: "no connection could be made in time".to_owned() }
        }
    })
}

/// Brings the tables to what this program knows, in one transaction, while other nodes of the system wait.
async fn migrate(connection: &Object, name: &str, schema: &Schema, now: Timestamp) -> Result<(), StoreError> {
    let failed = |error| error_of(schema.system, "migrate", &error);
    let prologue = format!(
        "BEGIN; SET LOCAL statement_timeout = 0;
        SELECT pg_advisory_xact_lock(hashtextextended('store migrations of {name}', 0));"
    );
    connection.batch_execute(&prologue).await.map_err(failed)?;
    // Asked for first, because making one takes a right that a running node need not have.
    let exists =
        connection.query("SELECT 1 FROM pg_namespace WHERE nspname = $1", &[&name]).await.map_err(failed)?;
    if exists.is_empty() {
        connection.batch_execute(&format!("CREATE SCHEMA {name}")).await.map_err(failed)?;
    }
    connection.batch_execute(CREATE_APPLIED).await.map_err(failed)?;
    let rows = connection.query(SELECT_APPLIED, &[]).await.map_err(failed)?;
    let applied = rows.iter().map(applied_of).collect::<Result<Vec<_>, _>>().map_err(failed)?;
    for (scope, migration) in schema.outstanding(&applied)? {
        let wrong = |error| match error_of(schema.system, "migrate", &error) {
            StoreError::WrongStatement { reason, .. } | StoreError::Rejected { constraint: reason, .. } => {
                migration.failed(scope, reason)
            }
            StoreError::Duplicate { .. } => migration.failed(scope, "it stores a key twice".to_owned()),
            other => other,
        };
        connection.batch_execute(&for_postgres(migration.sql)).await.map_err(wrong)?;
        let number = i64::from(migration.number);
        let (checksum, applied_at) = (migration.checksum(), now.as_microsecond());
        const INSERT: &str = "INSERT INTO schema_migrations VALUES ($1, $2, $3, $4, $5)";
        connection
            .execute(INSERT, &[&scope, &number, &migration.name, &checksum, &applied_at])
            .await
            .map_err(failed)?;
        migration.log(schema.system, scope);
    }
    connection.batch_execute("COMMIT").await.map_err(failed)
}

fn applied_of(row: &tokio_postgres::Row) -> Result<Applied, tokio_postgres::Error> {
    Ok(Applied {
        scope: row.try_get(0)?,
        number: row.try_get(1)?,
        name: row.try_get(2)?,
        checksum: row.try_get(3)?,
    })
}

/// The statement as this connection has prepared it, once the parameters are known to fit.
async fn prepare(
    connection: &Object,
    system: &'static str,
    statement: &'static Statement,
    params: &[Value],
) -> Result<tokio_postgres::Statement, StoreError> {
    let name = statement.name();
    let prepared =
        connection.prepare_cached(statement.sql()).await.map_err(|error| error_of(system, name, &error))?;
    let wrong = |parameter, reason| StoreError::WrongParameter { statement: name, parameter, reason };
    if prepared.params().len() != params.len() {
        let (given, expected) = (params.len(), prepared.params().len());
        return Err(wrong(0, format!("{given} parameters are given, the statement has {expected}")));
    }
    for (index, (value, expected)) in params.iter().zip(prepared.params()).enumerate() {
        if let Some(reason) = misfit(value, expected) {
            return Err(wrong(index + 1, reason));
        }
    }
    Ok(prepared)
}

async fn rows_of(
    connection: &Object,
    system: &'static str,
    statement: &'static Statement,
    prepared: &tokio_postgres::Statement,
    params: &[Value],
    limit: usize,
) -> Result<Vec<Row>, StoreError> {
    let name = statement.name();
    let failed = |error| error_of(system, name, &error);
    let stream = connection.query_raw(prepared, params.iter().map(Outgoing)).await.map_err(failed)?;
    let mut stream = pin!(stream);
    let mut found = Vec::new();
    while let Some(row) = stream.try_next().await.map_err(failed)? {
        if found.len() == limit {
            return Err(StoreError::TooManyRows { statement: name, limit });
        }
        found.push(row_of(name, &row)?);
    }
    Ok(found)
}

async fn write_until_clear(
    pool: &Pool,
    system: &'static str,
    steps: &[Step],
) -> Result<Vec<Row>, StoreError> {
    let connection = connection_of(pool, system).await?;
    let mut attempt = 1;
    loop {
        match write_once(&connection, system, steps).await {
            Err(StoreError::Busy { .. }) if attempt < WRITE_ATTEMPTS_MAX => {
                let wait = WRITE_RETRY_MILLISECONDS * u64::from(attempt * attempt);
                tokio::time::sleep(Duration::from_millis(wait)).await;
                attempt += 1;
            }
            other => return other,
        }
    }
}

/// One attempt. Every way out of it ends the transaction, or finds the connection gone.
async fn write_once(
    connection: &Object,
    system: &'static str,
    steps: &[Step],
) -> Result<Vec<Row>, StoreError> {
    let mut prepared = Vec::with_capacity(steps.len());
    for step in steps {
        prepared.push(prepare(connection, system, step.statement, &step.params).await?);
    }
    begin(connection, system).await?;
    let done = run_steps(connection, system, steps, &prepared).await;
    end(connection, system, done).await
}

/// Awaited before the rest is sent: without a transaction every statement would be one of its own.
async fn begin(connection: &Object, system: &'static str) -> Result<(), StoreError> {
    const BEGIN: &str = "BEGIN ISOLATION LEVEL SERIALIZABLE";
    connection.batch_execute(BEGIN).await.map_err(|error| error_of(system, BEGIN, &error))
}

async fn end<T>(
    connection: &Object,
    system: &'static str,
    done: Result<T, StoreError>,
) -> Result<T, StoreError> {
    let end = if done.is_ok() { "COMMIT" } else { "ROLLBACK" };
    let ended = connection.batch_execute(end).await.map_err(|error| error_of(system, end, &error));
    done.and_then(|value| ended.map(|()| value))
}

async fn run_steps(
    connection: &Object,
    system: &'static str,
    steps: &[Step],
    prepared: &[tokio_postgres::Statement],
) -> Result<Vec<Row>, StoreError> {
    let mut waiting: Vec<StepFuture<'_>> = Vec::new();
    let mut returned = Vec::new();
    for (step, prepared) in steps.iter().zip(prepared) {
        waiting.push(Box::pin(run_step(connection, system, step, prepared)));
        if waiting.len() == PIPELINE_LIMIT_STEPS {
            returned.extend(answers_in_order(std::mem::take(&mut waiting)).await?);
        }
    }
    returned.extend(answers_in_order(waiting).await?);
    Ok(returned)
}

type StepFuture<'a> = Pin<Box<dyn Future<Output = Result<Vec<Row>, StoreError>> + Send + 'a>>;

async fn run_step(
    connection: &Object,
    system: &'static str,
    step: &Step,
    prepared: &tokio_postgres::Statement,
) -> Result<Vec<Row>, StoreError> {
    let failed = |error| error_of(system, step.statement.name(), &error);
    match step.ask {
        Ask::Change | Ask::ChangeOne => {
            let params = step.params.iter().map(Outgoing);
            let changed = connection.execute_raw(prepared, params).await.map_err(failed)?;
            step.judge(changed)?;
            Ok(Vec::new())
        }
        Ask::Require => {
            let found = match rows_of(connection, system, step.statement, prepared, &step.params, 1).await {
                Err(StoreError::TooManyRows { .. }) => 2,
                rows => rows?.len() as u64,
            };
            step.judge(found)?;
            Ok(Vec::new())
        }
        Ask::Return => {
            rows_of(connection, system, step.statement, prepared, &step.params, READ_LIMIT_ROWS).await
        }
    }
}

/// Sends the statements one behind the other (a statement is sent when its future is first polled, and they are polled
/// in order), then awaits all answers. The first error is the one that counts: those behind it only say that the
/// transaction has failed.
async fn answers_in_order(waiting: Vec<StepFuture<'_>>) -> Result<Vec<Row>, StoreError> {
    let mut waiting: Vec<MaybeDone<StepFuture<'_>>> = waiting.into_iter().map(maybe_done).collect();
    poll_fn(|context| {
        let mut all_done = true;
        for step in &mut waiting {
            all_done &= Pin::new(step).poll(context).is_ready();
        }
        if all_done { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
    let mut returned = Vec::new();
    for step in &mut waiting {
        if let Some(rows) = Pin::new(step).take_output() {
            returned.extend(rows?);
        }
    }
    Ok(returned)
}

/// COPY in binary form, for as long as it takes. The names are known to be plain.
async fn copy_in(
    connection: &Object,
    table: &'static Table,
    rows: &[Vec<Value>],
    system: &'static str,
) -> Result<u64, StoreError> {
    let failed = |error| error_of(system, table.name, &error);
    let columns = table.columns.join(", ");
    let probe = format!("SELECT {columns} FROM {} LIMIT 0", table.name);
    let prepared = connection.prepare(&probe).await.map_err(failed)?;
    let types: Vec<_> = prepared.columns().iter().map(|column| column.type_().clone()).collect();
    for row in rows {
        for (index, (value, expected)) in row.iter().zip(&types).enumerate() {
            if let Some(reason) = misfit(value, expected) {
                return Err(StoreError::WrongParameter {
                    statement: table.name,
                    parameter: index + 1,
                    reason,
                });
            }
        }
    }
    connection.batch_execute("SET LOCAL statement_timeout = 0").await.map_err(failed)?;
    let copy = format!("COPY {} ({columns}) FROM STDIN (FORMAT binary)", table.name);
    let sink = connection.copy_in(&copy).await.map_err(failed)?;
    let mut writer = pin!(BinaryCopyInWriter::new(sink, &types));
    for row in rows {
        let values: Vec<Outgoing<'_>> = row.iter().map(Outgoing).collect();
        writer.as_mut().write_raw(values).await.map_err(failed)?;
    }
    writer.finish().await.map_err(failed)
}

fn measure(system: &'static str, started: Instant) {
    metrics::counter!("store_batches_total", "system" => system).increment(1);
    metrics::histogram!("store_batch_size", "system" => system).record(1.0);
    metrics::histogram!("store_commit_seconds", "system" => system).record(started.elapsed().as_secs_f64());
}

/// What an error of the driver or the server means to the caller.
fn error_of(system: &'static str, statement: &'static str, error: &tokio_postgres::Error) -> StoreError {
    match error.as_db_error() {
        Some(reported) => reported_error(system, statement, reported),
        None => StoreError::Unavailable { system, reason: error.to_string() },
    }
}

/// The server's messages and details may quote values; only those about a statement's form are passed on.
fn reported_error(system: &'static str, statement: &'static str, reported: &DbError) -> StoreError {
    let code = reported.code();
    let without_values = || match reported.constraint().or(reported.column()) {
        Some(name) => format!("{name} (SQLSTATE {})", code.code()),
        None => format!("SQLSTATE {}", code.code()),
    };
    match *code {
        SqlState::UNIQUE_VIOLATION => StoreError::Duplicate { statement },
        SqlState::T_R_SERIALIZATION_FAILURE
        | SqlState::T_R_DEADLOCK_DETECTED
        | SqlState::LOCK_NOT_AVAILABLE => StoreError::Busy { system },
        SqlState::QUERY_CANCELED => StoreError::TooSlow { statement, limit_seconds: READ_LIMIT_SECONDS },
        SqlState::DISK_FULL => StoreError::Full { system },
        SqlState::DATA_CORRUPTED | SqlState::INDEX_CORRUPTED => {
            StoreError::Damaged { system, reason: without_values() }
        }
        _ => match code.code().get(..2) {
            Some("23" | "22") => StoreError::Rejected { statement, constraint: without_values() },
            Some("42") => StoreError::WrongStatement { statement, reason: reported.message().to_owned() },
            Some("08" | "28" | "3D" | "53" | "57" | "58") => {
                StoreError::Unavailable { system, reason: without_values() }
            }
            _ => StoreError::WrongStatement { statement, reason: without_values() },
        },
    }
}
