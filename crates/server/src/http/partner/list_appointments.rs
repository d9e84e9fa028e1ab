//! `GET /appointments`: a page of a location's appointments, by their last change.

use std::sync::Arc;

use axum::extract::State;
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use frontdesk_store::AppointmentsQuery;
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{self, Caller};
use super::appointment::AppointmentShape;
use super::failure::Failure;
use super::schema::Refusals;
use super::{answer, query};
use crate::app::App;

const PER_PAGE: u32 = 50;
const MOST_PER_PAGE: u32 = 100;

/// A page of appointments
#[derive(Serialize, ToSchema)]
pub struct AppointmentPage<'a> {
    #[schema(example = 0)]
    page: u64,
    #[schema(example = 50)]
    per_page: u32,
    #[schema(example = 1)]
    total_pages: u64,
    /// Appointments in the whole window
    #[schema(example = 1)]
    total_count: u64,
    content: Vec<AppointmentShape<'a>>,
}

/// A page of appointments in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct AppointmentPageBody<'a> {
    success: bool,
    data: AppointmentPage<'a>,
    #[schema(example = "OK")]
    message: String,
}

/// A location's appointments by `updated_at`
///
/// Poll it window by window, as the sessions. Every change of an appointment gives it a later `updated_at`.
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/appointments",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("updated_at_start" = String, Query, format = DateTime, description = "Start of the window of `updated_at`, inclusive", example = "2023-11-07T05:31:56Z"),
        ("updated_at_end" = Option<String>, Query, format = DateTime, description = "End of the window, inclusive; left out: now"),
        ("page" = Option<u64>, Query, description = "Page number, from 0; default 0", minimum = 0, maximum = 9007199254740991_i64),
        ("per_page" = Option<u32>, Query, description = "Appointments a page; default 50", minimum = 1, maximum = 100)
    ),
    responses((status = 200, description = "A page of appointments", body = AppointmentPageBody), Refusals)
)]
pub async fn list_appointments(State(app): State<Arc<App>>, headers: HeaderMap, uri: Uri) -> Result<Response, Failure> {
    let mut reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = async {
        let access = access?;
        let query = parse(uri.query().unwrap_or_default())?;
        let found = reader.appointments(&access.location, &query).await?;
        Ok(answer::body(&AppointmentPage {
            page: query.page,
            per_page: query.per_page,
            total_pages: found.total_count.div_ceil(u64::from(query.per_page)),
            total_count: found.total_count,
            content: found.content.iter().map(AppointmentShape::from).collect(),
        }))
    };
    Ok(answer::respond(answer.await, allowance))
}

fn parse(text: &str) -> Result<AppointmentsQuery, Failure> {
    let [start, end, page, per_page] = query::values(text, ["updated_at_start", "updated_at_end", "page", "per_page"])?;
    let (start, end) = query::window(start, end)?;
    let page = query::page_number(page)?;
    Ok(AppointmentsQuery { start, end, page, per_page: query::page_size(per_page, PER_PAGE, MOST_PER_PAGE)? })
}
