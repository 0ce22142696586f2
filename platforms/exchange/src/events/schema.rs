//! JSON Schema, as much of it as event types are described in: what an assertion of draft 2020-12 or draft 7 says of types,
//! objects, arrays, texts and numbers, put together with `allOf`, `anyOf`, `oneOf`, `not` and `$ref` within the document.
//!
//! A keyword that is not understood makes the schema refused, not the check incomplete. `format` and the like are
//! annotations, as the specification has it.

use regex::Regex;
use serde_json::{Map, Value};
use thiserror::Error;

/// Largest schema, in bytes.
pub const SCHEMA_LIMIT_BYTES: usize = 64 * 1024;
/// How many schemas may stand inside each other while one value is checked, references included.
const DEPTH_LIMIT_SCHEMAS: usize = 64;
/// Largest pattern once it is compiled, in bytes.
const PATTERN_LIMIT_BYTES: usize = 256 * 1024;

/// Keywords that say nothing of whether a value is valid.
const ANNOTATIONS: [&str; 13] = [
    "$schema",
    "$id",
    "$comment",
    "$defs",
    "definitions",
    "title",
    "description",
    "default",
    "examples",
    "deprecated",
    "readOnly",
    "writeOnly",
    "format",
];

/// Why a schema can't be used.
#[derive(Debug, Error, PartialEq, Eq)]
pub enum SchemaError {
    /// Too large.
    #[error("the schema is larger than {SCHEMA_LIMIT_BYTES} bytes")]
    TooLarge,
    /// A keyword that is not understood, or has a value that it can't have.
    #[error("at {place}: {fault}")]
    Keyword {
        /// JSON pointer into the schema.
        place: String,
        /// What is wrong.
        fault: String,
    },
}

/// What of a value is not as the schema says.
#[derive(Debug, PartialEq, Eq)]
pub struct Mismatch {
    /// JSON pointer into the value; empty for the whole of it.
    pub place: String,
    /// The keyword that does not hold.
    pub keyword: &'static str,
}

/// A schema that was checked, so that every keyword in it is understood.
pub struct Schema {
    root: Value,
}

impl Schema {
    /// Reads a schema.
    pub fn parse(text: &str) -> Result<Self, SchemaError> {
        if text.len() > SCHEMA_LIMIT_BYTES {
            return Err(SchemaError::TooLarge);
        }
        let root: Value = serde_json::from_str(text)
            .map_err(|error| at("", format!("not JSON, line {} column {}", error.line(), error.column())))?;
        let schema = Self { root };
        schema.understand(&schema.root, "")?;
        Ok(schema)
    }

    /// What of a value is not as the schema says, if anything.
    pub fn check(&self, value: &Value) -> Result<(), Mismatch> {
        self.hold(&self.root, value, "", 0)
    }

    fn understand(&self, schema: &Value, place: &str) -> Result<(), SchemaError> {
        let fields = match schema {
            Value::Bool(_) => return Ok(()),
            Value::Object(fields) => fields,
            _ => return Err(at(place, "a schema is an object, true or false")),
        };
        for (keyword, value) in fields {
            let place = format!("{place}/{keyword}");
            self.understand_keyword(keyword, value, &place)?;
        }
        Ok(())
    }

    fn understand_keyword(&self, keyword: &str, value: &Value, place: &str) -> Result<(), SchemaError> {
        let good =
            |is: bool, expected: &str| if is { Ok(()) } else { Err(at(place, format!("not {expected}"))) };
        match keyword {
            "$defs" | "definitions" | "properties" => {
                let members = value.as_object().ok_or_else(|| at(place, "not an object of schemas"))?;
                members
                    .iter()
                    .try_for_each(|(name, schema)| self.understand(schema, &format!("{place}/{name}")))
            }
            "items" | "additionalProperties" | "not" => self.understand(value, place),
            "allOf" | "anyOf" | "oneOf" => {
                let list = value.as_array().filter(|list| !list.is_empty());
                let list = list.ok_or_else(|| at(place, "not a list of schemas"))?;
                list.iter().try_for_each(|schema| self.understand(schema, place))
            }
            "$ref" => good(self.referred(value).is_some(), "a place in this document, such as #/$defs/name"),
            "type" => good(types(value).is_some(), "a type or a list of types"),
            "enum" => good(value.is_array(), "a list"),
            "required" => good(
                value.as_array().is_some_and(|names| names.iter().all(Value::is_string)),
                "a list of names",
            ),
            "minLength" | "maxLength" | "minItems" | "maxItems" | "minProperties" | "maxProperties" => {
                good(value.is_u64(), "a whole number from 0")
            }
            "minimum" | "maximum" | "exclusiveMinimum" | "exclusiveMaximum" => {
                good(value.is_number(), "a number")
            }
            "pattern" => {
                good(value.as_str().and_then(pattern).is_some(), "a regular expression of a modest size")
            }
            "uniqueItems" => good(value.is_boolean(), "true or false"),
            "const" => Ok(()),
            annotation if ANNOTATIONS.contains(&annotation) => Ok(()),
            unknown => Err(at(place, format!("the keyword {unknown:?} is not understood here"))),
        }
    }

