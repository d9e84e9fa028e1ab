//! The changes of one transaction, as both engines make them: what is loaded is handed to the domain, which decides, and
//! what it decided is handed back to be saved. An engine only loads and saves ([`Records`]).

mod appointment;
mod booking;
mod hold;
mod people;

use std::collections::HashMap;

use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::Notice;
use frontdesk_domain::feed::next_tick;
use frontdesk_domain::session::{
    Action, Command, Event, Idempotency, Observation, Request, Session, SessionView, Stage, State, Status, Transition,
};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{LocationId, SessionId};

pub(crate) use booking::{BookingRecords, NewMail};
pub(crate) use people::{Contact, search_name};

use crate::booking::kept_reason;
use crate::catalog::{Catalog, Location};
use crate::error::{ApplyError, StoreError};
use crate::moves::TallyMoves;
use crate::record::{ImportRow, ImportVerdict, Outcome};

/// How long an answer is kept for a repetition of its request.
pub(crate) const IDEMPOTENCY_MICROS: i64 = 24 * 3600 * SECOND;

/// Where a session stood before a change.
pub(crate) type Before = Option<(Status, Timestamp)>;

/// What a transaction of an engine loads and saves. Locations are named by their keys.
pub(crate) trait Records: BookingRecords {
    /// The session of that id, as this transaction sees it.
    fn session(&mut self, location: i64, id: &str) -> Result<Option<Session>, StoreError>;

    /// The last tick of a location.
    fn last_tick(&mut self, location: i64) -> Result<Timestamp, StoreError>;

    /// The latest instant up to which anybody has read the present of a location; no tick may be earlier.
    fn seen(&mut self, location: i64) -> Timestamp;

    /// Keeps a session; `before` says where it stood.
    fn save(&mut self, location: i64, session: &Session, before: Before) -> Result<(), StoreError>;

    /// Adds events to a timeline, in their order, at one tick.
    fn append(&mut self, location: i64, session: &SessionId, at: Timestamp, events: &[Event])
    -> Result<(), StoreError>;

    /// Takes the events of an instant out of a timeline.
    fn forget_events(&mut self, location: i64, session: &SessionId, at: Timestamp) -> Result<(), StoreError>;

    /// The first event of a session at the tick of its last change.
    fn last_change(&mut self, location: i64, session: &Session) -> Result<Option<Event>, StoreError>;

    /// The fingerprint of the request that a key was used for after `since`, and its answer as JSON.
    fn answered(&mut self, location: i64, key: &str, since: Timestamp)
    -> Result<Option<(Vec<u8>, String)>, StoreError>;

    /// Keeps an answer, as JSON, for a repetition of its request.
    fn remember(
        &mut self,
        location: i64,
        asked: &Idempotency,
        at: Timestamp,
        outcome: String,
    ) -> Result<(), StoreError>;
}

/// The changes of one transaction.
pub(crate) struct Batch<'a, R> {
    pub(crate) records: R,
    catalog: &'a Catalog,
    /// The moment of the transaction, from which its ticks are taken.
    now: Timestamp,
    changes: Changes,
}

/// What a batch leaves to be written once, at its end.
#[derive(Debug)]
pub(crate) struct Changes {
    /// The last tick of each location that has a change.
    pub(crate) ticks: HashMap<i64, Timestamp>,
    /// The earliest expiry among the changed sessions of each location.
    pub(crate) expiries: HashMap<i64, Timestamp>,
    /// What moves in the tally tree.
    pub(crate) moves: TallyMoves,
    /// The tick of the last change of what takes up the time of a location.
    pub(crate) agendas: HashMap<i64, Timestamp>,
}

impl Changes {
    /// No change, of an engine whose tally tree has `lowest_level` as its lowest.
    pub(crate) fn none(lowest_level: u8) -> Self {
        Self {
            ticks: HashMap::new(),
            expiries: HashMap::new(),
            moves: TallyMoves::above(lowest_level),
            agendas: HashMap::new(),
        }
    }
}

