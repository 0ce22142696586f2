//! A process that is killed while it writes: what it was told is durable is there, and nothing is there by halves.

use std::io::{BufRead, BufReader, Write};
use std::process::{Command, Stdio};

use store::{Batch, Event, Location, Store, params};
use uuid::Uuid;

use crate::places::{at, lasting_places, open};
use crate::records::*;

/// Tells the child where to write; a file, or a server's URL and a schema.
const FILE: &str = "STORE_TEST_CRASH_FILE";
const URL: &str = "STORE_TEST_CRASH_URL";
const SCHEMA_NAME: &str = "STORE_TEST_CRASH_SCHEMA";
const WRITERS: u64 = 12;
const KILLS: u64 = 3;
const ACKNOWLEDGED_BEFORE_KILL: usize = 150;

#[test]
fn a_killed_writer_loses_nothing_it_acknowledged() {
    match location_from_parent() {
        Some(location) => write_until_killed(&location),
        None => kill_writers(),
    }
}

fn location_from_parent() -> Option<Location> {
    if let Some(file) = std::env::var_os(FILE) {
        return Some(Location::SqliteFile(file.into()));
    }
    let (url, schema) = (std::env::var(URL).ok()?, std::env::var(SCHEMA_NAME).ok()?);
    Some(Location::Postgres { url, schema })
}

/// The parent: starts writers on the same store, kills each under load, and looks at what is there.
fn kill_writers() {
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    for location in &lasting_places().locations {
        let mut acknowledged = Vec::new();
        for kill in 0..KILLS {
            acknowledged.extend(killed_under_load(location, kill));
            runtime.block_on(check(location, &acknowledged));
        }
        assert!(acknowledged.len() >= ACKNOWLEDGED_BEFORE_KILL * KILLS as usize, "{location:?}");
    }
}

fn killed_under_load(location: &Location, kill: u64) -> Vec<String> {
    let mut command = Command::new(std::env::current_exe().expect("this test's program"));
    command.args(["--exact", "crash::a_killed_writer_loses_nothing_it_acknowledged", "--nocapture"]);
    match location {
        Location::SqliteFile(file) => command.env(FILE, file),
        Location::Postgres { url, schema } => command.env(URL, url).env(SCHEMA_NAME, schema),
        Location::SqliteMemory => unreachable!("memory doesn't outlive a process"),
    };
    let mut child = command
        .env("STORE_TEST_CRASH_ROUND", kill.to_string())
        .stdout(Stdio::piped())
        .spawn()
        .expect("the test's program starts again");
    let mut acknowledged = Vec::new();
    let mut lines = BufReader::new(child.stdout.take().expect("its output")).lines();
    let number = |line: String| line.strip_prefix("acknowledged ").map(str::to_owned);
    while acknowledged.len() < ACKNOWLEDGED_BEFORE_KILL {
        let line = lines.next().expect("the child writes until it is killed").expect("its output is text");
        acknowledged.extend(number(line));
    }
    child.kill().expect("the child runs");
    // What it had still said before it was killed counts too; a line cut off in the middle doesn't.
    let rest: Vec<String> = lines.map_while(Result::ok).collect();
    acknowledged.extend(rest.into_iter().filter_map(number).filter(|number| number.ends_with('.')));
    child.wait().expect("the child has ended");
    acknowledged
}

/// Each batch is two accounts and an event.
async fn check(location: &Location, acknowledged: &[String]) {
    let store = open(location).await;
    let mut events = 0;
    let mut last = 0;
    loop {
        let pending = store.pending_events(last, 1_000).await.expect("events can be read");
        let Some(newest) = pending.last() else { break };
        last = newest.sequence;
        events += pending.len() as i64;
    }
    let (sum, accounts) = total(&store).await;
    assert_eq!((sum, accounts), (0, events * 2), "no batch is there by halves: {location:?}");
    for number in acknowledged {
        assert!(
            account(&store, &format!("{number}left")).await.is_some(),
            "{number} is lost on {location:?}"
        );
        assert!(
            account(&store, &format!("{number}right")).await.is_some(),
            "{number} is lost on {location:?}"
        );
    }
    store.close().await.expect("an idle store closes");
}

/// The child: several tasks write and say what was acknowledged, until the process is killed.
fn write_until_killed(location: &Location) {
    let round = std::env::var("STORE_TEST_CRASH_ROUND").expect("the parent numbers its children");
    let round: u64 = round.parse().expect("a number");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    runtime.block_on(async {
        let store = open(location).await;
        let writers: Vec<_> =
            (0..WRITERS).map(|writer| tokio::spawn(write(store.clone(), round, writer))).collect();
        for writer in writers {
            writer.await.expect("a writer goes on until it is killed");
        }
    });
}

async fn write(store: Store, round: u64, writer: u64) {
    for index in 0_u64.. {
        let number = format!("{round}-{writer}-{index}.");
        let mut batch = Batch::new();
        batch.change(&INSERT_ACCOUNT, params![format!("{number}left"), 0]);
        batch.emit(Event {
            id: Uuid::from_u64_pair(round << 32 | writer, index),
            event_type: "written".to_owned(),
            subject: number.clone(),
            payload: "{}".to_owned(),
            occurred_at: at(0),
        });
        batch.change(&INSERT_ACCOUNT, params![format!("{number}right"), 0]);
        store.write(batch).await.expect("the batch holds");
        // One write a line, so that lines of several tasks don't mix. The parent may be gone.
        let _ = std::io::stdout().lock().write_all(format!("acknowledged {number}\n").as_bytes());
    }
}
