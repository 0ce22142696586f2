//! Every verb, on both engines.

use jiff::civil::date;
use store::{
    BATCH_LIMIT_STEPS, Batch, Engine, Location, READ_LIMIT_ROWS, Row, Store, StoreError, VALUE_LIMIT_BYTES,
    Value, params,
};
use uuid::Uuid;

use crate::places::{at, lasting_places, open, places};
use crate::records::*;

type Build = fn(&mut Batch) -> &mut Batch;
type IsExpected = fn(&StoreError) -> bool;

#[test]
fn every_statement_prepares_on_both_engines() {
    store::testing::every_statement_prepares(&SCHEMA);
}

#[test]
#[should_panic(expected = "MISSPELT on PostgreSQL")]
fn a_misspelt_statement_is_found() {
    mod misspelt {
        store::statements! {
            /// A table that isn't there.
            MISSPELT = "SELECT number FROM acounts WHERE number = $1";
        }
    }
    store::testing::every_statement_prepares(&store::Schema { statements: misspelt::STATEMENTS, ..SCHEMA });
}

#[tokio::test]
async fn a_batch_is_written_whole_and_read_back() {
    let places = places();
    for location in &places.locations {
        let store = open(location).await;
        let mut batch = Batch::new();
        batch.change(&INSERT_ACCOUNT, params!["a", 10]).change(&INSERT_ACCOUNT, params!["b", 20]);
        batch.change_one(&SET_AMOUNT, params!["a", 1, 11]).require(&ACCOUNT_AT_VERSION, params!["a", 2]);
        store.write(batch).await.expect("the batch holds");
        assert_eq!(account(&store, "a").await, Some((2, 11)), "{location:?}");
        assert_eq!(total(&store).await, (31, 2), "{location:?}");
        assert_eq!(account(&store, "c").await, None);
        store.write(Batch::new()).await.expect("a batch of nothing is written at once");
        store.close().await.expect("an idle store closes");
    }
}

