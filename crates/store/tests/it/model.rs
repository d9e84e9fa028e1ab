//! What the engine should do, in memory and without haste.

use std::collections::{BTreeMap, HashMap};

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::next_tick;
use frontdesk_domain::session::{Action, Command, Event, Request, Session, SessionView, State};
use frontdesk_domain::time::SECOND;
use frontdesk_store::{ImportRow, ImportVerdict, TimelineEntry};

use crate::diary::Diary;

const DAY: i64 = 24 * 3600 * SECOND;

/// A session and everything that happened to it.
#[derive(Clone, Debug)]
pub struct Kept {
    pub session: Session,
    pub timeline: Vec<TimelineEntry>,
}

/// A location's record.
#[derive(Debug)]
pub struct Site {
    pub id: &'static str,
    pub time_to_live: i64,
    last_tick: Timestamp,
    pub sessions: BTreeMap<String, Kept>,
    /// Answers that are given again: fingerprint, when, answer.
    answered: HashMap<Box<str>, ([u8; 32], Timestamp, Session)>,
    /// What it keeps of bookings, when it is set up for them.
    pub diary: Option<Diary>,
}

/// The whole record.
#[derive(Debug)]
pub struct Model {
    pub sites: Vec<Site>,
    /// The latest present that anybody has read.
    pub seen: Timestamp,
}

impl Site {
    /// The next tick, `at` or later.
    pub fn tick(&mut self, at: Timestamp) -> Timestamp {
        self.last_tick = next_tick(self.last_tick, at);
        self.last_tick
    }

    pub fn change(&mut self, mut session: Session, events: Vec<Event>, at: Timestamp) -> Session {
        session.updated_at = self.tick(at);
        let entries = events.into_iter().map(|event| TimelineEntry { at: session.updated_at, event });
        let kept = self.sessions.entry(session.id.to_string());
        let kept = kept.or_insert_with(|| Kept { session: session.clone(), timeline: Vec::new() });
        kept.session = session.clone();
        kept.timeline.extend(entries);
        session
    }

    /// The sessions in the order of the feed.
    pub fn feed(&self) -> Vec<&Session> {
        let mut feed: Vec<&Session> = self.sessions.values().map(|kept| &kept.session).collect();
        feed.sort_by(|one, other| (one.updated_at, one.id.as_str()).cmp(&(other.updated_at, other.id.as_str())));
        feed
    }

    fn request(&mut self, command: Command, now: Timestamp) -> Result<Session, String> {
        match command.request {
            Request::Start(start) => {
                let begun = Session::start(command.session, start, command.now, self.time_to_live);
                Ok(self.change(begun.session, begun.events, now))
            }
            Request::Act(action) => {
                let kept = self.sessions.get(command.session.as_str()).ok_or("no such session")?;
                let decided = kept.session.clone().apply(action, command.now, self.time_to_live);
                let mut decided = decided.map_err(|rejection| rejection.to_string())?;
                if decided.events.is_empty() {
                    return Ok(decided.session);
                }
                if !matches!(decided.session.state, State::Active { .. }) {
                    let held = self.end_hold(decided.session.id.as_str());
                    decided.events.splice(0..0, held);
                }
                let session = self.change(decided.session, decided.events, now);
                self.follow(&session);
                Ok(session)
            }
        }
    }

    fn import(&mut self, mut session: Session, touch: bool, now: Timestamp) -> ImportVerdict {
        if session.updated_at > now || session.last_activity_at > Some(now) {
            return ImportVerdict::InTheFuture;
        }
        let known = self.sessions.get(session.id.as_str());
        if known.is_some_and(|known| {
            let as_of = known.touched_from().unwrap_or(known.session.updated_at);
            let same = SessionView { updated_at: as_of, ..known.session.view() } == session.view();
            let older = session.updated_at < if touch { as_of } else { known.session.updated_at };
            older || (same && (!touch || as_of != known.session.updated_at))
        }) {
            return ImportVerdict::Unchanged;
        }
        let in_file = session.updated_at;
        if touch {
            session.updated_at = next_tick(self.last_tick, now);
        }
        self.last_tick = self.last_tick.max(session.updated_at);
        if let State::Active { expires_at } = &mut session.state {
            let since = session.last_activity_at.unwrap_or(session.updated_at);
            *expires_at = since.plus_micros(self.time_to_live).max(now);
        }
        let verdict = if known.is_some() { ImportVerdict::Updated } else { ImportVerdict::Added };
        let mut timeline = known.map(|known| known.timeline.clone()).unwrap_or_default();
        timeline.retain(|entry| entry.at != session.updated_at);
        let updated_at = (in_file != session.updated_at).then_some(in_file);
        let event = Event::Imported { status: session.state.status(), stage: session.stage, updated_at };
        timeline.push(TimelineEntry { at: session.updated_at, event });
        self.sessions.insert(session.id.to_string(), Kept { session, timeline });
        verdict
    }
}

