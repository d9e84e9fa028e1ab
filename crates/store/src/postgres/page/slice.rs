//! Rows of the feed in order, with what else one statement tells.

use deadpool_postgres::GenericClient;
use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::{Place, Window};
use frontdesk_domain::session::Status;
use frontdesk_domain::time::SECOND;
use tokio_postgres::Row;
use tokio_postgres::types::ToSql;

use super::super::fault::Doing;
use super::super::row;
use super::super::segments::{PART_BITS, Segments};
use super::outline::{Course, Cut, Outline, Way};
use super::statement::{self, FEW, HEAD_COLUMNS, HIGHEST_NEAR_LEVEL};
use crate::error::StoreError;
use crate::page::PageEnd;

const READING: &str = "read a page";

/// A part of a location's feed: after `from`, up to and including `end`.
#[derive(Clone, Debug)]
pub(in super::super) struct Span {
    pub(super) location: i64,
    status: Option<Status>,
    pub(super) from: Place,
    end: Option<Timestamp>,
    departed_since: Timestamp,
}

impl Span {
    /// The part of a location's feed that a window shows.
    pub(in super::super) fn new(location: i64, window: &Window) -> Self {
        Self {
            location,
            status: window.status,
            from: Place::before(window.start),
            end: window.end,
            departed_since: Timestamp::MAX,
        }
    }

    /// The same; a rank tells of departures since then.
    pub(in super::super) fn departed_since(self, departed_since: Timestamp) -> Self {
        Self { departed_since, ..self }
    }

    /// Its end, the end of time when it has none.
    pub(super) fn end(&self) -> Timestamp {
        self.end.unwrap_or(Timestamp::MAX)
    }

    /// The end as a statement takes it: nothing is later than the end of time.
    fn end_micros(&self) -> i64 {
        self.end().as_micros()
    }
}

/// The clock row of a location.
#[derive(Clone, Copy, Debug)]
pub(in super::super) struct ClockRow {
    /// No `updated_at` is later.
    pub(in super::super) last_tick: Timestamp,
    /// No tick is taken before this any more.
    pub(in super::super) seen: Timestamp,
    /// No active session expires earlier.
    pub(in super::super) next_expiry: Timestamp,
}

impl ClockRow {
    /// Up to here the feed can only lose sessions, to later places.
    pub(in super::super) fn settled_until(&self) -> Timestamp {
        self.last_tick.max(self.seen)
    }
}

/// What was read of a span.
#[derive(Debug)]
pub(super) struct SliceRead {
    /// The rows; the columns of their sessions come after [`HEAD_COLUMNS`].
    pub(super) rows: Vec<Row>,
    /// Whether there are more rows.
    pub(super) more: bool,
    /// Sessions from the place on that was to be counted from.
    pub(super) counted: u64,
    /// Whether the statement could tell.
    is_counted: bool,
    pub(super) clock: ClockRow,
    /// Departures from the window.
    pub(super) departed: u64,
}

impl SliceRead {
    /// The place after the last row, if there are rows.
    pub(super) fn end(&self) -> Result<Option<Place>, StoreError> {
        self.rows.last().map(|row| row::place(row, HEAD_COLUMNS)).transpose()
    }

    /// The end of a page of these rows, with so many sessions from its start on.
    pub(super) fn page_end(&self, following: u64) -> Result<PageEnd, StoreError> {
        let next = self.end()?.map(Into::into);
        Ok(PageEnd { next, rows: self.rows.len() as u64, following, more: self.more })
    }
}

/// Runs as the statements take them.
struct Runs {
    levels: Vec<i16>,
    nodes: Vec<i64>,
    before: Vec<i32>,
    through: Vec<i32>,
}

impl Runs {
    fn of(segments: &Segments) -> Self {
        let runs = &segments.runs;
        Self {
            levels: runs.iter().map(|run| i16::from(run.level)).collect(),
            nodes: runs.iter().map(|run| run.node).collect(),
            before: runs.iter().map(|run| run.first).collect(),
            through: runs.iter().map(|run| run.end).collect(),
        }
    }

    /// The same with the edges among them, in the order of time, as runs of level 0 that have no node.
    fn with_edges(segments: &Segments) -> Self {
        let mut runs = Self::of(segments);
        runs.insert_edge(0);
        if segments.last_start.is_some() {
            runs.insert_edge(runs.levels.len());
        }
        runs
    }

