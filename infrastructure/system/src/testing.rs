//! A room with a stand-in country around it, for the tests of a system.

use crate::{
    CallError, Carried, Carrier, Clock, Exchange, Incoming, Outgoing, Random, Register, Room, Sealing,
    Service, SystemFacts,
};
use async_trait::async_trait;
use bytes::Bytes;
use contracts::{Context, MemberId, Operation, Problem, SystemId};
use jiff::Timestamp;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};
use store::{Location, Schema, Store};
use tempfile::TempDir;
use tokio::sync::Notify;

type Stub = Box<dyn Fn(&[u8]) -> Result<Vec<u8>, Problem> + Send + Sync>;

/// Stands in for every other system: answers what a test tells it to, and keeps what it was asked.
#[derive(Default)]
pub struct StandIn {
    answers: Mutex<HashMap<String, Stub>>,
    asked: Mutex<Vec<(String, Vec<u8>)>>,
    withdrawn: Mutex<Vec<SystemId>>,
}

impl StandIn {
    /// From now on, answers the operation `O` with `answer`.
    pub fn answers<O: Operation>(
        &self,
        answer: impl Fn(O::Request) -> Result<O::Answer, Problem> + Send + Sync + 'static,
    ) {
        let stub: Stub = Box::new(move |body| {
            let request = if O::METHOD == "GET" {
                serde_urlencoded::from_bytes(body).expect("a query of the contract's form")
            } else {
                serde_json::from_slice(body).expect("a body of the contract's form")
            };
            answer(request).map(|answer| serde_json::to_vec(&answer).expect("an answer that can be written"))
        });
        self.answers.lock().unwrap_or_else(PoisonError::into_inner).insert(key::<O>(), stub);
    }

    /// From now on the directory has this system no more; it has every other.
    pub fn withdraws(&self, system: &str) {
        let system = system.parse().expect("a system id");
        self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner).push(system);
    }

    /// What it was asked by the operation `O`, in order.
    pub fn asked<O: Operation>(&self) -> Vec<O::Request> {
        let asked = self.asked.lock().unwrap_or_else(PoisonError::into_inner);
        asked
            .iter()
            .filter(|(k, _)| *k == key::<O>())
            .filter_map(|(_, body)| serde_json::from_slice(body).ok())
            .collect()
    }
}

fn key<O: Operation>() -> String {
    format!("{}/{}{}", O::SYSTEM, O::SERVICE, O::PATH)
}

#[async_trait]
impl Carrier for StandIn {
    async fn carry(&self, request: Outgoing) -> Result<Carried, CallError> {
        let key = format!("{}/{}{}", request.service.system.system, request.service.service, request.path);
        let body = request.query.map_or_else(|| request.body.to_vec(), String::into_bytes);
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push((key.clone(), body.clone()));
        let answers = self.answers.lock().unwrap_or_else(PoisonError::into_inner);
        let Some(stub) = answers.get(&key) else {
            return Err(CallError::Exchange {
                kind: "server.clientproxy.network_error".into(),
                message: format!("no stand-in answers {key}"),
            });
        };
        let (status, body) = match stub(&body) {
            Ok(body) => (200, body),
            Err(problem) => {
                (problem.status, serde_json::to_vec(&problem).expect("a problem that can be written"))
            }
        };
        let message = request.message.unwrap_or_else(|| "stand-in".into());
        Ok(Carried { status, body: body.into(), message, receipt: "receipt of the stand-in".into() })
    }

    fn national_provider(&self, _: &str) -> Option<MemberId> {
        Some(MemberId::agency("G99"))
    }

    fn member_named(&self, code: &str) -> Option<MemberId> {
        Some(MemberId::agency(code))
    }

    fn has_system(&self, system: &SystemId) -> bool {
        !self.withdrawn.lock().unwrap_or_else(PoisonError::into_inner).contains(system)
    }
}

/// A room for one system under test.
pub struct TestRoom {
    /// The room.
    pub room: Room,
    /// Everyone else.
    pub country: Arc<StandIn>,
    /// Its clock, held until it is moved.
    pub clock: Clock,
    _dir: TempDir,
}

impl TestRoom {
    /// A room on SQLite in memory, of the agency `member`, at the time `now`.
    pub async fn open(facts: &'static SystemFacts, schema: &'static Schema, member: &str, now: &str) -> Self {
        Self::open_at(facts, schema, member, now, &Location::SqliteMemory).await
    }

    /// A room on the store at `location`.
    pub async fn open_at(
        facts: &'static SystemFacts,
        schema: &'static Schema,
        member: &str,
        now: &str,
        location: &Location,
    ) -> Self {
        let now: Timestamp = now.parse().expect("a time such as 2026-11-21T03:00:00Z");
        let dir = tempfile::tempdir().expect("a temporary folder");
        let (clock, random) = (Clock::held_at(now), Random::from_seed(1));
        let store = Store::open(location, schema, now).await.expect("a store");
        let signer = ledger::NoteSigner::new("test.ledger", &[7; 32]).expect("a ledger key");
        let ledger = ledger::Ledger::open(dir.path(), signer, ledger::Options::default()).expect("a ledger");
        let country = Arc::new(StandIn::default());
        let member = MemberId::agency(member);
        let room = Room {
            exchange: Exchange::new(member.system(facts.code), country.clone()),
            register: Register::new(facts.code, ledger, random.clone()),
            documents: None,
            verifier: signature::Verifier::new(rustls::RootCertStore::empty()),
            tasks: Arc::new(Notify::new()),
            post: dir.path().join("post").into(),
            public_url: "http://127.0.0.1:8080".into(),
            mutual_tls_url: None,
            sealing: Sealing::in_memory(&random),
            sandbox: true,
            member,
            store,
            clock: clock.clone(),
            random,
        };
        Self { room, country, clock, _dir: dir }
    }
}

/// A call from `client`, which is a system id, for `purpose`.
pub fn incoming(client: &str, purpose: &str, now: Timestamp) -> Incoming {
    Incoming {
        message: "test-message".into(),
        id: uuid::Uuid::nil(),
        client: client.parse().expect("a system id"),
        context: Context::new(purpose, "test"),
        fields: None,
        at: now,
    }
}

/// Calls one of a system's services as the node would.
pub async fn ask<O: Operation>(
    services: &[Service],
    incoming: Incoming,
    request: &O::Request,
) -> Result<O::Answer, Problem> {
    let service = services
        .iter()
        .find(|s| s.facts.service == O::SERVICE && s.facts.path == O::PATH && s.facts.method == O::METHOD)
        .expect("the system answers the operation");
    let body = if O::METHOD == "GET" {
        serde_urlencoded::to_string(request).expect("a request that can be written").into_bytes()
    } else {
        serde_json::to_vec(request).expect("a request that can be written")
    };
    let answer = service.answer(incoming, Bytes::from(body)).await?;
    Ok(serde_json::from_slice(&answer).expect("an answer of the contract's form"))
}