#[tokio::test]
async fn a_batch_that_fails_writes_nothing() {
    let cases: Vec<(&str, Build, IsExpected)> = vec![
        (
            "a version that has moved on",
            |batch| batch.change_one(&SET_AMOUNT, params!["a", 7, 1]),
            |error| *error == StoreError::Conflict { statement: "SET_AMOUNT" },
        ),
        (
            "a change of several rows where one was meant",
            |batch| batch.change_one(&ADD_TO_ALL, params![1]),
            |error| *error == StoreError::Conflict { statement: "ADD_TO_ALL" },
        ),
        (
            "a condition that no longer holds",
            |batch| batch.require(&ACCOUNT_AT_VERSION, params!["a", 7]),
            |error| *error == StoreError::Conflict { statement: "ACCOUNT_AT_VERSION" },
        ),
        (
            "a condition that holds twice",
            |batch| batch.require(&ACCOUNTS, params![]),
            |error| *error == StoreError::Conflict { statement: "ACCOUNTS" },
        ),
        (
            "a key that is there",
            |batch| batch.change(&INSERT_ACCOUNT, params!["a", 1]),
            |error| *error == StoreError::Duplicate { statement: "INSERT_ACCOUNT" },
        ),
        (
            "a check of the table",
            |batch| batch.change(&ADD_TO_ALL, params![-1_000]),
            |error| matches!(error, StoreError::Rejected { statement: "ADD_TO_ALL", .. }),
        ),
        (
            "nothing where something must be",
            |batch| batch.change(&INSERT_ACCOUNT, params!["z", None::<i64>]),
            |error| matches!(error, StoreError::Rejected { statement: "INSERT_ACCOUNT", .. }),
        ),
        (
            "a reference to nobody",
            |batch| batch.change(&INSERT_KINDS, params![1, "x", b"x", "nobody"]),
            |error| matches!(error, StoreError::Rejected { statement: "INSERT_KINDS", .. }),
        ),
        (
            "a number beyond 64 bits",
            |batch| batch.change(&ADD_TO_ALL, params![i64::MAX]),
            |error| matches!(error, StoreError::Rejected { statement: "ADD_TO_ALL", .. }),
        ),
        (
            "text for a number",
            |batch| batch.change(&INSERT_ACCOUNT, params!["z", "ten"]),
            |error| {
                matches!(error, StoreError::Rejected { .. } | StoreError::WrongParameter { parameter: 2, .. })
            },
        ),
        (
            "too few parameters",
            |batch| batch.change(&INSERT_ACCOUNT, params!["z"]),
            |error| matches!(error, StoreError::WrongParameter { statement: "INSERT_ACCOUNT", .. }),
        ),
        (
            "a NUL character",
            |batch| batch.change(&INSERT_ACCOUNT, params!["z\0", 1]),
            |error| matches!(error, StoreError::WrongParameter { parameter: 1, .. }),
        ),
        (
            "a value over the limit",
            |batch| batch.change(&INSERT_KINDS, params![1, "x", vec![0; VALUE_LIMIT_BYTES + 1], "a"]),
            |error| matches!(error, StoreError::TooLarge { limit: VALUE_LIMIT_BYTES, .. }),
        ),
        (
            "too many steps",
            |batch| {
                for _ in 0..=BATCH_LIMIT_STEPS {
                    batch.change(&ADD_TO_ALL, params![0]);
                }
                batch
            },
            |error| matches!(error, StoreError::TooLarge { limit: BATCH_LIMIT_STEPS, .. }),
        ),
    ];
    let places = places();
    for location in &places.locations {
        let store = open(location).await;
        let mut batch = Batch::new();
        batch.change(&INSERT_ACCOUNT, params!["a", 10]).change(&INSERT_ACCOUNT, params!["b", 20]);
        store.write(batch).await.expect("the batch holds");
        for (name, build, is_expected) in &cases {
            let mut batch = Batch::new();
            batch.change(&INSERT_ACCOUNT, params!["new", 5]);
            build(&mut batch);
            batch.change(&INSERT_ACCOUNT, params!["newer", 5]);
            let error = store.write(batch).await.expect_err(name);
            assert!(is_expected(&error), "{name} on {location:?}: {error:?}");
            assert_eq!(total(&store).await, (30, 2), "{name} on {location:?}");
        }
    }
}

#[tokio::test]
async fn values_come_back_as_they_went_in() {
    let id = Uuid::from_u128(0x0192_0000_0000_7000_8000_0000_0000_0001);
    let places = places();
    for location in &places.locations {
        let store = open(location).await;
        let mut batch = Batch::new();
        batch.change(&INSERT_KINDS, params![at(5), "Đặng Thị Ánh — 'x' \"y\" $1", id, None::<&str>]);
        batch.change(&INSERT_KINDS, params![true, date(2024, 2, 29), [0u8, 255], None::<String>]);
        batch.change(&INSERT_KINDS, params![i64::MIN, "", Vec::<u8>::new(), None::<String>]);
        batch.change(&INSERT_KINDS, params![None::<i64>, None::<&str>, None::<Vec<u8>>, None::<&str>]);
        store.write(batch).await.expect("the batch holds");
        let rows = store.read(&KINDS, params![]).await.expect("the rows can be read");
        assert_eq!(rows.len(), 4, "{location:?}");
        assert_eq!(rows[0].len(), 5);
        assert_eq!(rows[0].get(0), Ok(at(5)));
        assert_eq!(rows[0].get(1), Ok("Đặng Thị Ánh — 'x' \"y\" $1".to_owned()));
        assert_eq!(rows[0].get(2), Ok(id));
        assert_eq!(rows[0].get(3), Ok(false));
        assert_eq!(rows[1].get(0), Ok(true));
        assert_eq!(rows[1].get(1), Ok(date(2024, 2, 29)));
        assert_eq!(rows[1].get(2), Ok([0u8, 255]));
        assert_eq!(rows[1].get(3), Ok(true));
        assert_eq!(rows[2].get(0), Ok(i64::MIN));
        assert_eq!(rows[2].get(1), Ok(String::new()));
        assert_eq!(rows[2].get(2), Ok(Vec::<u8>::new()));
        assert_eq!(rows[3].get::<Option<i64>>(0), Ok(None));
        assert_eq!(rows[3].get::<Option<Uuid>>(2), Ok(None));
        let ids: Vec<_> = rows.iter().map(|row| row.get::<i64>(4)).collect();
        assert_eq!(ids, [Ok(1), Ok(2), Ok(3), Ok(4)], "{location:?}");
    }
}

