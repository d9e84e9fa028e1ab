//! The tally tree on disk: moved with every change, read for `total_count` and deep pages.

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::tally::{self, Counts, Edge, LEVELS, Leaves, Node, Rank, Tree};
use frontdesk_domain::feed::{Place, Window};
use frontdesk_domain::session::Status;
use rusqlite::{Connection, OptionalExtension};

use super::snapshot::Bounds;
use crate::error::{Doing, StoreError};
use crate::moves::TallyMoves;

/// From this many sessions on, as expected, a window is counted by the tree: it reads half a dozen rows, whatever the
/// window.
const FEW: u128 = 40;
/// What a count row by row goes up to before it is left to the tree after all.
const FEW_AFTER_ALL: u64 = 1_000;

/// Writes what the changes of a transaction move.
pub(super) fn write(connection: &Connection, moves: TallyMoves) -> Result<(), StoreError> {
    for ((location, level, number), parts) in moves.nodes() {
        let mut node = read(connection, location, level, number)?;
        for (part, change) in parts {
            node.add(part, change).map_err(|_| damaged(location, level, number))?;
        }
        keep(connection, (location, level, number), &node)?;
    }
    Ok(())
}

fn damaged(location: i64, level: u8, number: i64) -> StoreError {
    let id = format!("location {location}, level {level}, node {number}");
    StoreError::Corrupt { table: "tallies", column: "parts", id }
}

/// A node; one that is not there counts nothing.
fn read(connection: &Connection, location: i64, level: u8, number: i64) -> Result<Node, StoreError> {
    let node = connection
        .prepare_cached("/* a tally */ SELECT parts FROM tallies WHERE location = ?1 AND level = ?2 AND node = ?3")
        .and_then(|mut statement| {
            statement
                .query_row((location, level, number), |row| Ok(Node::decode(row.get_ref(0)?.as_blob()?)))
                .optional()
        })
        .doing("read a tally")?;
    node.transpose().map(Option::unwrap_or_default).map_err(|_| damaged(location, level, number))
}

fn keep(connection: &Connection, key: (i64, u8, i64), node: &Node) -> Result<(), StoreError> {
    let written = if node.is_empty() {
        connection
            .prepare_cached("/* forget a tally */ DELETE FROM tallies WHERE location = ?1 AND level = ?2 AND node = ?3")
            .and_then(|mut statement| statement.execute(key))
    } else {
        connection
            .prepare_cached(
                "/* write a tally */ INSERT INTO tallies (location, level, node, parts) VALUES (?1, ?2, ?3, ?4) \
                 ON CONFLICT (location, level, node) DO UPDATE SET parts = excluded.parts",
            )
            .and_then(|mut statement| statement.execute((key.0, key.1, key.2, node.encode())))
    };
    written.map(drop).doing("write a tally")
}

/// Sessions by status of a location.
pub(super) fn by_status(connection: &Connection, location: i64) -> Result<[u64; 3], StoreError> {
    const DOING: &str = "sum the sessions by status";
    let mut statement = connection
        .prepare_cached("/* the whole tally */ SELECT node, parts FROM tallies WHERE location = ?1 AND level = ?2")
        .doing(DOING)?;
    let mut rows = statement.query((location, LEVELS - 1)).doing(DOING)?;
    let mut sums = [0; 3];
    while let Some(row) = rows.next().doing(DOING)? {
        let parts = row.get_ref(1).and_then(|parts| Ok(parts.as_blob()?)).doing(DOING)?;
        let number = row.get(0).doing(DOING)?;
        let node = Node::decode(parts).map_err(|_| damaged(location, LEVELS - 1, number))?;
        for (sum, count) in sums.iter_mut().zip(node.total()) {
            *sum += count;
        }
    }
    Ok(sums)
}

/// A part of a location's feed: after `from`, up to and including `end`.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) location: i64,
    pub(super) status: Option<Status>,
    pub(super) from: Place,
    pub(super) end: Timestamp,
    /// Whether it ends before the first session in progress.
    all_ended: bool,
    /// Whether nothing of the feed lies after the end.
    open: bool,
}

impl Span {
    /// The part of a location's feed, which lies within `bounds`, that a window shows.
    pub(super) fn new(location: i64, window: &Window, bounds: Bounds) -> Self {
        let end = window.end.map_or(bounds.last_tick, |end| end.min(bounds.last_tick));
        let from = Place::before(window.start);
        let (all_ended, open) = (end < bounds.first_active, end == bounds.last_tick);
        Self { location, status: window.status, from, end, all_ended, open }
    }

    /// What of the span lies after `place`.
    pub(super) fn after(&self, place: Place) -> Self {
        Self { from: place, ..*self }
    }

    /// The statuses that it asks for and may hold.
    pub(super) fn statuses(&self) -> &[Status] {
        const ENDED: &[Status] = &[Status::Completed, Status::Abandoned];
        match &self.status {
            None if self.all_ended => ENDED,
            None => Status::ALL,
            Some(Status::Active) if self.all_ended => &[],
            Some(status) => std::slice::from_ref(status),
        }
    }

    fn micros(&self) -> u64 {
        self.end.as_micros().abs_diff(self.from.updated_at.as_micros())
    }
}

