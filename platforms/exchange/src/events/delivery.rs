//! Makes events due and hands them over: to a subscriber's service, or to whoever fetches.

use super::{
    Events, EventsError,
    model::{self, Due, Subscription},
    records,
    rules::{self, is_given_up, retry_at},
};
use crate::{Node, body::Body, consumer::Request, rest};
use async_trait::async_trait;
use bytes::Bytes;
use contracts::{
    ServiceId, SystemId,
    events::{CloudEvent, MEDIA_TYPE},
};
use events::{BATCH_LIMIT_EVENTS, Logged, Topic};
use http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use serde_json::value::RawValue;
use std::{collections::HashMap, sync::Arc};
use store::{Batch, StoreError};
use tokio::task::JoinSet;
use uuid::Uuid;

/// Most events that wait for one subscriber beside the log. What comes after them stays in the log until then.
const DUE_LIMIT_EVENTS: i64 = 10_000;
/// Events pushed to one subscriber at a time.
const PUSHED_AT_ONCE: usize = 16;
/// Expired events buried at a time.
const EXPIRED_AT_ONCE: usize = 500;
/// Detail of a dead letter that waited too long.
const WAITED_TOO_LONG: &str = "it was not confirmed within its time to live";
/// Detail of a dead letter that the log has forgotten.
const FORGOTTEN: &str = "the log no longer keeps it";

/// An event on its way to a subscriber's service.
#[derive(Debug, Clone)]
pub struct Parcel {
    /// The room that sends it.
    pub sender: SystemId,
    /// The service.
    pub service: ServiceId,
    /// Path within the service.
    pub path: String,
    /// Identifier of the message: the same one however often the event is sent.
    pub message: String,
    /// What it is for.
    pub purpose: String,
    /// What allows it.
    pub legal_basis: String,
    /// The event.
    pub document: Bytes,
}

/// What came of sending an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// The subscriber has it.
    Taken,
    /// The subscriber answered, and does not want it so.
    Refused(String),
    /// The subscriber did not answer, or asks for a pause.
    Unreachable(String),
}

/// Carries events to services; a node is one.
#[async_trait]
pub trait Courier: Send + Sync {
    /// Carries one event.
    async fn deliver(&self, parcel: Parcel) -> Outcome;
}

#[async_trait]
impl Courier for Node {
    async fn deliver(&self, parcel: Parcel) -> Outcome {
        let mut headers = HeaderMap::new();
        headers.insert(rest::ID, rest::value(&parcel.message));
        headers.insert(rest::PURPOSE, rest::value(&parcel.purpose));
        headers.insert(rest::LEGAL_BASIS, rest::value(&parcel.legal_basis));
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(MEDIA_TYPE));
        headers.insert(header::ACCEPT, HeaderValue::from_static("application/json"));
        let request = Request {
            client: parcel.sender,
            method: Method::POST,
            target: rest::Target { service: parcel.service, path: parcel.path, query: None },
            headers,
            body: Some(Body::from_bytes(parcel.document)),
        };
        match self.carry_request(request).await {
            Err(fault) => Outcome::Unreachable(fault.message),
            // The exchange, not the subscriber, has answered: no grant, no such service, the system is down.
            Ok(answered) if answered.head.headers.contains_key(rest::ERROR) => {
                let kind = rest::text(&answered.head.headers, &rest::ERROR).unwrap_or_default();
                Outcome::Unreachable(kind)
            }
            Ok(answered) => outcome_of(answered.head.status),
        }
    }
}

fn outcome_of(status: StatusCode) -> Outcome {
    match status {
        status if status.is_success() => Outcome::Taken,
        StatusCode::TOO_MANY_REQUESTS | StatusCode::SERVICE_UNAVAILABLE => {
            Outcome::Unreachable(format!("it answered {}", status.as_u16()))
        }
        status => Outcome::Refused(format!("it answered {}", status.as_u16())),
    }
}

/// A subscription that is being pushed to, until this is dropped, however that comes about.
struct Pushing {
    events: Arc<Events>,
    subscription: Uuid,
}

impl Drop for Pushing {
    fn drop(&mut self) {
        self.events.lock(&self.events.pushing).remove(&self.subscription);
    }
}

