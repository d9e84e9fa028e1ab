//! Pages: the API reference, and what visitors see. None asks anything of another host.

mod assets;
mod booking;
mod embed;
mod form;
mod guard;
pub mod reference;
mod respond;

use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;

use crate::app::App;

/// Everything but the unreserved letters.
const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The names of the routes, for the metrics.
pub const ROUTES: &[&[&str]] = &[&booking::ROUTES, &embed::ROUTES, &[assets::ROUTE]];

/// Every page for visitors.
pub fn routes() -> Router<Arc<App>> {
    booking::routes().merge(embed::routes()).route(assets::ROUTE, axum::routing::get(assets::asset))
}

/// Whether a path is one of a page for visitors, so that even its errors are pages.
pub fn owns(path: &str) -> bool {
    let under = |start: &str| path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    under("/book") || under("/embed")
}

/// The answer to a path that nothing has.
pub fn not_found(request: &HeaderMap) -> Response {
    booking::plain(StatusCode::NOT_FOUND, "missing-title", "missing-lead", request)
}

/// The answer to a method that a path does not take; axum adds `Allow`.
pub fn method_not_allowed(request: &HeaderMap) -> Response {
    booking::plain(StatusCode::METHOD_NOT_ALLOWED, "missing-title", "missing-lead", request)
}

/// The answer to a request of which something is too large.
pub fn too_large(status: StatusCode, request: &HeaderMap) -> Response {
    booking::plain(status, "too-large-title", "too-large-lead", request)
}

/// A text as a part of a path or a value of a query (RFC 3986, section 2.3).
fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, UNRESERVED).to_string()
}
