//! In which order, how often and how long events come.

use super::room::{PUBLISHER, Room, SUBSCRIBER, TYPE, rooms, said};
use async_trait::async_trait;
use exchange::events::{Courier, Outcome, Parcel, rules::REFUSALS_MAXIMUM};
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
    time::Duration,
};
use tokio::sync::{Notify, Semaphore, mpsc::UnboundedSender};

const WEEK_SECONDS: i64 = 7 * 24 * 3_600;

fn push(fifo: bool) -> Value {
    json!({ "delivery": "PUSH", "service": "notices", "options": { "TTL": WEEK_SECONDS, "FIFO": fifo } })
}

fn pull(fifo: bool) -> Value {
    json!({ "delivery": "PULL", "options": { "TTL": WEEK_SECONDS, "FIFO": fifo } })
}

/// Hands an event over, and never comes back to tell.
struct LastOne(UnboundedSender<Parcel>);

#[async_trait]
impl Courier for LastOne {
    async fn deliver(&self, parcel: Parcel) -> Outcome {
        self.0.send(parcel).expect("the test waits for it");
        std::future::pending().await
    }
}

async fn prepared(asked: Value) -> Vec<Room> {
    let rooms = rooms().await;
    for room in &rooms {
        room.register_type().await;
        room.subscribe(asked.clone()).await;
    }
    rooms
}

#[tokio::test]
async fn events_of_one_key_keep_their_order_while_some_are_refused() {
    for room in prepared(push(true)).await {
        // The second event of the key `a` is refused three times; nobody else waits for it.
        let mut refusals = 0;
        room.desk.answers(move |event| {
            let refuse = said(event) == 3 && refusals < 3;
            refusals += i32::from(refuse);
            if refuse { Outcome::Refused("it answered 500".into()) } else { Outcome::Taken }
        });
        for (n, key) in [(1, "a"), (2, "b"), (3, "a"), (4, "b"), (5, "a"), (6, "c"), (7, "a")] {
            room.publish(n, key).await;
        }
        room.work().await;
        let mut soon = room.desk.taken();
        soon.sort_unstable();
        assert_eq!(soon, [1, 2, 4, 6], "{}", room.engine);
        room.live(5).await;
        let mut of_key: HashMap<i64, Vec<i64>> = HashMap::new();
        for n in room.desk.taken() {
            of_key.entry(if [2, 4].contains(&n) { 2 } else { i64::from(n != 6) }).or_default().push(n);
        }
        assert_eq!(of_key[&1], [1, 3, 5, 7], "{}", room.engine);
        assert_eq!(of_key[&2], [2, 4], "{}", room.engine);
        assert_eq!(of_key[&0], [6], "{}", room.engine);
    }
}

#[tokio::test]
async fn without_order_a_refused_event_holds_up_nobody() {
    for room in prepared(push(false)).await {
        room.desk.answers(|event| {
            if said(event) == 1 { Outcome::Refused("it answered 422".into()) } else { Outcome::Taken }
        });
        for n in 1..=4 {
            room.publish(n, "a").await;
        }
        room.work().await;
        let mut taken = room.desk.taken();
        taken.sort_unstable();
        assert_eq!(taken, [2, 3, 4], "{}", room.engine);
    }
}

/// Answers for event 0 only once all others have been taken.
struct SlowWithTheFirst {
    taken: AtomicI64,
    others: i64,
    all_others: Notify,
}

#[async_trait]
impl Courier for SlowWithTheFirst {
    async fn deliver(&self, parcel: Parcel) -> Outcome {
        let event: Value = serde_json::from_slice(&parcel.document).unwrap();
        if said(&event) == 0 {
            self.all_others.notified().await;
        } else if self.taken.fetch_add(1, Ordering::SeqCst) + 1 == self.others {
            self.all_others.notify_one();
        }
        Outcome::Taken
    }
}

