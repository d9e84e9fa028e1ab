//! What a transaction loads and saves of bookings ([`BookingRecords`]), each by a statement of its own.

use frontdesk_domain::appointment::{Appointment, Client, Hold, Known, Patient};
use frontdesk_domain::scheduling::{Busy, Interval};
use frontdesk_domain::session::ClientType;
use frontdesk_domain::{ClientId, PatientId, SessionId};
use rusqlite::{Connection, ErrorCode, Params, Row, params};

use super::super::directory::all;
use super::super::records::Transaction;
use super::agenda;
use crate::batch::{BookingRecords, Contact, NewMail, search_name};
use crate::booking_row::{self as row, appointment_columns, client_columns, hold_columns, patient_columns};
use crate::claims::{Claim, claims_of};
use crate::error::{Doing, StoreError};

const ADD_APPOINTMENT: &str = "/* new appointment */ INSERT INTO appointments (location, id, remote_id, status, \
     starts_at, ends_at, provider, appointment_type, room, occupied_from, occupied_until, session, referral_source, \
     referral_campaign, referral_medium, client_type, client, patient, note, language, sequence, created_at, updated_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16, ?17, ?18, ?19, ?20, ?21, ?22, ?23)";

const CHANGE_APPOINTMENT: &str = "/* change an appointment */ UPDATE appointments SET remote_id = ?3, status = ?4, \
     starts_at = ?5, ends_at = ?6, provider = ?7, appointment_type = ?8, room = ?9, occupied_from = ?10, \
     occupied_until = ?11, session = ?12, referral_source = ?13, referral_campaign = ?14, referral_medium = ?15, \
     client_type = ?16, client = ?17, patient = ?18, note = ?19, language = ?20, sequence = ?21, created_at = ?22, \
     updated_at = ?23 WHERE location = ?1 AND id = ?2";

const SAVE_CLIENT: &str = "/* save a client */ INSERT INTO clients (location, id, remote_id, first_name, last_name, \
     email, phone, created_at, search_name, normal_email, normal_phone) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) \
     ON CONFLICT (location, id) DO UPDATE SET email = excluded.email, phone = excluded.phone, \
     normal_email = excluded.normal_email, normal_phone = excluded.normal_phone";

const ADD_PATIENT: &str = "/* new patient */ INSERT INTO patients (location, id, remote_id, client, name, species, \
     breed, created_at, search_name) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const KEEP_HOLD: &str = "/* keep a hold */ INSERT OR REPLACE INTO holds (location, session, starts_at, provider, \
     appointment_type, room, occupied_from, occupied_until, held_until) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9)";

const ADD_MAIL: &str = "/* new mail */ INSERT INTO mails (location, id, notice, appointment, sequence, created_at, \
     due_at, attempts, state) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?6, 0, 0)";

pub(in super::super) const HOLD: &str =
    concat!("/* hold of a session */ SELECT ", hold_columns!(), " FROM holds WHERE location = ?1 AND session = ?2");

pub(super) const APPOINTMENT: &str = concat!(
    "/* appointment by id */ SELECT ",
    appointment_columns!("a."),
    " FROM appointments a WHERE a.location = ?1 AND a.id = ?2"
);

pub(in super::super) const CLIENT: &str =
    concat!("/* client by id */ SELECT ", client_columns!("c."), " FROM clients c WHERE c.location = ?1 AND c.id = ?2");
pub(super) const CLIENT_BY_REMOTE_ID: &str = concat!(
    "/* client by remote id */ SELECT ",
    client_columns!("c."),
    " FROM clients c WHERE c.location = ?1 AND c.remote_id = ?2 ORDER BY c.created_at, c.id LIMIT 1"
);
pub(super) const CLIENTS_BY_EMAIL: &str = concat!(
    "/* clients by email */ SELECT ",
    client_columns!("c."),
    " FROM clients c WHERE c.location = ?1 AND c.normal_email = ?2 ORDER BY c.created_at, c.id"
);
pub(super) const CLIENTS_BY_PHONE: &str = concat!(
    "/* clients by phone */ SELECT ",
    client_columns!("c."),
    " FROM clients c WHERE c.location = ?1 AND c.normal_phone = ?2 ORDER BY c.created_at, c.id"
);
pub(in super::super) const PATIENT: &str = concat!(
    "/* patient by id */ SELECT ",
    patient_columns!("p."),
    " FROM patients p WHERE p.location = ?1 AND p.id = ?2"
);
pub(super) const PATIENT_BY_REMOTE_ID: &str = concat!(
    "/* patient by remote id */ SELECT ",
    patient_columns!("p."),
    " FROM patients p WHERE p.location = ?1 AND p.remote_id = ?2 ORDER BY p.created_at, p.id LIMIT 1"
);
pub(in super::super) const PATIENTS_OF: &str = concat!(
    "/* patients of a client */ SELECT ",
    patient_columns!("p."),
    " FROM patients p WHERE p.location = ?1 AND p.client = ?2 ORDER BY p.created_at, p.id"
);

