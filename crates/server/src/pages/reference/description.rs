//! What the reference reads of an OpenAPI 3.1 description: its JSON as plain data, references not yet followed.

use std::collections::BTreeMap;

use serde::{Deserialize, Deserializer};
use serde_json::{Number, Value};
use utoipa::openapi::OpenApi;

/// A whole description.
#[derive(Deserialize)]
pub struct Description {
    pub info: Info,
    #[serde(default)]
    pub tags: Vec<Tag>,
    pub paths: BTreeMap<String, PathItem>,
    #[serde(default)]
    pub components: Components,
}

/// What the API is.
#[derive(Deserialize)]
pub struct Info {
    pub title: String,
    pub version: String,
    pub description: Option<String>,
}

/// One of the APIs.
#[derive(Deserialize)]
pub struct Tag {
    pub name: String,
    pub description: Option<String>,
}

/// What operations refer to by name.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Components {
    pub schemas: BTreeMap<String, Schema>,
    pub security_schemes: BTreeMap<String, SecurityScheme>,
}

/// A kind of credential.
#[derive(Deserialize)]
pub struct SecurityScheme {
    pub description: Option<String>,
}

/// The operations of one path.
#[derive(Deserialize)]
pub struct PathItem {
    get: Option<Operation>,
    head: Option<Operation>,
    post: Option<Operation>,
    put: Option<Operation>,
    patch: Option<Operation>,
    delete: Option<Operation>,
    options: Option<Operation>,
}

/// One method of one path.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    pub operation_id: String,
    #[serde(default)]
    pub tags: Vec<String>,
    pub summary: Option<String>,
    pub description: Option<String>,
    #[serde(default)]
    pub parameters: Vec<Parameter>,
    pub request_body: Option<Body>,
    pub responses: BTreeMap<String, Response>,
    /// Alternatives; each names the schemes that it takes together.
    #[serde(default)]
    pub security: Vec<BTreeMap<String, Value>>,
}

/// A header, a part of the path or a part of the query.
#[derive(Deserialize)]
pub struct Parameter {
    pub name: String,
    #[serde(rename = "in")]
    pub place: String,
    pub description: Option<String>,
    #[serde(default)]
    pub required: bool,
    #[serde(default)]
    pub schema: Schema,
    pub example: Option<Value>,
}

/// A request's or response's body by content type.
#[derive(Deserialize)]
pub struct Body {
    pub content: BTreeMap<String, Content>,
}

/// A body of one content type.
#[derive(Deserialize)]
pub struct Content {
    #[serde(default)]
    pub schema: Schema,
    pub example: Option<Value>,
}

/// What one status means.
#[derive(Deserialize)]
pub struct Response {
    #[serde(default)]
    pub description: String,
    #[serde(default)]
    pub headers: BTreeMap<String, Header>,
    #[serde(default)]
    pub content: BTreeMap<String, Content>,
}

/// A header of a response.
#[derive(Deserialize)]
pub struct Header {
    pub description: Option<String>,
    #[serde(default)]
    pub schema: Schema,
}

/// A JSON Schema (2020-12), as far as the description uses it.
#[derive(Deserialize, Default)]
#[serde(rename_all = "camelCase", default)]
pub struct Schema {
    #[serde(rename = "$ref")]
    pub reference: Option<String>,
    #[serde(rename = "type", deserialize_with = "one_or_many")]
    pub types: Vec<String>,
    pub format: Option<String>,
    pub description: Option<String>,
    #[serde(rename = "enum")]
    pub choices: Vec<Value>,
    pub minimum: Option<Number>,
    pub maximum: Option<Number>,
    pub min_length: Option<u64>,
    pub max_length: Option<u64>,
    pub properties: BTreeMap<String, Schema>,
    /// In the order of declaration, unlike the properties.
    pub required: Vec<String>,
    pub items: Option<Box<Schema>>,
    pub one_of: Vec<Schema>,
    pub all_of: Vec<Schema>,
    pub example: Option<Value>,
}

fn one_or_many<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<String>, D::Error> {
    #[derive(Deserialize)]
    #[serde(untagged)]
    enum OneOrMany {
        One(String),
        Many(Vec<String>),
    }

    Ok(match OneOrMany::deserialize(deserializer)? {
        OneOrMany::One(one) => vec![one],
        OneOrMany::Many(many) => many,
    })
}

impl Description {
    /// Reads the description as any other client would: from its JSON.
    pub fn read(description: &OpenApi) -> Result<Self, serde_json::Error> {
        serde_json::from_value(serde_json::to_value(description)?)
    }

    /// Every operation with its method and path. Those that only browsers send come last.
    pub fn operations(&self) -> Vec<(&'static str, &str, &Operation)> {
        let mut operations: Vec<_> = self
            .paths
            .iter()
            .flat_map(|(path, item)| {
                item.operations().map(move |(method, operation)| (method, path.as_str(), operation))
            })
            .collect();
        operations.sort_by_key(|(method, ..)| *method == "OPTIONS");
        operations
    }
}

impl PathItem {
    fn operations(&self) -> impl Iterator<Item = (&'static str, &Operation)> {
        [
            ("GET", &self.get),
            ("HEAD", &self.head),
            ("POST", &self.post),
            ("PUT", &self.put),
            ("PATCH", &self.patch),
            ("DELETE", &self.delete),
            ("OPTIONS", &self.options),
        ]
        .into_iter()
        .filter_map(|(method, operation)| Some((method, operation.as_ref()?)))
    }
}
