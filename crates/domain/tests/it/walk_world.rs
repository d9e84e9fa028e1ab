//! A feed in memory, a server that pages through it with a [`WalkBook`] as the HTTP layer does, and clients that walk.

use std::collections::{BTreeSet, HashMap};

use frontdesk_domain::access::TokenId;
use frontdesk_domain::feed::walk::{Counted, Stop, WalkBook, WalkKey, Walks, earliest_begin};
use frontdesk_domain::feed::{Place, Stretch, Window};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{LocationId, Timestamp};
use proptest::prelude::*;

/// A session's place in the feed.
pub type Row = (i64, u32);

pub fn key(token: i64, per_page: u32) -> WalkKey {
    WalkKey {
        token: TokenId::from_bits(token),
        location: LocationId::parse("austin").expect("an id"),
        window: Window { start: Timestamp::from_micros(0), end: None, status: None },
        per_page,
    }
}

fn place((updated_at, id): Row) -> Place {
    Place { updated_at: Timestamp::from_micros(updated_at), id: format!("{id:04}").into() }
}

/// How walks are remembered.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Memory {
    /// In the book of a process.
    Book,
    /// As bytes in a database.
    Bytes,
    /// Not at all; instead what has left the window is counted.
    Counted,
}

pub fn memory() -> impl Strategy<Value = Memory> {
    prop_oneof![Just(Memory::Book), Just(Memory::Bytes), Just(Memory::Counted)]
}

/// Those of them that keep a page to its size, as long as nobody else walks.
pub fn exact_memory() -> impl Strategy<Value = Memory> {
    prop_oneof![Just(Memory::Book), Just(Memory::Bytes)]
}

/// A location's feed and the server in front of it.
pub struct World {
    memory: Memory,
    bytes: HashMap<WalkKey, Vec<u8>>,
    /// When sessions left their places.
    departures: Vec<Timestamp>,
    rows: BTreeSet<Row>,
    last_tick: i64,
    next_id: u32,
    /// Sessions updated later than this are not in the window.
    window_end: i64,
    pub now: Timestamp,
    pub book: WalkBook,
}

/// What a page request is answered with.
pub struct Answer {
    pub rows: Vec<Row>,
    pub total: u64,
}

impl World {
    /// `sessions` sessions, some of them of the same instant. With `closed`, the window ends there; else it is open.
    pub fn new(sessions: u32, closed: bool) -> Self {
        let rows: BTreeSet<Row> = (0..sessions).map(|id| (i64::from(id / 3), id)).collect();
        let last_tick = i64::from(sessions / 3);
        Self {
            memory: Memory::Book,
            bytes: HashMap::new(),
            departures: Vec::new(),
            rows,
            last_tick,
            next_id: sessions,
            window_end: if closed { last_tick } else { i64::MAX },
            now: Timestamp::from_micros(1_700_000_000 * SECOND),
            book: WalkBook::new(10_000),
        }
    }

    /// The same, with walks remembered in that way.
    pub fn with(self, memory: Memory) -> Self {
        Self { memory, ..self }
    }

    /// Moves one session to the end of the feed.
    pub fn touch(&mut self, index: prop::sample::Index) {
        if let Some(row) = self.pick(index) {
            self.touch_session(row);
        }
    }

    /// Moves this session to the end of the feed.
    pub fn touch_session(&mut self, row: Row) {
        self.departures.push(self.now);
        self.rows.remove(&row);
        self.last_tick += 1;
        self.rows.insert((self.last_tick, row.1));
    }

    /// Takes one session out of the window, as a change of status does.
    pub fn leave(&mut self, index: prop::sample::Index) {
        if let Some(row) = self.pick(index) {
            self.departures.push(self.now);
            self.rows.remove(&row);
        }
    }

    /// A new session, or one that a change of status brings into the window.
    pub fn arrive(&mut self) {
        self.last_tick += 1;
        self.rows.insert((self.last_tick, self.next_id));
        self.next_id += 1;
    }

