//! Appointments: made, let go on, moved, and known to the practice's own system.

use frontdesk_domain::appointment::{Actor, Appointment, Booking, Decision, Notice, Rejection, Status};
use frontdesk_domain::scheduling::{Asked, Slot};
use frontdesk_domain::session::{self, Action, Event, Referral, Session, State};
use frontdesk_domain::{AppointmentId, MailId};

use super::booking::Site;
use super::people::Says;
use super::{Batch, Records};
use crate::booking::{BookError, Booked, FullAppointment};
use crate::catalog::Location;
use crate::error::StoreError;

impl<'a, R: Records> Batch<'a, R> {
    /// Makes an appointment, and completes the session that it came from.
    pub(super) fn make(&mut self, site: &Site<'a>, booking: Booking, mail: MailId) -> Result<Booked, BookError> {
        let session = booking.session.as_ref().map(|id| self.session(site, id)).transpose()?;
        if let Some(session) = &session {
            if let Some(made) = self.made_already(site, session, &booking.id)? {
                return Ok(self.answer(site, made)?);
            }
            may_book(site, session)?;
        }
        let open = match &session {
            Some(session) => self.place_for(site, &booking.slot, session)?,
            None => {
                let asked = Asked { now: site.now, session: None, client_type: booking.client_type, visitor: false };
                self.place(site, &booking.slot, &asked, None)?
            }
        };
        let (end, occupied, room) = (open.end, open.occupied(), open.room.cloned());
        let says = if session.is_some() { Says::Visitor } else { Says::Partner };
        let client = self.choose_client(site, booking.client, says)?;
        let patient = self.choose_patient(site, &client.who, booking.patient)?;
        // From here on nothing is refused.
        let session = session.map(|session| self.complete(site, session, &booking.id, &booking.slot)).transpose()?;
        let appointment = Appointment {
            id: booking.id,
            remote_id: None,
            status: booking.status.unwrap_or(first_status(site)),
            slot: booking.slot,
            end,
            occupied,
            room,
            session: booking.session,
            referral: session.as_ref().map_or_else(Referral::default, |session| session.referral.clone()),
            client_type: match &session {
                Some(session) => session.client_type,
                None => booking.client_type.or(Some(client.client_type())),
            },
            client: client.who.id.clone(),
            patient: patient.who.id.clone(),
            note: booking.note,
            language: booking.language,
            sequence: 0,
            created_at: site.now,
            updated_at: match &session {
                Some(session) => session.updated_at,
                None => self.tick(site.location)?,
            },
        };
        if client.is_news {
            let contact = site.contact(client.who.email.as_deref(), client.who.phone.as_deref());
            self.records.save_client(site.key(), &client.who, &contact)?;
        }
        if patient.is_news {
            self.records.add_patient(site.key(), &patient.who)?;
        }
        self.keep_appointment(site.location, &appointment, None)?;
        let full = FullAppointment { appointment, client: client.who, patient: patient.who };
        if let Some(notice) = notice_of(full.appointment.status) {
            self.write_mail(site, mail, notice, &full)?;
        }
        let appointment = Some(Box::new(full));
        Ok(Booked { location: site.location.id.clone(), session, appointment, hold: None })
    }

    /// The appointment of that id, when the session has made it already.
    fn made_already(
        &mut self,
        site: &Site<'_>,
        session: &Session,
        id: &AppointmentId,
    ) -> Result<Option<FullAppointment>, StoreError> {
        if !matches!(&session.state, State::Completed { appointment_id, .. } if appointment_id == id) {
            return Ok(None);
        }
        let appointment = self.records.appointment(site.key(), id.as_str())?;
        appointment.map(|appointment| self.full(site.key(), appointment)).transpose()
    }

    /// Completes a session with an appointment in `slot`; what was kept for it is kept no longer.
    fn complete(
        &mut self,
        site: &Site<'_>,
        session: Session,
        id: &AppointmentId,
        slot: &Slot,
    ) -> Result<Session, BookError> {
        let before = (session.state.status(), session.updated_at);
        let held = self.take_hold(site.location, &session.id, session.stage)?;
        let action = Action::Complete { appointment_id: id.clone(), remote_appointment_id: None };
        let mut transition = site.decide(session, action)?;
        // The time that was kept is the one that is booked, unless the visitor has chosen in two windows at once.
        if let Some(other) = held.as_ref().filter(|held| held.slot != *slot) {
            transition.events.insert(0, Event::Observed(site.gone(other)));
        }
        let session = self.commit_transition(site.location, Some(before), transition, self.now)?;
        if held.is_some() {
            self.changes.agendas.insert(site.key(), session.updated_at);
        }
        Ok(session)
    }

    fn appointment(&mut self, site: &Site<'_>, id: &AppointmentId) -> Result<Appointment, BookError> {
        self.records.appointment(site.key(), id.as_str())?.ok_or(BookError::NoSuchAppointment)
    }

    /// Lets an appointment go on to another status.
    pub(super) fn let_go_on(
        &mut self,
        site: &Site<'a>,
        id: &AppointmentId,
        decision: Decision,
        actor: Actor,
        mail: MailId,
    ) -> Result<Booked, BookError> {
        let before = self.appointment(site, id)?;
        let mut appointment = before.clone();
        let notice_minutes = site.booking.setup.rules.change_notice_minutes;
        let changes = appointment.decide(decision, actor, site.now, notice_minutes)?;
        let told = match decision {
            Decision::Accept => Some(Notice::Booked),
            Decision::Decline => Some(Notice::Declined),
            Decision::Cancel => Some(Notice::Cancelled),
            Decision::Confirm | Decision::Begin | Decision::Finish => None,
        };
        self.change(site, &before, appointment, told.filter(|_| changes).map(|notice| (mail, notice)))
    }

