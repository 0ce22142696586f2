//! Reading and writing of what is published, subscribed and due. All SQL of events stands here.

use super::lease::Held;
use super::model::{Attempt, Delivery, Due, EventType, Options, Outcome, Published, State, Subscription};
use events::Topic;
use jiff::Timestamp;
use store::{Batch, Migration, Row, Schema, Store, StoreError, params};
use uuid::Uuid;

/// Most rows of a list.
pub const LIST_LIMIT_ROWS: i64 = 200;

/// The tables of a node's events, beside the embedded log's.
pub static SCHEMA: Schema = Schema {
    system: "events",
    migrations: &[
        events::MIGRATION,
        Migration { number: 2, name: "subscriptions", sql: include_str!("tables.sql") },
    ],
    statements: STATEMENTS,
};

store::statements! {
    /// Registers a type of event, or registers it again.
    PUT_EVENT_TYPE = "INSERT INTO event_types (name, owner, schema, retention_days, created_at) VALUES ($1, $2, $3, $4, $5)
        ON CONFLICT (name) DO UPDATE SET schema = excluded.schema, retention_days = excluded.retention_days, ended_at = NULL
        WHERE event_types.owner = excluded.owner";
    /// One type of event.
    EVENT_TYPE = "SELECT name, owner, schema, retention_days, ended_at FROM event_types WHERE name = $1";
    /// All types of event.
    EVENT_TYPES = "SELECT name, owner, schema, retention_days, ended_at FROM event_types ORDER BY name LIMIT $1";
    /// Ends a type of event.
    END_EVENT_TYPE = "UPDATE event_types SET ended_at = $2 WHERE name = $1 AND ended_at IS NULL";
    /// Ends what was subscribed of it.
    END_SUBSCRIPTIONS = "UPDATE subscriptions SET state = 'ended', decided_at = $2, decided_by = $3 WHERE event_type = $1
        AND state IN ('asked', 'granted')";
    /// Notes what was published.
    PUT_PUBLISHED = "INSERT INTO published (event_type, event, number, publisher, at, bytes, withdrawn)
        VALUES ($1, $2, $3, $4, $5, $6, 0) ON CONFLICT (event_type, event) DO NOTHING";
    /// One published event.
    PUBLISHED = "SELECT event, number, publisher, at, bytes, withdrawn FROM published WHERE event_type = $1 AND event = $2";
    /// Takes an event back.
    WITHDRAW = "UPDATE published SET withdrawn = 1 WHERE event_type = $1 AND event = $2";
    /// Makes an event due to nobody.
    DROP_DUE_OF_EVENT = "DELETE FROM deliveries WHERE event = $2
        AND subscription IN (SELECT id FROM subscriptions WHERE event_type = $1)";
    /// Numbers of events that were taken back.
    WITHDRAWN_AFTER = "SELECT number FROM published WHERE event_type = $1 AND number > $2 AND withdrawn = 1
        ORDER BY number LIMIT 10000";
    /// Forgets what was published before a time.
    FORGET_PUBLISHED = "DELETE FROM published WHERE event_type = $1 AND at < $2";
    /// Asks for a subscription.
    ASK = "INSERT INTO subscriptions (id, event_type, subscriber, service, path, ttl_seconds, fifo, purpose, legal_basis,
        state, asked_at, decided_by, reason, position, failures, resume_at)
        VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 'asked', $10, '', '', $11, 0, $10)
        ON CONFLICT (event_type, subscriber) DO UPDATE SET service = excluded.service, path = excluded.path,
        ttl_seconds = excluded.ttl_seconds, fifo = excluded.fifo, purpose = excluded.purpose,
        legal_basis = excluded.legal_basis, state = 'asked', asked_at = excluded.asked_at, decided_at = NULL,
        decided_by = '', reason = '', position = excluded.position, failures = 0, resume_at = excluded.resume_at
        WHERE subscriptions.state IN ('refused', 'ended')";
    /// Changes how a subscriber gets events.
    CHANGE_DELIVERY = "UPDATE subscriptions SET service = $2, path = $3, ttl_seconds = $4, fifo = $5, failures = 0,
        resume_at = $6 WHERE id = $1 AND state IN ('asked', 'granted')";
    /// Decides on a subscription that is still in the state it was read in.
    DECIDE = "UPDATE subscriptions SET state = $3, decided_at = $4, decided_by = $5, reason = $6, position = $7,
        failures = 0, resume_at = $4 WHERE id = $1 AND state = $2";
    /// Moves a subscription to another place in the log.
    MOVE_TO = "UPDATE subscriptions SET position = $2 WHERE id = $1";
    /// Moves a subscription on, unless it was moved meanwhile.
    MOVE_ON = "UPDATE subscriptions SET position = $3 WHERE id = $1 AND position = $2 AND state = 'granted'";
    /// Notes how reaching a subscriber goes.
    NOTE_REACHED = "UPDATE subscriptions SET failures = $2, resume_at = $3 WHERE id = $1";
    /// One subscription.
    SUBSCRIPTION = "SELECT id, event_type, subscriber, service, path, ttl_seconds, fifo, purpose, legal_basis, state,
        asked_at, decided_at, decided_by, reason, position, failures, resume_at FROM subscriptions WHERE id = $1";
    /// What a system subscribed to.
    OF_SUBSCRIBER = "SELECT id, event_type, subscriber, service, path, ttl_seconds, fifo, purpose, legal_basis, state,
        asked_at, decided_at, decided_by, reason, position, failures, resume_at FROM subscriptions
        WHERE subscriber = $1 ORDER BY event_type LIMIT 10000";
    /// Who subscribed to a type of event.
    OF_EVENT_TYPE = "SELECT id, event_type, subscriber, service, path, ttl_seconds, fifo, purpose, legal_basis, state,
        asked_at, decided_at, decided_by, reason, position, failures, resume_at FROM subscriptions
        WHERE event_type = $1 ORDER BY subscriber LIMIT 10000";
    /// Subscriptions in one state.
    IN_STATE = "SELECT id, event_type, subscriber, service, path, ttl_seconds, fifo, purpose, legal_basis, state,
        asked_at, decided_at, decided_by, reason, position, failures, resume_at FROM subscriptions
        WHERE state = $1 ORDER BY event_type, subscriber LIMIT 10000";
    /// Makes an event due, unless it is.
    MAKE_DUE = "INSERT INTO deliveries (subscription, number, event, event_key, attempts, ready_at, expires_at, state,
        last_error) VALUES ($1, $2, $3, $4, 0, $5, $6, 'waiting', '') ON CONFLICT (subscription, number) DO NOTHING";
    /// How many events wait and how many are dead letters.
    COUNT_DUE = "SELECT (SELECT count(*) FROM deliveries WHERE subscription = $1 AND state = 'waiting'),
        (SELECT count(*) FROM deliveries WHERE subscription = $1 AND state = 'dead')";
    /// What may be handed over, each key by its first.
    READY_IN_ORDER = "SELECT subscription, number, event, event_key, attempts, ready_at, expires_at, last_error
        FROM deliveries AS due WHERE subscription = $1 AND state = 'waiting' AND ready_at <= $2 AND NOT EXISTS (
            SELECT 1 FROM deliveries AS earlier WHERE earlier.subscription = due.subscription
                AND earlier.event_key = due.event_key AND earlier.state = 'waiting' AND earlier.number < due.number)
        ORDER BY number LIMIT $3";
    /// What may be handed over.
    READY = "SELECT subscription, number, event, event_key, attempts, ready_at, expires_at, last_error
        FROM deliveries WHERE subscription = $1 AND state = 'waiting' AND ready_at <= $2 ORDER BY number LIMIT $3";
    /// An event that is due to a subscriber.
    DUE_EVENT = "SELECT subscription, number, event, event_key, attempts, ready_at, expires_at, last_error
        FROM deliveries WHERE subscription = $1 AND event = $2";
    /// What waited too long.
    EXPIRED = "SELECT subscription, number, event, event_key, attempts, ready_at, expires_at, last_error
        FROM deliveries WHERE state = 'waiting' AND expires_at <= $1 ORDER BY expires_at, number LIMIT $2";
    /// Dead letters of a subscription.
    DEAD_LETTERS = "SELECT subscription, number, event, event_key, attempts, ready_at, expires_at, last_error
        FROM deliveries WHERE subscription = $1 AND state = 'dead' ORDER BY number LIMIT $2";
    /// Ends a delivery.
    REMOVE_DUE = "DELETE FROM deliveries WHERE subscription = $1 AND number = $2";
    /// Ends the deliveries that still wait.
    REMOVE_WAITING = "DELETE FROM deliveries WHERE subscription = $1 AND state = 'waiting'";
    /// Ends deliveries after a number, which come again.
    REMOVE_AFTER = "DELETE FROM deliveries WHERE subscription = $1 AND number > $2";
    /// Counts a try and says when the next may be made, if nobody else has.
    HAND_OVER_LATER = "UPDATE deliveries SET attempts = $4, ready_at = $5, last_error = $6
        WHERE subscription = $1 AND number = $2 AND attempts = $3 AND state = 'waiting'";
    /// Makes a dead letter of it.
    BURY = "UPDATE deliveries SET state = 'dead', last_error = $3 WHERE subscription = $1 AND number = $2
        AND state = 'waiting'";
    /// Makes a dead letter due again.
    REPLAY = "UPDATE deliveries SET state = 'waiting', attempts = 0, ready_at = $3, expires_at = $4
        WHERE subscription = $1 AND number = $2 AND state = 'dead'";
    /// Writes a line of the delivery log.
    LOG_ATTEMPT = "INSERT INTO attempts (subscription, event, number, at, outcome, detail) VALUES ($1, $2, $3, $4, $5, $6)";
    /// Latest lines of a subscription.
    ATTEMPTS_OF_SUBSCRIPTION = "SELECT subscription, event, number, at, outcome, detail FROM attempts
        WHERE subscription = $1 ORDER BY line DESC LIMIT $2";
    /// Latest lines about an event.
    ATTEMPTS_OF_EVENT = "SELECT subscription, event, number, at, outcome, detail FROM attempts
        WHERE event = $1 ORDER BY line DESC LIMIT $2";
    /// Forgets old lines.
    FORGET_ATTEMPTS = "DELETE FROM attempts WHERE at < $1";
    /// How far an outbox was carried over.
    CARRIED = "SELECT sequence FROM outboxes WHERE system = $1";
    /// Notes how far an outbox was carried over.
    PUT_CARRIED = "INSERT INTO outboxes (system, sequence) VALUES ($1, $2)
        ON CONFLICT (system) DO UPDATE SET sequence = excluded.sequence";
    /// Who hands events out.
    LEASE = "SELECT node, beat FROM lease WHERE one = 1";
    /// Takes or keeps the lease, if it is as it was read.
    TAKE_LEASE = "INSERT INTO lease (one, node, beat) VALUES (1, $1, 1) ON CONFLICT (one) DO UPDATE
        SET node = excluded.node, beat = lease.beat + 1 WHERE lease.node = $2 AND lease.beat = $3";
}

