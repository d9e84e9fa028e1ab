//! The JSON body of a request, field by field: each taken once and checked.

use std::fmt;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, header};
use frontdesk_domain::id::IdError;
use frontdesk_domain::{Timestamp, text};
use http_body_util::{BodyExt, Limited};
use serde::de::{Deserialize, Deserializer, MapAccess, Visitor};
use serde_json::Value;

use crate::limits::MOST_BODY_BYTES;

/// How long a body may take to arrive.
const BODY_TIMEOUT: Duration = Duration::from_secs(10);

/// What is wrong with a body. Each API says it in its own form.
#[derive(Debug)]
pub enum BodyError {
    /// A field (or a header) is not what it takes; or, by the name of `body`, the body as a whole.
    Field {
        /// Its name.
        name: String,
        /// What is wrong, naming the field and what it takes.
        message: String,
    },
    /// It is of another kind than JSON.
    Kind,
    /// It took too long to arrive.
    TooSlow,
    /// It has more bytes than there may be.
    TooLarge,
}

/// Of a body that is of another kind than JSON.
pub const TAKES_JSON: &str = "The body takes application/json.";
/// Of a body that took too long to arrive.
pub const TOO_SLOW: &str = "The body did not arrive in time.";

/// Of a body that has more bytes than there may be.
pub fn too_large_message() -> String {
    format!("The body takes at most {MOST_BODY_BYTES} bytes.")
}

impl BodyError {
    /// A field that is not what it takes.
    pub fn field(name: &str, message: impl Into<String>) -> Self {
        Self::Field { name: name.to_owned(), message: message.into() }
    }

    fn whole(message: impl Into<String>) -> Self {
        Self::field("body", message)
    }
}

/// The members of a JSON object that have not been taken yet.
pub struct Fields(Vec<(String, Value)>);

/// Receives a request's body whole, within its limits of size and time.
pub async fn receive(headers: &HeaderMap, body: Body) -> Result<bytes::Bytes, BodyError> {
    if let Some(kind) = headers.get(header::CONTENT_TYPE) {
        let kind = kind.to_str().unwrap_or_default().split(';').next().unwrap_or_default().trim();
        if !kind.eq_ignore_ascii_case("application/json") {
            return Err(BodyError::Kind);
        }
    }
    let whole = Limited::new(body, MOST_BODY_BYTES).collect();
    let collected = tokio::time::timeout(BODY_TIMEOUT, whole).await.map_err(|_| BodyError::TooSlow)?;
    match collected {
        Ok(collected) => Ok(collected.to_bytes()),
        Err(error) if error.is::<http_body_util::LengthLimitError>() => Err(BodyError::TooLarge),
        Err(_) => Err(BodyError::whole("The body did not arrive whole.")),
    }
}

impl Fields {
    /// Reads a JSON object; an empty body is an empty object.
    pub fn parse(body: &[u8]) -> Result<Self, BodyError> {
        if body.trim_ascii().is_empty() {
            return Ok(Self(Vec::new()));
        }
        let fields: Self = serde_json::from_slice(body)
            .map_err(|wrong| BodyError::whole(format!("The body takes a JSON object: {wrong}.")))?;
        for (index, (name, _)) in fields.0.iter().enumerate() {
            if fields.0[..index].iter().any(|(earlier, _)| earlier == name) {
                return Err(BodyError::field(name, format!("{name} was given twice.")));
            }
        }
        Ok(fields)
    }

    fn take(&mut self, name: &str) -> Option<Value> {
        let index = self.0.iter().position(|(known, _)| known == name)?;
        Some(self.0.swap_remove(index).1).filter(|value| !value.is_null())
    }

    fn string(&mut self, name: &str) -> Result<Option<String>, BodyError> {
        match self.take(name) {
            None => Ok(None),
            Some(Value::String(text)) => Ok(Some(text)),
            Some(_) => Err(BodyError::field(name, format!("{name} takes a text."))),
        }
    }

