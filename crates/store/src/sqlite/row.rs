//! Between rows and sessions.

use frontdesk_domain::session::{ClientType, Referral, Session, SessionView, Stage, State, Status};
use frontdesk_domain::{AppointmentId, SessionId, Timestamp};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row};

use crate::error::{Doing, StoreError};

/// The columns that [`view`] and [`session`] read, in their order.
macro_rules! session_columns {
    () => {
        "updated_at, id, status, stage, client_type, appointment_id, remote_appointment_id, referral_source, \
         referral_campaign, referral_medium, created_at, last_activity_at, expires_at"
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

/// The wire fields of a row, borrowed from it.
pub(super) fn view<'r>(row: &'r Row<'_>) -> Result<SessionView<'r>, StoreError> {
    let corrupt = |column| move || StoreError::Corrupt { table: "sessions", column, id: id_of(row) };
    let read = || {
        Ok((
            text(row, 1)?,
            (integer(row, 2)?, integer(row, 3)?, optional_integer(row, 4)?),
            (optional_text(row, 5)?, optional_text(row, 6)?),
            (optional_text(row, 7)?, optional_text(row, 8)?, optional_text(row, 9)?),
            (integer(row, 10)?, integer(row, 0)?, optional_integer(row, 11)?),
        ))
    };
    let (id, (status, stage, client_type), (appointment, remote), (source, campaign, medium), times) =
        read().doing("read a session")?;
    Ok(SessionView {
        id,
        status: Status::from_number(status).ok_or_else(corrupt("status"))?,
        stage: Stage::from_number(stage).ok_or_else(corrupt("stage"))?,
        client_type: match client_type {
            None => None,
            Some(number) => Some(ClientType::from_number(number).ok_or_else(corrupt("client_type"))?),
        },
        appointment_id: appointment,
        remote_appointment_id: remote,
        referral_source: source,
        referral_campaign: campaign,
        referral_medium: medium,
        created_at: Timestamp::from_micros(times.0),
        updated_at: Timestamp::from_micros(times.1),
        last_activity_at: times.2.map(Timestamp::from_micros),
    })
}

fn id_of(row: &Row<'_>) -> String {
    match row.get_ref(1) {
        Ok(ValueRef::Text(bytes)) => String::from_utf8_lossy(bytes).into_owned(),
        _ => "an unreadable id".to_owned(),
    }
}

/// The whole session of a row.
pub(super) fn session(row: &Row<'_>) -> Result<Session, StoreError> {
    let view = view(row)?;
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

/// The session of that id in that location.
pub(super) fn find(connection: &Connection, location: i64, id: &str) -> Result<Option<Session>, StoreError> {
    connection
        .prepare_cached(concat!(
            "/* session by id */ SELECT ",
            session_columns!(),
            " FROM sessions WHERE location = ?1 AND id = ?2"
        ))
        .doing("prepare a session look-up")?
        .query_row((location, id), |row| Ok(session(row)))
        .optional()
        .doing("look up a session")?
        .transpose()
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
