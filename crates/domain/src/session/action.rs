//! Commands: what is asked of a session, as data. Ids and the time are inside, so a command can be queued, batched,
//! retried, logged and made up by a property test.

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Arrival, ClientType, Observation, Referral, Stage};
use crate::{AppointmentId, LocationId, SessionId, Timestamp};

/// What may be done to a session that exists.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(tag = "action", rename_all = "snake_case")]
pub enum Action {
    /// The visitor did something: reached a stage, said who they are, or (with neither) is still there.
    Advance {
        /// The stage that the visitor is at; a lower one than before changes nothing.
        stage: Option<Stage>,
        /// New or returning.
        client_type: Option<ClientType>,
    },
    /// The visitor did something of which the page learned.
    Observe {
        /// The stage that the visitor is at; a lower one than before changes nothing.
        stage: Option<Stage>,
        /// What was learned, in its order.
        observations: Vec<Observation>,
    },
    /// The session led to an appointment.
    Complete {
        /// Our id of the appointment.
        appointment_id: AppointmentId,
        /// Its id in the practice's own system, when already known.
        remote_appointment_id: Option<AppointmentId>,
    },
    /// The practice's own system has the appointment now.
    AttachRemote {
        /// Its id there.
        remote_appointment_id: AppointmentId,
    },
    /// Time ran out: persist it.
    Settle,
}

/// The beginning of a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Start {
    /// What brought the visitor.
    pub referral: Referral,
    /// What else is known of the arrival.
    pub arrival: Arrival,
}

/// A client's promise that two requests with the same key are one (`Idempotency-Key`).
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Idempotency {
    /// The key, unique within the location.
    pub key: Box<str>,
    /// What was asked, as a digest: the same key with another request is refused.
    pub fingerprint: [u8; 32],
}

impl Idempotency {
    /// The promise of `key` for a request made of these parts.
    pub fn new(key: &str, parts: &[&[u8]]) -> Self {
        let mut digest = Sha256::new();
        for part in parts {
            digest.update((part.len() as u64).to_be_bytes());
            digest.update(part);
        }
        Self { key: key.into(), fingerprint: digest.finalize().into() }
    }
}

/// One change that is asked for.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Command {
    /// The location whose record it is.
    pub location: LocationId,
    /// The session; for a start, the new id.
    pub session: SessionId,
    /// When it was asked.
    pub now: Timestamp,
    /// Set when a repetition must not be done twice.
    pub idempotency: Option<Idempotency>,
    /// What is asked.
    pub request: Request,
}

/// What a command asks: a new session, or something of one that exists.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub enum Request {
    /// Begin a session.
    Start(Start),
    /// Act on a session.
    Act(Action),
}