    fn insert_edge(&mut self, index: usize) {
        self.levels.insert(index, 0);
        self.nodes.insert(index, 0);
        self.before.insert(index, 0);
        self.through.insert(index, 0);
    }
}

/// The instants of edges, among runs that need none.
struct Edges {
    since: Vec<i64>,
    until: Vec<i64>,
}

impl Edges {
    fn of(span: &Span, segments: &Segments) -> Self {
        let runs = segments.runs.len();
        let mut edges = Self { since: vec![0; runs + 1], until: vec![0; runs + 1] };
        (edges.since[0], edges.until[0]) = (span.from.updated_at.as_micros(), segments.first_end.as_micros());
        if let Some(last_start) = segments.last_start {
            edges.since.push(last_start.as_micros());
            edges.until.push(span.end_micros());
        }
        edges
    }
}

/// Windows up to so many microseconds are worth a look whether they hold only few sessions.
const SHORT: i64 = 3 * 86_400 * SECOND;

/// Whether a part of a feed is so short that its sessions may be counted one by one.
pub(super) fn is_short(start: Timestamp, end: Option<Timestamp>) -> bool {
    end.unwrap_or(Timestamp::MAX).as_micros().saturating_sub(start.as_micros()) <= SHORT
}

/// The first rows of `span`, and how many sessions it has.
pub(super) async fn first(client: &impl GenericClient, span: &Span, limit: u64) -> Result<SliceRead, StoreError> {
    if is_short(span.from.updated_at, span.end) {
        // All are counted, so no row has to be read to tell whether there are more.
        let most = i64::try_from(limit).unwrap_or(i64::MAX);
        let parameters: [&(dyn ToSql + Sync); 5] =
            [&span.location, &span.from.updated_at.as_micros(), &span.end_micros(), &most, &asked_for(FEW)];
        let read = read(client, span, statement::short_window(span.status), &parameters, limit).await?;
        if read.counted <= FEW {
            let more = read.counted > read.rows.len() as u64;
            return Ok(SliceRead { more, ..read });
        }
    }
    from_place(client, span, &span.from, &span.from, limit).await
}

/// The rows of `span` after `place`, and how many sessions of it come after `counted_from`.
pub(super) async fn from_place(
    client: &impl GenericClient,
    span: &Span,
    place: &Place,
    counted_from: &Place,
    limit: u64,
) -> Result<SliceRead, StoreError> {
    let segments = Segments::of(counted_from.updated_at, span.end);
    let runs = Runs::of(&segments);
    let parameters: [&(dyn ToSql + Sync); 13] = [
        &span.location,
        &place.updated_at.as_micros(),
        &&*place.id,
        &span.end_micros(),
        &asked_for(limit),
        &counted_from.updated_at.as_micros(),
        &&*counted_from.id,
        &segments.first_end.as_micros(),
        &segments.last_start.map(Timestamp::as_micros),
        &runs.levels,
        &runs.nodes,
        &runs.before,
        &runs.through,
    ];
    read(client, span, statement::from_place(span.status), &parameters, limit).await
}

/// More sessions than these are passed over in an index.
const FAR: i64 = 48;

/// What comes of reading by an outline.
pub(in super::super) enum Outlined<T> {
    Read(T),
    /// Sessions have just left the window.
    Moving,
    /// The outline does not hold any more.
    Outdated,
}

/// The rows of `span` to which a way leads that its outline tells, and how many sessions it has.
pub(super) async fn outlined(
    client: &impl GenericClient,
    span: &Span,
    outline: &Outline,
    way: &Way,
    limit: u64,
) -> Result<Outlined<SliceRead>, StoreError> {
    let piece = |cut: &Cut| cut.piece.map(|(from, end)| (from.as_micros(), end.as_micros())).unzip();
    let ((first_from, first_end), (last_from, last_end)) = (piece(&way.cut_first), piece(&way.cut_last));
    let parameters: [&(dyn ToSql + Sync); 17] = [
        &span.location,
        &way.place.updated_at.as_micros(),
        &&*way.place.id,
        &way.skip,
        &i64::from(way.adds_first),
        &asked_for(limit),
        &span.end_micros(),
        &first_from,
        &first_end,
        &way.cut_first.sign,
        &last_from,
        &last_end,
        &way.cut_last.sign,
        &way.between,
        &outline.arrivals,
        &way.since.as_micros(),
        &way.until.as_micros(),
    ];
    let statement = match way.course {
        Course::On if way.skip <= FAR => statement::outlined(span.status),
        Course::On => statement::outlined_far(span.status),
        Course::Back => statement::outlined_back(span.status),
    };
    let read = read(client, span, statement, &parameters, limit).await?;
    if read.departed != outline.arrivals.unsigned_abs() {
        return Ok(Outlined::Outdated);
    }
    Ok(if read.is_counted { Outlined::Read(SliceRead { departed: 0, ..read }) } else { Outlined::Moving })
}

