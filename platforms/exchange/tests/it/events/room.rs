//! A node's room of events with a held clock, asked as the node asks it, and a courier in the tests' own hands.

use async_trait::async_trait;
use contracts::MemberId;
use events::{EmbeddedLog, EventLog, NatsLog, testing::nats};
use exchange::{
    Offer,
    body::Body,
    events::{Courier, Events, Outcome, Parcel, SCHEMA},
    message::RequestHead,
    offer::{Answer, Backend, Call},
    rest,
};
use http::{HeaderMap, StatusCode};
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use store::{Location, Store, testing::postgres};
use system::{Clock, Random};

pub(crate) const PUBLISHER: &str = "VN/GOV/G01/population";
pub(crate) const SUBSCRIBER: &str = "VN/GOV/G22/portal";
pub(crate) const STRANGER: &str = "VN/GOV/H26/one-door";
pub(crate) const TYPE: &str = "person.numbered";

type Answering = Box<dyn FnMut(&Value) -> Outcome + Send>;

/// Takes parcels as a test tells it to, and keeps what was taken.
pub(crate) struct Desk {
    answering: Mutex<Answering>,
    taken: Mutex<Vec<Value>>,
    parcels: Mutex<Vec<Parcel>>,
}

#[async_trait]
impl Courier for Desk {
    async fn deliver(&self, parcel: Parcel) -> Outcome {
        let event: Value = serde_json::from_slice(&parcel.document).unwrap();
        self.parcels.lock().unwrap().push(parcel);
        let outcome = (self.answering.lock().unwrap())(&event);
        if outcome == Outcome::Taken {
            self.taken.lock().unwrap().push(event);
        }
        outcome
    }
}

impl Desk {
    /// A desk that takes everything.
    pub(crate) fn fresh() -> Arc<Self> {
        Arc::new(Self {
            answering: Mutex::new(Box::new(|_| Outcome::Taken)),
            taken: Mutex::default(),
            parcels: Mutex::default(),
        })
    }

    /// From now on, answers so.
    pub(crate) fn answers(&self, answering: impl FnMut(&Value) -> Outcome + Send + 'static) {
        *self.answering.lock().unwrap() = Box::new(answering);
    }

    /// The numbers that the events say, in the order in which they were taken.
    pub(crate) fn taken(&self) -> Vec<i64> {
        self.taken.lock().unwrap().iter().map(said).collect()
    }

    /// Every parcel that came, taken or not.
    pub(crate) fn parcels(&self) -> Vec<Parcel> {
        self.parcels.lock().unwrap().clone()
    }
}

/// The number that an event says.
pub(crate) fn said(event: &Value) -> i64 {
    event["data"]["n"].as_i64().expect("a number")
}

/// A room of the agency G01.
pub(crate) struct Room {
    pub(crate) engine: &'static str,
    pub(crate) events: Arc<Events>,
    offers: Vec<Offer>,
    pub(crate) store: Store,
    pub(crate) log: Arc<dyn EventLog>,
    pub(crate) clock: Clock,
    pub(crate) desk: Arc<Desk>,
}

/// One room on each engine of the log.
pub(crate) async fn rooms() -> Vec<Room> {
    let (sqlite, postgresql) = (opened(Location::SqliteMemory).await, opened(postgres().location()).await);
    let beside = opened(Location::SqliteMemory).await;
    let in_nats = NatsLog::connect(nats().url(), &nats().prefix()).await.unwrap();
    vec![
        Room::with("SQLite", sqlite.clone(), Arc::new(EmbeddedLog::new(sqlite))),
        Room::with("PostgreSQL", postgresql.clone(), Arc::new(EmbeddedLog::new(postgresql))),
        Room::with("NATS", beside, Arc::new(in_nats)),
    ]
}

async fn opened(location: Location) -> Store {
    Store::open(&location, &SCHEMA, crate::country::start_of_tests()).await.unwrap()
}

impl Room {
    /// A room on SQLite in memory.
    pub(crate) async fn open() -> Self {
        let store = opened(Location::SqliteMemory).await;
        Self::with("SQLite", store.clone(), Arc::new(EmbeddedLog::new(store)))
    }

    fn with(engine: &'static str, store: Store, log: Arc<dyn EventLog>) -> Self {
        let clock = Clock::held_at(crate::country::start_of_tests());
        let events = events(&store, &log, &clock);
        Self { engine, offers: events.offers(), events, store, log, clock, desk: Desk::fresh() }
    }

    /// The same room in a new process.
    pub(crate) fn restart(&mut self) {
        self.events = events(&self.store, &self.log, &self.clock);
        self.offers = self.events.offers();
    }

    /// Asks as `client`; `path` begins with the service.
    pub(crate) async fn ask(
        &self,
        client: &str,
        method: &str,
        path: &str,
        body: Value,
    ) -> (StatusCode, Value) {
        let text = if body.is_null() { String::new() } else { body.to_string() };
        self.ask_with(client, method, path, text, "message").await
    }

