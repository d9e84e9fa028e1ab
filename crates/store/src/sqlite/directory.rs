//! Reading appointments, clients, patients and holds.

use std::sync::Arc;

use frontdesk_domain::SessionId;
use frontdesk_domain::appointment::{Client, Hold, Patient};
use frontdesk_domain::scheduling::{Agenda, Interval};
use rusqlite::{Connection, Params, Row};

use super::Reader;
use super::bookings::{CLIENT, HOLD, PATIENT, PATIENTS_OF, agenda};
use crate::agendas::span_to_keep;
use crate::booking::{AppointmentsPage, AppointmentsQuery, ClientsQuery, FullAppointment, PatientsQuery};
use crate::booking_row::{self, Fields, client_columns, full_columns, patient_columns};
use crate::catalog::Location;
use crate::error::{Doing, StoreError};

/// The most clients or patients that come back (contract, "The neighbours").
const MOST: u32 = 100;

const READING: &str = "read a row of the appointments";

impl Fields for Row<'_> {
    fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.get_ref(column).and_then(|value| Ok(value.as_str()?)).doing(READING)
    }

    fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.get_ref(column).and_then(|value| Ok(value.as_str_or_null()?)).doing(READING)
    }

    fn integer(&self, column: usize) -> Result<i64, StoreError> {
        self.get_ref(column).and_then(|value| Ok(value.as_i64()?)).doing(READING)
    }

    fn optional_integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        self.get_ref(column).and_then(|value| Ok(value.as_i64_or_null()?)).doing(READING)
    }
}

/// The rows of a statement, each made into something.
pub(super) fn all<T>(
    connection: &Connection,
    statement: &str,
    parameters: impl Params,
    make: impl Fn(&Row<'_>) -> Result<T, StoreError>,
) -> Result<Vec<T>, StoreError> {
    let mut statement = connection.prepare_cached(statement).doing("prepare a reading of appointments")?;
    let mut rows = statement.query(parameters).doing(READING)?;
    let mut made = Vec::new();
    while let Some(row) = rows.next().doing(READING)? {
        made.push(make(row)?);
    }
    Ok(made)
}

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
        let parameters = (location.key, session.as_str());
        Ok(all(self.connection(), HOLD, parameters, |row| booking_row::hold(row, 0))?.pop())
    }

    /// The appointment of that id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn appointment(&self, location: &Location, id: &str) -> Result<Option<FullAppointment>, StoreError> {
        Ok(all(self.connection(), APPOINTMENT, (location.key, id), |row| booking_row::full(row, 0))?.pop())
    }

    /// A page of appointments.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn appointments(
        &mut self,
        location: &Location,
        query: &AppointmentsQuery,
    ) -> Result<AppointmentsPage, StoreError> {
        const COUNT: &str = "/* count appointments */ SELECT count(*) FROM appointments \
            WHERE location = ?1 AND updated_at BETWEEN ?2 AND ?3";
        let last_tick = self.reach_present(location, query.end).await?.last_tick;
        let (start, end) = (query.start.as_micros(), query.end.map_or(last_tick, |end| end.min(last_tick)).as_micros());
        let skip = i64::try_from(query.page.saturating_mul(u64::from(query.per_page))).unwrap_or(i64::MAX);
        let connection = self.connection();
        let counted = all(connection, COUNT, (location.key, start, end), |row| row.integer(0))?;
        let parameters = (location.key, start, end, query.per_page, skip);
        let content = all(connection, APPOINTMENTS, parameters, |row| booking_row::full(row, 0))?;
        Ok(AppointmentsPage { total_count: counted.first().map_or(0, |count| count.unsigned_abs()), content })
    }

    /// Clients with their patients.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn clients(
        &self,
        location: &Location,
        query: &ClientsQuery,
    ) -> Result<Vec<(Client, Vec<Patient>)>, StoreError> {
        let ClientsQuery { name, email, phone } = query;
        let name = name.as_deref().map(str::to_lowercase);
        let statement = if email.is_some() {
            CLIENTS_BY_EMAIL
        } else if phone.is_some() {
            CLIENTS_BY_PHONE
        } else {
            CLIENTS_BY_NAME
        };
        let parameters = (location.key, name, email, phone, MOST);
        let clients = all(self.connection(), statement, parameters, |row| booking_row::client(row, 0))?;
        clients.into_iter().map(|client| self.with_patients(location, client)).collect()
    }

    /// The client of that id, with their patients.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn client(&self, location: &Location, id: &str) -> Result<Option<(Client, Vec<Patient>)>, StoreError> {
        let client = all(self.connection(), CLIENT, (location.key, id), |row| booking_row::client(row, 0))?.pop();
        client.map(|client| self.with_patients(location, client)).transpose()
    }

    fn with_patients(&self, location: &Location, client: Client) -> Result<(Client, Vec<Patient>), StoreError> {
        let parameters = (location.key, client.id.as_str());
        let patients = all(self.connection(), PATIENTS_OF, parameters, |row| booking_row::patient(row, 0))?;
        Ok((client, patients))
    }

    /// Patients.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn patients(&self, location: &Location, query: &PatientsQuery) -> Result<Vec<Patient>, StoreError> {
        let name = query.name.as_deref().map(str::to_lowercase);
        let statement = if query.client.is_some() { PATIENTS_OF_CLIENT } else { PATIENTS_BY_NAME };
        let parameters = (location.key, query.client.as_ref().map(|client| client.as_str()), name, MOST);
        all(self.connection(), statement, parameters, |row| booking_row::patient(row, 0))
    }

    /// The patient of that id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn patient(&self, location: &Location, id: &str) -> Result<Option<Patient>, StoreError> {
        Ok(all(self.connection(), PATIENT, (location.key, id), |row| booking_row::patient(row, 0))?.pop())
    }
}