impl<'a, R: Records> Batch<'a, R> {
    /// A batch at `now`, of an engine whose tally tree has `lowest_level` as its lowest.
    pub(crate) fn new(records: R, catalog: &'a Catalog, now: Timestamp, lowest_level: u8) -> Self {
        Self { records, catalog, now, changes: Changes::none(lowest_level) }
    }

    /// The generation of the catalogue by which it decides.
    pub(crate) const fn generation(&self) -> i64 {
        self.catalog.generation
    }

    /// What is left to be written.
    pub(crate) fn finish(self) -> (R, Changes) {
        (self.records, self.changes)
    }

    /// Carries out one command. An error other than a fault has written nothing.
    pub(crate) fn apply(&mut self, command: Command) -> Result<Outcome, ApplyError> {
        let Command { location: id, session, now, idempotency, request } = command;
        let location = self.catalog.location(id.as_str()).ok_or(ApplyError::NoSuchLocation)?;
        if let Some(idempotency) = &idempotency
            && let Some(outcome) = self.answered(location, idempotency)?
        {
            return Ok(outcome);
        }
        let session = match request {
            Request::Start(start) => {
                let transition = Session::start(session, start, now, location.settings.session_ttl);
                self.commit_transition(location, None, transition, self.now)?
            }
            Request::Act(action) => self.act(location, &session, action, now)?,
        };
        let outcome = Outcome { location: location.id.clone(), session };
        if let Some(idempotency) = idempotency {
            let kept = serde_json::to_string(&outcome)
                .expect("cannot fail: an outcome has no maps with other keys than texts");
            self.records.remember(location.key, &idempotency, self.now, kept)?;
        }
        Ok(outcome)
    }

    fn act(
        &mut self,
        location: &Location,
        id: &SessionId,
        action: Action,
        now: Timestamp,
    ) -> Result<Session, ApplyError> {
        let session = self.records.session(location.key, id.as_str())?.ok_or(ApplyError::NoSuchSession)?;
        let (before, stage) = ((session.state.status(), session.updated_at), session.stage);
        let transition = session.apply(action, now, location.settings.session_ttl)?;
        if transition.events.is_empty() {
            return Ok(transition.session);
        }
        let session = if before.0 == Status::Active && transition.session.state.status() != Status::Active {
            self.commit_end(location, before, stage, transition, self.now)?
        } else {
            self.commit_transition(location, Some(before), transition, self.now)?
        };
        self.follow_session(location, &session)?;
        Ok(session)
    }

    /// Abandons a session if its time has run out. Nobody who read the present after its expiry has gone past it
    /// ([`Records::seen`] tells), so the change takes effect in the feed at the moment of the expiry itself. Answers that
    /// moment when it was settled.
    pub(crate) fn settle(&mut self, location: &Location, id: &str) -> Result<Option<Timestamp>, StoreError> {
        let Some(session) = self.records.session(location.key, id)? else { return Ok(None) };
        let State::Active { expires_at } = session.state else { return Ok(None) };
        let (before, stage) = ((session.state.status(), session.updated_at), session.stage);
        let Ok(transition) = session.apply(Action::Settle, self.now, location.settings.session_ttl) else {
            return Ok(None);
        };
        let at = if expires_at > self.records.seen(location.key) { expires_at } else { self.now };
        self.commit_end(location, before, stage, transition, at)?;
        Ok(Some(expires_at))
    }

    /// Adds to a session's timeline that a mail about its appointment failed. That takes a tick, but is no change of the
    /// session, which keeps its place in the feed.
    pub(crate) fn mail_failed(
        &mut self,
        location: &Location,
        session: &str,
        notice: Notice,
        reason: &str,
    ) -> Result<(), StoreError> {
        let Some(session) = SessionId::parse(session).ok() else { return Ok(()) };
        let tick = next_tick(self.last_tick(location.key)?, self.now.max(self.records.seen(location.key)));
        let event = Event::Observed(Observation::MailFailed { notice, reason: kept_reason(reason).into() });
        self.records.append(location.key, &session, tick, &[event])?;
        self.changes.ticks.insert(location.key, tick);
        Ok(())
    }

