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
use jiff::Timestamp;
use serde_json::value::RawValue;
use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};
use store::{Batch, StoreError};
use tokio::{task::JoinSet, time::Instant};
use uuid::Uuid;

/// Most events that wait for one subscriber beside the log. What comes after them stays in the log until then.
const DUE_LIMIT_EVENTS: i64 = 10_000;
/// Events that are on their way to one subscriber at a time.
const PUSHED_AT_ONCE: usize = 128;
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

/// A subscription that is being pushed to, until that has ended or this is dropped, however it comes about.
struct Pushing {
    events: Arc<Events>,
    subscription: Uuid,
    has_ended: bool,
}

impl Pushing {
    /// Begins, unless that is being done; then whoever does it is told to look again.
    fn begin(events: &Arc<Events>, subscription: Uuid) -> Option<Self> {
        let mut pushing = events.lock(&events.pushing);
        if let Some(look_again) = pushing.get_mut(&subscription) {
            *look_again = true;
            return None;
        }
        pushing.insert(subscription, false);
        Some(Self { events: events.clone(), subscription, has_ended: false })
    }

    /// Ends, unless something may have become due since nothing was found.
    fn ends(&mut self) -> bool {
        let mut pushing = self.events.lock(&self.events.pushing);
        self.has_ended = pushing.insert(self.subscription, false) != Some(true);
        if self.has_ended {
            pushing.remove(&self.subscription);
        }
        self.has_ended
    }
}

impl Drop for Pushing {
    fn drop(&mut self) {
        if !self.has_ended {
            self.events.lock(&self.events.pushing).remove(&self.subscription);
        }
    }
}

/// Events on their way to one subscriber.
#[derive(Default)]
struct UnderWay {
    sending: JoinSet<(Outcome, Due)>,
    /// Of those, and of those that have ended and are not noted yet.
    numbers: HashSet<u64>,
}

impl UnderWay {
    /// What has come of those that have ended; nothing when none is under way.
    async fn ended(&mut self) -> Option<Vec<(Outcome, Due)>> {
        let mut ended = vec![self.sending.join_next().await?];
        while let Some(next) = self.sending.try_join_next() {
            ended.push(next);
        }
        // Of a courier that broke down nobody knows what came; its event is handed over again.
        let ended: Vec<(Outcome, Due)> = ended.into_iter().flatten().collect();
        ended.iter().for_each(|_| steps::reached("event-delivered"));
        Some(ended)
    }
}

impl Events {
    /// Makes the next events of the log due to a subscriber; true when there were any.
    pub(super) async fn advance(&self, subscription: &Subscription) -> Result<bool, EventsError> {
        let Some(position) = subscription.position else { return Ok(false) };
        let (waiting, _) = records::count_due(&self.store, subscription.id).await?;
        let (event_type, subscriber) =
            (subscription.event_type.to_string(), subscription.subscriber.to_string());
        metrics::gauge!("events_waiting", "type" => event_type, "subscriber" => subscriber)
            .set(waiting as f64);
        if waiting + BATCH_LIMIT_EVENTS as i64 > DUE_LIMIT_EVENTS {
            self.lock(&self.held_back).insert(subscription.id);
            return Ok(false);
        }
        let topic = &subscription.event_type;
        let logged = self.log.read(topic, position, BATCH_LIMIT_EVENTS).await?;
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

    /// Pushes what is ready to a subscriber until nothing is, unless that is being done; how many events it took.
    pub(super) async fn push(
        self: &Arc<Self>,
        subscription: &Subscription,
        courier: Arc<dyn Courier>,
    ) -> Result<usize, EventsError> {
        let Some(mut pushing) = Pushing::begin(self, subscription.id) else { return Ok(0) };
        let mut taken = 0;
        loop {
            taken += self.push_ready(subscription.id, &courier).await?;
            if pushing.ends() {
                return Ok(taken);
            }
        }
    }

    /// Keeps as many events on their way as may be, until none is ready or the subscriber can't be reached. What has come of
    /// an event is durable before the next of its key is looked for.
    async fn push_ready(
        self: &Arc<Self>,
        subscription: Uuid,
        courier: &Arc<dyn Courier>,
    ) -> Result<usize, EventsError> {
        let (mut under_way, mut ended) = (UnderWay::default(), Vec::new());
        let (mut taken, mut unreachable) = (0, false);
        loop {
            // It may have been changed, paused or ended since it was read.
            let Some(current) = records::subscription(&self.store, subscription).await? else {
                return Ok(taken);
            };
            let sending = async {
                if unreachable {
                    return Ok(());
                }
                self.send_ready(&current, courier, &mut under_way).await
            };
            // What has ended counts as under way until that is noted, so nothing of it is sent again meanwhile.
            let (noted, sent) = tokio::join!(self.note(&ended), sending);
            noted.and(sent)?;
            let reached = ended.iter().filter(|(outcome, _)| *outcome == Outcome::Taken).count();
            for (_, due) in &ended {
                under_way.numbers.remove(&due.number);
                steps::reached("event-noted");
            }
            if reached > 0 && !unreachable {
                self.note_reached(&current, false).await?;
            }
            taken += reached;
            let looked_before_noting = !ended.is_empty();
            ended = match under_way.ended().await {
                Some(ended) => ended,
                None if looked_before_noting => Vec::new(),
                None => break,
            };
            unreachable |= ended.iter().any(|(outcome, _)| matches!(outcome, Outcome::Unreachable(_)));
        }
        if unreachable && let Some(current) = records::subscription(&self.store, subscription).await? {
            self.note_reached(&current, true).await?;
        }
        Ok(taken)
    }

    /// Sends what is ready and not under way, as far as there is room.
    async fn send_ready(
        self: &Arc<Self>,
        subscription: &Subscription,
        courier: &Arc<dyn Courier>,
        under_way: &mut UnderWay,
    ) -> Result<(), EventsError> {
        let now = self.clock.now();
        let Some((service, path)) = subscription.target() else { return Ok(()) };
        let may_hand_out = self.lock(&self.hands_out_until).is_some_and(|until| Instant::now() < until);
        if subscription.state != model::State::Granted || subscription.resume_at > now || !may_hand_out {
            return Ok(());
        }
        // While the subscriber is away one event is enough to find out that it is back.
        let limit = if subscription.failures > 0 { 1 } else { PUSHED_AT_ONCE };
        let room = limit.saturating_sub(under_way.sending.len());
        if room == 0 {
            return Ok(());
        }
        let looked_at = under_way.numbers.len() + room;
        let mut ready = records::ready(&self.store, subscription, now, looked_at).await?;
        if ready.len() < looked_at && self.lock(&self.held_back).remove(&subscription.id) {
            self.told_of(&subscription.event_type);
        }
        ready.retain(|due| !under_way.numbers.contains(&due.number));
        ready.truncate(room);
        let mut documents = self.documents(&subscription.event_type, &ready).await?;
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
            under_way.numbers.insert(due.number);
            under_way.sending.spawn(async move { (courier.deliver(parcel).await, due) });
        }
        Ok(())
    }

