//! What holds of the log whichever engine keeps it.

use events::{
    BATCH_LIMIT_EVENTS, Bounds, EVENT_LIMIT_BYTES, EmbeddedLog, EventLog, KEY_LIMIT_BYTES, LogError, NatsLog,
    NewEvent, SCHEMA, Topic, testing::nats,
};
use jiff::{SignedDuration, Timestamp};
use std::sync::Arc;
use store::{Location, Store, testing::postgres};
use uuid::Uuid;

pub(crate) fn topic(name: &str) -> Topic {
    name.parse().expect("a name of a topic")
}

pub(crate) fn event(id: u128) -> NewEvent {
    NewEvent {
        id: Uuid::from_u128(id),
        key: format!("key-{}", id % 3),
        at: Timestamp::UNIX_EPOCH + SignedDuration::from_secs(id as i64),
        document: format!("{{\"số\":{id}}}"),
    }
}

fn numbers(logged: &[events::Logged]) -> Vec<u64> {
    logged.iter().map(|logged| logged.number).collect()
}

async fn embedded(location: Location) -> Arc<dyn EventLog> {
    let store = Store::open(&location, &SCHEMA, Timestamp::UNIX_EPOCH).await.expect("a store");
    Arc::new(EmbeddedLog::new(store))
}

async fn in_nats() -> Arc<dyn EventLog> {
    let server = nats();
    Arc::new(NatsLog::connect(server.url(), &server.prefix()).await.expect("the server is up"))
}

/// Runs every part of the contract on one engine, each in a log of its own.
macro_rules! contract {
    ($($part:ident),+ $(,)?) => {
        mod sqlite {
            $(#[tokio::test] async fn $part() {
                super::$part(super::embedded(super::Location::SqliteMemory).await).await;
            })+
        }
        mod postgresql {
            $(#[tokio::test] async fn $part() {
                super::$part(super::embedded(super::postgres().location()).await).await;
            })+
        }
        mod jetstream {
            $(#[tokio::test] async fn $part() {
                super::$part(super::in_nats().await).await;
            })+
        }
    };
}

contract!(
    events_come_back_as_they_were_in_their_order,
    an_event_appended_again_keeps_its_number,
    topics_are_numbered_by_themselves,
    reading_goes_on_from_any_number,
    what_is_old_is_forgotten_and_numbers_go_on,
    writers_at_once_lose_nothing_and_give_no_number_twice,
    what_is_over_a_limit_is_refused,
);

async fn events_come_back_as_they_were_in_their_order(log: Arc<dyn EventLog>) {
    let topic = topic("birth.registered");
    assert_eq!(log.bounds(&topic).await.unwrap(), Bounds { first: 1, last: 0 });
    assert_eq!(log.read(&topic, 0, 10).await.unwrap(), []);
    let (first, second) = ([event(9), event(4)], [event(7)]);
    assert_eq!(log.append(&topic, &first).await.unwrap(), [1, 2]);
    assert_eq!(log.append(&topic, &second).await.unwrap(), [3]);
    assert_eq!(log.append(&topic, &[]).await.unwrap(), [0; 0]);
    let read = log.read(&topic, 0, 10).await.unwrap();
    let events: Vec<NewEvent> = read.iter().map(|logged| logged.event.clone()).collect();
    assert_eq!(events, [first[0].clone(), first[1].clone(), second[0].clone()]);
    assert_eq!(numbers(&read), [1, 2, 3]);
    assert_eq!(log.bounds(&topic).await.unwrap(), Bounds { first: 1, last: 3 });
}

async fn an_event_appended_again_keeps_its_number(log: Arc<dyn EventLog>) {
    let topic = topic("t");
    log.append(&topic, &[event(1), event(2)]).await.unwrap();
    assert_eq!(log.append(&topic, &[event(2), event(3), event(1), event(4)]).await.unwrap(), [2, 3, 1, 4]);
    assert_eq!(log.append(&topic, &[event(5), event(5), event(3)]).await.unwrap(), [5, 5, 3]);
    assert_eq!(numbers(&log.read(&topic, 0, 10).await.unwrap()), [1, 2, 3, 4, 5]);
}