    /// The same as [`Self::commit_transition`], of a session that ends: what is kept for it goes with it.
    fn commit_end(
        &mut self,
        location: &Location,
        before: (Status, Timestamp),
        stage: Stage,
        mut transition: Transition,
        at: Timestamp,
    ) -> Result<Session, StoreError> {
        let held = self.take_hold(location, &transition.session.id, stage)?;
        if let Some(held) = &held {
            let expired = Observation::HoldExpired { slot: held.slot.clone() };
            transition.events.insert(0, Event::Observed(expired));
        }
        let session = self.commit_transition(location, Some(before), transition, at)?;
        if held.is_some() {
            self.changes.agendas.insert(location.key, session.updated_at);
        }
        Ok(session)
    }

    /// Gives the change its tick, `at` or later, and writes it.
    fn commit_transition(
        &mut self,
        location: &Location,
        before: Before,
        transition: Transition,
        at: Timestamp,
    ) -> Result<Session, StoreError> {
        let Transition { mut session, events } = transition;
        let tick = self.tick_from(location, at)?;
        session.updated_at = tick;
        self.records.append(location.key, &session.id, tick, &events)?;
        self.save(location, &session, before)?;
        Ok(session)
    }

    /// The next tick of a location.
    fn tick(&mut self, location: &Location) -> Result<Timestamp, StoreError> {
        self.tick_from(location, self.now)
    }

    /// The next tick of a location, `at` or later.
    fn tick_from(&mut self, location: &Location, at: Timestamp) -> Result<Timestamp, StoreError> {
        let tick = next_tick(self.last_tick(location.key)?, at.max(self.records.seen(location.key)));
        self.changes.ticks.insert(location.key, tick);
        Ok(tick)
    }

    fn last_tick(&mut self, location: i64) -> Result<Timestamp, StoreError> {
        match self.changes.ticks.get(&location) {
            Some(tick) => Ok(*tick),
            None => self.records.last_tick(location),
        }
    }

    fn save(&mut self, location: &Location, session: &Session, before: Before) -> Result<(), StoreError> {
        self.records.save(location.key, session, before)?;
        self.changes.moves.moved(location.key, before, (session.state.status(), session.updated_at));
        if let State::Active { expires_at } = session.state {
            let earliest = self.changes.expiries.entry(location.key).or_insert(Timestamp::MAX);
            *earliest = expires_at.min(*earliest);
        }
        Ok(())
    }

    fn answered(&mut self, location: &Location, asked: &Idempotency) -> Result<Option<Outcome>, ApplyError> {
        let Some((fingerprint, outcome)) = self.kept_answer(location, asked)? else { return Ok(None) };
        if fingerprint != asked.fingerprint {
            return Err(ApplyError::KeyReused);
        }
        let outcome = serde_json::from_str(&outcome).map_err(|_| unreadable_answer(asked))?;
        Ok(Some(outcome))
    }

    /// The fingerprint of the request that the same key was used for within a day, and its answer.
    fn kept_answer(
        &mut self,
        location: &Location,
        asked: &Idempotency,
    ) -> Result<Option<(Vec<u8>, String)>, StoreError> {
        let since = self.now.plus_micros(-IDEMPOTENCY_MICROS);
        self.records.answered(location.key, &asked.key, since)
    }

    /// Takes a session of a file into the record. With `touch`, what changes gets a new tick instead of the file's
    /// `updated_at`.
    pub(crate) fn import(&mut self, row: ImportRow, touch: bool) -> Result<ImportVerdict, StoreError> {
        let ImportRow { location, session } = row;
        let Some(location) = self.location(&location) else { return Ok(ImportVerdict::NoSuchLocation) };
        if session.updated_at > self.now || session.last_activity_at > Some(self.now) {
            return Ok(ImportVerdict::InTheFuture);
        }
        let known = self.records.session(location.key, session.id.as_str())?;
        if let Some(known) = &known
            && (!self.brings_news(location, known, &session, touch)? || self.takes_away(location, known, &session)?)
        {
            return Ok(ImportVerdict::Unchanged);
        }
        self.take(location, known.as_ref(), session, touch)?;
        Ok(if known.is_some() { ImportVerdict::Updated } else { ImportVerdict::Added })
    }