    fn pick(&self, index: prop::sample::Index) -> Option<Row> {
        (!self.rows.is_empty()).then(|| self.rows.iter().nth(index.index(self.rows.len())).copied())?
    }

    /// What the window holds now.
    pub fn window(&self) -> BTreeSet<Row> {
        self.rows.iter().copied().filter(|row| row.0 <= self.window_end).collect()
    }

    /// Answers a page request.
    pub fn serve(&mut self, key: &WalkKey, page: u64) -> Answer {
        let rows: Vec<Row> = self.window().into_iter().collect();
        let per_page = key.per_page as usize;
        if self.memory == Memory::Counted {
            return self.count(&rows, key.per_page, page);
        }
        let starts = if page == 0 { Vec::new() } else { self.starts(key, page) };
        if starts.is_empty() {
            let total = rows.len() as u64;
            let served: Vec<Row> = rows.iter().copied().skip(page as usize * per_page).take(per_page).collect();
            if page == 0 {
                let end = served.last().map_or_else(|| Place::before(key.window.start), |last| place(*last));
                let next = Stop { at: end.into(), served: served.len() as u64, first_total: total };
                self.begin(key, next);
            }
            return Answer { rows: served, total };
        }
        let (mut union, mut total, mut ends) = (BTreeSet::new(), 0, Vec::new());
        for start in starts {
            let after = |from: &Place| rows.iter().copied().filter(|row| place(*row) > *from).collect::<Vec<Row>>();
            let end = |from: &Place| after(from).into_iter().take(per_page).next_back().map_or(from.clone(), place);
            let following = after(&start.at.from);
            let next = Stretch::new(end(&start.at.from), end(start.at.through()));
            union.extend(following.iter().copied().filter(|row| place(*row) <= *next.through()));
            total = total.max(start.total(following.len() as u64));
            let next = start.next(next, following.len().min(per_page) as u64);
            ends.push((start, next));
        }
        self.advance(key, page, &ends);
        Answer { rows: union.into_iter().collect(), total }
    }

    fn count(&self, rows: &[Row], per_page: u32, page: u64) -> Answer {
        let since = earliest_begin(self.now);
        let departed = if page == 0 { 0 } else { self.departures.iter().filter(|at| **at >= since).count() };
        let Counted { rank, limit } = Counted::page(page, per_page, departed as u64);
        let served = rows.iter().copied().skip(rank as usize).take(limit as usize).collect();
        Answer { rows: served, total: (rows.len() + departed) as u64 }
    }

    fn walks(&self, key: &WalkKey) -> Walks {
        let bytes = self.bytes.get(key).map(|bytes| Walks::decode(bytes).expect("what was encoded"));
        bytes.unwrap_or_default()
    }

    fn starts(&self, key: &WalkKey, page: u64) -> Vec<Stop> {
        match self.memory {
            Memory::Bytes => self.walks(key).starts(page, self.now),
            _ => self.book.starts(key, page, self.now),
        }
    }

    fn begin(&mut self, key: &WalkKey, next: Stop) {
        if self.memory == Memory::Book {
            self.book.begin(key.clone(), next, self.now);
        } else if next.served > 0 {
            let mut walks = self.walks(key);
            walks.begin(next, self.now);
            self.bytes.insert(key.clone(), walks.encode());
        }
    }

    fn advance(&mut self, key: &WalkKey, page: u64, served: &[(Stop, Stop)]) {
        if self.memory == Memory::Book {
            self.book.advance(key, page, served, self.now);
        } else {
            let mut walks = self.walks(key);
            walks.advance(page, served, self.now);
            self.bytes.insert(key.clone(), walks.encode());
        }
    }
}

/// What a client does for its next request.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Ask {
    /// The next page.
    Next,
    /// The next page, whose answer is lost on the way.
    Lost,
    /// The page that it was served last, once more.
    Again,
}

