//! Searches of a node's log, once it holds so many messages: a page of fifty by case, person, system, service and time, from
//! the newest on and from the middle. The messages are loaded in bulk, without a ledger, and their indices are made after
//! them: sorting keys once costs half of putting each into its place.

use super::{Scratch, repeat, scattered, together};
use anyhow::{Result, ensure};
use exchange::records::{self, By, PERIOD_MESSAGES, PersonKey, Place, SEARCH_LIMIT_MESSAGES, Search};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};
use store::{Batch, Location, Statement, Store, Table, Value, params};
use system::Clock;
use uuid::Uuid;

/// Rows that are loaded at once.
const LOADED_AT_ONCE: u64 = 250_000;
/// Messages of one page.
const PAGE_MESSAGES: i64 = 50;
/// Systems of the log, as many as a large node talks with.
const SYSTEMS: u64 = 220;
/// Services of one system.
const SERVICES: u64 = 5;
/// Messages of one case, and of one person.
const MESSAGES_A_CASE: u64 = 20;
const MESSAGES_A_PERSON: u64 = 50;
/// From one message to the next, in microseconds: 100 million are about ten weeks.
const APART_MICROS: i64 = 60_000;
/// The first message.
const FIRST_MICROS: i64 = 1_767_225_600_000_000;

/// Numbers of the names, in the order of the kinds: this ledger and its node, callers, providers, services.
const LEDGER_NUMBER: u64 = 1;
const PEER_NUMBER: u64 = 2;
const FIRST_CLIENT_NUMBER: u64 = 3;
const FIRST_PROVIDER_NUMBER: u64 = FIRST_CLIENT_NUMBER + SYSTEMS;
const FIRST_SERVICE_NUMBER: u64 = FIRST_PROVIDER_NUMBER + SYSTEMS;

const LEDGER: &str = "vn.gov.g000.ledger";

static NAMES: Table = Table::new("names", &["number", "name"]);
static PERIODS: Table = Table::new("periods", &["period", "ledger", "messages", "first_at", "last_at"]);
static MESSAGES: Table = Table::new(
    "messages",
    &[
        "id",
        "ledger",
        "period",
        "at",
        "client",
        "provider",
        "service",
        "path",
        "method",
        "purpose",
        "dossier",
        "person",
        "peer",
        "status",
        "request_sent",
        "request_received",
        "answer_sent",
        "answer_received",
    ],
);

store::statements! {
    /// The indices over messages that migrations have made.
    INDICES = "SELECT sql FROM sqlite_master WHERE type = 'index' AND tbl_name = 'messages' AND sql IS NOT NULL ORDER BY name";
    DROP_BY_CLIENT = "DROP INDEX messages_by_client";
    DROP_BY_DOSSIER = "DROP INDEX messages_by_dossier";
    DROP_BY_PERSON = "DROP INDEX messages_by_person";
    DROP_BY_PROVIDER = "DROP INDEX messages_by_provider";
    DROP_BY_SERVICE = "DROP INDEX messages_by_service";
    MAKE_BY_CLIENT = "CREATE INDEX messages_by_client ON messages (period, client, at)";
    MAKE_BY_DOSSIER = "CREATE INDEX messages_by_dossier ON messages (period, dossier, at)";
    MAKE_BY_PERSON = "CREATE INDEX messages_by_person ON messages (period, person, at)";
    MAKE_BY_PROVIDER = "CREATE INDEX messages_by_provider ON messages (period, provider, at)";
    MAKE_BY_SERVICE = "CREATE INDEX messages_by_service ON messages (period, service, at)";
}

/// The indices whose keys do not come in their order.
static DROPPED: [&Statement; 5] =
    [&DROP_BY_CLIENT, &DROP_BY_DOSSIER, &DROP_BY_PERSON, &DROP_BY_PROVIDER, &DROP_BY_SERVICE];
static MADE: [&Statement; 5] =
    [&MAKE_BY_CLIENT, &MAKE_BY_DOSSIER, &MAKE_BY_PERSON, &MAKE_BY_PROVIDER, &MAKE_BY_SERVICE];

