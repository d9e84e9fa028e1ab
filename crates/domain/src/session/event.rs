//! The timeline: what happened to a session, written with the change it describes, and read back to check the record.

use serde::{Deserialize, Serialize};

use super::{Arrival, ClientType, Observation, Referral, Session, Stage, Status};
use crate::{AppointmentId, Timestamp};

/// One thing that happened to a session.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(remote = "Self", tag = "kind", rename_all = "snake_case")]
pub enum Event {
    /// The visitor opened the booking page.
    Started {
        /// What brought the visitor.
        referral: Referral,
        /// What else is known of the arrival.
        #[serde(flatten)]
        arrival: Arrival,
    },
    /// A stage was reached for the first time.
    StageReached {
        /// The stage.
        stage: Stage,
    },
    /// The visitor said whether they are new or returning.
    ClientTypeSet {
        /// What they said.
        client_type: ClientType,
    },
    /// The visitor is still there.
    Touched,
    /// The session has an appointment.
    Completed {
        /// Our id of it.
        appointment_id: AppointmentId,
        /// Its id in the practice's own system, when already known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        remote_appointment_id: Option<AppointmentId>,
    },
    /// The practice's own system has the appointment.
    RemoteAppointmentAttached {
        /// Its id there.
        remote_appointment_id: AppointmentId,
    },
    /// Time ran out.
    Abandoned,
    /// The session came from a file, in this state.
    Imported {
        /// Its status in the file.
        status: Status,
        /// Its stage in the file.
        stage: Stage,
        /// Its `updated_at` in the file, when the import gave it a new one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        updated_at: Option<Timestamp>,
    },
    /// Something that the booking page learned.
    #[serde(skip)]
    Observed(Observation),
}

// What was learned has kinds of its own beside the others. An untagged variant would be written alike, and when it is read
// would swallow what is wrong with all the others, so the derived code is only called through these.
impl Serialize for Event {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Observed(observation) => observation.serialize(serializer),
            event => Self::serialize(event, serializer),
        }
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let event = serde_json::Value::deserialize(deserializer)?;
        let observed = event["kind"].as_str().is_some_and(|kind| Observation::KINDS.contains(&kind));
        let read =
            if observed { Observation::deserialize(event).map(Self::Observed) } else { Self::deserialize(event) };
        read.map_err(serde::de::Error::custom)
    }
}

/// How far the events of one session add up: its status and stage, and what changed since it began or was imported.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Replay {
    status: Status,
    stage: Stage,
    client_type: Option<ClientType>,
    appointment_id: Option<AppointmentId>,
    remote_appointment_id: Option<AppointmentId>,
    /// What brought the visitor; none of an imported session, of which only what changed since is known.
    referral: Option<Referral>,
}

/// Why a timeline and a session do not fit.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum ReplayError {
    /// The first event is neither a start nor an import, or a later one is.
    #[error("its timeline does not begin with a start or an import")]
    NoBeginning,
    /// The events add up to something else than the record says.
    #[error("its timeline adds up to another {0} than the record says")]
    Differs(&'static str),
}

impl Replay {
    /// Adds up a timeline, oldest event first.
    ///
    /// # Errors
    /// When the timeline does not begin with a start or an import.
    pub fn of(events: impl IntoIterator<Item = Event>) -> Result<Self, ReplayError> {
        let mut events = events.into_iter();
        let mut replay = match events.next() {
            Some(Event::Started { referral, .. }) => Self::beginning(Status::Active, Stage::Started, Some(referral)),
            Some(Event::Imported { status, stage, .. }) => Self::beginning(status, stage, None),
            _ => return Err(ReplayError::NoBeginning),
        };
        for event in events {
            replay.add(event)?;
        }
        Ok(replay)
    }

    fn beginning(status: Status, stage: Stage, referral: Option<Referral>) -> Self {
        Self { status, stage, client_type: None, appointment_id: None, remote_appointment_id: None, referral }
    }

    fn add(&mut self, event: Event) -> Result<(), ReplayError> {
        match event {
            Event::Started { .. } => return Err(ReplayError::NoBeginning),
            Event::Imported { status, stage, .. } => *self = Self::beginning(status, stage, None),
            Event::StageReached { stage } => self.stage = self.stage.max(stage),
            Event::ClientTypeSet { client_type } => self.client_type = Some(client_type),
            Event::Touched | Event::Observed(_) => {}
            Event::Completed { appointment_id, remote_appointment_id } => {
                self.status = Status::Completed;
                self.stage = Stage::Completed;
                self.appointment_id = Some(appointment_id);
                self.remote_appointment_id = remote_appointment_id;
            }
            Event::RemoteAppointmentAttached { remote_appointment_id } => {
                self.remote_appointment_id = Some(remote_appointment_id);
            }
            Event::Abandoned => self.status = Status::Abandoned,
        }
        Ok(())
    }

    /// Holds what the events add up to against the record. Of an imported session only what changed since is known.
    ///
    /// # Errors
    /// Names the first field that differs.
    pub fn matches(&self, session: &Session) -> Result<(), ReplayError> {
        let view = session.view();
        let imported = self.referral.is_none();
        let known = |value: Option<&AppointmentId>, recorded: Option<&str>| {
            (imported && value.is_none()) || value.map(AppointmentId::as_str) == recorded
        };
        let differs = if self.status != view.status {
            "status"
        } else if self.stage != view.stage {
            "stage"
        } else if self.referral.as_ref().is_some_and(|referral| *referral != session.referral) {
            "referral"
        } else if !(imported && self.client_type.is_none()) && self.client_type != view.client_type {
            "client_type"
        } else if !known(self.appointment_id.as_ref(), view.appointment_id) {
            "appointment_id"
        } else if !known(self.remote_appointment_id.as_ref(), view.remote_appointment_id) {
            "remote_appointment_id"
        } else {
            return Ok(());
        };
        Err(ReplayError::Differs(differs))
    }
}
