//! Reading appointments, clients, patients and holds.

use std::collections::HashMap;

use frontdesk_domain::appointment::{Client, Hold, Patient};
use frontdesk_domain::{ClientId, Clock, SessionId};
use tokio_postgres::Row;
use tokio_postgres::types::{ToSql, Type};

use super::connection::{GiveBack, prepared};
use super::fault::Doing;
use super::reader::{RAISE, Reader, raise, within_patience};
use super::row::can_be_kept;
use crate::booking::{AppointmentsPage, AppointmentsQuery, ClientsQuery, FullAppointment, PatientsQuery};
use crate::booking_row::{self, Fields, client_columns, full_columns, hold_columns, patient_columns};
use crate::catalog::Location;
use crate::error::StoreError;

/// The most clients or patients that come back (contract, "The neighbours").
const MOST: i64 = 100;

const READING: &str = "read a row of the appointments";

impl Fields for Row {
    fn text(&self, column: usize) -> Result<&str, StoreError> {
        self.try_get(column).doing(READING)
    }

    fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError> {
        self.try_get(column).doing(READING)
    }

    fn integer(&self, column: usize) -> Result<i64, StoreError> {
        if *self.columns()[column].type_() == Type::INT2 {
            return self.try_get::<_, i16>(column).map(i64::from).doing(READING);
        }
        self.try_get(column).doing(READING)
    }

    fn optional_integer(&self, column: usize) -> Result<Option<i64>, StoreError> {
        if *self.columns()[column].type_() == Type::INT2 {
            return self.try_get::<_, Option<i16>>(column).map(|number| number.map(i64::from)).doing(READING);
        }
        self.try_get(column).doing(READING)
    }
}

const HOLD: &str =
    concat!("/* the hold of a session */ SELECT ", hold_columns!(), " FROM holds WHERE location = $1 AND session = $2");

const APPOINTMENT: &str = concat!(
    "/* an appointment */ SELECT ",
    full_columns!(),
    " FROM appointments a JOIN clients c ON c.location = a.location AND c.id = a.client \
     JOIN patients p ON p.location = a.location AND p.id = a.patient WHERE a.location = $1 AND a.id = $2"
);

/// The count stands in each row, and in the one without an appointment that an empty page has.
const APPOINTMENTS: &str = concat!(
    "/* a page of appointments */ SELECT counted.total, ",
    full_columns!(),
    " FROM (SELECT count(*) AS total FROM appointments WHERE location = $1 AND updated_at BETWEEN $2 AND $3) AS counted \
     LEFT JOIN (SELECT * FROM appointments WHERE location = $1 AND updated_at BETWEEN $2 AND $3 \
     ORDER BY updated_at, id LIMIT $4 OFFSET $5) AS a ON true \
     LEFT JOIN clients c ON c.location = $1 AND c.id = a.client \
     LEFT JOIN patients p ON p.location = $1 AND p.id = a.patient ORDER BY a.updated_at, a.id"
);

macro_rules! clients {
    ($name:literal, $where:literal) => {
        concat!(
            "/* ",
            $name,
            " */ SELECT ",
            client_columns!(""),
            " FROM clients WHERE location = $1 AND ",
            $where,
            " AND ($2::text IS NULL OR position($2 IN search_name) > 0) ORDER BY last_name, first_name, id LIMIT $5"
        )
    };
}

/// By each of what they may be looked for. An index answers the first condition.
const CLIENTS_BY_EMAIL: &str =
    clients!("clients by email", "normal_email = $3 AND ($4::text IS NULL OR normal_phone = $4)");
const CLIENTS_BY_PHONE: &str = clients!("clients by phone", "normal_phone = $4 AND $3::text IS NULL");
const CLIENTS_BY_NAME: &str = clients!("clients by name", "$3::text IS NULL AND $4::text IS NULL");

const CLIENT: &str =
    concat!("/* a client */ SELECT ", client_columns!(""), " FROM clients WHERE location = $1 AND id = $2");

const PATIENTS_OF_CLIENTS: &str = concat!(
    "/* patients of clients */ SELECT ",
    patient_columns!(""),
    " FROM patients WHERE location = $1 AND client = ANY($2) ORDER BY name, id"
);

macro_rules! patients {
    ($name:literal, $where:literal) => {
        concat!(
            "/* ",
            $name,
            " */ SELECT ",
            patient_columns!(""),
            " FROM patients WHERE location = $1 AND ",
            $where,
            " AND ($3::text IS NULL OR position($3 IN search_name) > 0) ORDER BY name, id LIMIT $4"
        )
    };
}

const PATIENTS_OF_CLIENT: &str = patients!("patients of a client", "client = $2");
const PATIENTS_BY_NAME: &str = patients!("patients by name", "$2::text IS NULL");
const PATIENT: &str =
    concat!("/* a patient */ SELECT ", patient_columns!(""), " FROM patients WHERE location = $1 AND id = $2");

/// Those that do not stand in the source as they are.
#[cfg(test)]
pub(super) const STATEMENTS: &[&str] = &[
    HOLD,
    APPOINTMENT,
    APPOINTMENTS,
    CLIENTS_BY_EMAIL,
    CLIENTS_BY_PHONE,
    CLIENTS_BY_NAME,
    CLIENT,
    PATIENTS_OF_CLIENTS,
    PATIENTS_OF_CLIENT,
    PATIENTS_BY_NAME,
    PATIENT,
];

