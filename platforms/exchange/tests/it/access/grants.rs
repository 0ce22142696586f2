//! Grants: who may call what, for which purpose, until when, and what they see of the answer.

use crate::{backend::Backend, country::Country};
use bytes::Bytes;
use exchange::AccessRule;
use http::{Response, StatusCode};
use http_body_util::Full;
use jiff::SignedDuration;
use serde_json::json;

fn people(client: &str) -> AccessRule {
    AccessRule::open("population", "people", client)
}

#[tokio::test]
async fn only_what_is_granted_reaches_the_system() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    for (case, rule, method, path, purpose, allowed) in [
        ("the system itself", people("VN/GOV/G22/portal"), "GET", "/x", "any", true),
        ("all systems of the code", people("*/portal"), "GET", "/x", "any", true),
        ("another system", people("VN/GOV/G22/other"), "GET", "/x", "any", false),
        ("another member", people("VN/GOV/G15/portal"), "GET", "/x", "any", false),
        ("another service", AccessRule::open("population", "births", "*"), "GET", "/x", "any", false),
        ("all services", AccessRule::open("population", "*", "*"), "GET", "/x", "any", true),
        ("another system's services", AccessRule::open("other", "*", "*"), "GET", "/x", "any", false),
        ("the method", people("*").on_path("GET", "**"), "GET", "/x", "any", true),
        ("another method", people("*").on_path("GET", "**"), "POST", "/x", "any", false),
        ("the path", people("*").on_path("*", "/people/*"), "GET", "/people/1", "any", true),
        ("an encoded path", people("*").on_path("*", "/people/*"), "GET", "/%70eople/1", "any", true),
        ("a deeper path", people("*").on_path("*", "/people/*"), "GET", "/people/1/secret", "any", false),
        (
            "a deeper path, encoded",
            people("*").on_path("*", "/people/*"),
            "GET",
            "/people/1%2Fsecret",
            "any",
            false,
        ),
        ("the purpose", people("*").for_purposes(&["birth"]), "GET", "/x", "birth", true),
        ("another purpose", people("*").for_purposes(&["birth"]), "GET", "/x", "marketing", false),
        ("no purpose", people("*").for_purposes(&["birth"]), "GET", "/x", "", false),
    ] {
        country.offer_with(&backend, vec![rule]);
        let before = backend.count();
        let reply = country.call(method, path).header("x-lienthong-purpose", purpose).send().await;
        assert_eq!(backend.count() - before, usize::from(allowed), "{case}");
        let expected = if allowed {
            (StatusCode::OK, "none")
        } else {
            (StatusCode::INTERNAL_SERVER_ERROR, "server.serverproxy.access_denied")
        };
        assert_eq!((reply.status, reply.fault()), expected, "{case}: {}", reply.text());
    }
}

#[tokio::test]
async fn a_grant_has_its_time() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    let mut rule = people("*");
    rule.from = Some(country.clock.now() + SignedDuration::from_secs(10));
    rule.until = Some(country.clock.now() + SignedDuration::from_secs(20));
    country.offer_with(&backend, vec![rule]);
    for (advance, allowed) in [(9, false), (1, true), (9, true), (1, false)] {
        country.clock.advance(SignedDuration::from_secs(advance));
        let reply = country.call("GET", "/x").send().await;
        assert_eq!(reply.status == StatusCode::OK, allowed, "{}", country.clock.now());
    }
}

#[tokio::test]
async fn answers_are_cut_to_the_fields_of_the_grant() {
    let country = Country::found().await;
    let backend = Backend::json(
        200,
        json!({ "number": "1", "name": { "family": "Nguyễn", "given": "An" }, "secret": 1,
        "children": [{ "name": "a", "secret": 2 }, { "secret": 3 }], "sum": 12345678901234567890u64 }),
    )
    .await;
    for (fields, expected) in [
        (vec!["number"], json!({ "number": "1" })),
        (
            vec!["name.given", "children.name", "sum"],
            json!({ "name": { "given": "An" }, "children": [{ "name": "a" }, {}], "sum": 12345678901234567890u64 }),
        ),
        (vec!["nothing"], json!({})),
    ] {
        country.offer_with(&backend, vec![people("*").showing(&fields)]);
        let reply = country.call("GET", "/x").send().await;
        assert_eq!(reply.json(), expected);
        assert_eq!(reply.header("content-length"), Some(reply.body.len().to_string().as_str()));
    }
    country.offer_with(&backend, vec![people("*").showing(&["number"]), people("*").showing(&["sum"])]);
    assert_eq!(
        country.call("GET", "/x").send().await.json(),
        json!({ "number": "1", "sum": 12345678901234567890u64 })
    );
    let large = json!((0..40_000).map(|i| json!({ "id": i, "secret": "x" })).collect::<Vec<_>>());
    let backend = Backend::json(200, large).await;
    country.offer_with(&backend, vec![people("*").showing(&["id"])]);
    let reply = country.call("GET", "/x").send().await;
    assert_eq!(reply.json().as_array().unwrap().len(), 40_000);
    assert!(!reply.text().contains("secret"));
}

#[tokio::test]
async fn an_answer_that_cannot_be_cut_does_not_leave() {
    let country = Country::found().await;
    for (case, status, body, expected) in [
        ("no JSON", 200, "<secret/>", "server.serverproxy.access_denied"),
        ("half of JSON", 206, "{\"secret\":", "server.serverproxy.access_denied"),
        ("nothing", 204, "", "none"),
        ("a problem of the system", 404, "no such person", "none"),
    ] {
        let backend = Backend::start(move |_| async move {
            Response::builder().status(status).body(Full::new(Bytes::from_static(body.as_bytes()))).unwrap()
        })
        .await;
        country.offer_with(&backend, vec![people("*").showing(&["name"])]);
        let reply = country.call("GET", "/x").send().await;
        assert_eq!(reply.fault(), expected, "{case}");
        assert!(!reply.text().contains("secret"), "{case}");
    }
}
