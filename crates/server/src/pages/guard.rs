//! Forms that another site cannot submit for a visitor.
//!
//! There is no cookie, so a browser lends another site nothing: a form goes to an address with the session's key, which
//! only the visitor's page knows. What is here comes on top, in case an address gets about.

use axum::http::{HeaderMap, header};

/// Whether a form comes from a page of ours, as far as the browser says.
///
/// `Sec-Fetch-Site` decides where the browser sends it, since it does not depend on how a proxy rewrites `Host`; an older
/// browser's `Origin` is held against `Host`. A frame that the host page has put in a sandbox has the origin `null`.
pub fn is_own_form(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let origin = text(header::ORIGIN.as_str());
    match (text("sec-fetch-site"), origin) {
        (Some("same-origin" | "none"), _) | (_, None | Some("null")) => true,
        (Some(_), Some(_)) => false,
        (None, Some(origin)) => {
            let authority = origin.split_once("://").map(|(_, authority)| authority);
            authority.is_some() && [text(header::HOST.as_str()), text("x-forwarded-host")].contains(&authority)
        }
    }
}

#[cfg(test)]
mod tests {
    use axum::http::{HeaderName, HeaderValue};

    use super::*;

    fn own(headers: &[(&'static str, &'static str)]) -> bool {
        let header = |(name, value): &(&'static str, &'static str)| {
            (HeaderName::from_static(name), HeaderValue::from_static(value))
        };
        is_own_form(&headers.iter().map(header).collect())
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        assert!(own(&[]));
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "https://book.example"), ("host", "inner:8080")]));
        assert!(own(&[("sec-fetch-site", "cross-site"), ("origin", "null")]));
        assert!(own(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(own(&[("origin", "https://book.example"), ("host", "inner"), ("x-forwarded-host", "book.example")]));
        assert!(!own(&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]));
        assert!(!own(&[("sec-fetch-site", "same-site"), ("origin", "https://evil.book.example")]));
        assert!(!own(&[("origin", "https://evil.example"), ("host", "book.example")]));
        assert!(!own(&[("origin", "book.example"), ("host", "book.example")]));
    }
}
