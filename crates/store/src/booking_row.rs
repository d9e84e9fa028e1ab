//! From rows to appointments, clients, patients and holds: the same on both engines, which only take values out of a row.

use std::str::FromStr;

use frontdesk_domain::appointment::{Appointment, Client, Hold, Notice, Patient, Status};
use frontdesk_domain::scheduling::{Busy, Interval, Occupant, Slot};
use frontdesk_domain::session::{ClientType, Referral};
use frontdesk_domain::{IdError, LocationId, Timestamp};

use crate::booking::{FullAppointment, OutgoingMail};
use crate::error::StoreError;

/// The columns of an appointment, each behind `$table` (`"a."`), as [`appointment`] reads them.
macro_rules! appointment_columns {
    ($table:literal) => {
        concat!(
            $table,
            "id, ",
            $table,
            "remote_id, ",
            $table,
            "status, ",
            $table,
            "starts_at, ",
            $table,
            "ends_at, ",
            $table,
            "provider, ",
            $table,
            "appointment_type, ",
            $table,
            "room, ",
            $table,
            "occupied_from, ",
            $table,
            "occupied_until, ",
            $table,
            "session, ",
            $table,
            "referral_source, ",
            $table,
            "referral_campaign, ",
            $table,
            "referral_medium, ",
            $table,
            "client_type, ",
            $table,
            "client, ",
            $table,
            "patient, ",
            $table,
            "note, ",
            $table,
            "language, ",
            $table,
            "sequence, ",
            $table,
            "created_at, ",
            $table,
            "updated_at"
        )
    };
}
pub(crate) use appointment_columns;
/// How many they are.
pub(crate) const APPOINTMENT_COLUMNS: usize = 22;

/// The columns of a client, as [`client`] reads them.
macro_rules! client_columns {
    ($table:literal) => {
        concat!(
            $table,
            "id, ",
            $table,
            "remote_id, ",
            $table,
            "first_name, ",
            $table,
            "last_name, ",
            $table,
            "email, ",
            $table,
            "phone, ",
            $table,
            "created_at"
        )
    };
}
pub(crate) use client_columns;
/// How many they are.
pub(crate) const CLIENT_COLUMNS: usize = 7;

/// The columns of a patient, as [`patient`] reads them.
macro_rules! patient_columns {
    ($table:literal) => {
        concat!(
            $table,
            "id, ",
            $table,
            "remote_id, ",
            $table,
            "client, ",
            $table,
            "name, ",
            $table,
            "species, ",
            $table,
            "breed, ",
            $table,
            "created_at"
        )
    };
}
pub(crate) use patient_columns;

/// The columns of a hold, as [`hold`] reads them.
macro_rules! hold_columns {
    () => {
        "session, starts_at, provider, appointment_type, room, occupied_from, occupied_until, held_until"
    };
}
pub(crate) use hold_columns;

/// The columns of an appointment, then those of its client, then those of its patient, from tables of these names.
macro_rules! full_columns {
    () => {
        concat!(
            $crate::booking_row::appointment_columns!("a."),
            ", ",
            $crate::booking_row::client_columns!("c."),
            ", ",
            $crate::booking_row::patient_columns!("p.")
        )
    };
}
pub(crate) use full_columns;

/// The columns of a mail, then those of what it is about, from tables of these names.
macro_rules! mail_columns {
    () => {
        concat!(
            "m.location, m.id, m.notice, m.sequence, m.attempts, m.created_at, ",
            $crate::booking_row::full_columns!()
        )
    };
}
pub(crate) use mail_columns;

/// A row of either engine, whose values are taken out by their places.
pub(crate) trait Fields {
    /// A text that is always there.
    fn text(&self, column: usize) -> Result<&str, StoreError>;
    /// A text that may be missing.
    fn optional_text(&self, column: usize) -> Result<Option<&str>, StoreError>;
    /// An integer of whatever width that is always there.
    fn integer(&self, column: usize) -> Result<i64, StoreError>;
    /// An integer that may be missing.
    fn optional_integer(&self, column: usize) -> Result<Option<i64>, StoreError>;
}

