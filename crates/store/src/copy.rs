//! Copying a database into another one, of the same engine or of the other: what is copied, in which order, and how it is
//! verified. An engine only reads and writes ([`Side`]).
//!
//! A location is copied in the order of its feed, and a session that changes moves to the feed's end. So a copy goes on
//! after the last session that the target has, whatever ended it and whatever the source took meanwhile. Bookings are fewer;
//! they are copied anew each time, since holds go and mails change without a place in any feed.

mod accept;
mod fingerprint;
mod rows;

use std::sync::Arc;

use frontdesk_domain::feed::{Place, Window};
use frontdesk_domain::session::Session;
use frontdesk_domain::{LocationId, Timestamp};

pub use fingerprint::Fingerprint;
pub(crate) use rows::{CopiedRow, Table};

use crate::catalog::{Catalog, Location};
use crate::error::StoreError;
use fingerprint::Fingerprinter;
use rows::RowsDigest;

/// Sessions that share a commit.
const PORTION: usize = 4_000;
/// Kept answers that share a commit.
const ANSWERS: usize = 4_000;
/// How many sessions are verified between two words about it.
const WORD_EVERY: u64 = 1_000;

/// A session with its timeline.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CopiedSession {
    pub(crate) session: Session,
    pub(crate) events: Vec<CopiedEvent>,
}

impl CopiedSession {
    /// The place after it in the feed.
    pub(crate) fn place(&self) -> Place {
        Place { updated_at: self.session.updated_at, id: self.session.id.as_str().into() }
    }
}

/// An event as it is kept: its text is copied to the byte, whatever version wrote it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct CopiedEvent {
    pub(crate) at: Timestamp,
    pub(crate) position: i32,
    pub(crate) event: String,
}

/// How far a location's time has gone.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct FeedClock {
    /// No `updated_at` is later.
    pub(crate) last_tick: Timestamp,
    /// The latest instant up to which somebody is known to have read the present.
    pub(crate) seen: Timestamp,
}

/// Sessions that follow each other in a location's feed, and its clock, as of one moment.
#[derive(Debug)]
pub(crate) struct Portion {
    pub(crate) sessions: Vec<CopiedSession>,
    pub(crate) clock: FeedClock,
}

/// An answer that is kept for a repetition of its request.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct KeptAnswer {
    pub(crate) key: String,
    pub(crate) fingerprint: Vec<u8>,
    pub(crate) created_at: Timestamp,
    /// JSON, to the byte.
    pub(crate) outcome: String,
}

/// A database of an engine, as a copy reads and writes it. Locations are named by their keys.
pub(crate) trait Side {
    /// The same text for the same database, by whatever URL it was opened.
    fn identity(&mut self) -> Result<String, StoreError>;

    /// Whether a server works on it at this moment, as far as can be told.
    fn is_served(&self) -> bool;

    /// Keeps other copies away from it, and servers as far as the engine can, until the end of the process. False when
    /// somebody else has done so.
    fn claim(&mut self) -> Result<bool, StoreError>;

    /// Locations and tokens.
    fn catalog(&self) -> Result<Catalog, StoreError>;

    /// Takes over another database's locations with their keys, its tokens and its secret key. A token that is revoked
    /// here stays so.
    fn take_catalog(&mut self, catalog: &Catalog) -> Result<(), StoreError>;

    /// The clock of a location.
    fn clock(&mut self, location: i64) -> Result<FeedClock, StoreError>;

    /// The place after the last session of a location's feed.
    fn end_of_feed(&mut self, location: i64) -> Result<Option<Place>, StoreError>;

    /// How many sessions of a location are in a window.
    fn count(&self, location: &Location, window: &Window) -> Result<u64, StoreError>;

    /// The first sessions of a location after a place, at most so many.
    fn read(&mut self, location: i64, after: &Place, limit: usize) -> Result<Portion, StoreError>;

    /// Keeps sessions with their timelines, in the place of what is kept of them, in one commit.
    fn write(&mut self, location: i64, sessions: &[CopiedSession]) -> Result<(), StoreError>;

    /// The first kept answers of a location whose keys come after `after`, at most so many.
    fn read_answers(&mut self, location: i64, after: &str, limit: usize) -> Result<Vec<KeptAnswer>, StoreError>;

    /// Keeps answers, in one commit.
    fn write_answers(&mut self, location: i64, answers: &[KeptAnswer]) -> Result<(), StoreError>;

    /// The first sessions, by their ids after `after`, whose timelines tell of mails that failed: those have gone on without
    /// a change of the session's place in the feed.
    fn read_told(&mut self, location: i64, after: &str, limit: usize) -> Result<Vec<CopiedSession>, StoreError>;

    /// The first rows of a table of a location whose keys come after `after`, at most so many.
    fn read_rows(
        &mut self,
        table: Table,
        location: i64,
        after: &str,
        limit: usize,
    ) -> Result<Vec<CopiedRow>, StoreError>;

