//! What a transaction loads at its beginning, for all its commands at once; what changes is kept here until it is written
//! ([`super::saving`]).

use std::collections::{BTreeMap, BTreeSet, HashMap};

use frontdesk_domain::feed::walk;
use frontdesk_domain::session::{Event, Idempotency, Session};
use frontdesk_domain::{SessionId, Timestamp};
use futures_util::future::try_join4;
use tokio_postgres::Row;

use super::bookings::{self, AskedBookings, Bookings};
use super::connection::{Connection, prepared};
use super::fault::Doing;
use super::row::{self, session_columns};
use crate::batch::{Before, Records};
use crate::error::StoreError;

const CLOCKS: &str = "/* lock the clocks */ SELECT location, last_tick, seen, arrivals FROM clocks \
     WHERE location = ANY($1) ORDER BY location FOR UPDATE";

/// The same, without those that another transaction holds.
const FREE_CLOCKS: &str = "/* lock the clocks that are free */ SELECT location, last_tick, seen, arrivals FROM clocks \
     WHERE location = ANY($1) ORDER BY location FOR UPDATE SKIP LOCKED";

pub(super) const SESSIONS: &str = concat!(
    "/* sessions to change */ SELECT location, ",
    session_columns!(),
    " FROM sessions JOIN unnest($1::bigint[], $2::text[]) AS asked (location, id) USING (location, id)"
);

const LAST_CHANGES: &str = "/* the last changes of sessions */ SELECT location, session, event \
     FROM events JOIN unnest($1::bigint[], $2::text[], $3::bigint[]) AS asked (location, session, at) \
     USING (location, session, at) WHERE position = 0";

const ANSWERED: &str = "/* answered requests */ SELECT location, key, created_at, fingerprint, outcome \
     FROM idempotency_keys JOIN unnest($1::bigint[], $2::text[]) AS asked (location, key) USING (location, key)";

/// A session, or a key, within a location.
pub(super) type Name = (i64, String);

/// An instant of a session's timeline: the location, the session, the tick.
pub(super) type Instant = (i64, String, i64);

/// What the commands of a transaction speak of.
#[derive(Default, Debug)]
pub(super) struct Asked {
    pub(super) locations: BTreeSet<i64>,
    pub(super) sessions: BTreeSet<Name>,
    pub(super) keys: BTreeSet<Name>,
    /// Whether what happened to these sessions last is wanted too.
    pub(super) last_changes: bool,
    /// Whether locations whose clocks are held are left out, instead of waited for.
    pub(super) only_free: bool,
    pub(super) bookings: AskedBookings,
}

/// The clock of a location, as its row says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct LocationClock {
    pub(super) last_tick: Timestamp,
    pub(super) seen: Timestamp,
    /// Whoever changes a session without moving `last_tick` moves this.
    pub(super) arrivals: i64,
}

/// An answer that is given again to the same request.
#[derive(Debug)]
pub(super) struct Answer {
    pub(super) fingerprint: Vec<u8>,
    pub(super) at: Timestamp,
    pub(super) outcome: String,
}

/// The records of a transaction, from the locks on the clocks of its locations to its commit; or those of reports, as they
/// are remembered ([`super::reports`]).
#[derive(Default, Debug)]
pub(super) struct Loaded {
    pub(super) clocks: HashMap<i64, LocationClock>,
    pub(super) sessions: HashMap<Name, Session>,
    last_changes: HashMap<Name, Event>,
    pub(super) answers: HashMap<Name, Answer>,
    /// Sessions that are new.
    pub(super) added: BTreeSet<Name>,
    /// Sessions that have changed and are not new.
    pub(super) changed: BTreeSet<Name>,
    /// New events by location, session and tick.
    pub(super) events: BTreeMap<Instant, Vec<Event>>,
    /// Places in the feed that sessions have left: which, and of which instant.
    pub(super) left: Vec<(Name, Timestamp)>,
    /// Instants whose events are replaced.
    pub(super) forgotten: Vec<Instant>,
    /// Answers that are new.
    pub(super) remembered: BTreeSet<Name>,
    pub(super) bookings: Bookings,
    /// Locations whose set-up is not any more as the commands on appointments take it to be.
    pub(super) stale: BTreeSet<i64>,
}

