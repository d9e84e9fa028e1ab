//! The errors of the Session API: problems after RFC 9457, each with a code that stays.

use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use frontdesk_domain::session::Rejection;
use frontdesk_store::{ApplyError, StoreError};
use serde::Serialize;
use utoipa::ToSchema;

use crate::addresses::TooMany;
use crate::http::fields::{self, BodyError};
use crate::limits::Allowance;
use crate::refusal;

/// A problem after RFC 9457
#[derive(Debug, Serialize, ToSchema)]
#[schema(example = json!({
    "type": "urn:frontdesk:problem:bad_input",
    "title": "Bad Request",
    "status": 400,
    "code": "bad_input",
    "detail": "client_type takes one of new, returning.",
    "field": "client_type",
}))]
pub struct Problem {
    /// A name for the kind of problem: `urn:frontdesk:problem:` and the code
    #[serde(rename = "type")]
    kind: String,
    /// The kind of problem in words
    title: &'static str,
    /// The HTTP status
    status: u16,
    #[schema(value_type = ProblemCode)]
    code: &'static str,
    /// What is wrong here, and what would be right
    detail: String,
    /// The field or header that is wrong
    #[serde(skip_serializing_if = "Option::is_none")]
    field: Option<String>,
    #[serde(skip)]
    fault: Option<String>,
    #[serde(skip)]
    allowance: Option<Allowance>,
    #[serde(skip)]
    retry_after: Option<u64>,
}

/// A code that programs may rely on
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[expect(dead_code, reason = "read by the derived schema only")]
enum ProblemCode {
    BadInput,
    Unauthorized,
    Forbidden,
    OriginNotAllowed,
    NotFound,
    MethodNotAllowed,
    SessionExpired,
    SessionCompleted,
    AlreadyCompleted,
    NotCompleted,
    IdempotencyKeyReused,
    TooLarge,
    TooSlow,
    UnsupportedMediaType,
    RateLimited,
    Internal,
    Unavailable,
}

impl Problem {
    fn new(status: StatusCode, code: &'static str, detail: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind: format!("urn:frontdesk:problem:{code}"),
            title: status.canonical_reason().unwrap_or("Problem"),
            status: status.as_u16(),
            code,
            detail: detail.into(),
            field: None,
            fault: None,
            allowance: None,
            retry_after: None,
        })
    }

    /// Says with it what is left of the token's limit.
    pub fn within(mut self: Box<Self>, allowance: Option<Allowance>) -> Box<Self> {
        self.allowance = allowance;
        self
    }
}

/// A field that is not what it takes.
pub fn bad_input(field: &str, detail: impl Into<String>) -> Box<Problem> {
    let mut problem = Problem::new(StatusCode::BAD_REQUEST, "bad_input", detail);
    problem.field = Some(field.to_owned());
    problem
}

/// Something is too large.
pub fn too_large(status: StatusCode, detail: impl Into<String>) -> Box<Problem> {
    Problem::new(status, "too_large", detail)
}

/// No such path or session; the same for one of another location.
pub fn not_found() -> Box<Problem> {
    Problem::new(StatusCode::NOT_FOUND, "not_found", "There is nothing here.")
}

/// The path does not take this method; axum adds `Allow`.
pub fn method_not_allowed() -> Box<Problem> {
    let detail = "This path does not take this method; see the Allow header.";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed", detail)
}

/// No credential, or one that is not good.
pub fn unauthorized(what: &str) -> Box<Problem> {
    Problem::new(StatusCode::UNAUTHORIZED, "unauthorized", format!("Authorization takes Bearer and {what}."))
}

/// A good token that is for something else.
pub fn forbidden() -> Box<Problem> {
    Problem::new(StatusCode::FORBIDDEN, "forbidden", "This takes a token of scope booking.")
}

/// A page of an origin that the location does not allow.
pub fn origin_not_allowed() -> Box<Problem> {
    let detail = "The location does not take sessions from pages of this origin.";
    Problem::new(StatusCode::FORBIDDEN, "origin_not_allowed", detail)
}

/// A token that has used up its limit.
pub fn rate_limited(allowance: Allowance) -> Box<Problem> {
    let detail = "Too many requests for this token; come back after the seconds in Retry-After.";
    let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
    problem.allowance = Some(allowance);
    problem
}

/// An address that has started as many sessions as it may.
pub fn too_many_starts(TooMany(seconds): TooMany) -> Box<Problem> {
    let detail = "Too many sessions were started from this address; come back after the seconds in Retry-After.";
    let mut problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, "rate_limited", detail);
    problem.retry_after = Some(seconds);
    problem
}

impl From<BodyError> for Box<Problem> {
    fn from(error: BodyError) -> Self {
        match error {
            BodyError::Field { name, message } => bad_input(&name, message),
            BodyError::Kind => {
                Problem::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "unsupported_media_type", fields::TAKES_JSON)
            }
            BodyError::TooSlow => Problem::new(StatusCode::REQUEST_TIMEOUT, "too_slow", fields::TOO_SLOW),
            BodyError::TooLarge => too_large(StatusCode::PAYLOAD_TOO_LARGE, fields::too_large_message()),
        }
    }
}

impl From<StoreError> for Box<Problem> {
    fn from(error: StoreError) -> Self {
        match error {
            passing if passing.is_passing() => {
                let detail = "The server is busy; come back in a second.";
                let mut problem = Problem::new(StatusCode::SERVICE_UNAVAILABLE, "unavailable", detail);
                problem.fault = passing.worth_a_word();
                problem
            }
            fault => {
                let mut problem =
                    Problem::new(StatusCode::INTERNAL_SERVER_ERROR, "internal", "Something broke on our side.");
                problem.fault = Some(fault.to_string());
                problem
            }
        }
    }
}

impl From<ApplyError> for Box<Problem> {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Rejected(rejection) => rejected(rejection),
            ApplyError::NoSuchSession => not_found(),
            ApplyError::NoSuchLocation => no_such_location(),
            ApplyError::KeyReused => {
                let detail = "This Idempotency-Key was used for another request in the last day.";
                let mut problem = Problem::new(StatusCode::UNPROCESSABLE_ENTITY, "idempotency_key_reused", detail);
                problem.field = Some("Idempotency-Key".to_owned());
                problem
            }
            ApplyError::Fault(fault) => fault.into(),
        }
    }
}

/// A location that does not exist.
pub fn no_such_location() -> Box<Problem> {
    bad_input("location_id", "location_id takes the id of a location.")
}

fn rejected(rejection: Rejection) -> Box<Problem> {
    match rejection {
        Rejection::StageNeedsAppointment => bad_input("stage", rejection.to_string()),
        _ => Problem::new(StatusCode::CONFLICT, rejection.code(), rejection.to_string()),
    }
}

impl IntoResponse for Box<Problem> {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut response = (status, axum::Json(&*self)).into_response();
        response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Some(seconds) = self.retry_after {
            response.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        refusal::complete(&mut response, self.allowance, self.fault);
        response
    }
}
