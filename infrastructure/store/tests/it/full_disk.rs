//! A disk without room. A child process gives itself a limit on the size of files, which the engine meets as it meets a
//! full disk: a write that fails.

use std::process::Command;

use futures_util::future::join_all;
use store::{Batch, Location, StoreError, params};

use crate::places::open;
use crate::records::*;

const FILE: &str = "STORE_TEST_FULL_FILE";
const LIMIT_BYTES: u64 = 600 * 1024;
const BATCHES_AT_ONCE: usize = 16;

#[test]
fn a_full_disk_is_reported_and_loses_nothing() {
    if let Some(file) = std::env::var_os(FILE) {
        let runtime = tokio::runtime::Runtime::new().expect("a runtime");
        runtime.block_on(fill_the_disk(&Location::SqliteFile(file.into())));
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    // The signal that comes with the limit is ignored, so that the write fails instead.
    let output = Command::new("sh")
        .args([
            "-c",
            "trap '' XFSZ; exec \"$0\" --exact full_disk::a_full_disk_is_reported_and_loses_nothing",
        ])
        .arg(std::env::current_exe().expect("this test's program"))
        .env(FILE, directory.path().join("store.db"))
        .output()
        .expect("a shell");
    let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.contains("1 passed"), "{said}");
}

/// From now on no file of this process grows beyond this size.
fn limit_files(limit: &str) {
    let limit = format!("--fsize={limit}:unlimited");
    let status = Command::new("prlimit")
        .args(["--pid", &std::process::id().to_string(), &limit])
        .status()
        .expect("prlimit of util-linux");
    assert!(status.success());
}

async fn fill_the_disk(location: &Location) {
    let store = open(location).await;
    limit_files(&LIMIT_BYTES.to_string());
    let mut written = 0;
    let mut full = 0;
    for round in 0.. {
        let batches = (0..BATCHES_AT_ONCE).map(|index| store.write(batch_of(&format!("{round}-{index}"))));
        for result in join_all(batches).await {
            match result {
                Ok(()) => written += 1,
                Err(StoreError::Full { system: "accounts" }) => full += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(
            total(&store).await,
            (0, written * 2),
            "what was acknowledged is there, nothing by halves"
        );
        if full > 3 * BATCHES_AT_ONCE {
            break;
        }
    }
    assert!(written > 0);
    let rows = (0..20_000).map(|number| params![format!("loaded{number}"), 1, 0]).collect();
    assert_eq!(store.load(&ACCOUNTS_TABLE, rows).await, Err(StoreError::Full { system: "accounts" }));
    assert_eq!(total(&store).await, (0, written * 2), "a load is all or nothing");

    limit_files("unlimited");
    store.write(batch_of("after")).await.expect("with room again the store goes on");
    store.close().await.expect("an idle store closes");
    assert_eq!(total(&open(location).await).await, (0, (written + 1) * 2));
}

fn batch_of(number: &str) -> Batch {
    let mut batch = Batch::new();
    for half in ["left", "right"] {
        batch.change(&INSERT_ACCOUNT, params![format!("{number}{half}{}", "x".repeat(500)), 0]);
    }
    batch
}
