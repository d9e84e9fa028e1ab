//! Writing what a transaction has changed: a few statements, whatever the number of rows, all sent before the first is
//! answered.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::walk;
use frontdesk_domain::session::{ClientType, Event, Session, State};
use futures_util::future::try_join_all;
use tokio_postgres::Statement;
use tokio_postgres::types::ToSql;

use super::bookings;
use super::connection::{Connection, prepared};
use super::fault::{Doing, fault, is_refusal};
use super::records::{Answer, Instant, Loaded, LocationClock, Name};
use super::tallies;
use super::transaction::Transaction;
use crate::batch::Changes;
use crate::error::StoreError;

/// A new session whose id is taken is an error, never a change of the other.
const ADD: &str = "/* add sessions */ INSERT INTO sessions (location, id, status, updated_at, stage, client_type, \
     appointment_id, remote_appointment_id, referral_source, referral_campaign, referral_medium, created_at, \
     last_activity_at, expires_at) \
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[], $5::smallint[], $6::smallint[], \
     $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], $14::bigint[])";

/// The part of a statement that writes sessions, their events and the clocks, if a condition holds.
macro_rules! saved_if {
    ($condition:literal) => {
        concat!(
            "changed AS (UPDATE sessions SET status = changed.status, updated_at = changed.updated_at, \
               stage = changed.stage, client_type = changed.client_type, appointment_id = changed.appointment_id, \
               remote_appointment_id = changed.remote_appointment_id, referral_source = changed.referral_source, \
               referral_campaign = changed.referral_campaign, referral_medium = changed.referral_medium, \
               created_at = changed.created_at, last_activity_at = changed.last_activity_at, \
               expires_at = changed.expires_at \
               FROM unnest($1::bigint[], $2::text[], $3::smallint[], $4::bigint[], $5::smallint[], $6::smallint[], \
                 $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::bigint[], $13::bigint[], \
                 $14::bigint[]) \
                 AS changed (location, id, status, updated_at, stage, client_type, appointment_id, \
                 remote_appointment_id, referral_source, referral_campaign, referral_medium, created_at, \
                 last_activity_at, expires_at) \
               WHERE sessions.location = changed.location AND sessions.id = changed.id AND ",
            $condition,
            "), appended AS (INSERT INTO events (location, session, at, position, event) \
               SELECT * FROM unnest($15::bigint[], $16::text[], $17::bigint[], $18::integer[], $19::text[]) WHERE ",
            $condition,
            ") UPDATE clocks SET last_tick = greatest(last_tick, moved.tick), \
               next_expiry = least(next_expiry, moved.expiry) \
             FROM unnest($20::bigint[], $21::bigint[], $22::bigint[]) AS moved (location, tick, expiry) \
             WHERE clocks.location = moved.location AND ",
            $condition
        )
    };
}

/// What nearly every transaction writes, in one statement: each answer of PostgreSQL costs as much as some rows.
pub(super) const SAVE: &str = concat!("/* save sessions, events and clocks */ WITH ", saved_if!("true"));

/// The same as a transaction of its own, without a lock from before. All of it, if every clock is free, stands where it is
/// known to stand, and nobody has seen the present beyond the first tick; otherwise nothing. Answers how many clocks it
/// moved.
pub(super) const SAVE_IF_NOTHING_CAME_BETWEEN: &str = concat!(
    "/* save reports if nothing came between */ \
     WITH standing AS MATERIALIZED (SELECT clocks.location FROM clocks \
       JOIN unnest($20::bigint[], $23::bigint[], $24::bigint[], $25::bigint[]) \
         AS known (location, last_tick, arrivals, first_tick) ON clocks.location = known.location \
       AND clocks.last_tick = known.last_tick AND clocks.arrivals = known.arrivals AND clocks.seen <= known.first_tick \
       FOR UPDATE OF clocks SKIP LOCKED), \
     allowed AS MATERIALIZED (SELECT count(*) = cardinality($20) AS all FROM standing), ",
    saved_if!("(SELECT allowed.all FROM allowed)")
);

const FORGET: &str = "/* events that corrections replace */ DELETE FROM events \
     USING unnest($1::bigint[], $2::text[], $3::bigint[]) AS old (location, session, at) \
     WHERE events.location = old.location AND events.session = old.session AND events.at = old.at";

