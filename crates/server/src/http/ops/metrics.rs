//! `/metrics`: for Prometheus.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};

use crate::app::App;
use crate::http::partner::failure::Failure;
use crate::http::partner::schema::FailureBody;
use crate::refusal::Fault;

/// Prometheus metrics
#[utoipa::path(
    get,
    path = "/metrics",
    tag = "Operations",
    responses(
        (status = 200, description = "Metrics in Prometheus' text format", body = String, content_type = "text/plain"),
        (status = 500, description = "Something broke", body = FailureBody)
    )
)]
pub async fn metrics(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let mut reader = app.store.reader()?;
    let sessions = reader.sessions_by_status().await?;
    let mails_waiting = reader.mails_waiting().await?;
    match app.metrics.encode(&sessions, mails_waiting) {
        Ok(text) => Ok(([(header::CONTENT_TYPE, "text/plain; version=0.0.4; charset=utf-8")], text).into_response()),
        Err(fault) => {
            let failure = Failure::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error");
            let mut response = failure.into_response();
            response.extensions_mut().insert(Fault(fault.to_string()));
            Ok(response)
        }
    }
}
