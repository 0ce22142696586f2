//! The queue of tasks and the outbox of events.

use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use std::time::Duration;

use store::{Batch, Event, Store, StoreError, TASK_ATTEMPTS_MAX, TASK_ERROR_LIMIT_CHARACTERS, Task, params};
use uuid::Uuid;

use crate::places::{at, open, places};
use crate::records::*;

const LEASE: Duration = Duration::from_secs(60);

fn task(number: u128, key: &str, run_at: i64) -> Task {
    let payload = format!("{{\"number\":{number}}}");
    Task { id: Uuid::from_u128(number), kind: "notify", key: key.to_owned(), payload, run_at: at(run_at) }
}

fn event(number: u128) -> Event {
    Event {
        id: Uuid::from_u128(number),
        event_type: "birth.registered".to_owned(),
        subject: number.to_string(),
        payload: "{}".to_owned(),
        occurred_at: at(3),
    }
}

async fn enqueue(store: &Store, tasks: impl IntoIterator<Item = Task>) {
    let mut batch = Batch::new();
    for task in tasks {
        batch.enqueue(task);
    }
    store.write(batch).await.expect("the batch holds");
}

/// The numbers of the tasks taken at this time.
async fn taken(store: &Store, seconds: i64) -> Vec<u128> {
    let tasks = store.take_tasks(at(seconds), 10, LEASE).await.expect("tasks can be taken");
    tasks.iter().map(|task| task.id.as_u128()).collect()
}

#[tokio::test]
async fn a_task_is_done_once_it_is_due_and_only_once() {
    for location in &places().locations {
        let store = open(location).await;
        enqueue(&store, [task(2, "", 20), task(1, "", 10), task(1, "", 10)]).await;
        assert_eq!(taken(&store, 9).await, [0; 0], "{location:?}");
        let tasks = store.take_tasks(at(10), 10, LEASE).await.expect("tasks can be taken");
        assert_eq!(tasks.len(), 1, "{location:?}");
        let first = &tasks[0];
        assert_eq!((first.kind.as_str(), first.payload.as_str()), ("notify", "{\"number\":1}"));
        assert_eq!((first.run_at, first.attempt), (at(10), 1));
        assert_eq!(taken(&store, 11).await, [0; 0], "a leased task is nobody else's: {location:?}");

        let finish = |amount: i64| {
            let mut batch = Batch::new();
            batch.change(&INSERT_ACCOUNT, params![amount.to_string(), amount]).finish_task(first.id);
            batch
        };
        store.write(finish(1)).await.expect("the effect and the end are one batch");
        let again = store.write(finish(2)).await;
        assert_eq!(again, Err(StoreError::Conflict { statement: "FINISH_TASK" }), "{location:?}");
        assert_eq!(total(&store).await, (1, 1), "the effect happened once: {location:?}");
        enqueue(&store, [task(1, "", 10)]).await;
        assert_eq!(taken(&store, 200).await, [2], "a finished task isn't queued again: {location:?}");

        store.finish_task(Uuid::from_u128(2)).await.expect("the task is waiting");
        store.forget_finished_tasks(at(15)).await.expect("finished tasks can be forgotten");
        enqueue(&store, [task(1, "", 10), task(2, "", 10)]).await;
        assert_eq!(taken(&store, 200).await, [1], "{location:?}");
    }
}

#[tokio::test]
async fn a_lease_runs_out() {
    for location in &places().locations {
        let store = open(location).await;
        enqueue(&store, [task(1, "", 0)]).await;
        assert_eq!(taken(&store, 0).await, [1]);
        assert_eq!(taken(&store, 59).await, [0; 0], "{location:?}");
        let second = store.take_tasks(at(60), 10, LEASE).await.expect("tasks can be taken");
        assert_eq!(second[0].attempt, 2, "{location:?}");
    }
}