const REMEMBER: &str = "/* remember answers */ \
     INSERT INTO idempotency_keys (location, key, fingerprint, created_at, outcome) \
     SELECT * FROM unnest($1::bigint[], $2::text[], $3::bytea[], $4::bigint[], $5::text[]) \
     ON CONFLICT (location, key) DO UPDATE SET fingerprint = excluded.fingerprint, \
     created_at = excluded.created_at, outcome = excluded.outcome";

const DEPART: &str = "/* remember departures */ INSERT INTO departures (location, at, session, updated_at) \
     SELECT location, $4, session, updated_at \
     FROM unnest($1::bigint[], $2::text[], $3::bigint[]) AS departed (location, session, updated_at) \
     ON CONFLICT DO NOTHING";

/// Locations to whose old places sessions have come.
pub(super) const ARRIVE: &str =
    "/* remember arrivals */ UPDATE clocks SET arrivals = arrivals + 1 WHERE location = ANY($1::bigint[])";

/// Writes everything that has changed by `now`.
pub(super) async fn write(
    connection: &Connection,
    loaded: &Loaded,
    changes: &Changes,
    now: Timestamp,
) -> Result<(), StoreError> {
    Writes::prepare(connection, loaded, changes, now).await?.send(connection).await
}

/// The same, and commits: one round trip less.
pub(super) async fn write_and_commit(
    transaction: &Transaction,
    loaded: &Loaded,
    changes: &Changes,
    now: Timestamp,
) -> Result<(), StoreError> {
    let writes = Writes::prepare(transaction, loaded, changes, now).await?;
    transaction.commit_with(writes.send(transaction)).await
}

/// What came of an attempt to save reports.
pub(super) enum Attempt {
    /// They are committed.
    Saved,
    /// Nothing is written: something else has been committed for one of their locations, or is being written, or there is
    /// more to write than can be written so.
    Vain,
    /// The database has refused; nothing is written.
    Refused(StoreError),
}

/// Writes reports that were decided without a lock, and commits them, if nothing has come between for one of their locations
/// since `loaded`.
///
/// # Errors
/// When it is not known whether they are committed.
pub(super) async fn attempt(
    connection: &Connection,
    loaded: &Loaded,
    changes: &Changes,
    now: Timestamp,
) -> Result<Attempt, StoreError> {
    let is_more = |(_, columns): (&str, Columns<'_>)| columns.rows > 0;
    if !changes.moves.are_none() || rarely_written(loaded, changes, now).into_iter().any(is_more) {
        return Ok(Attempt::Vain);
    }
    let columns = Columns::together([saved(loaded, changes), Columns::of_known_clocks(loaded, changes)]).columns;
    let statement = match prepared(connection, SAVE_IF_NOTHING_CAME_BETWEEN).await {
        Ok(statement) => statement,
        Err(fault) => return Ok(Attempt::Refused(fault)),
    };
    match connection.execute(&statement, &parameters(&columns)).await {
        Ok(0) => Ok(Attempt::Vain),
        Ok(moved) if moved == changes.ticks.len() as u64 => Ok(Attempt::Saved),
        Ok(moved) => Err(StoreError::Unavailable(format!("{moved} of {} clocks have moved", changes.ticks.len()))),
        Err(cause) if is_refusal(&cause) => Ok(Attempt::Refused(fault("save reports", &cause))),
        Err(cause) => Err(fault("save reports", &cause)),
    }
}

/// Statements that are prepared, each with its parameters.
struct Writes<'a>(Vec<(Statement, Vec<Column<'a>>)>);

impl<'a> Writes<'a> {
    /// What writes everything that has changed by `now`. Tallies are written at once, for they are read first.
    async fn prepare(
        connection: &Connection,
        loaded: &'a Loaded,
        changes: &Changes,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        tallies::write(connection, &changes.moves).await?;
        let mut statements = rarely_written(loaded, changes, now);
        // Last, for it may append events in the place of those that are forgotten.
        statements.push((SAVE, saved(loaded, changes)));
        let mut writes = Vec::new();
        for (statement, columns) in statements {
            if columns.rows > 0 {
                writes.push((prepared(connection, statement).await?, columns.columns));
            }
        }
        Ok(Self(writes))
    }

    /// Sends all statements before the first is answered.
    async fn send(&self, connection: &Connection) -> Result<(), StoreError> {
        // Polled in this order, so sent in this order.
        try_join_all(self.0.iter().map(async |(statement, columns)| {
            connection.execute(statement, &parameters(columns)).await.doing("write changes")
        }))
        .await
        .map(drop)
    }
}

