//! Publishing, subscribing, pushing and fetching between real nodes: sealed, logged and permitted like any message.

use super::room::TYPE;
use crate::{
    backend::Backend,
    client::Call,
    country::{CLIENT, Country, PROVIDER, TOKEN},
};
use bytes::Bytes;
use contracts::MemberId;
use events::EmbeddedLog;
use exchange::{AccessRule, Credential, Offer, SystemEntry, events::Events};
use http::{Response, StatusCode};
use http_body_util::Full;
use serde_json::{Value, json};
use std::{
    collections::HashMap,
    sync::{
        Arc,
        atomic::{AtomicU16, Ordering},
    },
};
use store::{Location, Store};

const PUBLISHER: &str = "VN/GOV/G01/population";
const PUBLISHERS_TOKEN: &str = "secret of the register";
const ROOM: &str = "/r1/VN/GOV/G01/events";

/// A country whose provider has a room, with a publisher outside the process and a subscriber's service.
pub(crate) struct Publishing {
    pub(crate) country: Country,
    pub(crate) events: Arc<Events>,
    pub(crate) subscriber: Backend,
    /// What the subscriber's service answers.
    pub(crate) status: Arc<AtomicU16>,
}

impl Publishing {
    pub(crate) async fn start() -> Self {
        let country = Country::found().await;
        country.change_directory(|directory| {
            let provider = directory.members.iter_mut().find(|member| member.id.code == PROVIDER).unwrap();
            provider.systems.push(exchange::events::listed());
        });
        let store = Store::open(&Location::SqliteMemory, &exchange::events::SCHEMA, country.clock.now())
            .await
            .unwrap();
        let log = Arc::new(EmbeddedLog::new(store.clone()));
        let member = MemberId::agency(PROVIDER);
        let events = Events::new(member, store, log, country.clock.clone(), country.random.clone());
        let provider = &country.provider.node;
        provider.offer_events(&events);
        provider.grant(exchange::events::grants());
        let token_sha256 = Some(*ledger::Hash::of(PUBLISHERS_TOKEN.as_bytes()).as_bytes());
        let credential = Credential { token_sha256, fingerprints: Vec::new() };
        provider.admit_systems(HashMap::from([(PUBLISHER.parse().unwrap(), credential)]));
        let status = Arc::new(AtomicU16::new(200));
        let answered = status.clone();
        let subscriber =
            Backend::start(move |_| {
                let status = StatusCode::from_u16(answered.load(Ordering::SeqCst)).unwrap();
                async move {
                    Response::builder().status(status).body(Full::new(Bytes::from_static(b"{}"))).unwrap()
                }
            })
            .await;
        let portal = MemberId::agency("G22").system("portal");
        country.consumer.node.offer(vec![Offer::http(&portal, "notices", &subscriber.base()).unwrap()]);
        Self { country, events, subscriber, status }
    }

    pub(crate) async fn publisher(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let call = Call::new(self.country.provider.systems, method, &format!("{ROOM}{path}"))
            .header("x-road-client", PUBLISHER)
            .header("x-lienthong-token", PUBLISHERS_TOKEN);
        sent(call, body).await
    }

    pub(crate) async fn subscriber(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let call = Call::new(self.country.consumer.systems, method, &format!("{ROOM}{path}"))
            .header("x-road-client", CLIENT)
            .header("x-lienthong-token", TOKEN)
            .header("x-lienthong-purpose", "procedure");
        sent(call, body).await
    }

    pub(crate) async fn agree(&self, asked: Value) {
        let schema = json!({ "type": "object" });
        self.publisher("POST", "/api/v1/eventType", json!({ "eventType": TYPE, "schema": schema })).await;
        let (status, asked) = self.subscriber("POST", &format!("/api/v1/subs/{TYPE}"), asked).await;
        assert_eq!(status, StatusCode::OK, "{asked}");
        let path = format!("/api/v1/eventType/{TYPE}/subs/{}", asked["id"].as_str().unwrap());
        let (status, granted) = self.publisher("PATCH", &path, json!({ "state": "granted" })).await;
        assert_eq!(status, StatusCode::OK, "{granted}");
    }

    pub(crate) async fn publish(&self, n: i64) -> String {
        let event = json!({ "eventType": TYPE, "event": { "n": n }, "key": "person" });
        let (status, answer) = self.publisher("POST", &format!("/pub/v1/{TYPE}"), event).await;
        assert_eq!(status, StatusCode::CREATED, "{answer}");
        answer["id"].as_str().unwrap().to_owned()
    }

