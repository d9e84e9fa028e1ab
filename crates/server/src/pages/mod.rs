//! Pages: the API reference, and what visitors see. None asks anything of another host.

mod assets;
mod booking;
mod form;
mod guard;
pub mod reference;
mod respond;

use std::sync::Arc;

use axum::Router;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// Everything but the unreserved letters.
const UNRESERVED: &percent_encoding::AsciiSet =
    &percent_encoding::NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The names of the routes, for the metrics.
pub const ROUTES: &[&[&str]] = &[&booking::ROUTES, &[assets::ROUTE]];

/// Every page for visitors.
pub fn routes() -> Router<Arc<App>> {
    booking::routes().route(assets::ROUTE, axum::routing::get(assets::asset))
}

/// Whether a path is one of a page for visitors, so that even its errors are pages.
pub fn owns(path: &str) -> bool {
    let under = |start: &str| path.strip_prefix(start).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
    under("/book") || under("/embed")
}

/// The answer to a path that nothing has.
pub fn not_found() -> Response {
    plain(StatusCode::NOT_FOUND)
}

/// The answer to a method that a path does not take; axum adds `Allow`.
pub fn method_not_allowed() -> Response {
    plain(StatusCode::METHOD_NOT_ALLOWED)
}

/// The answer to a request of which something is too large.
pub fn too_large(status: StatusCode) -> Response {
    plain(status)
}

/// A text as a part of a path or a value of a query (RFC 3986, section 2.3).
fn escape(text: &str) -> String {
    percent_encoding::utf8_percent_encode(text, UNRESERVED).to_string()
}

fn plain(status: StatusCode) -> Response {
    let words = status.canonical_reason().unwrap_or("Error");
    (status, [(header::CONTENT_TYPE, "text/plain; charset=utf-8")], words).into_response()
}
