//! Events: a node publishes what its members tell, to whom they let.
//!
//! Every node has a *room*, the system `events` of its member, with the services of GovStack's Information Mediator for
//! publishing and subscribing (specification 1.1, chapter 9.2): `api`, `pub` and `pull`. The node keeps the log of its own
//! members' events ([`events`]); nothing stands in the middle, so no other node's trouble stops it.
//!
//! - A publisher registers a type of event with a JSON Schema, and publishes. A system of this process publishes through the
//!   outbox of its store, in the batch of what happened; [`outbox`] carries it over, in order and once.
//! - A subscriber asks, the publisher grants or refuses. What is published from then on - or from an earlier place in the
//!   log - becomes *due* to it.
//! - Due events are handed over until they are confirmed: pushed to a service of the subscriber as an ordinary message of
//!   the exchange, or fetched by it. The same identifier may come twice, if a confirmation was lost; never after it.
//! - What waits longer than its time to live, or is refused too often, is a *dead letter*: it is shown, and can be replayed
//!   for as long as the log keeps it. A subscriber that can't be reached refuses nothing, and is tried again until then.
//!
//! Source: GovStack Information Mediator 1.1 (PubSub API 2.0.0), CloudEvents 1.0.2 with the extensions Partitioning and
//! Sequence.

pub mod delivery;
mod lease;
pub mod model;
mod outbox;
pub mod records;
pub mod rules;
pub mod schema;
mod services;

#[cfg(feature = "testing")]
pub(crate) use services::fuzzing;

pub use delivery::{Courier, Outcome, Parcel};
pub use records::SCHEMA;

use crate::{AccessRule, Node, Offer};
use contracts::{MemberId, SystemId, events::SYSTEM};
use events::{EventLog, LogError, Topic};
use jiff::SignedDuration;
use model::{Delivery, EventType, Options, State, Subscription};
use outbox::Outbox;
use std::{
    collections::{HashMap, HashSet},
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use store::{Batch, Store, StoreError};
use system::{Clock, EventFacts, Random};
use thiserror::Error;
use tokio::{sync::Notify, time::Instant};
use uuid::Uuid;

/// How often everything is looked through, whether or not anybody has told of something to do: other nodes may share the
/// records, events become ready and expire with time.
const LOOK_THROUGH: Duration = Duration::from_millis(250);
/// How long lines of the delivery log are kept, in days.
const DELIVERY_LOG_DAYS: i64 = 90;
/// How often what is old is forgotten, in seconds.
const TIDY_SECONDS: i64 = 3_600;

/// Why events can't be kept or handed over.
#[derive(Debug, Error)]
pub enum EventsError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The log.
    #[error(transparent)]
    Log(#[from] LogError),
}

/// A subscription that publisher and subscriber have agreed on outside the exchange, as it stands in a configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Agreement {
    /// The type of event.
    pub event_type: &'static str,
    /// The subscriber.
    pub subscriber: SystemId,
    /// The service of the subscriber that takes the events.
    pub service: &'static str,
    /// The path within it.
    pub path: &'static str,
    /// What it needs them for.
    pub purpose: &'static str,
    /// What allows it to have them.
    pub legal_basis: &'static str,
}

/// How long events of an [`Agreement`] wait to be confirmed, in seconds: systems of the house may be away for a month.
const AGREED_TTL_SECONDS: i64 = 30 * 24 * 3_600;

/// The events of one node.
pub struct Events {
    member: MemberId,
    store: Store,
    log: Arc<dyn EventLog>,
    clock: Clock,
    random: Random,
    outboxes: Mutex<Vec<Outbox>>,
    /// The schemas that were compiled, each beside its text: another node may have registered the type anew.
    schemas: Mutex<HashMap<Topic, (String, Arc<schema::Schema>)>>,
    /// Subscriptions that are being pushed to, and whether something became due to them meanwhile.
    pushing: Mutex<HashMap<Uuid, bool>>,
    /// Types of which something was published, or decided, since they were last looked at.
    fresh: Mutex<HashSet<Topic>>,
    /// Subscriptions to which so much is due that no more is made due for now.
    held_back: Mutex<HashSet<Uuid>>,
    /// Until when this node may hand out events, if it may.
    hands_out_until: Mutex<Option<Instant>>,
    work: Arc<Notify>,
}

