//! Where the record is kept. SQL lives here and nowhere else; the rules live in `frontdesk_domain`.
//!
//! [`Store`] is the whole interface: commands go in ([`Store::apply`]), pages come out ([`Reader::page`]), and the
//! operator's tools work on a [`Workbench`] of the same database, beside running servers. There are two engines, chosen by
//! the URL: SQLite in the process, and PostgreSQL. What a transaction decides is written once, in `batch`; an engine only
//! loads and saves.

mod agendas;
mod batch;
mod booking;
mod booking_row;
mod catalog;
mod claims;
mod copy;
mod error;
mod fits;
mod moves;
mod observer;
mod page;
mod postgres;
mod record;
mod setup;
mod sqlite;
#[cfg(test)]
mod statements;
mod stopwatch;
mod store;
mod walk;
mod work;
mod workbench;

pub use booking::{
    AppointmentsPage, AppointmentsQuery, BookError, Booked, ClientsQuery, FullAppointment, MailOutcome, OutgoingMail,
    PatientsQuery, SetupVerdict,
};
pub use catalog::{BookingSetup, Catalog, Location, LocationSettings};
pub use copy::{CopiedLocation, CopyError, CopyProgress, CopyReport, CopyVerdict, Fingerprint};
pub use error::{AdminError, ApplyError, OpenError, StoreError};
pub use observer::WriteObserver;
pub use page::{PageAnswer, PageEnd, PageQuery, PageStart};
pub use record::{CheckReport, Finding, ImportCounts, ImportRow, ImportVerdict, Outcome, TimelineEntry};
pub use store::{Reader, Store};
pub use walk::{WalkAnswer, WalkQuery};
pub use workbench::{Workbench, shown};
