//! `GET /booking/v1/sessions/{id}/timeline`: everything that happened to a session.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use frontdesk_domain::session::Event;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

use super::access;
use super::answer;
use super::problem::{self, Problem};
use crate::app::App;
use crate::http::partner::schema::{ClientTypeName, StageName, StatusName};

/// A session's events, the oldest first
#[derive(Serialize, ToSchema)]
#[schema(example = json!({ "events": [
    {
        "at": "2023-11-07T05:31:56.123456Z",
        "kind": "started",
        "referral": { "source": "newsletter", "campaign": "autumn-checkup", "medium": "email" },
    },
    { "at": "2023-11-07T05:32:40.018204Z", "kind": "client_type_set", "client_type": "returning" },
    { "at": "2023-11-07T05:34:31.907526Z", "kind": "stage_reached", "stage": "scheduling" },
    { "at": "2023-11-07T05:38:12.480913Z", "kind": "completed", "appointment_id": "A-20418" },
] }))]
pub struct Timeline {
    events: Vec<TimelineEvent>,
}

/// Something that happened
#[derive(Serialize, ToSchema)]
pub struct TimelineEvent {
    #[schema(format = DateTime)]
    at: String,
    #[schema(value_type = EventBody)]
    #[serde(flatten)]
    kind: Event,
}

/// What happened; the further members go with the kind
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
struct EventBody {
    kind: EventKind,
    /// Of `started`: what brought the visitor
    referral: Option<EventReferral>,
    /// Of `started`: `utm_term`
    term: Option<String>,
    /// Of `started`: `utm_content`
    content: Option<String>,
    /// Of `started`: the address of the first page
    landing_page: Option<String>,
    /// Of `stage_reached` and `imported`
    stage: Option<StageName>,
    /// Of `client_type_set`
    client_type: Option<ClientTypeName>,
    /// Of `completed`
    appointment_id: Option<String>,
    /// Of `completed` and `remote_appointment_attached`
    remote_appointment_id: Option<String>,
    /// Of `imported`
    status: Option<StatusName>,
}

/// What happened
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum EventKind {
    Started,
    StageReached,
    ClientTypeSet,
    Touched,
    Completed,
    RemoteAppointmentAttached,
    Abandoned,
    Imported,
}

/// What brought the visitor
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
struct EventReferral {
    #[schema(required)]
    source: Option<String>,
    #[schema(required)]
    campaign: Option<String>,
    #[schema(required)]
    medium: Option<String>,
}

/// A session's timeline
///
/// By a token of scope `booking`.
#[utoipa::path(
    get,
    path = "/booking/v1/sessions/{id}/timeline",
    tag = "Session API",
    security(("token" = [])),
    params(
        ("id" = String, Path, description = "The session's id"),
        ("X-Client-Id" = Option<String>, Header, description = "The location, when the token covers several")
    ),
    responses(
        (status = 200, description = "Its events", body = Timeline),
        (status = 400, description = "A header is wrong", body = Problem, content_type = "application/problem+json"),
        (status = 401, description = "No valid token", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The token has another scope", body = Problem, content_type = "application/problem+json"),
        (status = 404, description = "No such session in the token's locations", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The token has used up its limit", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "Something broke", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The server is busy", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn timeline(
    State(app): State<Arc<App>>,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    headers: HeaderMap,
) -> Result<Response, Box<Problem>> {
    let Path(id) = id.map_err(|_| problem::not_found())?;
    let mut reader = app.store.reader()?;
    let catalog = Arc::clone(reader.catalog());
    let caller = access::by_token(&app, &catalog, &headers)?;
    let location = caller.locate(&mut reader, &id).await?.ok_or_else(problem::not_found)?;
    let events = reader
        .timeline(&location, &id)
        .await?
        .into_iter()
        .map(|entry| TimelineEvent { at: entry.at.to_string(), kind: entry.event })
        .collect();
    Ok(answer::json(StatusCode::OK, Timeline { events }, caller.allowance))
}