/// Adds a type of event, or a new description of it, to a batch.
pub(super) fn put_event_type(batch: &mut Batch, event_type: &EventType, now: Timestamp) {
    let EventType { name, owner, schema, retention_days, .. } = event_type;
    batch
        .change_one(&PUT_EVENT_TYPE, params![name.as_str(), owner.to_string(), schema, *retention_days, now]);
}

/// A type of event.
pub(super) async fn event_type(store: &Store, name: &Topic) -> Result<Option<EventType>, StoreError> {
    store.read_one(&EVENT_TYPE, params![name.as_str()]).await?.as_ref().map(event_type_of).transpose()
}

/// All types of event that are published, and those that no longer are.
pub async fn event_types(store: &Store) -> Result<Vec<EventType>, StoreError> {
    store.read(&EVENT_TYPES, params![LIST_LIMIT_ROWS]).await?.iter().map(event_type_of).collect()
}

/// Ends a type of event and what was subscribed of it.
pub(super) fn end_event_type(batch: &mut Batch, name: &Topic, by: &str, now: Timestamp) {
    batch.change_one(&END_EVENT_TYPE, params![name.as_str(), now]);
    batch.change(&END_SUBSCRIPTIONS, params![name.as_str(), now, by]);
}

/// Notes what was published.
pub(super) fn put_published(batch: &mut Batch, event_type: &Topic, published: &Published) {
    let Published { event, number, publisher, at, bytes, .. } = published;
    let values = params![event_type.as_str(), event, signed(*number), publisher.to_string(), *at, *bytes];
    batch.change(&PUT_PUBLISHED, values);
}

