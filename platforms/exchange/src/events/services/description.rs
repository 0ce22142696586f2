//! The OpenAPI document of a room's service, made from its table of operations.

use super::routes::{Act, Route};
use serde_json::{Map, Value, json};

/// The OpenAPI 3.1 document of these operations.
pub(super) fn document(service: &str, routes: impl Iterator<Item = &'static Route>) -> Value {
    let mut paths = Map::new();
    for route in routes {
        let item = paths.entry(route.path).or_insert_with(|| json!({}));
        item[route.method.to_ascii_lowercase()] = operation(route);
    }
    json!({
        "openapi": "3.1.0",
        "info": { "title": format!("events/{service}"), "version": "1" },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas(),
            "responses": { "Problem": { "description": "A refusal or failure (RFC 9457)." } },
        },
    })
}

fn operation(route: &Route) -> Value {
    let parameters = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let parameters: Vec<Value> = parameters
        .map(|name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string" } }))
        .collect();
    let mut described = json!({
        "operationId": route.operation,
        "summary": route.summary,
        "parameters": parameters,
        "responses": {
            success(route.act): { "description": "It is done." },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    });
    if let Some((form, media_type)) = form(route.act) {
        let schema = json!({ "$ref": format!("#/components/schemas/{form}") });
        described["requestBody"] = json!({ "content": { media_type: { "schema": schema } } });
    }
    described
}

fn success(act: Act) -> &'static str {
    match act {
        Act::Publish | Act::ChangeSubscription => "201",
        Act::DeleteType | Act::Withdraw | Act::Unsubscribe | Act::Replay | Act::Confirm => "204",
        _ => "200",
    }
}

fn form(act: Act) -> Option<(&'static str, &'static str)> {
    match act {
        Act::CreateType => Some(("EventType", "application/json")),
        Act::Publish => Some(("CloudEvent", contracts::events::MEDIA_TYPE)),
        Act::Subscribe | Act::ChangeSubscription => Some(("Subscription", "application/json")),
        Act::Decide => Some(("Decision", "application/json")),
        _ => None,
    }
}

fn schemas() -> Value {
    json!({
        "EventType": {
            "type": "object", "required": ["eventType", "schema"],
            "properties": {
                "eventType": { "type": "string" },
                "schema": { "type": "object", "description": "JSON Schema of the particulars." },
                "retentionDays": { "type": "integer", "default": 90 },
            },
        },
        "CloudEvent": {
            "type": "object", "required": ["specversion", "type", "data"],
            "properties": {
                "specversion": { "const": "1.0" },
                "id": { "type": "string", "format": "uuid", "description": "The same one when it is published again." },
                "source": { "type": "string" },
                "type": { "type": "string" },
                "subject": { "type": "string" },
                "time": { "type": "string", "format": "date-time" },
                "datacontenttype": { "const": "application/json" },
                "partitionkey": { "type": "string", "description": "What events are ordered by; the subject when absent." },
                "data": {},
            },
        },
        "Subscription": {
            "type": "object",
            "properties": {
                "delivery": { "enum": ["PUSH", "PULL"], "default": "PUSH" },
                "service": { "type": "string", "description": "The caller's own service that events are pushed to." },
                "path": { "type": "string", "default": "/" },
                "from": { "type": "integer", "description": "Number of the event after which to begin." },
                "options": {
                    "type": "object",
                    "properties": {
                        "TTL": { "type": "integer", "default": 3600, "description": "Seconds." },
                        "FIFO": { "type": "boolean", "default": false },
                    },
                },
            },
        },
        "Decision": {
            "type": "object", "required": ["state"],
            "properties": { "state": { "enum": ["granted", "refused", "ended"] }, "reason": { "type": "string" } },
        },
    })
}
