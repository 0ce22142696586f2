//! Searches of a node's log, once it holds so many messages: a page of fifty by case, person, system, service and time, from
//! the newest on and from the middle.

use super::{Scratch, repeat, scattered, together};
use anyhow::Result;
use exchange::records::{self, By, PersonKey, Place, SEARCH_LIMIT_MESSAGES, Search};
use jiff::Timestamp;
use serde_json::{Value as Json, json};
use std::{
    sync::{Arc, atomic::AtomicU64},
    time::{Duration, Instant},
};
use store::{Location, Store, Table, Value, params};
use system::Clock;
use uuid::Uuid;

/// Rows that are loaded at once.
const LOADED_AT_ONCE: u64 = 100_000;
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

static MESSAGES: Table = Table::new(
    "messages",
    &[
        "id",
        "ledger",
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

    fn client(number: u64) -> String {
        format!("VN/GOV/G{:03}/portal", Self::one_of(number, 1, SYSTEMS))
    }

    fn provider(number: u64) -> String {
        format!("VN/GOV/G{:03}/register", Self::one_of(number, 2, SYSTEMS))
    }

    fn service(number: u64) -> String {
        format!("{}/records-{}", Self::provider(number), Self::one_of(number, 3, SERVICES))
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
            "vn.gov.g000.ledger",
            Self::at(number),
            Self::client(number),
            Self::provider(number),
            Self::service(number),
            "/look-up",
            "POST",
            "procedure",
            self.case(number),
            self.person(number).as_bytes(),
            "VN/GOV/G001",
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
    let began = Instant::now();
    let mut number = 0;
    while number < log.entries {
        let end = log.entries.min(number + LOADED_AT_ONCE);
        store.load(&MESSAGES, (number..end).map(|number| log.row(number)).collect()).await?;
        number = end;
    }
    let filled = began.elapsed();
    let mut sets = vec![json!({
        "messages": log.entries,
        "messages made searchable per second": (log.entries as f64 / filled.as_secs_f64()).round(),
        "bytes a message on disk": std::fs::metadata(&file)?.len() / log.entries,
    })];
    type Make = fn(&Log, u64) -> Search;
    let searches: [(&str, Make); 7] = [
        ("by case", |log, number| Search::newest(By::Case(log.case(number)), PAGE_MESSAGES)),
        ("by person", |log, number| Search::newest(By::Person(log.person(number)), PAGE_MESSAGES)),
        ("by system", |_, number| Search::newest(By::System(Log::provider(number)), PAGE_MESSAGES)),
        ("by service", |_, number| Search::newest(By::Service(Log::service(number)), PAGE_MESSAGES)),
        ("by service, from anywhere", |_, number| {
            Search::newest(By::Service(Log::service(number)), PAGE_MESSAGES).going_on(place(number))
        }),
        ("by time", |_, number| Search::newest(By::Any, PAGE_MESSAGES).going_on(place(number))),
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

fn place(number: u64) -> Place {
    Place { at: Timestamp::from_microsecond(Log::at(number)).unwrap_or_default(), id: Uuid::nil() }
}
