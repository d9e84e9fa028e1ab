//! Loading what a transaction needs of bookings, in two goes: what its commands name, then what that leads to.

use std::collections::BTreeSet;

use frontdesk_domain::session::{Session, Stage, State};
use futures_util::future::{BoxFuture, FutureExt, try_join, try_join3, try_join4};
use tokio_postgres::Row;

use super::super::connection::{Connection, prepared};
use super::super::fault::Doing;
use super::super::records::{self, Loaded, Name, SESSIONS};
use super::asked::AskedBookings;
use crate::batch::Contact;
use crate::booking_row::{self as row, appointment_columns, client_columns, hold_columns, patient_columns};
use crate::claims::MOST_OCCUPIED;
use crate::error::StoreError;

const LOADING: &str = "load bookings";

const REVISIONS: &str = "/* revisions of set-ups */ SELECT location, revision FROM setups WHERE location = ANY($1)";

const BUSY: &str = "/* what is busy in spans */ \
     SELECT location, id, provider, room, occupied_from, occupied_until, NULL::bigint \
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS asked (at, since, until, latest) \
     JOIN appointments ON location = at AND status < 5 AND occupied_until > since AND occupied_until < latest \
         AND occupied_from < until \
     UNION ALL SELECT location, session, provider, room, occupied_from, occupied_until, held_until \
     FROM unnest($1::bigint[], $2::bigint[], $3::bigint[], $4::bigint[]) AS asked (at, since, until, latest) \
     JOIN holds ON location = at AND occupied_until > since AND occupied_until < latest AND occupied_from < until";

pub(in super::super) const HOLDS: &str = concat!(
    "/* holds of sessions */ SELECT h.location, ",
    hold_columns!(),
    " FROM unnest($1::bigint[], $2::text[]) AS asked (location, name) \
     JOIN holds h ON h.location = asked.location AND h.session = asked.name"
);

pub(in super::super) const APPOINTMENTS: &str = concat!(
    "/* appointments by id */ SELECT a.location, ",
    appointment_columns!("a."),
    " FROM unnest($1::bigint[], $2::text[]) AS asked (location, name) \
     JOIN appointments a ON a.location = asked.location AND a.id = asked.name"
);

/// The columns of clients that are loaded, with those by which they are known again.
macro_rules! loaded_client_columns {
    () => {
        concat!("c.location, c.normal_email, c.normal_phone, ", client_columns!("c."))
    };
}

pub(in super::super) const CLIENTS: &str = concat!(
    "/* clients by id */ SELECT ",
    loaded_client_columns!(),
    " FROM unnest($1::bigint[], $2::text[]) AS asked (location, name) \
     JOIN clients c ON c.location = asked.location AND c.id = asked.name"
);

pub(in super::super) const CLIENTS_BY_REMOTE_ID: &str = concat!(
    "/* clients by remote id */ SELECT ",
    loaded_client_columns!(),
    " FROM unnest($1::bigint[], $2::text[]) AS asked (location, name) \
     JOIN clients c ON c.location = asked.location AND c.remote_id = asked.name"
);

pub(in super::super) const CLIENTS_BY_EMAIL: &str = concat!(
    "/* clients by email */ SELECT ",
    loaded_client_columns!(),
    " FROM unnest($1::bigint[], $2::text[]) AS asked (location, name) \
     JOIN clients c ON c.location = asked.location AND c.normal_email = asked.name"
);

pub(in super::super) const CLIENTS_BY_PHONE: &str = concat!(
    "/* clients by phone */ SELECT ",
    loaded_client_columns!(),
    " FROM unnest($1::bigint[], $2::text[]) AS asked (location, name) \
     JOIN clients c ON c.location = asked.location AND c.normal_phone = asked.name"
);

pub(in super::super) const PATIENTS: &str = concat!(
    "/* patients by id */ SELECT p.location, ",
    patient_columns!("p."),
    " FROM unnest($1::bigint[], $2::text[]) AS asked (location, name) \
     JOIN patients p ON p.location = asked.location AND p.id = asked.name"
);

pub(in super::super) const PATIENTS_BY_REMOTE_ID: &str = concat!(
    "/* patients by remote id */ SELECT p.location, ",
    patient_columns!("p."),
    " FROM unnest($1::bigint[], $2::text[]) AS asked (location, name) \
     JOIN patients p ON p.location = asked.location AND p.remote_id = asked.name"
);

