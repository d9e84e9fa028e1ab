//! `/healthz` and `/readyz`: is the process alive, and can it answer from the record?

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use frontdesk_store::StoreError;
use serde_json::{Value, json};

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

/// Can the server answer from the record, and does mail go out?
#[utoipa::path(
    get,
    path = "/readyz",
    tag = "Operations",
    responses(
        (
            status = 200,
            description = "It can. Of mail it says whether a server for it is set up, how many wait, and, while the server \
                           cannot be reached, since when and why",
            body = Object,
            example = json!({ "status": "ready", "locations": 3, "mail": { "set_up": true, "waiting": 0 } })
        ),
        (status = 503, description = "The record cannot be read", body = FailureBody)
    )
)]
pub async fn readyz(State(app): State<Arc<App>>) -> Result<Response, Failure> {
    let ready = ready(&app).await.map_err(|fault| {
        tracing::error!(%fault, "the record cannot be read");
        Failure::new(StatusCode::SERVICE_UNAVAILABLE, "The record cannot be read.")
    })?;
    Ok(axum::Json(ready).into_response())
}

async fn ready(app: &App) -> Result<Value, StoreError> {
    let mut reader = app.store.reader()?;
    let locations = reader.catalog().locations().len();
    let mut mail = json!({ "set_up": app.mail.is_set_up(), "waiting": reader.mails_waiting().await? });
    if let Some(trouble) = app.mail.trouble() {
        mail["failing_since"] = trouble.since.to_string().into();
        mail["error"] = trouble.error.to_string().into();
    }
    Ok(json!({ "status": "ready", "locations": locations, "mail": mail }))
}
