//! The Session API, by which a booking page reports: under `/booking/v1`.

mod access;
mod advance;
mod answer;
mod attach_remote;
mod complete;
mod cors;
pub mod problem;
mod start;
mod timeline;

use std::sync::Arc;

use axum::http::HeaderMap;
use axum::response::Response;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

use crate::app::App;

/// Whether a path belongs to this API, so that even its 404 has the form of this API's errors.
pub fn owns(path: &str) -> bool {
    path == "/booking" || path.starts_with("/booking/")
}

/// An answer that is given before any endpoint is reached, readable to the pages that may call.
pub fn refuse(app: &App, headers: &HeaderMap, problem: Box<problem::Problem>) -> Response {
    cors::Caller::of(headers).share(app, Err(problem))
}

/// Every endpoint of this API.
pub fn routes() -> OpenApiRouter<Arc<App>> {
    OpenApiRouter::new()
        .routes(routes!(start::start_session, cors::preflight_start))
        .routes(routes!(advance::advance_session, cors::preflight_session))
        .routes(routes!(complete::complete_session))
        .routes(routes!(attach_remote::attach_remote))
        .routes(routes!(timeline::timeline))
}
