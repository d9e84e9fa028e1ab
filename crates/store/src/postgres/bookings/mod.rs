//! Bookings in PostgreSQL: what a transaction loads at its beginning and writes at its end, and what readers see.

mod asked;
mod fields;
mod load;
mod loaded;
mod page;
mod read;
mod saving;

pub(super) use asked::AskedBookings;
pub(super) use load::named;
pub(super) use loaded::Bookings;
pub(super) use read::busy_within;
pub(super) use saving::writes;

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
