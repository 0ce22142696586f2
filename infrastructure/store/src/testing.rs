//! What the tests of every system need: a PostgreSQL server of their own, and the check that every statement can be
//! prepared on both engines. Behind the feature `testing`.
//!
//! Everything here panics with a message for the developer: a missing tool is a failure, not a skip.

use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use jiff::Timestamp;
use tokio_postgres::NoTls;

use crate::tasks;
use crate::{Location, Schema, Statement, Store};

/// The user the server runs as when the tests run as root, which PostgreSQL refuses.
const SERVER_USER: &str = "postgres";
/// How often and how long apart the new server is asked whether it is up.
const START_ATTEMPTS_MAX: u32 = 600;
const START_ATTEMPT_MILLISECONDS: u64 = 50;

/// A PostgreSQL server of this test process. It ends, and its files go, with the process, however that ends.
pub struct PostgresServer {
    socket_directory: PathBuf,
    schemas: AtomicU32,
    /// Its standard input is the life line: the keeper stops the server when this end closes.
    _keeper: Child,
}

/// The server of this test process, started when first asked for. It keeps its data in a temporary directory, listens
/// on a socket there, and gives up durability for speed.
///
/// # Panics
/// When PostgreSQL isn't installed or doesn't start.
pub fn postgres() -> &'static PostgresServer {
    static SERVER: OnceLock<PostgresServer> = OnceLock::new();
    SERVER.get_or_init(PostgresServer::start)
}

impl PostgresServer {
    /// A new, empty schema of the server's database.
    pub fn location(&self) -> Location {
        let number = self.schemas.fetch_add(1, Ordering::Relaxed);
        Location::Postgres { url: self.url(), schema: format!("test_{number}") }
    }

    /// Where the server is, as a location's `url`.
    pub fn url(&self) -> String {
        format!("host={} user={SERVER_USER} dbname=postgres", self.socket_directory.display())
    }

    fn start() -> Self {
        let programs = programs();
        let directory =
            tempfile::Builder::new().prefix("pg").tempdir().expect("a temporary directory").keep();
        let as_server = if is_root() {
            run(Command::new("chown").arg(SERVER_USER).arg(&directory));
            format!("setpriv --reuid {SERVER_USER} --regid {SERVER_USER} --init-groups --")
        } else {
            String::new()
        };
        let mut keeper = Command::new("sh")
            .args(["-c", KEEPER, "keeper"])
            .args([programs.as_os_str(), directory.as_os_str(), as_server.as_ref()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .spawn()
            .expect("a shell to keep the server");
        wait_until_up(&programs, &directory, &mut keeper);
        Self { socket_directory: directory, schemas: AtomicU32::new(1), _keeper: keeper }
    }
}

/// Makes the database, runs the server, and stops it and removes its files when standard input closes, which also
/// happens when the test process is killed. The database sorts text as people do, as a production server may; stores must
/// not notice. A key pressed to stop the tests must not stop the keeper before that.
const KEEPER: &str = r#"
trap '' INT
$3 "$1/initdb" --pgdata="$2/data" --username=postgres --auth=trust --no-sync --encoding=UTF8 --locale=C.UTF-8 \
    --locale-provider=icu --icu-locale=vi >"$2/log" 2>&1 || exit 1
$3 "$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c shared_buffers=32MB -c max_connections=200 >>"$2/log" 2>&1 </dev/null &
server=$!
read -r _
kill -INT "$server"
wait "$server"
rm -rf "$2"
"#;

/// The directory of the server's programs, the newest version if there are several.
fn programs() -> PathBuf {
    let versions = std::fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let installed =
        versions.map(|version| version.path().join("bin")).filter(|bin| bin.join("postgres").exists());
    installed.max().unwrap_or_else(|| {
        panic!("PostgreSQL is needed by the tests and is not installed: run `apt-get install postgresql`")
    })
}

fn is_root() -> bool {
    std::fs::metadata("/proc/self").is_ok_and(|process| process.uid() == 0)
}

fn run(command: &mut Command) {
    let status = command.status().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    assert!(status.success(), "{command:?} ended with {status}");
}

fn wait_until_up(programs: &Path, directory: &Path, keeper: &mut Child) {
    for _ in 0..START_ATTEMPTS_MAX {
        let asked = Command::new(programs.join("pg_isready"))
            .arg("--quiet")
            .arg("--host")
            .arg(directory)
            .status()
            .expect("pg_isready is installed with the server");
        if asked.success() {
            return;
        }
        if keeper.try_wait().is_ok_and(|ended| ended.is_some()) {
            break;
        }
        std::thread::sleep(Duration::from_millis(START_ATTEMPT_MILLISECONDS));
    }
    let log = std::fs::read_to_string(directory.join("log")).unwrap_or_default();
    panic!("PostgreSQL did not start:\n{log}");
}

/// Applies the migrations and prepares every statement of the schema on both engines.
///
/// # Panics
/// With the list of statements that can't be prepared, and on which engine.
pub fn every_statement_prepares(schema: &Schema) {
    let schema = *schema;
    // A thread of its own, so that this can be called from inside a runtime as well as from outside.
    let checked = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        runtime.block_on(async {
            let mut refused = refused_by_sqlite(&schema).await;
            refused.extend(refused_by_postgres(&schema).await);
            refused
        })
    });
    let refused = checked.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
    assert!(refused.is_empty(), "these statements can't be prepared:\n{}", refused.join("\n"));
}

async fn refused_by_sqlite(schema: &Schema) -> Vec<String> {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = directory.path().join("store.db");
    let location = Location::SqliteFile(file.clone());
    let store = opened(&location, schema).await;
    store.close().await.expect("an idle store closes");
    let connection = rusqlite::Connection::open(file).expect("a closed store can be opened");
    let statements = statements_of(schema).chain([&tasks::TAKE_TASKS_ON_SQLITE]);
    let prepare = |statement: &Statement| connection.prepare(statement.sqlite_sql()).err();
    statements
        .filter_map(|statement| {
            prepare(statement).map(|error| format!("{} on SQLite: {error}", statement.name()))
        })
        .collect()
}

async fn refused_by_postgres(schema: &Schema) -> Vec<String> {
    let location = postgres().location();
    opened(&location, schema).await;
    let Location::Postgres { url, schema: name } = location else {
        unreachable!("the server's own location")
    };
    let (client, connection) = tokio_postgres::connect(&url, NoTls).await.expect("the server is up");
    let driver = tokio::spawn(connection);
    client.batch_execute(&format!("SET search_path = {name}")).await.expect("the schema is there");
    let mut refused = Vec::new();
    for statement in statements_of(schema).chain([&tasks::TAKE_TASKS_ON_POSTGRES]) {
        if let Err(error) = client.prepare(statement.sql()).await {
            let reason = error.as_db_error().map_or_else(|| error.to_string(), ToString::to_string);
            refused.push(format!("{} on PostgreSQL: {reason}", statement.name()));
        }
    }
    driver.abort();
    refused
}

/// The system's statements and the store's own.
fn statements_of(schema: &Schema) -> impl Iterator<Item = &'static Statement> {
    schema.statements.iter().chain(tasks::STATEMENTS).copied()
}

async fn opened(location: &Location, schema: &Schema) -> Store {
    let opened = Store::open(location, schema, Timestamp::UNIX_EPOCH).await;
    opened.unwrap_or_else(|error| panic!("the store of {} on {location:?}: {error}", schema.system))
}
