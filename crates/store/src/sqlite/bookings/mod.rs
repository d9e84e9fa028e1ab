//! Bookings in the embedded engine: what a transaction loads and saves of them, and what readers see.

pub(super) mod agenda;
mod mail;
pub(super) mod read;
mod records;
pub(super) mod row;

use rusqlite::{Connection, Row};

use crate::error::{Doing, StoreError};

/// Why rows cannot be read, for each that cannot.
///
/// # Errors
/// When the tables cannot be read at all.
pub(super) fn unreadable(connection: &Connection) -> Result<Vec<StoreError>, StoreError> {
    const READING: &str = "read every booking";
    type Read = fn(&Row<'_>) -> Result<(), StoreError>;
    let tables: [(&str, Read); 4] = [
        (concat!("SELECT ", row::appointment_columns!(), " FROM appointments a"), |row| {
            row::appointment(row, 0).map(drop)
        }),
        (concat!("SELECT ", row::client_columns!(), " FROM clients c"), |row| row::client(row, 0).map(drop)),
        (concat!("SELECT ", row::patient_columns!(), " FROM patients p"), |row| row::patient(row, 0).map(drop)),
        (concat!("SELECT ", row::hold_columns!(), " FROM holds"), |row| row::hold(row).map(drop)),
    ];
    let mut unreadable = Vec::new();
    for (statement, read) in tables {
        let mut statement = connection.prepare(statement).doing(READING)?;
        let mut rows = statement.query([]).doing(READING)?;
        while let Some(row) = rows.next().doing(READING)? {
            unreadable.extend(read(row).err());
        }
    }
    Ok(unreadable)
}

/// The statements that do not stand in the source as they are.
#[cfg(test)]
pub(super) fn assembled_statements() -> Vec<&'static str> {
    use read::{
        APPOINTMENTS, CLIENTS, CLIENTS_OF_EMAIL, CLIENTS_OF_PHONE, FULL_APPOINTMENT, PATIENTS, PATIENTS_OF_CLIENT,
    };
    use records::{
        APPOINTMENT, CLIENT, CLIENT_BY_REMOTE_ID, CLIENTS_BY_EMAIL, CLIENTS_BY_PHONE, HOLD, PATIENT,
        PATIENT_BY_REMOTE_ID, PATIENTS_OF,
    };
    let read =
        [APPOINTMENTS, CLIENTS, CLIENTS_OF_EMAIL, CLIENTS_OF_PHONE, FULL_APPOINTMENT, PATIENTS, PATIENTS_OF_CLIENT];
    let loaded = [
        APPOINTMENT,
        CLIENT,
        CLIENT_BY_REMOTE_ID,
        CLIENTS_BY_EMAIL,
        CLIENTS_BY_PHONE,
        HOLD,
        PATIENT,
        PATIENT_BY_REMOTE_ID,
        PATIENTS_OF,
    ];
    read.into_iter().chain(loaded).chain([mail::DUE]).collect()
}
