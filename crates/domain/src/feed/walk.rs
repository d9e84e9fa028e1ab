//! The page walk that loses nothing (contract, rule 4): `page=0,1,2,…` with the same other parameters.
//!
//! Plain OFFSET paging skips: a session that was served and then touched leaves its place, and the first session of the
//! next page slides into the page already read. So the walk book remembers where each served page ended, and the next
//! page starts there. Why nothing is lost:
//!
//! - Page `k + 1` starts where page `k` ended, so pages are contiguous. A session that stays untouched keeps its place,
//!   and what changes goes to the end of the feed, so every untouched session lies in some page.
//! - A page is only shorter than asked when nothing follows it: a client that stops at a short page has everything.
//! - Every full page holds sessions that were before the untouched rest when the walk began, so page `k` starts at or
//!   after the place that rank `k * per_page` had then: the first answer's `total_count` gives enough pages. Later
//!   answers never say less than the first one, nor less than what the walk was served plus what follows.
//! - A repeated page starts where it started before.
//! - Walks of one token over the same window cannot be told apart from outside, not even from one that has ended (its
//!   last answer may have been lost). A page that several may be asking for starts at each one's place and holds all
//!   their pages; it may then be longer than `per_page` and repeat sessions. So every page 0 begins a walk, also one
//!   after which nothing follows: its client may ask for page 1 all the same, and must not be taken for another.
//! - Too many walks of one query are taken as one that needs what each of them needs: its pages reach from the smallest
//!   place to a whole page after the largest.
//!
//! [`WalkBook`] keeps the walks of one process. Servers that share a database keep the [`Walks`] of each query there, as
//! bytes ([`Walks::encode`]), while sessions leave its window as a matter of course.
//!
//! # Quiet windows
//! A session hardly ever leaves a window that ended long ago ([`is_quiet`]). There no walk is remembered at all, but the
//! sessions that left: page `k` holds the ranks from `k * per_page - d` to before `(k + 1) * per_page`, where `d` sessions have
//! left the window since any walk of today can have begun ([`earliest_begin`]), and the total is `d` more than there are
//! ([`Counted`]). A session that was of rank `r` when the walk began, and stayed untouched, now has a rank from `r - d` to `r`: it
//! is on page `r / per_page`. The page is only shorter than asked when it reaches to the window's end. A walk that began when its
//! window was not quiet yet may go on so: everything of a rank before `k * per_page` was on the pages before `k`.

mod bytes;

use std::collections::{BTreeSet, HashMap, VecDeque};
use std::sync::Arc;

use super::{Stretch, Window};
use crate::access::TokenId;
use crate::time::SECOND;
use crate::{LocationId, Timestamp};

/// How long a walk may take, with a minute to spare beyond the contract's ten.
const WALK_MICROS: i64 = 11 * 60 * SECOND;
/// A session that leaves a place older than this is remembered as one that left.
const OLD_MICROS: i64 = 60 * 60 * SECOND;
/// A window that ended so long ago is quiet: all that left it since any walk began left old places, with some minutes to spare
/// for clocks that differ.
const QUIET_MICROS: i64 = OLD_MICROS + WALK_MICROS + 4 * 60 * SECOND;
/// The most sessions by which a counted page begins earlier; more leave an old window only when files are imported anew.
const MOST_DEPARTED: u64 = 20_000;
/// Beyond so many walks of one query some are taken as one, those that stand at the same page first.
const WALKS_TOLD_APART: usize = 16;
/// How many pages before the last one that a client can have been served are kept when walks are encoded; no client that
/// walks goes back so far.
const STEPS_BACK: u64 = 4;
/// The most stops of one walk that are encoded; only walks at once, which cannot be told apart, need more than a few.
const MOST_STOPS_OF_A_WALK: usize = 128;

/// Whether a window ended so long ago that its pages are counted (see the module's documentation).
pub fn is_quiet(window: &Window, now: Timestamp) -> bool {
    window.end.is_some_and(|end| end < now.plus_micros(-QUIET_MICROS))
}

