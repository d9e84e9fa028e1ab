//! What readers see of bookings.

use std::sync::Arc;

use frontdesk_domain::appointment::{Client, Hold, Patient};
use frontdesk_domain::scheduling::{Agenda, Interval};
use frontdesk_domain::{SessionId, Timestamp};
use rusqlite::params;

use super::super::Reader;
use super::agenda;
use super::records::{self, CLIENT, PATIENT, all, one};
use super::row::{self, appointment_columns, client_columns, patient_columns};
use crate::agendas::span_to_keep;
use crate::booking::{AppointmentsPage, AppointmentsQuery, ClientsQuery, FullAppointment, PatientsQuery};
use crate::catalog::Location;
use crate::error::{Doing, StoreError};

/// The columns of an appointment with whom it is for, as [`row::full`] reads them.
macro_rules! full_columns {
    () => {
        concat!(appointment_columns!(), ", ", client_columns!(), ", ", patient_columns!())
    };
}

/// Where they come from.
macro_rules! full_tables {
    () => {
        "appointments a JOIN clients c ON c.location = a.location AND c.id = a.client \
         JOIN patients p ON p.location = a.location AND p.id = a.patient"
    };
}

pub(in super::super) const FULL_APPOINTMENT: &str = concat!(
    "/* appointment with whom it is for */ SELECT ",
    full_columns!(),
    " FROM ",
    full_tables!(),
    " WHERE a.location = ?1 AND a.id = ?2"
);

/// What is skipped is skipped in the index alone.
pub(in super::super) const APPOINTMENTS: &str = concat!(
    "/* a page of appointments */ SELECT ",
    full_columns!(),
    " FROM ",
    full_tables!(),
    " WHERE a.location = ?1 AND a.id IN (SELECT id FROM appointments \
     WHERE location = ?1 AND updated_at >= ?2 AND updated_at <= ?3 ORDER BY updated_at, id LIMIT ?4 OFFSET ?5) \
     ORDER BY a.updated_at, a.id"
);

const COUNT: &str = "/* how many appointments */ SELECT count(*) FROM appointments \
     WHERE location = ?1 AND updated_at >= ?2 AND updated_at <= ?3";

/// A part that is not asked for is null, and agrees with everything.
pub(in super::super) const CLIENTS: &str = concat!(
    "/* clients */ SELECT ",
    client_columns!(),
    " FROM clients c WHERE c.location = ?1 AND (?2 IS NULL OR instr(c.search_name, ?2) > 0) \
     AND (?3 IS NULL OR c.normal_email = ?3) AND (?4 IS NULL OR c.normal_phone = ?4) \
     ORDER BY c.last_name, c.first_name, c.id LIMIT 100"
);

/// The same, by the index of who has the email address.
pub(in super::super) const CLIENTS_OF_EMAIL: &str = concat!(
    "/* clients with an email address */ SELECT ",
    client_columns!(),
    " FROM clients c WHERE c.location = ?1 AND (?2 IS NULL OR instr(c.search_name, ?2) > 0) \
     AND c.normal_email = ?3 AND (?4 IS NULL OR c.normal_phone = ?4) \
     ORDER BY c.last_name, c.first_name, c.id LIMIT 100"
);

/// The same, by the index of who has the phone number.
pub(in super::super) const CLIENTS_OF_PHONE: &str = concat!(
    "/* clients with a phone number */ SELECT ",
    client_columns!(),
    " FROM clients c WHERE c.location = ?1 AND (?2 IS NULL OR instr(c.search_name, ?2) > 0) \
     AND (?3 IS NULL OR c.normal_email = ?3) AND c.normal_phone = ?4 \
     ORDER BY c.last_name, c.first_name, c.id LIMIT 100"
);

pub(in super::super) const PATIENTS: &str = concat!(
    "/* patients */ SELECT ",
    patient_columns!(),
    " FROM patients p WHERE p.location = ?1 AND (?2 IS NULL OR instr(p.search_name, ?2) > 0) \
     ORDER BY p.name, p.id LIMIT 100"
);

pub(in super::super) const PATIENTS_OF_CLIENT: &str = concat!(
    "/* patients of a client by name */ SELECT ",
    patient_columns!(),
    " FROM patients p WHERE p.location = ?1 AND (?2 IS NULL OR instr(p.search_name, ?2) > 0) AND p.client = ?3 \
     ORDER BY p.name, p.id LIMIT 100"
);

