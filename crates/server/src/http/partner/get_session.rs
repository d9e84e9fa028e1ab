//! `GET /booking_sessions/{id}`: one session.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderValue, header};
use axum::response::{IntoResponse, Response};

use super::access::{self, Caller};
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
    let session = match (access, id) {
        (Ok(access), Ok(Path(id))) => reader.session(&access.location, &id).await.map_err(Failure::from),
        // An id that is not UTF-8 is no session's.
        (Ok(_), Err(_)) => Ok(None),
        (Err(failure), _) => Err(failure),
    };
    let mut response = match session {
        Ok(Some(session)) => {
            let mut body = b"{\"success\":true,\"data\":".to_vec();
            SessionJson::default().write(&mut body, &session.view());
            body.extend_from_slice(b",\"message\":\"OK\"}");
            let mut response = body.into_response();
            response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            response.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Ok(None) => Failure::not_found().into_response(),
        Err(failure) => failure.into_response(),
    };
    if let Some(allowance) = allowance {
        allowance.write(response.headers_mut());
    }
    Ok(response)
}
