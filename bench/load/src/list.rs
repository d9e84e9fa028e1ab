//! The reading loads: list requests with random parameters, no two alike.

use std::io::Write as _;

use bench_support::instant::{DATA_DAYS, DATA_END, DAY, Instant};
use bench_support::random::Random;
use bench_support::{Fallible, LIST_PATH, LOCATIONS, location_id};

use crate::drive::Source;

/// Pages of ten of the largest location, when it has a fifth of a million sessions.
pub const PAGES: u64 = 20_000;

/// What a finished past has: of sessions in progress there is none in it, and a request for them would be answered cheaply.
const STATUSES: [&str; 2] = ["completed", "abandoned"];

/// Which sessions are asked for.
#[derive(Debug, Clone, Copy)]
pub enum ListLoad {
    /// L1: any location, any 24 hours of the two years, half with a status, the first page.
    Day,
    /// L2: the largest location, the whole two years, any page of so many.
    DeepPage(u64),
    /// L3: the largest location, the whole two years, the first hundred abandoned sessions.
    Abandoned,
}

impl ListLoad {
    /// The load of that name.
    ///
    /// # Errors
    /// There is none.
    pub fn named(name: &str, pages: u64) -> Fallible<Self> {
        match name {
            "L1" => Ok(Self::Day),
            "L2" => Ok(Self::DeepPage(pages)),
            "L3" => Ok(Self::Abandoned),
            _ => Err(format!("there is no load {name}; L1, L2, L3, W1, O1, P1 and B1 are").into()),
        }
    }
}

/// A query of the list endpoint.
#[derive(Debug)]
struct Query {
    location: u64,
    start: Instant,
    end: Instant,
    status: Option<&'static str>,
    page: u64,
    per_page: u64,
}

/// Requests of one load, in an order that the seed decides.
#[derive(Debug)]
pub struct Requests {
    load: ListLoad,
    token: String,
    random: Random,
}

impl Requests {
    /// Requests with that token.
    pub fn new(load: ListLoad, token: &str, seed: u64) -> Self {
        Self { load, token: token.to_owned(), random: Random::new(seed) }
    }

    fn query(&mut self) -> Query {
        let first = DATA_END.0 - DATA_DAYS * DAY;
        // Nothing happened in the day before the two years, so a window that begins in it holds the same, yet is another.
        let whole = |random: &mut Random| (Instant(first - 1 - random.below(DAY)), DATA_END);
        let random = &mut self.random;
        match self.load {
            ListLoad::Day => {
                let location = 1 + random.below(LOCATIONS);
                let start = first + random.below((DATA_DAYS - 1) * DAY);
                let status = random.percent(50).then(|| STATUSES[random.below(2) as usize]);
                Query { location, start: Instant(start), end: Instant(start + DAY - 1), status, page: 0, per_page: 10 }
            }
            ListLoad::DeepPage(pages) => {
                let (start, end) = whole(random);
                Query { location: 1, start, end, status: None, page: random.below(pages), per_page: 10 }
            }
            ListLoad::Abandoned => {
                let (start, end) = whole(random);
                Query { location: 1, start, end, status: Some("abandoned"), page: 0, per_page: 100 }
            }
        }
    }
}

impl Source for Requests {
    fn next(&mut self, request: &mut Vec<u8>) {
        let Query { location, start, end, status, page, per_page } = self.query();
        request.clear();
        let status = match status {
            Some(status) => ["&status=", status],
            None => ["", ""],
        };
        write!(
            request,
            "GET {LIST_PATH}?updated_at_start={start}&updated_at_end={end}{}{}&page={page}&per_page={per_page} HTTP/1.1\r\n\
             Host: localhost\r\nAuthorization: Bearer {}\r\nX-Client-Id: {}\r\n\r\n",
            status[0],
            status[1],
            self.token,
            location_id(location),
        )
        .expect("cannot fail: writing to memory");
    }
}
