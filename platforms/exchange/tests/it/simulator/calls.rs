//! What is called in a simulated country, and what is noted of it.

use contracts::{MemberId, Problem};
use exchange::{
    Fault, Node, Offer,
    body::Body,
    consumer::{Answered, Request},
    offer::Backend,
    rest::{self, Target},
};
use http::{HeaderMap, Method};
use serde_json::{Value, json};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use system::{Incoming, Service};
use uuid::Uuid;

contracts::operations! { "desk":
    /// Writes a note down.
    Note = "notes" POST "/notes" Writes (Value) -> Value;
    /// Looks a note up.
    Look = "notes" POST "/looks" Reads (Value) -> Value;
}

/// Every so many answers one is too large for a frame.
const LARGE_EVERY: u64 = 8;
const LARGE_BYTES: usize = 80_000;

/// One call and what came of it.
#[derive(Clone)]
pub(crate) struct Call {
    pub(crate) number: u64,
    pub(crate) from: usize,
    pub(crate) to: usize,
    pub(crate) writes: bool,
    /// When it ended, in ticks, and how: the message's identifier, or why there is no answer.
    pub(crate) ended: Option<(u64, Result<Uuid, String>)>,
}

/// The only system of an agency. It outlives its node, as the records of a real one do.
#[derive(Default)]
pub(crate) struct Desk {
    /// Numbers of the calls that it ran, in order.
    runs: Mutex<Vec<u64>>,
}

impl Call {
    pub(crate) fn message(&self) -> String {
        format!("call-{}", self.number)
    }
}

impl Desk {
    pub(crate) fn times_run(&self, number: u64) -> usize {
        self.runs.lock().unwrap().iter().filter(|run| **run == number).count()
    }

    pub(crate) fn offers(self: &Arc<Self>, member: &MemberId) -> Vec<Offer> {
        let services = vec![Service::of::<Note, _, _, _>(self, run), Service::of::<Look, _, _, _>(self, run)];
        vec![Offer {
            system: member.system(SYSTEM),
            service: "notes".into(),
            backend: Backend::InProcess(services),
            openapi: None,
            disabled: None,
            idempotent: false,
            answer_limit: Duration::from_secs(60),
        }]
    }
}

async fn run(desk: Arc<Desk>, incoming: Incoming, question: Value) -> Result<Value, Problem> {
    let number = question["number"].as_u64().expect("an altered request was run");
    assert_eq!(question, question_of(number), "an altered request was run");
    assert_eq!(*incoming.message, *format!("call-{number}"), "an altered head was taken");
    desk.runs.lock().unwrap().push(number);
    tokio::time::sleep(Duration::from_millis(number % 40)).await;
    Ok(answer_of(number))
}

fn question_of(number: u64) -> Value {
    json!({ "number": number, "text": "what is asked ".repeat(number as usize % 20) })
}

fn answer_of(number: u64) -> Value {
    let bytes = if number.is_multiple_of(LARGE_EVERY) { LARGE_BYTES } else { number as usize % 500 };
    json!({ "number": number, "text": "x".repeat(bytes) })
}

/// Makes the call at its consumer's node; the message's identifier when the right answer came.
pub(crate) async fn make(node: Arc<Node>, call: Call, codes: [&'static str; 3]) -> Result<Uuid, String> {
    let path = if call.writes { "/notes" } else { "/looks" };
    let target = format!("/r1/VN/GOV/{}/{SYSTEM}/notes{path}", codes[call.to]);
    let request = Request {
        client: MemberId::agency(codes[call.from]).system(SYSTEM),
        method: Method::POST,
        target: Target::parse(&target, None).expect("the target is good"),
        headers: HeaderMap::from_iter([(rest::ID, rest::value(&call.message()))]),
        body: Some(Body::from_bytes(question_of(call.number).to_string().into())),
    };
    let answered = node.carry_request(request).await.map_err(|Fault { kind, .. }| format!("{kind:?}"))?;
    check(&answered, call.number)
}

fn check(answered: &Answered, number: u64) -> Result<Uuid, String> {
    if let Some(fault) = rest::text(&answered.head.headers, &rest::ERROR) {
        return Err(fault);
    }
    let mut bytes = Vec::new();
    let body = answered.body.as_ref().expect("an answer has a body");
    while let Some(chunk) = body.chunk_at(bytes.len() as u64).expect("a body can be read") {
        bytes.extend_from_slice(&chunk);
    }
    let answer: Value = serde_json::from_slice(&bytes).expect("an altered answer was taken");
    assert_eq!(answer, answer_of(number), "an altered answer was taken");
    Ok(answered.id)
}
