//! Outlines of feeds: what a server remembers of the tally tree, so that a page of a window that ended long ago is found by one
//! short look-up, however deep it lies.
//!
//! An outline tells for every part of the tree's lowest level that has sessions how many come before it. It is as of the moment
//! when it was read, and serves for a window while nothing leaves and nothing comes to the parts in which the window lies:
//! then all that is taken from it, differences within these parts, holds. The statement that reads a page says of its own moment
//! whether that is so; no server has to tell another one.
//!
//! - A session that leaves a place of more than an hour ago is remembered as a departure
//!   ([`frontdesk_domain::feed::walk`], "Quiet windows"). While there is one from these parts, the outline is not used.
//! - Imports alone bring sessions to such places, and count it in the clock row as arrivals; so does whoever forgets departures.
//!   An outline of before is of no use then.
//!
//! So what is *long ago* is all that depends on a clock: a window has to be quiet when its outline is read. When the clock has
//! been set since, the outline is not used.
//!
//! Otherwise the page is read by the tree itself.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::tally::PARTS;
use frontdesk_domain::feed::walk::is_quiet;
use frontdesk_domain::feed::{Place, Window};
use frontdesk_domain::session::Status;
use frontdesk_domain::time::SECOND;
use parking_lot::Mutex;

use super::super::connection::{Connection, prepared};
use super::super::fault::Doing;
use super::super::segments::{part_of, part_start};
use super::statement;
use crate::error::StoreError;
use crate::stopwatch::Stopwatch;

/// How long an outline is used, in microseconds.
const TRUSTED: i64 = 5 * 60 * SECOND;

/// By how much the clock may be put right, in microseconds, before it counts as set.
const PUT_RIGHT: i64 = 60 * SECOND;

/// How long others do without an outline that is being read.
const PATIENCE: Duration = Duration::from_secs(15);

/// The most parts that are kept in each of two generations, sixteen bytes each.
const MOST_PARTS: usize = 1_000_000;

/// How the sessions of a location, or those of one status, lie in time.
#[derive(Debug)]
pub(in super::super) struct Outline {
    /// Parts that have sessions, in order.
    parts: Vec<Part>,
    /// All sessions.
    total: u64,
    /// The count of the location's arrivals as of which it holds.
    pub(super) arrivals: i64,
    /// It is of this moment, or later.
    as_of: Timestamp,
    read: Stopwatch,
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Part {
    /// Counted through all nodes of the lowest level.
    number: i64,
    /// Sessions that come before it.
    before: u64,
}

/// How a page is found: where to begin in the index, and what has to be counted there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Way {
    /// A place before the page's first session, or after it.
    pub(super) place: Place,
    pub(super) course: Course,
    /// How many sessions come between, beside the count of `cut_first` when `adds_first` is set.
    pub(super) skip: i64,
    pub(super) adds_first: bool,
    /// What there is to count of the part through which the window's start cuts.
    pub(super) cut_first: Cut,
    /// What there is to count of the part through which the window's end cuts.
    pub(super) cut_last: Cut,
    /// The window's sessions are so many, less the count of `cut_first`, and that of `cut_last`.
    pub(super) between: i64,
    /// From here nothing may have changed.
    pub(super) since: Timestamp,
    /// Through here.
    pub(super) until: Timestamp,
}

/// On which course the first session of a page is found from a known place.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Course {
    /// Onward, from a place before it.
    On,
    /// Backward, from a place after it.
    Back,
}

/// The shorter one of the two pieces into which an instant cuts a part. How many sessions come before the instant is then a
/// number that is known and the count: the sessions of the piece, negative for those after the instant.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(super) struct Cut {
    /// The instants of the piece: the first, and the one after the last. None when there is nothing to count.
    pub(super) piece: Option<(Timestamp, Timestamp)>,
    /// 1 or -1.
    pub(super) sign: i64,
}

impl Outline {
    /// Reads the outline of a location; `now` is not later than what it will be as of.
    ///
    /// # Errors
    /// When something broke.
    pub(in super::super) async fn read(
        connection: &Connection,
        (location, status): OutlineKey,
        now: Timestamp,
    ) -> Result<Self, StoreError> {
        const READING: &str = "read the outline of a feed";
        let read = Stopwatch::start();
        let statement = prepared(connection, statement::outline(status)).await?;
        let rows = connection.query(&statement, &[&location]).await.doing(READING)?;
        let Some(head) = rows.first() else {
            return Err(StoreError::Corrupt { table: "clocks", column: "location", id: location.to_string() });
        };
        let mut outline =
            Self { parts: Vec::new(), total: 0, arrivals: head.try_get(0).doing(READING)?, as_of: now, read };
        for row in &rows {
            let Some(node): Option<i64> = row.try_get(1).doing(READING)? else { continue };
            let totals: Vec<i32> = row.try_get(2).doing(READING)?;
            let mut before = 0;
            for (part, total) in (node * PARTS..).zip(totals) {
                outline.add(part, u64::from((total - before).unsigned_abs()));
                before = total;
            }
        }
        outline.parts.shrink_to_fit();
        Ok(outline)
    }

