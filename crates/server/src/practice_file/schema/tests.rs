use regex_lite::Regex;
use serde_json::Value;
use toml::de::{DeTable, DeValue};

use super::schema;
use crate::practice_file::{EXAMPLE, parse};

#[test]
fn the_committed_schema_is_the_current_one() {
    let committed = include_str!("../../../../../docs/practice.schema.json");
    assert!(
        committed == format!("{:#}\n", schema()),
        "the description of the keys has changed: frontdesk apply --schema > docs/practice.schema.json"
    );
}

#[test]
fn the_example_and_the_demo_s_practices_agree_with_the_schema() {
    for text in [EXAMPLE, include_str!("../../demo/practices.toml")] {
        assert_eq!(complaints(text), Vec::<String>::new());
    }
}

#[test]
fn a_file_that_editors_complain_of_is_refused() {
    for (from, to) in [
        ("name = \"Dr. Anil Patel\"", ""),
        ("name = \"Paws Austin\"", "name = 5"),
        ("name = \"Paws Austin\"", "nmae = \"Paws Austin\""),
        ("category = \"sick\"", "category = \"ill\""),
        ("duration = \"30m\"", "duration = 30"),
        ("duration = \"30m\"", "duration = \"half an hour\""),
        ("wednesday = \"08:00-12:30\"", "wednesday = \"8 to 12\""),
        ("wednesday = \"08:00-12:30\"", "wenesday = \"08:00-12:30\""),
        ("\"2027-01-01\" = ", "\"1 January\" = "),
        ("\"2026-12-08 13:30-15:00\"", "\"8 December\""),
        ("colour = \"#0f766e\"", "colour = \"teal\""),
        ("rooms = []", "rooms = [1]"),
        ("names.es = \"Control\"", "names.Spanish = \"Control\""),
        ("[locations.paws-austin]", "[location.paws-austin]"),
    ] {
        let text = EXAMPLE.replacen(from, to, 1);
        assert_ne!(text, EXAMPLE, "{from}");
        assert!(parse(&text, "practice.toml", None).is_err(), "{to}");
        assert_ne!(complaints(&text), Vec::<String>::new(), "{to}");
    }
}

/// What the schema has against a file.
fn complaints(text: &str) -> Vec<String> {
    let table = DeTable::parse(text).expect("it is TOML");
    let mut found = Vec::new();
    check(&schema(), &json(&DeValue::Table(table.into_inner())), "", &mut found);
    found
}

fn json(value: &DeValue<'_>) -> Value {
    match value {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(number) => number.as_str().parse::<i64>().expect("a small number").into(),
        DeValue::Float(number) => number.as_str().parse::<f64>().expect("a number").into(),
        DeValue::Boolean(flag) => (*flag).into(),
        DeValue::Datetime(moment) => moment.to_string().into(),
        DeValue::Array(array) => array.iter().map(|one| json(one.get_ref())).collect(),
        DeValue::Table(table) => {
            table.iter().map(|(key, one)| (key.get_ref().to_string(), json(one.get_ref()))).collect()
        }
    }
}

/// As much of JSON Schema as ours uses; an unknown word is an error, so that none is taken for checked.
fn check(schema: &Value, value: &Value, at: &str, found: &mut Vec<String>) {
    let matches = |pattern: &str, text: &str| Regex::new(pattern).expect("a pattern").is_match(text);
    for (word, asked) in schema.as_object().expect("a schema") {
        let holds = match word.as_str() {
            "$schema" | "title" | "description" | "default" => true,
            "type" => match asked.as_str().expect("a type") {
                "object" => value.is_object(),
                "array" => value.is_array(),
                "string" => value.is_string(),
                "boolean" => value.is_boolean(),
                other => panic!("unknown type {other}"),
            },
            "enum" => asked.as_array().is_some_and(|words| words.contains(value)),
            "pattern" => value.as_str().is_none_or(|text| matches(asked.as_str().expect("a pattern"), text)),
            "minLength" => value.as_str().is_none_or(|text| !text.is_empty()),
            "required" => value.as_object().is_none_or(|keys| {
                asked.as_array().expect("keys").iter().all(|key| keys.contains_key(key.as_str().expect("a key")))
            }),
            "items" => {
                value.as_array().into_iter().flatten().for_each(|one| check(asked, one, at, found));
                true
            }
            "anyOf" => asked.as_array().expect("schemas").iter().any(|one| {
                let mut inner = Vec::new();
                check(one, value, at, &mut inner);
                inner.is_empty()
            }),
            "properties" | "patternProperties" | "additionalProperties" => true,
            other => panic!("unknown word {other}"),
        };
        if !holds {
            found.push(format!("{at}: {word} {asked}"));
        }
    }
    for (key, one) in value.as_object().into_iter().flatten() {
        let named = schema["properties"].get(key);
        let patterned = schema["patternProperties"].as_object().into_iter().flatten();
        let patterned = patterned.filter(|(pattern, _)| matches(pattern, key)).map(|(_, schema)| schema);
        let known: Vec<&Value> = named.into_iter().chain(patterned).collect();
        if known.is_empty() && schema["additionalProperties"] == false {
            found.push(format!("{at}: no key {key}"));
        }
        known.into_iter().for_each(|schema| check(schema, one, &format!("{at}.{key}"), found));
    }
}