impl Events {
    /// The events of a member, kept in `log`; who subscribed and what is due, in `store`, which has [`SCHEMA`].
    pub fn new(
        member: MemberId,
        store: Store,
        log: Arc<dyn EventLog>,
        clock: Clock,
        random: Random,
    ) -> Arc<Self> {
        Arc::new(Self {
            member,
            store,
            log,
            clock,
            random,
            outboxes: Mutex::default(),
            schemas: Mutex::default(),
            pushing: Mutex::default(),
            fresh: Mutex::default(),
            held_back: Mutex::default(),
            hands_out_until: Mutex::default(),
            work: Arc::default(),
        })
    }

    /// The system by which the member publishes.
    pub fn room(&self) -> SystemId {
        self.member.system(SYSTEM)
    }

    /// Who subscribed, and what is due.
    pub fn store(&self) -> &Store {
        &self.store
    }

    /// What the node offers: the services of its member's room.
    pub fn offers(self: &Arc<Self>) -> Vec<Offer> {
        services::RoomService::all(self)
            .into_iter()
            .map(|service| {
                let (code, openapi) = (service.code(), service.openapi().to_string());
                Offer::handled(&self.room(), code, openapi, Arc::new(service))
            })
            .collect()
    }

    /// Takes over the outbox of a system of this process: its types of event are registered, its events published.
    pub async fn publish_for(
        &self,
        system: &SystemId,
        store: &Store,
        types: &[EventFacts],
    ) -> Result<(), EventsError> {
        let mut batch = Batch::new();
        for facts in types {
            let event_type = EventType {
                name: facts.name.parse()?,
                owner: system.clone(),
                schema: (facts.schema)().to_string(),
                retention_days: model::RETENTION_DEFAULT_DAYS,
                ended_at: None,
            };
            records::put_event_type(&mut batch, &event_type, self.clock.now());
        }
        self.store.write(batch).await?;
        // A crash may have come between noting that events were carried over and forgetting them.
        store.forget_events(records::carried(&self.store, &system.system).await?).await?;
        self.lock(&self.outboxes).push(Outbox::of(system.clone(), store.clone(), self.work.clone()));
        Ok(())
    }

    /// Grants what was agreed on outside the exchange, once: who is granted already keeps its place, and gets events where it
    /// takes them now. Ended by an operator, it is not granted again.
    pub async fn agree(&self, agreements: &[Agreement]) -> Result<(), EventsError> {
        for agreed in agreements {
            let event_type: Topic = agreed.event_type.parse()?;
            let subscribed = records::of_event_type(&self.store, &event_type).await?;
            let delivery = Delivery::Push { service: agreed.service.into(), path: agreed.path.into() };
            let options = Options { ttl_seconds: AGREED_TTL_SECONDS, fifo: true };
            let now = self.clock.now();
            if let Some(known) = subscribed.iter().find(|known| known.subscriber == agreed.subscriber) {
                if known.state == State::Granted && known.delivery != delivery {
                    let mut batch = Batch::new();
                    records::change_delivery(&mut batch, known.id, &delivery, &options, now);
                    self.store.write(batch).await?;
                }
                continue;
            }
            let asked = Subscription {
                id: self.random.id(now),
                event_type,
                subscriber: agreed.subscriber.clone(),
                delivery,
                options,
                purpose: agreed.purpose.into(),
                legal_basis: agreed.legal_basis.into(),
                state: State::Asked,
                asked_at: now,
                decided_at: None,
                decided_by: String::new(),
                reason: String::new(),
                // Whoever is in the configuration from the beginning misses nothing of what was published before.
                position: Some(0),
                failures: 0,
                resume_at: now,
            };
            let mut batch = Batch::new();
            records::ask(&mut batch, &asked);
            let granted = Subscription {
                state: State::Granted,
                decided_at: Some(now),
                decided_by: "configuration".into(),
                ..asked.clone()
            };
            records::decide(&mut batch, &asked, &granted);
            self.store.write(batch).await?;
        }
        Ok(())
    }

