//! From rows to appointments, holds, clients and patients.

use frontdesk_domain::appointment::{Appointment, Client, Hold, Patient, Status};
use frontdesk_domain::scheduling::{Busy, Interval, Occupant, Slot};
use frontdesk_domain::session::{ClientType, Referral};
use frontdesk_domain::{Timestamp, id::IdError};
use tokio_postgres::Row;
use tokio_postgres::types::FromSql;

use super::super::fault::Doing;
use crate::booking::FullAppointment;
use crate::error::StoreError;

/// The columns of an appointment, as [`appointment`] reads them.
macro_rules! appointment_columns {
    () => {
        "a.id, a.remote_id, a.status, a.starts_at, a.ends_at, a.provider, a.appointment_type, a.room, a.occupied_from, \
         a.occupied_until, a.session, a.referral_source, a.referral_campaign, a.referral_medium, a.client_type, \
         a.client, a.patient, a.note, a.language, a.sequence, a.created_at, a.updated_at"
    };
}
pub(in super::super) use appointment_columns;
const APPOINTMENT_COLUMNS: usize = 22;

/// The columns of a client, as [`client`] reads them.
macro_rules! client_columns {
    () => {
        "c.id, c.remote_id, c.first_name, c.last_name, c.email, c.phone, c.created_at"
    };
}
pub(in super::super) use client_columns;
const CLIENT_COLUMNS: usize = 7;

/// The columns of a patient, as [`patient`] reads them.
macro_rules! patient_columns {
    () => {
        "p.id, p.remote_id, p.client, p.name, p.species, p.breed, p.created_at"
    };
}
pub(in super::super) use patient_columns;

/// The columns of a hold, as [`hold`] reads them.
macro_rules! hold_columns {
    () => {
        "h.session, h.starts_at, h.provider, h.appointment_type, h.room, h.occupied_from, h.occupied_until, h.held_until"
    };
}
pub(in super::super) use hold_columns;

/// The columns of something within a row, the first of which is its id.
#[derive(Clone, Copy)]
struct Columns<'r> {
    row: &'r Row,
    table: &'static str,
    first: usize,
}

impl<'r> Columns<'r> {
    fn get<T: FromSql<'r>>(self, column: usize) -> Result<T, StoreError> {
        self.row.try_get(self.first + column).doing("read a booking")
    }

    /// That a column holds what we never write.
    fn corrupt(self, column: &'static str) -> StoreError {
        let id = self.get(0).unwrap_or_else(|_| "an unreadable id".to_owned());
        StoreError::Corrupt { table: self.table, column, id }
    }

    fn instant(self, column: usize) -> Result<Timestamp, StoreError> {
        self.get(column).map(Timestamp::from_micros)
    }

    fn text(self, column: usize) -> Result<Option<Box<str>>, StoreError> {
        Ok(self.get::<Option<&str>>(column)?.map(Into::into))
    }

    fn id<T: TryFrom<String, Error = IdError>>(self, column: usize, name: &'static str) -> Result<T, StoreError> {
        self.get::<String>(column)?.try_into().map_err(|_| self.corrupt(name))
    }

    fn optional_id<T: TryFrom<String, Error = IdError>>(
        self,
        column: usize,
        name: &'static str,
    ) -> Result<Option<T>, StoreError> {
        let text: Option<String> = self.get(column)?;
        text.map(|text| text.try_into().map_err(|_| self.corrupt(name))).transpose()
    }
}

