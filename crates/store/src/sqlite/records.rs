//! What a transaction loads and saves ([`Records`]), each by a statement of its own.

use frontdesk_domain::session::{Event, Idempotency, Session};
use frontdesk_domain::{SessionId, Timestamp};
use rusqlite::{Connection, OptionalExtension};

use super::{bookings, row, tally};
use crate::batch::{Before, Changes, Records};
use crate::error::{Doing, StoreError};

/// The lowest level of the tally tree that this engine keeps.
pub(super) const LOWEST_LEVEL: u8 = 0;

/// A transaction on this connection.
pub(super) struct Transaction<'a> {
    pub(super) connection: &'a Connection,
    /// The latest instant up to which anybody has read the present, read after the gate was told of this transaction.
    pub(super) seen: Timestamp,
}

impl Records for Transaction<'_> {
    fn session(&mut self, location: i64, id: &str) -> Result<Option<Session>, StoreError> {
        row::find(self.connection, location, id)
    }

    fn last_tick(&mut self, location: i64) -> Result<Timestamp, StoreError> {
        last_tick(self.connection, location)
    }

    fn seen(&mut self, _: i64) -> Timestamp {
        self.seen
    }

    fn save(&mut self, location: i64, session: &Session, before: Before) -> Result<(), StoreError> {
        row::save(self.connection, location, session, before)
    }

    fn append(
        &mut self,
        location: i64,
        session: &SessionId,
        at: Timestamp,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let mut statement = self
            .connection
            .prepare_cached(
                "/* append an event */ INSERT INTO events (location, session, at, position, event) \
                 VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .doing("prepare an event")?;
        for (position, event) in (0_i64..).zip(events) {
            let event =
                serde_json::to_string(event).expect("cannot fail: an event has no maps with other keys than texts");
            statement.execute((location, session.as_str(), at.as_micros(), position, event)).doing("write an event")?;
        }
        Ok(())
    }

    fn forget_events(&mut self, location: i64, session: &SessionId, at: Timestamp) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "/* events that a correction replaces */ DELETE FROM events \
                 WHERE location = ?1 AND session = ?2 AND at = ?3",
            )
            .and_then(|mut statement| statement.execute((location, session.as_str(), at.as_micros())))
            .map(drop)
            .doing("replace the events of a correction")
    }

    fn last_change(&mut self, location: i64, session: &Session) -> Result<Option<Event>, StoreError> {
        let event: Option<String> = self
            .connection
            .prepare_cached(
                "/* the last change of a session */ SELECT event FROM events \
                 WHERE location = ?1 AND session = ?2 AND at = ?3 AND position = 0",
            )
            .and_then(|mut statement| {
                let parameters = (location, session.id.as_str(), session.updated_at.as_micros());
                statement.query_row(parameters, |row| row.get(0)).optional()
            })
            .doing("look up the last change of a session")?;
        Ok(event.and_then(|event| serde_json::from_str(&event).ok()))
    }

    fn answered(
        &mut self,
        location: i64,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<(Vec<u8>, String)>, StoreError> {
        self.connection
            .prepare_cached(
                "/* an answered request */ SELECT fingerprint, outcome FROM idempotency_keys \
                 WHERE location = ?1 AND key = ?2 AND created_at > ?3",
            )
            .and_then(|mut statement| {
                statement.query_row((location, key, since.as_micros()), |row| row.try_into()).optional()
            })
            .doing("look up an idempotency key")
    }

    fn remember(
        &mut self,
        location: i64,
        asked: &Idempotency,
        at: Timestamp,
        outcome: String,
    ) -> Result<(), StoreError> {
        self.connection
            .prepare_cached(
                "/* remember an answer */ INSERT OR REPLACE INTO idempotency_keys \
                 (location, key, fingerprint, created_at, outcome) VALUES (?1, ?2, ?3, ?4, ?5)",
            )
            .and_then(|mut statement| {
                statement.execute((location, &*asked.key, asked.fingerprint, at.as_micros(), outcome))
            })
            .map(drop)
            .doing("remember an idempotency key")
    }
}

/// Writes what a batch gathered; the commit comes next. Answers the earliest expiry in it.
pub(super) fn finish(connection: &Connection, changes: Changes) -> Result<Timestamp, StoreError> {
    for (location, tick) in changes.ticks {
        raise_last_tick(connection, location, tick)?;
    }
    tally::write(connection, changes.moves)?;
    for (location, tick) in changes.agendas {
        bookings::agenda::has_changed(connection, location, tick)?;
    }
    Ok(changes.expiries.into_values().min().unwrap_or(Timestamp::MAX))
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
        .map(drop)
        .doing("write the last tick of a location")
}