#[tokio::test]
async fn an_event_that_is_long_on_its_way_holds_up_no_other_key() {
    for room in prepared(push(true)).await {
        let others = 100;
        for n in 0..=others {
            room.publish(n, &format!("key-{n}")).await;
        }
        let slow = Arc::new(SlowWithTheFirst { taken: AtomicI64::new(0), others, all_others: Notify::new() });
        let rounds = async { while room.events.round(slow.clone()).await.unwrap() {} };
        let done = tokio::time::timeout(Duration::from_secs(60), rounds).await;
        assert!(done.is_ok(), "{}: {} of {others} have come", room.engine, slow.taken.load(Ordering::SeqCst));
    }
}

#[tokio::test]
async fn one_of_many_that_was_taken_back_meanwhile_does_not_undo_the_others() {
    for room in prepared(push(true)).await {
        let mut ids = Vec::new();
        for n in 0..20 {
            ids.push(room.publish(n, &format!("key-{n}")).await);
        }
        // While all are on their way, some are taken back: what came of them can't be noted any more.
        let courier = Arc::new(Gate { arrived: AtomicI64::new(0), all: 20, opens: Semaphore::new(0) });
        let (events, at_gate) = (room.events.clone(), courier.clone());
        let round = tokio::spawn(async move { while events.round(at_gate.clone()).await.unwrap() {} });
        while courier.arrived.load(Ordering::SeqCst) < 20 {
            tokio::task::yield_now().await;
        }
        for id in &ids[..5] {
            room.get(PUBLISHER, "DELETE", &format!("pub/v1/{TYPE}/{id}"), Value::Null).await;
        }
        courier.opens.add_permits(20);
        round.await.unwrap();
        for (n, id) in ids.iter().enumerate() {
            let status = room.get(PUBLISHER, "GET", &format!("pub/v1/{TYPE}/{id}"), Value::Null).await;
            let expected = if n < 5 { Value::Null } else { json!("confirmed") };
            assert_eq!(status["subscribers"][0]["last"], expected, "{}: {n}", room.engine);
        }
        room.live(5).await;
        assert_eq!(room.desk.parcels().len(), 0, "{}: none comes again", room.engine);
    }
}

/// Takes every event, once all have come and it is opened.
struct Gate {
    arrived: AtomicI64,
    all: i64,
    opens: Semaphore,
}

#[async_trait]
impl Courier for Gate {
    async fn deliver(&self, _: Parcel) -> Outcome {
        assert!(self.arrived.fetch_add(1, Ordering::SeqCst) < self.all, "no event comes twice");
        self.opens.acquire().await.expect("the gate stays").forget();
        Outcome::Taken
    }
}

#[tokio::test]
async fn an_event_refused_too_often_is_a_dead_letter_and_can_be_replayed() {
    for room in prepared(push(true)).await {
        room.desk.answers(|event| {
            if said(event) == 1 { Outcome::Refused("it answered 500".into()) } else { Outcome::Taken }
        });
        let id = room.publish(1, "a").await;
        room.publish(2, "a").await;
        room.live(90).await;
        assert_eq!(room.desk.taken(), [2], "{}: what stands behind a dead letter goes on", room.engine);
        assert_eq!(room.desk.parcels().len(), REFUSALS_MAXIMUM as usize + 1);
        let messages: Vec<String> =
            room.desk.parcels().into_iter().take(2).map(|parcel| parcel.message).collect();
        assert_eq!(messages[0], messages[1], "the same event is the same message");
        let dead = room.dead().await;
        assert_eq!(dead.len(), 1);
        assert_eq!((&dead[0]["id"], &dead[0]["reason"]), (&json!(id), &json!("it answered 500")));
        room.desk.answers(|_| Outcome::Taken);
        room.get(SUBSCRIBER, "POST", &format!("api/v1/subs/{TYPE}/dead/{id}"), Value::Null).await;
        room.work().await;
        assert_eq!(room.desk.taken(), [2, 1], "{}", room.engine);
        assert!(room.dead().await.is_empty());
        let status = room.get(PUBLISHER, "GET", &format!("pub/v1/{TYPE}/{id}"), Value::Null).await;
        assert_eq!(status["subscribers"][0]["last"], "confirmed");
        assert!(!status.to_string().contains("data"), "what an event says stands in no log: {status}");
    }
}

