//! Access asked for, granted, refused and ended between real nodes.

use crate::{
    backend::Backend,
    client::{Call, Reply},
    country::{CLIENT, Country, PROVIDER, TOKEN},
};
use contracts::MemberId;
use exchange::{
    AccessRule, Credential, GroupEntry,
    access::{self, Access, model::State, records},
};
use http::StatusCode;
use jiff::SignedDuration;
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc};
use store::{
    Location, Store,
    testing::{every_statement_prepares, postgres},
};
use system::register::{RecordEntry, opens};

const OWNER: &str = "VN/GOV/G01/population";
const OWNERS_TOKEN: &str = "secret of the register";
const ROOM: &str = "/r1/VN/GOV/G01/access";

/// A country whose provider has a room, and a service that nobody may call.
pub(crate) struct Asking {
    pub(crate) country: Country,
    pub(crate) access: Arc<Access>,
    pub(crate) backend: Backend,
}

impl Asking {
    pub(crate) async fn start() -> Self {
        Self::start_in(Location::SqliteMemory).await
    }

    async fn start_in(location: Location) -> Self {
        let (country, backend) =
            (Country::found().await, Backend::json(200, json!({ "name": "An", "secret": 1 })).await);
        country.change_directory(|directory| {
            let provider = directory.members.iter_mut().find(|member| member.id.code == PROVIDER).unwrap();
            provider.systems.push(access::listed());
        });
        let store = Store::open(&location, &access::SCHEMA, country.clock.now()).await.unwrap();
        let access = open(&country, &store).await;
        country.offer_with(&backend, access::grants_of_room());
        country.provider.node.offer_access(&access);
        let token_sha256 = Some(*ledger::Hash::of(OWNERS_TOKEN.as_bytes()).as_bytes());
        let credential = Credential { token_sha256, fingerprints: Vec::new() };
        country.provider.node.admit_systems(HashMap::from([(OWNER.parse().unwrap(), credential)]));
        Self { country, access, backend }
    }

    /// Asks the room as the portal.
    pub(crate) async fn portal(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let call = Call::new(self.country.consumer.systems, method, &format!("{ROOM}{path}"))
            .header("x-road-client", CLIENT)
            .header("x-lienthong-token", TOKEN);
        told(call, body).await
    }

    /// Asks the room as the system whose service it is.
    pub(crate) async fn owner(&self, method: &str, path: &str, body: Value) -> (StatusCode, Value) {
        let call = Call::new(self.country.provider.systems, method, &format!("{ROOM}{path}"))
            .header("x-road-client", OWNER)
            .header("x-lienthong-token", OWNERS_TOKEN);
        told(call, body).await
    }

    /// The portal asks; the path by which the owner decides.
    pub(crate) async fn ask(&self, more: Value) -> String {
        let (status, asked) = self.portal("POST", "/requests/v1/requests", asked(more)).await;
        assert_eq!(status, StatusCode::CREATED, "{asked}");
        format!("/requests/v1/asked/{}", asked["id"].as_str().unwrap())
    }

    async fn calls(&self) -> Reply {
        self.country.call("GET", "/people/1").header("x-lienthong-purpose", "procedure").send().await
    }
}

async fn open(country: &Country, store: &Store) -> Arc<Access> {
    let (member, ledger) = (MemberId::agency(PROVIDER), country.provider.node.ledger().clone());
    Access::open(member, store.clone(), ledger, country.clock.clone(), country.random.clone()).await.unwrap()
}

fn asked(more: Value) -> Value {
    let mut asked = json!({
        "system": "population", "service": "people", "method": "GET", "path": "/people/*",
        "purposes": ["procedure"], "fields": ["name"], "legalBasis": "47/2020/ND-CP:35",
    });
    for (key, value) in more.as_object().cloned().unwrap_or_default() {
        asked[key] = value;
    }
    asked
}

