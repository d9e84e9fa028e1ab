//! Identifiers: UUIDv7 where Frontdesk makes them, opaque texts of up to 128 bytes where they come from elsewhere.

use std::borrow::Borrow;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Timestamp;

/// The most bytes an identifier may have.
pub const MAX_ID_BYTES: usize = 128;

/// Why a text is not an identifier.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("takes 1 to {MAX_ID_BYTES} bytes without control characters or surrounding spaces")]
pub struct IdError;

fn check(text: &str) -> Result<(), IdError> {
    let fits = (1..=MAX_ID_BYTES).contains(&text.len());
    (fits && text.trim() == text && !text.chars().any(char::is_control)).then_some(()).ok_or(IdError)
}

macro_rules! opaque_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
        #[serde(try_from = "String")]
        pub struct $name(Box<str>);

        impl $name {
            /// Takes an identifier as it came.
            ///
            /// # Errors
            /// When it is empty, longer than 128 bytes, or holds control characters or surrounding spaces.
            pub fn parse(text: &str) -> Result<Self, IdError> {
                check(text).map(|()| Self(text.into()))
            }

            /// The identifier as it came.
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = IdError;

            fn try_from(text: String) -> Result<Self, IdError> {
                Self::parse(&text)
            }
        }

        impl std::str::FromStr for $name {
            type Err = IdError;

            fn from_str(text: &str) -> Result<Self, IdError> {
                Self::parse(text)
            }
        }

        impl Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
                formatter.write_str(&self.0)
            }
        }
    };
}

opaque_id!(
    /// A booking session.
    SessionId
);
opaque_id!(
    /// A location of a practice; `X-Client-Id` on the wire.
    LocationId
);
opaque_id!(
    /// An appointment, ours (`appointment_id`) or the practice system's (`remote_appointment_id`).
    AppointmentId
);

opaque_id!(
    /// A client of a practice: the owner of patients.
    ClientId
);
opaque_id!(
    /// A patient: an animal.
    PatientId
);
opaque_id!(
    /// A provider of a location.
    ProviderId
);
opaque_id!(
    /// A room of a location.
    RoomId
);
opaque_id!(
    /// A type of appointment of a location.
    TypeId
);
opaque_id!(
    /// A mail of the outbox.
    MailId
);

macro_rules! generated_id {
    ($($name:ident)+) => {
        $(impl $name {
            /// A new UUIDv7 (RFC 9562, section 5.7) of the moment `now` and ten random bytes.
            pub fn generate(now: Timestamp, random: [u8; 10]) -> Self {
                let millis = u64::try_from(now.as_micros() / 1000).unwrap_or(0);
                let uuid = uuid::Builder::from_unix_timestamp_millis(millis, &random).into_uuid();
                Self(uuid.as_hyphenated().encode_lower(&mut uuid::Uuid::encode_buffer()).into())
            }
        })+
    };
}

generated_id!(SessionId AppointmentId ClientId PatientId MailId);
