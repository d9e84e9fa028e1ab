//! What a browser sends: the fields of a form and the parts of a query.

use std::collections::HashSet;
use std::time::Duration;

use axum::body::Body;
use axum::http::{HeaderMap, Uri, header};
use http_body_util::{BodyExt, Limited};

use crate::limits::MOST_BODY_BYTES;

/// How long a form may take to arrive.
const PATIENCE: Duration = Duration::from_secs(10);

/// Names and values.
#[derive(Clone, Default, Debug)]
pub struct Fields {
    /// As they came, in their order.
    values: Vec<(String, String)>,
    /// The names that a form had twice, which have no value: nobody could say which one is meant.
    doubled: HashSet<String>,
}

/// Why a form was not read.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum FormError {
    /// It has more than a form of ours.
    TooLarge,
    /// It did not arrive.
    Incomplete,
}

impl Fields {
    /// The parts of a query. A link may have anything in it; of two of a name, the first counts.
    pub fn of_query(uri: &Uri) -> Self {
        Self::parse(uri.query().unwrap_or_default().as_bytes())
    }

    /// Receives a form whole, within its limits of size and time. What is not a form has no fields.
    pub async fn receive(headers: &HeaderMap, body: Body) -> Result<Self, FormError> {
        let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
        let whole = Limited::new(body, MOST_BODY_BYTES).collect();
        let body = match tokio::time::timeout(PATIENCE, whole).await {
            Ok(Ok(collected)) => collected.to_bytes(),
            Ok(Err(error)) if error.is::<http_body_util::LengthLimitError>() => return Err(FormError::TooLarge),
            Ok(Err(_)) | Err(_) => return Err(FormError::Incomplete),
        };
        let kind = kind.split(';').next().unwrap_or_default().trim();
        Ok(if kind.eq_ignore_ascii_case("application/x-www-form-urlencoded") {
            Self::parse(&body).without_doubled()
        } else {
            Self::default()
        })
    }

    fn parse(text: &[u8]) -> Self {
        let values = form_urlencoded::parse(text).map(|(name, value)| (name.into_owned(), value.into_owned()));
        Self { values: values.collect(), doubled: HashSet::new() }
    }

    fn without_doubled(mut self) -> Self {
        let mut seen = HashSet::new();
        let again = self.values.iter().filter(|(name, _)| !seen.insert(name.as_str()));
        self.doubled = again.map(|(name, _)| name.clone()).collect();
        self.values.retain(|(name, _)| !self.doubled.contains(name));
        self
    }

    /// Whether a form had that name more than once.
    pub fn is_doubled(&self, name: &str) -> bool {
        self.doubled.contains(name)
    }

    /// The first value of that name.
    pub fn get(&self, name: &str) -> Option<&str> {
        self.values.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The first value of that name, unless it is empty.
    pub fn some(&self, name: &str) -> Option<&str> {
        self.get(name).filter(|value| !value.is_empty())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_field_that_is_there_twice_has_no_value() {
        let form = Fields::parse(b"a=1&b=2&a=&c=&a=3").without_doubled();
        assert_eq!((form.get("a"), form.get("b"), form.some("c")), (None, Some("2"), None));
        assert!(form.is_doubled("a") && !form.is_doubled("b") && !form.is_doubled("d"));
        assert_eq!(Fields::parse(b"a=1&a=2").get("a"), Some("1"));
    }
}
