//! One operation as the page shows it.

use super::curl;
use super::description::{self, Body, Content, Description, Operation, Response};
use super::example::Example;
use super::failures::{FailureShape, Failures};
use super::prose::{self, Prose};
use super::shape::{Kind, Marks, Row};

/// One operation.
pub struct OperationView {
    /// The anchor: the description's `operationId`.
    pub id: String,
    /// In capitals.
    pub method: &'static str,
    /// What lies between the slashes of its path.
    pub segments: Vec<String>,
    /// The headline.
    pub summary: Prose,
    /// What more is to be said.
    pub description: Vec<Prose>,
    /// The credentials that it takes, any one of them; none for an open operation.
    pub credentials: Vec<Prose>,
    /// Headers, parts of the path and of the query.
    pub parameters: Vec<Row>,
    /// The body that it takes.
    pub request: Option<BodyView>,
    /// The answers to a request that succeeds.
    pub answers: Vec<Answer>,
    /// The failures that mean something of their own here.
    pub failures: Vec<Status>,
    /// The statuses that mean the same everywhere.
    pub common_failures: Vec<String>,
    /// The body of all its failures: its anchor and what it is called.
    pub failure_shape: Option<(String, Prose)>,
    /// A command line that makes the request.
    pub curl: String,
}

/// A status and what it means.
pub struct Status {
    /// The status, or a class of them as `4XX`.
    pub code: String,
    /// What it means.
    pub meaning: Prose,
}

/// The body of a request or an answer.
pub struct BodyView {
    /// Its media type.
    pub content_type: String,
    /// What it is.
    pub description: Prose,
    /// Its fields, nested ones below the field that holds them.
    pub fields: Vec<Row>,
}

/// The answer to a request that succeeds.
pub struct Answer {
    /// Which one, and when.
    pub status: Status,
    /// The kind of its body, when it has one.
    pub content_type: Option<String>,
    /// Its headers, then the fields of its body.
    pub rows: Vec<Row>,
    /// What the body looks like, as JSON.
    pub example: Option<String>,
}

impl OperationView {
    /// Of an operation and the failures that the page describes once.
    pub fn new(
        description: &Description,
        failures: &Failures,
        (method, path, operation): (&'static str, &str, &Operation),
    ) -> Self {
        let request = operation.request_body.as_ref().and_then(|Body { content }| content.first_key_value());
        let refused = || operation.responses.iter().filter(|(code, _)| !succeeds(code));
        let common = |code: &str, response: &Response| failures.is_common(code, &response.description);
        let own = refused().filter(|(code, response)| !common(code, response));
        let shape = refused().find_map(|(_, response)| failures.shape_of(response));
        Self {
            id: operation.operation_id.clone(),
            method,
            segments: path.split('/').skip(1).map(str::to_owned).collect(),
            summary: prose::line(operation.summary.as_deref().unwrap_or(path)),
            description: prose::paragraphs(operation.description.as_deref().unwrap_or_default()),
            credentials: credentials(description, operation),
            parameters: operation.parameters.iter().map(|parameter| parameter_row(description, parameter)).collect(),
            request: request.map(|content| body_view(description, content, Marks::Required)),
            answers: operation
                .responses
                .iter()
                .filter(|(code, _)| succeeds(code))
                .map(|(code, response)| answer(description, code, response))
                .collect(),
            failures: own.map(|(code, response)| status(code, response)).collect(),
            common_failures: refused()
                .filter(|(code, response)| common(code, response))
                .map(|(code, _)| code.clone())
                .collect(),
            failure_shape: shape.map(|FailureShape { id, name, .. }| (id.clone(), name.clone())),
            curl: curl::command(method, path, operation, request.and_then(|content| json(description, content))),
        }
    }
}

/// Whether a status is one of success.
pub fn succeeds(code: &str) -> bool {
    code.starts_with('2')
}

fn status(code: &str, response: &Response) -> Status {
    Status { code: code.to_owned(), meaning: prose::line(&response.description) }
}

fn credentials(description: &Description, operation: &Operation) -> Vec<Prose> {
    let schemes = operation.security.iter().flat_map(|alternative| alternative.keys());
    schemes
        .map(|name| {
            let scheme = description.components.security_schemes.get(name);
            prose::line(scheme.and_then(|scheme| scheme.description.as_deref()).unwrap_or(name))
        })
        .collect()
}

fn parameter_row(description: &Description, parameter: &description::Parameter) -> Row {
    let required = if parameter.required { " · required" } else { "" };
    Row {
        name: parameter.name.clone(),
        depth: 0,
        note: format!("{}{required}", parameter.place),
        // A parameter is sent or left out: text has no null.
        kind: Kind { nullable: false, ..description.components.kind(&parameter.schema) },
        meaning: prose::line(parameter.description.as_deref().unwrap_or_default()),
    }
}

/// The body of one content type.
pub fn body_view(description: &Description, (content_type, content): (&String, &Content), marks: Marks) -> BodyView {
    let words = description.components.resolve(&content.schema).description;
    BodyView {
        content_type: content_type.clone(),
        description: prose::line(words.unwrap_or_default()),
        fields: description.components.rows(&content.schema, marks),
    }
}

fn answer(description: &Description, code: &str, response: &Response) -> Answer {
    let content = response.content.first_key_value();
    let body = content.map(|content| body_view(description, content, Marks::Optional));
    let headers = response.headers.iter().map(|(name, header)| Row {
        name: name.clone(),
        depth: 0,
        note: "header".to_owned(),
        kind: description.components.kind(&header.schema),
        meaning: prose::line(header.description.as_deref().unwrap_or_default()),
    });
    Answer {
        status: status(code, response),
        content_type: body.as_ref().map(|body| body.content_type.clone()),
        rows: headers.chain(body.into_iter().flat_map(|body| body.fields)).collect(),
        example: content.and_then(|content| json(description, content)).map(|example| example.pretty()),
    }
}

/// An example of a body that is JSON. An object of which nothing is known is none.
pub fn json(description: &Description, (content_type, content): (&String, &Content)) -> Option<Example> {
    let is_json = content_type.ends_with("json");
    let example = is_json.then(|| description.components.example(&content.schema, content.example.as_ref()))?;
    let empty = matches!(&example, Example::Plain(serde_json::Value::Object(members)) if members.is_empty());
    (!empty).then_some(example)
}
