//! The command line that makes a request: it runs as it stands once the page's variables are set.

use serde_json::Value;

use super::description::{Operation, Parameter};
use super::example::Example;

/// The most letters of the first line before its target moves to a line of its own.
const WIDEST: usize = 48;

/// The variable that holds what a parameter or field of this name takes. The page's introduction sets it.
fn variable(name: &str) -> Option<&'static str> {
    match name {
        "X-Client-Id" | "location_id" => Some("$LOCATION"),
        "id" => Some("$SESSION"),
        "updated_at_start" => Some("$SINCE"),
        _ => None,
    }
}

/// The variable that holds the credential of a scheme.
fn credential(scheme: &str) -> &'static str {
    if scheme == "session_secret" { "$SECRET" } else { "$TOKEN" }
}

/// A request to `path`, with what it requires and what the description gives an example of.
pub fn command(method: &str, path: &str, operation: &Operation, body: Option<Example>) -> String {
    let sent = |place: &'static str| {
        operation.parameters.iter().filter(move |parameter| parameter.place == place && is_sent(parameter))
    };
    let mut lines = Vec::new();
    if let Some(scheme) = operation.security.first().and_then(|schemes| schemes.keys().next()) {
        lines.push(format!("--header \"Authorization: Bearer {}\"", credential(scheme)));
    }
    lines.extend(sent("header").map(|header| format!("--header \"{}: {}\"", header.name, value(header))));
    let query = sent("query").map(|parameter| format!("--data-urlencode \"{}={}\"", parameter.name, value(parameter)));
    lines.extend(query);
    let how = match (method, sent("query").next()) {
        ("GET", Some(_)) => "--get ".to_owned(),
        ("GET", None) => String::new(),
        _ => format!("--request {method} "),
    };
    let target = operation.parameters.iter().filter(|parameter| parameter.place == "path");
    let target = target.fold(path.to_owned(), |target, parameter| {
        target.replace(&format!("{{{}}}", parameter.name), &value(parameter))
    });
    let target = format!("\"$SERVER{target}\"");
    if how.len() + target.len() <= WIDEST {
        lines.insert(0, format!("curl {how}{target}"));
    } else {
        lines.splice(0..0, [format!("curl {how}").trim_end().to_owned(), target]);
    }
    let Some(body) = body else { return lines.join(" \\\n  ") };
    lines.push("--header \"Content-Type: application/json\"".to_owned());
    lines.push("--data @- <<JSON".to_owned());
    format!("{}\n{}\nJSON", lines.join(" \\\n  "), with_variables(body).pretty())
}

fn is_sent(parameter: &Parameter) -> bool {
    parameter.required || parameter.example.is_some()
}

/// What a parameter is given, fit for double quotes.
fn value(parameter: &Parameter) -> String {
    // An id is a session's unless an example says what else it is.
    let held = variable(&parameter.name).filter(|_| parameter.name != "id" || parameter.example.is_none());
    match (held, &parameter.example) {
        (Some(variable), _) => variable.to_owned(),
        (None, Some(Value::String(text))) => quoted(text),
        (None, Some(other)) => quoted(&other.to_string()),
        (None, None) => format!("<{}>", parameter.name),
    }
}

/// Keeps a text from meaning anything to the shell between double quotes.
fn quoted(text: &str) -> String {
    let special = |letter: &char| matches!(letter, '"' | '\\' | '$' | '`');
    text.chars().flat_map(|letter| special(&letter).then_some('\\').into_iter().chain([letter])).collect()
}

/// Puts the variables in the place of the fields that they hold.
fn with_variables(body: Example) -> Example {
    match body {
        Example::Object(members) => Example::Object(
            members
                .into_iter()
                .map(|(name, value)| match variable(&name) {
                    Some(variable) => (name, Example::Plain(Value::from(variable))),
                    None => (name, with_variables(value)),
                })
                .collect(),
        ),
        other => other,
    }
}
