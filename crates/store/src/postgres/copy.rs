//! PostgreSQL as the source and as the target of a copy.

mod rows;

use std::collections::HashMap;

use frontdesk_domain::feed::{Place, Window};
use frontdesk_domain::session::{Session, State};
use frontdesk_domain::{Clock, Timestamp};
use tokio_postgres::Row;

use super::connection::{Connection, prepared};
use super::fault::Doing;
use super::records::{Asked, Loaded};
use super::row::{self, session_columns};
use super::tallies::LOWEST_LEVEL;
use super::workbench::Workbench;
use super::{catalog, saving, transaction};
use crate::batch::{Changes, Records};
use crate::catalog::{Catalog, Location, origins_to_json, reach_to_json, setup_to_json};
use crate::copy::{CopiedEvent, CopiedRow, CopiedSession, FeedClock, KeptAnswer, Portion, Side, Table};
use crate::error::StoreError;
use crate::moves::TallyMoves;

const READING: &str = "read sessions to copy";
const WRITING: &str = "write copied sessions";
const ANSWERING: &str = "copy kept answers";
/// Sessions read at once when a location is read to its end.
const CHUNK: usize = 1000;

/// The key of the advisory lock of a copy's target: "FrontCpy".
const LOCK: i64 = i64::from_be_bytes(*b"FrontCpy");

/// No two databases have all of this in common: the moment when the server was started, the database, the schema.
const IDENTITY: &str = "SELECT concat_ws(' ', extract(epoch FROM pg_postmaster_start_time()), \
     (SELECT oid FROM pg_database WHERE datname = current_database()), current_schema())";

const CLOCK: &str = "/* clock of a source */ SELECT last_tick, seen FROM clocks WHERE location = $1";

pub(super) const SESSIONS: &str = concat!(
    "/* sessions to copy */ SELECT ",
    session_columns!(),
    " FROM sessions WHERE location = $1 AND (updated_at, id) > ($2, $3) ORDER BY updated_at, id LIMIT $4"
);

const EVENTS: &str = "/* events to copy */ SELECT session, at, position, event FROM events \
     WHERE location = $1 AND session = ANY($2) ORDER BY session, at, position";

const END: &str = "/* the last session of a location */ SELECT updated_at, id FROM sessions WHERE location = $1 \
     ORDER BY updated_at DESC, id DESC LIMIT 1";

const FORGET: &str =
    "/* timelines that are copied anew */ DELETE FROM events WHERE location = $1 AND session = ANY($2)";

const APPEND: &str = "/* copy events */ INSERT INTO events (location, session, at, position, event) \
     SELECT $1::bigint, * FROM unnest($2::text[], $3::bigint[], $4::integer[], $5::text[])";

const ANSWERS: &str = "/* answers to copy */ SELECT key, fingerprint, created_at, outcome FROM idempotency_keys \
     WHERE location = $1 AND key > $2 ORDER BY key LIMIT $3";

const TAKE_ANSWERS: &str = "/* copy answers */ \
     INSERT INTO idempotency_keys (location, key, fingerprint, created_at, outcome) \
     SELECT $1::bigint, * FROM unnest($2::text[], $3::bytea[], $4::bigint[], $5::text[]) \
     ON CONFLICT (location, key) DO UPDATE SET fingerprint = excluded.fingerprint, \
     created_at = excluded.created_at, outcome = excluded.outcome";

const ANALYZE: &str = "ANALYZE sessions, events, tallies, idempotency_keys, appointments, clients, patients";

const RAISE: &str = "/* raise a clock */ UPDATE clocks SET last_tick = greatest(last_tick, $2), \
     seen = greatest(seen, $3) WHERE location = $1";

const TAKE_LOCATION: &str = "/* copy a location */ \
     INSERT INTO locations (key, id, name, time_zone, session_ttl, origins, created_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (key) DO UPDATE SET name = excluded.name, \
     time_zone = excluded.time_zone, session_ttl = excluded.session_ttl, origins = excluded.origins";

const TAKE_SETUP: &str = "/* copy a set-up */ INSERT INTO setups (location, revision, document) VALUES ($1, $2, $3) \
     ON CONFLICT (location) DO UPDATE SET revision = excluded.revision, document = excluded.document";

const TAKE_CLOCK: &str = "/* the clock of a copied location */ \
     INSERT INTO clocks (location, last_tick, seen, next_expiry) VALUES ($1, $2, $2, $3) ON CONFLICT DO NOTHING";

const TAKE_TOKEN: &str = "/* copy a token */ \
     INSERT INTO tokens (id, digest, scope, reach, note, created_at, revoked_at) \
     VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (id) DO UPDATE \
     SET revoked_at = coalesce(excluded.revoked_at, tokens.revoked_at)";

