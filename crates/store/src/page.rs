//! What a list request asks of an engine, and what comes back beside the rows.

use std::sync::Arc;

use frontdesk_domain::feed::{Place, Stretch, Window};

use crate::Location;

/// A page of a location's feed.
#[derive(Clone, Debug)]
pub struct PageQuery {
    /// Whose feed.
    pub location: Arc<Location>,
    /// Which part of it.
    pub window: Window,
    /// Where the page starts.
    pub start: PageStart,
    /// The most sessions from each start.
    pub limit: u32,
}

/// Where a page starts.
#[derive(Clone, Debug)]
pub enum PageStart {
    /// After so many sessions of the window.
    Rank(u64),
    /// At a place that a cursor names.
    Cursor(Place),
    /// At each of these, the smallest first: the pages of several walks in one, each session once. From a stretch the
    /// page reaches until a whole page after its last place.
    Walks(Vec<Stretch>),
}

/// What a page says beside its rows.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageAnswer {
    /// Sessions in the whole window; not counted for a walk, which counts from its places on.
    pub matching: Option<u64>,
    /// How the page ends, for every start in order.
    pub ends: Vec<PageEnd>,
}

/// How a page ends, seen from one of its starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PageEnd {
    /// Where the page after it starts: after its last row, or where it started itself when it has none. None when no row
    /// was read and the start was a rank.
    pub next: Option<Stretch>,
    /// Rows from the start on, at most the query's limit.
    pub rows: u64,
    /// Sessions of the window from the start on, these rows among them. Zero for a cursor, which counts nothing.
    pub following: u64,
    /// Whether there are sessions after these rows.
    pub more: bool,
}
