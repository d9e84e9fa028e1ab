//! `POST /appointments`: an appointment that a partner makes.

use std::sync::Arc;

use axum::body::Body;
use axum::extract::State;
use axum::http::HeaderMap;
use axum::response::Response;
use frontdesk_domain::appointment::{Booking, Command, Request, Status};
use frontdesk_domain::scheduling::Slot;
use frontdesk_domain::session::ClientType;
use frontdesk_domain::{AppointmentId, MailId, TypeId};
use frontdesk_store::{BookingSetup, Location};
use serde::Deserialize;
use utoipa::ToSchema;

use super::access::{self, Access, Caller};
use super::appointment::{AppointmentBody, AppointmentShape};
use super::failure::Failure;
use super::schema::Refusals;
use super::{answer, booker, refused};
use crate::app::App;
use crate::entropy;
use crate::http::fields::{self, BodyError, Fields, required};
use crate::http::idempotency;

/// The most bytes of a note.
const MOST_NOTE_BYTES: usize = 2_000;
/// The most bytes of a slot's id, and more than it has.
const MOST_SLOT_BYTES: usize = 64;

/// What is booked, and for whom
#[derive(Deserialize, ToSchema)]
#[schema(example = json!({
    "slot_id": "01b90b2c-5d3e-8f10-9a7b-3c1d2e4f5a6b", "first_name": "Ana", "last_name": "Ruiz",
    "email": "ana@example.com", "patient_name": "Luna", "note": "Limps on the left",
}))]
#[expect(dead_code, reason = "read by the derived schema only")]
pub struct CreateAppointmentRequest {
    /// The `uuid` of an open time
    slot_id: String,
    /// Another of the open time's `appointment_type_ids` than the first; ours
    appointment_type_id: Option<String>,
    client_id: Option<String>,
    /// The client's id in the practice's own system
    client_remote_id: Option<String>,
    /// Without a client's id: who it is for, with last name and phone or email
    first_name: Option<String>,
    last_name: Option<String>,
    email: Option<String>,
    phone: Option<String>,
    patient_id: Option<String>,
    /// The patient's id in the practice's own system
    patient_remote_id: Option<String>,
    /// Without a patient's id: the client's patient of this name, or a new one; ours
    patient_name: Option<String>,
    /// Of a new patient; ours
    species: Option<String>,
    /// Of a new patient; ours
    breed: Option<String>,
    /// Why, in the client's words
    note: Option<String>,
    status: Option<FirstStatusName>,
}

/// Where an appointment may begin; left out: as the location's rules say
#[derive(Deserialize, ToSchema)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum FirstStatusName {
    Requested,
    Accepted,
    Confirmed,
}

/// Make an appointment
///
/// Of an open time, for a client and a patient who are named by id or described. When the time has gone meanwhile, `data`
/// of the failure has open times nearby.
#[utoipa::path(
    post,
    path = "/services/core/open_api/v1/appointments",
    tag = "Partner API",
    security(("token" = [])),
    params(
        ("X-Client-Id" = String, Header, description = "The location id of the practice"),
        ("Idempotency-Key" = Option<String>, Header, description = "Within a day, a second request with this key gets the first one's answer", example = "f2f1c9e0-book")
    ),
    request_body = CreateAppointmentRequest,
    responses((status = 200, description = "The appointment", body = AppointmentBody), Refusals)
)]
pub async fn create_appointment(
    State(app): State<Arc<App>>,
    headers: HeaderMap,
    body: Body,
) -> Result<Response, Failure> {
    // Whatever the answer will be: a client that still sends when it is refused may never read why.
    let body = fields::receive(&headers, body).await;
    let catalog = Arc::clone(app.store.reader()?.catalog());
    let Caller { access, allowance } = access::admit(&app, &catalog, &headers)?;
    let answer = async { create(&app, &access?, &headers, &body?).await };
    Ok(answer::respond(answer.await, allowance))
}

async fn create(app: &App, access: &Access, headers: &HeaderMap, body: &[u8]) -> Result<Vec<u8>, Failure> {
    let location = &access.location;
    let booking = location.booking.as_ref().ok_or_else(refused::not_set_up)?;
    let booking = parse(app, location, booking, body)?;
    let slot = booking.slot.clone();
    let command = Command {
        location: location.id.clone(),
        now: app.clock.now(),
        idempotency: idempotency::read(headers, "appointments", body)?,
        mail: MailId::generate(app.clock.now(), entropy::random()),
        request: Request::Book(Box::new(booking)),
    };
    match app.store.book(command).await {
        Ok(booked) => refused::made(&booked).map(|made| answer::body(&AppointmentShape::from(made))),
        Err(error) => Err(refused::because(app, location, Some(&slot), error).await),
    }
}

fn parse(app: &App, location: &Location, setup: &BookingSetup, body: &[u8]) -> Result<Booking, Failure> {
    let now = app.clock.now();
    let mut fields = Fields::parse(body)?;
    let slot = slot(app, location, setup, &mut fields)?;
    let client = booker::client(&mut fields, setup, now)?;
    let patient = booker::patient(&mut fields, now)?;
    let statuses = [Status::Requested, Status::Accepted, Status::Confirmed];
    let status = fields.choice("status", &statuses, Status::as_str)?;
    let note = fields.prose("note", MOST_NOTE_BYTES)?;
    Ok(Booking {
        id: AppointmentId::generate(now, entropy::random()),
        session: None,
        slot,
        client_type: booker::is_known(&client).then_some(ClientType::Returning),
        client,
        patient,
        note,
        status,
        language: setup.setup.face.language.clone().unwrap_or_else(|| "en".into()),
    })
}

/// The slot that is asked for; says nothing of whether it can still be booked.
fn slot(app: &App, location: &Location, setup: &BookingSetup, fields: &mut Fields) -> Result<Slot, Failure> {
    let mut slot = required_slot(app, location, setup, fields)?;
    if let Some(id) = fields.id_or_number("appointment_type_id", TypeId::parse)? {
        let known = setup.setup.appointment_type(id.as_str()).is_some();
        let wrong =
            || BodyError::field("appointment_type_id", "appointment_type_id takes the id of an appointment type.");
        slot.appointment_type = known.then_some(id).ok_or_else(wrong)?;
    }
    Ok(slot)
}

/// The slot of `slot_id`.
pub fn required_slot(
    app: &App,
    location: &Location,
    setup: &BookingSetup,
    fields: &mut Fields,
) -> Result<Slot, Failure> {
    let id = required("slot_id", fields.text("slot_id", MOST_SLOT_BYTES)?)?;
    let key = app.store.reader()?.catalog().secret_key();
    key.open_slot_id(&location.id, &setup.setup, &id)
        .ok_or_else(|| Failure::bad_request("slot_id takes the uuid of an open time of this location."))
}
