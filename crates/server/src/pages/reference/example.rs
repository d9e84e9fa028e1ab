//! An example of a value, from the examples that its schema gives, and from the schema where it gives none.

use serde_json::{Map, Value, json};

use super::description::{Components, Schema};
use super::shape::Resolved;

/// Deeper values are left out; it also ends a schema that contains itself.
const DEEPEST: usize = 8;

/// A JSON value whose members keep the order in which the page describes them.
pub enum Example {
    /// Anything without members.
    Plain(Value),
    /// Its items.
    Array(Vec<Example>),
    /// Its names and values.
    Object(Vec<(String, Example)>),
}

impl Components {
    /// An example of a value of this schema. `given` is one from nearer to the place of use.
    pub fn example(&self, schema: &Schema, given: Option<&Value>) -> Example {
        self.example_at(schema, given, 0)
    }

    fn example_at(&self, schema: &Schema, given: Option<&Value>, depth: usize) -> Example {
        let Resolved { schema, nullable, .. } = self.resolve(schema);
        let given = given.or(schema.example.as_ref());
        if let Some(given) = given.filter(|given| !given.is_object() && !given.is_array()) {
            return Example::Plain(given.clone());
        }
        if let Some(items) = &schema.items {
            return Example::Array(match given.and_then(Value::as_array) {
                Some(given) => given.iter().map(|item| self.example_at(items, Some(item), depth + 1)).collect(),
                None => vec![self.example_at(items, None, depth + 1)],
            });
        }
        let properties = self.properties(schema);
        if depth < DEEPEST && (!properties.is_empty() || given.is_some()) {
            return self.object(&properties, given.and_then(Value::as_object), depth);
        }
        Example::Plain(if nullable { Value::Null } else { plain(schema) })
    }

    /// The members of an object in their described order; then those that only the example has.
    fn object(
        &self,
        properties: &[(&str, &Schema, bool)],
        given: Option<&Map<String, Value>>,
        depth: usize,
    ) -> Example {
        let described = properties.iter().filter_map(|(name, property, required)| {
            let value = given.and_then(|given| given.get(*name));
            let shown = value.is_some() || (given.is_none() && *required);
            shown.then(|| ((*name).to_owned(), self.example_at(property, value, depth + 1)))
        });
        let others = given.into_iter().flatten().filter(|(name, _)| properties.iter().all(|(known, ..)| known != name));
        let others = others.map(|(name, value)| (name.clone(), Example::from(value)));
        Example::Object(described.chain(others).collect())
    }
}

impl From<&Value> for Example {
    fn from(value: &Value) -> Self {
        match value {
            Value::Array(items) => Self::Array(items.iter().map(Self::from).collect()),
            Value::Object(members) => {
                Self::Object(members.iter().map(|(name, value)| (name.clone(), Self::from(value))).collect())
            }
            plain => Self::Plain(plain.clone()),
        }
    }
}

fn plain(schema: &Schema) -> Value {
    if let Some(first) = schema.choices.first() {
        return first.clone();
    }
    let name = schema.types.iter().find(|name| *name != "null").map(String::as_str);
    match (name, schema.format.as_deref()) {
        (Some("string"), Some("date-time")) => json!("2023-11-07T05:31:56.123456Z"),
        (Some("string"), _) => json!("text"),
        (Some("integer" | "number"), _) => schema.minimum.clone().map_or(json!(1), Value::Number),
        (Some("boolean"), _) => json!(true),
        (Some("object"), _) => json!({}),
        _ => Value::Null,
    }
}

impl Example {
    /// The example as JSON on indented lines.
    pub fn pretty(&self) -> String {
        let mut out = String::new();
        self.write(&mut out, 0);
        out
    }

    fn write(&self, out: &mut String, depth: usize) {
        match self {
            Self::Plain(value) => *out += &value.to_string(),
            Self::Array(items) => {
                write_members(out, depth, ['[', ']'], items, |out, item| item.write(out, depth + 1));
            }
            Self::Object(members) => write_members(out, depth, ['{', '}'], members, |out, (name, value)| {
                *out += &format!("{}: ", Value::from(name.as_str()));
                value.write(out, depth + 1);
            }),
        }
    }
}

fn write_members<T>(
    out: &mut String,
    depth: usize,
    [open, close]: [char; 2],
    members: &[T],
    write: impl Fn(&mut String, &T),
) {
    out.push(open);
    for (index, member) in members.iter().enumerate() {
        *out += if index == 0 { "\n" } else { ",\n" };
        *out += &"  ".repeat(depth + 1);
        write(out, member);
    }
    if !members.is_empty() {
        out.push('\n');
        *out += &"  ".repeat(depth);
    }
    out.push(close);
}