/// The columns of a table within a row, from `first` on.
struct Part<'r, F> {
    row: &'r F,
    first: usize,
    table: &'static str,
}

impl<'r, F: Fields> Part<'r, F> {
    fn text(&self, column: usize) -> Result<&'r str, StoreError> {
        self.row.text(self.first + column)
    }

    fn own_text(&self, column: usize) -> Result<Box<str>, StoreError> {
        self.text(column).map(Box::from)
    }

    fn own_optional_text(&self, column: usize) -> Result<Option<Box<str>>, StoreError> {
        Ok(self.row.optional_text(self.first + column)?.map(Box::from))
    }

    fn instant(&self, column: usize) -> Result<Timestamp, StoreError> {
        self.row.integer(self.first + column).map(Timestamp::from_micros)
    }

    fn interval(&self, column: usize) -> Result<Interval, StoreError> {
        Ok(Interval { start: self.instant(column)?, end: self.instant(column + 1)? })
    }

    /// An id that is always there.
    fn id<T: FromStr<Err = IdError>>(&self, column: usize, name: &'static str) -> Result<T, StoreError> {
        self.text(column)?.parse().map_err(|_| self.corrupt(name))
    }

    /// An id that may be missing.
    fn optional_id<T: FromStr<Err = IdError>>(
        &self,
        column: usize,
        name: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let id = self.row.optional_text(self.first + column)?;
        id.map(str::parse).transpose().map_err(|_| self.corrupt(name))
    }

    /// That a column holds what we never write. The id of each table is its first column.
    fn corrupt(&self, column: &'static str) -> StoreError {
        let id = self.text(0).unwrap_or("an unreadable id").to_owned();
        StoreError::Corrupt { table: self.table, column, id }
    }
}

/// The appointment whose columns begin at `first`.
///
/// # Errors
/// When they cannot be read, or hold what we never write.
pub(crate) fn appointment(row: &impl Fields, first: usize) -> Result<Appointment, StoreError> {
    let part = Part { row, first, table: "appointments" };
    let number = |column| row.integer(first + column);
    let client_type = row
        .optional_integer(first + 14)?
        .map(|number| ClientType::from_number(number).ok_or_else(|| part.corrupt("client_type")));
    Ok(Appointment {
        id: part.id(0, "id")?,
        remote_id: part.optional_id(1, "remote_id")?,
        status: Status::from_number(number(2)?).ok_or_else(|| part.corrupt("status"))?,
        slot: Slot {
            start: part.instant(3)?,
            provider: part.id(5, "provider")?,
            appointment_type: part.id(6, "appointment_type")?,
        },
        end: part.instant(4)?,
        occupied: part.interval(8)?,
        room: part.optional_id(7, "room")?,
        session: part.optional_id(10, "session")?,
        referral: Referral {
            source: part.own_optional_text(11)?,
            campaign: part.own_optional_text(12)?,
            medium: part.own_optional_text(13)?,
        },
        client_type: client_type.transpose()?,
        client: part.id(15, "client")?,
        patient: part.id(16, "patient")?,
        note: part.own_optional_text(17)?,
        language: part.own_text(18)?,
        sequence: u32::try_from(number(19)?).map_err(|_| part.corrupt("sequence"))?,
        created_at: part.instant(20)?,
        updated_at: part.instant(21)?,
    })
}

/// The client whose columns begin at `first`.
///
/// # Errors
/// When they cannot be read, or hold what we never write.
pub(crate) fn client(row: &impl Fields, first: usize) -> Result<Client, StoreError> {
    let part = Part { row, first, table: "clients" };
    Ok(Client {
        id: part.id(0, "id")?,
        remote_id: part.own_optional_text(1)?,
        first_name: part.own_text(2)?,
        last_name: part.own_text(3)?,
        email: part.own_optional_text(4)?,
        phone: part.own_optional_text(5)?,
        created_at: part.instant(6)?,
    })
}

