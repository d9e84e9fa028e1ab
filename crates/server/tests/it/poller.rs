//! A partner that mirrors a location, in each of the ways in which clients walk pages.

use std::collections::{BTreeMap, HashSet};
use std::io;
use std::time::Duration;

use frontdesk_domain::Timestamp;
use serde_json::Value;

use crate::client::{Connection, now};
use crate::support::LIST;

/// How often a partner comes back for the same page before it gives up.
const MOST_TURNED_AWAY: u32 = 50;

/// When a client believes that it has every page.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rule {
    /// At a page that is shorter than it asked for.
    ShortPage,
    /// At a page without sessions.
    EmptyPage,
    /// At the number of pages that the smallest `total_count` so far gives.
    Total,
    /// At an empty page; every page is asked for twice, as if the first answer had been lost.
    Retry,
    /// When there is no `Link` to follow.
    Link,
}

/// A part of the feed; without an end it reaches to the present.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    pub start: Timestamp,
    pub end: Option<Timestamp>,
}

/// A session on a page.
#[derive(Clone, PartialEq, Debug)]
pub struct Row {
    pub id: String,
    pub updated_at: Timestamp,
    pub session: Value,
}

/// A page of the feed.
pub struct Page {
    pub rows: Vec<Row>,
    pub total: u64,
    pub next: Option<String>,
}

/// A walk over a window, from its first page to where the client stopped.
pub struct Walk {
    pub window: Window,
    pub began: Timestamp,
    pub ended: Timestamp,
    pub pages: u64,
    pub rows: Vec<Row>,
}

/// A partner's access to a location.
#[derive(Clone)]
pub struct Partner {
    pub token: String,
    pub location: &'static str,
}

impl Partner {
    /// Asks for one page.
    pub fn page(&self, server: &mut Connection, target: &str) -> io::Result<Page> {
        let authorization = format!("Bearer {}", self.token);
        let headers = [("Authorization", authorization.as_str()), ("X-Client-Id", self.location)];
        let mut answer = server.ask("GET", target, &headers, None)?;
        let mut turned_away = 0;
        // A server that cannot reach its database for a second says so; on a busy machine that may happen without a fault.
        while answer.status == 503 && turned_away < MOST_TURNED_AWAY {
            assert_eq!(answer.header("retry-after"), Some("1"), "{}", answer.body);
            turned_away += 1;
            std::thread::sleep(Duration::from_millis(100));
            answer = server.ask("GET", target, &headers, None)?;
        }
        assert_eq!(answer.status, 200, "{target}: {}", answer.body);
        let mut json = answer.json();
        let rows = match json["data"]["content"].take() {
            Value::Array(content) => content.into_iter().map(Row::of).collect(),
            other => panic!("{target}: {other}"),
        };
        let next = answer.header("link").map(|link| {
            let target = link.strip_prefix('<').and_then(|link| link.strip_suffix(">; rel=\"next\""));
            target.unwrap_or_else(|| panic!("a link: {link}")).to_owned()
        });
        Ok(Page { rows, total: json["data"]["total_count"].as_u64().expect("a count"), next })
    }

    /// Walks a window until `rule` says that it is over, or for `most` pages.
    pub fn walk(
        &self,
        server: &mut Connection,
        window: Window,
        per_page: usize,
        rule: Rule,
        most: u64,
    ) -> io::Result<Walk> {
        let began = now();
        let (mut rows, mut pages, mut least, mut next) = (Vec::new(), 0, u64::MAX, None);
        while pages < most {
            let target = next.take().unwrap_or_else(|| format!("{}&page={pages}", window.target(per_page)));
            if rule == Rule::Retry {
                self.page(server, &target)?;
            }
            let page = self.page(server, &target)?;
            pages += 1;
            least = page.total.min(least);
            let over = match rule {
                Rule::ShortPage => page.rows.len() < per_page,
                Rule::EmptyPage | Rule::Retry => page.rows.is_empty(),
                Rule::Total => pages >= least.div_ceil(per_page as u64),
                Rule::Link => page.next.is_none(),
            };
            next = page.next.filter(|_| rule == Rule::Link);
            rows.extend(page.rows);
            if over {
                break;
            }
        }
        Ok(Walk { window, began, ended: now(), pages, rows })
    }

    /// The whole feed by cursor, on a connection of its own: in order, each session once, as many as are counted.
    pub fn whole(&self, address: &str) -> BTreeMap<String, Value> {
        let mut server = Connection::open(address).expect("the server accepts");
        let window = Window { start: Timestamp::from_micros(0), end: None };
        let total = self.page(&mut server, &window.target(1)).expect("an answer").total;
        let walk = self.walk(&mut server, window, 1000, Rule::Link, u64::MAX).expect("every answer");
        let places: Vec<_> = walk.rows.iter().map(|row| (row.updated_at, &row.id)).collect();
        assert!(places.is_sorted(), "the feed is in order");
        let sessions: BTreeMap<_, _> = walk.rows.iter().map(|row| (row.id.clone(), row.session.clone())).collect();
        assert_eq!(
            (sessions.len(), total),
            (walk.rows.len(), walk.rows.len() as u64),
            "the feed has each session once"
        );
        sessions
    }
}

impl Window {
    /// The list request for it, its page left open.
    pub fn target(&self, per_page: usize) -> String {
        let end = self.end.map(|end| format!("&updated_at_end={end}")).unwrap_or_default();
        format!("{LIST}?updated_at_start={}{end}&per_page={per_page}", self.start)
    }
}

impl Row {
    fn of(session: Value) -> Self {
        let id = session["id"].as_str().expect("an id").to_owned();
        let updated_at = Timestamp::parse(session["updated_at"].as_str().expect("a time")).expect("an instant");
        Self { id, updated_at, session }
    }
}

impl Walk {
    /// Sessions that were on more than one page.
    pub fn seen_twice(&self) -> usize {
        self.rows.len() - self.rows.iter().map(|row| &row.id).collect::<HashSet<_>>().len()
    }
}

/// What a partner has of a location: of every session the latest state that it saw.
#[derive(Default)]
pub struct Mirror(BTreeMap<String, Row>);

impl Mirror {
    /// Takes rows in, whatever their order.
    pub fn take(&mut self, rows: impl IntoIterator<Item = Row>) {
        for row in rows {
            let known = self.0.get(&row.id);
            if known.is_none_or(|known| known.updated_at <= row.updated_at) {
                self.0.insert(row.id.clone(), row);
            }
        }
    }

    /// Every session by id.
    pub fn sessions(self) -> BTreeMap<String, Value> {
        self.0.into_iter().map(|(id, row)| (id, row.session)).collect()
    }
}

/// The sessions of a location as `frontdesk export` writes them, by id.
pub fn exported(desk: &crate::support::Desk, location: &str) -> BTreeMap<String, Value> {
    let lines = desk.done(&["export", "--format", "ndjson", "--location", location]);
    let sessions = lines.lines().map(|line| {
        let mut session: Value = serde_json::from_str(line).expect("a session");
        session.as_object_mut().expect("an object").remove("location_id");
        (session["id"].as_str().expect("an id").to_owned(), session)
    });
    sessions.collect()
}