#[tokio::test]
async fn a_column_of_another_kind_is_refused_without_its_value() {
    let places = places();
    for location in &places.locations {
        let store = open(location).await;
        let mut batch = Batch::new();
        batch.change(&INSERT_KINDS, params![-4_711, "0790990", b"short", None::<&str>]);
        batch.change(&INSERT_ACCOUNT, params!["a", 1]).change(&INSERT_ACCOUNT, params!["b", 2]);
        store.write(batch).await.expect("the batch holds");
        let row = store.read_one(&KINDS, params![]).await.expect("one row").expect("one row");
        let is_refused = |wrong: Result<(), StoreError>| {
            let error = wrong.expect_err("another kind").to_string();
            assert!(
                error.contains("KINDS") && !error.contains("4711") && !error.contains("0790990"),
                "{error}"
            );
        };
        is_refused(row.get::<String>(0).map(drop));
        is_refused(row.get::<u32>(0).map(drop));
        is_refused(row.get::<bool>(0).map(drop));
        is_refused(row.get::<i64>(1).map(drop));
        is_refused(row.get::<jiff::civil::Date>(1).map(drop));
        is_refused(row.get::<Uuid>(2).map(drop));
        is_refused(row.get::<i64>(9).map(drop));
        let fraction = store.read(&AVERAGE, params![]).await;
        assert!(matches!(fraction, Err(StoreError::WrongType { statement: "AVERAGE", .. })), "{location:?}");
    }
}

#[test]
fn neither_values_nor_passwords_show_in_debug_output() {
    let values = params![79_099_001_234_i64, "079099001234", b"079099001234"];
    assert_eq!(format!("{values:?}"), "[Int(..), Text(12 bytes), Blob(12 bytes)]");
    let location =
        Location::Postgres { url: "postgresql://me:secret@db/x".to_owned(), schema: "s".to_owned() };
    assert!(!format!("{location:?}").contains("secret"));
}

#[tokio::test]
async fn errors_do_not_name_the_people_concerned() {
    const NUMBER: &str = "079099001234";
    let places = places();
    for location in &places.locations {
        let store = open(location).await;
        let insert = || {
            let mut batch = Batch::new();
            batch.change(&INSERT_ACCOUNT, params![NUMBER, 1]);
            batch
        };
        store.write(insert()).await.expect("the batch holds");
        let mut rejected = Batch::new();
        rejected.change(&INSERT_KINDS, params![1, "x", b"x", format!("{NUMBER}1")]);
        let mut conflict = Batch::new();
        conflict.change_one(&SET_AMOUNT, params![NUMBER, 5, 1]);
        for batch in [insert(), rejected, conflict] {
            let error = store.write(batch).await.expect_err("the batch doesn't hold");
            assert!(!format!("{error} {error:?}").contains(NUMBER), "{location:?}: {error}");
        }
    }
}

