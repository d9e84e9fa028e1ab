//! The state machine of appointments.

use super::{Actor, Appointment, Decision, Status};
use crate::Timestamp;
use crate::time::SECOND;

/// The rules say no. Each has a stable code and a message that may be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Rejection {
    /// Somebody else has the time.
    #[error("This time has just been taken.")]
    SlotTaken,
    /// The time is none that is offered: outside the hours, too soon, too far ahead, off the grid.
    #[error("This time is not open for booking.")]
    SlotNotOpen,
    /// The type of appointment is not for new clients, or only for them.
    #[error("This type of appointment is not for this client.")]
    NotForThisClient,
    /// The visitor keeps as many times as one may.
    #[error("There are too many times on hold already.")]
    TooManyHolds,
    /// The status that it has does not lead to the one asked for.
    #[error("The appointment's status does not allow that.")]
    StatusDoesNotAllow,
    /// Too late for a client to change it.
    #[error("It is too late to change this appointment here; please call the practice.")]
    TooLateToChange,
    /// There is no such client.
    #[error("There is no such client.")]
    NoSuchClient,
    /// The client has no such patient.
    #[error("The client has no such patient.")]
    NoSuchPatient,
    /// The appointment already has another id in the practice's own system.
    #[error("The appointment has another remote id already.")]
    RemoteIdTaken,
}

impl Rejection {
    /// The code that clients may rely on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SlotTaken => "slot_taken",
            Self::SlotNotOpen => "slot_not_open",
            Self::NotForThisClient => "not_for_this_client",
            Self::TooManyHolds => "too_many_holds",
            Self::StatusDoesNotAllow => "status_does_not_allow",
            Self::TooLateToChange => "too_late_to_change",
            Self::NoSuchClient => "no_such_client",
            Self::NoSuchPatient => "no_such_patient",
            Self::RemoteIdTaken => "remote_id_taken",
        }
    }
}

impl Decision {
    /// Where it leads.
    pub const fn leads_to(self) -> Status {
        match self {
            Self::Accept => Status::Accepted,
            Self::Decline => Status::Declined,
            Self::Confirm => Status::Confirmed,
            Self::Begin => Status::InProgress,
            Self::Finish => Status::Done,
            Self::Cancel => Status::Deleted,
        }
    }

    const fn may_come_from(self, status: Status) -> bool {
        use Status::{Accepted, Confirmed, InProgress, Requested};
        match self {
            Self::Accept | Self::Decline => matches!(status, Requested),
            Self::Confirm => matches!(status, Accepted),
            Self::Begin => matches!(status, Accepted | Confirmed),
            Self::Finish => matches!(status, Accepted | Confirmed | InProgress),
            Self::Cancel => matches!(status, Requested | Accepted | Confirmed),
        }
    }
}

impl Appointment {
    /// Lets it go on. False when it is there already: a repetition changes nothing.
    ///
    /// # Errors
    /// When its status does not lead there, or it is too late for a client; it is then as it was.
    pub fn decide(
        &mut self,
        decision: Decision,
        actor: Actor,
        now: Timestamp,
        change_notice_minutes: u32,
    ) -> Result<bool, Rejection> {
        if self.status == decision.leads_to() {
            return Ok(false);
        }
        if !decision.may_come_from(self.status) {
            return Err(Rejection::StatusDoesNotAllow);
        }
        self.check_notice(actor, now, change_notice_minutes)?;
        self.status = decision.leads_to();
        self.sequence += 1;
        Ok(true)
    }

    /// Whether its time may be changed by `actor` at `now`.
    ///
    /// # Errors
    /// When it has begun, is over or called off, or it is too late for a client.
    pub fn check_movable(&self, actor: Actor, now: Timestamp, change_notice_minutes: u32) -> Result<(), Rejection> {
        if !matches!(self.status, Status::Requested | Status::Accepted | Status::Confirmed) {
            return Err(Rejection::StatusDoesNotAllow);
        }
        self.check_notice(actor, now, change_notice_minutes)
    }

    fn check_notice(&self, actor: Actor, now: Timestamp, change_notice_minutes: u32) -> Result<(), Rejection> {
        let latest = self.slot.start.plus_micros(-i64::from(change_notice_minutes) * 60 * SECOND);
        match actor {
            Actor::Client if now >= latest.min(self.slot.start) => Err(Rejection::TooLateToChange),
            Actor::Client | Actor::Practice => Ok(()),
        }
    }
}
