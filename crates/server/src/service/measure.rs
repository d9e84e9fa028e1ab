//! Around every request: its id, its limits of size, its metrics, and a log line when something broke.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::extract::{MatchedPath, Request, State};
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

use crate::app::App;
use crate::limits::{MOST_BODY_BYTES, MOST_HEADER_BYTES, MOST_HEADER_LINES, MOST_URL_BYTES};
use crate::refusal::Fault;
use crate::telemetry::Stopwatch;
use crate::{http, pages};

const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// Gives the request an id, refuses what is too large, and counts the answer.
pub async fn measure(State(app): State<Arc<App>>, request: Request, next: Next) -> Response {
    let stopwatch = Stopwatch::start();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let method = request.method().clone();
    // Of a route that is known the path only adds the ids, which are nobody's business in a log.
    let path = route.is_none().then(|| request.uri().path().to_owned());
    let mut response = match too_large(&app, &request) {
        Some(refusal) => refusal,
        None => next.run(request).await,
    };
    let seconds = stopwatch.seconds();
    let status = response.status();
    let route = route.as_ref().map_or(crate::telemetry::NO_ROUTE, MatchedPath::as_str);
    app.metrics.answered(route, status.as_u16(), seconds);
    let id = next_request_id();
    let fault = response.extensions().get::<Fault>().map(|fault| fault.0.as_str());
    // A 503 without a fault tells of load, which the metrics show, or of a browser that fetched ahead.
    if status.is_server_error() && (fault.is_some() || status != StatusCode::SERVICE_UNAVAILABLE) {
        let id = id.to_str().unwrap_or_default();
        tracing::error!(request_id = id, %method, route, status = status.as_u16(), fault, "a request failed");
    } else {
        tracing::debug!(request_id = id.to_str().unwrap_or_default(), %method, route, path, status = status.as_u16(), seconds, "answered");
    }
    response.headers_mut().insert(REQUEST_ID, id);
    response
}

/// Ids that differ between processes and requests: a random start that counts on.
fn next_request_id() -> HeaderValue {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    static NEXT: std::sync::LazyLock<AtomicU64> =
        std::sync::LazyLock::new(|| AtomicU64::new(u64::from_le_bytes(crate::entropy::random())));
    let number = NEXT.fetch_add(1, Ordering::Relaxed);
    let digits: [u8; 16] = std::array::from_fn(|place| DIGITS[(number >> (60 - 4 * place) & 15) as usize]);
    HeaderValue::from_bytes(&digits).expect("cannot fail: hexadecimal digits")
}

fn too_large(app: &App, request: &Request) -> Option<Response> {
    let target = request.uri().path_and_query().map_or(0, |target| target.as_str().len());
    let headers: usize = request.headers().iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum();
    let body = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    let (status, message) = if target > MOST_URL_BYTES {
        (StatusCode::URI_TOO_LONG, format!("The URL takes at most {MOST_URL_BYTES} bytes."))
    } else if headers > MOST_HEADER_BYTES {
        (
            StatusCode::BAD_REQUEST,
            format!("The headers take at most {MOST_HEADER_LINES} lines and {MOST_HEADER_BYTES} bytes in all."),
        )
    } else if body.is_some_and(|length: u64| length > MOST_BODY_BYTES as u64) {
        (StatusCode::PAYLOAD_TOO_LARGE, format!("The body takes at most {MOST_BODY_BYTES} bytes."))
    } else {
        return None;
    };
    Some(if pages::owns(request.uri().path()) {
        pages::too_large(status, request.headers())
    } else {
        http::too_large(app, request, status, message)
    })
}
