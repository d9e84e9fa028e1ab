//! The integrity check: what is kept twice must agree.

use std::collections::HashMap;
use std::pin::pin;

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::tally::{self, Counts, LEVELS, PARTS};
use frontdesk_domain::session::{Event, Replay, Session, State, Status};
use futures_util::TryStreamExt;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::bookings;
use super::connection::Connection;
use super::fault::Doing;
use super::row::{self, session_columns};
use super::tallies::LOWEST_LEVEL;
use crate::error::StoreError;
use crate::fits::QUESTIONS;
use crate::record::{CheckReport, Finding};

/// Findings beyond these say nothing new.
const MOST_FINDINGS: usize = 100;

const LOCATIONS: &str = "/* check: locations */ SELECT key, id, last_tick, next_expiry \
     FROM locations LEFT JOIN clocks ON clocks.location = locations.key ORDER BY key";

/// Every session with its whole timeline.
pub(super) const SESSIONS: &str = concat!(
    "/* check: sessions */ SELECT ARRAY(SELECT event FROM events \
     WHERE events.location = sessions.location AND events.session = sessions.id ORDER BY at, position), ",
    session_columns!(),
    " FROM sessions WHERE location = $1 ORDER BY status, updated_at, id"
);

const TALLIES: &str = "/* check: tallies */ SELECT level, node, active, completed, abandoned, sessions FROM tallies \
     WHERE location = $1 ORDER BY level, node";

/// Checks what `connection` sees, which is in a transaction of one snapshot; `progress` is told how many sessions have been
/// looked at.
///
/// # Errors
/// When something broke while checking; what the check finds is in the report.
pub(super) async fn run(connection: &Connection, mut progress: impl FnMut(u64)) -> Result<CheckReport, StoreError> {
    const READING: &str = "check the locations";
    let mut check = Check { connection, report: CheckReport::default() };
    for row in connection.query(LOCATIONS, &[]).await.doing(READING)? {
        let (key, id): (i64, &str) = (row.try_get(0).doing(READING)?, row.try_get(1).doing(READING)?);
        let (last_tick, next_expiry): (Option<i64>, Option<i64>) =
            (row.try_get(2).doing(READING)?, row.try_get(3).doing(READING)?);
        if last_tick.is_none() {
            check.find(format!("location {id} has no clock"));
        }
        let instant = |micros: Option<i64>, missing| micros.map_or(missing, Timestamp::from_micros);
        let location = CheckedLocation {
            key,
            id,
            last_tick: instant(last_tick, Timestamp::MAX),
            next_expiry: instant(next_expiry, Timestamp::MIN),
        };
        check.location(&location, &mut progress).await?;
    }
    check.bookings().await?;
    check.strays().await?;
    Ok(check.report)
}

struct CheckedLocation<'a> {
    key: i64,
    id: &'a str,
    last_tick: Timestamp,
    next_expiry: Timestamp,
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

    /// Every session of a location: counted for the tallies, held against its timeline and its location's clock.
    async fn location(
        &mut self,
        location: &CheckedLocation<'_>,
        progress: &mut impl FnMut(u64),
    ) -> Result<(), StoreError> {
        const READING: &str = "check the sessions";
        let id = location.id;
        let mut counted = Counted::default();
        let parameters: [&(dyn ToSql + Sync); 1] = [&location.key];
        let mut rows = pin!(self.connection.query_raw(SESSIONS, parameters).await.doing(READING)?);
        while let Some(row) = rows.try_next().await.doing(READING)? {
            self.report.sessions += 1;
            if self.report.sessions.is_multiple_of(1000) {
                progress(self.report.sessions);
            }
            let session = match row::session(&row, 1) {
                Ok(session) => session,
                Err(unreadable) => {
                    self.find(format!("location {id}: {unreadable}"));
                    continue;
                }
            };
            counted.add(&session);
            if session.updated_at > location.last_tick {
                self.find(format!("location {id}: session {} was updated after the last tick", session.id));
            }
            if let State::Active { expires_at } = session.state
                && expires_at < location.next_expiry
            {
                self.find(format!("location {id}: session {} expires before the next expiry", session.id));
            }
            self.timeline(id, &session, row.try_get(0).doing(READING)?);
        }
        self.tallies(location, counted).await
    }

    fn timeline(&mut self, id: &str, session: &Session, events: Vec<&str>) {
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
    }

    async fn tallies(&mut self, location: &CheckedLocation<'_>, mut counted: Counted) -> Result<(), StoreError> {
        const READING: &str = "check the tallies";
        let id = location.id;
        let kept = self.connection.query(TALLIES, &[&location.key]).await.doing(READING)?;
        self.report.tallies += kept.len() as u64;
        for row in kept {
            let (level, number): (i16, i64) = (row.try_get(0).doing(READING)?, row.try_get(1).doing(READING)?);
            let real = counted.0.remove(&(level, number)).unwrap_or_default();
            match Parts::read(&row)? {
                Some(kept) if kept == real => {}
                Some(kept) => self.find(format!(
                    "location {id}: the tally of node {number} at level {level} says {:?}, there are {:?} \
                     (active, completed, abandoned)",
                    kept.total(),
                    real.total()
                )),
                None => self.find(format!(
                    "location {id}: the tally of node {number} at level {level}: its running totals do not fit together"
                )),
            }
        }
        let mut missing: Vec<_> = counted.0.into_iter().collect();
        missing.sort_unstable_by_key(|(key, _)| *key);
        for ((level, number), real) in missing {
            let total = real.total();
            self.find(format!("location {id}: node {number} at level {level} has no tally, there are {total:?}"));
        }
        Ok(())
    }

    /// That what is kept of bookings can be read, and lies before the last ticks.
    async fn bookings(&mut self) -> Result<(), StoreError> {
        for unreadable in bookings::unreadable(self.connection).await? {
            self.find(unreadable.to_string());
        }
        let late = [
            (
                "appointments that were updated after the last tick",
                "SELECT count(*) FROM appointments a JOIN clocks c USING (location) WHERE a.updated_at > c.last_tick",
            ),
            (
                "agendas that changed after the last tick",
                "SELECT count(*) FROM agendas a JOIN clocks c USING (location) WHERE a.changed_at > c.last_tick",
            ),
        ];
        self.ask(&late).await?;
        self.ask(&QUESTIONS).await
    }

    /// Counts what should not be.
    async fn ask(&mut self, questions: &[(&str, &str)]) -> Result<(), StoreError> {
        for (what, question) in questions {
            let counted = self.connection.query_one(*question, &[]).await;
            let count: i64 = counted.and_then(|row| row.try_get(0)).doing("look for strays")?;
            if count > 0 {
                self.find(format!("{count} {what}"));
            }
        }
        Ok(())
    }

    /// Rows that belong to nothing, and active sessions that can never expire.
    async fn strays(&mut self) -> Result<(), StoreError> {
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
            (
                "clocks of locations that do not exist",
                "SELECT count(*) FROM clocks c WHERE NOT EXISTS (SELECT 1 FROM locations l WHERE l.key = c.location)",
            ),
        ];
        debug_assert_eq!(Status::Active.number(), 0, "one of the questions counts on it");
        self.ask(&questions).await
    }
}

