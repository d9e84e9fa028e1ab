//! The success envelope of the Partner API: `{"success": true, "data": …, "message": "OK"}`.

use axum::http::{HeaderValue, header};
use axum::response::{IntoResponse, Response};
use serde::Serialize;

use super::failure::Failure;
use crate::limits::Allowance;

/// What stands before the data.
pub const BEFORE: &[u8] = b"{\"success\":true,\"data\":";
/// What stands after it.
pub const AFTER: &[u8] = b",\"message\":\"OK\"}";

/// The body of an answer with this data.
pub fn body(data: &impl Serialize) -> Vec<u8> {
    let mut body = BEFORE.to_vec();
    serde_json::to_writer(&mut body, data).expect("cannot fail: texts and numbers are written to memory");
    body.extend_from_slice(AFTER);
    body
}

/// The answer with a body, or the failure; either says what is left of the token's limit. No cache keeps it.
pub fn respond(answer: Result<impl Into<bytes::Bytes>, Failure>, allowance: Option<Allowance>) -> Response {
    let mut response = match answer {
        Ok(body) => {
            let mut response = body.into().into_response();
            let headers = response.headers_mut();
            headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
            response
        }
        Err(failure) => failure.into_response(),
    };
    if let Some(allowance) = allowance {
        allowance.write(response.headers_mut());
    }
    response
}
