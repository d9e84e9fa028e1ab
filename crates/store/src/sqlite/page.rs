//! A page of the feed: where it starts, its rows in order, and how it ends.

use frontdesk_domain::feed::{Place, Stretch};
use frontdesk_domain::session::Status;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{CachedStatement, Connection, Rows};

use super::row::{self, session_columns};
use super::tally::{self, Span};
use crate::error::{Doing, StoreError};
use crate::page::{PageAnswer, PageEnd, PageStart};
use crate::record::RowSink;

const READING: &str = "read a page";

/// The rows of one status from a place on. A statement of its own for each status, so that the three that a page of all
/// statuses merges are each kept prepared.
macro_rules! rows_of_status {
    ($name:literal, $number:literal) => {
        concat!(
            "/* page of ",
            $name,
            " sessions */ SELECT ",
            session_columns!(),
            " FROM sessions WHERE location = ?1 AND status = ",
            $number,
            " AND (updated_at, id) > (?2, ?3) AND updated_at <= ?4 ORDER BY updated_at, id"
        )
    };
}

const fn statement_of(status: Status) -> &'static str {
    match status {
        Status::Active => rows_of_status!("active", "0"),
        Status::Completed => rows_of_status!("completed", "1"),
        Status::Abandoned => rows_of_status!("abandoned", "2"),
    }
}

/// Reads a page of `span` from `start`, at most `limit` rows for each start.
pub(super) fn read(
    connection: &Connection,
    span: &Span,
    start: &PageStart,
    limit: u32,
    sink: &mut RowSink<'_>,
) -> Result<PageAnswer, StoreError> {
    match start {
        PageStart::Rank(rank) => {
            let counted = tally::count(connection, span, *rank)?;
            let total = counted.total();
            let following = total.saturating_sub(*rank);
            let Some((place, skip)) = counted.rank.filter(|_| following > 0) else {
                let end = PageEnd { next: None, rows: 0, following: 0, more: false };
                return Ok(PageAnswer { matching: Some(total), ends: vec![end] });
            };
            let statuses = present(counted.by_status);
            let slice = Slice { from: place, skip, limit: u64::from(limit) };
            let read = slice.read(connection, span, &statuses, sink)?;
            let end = PageEnd { next: read.last.map(Stretch::from), rows: read.rows, following, more: read.more };
            Ok(PageAnswer { matching: Some(total), ends: vec![end] })
        }
        PageStart::Cursor(place) => {
            // A cursor only moves within its window, whatever place it names.
            let place = place.max(&span.from);
            let total = tally::count(connection, span, 0)?.total();
            let slice = Slice { from: place.clone(), skip: 0, limit: u64::from(limit) };
            let read = slice.read(connection, span, &wanted(span), sink)?;
            let next = read.last.unwrap_or_else(|| place.clone()).into();
            let end = PageEnd { next: Some(next), rows: read.rows, following: 0, more: read.more };
            Ok(PageAnswer { matching: Some(total), ends: vec![end] })
        }
        PageStart::Walks(starts) => {
            let mut reading = WalkReading { connection, span, limit: limit as usize, rows: Vec::new(), sink };
            let ends = starts.iter().map(|start| reading.page(start)).collect::<Result<_, _>>()?;
            Ok(PageAnswer { matching: None, ends })
        }
    }
}

/// The pages of several walks, read as one run of rows, each row once. Their starts ascend.
struct WalkReading<'a, 's> {
    connection: &'a Connection,
    span: &'a Span,
    limit: usize,
    /// The places of the rows that have been read.
    rows: Vec<Place>,
    sink: &'a mut RowSink<'s>,
}

impl WalkReading<'_, '_> {
    /// Reads what is not read yet of the page that starts at `start`.
    fn page(&mut self, start: &Stretch) -> Result<PageEnd, StoreError> {
        let behind = Span { from: start.from.clone(), ..self.span.clone() };
        let following = tally::count(self.connection, &behind, 0)?.total();
        // From here on the rows that an earlier start has read have no gap, so that reading goes on after the last one.
        loop {
            let missing = self.limit.saturating_sub(self.rows.len() - self.first_after(&start.through));
            let from = self.rows.last().filter(|last| **last > start.from).unwrap_or(&start.from).clone();
            if missing == 0 || !self.read(from, missing)? {
                break;
            }
        }
        let next = Stretch { from: self.end_of_page(&start.from), through: self.end_of_page(&start.through) };
        let rows = (self.rows.len() - self.first_after(&start.from)).min(self.limit) as u64;
        Ok(PageEnd { next: Some(next), rows, following, more: following > rows })
    }

