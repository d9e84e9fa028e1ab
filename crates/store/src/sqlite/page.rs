//! A page of the feed: where it starts, its rows in order, and how it ends.

use frontdesk_domain::feed::{Place, Stretch};
use rusqlite::Connection;

use super::slice::Slice;
use super::tally::{self, Span};
use crate::error::StoreError;
use crate::page::{PageAnswer, PageEnd, PageStart};
use crate::record::RowSink;

/// Reads a page of `span` from `start`, at most `limit` rows for each start.
pub(super) fn read(
    connection: &Connection,
    span: &Span,
    start: &PageStart,
    limit: u32,
    sink: &mut RowSink<'_>,
) -> Result<PageAnswer, StoreError> {
    let limit = u64::from(limit);
    match start {
        PageStart::Rank(0) => {
            let read = Slice { from: span.from.clone(), skip: 0, limit, count: true }.read(connection, span, sink)?;
            let total = read.rows + read.count_rest(connection, span)?;
            Ok(PageAnswer { matching: Some(total), ends: vec![read.into_end(total)] })
        }
        PageStart::Rank(rank) => {
            let (total, place) = tally::find(connection, span, Some(*rank))?;
            let Some((from, skip)) = place else {
                let end = PageEnd { next: None, rows: 0, following: 0, more: false };
                return Ok(PageAnswer { matching: Some(total), ends: vec![end] });
            };
            let read = Slice { from, skip, limit, count: false }.read(connection, span, sink)?;
            Ok(PageAnswer { matching: Some(total), ends: vec![read.into_end(total.saturating_sub(*rank))] })
        }
        PageStart::Cursor(place) => {
            // A cursor only moves within its window, whatever place it names.
            let place = place.max(&span.from);
            let read = Slice { from: place.clone(), skip: 0, limit, count: false }.read(connection, span, sink)?;
            let total = tally::count(connection, span, span.statuses(), read.density())?;
            let end = PageEnd { next: Some(read.end.clone().into()), ..read.into_end(0) };
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
        // From here on the rows that an earlier start has read have no gap, so that reading goes on after the last one.
        let rest = loop {
            let missing = self.limit.saturating_sub(self.rows.len() - self.first_after(start.through()));
            let from = self.rows.last().filter(|last| **last > start.from).unwrap_or(&start.from).clone();
            let slice = Slice { from, skip: 0, limit: missing as u64, count: true };
            let (rows, sink) = (&mut self.rows, &mut self.sink);
            let read = slice.read(self.connection, self.span, &mut |view| {
                rows.push(Place { updated_at: view.updated_at, id: view.id.into() });
                sink(view);
            })?;
            if !read.more() || self.rows.len() - self.first_after(start.through()) >= self.limit {
                break read.count_rest(self.connection, self.span)?;
            }
        };
        let read = self.rows.len() - self.first_after(&start.from);
        let next = Stretch::new(self.end_of_page(&start.from), self.end_of_page(start.through()));
        let (rows, following) = (read.min(self.limit) as u64, read as u64 + rest);
        Ok(PageEnd { next: Some(next), rows, following, more: following > rows })
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
