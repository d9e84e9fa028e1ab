//! NDJSON: an object on each line, with the keys of the wire and the location.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};

use super::row::Fields;
use super::{KEYS, index_of};

/// The values of an object's keys, in the order of the wire.
pub struct Object<'a>([Option<Cow<'a, str>>; KEYS]);

impl<'a> Object<'a> {
    /// Reads a line.
    pub fn parse(line: &'a [u8]) -> Result<Self, String> {
        serde_json::from_slice(line).map_err(|wrong| format!("the line takes a JSON object: {wrong}"))
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
                        index_of(&key).ok_or_else(|| A::Error::custom(format!("{key:?} is not a key of the wire")))?;
                    if std::mem::replace(&mut seen[index], true) {
                        return Err(A::Error::custom(format!("{key} was given twice")));
                    }
                    let value: Option<Text<'de>> =
                        map.next_value().map_err(|_| A::Error::custom(format!("{key} takes a text or null")))?;
                    values[index] = value.map(|Text(value)| value);
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
