//! Which pages of other origins may report (Fetch standard, CORS protocol): those of the location's own origins.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use frontdesk_store::Location;

use super::problem::{self, Problem};
use crate::app::App;

const METHODS: HeaderValue = HeaderValue::from_static("POST, PATCH");
const HEADERS: HeaderValue = HeaderValue::from_static("authorization, content-type, idempotency-key");
const MAX_AGE: HeaderValue = HeaderValue::from_static("600");
const VARY: (HeaderName, HeaderValue) = (header::VARY, HeaderValue::from_static("origin"));

/// May this page start a session?
#[utoipa::path(
    options,
    path = "/booking/v1/sessions",
    tag = "Session API",
    params(("Origin" = Option<String>, Header, description = "The page's origin", example = "https://vet.example")),
    responses(
        (status = 204, description = "The answer is in the Access-Control headers"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn preflight_start(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Box<Problem>> {
    preflight(&app, &headers)
}

/// May this page report on a session?
#[utoipa::path(
    options,
    path = "/booking/v1/sessions/{id}",
    tag = "Session API",
    params(
        ("id" = String, Path, description = "The session's id"),
        ("Origin" = Option<String>, Header, description = "The page's origin", example = "https://vet.example")
    ),
    responses(
        (status = 204, description = "The answer is in the Access-Control headers"),
        (status = 413, description = "The body is too large", body = Problem, content_type = "application/problem+json")
    )
)]
pub async fn preflight_session(State(app): State<Arc<App>>, headers: HeaderMap) -> Result<Response, Box<Problem>> {
    preflight(&app, &headers)
}

/// A preflight does not say which location the request will be about: it passes when any location allows the origin, and
/// the request itself is held against its own location.
fn preflight(app: &App, headers: &HeaderMap) -> Result<Response, Box<Problem>> {
    let catalog = Arc::clone(app.store.reader()?.catalog());
    let mut response = StatusCode::NO_CONTENT.into_response();
    let answer = response.headers_mut();
    answer.insert(VARY.0, VARY.1);
    if let Some(origin) = headers.get(header::ORIGIN)
        && catalog.locations().iter().any(|location| allows(location, origin))
    {
        answer.insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin.clone());
        answer.insert(header::ACCESS_CONTROL_ALLOW_METHODS, METHODS);
        answer.insert(header::ACCESS_CONTROL_ALLOW_HEADERS, HEADERS);
        answer.insert(header::ACCESS_CONTROL_MAX_AGE, MAX_AGE);
    }
    Ok(response)
}

fn allows(location: &Location, origin: &HeaderValue) -> bool {
    location.settings.origins.iter().any(|allowed| allowed.as_bytes() == origin.as_bytes())
}

/// The page that a request comes from, when a browser says so.
pub struct Caller(Option<HeaderValue>);

impl Caller {
    /// Reads `Origin`.
    pub fn of(headers: &HeaderMap) -> Self {
        Self(headers.get(header::ORIGIN).cloned())
    }

    /// Refuses a page whose origin the location does not allow. Requests without an origin are not from foreign pages.
    pub fn check(&self, location: &Location) -> Result<(), Box<Problem>> {
        match &self.0 {
            Some(origin) if !allows(location, origin) => Err(problem::origin_not_allowed()),
            _ => Ok(()),
        }
    }

    /// Lets the page read the answer, when any location allows its origin: also an error, so that its script can tell
    /// what was wrong.
    pub fn share(self, app: &App, answer: Result<Response, Box<Problem>>) -> Response {
        let mut response = answer.unwrap_or_else(IntoResponse::into_response);
        response.headers_mut().insert(VARY.0, VARY.1);
        if let Some(origin) = self.0
            && let Ok(reader) = app.store.reader()
            && reader.catalog().locations().iter().any(|location| allows(location, &origin))
        {
            response.headers_mut().insert(header::ACCESS_CONTROL_ALLOW_ORIGIN, origin);
        }
        response
    }
}