/// Appointments with their clients and patients.
macro_rules! full_appointments {
    ($name:literal, $where:literal) => {
        concat!(
            "/* ",
            $name,
            " */ SELECT ",
            full_columns!(),
            " FROM appointments a JOIN clients c ON c.location = a.location AND c.id = a.client \
             JOIN patients p ON p.location = a.location AND p.id = a.patient WHERE a.location = ?1 AND ",
            $where
        )
    };
}

/// Of this id.
const APPOINTMENT: &str = full_appointments!("an appointment", "a.id = ?2");
/// Last changed within a window.
const APPOINTMENTS: &str = full_appointments!(
    "a page of appointments",
    "a.updated_at BETWEEN ?2 AND ?3 ORDER BY a.updated_at, a.id LIMIT ?4 OFFSET ?5"
);

macro_rules! clients {
    ($name:literal, $where:literal) => {
        concat!(
            "/* ",
            $name,
            " */ SELECT ",
            client_columns!(""),
            " FROM clients WHERE location = ?1 AND ",
            $where,
            " AND (?2 IS NULL OR instr(search_name, ?2) > 0) ORDER BY last_name, first_name, id LIMIT ?5"
        )
    };
}

/// By each of what they may be looked for. An index answers the first condition.
const CLIENTS_BY_EMAIL: &str =
    clients!("search clients by email", "normal_email = ?3 AND (?4 IS NULL OR normal_phone = ?4)");
const CLIENTS_BY_PHONE: &str = clients!("search clients by phone", "normal_phone = ?4 AND ?3 IS NULL");
const CLIENTS_BY_NAME: &str = clients!("search clients by name", "?3 IS NULL AND ?4 IS NULL");

macro_rules! patients {
    ($name:literal, $where:literal) => {
        concat!(
            "/* ",
            $name,
            " */ SELECT ",
            patient_columns!(""),
            " FROM patients WHERE location = ?1 AND ",
            $where,
            " AND (?3 IS NULL OR instr(search_name, ?3) > 0) ORDER BY name, id LIMIT ?4"
        )
    };
}

const PATIENTS_OF_CLIENT: &str = patients!("search patients of a client", "client = ?2");
const PATIENTS_BY_NAME: &str = patients!("search patients by name", "?2 IS NULL");

/// Those that do not stand in the source as they are.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    APPOINTMENT,
    APPOINTMENTS,
    CLIENTS_BY_EMAIL,
    CLIENTS_BY_PHONE,
    CLIENTS_BY_NAME,
    PATIENTS_OF_CLIENT,
    PATIENTS_BY_NAME,
];
