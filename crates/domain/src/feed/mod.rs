//! The change feed of a location: its sessions in the order of `updated_at`, and what makes it safe to poll.

pub mod tally;
pub mod walk;

use crate::Timestamp;
use crate::session::Status;

/// The tick of a change that commits at `now` in a location whose last tick was `last`: later than every tick before
/// it, and not before `now`, so that the order of ticks is the order of commits (contract, "What makes `updated_at`
/// safe to poll", rule 1).
pub fn next_tick(last: Timestamp, now: Timestamp) -> Timestamp {
    now.max(last.plus_micros(1))
}

/// What a list request asks for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Window {
    /// The first instant of `updated_at`, inclusive.
    pub start: Timestamp,
    /// The last instant, inclusive; none: now.
    pub end: Option<Timestamp>,
    /// Only sessions of this status.
    pub status: Option<Status>,
}

/// A place in a feed, between two sessions: after every session up to and including (`updated_at`, `id`).
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Place {
    /// The `updated_at` of the session before the place.
    pub updated_at: Timestamp,
    /// The id of the session before the place; empty for the place before all sessions of that instant.
    pub id: Box<str>,
}

impl Place {
    /// The place before every session of the instant `start` and after every earlier one.
    pub fn before(start: Timestamp) -> Self {
        Self { updated_at: start, id: "".into() }
    }
}

/// A stretch of a feed between two places; nearly always one place.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Stretch {
    /// The first place.
    pub from: Place,
    /// The last place, when it is another; boxed, because that is rare and many stretches are remembered.
    end: Option<Box<Place>>,
}

impl Stretch {
    /// From one place through another, which is not before it.
    pub fn new(from: Place, through: Place) -> Self {
        let end = (through > from).then(|| Box::new(through));
        Self { from, end }
    }

    /// Both, and what lies between them.
    pub fn and(&self, other: &Self) -> Self {
        Self::new(self.from.clone().min(other.from.clone()), self.through().max(other.through()).clone())
    }

    /// The last place.
    pub fn through(&self) -> &Place {
        self.end.as_deref().unwrap_or(&self.from)
    }
}

impl From<Place> for Stretch {
    /// One place.
    fn from(place: Place) -> Self {
        Self { from: place, end: None }
    }
}
