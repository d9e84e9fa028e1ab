//! A page of the feed: where it starts, its rows in order, and how it ends.

mod outline;
mod slice;
pub(super) mod statement;

use deadpool_postgres::GenericClient;
use frontdesk_domain::feed::{Place, Stretch, Window};
use frontdesk_domain::session::SessionView;
use tokio_postgres::Row;

use outline::{Course, Way};
pub(super) use outline::{Outline, OutlineKey, Outlines, Sight};
use slice::SliceRead;
pub(super) use slice::{ClockRow, Outlined, Span};
use statement::HEAD_COLUMNS;

use super::row;
use crate::catalog::Location;
use crate::error::StoreError;
use crate::page::{PageAnswer, PageEnd, PageStart};

/// Sessions read at once when a window is read to its end.
const CHUNK: u64 = 1000;

/// What was read of a page, all of it as of one moment.
#[derive(Debug)]
pub(super) struct PageRead {
    rows: Vec<Row>,
    /// What the page says beside its rows.
    pub(super) answer: PageAnswer,
    /// The location's clock.
    pub(super) clock: ClockRow,
    /// How many sessions have left the window; only told by a rank, since the instant of its span.
    pub(super) departed: u64,
}

impl PageRead {
    /// Gives the rows to `sink`.
    ///
    /// # Errors
    /// When one of them cannot be read.
    pub(super) fn pass_on(&self, mut sink: impl FnMut(SessionView<'_>)) -> Result<(), StoreError> {
        self.rows.iter().try_for_each(|row| row::view(row, HEAD_COLUMNS).map(&mut sink))
    }
}

/// Whether [`read`] reads a page with a single statement. If not, it needs a transaction whose statements see the same.
pub(super) fn in_one_statement(start: &PageStart) -> bool {
    match start {
        PageStart::Rank(_) | PageStart::Cursor(_) => true,
        PageStart::Walks(starts) => starts.len() == 1 && *starts[0].through() == starts[0].from,
    }
}

/// Reads a page of `span` from `start`, at most `limit` rows for each start.
///
/// # Errors
/// When something broke.
pub(super) async fn read(
    client: &impl GenericClient,
    span: &Span,
    start: &PageStart,
    limit: u64,
) -> Result<PageRead, StoreError> {
    match start {
        PageStart::Rank(0) => {
            let read = slice::first(client, span, limit).await?;
            let end = read.page_end(read.counted)?;
            Ok(page_of(read, end))
        }
        PageStart::Rank(rank) => {
            let read = slice::from_rank(client, span, *rank, limit).await?;
            let end = read.page_end(read.counted.saturating_sub(*rank))?;
            Ok(page_of(read, end))
        }
        PageStart::Cursor(place) => {
            // A cursor only moves within its window, whatever place it names.
            let place = place.max(&span.from);
            let read = slice::from_place(client, span, place, &span.from, limit).await?;
            let end = cursor_end(&read, place)?;
            Ok(page_of(read, end))
        }
        PageStart::Walks(starts) => WalkReading::new(client, span, limit).read(starts).await,
    }
}

/// The first page of a short window of fewer sessions than these is found, and they are counted, as soon without an outline.
const MANY: u64 = 150;

/// Whether an outline would find a page sooner than reading does, of a window that has so many sessions.
pub(super) fn is_worth_an_outline(window: &Window, start: &PageStart, sessions: u64) -> bool {
    match start {
        PageStart::Rank(0) => sessions >= MANY || !slice::is_short(window.start, window.end),
        PageStart::Rank(_) | PageStart::Cursor(_) => true,
        PageStart::Walks(_) => false,
    }
}

/// The same as [`read`], by the outline of the feed, unless that does not serve.
///
/// # Errors
/// When something broke.
pub(super) async fn read_outlined(
    client: &impl GenericClient,
    span: &Span,
    outline: &Outline,
    start: &PageStart,
    limit: u64,
) -> Result<Outlined<PageRead>, StoreError> {
    let way = |rank| outline.way(span.from.updated_at, span.end(), rank);
    let way = match start {
        PageStart::Rank(rank) => way(*rank),
        PageStart::Cursor(place) => {
            let place = place.max(&span.from).clone();
            Way { place, course: Course::On, skip: 0, adds_first: false, ..way(0) }
        }
        PageStart::Walks(_) => return Ok(Outlined::Moving),
    };
    let read = match slice::outlined(client, span, outline, &way, limit).await? {
        Outlined::Read(read) => read,
        Outlined::Moving => return Ok(Outlined::Moving),
        Outlined::Outdated => return Ok(Outlined::Outdated),
    };
    let end = match start {
        PageStart::Rank(rank) => read.page_end(read.counted.saturating_sub(*rank))?,
        PageStart::Cursor(_) | PageStart::Walks(_) => cursor_end(&read, &way.place)?,
    };
    Ok(Outlined::Read(page_of(read, end)))
}

/// The end of a page from a place on, which is where it started when it has no rows.
fn cursor_end(read: &SliceRead, place: &Place) -> Result<PageEnd, StoreError> {
    let mut end = read.page_end(0)?;
    end.next = end.next.or_else(|| Some(place.clone().into()));
    Ok(end)
}

/// A page that is one slice and counts its whole window.
fn page_of(read: SliceRead, end: PageEnd) -> PageRead {
    let answer = PageAnswer { matching: Some(read.counted), ends: vec![end] };
    PageRead { rows: read.rows, answer, clock: read.clock, departed: read.departed }
}

/// The pages of several walks, read as one run of rows, each row once. Their starts ascend.
struct WalkReading<'a, C> {
    client: &'a C,
    span: &'a Span,
    limit: usize,
    rows: Vec<Row>,
    /// The places of the rows.
    places: Vec<Place>,
    clock: Option<ClockRow>,
}