    /// Decides on a subscription: `by` a system or an operator.
    pub async fn decide(
        &self,
        before: &Subscription,
        state: State,
        by: &str,
        reason: &str,
    ) -> Result<Subscription, EventsError> {
        let position = match before.position {
            // Who did not say where to begin begins with what comes now.
            None if state == State::Granted => Some(self.log.bounds(&before.event_type).await?.last),
            position => position,
        };
        let after = Subscription {
            state,
            decided_at: Some(self.clock.now()),
            decided_by: by.to_owned(),
            reason: reason.to_owned(),
            position,
            ..before.clone()
        };
        let mut batch = Batch::new();
        records::decide(&mut batch, before, &after);
        self.store.write(batch).await?;
        self.told_of(&after.event_type);
        Ok(after)
    }

    /// Makes a dead letter due again; false when it is none.
    pub async fn replay(&self, subscription: &Subscription, event: Uuid) -> Result<bool, EventsError> {
        let Some(due) = records::due_event(&self.store, subscription.id, event).await? else {
            return Ok(false);
        };
        let now = self.clock.now();
        let mut batch = Batch::new();
        records::replay(&mut batch, &due, now, rules::expires_at(now, &subscription.options));
        records::log_attempt(&mut batch, &due, now, model::Outcome::Replayed, "");
        match self.store.write(batch).await {
            Ok(()) => {
                self.told_of(&subscription.event_type);
                Ok(true)
            }
            Err(StoreError::Conflict { .. }) => Ok(false),
            Err(error) => Err(error.into()),
        }
    }

    /// Hands everything after a number of the log over again, to a subscriber that has lost it; false when nothing after it was
    /// handed over yet, so that no event is passed over. What was confirmed comes again, too.
    pub async fn move_back(&self, subscription: &Subscription, position: u64) -> Result<bool, EventsError> {
        if subscription.position.is_none_or(|reached| position > reached) {
            return Ok(false);
        }
        let mut batch = Batch::new();
        records::move_to(&mut batch, subscription.id, position);
        self.store.write(batch).await?;
        self.told_of(&subscription.event_type);
        Ok(true)
    }

    /// Publishes and hands over until the node drains, while no other node that shares the records does. A subscriber that
    /// is slow keeps nobody waiting.
    pub async fn run(self: Arc<Self>, node: Arc<Node>) {
        let (mut tidied, mut looked_through) = (None, None);
        let mut lease = lease::Lease::of(node.id().into());
        while !node.drain().is_draining() {
            let held_until = lease.held_until(&self.store, Instant::now()).await.unwrap_or_else(|error| {
                tracing::warn!(%error, "nobody knows who hands events out; trying again");
                None
            });
            *self.lock(&self.hands_out_until) = held_until;
            if held_until.is_none() {
                self.rest(&node).await;
                continue;
            }
            let now = self.clock.now();
            if tidied.is_none_or(|at| now.duration_since(at) >= SignedDuration::from_secs(TIDY_SECONDS)) {
                tidied = Some(now);
                told(self.tidy().await, "old events can't be forgotten");
            }
            let everything = looked_through.is_none_or(|at: Instant| at.elapsed() >= LOOK_THROUGH);
            if everything {
                looked_through = Some(Instant::now());
            }
            let prepared = self.prepare(everything).await;
            let (subscriptions, more) = prepared.unwrap_or_else(|error| {
                tracing::warn!(%error, "events can't be made due; trying again");
                Default::default()
            });
            for subscription in subscriptions {
                let (events, courier) = (self.clone(), node.clone());
                tokio::spawn(async move {
                    let pushed = events.push(&subscription, courier).await;
                    told(pushed, "events can't be pushed");
                });
            }
            if !more {
                self.rest(&node).await;
            }
        }
        *self.lock(&self.hands_out_until) = None;
    }