impl Kept {
    /// What a file said of its `updated_at`, when its last change is an import that gave it another.
    fn touched_from(&self) -> Option<Timestamp> {
        match self.timeline.last() {
            Some(TimelineEntry { at, event: Event::Imported { updated_at, .. } }) if *at == self.session.updated_at => {
                *updated_at
            }
            _ => None,
        }
    }
}

impl Model {
    /// Locations with the microseconds that their sessions live.
    pub fn new(sites: &[(&'static str, i64)]) -> Self {
        let site = |(id, time_to_live): &(&'static str, i64)| Site {
            id,
            time_to_live: *time_to_live,
            last_tick: Timestamp::MIN,
            sessions: BTreeMap::new(),
            answered: HashMap::new(),
            diary: None,
        };
        Self { sites: sites.iter().map(site).collect(), seen: Timestamp::MIN }
    }

    pub fn site(&mut self, id: &str) -> Option<&mut Site> {
        self.sites.iter_mut().find(|site| site.id == id)
    }

    /// Carries out a command that commits at `now`; an error is the text of the engine's error.
    pub fn apply(&mut self, command: Command, now: Timestamp) -> Result<Session, String> {
        let site = self.site(command.location.as_str()).ok_or("no such location")?;
        let Some(idempotency) = command.idempotency.clone() else { return site.request(command, now) };
        if let Some((fingerprint, at, session)) = site.answered.get(&idempotency.key)
            && *at > now.plus_micros(-DAY)
        {
            let same = *fingerprint == idempotency.fingerprint;
            return if same {
                Ok(session.clone())
            } else {
                Err("this Idempotency-Key was used for another request".to_owned())
            };
        }
        let session = site.request(command, now)?;
        site.answered.insert(idempotency.key, (idempotency.fingerprint, now, session.clone()));
        Ok(session)
    }

    /// Settles what is due at `now`, in the order of expiry.
    pub fn settle(&mut self, now: Timestamp) {
        let seen = self.seen;
        for site in &mut self.sites {
            let mut due: Vec<(Timestamp, Session)> = Vec::new();
            for kept in site.sessions.values() {
                if let State::Active { expires_at } = kept.session.state
                    && expires_at <= now
                {
                    due.push((expires_at, kept.session.clone()));
                }
            }
            // Of the same expiry, the order is that of the engine's index.
            due.sort_by(|(one, a), (other, b)| {
                (one, a.updated_at, a.id.as_str()).cmp(&(other, b.updated_at, b.id.as_str()))
            });
            for (expires_at, session) in due {
                let mut settled = session.apply(Action::Settle, now, site.time_to_live).expect("it is due");
                let held = site.end_hold(settled.session.id.as_str());
                settled.events.splice(0..0, held);
                site.change(settled.session, settled.events, if expires_at > seen { expires_at } else { now });
            }
        }
    }

    /// The expiry that comes next.
    pub fn next_expiry(&self) -> Timestamp {
        let expiry = |kept: &Kept| match kept.session.state {
            State::Active { expires_at } => Some(expires_at),
            State::Completed { .. } | State::Abandoned => None,
        };
        self.sites.iter().flat_map(|site| site.sessions.values()).filter_map(expiry).min().unwrap_or(Timestamp::MAX)
    }

    pub fn import(&mut self, rows: Vec<ImportRow>, touch: bool, now: Timestamp) -> Vec<ImportVerdict> {
        rows.into_iter()
            .map(|ImportRow { location, session }| match self.site(location.as_str()) {
                Some(site) => site.import(session, touch, now),
                None => ImportVerdict::NoSuchLocation,
            })
            .collect()
    }

    /// Forgets answers that are a day old, and says how many.
    pub fn forget(&mut self, now: Timestamp) -> usize {
        let until = now.plus_micros(-DAY);
        let mut forgotten = 0;
        for site in &mut self.sites {
            let before = site.answered.len();
            site.answered.retain(|_, (_, at, _)| *at > until);
            forgotten += before - site.answered.len();
        }
        forgotten
    }
}
