//! `POST /booking/v1/sessions`: a visitor has opened the booking page.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use frontdesk_domain::SessionId;
use frontdesk_domain::id::MAX_ID_BYTES;
use frontdesk_domain::session::{
    Arrival, Command, MAX_LANDING_PAGE_BYTES, MAX_REFERRAL_BYTES, Referral, Request, Start,
};
use serde::Deserialize;
use utoipa::ToSchema;

use super::answer::{self, StartedSession};
use super::cors::Caller;
use super::problem::{self, Problem};
use crate::addresses::Address;
use crate::app::App;
use crate::entropy;
use crate::http::fields::{self, Fields, required};
use crate::http::idempotency;

/// What is known of an arrival; each referral field also under its `utm_` name
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "location_id": "austin",
    "referral_source": "newsletter",
    "referral_medium": "email",
    "referral_campaign": "autumn-checkup",
}))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct StartRequest {
    /// The location whose page it is
    #[schema(min_length = 1, max_length = 128)]
    location_id: String,
    referral_source: Option<String>,
    referral_medium: Option<String>,
    referral_campaign: Option<String>,
    utm_source: Option<String>,
    utm_medium: Option<String>,
    utm_campaign: Option<String>,
    /// `utm_term`; kept in the timeline
    term: Option<String>,
    /// `utm_content`; kept in the timeline
    content: Option<String>,
    /// The address of the first page; kept in the timeline
    landing_page: Option<String>,
    /// The address of the page that led there; kept in the timeline
    referrer: Option<String>,
    /// The id of the same visitor's session that expired before this one; kept in the timeline
    #[schema(min_length = 1, max_length = 128)]
    resumed_from: Option<String>,
}

/// Start a session
///
/// The page of any visitor may start one. Send an `Idempotency-Key` so that a repeated request is the same session.
#[utoipa::path(
    post,
    path = "/booking/v1/sessions",
    tag = "Session API",
    params(
        ("Idempotency-Key" = Option<String>, Header, description = "Random, one for each visit. Within a day, a second request with this key gets the first one's answer, the secret included", example = "f2f1c9e0-start"),
        ("Origin" = Option<String>, Header, description = "Sent by browsers; one of the location's origins")
    ),
    request_body = StartRequest,
    responses(
        (status = 201, description = "The session has begun", body = StartedSession),
        (status = 400, description = "A field is missing or wrong", body = Problem, content_type = "application/problem+json"),
        (status = 403, description = "The page's origin is not one of the location's", body = Problem, content_type = "application/problem+json"),
        (status = 408, description = "The body did not arrive in time", body = Problem, content_type = "application/problem+json"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = Problem, content_type = "application/problem+json"),
        (status = 422, description = "The key was used for another request", body = Problem, content_type = "application/problem+json"),
        (status = 429, description = "The address has started as many sessions as it may in a minute", body = Problem, content_type = "application/problem+json"),
        (status = 500, description = "Something broke", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The server is busy", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn start_session(State(app): State<Arc<App>>, address: Address, headers: HeaderMap, body: Body) -> Response {
    let caller = Caller::of(&headers);
    let answer = start(&app, address, &headers, &caller, body).await;
    caller.share(&app, answer)
}

async fn start(
    app: &App,
    address: Address,
    headers: &HeaderMap,
    caller: &Caller,
    body: Body,
) -> Result<Response, Box<Problem>> {
    let body = fields::receive(headers, body).await?;
    app.addresses.take_start(address).map_err(problem::too_many_starts)?;
    let (location, start) = parse(&body)?;
    let catalog = Arc::clone(app.store.reader()?.catalog());
    let location = catalog.location(&location).ok_or_else(problem::no_such_location)?;
    caller.check(location)?;
    let now = app.clock.now();
    let command = Command {
        location: location.id.clone(),
        session: SessionId::generate(now, entropy::random()),
        now,
        idempotency: idempotency::read(headers, "start", &body)?,
        request: Request::Start(start),
    };
    let outcome = app.store.apply(command).await?;
    let secret = catalog.secret_key().session_secret(&outcome.location, &outcome.session.id);
    Ok(answer::json(StatusCode::CREATED, StartedSession::new(&outcome.session, secret), None))
}

fn parse(body: &[u8]) -> Result<(Box<str>, Start), Box<Problem>> {
    let mut fields = Fields::parse(body)?;
    let location = required("location_id", fields.text("location_id", MAX_ID_BYTES)?)?;
    let referral = Referral {
        source: fields.text_or("referral_source", "utm_source", MAX_REFERRAL_BYTES)?,
        medium: fields.text_or("referral_medium", "utm_medium", MAX_REFERRAL_BYTES)?,
        campaign: fields.text_or("referral_campaign", "utm_campaign", MAX_REFERRAL_BYTES)?,
    };
    let arrival = Arrival {
        term: fields.text("term", MAX_REFERRAL_BYTES)?,
        content: fields.text("content", MAX_REFERRAL_BYTES)?,
        landing_page: fields.text("landing_page", MAX_LANDING_PAGE_BYTES)?,
        referrer: fields.text("referrer", MAX_LANDING_PAGE_BYTES)?,
        resumed_from: fields.id("resumed_from", SessionId::parse)?,
    };
    fields.finish()?;
    Ok((location, Start { referral, arrival }))
}