impl Loaded {
    /// Locks the clocks of the locations, in one order for all servers, and loads what is asked for as it is after that.
    pub(super) async fn load(connection: &Connection, asked: &Asked) -> Result<Self, StoreError> {
        let mut loaded = Self::default();
        // Prepared first, so that the transaction's first statements go out together.
        let (clocks, sessions, answered) = (
            prepared(connection, if asked.only_free { FREE_CLOCKS } else { CLOCKS }).await?,
            prepared(connection, SESSIONS).await?,
            prepared(connection, ANSWERED).await?,
        );
        let locations: Vec<i64> = asked.locations.iter().copied().collect();
        let (session_locations, session_ids) = columns(&asked.sessions);
        let (key_locations, keys) = columns(&asked.keys);
        let lock = async { connection.query(&clocks, &[&locations]).await.doing("lock the clocks") };
        let read =
            async { connection.query(&sessions, &[&session_locations, &session_ids]).await.doing("load sessions") };
        let look_up = async {
            if keys.is_empty() {
                return Ok(Vec::new());
            }
            connection.query(&answered, &[&key_locations, &keys]).await.doing("look up idempotency keys")
        };
        let named = bookings::named(connection, &asked.bookings);
        let (clocks, sessions, answers, named) = try_join4(lock, read, look_up, named).await?;
        const READING: &str = "load the records of a transaction";
        for row in &clocks {
            let instant = |index| row.try_get(index).map(Timestamp::from_micros);
            let clock = LocationClock {
                last_tick: instant(1).doing(READING)?,
                seen: instant(2).doing(READING)?,
                arrivals: row.try_get(3).doing(READING)?,
            };
            loaded.clocks.insert(row.try_get(0).doing(READING)?, clock);
        }
        loaded.take_sessions(&sessions)?;
        for row in &answers {
            let answer = Answer {
                at: Timestamp::from_micros(row.try_get(2).doing(READING)?),
                fingerprint: row.try_get(3).doing(READING)?,
                outcome: row.try_get(4).doing(READING)?,
            };
            loaded.answers.insert((row.try_get(0).doing(READING)?, row.try_get(1).doing(READING)?), answer);
        }
        loaded.take_named(&named, &asked.bookings)?;
        if asked.last_changes && !loaded.sessions.is_empty() {
            loaded.load_last_changes(connection).await?;
        }
        loaded.load_led_to(connection, &asked.bookings).await?;
        Ok(loaded)
    }

    pub(super) fn take_sessions(&mut self, rows: &[Row]) -> Result<(), StoreError> {
        for row in rows {
            let session = row::session(row, 1)?;
            let location = row.try_get(0).doing("load the records of a transaction")?;
            self.sessions.insert((location, session.id.to_string()), session);
        }
        Ok(())
    }

    /// Whether it has the clock of a location.
    pub(super) fn has_clock(&self, location: i64) -> bool {
        self.clocks.contains_key(&location)
    }

    /// Locations to whose feeds sessions come, or within which they change, where it cannot be told by the last tick: in places
    /// of long ago, or not after the last tick. Only imported ones do that.
    pub(super) fn arrivals(&self, now: Timestamp) -> BTreeSet<i64> {
        let comes_late = |location: &i64, session: &Session| {
            let last_tick = self.clocks.get(location).map(|clock| clock.last_tick);
            walk::is_old(session.updated_at, now) || last_tick.is_some_and(|last| session.updated_at <= last)
        };
        let saved = self.added.iter().chain(&self.changed);
        saved
            .filter(|name| self.sessions.get(*name).is_some_and(|session| comes_late(&name.0, session)))
            .map(|(location, _)| *location)
            .collect()
    }

