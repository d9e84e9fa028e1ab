//! From rows to sessions.

use frontdesk_domain::feed::Place;
use frontdesk_domain::session::{ClientType, Referral, Session, SessionView, Stage, State, Status};
use frontdesk_domain::{AppointmentId, SessionId, Timestamp};
use tokio_postgres::Row;

use super::connection::{Connection, prepared};
use super::fault::Doing;
use crate::error::StoreError;

/// The columns of a session, as [`session`] and [`view`] read them.
macro_rules! session_columns {
    () => {
        "updated_at, id, status, stage, client_type, appointment_id, remote_appointment_id, referral_source, \
         referral_campaign, referral_medium, created_at, last_activity_at, expires_at"
    };
}
pub(super) use session_columns;

/// The place of each column among [`session_columns`].
mod column {
    pub(super) const UPDATED_AT: usize = 0;
    pub(super) const ID: usize = 1;
    pub(super) const STATUS: usize = 2;
    pub(super) const STAGE: usize = 3;
    pub(super) const CLIENT_TYPE: usize = 4;
    pub(super) const APPOINTMENT_ID: usize = 5;
    pub(super) const REMOTE_APPOINTMENT_ID: usize = 6;
    pub(super) const REFERRAL_SOURCE: usize = 7;
    pub(super) const REFERRAL_CAMPAIGN: usize = 8;
    pub(super) const REFERRAL_MEDIUM: usize = 9;
    pub(super) const CREATED_AT: usize = 10;
    pub(super) const LAST_ACTIVITY_AT: usize = 11;
    pub(super) const EXPIRES_AT: usize = 12;
}

/// The columns of a session within a row.
#[derive(Clone, Copy)]
struct Columns<'r> {
    row: &'r Row,
    first: usize,
}

impl<'r> Columns<'r> {
    fn text(self, column: usize) -> Result<Option<&'r str>, StoreError> {
        self.row.try_get(self.first + column).doing("read a session")
    }

    fn instant(self, column: usize) -> Result<Timestamp, StoreError> {
        self.row.try_get(self.first + column).map(Timestamp::from_micros).doing("read a session")
    }

    fn optional_instant(self, column: usize) -> Result<Option<Timestamp>, StoreError> {
        let micros: Option<i64> = self.row.try_get(self.first + column).doing("read a session")?;
        Ok(micros.map(Timestamp::from_micros))
    }

    fn number(self, column: usize) -> Result<Option<i64>, StoreError> {
        let number: Option<i16> = self.row.try_get(self.first + column).doing("read a session")?;
        Ok(number.map(i64::from))
    }

    /// That a column holds what we never write.
    fn corrupt(self, column: &'static str) -> StoreError {
        let id = self.text(column::ID).ok().flatten().unwrap_or("an unreadable id").to_owned();
        StoreError::Corrupt { table: "sessions", column, id }
    }

    /// The enum of a number that is always there.
    fn known<T>(self, column: usize, name: &'static str, of: fn(i64) -> Option<T>) -> Result<T, StoreError> {
        self.number(column)?.and_then(of).ok_or_else(|| self.corrupt(name))
    }
}

/// The wire fields of the session whose columns begin at `first_column`, borrowed from the row.
///
/// # Errors
/// When they cannot be read, or hold what we never write.
pub(super) fn view(row: &Row, first_column: usize) -> Result<SessionView<'_>, StoreError> {
    let columns = Columns { row, first: first_column };
    let status = columns.known(column::STATUS, "status", Status::from_number)?;
    let (appointment_id, remote_appointment_id) = match status {
        Status::Completed => (columns.text(column::APPOINTMENT_ID)?, columns.text(column::REMOTE_APPOINTMENT_ID)?),
        Status::Active | Status::Abandoned => (None, None),
    };
    Ok(SessionView {
        id: columns.text(column::ID)?.ok_or_else(|| columns.corrupt("id"))?,
        status,
        stage: columns.known(column::STAGE, "stage", Stage::from_number)?,
        client_type: match columns.number(column::CLIENT_TYPE)? {
            None => None,
            Some(number) => Some(ClientType::from_number(number).ok_or_else(|| columns.corrupt("client_type"))?),
        },
        appointment_id,
        remote_appointment_id,
        referral_source: columns.text(column::REFERRAL_SOURCE)?,
        referral_campaign: columns.text(column::REFERRAL_CAMPAIGN)?,
        referral_medium: columns.text(column::REFERRAL_MEDIUM)?,
        created_at: columns.instant(column::CREATED_AT)?,
        updated_at: columns.instant(column::UPDATED_AT)?,
        last_activity_at: columns.optional_instant(column::LAST_ACTIVITY_AT)?,
    })
}

/// The place in the feed of the session whose columns begin at `first_column`.
///
/// # Errors
/// When it cannot be read.
pub(super) fn place(row: &Row, first_column: usize) -> Result<Place, StoreError> {
    let columns = Columns { row, first: first_column };
    let id = columns.text(column::ID)?.ok_or_else(|| columns.corrupt("id"))?;
    Ok(Place { updated_at: columns.instant(column::UPDATED_AT)?, id: id.into() })
}

/// The session whose columns begin at `first_column`.
///
/// # Errors
/// When it cannot be read, or holds what we never write.
pub(super) fn session(row: &Row, first_column: usize) -> Result<Session, StoreError> {
    let columns = Columns { row, first: first_column };
    let view = view(row, first_column)?;
    let appointment = |text: &str, name| AppointmentId::parse(text).map_err(|_| columns.corrupt(name));
    let state = match view.status {
        Status::Active => {
            let expires_at = columns.optional_instant(column::EXPIRES_AT)?;
            State::Active { expires_at: expires_at.ok_or_else(|| columns.corrupt("expires_at"))? }
        }
        Status::Completed => {
            let appointment_id = view.appointment_id.ok_or_else(|| columns.corrupt("appointment_id"))?;
            State::Completed {
                appointment_id: appointment(appointment_id, "appointment_id")?,
                remote_appointment_id: view
                    .remote_appointment_id
                    .map(|text| appointment(text, "remote_appointment_id"))
                    .transpose()?,
            }
        }
        Status::Abandoned => State::Abandoned,
    };
    Ok(Session {
        id: SessionId::parse(view.id).map_err(|_| columns.corrupt("id"))?,
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

/// Whether PostgreSQL can hold that id at all: its texts have no NUL, and a parameter that has one is an error.
pub(super) fn can_be_kept(id: &str) -> bool {
    !id.contains('\0')
}

/// One session.
pub(super) const FIND: &str =
    concat!("/* session by id */ SELECT ", session_columns!(), " FROM sessions WHERE location = $1 AND id = $2");

/// The session of that id in that location.
///
/// # Errors
/// When it cannot be read.
pub(super) async fn find(connection: &Connection, location: i64, id: &str) -> Result<Option<Session>, StoreError> {
    if !can_be_kept(id) {
        return Ok(None);
    }
    let statement = prepared(connection, FIND).await?;
    let row = connection.query_opt(&statement, &[&location, &id]).await.doing("look up a session")?;
    row.map(|row| session(&row, 0)).transpose()
}