#[tokio::test]
async fn tasks_of_one_key_are_done_in_order() {
    for location in &places().locations {
        let store = open(location).await;
        enqueue(&store, [task(3, "case", 2), task(2, "case", 1), task(1, "case", 1), task(9, "other", 5)])
            .await;
        assert_eq!(taken(&store, 10).await, [1, 9], "{location:?}");
        assert_eq!(taken(&store, 11).await, [0; 0], "{location:?}");
        store.fail_task(Uuid::from_u128(1), at(30), "no answer").await.expect("the task is waiting");
        assert_eq!(
            taken(&store, 29).await,
            [0; 0],
            "a task that will be tried again holds back: {location:?}"
        );
        assert_eq!(taken(&store, 30).await, [1], "{location:?}");
        store.finish_task(Uuid::from_u128(1)).await.expect("the task is waiting");
        assert_eq!(taken(&store, 31).await, [2], "{location:?}");
        store.finish_task(Uuid::from_u128(2)).await.expect("the task is waiting");
        assert_eq!(taken(&store, 32).await, [3], "{location:?}");
    }
}

#[tokio::test]
async fn a_task_that_keeps_failing_is_set_aside_and_can_be_revived() {
    let long_error = "lỗi ".repeat(TASK_ERROR_LIMIT_CHARACTERS);
    for location in &places().locations {
        let store = open(location).await;
        enqueue(&store, [task(1, "case", 0), task(2, "case", 1)]).await;
        let id = Uuid::from_u128(1);
        for attempt in 1..=TASK_ATTEMPTS_MAX {
            assert_eq!(store.dead_tasks(10).await, Ok(Vec::new()));
            let seconds = i64::from(attempt) * 100;
            assert_eq!(taken(&store, seconds).await, [1], "attempt {attempt} on {location:?}");
            store.fail_task(id, at(seconds + 1), &long_error).await.expect("the task is waiting");
        }
        let dead = store.dead_tasks(10).await.expect("dead tasks can be listed");
        assert_eq!(
            (dead.len(), dead[0].task.id, dead[0].task.attempt),
            (1, id, TASK_ATTEMPTS_MAX),
            "{location:?}"
        );
        assert_eq!(dead[0].last_error.chars().count(), TASK_ERROR_LIMIT_CHARACTERS);
        assert_eq!(dead[0].task.payload, "{\"number\":1}");
        assert_eq!(taken(&store, 5_000).await, [2], "a dead task holds nothing back: {location:?}");
        let failed = store.fail_task(id, at(0), "late").await;
        assert_eq!(failed, Err(StoreError::Conflict { statement: "FAIL_TASK" }));
        store.revive_task(id, at(6_000)).await.expect("the task is dead");
        let tasks = store.take_tasks(at(6_000), 10, LEASE).await.expect("tasks can be taken");
        assert!(tasks.iter().any(|task| task.id == id && task.attempt == 1), "{location:?}");
        assert_eq!(
            store.revive_task(id, at(0)).await,
            Err(StoreError::Conflict { statement: "REVIVE_TASK" })
        );
    }
}

#[tokio::test]
async fn a_task_that_kills_its_workers_is_set_aside() {
    for location in &places().locations {
        let store = open(location).await;
        enqueue(&store, [task(1, "", 0)]).await;
        for attempt in 0..TASK_ATTEMPTS_MAX {
            assert_eq!(taken(&store, i64::from(attempt) * 60).await, [1], "{location:?}");
        }
        assert_eq!(taken(&store, 100_000).await, [0; 0], "{location:?}");
        let dead = store.dead_tasks(10).await.expect("dead tasks can be listed");
        assert_eq!(dead[0].last_error, "the last worker never reported back", "{location:?}");
    }
}

#[tokio::test]
async fn workers_do_not_get_the_same_task() {
    for location in &places().locations {
        let store = open(location).await;
        enqueue(&store, (0..200).map(|number| task(number, &(number % 50).to_string(), 0))).await;
        let workers = (0..8).map(|_| {
            let store = store.clone();
            tokio::spawn(async move {
                let mut done = Vec::new();
                let mut idle = 0;
                while idle < 20 {
                    let tasks = store.take_tasks(at(1), 7, LEASE).await.expect("tasks can be taken");
                    idle = if tasks.is_empty() { idle + 1 } else { 0 };
                    for task in tasks {
                        store.finish_task(task.id).await.expect("nobody else has it");
                        done.push(task.id.as_u128());
                    }
                }
                done
            })
        });
        let mut done = Vec::new();
        for worker in workers.collect::<Vec<_>>() {
            done.extend(worker.await.expect("no worker fails"));
        }
        done.sort_unstable();
        assert_eq!(done, (0..200).collect::<Vec<_>>(), "{location:?}");
    }
}

