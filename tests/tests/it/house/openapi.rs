//! The OpenAPI documents are committed, and are what the code says.

use super::{assert_committed, assert_none, file, names_in};
use serde_json::Value;
use std::collections::BTreeSet;

/// Methods that a path item of OpenAPI 3.1 may have.
const METHODS: [&str; 8] = ["get", "put", "post", "delete", "options", "head", "patch", "trace"];

/// Every service of every system, with its document.
fn documents() -> Vec<(String, Value)> {
    let operations = contracts::operations();
    let services: BTreeSet<(&str, &str)> =
        operations.iter().map(|operation| (operation.system, operation.service)).collect();
    services
        .into_iter()
        .map(|(system, service)| {
            (format!("{system}.{service}"), system::openapi::document(system, service, &operations))
        })
        .collect()
}

#[test]
fn the_documents_are_those_of_the_code() {
    let documents = documents();
    for (name, document) in &documents {
        let text = serde_json::to_string_pretty(document).expect("a document is JSON");
        assert_committed(&file(&format!("docs/openapi/{name}.json")), &format!("{text}\n"));
    }
    let known: BTreeSet<String> = documents.into_iter().map(|(name, _)| format!("{name}.json")).collect();
    let old: Vec<String> =
        names_in(&file("docs/openapi")).into_iter().filter(|name| !known.contains(name)).collect();
    assert_none(&old, "docs/openapi holds documents of services that are gone");
}

#[test]
fn the_documents_are_openapi_3_1() {
    let mut wrong = Vec::new();
    let mut ids = BTreeSet::new();
    let documents = documents();
    assert!(!documents.is_empty());
    for (name, document) in &documents {
        let mut fault = |fault: String| wrong.push(format!("{name}: {fault}"));
        if document["openapi"].as_str() != Some("3.1.0") {
            fault("openapi is not 3.1.0".into());
        }
        for part in ["title", "version"] {
            if document["info"][part].as_str().is_none_or(str::is_empty) {
                fault(format!("info.{part} is missing"));
            }
        }
        let paths = document["paths"].as_object().filter(|paths| !paths.is_empty());
        for (path, item) in paths.into_iter().flatten() {
            if !path.starts_with('/') {
                fault(format!("the path {path} does not begin with a slash"));
            }
            for (method, operation) in item.as_object().into_iter().flatten() {
                if !METHODS.contains(&method.as_str()) {
                    fault(format!("{path} has {method}, which is no method"));
                }
                faults_of(operation, method, &mut |found| fault(format!("{method} {path}: {found}")));
                if !ids.insert((
                    name.split('.').next().map(str::to_owned),
                    operation["operationId"].as_str().map(str::to_owned),
                )) {
                    fault(format!("{path} has an operationId that another operation of the system has"));
                }
            }
        }
        for reference in references(document) {
            let there =
                reference.strip_prefix('#').is_some_and(|pointer| document.pointer(pointer).is_some());
            if !there {
                fault(format!("{reference} leads nowhere"));
            }
        }
    }
    assert_none(&wrong, "not of the form of OpenAPI 3.1");
    assert_eq!(ids.len(), contracts::operations().len(), "every operation stands in one document");
}

fn faults_of(operation: &Value, method: &str, fault: &mut dyn FnMut(String)) {
    for part in ["operationId", "summary"] {
        if operation[part].as_str().is_none_or(|text| text.trim().is_empty()) {
            fault(format!("{part} is missing"));
        }
    }
    if operation["summary"].as_str().is_some_and(|summary| !summary.ends_with('.')) {
        fault("the summary is not a sentence".into());
    }
    if !operation["responses"]["200"]["content"]["application/json"]["schema"].is_object() {
        fault("the answer has no schema".into());
    }
    if operation["responses"]["default"].is_null() {
        fault("failures are not described".into());
    }
    let takes_a_body = operation["requestBody"]["content"]["application/json"]["schema"].is_object();
    if takes_a_body == (method == "get") {
        fault("a GET takes its request as parameters, any other method as a body".into());
    }
    for parameter in operation["parameters"].as_array().into_iter().flatten() {
        let whole =
            parameter["name"].is_string() && parameter["in"] == "query" && !parameter["schema"].is_null();
        if !whole {
            fault(format!("the parameter {parameter} is not described"));
        }
    }
}

/// Every `$ref` of a document.
fn references(value: &Value) -> Vec<&str> {
    match value {
        Value::Object(fields) => {
            let own = fields.get("$ref").and_then(Value::as_str);
            own.into_iter().chain(fields.values().flat_map(references)).collect()
        }
        Value::Array(items) => items.iter().flat_map(references).collect(),
        _ => Vec::new(),
    }
}
