//! The JSON body of a request, field by field: each taken once, checked, and none left over.

use std::fmt;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use frontdesk_domain::{AppointmentId, text};
use http_body_util::{BodyExt, Limited};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use super::problem::{self, Problem};
use crate::limits::MOST_BODY_BYTES;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// The members of a JSON object that have not been taken yet.
pub struct Fields(Vec<(String, Value)>);

/// Receives a request's body whole, within its limits of size and time.
pub async fn receive(headers: &HeaderMap, body: Body) -> Result<bytes::Bytes, Box<Problem>> {
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(problem::unsupported_media_type());
        }
    }
    let whole = Limited::new(body, MOST_BODY_BYTES).collect();
    let collected = tokio::time::timeout(BODY_TIMEOUT, whole).await.map_err(|_| problem::too_slow())?;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(problem::too_large(
            StatusCode::PAYLOAD_TOO_LARGE,
            format!("The body takes at most {MOST_BODY_BYTES} bytes."),
        )),
        Err(_) => Err(problem::bad_body("The body did not arrive whole.")),
    }
}

impl Fields {
    /// Reads a JSON object; an empty body is an empty object.
    pub fn parse(body: &[u8]) -> Result<Self, Box<Problem>> {
        if body.trim_ascii().is_empty() {
            return Ok(Self(Vec::new()));
        }
        let fields: Self = serde_json::from_slice(body)
            .map_err(|wrong| problem::bad_body(format!("The body takes a JSON object: {wrong}.")))?;
        for (index, (name, _)) in fields.0.iter().enumerate() {
            if fields.0[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(problem::bad_input(name, format!("{name} was given twice.")));
            }
        }
        Ok(fields)
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(index).1).filter(|value| !value.is_null())
    }

    fn string(&mut self, name: &str) -> Result<Option<String>, Box<Problem>> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(problem::bad_input(name, format!("{name} takes a text."))),
        }
    }

    /// A text of at most `limit` bytes; an empty one counts as absent.
    pub fn text(&mut self, name: &str, limit: usize) -> Result<Option<Box<str>>, Box<Problem>> {
        let Some(value) = self.string(name)? else { return Ok(None) };
        text::optional(&value, limit).map_err(|wrong| problem::bad_input(name, format!("{name} {wrong}.")))
    }

    /// A text under its own name or the name that links use for it. Both may be given when they agree.
    pub fn text_or(&mut self, name: &str, alias: &str, limit: usize) -> Result<Option<Box<str>>, Box<Problem>> {
        match (self.text(name, limit)?, self.text(alias, limit)?) {
            (Some(one), Some(other)) if one != other => {
                Err(problem::bad_input(alias, format!("{alias} and {name} are the same field, and differ.")))
            }
            (one, other) => Ok(one.or(other)),
        }
    }

    /// An appointment's id.
    pub fn appointment(&mut self, name: &str) -> Result<Option<AppointmentId>, Box<Problem>> {
        let Some(value) = self.string(name)? else { return Ok(None) };
        AppointmentId::parse(&value).map(Some).map_err(|wrong| problem::bad_input(name, format!("{name} {wrong}.")))
    }

    /// One of some names.
    pub fn choice<T: Copy>(
        &mut self,
        name: &str,
        all: &[T],
        name_of: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, Box<Problem>> {
        let Some(value) = self.string(name)? else { return Ok(None) };
        match all.iter().find(|choice| name_of(**choice) == value) {
            Some(choice) => Ok(Some(*choice)),
            None => {
                let names: Vec<&str> = all.iter().map(|choice| name_of(*choice)).collect();
                Err(problem::bad_input(name, format!("{name} takes one of {}.", names.join(", "))))
            }
        }
    }

    /// Refuses what nobody took: a misspelt field would be lost without a word.
    pub fn finish(self) -> Result<(), Box<Problem>> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let shown: String = name.chars().take(60).collect();
                Err(problem::bad_input(&shown, format!("{shown} is not a field of this request.")))
            }
        }
    }
}

/// A field that has to be there.
pub fn required<T>(name: &str, value: Option<T>) -> Result<T, Box<Problem>> {
    value.ok_or_else(|| problem::bad_input(name, format!("{name} is required.")))
}

impl<'de> Deserialize<'de> for Fields {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Fields;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Fields, A::Error> {
                let mut members = Vec::new();
                while let Some(member) = map.next_entry()? {
                    members.push(member);
                }
                Ok(Fields(members))
            }
        }

        deserializer.deserialize_map(Members)
    }
}