    /// The same with any text, in a message of this identifier.
    pub(crate) async fn ask_with(
        &self,
        client: &str,
        method: &str,
        path: &str,
        text: String,
        message: &str,
    ) -> (StatusCode, Value) {
        let (service, rest_of_path) = path.split_once('/').unwrap();
        let offer = self.offers.iter().find(|offer| offer.service == service).expect("a service of the room");
        let Backend::Handler(handler) = &offer.backend else { panic!("the room answers itself") };
        let mut headers = HeaderMap::new();
        headers.insert(rest::REQUEST_ID, rest::value("0198f5a0-0000-7000-8000-000000000001"));
        headers.insert(rest::PURPOSE, rest::value("health-insurance"));
        headers.insert(rest::LEGAL_BASIS, rest::value("25/2008/QH12:12"));
        let target = rest::Target {
            service: offer.system.service(service),
            path: format!("/{rest_of_path}"),
            query: None,
        };
        let head = RequestHead::write(&method.parse().unwrap(), &target, headers.iter()).unwrap();
        let head = RequestHead::parse(head).unwrap();
        let body = Body::from_bytes(text.into());
        let client = client.parse().unwrap();
        let call = Call {
            head: &head,
            body: Some(&body),
            client: &client,
            message,
            fields: None,
            at: self.clock.now(),
        };
        let Answer { status, body, .. } = handler.answer(call).await;
        let answered = match body {
            Some(body) => serde_json::from_slice(&body.read_whole().await.unwrap()).unwrap(),
            None => Value::Null,
        };
        (status, answered)
    }

    /// The same, when it must succeed.
    pub(crate) async fn get(&self, client: &str, method: &str, path: &str, body: Value) -> Value {
        let (status, answer) = self.ask(client, method, path, body).await;
        assert!(status.is_success(), "{method} {path} of {client} on {}: {status} {answer}", self.engine);
        answer
    }

    /// Registers the type of event.
    pub(crate) async fn register_type(&self) {
        let schema = json!({
            "type": "object", "properties": { "n": { "type": "integer" }, "text": { "type": "string" } },
            "required": ["n"], "additionalProperties": false,
        });
        self.get(PUBLISHER, "POST", "api/v1/eventType", json!({ "eventType": TYPE, "schema": schema })).await;
    }

    /// The subscriber asks for a subscription like this, and the publisher grants it.
    pub(crate) async fn subscribe(&self, asked: Value) {
        let asked = self.get(SUBSCRIBER, "POST", &format!("api/v1/subs/{TYPE}"), asked).await;
        let path = format!("api/v1/eventType/{TYPE}/subs/{}", asked["id"].as_str().unwrap());
        self.get(PUBLISHER, "PATCH", &path, json!({ "state": "granted" })).await;
    }

    /// Publishes an event that says `n`; its identifier.
    pub(crate) async fn publish(&self, n: i64, key: &str) -> String {
        let event = json!({ "specversion": "1.0", "type": TYPE, "subject": key, "data": { "n": n } });
        let path = format!("pub/v1/{TYPE}");
        let (status, answer) =
            self.ask_with(PUBLISHER, "POST", &path, event.to_string(), &format!("message-{n}")).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    /// Fetches the next event, if one waits.
    pub(crate) async fn pull(&self) -> Option<Value> {
        let (status, event) = self.ask(SUBSCRIBER, "GET", &format!("pull/v1/{TYPE}"), Value::Null).await;
        (status == StatusCode::OK).then_some(event)
    }

    /// Confirms an event.
    pub(crate) async fn confirm(&self, event: &Value) -> StatusCode {
        let path = format!("pull/v1/{TYPE}/{}", event["id"].as_str().unwrap());
        self.ask(SUBSCRIBER, "DELETE", &path, Value::Null).await.0
    }

    /// Fetches and confirms all there is; what the events say.
    pub(crate) async fn pull_all(&self) -> Vec<i64> {
        let mut all = Vec::new();
        while let Some(event) = self.pull().await {
            assert_eq!(self.confirm(&event).await, StatusCode::NO_CONTENT);
            all.push(said(&event));
        }
        all
    }

    /// Works until nothing is to be done at this time.
    pub(crate) async fn work(&self) {
        while self.events.round(self.desk.clone()).await.unwrap() {}
    }

    /// Lets time pass, working every minute.
    pub(crate) async fn live(&self, minutes: i64) {
        for _ in 0..minutes {
            self.clock.advance(SignedDuration::from_mins(1));
            self.work().await;
        }
    }

    /// The subscriber's dead letters.
    pub(crate) async fn dead(&self) -> Vec<Value> {
        let dead = self.get(SUBSCRIBER, "GET", &format!("api/v1/subs/{TYPE}/dead"), Value::Null).await;
        dead.as_array().unwrap().clone()
    }
}

fn events(store: &Store, log: &Arc<dyn EventLog>, clock: &Clock) -> Arc<Events> {
    let member = MemberId::agency("G01");
    Events::new(member, store.clone(), log.clone(), clock.clone(), Random::from_system().unwrap())
}