    pub(crate) async fn round(&self) {
        while self.events.round(self.country.provider.node.clone()).await.unwrap() {}
    }
}

async fn sent(call: Call, body: Value) -> (StatusCode, Value) {
    let call = if body.is_null() {
        call
    } else {
        call.header("content-type", "application/json").body(body.to_string())
    };
    let reply = call.send().await;
    assert_eq!(reply.fault(), "none", "{}", reply.text());
    (reply.status, if reply.body.is_empty() { Value::Null } else { reply.json() })
}

#[tokio::test]
async fn events_are_fetched_and_confirmed_through_the_exchange() {
    let publishing = Publishing::start().await;
    publishing.agree(json!({ "delivery": "PULL" })).await;
    let id = publishing.publish(1).await;
    let (status, event) = publishing.subscriber("GET", &format!("/pull/v1/{TYPE}"), Value::Null).await;
    assert_eq!((status, &event["id"], &event["data"]), (StatusCode::OK, &json!(id), &json!({ "n": 1 })));
    let confirmed = publishing.subscriber("DELETE", &format!("/pull/v1/{TYPE}/{id}"), Value::Null).await.0;
    assert_eq!(confirmed, StatusCode::NO_CONTENT);
    assert_eq!(publishing.subscriber("GET", &format!("/pull/v1/{TYPE}"), Value::Null).await.0, 404);
}

#[tokio::test]
async fn events_are_pushed_as_messages_of_the_exchange() {
    let publishing = Publishing::start().await;
    publishing.agree(json!({ "service": "notices", "path": "/events", "options": { "FIFO": true } })).await;
    let id = publishing.publish(1).await;
    // The subscriber's own agency has not let the publisher's room in.
    publishing.round().await;
    assert!(publishing.subscriber.seen().is_empty());
    let subscription = format!("/api/v1/subs/{TYPE}");
    publishing
        .country
        .consumer
        .node
        .grant(vec![AccessRule::open("portal", "notices", "VN/GOV/G01/events").for_purposes(&["procedure"])]);
    publishing.country.clock.advance(jiff::SignedDuration::from_secs(2));
    publishing.status.store(500, Ordering::SeqCst);
    publishing.round().await;
    publishing.status.store(200, Ordering::SeqCst);
    publishing.country.clock.advance(jiff::SignedDuration::from_secs(2));
    publishing.round().await;
    let seen = publishing.subscriber.seen();
    assert_eq!(seen.len(), 2, "refused once, then taken");
    let event: Value = serde_json::from_slice(&seen[1].body).unwrap();
    assert_eq!(
        (&event["id"], &event["type"], &event["specversion"]),
        (&json!(id), &json!(TYPE), &json!("1.0"))
    );
    assert_eq!(event["source"], format!("/{PUBLISHER}"));
    assert_eq!(seen[1].header("content-type"), Some("application/cloudevents+json"));
    assert_eq!(seen[1].header("x-road-client"), Some("VN/GOV/G01/events"));
    assert_eq!(
        seen[0].header("x-road-id"),
        seen[1].header("x-road-id"),
        "the same event is the same message"
    );
    let (_, status) = publishing.publisher("GET", &format!("/pub/v1/{TYPE}/{id}"), Value::Null).await;
    assert_eq!(status["subscribers"][0]["last"], "confirmed", "{status}");
    assert_eq!(publishing.subscriber("GET", &subscription, Value::Null).await.1["position"], 1);
}

#[tokio::test]
async fn a_room_is_listed_and_described_like_any_system() {
    let publishing = Publishing::start().await;
    let (_, methods) = publishing.subscriber("GET", "/listMethods", Value::Null).await;
    for (service, path) in
        [("api", "/v1/eventType"), ("pub", "/v1/{eventType}"), ("pull", "/v1/{eventType}/{id}")]
    {
        let listed =
            methods["service"].as_array().unwrap().iter().find(|found| found["service_code"] == service);
        let endpoints =
            listed.unwrap_or_else(|| panic!("{service} is not listed"))["endpoint_list"].to_string();
        assert!(endpoints.contains(path), "{service}: {endpoints}");
        let (_, document) =
            publishing.subscriber("GET", &format!("/getOpenAPI?serviceCode={service}"), Value::Null).await;
        assert!(document["paths"][path].is_object(), "{document}");
    }
    let SystemEntry { services, .. } = exchange::events::listed();
    assert_eq!(services, ["api", "pub", "pull"]);
}