    /// Keeps rows of a table of a location, in one commit; with `anew`, in the place of all that are kept.
    fn write_rows(&mut self, table: Table, location: i64, rows: &[CopiedRow], anew: bool) -> Result<(), StoreError>;

    /// Makes of the appointments what is kept twice of them: their claims, and that the agenda has changed at `tick`.
    fn claim_anew(&mut self, location: i64, tick: Timestamp) -> Result<(), StoreError>;

    /// Sees to it that no tick of a location is given that lies before where another database's clock stands.
    fn raise_clock(&mut self, location: i64, clock: FeedClock) -> Result<(), StoreError>;

    /// Lets the engine look at what it holds now, before the first server asks.
    fn take_stock(&mut self) -> Result<(), StoreError>;

    /// Gives every session of a location to `sink`, in the order of the feed, as of one moment.
    fn read_all(&mut self, location: i64, sink: &mut dyn FnMut(&CopiedSession)) -> Result<FeedClock, StoreError>;
}

/// How far a copy has come.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CopyProgress {
    /// So many sessions of about so many are copied.
    Copying(u64, u64),
    /// So many sessions of about so many are compared.
    Verifying(u64, u64),
}

/// What a comparison of source and target came to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum CopyVerdict {
    /// They are the same.
    Same,
    /// They are not, because the source has changed since it was copied. Copying again takes the rest.
    ChangedMeanwhile,
    /// They are not, and no copy will make them so.
    Differs,
}

/// A location after a copy.
#[derive(Clone, Debug)]
pub struct CopiedLocation {
    /// Its id.
    pub id: LocationId,
    /// What the source has of it.
    pub source: Fingerprint,
    /// What the target has of it.
    pub target: Fingerprint,
    /// What follows from these.
    pub verdict: CopyVerdict,
}

/// What a copy did, and what it led to.
#[derive(Clone, Debug)]
pub struct CopyReport {
    /// Sessions that were copied this time.
    pub copied: u64,
    /// What the comparison of locations' settings and tokens came to.
    pub catalog: CopyVerdict,
    /// Every location, by id.
    pub locations: Vec<CopiedLocation>,
    /// Whether a server works on the source, so that it goes on changing.
    pub source_is_served: bool,
}

/// Why nothing was copied, or not everything. The same copy can be started again.
#[derive(Debug, thiserror::Error)]
pub enum CopyError {
    /// Both are one database.
    #[error("source and target are the same database")]
    Same,
    /// A server works on the target.
    #[error("the target is being served")]
    TargetIsServed,
    /// Another copy writes to the target.
    #[error("another copy writes to the target")]
    TargetIsTaken,
    /// The target has locations or tokens, and not from the source.
    #[error("the target is another database")]
    Foreign,
    /// The target began as a copy of the source and has changes of its own since.
    #[error("the target has gone on by itself: {0}")]
    GoneOn(String),
    /// Something broke.
    #[error(transparent)]
    Fault(#[from] StoreError),
}

/// Copies everything that `target` does not have yet, and compares both.
pub(crate) fn run(
    source: &mut dyn Side,
    target: &mut dyn Side,
    progress: &mut dyn FnMut(CopyProgress),
) -> Result<CopyReport, CopyError> {
    if source.identity()? == target.identity()? {
        return Err(CopyError::Same);
    }
    if target.is_served() {
        return Err(CopyError::TargetIsServed);
    }
    if !target.claim()? {
        return Err(CopyError::TargetIsTaken);
    }
    let catalog = source.catalog()?;
    accept::check(source, target, &catalog)?;
    target.take_catalog(&catalog)?;
    let mut copying = Copying { source, target, progress, done: 0, total: 0 };
    let locations: Vec<Arc<Location>> = catalog.locations().into_iter().map(Arc::clone).collect();
    let through = copying.all(&locations)?;
    let copied = copying.done;
    if copied > 0 {
        copying.target.take_stock()?;
    }
    let mut verifying = Copying { done: 0, total: 0, ..copying };
    let mut compared = verifying.compare_all(&locations, &through)?;
    // In this order: what a server did that has ended until now is seen in what follows.
    let source_is_served = verifying.source.is_served();
    for (location, (compared, at)) in locations.iter().zip(&mut compared) {
        if compared.verdict == CopyVerdict::Same && verifying.source.clock(location.key)?.last_tick > *at {
            compared.verdict = CopyVerdict::ChangedMeanwhile;
        }
    }
    let locations = compared.into_iter().map(|(compared, _)| compared).collect();
    Ok(CopyReport { copied, catalog: verifying.compare_catalogs(&catalog)?, locations, source_is_served })
}

/// What the source had of a location when it was copied.
struct Through {
    last_tick: Timestamp,
    rows: RowsDigest,
}

/// A copy that is under way.
struct Copying<'a> {
    source: &'a mut dyn Side,
    target: &'a mut dyn Side,
    progress: &'a mut dyn FnMut(CopyProgress),
    done: u64,
    total: u64,
}

