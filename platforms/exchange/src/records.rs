//! The messages of the ledger, searchable. The ledger is the record; this is made from it and can be made again.

pub mod attestations;
mod keys;
mod periods;
pub(crate) mod readings;
pub mod witnessed;

/// The messages that a condition finds.
macro_rules! found {
    ($($condition:expr),+) => {
        concat!(
            "SELECT id, (SELECT name FROM names WHERE number = ledger), at,
        (SELECT name FROM names WHERE number = client), (SELECT name FROM names WHERE number = service) || path,
        method, purpose, dossier, (SELECT name FROM names WHERE number = peer), status,
        request_sent, request_received, answer_sent, answer_received FROM messages ",
            $($condition),+
        )
    };
}

pub mod search;

pub use keys::list_keys;
pub use periods::purge;
pub use search::{By, PersonKey, Place, Pseudonym, Search, search};

use crate::{
    Node,
    message::{Annex, AnswerHead, Entry, Event, RequestHead},
    rest,
};
use jiff::{SignedDuration, Timestamp};
use ledger::{Ledger, LedgerError};
use periods::Growing;
use std::{
    collections::BTreeSet,
    time::{Duration, Instant},
};
use store::{Batch, Row, Statement, Store, StoreError, Value, params};
use thiserror::Error;
use uuid::Uuid;

/// Entries read from the ledger for one batch.
const ENTRIES_A_BATCH: u64 = 1_000;
/// How much longer than it worked the indexer rests.
const REST_FOR_WORK: u32 = 9;
/// The same while the node is busy.
const BUSY_REST_FOR_WORK: u32 = 99;
/// A node whose ledger grows by more than so many entries a second is busy.
const BUSY_ENTRIES_A_SECOND: f64 = 2_000.0;
/// How long it rests when there is nothing to do, in milliseconds.
const IDLE_MILLIS: u64 = 500;
/// How often old messages are looked for, in seconds.
const PURGE_SECONDS: u64 = 3_600;
/// Messages of one period of the searchable log: few enough that the indices of a period stay in memory, many enough that a
/// log of 100 million has fifty.
pub const PERIOD_MESSAGES: i64 = 2_000_000;
/// Most messages that a search lists.
pub const SEARCH_LIMIT_MESSAGES: i64 = 200;

/// Notes a request, and the entry of it in this column.
macro_rules! request {
    ($entry:literal) => {
        concat!(
            "INSERT INTO messages (id, ledger, at, client, provider, service, path, method, purpose, dossier, person, peer,
            status, ",
            $entry,
            ", period) VALUES ($1, (SELECT number FROM names WHERE name = $2), $3,
            (SELECT number FROM names WHERE name = $4), (SELECT number FROM names WHERE name = $5),
            (SELECT number FROM names WHERE name = $6), $7, $8, $9, $10, $11,
            (SELECT number FROM names WHERE name = $12), 0, $13, $14)
        ON CONFLICT (id, ledger) DO UPDATE SET ",
            $entry,
            " = excluded.",
            $entry
        )
    };
}

store::statements! {
    /// Notes that a request begins to run, unless one with its identifier has.
    BEGIN = "INSERT INTO answers (client, service, message, request, begun) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (client, service, message) DO NOTHING";
    /// What is known of a request that began to run.
    BEGUN = "SELECT request, head, body FROM answers WHERE client = $1 AND service = $2 AND message = $3";
    /// Keeps the answer.
    KEEP_ANSWER = "UPDATE answers SET head = $4, body = $5 WHERE client = $1 AND service = $2 AND message = $3";
    /// Forgets a request that was not run after all.
    FORGET_REQUEST = "DELETE FROM answers WHERE client = $1 AND service = $2 AND message = $3";
    /// Forgets what began before a time.
    FORGET_ANSWERS = "DELETE FROM answers WHERE begun < $1";
    /// How far a ledger has been read.
    PROGRESS = "SELECT next_index FROM progress WHERE ledger = $1";
    /// Moves on, unless another reader has.
    MOVE_ON = "INSERT INTO progress (ledger, next_index) VALUES ($1, $3)
        ON CONFLICT (ledger) DO UPDATE SET next_index = excluded.next_index WHERE progress.next_index = $2";
    /// Gives a name a number, unless it has one.
    PUT_NAME = "INSERT INTO names (name) VALUES ($1) ON CONFLICT (name) DO NOTHING";
    /// Notes a request that this node sent.
    PUT_REQUEST_SENT = request!("request_sent");
    /// Notes a request that this node took.
    PUT_REQUEST_RECEIVED = request!("request_received");
    /// Notes an answer that this node sent.
    PUT_ANSWER_SENT = "UPDATE messages SET answer_sent = $3, status = $4
        WHERE id = $1 AND ledger = (SELECT number FROM names WHERE name = $2)";
    /// Notes an answer that this node took.
    PUT_ANSWER_RECEIVED = "UPDATE messages SET answer_received = $3, status = $4
        WHERE id = $1 AND ledger = (SELECT number FROM names WHERE name = $2)";
    /// One message, as the ledger knows it from which it was sent, if that is here.
    FIND = found!("WHERE id = $1 ORDER BY CASE WHEN request_sent IS NULL THEN 1 ELSE 0 END, ledger LIMIT 1");
    /// One message, as a ledger knows it.
    FIND_IN = found!("WHERE id = $1 AND ledger = (SELECT number FROM names WHERE name = $2)");
}

