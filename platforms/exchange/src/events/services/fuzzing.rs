//! Fuzz targets: what is sent to a room.

use super::{
    form_of,
    forms::{DecisionForm, Publication, SubscriptionForm, TypeForm},
};
use crate::events::schema::Schema;
use contracts::{SystemId, events::CloudEvent};
use events::{EVENT_LIMIT_BYTES, KEY_LIMIT_BYTES, Topic};
use jiff::Timestamp;
use serde_json::{Value, value::RawValue};

const TOPIC: &str = "receipt.paid";

fn publisher() -> SystemId {
    "VN/GOV/G12/tax".parse().expect("it is an identifier")
}

/// A name of a type, a type, a subscription, a decision or an event: what is taken as an event is one that subscribers can
/// read, within its limits, and told by nobody but its publisher.
pub fn room_form(data: &[u8]) {
    if let Ok(topic) = std::str::from_utf8(data).unwrap_or_default().parse::<Topic>() {
        assert_eq!(topic.as_str().as_bytes(), data);
    }
    if let Ok(form) = form_of::<TypeForm>(data) {
        let _ = form.event_type(&publisher());
    }
    if let Ok(form) = form_of::<SubscriptionForm>(data) {
        let _ = form.chosen(None);
    }
    let _ = form_of::<DecisionForm>(data);
    let topic: Topic = TOPIC.parse().expect("it is a topic");
    let Ok(publication) = Publication::read(data, &topic) else { return };
    let _ = publication.data();
    let Ok(event) = publication.event(&publisher(), "a message", Timestamp::UNIX_EPOCH) else { return };
    assert!(event.document.len() <= EVENT_LIMIT_BYTES && event.key.len() <= KEY_LIMIT_BYTES);
    let told: CloudEvent<Box<RawValue>> =
        serde_json::from_str(&event.document).expect("what is logged can be read");
    assert_eq!((told.id, &*told.event_type), (event.id, TOPIC));
    assert_eq!(told.source, format!("/{}", publisher()));
}

/// Valid forms.
pub fn room_forms() -> Vec<Vec<u8>> {
    [
        TOPIC,
        r#"{"eventType":"receipt.paid","schema":{"type":"object"},"retentionDays":30}"#,
        r#"{"delivery":"PUSH","service":"notices","path":"/events","options":{"TTL":60,"FIFO":true},"from":7}"#,
        r#"{"state":"granted","reason":"agreed"}"#,
        r#"{"eventType":"receipt.paid","event":{"number":"2026-17"},"key":"2026-17"}"#,
        r#"{"specversion":"1.0","id":"01901638-694d-739b-aea5-966c26f8ad91","source":"/VN/GOV/G12/tax",
            "type":"receipt.paid","subject":"2026-17","time":"2026-11-21T00:00:00Z","datacontenttype":"application/json",
            "partitionkey":"17","data":{"number":"2026-17","amount_vnd":8000}}"#,
    ]
    .map(|form| form.as_bytes().to_vec())
    .into()
}

/// A schema and, behind the first line feed, what it is asked about: what is understood says the same each time.
pub fn event_schema(data: &[u8]) {
    let Some((schema, value)) = std::str::from_utf8(data).unwrap_or_default().split_once('\n') else {
        return;
    };
    let Ok(schema) = Schema::parse(schema) else { return };
    let Ok(value) = serde_json::from_str::<Value>(value) else { return };
    assert_eq!(schema.check(&value), schema.check(&value));
}

/// Valid schemas, with what they are asked about.
pub fn event_schemas() -> Vec<Vec<u8>> {
    let schema = r##"{"type":"object","properties":{"n":{"type":"string","pattern":"^[0-9]+$","maxLength":9},"l":{"type":
        "array","items":{"$ref":"#/$defs/e"},"uniqueItems":true}},"required":["n"],"additionalProperties":false,"$defs":
        {"e":{"oneOf":[{"type":"integer","minimum":0},{"const":null},{"not":{"enum":["x"]}}]}}}"##;
    let schema: String = schema.lines().map(str::trim).collect();
    [r#"{"n":"17","l":[1,null,"y"]}"#, r#"{"l":["x"]}"#]
        .map(|value| format!("{schema}\n{value}").into_bytes())
        .into()
}
