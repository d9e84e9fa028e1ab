//! NDJSON: an object on each line, with the keys of the wire and the location.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use serde_json::error::Category;

use super::row::Fields;
use super::{KEYS, index_of};

/// The values of an object's keys, in the order of the wire.
pub struct Object<'a>([Option<Cow<'a, str>>; KEYS]);

impl<'a> Object<'a> {
    /// Reads a line.
    pub fn parse(line: &'a [u8]) -> Result<Self, String> {
        serde_json::from_slice(line).map_err(|wrong| reason(&wrong))
    }

    /// The texts of the row.
    pub fn fields(&self) -> Fields<'_> {
        let mut fields = [None; KEYS];
        for (field, value) in fields.iter_mut().zip(&self.0) {
            *field = value.as_deref().filter(|value| !value.is_empty());
        }
        fields
    }
}

/// Why a line is not a row. Where in the file it stands is said beside, so the line that serde counts is left out.
fn reason(wrong: &serde_json::Error) -> String {
    let text = wrong.to_string();
    let text = text.rsplit_once(" at line ").map_or(text.as_str(), |(text, _)| text);
    match wrong.classify() {
        Category::Data if text.starts_with("invalid type") => "the row takes a JSON object".to_owned(),
        Category::Data => text.to_owned(),
        Category::Syntax | Category::Eof | Category::Io => format!("the row is not JSON: {text}"),
    }
}

impl<'de> Deserialize<'de> for Object<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Members;

        impl<'de> Visitor<'de> for Members {
            type Value = Object<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("an object")
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Object<'de>, A::Error> {
                let (mut values, mut seen) = ([const { None }; KEYS], [false; KEYS]);
                while let Some(Text(key)) = map.next_key()? {
                    let index =
                        index_of(&key).ok_or_else(|| A::Error::custom(format!("{key:?} is no key of a session")))?;
                    if std::mem::replace(&mut seen[index], true) {
                        return Err(A::Error::custom(format!("{key} was given twice")));
                    }
                    values[index] = match map.next_value()? {
                        Value::Text(text) => Some(text),
                        Value::Null => None,
                        Value::Other => return Err(A::Error::custom(format!("{key} takes a text or null"))),
                    };
                }
                Ok(Object(values))
            }
        }

        deserializer.deserialize_map(Members)
    }
}

/// A text, borrowed from the line unless it has escapes in it.
struct Text<'a>(Cow<'a, str>);

impl<'de> Deserialize<'de> for Text<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct TextVisitor;

        impl<'de> Visitor<'de> for TextVisitor {
            type Value = Text<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a text")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Text<'de>, E> {
                Ok(Text(Cow::Owned(text.to_owned())))
            }
        }

        deserializer.deserialize_str(TextVisitor)
    }
}

/// The value of a key.
enum Value<'a> {
    Text(Cow<'a, str>),
    Null,
    /// Anything else that JSON has.
    Other,
}

impl<'de> Deserialize<'de> for Value<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct ValueVisitor;

        impl<'de> Visitor<'de> for ValueVisitor {
            type Value = Value<'de>;

            fn expecting(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str("a value")
            }

            fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Value<'de>, E> {
                Ok(Value::Text(Cow::Borrowed(text)))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<Value<'de>, E> {
                Ok(Value::Text(Cow::Owned(text.to_owned())))
            }

            fn visit_unit<E: Error>(self) -> Result<Value<'de>, E> {
                Ok(Value::Null)
            }

            fn visit_bool<E: Error>(self, _: bool) -> Result<Value<'de>, E> {
                Ok(Value::Other)
            }

            fn visit_i64<E: Error>(self, _: i64) -> Result<Value<'de>, E> {
                Ok(Value::Other)
            }

            fn visit_u64<E: Error>(self, _: u64) -> Result<Value<'de>, E> {
                Ok(Value::Other)
            }

            fn visit_f64<E: Error>(self, _: f64) -> Result<Value<'de>, E> {
                Ok(Value::Other)
            }

            fn visit_seq<A: SeqAccess<'de>>(self, mut sequence: A) -> Result<Value<'de>, A::Error> {
                while sequence.next_element::<IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }

            fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Value<'de>, A::Error> {
                while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
                Ok(Value::Other)
            }
        }

        deserializer.deserialize_any(ValueVisitor)
    }
}
