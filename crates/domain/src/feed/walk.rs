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
//!   answers count what the walk has served plus what follows, so theirs do too, though served sessions may have left.
//! - A repeated page starts where it started before.
//! - Two walks of one token over the same window cannot be told apart from outside. A page that either may be asking
//!   for starts at each one's place and holds both pages; it may then be longer than `per_page` and repeat sessions.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use super::{Place, Window};
use crate::access::TokenId;
use crate::time::SECOND;
use crate::{LocationId, Timestamp};

/// How long a walk may take, with a minute to spare beyond the contract's ten.
const WALK_MICROS: i64 = 11 * 60 * SECOND;
/// Walks of one query that are told apart; of more, the two oldest are taken as one.
const WALKS_PER_QUERY: usize = 8;

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
    /// The place.
    pub place: Place,
    /// Sessions that the walk was served before it.
    pub served: u64,
}

/// One walk: where its pages start, from page 1 on.
#[derive(Debug)]
struct Walk {
    began: Timestamp,
    stops: Vec<Stop>,
    finished: bool,
}

impl Walk {
    /// The page that follows the last one served.
    fn next_page(&self) -> u64 {
        self.stops.len() as u64
    }

    fn stop(&self, page: u64) -> Option<&Stop> {
        self.stops.get(usize::try_from(page).ok()?.checked_sub(1)?)
    }

    /// Remembers where `page` starts; the smaller place wins, because the first answer may be the one that arrived.
    fn remember(&mut self, page: u64, stop: Stop, finished: bool) {
        if page == self.next_page() + 1 {
            self.stops.push(stop);
            self.finished = finished;
        } else if let Some(known) = usize::try_from(page - 1).ok().and_then(|index| self.stops.get_mut(index))
            && stop.place < known.place
        {
            *known = stop;
        }
    }
}

/// How a served page ended, seen from one starting place.
#[derive(Clone, Debug)]
pub struct Served {
    /// Where the next page starts.
    pub next: Stop,
    /// Whether nothing followed.
    pub finished: bool,
}

/// The walks of the last minutes, bounded in number and in size.
#[derive(Debug)]
pub struct WalkBook {
    walks: HashMap<WalkKey, Vec<Walk>>,
    /// The keys in the order in which their walks began, to forget them in time.
    order: VecDeque<(Timestamp, WalkKey)>,
    stops: usize,
    most_stops: usize,
}

impl WalkBook {
    /// A book that remembers at most `most_stops` places (about 150 bytes each); beyond that the oldest walks are
    /// forgotten, and their next page is found by counting.
    pub fn new(most_stops: usize) -> Self {
        Self { walks: HashMap::new(), order: VecDeque::new(), stops: 0, most_stops }
    }

    /// Where `page` (from 1 on) starts: a place for every walk that may be asking for it, each once, the smallest first.
    /// Empty when no walk is known: then the page is found by counting.
    pub fn starts(&self, key: &WalkKey, page: u64, now: Timestamp) -> Vec<Stop> {
        let Some(walks) = self.walks.get(key) else { return Vec::new() };
        let mut stops: Vec<Stop> =
            askers(walks, page, now).filter_map(|index| walks[index].stop(page).cloned()).collect();
        stops.sort_by(|one, other| one.place.cmp(&other.place));
        stops.dedup_by(|later, earlier| {
            let same = later.place == earlier.place;
            earlier.served = if same { earlier.served.max(later.served) } else { earlier.served };
            same
        });
        stops
    }

    /// Remembers that page 0 was served and more follow. Walks of the same query that had ended are forgotten.
    pub fn begin(&mut self, key: WalkKey, served: Served, now: Timestamp) {
        self.forget_old(now);
        let walk = Walk { began: now, stops: vec![served.next], finished: served.finished };
        match self.walks.entry(key.clone()) {
            Entry::Vacant(entry) => {
                entry.insert(vec![walk]);
            }
            Entry::Occupied(mut entry) => {
                let walks = entry.get_mut();
                let before: usize = walks.iter().map(|walk| walk.stops.len()).sum();
                walks.retain(|walk| !walk.finished && now < walk.began.plus_micros(WALK_MICROS));
                if walks.len() == WALKS_PER_QUERY {
                    let oldest = walks.remove(0);
                    merge(&mut walks[0], oldest);
                }
                let after: usize = walks.iter().map(|walk| walk.stops.len()).sum();
                self.stops -= before - after;
                walks.push(walk);
            }
        }
        self.order.push_back((now, key));
        self.stops += 1;
    }

    /// Remembers how `page` (from 1 on) was served from each of its starts.
    pub fn advance(&mut self, key: &WalkKey, page: u64, served: &[(Stop, Served)], now: Timestamp) {
        let Some(walks) = self.walks.get_mut(key) else { return };
        let before: usize = walks.iter().map(|walk| walk.stops.len()).sum();
        let askers: Vec<usize> = askers(walks, page, now).collect();
        for index in askers {
            let Some(place) = walks[index].stop(page).map(|stop| stop.place.clone()) else { continue };
            if let Some((_, end)) = served.iter().find(|(start, _)| start.place == place) {
                walks[index].remember(page + 1, end.next.clone(), end.finished);
            }
        }
        let after: usize = walks.iter().map(|walk| walk.stops.len()).sum();
        self.stops += after - before;
        self.forget_old(now);
    }

    /// Places that are remembered now.
    pub fn stops(&self) -> usize {
        self.stops
    }

    fn forget_old(&mut self, now: Timestamp) {
        while let Some((began, _)) = self.order.front() {
            if self.stops < self.most_stops && now < began.plus_micros(WALK_MICROS) {
                break;
            }
            let Some((began, key)) = self.order.pop_front() else { break };
            if let Entry::Occupied(mut entry) = self.walks.entry(key) {
                let mut forgotten = 0;
                entry.get_mut().retain(|walk| {
                    let keep = walk.began > began;
                    forgotten += if keep { 0 } else { walk.stops.len() };
                    keep
                });
                self.stops -= forgotten;
                if entry.get().is_empty() {
                    entry.remove();
                }
            }
        }
    }
}

/// The walks that may be asking for `page`. A client that walks asks for the page after the last one it was served, or
/// for the last one again. Only when no walk stands there, somebody steps back further.
fn askers(walks: &[Walk], page: u64, now: Timestamp) -> impl Iterator<Item = usize> {
    let alive = move |walk: &Walk| now < walk.began.plus_micros(WALK_MICROS);
    let due = walks.iter().any(|walk| alive(walk) && walk.next_page() == page);
    let furthest = if due { page + 1 } else { u64::MAX };
    (0..walks.len()).filter(move |&index| {
        let next = walks[index].next_page();
        alive(&walks[index]) && next >= page && next <= furthest
    })
}

/// Takes two walks as one that needs whatever either needs.
fn merge(into: &mut Walk, other: Walk) {
    for (index, stop) in other.stops.into_iter().enumerate() {
        match into.stops.get_mut(index) {
            Some(known) if stop.place < known.place => *known = stop,
            Some(_) => {}
            None => into.stops.push(stop),
        }
    }
    into.finished &= other.finished;
}