fn parameters<'c>(columns: &'c [Column<'_>]) -> Vec<&'c (dyn ToSql + Sync)> {
    columns.iter().map(|column| &**column as _).collect()
}

/// What [`SAVE`] writes.
fn saved<'a>(loaded: &'a Loaded, changes: &Changes) -> Columns<'a> {
    Columns::together([
        Columns::of_sessions(loaded, &loaded.changed),
        Columns::of_events(&loaded.events),
        Columns::of_clocks(&changes.ticks, &changes.expiries),
    ])
}

/// What else a transaction may write.
fn rarely_written<'a>(loaded: &'a Loaded, changes: &Changes, now: Timestamp) -> Vec<(&'static str, Columns<'a>)> {
    let mut statements = vec![
        (ADD, Columns::of_sessions(loaded, &loaded.added)),
        (FORGET, Columns::of_instants(&loaded.forgotten)),
        (REMEMBER, Columns::of_answers(loaded)),
        (DEPART, Columns::of_departures(loaded, now)),
        (ARRIVE, Columns::of_arrivals(loaded, now)),
    ];
    statements.extend(bookings::writes(&loaded.bookings, &changes.agendas));
    statements
}

/// The rows of a statement, as one array for each of their columns.
pub(super) struct Columns<'a> {
    pub(super) rows: usize,
    pub(super) columns: Vec<Column<'a>>,
}

pub(super) type Column<'a> = Box<dyn ToSql + Sync + Send + 'a>;

impl<'a> Columns<'a> {
    /// Those of several tables that one statement writes.
    fn together(tables: impl IntoIterator<Item = Self>) -> Self {
        let mut all = Self { rows: 0, columns: Vec::new() };
        for table in tables {
            all.rows += table.rows;
            all.columns.extend(table.columns);
        }
        all
    }

