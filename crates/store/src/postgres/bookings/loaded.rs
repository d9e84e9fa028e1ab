//! What a transaction has loaded of bookings; what changes is kept here until it is written ([`super::saving`]).

use std::collections::{BTreeSet, HashMap};

use frontdesk_domain::appointment::{Appointment, Client, Hold, Known, Patient};
use frontdesk_domain::scheduling::{Busy, Interval, Occupant};
use frontdesk_domain::{AppointmentId, ClientId, PatientId, SessionId};

use super::super::records::{Loaded, Name};
use crate::batch::{BookingRecords, Contact, NewMail};
use crate::error::StoreError;

/// The bookings of a transaction, from the locks on the clocks of its locations to its commit.
#[derive(Default, Debug)]
pub(in super::super) struct Bookings {
    /// By session.
    pub(super) holds: HashMap<Name, Hold>,
    pub(super) kept_holds: BTreeSet<Name>,
    pub(super) dropped_holds: BTreeSet<Name>,
    /// What is busy in each location within the spans that are asked for.
    busy: HashMap<i64, HashMap<Occupying, Busy>>,
    pub(super) appointments: HashMap<Name, Appointment>,
    /// Appointments that are new.
    pub(super) added: BTreeSet<Name>,
    /// Appointments that have changed and are not new, as they were.
    pub(super) changed: HashMap<Name, Appointment>,
    pub(super) clients: HashMap<Name, (Client, Contact)>,
    pub(super) saved_clients: BTreeSet<Name>,
    pub(super) patients: HashMap<Name, Patient>,
    pub(super) added_patients: BTreeSet<Name>,
    pub(super) mails: Vec<(i64, NewMail)>,
}

/// Which hold or appointment takes up time.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
enum Occupying {
    Appointment(AppointmentId),
    Hold(SessionId),
}

impl Occupying {
    fn of(occupant: &Occupant) -> Self {
        match occupant {
            Occupant::Appointment { id } => Self::Appointment(id.clone()),
            Occupant::Hold { session, .. } => Self::Hold(session.clone()),
        }
    }
}

impl Bookings {
    /// Knows what is busy as it lies in the database; that it is there twice says nothing new.
    pub(super) fn know_busy(&mut self, location: i64, busy: Busy) {
        self.busy.entry(location).or_default().insert(Occupying::of(&busy.occupant), busy);
    }

    fn forget_busy(&mut self, location: i64, occupying: &Occupying) {
        if let Some(busy) = self.busy.get_mut(&location) {
            busy.remove(occupying);
        }
    }

    /// The clients of a location for whom something is so, the oldest first.
    fn clients_that(&self, location: i64, is_so: impl Fn(&Client, &Contact) -> bool) -> Vec<Client> {
        let mut clients: Vec<Client> = self
            .clients
            .iter()
            .filter(|((key, _), (client, contact))| *key == location && is_so(client, contact))
            .map(|(_, (client, _))| client.clone())
            .collect();
        clients.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        clients
    }

    fn patients_that(&self, location: i64, is_so: impl Fn(&Patient) -> bool) -> Vec<Patient> {
        let mut patients: Vec<Patient> = self
            .patients
            .iter()
            .filter(|((key, _), patient)| *key == location && is_so(patient))
            .map(|(_, patient)| patient.clone())
            .collect();
        patients.sort_by(|one, other| (one.created_at, &one.id).cmp(&(other.created_at, &other.id)));
        patients
    }
}

fn name(location: i64, id: &str) -> Name {
    (location, id.to_owned())
}

impl BookingRecords for Loaded {
    fn hold(&mut self, location: i64, session: &SessionId) -> Result<Option<Hold>, StoreError> {
        Ok(self.bookings.holds.get(&name(location, session.as_str())).cloned())
    }

    fn keep_hold(&mut self, location: i64, hold: &Hold) -> Result<(), StoreError> {
        let (bookings, name) = (&mut self.bookings, name(location, hold.session.as_str()));
        let busy = Busy {
            occupied: hold.occupied,
            provider: hold.slot.provider.clone(),
            room: hold.room.clone(),
            occupant: Occupant::Hold { session: hold.session.clone(), until: hold.until },
        };
        bookings.know_busy(location, busy);
        bookings.dropped_holds.remove(&name);
        bookings.kept_holds.insert(name.clone());
        bookings.holds.insert(name, hold.clone());
        Ok(())
    }