/// Whether it has to be remembered that a session left the place of that instant.
pub fn is_old(updated_at: Timestamp, now: Timestamp) -> bool {
    updated_at < now.plus_micros(-OLD_MICROS)
}

/// No walk that goes on now began earlier.
pub fn earliest_begin(now: Timestamp) -> Timestamp {
    now.plus_micros(-WALK_MICROS)
}

/// A page that is found by counting, though sessions have left its window.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Counted {
    /// The rank at which it starts.
    pub rank: u64,
    /// The most sessions on it.
    pub limit: u32,
}

impl Counted {
    /// Page `page`, when so many sessions may have left the window since the walk began.
    pub fn page(page: u64, per_page: u32, departed: u64) -> Self {
        let rank = page.saturating_mul(u64::from(per_page));
        let back = rank.min(departed.min(MOST_DEPARTED));
        let limit = u64::from(per_page) + back;
        Self { rank: rank - back, limit: u32::try_from(limit).unwrap_or(u32::MAX) }
    }
}

/// What makes two page requests parts of the same walk.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct WalkKey {
    /// Who asks.
    pub token: TokenId,
    /// Whose feed.
    pub location: LocationId,
    /// Which part of it.
    pub window: Window,
    /// Sessions a page.
    pub per_page: u32,
}

/// Where a page of a walk starts.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Stop {
    /// The place; of several walks taken as one, the stretch on which theirs lie.
    pub at: Stretch,
    /// Sessions that the walk was served before it.
    pub served: u64,
    /// The `total_count` of the walk's page 0.
    pub first_total: u64,
}

impl Stop {
    /// The `total_count` of the page that starts here, with `following` sessions of the window from here on.
    pub fn total(&self, following: u64) -> u64 {
        self.first_total.max(self.served + following)
    }

    /// Where the page after it starts, when it had `rows` sessions and ended at `at`.
    pub fn next(&self, at: Stretch, rows: u64) -> Self {
        Self { at, served: self.served + rows, first_total: self.first_total }
    }

    /// Takes another stop at the same page into account.
    fn merge(&mut self, other: Self) {
        self.served = self.served.max(other.served);
        self.first_total = self.first_total.max(other.first_total);
        if self.at != other.at {
            let through = self.at.through().max(other.at.through()).clone();
            let from = if other.at.from < self.at.from { other.at.from } else { self.at.from.clone() };
            self.at = Stretch::new(from, through);
        }
    }
}

/// One walk: where its pages start, from page 1 on.
#[derive(Clone, PartialEq, Eq, Debug)]
struct Walk {
    began: Timestamp,
    /// By page, ascending; the last one is that of the page that follows the last one served. When one between two others
    /// is left out, it lies on the stretch between those.
    stops: Vec<(u64, Stop)>,
    /// The first page that its client may still ask for: the last one that was certainly served to it, in case that
    /// answer was lost.
    earliest: u64,
    /// Whether it stands for several.
    shared: bool,
}

impl Walk {
    /// The page that follows the last one served.
    fn next_page(&self) -> u64 {
        self.stops.last().map_or(0, |(page, _)| *page)
    }

    fn stop(&self, page: u64) -> Option<Stop> {
        match self.stops.binary_search_by_key(&page, |(page, _)| *page) {
            Ok(index) => Some(self.stops[index].1.clone()),
            Err(index) => {
                let (_, before) = self.stops.get(index.checked_sub(1)?)?;
                let (_, after) = self.stops.get(index)?;
                let mut between = before.clone();
                between.merge(after.clone());
                Some(between)
            }
        }
    }

    fn is_alive(&self, now: Timestamp) -> bool {
        now < self.began.plus_micros(WALK_MICROS)
    }

    /// Whether its client may be asking for `page`.
    fn may_ask(&self, page: u64) -> bool {
        (self.earliest..=self.next_page()).contains(&page)
    }

    /// Remembers where the page after `page` starts. Of a repeated page the smaller place wins, because the first answer
    /// may be the one that arrived; a walk that stands for several keeps both.
    fn remember(&mut self, page: u64, next: Stop) {
        if page == self.next_page() {
            self.stops.push((page + 1, next));
        } else if let Ok(index) = self.stops.binary_search_by_key(&(page + 1), |(page, _)| *page) {
            let known = &mut self.stops[index].1;
            if self.shared {
                known.merge(next);
            } else if next.at.from < known.at.from {
                *known = next;
            }
        }
    }

