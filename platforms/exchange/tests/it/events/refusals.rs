//! Who may do what in a room, and what can't be taken.

use super::room::{PUBLISHER, Room, STRANGER, SUBSCRIBER, TYPE};
use events::EVENT_LIMIT_BYTES;
use serde_json::{Value, json};

const SOME_ID: &str = "0198f5a0-1111-7000-8000-000000000001";

fn event(data: Value) -> Value {
    json!({ "specversion": "1.0", "type": TYPE, "data": data })
}

#[tokio::test]
async fn what_may_not_be_is_refused() {
    let room = Room::open().await;
    room.register_type().await;
    room.subscribe(json!({ "delivery": "PUSH", "service": "notices" })).await;
    let (ty, subs) = (format!("api/v1/eventType/{TYPE}"), format!("api/v1/subs/{TYPE}"));
    let (publish, pull) = (format!("pub/v1/{TYPE}"), format!("pull/v1/{TYPE}"));
    let new = |schema: Value| json!({ "eventType": "other", "schema": schema });
    let cases: Vec<(&str, &str, &str, String, Value, u16, &str)> = vec![
        (
            "a type at another's node",
            SUBSCRIBER,
            "POST",
            "api/v1/eventType".into(),
            new(json!({})),
            403,
            "forbidden",
        ),
        (
            "a schema that is none",
            PUBLISHER,
            "POST",
            "api/v1/eventType".into(),
            new(json!({ "if": {} })),
            422,
            "schema",
        ),
        (
            "a type of another schema",
            PUBLISHER,
            "POST",
            "api/v1/eventType".into(),
            json!({ "eventType": TYPE, "schema": {} }),
            409,
            "event-type-exists",
        ),
        (
            "another's type",
            "VN/GOV/G01/residence",
            "POST",
            "api/v1/eventType".into(),
            json!({ "eventType": TYPE, "schema": {} }),
            409,
            "event-type-exists",
        ),
        (
            "a name that is none",
            PUBLISHER,
            "POST",
            "api/v1/eventType".into(),
            json!({ "eventType": "a b", "schema": {} }),
            422,
            "invalid",
        ),
        (
            "kept for ever",
            PUBLISHER,
            "POST",
            "api/v1/eventType".into(),
            json!({ "eventType": "o", "schema": {}, "retentionDays": 99999 }),
            422,
            "invalid",
        ),
        (
            "an unknown type is described",
            PUBLISHER,
            "GET",
            "api/v1/eventType/unknown".into(),
            Value::Null,
            404,
            "unknown-event-type",
        ),
        ("another's type is ended", SUBSCRIBER, "DELETE", ty.clone(), Value::Null, 403, "forbidden"),
        ("another's subscribers", SUBSCRIBER, "GET", format!("{ty}/subs"), Value::Null, 403, "forbidden"),
        (
            "granted by the subscriber itself",
            SUBSCRIBER,
            "PATCH",
            format!("{ty}/subs/{SOME_ID}"),
            json!({ "state": "granted" }),
            403,
            "forbidden",
        ),
        (
            "an unknown subscription is granted",
            PUBLISHER,
            "PATCH",
            format!("{ty}/subs/{SOME_ID}"),
            json!({ "state": "granted" }),
            404,
            "not-found",
        ),
        (
            "an unknown type is published",
            PUBLISHER,
            "POST",
            "pub/v1/unknown".into(),
            event(json!({ "n": 1 })),
            404,
            "unknown-event-type",
        ),
        (
            "published by another",
            STRANGER,
            "POST",
            publish.clone(),
            event(json!({ "n": 1 })),
            403,
            "forbidden",
        ),
        (
            "not as the schema says",
            PUBLISHER,
            "POST",
            publish.clone(),
            event(json!({ "n": "one" })),
            422,
            "invalid",
        ),
        (
            "more than the schema says",
            PUBLISHER,
            "POST",
            publish.clone(),
            event(json!({ "n": 1, "name": "An" })),
            422,
            "invalid",
        ),
        (
            "of another type than the path",
            PUBLISHER,
            "POST",
            publish.clone(),
            json!({ "specversion": "1.0", "type": "other", "data": { "n": 1 } }),
            400,
            "malformed",
        ),
        (
            "of another version",
            PUBLISHER,
            "POST",
            publish.clone(),
            json!({ "specversion": "0.3", "type": TYPE, "data": { "n": 1 } }),
            400,
            "malformed",
        ),
        (
            "in another's name",
            PUBLISHER,
            "POST",
            publish.clone(),
            json!({ "specversion": "1.0", "type": TYPE, "source": "/VN/GOV/G22/portal", "data": { "n": 1 } }),
            400,
            "malformed",
        ),
        ("no event", PUBLISHER, "POST", publish.clone(), json!([1]), 400, "malformed"),
        (
            "over the limit of an event",
            PUBLISHER,
            "POST",
            publish.clone(),
            event(json!({ "n": 1, "text": "x".repeat(EVENT_LIMIT_BYTES - 50) })),
            413,
            "too-large",
        ),
        (
            "over the limit of a body",
            PUBLISHER,
            "POST",
            publish.clone(),
            event(json!({ "n": 1, "text": "x".repeat(EVENT_LIMIT_BYTES + 5_000) })),
            413,
            "too-large",
        ),
        (
            "a key over the limit",
            PUBLISHER,
            "POST",
            publish.clone(),
            json!({ "specversion": "1.0", "type": TYPE, "subject": "k".repeat(300), "data": { "n": 1 } }),
            413,
            "too-large",
        ),
        (
            "another's status",
            SUBSCRIBER,
            "GET",
            format!("{publish}/{SOME_ID}"),
            Value::Null,
            403,
            "forbidden",
        ),
        (
            "the status of an unknown event",
            PUBLISHER,
            "GET",
            format!("{publish}/{SOME_ID}"),
            Value::Null,
            404,
            "not-found",
        ),
        (
            "another's event is taken back",
            SUBSCRIBER,
            "DELETE",
            format!("{publish}/{SOME_ID}"),
            Value::Null,
            403,
            "forbidden",
        ),
        (
            "an unknown event is taken back",
            PUBLISHER,
            "DELETE",
            format!("{publish}/{SOME_ID}"),
            Value::Null,
            404,
            "not-found",
        ),
        (
            "an unknown type is subscribed",
            STRANGER,
            "POST",
            "api/v1/subs/unknown".into(),
            json!({ "delivery": "PULL" }),
            404,
            "unknown-event-type",
        ),
        (
            "subscribed twice",
            SUBSCRIBER,
            "POST",
            subs.clone(),
            json!({ "delivery": "PULL" }),
            409,
            "already-subscribed",
        ),
        (
            "pushed to no service",
            STRANGER,
            "POST",
            subs.clone(),
            json!({ "delivery": "PUSH" }),
            422,
            "invalid",
        ),
        (
            "no time to live",
            STRANGER,
            "POST",
            subs.clone(),
            json!({ "delivery": "PULL", "options": { "TTL": 0 } }),
            422,
            "invalid",
        ),
        (
            "delivered by post",
            STRANGER,
            "POST",
            subs.clone(),
            json!({ "delivery": "POST" }),
            400,
            "malformed",
        ),
        ("who has no subscription reads it", STRANGER, "GET", subs.clone(), Value::Null, 404, "not-found"),
        (
            "who has no subscription changes it",
            STRANGER,
            "PATCH",
            subs.clone(),
            json!({ "from": 0 }),
            404,
            "not-found",
        ),
        ("who has no subscription ends it", STRANGER, "DELETE", subs.clone(), Value::Null, 404, "not-found"),
        (
            "who has no subscription sees dead letters",
            STRANGER,
            "GET",
            format!("{subs}/dead"),
            Value::Null,
            404,
            "not-found",
        ),
        (
            "no dead letter is replayed",
            SUBSCRIBER,
            "POST",
            format!("{subs}/dead/{SOME_ID}"),
            Value::Null,
            404,
            "not-found",
        ),
        ("who has no subscription fetches", STRANGER, "GET", pull.clone(), Value::Null, 404, "not-found"),
        ("who is pushed to fetches", SUBSCRIBER, "GET", pull.clone(), Value::Null, 409, "pushed"),
        (
            "an event that is not due is confirmed",
            SUBSCRIBER,
            "DELETE",
            format!("{pull}/{SOME_ID}"),
            Value::Null,
            404,
            "not-found",
        ),
        ("no such operation", PUBLISHER, "PUT", ty.clone(), Value::Null, 404, "not-found"),
    ];
    for (what, client, method, path, body, status, code) in cases {
        let (found, answer) = room.ask(client, method, &path, body).await;
        let kind = answer["type"].as_str().unwrap_or_default().rsplit(':').next().unwrap_or_default();
        assert_eq!((found.as_u16(), kind), (status, code), "{what}: {answer}");
    }
    let bounds = room.log.bounds(&TYPE.parse().unwrap()).await.unwrap();
    assert_eq!(bounds.last, 0, "nothing of it was published");
}