async fn topics_are_numbered_by_themselves(log: Arc<dyn EventLog>) {
    let (one, other) = (topic("person"), topic("person.numbered"));
    log.append(&one, &[event(1), event(2)]).await.unwrap();
    assert_eq!(log.append(&other, &[event(1)]).await.unwrap(), [1]);
    assert_eq!(numbers(&log.read(&one, 0, 10).await.unwrap()), [1, 2]);
    assert_eq!(numbers(&log.read(&other, 0, 10).await.unwrap()), [1]);
}

async fn reading_goes_on_from_any_number(log: Arc<dyn EventLog>) {
    let topic = topic("t");
    let many: Vec<NewEvent> = (1..=30).map(event).collect();
    log.append(&topic, &many).await.unwrap();
    for (after, limit, expected) in [
        (0, 3, vec![1, 2, 3]),
        (3, 2, vec![4, 5]),
        (28, 10, vec![29, 30]),
        (30, 10, vec![]),
        (31, 10, vec![]),
        (u64::MAX, 10, vec![]),
        (0, 0, vec![]),
    ] {
        assert_eq!(
            numbers(&log.read(&topic, after, limit).await.unwrap()),
            expected,
            "{limit} after {after}"
        );
    }
}

async fn what_is_old_is_forgotten_and_numbers_go_on(log: Arc<dyn EventLog>) {
    let topic = topic("t");
    let at = |second| Timestamp::UNIX_EPOCH + SignedDuration::from_secs(second);
    log.append(&topic, &[event(1), event(2), event(5), event(3)]).await.unwrap();
    for (before, kept, first) in
        [(0, vec![1, 2, 3, 4], 1), (2, vec![2, 3, 4], 2), (4, vec![3, 4], 3), (99, vec![], 5)]
    {
        log.forget(&topic, at(before)).await.unwrap();
        assert_eq!(numbers(&log.read(&topic, 0, 10).await.unwrap()), kept, "before {before}");
        assert_eq!(log.bounds(&topic).await.unwrap(), Bounds { first, last: 4 }, "before {before}");
    }
    assert_eq!(log.append(&topic, &[event(100)]).await.unwrap(), [5]);
    assert_eq!(log.bounds(&topic).await.unwrap(), Bounds { first: 5, last: 5 });
}

async fn writers_at_once_lose_nothing_and_give_no_number_twice(log: Arc<dyn EventLog>) {
    let topic = topic("t");
    let writers = (0..4).map(|writer| {
        let (log, topic) = (log.clone(), topic.clone());
        tokio::spawn(async move {
            let mut given = Vec::new();
            for n in 0..10 {
                // Whoever is not told that it worked asks again.
                loop {
                    if let Ok(numbers) = log.append(&topic, &[event(writer * 100 + n)]).await {
                        given.extend(numbers);
                        break;
                    }
                }
            }
            given
        })
    });
    let mut given = Vec::new();
    for writer in writers.collect::<Vec<_>>() {
        given.extend(writer.await.unwrap());
    }
    given.sort_unstable();
    assert_eq!(given, (1..=40).collect::<Vec<u64>>());
    assert_eq!(numbers(&log.read(&topic, 0, 100).await.unwrap()), given);
}

async fn what_is_over_a_limit_is_refused(log: Arc<dyn EventLog>) {
    let topic = topic("t");
    let with = |document: usize, key: usize| NewEvent {
        document: "d".repeat(document),
        key: "k".repeat(key),
        ..event(1)
    };
    let cases = [
        (vec![with(EVENT_LIMIT_BYTES, KEY_LIMIT_BYTES)], true),
        (vec![with(EVENT_LIMIT_BYTES + 1, 1)], false),
        (vec![with(1, KEY_LIMIT_BYTES + 1)], false),
        ((0..BATCH_LIMIT_EVENTS as u128).map(event).collect(), true),
        ((0..=BATCH_LIMIT_EVENTS as u128).map(event).collect(), false),
    ];
    for (events, good) in cases {
        let appended = log.append(&topic, &events).await;
        assert_eq!(appended.is_ok(), good);
        assert!(good || matches!(appended, Err(LogError::TooLarge { .. })));
    }
}

#[test]
fn every_statement_prepares() {
    store::testing::every_statement_prepares(&SCHEMA);
}
