//! The integrity check: what is kept twice must agree.

use std::collections::HashMap;

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::tally::{self, LEVELS, Node};
use frontdesk_domain::session::{Event, Replay, Session, Status};
use rusqlite::Connection;

use super::bookings;
use super::row::{self, session_columns};
use crate::error::{Doing, StoreError};
use crate::fits::QUESTIONS;
use crate::record::{CheckReport, Finding};

/// Findings beyond these say nothing new.
const MOST_FINDINGS: usize = 100;

/// Checks what `connection`'s snapshot holds; `progress` is told how many sessions have been looked at.
pub(super) fn run(connection: &Connection, mut progress: impl FnMut(u64)) -> Result<CheckReport, StoreError> {
    let mut check = Check { connection, report: CheckReport::default() };
    check.structure()?;
    check.sessions(&mut progress)?;
    check.bookings()?;
    check.strays()?;
    Ok(check.report)
}

struct Check<'a> {
    connection: &'a Connection,
    report: CheckReport,
}

impl Check<'_> {
    fn find(&mut self, finding: String) {
        if self.report.findings.len() < MOST_FINDINGS {
            self.report.findings.push(Finding(finding));
        }
    }

    /// The file itself: pages, indexes, and that every index fits its table.
    fn structure(&mut self) -> Result<(), StoreError> {
        const DOING: &str = "check the structure of the file";
        let mut statement = self.connection.prepare("PRAGMA integrity_check(100)").doing(DOING)?;
        let lines = statement.query_map([], |row| row.get::<_, String>(0)).doing(DOING)?;
        for line in lines.collect::<Result<Vec<_>, _>>().doing(DOING)? {
            if line != "ok" {
                self.find(format!("the file: {line}"));
            }
        }
        Ok(())
    }

    /// Every session, location by location: counted for the tallies, held against its timeline and its location's tick.
    fn sessions(&mut self, progress: &mut impl FnMut(u64)) -> Result<(), StoreError> {
        const DOING: &str = "check the sessions";
        let mut statement =
            self.connection.prepare("SELECT key, id, last_tick FROM locations ORDER BY key").doing(DOING)?;
        let locations = statement
            .query_map([], |row| <(i64, String, i64)>::try_from(row))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .doing(DOING)?;
        for (key, id, last_tick) in locations {
            self.location(key, &id, Timestamp::from_micros(last_tick), progress)?;
        }
        Ok(())
    }

    fn location(
        &mut self,
        key: i64,
        id: &str,
        last_tick: Timestamp,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), StoreError> {
        const DOING: &str = "check a session";
        let mut counted: HashMap<(u8, i64), Node> = HashMap::new();
        let mut statement = self
            .connection
            .prepare(concat!("SELECT ", session_columns!(), " FROM sessions WHERE location = ?1"))
            .doing(DOING)?;
        let mut rows = statement.query([key]).doing(DOING)?;
        while let Some(row) = rows.next().doing(DOING)? {
            self.report.sessions += 1;
            if self.report.sessions.is_multiple_of(1000) {
                progress(self.report.sessions);
            }
            let session = match row::session(row) {
                Ok(session) => session,
                Err(unreadable) => {
                    self.find(format!("location {id}: {unreadable}"));
                    continue;
                }
            };
            count(&mut counted, &session);
            if session.updated_at > last_tick {
                self.find(format!("location {id}: session {} was updated after the last tick", session.id));
            }
            self.timeline(key, id, &session)?;
        }
        self.tallies(key, id, counted)
    }

    fn timeline(&mut self, key: i64, id: &str, session: &Session) -> Result<(), StoreError> {
        const DOING: &str = "check a timeline";
        let mut statement = self
            .connection
            .prepare_cached("SELECT event FROM events WHERE location = ?1 AND session = ?2 ORDER BY at, position")
            .doing(DOING)?;
        let events = statement
            .query_map((key, session.id.as_str()), |row| row.get::<_, String>(0))
            .and_then(Iterator::collect::<Result<Vec<_>, _>>)
            .doing(DOING)?;
        self.report.events += events.len() as u64;
        let read: Result<Vec<Event>, _> = events.iter().map(|event| serde_json::from_str(event)).collect();
        let verdict = match read {
            Err(unreadable) => Some(format!("an event cannot be read: {unreadable}")),
            Ok(events) => {
                Replay::of(events).and_then(|replay| replay.matches(session)).err().map(|error| error.to_string())
            }
        };
        if let Some(verdict) = verdict {
            self.find(format!("location {id}: session {}: {verdict}", session.id));
        }
        Ok(())
    }

    fn tallies(&mut self, key: i64, id: &str, mut counted: HashMap<(u8, i64), Node>) -> Result<(), StoreError> {
        const DOING: &str = "check the tallies";
        let mut statement = self
            .connection
            .prepare_cached("SELECT level, node, parts FROM tallies WHERE location = ?1")
            .doing(DOING)?;
        let kept = statement
            .query_map([key], |row| Ok(((row.get(0)?, row.get(1)?), row.get(2)?)))
            .and_then(Iterator::collect::<Result<Vec<((u8, i64), Vec<u8>)>, _>>)
            .doing(DOING)?;
        self.report.tallies += kept.len() as u64;
        for ((level, number), kept) in kept {
            let real = counted.remove(&(level, number)).unwrap_or_default();
            match Node::decode(&kept) {
                Ok(kept) if kept == real => {}
                Ok(kept) => self.find(format!(
                    "location {id}: the tally of node {number} at level {level} says {:?}, there are {:?} \
                     (active, completed, abandoned)",
                    kept.total(),
                    real.total()
                )),
                Err(error) => {
                    self.find(format!("location {id}: the tally of node {number} at level {level}: {error}"));
                }
            }
        }
        for ((level, number), real) in counted {
            let total = real.total();
            self.find(format!("location {id}: node {number} at level {level} has no tally, there are {total:?}"));
        }
        Ok(())
    }

    /// That what is kept of bookings can be read, and lies before the last ticks.
    fn bookings(&mut self) -> Result<(), StoreError> {
        for unreadable in bookings::unreadable(self.connection)? {
            self.find(unreadable.to_string());
        }
        let late = [
            (
                "appointments that were updated after the last tick",
                "SELECT count(*) FROM appointments a JOIN locations l ON l.key = a.location WHERE a.updated_at > l.last_tick",
            ),
            (
                "agendas that changed after the last tick",
                "SELECT count(*) FROM agendas a JOIN locations l ON l.key = a.location WHERE a.changed_at > l.last_tick",
            ),
        ];
        self.ask(&late)?;
        self.ask(&QUESTIONS)
    }

    /// Counts what should not be.
    fn ask(&mut self, questions: &[(&str, &str)]) -> Result<(), StoreError> {
        for (what, question) in questions {
            let count: i64 = self.connection.query_row(question, [], |row| row.get(0)).doing("look for strays")?;
            if count > 0 {
                self.find(format!("{count} {what}"));
            }
        }
        Ok(())
    }

    /// Rows that belong to nothing, and active sessions that can never expire.
    fn strays(&mut self) -> Result<(), StoreError> {
        let questions = [
            (
                "events of sessions that do not exist",
                "SELECT count(*) FROM events e WHERE NOT EXISTS \
                 (SELECT 1 FROM sessions s WHERE s.location = e.location AND s.id = e.session)",
            ),
            (
                "sessions of locations that do not exist",
                "SELECT count(*) FROM sessions s WHERE NOT EXISTS (SELECT 1 FROM locations l WHERE l.key = s.location)",
            ),
            (
                "active sessions without an expiry, or ended ones with one",
                "SELECT count(*) FROM sessions WHERE (status = 0) <> (expires_at IS NOT NULL)",
            ),
        ];
        debug_assert_eq!(Status::Active.number(), 0, "the last question counts on it");
        self.ask(&questions)
    }
}

/// Adds a session to the tallies as they should be.
fn count(counted: &mut HashMap<(u8, i64), Node>, session: &Session) {
    let leaf = tally::leaf(session.updated_at);
    let mut one = [0; 3];
    one[usize::from(session.state.status().number())] = 1;
    for level in 0..LEVELS {
        let node = counted.entry((level, tally::node(leaf, level))).or_default();
        node.add(tally::part(leaf, level), one).expect("cannot fail: nothing is taken away");
    }
}