impl Reader<'_> {
    /// Everything that takes up time at a location and touches `span`, and perhaps more.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn agenda(&self, location: &Location, span: Interval) -> Result<Arc<Agenda>, StoreError> {
        let connection = self.connection();
        let agendas = &self.store.agendas;
        // Both are of this reader's snapshot.
        let changed_at = agenda::changed_at(connection, location.key)?;
        if let Some(kept) = agendas.get(location.key, changed_at, span) {
            return Ok(kept);
        }
        let span = span_to_keep(location, self.store.clock.now(), span);
        let agenda = Arc::new(Agenda::new(agenda::busy(connection, location.key, span)?));
        agendas.keep(location.key, changed_at, span, &agenda);
        Ok(agenda)
    }

    /// What is kept for a session.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn hold(&self, location: &Location, session: &SessionId) -> Result<Option<Hold>, StoreError> {
        records::hold(self.connection(), location.key, session)
    }

    /// The appointment of that id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn appointment(&self, location: &Location, id: &str) -> Result<Option<FullAppointment>, StoreError> {
        one(self.connection(), FULL_APPOINTMENT, (location.key, id), |row| row::full(row, 0))
    }

    /// A page of a location's appointments.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn appointments(
        &mut self,
        location: &Location,
        query: &AppointmentsQuery,
    ) -> Result<AppointmentsPage, StoreError> {
        self.reach_present(location, query.end).await?;
        let (start, end) = (query.start.as_micros(), query.end.unwrap_or(Timestamp::MAX).as_micros());
        let limit = i64::from(query.per_page);
        let offset = i64::try_from(query.page.saturating_mul(u64::from(query.per_page))).unwrap_or(i64::MAX);
        let counted: i64 = self
            .connection()
            .prepare_cached(COUNT)
            .and_then(|mut statement| statement.query_row((location.key, start, end), |row| row.get(0)))
            .doing("count appointments")?;
        let content =
            all(self.connection(), APPOINTMENTS, (location.key, start, end, limit, offset), |row| row::full(row, 0))?;
        Ok(AppointmentsPage { total_count: counted.unsigned_abs(), content })
    }

    /// At most a hundred clients with their patients.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn clients(
        &self,
        location: &Location,
        query: &ClientsQuery,
    ) -> Result<Vec<(Client, Vec<Patient>)>, StoreError> {
        let statement = match (&query.email, &query.phone) {
            (Some(_), _) => CLIENTS_OF_EMAIL,
            (None, Some(_)) => CLIENTS_OF_PHONE,
            (None, None) => CLIENTS,
        };
        let name = query.name.as_ref().map(|name| name.to_lowercase());
        let parameters = params![location.key, name, query.email, query.phone];
        let clients = all(self.connection(), statement, parameters, |row| row::client(row, 0))?;
        clients.into_iter().map(|client| self.with_patients(location, client)).collect()
    }

    /// The client of that id, with their patients.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn client(&self, location: &Location, id: &str) -> Result<Option<(Client, Vec<Patient>)>, StoreError> {
        let client = one(self.connection(), CLIENT, (location.key, id), |row| row::client(row, 0))?;
        client.map(|client| self.with_patients(location, client)).transpose()
    }

    fn with_patients(&self, location: &Location, client: Client) -> Result<(Client, Vec<Patient>), StoreError> {
        let patients = records::patients_of(self.connection(), location.key, &client.id)?;
        Ok((client, patients))
    }

    /// At most a hundred patients, by name, id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn patients(&self, location: &Location, query: &PatientsQuery) -> Result<Vec<Patient>, StoreError> {
        let name = query.name.as_ref().map(|name| name.to_lowercase());
        let (connection, key) = (self.connection(), location.key);
        match &query.client {
            Some(client) => {
                all(connection, PATIENTS_OF_CLIENT, (key, name, client.as_str()), |row| row::patient(row, 0))
            }
            None => all(connection, PATIENTS, (key, name), |row| row::patient(row, 0)),
        }
    }

    /// The patient of that id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn patient(&self, location: &Location, id: &str) -> Result<Option<Patient>, StoreError> {
        one(self.connection(), PATIENT, (location.key, id), |row| row::patient(row, 0))
    }
}
