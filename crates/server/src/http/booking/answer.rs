//! What the Session API answers of a session.

use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use frontdesk_domain::session::{ClientType, Session, State};
use serde::Serialize;
use utoipa::ToSchema;

use crate::http::partner::schema::{ClientTypeName, StageName, StatusName};
use crate::limits::Allowance;

/// A session that has just begun
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "018ba844-155b-7cc1-8a3f-4d2b6c1e9f70",
    "secret": "fs_6Jw0yWfJv1dJ….YXVzdGlu",
    "stage": "started",
    "status": "active",
    "expires_at": "2023-11-07T06:01:56.123456Z",
}))]
pub struct StartedSession {
    /// The session's id
    id: String,
    /// The page reports by it; shown only here
    secret: String,
    #[schema(value_type = StageName)]
    stage: &'static str,
    #[schema(value_type = StatusName)]
    status: &'static str,
    /// When it is abandoned unless the visitor does something
    #[schema(format = DateTime)]
    expires_at: Option<String>,
}

/// Where a session stands
#[derive(Serialize, ToSchema)]
#[schema(example = json!({
    "id": "018ba844-155b-7cc1-8a3f-4d2b6c1e9f70",
    "stage": "completed",
    "status": "completed",
    "client_type": "returning",
    "expires_at": null,
    "appointment_id": "A-20418",
    "remote_appointment_id": "47113",
}))]
pub struct SessionState {
    id: String,
    #[schema(value_type = StageName)]
    stage: &'static str,
    #[schema(value_type = StatusName)]
    status: &'static str,
    #[schema(value_type = Option<ClientTypeName>, required)]
    client_type: Option<&'static str>,
    /// When it is abandoned unless the visitor does something; null when it has ended
    #[schema(format = DateTime, required)]
    expires_at: Option<String>,
    /// Our id of the appointment
    #[schema(required)]
    appointment_id: Option<String>,
    /// Its id in the practice's own system
    #[schema(required)]
    remote_appointment_id: Option<String>,
}

fn expiry(session: &Session) -> Option<String> {
    match session.state {
        State::Active { expires_at } => Some(expires_at.to_string()),
        State::Completed { .. } | State::Abandoned => None,
    }
}

impl StartedSession {
    /// Of a new session and its secret.
    pub fn new(session: &Session, secret: String) -> Self {
        Self {
            id: session.id.to_string(),
            secret,
            stage: session.stage.as_str(),
            status: session.state.status().as_str(),
            expires_at: expiry(session),
        }
    }
}

impl From<&Session> for SessionState {
    fn from(session: &Session) -> Self {
        let view = session.view();
        Self {
            id: view.id.to_owned(),
            stage: view.stage.as_str(),
            status: view.status.as_str(),
            client_type: view.client_type.map(ClientType::as_str),
            expires_at: expiry(session),
            appointment_id: view.appointment_id.map(str::to_owned),
            remote_appointment_id: view.remote_appointment_id.map(str::to_owned),
        }
    }
}

/// A JSON answer that no cache keeps.
pub fn json(status: StatusCode, body: impl Serialize, allowance: Option<Allowance>) -> Response {
    let mut response = (status, [(header::CACHE_CONTROL, "no-store")], axum::Json(body)).into_response();
    if let Some(allowance) = allowance {
        allowance.write(response.headers_mut());
    }
    response
}
