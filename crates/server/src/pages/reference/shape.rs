//! What a value looks like, from its schema: its type in words, and the rows of its fields.

use super::description::{Components, Schema};
use super::prose::{self, Prose};

/// Deeper fields are left to the example; it also ends a schema that contains itself.
const DEEPEST: usize = 6;

/// A type in words.
#[derive(Debug, Default)]
pub struct Kind {
    /// For example `integer (int32), 1 to 1000`; empty when the choices say it all.
    pub words: String,
    /// The values that it takes, when they are few.
    pub choices: Vec<String>,
    /// Whether null is one of them.
    pub nullable: bool,
}

/// One line of a table: a field, a parameter or a header.
#[derive(Debug)]
pub struct Row {
    /// Its name.
    pub name: String,
    /// How many objects it lies in.
    pub depth: usize,
    /// Where it stands and whether it has to be there, in a word or two.
    pub note: String,
    /// What it takes.
    pub kind: Kind,
    /// What it is.
    pub meaning: Prose,
}

/// A schema whose references have been followed.
pub struct Resolved<'a> {
    /// Where the references lead.
    pub schema: &'a Schema,
    /// Whether null is allowed beside it.
    pub nullable: bool,
    /// The description nearest to the place of use.
    pub description: Option<&'a str>,
    /// The name of the last reference.
    pub name: Option<&'a str>,
}

/// Which rows a table of fields marks: a request's reader looks for what is needed, an answer's for what may be missing.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Marks {
    /// Those that have to be there.
    Required,
    /// Those that may be missing.
    Optional,
}

impl Components {
    /// Follows references, and `oneOf` a schema and null.
    pub fn resolve<'a>(&'a self, schema: &'a Schema) -> Resolved<'a> {
        let mut resolved = Resolved { schema, nullable: false, description: None, name: None };
        loop {
            let schema = resolved.schema;
            resolved.description = resolved.description.or(schema.description.as_deref());
            resolved.nullable |= is_null(schema) || schema.types.iter().any(|name| name == "null");
            let name = schema.reference.as_deref().and_then(|reference| reference.rsplit('/').next());
            let next = match name {
                Some(name) => {
                    resolved.name = Some(name);
                    self.schemas.get(name)
                }
                None => {
                    resolved.nullable |= schema.one_of.iter().any(is_null);
                    schema.one_of.iter().find(|choice| !is_null(choice))
                }
            };
            match next {
                Some(next) => resolved.schema = next,
                None => return resolved,
            }
        }
    }

    /// The properties of an object and whether each has to be there. The description keeps their order of declaration only
    /// for those that do, so they lead.
    pub fn properties<'a>(&'a self, schema: &'a Schema) -> Vec<(&'a str, &'a Schema, bool)> {
        let place = |name: &str| schema.required.iter().position(|required| required == name);
        let mut own: Vec<_> =
            schema.properties.iter().map(|(name, property)| (name.as_str(), property, place(name).is_some())).collect();
        own.sort_by_key(|(name, ..)| place(name).unwrap_or(usize::MAX));
        own.extend(schema.all_of.iter().flat_map(|part| self.properties(self.resolve(part).schema)));
        own.sort_by_key(|(_, _, required)| !required);
        own
    }

    /// The type of a schema.
    pub fn kind(&self, schema: &Schema) -> Kind {
        let Resolved { schema, nullable, .. } = self.resolve(schema);
        let choices: Vec<String> = schema
            .choices
            .iter()
            .map(|choice| choice.as_str().map_or_else(|| choice.to_string(), str::to_owned))
            .collect();
        let words = if choices.is_empty() { self.words(schema) } else { String::new() };
        Kind { words, choices, nullable }
    }

    fn words(&self, schema: &Schema) -> String {
        if let Some(items) = &schema.items {
            let Kind { words, choices, .. } = self.kind(items);
            return if choices.is_empty() {
                format!("array of {words}s")
            } else {
                format!("array of {}", choices.join(", "))
            };
        }
        let name = schema.types.iter().map(String::as_str).find(|name| *name != "null");
        let mut words = name.unwrap_or(if self.properties(schema).is_empty() { "value" } else { "object" }).to_owned();
        if let Some(format) = &schema.format {
            words += &format!(" ({format})");
        }
        let numbers = range(schema.minimum.as_ref(), schema.maximum.as_ref(), "");
        let lengths = range(schema.min_length.as_ref(), schema.max_length.as_ref(), " characters");
        for bounds in [numbers, lengths].into_iter().flatten() {
            words += &format!(", {bounds}");
        }
        words
    }

    /// The fields of a body, nested ones below the field that holds them.
    pub fn rows(&self, schema: &Schema, marks: Marks) -> Vec<Row> {
        let mut rows = Vec::new();
        self.add_rows(schema, marks, 0, &mut rows);
        rows
    }

    fn add_rows(&self, schema: &Schema, marks: Marks, depth: usize, rows: &mut Vec<Row>) {
        let mut schema = self.resolve(schema).schema;
        while let Some(items) = &schema.items {
            schema = self.resolve(items).schema;
        }
        if depth == DEEPEST {
            return;
        }
        for (name, property, required) in self.properties(schema) {
            let note = match (marks, required) {
                (Marks::Required, true) => "required",
                (Marks::Optional, false) => "may be absent",
                _ => "",
            };
            let mut kind = self.kind(property);
            // An optional field that is null counts as absent: saying both is saying it twice.
            kind.nullable &= required;
            rows.push(Row {
                name: name.to_owned(),
                depth,
                note: note.to_owned(),
                kind,
                meaning: prose::line(self.resolve(property).description.unwrap_or_default()),
            });
            self.add_rows(property, marks, depth + 1, rows);
        }
    }
}

fn is_null(schema: &Schema) -> bool {
    schema.types == ["null"]
}

fn range<T: std::fmt::Display>(least: Option<T>, most: Option<T>, of: &str) -> Option<String> {
    match (least, most) {
        (Some(least), Some(most)) => Some(format!("{least} to {most}{of}")),
        (Some(least), None) => Some(format!("{least}{of} or more")),
        (None, Some(most)) => Some(format!("at most {most}{of}")),
        (None, None) => None,
    }
}