    /// Reads up to `limit` rows after `from`; says whether more follow.
    fn read(&mut self, from: Place, limit: usize) -> Result<bool, StoreError> {
        let slice = Slice { from, skip: 0, limit: limit as u64 };
        let (rows, sink) = (&mut self.rows, &mut self.sink);
        let read = slice.read(self.connection, self.span, &wanted(self.span), &mut |view| {
            rows.push(Place { updated_at: view.updated_at, id: view.id.into() });
            sink(view);
        })?;
        Ok(read.more)
    }

    /// The index of the first row after `place`.
    fn first_after(&self, place: &Place) -> usize {
        self.rows.partition_point(|read| read <= place)
    }

    /// Where a page from `place` on ends.
    fn end_of_page(&self, place: &Place) -> Place {
        let page = &self.rows[self.first_after(place)..];
        page.iter().take(self.limit).next_back().unwrap_or(place).clone()
    }
}

fn wanted(span: &Span) -> Vec<Status> {
    span.status.map_or_else(|| Status::ALL.to_vec(), |status| vec![status])
}

/// The statuses of which there are sessions at all.
fn present(by_status: [i64; 3]) -> Vec<Status> {
    Status::ALL.iter().copied().filter(|status| by_status[usize::from(status.number())] > 0).collect()
}

/// Rows from a place on, leaving out the first `skip`.
struct Slice {
    from: Place,
    skip: u64,
    limit: u64,
}

struct SliceRead {
    rows: u64,
    last: Option<Place>,
    more: bool,
}

impl Slice {
    /// Merges the rows of `statuses` in the order of `updated_at`, then `id`.
    fn read(
        &self,
        connection: &Connection,
        span: &Span,
        statuses: &[Status],
        sink: &mut RowSink<'_>,
    ) -> Result<SliceRead, StoreError> {
        let mut statements: Vec<CachedStatement<'_>> = statuses
            .iter()
            .map(|status| connection.prepare_cached(statement_of(*status)))
            .collect::<Result<_, _>>()
            .doing("prepare a page")?;
        let parameters = (span.location, self.from.updated_at.as_micros(), &*self.from.id, span.end.as_micros());
        let mut runs = Vec::with_capacity(statements.len());
        for statement in &mut statements {
            let mut rows = statement.query(parameters).doing(READING)?;
            rows.advance().doing(READING)?;
            if rows.get().is_some() {
                runs.push(rows);
            }
        }
        let (mut skipped, mut rows) = (0, 0);
        let (mut last_at, mut last_id) = (self.from.updated_at, String::new());
        while let Some(first) = first_of(&runs)? {
            if rows == self.limit {
                break;
            }
            if skipped < self.skip {
                skipped += 1;
            } else if let Some(row) = runs[first].get() {
                let view = row::view(row)?;
                last_at = view.updated_at;
                last_id.clear();
                last_id.push_str(view.id);
                sink(view);
                rows += 1;
            }
            runs[first].advance().doing(READING)?;
            if runs[first].get().is_none() {
                drop(runs.swap_remove(first));
            }
        }
        let last = (rows > 0).then(|| Place { updated_at: last_at, id: last_id.into() });
        Ok(SliceRead { rows, last, more: !runs.is_empty() })
    }
}

/// The index of the run whose current row comes first; runs that have ended are removed before.
fn first_of(runs: &[Rows<'_>]) -> Result<Option<usize>, StoreError> {
    if runs.len() < 2 {
        return Ok((!runs.is_empty()).then_some(0));
    }
    let mut first: Option<(usize, (i64, &str))> = None;
    for (index, rows) in runs.iter().enumerate() {
        let Some(row) = rows.get() else { continue };
        let key = (|| Ok((row.get_ref(0)?.as_i64()?, row.get_ref(1)?.as_str()?)))().doing(READING)?;
        if first.is_none_or(|(_, smallest)| key < smallest) {
            first = Some((index, key));
        }
    }
    Ok(first.map(|(index, _)| index))
}
