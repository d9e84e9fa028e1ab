//! Reports: commands that move a visitor's session on and touch nothing else. Most writes are reports, many of them of
//! sessions that this server has written a moment ago.
//!
//! So the writer remembers the sessions that it has written, and where their locations' clocks stood after that. Reports of
//! sessions that are all remembered are decided from memory, and saved by one statement that does nothing unless each of these
//! clocks still stands there (ADR 20). Whoever changes a session moves its location's clock: what is remembered is right, or
//! nothing is saved and the commands are carried out in the usual way.
//!
//! A database that has lost what it had acknowledged, as a failover without a synchronous standby may, could come to the same
//! tick by another way. So what is remembered is used only through connections that are as old as it: they would not have
//! outlived that.

use std::collections::HashMap;
use std::time::Instant;

use frontdesk_domain::Timestamp;
use frontdesk_domain::session::{Action, Request, Session, State};

use super::records::{Asked, Loaded, LocationClock};
use crate::work::Work;

/// The most sessions that are remembered: some ten megabytes, or forty when all come with campaigns of the longest names.
const MOST_SESSIONS: usize = 20_000;
/// For how many transactions nothing is decided from memory at a location where somebody else has written. Where that is
/// usual, as with several servers that visitors are sent to in turn, an attempt in vain for every write would be waste.
const DOUBTED: u32 = 8;

/// Whether a command is a report.
pub(super) fn is_report(work: &Work) -> bool {
    let Work::Session(command) = work else { return false };
    command.idempotency.is_none()
        && matches!(command.request, Request::Act(Action::Advance { .. } | Action::Observe { .. }))
}

/// What a server remembers of the locations it writes to.
#[derive(Default)]
pub(super) struct Memory {
    locations: HashMap<i64, Location>,
    /// How many sessions they have together.
    sessions: usize,
    /// When the youngest connection was made through which it was learned.
    learned_through: Option<Instant>,
}

struct Location {
    clock: LocationClock,
    /// Active ones, as they are as long as the clock stands.
    sessions: HashMap<String, Session>,
    /// For how many more transactions it is not used.
    doubted: u32,
}

impl Memory {
    /// The records that reports ask for, if all are remembered, for a connection that was made then.
    pub(super) fn recall(&self, asked: &Asked, made: Instant) -> Option<Loaded> {
        if self.learned_through.is_none_or(|learned| made > learned) {
            return None;
        }
        let mut loaded = Loaded::default();
        for key in &asked.locations {
            let location = self.locations.get(key).filter(|location| location.doubted == 0)?;
            loaded.clocks.insert(*key, location.clock);
        }
        for name in &asked.sessions {
            let session = self.locations.get(&name.0)?.sessions.get(&name.1)?;
            loaded.sessions.insert(name.clone(), session.clone());
        }
        Some(loaded)
    }

    /// Takes in what a transaction of this server has loaded, or recalled, and committed at `now`: the ticks to which it has
    /// moved clocks, through a connection that was made then. Of a location, only one transaction of the writer is under way
    /// at a time, so they are learned in the order of their commits.
    pub(super) fn learn(&mut self, loaded: Loaded, ticks: &HashMap<i64, Timestamp>, now: Timestamp, made: Instant) {
        if self.learned_through.is_none_or(|learned| made > learned) {
            *self = Self { learned_through: Some(made), ..Self::default() };
        }
        let arrivals = loaded.arrivals(now);
        for (key, stood) in &loaded.clocks {
            let fresh = || Location { clock: *stood, sessions: HashMap::new(), doubted: 0 };
            let known = self.locations.entry(*key).or_insert_with(fresh);
            if (known.clock.last_tick, known.clock.arrivals) == (stood.last_tick, stood.arrivals) {
                known.doubted = known.doubted.saturating_sub(1);
            } else {
                self.sessions -= known.sessions.len();
                known.sessions.clear();
                known.doubted = DOUBTED;
            }
            known.clock = LocationClock {
                last_tick: ticks.get(key).copied().unwrap_or(stood.last_tick),
                arrivals: stood.arrivals + i64::from(arrivals.contains(key)),
                ..*stood
            };
        }
        for ((location, id), session) in loaded.sessions {
            // Without its clock it was read while somebody else may have been writing.
            let is_certain = loaded.clocks.contains_key(&location);
            let Some(known) = self.locations.get_mut(&location).filter(|_| is_certain) else { continue };
            let before = known.sessions.len();
            match session.state {
                State::Active { .. } => drop(known.sessions.insert(id, session)),
                State::Completed { .. } | State::Abandoned => drop(known.sessions.remove(&id)),
            }
            self.sessions = self.sessions - before + known.sessions.len();
        }
        if self.sessions > MOST_SESSIONS {
            // Most of them will not be heard of again; those that are will soon be remembered again.
            *self = Self { learned_through: self.learned_through, ..Self::default() };
        }
    }

