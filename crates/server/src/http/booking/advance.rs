//! `PATCH /booking/v1/sessions/{id}`: the visitor did something, or is still there.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use frontdesk_domain::session::{Action, ClientType, Command, Request, Stage};
use serde::Deserialize;
use utoipa::ToSchema;

use super::access;
use super::answer::{self, SessionState};
use super::cors::Caller;
use super::problem::{self, Problem};
use crate::app::App;
use crate::http::fields::{self, Fields};
use crate::http::partner::schema::{ClientTypeName, StageName};

/// What the visitor did; empty for a heartbeat
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "stage": "scheduling", "client_type": "returning" }))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct AdvanceRequest {
    /// The stage that the visitor is at; an earlier one than before changes nothing
    stage: Option<StageName>,
    client_type: Option<ClientTypeName>,
}

/// Report on a session
///
/// By the session's own secret. With neither field it is a heartbeat: the visitor is still there.
#[utoipa::path(
    patch,
    path = "/booking/v1/sessions/{id}",
    tag = "Session API",
    security(("session_secret" = [])),
    params(
        ("id" = String, Path, description = "The session's id"),
        ("Origin" = Option<String>, Header, description = "Sent by browsers; one of the location's origins")
    ),
    request_body = AdvanceRequest,
    responses(
        (status = 200, description = "Where the session stands now", body = SessionState, example = json!({
            "id": "018ba844-155b-7cc1-8a3f-4d2b6c1e9f70",
            "stage": "scheduling",
            "status": "active",
            "client_type": "returning",
            "expires_at": "2023-11-07T06:04:31.907526Z",
            "appointment_id": null,
            "remote_appointment_id": null,
        })),
        (status = 400, description = "A field is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "Not the secret of this session", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The page's origin is not one of the location's", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such session", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time", body = Problem, content_type = "application/problem+json"),
        (status = 409, description = "The session has expired or is completed", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "Something broke", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The server is busy", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn advance_session(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
    body: Body,
) -> Response {
    let caller = Caller::of(&headers);
    let answer = match id {
        Ok(Path(id)) => advance(&app, &id, &headers, &caller, body).await,
        Err(_) => Err(problem::not_found()),
    };
    caller.share(&app, answer)
}

async fn advance(
    app: &App,
    id: &str,
    headers: &HeaderMap,
    caller: &Caller,
    body: Body,
) -> Result<Response, Box<Problem>> {
    // Whatever the answer will be: a client that still sends when it is refused may never read why.
    let body = fields::receive(headers, body).await;
    let catalog = Arc::clone(app.store.reader()?.catalog());
    let (location, session) = access::by_secret(&catalog, headers, id)?;
    let location = catalog.location(location.as_str()).ok_or_else(problem::not_found)?;
    caller.check(location)?;
    let mut fields = Fields::parse(&body?)?;
    let stage = fields.choice("stage", Stage::ALL, Stage::as_str)?;
    let client_type = fields.choice("client_type", ClientType::ALL, ClientType::as_str)?;
    fields.finish()?;
    let command = Command {
        location: location.id.clone(),
        session,
        now: app.clock.now(),
        idempotency: None,
        request: Request::Act(Action::Advance { stage, client_type }),
    };
    let outcome = app.store.apply(command).await?;
    Ok(answer::json(StatusCode::OK, SessionState::from(&outcome.session), None))
}
