//! The embedded engine as the source and as the target of a copy.

mod rows;

use std::collections::HashMap;

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::{Place, Window};
use frontdesk_domain::session::{State, Status};
use rusqlite::{Connection, OptionalExtension, Transaction, TransactionBehavior};

use super::catalog;
use super::connection::Ownership;
use super::records::{self, LOWEST_LEVEL};
use super::row::{self, session_columns};
use super::workbench::Workbench;
use crate::batch::Changes;
use crate::catalog::{Catalog, Location, origins_to_json, reach_to_json, setup_to_json};
use crate::copy::{CopiedEvent, CopiedRow, CopiedSession, FeedClock, KeptAnswer, Portion, Side, Table};
use crate::error::{Doing, OpenError, StoreError};
use crate::moves::TallyMoves;

const READING: &str = "read sessions to copy";
const WRITING: &str = "write copied sessions";
/// Sessions read at once when a location is read to its end.
const CHUNK: usize = 1000;

/// A run of neighbouring rows of each status, merged.
macro_rules! rows_of_status {
    ($number:literal) => {
        concat!(
            "SELECT ",
            session_columns!(),
            " FROM sessions WHERE location = ?1 AND status = ",
            $number,
            " AND (updated_at, id) > (?2, ?3)"
        )
    };
}

pub(super) const SESSIONS: &str = concat!(
    "/* sessions to copy */ ",
    rows_of_status!("0"),
    " UNION ALL ",
    rows_of_status!("1"),
    " UNION ALL ",
    rows_of_status!("2"),
    " ORDER BY updated_at, id LIMIT ?4"
);

const TAKE_LOCATION: &str = "/* copy a location */ \
     INSERT INTO locations (key, id, name, time_zone, session_ttl, origins, created_at, last_tick) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8) ON CONFLICT (key) DO UPDATE SET name = excluded.name, \
     time_zone = excluded.time_zone, session_ttl = excluded.session_ttl, origins = excluded.origins";

const TAKE_SETUP: &str = "/* copy a set-up */ INSERT INTO setups (location, revision, document) VALUES (?1, ?2, ?3) \
     ON CONFLICT (location) DO UPDATE SET revision = excluded.revision, document = excluded.document";

const TAKE_TOKEN: &str = "/* copy a token */ \
     INSERT INTO tokens (id, digest, scope, reach, note, created_at, revoked_at) \
     VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (id) DO UPDATE \
     SET revoked_at = coalesce(excluded.revoked_at, tokens.revoked_at)";

impl Side for Workbench {
    fn identity(&mut self) -> Result<String, StoreError> {
        let path = std::fs::canonicalize(&self.path)
            .map_err(|cause| StoreError::File { doing: format!("find {}", self.path.display()), cause })?;
        Ok(format!("sqlite:{}", path.display()))
    }

    fn is_served(&self) -> bool {
        Self::is_served(self)
    }

    /// By taking the place of the file's one server.
    fn claim(&mut self) -> Result<bool, StoreError> {
        match Ownership::take(&self.path) {
            Ok(ownership) => self.claim = Some(ownership),
            Err(OpenError::Store(fault)) => return Err(fault),
            Err(_) => return Ok(false),
        }
        Ok(true)
    }

    fn catalog(&self) -> Result<Catalog, StoreError> {
        Self::catalog(self)
    }

    fn take_catalog(&mut self, catalog: &Catalog) -> Result<(), StoreError> {
        let transaction = begin(&mut self.connection)?;
        take_catalog(&transaction, catalog)?;
        transaction.commit().doing("commit the copied catalogue")
    }

    fn clock(&mut self, location: i64) -> Result<FeedClock, StoreError> {
        clock(&self.connection, location)
    }

    fn end_of_feed(&mut self, location: i64) -> Result<Option<Place>, StoreError> {
        let mut end = None;
        for status in Status::ALL {
            end = end.max(last_of(&self.connection, location, *status)?);
        }
        Ok(end)
    }

    fn count(&self, location: &Location, window: &Window) -> Result<u64, StoreError> {
        Self::count(self, location, window)
    }

    fn read(&mut self, location: i64, after: &Place, limit: usize) -> Result<Portion, StoreError> {
        let snapshot = self.connection.transaction().doing(READING)?;
        Ok(Portion { sessions: read(&snapshot, location, after, limit)?, clock: clock(&snapshot, location)? })
    }

    fn write(&mut self, location: i64, sessions: &[CopiedSession]) -> Result<(), StoreError> {
        let transaction = begin(&mut self.connection)?;
        write(&transaction, location, sessions)?;
        transaction.commit().doing("commit copied sessions")
    }