    /// Takes another walk, that began later, as one with this.
    fn merge(&mut self, later: Self) {
        self.began = later.began;
        self.earliest = self.earliest.min(later.earliest);
        self.shared = true;
        let pages: BTreeSet<u64> = self.stops.iter().chain(&later.stops).map(|(page, _)| *page).collect();
        let stops = pages.into_iter().filter_map(|page| match (self.stop(page), later.stop(page)) {
            (Some(mut one), Some(other)) => {
                one.merge(other);
                Some((page, one))
            }
            (one, other) => one.or(other).map(|stop| (page, stop)),
        });
        self.stops = stops.collect();
    }

    /// Leaves out what its client, or any other that may stand for it, has long passed, and of very many stops every
    /// second of the older ones.
    fn thin_out(&mut self) {
        let earliest = self.earliest;
        self.stops.retain(|(page, _)| page + STEPS_BACK >= earliest);
        if self.stops.len() > MOST_STOPS_OF_A_WALK {
            let half = self.stops.len() / 2;
            let mut index = 0;
            self.stops.retain(|_| {
                index += 1;
                index > half || index % 2 == 1
            });
        }
    }
}

/// The walks of one query.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Walks {
    /// In the order in which they began.
    walks: Vec<Walk>,
}

impl Walks {
    /// Where `page` (from 1 on) starts: a stop for every walk that may be asking for it, each once, the smallest first.
    /// Empty when no walk is known: then the page is found by counting.
    pub fn starts(&self, page: u64, now: Timestamp) -> Vec<Stop> {
        let mut stops: Vec<Stop> =
            askers(&self.walks, page, now).filter_map(|index| self.walks[index].stop(page)).collect();
        stops.sort_by(|one, other| one.at.cmp(&other.at));
        stops.dedup_by(|later, earlier| {
            let same = later.at == earlier.at;
            if same {
                earlier.merge(later.clone());
            }
            same
        });
        stops
    }

    /// Remembers that page 0 was served and that the next page starts at `next`, whether or not anything is on it.
    pub fn begin(&mut self, next: Stop, now: Timestamp) {
        self.walks.push(Walk { began: now, stops: vec![(1, next)], earliest: 1, shared: false });
        keep_few(&mut self.walks, now);
    }

    /// Remembers how `page` (from 1 on) was served: where it started, and where the next page starts after that.
    pub fn advance(&mut self, page: u64, served: &[(Stop, Stop)], now: Timestamp) {
        let askers: Vec<usize> = askers(&self.walks, page, now).collect();
        for index in &askers {
            let walk = &mut self.walks[*index];
            let Some(stop) = walk.stop(page) else { continue };
            let Some((start, next)) = served.iter().find(|(start, _)| start.at == stop.at) else { continue };
            let rows = next.served - start.served;
            walk.remember(page, stop.next(next.at.clone(), rows));
            if askers.len() == 1 && !walk.shared {
                walk.earliest = page;
            }
        }
    }

    /// From when on nothing of it counts any more.
    pub fn until(&self) -> Timestamp {
        let newest = self.walks.iter().map(|walk| walk.began).max();
        newest.map_or(Timestamp::MIN, |began| began.plus_micros(WALK_MICROS))
    }

    fn stops(&self) -> usize {
        self.walks.iter().map(|walk| walk.stops.len()).sum()
    }
}

/// The walks of a query in a [`WalkBook`].
#[derive(Debug, Default)]
struct Kept {
    walks: Walks,
    /// Whether one of them has gone on since the query was last looked at to be forgotten.
    going_on: bool,
}

/// The walks of the last minutes, bounded in size.
#[derive(Debug)]
pub struct WalkBook {
    queries: HashMap<Arc<WalkKey>, Kept>,
    /// Every query once, in the order in which they are looked at to be forgotten.
    order: VecDeque<(Timestamp, Arc<WalkKey>)>,
    stops: usize,
    most_stops: usize,
}