impl Reader<'_> {
    /// The rows of a statement.
    async fn rows(&self, statement: &str, parameters: &[&(dyn ToSql + Sync)]) -> Result<Vec<Row>, StoreError> {
        let connection = self.store.pools.share().await?;
        let read = within_patience(async {
            let statement = prepared(&connection, statement).await?;
            connection.query(&statement, parameters).await.doing(READING)
        });
        let rows = read.await;
        connection.give_back(rows)
    }

    /// What is kept for a session.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn hold(&self, location: &Location, session: &SessionId) -> Result<Option<Hold>, StoreError> {
        let rows = self.rows(HOLD, &[&location.key, &session.as_str()]).await?;
        rows.first().map(|row| booking_row::hold(row, 0)).transpose()
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
        if !can_be_kept(id) {
            return Ok(None);
        }
        let rows = self.rows(APPOINTMENT, &[&location.key, &id]).await?;
        rows.first().map(|row| booking_row::full(row, 0)).transpose()
    }

    /// A page of appointments. Nothing can appear in its window any more: what has been seen is raised first, as for a page
    /// of sessions (see [`super::reader`]), and the two statements go out together.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn appointments(
        &mut self,
        location: &Location,
        query: &AppointmentsQuery,
    ) -> Result<AppointmentsPage, StoreError> {
        // Who waits holds no connection.
        let now = self.present(query.end).await;
        let _place = self.store.queues.join(location.key).await?;
        let now = now.max(self.store.clock.now());
        let until = query.end.map_or(now, |end| end.min(now));
        let (start, end) = (query.start.as_micros(), until.as_micros());
        let skip = i64::try_from(query.page.saturating_mul(u64::from(query.per_page))).unwrap_or(i64::MAX);
        let connection = self.store.pools.get().await?;
        let read = within_patience(async {
            let raising = (prepared(&connection, RAISE).await?, end);
            let page = prepared(&connection, APPOINTMENTS).await?;
            raise(&connection, location, Some(raising)).await?;
            let parameters: [&(dyn ToSql + Sync); 5] = [&location.key, &start, &end, &i64::from(query.per_page), &skip];
            connection.query(&page, &parameters).await.doing(READING)
        });
        let rows = read.await;
        let rows = connection.give_back(rows)?;
        let total = rows.first().map_or(Ok(0), |row| row.integer(0))?;
        let mut content = Vec::with_capacity(rows.len());
        for row in &rows {
            if row.optional_text(1)?.is_some() {
                content.push(booking_row::full(row, 1)?);
            }
        }
        Ok(AppointmentsPage { total_count: total.unsigned_abs(), content })
    }

    /// Clients with their patients.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn clients(
        &self,
        location: &Location,
        query: &ClientsQuery,
    ) -> Result<Vec<(Client, Vec<Patient>)>, StoreError> {
        let ClientsQuery { name, email, phone } = query;
        if [name, email, phone].into_iter().flatten().any(|text| !can_be_kept(text)) {
            return Ok(Vec::new());
        }
        let name = name.as_deref().map(str::to_lowercase);
        let statement = if email.is_some() {
            CLIENTS_BY_EMAIL
        } else if phone.is_some() {
            CLIENTS_BY_PHONE
        } else {
            CLIENTS_BY_NAME
        };
        let rows = self.rows(statement, &[&location.key, &name, email, phone, &MOST]).await?;
        let clients = rows.iter().map(|row| booking_row::client(row, 0)).collect::<Result<_, _>>()?;
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
        if !can_be_kept(id) {
            return Ok(None);
        }
        let rows = self.rows(CLIENT, &[&location.key, &id]).await?;
        let clients = rows.iter().map(|row| booking_row::client(row, 0)).collect::<Result<_, _>>()?;
        Ok(self.with_patients(location, clients).await?.pop())
    }

    async fn with_patients(
        &self,
        location: &Location,
        clients: Vec<Client>,
    ) -> Result<Vec<(Client, Vec<Patient>)>, StoreError> {
        let ids: Vec<&str> = clients.iter().map(|client| client.id.as_str()).collect();
        let rows =
            if ids.is_empty() { Vec::new() } else { self.rows(PATIENTS_OF_CLIENTS, &[&location.key, &ids]).await? };
        let mut patients: HashMap<ClientId, Vec<Patient>> = HashMap::new();
        for row in &rows {
            let patient = booking_row::patient(row, 0)?;
            patients.entry(patient.client.clone()).or_default().push(patient);
        }
        Ok(clients
            .into_iter()
            .map(|client| {
                let own = patients.remove(&client.id).unwrap_or_default();
                (client, own)
            })
            .collect())
    }

    /// Patients.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn patients(
        &self,
        location: &Location,
        query: &PatientsQuery,
    ) -> Result<Vec<Patient>, StoreError> {
        let client = query.client.as_ref().map(|client| client.as_str());
        let name = query.name.as_deref().map(str::to_lowercase);
        if name.as_deref().is_some_and(|name| !can_be_kept(name)) {
            return Ok(Vec::new());
        }
        let statement = if client.is_some() { PATIENTS_OF_CLIENT } else { PATIENTS_BY_NAME };
        let rows = self.rows(statement, &[&location.key, &client, &name, &MOST]).await?;
        rows.iter().map(|row| booking_row::patient(row, 0)).collect()
    }

    /// The patient of that id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn patient(&self, location: &Location, id: &str) -> Result<Option<Patient>, StoreError> {
        if !can_be_kept(id) {
            return Ok(None);
        }
        let rows = self.rows(PATIENT, &[&location.key, &id]).await?;
        rows.first().map(|row| booking_row::patient(row, 0)).transpose()
    }
}
