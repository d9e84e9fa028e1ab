//! Where the record is kept. SQL lives here and nowhere else; the rules live in `frontdesk_domain`.
//!
//! [`Store`] is the whole interface: commands go in ([`Store::apply`]), pages come out ([`Reader::page`]), and the
//! operator's tools work on a [`Workbench`] of the same file, beside a running server.

mod catalog;
mod error;
mod page;
mod record;
mod sqlite;

pub use catalog::{Catalog, Location, LocationSettings};
pub use error::{AdminError, ApplyError, OpenError, StoreError};
pub use page::{PageAnswer, PageEnd, PageQuery, PageStart};
pub use record::{CheckReport, Finding, ImportCounts, ImportRow, ImportVerdict, Outcome, TimelineEntry};
pub use sqlite::{Reader, Store, Workbench, WriteObserver};