    fn add(&mut self, number: i64, sessions: u64) {
        if sessions > 0 {
            self.parts.push(Part { number, before: self.total });
            self.total += sessions;
        }
    }

    /// Whether it says anything of this window: one that had ended long before it was read.
    pub(in super::super) fn covers(&self, window: &Window) -> bool {
        is_quiet(window, self.as_of)
    }

    /// Whether it is young, and the clock has not been set since.
    fn is_trusted(&self, now: Timestamp) -> bool {
        let age = i64::try_from(self.read.elapsed().as_micros()).unwrap_or(i64::MAX);
        let set_by = now.as_micros() - self.as_of.as_micros() - age;
        age <= TRUSTED && set_by.abs() <= PUT_RIGHT
    }

    /// How many sessions a window has, but for what it cuts.
    pub(in super::super) fn about(&self, window: &Window) -> u64 {
        let end = window.end.unwrap_or(Timestamp::MAX);
        self.part(part_of(end)).0.saturating_sub(self.part(part_of(window.start)).0)
    }

    /// How to find the session of that rank in the window from `start` through `end`.
    pub(super) fn way(&self, start: Timestamp, end: Timestamp, rank: u64) -> Way {
        // No window has a session of a rank that the feed does not have.
        let rank = rank.min(self.total);
        let (first, past_end) = (part_of(start), end.plus_micros(1));
        let ((before_start, cut_first), (before_end, cut_last)) = (self.cut(start), self.cut(past_end));
        // The last part that can begin at or before the rank if nothing is cut off by `start`; it lies no earlier than that.
        let (before_first, _) = self.part(first);
        let index = self.parts.partition_point(|part| part.before <= before_first + rank);
        let found = index.checked_sub(1).map(|index| self.parts[index]).filter(|part| part.number > first);
        let (place, course, skip) = match found {
            Some(part) => {
                let (_, sessions) = self.part(part.number);
                let (skip, sessions) = (before_start + rank as i64 - part.before as i64, sessions as i64);
                // Nothing is to be added, so the session is known to lie in this part, and its end may be nearer.
                let is_known = cut_first.piece.is_none() && skip < sessions;
                if is_known && part.number <= part_of(end) && self.is_settled(part.number) && skip > sessions / 2 {
                    (Place::before(part_start(part.number + 1)), Course::Back, sessions - 1 - skip)
                } else {
                    (Place::before(part_start(part.number)), Course::On, skip)
                }
            }
            None => (Place::before(start), Course::On, rank as i64),
        };
        let last = part_of(past_end);
        let until = if self.is_settled(last) { last_instant(last).max(end) } else { end };
        Way {
            place,
            course,
            skip,
            adds_first: found.is_some(),
            cut_first,
            cut_last,
            between: before_end - before_start,
            since: part_start(first).min(start),
            until,
        }
    }

    /// How many sessions come before an instant: what is known, and what is to be counted.
    fn cut(&self, at: Timestamp) -> (i64, Cut) {
        let number = part_of(at);
        let (before, sessions) = self.part(number);
        let (start, end) = (part_start(number), part_start(number + 1));
        if sessions == 0 || at <= start {
            (before as i64, Cut::default())
        } else if at.as_micros() - start.as_micros() <= end.as_micros() - at.as_micros() || !self.is_settled(number) {
            (before as i64, Cut { piece: Some((start, at)), sign: 1 })
        } else {
            ((before + sessions) as i64, Cut { piece: Some((at, end)), sign: -1 })
        }
    }

    /// Whether a part had ended long before this was read, so that it holds for all of the part.
    fn is_settled(&self, number: i64) -> bool {
        self.covers(&Window { start: part_start(number), end: Some(last_instant(number)), status: None })
    }

    /// Sessions before a part, and in it.
    fn part(&self, number: i64) -> (u64, u64) {
        let index = self.parts.partition_point(|part| part.number < number);
        let before = |index: usize| self.parts.get(index).map_or(self.total, |part| part.before);
        let is_there = self.parts.get(index).is_some_and(|part| part.number == number);
        (before(index), if is_there { before(index + 1) - before(index) } else { 0 })
    }
}

fn last_instant(part: i64) -> Timestamp {
    part_start(part + 1).plus_micros(-1)
}

/// A location, and the status of the sessions, or all.
pub(in super::super) type OutlineKey = (i64, Option<Status>);

/// What is known of a feed.
#[derive(Clone, Debug)]
pub(in super::super) enum Sight {
    /// It would have been of use before, and nobody is reading it yet: whoever sees this should.
    Wanted,
    /// Its outline.
    Known(Arc<Outline>),
    /// There is none at the moment.
    None,
}

#[derive(Debug)]
enum Entry {
    AskedFor,
    Known(Arc<Outline>),
    /// It is being read: since when.
    Read(Stopwatch),
}