impl Side for Workbench {
    fn identity(&mut self) -> Result<String, StoreError> {
        self.snapshot(async |connection| {
            connection
                .query_one(IDENTITY, &[])
                .await
                .and_then(|row| row.try_get::<_, String>(0))
                .doing("tell which database it is")
        })
    }

    fn is_served(&self) -> bool {
        Self::is_served(self)
    }

    fn claim(&mut self) -> Result<bool, StoreError> {
        self.claim = self.runtime.block_on(async {
            const CLAIMING: &str = "lock the target of a copy";
            let connection = self.pools.get().await?;
            let row = connection.query_one("SELECT pg_try_advisory_lock($1)", &[&LOCK]).await.doing(CLAIMING)?;
            Ok::<_, StoreError>(row.try_get::<_, bool>(0).doing(CLAIMING)?.then_some(connection))
        })?;
        Ok(self.claim.is_some())
    }

    fn catalog(&self) -> Result<Catalog, StoreError> {
        Self::catalog(self)
    }

    fn take_catalog(&mut self, catalog: &Catalog) -> Result<(), StoreError> {
        self.runtime.block_on(transaction::run(&self.pools, "copy the catalogue", |connection| async move {
            take_catalog(&connection, catalog).await
        }))
    }

    fn clock(&mut self, location: i64) -> Result<FeedClock, StoreError> {
        self.snapshot(async |connection| clock(connection, location).await)
    }

    fn end_of_feed(&mut self, location: i64) -> Result<Option<Place>, StoreError> {
        const FINDING: &str = "find the end of a feed";
        self.snapshot(async |connection| {
            let statement = prepared(connection, END).await?;
            let row = connection.query_opt(&statement, &[&location]).await.doing(FINDING)?;
            row.map(|row| {
                let updated_at = Timestamp::from_micros(row.try_get(0)?);
                Ok(Place { updated_at, id: row.try_get::<_, &str>(1)?.into() })
            })
            .transpose()
            .doing(FINDING)
        })
    }

    fn count(&self, location: &Location, window: &Window) -> Result<u64, StoreError> {
        Self::count(self, location, window)
    }

    fn read(&mut self, location: i64, after: &Place, limit: usize) -> Result<Portion, StoreError> {
        self.snapshot(async |connection| {
            let sessions = read(connection, location, after, limit).await?;
            Ok(Portion { sessions, clock: clock(connection, location).await? })
        })
    }

    fn write(&mut self, location: i64, sessions: &[CopiedSession]) -> Result<(), StoreError> {
        self.runtime.block_on(transaction::run(&self.pools, "copy sessions", |connection| async move {
            write(&connection, location, sessions).await
        }))
    }

    fn read_answers(&mut self, location: i64, after: &str, limit: usize) -> Result<Vec<KeptAnswer>, StoreError> {
        let limit = i64::try_from(limit).unwrap_or(i64::MAX);
        self.snapshot(async |connection| {
            let statement = prepared(connection, ANSWERS).await?;
            let rows = connection.query(&statement, &[&location, &after, &limit]).await.doing(ANSWERING)?;
            rows.iter().map(answer).collect::<Result<_, _>>().doing(ANSWERING)
        })
    }

    fn write_answers(&mut self, location: i64, answers: &[KeptAnswer]) -> Result<(), StoreError> {
        self.runtime.block_on(transaction::run(&self.pools, "copy answers", |connection| async move {
            write_answers(&connection, location, answers).await
        }))
    }

    fn read_told(&mut self, location: i64, after: &str, limit: usize) -> Result<Vec<CopiedSession>, StoreError> {
        self.snapshot(async |connection| rows::told(connection, location, after, limit).await)
    }

    fn read_rows(
        &mut self,
        table: Table,
        location: i64,
        after: &str,
        limit: usize,
    ) -> Result<Vec<CopiedRow>, StoreError> {
        self.snapshot(async |connection| rows::read(connection, table, location, after, limit).await)
    }

    fn write_rows(&mut self, table: Table, location: i64, rows: &[CopiedRow], anew: bool) -> Result<(), StoreError> {
        self.runtime.block_on(transaction::run(&self.pools, "copy bookings", |connection| async move {
            rows::write(&connection, table, location, rows, anew).await
        }))
    }

    fn claim_anew(&mut self, location: i64, tick: Timestamp) -> Result<(), StoreError> {
        self.runtime.block_on(transaction::run(&self.pools, "copy claims", |connection| async move {
            rows::claim_anew(&connection, location, tick).await
        }))
    }

