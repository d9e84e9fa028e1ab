//! The request headers that more than one API reads.

use axum::http::{HeaderMap, header};
use frontdesk_domain::access::Token;
use utoipa::Modify;
use utoipa::openapi::security::{HttpAuthScheme, HttpBuilder, SecurityScheme};

/// The location that a request is about.
pub const CLIENT_ID: &str = "x-client-id";

/// What the `Authorization` header carries as a bearer credential (RFC 6750, section 2.1). Two headers are none.
pub fn bearer(headers: &HeaderMap) -> Option<&str> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (value, None) = (values.next()?, values.next()) else { return None };
    let (scheme, credential) = value.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then(|| credential.trim_start_matches(' '))
}

/// The bearer token of a request, when it has the form of one.
pub fn token(headers: &HeaderMap) -> Option<Token> {
    bearer(headers).and_then(Token::parse)
}

/// Adds the bearer schemes to the description.
pub struct Security;

impl Modify for Security {
    fn modify(&self, description: &mut utoipa::openapi::OpenApi) {
        let components = description.components.get_or_insert_default();
        for (name, what) in [
            ("token", "A token made with `frontdesk token create`."),
            ("session_secret", "The `secret` that starting the session gave."),
        ] {
            let scheme = HttpBuilder::new().scheme(HttpAuthScheme::Bearer).description(Some(what)).build();
            components.add_security_scheme(name, SecurityScheme::Http(scheme));
        }
    }
}
