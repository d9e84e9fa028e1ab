//! What readers see of bookings, each time by one statement, or two of which the second goes by what the first one said.

use std::collections::HashMap;
use std::sync::Arc;

use frontdesk_domain::appointment::{Client, Hold, Patient};
use frontdesk_domain::scheduling::{Agenda, Busy, Interval};
use frontdesk_domain::{Clock, SessionId, Timestamp};
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::super::connection::{Connection, GiveBack, prepared};
use super::super::fault::Doing;
use super::super::reader::{Reader, within_patience};
use super::super::row::can_be_kept;
use crate::agendas::span_to_keep;
use crate::booking::{ClientsQuery, FullAppointment, PatientsQuery};
use crate::booking_row::{self as row, client_columns, full_columns, hold_columns, patient_columns};
use crate::catalog::Location;
use crate::claims::MOST_OCCUPIED;
use crate::error::StoreError;

const READING: &str = "read bookings";

const CHANGED_AT: &str = "/* the last change of an agenda */ SELECT changed_at FROM agendas WHERE location = $1";

/// Everything that touches a span, and when it has changed last, as of the same moment.
const AGENDA: &str = "/* an agenda */ SELECT (SELECT changed_at FROM agendas WHERE location = $1), busy.* \
     FROM (VALUES (1)) AS one (row) LEFT JOIN ( \
     SELECT id, provider, room, occupied_from, occupied_until, NULL::bigint AS held_until FROM appointments \
     WHERE location = $1 AND status < 5 AND occupied_until > $2 AND occupied_until < $4 AND occupied_from < $3 \
     UNION ALL SELECT session, provider, room, occupied_from, occupied_until, held_until FROM holds \
     WHERE location = $1 AND occupied_until > $2 AND occupied_until < $4 AND occupied_from < $3) AS busy ON true";

const HOLD: &str = concat!(
    "/* hold of a session */ SELECT ",
    hold_columns!(),
    " FROM holds h WHERE h.location = $1 AND h.session = $2"
);

/// Where they come from.
macro_rules! full_tables {
    () => {
        "appointments a JOIN clients c ON c.location = a.location AND c.id = a.client \
         JOIN patients p ON p.location = a.location AND p.id = a.patient"
    };
}
pub(super) use full_tables;

const FULL_APPOINTMENT: &str = concat!(
    "/* appointment with whom it is for */ SELECT ",
    full_columns!(),
    " FROM ",
    full_tables!(),
    " WHERE a.location = $1 AND a.id = $2"
);

/// A part that is not asked for is null, and agrees with everything.
const CLIENTS: &str = concat!(
    "/* clients */ SELECT ",
    client_columns!("c."),
    " FROM clients c WHERE c.location = $1 AND ($2::text IS NULL OR strpos(c.search_name, $2) > 0) \
     AND ($3::text IS NULL OR c.normal_email = $3) AND ($4::text IS NULL OR c.normal_phone = $4) \
     ORDER BY c.last_name, c.first_name, c.id LIMIT 100"
);

/// The same, by the index of who has the email address.
const CLIENTS_OF_EMAIL: &str = concat!(
    "/* clients with an email address */ SELECT ",
    client_columns!("c."),
    " FROM clients c WHERE c.location = $1 AND ($2::text IS NULL OR strpos(c.search_name, $2) > 0) \
     AND c.normal_email = $3 AND ($4::text IS NULL OR c.normal_phone = $4) \
     ORDER BY c.last_name, c.first_name, c.id LIMIT 100"
);

/// The same, by the index of who has the phone number.
const CLIENTS_OF_PHONE: &str = concat!(
    "/* clients with a phone number */ SELECT ",
    client_columns!("c."),
    " FROM clients c WHERE c.location = $1 AND ($2::text IS NULL OR strpos(c.search_name, $2) > 0) \
     AND ($3::text IS NULL OR c.normal_email = $3) AND c.normal_phone = $4 \
     ORDER BY c.last_name, c.first_name, c.id LIMIT 100"
);