/// The statements stand in the module of what they are about; the schema needs them as one list.
const LISTS: [&[&Statement]; 7] = [
    STATEMENTS,
    keys::STATEMENTS,
    periods::STATEMENTS,
    search::STATEMENTS,
    attestations::STATEMENTS,
    witnessed::STATEMENTS,
    readings::STATEMENTS,
];
const STATEMENT_COUNT: usize = {
    let (mut count, mut list) = (0, 0);
    while list < LISTS.len() {
        (count, list) = (count + LISTS[list].len(), list + 1);
    }
    count
};

/// Every statement of a node.
pub(crate) static ALL_STATEMENTS: [&Statement; STATEMENT_COUNT] = {
    let mut all: [&Statement; STATEMENT_COUNT] = [&PROGRESS; STATEMENT_COUNT];
    let (mut list, mut place) = (0, 0);
    while list < LISTS.len() {
        let mut index = 0;
        while index < LISTS[list].len() {
            all[place] = LISTS[list][index];
            (index, place) = (index + 1, place + 1);
        }
        list += 1;
    }
    all
};

/// A message as a node's log knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logged {
    /// Its identifier between the nodes.
    pub id: Uuid,
    /// Name of the ledger that knows it so.
    pub ledger: String,
    /// When this node logged the request.
    pub at: Timestamp,
    /// Who called.
    pub client: String,
    /// What was called: service and path.
    pub service: String,
    /// HTTP method.
    pub method: String,
    /// What for.
    pub purpose: String,
    /// In which case.
    pub dossier: String,
    /// The other node.
    pub peer: String,
    /// Status of the answer; 0 while there is none.
    pub status: i64,
    /// Entry of the request that was sent.
    pub request_sent: Option<u64>,
    /// Entry of the request that was taken.
    pub request_received: Option<u64>,
    /// Entry of the answer that was sent.
    pub answer_sent: Option<u64>,
    /// Entry of the answer that was taken.
    pub answer_received: Option<u64>,
}

/// A request of a service that is idempotent by message id.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct OnceOnly {
    /// Who called.
    pub(crate) client: String,
    /// What was called.
    pub(crate) service: String,
    /// The identifier that the caller gave its message.
    pub(crate) message: String,
}

/// What is known of a request that has begun to run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Begun {
    /// Digest of what was asked.
    pub(crate) request: Vec<u8>,
    /// Head of the answer, when there is one.
    pub(crate) head: Option<Vec<u8>>,
    /// Body of the answer, when it was small enough to be kept.
    pub(crate) body: Option<Vec<u8>>,
}

impl OnceOnly {
    fn params(&self) -> [Value; 3] {
        [&self.client, &self.service, &self.message].map(|text| Value::from(text.as_str()))
    }

    /// Notes, durably, that the request begins to run; or what is known of the one that has begun under its identifier. What
    /// began before `oldest` is forgotten.
    pub(crate) async fn begin(
        &self,
        store: &Store,
        request: &[u8],
        now: Timestamp,
        oldest: Timestamp,
    ) -> Result<Option<Begun>, StoreError> {
        let mut batch = Batch::new();
        batch.change(&FORGET_ANSWERS, params![oldest]);
        let [client, service, message] = self.params();
        batch.change_one(&BEGIN, vec![client, service, message, request.into(), now.into()]);
        match store.write(batch).await {
            Ok(()) => return Ok(None),
            Err(StoreError::Conflict { .. }) => {}
            Err(error) => return Err(error),
        }
        let row = store.read_one(&BEGUN, self.params().into()).await?;
        // Whoever began it may have forgotten it just now.
        let row = row.ok_or(StoreError::Conflict { statement: BEGUN.name() })?;
        Ok(Some(Begun { request: row.get(0)?, head: row.get(1)?, body: row.get(2)? }))
    }

    /// Keeps the answer, durably.
    pub(crate) async fn keep(
        &self,
        store: &Store,
        head: &[u8],
        body: Option<&[u8]>,
    ) -> Result<(), StoreError> {
        let [client, service, message] = self.params();
        let body = body.map_or(Value::Null, Value::from);
        let mut batch = Batch::new();
        batch.change_one(&KEEP_ANSWER, vec![client, service, message, head.into(), body]);
        store.write(batch).await
    }

