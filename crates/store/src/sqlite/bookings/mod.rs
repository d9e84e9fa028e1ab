//! Bookings in the embedded engine: what a transaction loads and saves of them.

pub(super) mod agenda;
mod records;

use rusqlite::{Connection, Row};

use crate::booking_row::{self as row, appointment_columns, client_columns, hold_columns, patient_columns};
use crate::error::{Doing, StoreError};

pub(super) use records::{CLIENT, HOLD, PATIENT, PATIENTS_OF};

/// Why rows cannot be read, for each that cannot.
///
/// # Errors
/// When the tables cannot be read at all.
pub(super) fn unreadable(connection: &Connection) -> Result<Vec<StoreError>, StoreError> {
    const READING: &str = "read every booking";
    type Read = fn(&Row<'_>) -> Result<(), StoreError>;
    let tables: [(&str, Read); 4] = [
        (concat!("SELECT ", appointment_columns!("a."), " FROM appointments a"), |row| {
            row::appointment(row, 0).map(drop)
        }),
        (concat!("SELECT ", client_columns!("c."), " FROM clients c"), |row| row::client(row, 0).map(drop)),
        (concat!("SELECT ", patient_columns!("p."), " FROM patients p"), |row| row::patient(row, 0).map(drop)),
        (concat!("SELECT ", hold_columns!(), " FROM holds"), |row| row::hold(row, 0).map(drop)),
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
    use records::{
        APPOINTMENT, CLIENT, CLIENT_BY_REMOTE_ID, CLIENTS_BY_EMAIL, CLIENTS_BY_PHONE, HOLD, PATIENT,
        PATIENT_BY_REMOTE_ID, PATIENTS_OF,
    };
    vec![
        APPOINTMENT,
        CLIENT,
        CLIENT_BY_REMOTE_ID,
        CLIENTS_BY_EMAIL,
        CLIENTS_BY_PHONE,
        HOLD,
        PATIENT,
        PATIENT_BY_REMOTE_ID,
        PATIENTS_OF,
    ]
}