const CLIENT: &str =
    concat!("/* client by id */ SELECT ", client_columns!("c."), " FROM clients c WHERE c.location = $1 AND c.id = $2");

const PATIENTS_OF: &str = concat!(
    "/* patients of some clients */ SELECT ",
    patient_columns!("p."),
    " FROM patients p WHERE p.location = $1 AND p.client = ANY($2) ORDER BY p.created_at, p.id"
);

const PATIENTS: &str = concat!(
    "/* patients */ SELECT ",
    patient_columns!("p."),
    " FROM patients p WHERE p.location = $1 AND ($2::text IS NULL OR strpos(p.search_name, $2) > 0) \
     ORDER BY p.name, p.id LIMIT 100"
);

const PATIENTS_OF_CLIENT: &str = concat!(
    "/* patients of a client by name */ SELECT ",
    patient_columns!("p."),
    " FROM patients p WHERE p.location = $1 AND ($2::text IS NULL OR strpos(p.search_name, $2) > 0) AND p.client = $3 \
     ORDER BY p.name, p.id LIMIT 100"
);

const PATIENT: &str = concat!(
    "/* patient by id */ SELECT ",
    patient_columns!("p."),
    " FROM patients p WHERE p.location = $1 AND p.id = $2"
);

#[cfg(test)]
pub(super) const STATEMENTS: [&str; 10] = [
    HOLD,
    FULL_APPOINTMENT,
    CLIENTS,
    CLIENTS_OF_EMAIL,
    CLIENTS_OF_PHONE,
    CLIENT,
    PATIENTS_OF,
    PATIENTS,
    PATIENTS_OF_CLIENT,
    PATIENT,
];

/// Everything that touches a span, and the tick of its last change.
pub(in super::super) async fn busy_within(
    connection: &Connection,
    location: i64,
    span: Interval,
) -> Result<(Timestamp, Vec<Busy>), StoreError> {
    let (since, until) = (span.start.as_micros(), span.end.as_micros());
    let latest = until.saturating_add(MOST_OCCUPIED);
    let rows = query(connection, AGENDA, &[&location, &since, &until, &latest]).await?;
    let changed_at: Option<i64> = match rows.first() {
        Some(row) => row.try_get(0).doing(READING)?,
        None => None,
    };
    let mut busy = Vec::with_capacity(rows.len());
    for row in &rows {
        if row.try_get::<_, Option<&str>>(1).doing(READING)?.is_some() {
            busy.push(row::busy(row, 1)?);
        }
    }
    Ok((changed_at.map_or(Timestamp::MIN, Timestamp::from_micros), busy))
}

async fn query(
    connection: &Connection,
    statement: &'static str,
    parameters: &[&(dyn ToSql + Sync)],
) -> Result<Vec<Row>, StoreError> {
    let statement = prepared(connection, statement).await?;
    connection.query(&statement, parameters).await.doing(READING)
}

