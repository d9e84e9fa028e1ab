//! The JSON Schema of a practice's file, for editors: from the same description as everything else.

use serde_json::{Map, Value, json};

use super::keys::{Absent, FILE, Key, LOCATION, Table, Takes, WEEKDAYS};

/// Hours of a day, as editors check them; the file itself is read by `when`.
const HOURS: &str = r"^\s*[0-9]{1,2}:[0-5][0-9]\s*[-–]\s*[0-9]{1,2}:[0-5][0-9]\s*$";
const DAY: &str = "[0-9]{4}-[0-9]{2}-[0-9]{2}";
const LENGTH: &str = "^(P|[0-9])";

/// The schema (JSON Schema, draft 7, which editors of TOML know).
pub fn schema() -> Value {
    let mut keys = properties(&LOCATION);
    keys.append(&mut properties(&FILE));
    json!({
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "A practice's set-up, as `frontdesk apply` takes it",
        "description": "Whatever a location has can stand at the top as well, for every location.",
        "type": "object",
        "properties": keys,
        "required": ["locations"],
        "additionalProperties": false,
    })
}

fn properties(table: &Table) -> Map<String, Value> {
    table.keys.iter().map(|key| (key.name.to_owned(), described(key))).collect()
}

fn described(key: &Key) -> Value {
    let mut value = taken(&key.takes);
    let meaning = match key.default {
        Absent::Means(words) => format!("{}. Left out: {words}.", key.meaning),
        _ => format!("{}.", key.meaning),
    };
    value["description"] = meaning.into();
    if let Absent::Value(default) = key.default {
        value["default"] = match key.takes {
            Takes::Flag => (default == "true").into(),
            _ => default.into(),
        };
    }
    value
}

fn taken(takes: &Takes) -> Value {
    let text = |pattern: &str| json!({"type": "string", "pattern": pattern});
    match takes {
        Takes::Text(kind) => text(kind.pattern),
        Takes::Texts(kind) => one_or_several(&text(kind.pattern)),
        Takes::Translations(kind) => by_name("^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", &text(kind.pattern)),
        Takes::Choice(words) => json!({"enum": words}),
        Takes::Flag => json!({"type": "boolean"}),
        Takes::Length(..) | Takes::Days(_) => text(LENGTH),
        Takes::Week => week(),
        Takes::Closures => by_name(&format!(r"^\s*{DAY}\s*(\.\.\s*{DAY}\s*)?$"), &json!({"type": "string"})),
        Takes::TimeOff => by_name(&format!(r"^\s*{DAY}([ T]|\s*\.\.|\s*$)"), &json!({"type": "string"})),
        Takes::Ids => one_or_several(&json!({"type": "string", "minLength": 1})),
        Takes::Tables(table) => by_name(".", &object(table)),
    }
}

fn object(table: &Table) -> Value {
    // What a location must have may stand at the top.
    let required: Vec<&str> = match table.of == LOCATION.of {
        true => Vec::new(),
        false => table.keys.iter().filter(|key| key.default == Absent::Required).map(|key| key.name).collect(),
    };
    json!({
        "type": "object",
        "properties": properties(table),
        "required": required,
        "additionalProperties": false,
    })
}

fn by_name(pattern: &str, value: &Value) -> Value {
    json!({"type": "object", "patternProperties": {pattern: value}, "additionalProperties": false})
}

fn one_or_several(one: &Value) -> Value {
    json!({"anyOf": [one, {"type": "array", "items": one}]})
}

fn week() -> Value {
    let hours = one_or_several(&json!({"type": "string", "pattern": HOURS}));
    let days = ["every_day", "weekdays"].iter().chain(&WEEKDAYS);
    let properties: Map<String, Value> = days.map(|day| ((*day).to_owned(), hours.clone())).collect();
    json!({"type": "object", "properties": properties, "additionalProperties": false})
}

#[cfg(test)]
mod tests;
