//! The failure envelope of the Partner API: `{"success": false, "message": …}`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use frontdesk_store::StoreError;

use crate::limits::Allowance;
use crate::refusal;
use crate::wire::write_string;

/// A request that was not answered with data.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    message: String,
    fault: Option<String>,
    allowance: Option<Box<Allowance>>,
}

/// The body of a failure with this message.
pub fn body(message: &str) -> Vec<u8> {
    let mut body = b"{\"success\":false,\"message\":".to_vec();
    write_string(&mut body, message);
    body.push(b'}');
    body
}

impl Failure {
    /// A failure with a message that may be shown.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), fault: None, allowance: None }
    }

    /// A parameter that is not what it takes.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// No such path, or no such session: the same bytes for both, and for every reason.
    pub fn not_found() -> Self {
        Self::new(StatusCode::NOT_FOUND, "Not found.")
    }

    /// The path does not take this method; axum adds `Allow`.
    pub fn method_not_allowed() -> Self {
        Self::new(StatusCode::METHOD_NOT_ALLOWED, "This path does not take this method; see the Allow header.")
    }

    /// No token, or one that is not good.
    pub fn unauthorized() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "Authorization takes Bearer and a valid token.")
    }

    /// A token that does not cover the location, or is for something else.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "This token does not give access to the location in X-Client-Id.")
    }

    /// A token that has used up its limit.
    pub fn too_many_requests(allowance: Allowance) -> Self {
        let message = "Too many requests for this token; come back after the seconds in Retry-After.";
        Self { allowance: Some(Box::new(allowance)), ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        match error {
            passing if passing.is_passing() => {
                let message = "The server is busy; come back in a second.";
                Self { fault: passing.worth_a_word(), ..Self::new(StatusCode::SERVICE_UNAVAILABLE, message) }
            }
            fault => Self {
                fault: Some(fault.to_string()),
                ..Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
            },
        }
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let mut response = (self.status, body(&self.message)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        refusal::complete(&mut response, self.allowance.map(|allowance| *allowance), self.fault);
        response
    }
}
