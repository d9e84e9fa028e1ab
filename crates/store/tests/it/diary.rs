//! What the engines should do of holds and appointments, in memory and without haste: an extension of the model.

use std::collections::{BTreeMap, HashMap};

use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::{
    Actor, Appointment, Booking, Client, ClientChoice, Command, Decision, Hold, Known, NewClient, Notice, Patient,
    PatientChoice, Rejection, Request, Status, normal_email, normal_phone,
};
use frontdesk_domain::practice::{Clients, Setup};
use frontdesk_domain::scheduling::{Agenda, Asked, Busy, Calendar, Interval, Occupant, Slot};
use frontdesk_domain::session::{self, Action, ClientType, Event, Observation, Referral, Session, Stage, State};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{AppointmentId, SessionId};
use frontdesk_store::{Booked, FullAppointment, TimelineEntry};
use jiff::tz::TimeZone;

use crate::model::Site;
use crate::support::location;

const DAY: i64 = 24 * 3600 * SECOND;

/// What a location keeps of bookings.
#[derive(Debug)]
pub struct Diary {
    setup: Setup,
    zone: TimeZone,
    pub holds: BTreeMap<String, Hold>,
    pub appointments: BTreeMap<String, Appointment>,
    /// In the order in which they came.
    pub clients: Vec<Client>,
    pub patients: Vec<Patient>,
    /// What was written down for clients: notice, appointment, sequence.
    pub mails: Vec<(String, Notice, String, u32)>,
    answered: HashMap<Box<str>, ([u8; 32], Timestamp, Booked)>,
}

/// Why the model refuses, in the engines' words.
pub type Refusal = String;

impl Diary {
    pub fn new(setup: Setup, zone: &str) -> Self {
        Self {
            setup,
            zone: TimeZone::get(zone).expect("a time zone"),
            holds: BTreeMap::new(),
            appointments: BTreeMap::new(),
            clients: Vec::new(),
            patients: Vec::new(),
            mails: Vec::new(),
            answered: HashMap::new(),
        }
    }

    /// Everything that takes up time, in order.
    pub fn busy(&self) -> Vec<Busy> {
        let standing = self.appointments.values().filter(|one| one.status.occupies()).map(|one| Busy {
            occupied: one.occupied,
            provider: one.slot.provider.clone(),
            room: one.room.clone(),
            occupant: Occupant::Appointment { id: one.id.clone() },
        });
        let held = self.holds.values().map(|hold| Busy {
            occupied: hold.occupied,
            provider: hold.slot.provider.clone(),
            room: hold.room.clone(),
            occupant: Occupant::Hold { session: hold.session.clone(), until: hold.until },
        });
        Agenda::new(standing.chain(held).collect()).busy().to_vec()
    }

    pub fn full(&self, appointment: &Appointment) -> FullAppointment {
        let client = self.clients.iter().find(|client| client.id == appointment.client);
        let patient = self.patients.iter().find(|patient| patient.id == appointment.patient);
        FullAppointment {
            appointment: appointment.clone(),
            client: client.expect("its client").clone(),
            patient: patient.expect("its patient").clone(),
        }
    }

    /// The room, the end and what is occupied, if the slot can be had.
    fn place(&self, slot: &Slot, asked: &Asked<'_>, own: Option<&AppointmentId>) -> Result<Placed, Rejection> {
        let wanted = self.setup.appointment_type(slot.appointment_type.as_str());
        let for_some = wanted.is_some_and(|wanted| wanted.clients != Clients::All);
        if asked.session.is_some() && asked.client_type.is_none() && for_some {
            return Err(Rejection::NotForThisClient);
        }
        let mut agenda = Agenda::new(self.busy());
        agenda.remove(|occupant| matches!((occupant, own), (Occupant::Appointment { id }, Some(own)) if id == own));
        let open = Calendar::new(&self.setup, &self.zone).place(&agenda, slot, asked)?;
        Ok(Placed { room: open.room.cloned(), end: open.end, occupied: open.occupied() })
    }

    fn tell(&mut self, command: &str, notice: Notice, full: &FullAppointment) {
        if full.client.email.is_some() {
            let (id, sequence) = (full.appointment.id.to_string(), full.appointment.sequence);
            self.mails.push((command.to_owned(), notice, id, sequence));
        }
    }

