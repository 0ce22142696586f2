//! The protocol's own calls.

use crate::{
    backend::Backend,
    client::Call,
    country::{CLIENT, Country, SERVICE},
};
use exchange::{AccessRule, Offer};
use http::StatusCode;
use serde_json::json;
use std::sync::Arc;

const SYSTEM: &str = "/r1/VN/GOV/G01/population";

#[tokio::test]
async fn the_members_are_listed_for_everyone() {
    let country = Country::found().await;
    let list = |query: &str| Call::new(country.consumer.systems, "GET", &format!("/listClients{query}"));
    let reply = list("").header("accept", "application/json").send().await;
    assert_eq!(reply.header("content-type"), Some("application/json; charset=utf-8"));
    let members = reply.json()["member"].clone();
    assert_eq!(members.as_array().unwrap().len(), 6);
    assert_eq!(
        members[3],
        json!({ "id": { "object_type": "SUBSYSTEM", "xroad_instance": "VN", "member_class": "GOV", "member_code": "G01", "subsystem_code": "population" },
            "name": "Cơ quan G01 & <bạn>", "subsystem_name": "Hệ thống population" })
    );
    assert_eq!(
        members[2]["id"],
        json!({ "object_type": "MEMBER", "xroad_instance": "VN", "member_class": "GOV", "member_code": "G01" })
    );
    for call in [list(""), list("").header("accept", "text/xml"), list("?xRoadInstance=VN")] {
        let reply = call.send().await;
        assert_eq!(reply.header("content-type"), Some("text/xml; charset=utf-8"));
        assert!(
            reply.text().contains("<xroad:name>Cơ quan G01 &amp; &lt;bạn&gt;</xroad:name>"),
            "{}",
            reply.text()
        );
        assert!(reply.text().contains("<id:subsystemCode>population</id:subsystemCode>"));
    }
    assert_eq!(list("?xRoadInstance=XX").send().await.fault(), "client.bad_request");
    assert_eq!(
        Call::new(country.consumer.systems, "POST", "/listClients").send().await.fault(),
        "client.bad_request"
    );
}

#[tokio::test]
async fn a_systems_services_are_listed_and_those_that_a_client_may_use() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let system = "VN/GOV/G01/population".parse().unwrap();
    let mut described = Offer::http(&system, "births", &backend.base()).unwrap();
    described.openapi = Some(Arc::from(
        json!({ "openapi": "3.0.3", "servers": [{ "url": "http://10.0.0.7:8080/api/v1/" }, { "url": "/relative" }, { "url": "http://10.0.0.8" }],
            "paths": { "/births/{id}": { "get": {}, "put": {}, "parameters": [] } } })
        .to_string(),
    ));
    let mut yaml = Offer::http(&system, "deaths", &backend.base()).unwrap();
    yaml.openapi = Some(Arc::from("openapi: 3.0.3\n"));
    country.provider.node.offer(vec![described, yaml]);
    let list = async |call: &str| {
        let reply = country.call_target("GET", &format!("{SYSTEM}/{call}")).send().await;
        assert_eq!(
            (reply.status, reply.header("content-type")),
            (StatusCode::OK, Some("application/json; charset=utf-8")),
            "{}",
            reply.text()
        );
        reply.json()["service"].as_array().unwrap().clone()
    };
    let services = list("listMethods").await;
    let codes: Vec<_> = services.iter().map(|service| service["service_code"].as_str().unwrap()).collect();
    assert_eq!(codes, ["births", "deaths", "people"]);
    assert_eq!(
        services[0],
        json!({ "object_type": "SERVICE", "xroad_instance": "VN", "member_class": "GOV", "member_code": "G01", "subsystem_code": "population",
            "service_code": "births", "service_type": "OPENAPI",
            "endpoint_list": [{ "method": "GET", "path": "/births/{id}" }, { "method": "PUT", "path": "/births/{id}" }] })
    );
    assert_eq!(services[2]["service_type"], "REST");
    assert_eq!(list("allowedMethods").await.len(), 1);
    country.provider.node.grant(vec![
        AccessRule::open("population", "births", CLIENT),
        AccessRule::open("population", "people", "*/other"),
    ]);
    assert_eq!(list("allowedMethods").await[0]["service_code"], "births");
    country.provider.node.grant(vec![]);
    assert!(list("allowedMethods").await.is_empty());

    let openapi =
        async |query: &str| country.call_target("GET", &format!("{SYSTEM}/getOpenAPI{query}")).send().await;
    let document = openapi("?serviceCode=b%69rths").await.json();
    assert_eq!(document["servers"], json!([{ "url": "/api/v1" }, { "url": "/relative" }, { "url": "" }]));
    let yaml = openapi("?serviceCode=deaths").await;
    assert_eq!(
        (yaml.text(), yaml.header("content-type")),
        ("openapi: 3.0.3\n", Some("text/plain; charset=utf-8"))
    );
    for (query, kind) in [
        ("", "invalid_request"),
        ("?serviceCode=", "invalid_request"),
        ("?service=births", "invalid_request"),
        ("?serviceCode=people", "internal_error"),
        ("?serviceCode=nothing", "internal_error"),
    ] {
        let reply = openapi(query).await;
        assert_eq!(
            (reply.status.as_u16(), reply.fault()),
            (500, format!("server.serverproxy.{kind}").as_str()),
            "{query}"
        );
    }
    for call in ["listMethods", "allowedMethods", "getOpenAPI"] {
        let reply = country.call_target("POST", &format!("{SYSTEM}/{call}")).send().await;
        assert_eq!(reply.fault(), "server.serverproxy.bad_request", "{call}");
    }
    assert_eq!(backend.count(), 0, "{SERVICE}");
}
