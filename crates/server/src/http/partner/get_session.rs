//! `GET /booking_sessions/{id}`: one session.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::access::{self, Caller};
use super::answer;
use super::failure::Failure;
use super::schema::{FailureBody, SessionBody};
use crate::app::App;
use crate::wire::SessionJson;

/// One booking session
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/booking_sessions/{id}",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("id" = String, Path, description = "The session's id")
    ),
    responses(
        (status = 200, description = "The session", body = SessionBody),
        (status = 400, description = "X-Client-Id is missing", body = FailureBody),
        (status = 401, description = "No valid token", body = FailureBody),
        (status = 403, description = "The token does not cover the location", body = FailureBody),
        (status = 404, description = "The location has no such session", body = FailureBody),
        (status = 413, description = "The body is too large", body = FailureBody),
        (status = 414, description = "The URL is too long", body = FailureBody),
        (status = 429, description = "The token has used up its limit", body = FailureBody),
        (status = 500, description = "Something broke", body = FailureBody),
        (status = 503, description = "The server is busy", body = FailureBody)
    )
)]
pub async fn get_session(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Failure> {
    let mut reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = async {
        // An id that is not UTF-8 is no session's.
        let (access, Ok(Path(id))) = (access?, id) else { return Err(Failure::not_found()) };
        let session = reader.session(&access.location, &id).await?.ok_or_else(Failure::not_found)?;
        let mut body = answer::BEFORE.to_vec();
        SessionJson::default().write(&mut body, &session.view());
        body.extend_from_slice(answer::AFTER);
        Ok(body)
    };
    Ok(answer::respond(answer.await, allowance))
}