/// Counts `span` and finds where its session number `rank` (from 0) lies: so many sessions after a place. None when the
/// span is shorter.
pub(super) fn find(
    connection: &Connection,
    span: &Span,
    rank: Option<u64>,
) -> Result<(u64, Option<(Place, u64)>), StoreError> {
    if span.from.updated_at > span.end {
        return Ok((0, None));
    }
    let (first, last) = (tally::leaf(span.from.updated_at), tally::leaf(span.end));
    if first == last {
        let mut total = 0;
        for status in span.statuses() {
            total += edge(connection, span, *status)?;
        }
        return Ok((total, rank.filter(|rank| *rank < total).map(|rank| (span.from.clone(), rank))));
    }
    let leaves = Leaves { first, last, open: span.open };
    let counted = tally::count(&mut Tallies { connection, span }, leaves, span.status, rank)?;
    let place = counted.rank.map(|rank| match rank {
        Rank::InFirst(rank) => (span.from.clone(), rank),
        Rank::In { leaf, rank } => (Place::before(tally::leaf_start(leaf)), rank),
        Rank::InLast(rank) => (Place::before(tally::leaf_start(last)), rank),
    });
    Ok((counted.total, place))
}

/// The tally tree as a span sees it.
struct Tallies<'a> {
    connection: &'a Connection,
    span: &'a Span,
}

impl Tree for Tallies<'_> {
    type Error = StoreError;

    fn node(&mut self, level: u8, number: i64) -> Result<Node, StoreError> {
        read(self.connection, self.span.location, level, number)
    }

    fn edge(&mut self, edge: Edge, counts: &Counts) -> Result<u64, StoreError> {
        let inside = match edge {
            Edge::First => {
                let end = tally::leaf_end(tally::leaf(self.span.from.updated_at));
                Span { end, ..self.span.clone() }
            }
            Edge::Last => self.span.after(Place::before(tally::leaf_start(tally::leaf(self.span.end)))),
        };
        let mut sessions = 0;
        for status in inside.statuses().iter().filter(|status| counts[usize::from(status.number())] > 0) {
            sessions += self::edge(self.connection, &inside, *status)?;
        }
        Ok(sessions)
    }
}

/// How densely sessions lie in a part of the feed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Density {
    pub(super) rows: u64,
    pub(super) micros: u64,
}

impl Density {
    /// How many sessions can be expected in so many microseconds.
    pub(super) fn expected_in(self, micros: u64) -> u128 {
        u128::from(self.rows) * u128::from(micros) / u128::from(self.micros.max(1))
    }
}

/// Counts `span`, which has sessions of no other than these statuses. When it can be expected to hold only few, going by
/// what was just read of the feed, they are counted row by row, which is cheaper then.
pub(super) fn count(
    connection: &Connection,
    span: &Span,
    statuses: &[Status],
    density: Density,
) -> Result<u64, StoreError> {
    if density.expected_in(span.micros()) < FEW {
        let mut few = 0;
        for status in statuses {
            few += few_of(connection, span, *status)?;
        }
        if few < FEW_AFTER_ALL {
            return Ok(few);
        }
    }
    find(connection, span, None).map(|(total, _)| total)
}

/// Counts the sessions of a status one by one, as far as [`FEW_AFTER_ALL`].
fn few_of(connection: &Connection, span: &Span, status: Status) -> Result<u64, StoreError> {
    let (at, id) = (span.from.updated_at.as_micros(), &*span.from.id);
    let parameters = (span.location, status.number(), at, id, span.end.as_micros(), FEW_AFTER_ALL as i64);
    connection
        .prepare_cached(
            "/* count a few */ SELECT count(*) FROM (SELECT 1 FROM sessions WHERE location = ?1 AND status = ?2 \
             AND (updated_at, id) > (?3, ?4) AND updated_at <= ?5 LIMIT ?6)",
        )
        .and_then(|mut statement| statement.query_row(parameters, |row| row.get(0)))
        .map(i64::unsigned_abs)
        .doing("count the rest of a window")
}

/// Counts the sessions of a status in an edge of a window, one by one.
fn edge(connection: &Connection, span: &Span, status: Status) -> Result<u64, StoreError> {
    const FROM_INSTANT: &str = "/* count from an instant */ SELECT count(*) FROM sessions \
        WHERE location = ?1 AND status = ?2 AND updated_at BETWEEN ?3 AND ?4";
    const FROM_PLACE: &str = "/* count from a place */ SELECT count(*) FROM sessions \
        WHERE location = ?1 AND status = ?2 AND (updated_at, id) > (?3, ?5) AND updated_at <= ?4";
    let (from, end) = (span.from.updated_at.as_micros(), span.end.as_micros());
    let counted = match &*span.from.id {
        "" => connection.prepare_cached(FROM_INSTANT).and_then(|mut statement| {
            statement.query_row((span.location, status.number(), from, end), |row| row.get(0))
        }),
        id => connection.prepare_cached(FROM_PLACE).and_then(|mut statement| {
            statement.query_row((span.location, status.number(), from, end, id), |row| row.get(0))
        }),
    };
    counted.map(i64::unsigned_abs).doing("count the edge of a window")
}
