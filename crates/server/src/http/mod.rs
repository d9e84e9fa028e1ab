//! HTTP: what is common to all APIs. A folder for each API, a file for each endpoint.

mod booking;
pub mod connection;
mod fields;
mod headers;
mod idempotency;
mod open_files;
mod ops;
mod partner;
pub mod workers;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use headers::Security;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

#[cfg(fuzzing)]
pub use partner::query as partner_query;

use crate::app::App;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Frontdesk",
        description = "Online booking for veterinary practices: the Partner API mirrors a location's booking sessions and makes \
                       appointments, the Session API reports sessions."
    ),
    modifiers(&Security),
    tags(
        (name = "Partner API", description = "Poll a location's booking sessions and appointments, find open times, book. A bearer token of scope `partner`, and the location in `X-Client-Id`."),
        (name = "Session API", description = "How a booking page reports a visitor's session."),
        (name = "Operations", description = "For whoever runs the server.")
    )
)]
struct Description;

/// Every endpoint and its description, registered in one go.
pub fn routes() -> (Router<Arc<App>>, utoipa::openapi::OpenApi) {
    let (router, mut description) = OpenApiRouter::with_openapi(Description::openapi())
        .merge(partner::routes())
        .merge(booking::routes())
        .merge(ops::routes())
        .split_for_parts();
    description.info.version = env!("CARGO_PKG_VERSION").to_owned();
    (router, description)
}

/// The answer to a path that nothing has.
pub fn not_found(path: &str) -> Response {
    if booking::owns(path) {
        booking::problem::not_found().into_response()
    } else {
        partner::failure::Failure::not_found().into_response()
    }
}

/// The answer to a method that a path does not take; axum adds `Allow`.
pub fn method_not_allowed(path: &str) -> Response {
    if booking::owns(path) {
        booking::problem::method_not_allowed().into_response()
    } else {
        partner::failure::Failure::method_not_allowed().into_response()
    }
}

/// The answer to a request of which something is too large.
pub fn too_large(app: &App, request: &Request, status: StatusCode, message: String) -> Response {
    if booking::owns(request.uri().path()) {
        booking::refuse(app, request.headers(), booking::problem::too_large(status, message))
    } else {
        partner::failure::Failure::new(status, message).into_response()
    }
}
