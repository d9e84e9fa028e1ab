//! Commands: what is asked of holds and appointments, as data, with every new id and the time inside.

use serde::{Deserialize, Serialize};

use super::Status;
use crate::scheduling::Slot;
use crate::session::{ClientType, Idempotency};
use crate::{AppointmentId, ClientId, LocationId, MailId, PatientId, SessionId, Timestamp};

/// One change that is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Command {
    /// The location whose appointments they are.
    pub location: LocationId,
    /// When it was asked.
    pub now: Timestamp,
    /// Set when a repetition must not be done twice.
    pub idempotency: Option<Idempotency>,
    /// The id of the mail that tells the client, if one is due.
    pub mail: MailId,
    /// What is asked.
    pub request: Request,
}

/// What a command asks.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case")]
pub enum Request {
    /// Keep a time for a session, in the place of the one that it has. The visitor's action.
    Hold {
        /// The session.
        session: SessionId,
        /// The time.
        slot: Slot,
    },
    /// Keep nothing for a session any longer. The visitor's action.
    Release {
        /// The session.
        session: SessionId,
    },
    /// Make an appointment, and complete the session that it came from.
    Book(Box<Booking>),
    /// Let an appointment go on to another status.
    Decide {
        /// The appointment.
        appointment: AppointmentId,
        /// Where to.
        decision: Decision,
        /// Who says so.
        actor: Actor,
    },
    /// Give an appointment another time.
    Reschedule {
        /// The appointment.
        appointment: AppointmentId,
        /// The time; of the appointment's own type.
        slot: Slot,
        /// Who says so.
        actor: Actor,
    },
    /// The practice's own system has the appointment.
    AttachRemote {
        /// The appointment.
        appointment: AppointmentId,
        /// Its id there.
        remote_id: AppointmentId,
    },
}

/// An appointment that is to be made.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Booking {
    /// Its id.
    pub id: AppointmentId,
    /// The session that books it; none when a partner does.
    pub session: Option<SessionId>,
    /// When, with whom, of which type.
    pub slot: Slot,
    /// Whose it is.
    pub client: ClientChoice,
    /// Who is seen.
    pub patient: PatientChoice,
    /// Whether the client is new, when nobody's session says so.
    pub client_type: Option<ClientType>,
    /// Why, in the client's words.
    pub note: Option<Box<str>>,
    /// The status to begin with; none: as the location's rules say.
    pub status: Option<Status>,
    /// The language of the client (BCP 47).
    pub language: Box<str>,
}

/// A client that is named, or described.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "client", rename_all = "snake_case")]
pub enum ClientChoice {
    /// One that is on the record.
    Known(Known<ClientId>),
    /// Whoever has this email address or phone number; a new client when nobody has.
    Described(NewClient),
}

/// A patient that is named, or described.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "patient", rename_all = "snake_case")]
pub enum PatientChoice {
    /// One that is on the record, of this client.
    Known(Known<PatientId>),
    /// The client's patient of this name; a new one when there is none.
    Described(NewPatient),
}

/// By which id something on the record is named.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "by", content = "id", rename_all = "snake_case")]
pub enum Known<Id> {
    /// By ours.
    Id(Id),
    /// By the one of the practice's own system.
    Remote(Box<str>),
}

/// A client as somebody describes themselves.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewClient {
    /// The id if they are new on the record.
    pub id: ClientId,
    /// First name.
    pub first_name: Box<str>,
    /// Last name.
    pub last_name: Box<str>,
    /// Email address.
    pub email: Option<Box<str>>,
    /// Phone number.
    pub phone: Option<Box<str>>,
}

/// A patient as their owner describes them.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct NewPatient {
    /// The id if it is new on the record.
    pub id: PatientId,
    /// Its name.
    pub name: Box<str>,
    /// What it is.
    pub species: Option<Box<str>>,
    /// Of which breed.
    pub breed: Option<Box<str>>,
}

/// Where an appointment may be let go on to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// The practice takes it.
    Accept,
    /// The practice does not.
    Decline,
    /// The client says again that they come.
    Confirm,
    /// The patient is being seen.
    Begin,
    /// It is over.
    Finish,
    /// It is called off.
    Cancel,
}

/// Who asks for a change.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Actor {
    /// The client, who is bound to the location's notice.
    Client,
    /// The practice or its systems.
    Practice,
}