#[tokio::test]
async fn text_sorts_and_compares_alike_on_both_engines() {
    let places = places();
    let mut answers: Vec<Vec<Vec<Value>>> = Vec::new();
    for location in &places.locations {
        let store = open(location).await;
        let mut batch = Batch::new();
        for number in ["b", "A", "a", "Đ", "d", "_", "a b", "ab", "1", "á", "aB"] {
            batch.change(&INSERT_ACCOUNT, params![number, 1]);
        }
        store.write(batch).await.expect("the batch holds");
        let all = store.read(&ACCOUNTS, params![]).await.expect("the rows can be read");
        let like = store.read(&ACCOUNTS_LIKE, params!["a%"]).await.expect("the rows can be read");
        assert_eq!(like.len(), 4, "{location:?}");
        answers.push(all.into_iter().chain(like).map(Row::into_values).collect());
    }
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
}

#[tokio::test]
async fn rows_are_loaded_all_or_none() {
    let places = places();
    for location in &places.locations {
        let store = open(location).await;
        let rows = |from: usize, to: usize| -> Vec<Vec<Value>> {
            (from..to).map(|number| params![format!("n{number:06}"), 1, 2]).collect()
        };
        assert_eq!(store.load(&ACCOUNTS_TABLE, rows(0, 5_000)).await, Ok(5_000), "{location:?}");
        assert_eq!(store.load(&ACCOUNTS_TABLE, Vec::new()).await, Ok(0));
        let again = store.load(&ACCOUNTS_TABLE, rows(4_999, 6_000)).await;
        assert_eq!(again, Err(StoreError::Duplicate { statement: "accounts" }), "{location:?}");
        let narrow = store.load(&ACCOUNTS_TABLE, vec![params!["x", 1]]).await;
        assert!(matches!(narrow, Err(StoreError::WrongStatement { statement: "accounts", .. })));
        assert_eq!(total(&store).await, (10_000, 5_000), "{location:?}");
        let kinds =
            vec![params![1, "Đắk Lắk\t\\N\n", [0u8, 1]], params![None::<i64>, None::<&str>, None::<&[u8]>]];
        assert_eq!(store.load(&KINDS_TABLE, kinds).await, Ok(2));
        let row = &store.read(&KINDS, params![]).await.expect("the rows can be read")[0];
        assert_eq!(row.get(1), Ok("Đắk Lắk\t\\N\n".to_owned()), "{location:?}");
        assert_eq!(row.get(2), Ok([0u8, 1]));
    }
}

#[tokio::test]
async fn a_read_has_a_limit_of_rows() {
    let places = places();
    for location in &places.locations {
        let store = open(location).await;
        let rows = (0..READ_LIMIT_ROWS).map(|number| params![number.to_string(), 1, 1]).collect();
        store.load(&ACCOUNTS_TABLE, rows).await.expect("the rows are loaded");
        let found = store.read(&ACCOUNTS, params![]).await.expect("exactly the limit");
        assert_eq!(found.len(), READ_LIMIT_ROWS, "{location:?}");
        let one = store.read_one(&ACCOUNTS, params![]).await;
        assert_eq!(one, Err(StoreError::TooManyRows { statement: "ACCOUNTS", limit: 1 }));
        store.load(&ACCOUNTS_TABLE, vec![params!["one more", 1, 1]]).await.expect("the row is loaded");
        let all = store.read(&ACCOUNTS, params![]).await;
        assert_eq!(all, Err(StoreError::TooManyRows { statement: "ACCOUNTS", limit: READ_LIMIT_ROWS }));
        assert_eq!(account(&store, "one more").await, Some((1, 1)), "the store goes on: {location:?}");
    }
}

/// Only SQLite can tell; it is the engine every test of a system runs on.
#[tokio::test]
async fn reads_do_not_write_and_changes_do_not_only_read() {
    let is_wrong = |error: StoreError| matches!(error, StoreError::WrongStatement { .. });
    let places = places();
    for location in places.locations.iter().filter(|location| !matches!(location, Location::Postgres { .. }))
    {
        let store = open(location).await;
        let mut batch = Batch::new();
        batch.change(&ACCOUNTS, params![]);
        assert!(store.write(batch).await.is_err_and(is_wrong), "{location:?}");
        assert!(store.read(&INSERT_ACCOUNT, params!["a", 1]).await.is_err_and(is_wrong), "{location:?}");
        assert_eq!(total(&store).await, (0, 0), "{location:?}");
    }
}

