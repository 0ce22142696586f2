//! How a database comes to the tables its program knows.

use std::path::Path;

use store::{Batch, Location, Migration, Schema, Store, StoreError, params};

use crate::places::{Places, at, lasting_places, open};
use crate::records::*;

const FIRST: Migration = SCHEMA_MIGRATIONS[0];
const SCHEMA_MIGRATIONS: [Migration; 2] = [SCHEMA.migrations[0], SCHEMA.migrations[1]];

async fn refused(location: &Location, schema: &Schema) -> StoreError {
    Store::open(location, schema, at(1)).await.expect_err("the database doesn't fit the program")
}

fn each_engine() -> Places {
    lasting_places()
}

#[tokio::test]
async fn a_second_start_finds_its_data_and_the_next_release_adds_to_it() {
    const FIRST_RELEASE: Schema = Schema { system: "accounts", migrations: &[FIRST], statements: &[] };
    for location in &each_engine().locations {
        let store = Store::open(location, &FIRST_RELEASE, at(0)).await.expect("a new store");
        store.load(&ACCOUNTS_TABLE, vec![params!["a", 1, 5]]).await.expect("the row is loaded");
        store.close().await.expect("an idle store closes");
        for _ in 0..2 {
            let store = open(location).await;
            assert_eq!(total(&store).await, (5, 1), "{location:?}");
            assert_eq!(store.read(&KINDS, params![]).await.map(|rows| rows.len()), Ok(0), "{location:?}");
            store.close().await.expect("an idle store closes");
        }
    }
}

#[tokio::test]
async fn a_database_of_a_newer_program_is_refused_and_left_alone() {
    const OLDER: Schema = Schema { system: "accounts", migrations: &[FIRST], statements: &[] };
    for location in &each_engine().locations {
        open(location).await.close().await.expect("an idle store closes");
        let newer = StoreError::NewerDatabase { scope: "accounts".to_owned(), found: 2, known: 1 };
        assert_eq!(refused(location, &OLDER).await, newer, "{location:?}");
        open(location).await;
    }
}

#[tokio::test]
async fn a_migration_changed_afterwards_is_named() {
    const CHANGED: Schema = Schema {
        system: "accounts",
        migrations: &[
            FIRST,
            Migration { number: 2, name: "kinds-of-values", sql: "CREATE TABLE kinds (a INTEGER)" },
        ],
        statements: &[],
    };
    for location in &each_engine().locations {
        open(location).await.close().await.expect("an idle store closes");
        let (scope, name) = ("accounts".to_owned(), "kinds-of-values".to_owned());
        let changed = StoreError::MigrationChanged { scope, number: 2, name };
        assert_eq!(refused(location, &CHANGED).await, changed, "{location:?}");
    }
}

#[tokio::test]
async fn the_database_of_another_system_is_refused() {
    const OTHER: Schema = Schema { system: "people", migrations: &[FIRST], statements: &[] };
    for location in &each_engine().locations {
        open(location).await.close().await.expect("an idle store closes");
        let other = StoreError::OtherSystem { found: "accounts".to_owned(), expected: "people" };
        assert_eq!(refused(location, &OTHER).await, other, "{location:?}");
    }
}

#[tokio::test]
async fn of_migrations_that_fail_nothing_is_kept() {
    const WRONG: Schema = Schema {
        system: "accounts",
        migrations: &[
            FIRST,
            Migration { number: 2, name: "wrong", sql: "CREATE TABLE kinds (a INTEGER); SELEC 1;" },
        ],
        statements: &[],
    };
    for location in &each_engine().locations {
        let failed = refused(location, &WRONG).await;
        assert!(matches!(failed, StoreError::Migration { number: 2, .. }), "{location:?}: {failed:?}");
        assert_eq!(total(&open(location).await).await, (0, 0), "{location:?}");
    }
}

#[tokio::test]
async fn a_migration_must_not_commit() {
    const COMMITS: Schema = Schema {
        system: "accounts",
        migrations: &[Migration { number: 1, name: "commits", sql: "CREATE TABLE a (b INTEGER); COMMIT;" }],
        statements: &[],
    };
    let places = each_engine();
    let failed = refused(&places.locations[0], &COMMITS).await;
    assert!(matches!(failed, StoreError::Migration { number: 1, .. }), "{failed:?}");
}

#[tokio::test]
async fn several_nodes_may_start_at_once() {
    const NODES: i64 = 6;
    for _ in 0..4 {
        for location in &each_engine().locations {
            let start = |number: i64| {
                let location = location.clone();
                tokio::spawn(async move {
                    let mut batch = Batch::new();
                    batch.change(&INSERT_ACCOUNT, params![number.to_string(), 1]);
                    open(&location).await.write(batch).await.expect("every node writes");
                })
            };
            for node in (0..NODES).map(start).collect::<Vec<_>>() {
                node.await.expect("every node starts");
            }
            assert_eq!(total(&open(location).await).await, (NODES, NODES), "{location:?}");
        }
    }
}

#[tokio::test]
async fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let places = each_engine();
    let store = open(&places.locations[0]).await;
    let file = places.directory.path().join("store.db");
    let mode = |file: &Path| std::fs::metadata(file).expect("the file is there").permissions().mode() & 0o777;
    assert_eq!(mode(&file), 0o600);
    assert_eq!(mode(&file.with_extension("db-wal")), 0o600);
    store.close().await.expect("an idle store closes");
}
