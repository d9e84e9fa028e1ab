//! Bookings in PostgreSQL: what a transaction loads at its beginning and writes at its end, and what readers see.

mod loaded;

pub(super) use loaded::Bookings;