    /// Forgets locations of which it is not known what has been committed.
    pub(super) fn forget(&mut self, asked: &Asked) {
        for key in &asked.locations {
            if let Some(location) = self.locations.remove(key) {
                self.sessions -= location.sessions.len();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use frontdesk_domain::SessionId;
    use frontdesk_domain::session::{Referral, Stage};

    use super::*;

    const NOW: Timestamp = Timestamp::from_micros(1_700_000_000_000_000);

    fn session(id: &str, state: State) -> Session {
        Session {
            id: SessionId::parse(id).expect("an id"),
            state,
            stage: Stage::Scheduling,
            client_type: None,
            referral: Referral::default(),
            created_at: NOW,
            updated_at: NOW,
            last_activity_at: Some(NOW),
        }
    }

    fn active(id: &str) -> Session {
        session(id, State::Active { expires_at: NOW.plus_micros(1) })
    }

    /// What a transaction has loaded of location 1, whose clock stood at so many microseconds before now.
    fn loaded(before: i64, sessions: impl IntoIterator<Item = Session>) -> Loaded {
        let mut loaded = Loaded::default();
        let clock = LocationClock { last_tick: NOW.plus_micros(-before), seen: NOW, arrivals: 0 };
        loaded.clocks.insert(1, clock);
        loaded.sessions.extend(sessions.into_iter().map(|session| ((1, session.id.to_string()), session)));
        loaded
    }

    fn asked(id: &str) -> Asked {
        Asked { locations: [1].into(), sessions: [(1, id.to_owned())].into(), ..Asked::default() }
    }

    #[expect(clippy::disallowed_methods, reason = "as the pool does")]
    fn made() -> Instant {
        Instant::now()
    }

    #[test]
    fn an_ended_session_is_not_remembered() {
        let (mut memory, made) = (Memory::default(), made());
        memory.learn(loaded(9, [active("a")]), &HashMap::new(), NOW, made);
        assert!(memory.recall(&asked("a"), made).is_some());
        assert!(memory.recall(&asked("b"), made).is_none());
        memory.learn(loaded(9, [session("a", State::Abandoned)]), &HashMap::new(), NOW, made);
        assert!(memory.recall(&asked("a"), made).is_none());
        assert_eq!(memory.sessions, 0);
    }

    #[test]
    fn where_somebody_else_has_written_it_is_not_used_for_some_transactions() {
        let (mut memory, made) = (Memory::default(), made());
        memory.learn(loaded(9, [active("a")]), &HashMap::new(), NOW, made);
        for transaction in 0..=DOUBTED {
            memory.learn(loaded(5, [active("b")]), &HashMap::new(), NOW, made);
            assert!(memory.recall(&asked("a"), made).is_none(), "it is of before");
            assert_eq!(memory.recall(&asked("b"), made).is_some(), transaction == DOUBTED);
        }
    }

    #[test]
    fn it_is_not_used_through_a_younger_connection() {
        let (mut memory, made) = (Memory::default(), made());
        memory.learn(loaded(9, [active("a")]), &HashMap::new(), NOW, made);
        let (older, younger) = (made.checked_sub(Duration::from_secs(1)), made + Duration::from_secs(1));
        assert!(memory.recall(&asked("a"), older.expect("an instant")).is_some());
        assert!(memory.recall(&asked("a"), younger).is_none());
        memory.learn(loaded(9, [active("b")]), &HashMap::new(), NOW, younger);
        assert!(memory.recall(&asked("a"), younger).is_none());
        assert!(memory.recall(&asked("b"), younger).is_some());
    }

    #[test]
    fn a_session_that_was_read_without_its_clock_is_not_remembered() {
        let (mut memory, made) = (Memory::default(), made());
        memory.learn(loaded(9, [active("a")]), &HashMap::new(), NOW, made);
        let mut without = loaded(9, [active("b")]);
        without.clocks.clear();
        memory.learn(without, &HashMap::new(), NOW, made);
        assert!(memory.recall(&asked("b"), made).is_none());
        assert!(memory.recall(&asked("a"), made).is_some());
    }

    #[test]
    fn it_does_not_grow_for_ever() {
        let (mut memory, made) = (Memory::default(), made());
        for number in 0..3 * MOST_SESSIONS {
            memory.learn(loaded(9, [active(&format!("s{number}"))]), &HashMap::new(), NOW, made);
            assert!(memory.sessions <= MOST_SESSIONS);
        }
        assert_eq!(memory.locations.values().map(|location| location.sessions.len()).sum::<usize>(), memory.sessions);
        memory.forget(&asked("s"));
        assert_eq!(memory.sessions, 0);
    }
}