/// A log of so many messages, each made from its number.
struct Log {
    entries: u64,
    key: PersonKey,
}

impl Log {
    fn at(number: u64) -> i64 {
        FIRST_MICROS + number.cast_signed() * APART_MICROS
    }

    fn id(number: u64) -> Uuid {
        let millis = u128::from(Self::at(number).unsigned_abs() / 1_000);
        Uuid::from_u128(millis << 80 | 0x7000 << 64 | 0x8000 << 48 | u128::from(number))
    }

    /// Which of `count` things the message belongs to, mixed over all.
    fn one_of(number: u64, what: u64, count: u64) -> u64 {
        let mixed = (number ^ what << 56).wrapping_mul(0x9E37_79B9_7F4A_7C15);
        ((mixed ^ mixed >> 29).wrapping_mul(0xBF58_476D_1CE4_E5B9) >> 16) % count.max(1)
    }

    fn client(number: u64) -> u64 {
        Self::one_of(number, 1, SYSTEMS)
    }

    fn provider(number: u64) -> u64 {
        Self::one_of(number, 2, SYSTEMS)
    }

    /// Counted over all providers.
    fn service(number: u64) -> u64 {
        Self::provider(number) * SERVICES + Self::one_of(number, 3, SERVICES)
    }

    fn provider_name(provider: u64) -> String {
        format!("VN/GOV/G{provider:03}/register")
    }

    fn service_name(service: u64) -> String {
        format!("{}/records-{}", Self::provider_name(service / SERVICES), service % SERVICES)
    }

    fn names() -> Vec<Vec<Value>> {
        let own = [LEDGER.to_owned(), "VN/GOV/G001".to_owned()];
        let clients = (0..SYSTEMS).map(|client| format!("VN/GOV/G{client:03}/portal"));
        let providers = (0..SYSTEMS).map(Self::provider_name);
        let services = (0..SYSTEMS * SERVICES).map(Self::service_name);
        let all = own.into_iter().chain(clients).chain(providers).chain(services);
        (1_i64..).zip(all).map(|(number, name)| params![number, name]).collect()
    }

    fn period(number: u64) -> i64 {
        number.cast_signed() / PERIOD_MESSAGES + 1
    }

    fn periods(&self) -> Vec<Vec<Value>> {
        let last = Self::period(self.entries - 1);
        (1..=last)
            .map(|period| {
                let first = (period - 1) * PERIOD_MESSAGES;
                let end = (first + PERIOD_MESSAGES).min(self.entries.cast_signed());
                let at = |number: i64| Self::at(number.cast_unsigned());
                params![period, LEDGER, end - first, at(first), at(end - 1)]
            })
            .collect()
    }

    fn case(&self, number: u64) -> String {
        format!("H26.01-{:09}", Self::one_of(number, 4, self.entries / MESSAGES_A_CASE))
    }

    fn person(&self, number: u64) -> records::Pseudonym {
        self.key.pseudonym(&format!("{:012}", Self::one_of(number, 5, self.entries / MESSAGES_A_PERSON)))
    }

    fn row(&self, number: u64) -> Vec<Value> {
        let index = number.cast_signed() * 2;
        params![
            Self::id(number),
            LEDGER_NUMBER.cast_signed(),
            Self::period(number),
            Self::at(number),
            (FIRST_CLIENT_NUMBER + Self::client(number)).cast_signed(),
            (FIRST_PROVIDER_NUMBER + Self::provider(number)).cast_signed(),
            (FIRST_SERVICE_NUMBER + Self::service(number)).cast_signed(),
            "/look-up",
            "POST",
            "procedure",
            self.case(number),
            self.person(number).as_bytes(),
            PEER_NUMBER.cast_signed(),
            200,
            index,
            Value::Null,
            Value::Null,
            index + 1
        ]
    }
}

