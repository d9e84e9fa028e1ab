//! Bookings in the embedded engine: what a transaction loads and saves of them, and what readers see.

pub(super) mod agenda;
mod mail;
pub(super) mod read;
mod records;
pub(super) mod row;

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