/// How many sessions there are in the parts of a node.
#[derive(Clone, PartialEq, Eq)]
struct Parts(Box<[Counts; PARTS as usize]>);

impl Default for Parts {
    fn default() -> Self {
        Self(Box::new([[0; 3]; PARTS as usize]))
    }
}

impl Parts {
    /// The parts of a row of [`TALLIES`]; none when its running totals cannot be such.
    fn read(row: &Row) -> Result<Option<Self>, StoreError> {
        const READING: &str = "check the tallies";
        let totals = |column: usize| row.try_get::<_, Vec<i32>>(column).doing(READING);
        let (by_status, all) = ([totals(2)?, totals(3)?, totals(4)?], totals(5)?);
        Ok(Self::of(&by_status, &all))
    }

    fn of(by_status: &[Vec<i32>; 3], all: &[i32]) -> Option<Self> {
        let mut parts = Self::default();
        if all.len() != parts.0.len() || by_status.iter().any(|totals| totals.len() != parts.0.len()) {
            return None;
        }
        let mut before = [0; 3];
        for (index, counts) in parts.0.iter_mut().enumerate() {
            let through: [i32; 3] = std::array::from_fn(|status| by_status[status][index]);
            for (count, (through, before)) in counts.iter_mut().zip(through.iter().zip(before)) {
                *count = u64::try_from(i64::from(*through) - i64::from(before)).ok()?;
            }
            if through.iter().map(|total| i64::from(*total)).sum::<i64>() != i64::from(all[index]) {
                return None;
            }
            before = through;
        }
        Some(parts)
    }

    fn total(&self) -> Counts {
        self.0.iter().fold([0; 3], |sums, counts| std::array::from_fn(|status| sums[status] + counts[status]))
    }
}

/// The tallies as they should be.
#[derive(Default)]
struct Counted(HashMap<(i16, i64), Parts>);

impl Counted {
    fn add(&mut self, session: &Session) {
        let leaf = tally::leaf(session.updated_at);
        for level in LOWEST_LEVEL..LEVELS {
            let node = self.0.entry((i16::from(level), tally::node(leaf, level))).or_default();
            let index = tally::part(leaf, level).rem_euclid(PARTS) as usize;
            node.0[index][usize::from(session.state.status().number())] += 1;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn running(of_part_1: i32, of_part_3: i32) -> Vec<i32> {
        (0..PARTS).map(|part| if part < 1 { 0 } else { of_part_1 } + if part < 3 { 0 } else { of_part_3 }).collect()
    }

    #[test]
    fn running_totals_are_taken_apart() {
        let by_status = [running(1, 0), running(2, 5), running(0, 3)];
        let parts = Parts::of(&by_status, &running(3, 8)).expect("they fit together");
        assert_eq!(parts.0[..4], [[0, 0, 0], [1, 2, 0], [0, 0, 0], [0, 5, 3]]);
        assert_eq!(parts.total(), [1, 7, 3]);
    }

    #[test]
    fn running_totals_that_do_not_fit_together_are_noticed() {
        let sound = [running(1, 0), running(2, 5), running(0, 3)];
        assert!(Parts::of(&sound, &running(3, 9)).is_none(), "another sum");
        assert!(Parts::of(&sound, &running(3, 8)[1..]).is_none(), "too short");
        let falling = [running(1, 0), running(7, -2), running(0, 3)];
        assert!(Parts::of(&falling, &running(8, 1)).is_none(), "fewer than none");
    }
}