async fn told(call: Call, body: Value) -> (StatusCode, Value) {
    let call = match body {
        Value::Null => call,
        body => call.header("content-type", "application/json").body(body.to_string()),
    };
    let reply = call.send().await;
    assert_eq!(reply.fault(), "none", "{}", reply.text());
    (reply.status, if reply.body.is_empty() { Value::Null } else { reply.json() })
}

#[test]
fn every_statement_is_understood_by_both_engines() {
    every_statement_prepares(&access::SCHEMA);
}

#[tokio::test]
async fn what_is_granted_holds_at_once_and_ends_on_its_date() {
    for location in [Location::SqliteMemory, postgres().location()] {
        let asking = Asking::start_in(location).await;
        let until = asking.country.clock.now() + SignedDuration::from_hours(48);
        let decide =
            asking.ask(json!({ "until": until, "rate": { "callsPerMinute": 60, "burst": 5 } })).await;
        assert_eq!(asking.calls().await.fault(), "server.serverproxy.access_denied", "it is only asked for");
        let (_, waiting) = asking.owner("GET", "/requests/v1/asked", Value::Null).await;
        // Asked on a Saturday, which counts as the Monday; the Tuesday is a holiday.
        assert_eq!(
            (&waiting[0]["state"], &waiting[0]["dueAt"]),
            (&json!("asked"), &json!("2026-12-01T10:00:00Z"))
        );
        let (status, granted) = asking.owner("PATCH", &decide, json!({ "state": "granted" })).await;
        assert_eq!((status, &granted["state"]), (StatusCode::OK, &json!("granted")));
        let reply = asking.calls().await;
        assert_eq!(
            (reply.status, reply.json()),
            (StatusCode::OK, json!({ "name": "An" })),
            "only the fields"
        );
        let other =
            asking.country.call("GET", "/other").header("x-lienthong-purpose", "procedure").send().await;
        assert_eq!(other.fault(), "server.serverproxy.access_denied", "only the endpoint");

        let again = open(&asking.country, asking.access.store()).await;
        assert_eq!(records::in_state(again.store(), State::Granted).await.unwrap().len(), 1, "it survives");

        asking.country.clock.advance(SignedDuration::from_hours(48));
        assert_eq!(asking.calls().await.fault(), "server.serverproxy.access_denied", "its date has come");
        asking.access.round().await.unwrap();
        let path = decide.replace("/asked/", "/requests/");
        let (_, ended) = asking.portal("GET", &path, Value::Null).await;
        assert_eq!((&ended["state"], &ended["decidedBy"]), (&json!("ended"), &json!("date")));
        let steps = ended["log"].as_array().unwrap().iter().map(|step| step["change"].clone());
        assert_eq!(steps.collect::<Vec<_>>(), ["asked", "granted", "ended"]);
        let ledger = asking.country.provider.node.ledger();
        let id = ended["id"].as_str().unwrap();
        for line in records::log_of(asking.access.store(), id).await.unwrap() {
            let item = ledger.items(line.index, 1).unwrap().remove(0);
            let entry = RecordEntry::parse(std::str::from_utf8(&item.entry).unwrap()).unwrap();
            assert!(entry.record == line.id && opens(&entry, &line.salt, line.said.as_bytes()), "{line:?}");
        }
    }
}

