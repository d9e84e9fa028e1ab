//! The failures that many operations share, so that the page describes each of them once.

use std::collections::BTreeMap;

use super::description::{Description, Response};
use super::operation::{self, BodyView, Status, succeeds};
use super::prose::{self, Prose};
use super::shape::Marks;

/// What the page says of failures in one place.
pub struct Failures {
    /// The bodies that failures have.
    pub shapes: Vec<FailureShape>,
    /// The statuses that mean the same wherever they are answered.
    pub common: Vec<Status>,
    descriptions: BTreeMap<String, String>,
}

/// A body that failures have.
pub struct FailureShape {
    /// Its anchor: the name of its schema.
    pub id: String,
    /// What it is called.
    pub name: Prose,
    /// The APIs that answer it.
    pub apis: Vec<String>,
    /// Its fields.
    pub body: BodyView,
    /// What it looks like, as JSON.
    pub example: Option<String>,
}

impl Failures {
    /// Collects them from all operations.
    pub fn of(description: &Description) -> Self {
        let descriptions = common_descriptions(description);
        let common = descriptions
            .iter()
            .map(|(code, meaning)| Status { code: code.clone(), meaning: prose::line(meaning) })
            .collect();
        Self { shapes: shapes(description), common, descriptions }
    }

    /// Whether this status with this description is one of the common ones.
    pub fn is_common(&self, code: &str, description: &str) -> bool {
        self.descriptions.get(code).is_some_and(|common| common == description)
    }

    /// The body of a failure.
    pub fn shape_of(&self, response: &Response) -> Option<&FailureShape> {
        let id = schema_name(response)?;
        self.shapes.iter().find(|shape| shape.id == id)
    }
}

/// A description is common when at least two operations give it to a status, and at most one gives another.
fn common_descriptions(description: &Description) -> BTreeMap<String, String> {
    let mut counts: BTreeMap<&str, BTreeMap<&str, usize>> = BTreeMap::new();
    for (_, _, operation) in description.operations() {
        for (code, response) in operation.responses.iter().filter(|(code, _)| !succeeds(code)) {
            *counts.entry(code).or_default().entry(&response.description).or_default() += 1;
        }
    }
    let common = counts.into_iter().filter_map(|(code, descriptions)| {
        let all: usize = descriptions.values().sum();
        let (description, count) = descriptions.into_iter().max_by_key(|(_, count)| *count)?;
        (count >= 2 && all - count <= 1).then(|| (code.to_owned(), description.to_owned()))
    });
    common.collect()
}

fn shapes(description: &Description) -> Vec<FailureShape> {
    let operations = description.operations();
    let by_api = description.tags.iter().flat_map(|tag| {
        let operations = operations.iter().filter(|(_, _, operation)| operation.tags.contains(&tag.name));
        operations.map(move |(_, _, operation)| (&tag.name, operation))
    });
    let mut shapes: Vec<FailureShape> = Vec::new();
    for (api, operation) in by_api {
        for response in operation.responses.iter().filter(|(code, _)| !succeeds(code)).map(|(_, response)| response) {
            let (Some(id), Some(content)) = (schema_name(response), response.content.first_key_value()) else {
                continue;
            };
            let index = shapes.iter().position(|shape| shape.id == id).unwrap_or_else(|| {
                let body = operation::body_view(description, content, Marks::Optional);
                shapes.push(FailureShape {
                    id: id.to_owned(),
                    name: body.description.clone(),
                    apis: Vec::new(),
                    body,
                    example: operation::json(description, content).map(|example| example.pretty()),
                });
                shapes.len() - 1
            });
            if !shapes[index].apis.contains(api) {
                shapes[index].apis.push(api.clone());
            }
        }
    }
    shapes
}

/// The name of the schema of a response's body.
fn schema_name(response: &Response) -> Option<&str> {
    let (_, content) = response.content.first_key_value()?;
    content.schema.reference.as_deref()?.rsplit('/').next()
}
