//! What systems of the process emit comes to the log in order and once, whatever fails between.

use super::room::{PUBLISHER, Room, SUBSCRIBER, TYPE, rooms};
use async_trait::async_trait;
use contracts::MemberId;
use events::{Bounds, EventLog, LogError, Logged, NewEvent, Topic};
use exchange::events::{Agreement, Events, SCHEMA};
use jiff::Timestamp;
use schemars::JsonSchema;
use std::sync::{
    Arc,
    atomic::{AtomicU32, Ordering},
};
use store::{Batch, Event, Location, Store};
use system::{EventFacts, Random};
use uuid::Uuid;

#[derive(JsonSchema)]
#[allow(dead_code)]
struct Numbered {
    n: i64,
}

pub(crate) static TYPES: [EventFacts; 1] = [EventFacts::of::<Numbered>(TYPE, "a newborn got a number")];

/// A log whose every second append works and is not told of.
struct Forgetful {
    log: Arc<dyn EventLog>,
    appends: AtomicU32,
}

#[async_trait]
impl EventLog for Forgetful {
    async fn append(&self, topic: &Topic, events: &[NewEvent]) -> Result<Vec<u64>, LogError> {
        let numbers = self.log.append(topic, events).await?;
        let told = self.appends.fetch_add(1, Ordering::Relaxed) % 2 == 1;
        if told { Ok(numbers) } else { Err(LogError::Nats("the connection broke".into())) }
    }

    async fn read(&self, topic: &Topic, after: u64, limit: usize) -> Result<Vec<Logged>, LogError> {
        self.log.read(topic, after, limit).await
    }

    async fn bounds(&self, topic: &Topic) -> Result<Bounds, LogError> {
        self.log.bounds(topic).await
    }

    async fn forget(&self, topic: &Topic, before: Timestamp) -> Result<(), LogError> {
        self.log.forget(topic, before).await
    }
}

async fn emit(store: &Store, from: i64, until: i64) {
    for n in from..until {
        let mut batch = Batch::new();
        batch.emit(Event {
            id: Uuid::from_u128(n.unsigned_abs().into()),
            event_type: TYPE.into(),
            subject: format!("person-{}", n % 2),
            payload: format!("{{\"n\":{n}}}"),
            occurred_at: Timestamp::UNIX_EPOCH,
        });
        store.write(batch).await.unwrap();
    }
}

#[tokio::test]
async fn emitted_events_are_published_once_and_in_order() {
    for Room { engine, store, log, clock, desk, .. } in rooms().await {
        let forgetful: Arc<dyn EventLog> =
            Arc::new(Forgetful { log: log.clone(), appends: AtomicU32::new(0) });
        let open = || {
            let random = Random::from_system().unwrap();
            Events::new(MemberId::agency("G01"), store.clone(), forgetful.clone(), clock.clone(), random)
        };
        let system = Store::open(&Location::SqliteMemory, &SCHEMA, clock.now()).await.unwrap();
        let agreement = Agreement {
            event_type: TYPE,
            subscriber: SUBSCRIBER.parse().unwrap(),
            service: "notices",
            path: "/numbered",
            purpose: "health-insurance",
            legal_basis: "25/2008/QH12:12",
        };
        for process in 0..3 {
            let events = open();
            events.publish_for(&PUBLISHER.parse().unwrap(), &system, &TYPES).await.unwrap();
            events.agree(std::slice::from_ref(&agreement)).await.unwrap();
            emit(&system, process * 150, (process + 1) * 150).await;
            for _ in 0..100 {
                events.round(desk.clone()).await.unwrap();
            }
        }
        let taken = desk.taken();
        for key in 0..2 {
            let of_key: Vec<i64> = taken.iter().copied().filter(|n| n % 2 == key).collect();
            assert_eq!(of_key, (0..450).filter(|n| n % 2 == key).collect::<Vec<_>>(), "{engine}");
        }
        assert!(system.pending_events(0, 10).await.unwrap().is_empty(), "what is carried over is forgotten");
        let parcel = &desk.parcels()[0];
        assert_eq!(parcel.service.to_string(), "VN/GOV/G22/portal/notices");
        assert_eq!(
            (parcel.path.as_str(), parcel.sender.to_string().as_str()),
            ("/numbered", "VN/GOV/G01/events")
        );
    }
}

#[tokio::test]
async fn an_event_that_can_not_be_published_holds_up_nobody() {
    let room = Room::open().await;
    let system = Store::open(&Location::SqliteMemory, &SCHEMA, room.clock.now()).await.unwrap();
    room.events.publish_for(&PUBLISHER.parse().unwrap(), &system, &TYPES).await.unwrap();
    let mut batch = Batch::new();
    for (id, payload) in
        [(1, "no JSON".to_owned()), (2, format!("\"{}\"", "x".repeat(300_000))), (3, "{\"n\":3}".into())]
    {
        batch.emit(Event {
            id: Uuid::from_u128(id),
            event_type: TYPE.into(),
            subject: "a".into(),
            payload,
            occurred_at: Timestamp::UNIX_EPOCH,
        });
    }
    system.write(batch).await.unwrap();
    room.work().await;
    let logged = room.log.read(&TYPE.parse().unwrap(), 0, 10).await.unwrap();
    assert_eq!(logged.iter().map(|logged| logged.event.id).collect::<Vec<_>>(), [Uuid::from_u128(3)]);
}
