//! HTTP: what is common to all APIs. A folder for each API, a file for each endpoint.

pub mod booking;
pub mod connection;
mod headers;
mod limits;
mod measure;
mod open_files;
mod ops;
mod partner;
mod refusal;
pub mod workers;

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::response::{IntoResponse, Response};
use frontdesk_domain::Clock;
use frontdesk_store::Store;
use headers::Security;
use utoipa::OpenApi;
use utoipa_axum::router::OpenApiRouter;

pub use limits::{Limits, RateLimit};
#[cfg(fuzzing)]
pub use partner::query as partner_query;

use crate::telemetry::Metrics;

/// What every handler can reach.
pub struct App {
    /// The record.
    pub store: Arc<Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    /// What is measured.
    pub metrics: Arc<Metrics>,
    /// Requests a minute for each token.
    pub limits: Limits,
    openapi: bytes::Bytes,
    docs: bytes::Bytes,
}

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Frontdesk",
        description = "Online booking for veterinary practices: the Partner API mirrors a location's booking sessions, the \
                       Session API reports them."
    ),
    modifiers(&Security),
    tags(
        (name = "Partner API", description = "Poll a location's booking sessions. A bearer token of scope `partner`, and the location in `X-Client-Id`."),
        (name = "Session API", description = "How a booking page reports a visitor's session."),
        (name = "Operations", description = "For whoever runs the server.")
    )
)]
struct Description;

/// Routes and their description, registered in one go.
fn routes() -> (Router<Arc<App>>, utoipa::openapi::OpenApi) {
    let (router, mut description) = OpenApiRouter::with_openapi(Description::openapi())
        .merge(partner::routes())
        .merge(booking::routes())
        .merge(ops::routes())
        .split_for_parts();
    description.info.version = env!("CARGO_PKG_VERSION").to_owned();
    (router, description)
}

/// The names of all routes, for the metrics.
pub fn route_names() -> Vec<String> {
    routes().1.paths.paths.into_keys().collect()
}

/// Puts the server together.
pub fn service(store: Arc<Store>, clock: Arc<dyn Clock>, metrics: Arc<Metrics>, limit: RateLimit) -> Router {
    let (router, description) = routes();
    let openapi = serde_json::to_vec_pretty(&description).expect("cannot fail: the description is plain data").into();
    let docs = ops::docs::render(&description).into();
    let app = Arc::new(App { store, clock, metrics, limits: Limits::new(limit), openapi, docs });
    router
        .method_not_allowed_fallback(method_not_allowed)
        .fallback(not_found)
        .layer(axum::middleware::from_fn_with_state(Arc::clone(&app), measure::measure))
        .with_state(app)
}

async fn not_found(request: Request) -> Response {
    if booking::owns(request.uri().path()) {
        booking::problem::not_found().into_response()
    } else {
        partner::failure::Failure::not_found().into_response()
    }
}

async fn method_not_allowed(request: Request) -> Response {
    if booking::owns(request.uri().path()) {
        booking::problem::method_not_allowed().into_response()
    } else {
        partner::failure::Failure::method_not_allowed().into_response()
    }
}
