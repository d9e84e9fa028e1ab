//! What is answered when a request fails.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// A status and the message that goes with it.
#[derive(Debug)]
pub struct Failure {
    status: StatusCode,
    message: &'static str,
}

impl Failure {
    /// A failure that the client is told about.
    pub fn new(status: StatusCode, message: &'static str) -> Self {
        Self { status, message }
    }
}

impl From<sqlx::Error> for Failure {
    fn from(error: sqlx::Error) -> Self {
        eprintln!("straight: {error}");
        Self::new(StatusCode::INTERNAL_SERVER_ERROR, "Internal Server Error")
    }
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        let body = serde_json::json!({ "success": false, "message": self.message });
        (self.status, Json(body)).into_response()
    }
}