/// Reads the one row of a statement, if there is one.
fn one<T>(
    connection: &Connection,
    statement: &'static str,
    parameters: impl Params,
    read: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Option<T>, StoreError> {
    Ok(all(connection, statement, parameters, read)?.into_iter().next())
}

/// Runs a statement that writes one row.
fn write(connection: &Connection, statement: &'static str, parameters: impl Params) -> Result<(), StoreError> {
    let written = connection
        .prepare_cached(statement)
        .and_then(|mut statement| statement.execute(parameters))
        .doing("write a booking")?;
    if written == 1 {
        return Ok(());
    }
    Err(StoreError::Commit(format!("{written} rows were written instead of one: {statement}")))
}

impl BookingRecords for Transaction<'_> {
    fn hold(&mut self, location: i64, session: &SessionId) -> Result<Option<Hold>, StoreError> {
        one(self.connection, HOLD, (location, session.as_str()), |row| row::hold(row, 0))
    }

    fn keep_hold(&mut self, location: i64, hold: &Hold) -> Result<(), StoreError> {
        let parameters = params![
            location,
            hold.session.as_str(),
            hold.slot.start.as_micros(),
            hold.slot.provider.as_str(),
            hold.slot.appointment_type.as_str(),
            hold.room.as_ref().map(|room| room.as_str()),
            hold.occupied.start.as_micros(),
            hold.occupied.end.as_micros(),
            hold.until.as_micros(),
        ];
        write(self.connection, KEEP_HOLD, parameters)
    }

    fn drop_hold(&mut self, location: i64, session: &SessionId) -> Result<(), StoreError> {
        let statement = "/* drop a hold */ DELETE FROM holds WHERE location = ?1 AND session = ?2";
        write(self.connection, statement, (location, session.as_str()))
    }

    fn busy(&mut self, location: i64, span: Interval) -> Result<Vec<Busy>, StoreError> {
        agenda::busy(self.connection, location, span)
    }

    fn appointment(&mut self, location: i64, id: &str) -> Result<Option<Appointment>, StoreError> {
        one(self.connection, APPOINTMENT, (location, id), |row| row::appointment(row, 0))
    }

    fn save_appointment(
        &mut self,
        location: i64,
        appointment: &Appointment,
        before: Option<&Appointment>,
    ) -> Result<(), StoreError> {
        let statement = if before.is_some() { CHANGE_APPOINTMENT } else { ADD_APPOINTMENT };
        save_appointment(self.connection, location, appointment, statement)?;
        let (old, new) = (before.map(claims_of).unwrap_or_default(), claims_of(appointment));
        if old == new {
            return Ok(());
        }
        old.iter().try_for_each(|claim| drop_claim(self.connection, location, claim))?;
        new.iter().try_for_each(|claim| add_claim(self.connection, location, claim, appointment))
    }

    fn client(&mut self, location: i64, known: &Known<ClientId>) -> Result<Option<Client>, StoreError> {
        let (statement, id) = match known {
            Known::Id(id) => (CLIENT, id.as_str()),
            Known::Remote(id) => (CLIENT_BY_REMOTE_ID, &**id),
        };
        one(self.connection, statement, (location, id), |row| row::client(row, 0))
    }

    fn clients_by_email(&mut self, location: i64, email: &str) -> Result<Vec<Client>, StoreError> {
        all(self.connection, CLIENTS_BY_EMAIL, (location, email), |row| row::client(row, 0))
    }

    fn clients_by_phone(&mut self, location: i64, phone: &str) -> Result<Vec<Client>, StoreError> {
        all(self.connection, CLIENTS_BY_PHONE, (location, phone), |row| row::client(row, 0))
    }

    fn save_client(&mut self, location: i64, client: &Client, contact: &Contact) -> Result<(), StoreError> {
        save_client(self.connection, location, client, contact)
    }

    fn patient(&mut self, location: i64, known: &Known<PatientId>) -> Result<Option<Patient>, StoreError> {
        let (statement, id) = match known {
            Known::Id(id) => (PATIENT, id.as_str()),
            Known::Remote(id) => (PATIENT_BY_REMOTE_ID, &**id),
        };
        one(self.connection, statement, (location, id), |row| row::patient(row, 0))
    }

    fn patients_of(&mut self, location: i64, client: &ClientId) -> Result<Vec<Patient>, StoreError> {
        all(self.connection, PATIENTS_OF, (location, client.as_str()), |row| row::patient(row, 0))
    }

    fn add_patient(&mut self, location: i64, patient: &Patient) -> Result<(), StoreError> {
        let parameters = params![
            location,
            patient.id.as_str(),
            patient.remote_id.as_deref(),
            patient.client.as_str(),
            &*patient.name,
            patient.species.as_deref(),
            patient.breed.as_deref(),
            patient.created_at.as_micros(),
            patient.name.to_lowercase(),
        ];
        write(self.connection, ADD_PATIENT, parameters)
    }

    fn add_mail(&mut self, location: i64, mail: &NewMail) -> Result<(), StoreError> {
        let parameters = params![
            location,
            mail.id.as_str(),
            mail.notice.as_str(),
            mail.appointment.as_str(),
            mail.sequence,
            mail.created_at.as_micros(),
        ];
        write(self.connection, ADD_MAIL, parameters)
    }
}

