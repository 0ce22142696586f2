//! What a node's operator reads by program: the health of every service, who calls whom over time, and a record of every
//! transaction. JSON, and no personal data.
//!
//! The node serves it where machines watch it, beside its metrics; that listener is the operator's own.

use crate::{
    clocks::{DIFFERENCE_LIMIT_SECONDS, Difference},
    message::Annex,
    node::Node,
    records::{self, By, Logged, Place, Search},
    traffic::{PairTraffic, Span, Summary, Traffic},
};
use axum::{
    Json, Router,
    extract::{Query, State},
    routing::get,
};
use contracts::{ServiceId, SystemId};
use http::StatusCode;
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::{Value, json};
use std::{collections::BTreeMap, sync::Arc};

/// Most records in one answer.
const RECORDS_LIMIT: i64 = 500;

type Answered = Result<Json<Value>, (StatusCode, &'static str)>;

/// The node's monitoring: `/services`, `/traffic`, `/transactions`, `/clocks`.
pub fn routes(node: Arc<Node>) -> Router {
    Router::new()
        .route("/services", get(services))
        .route("/traffic", get(traffic))
        .route("/transactions", get(transactions))
        .route("/clocks", get(clocks))
        .with_state(node)
}

/// The health of every service that was called or answered lately.
async fn services(State(node): State<Arc<Node>>) -> Json<Value> {
    let now = node.clock.now();
    let of = |traffic: &Traffic| {
        let mut services: BTreeMap<ServiceId, Vec<PairTraffic>> = BTreeMap::new();
        for pair in traffic.lately(now) {
            services.entry(pair.service.clone()).or_default().push(pair);
        }
        services.into_iter().map(|(service, pairs)| health(&service, &pairs)).collect::<Vec<_>>()
    };
    Json(json!({ "answered": of(node.served()), "called": of(node.traffic()) }))
}

fn health(service: &ServiceId, pairs: &[PairTraffic]) -> Value {
    let sum = |count: fn(&PairTraffic) -> u64| pairs.iter().map(count).sum::<u64>();
    let success = pairs.iter().filter_map(|pair| pair.last_success).max();
    let failure = pairs.iter().filter_map(|pair| pair.last_failure).max();
    json!({
        "service": service.to_string(),
        "healthy": success >= failure,
        "lastSuccess": success, "lastFailure": failure, "clients": pairs.len(),
        "callsLastHour": sum(|pair| pair.hour.calls), "failuresLastHour": sum(|pair| pair.hour.failures),
        "callsLastDay": sum(|pair| pair.day.calls), "failuresLastDay": sum(|pair| pair.day.failures),
    })
}

/// How far the clocks of other nodes are from this node's.
async fn clocks(State(node): State<Arc<Node>>) -> Json<Value> {
    let told = |difference: &Difference| {
        json!({
            "node": difference.node, "aheadMicros": difference.micros,
            "uncertainMicros": difference.uncertain_micros, "heardAt": difference.heard, "far": difference.is_far(),
        })
    };
    let nodes: Vec<Value> = node.clocks.differences().iter().map(told).collect();
    Json(json!({ "now": node.clock.now(), "limitSeconds": DIFFERENCE_LIMIT_SECONDS, "nodes": nodes }))
}

/// One pair of client and service, over time.
#[derive(Deserialize)]
struct PairQuery {
    client: Option<String>,
    service: Option<String>,
}

async fn traffic(State(node): State<Arc<Node>>, Query(query): Query<PairQuery>) -> Answered {
    let now = node.clock.now();
    let (Some(client), Some(service)) = (&query.client, &query.service) else {
        let of = |traffic: &Traffic| traffic.lately(now).iter().map(pair).collect::<Vec<_>>();
        return Ok(Json(json!({ "answered": of(node.served()), "called": of(node.traffic()) })));
    };
    let (Ok(client), Ok(service)): (Result<SystemId, _>, Result<ServiceId, _>) =
        (client.parse(), service.parse())
    else {
        return Err((
            StatusCode::BAD_REQUEST,
            "client and service are identifiers such as VN/GOV/G22/portal\n",
        ));
    };
    let of = |traffic: &Traffic| {
        let points = |span| {
            let points = traffic.over_time(&client, &service, span, now);
            points
                .into_iter()
                .map(|(at, point)| json!({ "at": at, "calls": summary(&point) }))
                .collect::<Vec<_>>()
        };
        json!({ "minutes": points(Span::Minute), "hours": points(Span::Hour) })
    };
    Ok(Json(json!({ "answered": of(node.served()), "called": of(node.traffic()) })))
}

fn pair(pair: &PairTraffic) -> Value {
    json!({
        "client": pair.client.to_string(), "service": pair.service.to_string(),
        "lastHour": summary(&pair.hour), "lastDay": summary(&pair.day),
    })
}

fn summary(summary: &Summary) -> Value {
    let Summary { calls, failures, p50_micros, p99_micros } = summary;
    json!({ "calls": calls, "failures": failures, "p50Micros": p50_micros, "p99Micros": p99_micros })
}

/// Where a list of transactions begins.
#[derive(Deserialize)]
struct ListQuery {
    before: Option<String>,
}

/// The transactions, newest first; `next` is where the list goes on.
async fn transactions(State(node): State<Arc<Node>>, Query(query): Query<ListQuery>) -> Answered {
    let before = query.before.map(|before| before.parse::<Place>()).transpose();
    let before =
        before.map_err(|_| (StatusCode::BAD_REQUEST, "before is the next of an earlier answer\n"))?;
    let unavailable = |error: &dyn std::error::Error| {
        tracing::warn!(%error, "transactions can't be told");
        (StatusCode::SERVICE_UNAVAILABLE, "the records can't be read just now\n")
    };
    let caught_up = records::catch_up(&node.store, &node.ledger, node.person_key()).await;
    caught_up.map_err(|error| unavailable(&error))?;
    let newest = Search::newest(By::Any, RECORDS_LIMIT);
    let search = before.map_or(newest.clone(), |before| newest.going_on(before));
    let found = records::search(&node.store, &search).await.map_err(|error| unavailable(&error))?;
    let is_full = i64::try_from(found.len()).is_ok_and(|count| count >= RECORDS_LIMIT);
    let next = found.last().filter(|_| is_full).map(|last| Place { at: last.at, id: last.id }.to_string());
    let told = found.iter().map(|message| transaction(&node, message)).collect::<Vec<_>>();
    Ok(Json(json!({ "transactions": told, "next": next })))
}

fn transaction(node: &Node, message: &Logged) -> Value {
    let answered_at =
        message.answer_received.or(message.answer_sent).and_then(|index| logged_at(node, index));
    json!({
        "id": message.id,
        "side": if message.request_sent.is_some() { "called" } else { "answered" },
        "requestAt": message.at, "answerAt": answered_at,
        "micros": answered_at.map(|at| at.duration_since(message.at).as_micros()),
        "client": message.client, "service": message.service, "method": message.method,
        "purpose": message.purpose, "case": message.dossier, "peer": message.peer, "status": message.status,
        "ledger": {
            "requestSent": message.request_sent, "requestReceived": message.request_received,
            "answerSent": message.answer_sent, "answerReceived": message.answer_received,
        },
    })
}

/// When the node logged an entry.
fn logged_at(node: &Node, index: u64) -> Option<Timestamp> {
    let item = node.ledger.items(index, 1).ok()?.pop()?;
    Timestamp::from_microsecond(Annex::decode(item.annex.into()).ok()?.at_micros).ok()
}
