//! What every refusal carries beside its body, whichever API it belongs to.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;

use crate::limits::Allowance;

/// What broke, for the log; never shown to the client.
#[derive(Clone)]
pub struct Fault(pub String);

/// Adds the headers that the status asks for (RFC 9110, sections 11.6.1 and 10.2.3), what is left of the token's limit, and
/// what broke, for the log.
pub fn complete(response: &mut Response, allowance: Option<Allowance>, fault: Option<String>) {
    let status = response.status();
    let headers = response.headers_mut();
    match status {
        StatusCode::UNAUTHORIZED => {
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
        }
        StatusCode::SERVICE_UNAVAILABLE => {
            headers.insert(header::RETRY_AFTER, HeaderValue::from_static("1"));
        }
        _ => {}
    }
    if let Some(allowance) = allowance {
        allowance.write(headers);
    }
    if let Some(fault) = fault {
        response.extensions_mut().insert(Fault(fault));
    }
}