impl Reader<'_> {
    /// The rows of a statement, on a connection that is shared.
    async fn rows(&self, statement: &'static str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        let connection = self.store.pools.share().await?;
        let read = within_patience(query(&connection, statement, parameters)).await;
        connection.give_back(read)
    }

    /// Everything that takes up time at a location and touches `span`, and perhaps more.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn agenda(&self, location: &Location, span: Interval) -> Result<Arc<Agenda>, StoreError> {
        let rows = self.rows(CHANGED_AT, &[&location.key]).await?;
        let changed_at = match rows.first() {
            Some(row) => Timestamp::from_micros(row.try_get(0).doing(READING)?),
            None => Timestamp::MIN,
        };
        if let Some(kept) = self.store.agendas.get(location.key, changed_at, span) {
            return Ok(kept);
        }
        let span = span_to_keep(location, self.store.clock.now(), span);
        let connection = self.store.pools.share().await?;
        let read = within_patience(busy_within(&connection, location.key, span)).await;
        // It may have changed again meanwhile; what is kept is as of the change that the same statement saw.
        let (changed_at, busy) = connection.give_back(read)?;
        let agenda = Arc::new(Agenda::new(busy));
        self.store.agendas.keep(location.key, changed_at, span, &agenda);
        Ok(agenda)
    }

    /// What is kept for a session.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn hold(&self, location: &Location, session: &SessionId) -> Result<Option<Hold>, StoreError> {
        self.one(HOLD, location, session.as_str(), |row| row::hold(row, 0)).await
    }

    /// The appointment of that id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn appointment(
        &self,
        location: &Location,
        id: &str,
    ) -> Result<Option<FullAppointment>, StoreError> {
        self.one(FULL_APPOINTMENT, location, id, |row| row::full(row, 0)).await
    }

    /// At most a hundred clients with their patients.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn clients(
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
        if [&name, &query.email, &query.phone].into_iter().flatten().any(|text| !can_be_kept(text)) {
            return Ok(Vec::new());
        }
        let rows = self.rows(statement, &[&location.key, &name, &query.email, &query.phone]).await?;
        let clients = rows.iter().map(|row| row::client(row, 0)).collect::<Result<Vec<_>, _>>()?;
        self.with_patients(location, clients).await
    }

    /// The client of that id, with their patients.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn client(
        &self,
        location: &Location,
        id: &str,
    ) -> Result<Option<(Client, Vec<Patient>)>, StoreError> {
        let Some(client) = self.one(CLIENT, location, id, |row| row::client(row, 0)).await? else { return Ok(None) };
        Ok(self.with_patients(location, vec![client]).await?.pop())
    }

    async fn with_patients(
        &self,
        location: &Location,
        clients: Vec<Client>,
    ) -> Result<Vec<(Client, Vec<Patient>)>, StoreError> {
        let ids: Vec<&str> = clients.iter().map(|client| client.id.as_str()).collect();
        let rows = if ids.is_empty() { Vec::new() } else { self.rows(PATIENTS_OF, &[&location.key, &ids]).await? };
        let mut of_client: HashMap<String, Vec<Patient>> = HashMap::new();
        for row in &rows {
            let patient = row::patient(row, 0)?;
            of_client.entry(patient.client.to_string()).or_default().push(patient);
        }
        let with_patients = |client: Client| {
            let patients = of_client.remove(client.id.as_str()).unwrap_or_default();
            (client, patients)
        };
        Ok(clients.into_iter().map(with_patients).collect())
    }

    /// At most a hundred patients, by name, id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn patients(
        &self,
        location: &Location,
        query: &PatientsQuery,
    ) -> Result<Vec<Patient>, StoreError> {
        let name = query.name.as_ref().map(|name| name.to_lowercase());
        if name.as_ref().is_some_and(|name| !can_be_kept(name)) {
            return Ok(Vec::new());
        }
        let rows = match &query.client {
            Some(client) => self.rows(PATIENTS_OF_CLIENT, &[&location.key, &name, &client.as_str()]).await?,
            None => self.rows(PATIENTS, &[&location.key, &name]).await?,
        };
        rows.iter().map(|row| row::patient(row, 0)).collect()
    }

    /// The patient of that id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn patient(&self, location: &Location, id: &str) -> Result<Option<Patient>, StoreError> {
        self.one(PATIENT, location, id, |row| row::patient(row, 0)).await
    }

    /// What a statement finds by the id of something in a location.
    async fn one<T>(
        &self,
        statement: &'static str,
        location: &Location,
        id: &str,
        read: impl Fn(&Row) -> Result<T, StoreError>,
    ) -> Result<Option<T>, StoreError> {
        if !can_be_kept(id) {
            return Ok(None);
        }
        self.rows(statement, &[&location.key, &id]).await?.first().map(read).transpose()
    }
}