/// A client that walks. It reads on until all three stop rules have let it go, and is checked at the moment at which
/// each does.
pub struct Walker {
    key: WalkKey,
    /// The page to ask for next, whose answer has not arrived yet.
    page: u64,
    /// Whether the answer to the last request was lost: then the client asks for the same page again, and no other.
    lost: bool,
    /// What was in the window when page 0 was answered.
    initially: BTreeSet<Row>,
    seen: BTreeSet<Row>,
    /// The numbers of pages that the totals so far give, of those not reached yet.
    lengths: Vec<u64>,
    short: bool,
    empty: bool,
    /// The longest page so far.
    pub longest: usize,
}

impl Walker {
    pub fn new(key: WalkKey) -> Self {
        Self {
            key,
            page: 0,
            lost: false,
            initially: BTreeSet::new(),
            seen: BTreeSet::new(),
            lengths: Vec::new(),
            short: false,
            empty: false,
            longest: 0,
        }
    }

    /// Whether every stop rule has let the client go.
    pub fn done(&self) -> bool {
        self.empty && self.lengths.is_empty()
    }

    /// Makes one request, and checks what the client has when a rule lets it go.
    pub fn ask(&mut self, ask: Ask, world: &mut World) -> Result<(), TestCaseError> {
        let again = ask == Ask::Again && !self.lost;
        self.lost = ask == Ask::Lost;
        if self.lost {
            // Nobody reads the answer.
            world.serve(&self.key, self.page);
            return Ok(());
        }
        let page = if again { self.page.saturating_sub(1) } else { self.page };
        if page == 0 {
            self.initially = world.window();
            self.seen.clear();
            self.lengths.clear();
        }
        let Answer { rows, total } = world.serve(&self.key, page);
        self.longest = self.longest.max(rows.len());
        prop_assert!(
            rows.is_sorted() && rows.iter().collect::<BTreeSet<_>>().len() == rows.len(),
            "order, or a repetition"
        );
        self.seen.extend(rows.iter().copied());
        self.page = page + 1;
        self.lengths.push(total.div_ceil(u64::from(self.key.per_page)));
        if !self.short && rows.len() < self.key.per_page as usize {
            self.short = true;
            self.check(world, "a short page")?;
        }
        if !self.empty && rows.is_empty() {
            self.empty = true;
            self.check(world, "an empty page")?;
        }
        if self.lengths.iter().any(|length| *length <= self.page) {
            self.lengths.retain(|length| *length > self.page);
            self.check(world, "the number of pages")?;
        }
        Ok(())
    }

    /// Every session that was there and stayed untouched has been served.
    fn check(&self, world: &World, rule: &str) -> Result<(), TestCaseError> {
        let now = world.window();
        let missed: Vec<&Row> = self.initially.intersection(&now).filter(|row| !self.seen.contains(row)).collect();
        prop_assert!(missed.is_empty(), "a walk that stops at {} after {} pages missed {:?}", rule, self.page, missed);
        Ok(())
    }
}

/// What happens to the feed between requests.
#[derive(Clone, Debug)]
pub enum Happening {
    Touch(prop::sample::Index),
    Leave(prop::sample::Index),
    Arrive,
    /// Time goes by.
    Pause(i64),
}

impl Happening {
    pub fn happen(&self, world: &mut World) {
        match self {
            Self::Touch(index) => world.touch(*index),
            Self::Leave(index) => world.leave(*index),
            Self::Arrive => world.arrive(),
            Self::Pause(micros) => world.now = world.now.plus_micros(*micros),
        }
    }
}

pub fn happening() -> impl Strategy<Value = Happening> {
    prop_oneof![
        6 => any::<prop::sample::Index>().prop_map(Happening::Touch),
        1 => any::<prop::sample::Index>().prop_map(Happening::Leave),
        1 => Just(Happening::Arrive),
        1 => (0..3 * SECOND).prop_map(Happening::Pause),
    ]
}

/// Up to five things that happen between two requests.
pub fn meanwhile() -> impl Strategy<Value = Vec<Happening>> {
    prop::collection::vec(happening(), 0..5)
}

pub fn ask() -> impl Strategy<Value = Ask> {
    prop_oneof![6 => Just(Ask::Next), 1 => Just(Ask::Lost), 1 => Just(Ask::Again)]
}
