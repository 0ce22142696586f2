//! Where the tests keep their stores.

use jiff::Timestamp;
use store::{Location, Store};
use tempfile::TempDir;

use crate::records::SCHEMA;

/// A new place on each engine; the files go when this goes.
pub(crate) struct Places {
    pub(crate) directory: TempDir,
    pub(crate) locations: Vec<Location>,
}

/// A file, memory, and a PostgreSQL schema, all empty.
pub(crate) fn places() -> Places {
    let directory = tempfile::tempdir().expect("a temporary directory");
    let file = Location::SqliteFile(directory.path().join("store.db"));
    let locations = vec![file, Location::SqliteMemory, store::testing::postgres().location()];
    Places { directory, locations }
}

/// The places whose data outlives the store.
pub(crate) fn lasting_places() -> Places {
    let mut places = places();
    places.locations.retain(|location| *location != Location::SqliteMemory);
    places
}

pub(crate) async fn open(location: &Location) -> Store {
    let opened = Store::open(location, &SCHEMA, at(0)).await;
    opened.unwrap_or_else(|error| panic!("{location:?}: {error}"))
}

/// A time so many seconds after the tests' beginning.
pub(crate) fn at(seconds: i64) -> Timestamp {
    Timestamp::from_second(1_700_000_000 + seconds).expect("a time in range")
}
