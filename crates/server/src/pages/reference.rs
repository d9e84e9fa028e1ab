//! The API reference: one page that shows the whole description to a reader.

mod curl;
mod description;
mod example;
mod failures;
mod operation;
mod prose;
mod shape;

use askama::Template;
use utoipa::openapi::OpenApi;

use description::Description;
use failures::Failures;
use operation::OperationView;
use prose::Prose;

/// The page.
#[derive(Template)]
#[template(path = "reference.html")]
struct Page {
    /// The product's name.
    title: String,
    /// The server's version.
    version: String,
    /// What it is, in a sentence or two.
    description: Prose,
    /// The APIs.
    groups: Vec<Group>,
    /// What failures have in common.
    failures: Failures,
}

/// One of the APIs.
struct Group {
    /// Its anchor.
    id: String,
    /// Its name.
    name: String,
    /// Whom it is for.
    description: Prose,
    /// Its operations.
    operations: Vec<OperationView>,
}

/// Renders the page.
pub fn render(description: &OpenApi) -> String {
    let description = Description::read(description)
        .expect("cannot fail: the description has plain operations and schemas, which the tests read");
    Page::new(&description).render().expect("cannot fail: writing plain texts to memory")
}

impl Page {
    fn new(description: &Description) -> Self {
        let failures = Failures::of(description);
        let operations = description.operations();
        let groups = description.tags.iter().map(|tag| Group {
            id: tag.name.to_lowercase().replace(' ', "-"),
            name: tag.name.clone(),
            description: prose::line(tag.description.as_deref().unwrap_or_default()),
            operations: operations
                .iter()
                .filter(|(_, _, operation)| operation.tags.contains(&tag.name))
                .map(|operation| OperationView::new(description, &failures, *operation))
                .collect(),
        });
        Self {
            title: description.info.title.clone(),
            version: description.info.version.clone(),
            description: prose::line(description.info.description.as_deref().unwrap_or_default()),
            groups: groups.collect(),
            failures,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    /// A description with one of each thing that the page has to turn into words.
    fn page() -> String {
        let description = json!({
            "openapi": "3.1.0",
            "info": { "title": "Sample", "version": "1.2.3" },
            "tags": [{ "name": "Sample API" }],
            "paths": { "/things/{id}": { "patch": {
                "tags": ["Sample API"],
                "operationId": "change_thing",
                "summary": "Change <script>alert(1)</script>",
                "parameters": [
                    { "name": "id", "in": "path", "required": true, "schema": { "type": "string" } },
                    { "name": "X-Key", "in": "header", "required": false, "example": "a\"$b", "schema": { "type": ["string", "null"] } }
                ],
                "security": [{ "session_secret": [] }],
                "requestBody": { "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Change" } } } },
                "responses": {
                    "200": { "description": "Changed", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Thing" } } } },
                    "404": { "description": "Gone", "content": { "application/json": { "schema": { "$ref": "#/components/schemas/Wrong" } } } }
                }
            } } },
            "components": { "schemas": {
                "Change": { "type": "object", "required": ["size"], "properties": {
                    "size": { "type": "integer", "minimum": 1, "maximum": 9 },
                    "color": { "type": ["string", "null"], "maxLength": 20 }
                } },
                "Thing": { "allOf": [
                    { "type": "object", "required": ["parts"], "properties": {
                        "parts": { "type": "array", "items": { "$ref": "#/components/schemas/Thing" } }
                    } },
                    { "type": "object", "required": ["state"], "properties": {
                        "state": { "oneOf": [{ "$ref": "#/components/schemas/State" }, { "type": "null" }] }
                    } }
                ] },
                "State": { "type": "string", "enum": ["open", "shut"] },
                "Wrong": { "type": "object", "description": "What went wrong", "required": ["message"], "properties": {
                    "message": { "type": "string", "example": "No such thing." }
                } }
            } }
        });
        render(&serde_json::from_value(description).unwrap())
    }

    #[test]
    fn a_description_becomes_words() {
        let page = page();
        for words in [
            "integer, 1 to 9",
            "string, at most 20 characters",
            "one of <code>open</code>, <code>shut</code> or <code>null</code>",
            "array of objects",
            "&#34;size&#34;: 1",
            "<code>404</code><span>Gone",
            "<a href=\"#Wrong\">What went wrong</a>",
            "&#34;message&#34;: &#34;No such thing.&#34;",
        ] {
            assert!(page.contains(words), "the page lacks {words}");
        }
    }

    #[test]
    fn the_command_line_is_fit_for_a_shell() {
        let page = page().replace("&#34;", "\"");
        let command = "curl --request PATCH \"$SERVER/things/$SESSION\" \\\n  \
                       --header \"Authorization: Bearer $SECRET\" \\\n  \
                       --header \"X-Key: a\\\"\\$b\" \\\n  \
                       --header \"Content-Type: application/json\" \\\n  \
                       --data @- &#60;&#60;JSON\n{\n  \"size\": 1\n}\nJSON";
        assert!(page.contains(command), "{page}");
    }

    #[test]
    fn texts_are_never_markup() {
        assert!(!page().contains("<script"));
    }
}