    fn read_answers(&mut self, location: i64, after: &str, limit: usize) -> Result<Vec<KeptAnswer>, StoreError> {
        read_answers(&self.connection, location, after, limit).doing("read kept answers")
    }

    fn write_answers(&mut self, location: i64, answers: &[KeptAnswer]) -> Result<(), StoreError> {
        let transaction = begin(&mut self.connection)?;
        write_answers(&transaction, location, answers).doing("keep copied answers")?;
        transaction.commit().doing("commit copied answers")
    }

    fn read_told(&mut self, location: i64, after: &str, limit: usize) -> Result<Vec<CopiedSession>, StoreError> {
        let snapshot = self.connection.transaction().doing(READING)?;
        rows::told(&snapshot, location, after, limit)
    }

    fn read_rows(
        &mut self,
        table: Table,
        location: i64,
        after: &str,
        limit: usize,
    ) -> Result<Vec<CopiedRow>, StoreError> {
        rows::read(&self.connection, table, location, after, limit)
    }

    fn write_rows(&mut self, table: Table, location: i64, rows: &[CopiedRow], anew: bool) -> Result<(), StoreError> {
        rows::write(&mut self.connection, table, location, rows, anew)
    }

    fn claim_anew(&mut self, location: i64, tick: Timestamp) -> Result<(), StoreError> {
        rows::claim_anew(&mut self.connection, location, tick)
    }

    /// This engine keeps in the file only ticks: one that is as late as what has been seen stands for it.
    fn raise_clock(&mut self, location: i64, clock: FeedClock) -> Result<(), StoreError> {
        records::raise_last_tick(&self.connection, location, clock.last_tick.max(clock.seen))
    }

    /// Its plans do not hang on how much there is.
    fn take_stock(&mut self) -> Result<(), StoreError> {
        Ok(())
    }

    fn read_all(&mut self, location: i64, sink: &mut dyn FnMut(&CopiedSession)) -> Result<FeedClock, StoreError> {
        let snapshot = self.connection.transaction().doing(READING)?;
        let mut after = Place::before(Timestamp::MIN);
        loop {
            let sessions = read(&snapshot, location, &after, CHUNK)?;
            sessions.iter().for_each(&mut *sink);
            match sessions.last() {
                Some(last) if sessions.len() == CHUNK => after = last.place(),
                _ => return clock(&snapshot, location),
            }
        }
    }
}

fn begin(connection: &mut Connection) -> Result<Transaction<'_>, StoreError> {
    connection.transaction_with_behavior(TransactionBehavior::Immediate).doing("begin to write a copy")
}

/// What this engine has seen only a running server knows; after its end nobody reads.
fn clock(connection: &Connection, location: i64) -> Result<FeedClock, StoreError> {
    Ok(FeedClock { last_tick: records::last_tick(connection, location)?, seen: Timestamp::MIN })
}

fn take_catalog(connection: &Connection, catalog: &Catalog) -> Result<(), StoreError> {
    const TAKING: &str = "copy the catalogue";
    connection
        .execute("/* copy the secret key */ UPDATE installation SET secret_key = ?1", [catalog.secret_key.0])
        .doing(TAKING)?;
    for location in catalog.locations() {
        let settings = &location.settings;
        let origins = origins_to_json(&settings.origins);
        let (key, id, created_at) = (location.key, location.id.as_str(), location.created_at.as_micros());
        let (name, zone, ttl, never) = (&settings.name, &settings.time_zone, settings.session_ttl, i64::MIN);
        connection
            .prepare_cached(TAKE_LOCATION)
            .and_then(|mut statement| statement.execute((key, id, name, zone, ttl, origins, created_at, never)))
            .doing(TAKING)?;
        if let Some(booking) = &location.booking {
            connection
                .prepare_cached(TAKE_SETUP)
                .and_then(|mut statement| {
                    statement.execute((key, location.setup_revision, setup_to_json(&booking.setup)))
                })
                .doing(TAKING)?;
        }
    }
    for token in catalog.tokens() {
        let (id, scope, reach) = (token.id.to_bits(), token.scope.as_str(), reach_to_json(&token.reach));
        let (created_at, revoked_at) = (token.created_at.as_micros(), token.revoked_at.map(Timestamp::as_micros));
        connection
            .prepare_cached(TAKE_TOKEN)
            .and_then(|mut statement| {
                statement.execute((id, token.digest, scope, reach, &*token.note, created_at, revoked_at))
            })
            .doing(TAKING)?;
    }
    catalog::next_generation(connection)
}

