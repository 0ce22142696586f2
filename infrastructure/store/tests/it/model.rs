//! Random batches against a model in memory: every engine must agree with it which batches fail, how, and what is
//! there afterwards.

use std::collections::BTreeMap;
use std::time::Duration;

use futures_util::future::join_all;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestCaseResult};
use store::{Batch, Engine, Event, Location, Row, Store, StoreError, Task, params};
use tokio::runtime::Runtime;
use uuid::Uuid;

use crate::places::{at, open, places};
use crate::records::*;

/// One step of a random batch. There are few keys, so that steps meet.
#[derive(Debug, Clone)]
enum Op {
    Insert { account: u8, amount: i64 },
    SetAmount { account: u8, version: i64, amount: i64, must_be_one: bool },
    AddToAll { amount: i64, must_be_one: bool },
    Require { account: u8, version: i64 },
    RequireNone { account: u8 },
    Enqueue { task: u8 },
    Finish { task: u8 },
    Emit { event: u8 },
}

fn op() -> impl Strategy<Value = Op> {
    let (account, version, amount) = (0..4_u8, 1..4_i64, -5..20_i64);
    prop_oneof![
        4 => (account.clone(), amount.clone()).prop_map(|(account, amount)| Op::Insert { account, amount }),
        4 => (account.clone(), version.clone(), amount.clone(), any::<bool>()).prop_map(
            |(account, version, amount, must_be_one)| Op::SetAmount { account, version, amount, must_be_one }
        ),
        1 => (amount, any::<bool>()).prop_map(|(amount, must_be_one)| Op::AddToAll { amount, must_be_one }),
        2 => (account.clone(), version).prop_map(|(account, version)| Op::Require { account, version }),
        1 => account.prop_map(|account| Op::RequireNone { account }),
        2 => (0..4_u8).prop_map(|task| Op::Enqueue { task }),
        1 => (0..4_u8).prop_map(|task| Op::Finish { task }),
        2 => any::<u8>().prop_map(|event| Op::Emit { event }),
    ]
}

/// Rounds of batches; those of one round are written at once where the engine keeps their order.
fn rounds() -> impl Strategy<Value = Vec<Vec<Vec<Op>>>> {
    let batch = prop::collection::vec(op(), 1..5);
    prop::collection::vec(prop::collection::vec(batch, 1..8), 1..8)
}

