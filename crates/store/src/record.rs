//! What goes in and out of the record besides pages.

use frontdesk_domain::session::{Event, Session, SessionView};
use frontdesk_domain::{LocationId, Timestamp};
use serde::{Deserialize, Serialize};

/// What a command led to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Outcome {
    /// The location whose session it is.
    pub location: LocationId,
    /// The session afterwards.
    pub session: Session,
}

/// An event of a session's timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct TimelineEntry {
    /// The tick of the change that the event belongs to.
    pub at: Timestamp,
    /// What happened.
    pub event: Event,
}

/// A session that comes from a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ImportRow {
    /// The location it belongs to.
    pub location: LocationId,
    /// The session. An active one carries any expiry; the import sets it from the location's time to live.
    pub session: Session,
}

/// What an import did with a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ImportVerdict {
    /// It is new.
    Added,
    /// It replaced an older state of the same session.
    Updated,
    /// The record has it already, or has something later.
    Unchanged,
    /// There is no such location.
    NoSuchLocation,
    /// Its `updated_at` lies in the future, where it would hold up the feed, or its `last_activity_at`, from which it would
    /// live on.
    InTheFuture,
}

/// How many rows met which fate.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct ImportCounts {
    /// New sessions.
    pub added: u64,
    /// Sessions whose older state was replaced.
    pub updated: u64,
    /// Sessions that the record had already.
    pub unchanged: u64,
    /// Rows that were refused.
    pub rejected: u64,
}

/// What a check found.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct CheckReport {
    /// Sessions looked at.
    pub sessions: u64,
    /// Events looked at.
    pub events: u64,
    /// Tally rows recounted.
    pub tallies: u64,
    /// What is wrong; nothing in a sound record. At most a hundred are kept.
    pub findings: Vec<Finding>,
}

/// Something that is wrong with the record.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Finding(pub String);

/// Receives the rows of a page.
pub(crate) type RowSink<'a> = dyn FnMut(SessionView<'_>) + Send + 'a;
