//! What takes up the time of providers and rooms.

use serde::{Deserialize, Serialize};

use crate::practice::AppointmentType;
use crate::time::SECOND;
use crate::{AppointmentId, ProviderId, RoomId, SessionId, Timestamp};

/// A stretch of time: `start` inclusive, `end` exclusive.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
pub struct Interval {
    /// Its first instant.
    pub start: Timestamp,
    /// The instant after its last.
    pub end: Timestamp,
}

impl Interval {
    /// Whether the two have an instant in common.
    pub fn overlaps(self, other: Self) -> bool {
        self.start < other.end && other.start < self.end
    }

    /// Whether the other lies within it.
    pub fn contains(self, other: Self) -> bool {
        self.start <= other.start && other.end <= self.end
    }

    /// When an appointment of a type takes place that begins at `start`.
    pub fn of(appointment_type: &AppointmentType, start: Timestamp) -> Self {
        Self { start, end: start.plus_micros(i64::from(appointment_type.minutes) * 60 * SECOND) }
    }

    /// What such an appointment takes of its provider and room: itself with its buffers.
    pub fn occupied_by(appointment_type: &AppointmentType, start: Timestamp) -> Self {
        let minutes = |minutes: u16| i64::from(minutes) * 60 * SECOND;
        let itself = Self::of(appointment_type, start);
        Self {
            start: itself.start.plus_micros(-minutes(appointment_type.buffer_before_minutes)),
            end: itself.end.plus_micros(minutes(appointment_type.buffer_after_minutes)),
        }
    }
}

/// What a provider, and a room, are taken up by.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Busy {
    /// How long, buffers included.
    pub occupied: Interval,
    /// Who.
    pub provider: ProviderId,
    /// Where.
    pub room: Option<RoomId>,
    /// By what.
    pub occupant: Occupant,
}

/// An appointment, or a time that is kept for somebody who may still book it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Occupant {
    /// An appointment that stands.
    Appointment {
        /// Its id.
        id: AppointmentId,
    },
    /// A hold.
    Hold {
        /// The session that it is kept for.
        session: SessionId,
        /// The instant from which it is kept no longer.
        until: Timestamp,
    },
}

/// Everything that takes up time at a location within some span.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Agenda {
    busy: Vec<Busy>,
}

impl Agenda {
    /// An agenda of these, in any order.
    pub fn new(mut busy: Vec<Busy>) -> Self {
        busy.sort_by_key(|one| one.occupied);
        Self { busy }
    }

    /// What is on it, by the time of its beginning.
    pub fn busy(&self) -> &[Busy] {
        &self.busy
    }

    /// Takes something up.
    pub fn add(&mut self, busy: Busy) {
        let place = self.busy.partition_point(|one| one.occupied <= busy.occupied);
        self.busy.insert(place, busy);
    }

    /// Takes everything off that is for `occupant` to say.
    pub fn remove(&mut self, occupant: impl Fn(&Occupant) -> bool) {
        self.busy.retain(|one| !occupant(&one.occupant));
    }
}
