//! Commands on holds and appointments: what an engine loads and saves for them, and what is common to all of them.

use frontdesk_domain::appointment::{
    self, Appointment, Client, Command, Hold, Known, Notice, Patient, Rejection, Request,
};
use frontdesk_domain::practice::Clients;
use frontdesk_domain::scheduling::{Agenda, Asked, Busy, Interval, Occupant, OpenTime, Slot};
use frontdesk_domain::session::{Action, Idempotency, Observation, Session, Stage};
use frontdesk_domain::{AppointmentId, ClientId, MailId, PatientId, SessionId, Timestamp};

use super::people::Contact;
use super::{Batch, Records};
use crate::booking::{BookError, Booked, FullAppointment};
use crate::catalog::{BookingSetup, Location};
use crate::claims::{MOST_OCCUPIED, claims_of};
use crate::error::StoreError;

/// What a transaction of an engine loads and saves of bookings. Locations are named by their keys.
pub(crate) trait BookingRecords {
    /// What is kept for a session.
    fn hold(&mut self, location: i64, session: &SessionId) -> Result<Option<Hold>, StoreError>;

    /// Keeps a hold, in the place of the one that its session has.
    fn keep_hold(&mut self, location: i64, hold: &Hold) -> Result<(), StoreError>;

    /// Takes away the hold of a session.
    fn drop_hold(&mut self, location: i64, session: &SessionId) -> Result<(), StoreError>;

    /// What takes up time within a span that the command speaks of, or some more.
    fn busy(&mut self, location: i64, span: Interval) -> Result<Vec<Busy>, StoreError>;

    /// The appointment of that id.
    fn appointment(&mut self, location: i64, id: &str) -> Result<Option<Appointment>, StoreError>;

    /// Keeps an appointment and what it claims; `before` is what it was.
    fn save_appointment(
        &mut self,
        location: i64,
        appointment: &Appointment,
        before: Option<&Appointment>,
    ) -> Result<(), StoreError>;

    /// The client of that name.
    fn client(&mut self, location: i64, known: &Known<ClientId>) -> Result<Option<Client>, StoreError>;

    /// The clients of that email address, as it is compared, the oldest first.
    fn clients_by_email(&mut self, location: i64, email: &str) -> Result<Vec<Client>, StoreError>;

    /// The clients of that phone number, as it is compared, the oldest first.
    fn clients_by_phone(&mut self, location: i64, phone: &str) -> Result<Vec<Client>, StoreError>;

    /// Keeps a client, who may be known already.
    fn save_client(&mut self, location: i64, client: &Client, contact: &Contact) -> Result<(), StoreError>;

    /// The patient of that name.
    fn patient(&mut self, location: i64, known: &Known<PatientId>) -> Result<Option<Patient>, StoreError>;

    /// The patients of a client, the oldest first.
    fn patients_of(&mut self, location: i64, client: &ClientId) -> Result<Vec<Patient>, StoreError>;

    /// Keeps a new patient.
    fn add_patient(&mut self, location: i64, patient: &Patient) -> Result<(), StoreError>;

    /// Puts a new mail into the outbox.
    fn add_mail(&mut self, location: i64, mail: &NewMail) -> Result<(), StoreError>;
}

/// A mail that waits to be sent.
#[derive(Clone, Debug)]
pub(crate) struct NewMail {
    pub(crate) id: MailId,
    pub(crate) notice: Notice,
    pub(crate) appointment: AppointmentId,
    pub(crate) sequence: u32,
    pub(crate) created_at: Timestamp,
}

/// A location that is set up for booking, and when a command is asked there.
#[derive(Clone, Copy)]
pub(super) struct Site<'a> {
    pub(super) location: &'a Location,
    pub(super) booking: &'a BookingSetup,
    pub(super) now: Timestamp,
}

impl<'a> Site<'a> {
    pub(super) const fn key(&self) -> i64 {
        self.location.key
    }

    /// Lets a session decide.
    pub(super) fn decide(
        &self,
        session: Session,
        action: Action,
    ) -> Result<frontdesk_domain::session::Transition, frontdesk_domain::session::Rejection> {
        session.apply(action, self.now, self.location.settings.session_ttl)
    }

    fn occupied(&self, slot: &Slot) -> Option<Interval> {
        let appointment_type = self.booking.setup.appointment_type(slot.appointment_type.as_str())?;
        let occupied = Interval::occupied_by(appointment_type, slot.start);
        // No sound set-up has a longer one, and no look at what is busy would find it.
        let micros = occupied.end.as_micros().saturating_sub(occupied.start.as_micros());
        (micros <= MOST_OCCUPIED).then_some(occupied)
    }
}

impl<'a, R: Records> Batch<'a, R> {
    /// Carries out one command on holds and appointments. An error other than a fault has written nothing, but for the
    /// timeline of a session that has lost a time to somebody else.
    pub(crate) fn book(&mut self, command: Command) -> Result<Booked, BookError> {
        let Command { location: id, now, idempotency, mail, request } = command;
        let location = self.location(&id).ok_or(BookError::NoSuchLocation)?;
        let booking = location.booking.as_ref().ok_or(BookError::NoSuchLocation)?;
        let site = Site { location, booking, now };
        if let Some(idempotency) = &idempotency
            && let Some(booked) = self.booked_already(&site, idempotency)?
        {
            return Ok(booked);
        }
        let booked = match request {
            Request::Hold { session, slot } => self.hold(&site, &session, slot),
            Request::Release { session } => self.release(&site, &session),
            Request::Book(booking) => self.make(&site, *booking, mail),
            Request::Decide { appointment, decision, actor } => {
                self.let_go_on(&site, &appointment, decision, actor, mail)
            }
            Request::Reschedule { appointment, slot, actor } => self.reschedule(&site, &appointment, slot, actor, mail),
            Request::AttachRemote { appointment, remote_id } => self.attach_remote(&site, &appointment, remote_id),
        }?;
        if let Some(idempotency) = idempotency {
            let kept = serde_json::to_string(&booked)
                .expect("cannot fail: what was booked has no maps with other keys than texts");
            self.records.remember(location.key, &idempotency, self.now, kept)?;
        }
        Ok(booked)
    }