impl WalkBook {
    /// A book that remembers at most `most_stops` places (about 300 bytes each). When it is full, the oldest queries are
    /// forgotten, those whose walks have not gone on lately first; a forgotten walk's next page is found by counting.
    pub fn new(most_stops: usize) -> Self {
        Self { queries: HashMap::new(), order: VecDeque::new(), stops: 0, most_stops }
    }

    /// Where `page` of a walk starts ([`Walks::starts`]).
    pub fn starts(&self, key: &WalkKey, page: u64, now: Timestamp) -> Vec<Stop> {
        self.queries.get(key).map(|kept| kept.walks.starts(page, now)).unwrap_or_default()
    }

    /// Remembers a page 0 ([`Walks::begin`]).
    pub fn begin(&mut self, key: WalkKey, next: Stop, now: Timestamp) {
        self.forget(now);
        if !self.queries.contains_key(&key) {
            let key = Arc::new(key.clone());
            self.order.push_back((now, Arc::clone(&key)));
            self.queries.insert(key, Kept::default());
        }
        self.change(&key, |kept| kept.walks.begin(next, now));
    }

    /// Remembers how a page was served ([`Walks::advance`]).
    pub fn advance(&mut self, key: &WalkKey, page: u64, served: &[(Stop, Stop)], now: Timestamp) {
        self.change(key, |kept| {
            kept.going_on = true;
            kept.walks.advance(page, served, now);
        });
        self.forget(now);
    }

    fn change(&mut self, key: &WalkKey, change: impl FnOnce(&mut Kept)) {
        let Some(kept) = self.queries.get_mut(key) else { return };
        self.stops -= kept.walks.stops();
        change(kept);
        self.stops += kept.walks.stops();
    }

    /// Places that are remembered now.
    pub fn stops(&self) -> usize {
        self.stops
    }

    /// Forgets walks that are too old, and the oldest queries when the book is full.
    fn forget(&mut self, now: Timestamp) {
        while let Some((looked_at, _)) = self.order.front() {
            let full = self.stops >= self.most_stops;
            if !full && now < looked_at.plus_micros(WALK_MICROS) {
                break;
            }
            let Some((_, key)) = self.order.pop_front() else { break };
            let Some(kept) = self.queries.get_mut(&key) else { continue };
            let before = kept.walks.stops();
            // A query whose walks go on is spared once for each time it is looked at.
            let spared = std::mem::take(&mut kept.going_on) || !full;
            kept.walks.walks.retain(|walk| spared && walk.is_alive(now));
            self.stops -= before - kept.walks.stops();
            let newest = kept.walks.walks.iter().map(|walk| walk.began).max();
            if let Some(newest) = newest {
                self.order.push_back((newest, key));
            } else {
                self.queries.remove(&key);
            }
        }
    }
}

/// The walks whose clients may be asking for `page`. A client that walks asks for the page after the last one it was
/// served, or for the last one again; which that was is certain only when nobody else could have asked. When no walk
/// fits, somebody steps back further.
fn askers(walks: &[Walk], page: u64, now: Timestamp) -> impl Iterator<Item = usize> {
    let expected = walks.iter().any(|walk| walk.is_alive(now) && walk.may_ask(page));
    (0..walks.len()).filter(move |&index| {
        let walk = &walks[index];
        walk.is_alive(now) && if expected { walk.may_ask(page) } else { page <= walk.next_page() }
    })
}

/// Keeps the walks of one query few; they stand in the order in which they began.
fn keep_few(walks: &mut Vec<Walk>, now: Timestamp) {
    walks.retain(|walk| walk.is_alive(now));
    while walks.len() > WALKS_TOLD_APART {
        let at_the_same_page = (0..walks.len()).find_map(|one| {
            let other = (one + 1..walks.len()).find(|&other| walks[other].next_page() == walks[one].next_page())?;
            Some((one, other))
        });
        let (one, other) = at_the_same_page.unwrap_or((0, 1));
        let later = walks.remove(other);
        walks[one].merge(later);
        // A walk stands where the youngest of those that it stands for began.
        walks[one..other].rotate_left(1);
    }
}
