//! The tally tree on disk: moved with every change, read for `total_count` and deep pages.

use std::collections::HashMap;

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::Place;
use frontdesk_domain::feed::tally::{self, LEVELS, Run};
use frontdesk_domain::session::Status;
use rusqlite::Connection;

use crate::error::{Doing, StoreError};

/// Sessions by status, in the order of their numbers.
type Counts = [i64; 3];

/// The tallies that a transaction moves, gathered so that each row is written once.
#[derive(Debug, Default)]
pub(super) struct TallyMoves(HashMap<(i64, u8, i64), Counts>);

impl TallyMoves {
    /// A session of `location` that stood at `before` (if it is not new) stands at `after` now.
    pub(super) fn moved(&mut self, location: i64, before: Option<(Status, Timestamp)>, after: (Status, Timestamp)) {
        for level in 0..LEVELS {
            let to = tally::bucket(after.1, level);
            match before {
                Some((status, at)) if status == after.0 && tally::bucket(at, level) == to => return,
                Some((status, at)) => self.add(location, level, tally::bucket(at, level), status, -1),
                None => {}
            }
            self.add(location, level, to, after.0, 1);
        }
    }

    fn add(&mut self, location: i64, level: u8, bucket: i64, status: Status, change: i64) {
        self.0.entry((location, level, bucket)).or_default()[usize::from(status.number())] += change;
    }

    /// Writes what was gathered.
    pub(super) fn write(self, connection: &Connection) -> Result<(), StoreError> {
        let mut statement = connection
            .prepare_cached(
                "/* move a tally */ INSERT INTO tallies (location, level, bucket, active, completed, abandoned) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT (location, level, bucket) DO UPDATE SET \
                 active = active + excluded.active, completed = completed + excluded.completed, \
                 abandoned = abandoned + excluded.abandoned",
            )
            .doing("prepare a tally move")?;
        let mut moves: Vec<_> = self.0.into_iter().filter(|(_, counts)| *counts != [0; 3]).collect();
        moves.sort_unstable();
        for ((location, level, bucket), [active, completed, abandoned]) in moves {
            statement.execute((location, level, bucket, active, completed, abandoned)).doing("move a tally")?;
        }
        Ok(())
    }
}

/// A part of a location's feed: after `from`, up to and including `end`.
#[derive(Clone, Debug)]
pub(super) struct Span {
    pub(super) location: i64,
    pub(super) status: Option<Status>,
    pub(super) from: Place,
    pub(super) end: Timestamp,
}

/// What counting a span finds.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Counted {
    /// Sessions by status, of those that the span asks for.
    pub(super) by_status: Counts,
    /// Where the wanted rank lies: so many sessions after the place. None when the span is shorter.
    pub(super) rank: Option<(Place, u64)>,
}

impl Counted {
    pub(super) fn total(&self) -> u64 {
        self.by_status.iter().sum::<i64>().unsigned_abs()
    }
}

/// Counts `span` and finds where its session number `rank` (from 0) lies.
pub(super) fn count(connection: &Connection, span: &Span, rank: u64) -> Result<Counted, StoreError> {
    let mut counter = Counter { connection, span, rank, found: None, by_status: [0; 3] };
    if rank == 0 {
        counter.found = Some((span.from.clone(), 0));
    }
    if span.from.updated_at <= span.end {
        let (first, last) = (tally::bucket(span.from.updated_at, 0), tally::bucket(span.end, 0));
        if first == last {
            counter.edge(&span.from, span.end)?;
        } else {
            counter.edge(&span.from, tally::leaf_end(first))?;
            for run in tally::cover(first + 1..last) {
                counter.run(&run)?;
            }
            counter.edge(&Place::before(tally::leaf_start(last)), span.end)?;
        }
    }
    Ok(Counted { by_status: counter.by_status, rank: counter.found })
}

struct Counter<'a> {
    connection: &'a Connection,
    span: &'a Span,
    rank: u64,
    found: Option<(Place, u64)>,
    by_status: Counts,
}

