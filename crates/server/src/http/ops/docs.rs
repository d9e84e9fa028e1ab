//! `/docs`: the API reference, rendered once from the description; one page without script or request to anywhere.

use std::sync::Arc;

use axum::extract::State;
use axum::http::header;
use axum::response::{IntoResponse, Response};

use crate::app::App;

/// The API reference
#[utoipa::path(
    get,
    path = "/docs",
    tag = "Operations",
    responses((status = 200, description = "The reference as a page", body = String, content_type = "text/html"))
)]
pub async fn docs(State(app): State<Arc<App>>) -> Response {
    let policy = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, policy),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    ];
    (headers, app.docs.clone()).into_response()
}
