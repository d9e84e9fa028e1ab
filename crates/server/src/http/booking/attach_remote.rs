//! `PATCH /booking/v1/sessions/{id}/appointment`: the practice's own system has the appointment now.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use frontdesk_domain::AppointmentId;
use frontdesk_domain::session::Action;
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::SessionState;
use super::complete::act;
use super::problem::{self, Problem};
use crate::app::App;
use crate::http::fields::{Fields, required};

/// The appointment's id in the practice's own system
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "remote_appointment_id": "47113" }))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct AttachRemoteRequest {
    #[schema(min_length = 1, max_length = 128)]
    remote_appointment_id: String,
}

/// Set the remote appointment id
///
/// By a token of scope `booking`, once the practice's own system has the appointment.
#[utoipa::path(
    patch,
    path = "/booking/v1/sessions/{id}/appointment",
    tag = "Session API",
    security(("token" = [])),
    params(
        ("id" = String, Path, description = "The session's id"),
        ("X-Client-Id" = Option<String>, Header, description = "The location, when the token covers several")
    ),
    request_body = AttachRemoteRequest,
    responses(
        (status = 200, description = "The session with the id", body = SessionState),
        (status = 400, description = "A field is missing or wrong", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token has another scope", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such session in the token's locations", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The session has no appointment", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The token has used up its limit", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "Something broke", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The server is busy", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn attach_remote(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Box<Problem>> {
    let Path(id) = id.map_err(|_| problem::not_found())?;
    act(&app, &id, &headers, body, |body| {
        let mut fields = Fields::parse(body)?;
        let remote = required("remote_appointment_id", fields.id("remote_appointment_id", AppointmentId::parse)?)?;
        fields.finish()?;
        Ok((Action::AttachRemote { remote_appointment_id: remote }, None))
    })
    .await
}