    async fn load_last_changes(&mut self, connection: &Connection) -> Result<(), StoreError> {
        const READING: &str = "look up the last changes of sessions";
        let (locations, ids) = columns(self.sessions.keys());
        let ticks: Vec<i64> = self.sessions.values().map(|session| session.updated_at.as_micros()).collect();
        let statement = prepared(connection, LAST_CHANGES).await?;
        for row in connection.query(&statement, &[&locations, &ids, &ticks]).await.doing(READING)? {
            let event: &str = row.try_get(2).doing(READING)?;
            if let Ok(event) = serde_json::from_str(event) {
                self.last_changes.insert((row.try_get(0).doing(READING)?, row.try_get(1).doing(READING)?), event);
            }
        }
        Ok(())
    }
}

pub(super) fn columns<'a>(names: impl IntoIterator<Item = &'a Name>) -> (Vec<i64>, Vec<&'a str>) {
    names.into_iter().map(|(location, name)| (*location, name.as_str())).unzip()
}

impl Records for Loaded {
    fn session(&mut self, location: i64, id: &str) -> Result<Option<Session>, StoreError> {
        Ok(self.sessions.get(&(location, id.to_owned())).cloned())
    }

    fn last_tick(&mut self, location: i64) -> Result<Timestamp, StoreError> {
        let clock = self.clocks.get(&location);
        clock.map(|clock| clock.last_tick).ok_or_else(|| StoreError::Corrupt {
            table: "clocks",
            column: "location",
            id: location.to_string(),
        })
    }

    fn seen(&mut self, location: i64) -> Timestamp {
        self.clocks.get(&location).map_or(Timestamp::MIN, |clock| clock.seen)
    }

    fn save(&mut self, location: i64, session: &Session, before: Before) -> Result<(), StoreError> {
        let name = (location, session.id.to_string());
        if let Some((_, place)) = before {
            self.left.push((name.clone(), place));
            if !self.added.contains(&name) {
                self.changed.insert(name.clone());
            }
        } else if !self.added.insert(name.clone()) {
            return Err(StoreError::Postgres(format!("two new sessions have the id {}", session.id)));
        }
        self.sessions.insert(name, session.clone());
        Ok(())
    }

    fn append(
        &mut self,
        location: i64,
        session: &SessionId,
        at: Timestamp,
        events: &[Event],
    ) -> Result<(), StoreError> {
        let key = (location, session.to_string(), at.as_micros());
        self.events.entry(key).or_default().extend_from_slice(events);
        Ok(())
    }

    fn forget_events(&mut self, location: i64, session: &SessionId, at: Timestamp) -> Result<(), StoreError> {
        let key = (location, session.to_string(), at.as_micros());
        self.events.remove(&key);
        self.forgotten.push(key);
        Ok(())
    }

    fn last_change(&mut self, location: i64, session: &Session) -> Result<Option<Event>, StoreError> {
        let key = (location, session.id.to_string(), session.updated_at.as_micros());
        let here = self.events.get(&key).and_then(|events| events.first());
        Ok(here.or_else(|| self.last_changes.get(&(key.0, key.1))).cloned())
    }

    fn answered(
        &mut self,
        location: i64,
        key: &str,
        since: Timestamp,
    ) -> Result<Option<(Vec<u8>, String)>, StoreError> {
        let answer = self.answers.get(&(location, key.to_owned())).filter(|answer| answer.at > since);
        Ok(answer.map(|answer| (answer.fingerprint.clone(), answer.outcome.clone())))
    }

    fn remember(
        &mut self,
        location: i64,
        asked: &Idempotency,
        at: Timestamp,
        outcome: String,
    ) -> Result<(), StoreError> {
        let name = (location, asked.key.to_string());
        self.remembered.insert(name.clone());
        self.answers.insert(name, Answer { fingerprint: asked.fingerprint.to_vec(), at, outcome });
        Ok(())
    }
}