impl<'a, C: GenericClient> WalkReading<'a, C> {
    fn new(client: &'a C, span: &'a Span, limit: u64) -> Self {
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        Self { client, span, limit, rows: Vec::new(), places: Vec::new(), clock: None }
    }

    async fn read(mut self, starts: &[Stretch]) -> Result<PageRead, StoreError> {
        let mut ends = Vec::with_capacity(starts.len());
        for start in starts {
            ends.push(self.page(start).await?);
        }
        let clock = match self.clock {
            Some(clock) => clock,
            None => slice::from_place(self.client, self.span, &self.span.from, &self.span.from, 0).await?.clock,
        };
        Ok(PageRead { rows: self.rows, answer: PageAnswer { matching: None, ends }, clock, departed: 0 })
    }

    /// Reads what is not read yet of the page that starts at `start`.
    async fn page(&mut self, start: &Stretch) -> Result<PageEnd, StoreError> {
        // From here on the rows that an earlier start has read have no gap, so that reading goes on after the last one.
        let rest = loop {
            let missing = self.limit.saturating_sub(self.places.len() - self.first_after(start.through()));
            let from = self.places.last().filter(|last| **last > start.from).unwrap_or(&start.from).clone();
            let read = slice::from_place(self.client, self.span, &from, &from, missing as u64).await?;
            let rest = read.counted.saturating_sub(read.rows.len() as u64);
            self.clock = Some(read.clock);
            for row in read.rows {
                self.places.push(row::place(&row, HEAD_COLUMNS)?);
                self.rows.push(row);
            }
            if !read.more || self.places.len() - self.first_after(start.through()) >= self.limit {
                break rest;
            }
        };
        let read = self.places.len() - self.first_after(&start.from);
        let next = Stretch::new(self.end_of_page(&start.from), self.end_of_page(start.through()));
        let (rows, following) = (read.min(self.limit) as u64, read as u64 + rest);
        Ok(PageEnd { next: Some(next), rows, following, more: following > rows })
    }

    /// The index of the first row after `place`.
    fn first_after(&self, place: &Place) -> usize {
        self.places.partition_point(|read| read <= place)
    }

    /// Where a page from `place` on ends.
    fn end_of_page(&self, place: &Place) -> Place {
        let page = &self.places[self.first_after(place)..];
        page.iter().take(self.limit).next_back().unwrap_or(place).clone()
    }
}

/// Gives the sessions of a window after the first `skip` to `sink`, in the order of the feed; `sink` answers whether it
/// wants more. They are of one moment when `client` is in a transaction whose statements see the same.
///
/// # Errors
/// When something broke.
pub(super) async fn all(
    client: &impl GenericClient,
    location: &Location,
    window: &Window,
    skip: u64,
    mut sink: impl FnMut(SessionView<'_>) -> bool + Send,
) -> Result<(), StoreError> {
    let span = Span::new(location.key, window);
    let (mut start, mut wanted) = (PageStart::Rank(skip), true);
    while wanted {
        let read = read(client, &span, &start, CHUNK).await?;
        read.pass_on(|view| wanted = wanted && sink(view))?;
        let end = read.answer.ends.into_iter().next().filter(|end| end.more);
        // As a walk, which counts what is left instead of the whole window again.
        let Some(next) = end.and_then(|end| end.next) else { break };
        start = PageStart::Walks(vec![next]);
    }
    Ok(())
}

/// How many sessions a window has.
///
/// # Errors
/// When something broke.
pub(super) async fn count(
    client: &impl GenericClient,
    location: &Location,
    window: &Window,
) -> Result<u64, StoreError> {
    let span = Span::new(location.key, window);
    slice::from_place(client, &span, &span.from, &span.from, 0).await.map(|read| read.counted)
}
