//! What takes up the time of a location.

use frontdesk_domain::Timestamp;
use frontdesk_domain::scheduling::{Busy, Interval};
use rusqlite::{Connection, OptionalExtension};

use crate::booking_row;
use crate::claims::MOST_OCCUPIED;
use crate::error::{Doing, StoreError};

const BUSY: &str = "/* what is busy */ \
     SELECT id, provider, room, occupied_from, occupied_until, NULL FROM appointments \
     WHERE location = ?1 AND status < 5 AND occupied_until > ?2 AND occupied_until < ?4 AND occupied_from < ?3 \
     UNION ALL SELECT session, provider, room, occupied_from, occupied_until, held_until FROM holds \
     WHERE location = ?1 AND occupied_until > ?2 AND occupied_until < ?4 AND occupied_from < ?3";

/// Everything that touches a span.
pub(in super::super) fn busy(connection: &Connection, location: i64, span: Interval) -> Result<Vec<Busy>, StoreError> {
    const READING: &str = "read what is busy";
    let latest_end = span.end.plus_micros(MOST_OCCUPIED);
    let mut statement = connection.prepare_cached(BUSY).doing(READING)?;
    let mut rows = statement
        .query((location, span.start.as_micros(), span.end.as_micros(), latest_end.as_micros()))
        .doing(READING)?;
    let mut busy = Vec::new();
    while let Some(row) = rows.next().doing(READING)? {
        busy.push(booking_row::busy(row, 0)?);
    }
    Ok(busy)
}

/// The tick of the last change of what takes up the time of a location.
pub(in super::super) fn changed_at(connection: &Connection, location: i64) -> Result<Timestamp, StoreError> {
    let changed_at: Option<i64> = connection
        .prepare_cached("/* the last change of an agenda */ SELECT changed_at FROM agendas WHERE location = ?1")
        .and_then(|mut statement| statement.query_row([location], |row| row.get(0)).optional())
        .doing("look for the last change of an agenda")?;
    Ok(changed_at.map_or(Timestamp::MIN, Timestamp::from_micros))
}

/// What takes up the time of a location has changed at `tick`.
pub(in super::super) fn has_changed(connection: &Connection, location: i64, tick: Timestamp) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "/* an agenda has changed */ INSERT INTO agendas (location, changed_at) VALUES (?1, ?2) \
             ON CONFLICT (location) DO UPDATE SET changed_at = excluded.changed_at",
        )
        .and_then(|mut statement| statement.execute((location, tick.as_micros())))
        .map(drop)
        .doing("write the last change of an agenda")
}