    fn booked_already(&mut self, site: &Site<'_>, asked: &Idempotency) -> Result<Option<Booked>, BookError> {
        let Some((fingerprint, outcome)) = self.kept_answer(site.location, asked)? else { return Ok(None) };
        if fingerprint != asked.fingerprint {
            return Err(BookError::KeyReused);
        }
        let booked = serde_json::from_str(&outcome).map_err(|_| super::unreadable_answer(asked))?;
        Ok(Some(booked))
    }

    /// The session of that id.
    pub(super) fn session(&mut self, site: &Site<'_>, id: &SessionId) -> Result<Session, BookError> {
        self.records.session(site.key(), id.as_str())?.ok_or(BookError::NoSuchSession)
    }

    /// Lets the timeline of a session know something that its visitor did.
    pub(super) fn observe(
        &mut self,
        site: &Site<'_>,
        session: Session,
        stage: Option<Stage>,
        observations: Vec<Observation>,
    ) -> Result<Session, BookError> {
        let before = (session.state.status(), session.updated_at);
        let transition = site.decide(session, Action::Observe { stage, observations })?;
        Ok(self.commit_transition(site.location, Some(before), transition, self.now)?)
    }

    /// Decides whether a slot can be had, and in which room; of what is busy, the appointment `own` does not count.
    pub(super) fn place(
        &mut self,
        site: &Site<'a>,
        slot: &Slot,
        asked: &Asked<'_>,
        own: Option<&AppointmentId>,
    ) -> Result<OpenTime<'a>, BookError> {
        let occupied = site.occupied(slot).ok_or(Rejection::SlotNotOpen)?;
        let mut agenda = Agenda::new(self.records.busy(site.key(), occupied)?);
        if let Some(own) = own {
            agenda.remove(|occupant| matches!(occupant, Occupant::Appointment { id } if id == own));
        }
        Ok(site.booking.calendar().place(&agenda, slot, asked)?)
    }

    /// The same for a session; one that has lost the time to somebody else has it in its timeline.
    pub(super) fn place_for(
        &mut self,
        site: &Site<'a>,
        slot: &Slot,
        session: &Session,
    ) -> Result<OpenTime<'a>, BookError> {
        // A page shows everything to who has not said whether they are new; what is not for everybody waits for that.
        let wanted = site.booking.setup.appointment_type(slot.appointment_type.as_str());
        if session.client_type.is_none() && wanted.is_some_and(|wanted| wanted.clients != Clients::All) {
            return Err(Rejection::NotForThisClient.into());
        }
        let (id, client_type) = (Some(&session.id), session.client_type);
        let asked = Asked { now: site.now, session: id, client_type, visitor: true };
        let placed = self.place(site, slot, &asked, None);
        if matches!(placed, Err(BookError::Rejected(Rejection::SlotTaken))) {
            self.observe(site, session.clone(), None, vec![Observation::TimeLost { slot: slot.clone() }])?;
        }
        placed
    }

    /// Keeps an appointment, and tells whoever keeps an agenda when it takes other time than before.
    pub(super) fn keep_appointment(
        &mut self,
        location: &Location,
        appointment: &Appointment,
        before: Option<&Appointment>,
    ) -> Result<(), StoreError> {
        self.records.save_appointment(location.key, appointment, before)?;
        if before.map(claims_of).unwrap_or_default() != claims_of(appointment) {
            self.changes.agendas.insert(location.key, appointment.updated_at);
        }
        Ok(())
    }

    /// Writes down the mail that tells the client, if they have an address.
    pub(super) fn write_mail(
        &mut self,
        site: &Site<'_>,
        id: MailId,
        notice: Notice,
        of: &FullAppointment,
    ) -> Result<(), StoreError> {
        let FullAppointment { appointment, client, .. } = of;
        if client.email.is_none() {
            return Ok(());
        }
        let (appointment, sequence) = (appointment.id.clone(), appointment.sequence);
        self.records.add_mail(site.key(), &NewMail { id, notice, appointment, sequence, created_at: site.now })
    }

    /// An appointment with whom it is for.
    pub(super) fn full(&mut self, location: i64, appointment: Appointment) -> Result<FullAppointment, StoreError> {
        let missing = |column, id: &appointment::Appointment| StoreError::Corrupt {
            table: "appointments",
            column,
            id: id.id.to_string(),
        };
        let client = self.records.client(location, &Known::Id(appointment.client.clone()))?;
        let client = client.ok_or_else(|| missing("client", &appointment))?;
        let patient = self.records.patient(location, &Known::Id(appointment.patient.clone()))?;
        let patient = patient.ok_or_else(|| missing("patient", &appointment))?;
        Ok(FullAppointment { appointment, client, patient })
    }

    /// The answer about an appointment.
    pub(super) fn answer(&mut self, site: &Site<'_>, full: FullAppointment) -> Result<Booked, StoreError> {
        let session = match &full.appointment.session {
            Some(session) => self.records.session(site.key(), session.as_str())?,
            None => None,
        };
        Ok(Booked { location: site.location.id.clone(), session, appointment: Some(Box::new(full)), hold: None })
    }
}