/// The patient whose columns begin at `first`.
///
/// # Errors
/// When they cannot be read, or hold what we never write.
pub(crate) fn patient(row: &impl Fields, first: usize) -> Result<Patient, StoreError> {
    let part = Part { row, first, table: "patients" };
    Ok(Patient {
        id: part.id(0, "id")?,
        remote_id: part.own_optional_text(1)?,
        client: part.id(2, "client")?,
        name: part.own_text(3)?,
        species: part.own_optional_text(4)?,
        breed: part.own_optional_text(5)?,
        created_at: part.instant(6)?,
    })
}

/// The hold whose columns begin at `first`.
///
/// # Errors
/// When they cannot be read, or hold what we never write.
pub(crate) fn hold(row: &impl Fields, first: usize) -> Result<Hold, StoreError> {
    let part = Part { row, first, table: "holds" };
    Ok(Hold {
        session: part.id(0, "session")?,
        slot: Slot {
            start: part.instant(1)?,
            provider: part.id(2, "provider")?,
            appointment_type: part.id(3, "appointment_type")?,
        },
        room: part.optional_id(4, "room")?,
        occupied: part.interval(5)?,
        until: part.instant(7)?,
    })
}

/// What is busy, of a row whose columns from `first` on are the id of an appointment or a session, the provider, the room,
/// from when and until when, and until when it is held: null for an appointment.
///
/// # Errors
/// When they cannot be read, or hold what we never write.
pub(crate) fn busy(row: &impl Fields, first: usize) -> Result<Busy, StoreError> {
    let held_until = row.optional_integer(first + 5)?.map(Timestamp::from_micros);
    let (table, id) = if held_until.is_some() { ("holds", "session") } else { ("appointments", "id") };
    let part = Part { row, first, table };
    Ok(Busy {
        occupied: part.interval(3)?,
        provider: part.id(1, "provider")?,
        room: part.optional_id(2, "room")?,
        occupant: match held_until {
            Some(until) => Occupant::Hold { session: part.id(0, id)?, until },
            None => Occupant::Appointment { id: part.id(0, id)? },
        },
    })
}

/// The appointment with its client and patient, of a row of [`full_columns`] that begin at `first`.
///
/// # Errors
/// When they cannot be read, or hold what we never write.
pub(crate) fn full(row: &impl Fields, first: usize) -> Result<FullAppointment, StoreError> {
    let client_at = first + APPOINTMENT_COLUMNS;
    Ok(FullAppointment {
        appointment: appointment(row, first)?,
        client: client(row, client_at)?,
        patient: patient(row, client_at + CLIENT_COLUMNS)?,
    })
}

/// The mail of a row of [`mail_columns`]; `location` knows the id of a location by its key.
///
/// # Errors
/// When it cannot be read, or holds what we never write.
pub(crate) fn mail(
    row: &impl Fields,
    location: impl Fn(i64) -> Option<LocationId>,
) -> Result<OutgoingMail, StoreError> {
    let part = Part { row, first: 1, table: "mails" };
    let number =
        |column, name| row.integer(column).and_then(|number| u32::try_from(number).map_err(|_| part.corrupt(name)));
    Ok(OutgoingMail {
        location: location(row.integer(0)?).ok_or_else(|| part.corrupt("location"))?,
        id: part.id(0, "id")?,
        notice: Notice::from_name(row.text(2)?).ok_or_else(|| part.corrupt("notice"))?,
        sequence: number(3, "sequence")?,
        attempts: number(4, "attempts")?,
        created_at: Timestamp::from_micros(row.integer(5)?),
        appointment: full(row, 6)?,
    })
}
