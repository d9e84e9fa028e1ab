//! `GET /appointment_types` and `/appointment_types/{id}`: what can be booked.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, Uri};
use axum::response::Response;
use frontdesk_domain::practice::{AppointmentType, Setup};
use serde::Serialize;
use utoipa::ToSchema;

use super::access::{self, Caller};
use super::failure::Failure;
use super::schema::{FailureBody, Refusals};
use super::{answer, query};
use crate::app::App;

/// A type of appointment
#[derive(Serialize, ToSchema)]
#[schema(as = AppointmentType, example = json!({
    "id": "check-up", "name": "Check-up", "duration": 30, "provider_ids": ["dr-lee", "dr-okafor"],
}))]
pub struct AppointmentTypeShape<'a> {
    id: &'a str,
    name: &'a str,
    /// How many minutes it takes
    duration: u16,
    /// Who takes it
    provider_ids: Vec<&'a str>,
}

/// A type of appointment in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct AppointmentTypeBody<'a> {
    success: bool,
    data: AppointmentTypeShape<'a>,
    #[schema(example = "OK")]
    message: String,
}

/// A list in the success envelope
#[derive(ToSchema)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct AppointmentTypeListBody<'a> {
    success: bool,
    data: Vec<AppointmentTypeShape<'a>>,
    #[schema(example = "OK")]
    message: String,
}

impl<'a> AppointmentTypeShape<'a> {
    fn of(setup: &'a Setup, one: &'a AppointmentType) -> Self {
        let provider_ids = setup.providers_of(&one.id).map(|provider| provider.id.as_str()).collect();
        Self { id: one.id.as_str(), name: &one.name, duration: one.minutes, provider_ids }
    }
}

/// The location's appointment types
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/appointment_types",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("name" = Option<String>, Query, description = "Only those whose name has this in it, in any case")
    ),
    responses((status = 200, description = "The appointment types, in the order of the set-up", body = AppointmentTypeListBody), Refusals)
)]
pub async fn list_appointment_types(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    uri: Uri,
) -> Result<Response, Failure> {
    let reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = access.and_then(|access| {
        let [name] = query::values(uri.query().unwrap_or_default(), ["name"])?;
        let name = query::search_text("name", name)?;
        let setup = access.location.booking.as_ref().map(|booking| &booking.setup);
        let all = setup.into_iter().flat_map(|setup| setup.appointment_types.iter().map(move |one| (setup, one)));
        let found = all.filter(|(_, one)| query::name_matches(&one.name, name.as_deref()));
        Ok(answer::body(&found.map(|(setup, one)| AppointmentTypeShape::of(setup, one)).collect::<Vec<_>>()))
    });
    Ok(answer::respond(answer, allowance))
}

/// One appointment type
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/appointment_types/{id}",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("id" = String, Path, description = "The id", example = "check-up")
    ),
    responses(
        (status = 200, description = "The appointment type", body = AppointmentTypeBody),
        (status = 404, description = "The location has no such appointment type", body = FailureBody),
        Refusals
    )
)]
pub async fn get_appointment_type(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Failure> {
    let reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = access.and_then(|access| {
        let booking = access.location.booking.as_ref();
        let found = id.ok().zip(booking).and_then(|(Path(id), booking)| {
            let one = booking.setup.appointment_type(&id)?;
            Some(answer::body(&AppointmentTypeShape::of(&booking.setup, one)))
        });
        found.ok_or_else(Failure::not_found)
    });
    Ok(answer::respond(answer, allowance))
}
