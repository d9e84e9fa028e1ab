//! Why nothing was booked or changed, as partners are told: with a code, and with times nearby when one has gone.

use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::Rejection;
use frontdesk_domain::scheduling::{Interval, Slot};
use frontdesk_store::{BookError, Booked, FullAppointment, Location, StoreError};

use super::failure::Failure;
use super::open_times::around;
use super::times::{DAY, Times, TimesWriter};
use crate::app::App;

/// So many open times come with a refusal.
const NEARBY: usize = 5;
/// They lie within so many days.
const NEARBY_DAYS: i64 = 7;

/// A location whose appointments are made elsewhere.
pub fn not_set_up() -> Failure {
    Failure::bad_request("This location is not set up for booking.")
}

/// The appointment of what was done.
pub fn made(booked: &Booked) -> Result<&FullAppointment, Failure> {
    booked.appointment.as_deref().ok_or_else(|| {
        Failure::from(StoreError::Corrupt { table: "answers", column: "appointment", id: booked.location.to_string() })
    })
}

/// The failure of an error; `slot` is the time that was asked for, if one was.
pub async fn because(app: &App, location: &Location, slot: Option<&Slot>, error: BookError) -> Failure {
    match error {
        BookError::Rejected(rejection) => match nearby(app, location, slot, rejection).await {
            Ok(times) => Failure::rejected(rejection.code(), rejection.to_string(), &times),
            Err(failure) => failure,
        },
        BookError::SessionRejected(rejection) => Failure::rejected(rejection.code(), rejection.to_string(), b""),
        BookError::NoSuchAppointment | BookError::NoSuchSession => Failure::not_found(),
        BookError::NoSuchLocation => not_set_up(),
        BookError::KeyReused => {
            let message = "This Idempotency-Key was used for another request in the last day.";
            Failure::rejected("idempotency_key_reused", message, b"")
        }
        BookError::Fault(fault) => fault.into(),
    }
}

/// `,"open_times":[…]` when the time that was asked for cannot be had.
async fn nearby(app: &App, location: &Location, slot: Option<&Slot>, rejection: Rejection) -> Result<Vec<u8>, Failure> {
    let gone = matches!(rejection, Rejection::SlotTaken | Rejection::SlotNotOpen);
    let (Some(slot), Some(booking), true) = (slot, &location.booking, gone) else { return Ok(Vec::new()) };
    let mut reader = app.store.reader()?;
    let now = app.clock.now();
    let middle = slot.start.max(now);
    let span =
        Interval { start: middle.plus_micros(-NEARBY_DAYS * DAY).max(now), end: middle.plus_micros(NEARBY_DAYS * DAY) };
    let agenda = reader.agenda(location, around(span)).await?;
    let key = reader.catalog().secret_key();
    let wanted = booking.setup.appointment_type(slot.appointment_type.as_str());
    let times = Times::new(key, location, booking, wanted);
    let mut found = times.find(&agenda, span, now);
    let distance = |start: Timestamp| start.as_micros().abs_diff(middle.as_micros());
    found.sort_by_key(|time| distance(time.start()));
    found.truncate(NEARBY);
    found.sort_by_key(|time| time.start());
    let mut text = b",\"open_times\":[".to_vec();
    TimesWriter::new(&times).write(&mut text, &found, None);
    text.push(b']');
    Ok(text)
}
