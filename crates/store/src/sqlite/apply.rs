//! Commands inside a transaction: load, let the domain decide, write the session, its events and its tallies.

use std::collections::HashMap;

use frontdesk_domain::feed::next_tick;
use frontdesk_domain::session::{Action, Command, Event, Idempotency, Request, Session, State, Status, Transition};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{SessionId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::row;
use super::tally::TallyMoves;
use crate::catalog::{Catalog, Location};
use crate::error::{ApplyError, Doing, StoreError};
use crate::record::Outcome;

/// How long an answer is kept for a repetition of its request.
pub(super) const IDEMPOTENCY_MICROS: i64 = 24 * 3600 * SECOND;

/// The changes of one transaction.
pub(super) struct Batch<'a> {
    connection: &'a Connection,
    catalog: &'a Catalog,
    /// The moment of the transaction, from which its ticks are taken.
    now: Timestamp,
    ticks: HashMap<i64, Timestamp>,
    tallies: TallyMoves,
    earliest_expiry: Timestamp,
}

impl<'a> Batch<'a> {
    pub(super) fn new(connection: &'a Connection, catalog: &'a Catalog, now: Timestamp) -> Self {
        let (ticks, tallies) = (HashMap::new(), TallyMoves::default());
        Self { connection, catalog, now, ticks, tallies, earliest_expiry: Timestamp::MAX }
    }

    /// Carries out one command. An error other than a fault has written nothing.
    pub(super) fn apply(&mut self, command: Command) -> Result<Outcome, ApplyError> {
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
            self.remember(location, &idempotency, &outcome)?;
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
        let session = row::find(self.connection, location.key, id.as_str())?.ok_or(ApplyError::NoSuchSession)?;
        let before = (session.state.status(), session.updated_at);
        let transition = session.apply(action, now, location.settings.session_ttl)?;
        if transition.events.is_empty() {
            return Ok(transition.session);
        }
        Ok(self.commit_transition(location, Some(before), transition, self.now)?)
    }

    /// The session as this transaction sees it.
    pub(super) fn find(&self, location: i64, id: &str) -> Result<Option<Session>, StoreError> {
        row::find(self.connection, location, id)
    }

    /// Abandons a session whose time ran out at `expires_at`. Nobody who read the present after that moment has gone
    /// past it (`seen` tells), so the change takes effect in the feed at the moment of the expiry itself.
    pub(super) fn settle(
        &mut self,
        location: &Location,
        session: Session,
        expires_at: Timestamp,
        seen: Timestamp,
    ) -> Result<(), StoreError> {
        let before = (session.state.status(), session.updated_at);
        let Ok(transition) = session.apply(Action::Settle, self.now, location.settings.session_ttl) else {
            return Ok(());
        };
        let at = if expires_at > seen { expires_at } else { self.now };
        self.commit_transition(location, Some(before), transition, at).map(drop)
    }

    /// Gives the change its tick, `at` or later, and writes it.
    fn commit_transition(
        &mut self,
        location: &Location,
        before: Option<(Status, Timestamp)>,
        transition: Transition,
        at: Timestamp,
    ) -> Result<Session, StoreError> {
        let Transition { mut session, events } = transition;
        let tick = next_tick(self.last_tick(location.key)?, at);
        session.updated_at = tick;
        row::save(self.connection, location.key, &session, before)?;
        append_events(self.connection, location.key, &session.id, tick, &events)?;
        self.tallies.moved(location.key, before, (session.state.status(), tick));
        self.ticks.insert(location.key, tick);
        if let State::Active { expires_at } = session.state {
            self.earliest_expiry = self.earliest_expiry.min(expires_at);
        }
        Ok(session)
    }

    fn last_tick(&self, location: i64) -> Result<Timestamp, StoreError> {
        match self.ticks.get(&location) {
            Some(tick) => Ok(*tick),
            None => last_tick(self.connection, location),
        }
    }

    fn answered(&self, location: &Location, asked: &Idempotency) -> Result<Option<Outcome>, ApplyError> {
        let known = self
            .connection
            .prepare_cached(
                "/* an answered request */ SELECT fingerprint, outcome FROM idempotency_keys \
                 WHERE location = ?1 AND key = ?2 AND created_at > ?3",
            )
            .and_then(|mut statement| {
                let since = self.now.plus_micros(-IDEMPOTENCY_MICROS).as_micros();
                statement
                    .query_row((location.key, &*asked.key, since), |row| <(Vec<u8>, String)>::try_from(row))
                    .optional()
            })
            .doing("look up an idempotency key")?;
        let Some((fingerprint, outcome)) = known else { return Ok(None) };
        if fingerprint != asked.fingerprint {
            return Err(ApplyError::KeyReused);
        }
        let outcome = serde_json::from_str(&outcome).map_err(|_| StoreError::Corrupt {
            table: "idempotency_keys",
            column: "outcome",
            id: asked.key.to_string(),
        })?;
        Ok(Some(outcome))
    }

    fn remember(&self, location: &Location, asked: &Idempotency, outcome: &Outcome) -> Result<(), StoreError> {
        let outcome =
            serde_json::to_string(outcome).expect("cannot fail: an outcome has no maps with other keys than texts");
        self.connection
            .prepare_cached(
                "/* remember an answer */ INSERT OR REPLACE INTO idempotency_keys \
                 (location, key, fingerprint, created_at, outcome) VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut statement| {
                statement.execute((location.key, &*asked.key, asked.fingerprint, self.now.as_micros(), outcome))
            })
            .doing("remember an idempotency key")?;
        Ok(())
    }

    /// Writes what was gathered for the whole batch; the commit comes next. Answers the earliest expiry in it.
    pub(super) fn finish(self) -> Result<Timestamp, StoreError> {
        for (location, tick) in &self.ticks {
            raise_last_tick(self.connection, *location, *tick)?;
        }
        self.tallies.write(self.connection)?;
        Ok(self.earliest_expiry)
    }
}

/// The last tick of a location.
pub(super) fn last_tick(connection: &Connection, location: i64) -> Result<Timestamp, StoreError> {
    connection
        .prepare_cached("/* last tick */ SELECT last_tick FROM locations WHERE key = ?1")
        .and_then(|mut statement| statement.query_row([location], |row| row.get(0)))
        .map(Timestamp::from_micros)
        .doing("read the last tick of a location")
}

/// Moves a location's last tick on to `tick`.
pub(super) fn raise_last_tick(connection: &Connection, location: i64, tick: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached("/* raise last tick */ UPDATE locations SET last_tick = max(last_tick, ?2) WHERE key = ?1")
        .and_then(|mut statement| statement.execute((location, tick.as_micros())))
        .doing("write the last tick of a location")?;
    Ok(())
}

/// Adds events to a timeline, in their order, at one tick.
pub(super) fn append_events(
    connection: &Connection,
    location: i64,
    session: &SessionId,
    at: Timestamp,
    events: &[Event],
) -> Result<(), StoreError> {
    let mut statement = connection
        .prepare_cached(
            "/* append an event */ INSERT INTO events (location, session, at, position, event) VALUES (?1, ?2, ?3, ?4, ?5)",
        )
        .doing("prepare an event")?;
    for (position, event) in (0_i64..).zip(events) {
        let event = serde_json::to_string(event).expect("cannot fail: an event has no maps with other keys than texts");
        statement.execute((location, session.as_str(), at.as_micros(), position, event)).doing("write an event")?;
    }
    Ok(())
}