    /// The client, and whether they are new. A visitor who gives an email address is known by nothing else.
    fn client_of(&self, choice: ClientChoice, visitor: bool, now: Timestamp) -> Result<(Client, bool), Rejection> {
        let code = self.setup.face.calling_code();
        let described = match choice {
            ClientChoice::Known(Known::Id(id)) => {
                let known = self.clients.iter().find(|client| client.id == id);
                return known.cloned().map(|known| (known, false)).ok_or(Rejection::NoSuchClient);
            }
            ClientChoice::Known(Known::Remote(_)) => return Err(Rejection::NoSuchClient),
            ClientChoice::Described(described) => described,
        };
        let email = |text: &Option<Box<str>>| text.as_ref().and_then(|text| normal_email(text).ok());
        let phone = |text: &Option<Box<str>>| text.as_ref().and_then(|text| normal_phone(text, code).ok());
        let mut oldest_first: Vec<&Client> = self.clients.iter().collect();
        oldest_first.sort_by_key(|client| (client.created_at, client.id.clone()));
        let by_email =
            oldest_first.iter().find(|one| email(&one.email).is_some() && email(&one.email) == email(&described.email));
        let by_phone = || {
            oldest_first.iter().find(|one| {
                let same = phone(&one.phone).is_some() && phone(&one.phone) == phone(&described.phone);
                same && described.email.as_ref().is_none_or(|_| !visitor && one.email.is_none())
            })
        };
        let known = by_email.or_else(by_phone).map(|known| (*known).clone());
        let NewClient { id, first_name, last_name, email, phone } = described;
        let Some(mut known) = known else {
            let new = Client { id, remote_id: None, first_name, last_name, email, phone, created_at: now };
            return Ok((new, true));
        };
        known.email = known.email.or(email);
        known.phone = known.phone.or(phone);
        Ok((known, false))
    }

    fn patient_of(&self, client: &Client, choice: PatientChoice, now: Timestamp) -> Result<Patient, Rejection> {
        let theirs = |patient: &&Patient| patient.client == client.id;
        let new = match choice {
            PatientChoice::Known(Known::Id(id)) => {
                let known = self.patients.iter().filter(theirs).find(|patient| patient.id == id);
                return known.cloned().ok_or(Rejection::NoSuchPatient);
            }
            PatientChoice::Known(Known::Remote(_)) => return Err(Rejection::NoSuchPatient),
            PatientChoice::Described(new) => new,
        };
        let same_name = |patient: &&Patient| patient.name.to_lowercase() == new.name.to_lowercase();
        if let Some(known) = self.patients.iter().filter(theirs).find(same_name) {
            return Ok(known.clone());
        }
        let (client, created_at) = (client.id.clone(), now);
        let (id, name, species, breed) = (new.id, new.name, new.species, new.breed);
        Ok(Patient { id, remote_id: None, client, name, species, breed, created_at })
    }
}

struct Placed {
    room: Option<frontdesk_domain::RoomId>,
    end: Timestamp,
    occupied: Interval,
}

fn said(rejection: impl ToString) -> Refusal {
    rejection.to_string()
}

impl Site {
    fn diary(&mut self) -> &mut Diary {
        self.diary.as_mut().expect("only of a site that has one")
    }

    /// What is kept for a session that ends goes with it.
    pub fn end_hold(&mut self, session: &str) -> Option<Event> {
        let held = self.diary.as_mut()?.holds.remove(session)?;
        Some(Event::Observed(Observation::HoldExpired { slot: held.slot }))
    }

    /// A session's remote id is its appointment's.
    pub fn follow(&mut self, session: &Session) {
        if let (Some(diary), State::Completed { appointment_id, remote_appointment_id: Some(remote) }) =
            (&mut self.diary, &session.state)
            && let Some(appointment) = diary.appointments.get_mut(appointment_id.as_str())
            && appointment.remote_id.as_ref() != Some(remote)
        {
            appointment.remote_id = Some(remote.clone());
            appointment.updated_at = session.updated_at;
        }
    }

