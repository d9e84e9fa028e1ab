//! `POST /booking/v1/sessions/{id}/complete`: the session led to an appointment.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use frontdesk_domain::session::{Action, Command, Idempotency, Request};
use frontdesk_domain::{AppointmentId, SessionId};
use serde::Deserialize;
use utoipa::ToSchema;

use super::access;
use super::answer::{self, SessionState};
use super::problem::{self, Problem};
use crate::app::App;
use crate::http::fields::{self, Fields, required};
use crate::http::idempotency;

/// The appointment
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "appointment_id": "A-20418", "remote_appointment_id": "47113" }))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct CompleteRequest {
    /// Our id of the appointment
    #[schema(min_length = 1, max_length = 128)]
    appointment_id: String,
    /// Its id in the practice's own system, when already known
    #[schema(min_length = 1, max_length = 128)]
    remote_appointment_id: Option<String>,
}

/// Complete a session
///
/// By a token of scope `booking`; also late, when the session has expired meanwhile.
#[utoipa::path(
    post,
    path = "/booking/v1/sessions/{id}/complete",
    tag = "Session API",
    security(("token" = [])),
    params(
        ("id" = String, Path, description = "The session's id"),
        ("Idempotency-Key" = Option<String>, Header, description = "Within a day, a second request with this key gets the first one's answer", example = "f2f1c9e0-complete"),
        ("X-Client-Id" = Option<String>, Header, description = "The location, when the token covers several")
    ),
    request_body = CompleteRequest,
    responses(
        (status = 200, description = "The session is completed", body = SessionState),
        (status = 400, description = "A field is missing or wrong", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token has another scope", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such session in the token's locations", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "Completed with another appointment", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The key was used for another request", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The token has used up its limit", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "Something broke", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The server is busy", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn complete_session(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Box<Problem>> {
    let Path(id) = id.map_err(|_| problem::not_found())?;
    act(&app, &id, &headers, body, |body| {
        let mut fields = Fields::parse(body)?;
        let appointment_id = required("appointment_id", fields.id("appointment_id", AppointmentId::parse)?)?;
        let remote_appointment_id = fields.id("remote_appointment_id", AppointmentId::parse)?;
        fields.finish()?;
        let idempotency = idempotency::read(&headers, &format!("complete {id}"), body)?;
        Ok((Action::Complete { appointment_id, remote_appointment_id }, idempotency))
    })
    .await
}

/// Carries out an action that a token of scope booking asks for; `read` makes it of the body.
pub async fn act(
    app: &App,
    id: &str,
    headers: &HeaderMap,
    body: Body,
    read: impl FnOnce(&[u8]) -> Result<(Action, Option<Idempotency>), Box<Problem>>,
) -> Result<Response, Box<Problem>> {
    // Whatever the answer will be: a client that still sends when it is refused may never read why.
    let body = fields::receive(headers, body).await;
    let catalog = Arc::clone(app.store.reader()?.catalog());
    let caller = access::by_token(app, &catalog, headers)?;
    let (action, idempotency) = read(&body?)?;
    let session = SessionId::parse(id).map_err(|_| problem::not_found())?;
    let location = caller.locate(&mut app.store.reader()?, id).await?.ok_or_else(problem::not_found)?;
    let command = Command {
        location: location.id.clone(),
        session,
        now: app.clock.now(),
        idempotency,
        request: Request::Act(action),
    };
    let outcome = app.store.apply(command).await?;
    Ok(answer::json(StatusCode::OK, SessionState::from(&outcome.session), caller.allowance))
}