pub(in super::super) const PATIENTS_OF: &str = concat!(
    "/* patients of clients */ SELECT p.location, ",
    patient_columns!("p."),
    " FROM unnest($1::bigint[], $2::text[]) AS asked (location, name) \
     JOIN patients p ON p.location = asked.location AND p.client = asked.name"
);

/// What the commands of a transaction name themselves. Its statements are sent after that which locks the clocks.
#[derive(Default)]
pub(in super::super) struct Named {
    revisions: Vec<Row>,
    busy: Vec<Row>,
    holds: Vec<Row>,
    appointments: Vec<Row>,
    clients: Vec<Vec<Row>>,
    patients: Vec<Vec<Row>>,
}

/// Reads what is named. In a box, because it is large and commands on sessions have none of it.
pub(in super::super) fn named<'a>(
    connection: &'a Connection,
    asked: &'a AskedBookings,
) -> BoxFuture<'a, Result<Named, StoreError>> {
    if asked.names_nothing() {
        return std::future::ready(Ok(Named::default())).boxed();
    }
    read_named(connection, asked).boxed()
}

async fn read_named(connection: &Connection, asked: &AskedBookings) -> Result<Named, StoreError> {
    let clients = try_join4(
        rows_of(connection, CLIENTS, &asked.clients),
        rows_of(connection, CLIENTS_BY_REMOTE_ID, &asked.clients_by_remote_id),
        rows_of(connection, CLIENTS_BY_EMAIL, &asked.clients_by_email),
        rows_of(connection, CLIENTS_BY_PHONE, &asked.clients_by_phone),
    );
    let patients = try_join(
        rows_of(connection, PATIENTS, &asked.patients),
        rows_of(connection, PATIENTS_BY_REMOTE_ID, &asked.patients_by_remote_id),
    );
    let others = try_join4(
        revisions(connection, asked),
        busy(connection, asked),
        rows_of(connection, HOLDS, &asked.holds),
        rows_of(connection, APPOINTMENTS, &asked.appointments),
    );
    let ((revisions, busy, holds, appointments), clients, patients) = try_join3(others, clients, patients).await?;
    let clients = vec![clients.0, clients.1, clients.2, clients.3];
    Ok(Named { revisions, busy, holds, appointments, clients, patients: vec![patients.0, patients.1] })
}

/// The rows of a statement that takes names; nothing is asked for no names.
async fn rows_of(
    connection: &Connection,
    statement: &'static str,
    names: &BTreeSet<Name>,
) -> Result<Vec<Row>, StoreError> {
    if names.is_empty() {
        return Ok(Vec::new());
    }
    let (locations, names) = records::columns(names);
    let statement = prepared(connection, statement).await?;
    connection.query(&statement, &[&locations, &names]).await.doing(LOADING)
}

async fn revisions(connection: &Connection, asked: &AskedBookings) -> Result<Vec<Row>, StoreError> {
    if asked.revisions.is_empty() {
        return Ok(Vec::new());
    }
    let locations: Vec<i64> = asked.revisions.keys().copied().collect();
    let statement = prepared(connection, REVISIONS).await?;
    connection.query(&statement, &[&locations]).await.doing(LOADING)
}

async fn busy(connection: &Connection, asked: &AskedBookings) -> Result<Vec<Row>, StoreError> {
    if asked.spans.is_empty() {
        return Ok(Vec::new());
    }
    let locations: Vec<i64> = asked.spans.iter().map(|(location, ..)| *location).collect();
    let since: Vec<i64> = asked.spans.iter().map(|(_, since, _)| *since).collect();
    let until: Vec<i64> = asked.spans.iter().map(|(.., until)| *until).collect();
    let latest: Vec<i64> = until.iter().map(|until| until.saturating_add(MOST_OCCUPIED)).collect();
    let statement = prepared(connection, BUSY).await?;
    connection.query(&statement, &[&locations, &since, &until, &latest]).await.doing(LOADING)
}

impl Loaded {
    /// Takes what was named.
    pub(in super::super) fn take_named(&mut self, named: &Named, asked: &AskedBookings) -> Result<(), StoreError> {
        self.stale = asked.revisions.keys().copied().collect();
        for row in &named.revisions {
            let (location, revision): (i64, i64) = (row.try_get(0).doing(LOADING)?, row.try_get(1).doing(LOADING)?);
            if asked.revisions.get(&location) == Some(&revision) {
                self.stale.remove(&location);
            }
        }
        for row in &named.busy {
            self.bookings.know_busy(row.try_get(0).doing(LOADING)?, row::busy(row, 1)?);
        }
        self.take_holds(&named.holds)?;
        self.take_appointments(&named.appointments)?;
        named.clients.iter().try_for_each(|rows| self.take_clients(rows))?;
        named.patients.iter().try_for_each(|rows| self.take_patients(rows))
    }