/// A published event.
pub async fn published(
    store: &Store,
    event_type: &Topic,
    event: Uuid,
) -> Result<Option<Published>, StoreError> {
    let Some(row) = store.read_one(&PUBLISHED, params![event_type.as_str(), event]).await? else {
        return Ok(None);
    };
    Ok(Some(Published {
        event: row.get(0)?,
        number: row.get::<i64>(1)?.unsigned_abs(),
        publisher: parsed(&row, 2)?,
        at: row.get(3)?,
        bytes: row.get(4)?,
        withdrawn: row.get(5)?,
    }))
}

/// Takes an event back: it is due to nobody any more.
pub(super) fn withdraw(batch: &mut Batch, event_type: &Topic, event: Uuid) {
    batch.change_one(&WITHDRAW, params![event_type.as_str(), event]);
    batch.change(&DROP_DUE_OF_EVENT, params![event_type.as_str(), event]);
}

/// Numbers of events after one that were taken back.
pub(super) async fn withdrawn_after(
    store: &Store,
    event_type: &Topic,
    after: u64,
) -> Result<Vec<u64>, StoreError> {
    let rows = store.read(&WITHDRAWN_AFTER, params![event_type.as_str(), signed(after)]).await?;
    rows.iter().map(|row| Ok(row.get::<i64>(0)?.unsigned_abs())).collect()
}

