//! `POST` and `PATCH /booking/v1/sessions`: a visitor opens the booking page, and goes on.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use chrono::Utc;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::App;
use crate::access;
use crate::failure::Failure;
use crate::session::{self, Stage};

/// How long a session lives after the visitor's last action, in microseconds.
const TIME_TO_LIVE: i64 = 30 * 60 * 1_000_000;

/// What is known of an arrival.
#[derive(Debug, Deserialize)]
pub struct StartRequest {
    /// Where.
    pub location_id: String,
    /// What brought the visitor.
    pub referral_source: Option<String>,
    /// The campaign that it belongs to.
    pub referral_campaign: Option<String>,
    /// The kind of source.
    pub referral_medium: Option<String>,
}

/// A session that is to be kept.
#[derive(Debug)]
pub struct Arrival {
    /// Its id.
    pub id: String,
    /// What lets its page report on it.
    pub secret: String,
    /// What is known of it.
    pub request: StartRequest,
    /// The instant.
    pub now: i64,
    /// When it ends, if nothing more is heard of it.
    pub expires_at: i64,
}

/// A session that has just begun.
#[derive(Debug, Serialize)]
pub struct StartedSession {
    id: String,
    secret: String,
    stage: Stage,
    status: &'static str,
    expires_at: Option<String>,
}

/// Starts a session.
pub async fn start_session(
    State(app): State<Arc<App>>,
    Json(request): Json<StartRequest>,
) -> Result<(StatusCode, Json<StartedSession>), Failure> {
    if !app.locations.contains(&request.location_id) {
        return Err(Failure::new(StatusCode::BAD_REQUEST, "there is no such location"));
    }
    let now = Utc::now().timestamp_micros();
    let arrival = Arrival {
        id: Uuid::now_v7().to_string(),
        secret: Uuid::new_v4().simple().to_string(),
        request,
        now,
        expires_at: now + TIME_TO_LIVE,
    };
    app.database.start(&arrival).await?;
    let Arrival { id, secret, expires_at, .. } = arrival;
    let expires_at = session::format(expires_at);
    let started = StartedSession { id, secret, stage: Stage::Started, status: "active", expires_at };
    Ok((StatusCode::CREATED, Json(started)))
}

/// What the visitor did; empty for a heartbeat.
#[derive(Debug, Deserialize)]
pub struct AdvanceRequest {
    /// The stage that was reached.
    pub stage: Option<Stage>,
    /// New or returning.
    pub client_type: Option<String>,
}

/// A page's report on its session.
#[derive(Debug)]
pub struct Report<'a> {
    /// The session.
    pub id: &'a str,
    /// What lets the page report on it.
    pub secret: &'a str,
    /// What the visitor did.
    pub request: &'a AdvanceRequest,
    /// The instant.
    pub now: i64,
    /// When the session ends, if nothing more is heard of it.
    pub expires_at: i64,
}

/// How far a session has come.
#[derive(Debug, sqlx::FromRow)]
pub struct Progress {
    /// The furthest stage.
    pub stage: Stage,
    /// New or returning, once it is known.
    pub client_type: Option<String>,
}

/// Where a session stands.
#[derive(Debug, Serialize)]
pub struct SessionState {
    id: String,
    stage: Stage,
    status: &'static str,
    client_type: Option<String>,
    expires_at: Option<String>,
    appointment_id: Option<String>,
    remote_appointment_id: Option<String>,
}

/// Moves a session on.
pub async fn advance_session(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(request): Json<AdvanceRequest>,
) -> Result<Json<SessionState>, Failure> {
    let secret = access::bearer(&headers)?;
    let now = Utc::now().timestamp_micros();
    let report = Report { id: &id, secret, request: &request, now, expires_at: now + TIME_TO_LIVE };
    let Some(Progress { stage, client_type }) = app.database.advance(&report).await? else {
        return Err(Failure::new(StatusCode::CONFLICT, "no such session, not its secret, or it has expired"));
    };
    let expires_at = session::format(report.expires_at);
    Ok(Json(SessionState {
        id,
        stage,
        status: "active",
        client_type,
        expires_at,
        appointment_id: None,
        remote_appointment_id: None,
    }))
}
