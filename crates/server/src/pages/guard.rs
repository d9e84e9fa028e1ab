//! Forms that another site cannot submit for a visitor.
//!
//! There is no cookie, so a browser lends another site nothing: a form goes to an address with the session's key, which
//! only the visitor's page knows. What is here comes on top, in case an address gets about.

use axum::http::{HeaderMap, HeaderValue, header};

/// Whether a form comes from a page of ours, as far as the browser says.
///
/// `Sec-Fetch-Site` alone decides where the browser sends it: a page's own form is of the same origin in a frame of another
/// site too, it does not depend on how a proxy rewrites `Host`, and a page that wants no referrer to be sent can turn its
/// `Origin` into `null` but not this. An older browser's `Origin` is held against `Host`; it says `null` for a frame that
/// was put into a sandbox.
pub fn is_own_form(headers: &HeaderMap) -> bool {
    let text = |name: &str| headers.get(name).map(HeaderValue::as_bytes);
    if let Some(site) = text("sec-fetch-site") {
        return matches!(site, b"same-origin" | b"none");
    }
    let Some(origin) = text(header::ORIGIN.as_str()).filter(|origin| *origin != b"null") else { return true };
    let scheme = [b"https://".as_slice(), b"http://"].into_iter().find(|scheme| origin.starts_with(scheme));
    let authority = scheme.and_then(|scheme| origin.strip_prefix(scheme));
    authority.is_some() && [text(header::HOST.as_str()), text("x-forwarded-host")].contains(&authority)
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;

    use super::*;

    fn own(headers: &[(&'static str, &str)]) -> bool {
        let header = |(name, value): &(&'static str, &str)| {
            (HeaderName::from_static(name), HeaderValue::from_bytes(value.as_bytes()).unwrap())
        };
        is_own_form(&headers.iter().map(header).collect())
    }

    #[test]
    fn a_form_of_another_site_is_refused() {
        assert!(own(&[]));
        assert!(own(&[("sec-fetch-site", "same-origin"), ("origin", "https://book.example"), ("host", "inner:8080")]));
        // By somebody's own hand, from a bookmark for example.
        assert!(own(&[("sec-fetch-site", "none"), ("origin", "null")]));
        assert!(own(&[("origin", "null"), ("host", "book.example")]));
        assert!(own(&[("origin", "http://127.0.0.1:8080"), ("host", "127.0.0.1:8080")]));
        assert!(own(&[("origin", "https://book.example"), ("host", "inner"), ("x-forwarded-host", "book.example")]));
        assert!(!own(&[("sec-fetch-site", "cross-site"), ("origin", "https://evil.example")]));
        assert!(!own(&[("sec-fetch-site", "same-site"), ("origin", "https://evil.book.example")]));
        assert!(!own(&[("origin", "https://evil.example"), ("host", "book.example")]));
        assert!(!own(&[("origin", "book.example"), ("host", "book.example")]));
        assert!(!own(&[("origin", "https://"), ("x-forwarded-host", "book.example")]));
    }

    #[test]
    fn a_form_of_another_site_that_hides_its_origin_is_refused() {
        for site in ["cross-site", "same-site", "", "same-origin, none", "\u{e4}"] {
            for origin in [None, Some("null"), Some("https://book.example"), Some("https://evil.ex\u{e4}mple")] {
                let mut headers = vec![("sec-fetch-site", site), ("host", "book.example")];
                headers.extend(origin.map(|origin| ("origin", origin)));
                assert!(!own(&headers), "{headers:?}");
            }
        }
        assert!(!own(&[("origin", "https://evil.ex\u{e4}mple"), ("host", "book.example")]));
    }
}
