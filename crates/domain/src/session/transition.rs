//! The state machine: a session and an action give the next session with its events, or a rejection.

use super::{Action, ClientType, Event, Observation, Session, Stage, Start, State};
use crate::{AppointmentId, SessionId, Timestamp};

/// The rules say no. Each has a stable code and a message that may be shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum Rejection {
    /// A visitor's action on a session whose time ran out.
    #[error("This session has expired; start a new one.")]
    SessionExpired,
    /// A visitor's action on a session that already has its appointment.
    #[error("This session already has its appointment.")]
    SessionCompleted,
    /// A second, different appointment for one session.
    #[error("This session was completed with another appointment.")]
    AlreadyCompleted,
    /// An appointment's remote id for a session that has none.
    #[error("This session has no appointment yet; complete it first.")]
    NotCompleted,
    /// A visitor cannot reach the last stage without an appointment.
    #[error("The stage completed is reached by completing the session with an appointment.")]
    StageNeedsAppointment,
    /// Nothing to settle: the session's time has not run out.
    #[error("This session has not expired.")]
    NotDue,
}

impl Rejection {
    /// The code that clients may rely on.
    pub const fn code(self) -> &'static str {
        match self {
            Self::SessionExpired => "session_expired",
            Self::SessionCompleted => "session_completed",
            Self::AlreadyCompleted => "already_completed",
            Self::NotCompleted => "not_completed",
            Self::StageNeedsAppointment => "stage_needs_appointment",
            Self::NotDue => "not_due",
        }
    }
}

/// What an action leads to. `updated_at` is still the old one: the engine sets it to the tick of the commit.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Transition {
    /// The session after the action.
    pub session: Session,
    /// What happened, oldest first; empty when the action changed nothing (a repetition).
    pub events: Vec<Event>,
}

impl Session {
    /// Begins a session at `now` that lives `time_to_live` microseconds beyond the visitor's last action.
    pub fn start(id: SessionId, start: Start, now: Timestamp, time_to_live: i64) -> Transition {
        let Start { referral, arrival } = start;
        let session = Self {
            id,
            state: State::Active { expires_at: now.plus_micros(time_to_live) },
            stage: Stage::Started,
            client_type: None,
            referral: referral.clone(),
            created_at: now,
            updated_at: now,
            last_activity_at: Some(now),
        };
        Transition { session, events: vec![Event::Started { referral, arrival }] }
    }

    /// Decides `action`, asked at `now`, in a location whose sessions live `time_to_live` microseconds.
    ///
    /// # Errors
    /// When the rules say no; the session is then as it was.
    pub fn apply(self, action: Action, now: Timestamp, time_to_live: i64) -> Result<Transition, Rejection> {
        match action {
            Action::Advance { stage, client_type } => self.advance(stage, client_type, &[], now, time_to_live),
            Action::Observe { stage, observations } => self.advance(stage, None, &observations, now, time_to_live),
            Action::Complete { appointment_id, remote_appointment_id } => {
                self.complete(appointment_id, remote_appointment_id, now)
            }
            Action::AttachRemote { remote_appointment_id } => self.attach_remote(remote_appointment_id),
            Action::Settle => self.settle(now),
        }
    }

    fn advance(
        mut self,
        stage: Option<Stage>,
        client_type: Option<ClientType>,
        observations: &[Observation],
        now: Timestamp,
        time_to_live: i64,
    ) -> Result<Transition, Rejection> {
        match self.state {
            State::Active { expires_at } if now < expires_at => {}
            State::Active { .. } | State::Abandoned => return Err(Rejection::SessionExpired),
            State::Completed { .. } => return Err(Rejection::SessionCompleted),
        }
        if stage == Some(Stage::Completed) {
            return Err(Rejection::StageNeedsAppointment);
        }
        let mut events = Vec::new();
        if let Some(stage) = stage.filter(|stage| *stage > self.stage) {
            self.stage = stage;
            events.push(Event::StageReached { stage });
        }
        if let Some(client_type) = client_type.filter(|_| client_type != self.client_type) {
            self.client_type = Some(client_type);
            events.push(Event::ClientTypeSet { client_type });
        }
        events.extend(observations.iter().cloned().map(Event::Observed));
        if events.is_empty() {
            events.push(Event::Touched);
        }
        self.last_activity_at = self.last_activity_at.max(Some(now));
        self.state = State::Active { expires_at: now.plus_micros(time_to_live) };
        Ok(Transition { session: self, events })
    }

    /// A visitor's booking, or the practice's late confirmation of one whose session has expired meanwhile. Only the
    /// former is the visitor's action.
    fn complete(
        mut self,
        appointment_id: AppointmentId,
        remote_appointment_id: Option<AppointmentId>,
        now: Timestamp,
    ) -> Result<Transition, Rejection> {
        match &self.state {
            State::Completed { appointment_id: booked, .. } if *booked != appointment_id => {
                return Err(Rejection::AlreadyCompleted);
            }
            State::Completed { .. } => {
                return match remote_appointment_id {
                    Some(remote) => self.attach_remote(remote),
                    None => Ok(Transition { session: self, events: Vec::new() }),
                };
            }
            State::Active { expires_at } if now < *expires_at => {
                self.last_activity_at = self.last_activity_at.max(Some(now));
            }
            State::Active { .. } | State::Abandoned => {}
        }
        self.stage = Stage::Completed;
        self.state = State::Completed {
            appointment_id: appointment_id.clone(),
            remote_appointment_id: remote_appointment_id.clone(),
        };
        Ok(Transition { session: self, events: vec![Event::Completed { appointment_id, remote_appointment_id }] })
    }

    fn attach_remote(mut self, remote: AppointmentId) -> Result<Transition, Rejection> {
        let State::Completed { remote_appointment_id, .. } = &mut self.state else {
            return Err(Rejection::NotCompleted);
        };
        if remote_appointment_id.as_ref() == Some(&remote) {
            return Ok(Transition { session: self, events: Vec::new() });
        }
        *remote_appointment_id = Some(remote.clone());
        let events = vec![Event::RemoteAppointmentAttached { remote_appointment_id: remote }];
        Ok(Transition { session: self, events })
    }

    fn settle(mut self, now: Timestamp) -> Result<Transition, Rejection> {
        match self.state {
            State::Active { expires_at } if now >= expires_at => {}
            _ => return Err(Rejection::NotDue),
        }
        self.state = State::Abandoned;
        Ok(Transition { session: self, events: vec![Event::Abandoned] })
    }
}