    fn referred(&self, reference: &Value) -> Option<&Value> {
        self.root.pointer(reference.as_str()?.strip_prefix('#')?)
    }

    fn hold(&self, schema: &Value, value: &Value, place: &str, depth: usize) -> Result<(), Mismatch> {
        let mismatch = |keyword| Mismatch { place: place.to_owned(), keyword };
        if depth > DEPTH_LIMIT_SCHEMAS {
            return Err(mismatch("$ref"));
        }
        let fields = match schema {
            Value::Object(fields) => fields,
            Value::Bool(true) => return Ok(()),
            _ => return Err(mismatch("false")),
        };
        if let Some(target) = fields.get("$ref").and_then(|reference| self.referred(reference)) {
            self.hold(target, value, place, depth + 1)?;
        }
        if let Some(keyword) = failing_assertion(fields, value) {
            return Err(mismatch(keyword));
        }
        self.hold_together(fields, value, place, depth)?;
        match value {
            Value::Object(members) => self.hold_members(fields, members, place, depth),
            Value::Array(items) => {
                let Some(schema) = fields.get("items") else { return Ok(()) };
                let mut items = items.iter().zip(0..);
                items.try_for_each(|(item, n)| self.hold(schema, item, &format!("{place}/{n}"), depth + 1))
            }
            _ => Ok(()),
        }
    }

    /// What `allOf`, `anyOf`, `oneOf` and `not` ask.
    fn hold_together(
        &self,
        fields: &Map<String, Value>,
        value: &Value,
        place: &str,
        depth: usize,
    ) -> Result<(), Mismatch> {
        let list = |keyword| fields.get(keyword).and_then(Value::as_array);
        let holds = |schema: &Value| self.hold(schema, value, place, depth + 1).is_ok();
        let mismatch = |keyword| Err(Mismatch { place: place.to_owned(), keyword });
        for schema in list("allOf").into_iter().flatten() {
            self.hold(schema, value, place, depth + 1)?;
        }
        if list("anyOf").is_some_and(|list| !list.iter().any(holds)) {
            return mismatch("anyOf");
        }
        if list("oneOf").is_some_and(|list| list.iter().filter(|schema| holds(schema)).count() != 1) {
            return mismatch("oneOf");
        }
        if fields.get("not").is_some_and(holds) {
            return mismatch("not");
        }
        Ok(())
    }

    fn hold_members(
        &self,
        fields: &Map<String, Value>,
        members: &Map<String, Value>,
        place: &str,
        depth: usize,
    ) -> Result<(), Mismatch> {
        let required = fields.get("required").and_then(Value::as_array).into_iter().flatten();
        if required.filter_map(Value::as_str).any(|name| !members.contains_key(name)) {
            return Err(Mismatch { place: place.to_owned(), keyword: "required" });
        }
        let properties = fields.get("properties").and_then(Value::as_object);
        for (name, value) in members {
            let known = properties.and_then(|properties| properties.get(name));
            let Some(schema) = known.or_else(|| fields.get("additionalProperties")) else { continue };
            // A name that the schema does not know may be anything, personal data too, and is not repeated.
            let place = if known.is_some() { format!("{place}/{name}") } else { place.to_owned() };
            self.hold(schema, value, &place, depth + 1).map_err(|inner| match (known, inner.keyword) {
                (None, "false") => Mismatch { place: inner.place, keyword: "additionalProperties" },
                _ => inner,
            })?;
        }
        Ok(())
    }
}

fn at(place: &str, fault: impl Into<String>) -> SchemaError {
    SchemaError::Keyword { place: format!("#{place}"), fault: fault.into() }
}

fn pattern(text: &str) -> Option<Regex> {
    regex::RegexBuilder::new(text).size_limit(PATTERN_LIMIT_BYTES).build().ok()
}

