//! Writes and reads of a store, on the engine a node has by default.

use super::{Scratch, repeat, scattered, together};
use anyhow::Result;
use serde_json::Value;
use std::{
    sync::{
        Arc,
        atomic::{AtomicI64, AtomicU64, Ordering},
    },
    time::Duration,
};
use store::{Batch, Location, Migration, Schema, Store, params};
use system::Clock;

store::statements! {
    /// Adds a row.
    ADD = "INSERT INTO things (id, text) VALUES ($1, $2)";
    /// Reads a row.
    READ = "SELECT text FROM things WHERE id = $1";
}

static SCHEMA: Schema = Schema {
    system: "bench",
    migrations: &[Migration {
        number: 1,
        name: "things",
        sql: "CREATE TABLE things (id INTEGER PRIMARY KEY NOT NULL, text TEXT NOT NULL) STRICT",
    }],
    statements: STATEMENTS,
};

pub(super) async fn measure(length: Duration, concurrency: usize) -> Result<Value> {
    let scratch = Scratch::new("store")?;
    let store =
        Store::open(&Location::SqliteFile(scratch.0.join("bench.sqlite")), &SCHEMA, Clock::real().now())
            .await?;
    let next = Arc::new(AtomicI64::new(0));
    let mut sets = Vec::new();
    for writers in [1, concurrency] {
        let (writing, next) = (store.clone(), next.clone());
        let name = format!("durable batches, {writers} writing,");
        let work = move |_: usize| {
            let (store, id) = (writing.clone(), next.fetch_add(1, Ordering::Relaxed));
            async move {
                let mut batch = Batch::new();
                batch.change(&ADD, params![id, "a row of about the length of a name and an address"]);
                store.write(batch).await?;
                Ok(())
            }
        };
        sets.push(repeat(&name, length, writers, work).await?);
    }
    let rows = next.load(Ordering::Relaxed).max(1).unsigned_abs();
    let (reading, asked) = (store.clone(), Arc::new(AtomicU64::new(0)));
    let read = move |_: usize| {
        let (store, id) = (reading.clone(), scattered(&asked, rows).cast_signed());
        async move {
            store.read_one(&READ, params![id]).await?;
            Ok(())
        }
    };
    sets.push(repeat("reads by key", length, concurrency, read).await?);
    store.close().await?;
    Ok(together(sets))
}
