//! The agencies and units of the country, as the program has them.

mod data;
mod pages;
mod services;
mod units;

use agencies::{FACTS, SCHEMA, blueprint};
use std::sync::Arc;
use system::System;
use system::testing::TestRoom;

/// The system in a room, at noon of 21 November 2026.
async fn open() -> (TestRoom, Arc<dyn System>) {
    let test = TestRoom::open(&FACTS, &SCHEMA, "G01", "2026-11-21T05:00:00Z").await;
    let system = (blueprint().open)(test.room.clone());
    (test, system)
}

#[test]
fn every_statement_prepares() {
    store::testing::every_statement_prepares(&SCHEMA);
}
