//! Many at once.

use std::time::Duration;

use store::{Batch, Location, Store, StoreError, params};

use crate::places::{lasting_places, open, places};
use crate::records::*;

const WRITERS: i64 = 8;
const INCREMENTS_EACH: i64 = 20;

/// Read, decide, write; from the beginning when somebody was faster.
async fn increment(store: &Store) {
    loop {
        let (version, amount) = account(store, "a").await.expect("the account is there");
        let mut batch = Batch::new();
        batch.change_one(&SET_AMOUNT, params!["a", version, amount + 1]);
        match store.write(batch).await {
            Ok(()) => return,
            Err(StoreError::Conflict { .. } | StoreError::Busy { .. }) => {}
            Err(other) => panic!("{other}"),
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn increments_of_many_are_all_counted() {
    for location in &places().locations {
        let store = open(location).await;
        store.load(&ACCOUNTS_TABLE, vec![params!["a", 1, 0]]).await.expect("the row is loaded");
        let writers: Vec<_> = (0..WRITERS)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move {
                    for _ in 0..INCREMENTS_EACH {
                        increment(&store).await;
                    }
                })
            })
            .collect();
        for writer in writers {
            writer.await.expect("no writer fails");
        }
        let all = WRITERS * INCREMENTS_EACH;
        assert_eq!(account(&store, "a").await, Some((1 + all, all)), "{location:?}");
    }
}

/// Two batches, each on the condition that the other's row is absent: at most one may hold.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn conditions_on_absence_hold_against_each_other() {
    for location in &places().locations {
        let store = open(location).await;
        for round in 0..40 {
            let exclude = |own: &str, other: &str| {
                let mut batch = Batch::new();
                batch.require(&NO_ACCOUNT, params![format!("{other}{round}")]);
                batch.change(&INSERT_ACCOUNT, params![format!("{own}{round}"), 1]);
                let store = store.clone();
                tokio::spawn(async move { store.write(batch).await })
            };
            let (left, right) = (exclude("left", "right"), exclude("right", "left"));
            let results = [left.await.expect("no panic"), right.await.expect("no panic")];
            let held = results.iter().filter(|result| result.is_ok()).count();
            assert_eq!(held, 1, "round {round} on {location:?}: {results:?}");
        }
    }
}

/// A caller that stops waiting (a closed browser) must not leave a batch half done or a connection unusable.
#[tokio::test]
async fn a_caller_may_stop_waiting() {
    for location in &places().locations {
        let store = open(location).await;
        for number in 0..24 {
            let mut batch = Batch::new();
            for half in ["left", "right"] {
                // More than is sent to a server at once.
                for part in 0..150 {
                    batch.change(&INSERT_ACCOUNT, params![format!("{half}{number}-{part}"), 1]);
                }
            }
            let patience = Duration::from_millis(number);
            // Whether it was in time doesn't matter, only that it was dropped somewhere on its way.
            let _ = tokio::time::timeout(patience, store.write(batch)).await;
            let _ = tokio::time::timeout(patience, store.read(&ACCOUNTS, params![])).await;
        }
        store.load(&ACCOUNTS_TABLE, vec![params!["last", 1, 0]]).await.expect("the store goes on");
        let rows = store.read(&ACCOUNTS, params![]).await.expect("the store goes on");
        let numbers: Vec<String> = rows.iter().map(|row| row.get(0).expect("a number")).collect();
        let halves = |half: &str| numbers.iter().filter(|number| number.starts_with(half)).count();
        assert_eq!(halves("left"), halves("right"), "{location:?}");
    }
}

#[tokio::test]
async fn readers_see_whole_batches_while_others_write() {
    for location in &lasting_places().locations {
        let store = open(location).await;
        store
            .load(&ACCOUNTS_TABLE, vec![params!["a", 1, 500], params!["b", 1, 500]])
            .await
            .expect("rows are loaded");
        let writer = {
            let store = store.clone();
            tokio::spawn(async move {
                for moved in 1..=100_i64 {
                    let mut batch = Batch::new();
                    batch.change_one(&SET_AMOUNT, params!["a", moved, 500 - moved]);
                    batch.change_one(&SET_AMOUNT, params!["b", moved, 500 + moved]);
                    store.write(batch).await.expect("nobody else writes");
                }
            })
        };
        while !writer.is_finished() {
            assert_eq!(total(&store).await, (1_000, 2), "{location:?}");
        }
        writer.await.expect("the writer ends well");
        assert_eq!(account(&store, "b").await, Some((101, 600)));
    }
}

mod server {
    store::statements! {
        /// Ends every other connection of this system to the server, in this schema or another.
        DISCONNECT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity
            WHERE pid <> pg_backend_pid() AND application_name = $1";
    }
}

#[tokio::test]
async fn a_lost_connection_is_replaced() {
    const LONELY: store::Schema = store::Schema { system: "lonely", ..SCHEMA };
    let location = store::testing::postgres().location();
    let Location::Postgres { url, .. } = &location else { unreachable!("a server's location") };
    let store = Store::open(&location, &LONELY, crate::places::at(0)).await.expect("the server is up");
    store.load(&ACCOUNTS_TABLE, vec![params!["a", 1, 0]]).await.expect("the row is loaded");
    let other = Location::Postgres { url: url.clone(), schema: "other".to_owned() };
    let other = open(&other).await;
    for amount in 1..=5 {
        other.read(&server::DISCONNECT, params!["lienthong lonely"]).await.expect("connections can be ended");
        let mut attempts = 0;
        loop {
            let mut batch = Batch::new();
            batch.change_one(&SET_AMOUNT, params!["a", amount, amount]);
            match store.write(batch).await {
                Ok(()) => break,
                Err(StoreError::Unavailable { .. }) if attempts < 10 => attempts += 1,
                Err(error) => panic!("after {attempts} attempts: {error:?}"),
            }
        }
    }
    assert_eq!(account(&store, "a").await, Some((6, 5)));
}