fn last_of(connection: &Connection, location: i64, status: Status) -> Result<Option<Place>, StoreError> {
    connection
        .prepare_cached(
            "/* the last session of a status */ SELECT updated_at, id FROM sessions \
             WHERE location = ?1 AND status = ?2 ORDER BY updated_at DESC, id DESC LIMIT 1",
        )
        .and_then(|mut statement| {
            let place = |row: &rusqlite::Row<'_>| {
                let (updated_at, id) = (Timestamp::from_micros(row.get(0)?), row.get(1)?);
                Ok(Place { updated_at, id })
            };
            statement.query_row((location, status.number()), place).optional()
        })
        .doing("find the end of a feed")
}

fn read(connection: &Connection, location: i64, after: &Place, limit: usize) -> Result<Vec<CopiedSession>, StoreError> {
    let mut statement = connection.prepare_cached(SESSIONS).doing(READING)?;
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = statement.query((location, after.updated_at.as_micros(), &*after.id, limit)).doing(READING)?;
    let mut sessions = Vec::new();
    while let Some(row) = rows.next().doing(READING)? {
        let session = row::session(row)?;
        let events = events(connection, location, session.id.as_str()).doing("read events to copy")?;
        sessions.push(CopiedSession { session, events });
    }
    Ok(sessions)
}

fn events(connection: &Connection, location: i64, session: &str) -> rusqlite::Result<Vec<CopiedEvent>> {
    let mut statement = connection.prepare_cached(
        "/* events to copy */ SELECT at, position, event FROM events WHERE location = ?1 AND session = ?2 \
         ORDER BY at, position",
    )?;
    let event = |row: &rusqlite::Row<'_>| {
        let at = Timestamp::from_micros(row.get(0)?);
        Ok(CopiedEvent { at, position: row.get(1)?, event: row.get(2)? })
    };
    statement.query_map((location, session), event)?.collect()
}

fn write(connection: &Connection, location: i64, sessions: &[CopiedSession]) -> Result<(), StoreError> {
    let mut moves = TallyMoves::above(LOWEST_LEVEL);
    let (mut last_tick, mut next_expiry) = (Timestamp::MIN, Timestamp::MAX);
    for CopiedSession { session, events } in sessions {
        let known = row::find(connection, location, session.id.as_str())?;
        let before = known.map(|known| (known.state.status(), known.updated_at));
        row::save(connection, location, session, before)?;
        moves.moved(location, before, (session.state.status(), session.updated_at));
        write_events(connection, location, session.id.as_str(), events).doing(WRITING)?;
        last_tick = last_tick.max(session.updated_at);
        if let State::Active { expires_at } = session.state {
            next_expiry = next_expiry.min(expires_at);
        }
    }
    let (ticks, expiries) = (HashMap::from([(location, last_tick)]), HashMap::from([(location, next_expiry)]));
    // No server runs here that would have to hear of the next expiry.
    records::finish(connection, Changes { ticks, expiries, moves, ..Changes::none(LOWEST_LEVEL) }).map(drop)
}

/// Puts a timeline in the place of the one that is kept.
fn write_events(connection: &Connection, location: i64, session: &str, events: &[CopiedEvent]) -> rusqlite::Result<()> {
    connection
        .prepare_cached("/* a timeline that is copied anew */ DELETE FROM events WHERE location = ?1 AND session = ?2")?
        .execute((location, session))?;
    let mut statement = connection.prepare_cached(
        "/* copy an event */ INSERT INTO events (location, session, at, position, event) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for CopiedEvent { at, position, event } in events {
        statement.execute((location, session, at.as_micros(), position, event))?;
    }
    Ok(())
}

fn read_answers(
    connection: &Connection,
    location: i64,
    after: &str,
    limit: usize,
) -> rusqlite::Result<Vec<KeptAnswer>> {
    let mut statement = connection.prepare_cached(
        "/* answers to copy */ SELECT key, fingerprint, created_at, outcome FROM idempotency_keys \
         WHERE location = ?1 AND key > ?2 ORDER BY key LIMIT ?3",
    )?;
    let answer = |row: &rusqlite::Row<'_>| {
        let created_at = Timestamp::from_micros(row.get(2)?);
        Ok(KeptAnswer { key: row.get(0)?, fingerprint: row.get(1)?, created_at, outcome: row.get(3)? })
    };
    statement.query_map((location, after, i64::try_from(limit).unwrap_or(i64::MAX)), answer)?.collect()
}

fn write_answers(connection: &Connection, location: i64, answers: &[KeptAnswer]) -> rusqlite::Result<()> {
    let mut statement = connection.prepare_cached(
        "/* copy an answer */ INSERT OR REPLACE INTO idempotency_keys \
         (location, key, fingerprint, created_at, outcome) VALUES (?1, ?2, ?3, ?4, ?5)",
    )?;
    for KeptAnswer { key, fingerprint, created_at, outcome } in answers {
        statement.execute((location, key, fingerprint, created_at.as_micros(), outcome))?;
    }
    Ok(())
}