impl Events {
    /// Makes the next events of the log due to a subscriber; true when there were any.
    pub(super) async fn advance(&self, subscription: &Subscription) -> Result<bool, EventsError> {
        let Some(position) = subscription.position else { return Ok(false) };
        let (waiting, _) = records::count_due(&self.store, subscription.id).await?;
        let room = usize::try_from(DUE_LIMIT_EVENTS - waiting).unwrap_or(0).min(BATCH_LIMIT_EVENTS);
        let topic = &subscription.event_type;
        let logged = if room == 0 { Vec::new() } else { self.log.read(topic, position, room).await? };
        let Some(last) = logged.last().map(|logged| logged.number) else { return Ok(false) };
        let withdrawn = records::withdrawn_after(&self.store, topic, position).await?;
        let now = self.clock.now();
        let expires_at = rules::expires_at(now, &subscription.options);
        let mut batch = Batch::new();
        for Logged { number, event } in logged.iter().filter(|logged| !withdrawn.contains(&logged.number)) {
            let due = Due {
                subscription: subscription.id,
                number: *number,
                event: event.id,
                key: event.key.clone(),
                attempts: 0,
                ready_at: now,
                expires_at,
                last_error: String::new(),
            };
            records::make_due(&mut batch, &due);
        }
        records::move_on(&mut batch, subscription.id, position, last);
        match self.store.write(batch).await {
            Ok(()) => {
                steps::reached("event-due");
                Ok(true)
            }
            // It was moved or ended meanwhile; what is due is decided anew.
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Buries what waited too long; true when there was anything.
    pub(super) async fn expire(&self) -> Result<bool, EventsError> {
        let now = self.clock.now();
        let expired = records::expired(&self.store, now, EXPIRED_AT_ONCE).await?;
        for due in &expired {
            let mut batch = Batch::new();
            records::bury(&mut batch, due, WAITED_TOO_LONG);
            records::log_attempt(&mut batch, due, now, model::Outcome::Expired, WAITED_TOO_LONG);
            self.write_if_unchanged(batch).await?;
            metrics::counter!("events_dead_total").increment(1);
        }
        Ok(!expired.is_empty())
    }

    /// Pushes what is ready to a subscriber, unless that is being done; how many events it took.
    pub(super) async fn push(
        self: &Arc<Self>,
        subscription: &Subscription,
        courier: Arc<dyn Courier>,
    ) -> Result<usize, EventsError> {
        if !self.lock(&self.pushing).insert(subscription.id) {
            return Ok(0);
        }
        let _pushing = Pushing { events: self.clone(), subscription: subscription.id };
        let pushed = self.push_ready(subscription, courier).await;
        if matches!(pushed, Ok(taken) if taken > 0) {
            // More of the same keys may follow.
            self.work.notify_one();
        }
        pushed
    }

    async fn push_ready(
        self: &Arc<Self>,
        subscription: &Subscription,
        courier: Arc<dyn Courier>,
    ) -> Result<usize, EventsError> {
        // Another push may have ended since it was read.
        let Some(subscription) = records::subscription(&self.store, subscription.id).await? else {
            return Ok(0);
        };
        let now = self.clock.now();
        let Some((service, path)) = subscription.target() else { return Ok(0) };
        if subscription.state != model::State::Granted || subscription.resume_at > now {
            return Ok(0);
        }
        // While the subscriber is away one event is enough to find out that it is back.
        let limit = if subscription.failures > 0 { 1 } else { PUSHED_AT_ONCE };
        let ready = records::ready(&self.store, &subscription, now, limit).await?;
        let mut documents = self.documents(&subscription.event_type, &ready).await?;
        let mut sending = JoinSet::new();
        for due in ready {
            let Some(document) = documents.remove(&due.number) else {
                self.bury(&due, model::Outcome::Dead, FORGOTTEN).await?;
                continue;
            };
            let parcel = Parcel {
                sender: self.room(),
                service: service.clone(),
                path: path.to_owned(),
                message: format!("{}-{}-{}", self.member.instance, due.event, due.subscription),
                purpose: subscription.purpose.clone(),
                legal_basis: subscription.legal_basis.clone(),
                document,
            };
            let courier = courier.clone();
            sending.spawn(async move { (courier.deliver(parcel).await, due) });
        }
        let (mut taken, mut unreachable) = (0, false);
        while let Some(sent) = sending.join_next().await {
            let Ok((outcome, due)) = sent else { continue };
            steps::reached("event-delivered");
            taken += usize::from(outcome == Outcome::Taken);
            unreachable |= matches!(outcome, Outcome::Unreachable(_));
            self.note(&due, outcome).await?;
            steps::reached("event-noted");
        }
        self.note_reached(&subscription, unreachable, taken > 0).await?;
        Ok(taken)
    }

    /// Notes what came of sending an event.
    async fn note(&self, due: &Due, outcome: Outcome) -> Result<(), EventsError> {
        let now = self.clock.now();
        let mut batch = Batch::new();
        match outcome {
            Outcome::Taken => {
                records::confirm(&mut batch, due);
                records::log_attempt(&mut batch, due, now, model::Outcome::Confirmed, "");
                metrics::counter!("events_confirmed_total").increment(1);
            }
            Outcome::Refused(detail) if is_given_up(due.attempts + 1) => {
                return self.bury(due, model::Outcome::Dead, &detail).await;
            }
            Outcome::Refused(detail) => {
                let attempts = due.attempts + 1;
                let detail = shortened(&detail);
                let ready_at = retry_at(now, attempts);
                let after = Due { attempts, ready_at, last_error: detail.clone(), ..due.clone() };
                records::hand_over_later(&mut batch, due, &after);
                records::log_attempt(&mut batch, due, now, model::Outcome::Refused, &detail);
                metrics::counter!("events_refused_total").increment(1);
            }
            // It is nobody's fault and no try of this event: the subscription pauses, and the event stays the next.
            Outcome::Unreachable(detail) => {
                let detail = shortened(&detail);
                let after = Due { last_error: detail.clone(), ..due.clone() };
                records::hand_over_later(&mut batch, due, &after);
                records::log_attempt(&mut batch, due, now, model::Outcome::Unreachable, &detail);
            }
        }
        self.write_if_unchanged(batch).await.map(drop)
    }

    async fn note_reached(
        &self,
        subscription: &Subscription,
        unreachable: bool,
        reached: bool,
    ) -> Result<(), EventsError> {
        let now = self.clock.now();
        let (failures, resume_at) = match (unreachable, reached) {
            (true, _) => {
                let failures = subscription.failures.saturating_add(1);
                (failures, retry_at(now, failures))
            }
            (false, true) if subscription.failures > 0 => (0, now),
            _ => return Ok(()),
        };
        let mut batch = Batch::new();
        records::note_reached(&mut batch, subscription.id, failures, resume_at);
        Ok(self.store.write(batch).await?)
    }

    /// The next event for a subscriber that fetches. It is not handed out again for a while, and then until it is confirmed.
    pub(super) async fn fetch(&self, subscription: &Subscription) -> Result<Option<Bytes>, EventsError> {
        loop {
            self.advance(subscription).await?;
            let now = self.clock.now();
            let ready = records::ready(&self.store, subscription, now, 1).await?;
            let Some(due) = ready.first() else { return Ok(None) };
            let Some(document) = self.documents(&subscription.event_type, &ready).await?.remove(&due.number)
            else {
                self.bury(due, model::Outcome::Dead, FORGOTTEN).await?;
                continue;
            };
            if is_given_up(due.attempts) {
                self.bury(due, model::Outcome::Dead, "it was fetched often and never confirmed").await?;
                continue;
            }
            let after =
                Due { attempts: due.attempts + 1, ready_at: rules::fetched_until(now), ..due.clone() };
            let mut batch = Batch::new();
            records::hand_over_later(&mut batch, due, &after);
            records::log_attempt(&mut batch, due, now, model::Outcome::Fetched, "");
            // Two who fetch at once do not get the same.
            if self.write_if_unchanged(batch).await? {
                steps::reached("event-fetched");
                return Ok(Some(document));
            }
        }
    }

    /// Confirms an event; false when none of this identifier is due. Confirming twice is confirming once.
    pub(super) async fn confirm(
        &self,
        subscription: &Subscription,
        event: Uuid,
    ) -> Result<bool, EventsError> {
        let Some(due) = records::due_event(&self.store, subscription.id, event).await? else {
            return Ok(false);
        };
        let mut batch = Batch::new();
        records::confirm(&mut batch, &due);
        records::log_attempt(&mut batch, &due, self.clock.now(), model::Outcome::Confirmed, "");
        metrics::counter!("events_confirmed_total").increment(1);
        let confirmed = self.write_if_unchanged(batch).await?;
        steps::reached("event-confirmed");
        Ok(confirmed)
    }

    async fn bury(&self, due: &Due, outcome: model::Outcome, reason: &str) -> Result<(), EventsError> {
        let reason = shortened(reason);
        let mut batch = Batch::new();
        records::bury(&mut batch, due, &reason);
        records::log_attempt(&mut batch, due, self.clock.now(), outcome, &reason);
        metrics::counter!("events_dead_total").increment(1);
        self.write_if_unchanged(batch).await.map(drop)
    }

    /// Writes a batch; false when a delivery it is about has changed or ended meanwhile.
    async fn write_if_unchanged(&self, batch: Batch) -> Result<bool, EventsError> {
        match self.store.write(batch).await {
            Ok(()) => Ok(true),
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// What these events say, by their numbers. Those the log has forgotten are missing.
    async fn documents(&self, topic: &Topic, due: &[Due]) -> Result<HashMap<u64, Bytes>, EventsError> {
        let mut documents = HashMap::with_capacity(due.len());
        let mut numbers: Vec<u64> = due.iter().map(|due| due.number).collect();
        numbers.sort_unstable();
        let mut rest = numbers.as_slice();
        while let Some(first) = rest.first() {
            let near = rest.iter().take_while(|number| *number - first < BATCH_LIMIT_EVENTS as u64).count();
            let (together, after) = rest.split_at(near);
            let span = together.last().map_or(1, |last| last - first + 1);
            for logged in self.log.read(topic, first - 1, span as usize).await? {
                if together.contains(&logged.number) {
                    documents.insert(logged.number, numbered(&logged));
                }
            }
            rest = after;
        }
        Ok(documents)
    }
}

/// The event with its place among those of its type.
fn numbered(logged: &Logged) -> Bytes {
    let written: Result<CloudEvent<Box<RawValue>>, _> = serde_json::from_str(&logged.event.document);
    let numbered = written.and_then(|event| {
        serde_json::to_vec(&CloudEvent { sequence: Some(logged.number.to_string()), ..event })
    });
    // What can't be read is handed over as it was published.
    numbered.map_or_else(|_| Bytes::from(logged.event.document.clone()), Bytes::from)
}

fn shortened(detail: &str) -> String {
    detail.chars().take(rules::REASON_LIMIT_CHARACTERS).collect()
}