#[tokio::test]
async fn events_are_numbered_without_gaps_and_kept_until_forgotten() {
    for location in &places().locations {
        let store = open(location).await;
        assert_eq!(store.pending_events(0, 10).await, Ok(Vec::new()));
        for number in 1..=5 {
            let mut batch = Batch::new();
            batch.emit(event(number * 10)).emit(event(number * 10 - 1));
            store.write(batch).await.expect("the batch holds");
        }
        let mut twice = Batch::new();
        twice.emit(event(10));
        assert_eq!(store.write(twice).await, Err(StoreError::Duplicate { statement: "EMIT_EVENT" }));
        let events = store.pending_events(0, 4).await.expect("events can be read");
        let numbers: Vec<_> = events.iter().map(|event| (event.sequence, event.event.id.as_u128())).collect();
        assert_eq!(numbers, [(1, 10), (2, 9), (3, 20), (4, 19)], "{location:?}");
        assert_eq!(events[0].event, event(10));
        store.forget_events(10).await.expect("events can be forgotten");
        assert_eq!(store.pending_events(0, 10).await, Ok(Vec::new()), "{location:?}");
        let mut batch = Batch::new();
        batch.emit(event(99));
        store.write(batch).await.expect("the batch holds");
        let events = store.pending_events(0, 10).await.expect("events can be read");
        assert_eq!(events.iter().map(|event| event.sequence).collect::<Vec<_>>(), [11], "{location:?}");
    }
}

#[tokio::test]
async fn whoever_carries_the_outbox_is_told_of_what_is_put_in_and_of_nothing_else() {
    for location in &places().locations {
        let store = open(location).await;
        let told: [Arc<AtomicUsize>; 2] = Default::default();
        let times = || told.each_ref().map(|times| times.load(Ordering::SeqCst));
        for (carrier, expected) in [(0, [1, 0]), (1, [1, 1])] {
            let telling = told[carrier].clone();
            store.tell_of_events(move || {
                telling.fetch_add(1, Ordering::SeqCst);
            });
            enqueue(&store, [task(carrier as u128, "", 0)]).await;
            let mut batch = Batch::new();
            batch.emit(event(carrier as u128 * 2)).emit(event(carrier as u128 * 2 + 1));
            // A clone is the same store.
            store.clone().write(batch.clone()).await.expect("the batch holds");
            assert_eq!(times(), expected, "{location:?}: once a batch, and only the latest carrier");
            store.write(batch).await.expect_err("they were emitted before");
            assert_eq!(times(), expected, "{location:?}: what is not written is not told");
        }
    }
}

#[tokio::test]
async fn a_subscriber_misses_no_event_of_many_writers() {
    const WRITERS: u128 = 8;
    const EVENTS_EACH: u128 = 25;
    for location in &places().locations {
        let store = open(location).await;
        let writers: Vec<_> = (0..WRITERS)
            .map(|writer| {
                let store = store.clone();
                tokio::spawn(async move {
                    for number in 0..EVENTS_EACH {
                        let mut batch = Batch::new();
                        batch.emit(event(writer * 1_000 + number));
                        store.write(batch).await.expect("the batch holds");
                    }
                })
            })
            .collect();
        let mut seen = Vec::new();
        let mut last = 0;
        while seen.len() < (WRITERS * EVENTS_EACH) as usize {
            let all_written = writers.iter().all(tokio::task::JoinHandle::is_finished);
            let events = store.pending_events(last, 9).await.expect("events can be read");
            assert!(
                !(all_written && events.is_empty()),
                "events are missing on {location:?}: {}",
                seen.len()
            );
            for pending in events {
                assert_eq!(pending.sequence, last + 1, "{location:?}");
                last = pending.sequence;
                seen.push(pending.event.id.as_u128());
            }
        }
        seen.sort_unstable();
        seen.dedup();
        assert_eq!(seen.len(), (WRITERS * EVENTS_EACH) as usize, "{location:?}");
    }
}

#[tokio::test]
async fn a_page_has_a_limit() {
    let store = open(&store::Location::SqliteMemory).await;
    let too_large = |error: StoreError| matches!(error, StoreError::TooLarge { .. });
    assert!(store.pending_events(0, 10_001).await.is_err_and(too_large));
    assert!(store.take_tasks(at(0), usize::MAX, LEASE).await.is_err_and(too_large));
    assert!(store.dead_tasks(10_001).await.is_err_and(too_large));
}
