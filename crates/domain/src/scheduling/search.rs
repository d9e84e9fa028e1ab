//! What is asked of a location's calendar, and what it answers.

use super::Slot;
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

/// A time that can be booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OpenTime {
    /// What can be booked.
    pub slot: Slot,
    /// When it would end.
    pub end: Timestamp,
    /// The room that would be taken, when the provider works in rooms.
    pub room: Option<RoomId>,
}
