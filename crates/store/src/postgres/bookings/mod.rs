//! Bookings in PostgreSQL: what a transaction loads at its beginning and writes at its end, and what readers see.

mod asked;
mod fields;
mod load;
mod loaded;
mod page;
mod read;
mod saving;

use std::pin::pin;

use futures_util::TryStreamExt;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::connection::Connection;
use super::fault::Doing;
use crate::booking_row::{self as row, appointment_columns, client_columns, hold_columns, patient_columns};
use crate::error::StoreError;

pub(super) use asked::AskedBookings;
pub(super) use load::named;
pub(super) use loaded::Bookings;
pub(super) use read::busy_within;
pub(super) use saving::writes;

/// Why rows cannot be read, for each that cannot.
///
/// # Errors
/// When the tables cannot be read at all.
pub(super) async fn unreadable(connection: &Connection) -> Result<Vec<StoreError>, StoreError> {
    const READING: &str = "read every booking";
    type Read = fn(&Row) -> Result<(), StoreError>;
    let tables: [(&str, Read); 4] = [
        (concat!("SELECT ", appointment_columns!("a."), " FROM appointments a"), |row| {
            row::appointment(row, 0).map(drop)
        }),
        (concat!("SELECT ", client_columns!("c."), " FROM clients c"), |row| row::client(row, 0).map(drop)),
        (concat!("SELECT ", patient_columns!("p."), " FROM patients p"), |row| row::patient(row, 0).map(drop)),
        (concat!("SELECT ", hold_columns!(), " FROM holds h"), |row| row::hold(row, 0).map(drop)),
    ];
    let mut unreadable = Vec::new();
    for (statement, read) in tables {
        let no_parameters: [&(dyn ToSql + Sync); 0] = [];
        let mut rows = pin!(connection.query_raw(statement, no_parameters).await.doing(READING)?);
        while let Some(row) = rows.try_next().await.doing(READING)? {
            unreadable.extend(read(&row).err());
        }
    }
    Ok(unreadable)
}

/// The statements that do not stand in the source as they are.
#[cfg(test)]
pub(super) fn assembled_statements() -> Vec<&'static str> {
    use load::{
        APPOINTMENTS, CLIENTS, CLIENTS_BY_EMAIL, CLIENTS_BY_PHONE, CLIENTS_BY_REMOTE_ID, HOLDS, PATIENTS,
        PATIENTS_BY_REMOTE_ID, PATIENTS_OF,
    };
    let loaded = [
        APPOINTMENTS,
        CLIENTS,
        CLIENTS_BY_EMAIL,
        CLIENTS_BY_PHONE,
        CLIENTS_BY_REMOTE_ID,
        HOLDS,
        PATIENTS,
        PATIENTS_BY_REMOTE_ID,
        PATIENTS_OF,
    ];
    let written = [saving::ADD_APPOINTMENTS, saving::CHANGE_APPOINTMENTS];
    loaded.into_iter().chain(written).chain(read::STATEMENTS).chain([page::PAGE]).collect()
}
