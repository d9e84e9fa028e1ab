//! `GET /booking/v1/sessions/{id}/timeline`: everything that happened to a session.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use frontdesk_domain::Timestamp;
use frontdesk_store::TimelineEntry;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
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
    kind: Map<String, Value>,
}

impl From<TimelineEntry> for TimelineEvent {
    fn from(entry: TimelineEntry) -> Self {
        let Ok(Value::Object(mut kind)) = serde_json::to_value(&entry.event) else {
            unreachable!("cannot fail: an event has named members only");
        };
        // On the disk instants are numbers.
        for name in ["from", "until", "updated_at"] {
            kind.get_mut(name).into_iter().for_each(write_out);
        }
        if let Some(Value::Object(slot)) = kind.get_mut("slot") {
            slot.get_mut("start").into_iter().for_each(write_out);
        }
        Self { at: entry.at.to_string(), kind }
    }
}

/// Writes an instant as everywhere on the wire.
fn write_out(instant: &mut Value) {
    if let Some(micros) = instant.as_i64() {
        *instant = Timestamp::from_micros(micros).to_string().into();
    }
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
    /// Of `started`: the address of the page that led there
    referrer: Option<String>,
    /// Of `started`: the same visitor's session that expired before
    resumed_from: Option<String>,
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
    /// Of `imported`: the time of its last change in the file, when it got a new one
    #[schema(format = DateTime)]
    updated_at: Option<String>,
    /// Of `searched`: the type of appointment that times were looked for
    appointment_type: Option<String>,
    /// Of `searched`: with whom; left out: with anybody
    provider: Option<String>,
    /// Of `searched`: the earliest beginning that was looked for
    #[schema(format = DateTime)]
    from: Option<String>,
    /// Of `searched`: how many times were found
    found: Option<u32>,
    /// Of `searched`: minutes from `from` to the first of them
    first_after_minutes: Option<u32>,
    /// Of `time_held`, `time_released`, `hold_expired` and `time_lost`
    slot: Option<EventSlot>,
    /// Of `time_held`: until when the time is kept
    #[schema(format = DateTime)]
    until: Option<String>,
    /// Of `form_refused`: the fields with an error
    fields: Option<Vec<String>>,
    /// Of `mail_failed`: what the mail tells
    notice: Option<NoticeName>,
    /// Of `mail_failed`: why, in the mail server's words
    reason: Option<String>,
}

/// A time of a provider
#[derive(Deserialize, ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
struct EventSlot {
    #[schema(format = DateTime)]
    start: String,
    provider: String,
    appointment_type: String,
}

/// What a mail tells
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
enum NoticeName {
    Requested,
    Booked,
    Moved,
    Cancelled,
    Declined,
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
    Searched,
    TimeHeld,
    TimeReleased,
    HoldExpired,
    TimeLost,
    FormRefused,
    MailFailed,
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
    let events = reader.timeline(&location, &id).await?.into_iter().map(TimelineEvent::from).collect();
    Ok(answer::json(StatusCode::OK, Timeline { events }, caller.allowance))
}
