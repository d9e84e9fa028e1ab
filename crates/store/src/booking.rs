//! What goes in and out of the record of appointments.

use frontdesk_domain::appointment::{self, Appointment, Client, Hold, Notice, Patient};
use frontdesk_domain::session::{self, Session};
use frontdesk_domain::{AppointmentId, ClientId, LocationId, MailId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::error::StoreError;

/// What a command on appointments led to.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Booked {
    /// The location whose appointments they are.
    pub location: LocationId,
    /// The session of the visitor afterwards, when there is one.
    pub session: Option<Session>,
    /// The appointment afterwards, when it is about one.
    pub appointment: Option<Box<FullAppointment>>,
    /// What is kept for the session afterwards.
    pub hold: Option<Hold>,
}

/// An appointment with whom it is for, as of the same moment.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct FullAppointment {
    /// The appointment.
    pub appointment: Appointment,
    /// Whose it is.
    pub client: Client,
    /// Who is seen.
    pub patient: Patient,
}

/// Why a command on appointments was not carried out; nothing was changed then, but for the timeline of a session that has
/// lost a time to somebody else.
#[derive(Debug, thiserror::Error)]
pub enum BookError {
    /// The rules of appointments say no.
    #[error(transparent)]
    Rejected(#[from] appointment::Rejection),
    /// The rules of sessions say no.
    #[error(transparent)]
    SessionRejected(#[from] session::Rejection),
    /// No session of that id in that location.
    #[error("no such session")]
    NoSuchSession,
    /// No appointment of that id in that location.
    #[error("no such appointment")]
    NoSuchAppointment,
    /// No location of that id, or one that is not set up for booking.
    #[error("no such location")]
    NoSuchLocation,
    /// The idempotency key was used for another request.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] StoreError),
}

/// Which appointments are asked for: those last changed within a window, by `updated_at`, then id.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppointmentsQuery {
    /// The earliest change; inclusive.
    pub start: Timestamp,
    /// The latest; inclusive; none: now.
    pub end: Option<Timestamp>,
    /// Which page, from 0.
    pub page: u64,
    /// Appointments a page.
    pub per_page: u32,
}

/// A page of appointments.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct AppointmentsPage {
    /// How many the window has.
    pub total_count: u64,
    /// Those of the page.
    pub content: Vec<FullAppointment>,
}

/// Which clients are asked for; every part that is given has to agree.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct ClientsQuery {
    /// A part of first name, a space and last name; case does not matter.
    pub name: Option<String>,
    /// The email address, as [`appointment::normal_email`] gives it.
    pub email: Option<String>,
    /// The phone number, as [`appointment::normal_phone`] gives it.
    pub phone: Option<String>,
}

/// Which patients are asked for; every part that is given has to agree.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct PatientsQuery {
    /// Their owner.
    pub client: Option<ClientId>,
    /// A part of the name; case does not matter.
    pub name: Option<String>,
}

/// A mail that is due and has been taken to be sent: nobody else takes it meanwhile.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct OutgoingMail {
    /// Its id.
    pub id: MailId,
    /// The location that it comes from.
    pub location: LocationId,
    /// What it tells.
    pub notice: Notice,
    /// What it is about, as of now.
    pub appointment: FullAppointment,
    /// `SEQUENCE` of the calendar entry that goes with it: the appointment's when the mail was written down.
    pub sequence: u32,
    /// How often it has been tried before.
    pub attempts: u32,
    /// When it was written down.
    pub created_at: Timestamp,
}

/// How an attempt to send a mail ended.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum MailOutcome {
    /// The server took it.
    Sent,
    /// The server did not take it now, for this reason; it is tried again at that instant.
    Later(String, Timestamp),
    /// It will never be taken, for this reason; the timeline of its session says so.
    Failed(String),
    /// It is not sent, because what it tells is not true any more, for this reason.
    Dropped(String),
}

/// Why a mail failed of whose sending nobody has said how it ended.
pub(crate) const ENDED_WHILE_SENDING: &str = "nobody knows whether it was sent";

impl MailOutcome {
    /// That of a mail whose sender has gone.
    pub(crate) fn given_up() -> Self {
        Self::Failed(ENDED_WHILE_SENDING.to_owned())
    }

    /// As it is kept: the state, the reason, and when it is due again.
    pub(crate) fn kept(&self) -> (u8, Option<String>, Option<Timestamp>) {
        match self {
            Self::Later(reason, at) => (0, Some(kept_reason(reason)), Some(*at)),
            Self::Sent => (2, None, None),
            Self::Failed(reason) => (3, Some(kept_reason(reason)), None),
            Self::Dropped(reason) => (4, Some(kept_reason(reason)), None),
        }
    }
}

/// The most characters of a reason that are kept.
const MOST_REASON: usize = 500;

/// A reason as it is kept: on one line, and not without end.
pub(crate) fn kept_reason(reason: &str) -> String {
    reason.chars().map(|one| if one.is_control() { ' ' } else { one }).take(MOST_REASON).collect()
}

/// What became of a set-up that was applied.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SetupVerdict {
    /// It is in force from now on.
    Applied,
    /// It was in force already.
    Unchanged,
    /// Nothing was changed: these appointments, still to come, are with a provider, in a room or of a type that it does not
    /// have any more.
    InTheWay(Vec<AppointmentId>),
}
