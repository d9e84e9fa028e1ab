//! Reading: a snapshot of the record on a connection of its own, which never waits for the writer unless it asks for
//! the present (see [`super::gate`]).

use std::sync::Arc;
use std::time::Duration;

use frontdesk_domain::Timestamp;
use frontdesk_domain::session::{Session, SessionView, Status};
use frontdesk_domain::time::SECOND;
use rusqlite::Connection;

use super::snapshot::{Bounds, Snapshot};
use super::tally::{self, Span};
use super::{Store, page, row};
use crate::catalog::{Catalog, Location};
use crate::error::{Doing, StoreError};
use crate::page::{PageAnswer, PageQuery};
use crate::record::TimelineEntry;

/// How far the clock of a poller may be ahead of ours, in microseconds. It asks for windows that end in our future and
/// goes on from there, so the answer waits until that moment: a change in between would never be asked for.
const MOST_AHEAD: i64 = 2 * SECOND;

/// A snapshot of the record, and the catalogue as of it.
pub(crate) struct Reader<'s> {
    store: &'s Store,
    /// None only while it waits for the present, and after that failed.
    snapshot: Option<Snapshot>,
    catalog: Arc<Catalog>,
}

impl Drop for Reader<'_> {
    fn drop(&mut self) {
        self.put_back_snapshot();
    }
}

impl<'s> Reader<'s> {
    pub(super) fn open(store: &'s Store) -> Result<Self, StoreError> {
        let snapshot = store.readers.take()?;
        let catalog = Arc::clone(snapshot.catalog());
        Ok(Self { store, snapshot: Some(snapshot), catalog })
    }

    /// Locations and tokens as of this snapshot.
    pub(crate) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    pub(super) fn connection(&self) -> &Connection {
        let snapshot = self.snapshot.as_ref();
        snapshot.expect("cannot fail: nobody goes on with a reader that could not reach the present").connection()
    }

    /// Reads a page; `sink` gets its rows in the order of `updated_at`, then `id`.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn page(
        &mut self,
        query: &PageQuery,
        mut sink: impl FnMut(SessionView<'_>) + Send,
    ) -> Result<PageAnswer, StoreError> {
        let bounds = self.reach_present(&query.location, query.window.end).await?;
        let span = Span::new(query.location.key, &query.window, bounds);
        page::read(self.connection(), &span, &query.start, query.limit, &mut sink)
    }

    /// The session of that id in `location`.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn session(&mut self, location: &Location, id: &str) -> Result<Option<Session>, StoreError> {
        self.reach_present(location, None).await?;
        row::find(self.connection(), location.key, id)
    }

    /// Whether `location` has a session of that id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn has_session(&mut self, location: &Location, id: &str) -> Result<bool, StoreError> {
        Ok(row::find(self.connection(), location.key, id)?.is_some())
    }

    /// Every event of a session, the oldest first.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn timeline(&mut self, location: &Location, id: &str) -> Result<Vec<TimelineEntry>, StoreError> {
        let mut statement = self
            .connection()
            .prepare_cached(
                "/* timeline */ SELECT at, event FROM events WHERE location = ?1 AND session = ?2 ORDER BY at, position",
            )
            .doing("prepare a timeline")?;
        let mut rows = statement.query((location.key, id)).doing("read a timeline")?;
        let mut entries = Vec::new();
        while let Some(row) = rows.next().doing("read a timeline")? {
            let (at, event): (i64, String) = row.try_into().doing("read a timeline")?;
            let event = serde_json::from_str(&event).map_err(|_| StoreError::Corrupt {
                table: "events",
                column: "event",
                id: id.to_owned(),
            })?;
            entries.push(TimelineEntry { at: Timestamp::from_micros(at), event });
        }
        Ok(entries)
    }

    /// Sessions by status, over all locations, from the tallies.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn sessions_by_status(&self) -> Result<[(Status, u64); 3], StoreError> {
        let mut sums = [0; 3];
        for location in self.catalog.locations() {
            for (sum, count) in sums.iter_mut().zip(tally::by_status(self.connection(), location.key)?) {
                *sum += count;
            }
        }
        let [active, completed, abandoned] = sums;
        Ok([(Status::Active, active), (Status::Completed, completed), (Status::Abandoned, abandoned)])
    }

    /// How many mails wait to be sent.
    pub(crate) fn mails_waiting(&self) -> Result<u64, StoreError> {
        let mut statement = self
            .connection()
            .prepare_cached("/* mails that wait */ SELECT count(*) FROM mails WHERE state = 0")
            .doing("prepare to count the mails that wait")?;
        let count: i64 = statement.query_row((), |row| row.get(0)).doing("count the mails that wait")?;
        Ok(count.unsigned_abs())
    }

    /// Makes sure that this snapshot holds every change of `location` up to the present, when `end` (none: now) reaches
    /// it. Answers the location's bounds in the snapshot.
    pub(super) async fn reach_present(
        &mut self,
        location: &Location,
        end: Option<Timestamp>,
    ) -> Result<Bounds, StoreError> {
        if let Some(snapshot) = &mut self.snapshot
            && let Some(end) = end
        {
            // The snapshot's own last tick: one that is read elsewhere may belong to a commit that this snapshot lacks.
            let bounds = snapshot.bounds(location.key)?;
            if end <= bounds.last_tick {
                return Ok(bounds);
            }
        }
        // Who waits holds no connection, so that there are never more of them than threads that read.
        self.put_back_snapshot();
        let mut now = self.store.clock.now();
        let ahead = end.map_or(0, |end| end.as_micros().saturating_sub(now.as_micros()));
        if (1..=MOST_AHEAD).contains(&ahead) {
            tokio::time::sleep(Duration::from_micros(ahead.unsigned_abs())).await;
            now = self.store.clock.now();
        }
        if self.store.gate.next_expiry() <= now {
            self.store.settle_due().await?;
        }
        self.store.gate.pass(location.key, now).await;
        self.snapshot.insert(self.store.readers.begin()?).bounds(location.key)
    }

    fn put_back_snapshot(&mut self) {
        if let Some(snapshot) = self.snapshot.take() {
            self.store.readers.put_back(snapshot);
        }
    }
}
