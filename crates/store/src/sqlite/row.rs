//! Between rows and sessions.

use frontdesk_domain::session::{ClientType, Referral, Session, SessionView, Stage, State, Status};
use frontdesk_domain::{AppointmentId, SessionId, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::{Doing, StoreError};

/// The columns of a session whose status is known and is not completed, as [`view_of`] reads them. The last one of the
/// table comes first: SQLite decodes a row's head as far as it is asked to, and so does it once instead of at each column.
macro_rules! listed_columns {
    () => {
        "last_activity_at, updated_at, id, stage, client_type, referral_source, referral_campaign, referral_medium, \
         created_at"
    };
}
pub(super) use listed_columns;

/// The same with what only completed sessions have.
macro_rules! completed_columns {
    () => {
        concat!($crate::sqlite::row::listed_columns!(), ", appointment_id, remote_appointment_id")
    };
}
pub(super) use completed_columns;

/// The columns of any session, as [`session`] reads them.
macro_rules! session_columns {
    () => {
        concat!($crate::sqlite::row::completed_columns!(), ", status, expires_at")
    };
}
pub(super) use session_columns;

fn text<'r>(row: &'r Row<'_>, index: usize) -> rusqlite::Result<&'r str> {
    Ok(row.get_ref(index)?.as_str()?)
}

fn optional_text<'r>(row: &'r Row<'_>, index: usize) -> rusqlite::Result<Option<&'r str>> {
    Ok(row.get_ref(index)?.as_str_or_null()?)
}

fn integer(row: &Row<'_>, index: usize) -> rusqlite::Result<i64> {
    Ok(row.get_ref(index)?.as_i64()?)
}

fn optional_integer(row: &Row<'_>, index: usize) -> rusqlite::Result<Option<i64>> {
    Ok(row.get_ref(index)?.as_i64_or_null()?)
}

/// The `updated_at` of a row.
pub(super) fn updated_at(row: &Row<'_>) -> rusqlite::Result<Timestamp> {
    integer(row, 1).map(Timestamp::from_micros)
}

/// The id of a row.
pub(super) fn id<'r>(row: &'r Row<'_>) -> rusqlite::Result<&'r str> {
    text(row, 2)
}

/// The wire fields of a row of that status and `updated_at`, borrowed from it. Every column that is not asked for is time
/// saved: a page reads hundreds.
pub(super) fn view_of<'r>(
    row: &'r Row<'_>,
    status: Status,
    updated_at: Timestamp,
) -> Result<SessionView<'r>, StoreError> {
    let corrupt = |column| move || StoreError::Corrupt { table: "sessions", column, id: id_of(row) };
    let read = || {
        let appointment = match status {
            Status::Completed => (optional_text(row, 9)?, optional_text(row, 10)?),
            Status::Active | Status::Abandoned => (None, None),
        };
        Ok((
            id(row)?,
            (integer(row, 3)?, optional_integer(row, 4)?),
            (optional_text(row, 5)?, optional_text(row, 6)?, optional_text(row, 7)?),
            (integer(row, 8)?, optional_integer(row, 0)?),
            appointment,
        ))
    };
    let (id, (stage, client_type), referral, (created_at, last_activity_at), appointment) =
        read().doing("read a session")?;
    Ok(SessionView {
        id,
        status,
        stage: Stage::from_number(stage).ok_or_else(corrupt("stage"))?,
        client_type: match client_type {
            None => None,
            Some(number) => Some(ClientType::from_number(number).ok_or_else(corrupt("client_type"))?),
        },
        appointment_id: appointment.0,
        remote_appointment_id: appointment.1,
        referral_source: referral.0,
        referral_campaign: referral.1,
        referral_medium: referral.2,
        created_at: Timestamp::from_micros(created_at),
        updated_at,
        last_activity_at: last_activity_at.map(Timestamp::from_micros),
    })
}