    /// Nobody tells when the source was read last: it can have been a moment ago.
    fn raise_clock(&mut self, location: i64, clock: FeedClock) -> Result<(), StoreError> {
        let (last_tick, seen) = (clock.last_tick.as_micros(), clock.seen.max(self.clock.now()).as_micros());
        self.runtime.block_on(transaction::run(&self.pools, "raise a clock", |connection| async move {
            let statement = prepared(&connection, RAISE).await?;
            let raised =
                connection.execute(&statement, &[&location, &last_tick, &seen]).await.doing("raise a clock")?;
            if raised == 1 { Ok(()) } else { Err(no_clock(location)) }
        }))
    }

    /// Its plans do: those of an empty table are bad ones for a full one.
    fn take_stock(&mut self) -> Result<(), StoreError> {
        self.runtime.block_on(async {
            let connection = self.pools.get().await?;
            connection.batch_execute(ANALYZE).await.doing("analyze the copied tables")
        })
    }

    fn read_all(&mut self, location: i64, sink: &mut dyn FnMut(&CopiedSession)) -> Result<FeedClock, StoreError> {
        self.snapshot(async |connection| {
            let mut after = Place::before(Timestamp::MIN);
            loop {
                let sessions = read(connection, location, &after, CHUNK).await?;
                sessions.iter().for_each(&mut *sink);
                match sessions.last() {
                    Some(last) if sessions.len() == CHUNK => after = last.place(),
                    _ => return clock(connection, location).await,
                }
            }
        })
    }
}

fn no_clock(location: i64) -> StoreError {
    StoreError::Corrupt { table: "clocks", column: "location", id: location.to_string() }
}

async fn clock(connection: &Connection, location: i64) -> Result<FeedClock, StoreError> {
    const DOING: &str = "read the clock of a location";
    let statement = prepared(connection, CLOCK).await?;
    let row = connection.query_opt(&statement, &[&location]).await.doing(DOING)?.ok_or_else(|| no_clock(location))?;
    let instant = |column| row.try_get(column).map(Timestamp::from_micros).doing(DOING);
    Ok(FeedClock { last_tick: instant(0)?, seen: instant(1)? })
}

async fn take_catalog(connection: &Connection, catalog: &Catalog) -> Result<(), StoreError> {
    const TAKING: &str = "copy the catalogue";
    connection
        .execute("/* copy the secret key */ UPDATE installation SET secret_key = $1", &[&&catalog.secret_key.0[..]])
        .await
        .doing(TAKING)?;
    let (location_statement, clock, setup) = (
        prepared(connection, TAKE_LOCATION).await?,
        prepared(connection, TAKE_CLOCK).await?,
        prepared(connection, TAKE_SETUP).await?,
    );
    for location in catalog.locations() {
        let settings = &location.settings;
        let (origins, created_at) = (origins_to_json(&settings.origins), location.created_at.as_micros());
        let (key, id) = (location.key, location.id.as_str());
        let (name, zone, ttl) = (&settings.name, &settings.time_zone, settings.session_ttl);
        connection
            .execute(&location_statement, &[&key, &id, name, zone, &ttl, &origins, &created_at])
            .await
            .doing(TAKING)?;
        if let Some(booking) = &location.booking {
            let document = setup_to_json(&booking.setup);
            connection.execute(&setup, &[&key, &location.setup_revision, &document]).await.doing(TAKING)?;
        }
        let (never, no_expiry) = (Timestamp::MIN.as_micros(), Timestamp::MAX.as_micros());
        connection.execute(&clock, &[&key, &never, &no_expiry]).await.doing(TAKING)?;
    }
    let token_statement = prepared(connection, TAKE_TOKEN).await?;
    for token in catalog.tokens() {
        let (id, scope, reach) = (token.id.to_bits(), token.scope.as_str(), reach_to_json(&token.reach));
        let (created_at, revoked_at) = (token.created_at.as_micros(), token.revoked_at.map(Timestamp::as_micros));
        connection
            .execute(
                &token_statement,
                &[&id, &&token.digest[..], &scope, &reach, &&*token.note, &created_at, &revoked_at],
            )
            .await
            .doing(TAKING)?;
    }
    catalog::next_generation(connection).await
}

async fn read(
    connection: &Connection,
    location: i64,
    after: &Place,
    limit: usize,
) -> Result<Vec<CopiedSession>, StoreError> {
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let statement = prepared(connection, SESSIONS).await?;
    let (at, id) = (after.updated_at.as_micros(), &*after.id);
    let rows = connection.query(&statement, &[&location, &at, &id, &limit]).await.doing(READING)?;
    let sessions = rows.iter().map(|row| row::session(row, 0)).collect::<Result<Vec<_>, _>>()?;
    with_timelines(connection, location, sessions).await
}

