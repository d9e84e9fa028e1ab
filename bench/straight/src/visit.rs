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
    location_id: String,
    referral_source: Option<String>,
    referral_campaign: Option<String>,
    referral_medium: Option<String>,
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
    let (id, secret) = (Uuid::now_v7().to_string(), Uuid::new_v4().simple().to_string());
    let now = Utc::now().timestamp_micros();
    sqlx::query(
        "INSERT INTO booking_sessions (id, location_id, status, stage, referral_source, referral_campaign, \
         referral_medium, created_at, updated_at, last_activity_at, secret, expires_at) \
         VALUES (?, ?, 'active', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(&id)
    .bind(request.location_id)
    .bind(Stage::Started)
    .bind(request.referral_source)
    .bind(request.referral_campaign)
    .bind(request.referral_medium)
    .bind(now)
    .bind(now)
    .bind(now)
    .bind(&secret)
    .bind(now + TIME_TO_LIVE)
    .execute(&app.writer)
    .await?;
    let expires_at = session::format(now + TIME_TO_LIVE);
    let started = StartedSession { id, secret, stage: Stage::Started, status: "active", expires_at };
    Ok((StatusCode::CREATED, Json(started)))
}

/// What the visitor did; empty for a heartbeat.
#[derive(Debug, Deserialize)]
pub struct AdvanceRequest {
    stage: Option<Stage>,
    client_type: Option<String>,
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

/// Moves a session on. The one statement is a transaction of its own; its commit is on the disk before the answer.
pub async fn advance_session(
    State(app): State<Arc<App>>,
    Path(id): Path<String>,
    headers: HeaderMap,
    Json(request): Json<AdvanceRequest>,
) -> Result<Json<SessionState>, Failure> {
    let secret = access::bearer(&headers)?;
    let now = Utc::now().timestamp_micros();
    let mut updated: Vec<(Stage, Option<String>)> = sqlx::query_as(
        "UPDATE booking_sessions SET stage = max(stage, coalesce(?, stage)), client_type = coalesce(?, client_type), \
         updated_at = ?, last_activity_at = ?, expires_at = ? \
         WHERE id = ? AND secret = ? AND status = 'active' AND expires_at > ? RETURNING stage, client_type",
    )
    .bind(request.stage)
    .bind(request.client_type)
    .bind(now)
    .bind(now)
    .bind(now + TIME_TO_LIVE)
    .bind(&id)
    .bind(secret)
    .bind(now)
    .fetch_all(&app.writer)
    .await?;
    let (stage, client_type) = updated
        .pop()
        .ok_or_else(|| Failure::new(StatusCode::CONFLICT, "no such session, not its secret, or it has expired"))?;
    Ok(Json(SessionState {
        id,
        stage,
        status: "active",
        client_type,
        expires_at: session::format(now + TIME_TO_LIVE),
        appointment_id: None,
        remote_appointment_id: None,
    }))
}
