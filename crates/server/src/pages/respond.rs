//! How pages go out: never kept, never framed by strangers, without script or style of their own.

use std::fmt::Write;

use askama::Template;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use flate2::Compression;
use frontdesk_store::Location;

use super::assets;

/// Pages smaller than this are sent as they are.
const WORTH_PACKING: usize = 1024;

/// A page as an answer.
pub fn page(status: StatusCode, page: &impl Template, location: Option<&Location>, request: &HeaderMap) -> Response {
    let html = page.render().expect("cannot fail: writing plain texts to memory");
    let mut response = if html.len() > WORTH_PACKING && assets::takes_gzip(request) {
        // What was typed comes back beside the key in the address of its forms. Nobody but the visitor can ask for such a
        // page, since the key is in the page's own address: there is nothing to be guessed from its length (BREACH).
        let packed = assets::gzip(html.as_bytes(), Compression::fast());
        let mut response = packed.into_response();
        response.headers_mut().insert(header::CONTENT_ENCODING, HeaderValue::from_static("gzip"));
        response
    } else {
        html.into_response()
    };
    *response.status_mut() = status;
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
    guard(&mut response, location);
    response
}

/// See another page instead (RFC 9110, section 15.4.4).
pub fn go_to(address: &str) -> Response {
    let location = HeaderValue::from_str(address).expect("cannot fail: addresses are made of escaped parts");
    let mut response = StatusCode::SEE_OTHER.into_response();
    response.headers_mut().insert(header::LOCATION, location);
    guard(&mut response, None);
    response
}

/// An answer without a page, for whoever looks at none.
pub fn nothing(status: StatusCode) -> Response {
    let mut response = status.into_response();
    guard(&mut response, None);
    response
}

/// The headers of everything that is about one visitor.
pub fn guard(response: &mut Response, location: Option<&Location>) {
    let headers = response.headers_mut();
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::CONTENT_SECURITY_POLICY, policy(location));
    // The key is in the address: nobody else hears it. Unlike no-referrer it leaves `Origin` on our own forms.
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    let vary = HeaderValue::from_static("accept-encoding, accept-language");
    headers.insert(header::VARY, vary);
}

/// Everything from this server, no script or style within the page, in frames of the location's own origins only.
fn policy(location: Option<&Location>) -> HeaderValue {
    let mut policy =
        "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
                      connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'self'"
            .to_owned();
    for origin in location.iter().flat_map(|location| &location.settings.origins) {
        // An origin has neither spaces nor semicolons; what has is left out, since it would say something else.
        if origin.bytes().all(|byte| byte.is_ascii_graphic() && !b";,'\"".contains(&byte)) {
            write!(policy, " {origin}").expect("cannot fail: it is written to memory");
        }
    }
    HeaderValue::from_str(&policy).expect("cannot fail: visible ASCII")
}
