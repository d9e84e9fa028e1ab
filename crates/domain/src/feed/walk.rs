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

use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

use super::{Stretch, Window};
use crate::access::TokenId;
use crate::time::SECOND;
use crate::{LocationId, Timestamp};

/// How long a walk may take, with a minute to spare beyond the contract's ten.
const WALK_MICROS: i64 = 11 * 60 * SECOND;
/// Beyond so many walks of one query some are taken as one, those that stand at the same page first.
const WALKS_TOLD_APART: usize = 16;

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
#[derive(Debug)]
struct Walk {
    began: Timestamp,
    stops: Vec<Stop>,
    /// The first page that its client may still ask for: the last one that was certainly served to it, in case that
    /// answer was lost.
    earliest: u64,
    /// Whether it stands for several.
    shared: bool,
}

impl Walk {
    /// The page that follows the last one served.
    fn next_page(&self) -> u64 {
        self.stops.len() as u64
    }

    fn stop(&self, page: u64) -> Option<&Stop> {
        self.stops.get(usize::try_from(page).ok()?.checked_sub(1)?)
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
            self.stops.push(next);
        } else if let Some(known) = usize::try_from(page).ok().and_then(|index| self.stops.get_mut(index)) {
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
        let mut stops = later.stops.into_iter();
        for (known, stop) in self.stops.iter_mut().zip(stops.by_ref()) {
            known.merge(stop);
        }
        self.stops.extend(stops);
    }
}

/// The walks of one query.
#[derive(Debug, Default)]
struct Walks {
    /// In the order in which they began.
    walks: Vec<Walk>,
    /// Whether one of them has gone on since the query was last looked at to be forgotten.
    going_on: bool,
}

impl Walks {
    fn stops(&self) -> usize {
        self.walks.iter().map(|walk| walk.stops.len()).sum()
    }
}

/// The walks of the last minutes, bounded in size.
#[derive(Debug)]
pub struct WalkBook {
    queries: HashMap<Arc<WalkKey>, Walks>,
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

    /// Where `page` (from 1 on) starts: a stop for every walk that may be asking for it, each once, the smallest first.
    /// Empty when no walk is known: then the page is found by counting.
    pub fn starts(&self, key: &WalkKey, page: u64, now: Timestamp) -> Vec<Stop> {
        let Some(Walks { walks, .. }) = self.queries.get(key) else { return Vec::new() };
        let mut stops: Vec<Stop> =
            askers(walks, page, now).filter_map(|index| walks[index].stop(page).cloned()).collect();
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
    pub fn begin(&mut self, key: WalkKey, next: Stop, now: Timestamp) {
        self.forget(now);
        let walk = Walk { began: now, stops: vec![next], earliest: 1, shared: false };
        self.stops += 1;
        if let Some(query) = self.queries.get_mut(&key) {
            query.walks.push(walk);
            self.stops -= thin_out(&mut query.walks, now);
        } else {
            let key = Arc::new(key);
            self.order.push_back((now, Arc::clone(&key)));
            self.queries.insert(key, Walks { walks: vec![walk], going_on: false });
        }
    }

    /// Remembers how `page` (from 1 on) was served: where it started, and where the next page starts after that.
    pub fn advance(&mut self, key: &WalkKey, page: u64, served: &[(Stop, Stop)], now: Timestamp) {
        let Some(Walks { walks, going_on }) = self.queries.get_mut(key) else { return };
        *going_on = true;
        let askers: Vec<usize> = askers(walks, page, now).collect();
        for index in &askers {
            let walk = &mut walks[*index];
            let Some(stop) = walk.stop(page) else { continue };
            let Some((start, next)) = served.iter().find(|(start, _)| start.at == stop.at) else { continue };
            let rows = next.served - start.served;
            let (before, next) = (walk.stops.len(), stop.next(next.at.clone(), rows));
            walk.remember(page, next);
            self.stops += walk.stops.len() - before;
            if askers.len() == 1 && !walk.shared {
                walk.earliest = page;
            }
        }
        self.forget(now);
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
            let Some(query) = self.queries.get_mut(&key) else { continue };
            let before = query.stops();
            // A query whose walks go on is spared once for each time it is looked at.
            let spared = std::mem::take(&mut query.going_on) || !full;
            query.walks.retain(|walk| spared && walk.is_alive(now));
            self.stops -= before - query.stops();
            if query.walks.is_empty() {
                self.queries.remove(&key);
            } else {
                let newest = query.walks.iter().map(|walk| walk.began).max();
                self.order.push_back((newest.unwrap_or(now), key));
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

/// Keeps the walks of one query few; they stand in the order in which they began. Answers how many stops fewer there are.
fn thin_out(walks: &mut Vec<Walk>, now: Timestamp) -> usize {
    let count = |walks: &[Walk]| walks.iter().map(|walk| walk.stops.len()).sum::<usize>();
    let before = count(walks);
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
    before - count(walks)
}
