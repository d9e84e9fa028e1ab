//! `PATCH /appointments/{id}`: what the practice or its own system has to say of an appointment. Ours; the vendor's API has
//! nothing like it.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::Response;
use frontdesk_domain::access::Scope;
use frontdesk_domain::appointment::{Actor, Command, Decision, Rejection, Request};
use frontdesk_domain::scheduling::Slot;
use frontdesk_domain::{AppointmentId, MailId};
use frontdesk_store::Location;
use serde::Deserialize;
use utoipa::ToSchema;

use super::access::{self, Caller};
use super::appointment::{AppointmentBody, AppointmentShape};
use super::create_appointment::required_slot;
use super::failure::Failure;
use super::schema::{FailureBody, Refusals};
use super::{answer, refused};
use crate::app::App;
use crate::entropy;
use crate::http::fields::{self, Fields};

/// One change: one of the three
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({ "remote_id": "47113" }))]
#[serde(deny_unknown_fields)]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct ChangeAppointmentRequest {
    /// Its id in the practice's own system, which has it now
    #[schema(min_length = 1, max_length = 128)]
    remote_id: Option<String>,
    status: Option<NextStatusName>,
    /// The `uuid` of an open time of the same type, to which it is moved
    slot_id: Option<String>,
}

/// Where an appointment may be let go on to
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum NextStatusName {
    Accepted,
    Declined,
    Confirmed,
    InProgress,
    Done,
    Deleted,
}

const DECISIONS: [Decision; 6] =
    [Decision::Accept, Decision::Decline, Decision::Confirm, Decision::Begin, Decision::Finish, Decision::Cancel];

/// Change an appointment
///
/// By a token of scope `booking`, for the practice and whoever syncs its own system. A `remote_id` shows at once in the
/// session, as a change. The client gets a mail of what concerns them.
#[utoipa::path(
    patch,
    path = "/services/core/open_api/v1/appointments/{id}",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("id" = String, Path, description = "The appointment's id", example = "018ba849-cf2d-7e04-b1c5-53d9d3ce4d2a")
    ),
    request_body = ChangeAppointmentRequest,
    responses(
        (status = 200, description = "The appointment as it is now", body = AppointmentBody),
        (status = 404, description = "The location has no such appointment", body = FailureBody),
        Refusals
    )
)]
pub async fn change_appointment(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    id: Result<Path<String>, axum::extract::rejection::PathRejection>,
    body: Body,
) -> Result<Response, Failure> {
    // Whatever the answer will be: a client that still sends when it is refused may never read why.
    let body = fields::receive(&headers, body).await;
    let catalog = Arc::clone(app.store.reader()?.catalog());
    let Caller { access, allowance } = access::admit_for(&app, &catalog, &headers, Scope::Booking)?;
    let answer = async {
        let (access, Ok(Path(id))) = (access?, id) else { return Err(Failure::not_found()) };
        let id = AppointmentId::parse(&id).map_err(|_| Failure::not_found())?;
        change(&app, &access.location, id, &body?).await
    };
    Ok(answer::respond(answer.await, allowance))
}

async fn change(app: &App, location: &Location, id: AppointmentId, body: &[u8]) -> Result<Vec<u8>, Failure> {
    let (request, slot) = parse(app, location, id, body)?;
    if let Request::Reschedule { appointment, slot, .. } = &request {
        check_type(app, location, appointment, slot).await?;
    }
    let now = app.clock.now();
    let mail = MailId::generate(now, entropy::random());
    let command = Command { location: location.id.clone(), now, idempotency: None, mail, request };
    match app.store.book(command).await {
        Ok(booked) => refused::made(&booked).map(|made| answer::body(&AppointmentShape::from(made))),
        Err(error) => Err(refused::because(app, location, slot.as_ref(), error).await),
    }
}

/// A time of another type can never be moved to, so none of that type is suggested either.
async fn check_type(app: &App, location: &Location, id: &AppointmentId, slot: &Slot) -> Result<(), Failure> {
    let found = app.store.reader()?.appointment(location, id.as_str()).await?.ok_or_else(Failure::not_found)?;
    let own = &found.appointment.slot.appointment_type;
    if slot.appointment_type == *own {
        return Ok(());
    }
    let message = format!("slot_id takes an open time of the appointment's own type, {own}.");
    Err(Failure::rejected(Rejection::SlotNotOpen.code(), message, b""))
}

/// The change, and the time to which the appointment is moved, if it is.
fn parse(
    app: &App,
    location: &Location,
    appointment: AppointmentId,
    body: &[u8],
) -> Result<(Request, Option<Slot>), Failure> {
    let mut fields = Fields::parse(body)?;
    let actor = Actor::Practice;
    let remote = fields.id_or_number("remote_id", AppointmentId::parse)?;
    let decision = fields.choice("status", &DECISIONS, |decision| decision.leads_to().as_str())?;
    let slot = if fields.has("slot_id") {
        let setup = location.booking.as_ref().ok_or_else(refused::not_set_up)?;
        Some(required_slot(app, location, setup, &mut fields)?)
    } else {
        fields.forget_null("slot_id");
        None
    };
    fields.finish()?;
    match (remote, decision, slot) {
        (Some(remote_id), None, None) => Ok((Request::AttachRemote { appointment, remote_id }, None)),
        (None, Some(decision), None) => Ok((Request::Decide { appointment, decision, actor }, None)),
        (None, None, Some(slot)) => Ok((Request::Reschedule { appointment, slot: slot.clone(), actor }, Some(slot))),
        _ => Err(Failure::bad_request("The body takes one of remote_id, status and slot_id.")),
    }
}
