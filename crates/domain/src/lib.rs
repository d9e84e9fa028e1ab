//! The rules of Frontdesk, and nothing else: no I/O, no SQL, no clock or randomness of its own. Whoever calls brings the
//! time and the random bytes, so every decision here can be repeated, tested and replayed.

pub mod access;
pub mod appointment;
pub mod clock;
pub mod feed;
pub mod id;
pub mod practice;
pub mod scheduling;
pub mod session;
pub mod text;
pub mod time;

pub use clock::Clock;
pub use id::{AppointmentId, ClientId, IdError, LocationId, MailId, PatientId, ProviderId, RoomId, SessionId, TypeId};
pub use time::{Timestamp, TimestampWriter};
