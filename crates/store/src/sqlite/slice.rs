//! Rows of the feed in order: a run of neighbouring rows for one status, three runs merged for all.

use frontdesk_domain::Timestamp;
use frontdesk_domain::feed::Place;
use frontdesk_domain::session::Status;
use rusqlite::fallible_streaming_iterator::FallibleStreamingIterator;
use rusqlite::{CachedStatement, Connection, Rows};

use super::row::{self, completed_columns, listed_columns};
use super::tally::{self, Density, Span};
use crate::error::{Doing, StoreError};
use crate::page::PageEnd;
use crate::record::RowSink;

const READING: &str = "read a page";

/// The most rows that are expected to follow a page when these are counted by reading on.
const FEW_TO_READ: u128 = 24;
/// What reading on goes up to before the rest is counted in another way after all.
const MOST_TO_READ: u64 = 100;

/// The rows of one status after `$from`. A statement of its own for each status, so that the three that a page of all
/// statuses merges are each kept prepared.
macro_rules! rows_of_status {
    ($name:literal, $columns:expr, $number:literal, $page:literal, $from:literal) => {
        concat!(
            "/* ",
            $page,
            " of ",
            $name,
            " sessions */ SELECT ",
            $columns,
            " FROM sessions WHERE location = ?1 AND status = ",
            $number,
            " AND ",
            $from,
            " AND updated_at <= ?3 ORDER BY updated_at, id"
        )
    };
}

macro_rules! statement_of {
    ($status:expr, $page:literal, $from:literal) => {
        match $status {
            Status::Active => rows_of_status!("active", listed_columns!(), "0", $page, $from),
            Status::Completed => rows_of_status!("completed", completed_columns!(), "1", $page, $from),
            Status::Abandoned => rows_of_status!("abandoned", listed_columns!(), "2", $page, $from),
        }
    };
}

/// The statement for the rows of a status that follow `place`. SQLite compares a pair again at every row, so the place
/// before an instant, where every first page starts, has statements that do without.
pub(super) const fn statement_of(status: Status, place: &Place) -> &'static str {
    if place.id.is_empty() {
        statement_of!(status, "first page", "updated_at >= ?2")
    } else {
        statement_of!(status, "page from a place", "(updated_at, id) > (?2, ?4)")
    }
}

/// Rows from a place on, leaving out the first `skip`.
pub(super) struct Slice {
    pub(super) from: Place,
    pub(super) skip: u64,
    pub(super) limit: u64,
    /// Whether [`SliceRead::count_rest`] will be asked for.
    pub(super) count: bool,
}

/// What was read of a slice.
pub(super) struct SliceRead {
    /// How many rows.
    pub(super) rows: u64,
    /// The place after the last of them; where the slice begins when there are none.
    pub(super) end: Place,
    /// The statuses of which there are more.
    following: Vec<Status>,
    /// How many more there are, when that was cheap to find out.
    rest: Option<u64>,
    /// Over how many microseconds the rows are spread.
    micros: u64,
}

impl SliceRead {
    /// Whether there are more rows.
    pub(super) fn more(&self) -> bool {
        !self.following.is_empty()
    }

    /// How densely the rows lie.
    pub(super) fn density(&self) -> Density {
        Density { rows: self.rows, micros: self.micros }
    }

    /// Counts what of `span` follows the rows.
    pub(super) fn count_rest(&self, connection: &Connection, span: &Span) -> Result<u64, StoreError> {
        if let Some(rest) = self.rest {
            return Ok(rest);
        }
        tally::count(connection, &span.after(self.end.clone()), &self.following, self.density())
    }

    /// The end of a page of these rows, with so many sessions from its start on.
    pub(super) fn into_end(self, following: u64) -> PageEnd {
        let (rows, more) = (self.rows, self.more());
        PageEnd { rows, following, more, next: (rows > 0).then(|| self.end.into()) }
    }
}

/// The rows of one status, from the one that comes next.
struct Run<'s> {
    status: Status,
    rows: Rows<'s>,
    /// The `updated_at` of the next row; read once, because it is compared with every row of the other runs.
    at: Timestamp,
}