    fn location(&self, id: &LocationId) -> Option<&'a Location> {
        self.catalog.location(id.as_str()).map(|location| &**location)
    }

    /// Whether a session of a file says something that the record does not know.
    fn brings_news(
        &mut self,
        location: &Location,
        known: &Session,
        session: &Session,
        touch: bool,
    ) -> Result<bool, StoreError> {
        // A session that an earlier row or import has touched is as new as the file said, not as its tick says.
        let as_of = match self.records.last_change(location.key, known)? {
            Some(Event::Imported { updated_at: Some(in_file), .. }) => in_file,
            _ => known.updated_at,
        };
        let same = session.view() == SessionView { updated_at: as_of, ..known.view() };
        let has_its_tick = as_of != known.updated_at || !touch;
        let is_known = same && has_its_tick;
        // Without a new tick a session never goes back in the feed: who has seen it there would not see it again.
        let file_is_older = session.updated_at < if touch { as_of } else { known.updated_at };
        Ok(!(file_is_older || is_known))
    }

    /// Whether a session of a file has not the appointment that the session made here. That one stands, whatever a file says.
    fn takes_away(&mut self, location: &Location, known: &Session, session: &Session) -> Result<bool, StoreError> {
        let State::Completed { appointment_id, .. } = &known.state else { return Ok(false) };
        let stays = session.view().appointment_id == Some(appointment_id.as_str());
        if stays || location.booking.is_none() {
            return Ok(false);
        }
        let made = self.records.appointment(location.key, appointment_id.as_str())?;
        Ok(made.is_some_and(|made| made.session.as_ref() == Some(&known.id)))
    }

    fn take(
        &mut self,
        location: &Location,
        known: Option<&Session>,
        mut session: Session,
        touch: bool,
    ) -> Result<(), StoreError> {
        let in_file = session.updated_at;
        let last = self.last_tick(location.key)?;
        if touch {
            session.updated_at = next_tick(last, self.now.max(self.records.seen(location.key)));
        }
        if let State::Active { expires_at } = &mut session.state {
            // Not before now: a session that is overdue is settled after the import, at a tick of its own.
            let since = session.last_activity_at.unwrap_or(session.updated_at);
            *expires_at = since.plus_micros(location.settings.session_ttl).max(self.now);
        }
        if known.is_some() {
            // A correction at the same instant takes the place of what stood there.
            self.records.forget_events(location.key, &session.id, session.updated_at)?;
        }
        let updated_at = (in_file != session.updated_at).then_some(in_file);
        let mut events = vec![Event::Imported { status: session.state.status(), stage: session.stage, updated_at }];
        let held = match known {
            Some(known) if session.state.status() != Status::Active => {
                self.take_hold(location, &known.id, known.stage)?
            }
            _ => None,
        };
        events.extend(held.iter().map(|held| Event::Observed(Observation::HoldExpired { slot: held.slot.clone() })));
        self.records.append(location.key, &session.id, session.updated_at, &events)?;
        let before = known.map(|known| (known.state.status(), known.updated_at));
        self.save(location, &session, before)?;
        self.changes.ticks.insert(location.key, last.max(session.updated_at));
        if held.is_some() {
            // Not that of the session, which may be as old as the file.
            let tick = self.tick(location)?;
            self.changes.agendas.insert(location.key, tick);
        }
        Ok(())
    }
}

fn unreadable_answer(asked: &Idempotency) -> StoreError {
    StoreError::Corrupt { table: "idempotency_keys", column: "outcome", id: asked.key.to_string() }
}