#[tokio::test]
async fn an_event_expires_after_its_time_to_live_and_is_not_lost() {
    for room in rooms().await {
        room.register_type().await;
        room.subscribe(json!({ "delivery": "PULL" })).await;
        let id = room.publish(1, "a").await;
        room.work().await;
        room.clock.advance(SignedDuration::from_secs(3_599));
        room.work().await;
        assert!(room.dead().await.is_empty(), "{}: the default is an hour", room.engine);
        room.clock.advance(SignedDuration::from_secs(1));
        room.work().await;
        assert_eq!(room.pull().await, None, "{}", room.engine);
        let dead = room.dead().await;
        assert_eq!(dead[0]["reason"], "it was not confirmed within its time to live");
        room.get(SUBSCRIBER, "POST", &format!("api/v1/subs/{TYPE}/dead/{id}"), Value::Null).await;
        assert_eq!(room.pull_all().await, [1], "{}", room.engine);
    }
}

#[tokio::test]
async fn a_subscription_begins_where_it_asks_to() {
    for room in rooms().await {
        room.register_type().await;
        for n in 1..=5 {
            room.publish(n, "a").await;
        }
        room.subscribe(json!({ "delivery": "PULL", "from": 2 })).await;
        assert_eq!(room.pull_all().await, [3, 4, 5], "{}", room.engine);
        // Asked for by the subscriber itself, as after the loss of its own records, the same comes again.
        let again = format!("api/v1/subs/{TYPE}");
        room.get(SUBSCRIBER, "PATCH", &again, json!({ "from": 0 })).await;
        assert_eq!(room.pull_all().await, [1, 2, 3, 4, 5], "{}", room.engine);
        room.get(SUBSCRIBER, "DELETE", &again, Value::Null).await;
        room.publish(6, "a").await;
        // Without a place it begins with what comes after it was granted.
        room.subscribe(json!({ "delivery": "PULL" })).await;
        room.publish(7, "a").await;
        assert_eq!(room.pull_all().await, [7], "{}", room.engine);
    }
}

#[tokio::test]
async fn a_pushed_subscriber_away_for_a_day_misses_nothing_and_gets_nothing_twice() {
    for room in prepared(push(true)).await {
        room.publish(0, "a").await;
        room.work().await;
        room.desk.answers(|_| Outcome::Unreachable("server.clientproxy.network_error".into()));
        for n in 1..=24 {
            room.publish(n, if n % 3 == 0 { "b" } else { "a" }).await;
            for _ in 0..4 {
                room.clock.advance(SignedDuration::from_mins(15));
                room.work().await;
            }
        }
        assert_eq!(room.desk.taken(), [0], "{}", room.engine);
        assert!(room.dead().await.is_empty(), "who can't be reached refuses nothing");
        room.desk.answers(|_| Outcome::Taken);
        room.live(20).await;
        let taken = room.desk.taken();
        let of_key =
            |b: bool| taken.iter().copied().filter(|n| (n % 3 == 0 && *n > 0) == b).collect::<Vec<_>>();
        assert_eq!(of_key(true), (1..=24).filter(|n| n % 3 == 0).collect::<Vec<_>>(), "{}", room.engine);
        assert_eq!(of_key(false), (0..=24).filter(|n| n % 3 != 0 || *n == 0).collect::<Vec<_>>());
    }
}

#[tokio::test]
async fn a_fetching_subscriber_away_for_a_day_misses_nothing_and_gets_nothing_twice() {
    for mut room in prepared(pull(true)).await {
        room.publish(0, "a").await;
        assert_eq!(room.pull_all().await, [0]);
        for n in 1..=24 {
            room.publish(n, "a").await;
            room.clock.advance(SignedDuration::from_hours(1));
            room.work().await;
        }
        room.restart();
        assert_eq!(room.pull_all().await, (1..=24).collect::<Vec<_>>(), "{}", room.engine);
        assert_eq!(room.pull().await, None);
    }
}