    /// The request was not run after all.
    pub(crate) async fn forget(&self, store: &Store) -> Result<(), StoreError> {
        let mut batch = Batch::new();
        batch.change(&FORGET_REQUEST, self.params().into());
        store.write(batch).await
    }
}

/// Why the log can't be searched.
#[derive(Debug, Error)]
pub enum RecordsError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The ledger.
    #[error(transparent)]
    Ledger(#[from] LedgerError),
}

/// Brings the searchable messages up to the ledger's newest checkpoint. Without a key no person can be searched for.
pub async fn catch_up(
    store: &Store,
    ledger: &Ledger,
    persons: Option<&PersonKey>,
) -> Result<(), RecordsError> {
    while advance(store, ledger, persons).await? {}
    Ok(())
}

/// Makes the next part of the ledger searchable; false when nothing is left.
async fn advance(store: &Store, ledger: &Ledger, persons: Option<&PersonKey>) -> Result<bool, RecordsError> {
    let checkpoint = ledger.checkpoint();
    let (name, size) = (&checkpoint.checkpoint.origin, checkpoint.checkpoint.size);
    let next: i64 = store.read_one(&PROGRESS, params![name]).await?.map_or(Ok(0), |row| row.get(0))?;
    let first = next.unsigned_abs();
    if first >= size {
        return Ok(false);
    }
    let end = size.min(first + ENTRIES_A_BATCH);
    let period = Growing::of(store, name).await?;
    let (reading, persons) = (ledger.clone(), persons.cloned());
    let read =
        tokio::task::spawn_blocking(move || read_entries(&reading, first, end, period, persons.as_ref()))
            .await;
    let mut batch = read.map_err(|_| LedgerError::Closed)??;
    batch.change_one(&MOVE_ON, params![name, first as i64, end as i64]);
    match store.write(batch).await {
        // Whoever else has moved on has written the same; who has taken the period's number leaves the next one.
        Ok(()) | Err(StoreError::Conflict { .. } | StoreError::Duplicate { .. }) => Ok(true),
        Err(error) => Err(error.into()),
    }
}

/// Makes messages searchable as they come, until the node drains. Carrying messages comes first: this takes a tenth of a
/// core at most, a hundredth while the node is busy, and whoever searches while it is behind waits for it. Periods that
/// are full are listed beside it, by another tenth of a core at most.
pub async fn keep_up(node: &Node) {
    tokio::join!(keep_indexed(node), async {
        tokio::select! {
            () = keep_listed(&node.store) => {}
            () = node.drain.begun() => {}
        }
    });
}

/// Lists what full periods hold, for ever.
async fn keep_listed(store: &Store) {
    loop {
        let more = keys::list_next(store, REST_FOR_WORK).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "what a period of the log holds can't be listed; trying again");
            false
        });
        if !more {
            tokio::time::sleep(keys::LOOK_AGAIN).await;
        }
    }
}

async fn keep_indexed(node: &Node) {
    let size = || node.ledger.checkpoint().checkpoint.size;
    let (mut looked, mut known) = (Instant::now(), size());
    while !node.drain.is_draining() {
        let began = Instant::now();
        let more = advance(&node.store, &node.ledger, node.person_key()).await.unwrap_or_else(|error| {
            tracing::warn!(%error, "messages can't be made searchable; trying again");
            false
        });
        let grown = (size() - known) as f64 / looked.elapsed().as_secs_f64();
        (looked, known) = (Instant::now(), size());
        let rest_for_work = if grown > BUSY_ENTRIES_A_SECOND { BUSY_REST_FOR_WORK } else { REST_FOR_WORK };
        let rest = if more { began.elapsed() * rest_for_work } else { Duration::from_millis(IDLE_MILLIS) };
        tokio::time::sleep(rest).await;
    }
}

/// Forgets searchable messages that are older than `keep`, every hour until the node drains.
pub async fn keep_purged(node: &Node, keep: SignedDuration) {
    while !node.drain.is_draining() {
        let before = node.clock.now().checked_sub(keep).unwrap_or(Timestamp::MIN);
        if let Err(error) = purge(&node.store, before).await {
            tracing::warn!(%error, "old messages can't be forgotten; trying again in an hour");
        }
        tokio::time::sleep(Duration::from_secs(PURGE_SECONDS)).await;
    }
}