    fn drop_hold(&mut self, location: i64, session: &SessionId) -> Result<(), StoreError> {
        let (bookings, name) = (&mut self.bookings, name(location, session.as_str()));
        if let Some(hold) = bookings.holds.remove(&name) {
            bookings.forget_busy(location, &Occupying::Hold(hold.session));
            bookings.kept_holds.remove(&name);
            bookings.dropped_holds.insert(name);
        }
        Ok(())
    }

    fn busy(&mut self, location: i64, span: Interval) -> Result<Vec<Busy>, StoreError> {
        let busy = self.bookings.busy.get(&location).into_iter().flat_map(HashMap::values);
        Ok(busy.filter(|one| one.occupied.overlaps(span)).cloned().collect())
    }

    fn appointment(&mut self, location: i64, id: &str) -> Result<Option<Appointment>, StoreError> {
        Ok(self.bookings.appointments.get(&name(location, id)).cloned())
    }

    fn save_appointment(
        &mut self,
        location: i64,
        appointment: &Appointment,
        before: Option<&Appointment>,
    ) -> Result<(), StoreError> {
        let (bookings, name) = (&mut self.bookings, name(location, appointment.id.as_str()));
        match before {
            Some(before) if !bookings.added.contains(&name) => {
                // Of several changes, the first one knows what is in the database.
                bookings.changed.entry(name.clone()).or_insert_with(|| before.clone());
            }
            Some(_) => {}
            None if bookings.appointments.contains_key(&name) => {
                return Err(StoreError::Postgres(format!("two new appointments have the id {}", appointment.id)));
            }
            None => {
                bookings.added.insert(name.clone());
            }
        }
        if appointment.status.occupies() {
            let busy = Busy {
                occupied: appointment.occupied,
                provider: appointment.slot.provider.clone(),
                room: appointment.room.clone(),
                occupant: Occupant::Appointment { id: appointment.id.clone() },
            };
            bookings.know_busy(location, busy);
        } else {
            bookings.forget_busy(location, &Occupying::Appointment(appointment.id.clone()));
        }
        bookings.appointments.insert(name, appointment.clone());
        Ok(())
    }

    fn client(&mut self, location: i64, known: &Known<ClientId>) -> Result<Option<Client>, StoreError> {
        Ok(match known {
            Known::Id(id) => self.bookings.clients.get(&name(location, id.as_str())).map(|(client, _)| client.clone()),
            Known::Remote(id) => {
                let is_it = |client: &Client, _: &Contact| client.remote_id.as_ref() == Some(id);
                self.bookings.clients_that(location, is_it).into_iter().next()
            }
        })
    }

    fn clients_by_email(&mut self, location: i64, email: &str) -> Result<Vec<Client>, StoreError> {
        Ok(self.bookings.clients_that(location, |_, contact| contact.email.as_deref() == Some(email)))
    }

    fn clients_by_phone(&mut self, location: i64, phone: &str) -> Result<Vec<Client>, StoreError> {
        Ok(self.bookings.clients_that(location, |_, contact| contact.phone.as_deref() == Some(phone)))
    }

    fn save_client(&mut self, location: i64, client: &Client, contact: &Contact) -> Result<(), StoreError> {
        let name = name(location, client.id.as_str());
        self.bookings.saved_clients.insert(name.clone());
        self.bookings.clients.insert(name, (client.clone(), contact.clone()));
        Ok(())
    }

    fn patient(&mut self, location: i64, known: &Known<PatientId>) -> Result<Option<Patient>, StoreError> {
        Ok(match known {
            Known::Id(id) => self.bookings.patients.get(&name(location, id.as_str())).cloned(),
            Known::Remote(id) => {
                let is_it = |patient: &Patient| patient.remote_id.as_ref() == Some(id);
                self.bookings.patients_that(location, is_it).into_iter().next()
            }
        })
    }

    fn patients_of(&mut self, location: i64, client: &ClientId) -> Result<Vec<Patient>, StoreError> {
        Ok(self.bookings.patients_that(location, |patient| patient.client == *client))
    }

    fn add_patient(&mut self, location: i64, patient: &Patient) -> Result<(), StoreError> {
        let name = name(location, patient.id.as_str());
        self.bookings.added_patients.insert(name.clone());
        self.bookings.patients.insert(name, patient.clone());
        Ok(())
    }

    fn add_mail(&mut self, location: i64, mail: &NewMail) -> Result<(), StoreError> {
        self.bookings.mails.push((location, mail.clone()));
        Ok(())
    }
}