impl Counter<'_> {
    fn so_far(&self) -> u64 {
        self.by_status.iter().sum::<i64>().unsigned_abs()
    }

    /// Of the counts of a row, those that the span asks for.
    fn wanted(&self, mut counts: Counts) -> Counts {
        if let Some(status) = self.span.status {
            for other in Status::ALL.iter().filter(|other| **other != status) {
                counts[usize::from(other.number())] = 0;
            }
        }
        counts
    }

    fn take(&mut self, counts: Counts) {
        for (sum, count) in self.by_status.iter_mut().zip(counts) {
            *sum += count;
        }
    }

    /// Counts sessions one by one: a part of a smallest bucket.
    fn edge(&mut self, from: &Place, end: Timestamp) -> Result<(), StoreError> {
        let mut counts = [0; 3];
        let (location, at, id, end) = (self.span.location, from.updated_at.as_micros(), &*from.id, end.as_micros());
        if let Some(status) = self.span.status {
            counts[usize::from(status.number())] = self
                .connection
                .prepare_cached(
                    "/* count an edge of one status */ SELECT count(*) FROM sessions WHERE location = ?1 AND status = ?2 \
                     AND (updated_at, id) > (?3, ?4) AND updated_at <= ?5",
                )
                .and_then(|mut statement| {
                    statement.query_row((location, status.number(), at, id, end), |row| row.get(0))
                })
                .doing("count the edge of a window")?;
        } else {
            let mut statement = self
                .connection
                .prepare_cached(
                    "/* count an edge */ SELECT status, count(*) FROM sessions WHERE location = ?1 AND status IN (0, 1, 2) \
                     AND (updated_at, id) > (?2, ?3) AND updated_at <= ?4 GROUP BY status",
                )
                .doing("prepare the count of an edge")?;
            let mut rows = statement.query((location, at, id, end)).doing("count the edge of a window")?;
            while let Some(row) = rows.next().doing("count the edge of a window")? {
                let (status, count): (u8, i64) = row.try_into().doing("count the edge of a window")?;
                counts[usize::from(status)] = count;
            }
        }
        let so_far = self.so_far();
        self.take(counts);
        if self.found.is_none() && self.rank < self.so_far() {
            self.found = Some((from.clone(), self.rank - so_far));
        }
        Ok(())
    }

    /// Counts whole buckets, row by row only while the rank is still to be found.
    fn run(&mut self, run: &Run) -> Result<(), StoreError> {
        if self.found.is_none() {
            return self.search(run);
        }
        let counts = self
            .connection
            .prepare_cached(
                "/* sum of tallies */ SELECT coalesce(sum(active), 0), coalesce(sum(completed), 0), \
                 coalesce(sum(abandoned), 0) FROM tallies WHERE location = ?1 AND level = ?2 AND bucket >= ?3 AND bucket < ?4",
            )
            .and_then(|mut statement| {
                statement.query_row((self.span.location, run.level, run.buckets.start, run.buckets.end), |row| {
                    Ok([row.get(0)?, row.get(1)?, row.get(2)?])
                })
            })
            .doing("sum tallies")?;
        self.take(self.wanted(counts));
        Ok(())
    }

    /// Goes through a run until the rank falls into one of its buckets, then into that bucket's parts.
    fn search(&mut self, run: &Run) -> Result<(), StoreError> {
        let mut found_in = None;
        let mut statement = self
            .connection
            .prepare_cached(
                "/* tallies in order */ SELECT bucket, active, completed, abandoned FROM tallies \
                 WHERE location = ?1 AND level = ?2 AND bucket >= ?3 AND bucket < ?4 ORDER BY bucket",
            )
            .doing("prepare a walk through tallies")?;
        let mut rows = statement
            .query((self.span.location, run.level, run.buckets.start, run.buckets.end))
            .doing("walk through tallies")?;
        while let Some(row) = rows.next().doing("walk through tallies")? {
            let (bucket, active, completed, abandoned) = row.try_into().doing("walk through tallies")?;
            let so_far = self.so_far();
            self.take(self.wanted([active, completed, abandoned]));
            if found_in.is_none() && self.rank < self.so_far() {
                found_in = Some((bucket, self.rank - so_far));
            }
        }
        drop(rows);
        drop(statement);
        if let Some((bucket, rank)) = found_in {
            self.found = Some(self.descend(run.level, bucket, rank)?);
        }
        Ok(())
    }

    /// Finds the smallest bucket inside `bucket` that holds its session number `rank`.
    fn descend(&self, level: u8, bucket: i64, rank: u64) -> Result<(Place, u64), StoreError> {
        if level == 0 {
            return Ok((Place::before(tally::leaf_start(bucket)), rank));
        }
        let parts = Run { level: level - 1, buckets: tally::children(bucket) };
        let mut inner = Counter { connection: self.connection, span: self.span, rank, found: None, by_status: [0; 3] };
        inner.search(&parts)?;
        inner.found.ok_or_else(|| StoreError::Corrupt {
            table: "tallies",
            column: "bucket",
            id: format!("location {}, level {level}, bucket {bucket}", self.span.location),
        })
    }
}