/// The types that a `type` names.
fn types(value: &Value) -> Option<Vec<&str>> {
    const TYPES: [&str; 7] = ["null", "boolean", "object", "array", "number", "string", "integer"];
    let names = match value {
        Value::String(name) => vec![name.as_str()],
        Value::Array(names) => names.iter().map(Value::as_str).collect::<Option<Vec<_>>>()?,
        _ => return None,
    };
    Some(names).filter(|names| !names.is_empty() && names.iter().all(|name| TYPES.contains(name)))
}

fn is_of_type(value: &Value, name: &str) -> bool {
    match name {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        _ => value.is_i64() || value.is_u64() || value.as_f64().is_some_and(|number| number.fract() == 0.0),
    }
}

/// The first keyword of those about one value alone that does not hold.
fn failing_assertion(fields: &Map<String, Value>, value: &Value) -> Option<&'static str> {
    let (text, number) = (value.as_str(), value.as_f64());
    let (list, members) = (value.as_array(), value.as_object());
    let size = |keyword: &str| fields.get(keyword).and_then(Value::as_u64);
    let bound = |keyword: &str| fields.get(keyword).and_then(Value::as_f64);
    let length = text.map(|text| text.chars().count() as u64);
    let items = list.map(|list| list.len() as u64);
    let count = members.map(|members| members.len() as u64);
    let shorter =
        |found: Option<u64>, keyword| found.zip(size(keyword)).is_some_and(|(found, least)| found < least);
    let longer =
        |found: Option<u64>, keyword| found.zip(size(keyword)).is_some_and(|(found, most)| found > most);
    let compared = |keyword, wrong: fn(f64, f64) -> bool| {
        number.zip(bound(keyword)).is_some_and(|(number, bound)| wrong(number, bound))
    };
    let failing = [
        (
            "type",
            fields
                .get("type")
                .and_then(types)
                .is_some_and(|names| !names.iter().any(|name| is_of_type(value, name))),
        ),
        ("enum", fields.get("enum").and_then(Value::as_array).is_some_and(|list| !list.contains(value))),
        ("const", fields.get("const").is_some_and(|only| only != value)),
        ("minLength", shorter(length, "minLength")),
        ("maxLength", longer(length, "maxLength")),
        ("minItems", shorter(items, "minItems")),
        ("maxItems", longer(items, "maxItems")),
        ("minProperties", shorter(count, "minProperties")),
        ("maxProperties", longer(count, "maxProperties")),
        ("minimum", compared("minimum", |number, bound| number < bound)),
        ("maximum", compared("maximum", |number, bound| number > bound)),
        ("exclusiveMinimum", compared("exclusiveMinimum", |number, bound| number <= bound)),
        ("exclusiveMaximum", compared("exclusiveMaximum", |number, bound| number >= bound)),
        ("pattern", text.is_some_and(|text| !matches_pattern(fields, text))),
        (
            "uniqueItems",
            list.is_some_and(|list| fields.get("uniqueItems") == Some(&Value::Bool(true)) && has_twice(list)),
        ),
    ];
    failing.into_iter().find(|(_, fails)| *fails).map(|(keyword, _)| keyword)
}

fn matches_pattern(fields: &Map<String, Value>, text: &str) -> bool {
    let asked = fields.get("pattern").and_then(Value::as_str);
    asked.is_none_or(|asked| pattern(asked).is_some_and(|pattern| pattern.is_match(text)))
}