/// Forgets what was published before a time.
pub(super) fn forget_published(batch: &mut Batch, event_type: &Topic, before: Timestamp) {
    batch.change(&FORGET_PUBLISHED, params![event_type.as_str(), before]);
}

/// Asks for a subscription; void when the subscriber has one that is asked for or granted.
pub(super) fn ask(batch: &mut Batch, asked: &Subscription) {
    let (service, path) = service_and_path(&asked.delivery);
    let values = params![
        asked.id,
        asked.event_type.as_str(),
        asked.subscriber.to_string(),
        service,
        path,
        asked.options.ttl_seconds,
        asked.options.fifo,
        &asked.purpose,
        &asked.legal_basis,
        asked.asked_at,
        asked.position.map(signed),
    ];
    batch.change_one(&ASK, values);
}

/// Changes how a subscriber gets events.
pub(super) fn change_delivery(
    batch: &mut Batch,
    id: Uuid,
    delivery: &Delivery,
    options: &Options,
    now: Timestamp,
) {
    let (service, path) = service_and_path(delivery);
    batch.change_one(&CHANGE_DELIVERY, params![id, service, path, options.ttl_seconds, options.fifo, now]);
}

/// Decides on a subscription as it was read.
pub(super) fn decide(batch: &mut Batch, before: &Subscription, after: &Subscription) {
    let Subscription { id, state, decided_at, decided_by, reason, position, .. } = after;
    let values = params![
        id,
        before.state.word(),
        state.word(),
        decided_at.unwrap_or_default(),
        decided_by,
        reason,
        position.map(signed),
    ];
    batch.change_one(&DECIDE, values);
    if *state != State::Granted {
        batch.change(&REMOVE_WAITING, params![id]);
    }
}

/// Moves a subscription to another place in the log. What is due after it comes again from there.
pub(super) fn move_to(batch: &mut Batch, id: Uuid, position: u64) {
    batch.change_one(&MOVE_TO, params![id, signed(position)]);
    batch.change(&REMOVE_AFTER, params![id, signed(position)]);
}

/// Moves a subscription on from where it was read.
pub(super) fn move_on(batch: &mut Batch, id: Uuid, from: u64, to: u64) {
    batch.change_one(&MOVE_ON, params![id, signed(from), signed(to)]);
}

/// Notes how reaching a subscriber goes.
pub(super) fn note_reached(batch: &mut Batch, id: Uuid, failures: u32, resume_at: Timestamp) {
    batch.change(&NOTE_REACHED, params![id, failures, resume_at]);
}

/// A subscription.
pub async fn subscription(store: &Store, id: Uuid) -> Result<Option<Subscription>, StoreError> {
    store.read_one(&SUBSCRIPTION, params![id]).await?.as_ref().map(subscription_of).transpose()
}

/// What a system subscribed to.
pub(super) async fn of_subscriber(store: &Store, subscriber: &str) -> Result<Vec<Subscription>, StoreError> {
    store.read(&OF_SUBSCRIBER, params![subscriber]).await?.iter().map(subscription_of).collect()
}

