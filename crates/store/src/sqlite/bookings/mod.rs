//! Bookings in the embedded engine: what a transaction loads and saves of them.

pub(super) mod agenda;
mod records;

pub(super) use records::PATIENTS_OF;

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
