//! Sessions from a file: batches of rows in one transaction each, every row with a verdict.

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::next_tick;
use frontdesk_domain::session::{Event, Session, SessionView, State};
use rusqlite::{Connection, OptionalExtension};
use std::collections::HashMap;

use super::apply::{last_tick, raise_last_tick};
use super::tally::TallyMoves;
use super::{catalog, row};
use crate::catalog::{Catalog, Location};
use crate::error::{Doing, StoreError};
use crate::record::{ImportRow, ImportVerdict};

/// Writes `rows` in the running transaction. With `touch`, what changes gets new ticks instead of the file's
/// `updated_at`.
pub(super) fn write(
    connection: &Connection,
    catalog: &Catalog,
    rows: Vec<ImportRow>,
    touch: bool,
    now: Timestamp,
) -> Result<Vec<ImportVerdict>, StoreError> {
    let mut import =
        Import { connection, touch, now, ticks: HashMap::new(), tallies: TallyMoves::default(), wrote_active: false };
    let verdicts = rows
        .into_iter()
        .map(|ImportRow { location, session }| match catalog.location(location.as_str()) {
            None => Ok(ImportVerdict::NoSuchLocation),
            Some(_) if session.updated_at > now || session.last_activity_at > Some(now) => {
                Ok(ImportVerdict::InTheFuture)
            }
            Some(location) => import.take(location, session),
        })
        .collect::<Result<Vec<_>, _>>()?;
    for (location, tick) in import.ticks {
        raise_last_tick(connection, location, tick)?;
    }
    import.tallies.write(connection)?;
    if import.wrote_active {
        // A running server looks at its expiries anew when the generation changes.
        catalog::next_generation(connection)?;
    }
    Ok(verdicts)
}

struct Import<'a> {
    connection: &'a Connection,
    touch: bool,
    now: Timestamp,
    ticks: HashMap<i64, Timestamp>,
    tallies: TallyMoves,
    wrote_active: bool,
}

impl Import<'_> {
    fn take(&mut self, location: &Location, mut session: Session) -> Result<ImportVerdict, StoreError> {
        let known = row::find(self.connection, location.key, session.id.as_str())?;
        if let Some(known) = &known {
            // A session that an earlier row or import has touched is as new as the file said, not as its tick says.
            let as_of = self.touched_from(location.key, known)?.unwrap_or(known.updated_at);
            let same = session.view() == SessionView { updated_at: as_of, ..known.view() };
            let has_its_tick = as_of != known.updated_at || !self.touch;
            // Without a new tick a session never goes back in the feed: who has seen it there would not see it again.
            let file_is_older = session.updated_at < if self.touch { as_of } else { known.updated_at };
            if file_is_older || (same && has_its_tick) {
                return Ok(ImportVerdict::Unchanged);
            }
        }
        let in_file = session.updated_at;
        let last = match self.ticks.get(&location.key) {
            Some(tick) => *tick,
            None => last_tick(self.connection, location.key)?,
        };
        if self.touch {
            session.updated_at = next_tick(last, self.now);
        }
        self.ticks.insert(location.key, last.max(session.updated_at));
        if let State::Active { expires_at } = &mut session.state {
            // Not before now: a session that is overdue is settled after the import, at a tick of its own.
            let since = session.last_activity_at.unwrap_or(session.updated_at);
            *expires_at = since.plus_micros(location.settings.session_ttl).max(self.now);
            self.wrote_active = true;
        }
        let before = known.as_ref().map(|known| (known.state.status(), known.updated_at));
        row::save(self.connection, location.key, &session, before)?;
        self.tallies.moved(location.key, before, (session.state.status(), session.updated_at));
        self.note(location, &session, in_file, known.is_some())?;
        Ok(if known.is_some() { ImportVerdict::Updated } else { ImportVerdict::Added })
    }

    /// The `updated_at` that a file gave a session, when its last change is an import that gave it a tick instead.
    fn touched_from(&self, location: i64, known: &Session) -> Result<Option<Timestamp>, StoreError> {
        let event: Option<String> = self
            .connection
            .prepare_cached(
                "/* how a session was imported */ SELECT event FROM events \
                 WHERE location = ?1 AND session = ?2 AND at = ?3 AND position = 0",
            )
            .and_then(|mut statement| {
                let parameters = (location, known.id.as_str(), known.updated_at.as_micros());
                statement.query_row(parameters, |row| row.get(0)).optional()
            })
            .doing("look up how a session was imported")?;
        Ok(match event.and_then(|event| serde_json::from_str(&event).ok()) {
            Some(Event::Imported { updated_at, .. }) => updated_at,
            _ => None,
        })
    }

    /// Puts the import into the timeline; a correction at the same instant takes the place of what stood there.
    fn note(
        &self,
        location: &Location,
        session: &Session,
        in_file: Timestamp,
        replaces: bool,
    ) -> Result<(), StoreError> {
        let updated_at = (in_file != session.updated_at).then_some(in_file);
        let event = Event::Imported { status: session.state.status(), stage: session.stage, updated_at };
        let event =
            serde_json::to_string(&event).expect("cannot fail: an event has no maps with other keys than texts");
        if replaces {
            self.connection
                .prepare_cached(
                    "/* events that a correction replaces */ DELETE FROM events \
                     WHERE location = ?1 AND session = ?2 AND at = ?3",
                )
                .and_then(|mut statement| {
                    statement.execute((location.key, session.id.as_str(), session.updated_at.as_micros()))
                })
                .doing("replace the events of a correction")?;
        }
        self.connection
            .prepare_cached(
                "/* note an import */ INSERT INTO events (location, session, at, position, event) \
                 VALUES (?1, ?2, ?3, 0, ?4)",
            )
            .and_then(|mut statement| {
                statement.execute((location.key, session.id.as_str(), session.updated_at.as_micros(), event))
            })
            .doing("note an import in the timeline")?;
        Ok(())
    }
}