/// Who subscribed to a type of event.
pub async fn of_event_type(store: &Store, event_type: &Topic) -> Result<Vec<Subscription>, StoreError> {
    store.read(&OF_EVENT_TYPE, params![event_type.as_str()]).await?.iter().map(subscription_of).collect()
}

/// The subscriptions in one state.
pub async fn in_state(store: &Store, state: State) -> Result<Vec<Subscription>, StoreError> {
    store.read(&IN_STATE, params![state.word()]).await?.iter().map(subscription_of).collect()
}

/// Makes an event due.
pub(super) fn make_due(batch: &mut Batch, due: &Due) {
    let Due { subscription, number, event, key, ready_at, expires_at, .. } = due;
    batch.change(&MAKE_DUE, params![subscription, signed(*number), event, key, *ready_at, *expires_at]);
}

/// How many events wait and how many are dead letters.
pub async fn count_due(store: &Store, subscription: Uuid) -> Result<(i64, i64), StoreError> {
    let row = store.read_one(&COUNT_DUE, params![subscription]).await?;
    row.map_or(Ok((0, 0)), |row| Ok((row.get(0)?, row.get(1)?)))
}

/// What may be handed over now.
pub(super) async fn ready(
    store: &Store,
    subscription: &Subscription,
    now: Timestamp,
    limit: usize,
) -> Result<Vec<Due>, StoreError> {
    let statement = if subscription.options.fifo { &READY_IN_ORDER } else { &READY };
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    store.read(statement, params![subscription.id, now, limit]).await?.iter().map(due_of).collect()
}

/// An event that is due to a subscriber, dead letters included.
pub(super) async fn due_event(
    store: &Store,
    subscription: Uuid,
    event: Uuid,
) -> Result<Option<Due>, StoreError> {
    store.read_one(&DUE_EVENT, params![subscription, event]).await?.as_ref().map(due_of).transpose()
}

/// What waited too long.
pub(super) async fn expired(store: &Store, now: Timestamp, limit: usize) -> Result<Vec<Due>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    store.read(&EXPIRED, params![now, limit]).await?.iter().map(due_of).collect()
}

/// Dead letters of a subscription.
pub async fn dead_letters(store: &Store, subscription: Uuid) -> Result<Vec<Due>, StoreError> {
    store.read(&DEAD_LETTERS, params![subscription, LIST_LIMIT_ROWS]).await?.iter().map(due_of).collect()
}

/// Ends a delivery; void when it has ended.
pub(super) fn confirm(batch: &mut Batch, due: &Due) {
    batch.change_one(&REMOVE_DUE, params![due.subscription, signed(due.number)]);
}

/// Counts a try and says when the next may be made.
pub(super) fn hand_over_later(batch: &mut Batch, before: &Due, after: &Due) {
    let values = params![
        after.subscription,
        signed(after.number),
        before.attempts,
        after.attempts,
        after.ready_at,
        &after.last_error,
    ];
    batch.change_one(&HAND_OVER_LATER, values);
}

/// Makes a dead letter of it.
pub(super) fn bury(batch: &mut Batch, due: &Due, reason: &str) {
    batch.change_one(&BURY, params![due.subscription, signed(due.number), reason]);
}

/// Makes a dead letter due again; void when it is none.
pub(super) fn replay(batch: &mut Batch, due: &Due, now: Timestamp, expires_at: Timestamp) {
    batch.change_one(&REPLAY, params![due.subscription, signed(due.number), now, expires_at]);
}

/// Writes a line of the delivery log.
pub(super) fn log_attempt(batch: &mut Batch, due: &Due, at: Timestamp, outcome: Outcome, detail: &str) {
    let values = params![due.subscription, due.event, signed(due.number), at, outcome.word(), detail];
    batch.change(&LOG_ATTEMPT, values);
}

/// Latest lines of a subscription, newest first.
pub async fn attempts_of_subscription(store: &Store, id: Uuid) -> Result<Vec<Attempt>, StoreError> {
    store
        .read(&ATTEMPTS_OF_SUBSCRIPTION, params![id, LIST_LIMIT_ROWS])
        .await?
        .iter()
        .map(attempt_of)
        .collect()
}