fn save_appointment(
    connection: &Connection,
    location: i64,
    appointment: &Appointment,
    statement: &'static str,
) -> Result<(), StoreError> {
    let parameters = params![
        location,
        appointment.id.as_str(),
        appointment.remote_id.as_ref().map(|id| id.as_str()),
        appointment.status.number(),
        appointment.slot.start.as_micros(),
        appointment.end.as_micros(),
        appointment.slot.provider.as_str(),
        appointment.slot.appointment_type.as_str(),
        appointment.room.as_ref().map(|room| room.as_str()),
        appointment.occupied.start.as_micros(),
        appointment.occupied.end.as_micros(),
        appointment.session.as_ref().map(SessionId::as_str),
        appointment.referral.source.as_deref(),
        appointment.referral.campaign.as_deref(),
        appointment.referral.medium.as_deref(),
        appointment.client_type.map(ClientType::number),
        appointment.client.as_str(),
        appointment.patient.as_str(),
        appointment.note.as_deref(),
        &*appointment.language,
        appointment.sequence,
        appointment.created_at.as_micros(),
        appointment.updated_at.as_micros(),
    ];
    write(connection, statement, parameters)
}

fn save_client(connection: &Connection, location: i64, client: &Client, contact: &Contact) -> Result<(), StoreError> {
    let parameters = params![
        location,
        client.id.as_str(),
        client.remote_id.as_deref(),
        &*client.first_name,
        &*client.last_name,
        client.email.as_deref(),
        client.phone.as_deref(),
        client.created_at.as_micros(),
        search_name(client),
        contact.email,
        contact.phone,
    ];
    write(connection, SAVE_CLIENT, parameters)
}

fn drop_claim(connection: &Connection, location: i64, claim: &Claim) -> Result<(), StoreError> {
    let statement =
        "/* drop a claim */ DELETE FROM claims WHERE location = ?1 AND resource = ?2 AND occupied_from = ?3";
    write(connection, statement, (location, &claim.resource, claim.occupied.start.as_micros()))
}

fn add_claim(
    connection: &Connection,
    location: i64,
    claim: &Claim,
    appointment: &Appointment,
) -> Result<(), StoreError> {
    let Claim { resource, occupied } = claim;
    let (from, until) = (occupied.start.as_micros(), occupied.end.as_micros());
    let added = connection
        .prepare_cached(
            "/* new claim */ INSERT INTO claims (location, resource, occupied_from, occupied_until, appointment) \
             VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .and_then(|mut statement| statement.execute((location, resource, from, until, appointment.id.as_str())));
    match added {
        Err(cause) if cause.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            Err(StoreError::Claimed(format!("{resource} is taken already at {from}: {cause}")))
        }
        added => added.map(drop).doing("write a claim"),
    }
}