    /// Carries out a command that commits at `at`.
    pub fn book(&mut self, command: Command, at: Timestamp) -> Result<Booked, Refusal> {
        if self.diary.is_none() {
            return Err("no such location".to_owned());
        }
        if let Some(asked) = &command.idempotency
            && let Some((fingerprint, kept_at, booked)) = self.diary().answered.get(&asked.key)
            && *kept_at > at.plus_micros(-DAY)
        {
            let reused = "this Idempotency-Key was used for another request".to_owned();
            return if *fingerprint == asked.fingerprint { Ok(booked.clone()) } else { Err(reused) };
        }
        let (idempotency, now, mail) = (command.idempotency, command.now, command.mail.to_string());
        let booked = match command.request {
            Request::Hold { session, slot } => self.hold(&session, slot, now, at),
            Request::Release { session } => self.release(&session, now, at),
            Request::Book(booking) => self.make(*booking, &mail, now, at),
            Request::Decide { appointment, decision, actor } => {
                self.decide(&appointment, decision, actor, &mail, now, at)
            }
            Request::Reschedule { appointment, slot, actor } => {
                self.reschedule(&appointment, slot, actor, &mail, now, at)
            }
            Request::AttachRemote { appointment, remote_id } => self.attach(&appointment, remote_id, now, at),
        }?;
        if let Some(asked) = idempotency {
            self.diary().answered.insert(asked.key, (asked.fingerprint, at, booked.clone()));
        }
        Ok(booked)
    }

    fn find(&self, id: &SessionId) -> Result<Session, Refusal> {
        self.sessions.get(id.as_str()).map(|kept| kept.session.clone()).ok_or("no such session".to_owned())
    }

    fn about(&self, session: Option<Session>, full: Option<FullAppointment>, hold: Option<Hold>) -> Booked {
        Booked { location: location(self.id), session, appointment: full.map(Box::new), hold }
    }

    fn observe(
        &mut self,
        session: Session,
        stage: Option<Stage>,
        observations: Vec<Observation>,
        (now, at): (Timestamp, Timestamp),
    ) -> Result<Session, Refusal> {
        let decided = session.apply(Action::Observe { stage, observations }, now, self.time_to_live).map_err(said)?;
        Ok(self.change(decided.session, decided.events, at))
    }

    fn hold(&mut self, id: &SessionId, slot: Slot, now: Timestamp, at: Timestamp) -> Result<Booked, Refusal> {
        let session = self.find(id)?;
        let touch = Action::Advance { stage: None, client_type: None };
        session.clone().apply(touch, now, self.time_to_live).map_err(said)?;
        let held = self.diary().holds.get(id.as_str()).cloned();
        if let Some(held) = held.as_ref().filter(|held| held.slot == slot && held.until > now) {
            let session = self.observe(session, Some(Stage::Checkout), Vec::new(), (now, at))?;
            return Ok(self.about(Some(session), None, Some(held.clone())));
        }
        let asked = Asked { now, session: Some(id), client_type: session.client_type, visitor: true };
        let placed = self.diary().place(&slot, &asked, None);
        if placed.as_ref().is_err_and(|rejection| *rejection == Rejection::SlotTaken) {
            self.observe(session.clone(), None, vec![Observation::TimeLost { slot: slot.clone() }], (now, at))?;
        }
        let placed = placed.map_err(said)?;
        let minutes = i64::from(self.diary().setup.rules.hold_minutes);
        let until = now.plus_micros((minutes * 60 * SECOND).min(self.time_to_live));
        let mut observations = Vec::new();
        observations.extend(held.map(|held| gone(&held, now)));
        observations.push(Observation::TimeHeld { slot: slot.clone(), until });
        let session = self.observe(session, Some(Stage::Checkout), observations, (now, at))?;
        let hold = Hold { session: id.clone(), slot, occupied: placed.occupied, room: placed.room, until };
        self.diary().holds.insert(id.to_string(), hold.clone());
        Ok(self.about(Some(session), None, Some(hold)))
    }

    fn release(&mut self, id: &SessionId, now: Timestamp, at: Timestamp) -> Result<Booked, Refusal> {
        let mut session = self.find(id)?;
        if let Some(held) = self.diary().holds.get(id.as_str()).cloned() {
            session = self.observe(session, None, vec![gone(&held, now)], (now, at))?;
            self.diary().holds.remove(id.as_str());
        }
        Ok(self.about(Some(session), None, None))
    }