    /// Loads what that leads to: for whom appointments are, the patients of clients, what is kept for sessions that may end.
    pub(in super::super) async fn load_led_to(
        &mut self,
        connection: &Connection,
        asked: &AskedBookings,
    ) -> Result<(), StoreError> {
        let led = LedTo::of(self, asked);
        if led.is_nothing() { Ok(()) } else { self.load_names(connection, &led).boxed().await }
    }

    async fn load_names(&mut self, connection: &Connection, led: &LedTo) -> Result<(), StoreError> {
        let about_people = try_join3(
            rows_of(connection, CLIENTS, &led.clients),
            rows_of(connection, PATIENTS, &led.patients),
            rows_of(connection, PATIENTS_OF, &led.patients_of),
        );
        let others = try_join3(
            rows_of(connection, SESSIONS, &led.sessions),
            rows_of(connection, HOLDS, &led.holds),
            rows_of(connection, APPOINTMENTS, &led.appointments),
        );
        let ((clients, patients, patients_of), (sessions, holds, appointments)) =
            try_join(about_people, others).await?;
        self.take_clients(&clients)?;
        self.take_patients(&patients)?;
        self.take_patients(&patients_of)?;
        self.take_sessions(&sessions)?;
        self.take_holds(&holds)?;
        self.take_appointments(&appointments)
    }

    fn take_holds(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        for row in rows {
            let hold = row::hold(row, 1)?;
            self.bookings.holds.insert((row.try_get(0).doing(LOADING)?, hold.session.to_string()), hold);
        }
        Ok(())
    }

    fn take_appointments(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        for row in rows {
            let appointment = row::appointment(row, 1)?;
            let name = (row.try_get(0).doing(LOADING)?, appointment.id.to_string());
            self.bookings.appointments.insert(name, appointment);
        }
        Ok(())
    }

    fn take_clients(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        for row in rows {
            let contact = Contact { email: row.try_get(1).doing(LOADING)?, phone: row.try_get(2).doing(LOADING)? };
            let client = row::client(row, 3)?;
            let name = (row.try_get(0).doing(LOADING)?, client.id.to_string());
            self.bookings.clients.insert(name, (client, contact));
        }
        Ok(())
    }

    fn take_patients(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        for row in rows {
            let patient = row::patient(row, 1)?;
            self.bookings.patients.insert((row.try_get(0).doing(LOADING)?, patient.id.to_string()), patient);
        }
        Ok(())
    }
}

/// What is to be loaded because of what has been loaded.
#[derive(Default)]
struct LedTo {
    clients: BTreeSet<Name>,
    patients: BTreeSet<Name>,
    patients_of: BTreeSet<Name>,
    sessions: BTreeSet<Name>,
    holds: BTreeSet<Name>,
    appointments: BTreeSet<Name>,
}

impl LedTo {
    fn of(loaded: &Loaded, asked: &AskedBookings) -> Self {
        let mut led = Self::default();
        for ((location, _), appointment) in &loaded.bookings.appointments {
            led.clients.insert((*location, appointment.client.to_string()));
            led.patients.insert((*location, appointment.patient.to_string()));
            led.sessions.extend(appointment.session.as_ref().map(|session| (*location, session.to_string())));
        }
        led.sessions.retain(|name| !loaded.sessions.contains_key(name));
        led.patients_of.extend(loaded.bookings.clients.keys().cloned());
        for (name, session) in &loaded.sessions {
            if asked.ends.contains(&name.0) && may_hold(session) {
                led.holds.insert(name.clone());
            }
            if asked.appointments_of.contains(name)
                && let State::Completed { appointment_id, .. } = &session.state
            {
                led.appointments.insert((name.0, appointment_id.to_string()));
            }
        }
        led
    }

    fn is_nothing(&self) -> bool {
        let all = [&self.clients, &self.patients, &self.patients_of, &self.sessions, &self.holds, &self.appointments];
        all.into_iter().all(BTreeSet::is_empty)
    }
}

/// Whether anything can be kept for a session: only who has come as far as the checkout has ever held a time.
fn may_hold(session: &Session) -> bool {
    matches!(session.state, State::Active { .. }) && session.stage >= Stage::Checkout
}