/// The appointment whose columns begin at `first`.
pub(in super::super) fn appointment(row: &Row, first: usize) -> Result<Appointment, StoreError> {
    let columns = Columns { row, table: "appointments", first };
    let status = i64::from(columns.get::<i16>(2)?);
    let client_type = columns.get::<Option<i16>>(14)?.map(i64::from);
    Ok(Appointment {
        id: columns.id(0, "id")?,
        remote_id: columns.optional_id(1, "remote_id")?,
        status: Status::from_number(status).ok_or_else(|| columns.corrupt("status"))?,
        slot: Slot {
            start: columns.instant(3)?,
            provider: columns.id(5, "provider")?,
            appointment_type: columns.id(6, "appointment_type")?,
        },
        end: columns.instant(4)?,
        room: columns.optional_id(7, "room")?,
        occupied: Interval { start: columns.instant(8)?, end: columns.instant(9)? },
        session: columns.optional_id(10, "session")?,
        referral: Referral { source: columns.text(11)?, campaign: columns.text(12)?, medium: columns.text(13)? },
        client_type: match client_type {
            None => None,
            Some(number) => Some(ClientType::from_number(number).ok_or_else(|| columns.corrupt("client_type"))?),
        },
        client: columns.id(15, "client")?,
        patient: columns.id(16, "patient")?,
        note: columns.text(17)?,
        language: columns.get::<&str>(18)?.into(),
        sequence: u32::try_from(columns.get::<i64>(19)?).map_err(|_| columns.corrupt("sequence"))?,
        created_at: columns.instant(20)?,
        updated_at: columns.instant(21)?,
    })
}

/// The client whose columns begin at `first`.
pub(in super::super) fn client(row: &Row, first: usize) -> Result<Client, StoreError> {
    let columns = Columns { row, table: "clients", first };
    Ok(Client {
        id: columns.id(0, "id")?,
        remote_id: columns.text(1)?,
        first_name: columns.get::<&str>(2)?.into(),
        last_name: columns.get::<&str>(3)?.into(),
        email: columns.text(4)?,
        phone: columns.text(5)?,
        created_at: columns.instant(6)?,
    })
}

/// The patient whose columns begin at `first`.
pub(in super::super) fn patient(row: &Row, first: usize) -> Result<Patient, StoreError> {
    let columns = Columns { row, table: "patients", first };
    Ok(Patient {
        id: columns.id(0, "id")?,
        remote_id: columns.text(1)?,
        client: columns.id(2, "client")?,
        name: columns.get::<&str>(3)?.into(),
        species: columns.text(4)?,
        breed: columns.text(5)?,
        created_at: columns.instant(6)?,
    })
}

/// The appointment, the client and the patient whose columns begin at `first`, in this order.
pub(in super::super) fn full(row: &Row, first: usize) -> Result<FullAppointment, StoreError> {
    let client_first = first + APPOINTMENT_COLUMNS;
    Ok(FullAppointment {
        appointment: appointment(row, first)?,
        client: client(row, client_first)?,
        patient: patient(row, client_first + CLIENT_COLUMNS)?,
    })
}

/// The hold whose columns begin at `first`.
pub(in super::super) fn hold(row: &Row, first: usize) -> Result<Hold, StoreError> {
    let columns = Columns { row, table: "holds", first };
    Ok(Hold {
        session: columns.id(0, "session")?,
        slot: Slot {
            start: columns.instant(1)?,
            provider: columns.id(2, "provider")?,
            appointment_type: columns.id(3, "appointment_type")?,
        },
        room: columns.optional_id(4, "room")?,
        occupied: Interval { start: columns.instant(5)?, end: columns.instant(6)? },
        until: columns.instant(7)?,
    })
}

/// What is busy, whose columns begin at `first`: who or what, provider, room, from, until, and of a hold its end.
pub(in super::super) fn busy(row: &Row, first: usize) -> Result<Busy, StoreError> {
    let held_until: Option<i64> = row.try_get(first + 5).doing("read what is busy")?;
    let (table, id) = if held_until.is_some() { ("holds", "session") } else { ("appointments", "id") };
    let columns = Columns { row, table, first };
    Ok(Busy {
        provider: columns.id(1, "provider")?,
        room: columns.optional_id(2, "room")?,
        occupied: Interval { start: columns.instant(3)?, end: columns.instant(4)? },
        occupant: match held_until {
            Some(until) => Occupant::Hold { session: columns.id(0, id)?, until: Timestamp::from_micros(until) },
            None => Occupant::Appointment { id: columns.id(0, id)? },
        },
    })
}