    /// Until there may be something to do.
    async fn rest(&self, node: &Node) {
        tokio::select! {
            () = self.work.notified() => {}
            () = node.drain().begun() => {}
            () = tokio::time::sleep(LOOK_THROUGH) => {}
        }
    }

    /// Somebody has published or decided something of this type.
    fn told_of(&self, event_type: &Topic) {
        self.lock(&self.fresh).insert(event_type.clone());
        self.work.notify_one();
    }

    /// Does once, and to its end, what [`Events::run`] does all the time; false when nothing was to be done.
    pub async fn round(self: &Arc<Self>, courier: Arc<dyn Courier>) -> Result<bool, EventsError> {
        *self.lock(&self.hands_out_until) = Some(Instant::now() + lease::LEASE);
        let (subscriptions, mut more) = self.prepare(true).await?;
        for subscription in subscriptions {
            more |= self.push(&subscription, courier.clone()).await? > 0;
        }
        Ok(more)
    }

    /// Carries outboxes over, makes events due and buries what expired: everywhere, or only where somebody has told of
    /// something to do. Returns the subscriptions that may be pushed to, and whether there is more to do at once.
    async fn prepare(&self, everywhere: bool) -> Result<(Vec<Subscription>, bool), EventsError> {
        let mut more = false;
        let outboxes = self.lock(&self.outboxes).clone();
        for outbox in outboxes {
            if !outbox.takes_word() && !everywhere {
                continue;
            }
            // One system's trouble is not that of the others.
            more |= self.carry(&outbox).await.unwrap_or_else(|error| {
                let system = &outbox.system;
                tracing::warn!(%system, %error, "an outbox can't be carried over; trying again");
                false
            });
        }
        let fresh = std::mem::take(&mut *self.lock(&self.fresh));
        if !everywhere && fresh.is_empty() {
            return Ok((Vec::new(), more));
        }
        let now = self.clock.now();
        let mut may_push = Vec::new();
        for subscription in records::in_state(&self.store, State::Granted).await? {
            if !everywhere && !fresh.contains(&subscription.event_type) {
                continue;
            }
            let advanced = self.advance(&subscription).await.unwrap_or_else(|error| {
                tracing::warn!(subscription = %subscription.id, %error, "nothing can be made due; trying again");
                false
            });
            if advanced {
                self.lock(&self.fresh).insert(subscription.event_type.clone());
                more = true;
            }
            if matches!(subscription.delivery, Delivery::Push { .. }) && subscription.resume_at <= now {
                may_push.push(subscription);
            }
        }
        if everywhere {
            more |= self.expire().await?;
        }
        Ok((may_push, more))
    }

    /// Forgets what is older than its type or the delivery log is kept.
    pub async fn tidy(&self) -> Result<(), EventsError> {
        let now = self.clock.now();
        let days_ago = |days: i64| now - SignedDuration::from_hours(24 * days);
        let mut batch = Batch::new();
        records::forget_attempts(&mut batch, days_ago(DELIVERY_LOG_DAYS));
        for event_type in records::event_types(&self.store).await? {
            let before = days_ago(event_type.retention_days);
            self.log.forget(&event_type.name, before).await?;
            records::forget_published(&mut batch, &event_type.name, before);
        }
        Ok(self.store.write(batch).await?)
    }

    /// The compiled schema of a type.
    fn schema_of(&self, event_type: &EventType) -> Result<Arc<schema::Schema>, schema::SchemaError> {
        let known = self.lock(&self.schemas).get(&event_type.name).cloned();
        if let Some((_, known)) = known.filter(|(text, _)| *text == event_type.schema) {
            return Ok(known);
        }
        let compiled = Arc::new(schema::Schema::parse(&event_type.schema)?);
        let beside = (event_type.schema.clone(), compiled.clone());
        self.lock(&self.schemas).insert(event_type.name.clone(), beside);
        Ok(compiled)
    }