/// The outlines of a process. Those that nobody has asked for while many others came are let go.
#[derive(Default)]
pub(in super::super) struct Outlines(Mutex<Generations>);

#[derive(Default)]
struct Generations {
    young: HashMap<OutlineKey, Entry>,
    /// The parts in `young`; each entry counts as one more.
    size: usize,
    old: HashMap<OutlineKey, Entry>,
}

impl Outlines {
    /// Says that the outline of a feed would have been of use.
    pub(in super::super) fn ask_for(&self, key: OutlineKey) {
        let mut generations = self.0.lock();
        if !generations.young.contains_key(&key) && !generations.old.contains_key(&key) {
            generations.keep(key, Entry::AskedFor);
        }
    }

    /// What is known of a feed at `now`.
    pub(in super::super) fn look(&self, key: OutlineKey, now: Timestamp) -> Sight {
        let mut generations = self.0.lock();
        if let Some(old) = generations.old.remove(&key)
            && !generations.young.contains_key(&key)
        {
            generations.keep(key, old);
        }
        let sight = match generations.young.get(&key) {
            None => Sight::None,
            Some(Entry::Known(outline)) if outline.is_trusted(now) => Sight::Known(Arc::clone(outline)),
            Some(Entry::Read(since)) if since.elapsed() < PATIENCE => Sight::None,
            Some(Entry::AskedFor | Entry::Known(_) | Entry::Read(_)) => Sight::Wanted,
        };
        if matches!(sight, Sight::Wanted) {
            generations.keep(key, Entry::Read(Stopwatch::start()));
        }
        sight
    }

    /// Lets an outline go that does not hold any more; another one would be of use.
    pub(in super::super) fn forget(&self, key: OutlineKey) {
        self.0.lock().keep(key, Entry::AskedFor);
    }

    /// Keeps an outline.
    pub(in super::super) fn keep(&self, key: OutlineKey, outline: &Arc<Outline>) {
        self.0.lock().keep(key, Entry::Known(Arc::clone(outline)));
    }
}

impl Generations {
    fn keep(&mut self, key: OutlineKey, entry: Entry) {
        self.size += entry.size();
        if let Some(before) = self.young.insert(key, entry) {
            self.size -= before.size();
        }
        if self.size > MOST_PARTS {
            self.old = std::mem::take(&mut self.young);
            self.size = 0;
        }
    }
}

impl Entry {
    fn size(&self) -> usize {
        match self {
            Self::AskedFor | Self::Read(_) => 1,
            Self::Known(outline) => 1 + outline.parts.len(),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn outline(sessions: &[i64]) -> Outline {
        let mut outline =
            Outline { parts: Vec::new(), total: 0, arrivals: 0, as_of: Timestamp::MAX, read: Stopwatch::start() };
        let mut parts = std::collections::BTreeMap::new();
        for at in sessions {
            *parts.entry(part_of(Timestamp::from_micros(*at))).or_insert(0) += 1;
        }
        parts.into_iter().for_each(|(part, sessions)| outline.add(part, sessions));
        outline
    }

    /// Instants of some days, so that parts have several or none.
    fn instant() -> impl Strategy<Value = i64> {
        let part = part_start(1).as_micros();
        prop_oneof![-20 * part..20 * part, (-20_i64..20).prop_map(move |number| number * part)]
    }

    proptest! {
        /// What the statement does with a way: the same session as counting from the window's start, and the same total.
        #[test]
        fn a_way_leads_to_the_session_of_its_rank(
            mut sessions in proptest::collection::vec(instant(), 0..60),
            (one, other) in (instant(), instant()),
            rank in 0_u64..60,
        ) {
            sessions.sort_unstable();
            let (start, end) = (one.min(other), one.max(other));
            let way = outline(&sessions).way(Timestamp::from_micros(start), Timestamp::from_micros(end), rank);
            let within = |from: i64, end: i64| sessions.iter().filter(|at| (from..end).contains(*at)).count() as i64;
            let count = |cut: Cut| {
                cut.piece.map_or(0, |(from, end)| cut.sign * within(from.as_micros(), end.as_micros()))
            };
            let (first, last) = (count(way.cut_first), count(way.cut_last));
            prop_assert_eq!(way.between + last - first, within(start, end + 1));
            let skip = way.skip + if way.adds_first { first } else { 0 };
            prop_assert!(skip >= 0);
            let from = way.place.updated_at.as_micros();
            let found = match way.course {
                Course::On => sessions.iter().filter(|at| (from..=end).contains(*at)).nth(skip as usize),
                Course::Back => {
                    sessions.iter().rev().filter(|at| **at < from).nth(skip as usize).filter(|at| **at <= end)
                }
            };
            let counted = sessions.iter().filter(|at| (start..=end).contains(*at)).nth(rank as usize);
            prop_assert_eq!(found, counted);
            prop_assert!(way.since.as_micros() <= start && end <= way.until.as_micros());
        }
    }
}
