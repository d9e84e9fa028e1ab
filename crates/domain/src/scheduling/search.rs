//! What is asked of a location's calendar, and what it answers.

use super::{Interval, Slot};
use crate::practice::{AppointmentType, Provider};
use crate::session::ClientType;
use crate::{ProviderId, RoomId, SessionId, Timestamp, TypeId};

/// Which open times are looked for.
#[derive(Clone, Debug)]
pub struct Search<'a> {
    /// Of which type of appointment.
    pub appointment_type: &'a TypeId,
    /// With whom; none: with anybody who takes the type.
    pub provider: Option<&'a ProviderId>,
    /// The earliest beginning.
    pub from: Timestamp,
    /// The instant before which they begin.
    pub until: Timestamp,
    /// Who asks, and when.
    pub asked: Asked<'a>,
}

/// Who asks, and when.
#[derive(Clone, Copy, Debug)]
pub struct Asked<'a> {
    /// The present moment, from which notice and horizon count.
    pub now: Timestamp,
    /// The session that asks, whose own hold hides nothing from it.
    pub session: Option<&'a SessionId>,
    /// New or returning, once known.
    pub client_type: Option<ClientType>,
    /// Whether the rules for visitors hold: notice and horizon. The practice's own systems may book without them.
    pub visitor: bool,
}

/// A time that can be booked. It borrows from the set-up, so that a month of them costs little; [`Self::slot`] makes what
/// is kept.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpenTime<'a> {
    /// When it begins; a whole minute.
    pub start: Timestamp,
    /// When it would end.
    pub end: Timestamp,
    /// With whom.
    pub provider: &'a Provider,
    /// Of which type.
    pub appointment_type: &'a AppointmentType,
    /// The room that would be taken, when the provider works in rooms.
    pub room: Option<&'a RoomId>,
}

impl OpenTime<'_> {
    /// What can be booked: copies two ids.
    pub fn slot(&self) -> Slot {
        Slot {
            start: self.start,
            provider: self.provider.id.clone(),
            appointment_type: self.appointment_type.id.clone(),
        }
    }

    /// What it would take of its provider and room: itself with its buffers.
    pub fn occupied(&self) -> Interval {
        Interval::occupied_by(self.appointment_type, self.start)
    }
}
