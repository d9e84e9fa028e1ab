//! Appointments: their states, what may be done to them and by whom, and what is asked of them as data.

mod command;
mod decide;
mod person;

pub use command::{
    Actor, Booking, ClientChoice, Command, Decision, Known, NewClient, NewPatient, PatientChoice, Request,
};
pub use decide::Rejection;
pub use person::{Client, ContactError, Patient, normal_email, normal_phone};

use serde::{Deserialize, Serialize};

use crate::scheduling::{Interval, Slot};
use crate::session::{ClientType, Referral};
use crate::{AppointmentId, ClientId, PatientId, RoomId, SessionId, Timestamp};

/// Where an appointment stands (contract, "The neighbours").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Status {
    /// Asked for; the practice has not answered.
    Requested = 0,
    /// Taken by the practice.
    Accepted = 1,
    /// The client has said again that they come.
    Confirmed = 2,
    /// The patient is being seen.
    InProgress = 3,
    /// Over.
    Done = 4,
    /// Cancelled, by either side.
    Deleted = 5,
    /// Refused by the practice.
    Declined = 6,
}

impl Status {
    /// Every status, by its number.
    pub const ALL: &'static [Self] = &[
        Self::Requested,
        Self::Accepted,
        Self::Confirmed,
        Self::InProgress,
        Self::Done,
        Self::Deleted,
        Self::Declined,
    ];

    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "REQUESTED",
            Self::Accepted => "ACCEPTED",
            Self::Confirmed => "CONFIRMED",
            Self::InProgress => "IN_PROGRESS",
            Self::Done => "DONE",
            Self::Deleted => "DELETED",
            Self::Declined => "DECLINED",
        }
    }

    /// The number on the disk.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The status of a number on the disk.
    pub fn from_number(number: i64) -> Option<Self> {
        usize::try_from(number).ok().and_then(|index| Self::ALL.get(index)).copied()
    }

    /// Whether an appointment of this status takes up its provider and its room.
    pub const fn occupies(self) -> bool {
        !matches!(self, Self::Deleted | Self::Declined)
    }
}

/// An appointment as the record holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Appointment {
    /// Its id.
    pub id: AppointmentId,
    /// Its id in the practice's own system, once that has it.
    pub remote_id: Option<AppointmentId>,
    /// Where it stands.
    pub status: Status,
    /// What was booked.
    pub slot: Slot,
    /// When it ends.
    pub end: Timestamp,
    /// What it takes of its provider and room, buffers included.
    pub occupied: Interval,
    /// Where it takes place, when its provider works in rooms.
    pub room: Option<RoomId>,
    /// The session that booked it.
    pub session: Option<SessionId>,
    /// What brought the visitor of that session.
    pub referral: Referral,
    /// Whether the visitor said that they are new.
    pub client_type: Option<ClientType>,
    /// Whose it is.
    pub client: ClientId,
    /// Who is seen.
    pub patient: PatientId,
    /// Why, in the client's words.
    pub note: Option<Box<str>>,
    /// The language in which it was booked (BCP 47), for its mails.
    pub language: Box<str>,
    /// How often its time or its standing has changed: `SEQUENCE` of its calendar entry (RFC 5545, section 3.8.7.4).
    pub sequence: u32,
    /// When it was booked.
    pub created_at: Timestamp,
    /// The tick of its last change.
    pub updated_at: Timestamp,
}

/// A time kept for a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Hold {
    /// Whose it is.
    pub session: SessionId,
    /// What is kept.
    pub slot: Slot,
    /// What it takes of its provider and room, buffers included.
    pub occupied: Interval,
    /// The room that is kept with it.
    pub room: Option<RoomId>,
    /// The instant from which it is kept no longer.
    pub until: Timestamp,
}

/// What an appointment's mail tells; each is sent once.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Notice {
    /// It was asked for; the practice will answer.
    Requested,
    /// It stands.
    Booked,
    /// It has another time.
    Moved,
    /// It is cancelled.
    Cancelled,
    /// The practice declined it.
    Declined,
}

impl Notice {
    /// The name on the disk.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Requested => "requested",
            Self::Booked => "booked",
            Self::Moved => "moved",
            Self::Cancelled => "cancelled",
            Self::Declined => "declined",
        }
    }

    /// The notice of a name on the disk.
    pub fn from_name(name: &str) -> Option<Self> {
        [Self::Requested, Self::Booked, Self::Moved, Self::Cancelled, Self::Declined]
            .into_iter()
            .find(|notice| notice.as_str() == name)
    }
}