#[tokio::test]
async fn what_is_not_granted_gives_nothing() {
    let room = Room::open().await;
    room.register_type().await;
    let subs = format!("api/v1/subs/{TYPE}");
    let asked = room.get(SUBSCRIBER, "POST", &subs, json!({ "delivery": "PULL", "from": 0 })).await;
    assert_eq!(asked["state"], "asked");
    assert_eq!(asked["purpose"], "health-insurance", "what it is for is asked too");
    room.publish(1, "a").await;
    let pull = format!("pull/v1/{TYPE}");
    let decide = format!("api/v1/eventType/{TYPE}/subs/{}", asked["id"].as_str().unwrap());
    let fetched = async || room.ask(SUBSCRIBER, "GET", &pull, Value::Null).await.0.as_u16();
    assert_eq!(fetched().await, 403, "asked is not granted");
    room.get(PUBLISHER, "PATCH", &decide, json!({ "state": "refused", "reason": "no legal basis" })).await;
    assert_eq!(fetched().await, 403);
    let refused = room.get(SUBSCRIBER, "GET", &subs, Value::Null).await;
    assert_eq!((&refused["state"], &refused["reason"]), (&json!("refused"), &json!("no legal basis")));
    room.get(SUBSCRIBER, "POST", &subs, json!({ "delivery": "PULL", "from": 0 })).await;
    room.get(PUBLISHER, "PATCH", &decide, json!({ "state": "granted" })).await;
    assert_eq!(fetched().await, 200);
    let (again, _) = room.ask(PUBLISHER, "PATCH", &decide, json!({ "state": "granted" })).await;
    assert_eq!(again.as_u16(), 409, "it is granted already");
    room.get(PUBLISHER, "PATCH", &decide, json!({ "state": "ended", "reason": "the law has changed" })).await;
    assert_eq!(fetched().await, 403);
    room.get(PUBLISHER, "DELETE", &format!("api/v1/eventType/{TYPE}"), Value::Null).await;
    let (gone, _) = room.ask(PUBLISHER, "POST", &format!("pub/v1/{TYPE}"), json!({})).await;
    assert_eq!(gone.as_u16(), 404, "a type that has ended is not published");
}
