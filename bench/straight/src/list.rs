//! `GET /services/core/open_api/v1/booking_sessions`: a page of a location's sessions.

use std::sync::Arc;

use axum::Json;
use axum::extract::{Query, State};
use axum::http::{HeaderMap, StatusCode};
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

use crate::App;
use crate::access;
use crate::failure::Failure;
use crate::session::Session;

/// The query string.
#[derive(Debug, Deserialize)]
pub struct ListQuery {
    updated_at_start: String,
    updated_at_end: Option<String>,
    status: Option<String>,
    page: Option<u32>,
    per_page: Option<u32>,
}

/// The answer.
#[derive(Debug, Serialize)]
pub struct Envelope {
    success: bool,
    data: Page,
    message: &'static str,
}

#[derive(Debug, Serialize)]
struct Page {
    page: u32,
    per_page: u32,
    total_count: i64,
    content: Vec<Session>,
}

/// What is asked of the database.
#[derive(Debug)]
pub struct Window<'a> {
    /// Whose sessions.
    pub location: &'a str,
    /// Changed at this instant or later.
    pub start: i64,
    /// Changed at this instant or earlier.
    pub end: i64,
    /// Only those with this status.
    pub status: Option<&'a str>,
    /// At most so many of them.
    pub limit: i64,
    /// After so many of them.
    pub offset: i64,
}

/// The handler.
pub async fn list_sessions(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    query: Result<Query<ListQuery>, axum::extract::rejection::QueryRejection>,
) -> Result<Json<Envelope>, Failure> {
    let location = access::location(&app, &headers)?;
    let Query(query) = query.map_err(|_| bad_request("a parameter is missing or wrong"))?;
    let (page, per_page) = (query.page.unwrap_or(0), query.per_page.unwrap_or(10));
    if !(1..=1000).contains(&per_page) {
        return Err(bad_request("per_page takes 1 to 1000"));
    }
    if !matches!(query.status.as_deref(), None | Some("active" | "completed" | "abandoned")) {
        return Err(bad_request("status takes active, completed or abandoned"));
    }
    let window = Window {
        location,
        start: instant(&query.updated_at_start)?,
        end: match &query.updated_at_end {
            Some(end) => instant(end)?,
            None => Utc::now().timestamp_micros(),
        },
        status: query.status.as_deref(),
        limit: i64::from(per_page),
        offset: i64::from(page) * i64::from(per_page),
    };
    let (total_count, content) = app.database.page(&window).await?;
    Ok(Json(Envelope { success: true, data: Page { page, per_page, total_count, content }, message: "OK" }))
}

fn instant(text: &str) -> Result<i64, Failure> {
    DateTime::parse_from_rfc3339(text)
        .map(|instant| instant.timestamp_micros())
        .map_err(|_| bad_request("updated_at_start and updated_at_end take RFC 3339 date-times"))
}

fn bad_request(message: &'static str) -> Failure {
    Failure::new(StatusCode::BAD_REQUEST, message)
}