    /// Gives an appointment another time.
    pub(super) fn reschedule(
        &mut self,
        site: &Site<'a>,
        id: &AppointmentId,
        slot: Slot,
        actor: Actor,
        mail: MailId,
    ) -> Result<Booked, BookError> {
        let before = self.appointment(site, id)?;
        let rules = &site.booking.setup.rules;
        let movable = before.check_movable(actor, site.now, rules.change_notice_minutes);
        if before.slot == slot && movable != Err(Rejection::StatusDoesNotAllow) {
            // A repetition, which may come when it is too late for a first request.
            return self.change(site, &before, before.clone(), None);
        }
        movable?;
        if slot.appointment_type != before.slot.appointment_type {
            return Err(Rejection::SlotNotOpen.into());
        }
        let visitor = actor == Actor::Client;
        let asked = Asked { now: site.now, session: None, client_type: before.client_type, visitor };
        let open = self.place(site, &slot, &asked, Some(id))?;
        let mut appointment = before.clone();
        appointment.slot = slot;
        appointment.end = open.end;
        appointment.occupied = open.occupied();
        appointment.room = open.room.cloned();
        appointment.sequence += 1;
        if visitor && !rules.auto_accept {
            appointment.status = Status::Requested;
        }
        self.change(site, &before, appointment, Some((mail, Notice::Moved)))
    }

    /// Keeps the id of an appointment in the practice's own system, here and in the session that it came from.
    pub(super) fn attach_remote(
        &mut self,
        site: &Site<'a>,
        id: &AppointmentId,
        remote_id: AppointmentId,
    ) -> Result<Booked, BookError> {
        let before = self.appointment(site, id)?;
        if before.remote_id.as_ref().is_some_and(|known| *known != remote_id) {
            return Err(Rejection::RemoteIdTaken.into());
        }
        let mut appointment = before.clone();
        appointment.remote_id = Some(remote_id.clone());
        let session = match &before.session {
            Some(session) => self.records.session(site.key(), session.as_str())?,
            None => None,
        };
        // A session that is not of this appointment any more, by a file that was imported, is left alone.
        let its = |session: &Session| matches!(&session.state, State::Completed { appointment_id, .. } if appointment_id == id);
        if let Some(session) = session.filter(its) {
            let place = (session.state.status(), session.updated_at);
            let transition = site.decide(session, Action::AttachRemote { remote_appointment_id: remote_id })?;
            if !transition.events.is_empty() {
                self.commit_transition(site.location, Some(place), transition, self.now)?;
            }
        }
        self.change(site, &before, appointment, None)
    }

    /// Keeps an appointment at a tick of its own if it has changed, tells its client, and answers.
    fn change(
        &mut self,
        site: &Site<'a>,
        before: &Appointment,
        mut appointment: Appointment,
        told: Option<(MailId, Notice)>,
    ) -> Result<Booked, BookError> {
        let is_changed = appointment != *before;
        if is_changed {
            appointment.updated_at = self.tick(site.location)?;
            self.keep_appointment(site.location, &appointment, Some(before))?;
        }
        let full = self.full(site.key(), appointment)?;
        if let Some((mail, notice)) = told {
            self.write_mail(site, mail, notice, &full)?;
        }
        Ok(self.answer(site, full)?)
    }

    /// A session's appointment has an id in the practice's own system, by whoever told of it: if the appointment is one of
    /// ours, it has the id too.
    pub(super) fn follow_session(&mut self, location: &Location, session: &Session) -> Result<(), StoreError> {
        let State::Completed { appointment_id, remote_appointment_id: Some(remote_id) } = &session.state else {
            return Ok(());
        };
        if location.booking.is_none() {
            return Ok(());
        }
        let Some(before) = self.records.appointment(location.key, appointment_id.as_str())? else { return Ok(()) };
        if before.remote_id.as_ref() == Some(remote_id) {
            return Ok(());
        }
        let (remote_id, updated_at) = (Some(remote_id.clone()), session.updated_at);
        let appointment = Appointment { remote_id, updated_at, ..before.clone() };
        self.keep_appointment(location, &appointment, Some(&before))
    }
}

/// Whether a session may still book. Late confirmations are not for visitors.
fn may_book(site: &Site<'_>, session: &Session) -> Result<(), session::Rejection> {
    match session.state {
        State::Active { expires_at } if site.now < expires_at => Ok(()),
        State::Active { .. } | State::Abandoned => Err(session::Rejection::SessionExpired),
        State::Completed { .. } => Err(session::Rejection::AlreadyCompleted),
    }
}

fn first_status(site: &Site<'_>) -> Status {
    if site.booking.setup.rules.auto_accept { Status::Accepted } else { Status::Requested }
}

/// What a new appointment's client is told.
const fn notice_of(status: Status) -> Option<Notice> {
    match status {
        Status::Requested => Some(Notice::Requested),
        Status::Accepted | Status::Confirmed => Some(Notice::Booked),
        Status::InProgress | Status::Done | Status::Deleted | Status::Declined => None,
    }
}