fn read_entries(
    ledger: &Ledger,
    first: u64,
    end: u64,
    period: Growing,
    persons: Option<&PersonKey>,
) -> Result<Batch, LedgerError> {
    let name = &ledger.checkpoint().checkpoint.origin;
    let mut reading = Reading { ledger: name, period, persons, names: BTreeSet::new(), steps: Vec::new() };
    let mut times: Vec<i64> = Vec::new();
    for (item, index) in ledger.items(first, end - first)?.into_iter().zip(first..) {
        // Entries of records stand in the same ledger and are no messages.
        let Some(entry) = Entry::of_bytes(&item.entry) else { continue };
        match Annex::decode(item.annex.into()) {
            Ok(annex) => {
                if matches!(entry.event, Event::RequestSent | Event::RequestReceived) {
                    times.push(annex.at_micros);
                }
                reading.put(index as i64, &entry, &annex);
            }
            Err(error) => tracing::warn!(index, %error, "a message of the log can't be searched"),
        }
    }
    let time = |micros: Option<&i64>| Timestamp::from_microsecond(*micros?).ok();
    let mut batch = Batch::new();
    if let (Some(first_at), Some(last_at)) = (time(times.iter().min()), time(times.iter().max())) {
        period.extend(&mut batch, name, times.len() as i64, first_at, last_at);
    }
    for name in &reading.names {
        batch.change(&PUT_NAME, params![name.as_str()]);
    }
    for (statement, values) in reading.steps {
        batch.change(statement, values);
    }
    Ok(batch)
}

/// Entries of a ledger on their way to the searchable messages.
struct Reading<'a> {
    ledger: &'a str,
    period: Growing,
    persons: Option<&'a PersonKey>,
    names: BTreeSet<String>,
    steps: Vec<(&'static Statement, Vec<Value>)>,
}

impl Reading<'_> {
    fn put(&mut self, index: i64, entry: &Entry, annex: &Annex) {
        let answer = || params![entry.id, self.ledger, index, status(annex)];
        let step = match entry.event {
            Event::RequestSent => (&PUT_REQUEST_SENT, self.request(index, entry, annex)),
            Event::RequestReceived => (&PUT_REQUEST_RECEIVED, self.request(index, entry, annex)),
            Event::AnswerSent => (&PUT_ANSWER_SENT, answer()),
            Event::AnswerReceived => (&PUT_ANSWER_RECEIVED, answer()),
        };
        self.steps.push(step);
    }

    fn request(&mut self, index: i64, entry: &Entry, annex: &Annex) -> Vec<Value> {
        let head = RequestHead::parse(annex.head.clone()).ok();
        let header = |name| head.as_ref().and_then(|head| rest::text(&head.headers, &name));
        let person = self
            .persons
            .zip(header(rest::USER_ID).filter(|user| !user.is_empty()))
            .map(|(key, user)| key.pseudonym(&user).as_bytes().to_vec());
        let target = head.as_ref().map(|head| &head.target);
        let provider = target.map(|target| target.service.system.to_string()).unwrap_or_default();
        let service = target.map(|target| target.service.to_string()).unwrap_or_default();
        let path = target.map(|target| target.path.clone()).unwrap_or_default();
        let method = head.as_ref().map(|head| head.method.to_string()).unwrap_or_default();
        let text = |name| header(name).unwrap_or_default();
        let client = text(rest::CLIENT);
        let values = params![
            entry.id,
            self.ledger,
            annex.at_micros,
            client.as_str(),
            provider.as_str(),
            service.as_str(),
            path,
            method,
            text(rest::PURPOSE),
            text(rest::ISSUE),
            person,
            annex.peer.as_str(),
            index,
            self.period.number
        ];
        self.names.extend([self.ledger.to_owned(), client, provider, service, annex.peer.clone()]);
        values
    }
}

fn status(annex: &Annex) -> i64 {
    AnswerHead::parse(annex.head.clone()).map_or(0, |head| i64::from(head.status.as_u16()))
}

/// The message with this identifier, as a ledger knows it.
pub async fn find_in(store: &Store, ledger: &str, id: Uuid) -> Result<Option<Logged>, StoreError> {
    store.read_one(&FIND_IN, params![id, ledger]).await?.as_ref().map(logged).transpose()
}

/// The message with this identifier, as the ledger knows it from which it was sent, if that is one of those here.
pub async fn find(store: &Store, id: Uuid) -> Result<Option<Logged>, StoreError> {
    store.read_one(&FIND, params![id]).await?.as_ref().map(logged).transpose()
}

fn logged(row: &Row) -> Result<Logged, StoreError> {
    let index = |column| -> Result<Option<u64>, StoreError> {
        Ok(row.get::<Option<i64>>(column)?.map(i64::unsigned_abs))
    };
    Ok(Logged {
        id: row.get(0)?,
        ledger: row.get(1)?,
        at: row.get(2)?,
        client: row.get(3)?,
        service: row.get(4)?,
        method: row.get(5)?,
        purpose: row.get(6)?,
        dossier: row.get(7)?,
        peer: row.get(8)?,
        status: row.get(9)?,
        request_sent: index(10)?,
        request_received: index(11)?,
        answer_sent: index(12)?,
        answer_received: index(13)?,
    })
}