/// The rows of `span` after the first `rank`, and how many sessions it has.
pub(super) async fn from_rank(
    client: &impl GenericClient,
    span: &Span,
    rank: u64,
    limit: u64,
) -> Result<SliceRead, StoreError> {
    let segments = Segments::of(span.from.updated_at, span.end);
    if segments.runs.iter().any(|run| run.level > HIGHEST_NEAR_LEVEL) {
        return from_rank_of_years(client, span, &segments, rank, limit).await;
    }
    let (runs, edges) = (Runs::with_edges(&segments), Edges::of(span, &segments));
    let parameters: [&(dyn ToSql + Sync); 13] = [
        &span.location,
        &span.from.updated_at.as_micros(),
        &span.end_micros(),
        &asked_for(limit),
        &i64::try_from(rank).unwrap_or(i64::MAX),
        &runs.levels,
        &runs.nodes,
        &runs.before,
        &runs.through,
        &edges.since,
        &edges.until,
        &PART_BITS.cast_signed(),
        &span.departed_since.as_micros(),
    ];
    let read = read(client, span, statement::from_rank(span.status), &parameters, limit).await?;
    if read.is_counted {
        return Ok(read);
    }
    // The window has no such rank; how many sessions it has tells another statement.
    let counted = from_place(client, span, &span.from, &span.from, 0).await?.counted;
    Ok(SliceRead { counted, is_counted: true, ..read })
}

/// The same as [`from_rank`], of a window of many years.
async fn from_rank_of_years(
    client: &impl GenericClient,
    span: &Span,
    segments: &Segments,
    rank: u64,
    limit: u64,
) -> Result<SliceRead, StoreError> {
    let runs = Runs::of(segments);
    let parameters: [&(dyn ToSql + Sync); 14] = [
        &span.location,
        &span.from.updated_at.as_micros(),
        &&*span.from.id,
        &span.end_micros(),
        &asked_for(limit),
        &i64::try_from(rank).unwrap_or(i64::MAX),
        &segments.first_end.as_micros(),
        &segments.last_start.map(Timestamp::as_micros),
        &runs.levels,
        &runs.nodes,
        &runs.before,
        &runs.through,
        &PART_BITS.cast_signed(),
        &span.departed_since.as_micros(),
    ];
    read(client, span, statement::from_rank_of_years(span.status), &parameters, limit).await
}

/// One row more than is wanted tells whether there are more.
fn asked_for(limit: u64) -> i64 {
    i64::try_from(limit).map_or(i64::MAX, |limit| limit.saturating_add(1))
}

async fn read(
    client: &impl GenericClient,
    span: &Span,
    statement: &'static str,
    parameters: &[&(dyn ToSql + Sync)],
    limit: u64,
) -> Result<SliceRead, StoreError> {
    let statement = client.prepare_cached(statement).await.doing("prepare a page")?;
    let mut rows = client.query(&statement, parameters).await.doing(READING)?;
    // The location's clock is there even when the page has no rows.
    let Some(head) = rows.first() else {
        return Err(StoreError::Corrupt { table: "clocks", column: "location", id: span.location.to_string() });
    };
    let instant = |column| head.try_get(column).map(Timestamp::from_micros).doing(READING);
    let clock = ClockRow { last_tick: instant(0)?, seen: instant(1)?, next_expiry: instant(2)? };
    let (counted, departed): (Option<i64>, i64) = (head.try_get(3).doing(READING)?, head.try_get(4).doing(READING)?);
    if head.try_get::<_, Option<i64>>(HEAD_COLUMNS).doing(READING)?.is_none() {
        rows.clear();
    }
    let more = rows.len() as u64 > limit;
    if more {
        rows.pop();
    }
    let (is_counted, counted) = (counted.is_some(), counted.unwrap_or_default().unsigned_abs());
    Ok(SliceRead { rows, more, counted, is_counted, clock, departed: departed.unsigned_abs() })
}