impl<'s> Run<'s> {
    /// The run of a statement; none when it has no rows.
    fn begin(status: Status, rows: Rows<'s>) -> Result<Option<Self>, StoreError> {
        let mut run = Self { status, rows, at: Timestamp::MIN };
        Ok(run.advance()?.then_some(run))
    }

    /// Goes on to the next row; false at the end.
    fn advance(&mut self) -> Result<bool, StoreError> {
        self.rows.advance().doing(READING)?;
        let Some(row) = self.rows.get() else { return Ok(false) };
        self.at = row::updated_at(row).doing(READING)?;
        Ok(true)
    }

    fn id(&self) -> Result<&str, StoreError> {
        match self.rows.get() {
            Some(row) => row::id(row).doing(READING),
            None => Ok(""),
        }
    }

    /// Whether its next row comes before that of `other`.
    fn is_before(&self, other: &Self) -> Result<bool, StoreError> {
        Ok(self.at < other.at || (self.at == other.at && self.id()? < other.id()?))
    }
}

impl Slice {
    /// Reads the rows in the order of `updated_at`, then `id`.
    pub(super) fn read(
        &self,
        connection: &Connection,
        span: &Span,
        sink: &mut RowSink<'_>,
    ) -> Result<SliceRead, StoreError> {
        let statuses = span.statuses();
        let mut statements: Vec<CachedStatement<'_>> = statuses
            .iter()
            .map(|status| connection.prepare_cached(statement_of(*status, &self.from)))
            .collect::<Result<_, _>>()
            .doing("prepare a page")?;
        let (from, end) = (self.from.updated_at.as_micros(), span.end.as_micros());
        let mut runs = Vec::with_capacity(statements.len());
        for (status, statement) in statuses.iter().zip(&mut statements) {
            let rows = match &*self.from.id {
                "" => statement.query((span.location, from, end)),
                id => statement.query((span.location, from, end, id)),
            };
            runs.extend(Run::begin(*status, rows.doing(READING)?)?);
        }
        let (mut skipped, mut rows) = (0, 0);
        let (mut last_at, mut last_id) = (self.from.updated_at, String::new());
        while rows < self.limit
            && let Some(first) = first_of(&runs)?
        {
            let run = &mut runs[first];
            if skipped < self.skip {
                skipped += 1;
            } else if let Some(row) = run.rows.get() {
                let view = row::view_of(row, run.status, run.at)?;
                rows += 1;
                last_at = view.updated_at;
                last_id.clear();
                last_id.push_str(view.id);
                sink(view);
            }
            if !run.advance()? {
                drop(runs.swap_remove(first));
            }
        }
        let following = runs.iter().map(|run| run.status).collect();
        let micros = last_at.as_micros().abs_diff(self.from.updated_at.as_micros());
        let end = if rows > 0 { Place { updated_at: last_at, id: last_id.into() } } else { self.from.clone() };
        let to_come = span.end.as_micros().abs_diff(end.updated_at.as_micros());
        let few = self.count && Density { rows, micros }.expected_in(to_come) <= FEW_TO_READ;
        let rest = if few { count_on(runs)? } else { None };
        Ok(SliceRead { rows, end, following, rest, micros })
    }
}

/// Counts the rows that the runs still have, when these are no more than [`MOST_TO_READ`]: a few are read sooner than a
/// statement that counts them has found where they begin.
fn count_on(runs: Vec<Run<'_>>) -> Result<Option<u64>, StoreError> {
    let mut rest = 0;
    for mut run in runs {
        while run.rows.get().is_some() {
            rest += 1;
            if rest > MOST_TO_READ {
                return Ok(None);
            }
            run.rows.advance().doing(READING)?;
        }
    }
    Ok(Some(rest))
}

/// The index of the run whose next row comes first.
fn first_of(runs: &[Run<'_>]) -> Result<Option<usize>, StoreError> {
    let mut first = 0;
    for index in 1..runs.len() {
        if runs[index].is_before(&runs[first])? {
            first = index;
        }
    }
    Ok((!runs.is_empty()).then_some(first))
}