    fn make(&mut self, booking: Booking, mail: &str, now: Timestamp, at: Timestamp) -> Result<Booked, Refusal> {
        let session = booking.session.as_ref().map(|id| self.find(id)).transpose()?;
        if let Some(session) = &session {
            match &session.state {
                State::Active { expires_at } if now < *expires_at => {}
                State::Completed { appointment_id, .. } => {
                    let made = self.diary().appointments.get(booking.id.as_str()).cloned();
                    return match made.filter(|_| *appointment_id == booking.id) {
                        Some(made) => Ok(self.current(&made)),
                        None => Err(said(session::Rejection::AlreadyCompleted)),
                    };
                }
                _ => return Err(said(session::Rejection::SessionExpired)),
            }
        }
        let of_session = session.as_ref().and_then(|session| session.client_type);
        let visitor = session.is_some();
        let asked_type = if visitor { of_session } else { booking.client_type };
        let asked = Asked { now, session: booking.session.as_ref(), client_type: asked_type, visitor };
        let placed = self.diary().place(&booking.slot, &asked, None);
        if let (Err(Rejection::SlotTaken), Some(session)) = (&placed, &session) {
            let lost = Observation::TimeLost { slot: booking.slot.clone() };
            self.observe(session.clone(), None, vec![lost], (now, at))?;
        }
        let placed = placed.map_err(said)?;
        let (client, is_new) = self.diary().client_of(booking.client, visitor, now).map_err(said)?;
        let on_record = if is_new { ClientType::New } else { ClientType::Returning };
        let client_type = if visitor { of_session } else { booking.client_type.or(Some(on_record)) };
        let patient = self.diary().patient_of(&client, booking.patient, now).map_err(said)?;
        let session = session.map(|session| self.complete(session, &booking.id, &booking.slot, now, at));
        let tick = session.as_ref().map_or_else(|| self.tick(at), |session| session.updated_at);
        let diary = self.diary();
        let first = if diary.setup.rules.auto_accept { Status::Accepted } else { Status::Requested };
        let appointment = Appointment {
            id: booking.id,
            remote_id: None,
            status: booking.status.unwrap_or(first),
            slot: booking.slot,
            end: placed.end,
            occupied: placed.occupied,
            room: placed.room,
            session: booking.session,
            referral: session.as_ref().map_or_else(Referral::default, |session| session.referral.clone()),
            client_type,
            client: client.id.clone(),
            patient: patient.id.clone(),
            note: booking.note,
            language: booking.language,
            sequence: 0,
            created_at: now,
            updated_at: tick,
        };
        diary.clients.retain(|known| known.id != client.id);
        diary.clients.push(client);
        diary.patients.retain(|known| known.id != patient.id);
        diary.patients.push(patient);
        diary.appointments.insert(appointment.id.to_string(), appointment.clone());
        let full = diary.full(&appointment);
        let requested = appointment.status == Status::Requested;
        diary.tell(mail, if requested { Notice::Requested } else { Notice::Booked }, &full);
        Ok(self.about(session, Some(full), None))
    }

    fn complete(
        &mut self,
        session: Session,
        id: &AppointmentId,
        slot: &Slot,
        now: Timestamp,
        at: Timestamp,
    ) -> Session {
        let held = self.diary().holds.remove(session.id.as_str());
        let action = Action::Complete { appointment_id: id.clone(), remote_appointment_id: None };
        let decided = session.apply(action, now, self.time_to_live).expect("it is in progress");
        let other = held.filter(|held| held.slot != *slot).map(|held| Event::Observed(gone(&held, now)));
        self.change(decided.session, other.into_iter().chain(decided.events).collect(), at)
    }

    /// The answer about an appointment as it stands.
    fn current(&self, appointment: &Appointment) -> Booked {
        let session = appointment.session.as_ref().map(|id| self.find(id).expect("its session"));
        let full = self.diary.as_ref().map(|diary| diary.full(appointment));
        self.about(session, full, None)
    }

    fn appointment(&mut self, id: &AppointmentId) -> Result<Appointment, Refusal> {
        self.diary().appointments.get(id.as_str()).cloned().ok_or("no such appointment".to_owned())
    }