    /// A text of at most `limit` bytes; an empty one counts as absent.
    pub fn text(&mut self, name: &str, limit: usize) -> Result<Option<Box<str>>, BodyError> {
        let Some(value) = self.string(name)? else { return Ok(None) };
        text::optional(&value, limit).map_err(|wrong| BodyError::field(name, format!("{name} {wrong}.")))
    }

    /// Whether a field is there.
    pub fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(known, value)| known == name && !value.is_null())
    }

    /// A field that is given as null is as good as left out.
    pub fn forget_null(&mut self, name: &str) {
        self.0.retain(|(known, value)| known != name || !value.is_null());
    }

    /// A text of at most `limit` bytes that may have line breaks; they are kept as spaces.
    pub fn prose(&mut self, name: &str, limit: usize) -> Result<Option<Box<str>>, BodyError> {
        if let Some((_, Value::String(text))) = self.0.iter_mut().find(|(known, _)| known == name) {
            *text = text.replace("\r\n", " ").replace(['\r', '\n', '\t'], " ");
        }
        self.text(name, limit)
    }

    /// A text under its own name or the name that links use for it. Both may be given when they agree.
    pub fn text_or(&mut self, name: &str, alias: &str, limit: usize) -> Result<Option<Box<str>>, BodyError> {
        match (self.text(name, limit)?, self.text(alias, limit)?) {
            (Some(one), Some(other)) if one != other => {
                Err(BodyError::field(alias, format!("{alias} and {name} are the same field, and differ.")))
            }
            (one, other) => Ok(one.or(other)),
        }
    }

    /// An id, read by the `parse` of its kind.
    pub fn id<T>(&mut self, name: &str, parse: impl Fn(&str) -> Result<T, IdError>) -> Result<Option<T>, BodyError> {
        let Some(value) = self.string(name)? else { return Ok(None) };
        parse(&value).map(Some).map_err(|wrong| BodyError::field(name, format!("{name} {wrong}.")))
    }

    /// An id that may also come as an integer, as systems send theirs whose keys are numbers.
    pub fn id_or_number<T>(
        &mut self,
        name: &str,
        parse: impl Fn(&str) -> Result<T, IdError>,
    ) -> Result<Option<T>, BodyError> {
        if let Some((_, value)) = self.0.iter_mut().find(|(known, _)| known == name)
            && let Some(number) = value.as_u64()
        {
            *value = Value::String(number.to_string());
        }
        self.id(name, parse)
    }

    /// A date-time with an offset, in the forms of the list endpoint's parameters.
    pub fn time(&mut self, name: &str) -> Result<Option<Timestamp>, BodyError> {
        let Some(value) = self.string(name)? else { return Ok(None) };
        Timestamp::parse(&value).map(Some).map_err(|wrong| BodyError::field(name, format!("{name}: {wrong}.")))
    }

    /// One of some names.
    pub fn choice<T: Copy>(
        &mut self,
        name: &str,
        all: &[T],
        name_of: impl Fn(T) -> &'static str,
    ) -> Result<Option<T>, BodyError> {
        let Some(value) = self.string(name)? else { return Ok(None) };
        match all.iter().find(|choice| name_of(**choice) == value) {
            Some(choice) => Ok(Some(*choice)),
            None => {
                let names: Vec<&str> = all.iter().map(|choice| name_of(*choice)).collect();
                Err(BodyError::field(name, format!("{name} takes one of {}.", names.join(", "))))
            }
        }
    }

    /// Refuses what nobody took: a misspelt field would be lost without a word.
    pub fn finish(self) -> Result<(), BodyError> {
        match self.0.first() {
            None => Ok(()),
            Some((name, _)) => {
                let shown: String = name.chars().take(60).collect();
                Err(BodyError::field(&shown, format!("{shown} is not a field of this request.")))
            }
        }
    }
}

/// A field that has to be there.
pub fn required<T>(name: &str, value: Option<T>) -> Result<T, BodyError> {
    value.ok_or_else(|| BodyError::field(name, format!("{name} is required.")))
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