    fn of_sessions(loaded: &'a Loaded, names: &BTreeSet<Name>) -> Self {
        let rows: Vec<(i64, &Session)> =
            names.iter().filter_map(|name| loaded.sessions.get(name).map(|session| (name.0, session))).collect();
        fn column<'a, T>(rows: &[(i64, &'a Session)], of: impl Fn(&'a Session) -> T) -> Vec<T> {
            rows.iter().map(|(_, session)| of(session)).collect()
        }
        let expires_at = |session: &Session| match session.state {
            State::Active { expires_at } => Some(expires_at.as_micros()),
            State::Completed { .. } | State::Abandoned => None,
        };
        let columns: Vec<Column<'a>> = vec![
            Box::new(rows.iter().map(|(location, _)| *location).collect::<Vec<i64>>()),
            Box::new(column(&rows, |session| session.id.as_str())),
            Box::new(column(&rows, |session| i16::from(session.state.status().number()))),
            Box::new(column(&rows, |session| session.updated_at.as_micros())),
            Box::new(column(&rows, |session| i16::from(session.stage.number()))),
            Box::new(column(&rows, |session| session.client_type.map(ClientType::number).map(i16::from))),
            Box::new(column(&rows, |session| session.view().appointment_id)),
            Box::new(column(&rows, |session| session.view().remote_appointment_id)),
            Box::new(column(&rows, |session| session.referral.source.as_deref())),
            Box::new(column(&rows, |session| session.referral.campaign.as_deref())),
            Box::new(column(&rows, |session| session.referral.medium.as_deref())),
            Box::new(column(&rows, |session| session.created_at.as_micros())),
            Box::new(column(&rows, |session| session.last_activity_at.map(Timestamp::as_micros))),
            Box::new(column(&rows, expires_at)),
        ];
        Self { rows: rows.len(), columns }
    }

    fn of_instants(instants: &'a [Instant]) -> Self {
        let columns: Vec<Column<'a>> = vec![
            Box::new(instants.iter().map(|(location, ..)| *location).collect::<Vec<_>>()),
            Box::new(instants.iter().map(|(_, session, _)| session.as_str()).collect::<Vec<_>>()),
            Box::new(instants.iter().map(|(.., at)| *at).collect::<Vec<_>>()),
        ];
        Self { rows: instants.len(), columns }
    }

    fn of_events(events: &'a BTreeMap<Instant, Vec<Event>>) -> Self {
        let rows: Vec<(&Instant, i32, &Event)> = events
            .iter()
            .flat_map(|(key, events)| (0..).zip(events).map(move |(position, event)| (key, position, event)))
            .collect();
        let json = |event: &Event| {
            serde_json::to_string(event).expect("cannot fail: an event has no maps with other keys than texts")
        };
        let columns: Vec<Column<'a>> = vec![
            Box::new(rows.iter().map(|(key, ..)| key.0).collect::<Vec<_>>()),
            Box::new(rows.iter().map(|(key, ..)| key.1.as_str()).collect::<Vec<_>>()),
            Box::new(rows.iter().map(|(key, ..)| key.2).collect::<Vec<_>>()),
            Box::new(rows.iter().map(|(_, position, _)| *position).collect::<Vec<_>>()),
            Box::new(rows.iter().map(|(.., event)| json(event)).collect::<Vec<_>>()),
        ];
        Self { rows: rows.len(), columns }
    }

    fn of_answers(loaded: &'a Loaded) -> Self {
        let rows: Vec<(&Name, &Answer)> =
            loaded.remembered.iter().filter_map(|name| Some((name, loaded.answers.get(name)?))).collect();
        let columns: Vec<Column<'a>> = vec![
            Box::new(rows.iter().map(|(name, _)| name.0).collect::<Vec<_>>()),
            Box::new(rows.iter().map(|(name, _)| name.1.as_str()).collect::<Vec<_>>()),
            Box::new(rows.iter().map(|(_, answer)| answer.fingerprint.as_slice()).collect::<Vec<_>>()),
            Box::new(rows.iter().map(|(_, answer)| answer.at.as_micros()).collect::<Vec<_>>()),
            Box::new(rows.iter().map(|(_, answer)| answer.outcome.as_str()).collect::<Vec<_>>()),
        ];
        Self { rows: rows.len(), columns }
    }

    fn of_departures(loaded: &'a Loaded, now: Timestamp) -> Self {
        let old: Vec<_> = loaded.left.iter().filter(|(_, place)| walk::is_old(*place, now)).collect();
        let columns: Vec<Column<'a>> = vec![
            Box::new(old.iter().map(|((location, _), _)| *location).collect::<Vec<_>>()),
            Box::new(old.iter().map(|((_, session), _)| session.as_str()).collect::<Vec<_>>()),
            Box::new(old.iter().map(|(_, place)| place.as_micros()).collect::<Vec<_>>()),
            Box::new(now.as_micros()),
        ];
        Self { rows: old.len(), columns }
    }

    fn of_arrivals(loaded: &Loaded, now: Timestamp) -> Self {
        let locations: Vec<i64> = loaded.arrivals(now).into_iter().collect();
        Self { rows: locations.len(), columns: vec![Box::new(locations)] }
    }

    fn of_clocks(ticks: &HashMap<i64, Timestamp>, expiries: &HashMap<i64, Timestamp>) -> Self {
        let expiry = |location| expiries.get(location).copied().unwrap_or(Timestamp::MAX).as_micros();
        let columns: Vec<Column<'a>> = vec![
            Box::new(ticks.keys().copied().collect::<Vec<_>>()),
            Box::new(ticks.values().map(|tick| tick.as_micros()).collect::<Vec<_>>()),
            Box::new(ticks.keys().map(expiry).collect::<Vec<_>>()),
        ];
        Self { rows: ticks.len(), columns }
    }

    /// Where the clocks stood by which the ticks were taken, and the first tick of each.
    fn of_known_clocks(loaded: &Loaded, changes: &Changes) -> Self {
        let locations = || changes.ticks.keys();
        let mut first_ticks = HashMap::new();
        for (location, _, at) in loaded.events.keys() {
            first_ticks.entry(location).and_modify(|first: &mut i64| *first = (*first).min(*at)).or_insert(*at);
        }
        let clocks: Vec<Option<&LocationClock>> = locations().map(|location| loaded.clocks.get(location)).collect();
        let columns: Vec<Column<'a>> = vec![
            Box::new(clocks.iter().map(|clock| clock.map(|clock| clock.last_tick.as_micros())).collect::<Vec<_>>()),
            Box::new(clocks.iter().map(|clock| clock.map(|clock| clock.arrivals)).collect::<Vec<_>>()),
            Box::new(locations().map(|location| first_ticks.get(location).copied()).collect::<Vec<_>>()),
        ];
        Self { rows: 0, columns }
    }
}