impl Copying<'_> {
    /// Copies every location; answers what the source had of each when it was read last.
    fn all(&mut self, locations: &[Arc<Location>]) -> Result<Vec<Through>, StoreError> {
        let mut starts = Vec::with_capacity(locations.len());
        for location in locations {
            let start = self.target.end_of_feed(location.key)?.unwrap_or_else(|| Place::before(Timestamp::MIN));
            let missing = Window { start: start.updated_at, end: None, status: None };
            self.total += self.source.count(location, &missing)?;
            starts.push(start);
        }
        locations.iter().zip(starts).map(|(location, start)| self.location(location.key, start)).collect()
    }

    fn location(&mut self, location: i64, mut after: Place) -> Result<Through, StoreError> {
        loop {
            let portion = self.source.read(location, &after, PORTION)?;
            if let Some(last) = portion.sessions.last() {
                after = last.place();
                self.target.write(location, &portion.sessions)?;
                self.done += portion.sessions.len() as u64;
                (self.progress)(CopyProgress::Copying(self.done, self.total.max(self.done)));
            }
            if portion.sessions.len() < PORTION {
                self.told(location, &after)?;
                self.answers(location)?;
                let rows = rows::copy(self.source, self.target, location, portion.clock.last_tick)?;
                self.target.raise_clock(location, portion.clock)?;
                return Ok(Through { last_tick: portion.clock.last_tick, rows });
            }
        }
    }

    /// Copies again the sessions up to a place whose timelines may have gone on since. What lies after the place will be
    /// copied the next time; the target must not have it before what lies between.
    fn told(&mut self, location: i64, until: &Place) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let mut told = self.source.read_told(location, &after, PORTION)?;
            let Some(last) = told.last() else { return Ok(()) };
            after = last.session.id.to_string();
            told.retain(|told| told.place() <= *until);
            if !told.is_empty() {
                self.target.write(location, &told)?;
            }
        }
    }

    /// Copies all kept answers of a location; those of a day are few.
    fn answers(&mut self, location: i64) -> Result<(), StoreError> {
        let mut after = String::new();
        loop {
            let answers = self.source.read_answers(location, &after, ANSWERS)?;
            let Some(last) = answers.last() else { return Ok(()) };
            after.clone_from(&last.key);
            self.target.write_answers(location, &answers)?;
        }
    }

    /// Compares every location; `through` says what the source had of each when it was copied. Answers the source's last tick
    /// as of the comparison with each.
    fn compare_all(
        &mut self,
        locations: &[Arc<Location>],
        through: &[Through],
    ) -> Result<Vec<(CopiedLocation, Timestamp)>, StoreError> {
        let everything = Window { start: Timestamp::MIN, end: None, status: None };
        for location in locations {
            self.total += 2 * self.target.count(location, &everything)?;
        }
        let compare = |(location, through): (&Arc<Location>, &Through)| {
            let (source, source_rows, clock) = self.state_of(location.key, true)?;
            let (target, target_rows, _) = self.state_of(location.key, false)?;
            let verdict = match source == target && source_rows == target_rows {
                true => CopyVerdict::Same,
                false if clock.last_tick > through.last_tick || source_rows != through.rows => {
                    CopyVerdict::ChangedMeanwhile
                }
                false => CopyVerdict::Differs,
            };
            let (source, target) = (source.with(&source_rows), target.with(&target_rows));
            Ok((CopiedLocation { id: location.id.clone(), source, target, verdict }, clock.last_tick))
        };
        locations.iter().zip(through).map(compare).collect()
    }

    /// What a side has of a location: its sessions, its bookings, its clock.
    fn state_of(&mut self, location: i64, of_source: bool) -> Result<(Fingerprint, RowsDigest, FeedClock), StoreError> {
        let Self { source, target, progress, done, total } = self;
        let side = if of_source { source } else { target };
        let mut fingerprinter = Fingerprinter::default();
        let clock = side.read_all(location, &mut |session| {
            fingerprinter.take(session);
            *done += 1;
            if done.is_multiple_of(WORD_EVERY) {
                progress(CopyProgress::Verifying(*done, *total.max(done)));
            }
        })?;
        Ok((fingerprinter.finish(), rows::digest(*side, location)?, clock))
    }

    /// Compares locations' settings, tokens and the secret key; `copied` are the source's as they were copied.
    fn compare_catalogs(&self, copied: &Catalog) -> Result<CopyVerdict, StoreError> {
        let source = self.source.catalog()?;
        Ok(match accept::is_same(&source, &self.target.catalog()?) {
            true => CopyVerdict::Same,
            false if source.generation != copied.generation => CopyVerdict::ChangedMeanwhile,
            false => CopyVerdict::Differs,
        })
    }
}
