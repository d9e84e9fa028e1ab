//! The failure envelope of the Partner API: `{"success": false, "message": …}`.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use frontdesk_store::StoreError;

use crate::http::fields::{self, BodyError};
use crate::limits::Allowance;
use crate::refusal;
use crate::wire::write_string;

/// A request that was not answered with data.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    message: String,
    /// What a program may go by, as JSON.
    data: Option<Vec<u8>>,
    fault: Option<String>,
    allowance: Option<Box<Allowance>>,
}

/// The body of a failure with this message.
pub fn body(message: &str) -> Vec<u8> {
    with_data(message, None)
}

fn with_data(message: &str, data: Option<&[u8]>) -> Vec<u8> {
    let mut body = b"{\"success\":false,\"message\":".to_vec();
    write_string(&mut body, message);
    if let Some(data) = data {
        body.extend_from_slice(b",\"data\":");
        body.extend_from_slice(data);
    }
    body.push(b'}');
    body
}

impl Failure {
    /// A failure with a message that may be shown.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        Self { status, message: message.into(), data: None, fault: None, allowance: None }
    }

    /// A parameter that is not what it takes.
    pub fn bad_request(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// The rules say no: a code that programs may rely on, and more members of `data`, as JSON, each after a comma.
    pub fn rejected(code: &str, message: impl Into<String>, more: &[u8]) -> Self {
        let data = [b"{\"code\":\"", code.as_bytes(), b"\"", more, b"}"].concat();
        Self { data: Some(data), ..Self::bad_request(message) }
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

    /// A sign-in by whoever: the same for an unknown name as for a wrong password.
    pub fn wrong_credentials() -> Self {
        Self::new(StatusCode::UNAUTHORIZED, "username and password take the id and the secret of a valid token.")
    }

    /// A token that does not cover the location, or is for something else.
    pub fn forbidden() -> Self {
        Self::new(StatusCode::FORBIDDEN, "This token does not give access to the location in X-Client-Id.")
    }

    /// A token that has used up its limit.
    pub fn too_many_requests(allowance: Allowance) -> Self {
        Self::limited("Too many requests for this token; come back after the seconds in Retry-After.", allowance)
    }

    /// A user who tries too often to sign in.
    pub fn too_many_sign_ins(allowance: Allowance) -> Self {
        Self::limited("Too many sign-ins by this username; come back after the seconds in Retry-After.", allowance)
    }

    fn limited(message: &str, allowance: Allowance) -> Self {
        Self { allowance: Some(Box::new(allowance)), ..Self::new(StatusCode::TOO_MANY_REQUESTS, message) }
    }
}

impl From<BodyError> for Failure {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Field { message, .. } => Self::bad_request(message),
            // The contract has neither 408 nor 415.
            BodyError::Kind => Self::bad_request(fields::TAKES_JSON),
            BodyError::TooSlow => Self::bad_request(fields::TOO_SLOW),
            BodyError::TooLarge => Self::new(StatusCode::PAYLOAD_TOO_LARGE, fields::too_large_message()),
        }
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
        let mut response = (self.status, with_data(&self.message, self.data.as_deref())).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
        refusal::complete(&mut response, self.allowance.map(|allowance| *allowance), self.fault);
        response
    }
}