    fn decide(
        &mut self,
        id: &AppointmentId,
        decision: Decision,
        actor: Actor,
        mail: &str,
        now: Timestamp,
        at: Timestamp,
    ) -> Result<Booked, Refusal> {
        let mut appointment = self.appointment(id)?;
        let notice_minutes = self.diary().setup.rules.change_notice_minutes;
        if appointment.decide(decision, actor, now, notice_minutes).map_err(said)? {
            appointment.updated_at = self.tick(at);
            let diary = self.diary();
            diary.appointments.insert(id.to_string(), appointment.clone());
            let notice = match decision {
                Decision::Accept => Some(Notice::Booked),
                Decision::Decline => Some(Notice::Declined),
                Decision::Cancel => Some(Notice::Cancelled),
                _ => None,
            };
            let full = diary.full(&appointment);
            if let Some(notice) = notice {
                diary.tell(mail, notice, &full);
            }
        }
        Ok(self.current(&appointment))
    }

    fn reschedule(
        &mut self,
        id: &AppointmentId,
        slot: Slot,
        actor: Actor,
        mail: &str,
        now: Timestamp,
        at: Timestamp,
    ) -> Result<Booked, Refusal> {
        let mut appointment = self.appointment(id)?;
        let rules = self.diary().setup.rules.clone();
        let movable = matches!(appointment.status, Status::Requested | Status::Accepted | Status::Confirmed);
        if movable && appointment.slot == slot {
            return Ok(self.current(&appointment));
        }
        appointment.check_movable(actor, now, rules.change_notice_minutes).map_err(said)?;
        if slot.appointment_type != appointment.slot.appointment_type {
            return Err(said(Rejection::SlotNotOpen));
        }
        let visitor = actor == Actor::Client;
        let asked = Asked { now, session: None, client_type: appointment.client_type, visitor };
        let placed = self.diary().place(&slot, &asked, Some(id)).map_err(said)?;
        (appointment.slot, appointment.end) = (slot, placed.end);
        (appointment.occupied, appointment.room) = (placed.occupied, placed.room);
        appointment.sequence += 1;
        if visitor && !rules.auto_accept {
            appointment.status = Status::Requested;
        }
        appointment.updated_at = self.tick(at);
        let diary = self.diary();
        diary.appointments.insert(id.to_string(), appointment.clone());
        let full = diary.full(&appointment);
        diary.tell(mail, Notice::Moved, &full);
        Ok(self.current(&appointment))
    }

    fn attach(
        &mut self,
        id: &AppointmentId,
        remote_id: AppointmentId,
        now: Timestamp,
        at: Timestamp,
    ) -> Result<Booked, Refusal> {
        let mut appointment = self.appointment(id)?;
        if appointment.remote_id.as_ref().is_some_and(|known| *known != remote_id) {
            return Err(said(Rejection::RemoteIdTaken));
        }
        if let Some(session) = &appointment.session {
            let action = Action::AttachRemote { remote_appointment_id: remote_id.clone() };
            let decided = self.find(session)?.apply(action, now, self.time_to_live).map_err(said)?;
            if !decided.events.is_empty() {
                self.change(decided.session, decided.events, at);
            }
        }
        if appointment.remote_id.is_none() {
            appointment.remote_id = Some(remote_id);
            appointment.updated_at = self.tick(at);
            self.diary().appointments.insert(id.to_string(), appointment.clone());
        }
        Ok(self.current(&appointment))
    }
}

fn gone(held: &Hold, now: Timestamp) -> Observation {
    let slot = held.slot.clone();
    if now < held.until { Observation::TimeReleased { slot } } else { Observation::HoldExpired { slot } }
}

impl Site {
    /// A mail about an appointment has failed, which its session's timeline tells.
    pub fn mail_failed(&mut self, id: &str, notice: Notice, at: Timestamp) {
        let Some(session) = self.diary().appointments[id].session.clone() else { return };
        let at = self.tick(at);
        let event = Event::Observed(Observation::MailFailed { notice, reason: "no".into() });
        self.sessions.get_mut(session.as_str()).expect("its session").timeline.push(TimelineEntry { at, event });
    }
}
