//! What the commands of a transaction speak of, so that it can be loaded at once.

use std::collections::{BTreeMap, BTreeSet};

use frontdesk_domain::appointment::{ClientChoice, Command, Known, PatientChoice, Request};
use frontdesk_domain::scheduling::{Interval, Slot};
use frontdesk_domain::session::{self, Action};

use super::super::records::{Asked, Name};
use super::super::row::can_be_kept;
use crate::batch::Contact;
use crate::catalog::{BookingSetup, Location};

/// What a transaction needs of bookings.
#[derive(Default, Debug)]
pub(in super::super) struct AskedBookings {
    /// The revisions of the set-ups by which it decides.
    pub(super) revisions: BTreeMap<i64, i64>,
    /// Locations that take bookings, of whose sessions some may end: what is kept for those goes with them.
    pub(in super::super) ends: BTreeSet<i64>,
    /// Sessions whose appointments are wanted, if they have one.
    pub(in super::super) appointments_of: BTreeSet<Name>,
    /// Sessions whose holds are wanted.
    pub(super) holds: BTreeSet<Name>,
    /// Within which spans it has to be known what is busy: the location, from, until.
    pub(super) spans: BTreeSet<(i64, i64, i64)>,
    pub(super) appointments: BTreeSet<Name>,
    pub(super) clients: BTreeSet<Name>,
    pub(super) clients_by_remote_id: BTreeSet<Name>,
    pub(super) clients_by_email: BTreeSet<Name>,
    pub(super) clients_by_phone: BTreeSet<Name>,
    pub(super) patients: BTreeSet<Name>,
    pub(super) patients_by_remote_id: BTreeSet<Name>,
}

impl Asked {
    /// Adds what a command on a session needs besides the session.
    pub(in super::super) fn add_for_session(&mut self, location: &Location, command: &session::Command) {
        let session::Request::Act(action) = &command.request else { return };
        if location.booking.is_none() {
            return;
        }
        let bookings = &mut self.bookings;
        match action {
            Action::Complete { appointment_id, .. } => {
                bookings.ends.insert(location.key);
                bookings.appointments.insert((location.key, appointment_id.to_string()));
            }
            Action::AttachRemote { .. } => {
                bookings.appointments_of.insert((location.key, command.session.to_string()));
            }
            Action::Settle => {
                bookings.ends.insert(location.key);
            }
            Action::Advance { .. } | Action::Observe { .. } => {}
        }
    }

    /// Adds what a command on appointments needs.
    pub(in super::super) fn add_for_booking(&mut self, location: &Location, command: &Command) {
        let (key, Some(booking)) = (location.key, &location.booking) else { return };
        self.bookings.revisions.insert(key, location.setup_revision);
        match &command.request {
            Request::Hold { session, slot } => {
                self.add_session(key, session.as_str());
                self.bookings.add_span(key, booking, slot);
            }
            Request::Release { session } => self.add_session(key, session.as_str()),
            Request::Book(made) => {
                if let Some(session) = &made.session {
                    self.add_session(key, session.as_str());
                }
                self.bookings.appointments.insert((key, made.id.to_string()));
                self.bookings.add_span(key, booking, &made.slot);
                self.bookings.add_client(key, booking, &made.client);
                self.bookings.add_patient(key, &made.patient);
            }
            Request::Reschedule { appointment, slot, .. } => {
                self.bookings.appointments.insert((key, appointment.to_string()));
                self.bookings.add_span(key, booking, slot);
            }
            Request::Decide { appointment, .. } | Request::AttachRemote { appointment, .. } => {
                self.bookings.appointments.insert((key, appointment.to_string()));
            }
        }
    }

    fn add_session(&mut self, key: i64, session: &str) {
        self.sessions.insert((key, session.to_owned()));
        self.bookings.holds.insert((key, session.to_owned()));
    }
}

impl AskedBookings {
    /// Whether there is nothing to be read for what the commands themselves name.
    pub(super) fn names_nothing(&self) -> bool {
        self.revisions.is_empty() && self.appointments.is_empty()
    }

    fn add_span(&mut self, key: i64, booking: &BookingSetup, slot: &Slot) {
        // Of a type that there is not, no slot is open, whatever is busy.
        if let Some(appointment_type) = booking.setup.appointment_type(slot.appointment_type.as_str()) {
            let occupied = Interval::occupied_by(appointment_type, slot.start);
            self.spans.insert((key, occupied.start.as_micros(), occupied.end.as_micros()));
        }
    }

    fn add_client(&mut self, key: i64, booking: &BookingSetup, choice: &ClientChoice) {
        match choice {
            ClientChoice::Known(Known::Id(id)) => {
                self.clients.insert((key, id.to_string()));
            }
            ClientChoice::Known(Known::Remote(id)) if can_be_kept(id) => {
                self.clients_by_remote_id.insert((key, id.to_string()));
            }
            ClientChoice::Known(Known::Remote(_)) => {}
            ClientChoice::Described(described) => {
                let calling_code = booking.setup.face.calling_code();
                let contact = Contact::of(described.email.as_deref(), described.phone.as_deref(), calling_code);
                self.clients_by_email.extend(contact.email.map(|email| (key, email)));
                self.clients_by_phone.extend(contact.phone.map(|phone| (key, phone)));
            }
        }
    }

    fn add_patient(&mut self, key: i64, choice: &PatientChoice) {
        match choice {
            PatientChoice::Known(Known::Id(id)) => {
                self.patients.insert((key, id.to_string()));
            }
            PatientChoice::Known(Known::Remote(id)) if can_be_kept(id) => {
                self.patients_by_remote_id.insert((key, id.to_string()));
            }
            // Those of the client are loaded with the client.
            PatientChoice::Known(Known::Remote(_)) | PatientChoice::Described(_) => {}
        }
    }
}