fn id_of(row: &Row<'_>) -> String {
    match row.get_ref(2) {
        Ok(ValueRef::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => "an unreadable id".to_owned(),
    }
}

/// The whole session of a row.
pub(super) fn session(row: &Row<'_>) -> Result<Session, StoreError> {
    let status = Status::from_number(integer(row, 11).doing("read a session")?).ok_or_else(|| {
        let id = id_of(row);
        StoreError::Corrupt { table: "sessions", column: "status", id }
    })?;
    let view = view_of(row, status, updated_at(row).doing("read a session")?)?;
    let corrupt = |column| move || StoreError::Corrupt { table: "sessions", column, id: view.id.to_owned() };
    let appointment = |text: &str, column| AppointmentId::parse(text).map_err(|_| corrupt(column)());
    let state = match view.status {
        Status::Active => {
            let expires_at = optional_integer(row, 12).doing("read a session")?.ok_or_else(corrupt("expires_at"))?;
            State::Active { expires_at: Timestamp::from_micros(expires_at) }
        }
        Status::Completed => State::Completed {
            appointment_id: appointment(view.appointment_id.ok_or_else(corrupt("appointment_id"))?, "appointment_id")?,
            remote_appointment_id: view
                .remote_appointment_id
                .map(|text| appointment(text, "remote_appointment_id"))
                .transpose()?,
        },
        Status::Abandoned => State::Abandoned,
    };
    Ok(Session {
        id: SessionId::parse(view.id).map_err(|_| corrupt("id")())?,
        state,
        stage: view.stage,
        client_type: view.client_type,
        referral: Referral {
            source: view.referral_source.map(Into::into),
            campaign: view.referral_campaign.map(Into::into),
            medium: view.referral_medium.map(Into::into),
        },
        created_at: view.created_at,
        updated_at: view.updated_at,
        last_activity_at: view.last_activity_at,
    })
}

/// One session.
pub(super) const FIND: &str =
    concat!("/* session by id */ SELECT ", session_columns!(), " FROM sessions WHERE location = ?1 AND id = ?2");

/// The session of that id in that location.
pub(super) fn find(connection: &Connection, location: i64, id: &str) -> Result<Option<Session>, StoreError> {
    connection
        .prepare_cached(FIND)
        .doing("prepare a session look-up")?
        .query_row((location, id), |row| Ok(session(row)))
        .optional()
        .doing("look up a session")?
        .transpose()
}

/// An instant before which no session in progress of the location was updated; the latest there is when it has none.
pub(super) fn first_active(connection: &Connection, location: i64) -> Result<Timestamp, StoreError> {
    let first: Option<i64> = connection
        .prepare_cached("/* first active */ SELECT min(updated_at) FROM sessions WHERE location = ?1 AND status = 0")
        .and_then(|mut statement| statement.query_row([location], |row| row.get(0)))
        .doing("look for sessions in progress")?;
    Ok(first.map_or(Timestamp::MAX, Timestamp::from_micros))
}

/// Writes `session` in the place of the row that had `before`'s status and `updated_at`, or as a new row.
pub(super) fn save(
    connection: &Connection,
    location: i64,
    session: &Session,
    before: Option<(Status, Timestamp)>,
) -> Result<(), StoreError> {
    const INSERT: &str = "/* new place of a session */ INSERT INTO sessions (location, status, updated_at, id, stage, \
        client_type, appointment_id, remote_appointment_id, referral_source, referral_campaign, referral_medium, \
        created_at, last_activity_at, expires_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)";
    if let Some((status, updated_at)) = before {
        let removed = connection
            .prepare_cached(
                "/* old place of a session */ DELETE FROM sessions \
                 WHERE location = ?1 AND status = ?2 AND updated_at = ?3 AND id = ?4",
            )
            .and_then(|mut statement| {
                statement.execute((location, status.number(), updated_at.as_micros(), session.id.as_str()))
            })
            .doing("take a session from its old place")?;
        if removed != 1 {
            return Err(StoreError::Corrupt { table: "sessions", column: "updated_at", id: session.id.to_string() });
        }
    }
    let view = session.view();
    let expires_at = match session.state {
        State::Active { expires_at } => Some(expires_at.as_micros()),
        State::Completed { .. } | State::Abandoned => None,
    };
    connection
        .prepare_cached(INSERT)
        .and_then(|mut statement| {
            statement.execute((
                location,
                view.status.number(),
                view.updated_at.as_micros(),
                view.id,
                view.stage.number(),
                view.client_type.map(ClientType::number),
                view.appointment_id,
                view.remote_appointment_id,
                view.referral_source,
                view.referral_campaign,
                view.referral_medium,
                view.created_at.as_micros(),
                view.last_activity_at.map(Timestamp::as_micros),
                expires_at,
            ))
        })
        .doing("write a session")?;
    Ok(())
}