pub(super) async fn measure(length: Duration, entries: u64) -> Result<Json> {
    let scratch = Scratch::new("search")?;
    let file = scratch.0.join("exchange.sqlite");
    let store =
        Store::open(&Location::SqliteFile(file.clone()), &exchange::SCHEMA, Clock::real().now()).await?;
    let log = Arc::new(Log { entries: entries.max(1), key: PersonKey::new(&[1; 32]) });
    let filled = fill(&store, &log).await?;
    let began = Instant::now();
    records::list_keys(&store).await?;
    let listed = began.elapsed();
    let mut sets = vec![json!({
        "messages": log.entries,
        "messages loaded per second": (log.entries as f64 / filled.as_secs_f64()).round(),
        "seconds to load them": filled.as_secs(),
        "seconds to list what full periods hold": listed.as_secs(),
        "bytes a message on disk": std::fs::metadata(&file)?.len() / log.entries,
    })];
    type Make = fn(&Log, u64) -> Search;
    let searches: [(&str, Make); 8] = [
        ("by case", |log, number| Search::newest(By::Case(log.case(number)), PAGE_MESSAGES)),
        ("by person", |log, number| Search::newest(By::Person(log.person(number)), PAGE_MESSAGES)),
        ("by system", |_, number| {
            Search::newest(By::System(Log::provider_name(Log::provider(number))), PAGE_MESSAGES)
        }),
        ("by service", |_, number| {
            Search::newest(By::Service(Log::service_name(Log::service(number))), PAGE_MESSAGES)
        }),
        ("by service, from anywhere", |_, number| {
            Search::newest(By::Service(Log::service_name(Log::service(number))), PAGE_MESSAGES)
                .going_on(place(number))
        }),
        ("by time", |_, number| Search::newest(By::Any, PAGE_MESSAGES).going_on(place(number))),
        ("by case that is nowhere", |log, number| {
            Search::newest(By::Case(log.case(number) + "-none"), PAGE_MESSAGES)
        }),
        ("by case, all of it", |log, number| {
            Search::newest(By::Case(log.case(number)), SEARCH_LIMIT_MESSAGES)
        }),
    ];
    for (name, make) in searches {
        let (store, log, asked) = (store.clone(), log.clone(), Arc::new(AtomicU64::new(0)));
        let work = move |_: usize| {
            let (store, search) = (store.clone(), make(&log, scattered(&asked, log.entries)));
            async move {
                records::search(&store, &search).await?;
                Ok(())
            }
        };
        sets.push(repeat(&format!("searches {name},"), length, 1, work).await?);
    }
    store.close().await?;
    Ok(together(sets))
}

/// Runs each of these by itself.
async fn run(store: &Store, statements: &[&'static Statement]) -> Result<()> {
    for statement in statements {
        let mut batch = Batch::new();
        batch.change(statement, params![]);
        store.write(batch).await?;
    }
    Ok(())
}

/// Loads the log, and says how long that took. The next rows are made while the last ones are written.
async fn fill(store: &Store, log: &Arc<Log>) -> Result<Duration> {
    let began = Instant::now();
    let indices = store.read(&INDICES, params![]).await?;
    run(store, &DROPPED).await?;
    store.load(&NAMES, Log::names()).await?;
    store.load(&PERIODS, log.periods()).await?;
    let rows_from = |first: u64| {
        let log = log.clone();
        let end = log.entries.min(first + LOADED_AT_ONCE);
        tokio::task::spawn_blocking(move || (first..end).map(|number| log.row(number)).collect::<Vec<_>>())
    };
    let mut rows = rows_from(0).await?;
    let mut first = 0;
    while !rows.is_empty() {
        first += LOADED_AT_ONCE;
        let next = rows_from(first.min(log.entries));
        store.load(&MESSAGES, rows).await?;
        rows = next.await?;
    }
    run(store, &MADE).await?;
    ensure!(store.read(&INDICES, params![]).await? == indices, "the log has other indices now than a node's");
    Ok(began.elapsed())
}

fn place(number: u64) -> Place {
    Place { at: Timestamp::from_microsecond(Log::at(number)).unwrap_or_default(), id: Uuid::nil() }
}