#[tokio::test]
async fn a_closed_store_says_so_and_keeps_what_it_acknowledged() {
    let places = lasting_places();
    for location in &places.locations {
        let store = open(location).await;
        let clone = store.clone();
        let mut batch = Batch::new();
        batch.change(&INSERT_ACCOUNT, params!["a", 10]);
        store.write(batch.clone()).await.expect("the batch holds");
        store.close().await.expect("an idle store closes");
        let closed = StoreError::Closed { system: "accounts" };
        assert_eq!(clone.write(batch).await, Err(closed.clone()), "{location:?}");
        assert_eq!(clone.read(&ACCOUNTS, params![]).await, Err(closed), "{location:?}");
        if let Location::SqliteFile(file) = location {
            let log = file.with_extension("db-wal");
            assert!(std::fs::metadata(&log).map_or(0, |log| log.len()) == 0, "the file alone is the store");
        }
        assert_eq!(total(&open(location).await).await, (10, 1), "{location:?}");
    }
}

#[tokio::test]
async fn a_backup_is_a_store_of_that_moment() {
    let places = places();
    for (index, location) in places.locations.iter().enumerate() {
        let store = open(location).await;
        store
            .load(&ACCOUNTS_TABLE, vec![params!["a", 1, 5], params!["b", 1, 6]])
            .await
            .expect("rows are loaded");
        let file = places.directory.path().join(format!("backup-{index}.db"));
        let copied = store.backup_to(&file).await;
        if store.engine() == Engine::Postgres {
            assert!(matches!(copied, Err(StoreError::NotOffered { engine: "PostgreSQL", .. })));
            continue;
        }
        copied.expect("the backup is made");
        store.load(&ACCOUNTS_TABLE, vec![params!["c", 1, 7]]).await.expect("the row is loaded");
        let again = store.backup_to(&file).await;
        assert!(
            matches!(again, Err(StoreError::Location { .. })),
            "a backup is never overwritten: {again:?}"
        );
        assert_eq!(total(&open(&Location::SqliteFile(file)).await).await, (11, 2));
        assert_eq!(total(&store).await, (18, 3));
    }
}

#[tokio::test]
async fn locations_that_cannot_be_used_are_refused() {
    let places = places();
    let missing = places.directory.path().join("missing").join("store.db");
    let damaged = places.directory.path().join("damaged.db");
    std::fs::write(&damaged, "this is no database, and long enough to be looked at ".repeat(100))
        .expect("a file");
    let postgres =
        |url: &str, schema: &str| Location::Postgres { url: url.to_owned(), schema: schema.to_owned() };
    let url = store::testing::postgres().url();
    let cases: Vec<(Location, IsExpected)> = vec![
        (Location::SqliteFile(missing), |error| matches!(error, StoreError::Location { .. })),
        (Location::SqliteFile(damaged), |error| matches!(error, StoreError::Damaged { .. })),
        (postgres("not a url", "s"), |error| matches!(error, StoreError::Location { .. })),
        (postgres(&url, "Bad-Name"), |error| matches!(error, StoreError::Location { .. })),
        (postgres(&url, "x; DROP SCHEMA public"), |error| matches!(error, StoreError::Location { .. })),
        (postgres(&url, ""), |error| matches!(error, StoreError::Location { .. })),
        (postgres("host=/nowhere user=postgres", "s"), |error| {
            matches!(error, StoreError::Unavailable { .. })
        }),
        (postgres(&url.replace("dbname=postgres", "dbname=nowhere"), "s"), |error| {
            matches!(error, StoreError::Unavailable { .. })
        }),
    ];
    for (location, is_expected) in cases {
        let error = Store::open(&location, &SCHEMA, at(0)).await.expect_err("the location can't be used");
        assert!(is_expected(&error), "{location:?}: {error:?}");
    }
}
