//! `GET /appointments/{id}`: one appointment. Ours; the vendor's API has only the list.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;

use super::access::{self, Caller};
use super::answer;
use super::appointment::{AppointmentBody, AppointmentShape};
use super::failure::Failure;
use super::schema::{FailureBody, Refusals};
use crate::app::App;

/// One appointment
#[utoipa::path(
    get,
    path = "/services/core/open_api/v1/appointments/{id}",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("id" = String, Path, description = "The appointment's id", example = "018ba849-cf2d-7e04-b1c5-53d9d3ce4d2a")
    ),
    responses(
        (status = 200, description = "The appointment", body = AppointmentBody),
        (status = 404, description = "The location has no such appointment", body = FailureBody),
        Refusals
    )
)]
pub async fn get_appointment(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
) -> Result<Response, Failure> {
    let mut reader = app.store.reader()?;
    let Caller { access, allowance } = access::admit(&app, reader.catalog(), &headers)?;
    let answer = async {
        let (access, Ok(Path(id))) = (access?, id) else { return Err(Failure::not_found()) };
        let found = reader.appointment(&access.location, &id).await?.ok_or_else(Failure::not_found)?;
        Ok(answer::body(&AppointmentShape::from(&found)))
    };
    Ok(answer::respond(answer.await, allowance))
}