/// Latest lines about an event, newest first.
pub(super) async fn attempts_of_event(store: &Store, event: Uuid) -> Result<Vec<Attempt>, StoreError> {
    store.read(&ATTEMPTS_OF_EVENT, params![event, LIST_LIMIT_ROWS]).await?.iter().map(attempt_of).collect()
}

/// Forgets old lines of the delivery log.
pub(super) fn forget_attempts(batch: &mut Batch, before: Timestamp) {
    batch.change(&FORGET_ATTEMPTS, params![before]);
}

/// How far a system's outbox was carried over.
pub(super) async fn carried(store: &Store, system: &str) -> Result<i64, StoreError> {
    store.read_one(&CARRIED, params![system]).await?.map_or(Ok(0), |row| row.get(0))
}

/// Notes how far a system's outbox was carried over.
pub(super) fn put_carried(batch: &mut Batch, system: &str, sequence: i64) {
    batch.change(&PUT_CARRIED, params![system, sequence]);
}

/// Who hands events out; nobody has when there are none.
pub(super) async fn lease(store: &Store) -> Result<Option<Held>, StoreError> {
    let row = store.read_one(&LEASE, params![]).await?;
    row.map(|row| Ok(Held { by: row.get(0)?, beat: row.get(1)? })).transpose()
}

/// Takes or keeps the lease; a conflict when it is not as it was read.
pub(super) async fn take_lease(store: &Store, node: &str, read: Option<&Held>) -> Result<(), StoreError> {
    let (by, beat) = read.map_or(("", 0), |held| (held.by.as_str(), held.beat));
    let mut batch = Batch::new();
    batch.change_one(&TAKE_LEASE, params![node, by, beat]);
    store.write(batch).await
}

fn signed(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

fn service_and_path(delivery: &Delivery) -> (&str, &str) {
    match delivery {
        Delivery::Push { service, path } => (service, path),
        Delivery::Pull => ("", ""),
    }
}

fn parsed<T: std::str::FromStr>(row: &Row, column: usize) -> Result<T, StoreError> {
    row.get::<String>(column)?.parse().map_err(|_| damaged(column))
}

/// A column that this program never writes so.
fn damaged(column: usize) -> StoreError {
    StoreError::WrongType {
        statement: "events",
        column,
        expected: "what the node wrote",
        found: "something else",
    }
}

fn event_type_of(row: &Row) -> Result<EventType, StoreError> {
    Ok(EventType {
        name: parsed(row, 0)?,
        owner: parsed(row, 1)?,
        schema: row.get(2)?,
        retention_days: row.get(3)?,
        ended_at: row.get(4)?,
    })
}

fn subscription_of(row: &Row) -> Result<Subscription, StoreError> {
    let (service, path): (String, String) = (row.get(3)?, row.get(4)?);
    let delivery = if service.is_empty() { Delivery::Pull } else { Delivery::Push { service, path } };
    Ok(Subscription {
        id: row.get(0)?,
        event_type: parsed(row, 1)?,
        subscriber: parsed(row, 2)?,
        delivery,
        options: Options { ttl_seconds: row.get(5)?, fifo: row.get(6)? },
        purpose: row.get(7)?,
        legal_basis: row.get(8)?,
        state: State::of_word(&row.get::<String>(9)?).ok_or_else(|| damaged(9))?,
        asked_at: row.get(10)?,
        decided_at: row.get(11)?,
        decided_by: row.get(12)?,
        reason: row.get(13)?,
        position: row.get::<Option<i64>>(14)?.map(i64::unsigned_abs),
        failures: row.get(15)?,
        resume_at: row.get(16)?,
    })
}

fn due_of(row: &Row) -> Result<Due, StoreError> {
    Ok(Due {
        subscription: row.get(0)?,
        number: row.get::<i64>(1)?.unsigned_abs(),
        event: row.get(2)?,
        key: row.get(3)?,
        attempts: row.get(4)?,
        ready_at: row.get(5)?,
        expires_at: row.get(6)?,
        last_error: row.get(7)?,
    })
}

fn attempt_of(row: &Row) -> Result<Attempt, StoreError> {
    Ok(Attempt {
        subscription: row.get(0)?,
        event: row.get(1)?,
        number: row.get::<i64>(2)?.unsigned_abs(),
        at: row.get(3)?,
        outcome: Outcome::of_word(&row.get::<String>(4)?).ok_or_else(|| damaged(4))?,
        detail: row.get(5)?,
    })
}