#[tokio::test]
async fn a_decision_is_the_owners_and_a_refusal_says_why() {
    let asking = Asking::start().await;
    let decide = asking.ask(json!({})).await;
    let same = asking.ask(json!({})).await;
    assert_eq!(decide, same, "who asks again is told of what waits");
    let told = decide.replace("/asked/", "/requests/");
    for (who, method, path, body, status) in [
        ("portal", "PATCH", decide.as_str(), json!({ "state": "granted" }), 403),
        ("portal", "GET", "/requests/v1/asked", Value::Null, 403),
        ("owner", "DELETE", told.as_str(), Value::Null, 404),
        ("owner", "PATCH", decide.as_str(), json!({ "state": "refused" }), 422),
        ("owner", "PATCH", decide.as_str(), json!({ "state": "ended" }), 409),
        ("owner", "PATCH", decide.as_str(), json!({ "state": "perhaps" }), 400),
        ("owner", "PATCH", "/requests/v1/asked/7", json!({ "state": "granted" }), 404),
        ("owner", "PATCH", decide.as_str(), json!({ "state": "refused", "reason": "no law allows it" }), 200),
        ("owner", "PATCH", decide.as_str(), json!({ "state": "refused", "reason": "again" }), 409),
        ("portal", "POST", "/requests/v1/requests", asked(json!({ "client": "*" })), 403),
        ("portal", "POST", "/requests/v1/requests", asked(json!({ "purposes": [] })), 422),
        ("portal", "POST", "/requests/v1/requests", asked(json!({ "until": "2020-01-01T00:00:00Z" })), 422),
        ("portal", "POST", "/requests/v1/requests", json!({ "system": 1 }), 400),
        ("portal", "PUT", "/groups/v1/groups/partners", json!({ "systems": [CLIENT] }), 403),
        ("portal", "GET", "/requests/v1/nothing", Value::Null, 404),
    ] {
        let (answered, said) = match who {
            "owner" => asking.owner(method, path, body).await,
            _ => asking.portal(method, path, body).await,
        };
        assert_eq!(answered, status, "{who} {method} {path}: {said}");
    }
    let (_, found) = asking.portal("GET", &told, Value::Null).await;
    assert_eq!(found["reason"], "no law allows it");
}

#[tokio::test]
async fn the_asker_ends_what_it_was_granted() {
    let asking = Asking::start().await;
    let decide = asking.ask(json!({})).await;
    asking.owner("PATCH", &decide, json!({ "state": "granted" })).await;
    assert_eq!(asking.calls().await.status, StatusCode::OK);
    let own = decide.replace("/asked/", "/requests/");
    assert_eq!(asking.portal("DELETE", &own, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(asking.calls().await.fault(), "server.serverproxy.access_denied");
    assert_eq!(asking.backend.count(), 1);
}

#[tokio::test]
async fn groups_are_let_in_whole() {
    let asking = Asking::start().await;
    let (status, granted) = asking
        .owner("POST", "/requests/v1/requests", asked(json!({ "client": "local-group:partners" })))
        .await;
    assert_eq!(status, StatusCode::CREATED, "{granted}");
    let decide = format!("/requests/v1/asked/{}", granted["id"].as_str().unwrap());
    asking.owner("PATCH", &decide, json!({ "state": "granted" })).await;
    assert_eq!(asking.calls().await.fault(), "server.serverproxy.access_denied", "it is not in the group");
    let group = "/groups/v1/groups/partners";
    assert_eq!(asking.owner("PUT", group, json!({ "systems": [CLIENT] })).await.0, StatusCode::NO_CONTENT);
    assert_eq!(asking.calls().await.status, StatusCode::OK);
    let (_, groups) = asking.portal("GET", "/groups/v1/groups", Value::Null).await;
    assert_eq!(groups, json!([{ "code": "partners", "systems": [CLIENT] }]));
    assert_eq!(asking.owner("DELETE", group, Value::Null).await.0, StatusCode::NO_CONTENT);
    assert_eq!(asking.calls().await.fault(), "server.serverproxy.access_denied");

    let rule = AccessRule::open("population", "people", "global-group:provinces");
    asking.country.provider.node.grant(vec![rule]);
    assert_eq!(asking.calls().await.fault(), "server.serverproxy.access_denied");
    asking.country.change_directory(|directory| {
        directory.groups.push(GroupEntry {
            code: "provinces".into(),
            name: "Các tỉnh".into(),
            systems: vec![CLIENT.parse().unwrap()],
        });
    });
    assert_eq!(asking.calls().await.status, StatusCode::OK);
}
