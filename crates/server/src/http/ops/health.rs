//! `/healthz` and `/readyz`: is the process alive, and can it answer from the record?

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::app::App;
use crate::http::partner::failure::Failure;
use crate::http::partner::schema::FailureBody;

/// Is the process alive?
#[utoipa::path(
    get,
    path = "/healthz",
    tag = "Operations",
    responses((status = 200, description = "It is", body = Object, example = json!({ "status": "ok" })))
)]
pub async fn healthz() -> Response {
    axum::Json(json!({ "status": "ok" })).into_response()
}

/// Can the server answer from the record?
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Operations",
    responses(
        (status = 200, description = "It can", body = Object, example = json!({ "status": "ready", "locations": 3 })),
        (status = 503, description = "The record cannot be read", body = FailureBody)
    )
)]
pub async fn readyz(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    match app.store.reader() {
        Ok(reader) => {
            let locations = reader.catalog().locations().len();
            Ok(axum::Json(json!({ "status": "ready", "locations": locations })).into_response())
        }
        Err(fault) => {
            tracing::error!(%fault, "the record cannot be read");
            Err(Failure::new(StatusCode::SERVICE_UNAVAILABLE, "The record cannot be read."))
        }
    }
}