/// How a batch ended, as far as both engines say the same.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Outcome {
    Written,
    Conflict(&'static str),
    Duplicate(&'static str),
    Rejected(&'static str),
}

impl Outcome {
    fn of(result: Result<(), StoreError>) -> Self {
        match result {
            Ok(()) => Outcome::Written,
            Err(StoreError::Conflict { statement }) => Outcome::Conflict(statement),
            Err(StoreError::Duplicate { statement }) => Outcome::Duplicate(statement),
            Err(StoreError::Rejected { statement, .. }) => Outcome::Rejected(statement),
            Err(other) => panic!("no batch of the model ends with {other:?}"),
        }
    }
}

/// What the store should hold.
#[derive(Debug, Clone, Default)]
struct Model {
    accounts: BTreeMap<u8, (i64, i64)>,
    /// Whether the task is finished.
    tasks: BTreeMap<u8, bool>,
    events: Vec<u8>,
}

impl Model {
    /// Applies a batch whole, or not at all.
    fn write(&mut self, batch: &[Op]) -> Outcome {
        let mut changed = self.clone();
        for op in batch {
            if let Err(outcome) = changed.apply(op) {
                return outcome;
            }
        }
        *self = changed;
        Outcome::Written
    }

    fn apply(&mut self, op: &Op) -> Result<(), Outcome> {
        match *op {
            Op::Insert { account, amount } => {
                // Both engines look at the row before they look for its key.
                reject_negative("INSERT_ACCOUNT", amount)?;
                if self.accounts.contains_key(&account) {
                    return Err(Outcome::Duplicate("INSERT_ACCOUNT"));
                }
                self.accounts.insert(account, (1, amount));
            }
            Op::SetAmount { account, version, amount, must_be_one } => {
                match self.accounts.get_mut(&account).filter(|held| held.0 == version) {
                    Some(held) => {
                        reject_negative("SET_AMOUNT", amount)?;
                        *held = (version + 1, amount);
                    }
                    None if must_be_one => return Err(Outcome::Conflict("SET_AMOUNT")),
                    None => {}
                }
            }
            Op::AddToAll { amount, must_be_one } => {
                for held in self.accounts.values_mut() {
                    held.1 += amount;
                    reject_negative("ADD_TO_ALL", held.1)?;
                }
                hold("ADD_TO_ALL", !must_be_one || self.accounts.len() == 1)?;
            }
            Op::Require { account, version } => {
                hold(
                    "ACCOUNT_AT_VERSION",
                    self.accounts.get(&account).is_some_and(|held| held.0 == version),
                )?;
            }
            Op::RequireNone { account } => hold("NO_ACCOUNT", !self.accounts.contains_key(&account))?,
            Op::Enqueue { task } => {
                self.tasks.entry(task).or_insert(false);
            }
            Op::Finish { task } => {
                hold("FINISH_TASK", self.tasks.get(&task) == Some(&false))?;
                self.tasks.insert(task, true);
            }
            Op::Emit { event } if self.events.contains(&event) => {
                return Err(Outcome::Duplicate("EMIT_EVENT"));
            }
            Op::Emit { event } => self.events.push(event),
        }
        Ok(())
    }
}

fn reject_negative(statement: &'static str, amount: i64) -> Result<(), Outcome> {
    if amount < 0 { Err(Outcome::Rejected(statement)) } else { Ok(()) }
}

fn hold(statement: &'static str, holds: bool) -> Result<(), Outcome> {
    if holds { Ok(()) } else { Err(Outcome::Conflict(statement)) }
}

/// The batch as it is given to the store.
fn batch_of(ops: &[Op]) -> Batch {
    let mut batch = Batch::new();
    for op in ops {
        match *op {
            Op::Insert { account, amount } => {
                batch.change(&INSERT_ACCOUNT, params![account.to_string(), amount])
            }
            Op::SetAmount { account, version, amount, must_be_one: true } => {
                batch.change_one(&SET_AMOUNT, params![account.to_string(), version, amount])
            }
            Op::SetAmount { account, version, amount, must_be_one: false } => {
                batch.change(&SET_AMOUNT, params![account.to_string(), version, amount])
            }
            Op::AddToAll { amount, must_be_one: true } => batch.change_one(&ADD_TO_ALL, params![amount]),
            Op::AddToAll { amount, must_be_one: false } => batch.change(&ADD_TO_ALL, params![amount]),
            Op::Require { account, version } => {
                batch.require(&ACCOUNT_AT_VERSION, params![account.to_string(), version])
            }
            Op::RequireNone { account } => batch.require(&NO_ACCOUNT, params![account.to_string()]),
            Op::Enqueue { task } => batch.enqueue(Task {
                id: Uuid::from_u128(task.into()),
                kind: "work",
                key: String::new(),
                payload: "{}".to_owned(),
                run_at: at(0),
            }),
            Op::Finish { task } => batch.finish_task(Uuid::from_u128(task.into())),
            Op::Emit { event } => batch.emit(Event {
                id: Uuid::from_u128(event.into()),
                event_type: "changed".to_owned(),
                subject: event.to_string(),
                payload: "{}".to_owned(),
                occurred_at: at(0),
            }),
        };
    }
    batch
}

/// Compares a whole history with the model. Batches of a round reach SQLite's writer together and in order, so that it
/// groups them; PostgreSQL would run them in any order and gets them one by one.
async fn agrees(location: &Location, rounds: &[Vec<Vec<Op>>]) -> TestCaseResult {
    let store = open(location).await;
    let mut model = Model::default();
    for round in rounds {
        let expected: Vec<Outcome> = round.iter().map(|batch| model.write(batch)).collect();
        let writes = round.iter().map(|batch| store.write(batch_of(batch)));
        let written = match store.engine() {
            Engine::Sqlite => join_all(writes).await,
            Engine::Postgres => {
                let mut results = Vec::new();
                for write in writes {
                    results.push(write.await);
                }
                results
            }
        };
        let written: Vec<Outcome> = written.into_iter().map(Outcome::of).collect();
        prop_assert_eq!(written, expected, "{:?}", location);
        prop_assert_eq!(accounts_of(&store).await, model.accounts.clone(), "{:?}", location);
    }
    prop_assert_eq!(waiting_tasks_of(&store).await, waiting_tasks(&model), "{:?}", location);
    prop_assert_eq!(events_of(&store).await, model.events, "{:?}", location);
    store.close().await.expect("an idle store closes");
    Ok(())
}

async fn accounts_of(store: &Store) -> BTreeMap<u8, (i64, i64)> {
    let rows = store.read(&ACCOUNTS, params![]).await.expect("the accounts can be read");
    let account = |row: &Row| -> Result<_, StoreError> {
        let number: String = row.get(0)?;
        Ok((number.parse().expect("a number of the model"), (row.get(1)?, row.get(2)?)))
    };
    rows.iter().map(account).collect::<Result<_, _>>().expect("the columns are numbers")
}

async fn waiting_tasks_of(store: &Store) -> Vec<u128> {
    let tasks = store.take_tasks(at(1), 100, Duration::from_secs(1)).await.expect("tasks can be taken");
    tasks.iter().map(|task| task.id.as_u128()).collect()
}

fn waiting_tasks(model: &Model) -> Vec<u128> {
    model.tasks.iter().filter(|(_, finished)| !**finished).map(|(task, _)| u128::from(*task)).collect()
}

async fn events_of(store: &Store) -> Vec<u8> {
    let events = store.pending_events(0, 1_000).await.expect("events can be read");
    events.iter().map(|event| event.event.subject.parse().expect("a number of the model")).collect()
}

proptest! {
    #![proptest_config(Config { cases: 48, ..Config::default() })]

    #[test]
    fn every_engine_agrees_with_the_model(rounds in rounds()) {
        let runtime = Runtime::new().expect("a runtime");
        for location in &places().locations {
            runtime.block_on(agrees(location, &rounds))?;
        }
    }
}