fn has_twice(list: &[Value]) -> bool {
    let mut seen: Vec<String> = list.iter().map(Value::to_string).collect();
    seen.sort_unstable();
    seen.windows(2).any(|pair| pair[0] == pair[1])
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    fn schema(schema: Value) -> Schema {
        Schema::parse(&schema.to_string()).expect("a schema")
    }

    #[test]
    fn values_are_held_against_every_keyword() {
        let person = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema", "title": "Person", "type": "object",
            "properties": {
                "number": { "$ref": "#/$defs/number" },
                "born": { "type": "string", "format": "date" },
                "weight": { "type": ["integer", "null"], "minimum": 200, "exclusiveMaximum": 9000 },
                "names": { "type": "array", "items": { "type": "string", "minLength": 1, "maxLength": 3 },
                    "minItems": 1, "maxItems": 2, "uniqueItems": true },
                "sex": { "oneOf": [{ "const": "male" }, { "const": "female" }] },
                "place": { "anyOf": [{ "type": "null" }, { "enum": ["home", "hospital"] }] },
                "other": { "not": { "type": "object" }, "allOf": [{ "not": { "const": 7 } }] },
            },
            "required": ["number"], "additionalProperties": false,
            "$defs": { "number": { "type": "string", "pattern": "^[0-9]{12}$" } },
        });
        let person = schema(person);
        let number = "001234567890";
        for (value, wrong) in [
            (json!({ "number": number }), None),
            (
                json!({ "number": number, "weight": 3200, "names": ["Ánh", "Lê"], "sex": "male", "place": null }),
                None,
            ),
            (json!({ "number": number, "weight": null, "other": [7] }), None),
            (json!([]), Some(("", "type"))),
            (json!({}), Some(("", "required"))),
            (json!({ "number": "12" }), Some(("/number", "pattern"))),
            (json!({ "number": 12 }), Some(("/number", "type"))),
            (json!({ "number": number, "weight": 3200.5 }), Some(("/weight", "type"))),
            (json!({ "number": number, "weight": 3200.0 }), None),
            (json!({ "number": number, "weight": 199 }), Some(("/weight", "minimum"))),
            (json!({ "number": number, "weight": 9000 }), Some(("/weight", "exclusiveMaximum"))),
            (json!({ "number": number, "names": [] }), Some(("/names", "minItems"))),
            (json!({ "number": number, "names": ["a", "b", "c"] }), Some(("/names", "maxItems"))),
            (json!({ "number": number, "names": ["a", "a"] }), Some(("/names", "uniqueItems"))),
            (json!({ "number": number, "names": ["a", ""] }), Some(("/names/1", "minLength"))),
            (json!({ "number": number, "names": ["long"] }), Some(("/names/0", "maxLength"))),
            (json!({ "number": number, "sex": "x" }), Some(("/sex", "oneOf"))),
            (json!({ "number": number, "place": "x" }), Some(("/place", "anyOf"))),
            (json!({ "number": number, "other": {} }), Some(("/other", "not"))),
            (json!({ "number": number, "other": 7 }), Some(("/other", "not"))),
            (json!({ "number": number, "secret": 1 }), Some(("", "additionalProperties"))),
        ] {
            let found = person.check(&value).err();
            let found = found.as_ref().map(|mismatch| (mismatch.place.as_str(), mismatch.keyword));
            assert_eq!(found, wrong, "{value}");
        }
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for (text, words) in [
            ("", "not JSON"),
            ("7", "a schema is"),
            (r#"{"if": {}}"#, "\"if\" is not understood"),
            (r#"{"properties": {"a": {"typ": "string"}}}"#, "#/properties/a/typ"),
            (r#"{"$ref": "https://example.org/x"}"#, "in this document"),
            (r##"{"$ref": "#/$defs/missing"}"##, "in this document"),
            (r#"{"type": "text"}"#, "a type"),
            (r#"{"type": []}"#, "a type"),
            (r#"{"required": "a"}"#, "list of names"),
            (r#"{"minLength": -1}"#, "whole number"),
            (r#"{"pattern": "("}"#, "regular expression"),
            (r#"{"pattern": "(a{1000}){1000}"}"#, "regular expression"),
            (r#"{"anyOf": []}"#, "list of schemas"),
        ] {
            let error = Schema::parse(text).err().map(|error| error.to_string()).unwrap_or_default();
            assert!(error.contains(words), "{text}: {error}");
        }
        let long = format!(r#"{{"title": "{}"}}"#, "x".repeat(SCHEMA_LIMIT_BYTES));
        assert_eq!(Schema::parse(&long).err(), Some(SchemaError::TooLarge));
    }

    #[test]
    fn a_schema_that_refers_to_itself_ends() {
        let tree = schema(json!({ "properties": { "child": { "$ref": "#" } }, "required": ["name"] }));
        assert!(tree.check(&json!({ "name": 1, "child": { "name": 2 } })).is_ok());
        assert_eq!(tree.check(&json!({ "name": 1, "child": {} })).unwrap_err().place, "/child");
        assert_eq!(schema(json!({ "$ref": "#" })).check(&json!(1)).unwrap_err().keyword, "$ref");
    }

    proptest! {
        #[test]
        fn no_text_makes_it_panic(text in ".{0,200}", value in ".{0,50}") {
            if let Ok(schema) = Schema::parse(&text) {
                let _ = schema.check(&Value::String(value));
            }
        }
    }
}
