//! The OpenAPI document of a service, made from the shared data dictionary so that it can't differ from the code.

use contracts::OperationFacts;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

/// The OpenAPI 3.1 document of one service of a system.
pub fn document(system: &str, service: &str, operations: &[OperationFacts]) -> Value {
    let mut generator = SchemaSettings::draft2020_12()
        .with(|s| s.definitions_path = "/components/schemas".into())
        .into_generator();
    let mut paths = Map::new();
    for operation in operations.iter().filter(|o| o.system == system && o.service == service) {
        let request = (operation.request_schema)(&mut generator);
        let answer = (operation.answer_schema)(&mut generator);
        let described = describe(operation, &request, &answer, &mut generator);
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method.to_ascii_lowercase()] = described;
    }
    let problem = generator.subschema_for::<contracts::Problem>();
    let mut schemas: Map<String, Value> = generator.take_definitions(true);
    schemas.sort_keys();
    json!({
        "openapi": "3.1.0",
        "info": { "title": format!("{system}/{service}"), "version": "1" },
        "servers": [{ "url": "/" }],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": { "Problem": {
                "description": "A refusal or failure (RFC 9457).",
                "content": { "application/problem+json": { "schema": problem } },
            } },
        },
    })
}

fn describe(
    operation: &OperationFacts,
    request: &schemars::Schema,
    answer: &schemars::Schema,
    generator: &mut schemars::SchemaGenerator,
) -> Value {
    let mut described = json!({
        "operationId": operation.name,
        "summary": operation.summary,
        "responses": {
            "200": { "description": "The answer.", "content": { "application/json": { "schema": answer } } },
            "default": { "$ref": "#/components/responses/Problem" },
        },
    });
    if operation.method == "GET" {
        described["parameters"] = query_parameters(request, generator);
    } else {
        described["requestBody"] = json!({
            "required": true,
            "content": { "application/json": { "schema": request } },
        });
    }
    described
}

/// The fields of a `GET` request as parameters of the query.
fn query_parameters(request: &schemars::Schema, generator: &mut schemars::SchemaGenerator) -> Value {
    let request = request.clone().to_value();
    let name = request["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let schema = generator.definitions().get(name).cloned().unwrap_or(request);
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let parameters = schema["properties"].as_object().into_iter().flatten().map(|(field, schema)| {
        json!({ "name": field, "in": "query", "required": required.contains(&field.as_str()), "schema": schema })
    });
    Value::Array(parameters.collect())
}