    /// Notes what came of sending events, together if nobody has touched any of them meanwhile.
    async fn note(&self, ended: &[(Outcome, Due)]) -> Result<(), EventsError> {
        let now = self.clock.now();
        let mut together = Batch::new();
        for (outcome, due) in ended {
            add_outcome(&mut together, due, outcome, now);
            count(due, outcome);
        }
        if self.write_if_unchanged(together).await? {
            return Ok(());
        }
        for (outcome, due) in ended {
            let mut alone = Batch::new();
            add_outcome(&mut alone, due, outcome, now);
            self.write_if_unchanged(alone).await?;
        }
        Ok(())
    }

    /// Notes that a subscriber could be reached, or could not and is left alone for a while.
    async fn note_reached(&self, subscription: &Subscription, unreachable: bool) -> Result<(), EventsError> {
        let now = self.clock.now();
        let (failures, resume_at) = match unreachable {
            true => {
                let failures = subscription.failures.saturating_add(1);
                (failures, retry_at(now, failures))
            }
            false if subscription.failures > 0 => (0, now),
            false => return Ok(()),
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

/// Adds what came of sending an event to a batch.
fn add_outcome(batch: &mut Batch, due: &Due, outcome: &Outcome, now: Timestamp) {
    let attempts = due.attempts + 1;
    let (logged, detail) = match outcome {
        Outcome::Taken => {
            records::confirm(batch, due);
            (model::Outcome::Confirmed, String::new())
        }
        Outcome::Refused(detail) if is_given_up(attempts) => {
            let detail = shortened(detail);
            records::bury(batch, due, &detail);
            (model::Outcome::Dead, detail)
        }
        Outcome::Refused(detail) => {
            let detail = shortened(detail);
            let ready_at = retry_at(now, attempts);
            let after = Due { attempts, ready_at, last_error: detail.clone(), ..due.clone() };
            records::hand_over_later(batch, due, &after);
            (model::Outcome::Refused, detail)
        }
        // It is nobody's fault and no try of this event: the subscription pauses, and the event stays the next.
        Outcome::Unreachable(detail) => {
            let detail = shortened(detail);
            let after = Due { last_error: detail.clone(), ..due.clone() };
            records::hand_over_later(batch, due, &after);
            (model::Outcome::Unreachable, detail)
        }
    };
    records::log_attempt(batch, due, now, logged, &detail);
}

fn count(due: &Due, outcome: &Outcome) {
    match outcome {
        Outcome::Taken => metrics::counter!("events_confirmed_total").increment(1),
        Outcome::Refused(_) if is_given_up(due.attempts + 1) => {
            metrics::counter!("events_dead_total").increment(1);
        }
        Outcome::Refused(_) => metrics::counter!("events_refused_total").increment(1),
        Outcome::Unreachable(_) => metrics::counter!("events_unreachable_total").increment(1),
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::events::tests::room;

    #[tokio::test]
    async fn whoever_pushes_looks_again_when_something_became_due_meanwhile() {
        let (events, _, _) = room().await;
        let (one, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let mut pushing = Pushing::begin(&events, one).expect("nobody pushes");
        assert!(Pushing::begin(&events, one).is_none(), "one at a time");
        assert!(Pushing::begin(&events, other).is_some(), "each subscription by itself");
        assert!(!pushing.ends(), "it was told to look again");
        assert!(pushing.ends());
        drop(pushing);
        let again = Pushing::begin(&events, one).expect("it has ended");
        drop(again);
        assert!(Pushing::begin(&events, one).is_some(), "one that broke off is over, too");
    }
}
