//! Receipts: what they prove, and that nothing about them can be changed.

use crate::{
    backend::Backend,
    client::{Call, Reply},
    country::{CLIENT, Country, TARGET, TOKEN, ledger_signer},
    tlogcheck::tlogcheck,
};
use exchange::{Receipt, receipt};
use http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

async fn fetch(country: &Country, path: &str) -> Reply {
    Call::new(country.consumer.systems, "GET", path)
        .header("x-road-client", CLIENT)
        .header("x-lienthong-token", TOKEN)
        .send()
        .await
}

async fn receipt_of(country: &Country, reply: &Reply) -> Receipt {
    Receipt::parse(fetch(country, reply.receipt()).await.text()).unwrap()
}

#[tokio::test]
async fn both_sides_prove_the_same_call_offline() {
    let (country, backend) = (Country::found().await, Backend::json(201, json!({ "done": true })).await);
    country.offer(&backend);
    let anchor = country.centre.verifier_key();
    for (method, body, answered) in
        [("POST", Some("a request"), 201), ("GET", None, 201), ("HEAD", None, 201)]
    {
        let mut call = country.call(method, "/x?a=1");
        if let Some(body) = body {
            call = call.body(body);
        }
        let reply = call.send().await;
        assert_eq!(reply.status.as_u16(), answered);
        let consumers = receipt_of(&country, &reply).await;
        let providers =
            receipt::of_message(&country.provider.node, consumers.message).await.unwrap().unwrap();
        for receipt in [consumers, providers] {
            let receipt = Receipt::parse(&receipt.to_json()).unwrap();
            let proven = receipt.verify(&anchor, None).unwrap();
            assert_eq!(
                (proven.consumer.as_str(), proven.provider.as_deref()),
                ("VN/GOV/G22", Some("VN/GOV/G01"))
            );
            assert_eq!((proven.client.as_str(), proven.status.as_deref()), (CLIENT, Some("201 Created")));
            assert_eq!(proven.call, format!("{method} {TARGET}/x?a=1"));
            assert_eq!(proven.sealed_micros, Some(country.clock.now().as_microsecond()));
            if let Some(body) = body {
                assert!(receipt.verify(&anchor, Some(body.as_bytes())).is_ok());
            }
            if method != "HEAD" {
                assert!(receipt.verify(&anchor, Some(&reply.body)).is_ok());
            }
            assert!(receipt.verify(&anchor, Some(b"another message")).is_err());
            assert!(receipt.verify(&ledger_signer("G98").verifier_key(), None).is_err(), "another centre");
        }
    }
}

#[tokio::test]
async fn nothing_of_a_receipt_can_be_changed() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let anchor = country.centre.verifier_key();
    let first = country.call("POST", "/x").body("one").send().await;
    let file = tempfile::NamedTempFile::new().unwrap();
    let key = anchor.to_string();
    let independent = |text: &str| {
        std::fs::write(file.path(), text).unwrap();
        tlogcheck(&["receipt".as_ref(), key.as_ref(), file.path().as_ref()])
    };
    let second = country.call("POST", "/x").body("two").send().await;
    let (whole, other) = (receipt_of(&country, &first).await, receipt_of(&country, &second).await);
    assert!(whole.verify(&anchor, None).is_ok());
    assert_eq!(independent(&whole.to_json()), Ok("holds: request and answer".to_owned()));
    let (whole, other): (Value, Value) =
        (serde_json::from_str(&whole.to_json()).unwrap(), serde_json::from_str(&other.to_json()).unwrap());
    let refused = |case: &str, changed: &Value| {
        assert_ne!(*changed, whole, "{case} changes something");
        let outcome = Receipt::parse(&changed.to_string()).and_then(|receipt| receipt.verify(&anchor, None));
        assert!(outcome.is_err(), "{case}: {outcome:?}");
    };
    for part in ["request", "answer"] {
        for field in ["node", "statement", "head", "body_sha256", "salt", "entry", "proof"] {
            let case = format!("{part} {field}");
            let text = whole[part][field].as_str().unwrap();
            // Every tenth letter, changed to another one.
            for at in (0..text.len())
                .step_by(10)
                .filter(|at| text.is_char_boundary(*at) && text.is_char_boundary(at + 1))
            {
                let mut changed = whole.clone();
                let letter = if &text[at..=at] == "A" { "B" } else { "A" };
                changed[part][field] = format!("{}{letter}{}", &text[..at], &text[at + 1..]).into();
                refused(&format!("{case} at {at}"), &changed);
            }
            let mut changed = whole.clone();
            changed[part][field] = "".into();
            refused(&case, &changed);
            if other[part][field] != whole[part][field] {
                changed[part][field] = other[part][field].clone();
                assert!(independent(&changed.to_string()).is_err(), "{case} of another call");
                refused(&format!("{case} of another call"), &changed);
            }
        }
        let mut changed = whole.clone();
        changed[part].as_object_mut().unwrap().remove("body_sha256");
        refused("no body", &changed);
        let mut changed = whole.clone();
        changed[part] = other[part].clone();
        refused("a part of another call", &changed);
    }
    for (field, value) in
        [("message", json!(Uuid::nil())), ("form", json!("lienthong-receipt/v2")), ("more", json!(1))]
    {
        let mut changed = whole.clone();
        changed[field] = value;
        refused(field, &changed);
    }
    let mut swapped = whole.clone();
    swapped["request"] = whole["answer"].clone();
    refused("the answer for the request", &swapped);
}

#[tokio::test]
async fn a_call_that_was_turned_away_is_proven_too() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer_with(&backend, vec![]);
    let reply = country.call("POST", "/x").body("please").send().await;
    assert_eq!(reply.fault(), "server.serverproxy.access_denied");
    let receipt = receipt_of(&country, &reply).await;
    let providers = receipt::of_message(&country.provider.node, receipt.message)
        .await
        .unwrap()
        .expect("the provider knows whom it turned away");
    for receipt in [receipt, providers] {
        let proven = receipt.verify(&country.centre.verifier_key(), Some(b"please")).unwrap();
        assert_eq!(proven.status.as_deref(), Some("500 Internal Server Error"));
    }
}

#[tokio::test]
async fn receipts_are_for_the_system_that_called() {
    let (country, backend) = (Country::found().await, Backend::echo().await);
    country.offer(&backend);
    let reply = country.call("POST", "/x").body("mine").send().await;
    let path = reply.receipt().to_owned();
    let token_sha256 = Some(*ledger::Hash::of(b"other").as_bytes());
    let credential = exchange::Credential { token_sha256, fingerprints: Vec::new() };
    country.consumer.node.admit_systems([("VN/GOV/G22/other".parse().unwrap(), credential)].into());
    let others = Call::new(country.consumer.systems, "GET", &path)
        .header("x-road-client", "VN/GOV/G22/other")
        .header("x-lienthong-token", "other");
    let unproven = fetch(&country, &path).await;
    assert_eq!(unproven.fault(), "server.clientproxy.ssl_authentication_failed");
    let unknown = Call::new(country.consumer.systems, "GET", &format!("/receipts/{}", Uuid::nil()))
        .header("x-road-client", "VN/GOV/G22/other")
        .header("x-lienthong-token", "other");
    let (others, unknown) = (others.send().await, unknown.send().await);
    assert_eq!(
        (others.status, others.json()["message"].clone()),
        (StatusCode::BAD_REQUEST, unknown.json()["message"].clone())
    );
}
