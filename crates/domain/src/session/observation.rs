//! What the booking page learns of a session besides its stage: kept in the timeline, where it tells why visitors leave.

use serde::{Deserialize, Serialize};

use crate::appointment::Notice;
use crate::scheduling::Slot;
use crate::{ProviderId, Timestamp, TypeId};

impl Observation {
    /// The kinds on the wire and on the disk.
    pub(super) const KINDS: &[&str] =
        &["searched", "time_held", "time_released", "hold_expired", "time_lost", "form_refused", "mail_failed"];
}

/// Something learned. Nothing that a visitor typed is in it.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Observation {
    /// Times were shown.
    Searched {
        /// Of which type of appointment.
        appointment_type: TypeId,
        /// With whom; none: with anybody.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        provider: Option<ProviderId>,
        /// The earliest beginning that was looked for.
        from: Timestamp,
        /// How many times were found.
        found: u32,
        /// How many minutes after `from` the first of them begins; none when none was found.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        first_after_minutes: Option<u32>,
    },
    /// A time was chosen, and is kept for the session.
    TimeHeld {
        /// Which.
        slot: Slot,
        /// Until when.
        until: Timestamp,
    },
    /// The visitor went back to choose another time.
    TimeReleased {
        /// Which is kept no longer.
        slot: Slot,
    },
    /// A chosen time was kept no longer, because its time ran out.
    HoldExpired {
        /// Which.
        slot: Slot,
    },
    /// A time that was shown, or held too long ago, had gone to somebody else.
    TimeLost {
        /// Which.
        slot: Slot,
    },
    /// A form came back with errors.
    FormRefused {
        /// The names of the fields with an error.
        fields: Vec<Box<str>>,
    },
    /// A mail about the appointment could not be delivered.
    MailFailed {
        /// Which.
        notice: Notice,
        /// Why, in the mail server's words.
        reason: Box<str>,
    },
}