/// Sessions of a location with all their events.
async fn with_timelines(
    connection: &Connection,
    location: i64,
    sessions: Vec<Session>,
) -> Result<Vec<CopiedSession>, StoreError> {
    let ids: Vec<&str> = sessions.iter().map(|session| session.id.as_str()).collect();
    let statement = prepared(connection, EVENTS).await?;
    let rows = connection.query(&statement, &[&location, &ids]).await.doing(READING)?;
    let mut timelines: HashMap<&str, Vec<CopiedEvent>> = HashMap::with_capacity(sessions.len());
    for row in &rows {
        let session = row.try_get(0).doing(READING)?;
        timelines.entry(session).or_default().push(event(row).doing(READING)?);
    }
    let with_events = |session: Session| {
        let events = timelines.remove(session.id.as_str()).unwrap_or_default();
        CopiedSession { session, events }
    };
    Ok(sessions.into_iter().map(with_events).collect())
}

fn event(row: &Row) -> Result<CopiedEvent, tokio_postgres::Error> {
    let at = Timestamp::from_micros(row.try_get(1)?);
    Ok(CopiedEvent { at, position: row.try_get(2)?, event: row.try_get(3)? })
}

fn answer(row: &Row) -> Result<KeptAnswer, tokio_postgres::Error> {
    let created_at = Timestamp::from_micros(row.try_get(2)?);
    Ok(KeptAnswer { key: row.try_get(0)?, fingerprint: row.try_get(1)?, created_at, outcome: row.try_get(3)? })
}

async fn write(connection: &Connection, location: i64, sessions: &[CopiedSession]) -> Result<(), StoreError> {
    let ids: Vec<&str> = sessions.iter().map(|copied| copied.session.id.as_str()).collect();
    let asked = Asked {
        locations: [location].into(),
        sessions: ids.iter().map(|id| (location, (*id).to_owned())).collect(),
        ..Asked::default()
    };
    let mut loaded = Loaded::load(connection, &asked).await?;
    let mut moves = TallyMoves::above(LOWEST_LEVEL);
    let (mut last_tick, mut next_expiry) = (Timestamp::MIN, Timestamp::MAX);
    for CopiedSession { session, .. } in sessions {
        let known = loaded.session(location, session.id.as_str())?;
        let before = known.map(|known| (known.state.status(), known.updated_at));
        loaded.save(location, session, before)?;
        moves.moved(location, before, (session.state.status(), session.updated_at));
        last_tick = last_tick.max(session.updated_at);
        if let State::Active { expires_at } = session.state {
            next_expiry = next_expiry.min(expires_at);
        }
    }
    let forget = prepared(connection, FORGET).await?;
    connection.execute(&forget, &[&location, &ids]).await.doing(WRITING)?;
    write_events(connection, location, sessions).await?;
    let (ticks, expiries) = (HashMap::from([(location, last_tick)]), HashMap::from([(location, next_expiry)]));
    let arrive = prepared(connection, saving::ARRIVE).await?;
    connection.execute(&arrive, &[&vec![location]]).await.doing(WRITING)?;
    // Nobody walks a database that is being copied into, so what moves in it is no departure.
    let changes = Changes { ticks, expiries, moves, ..Changes::none(LOWEST_LEVEL) };
    saving::write(connection, &loaded, &changes, Timestamp::MIN).await
}

async fn write_events(connection: &Connection, location: i64, sessions: &[CopiedSession]) -> Result<(), StoreError> {
    let events = || sessions.iter().flat_map(|copied| copied.events.iter().map(move |event| (&copied.session, event)));
    let ids: Vec<&str> = events().map(|(session, _)| session.id.as_str()).collect();
    let ticks: Vec<i64> = events().map(|(_, event)| event.at.as_micros()).collect();
    let positions: Vec<i32> = events().map(|(_, event)| event.position).collect();
    let texts: Vec<&str> = events().map(|(_, event)| event.event.as_str()).collect();
    let append = prepared(connection, APPEND).await?;
    connection.execute(&append, &[&location, &ids, &ticks, &positions, &texts]).await.doing(WRITING).map(drop)
}

async fn write_answers(connection: &Connection, location: i64, answers: &[KeptAnswer]) -> Result<(), StoreError> {
    let keys: Vec<&str> = answers.iter().map(|answer| answer.key.as_str()).collect();
    let fingerprints: Vec<&[u8]> = answers.iter().map(|answer| answer.fingerprint.as_slice()).collect();
    let instants: Vec<i64> = answers.iter().map(|answer| answer.created_at.as_micros()).collect();
    let outcomes: Vec<&str> = answers.iter().map(|answer| answer.outcome.as_str()).collect();
    let statement = prepared(connection, TAKE_ANSWERS).await?;
    connection
        .execute(&statement, &[&location, &keys, &fingerprints, &instants, &outcomes])
        .await
        .doing(ANSWERING)
        .map(drop)
}