    fn lock<'a, T>(&self, of: &'a Mutex<T>) -> std::sync::MutexGuard<'a, T> {
        of.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn told<T>(outcome: Result<T, EventsError>, what: &str) {
    if let Err(error) = outcome {
        tracing::warn!(%error, "{what}; trying again");
    }
}

/// Every system of the country may ask at a node's room. What each may do there is decided by type of event: only its owner
/// publishes it and decides who subscribes, only who was granted a subscription gets anything.
pub fn grants() -> Vec<AccessRule> {
    ["api", "pub", "pull"].map(|service| AccessRule::open(SYSTEM, service, crate::access::EVERYONE)).into()
}

/// The services of a node's room, as the directory lists them.
pub fn listed() -> crate::SystemEntry {
    crate::SystemEntry {
        code: SYSTEM.into(),
        name: "Sự kiện".into(),
        national: false,
        services: ["api", "pub", "pull"].map(str::to_owned).into(),
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use contracts::population::PersonNumbered;
    use events::EmbeddedLog;
    use jiff::Timestamp;
    use store::{Event, Location};

    const TYPE: &str = "person.numbered";

    /// The events of an agency, their log, and the store of a system that publishes by its outbox.
    pub(crate) async fn room() -> (Arc<Events>, Arc<dyn EventLog>, Store) {
        let now = Timestamp::UNIX_EPOCH;
        let store = Store::open(&Location::SqliteMemory, &SCHEMA, now).await.unwrap();
        let log: Arc<dyn EventLog> = Arc::new(EmbeddedLog::new(store.clone()));
        let (clock, member) = (Clock::held_at(now), MemberId::agency("G01"));
        let events = Events::new(member.clone(), store, log.clone(), clock, Random::from_seed(1));
        let system = Store::open(&Location::SqliteMemory, &SCHEMA, now).await.unwrap();
        let facts = EventFacts::of::<PersonNumbered>(TYPE, "a newborn got a number");
        events.publish_for(&member.system("population"), &system, &[facts]).await.unwrap();
        let agreement = Agreement {
            event_type: TYPE,
            subscriber: MemberId::agency("G22").system("portal"),
            service: "notices",
            path: "/",
            purpose: "birth",
            legal_basis: "25/2008/QH12:12",
        };
        events.agree(&[agreement]).await.unwrap();
        (events, log, system)
    }

    /// Somebody has woken the node.
    async fn is_woken(events: &Events) -> bool {
        tokio::select! { biased; () = events.work.notified() => true, () = std::future::ready(()) => false }
    }

    #[tokio::test]
    async fn what_is_emitted_wakes_the_node_and_is_made_due_without_looking_everywhere() {
        let (events, log, system) = room().await;
        while events.prepare(true).await.unwrap().1 {}
        while is_woken(&events).await {}
        assert!(events.prepare(false).await.unwrap().0.is_empty(), "nobody told of anything");
        let mut batch = Batch::new();
        batch.emit(Event {
            id: Uuid::from_u128(1),
            event_type: TYPE.into(),
            subject: "person".into(),
            payload: "{}".into(),
            occurred_at: Timestamp::UNIX_EPOCH,
        });
        system.write(batch).await.unwrap();
        assert!(is_woken(&events).await);
        let (subscriptions, _) = events.prepare(false).await.unwrap();
        assert_eq!(log.bounds(&TYPE.parse().unwrap()).await.unwrap().last, 1);
        assert_eq!(subscriptions.len(), 1);
        let due = records::count_due(&events.store, subscriptions[0].id).await.unwrap();
        assert_eq!(due, (1, 0), "it is due at once");
    }

    #[tokio::test]
    async fn what_is_decided_wakes_the_node() {
        let (events, _, _) = room().await;
        while is_woken(&events).await {}
        let granted = records::in_state(&events.store, State::Granted).await.unwrap().remove(0);
        events.decide(&granted, State::Ended, "the publisher", "").await.unwrap();
        assert!(is_woken(&events).await);
        assert!(events.prepare(false).await.unwrap().0.is_empty(), "what has ended is pushed to no more");
    }
}