#[tokio::test]
async fn an_event_fetched_and_not_confirmed_comes_again_with_the_same_identifier() {
    for mut room in prepared(pull(true)).await {
        let id = room.publish(1, "a").await;
        room.publish(2, "a").await;
        let first = room.pull().await.unwrap();
        assert_eq!((&first["id"], &first["sequence"]), (&json!(id), &json!("1")));
        assert_eq!(first["source"], format!("/{PUBLISHER}"));
        assert_eq!(room.pull().await, None, "{}: the next of its key waits for it", room.engine);
        // The subscriber dies before it confirms; the node is restarted too.
        room.restart();
        room.clock.advance(SignedDuration::from_secs(60));
        let again = room.pull().await.unwrap();
        assert_eq!(again, first, "{}", room.engine);
        assert_eq!(room.confirm(&again).await, StatusCode::NO_CONTENT);
        assert_eq!(room.confirm(&again).await, StatusCode::NOT_FOUND, "it is confirmed once");
        assert_eq!(room.pull_all().await, [2], "{}", room.engine);
    }
}

#[tokio::test]
async fn an_event_pushed_by_a_node_that_dies_comes_again_with_the_same_identifier() {
    for mut room in prepared(push(true)).await {
        room.publish(1, "a").await;
        // The node dies when the subscriber has taken the event, before it has noted that.
        let (has_taken, mut taken) = tokio::sync::mpsc::unbounded_channel();
        let (events, courier) = (room.events.clone(), Arc::new(LastOne(has_taken)));
        let dying = tokio::spawn(async move { events.round(courier).await });
        let before = taken.recv().await.expect("the event is pushed");
        dying.abort();
        room.restart();
        room.work().await;
        assert_eq!(room.desk.taken(), [1], "{}", room.engine);
        let again = &room.desk.parcels()[0];
        assert_eq!((&again.document, &again.message), (&before.document, &before.message));
        room.live(5).await;
        assert_eq!(room.desk.taken(), [1], "{}: confirmed, it never comes again", room.engine);
    }
}

#[tokio::test]
async fn an_event_taken_back_comes_to_nobody_who_has_not_confirmed_it() {
    for room in prepared(pull(false)).await {
        let ids = [room.publish(1, "a").await, room.publish(2, "a").await, room.publish(3, "a").await];
        assert_eq!(said(&room.pull().await.unwrap()), 1);
        for id in &ids[..2] {
            room.get(PUBLISHER, "DELETE", &format!("pub/v1/{TYPE}/{id}"), Value::Null).await;
        }
        room.clock.advance(SignedDuration::from_mins(5));
        assert_eq!(room.pull_all().await, [3], "{}", room.engine);
        room.get(SUBSCRIBER, "PATCH", &format!("api/v1/subs/{TYPE}"), json!({ "from": 0 })).await;
        assert_eq!(room.pull_all().await, [3], "{}", room.engine);
    }
}

#[tokio::test]
async fn publishing_again_is_publishing_once() {
    for room in prepared(pull(true)).await {
        let first = room.publish(1, "a").await;
        assert_eq!(room.publish(1, "a").await, first, "{}: the same message", room.engine);
        let id = "0198f5a0-1111-7000-8000-000000000001";
        let event = json!({ "specversion": "1.0", "type": TYPE, "id": id, "data": { "n": 2 } });
        for message in ["m1", "m2"] {
            let path = format!("pub/v1/{TYPE}");
            let (_, answer) = room.ask_with(PUBLISHER, "POST", &path, event.to_string(), message).await;
            assert_eq!(answer, json!({ "id": id, "sequence": 2 }), "{}: the same identifier", room.engine);
        }
        assert_eq!(room.pull_all().await, [1, 2], "{}", room.engine);
    }
}

#[tokio::test]
async fn what_is_old_is_forgotten_and_what_is_due_of_it_is_a_dead_letter() {
    for room in prepared(json!({ "delivery": "PULL", "options": { "TTL": 365 * 24 * 3_600 } })).await {
        room.publish(1, "a").await;
        room.work().await;
        room.clock.advance(SignedDuration::from_hours(24 * 91));
        room.publish(2, "a").await;
        room.events.tidy().await.unwrap();
        assert_eq!(room.pull_all().await, [2], "{}", room.engine);
        assert_eq!(room.dead().await[0]["reason"], "the log no longer keeps it");
    }
}
