//! Who may read which location: the bearer token and `X-Client-Id`.

use axum::http::{HeaderMap, StatusCode, header};

use crate::App;
use crate::failure::Failure;

/// The bearer credential of a request.
///
/// # Errors
/// 401 when there is none.
pub fn bearer(headers: &HeaderMap) -> Result<&str, Failure> {
    headers
        .get(header::AUTHORIZATION)
        .and_then(|value| value.to_str().ok()?.strip_prefix("Bearer "))
        .ok_or_else(unauthorized)
}

/// The location that a request is about.
///
/// # Errors
/// 401 without the token, 400 without a location, 403 when there is no such location.
pub fn location<'h>(app: &App, headers: &'h HeaderMap) -> Result<&'h str, Failure> {
    if bearer(headers)? != app.token {
        return Err(unauthorized());
    }
    let location = headers
        .get("x-client-id")
        .and_then(|value| value.to_str().ok())
        .ok_or_else(|| Failure::new(StatusCode::BAD_REQUEST, "X-Client-Id is required"))?;
    if app.locations.contains(location) { Ok(location) } else { Err(Failure::new(StatusCode::FORBIDDEN, "Forbidden")) }
}

fn unauthorized() -> Failure {
    Failure::new(StatusCode::UNAUTHORIZED, "Unauthorized")
}
