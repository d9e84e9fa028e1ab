//! The booking session: what is on the record of one visitor's trip through the booking flow.

mod action;
mod event;
mod observation;
mod transition;

pub use action::{Action, Command, Idempotency, Request, Start};
pub use event::{Event, Replay, ReplayError};
pub use observation::Observation;
pub use transition::{Rejection, Transition};

use serde::{Deserialize, Serialize};

use crate::{AppointmentId, SessionId, Timestamp};

/// The most bytes of a referral field (`referral_source`, …, `term`, `content`).
pub const MAX_REFERRAL_BYTES: usize = 512;
/// The most bytes of the address of the page that the visitor landed on.
pub const MAX_LANDING_PAGE_BYTES: usize = 2048;

/// Declares an enum whose variants have a name on the wire and a number on the disk.
macro_rules! wire_enum {
    ($(#[$doc:meta])* $name:ident { $($(#[$variant_doc:meta])* $variant:ident = $number:literal / $wire:literal,)+ }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$variant_doc])* $variant = $number,)+ }

        impl $name {
            /// Every value, in order.
            pub const ALL: &'static [Self] = &[$(Self::$variant,)+];

            /// The name on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$variant => $wire,)+ }
            }

            /// The value of a name on the wire; case matters.
            pub fn from_wire(name: &str) -> Option<Self> {
                match name { $($wire => Some(Self::$variant),)+ _ => None }
            }

            /// The number on the disk.
            pub const fn number(self) -> u8 {
                self as u8
            }

            /// The value of a number on the disk.
            pub const fn from_number(number: i64) -> Option<Self> {
                match number { $($number => Some(Self::$variant),)+ _ => None }
            }
        }
    };
}

wire_enum!(
    /// Whether the session is in progress, and if not, how it ended (contract, "A booking session").
    Status {
        /// In progress: not expired, no appointment.
        Active = 0 / "active",
        /// Has an appointment.
        Completed = 1 / "completed",
        /// Expired without an appointment.
        Abandoned = 2 / "abandoned",
    }
);

wire_enum!(
    /// The furthest stage the visitor reached, in the order of the flow.
    Stage {
        /// The page was opened.
        Started = 0 / "started",
        /// New or returning was answered.
        ClientIdentification = 1 / "client_identification",
        /// A type of appointment is being chosen.
        AppointmentTypeSelection = 2 / "appointment_type_selection",
        /// A time is being chosen.
        Scheduling = 3 / "scheduling",
        /// Contact details are being given.
        Checkout = 4 / "checkout",
        /// There is an appointment.
        Completed = 5 / "completed",
    }
);

wire_enum!(
    /// Whether the visitor has been a client of the practice before.
    ClientType {
        /// Never been here.
        New = 0 / "new",
        /// Been here before.
        Returning = 1 / "returning",
    }
);

/// What brought the visitor: the `utm_*` parameters of the link that was followed.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Referral {
    /// `utm_source`.
    pub source: Option<Box<str>>,
    /// `utm_campaign`.
    pub campaign: Option<Box<str>>,
    /// `utm_medium`.
    pub medium: Option<Box<str>>,
}

/// What else is known of the arrival; kept in the timeline, since the Partner API has no place for it.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
pub struct Arrival {
    /// `utm_term`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<Box<str>>,
    /// `utm_content`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<Box<str>>,
    /// The address of the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub landing_page: Option<Box<str>>,
    /// The address of the page that led there (the host page's, of an embedded booking page).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub referrer: Option<Box<str>>,
    /// The session of the same visitor that expired before this one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub resumed_from: Option<SessionId>,
}

/// Where the session stands, with what only that standing has.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "status", rename_all = "snake_case")]
pub enum State {
    /// In progress until its time runs out.
    Active {
        /// When it is abandoned unless the visitor does something.
        expires_at: Timestamp,
    },
    /// Has an appointment.
    Completed {
        /// Our id of the appointment.
        appointment_id: AppointmentId,
        /// Its id in the practice's own system, once that has it.
        remote_appointment_id: Option<AppointmentId>,
    },
    /// Expired without an appointment.
    Abandoned,
}

impl State {
    /// The status on the wire.
    pub const fn status(&self) -> Status {
        match self {
            Self::Active { .. } => Status::Active,
            Self::Completed { .. } => Status::Completed,
            Self::Abandoned => Status::Abandoned,
        }
    }
}

/// A booking session as the record holds it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Session {
    /// Its id; ours, or as imported.
    pub id: SessionId,
    /// Where it stands.
    pub state: State,
    /// The furthest stage reached; never goes back.
    pub stage: Stage,
    /// New or returning, once known.
    pub client_type: Option<ClientType>,
    /// What brought the visitor.
    pub referral: Referral,
    /// When it began.
    pub created_at: Timestamp,
    /// The tick of its last change: its place in the location's change feed.
    pub updated_at: Timestamp,
    /// The visitor's last action.
    pub last_activity_at: Option<Timestamp>,
}

/// A session's twelve wire fields, borrowed from wherever they lie: a row, or a [`Session`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct SessionView<'a> {
    /// `id`
    pub id: &'a str,
    /// `status`
    pub status: Status,
    /// `stage`
    pub stage: Stage,
    /// `client_type`
    pub client_type: Option<ClientType>,
    /// `appointment_id`
    pub appointment_id: Option<&'a str>,
    /// `remote_appointment_id`
    pub remote_appointment_id: Option<&'a str>,
    /// `referral_source`
    pub referral_source: Option<&'a str>,
    /// `referral_campaign`
    pub referral_campaign: Option<&'a str>,
    /// `referral_medium`
    pub referral_medium: Option<&'a str>,
    /// `created_at`
    pub created_at: Timestamp,
    /// `updated_at`
    pub updated_at: Timestamp,
    /// `last_activity_at`
    pub last_activity_at: Option<Timestamp>,
}

impl Session {
    /// The session as the wire shows it.
    pub fn view(&self) -> SessionView<'_> {
        let (appointment_id, remote_appointment_id) = match &self.state {
            State::Completed { appointment_id, remote_appointment_id } => {
                (Some(appointment_id.as_str()), remote_appointment_id.as_ref().map(AppointmentId::as_str))
            }
            State::Active { .. } | State::Abandoned => (None, None),
        };
        SessionView {
            id: self.id.as_str(),
            status: self.state.status(),
            stage: self.stage,
            client_type: self.client_type,
            appointment_id,
            remote_appointment_id,
            referral_source: self.referral.source.as_deref(),
            referral_campaign: self.referral.campaign.as_deref(),
            referral_medium: self.referral.medium.as_deref(),
            created_at: self.created_at,
            updated_at: self.updated_at,
            last_activity_at: self.last_activity_at,
        }
    }
}
