//! Reading: each page a statement of its own, with the location's clock as of the same moment.
//!
//! # The present
//! Once somebody has seen a location at an instant, nothing may appear later with an earlier `updated_at` (contract, "What
//! makes `updated_at` safe to poll", rule 1), whichever server it comes from. A page is *final* when nothing can appear in
//! its window any more; only such pages are answered.
//!
//! - A window that ends at or before `last_tick` or `seen` of the clock row is final as it was read. Every tick is taken,
//!   or confirmed, with the clock row locked, is later than its `last_tick` and not before its `seen`. Whoever moved them to what our snapshot
//!   shows held the lock; the changes before that were committed when the lock was given, so the snapshot has them; those
//!   after it take later ticks.
//! - Any other window reaches the present. What has expired is settled first, for a poller will not ask for this moment
//!   again. Then `seen` is raised to the end of the window, or to now if that is earlier, and the page is read again. The
//!   two statements go out together on one connection, which carries them out in order, each in a transaction of its own.
//!   Raising waits for the lock, so for every change under way in that location; the read's snapshot is taken after that
//!   and has them all. Every change after it reads the clock row as it is locked, and has a tick at or after `seen`. When `seen` is
//!   that high already, nothing is waited for: then the first argument holds.
//!
//! The raise is committed, durable and replicated like any change, before the page is answered: a server that takes over
//! knows what has been seen.

use std::sync::Arc;
use std::time::Duration;

use frontdesk_domain::feed::tally::LEVELS;
use frontdesk_domain::feed::walk::is_quiet;
use frontdesk_domain::session::{Session, SessionView, State, Status};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, Timestamp};
use futures_util::future::try_join;
use tokio_postgres::IsolationLevel;

use super::connection::{Connection, GiveBack, prepared};
use super::fault::Doing;
use super::page::{self, Outline, OutlineKey, Outlined, PageRead, Sight, Span};
use super::{Store, row, settle};
use crate::catalog::{Catalog, Location};
use crate::error::StoreError;
use crate::page::{PageAnswer, PageQuery};
use crate::record::TimelineEntry;

/// How far the clock of a poller may be ahead of ours, in microseconds. It asks for windows that end in our future and
/// goes on from there, so the answer waits until that moment: a change in between would never be asked for.
const MOST_AHEAD: i64 = 2 * SECOND;
/// How often a page is read again because something that has expired already came in meanwhile.
const MOST_READINGS: u32 = 5;
/// How long a read may take. The database ends a statement sooner, but not one that waits for a commit to be replicated.
const PATIENCE: Duration = Duration::from_secs(15);

/// One node of this level, or two, hold all that a location has.
const HIGHEST_LEVEL: i16 = LEVELS as i16 - 1;

pub(super) const RAISE: &str =
    "/* raise what has been seen */ UPDATE clocks SET seen = $2 WHERE location = $1 AND seen < $2";

const TIMELINE: &str =
    "/* timeline */ SELECT at, event FROM events WHERE location = $1 AND session = $2 ORDER BY at, position";

const BY_STATUS: &str = "/* sessions by status */ SELECT coalesce(sum(active[64]), 0), coalesce(sum(completed[64]), 0), \
     coalesce(sum(abandoned[64]), 0) FROM tallies WHERE location = ANY($1) AND level = $2";

const MAILS_WAITING: &str = "/* mails that wait */ SELECT count(*) FROM mails WHERE state = 0";

/// The record as it stands at each call, and the catalogue.
pub(crate) struct Reader<'s> {
    pub(super) store: &'s Store,
    catalog: Arc<Catalog>,
}

impl<'s> Reader<'s> {
    pub(super) fn open(store: &'s Store) -> Result<Self, StoreError> {
        Ok(Self { store, catalog: store.catalog()? })
    }

    /// Locations and tokens.
    pub(crate) fn catalog(&self) -> &Arc<Catalog> {
        &self.catalog
    }

    /// Reads a page; `sink` gets its rows in the order of `updated_at`, then `id`.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn page(
        &mut self,
        query: &PageQuery,
        sink: impl FnMut(SessionView<'_>) + Send,
    ) -> Result<PageAnswer, StoreError> {
        let read = self.final_page(query).await?;
        read.pass_on(sink)?;
        Ok(read.answer)
    }

    /// The session of that id in `location`.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn session(&mut self, location: &Location, id: &str) -> Result<Option<Session>, StoreError> {
        let found = self.find(location, id).await?;
        let is_due = |session: &Session| match session.state {
            State::Active { expires_at } => expires_at <= self.store.clock.now(),
            State::Completed { .. } | State::Abandoned => false,
        };
        if !found.as_ref().is_some_and(is_due) {
            return Ok(found);
        }
        {
            let _place = self.store.queues.join(location.key).await?;
            settle::settle_location(self.store, location).await?;
        }
        self.find(location, id).await
    }

    /// Whether `location` has a session of that id.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn has_session(&mut self, location: &Location, id: &str) -> Result<bool, StoreError> {
        Ok(self.find(location, id).await?.is_some())
    }

    /// Every event of a session, the oldest first.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn timeline(&mut self, location: &Location, id: &str) -> Result<Vec<TimelineEntry>, StoreError> {
        const READING: &str = "read a timeline";
        if !row::can_be_kept(id) {
            return Ok(Vec::new());
        }
        let connection = self.store.pools.share().await?;
        let read = within_patience(async {
            let statement = prepared(&connection, TIMELINE).await?;
            connection.query(&statement, &[&location.key, &id]).await.doing(READING)
        });
        let rows = read.await;
        let rows = connection.give_back(rows)?;
        rows.iter()
            .map(|row| {
                let (at, event): (i64, &str) = (row.try_get(0).doing(READING)?, row.try_get(1).doing(READING)?);
                let event = serde_json::from_str(event).map_err(|_| StoreError::Corrupt {
                    table: "events",
                    column: "event",
                    id: id.to_owned(),
                })?;
                Ok(TimelineEntry { at: Timestamp::from_micros(at), event })
            })
            .collect()
    }

    /// Sessions by status, over all locations, from the tallies.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn sessions_by_status(&self) -> Result<[(Status, u64); 3], StoreError> {
        const SUMMING: &str = "sum the sessions by status";
        let locations: Vec<i64> = self.catalog.locations().iter().map(|location| location.key).collect();
        let connection = self.store.pools.share().await?;
        let read = within_patience(async {
            let statement = prepared(&connection, BY_STATUS).await?;
            connection.query_one(&statement, &[&locations, &HIGHEST_LEVEL]).await.doing(SUMMING)
        });
        let sums = read.await;
        let sums = connection.give_back(sums)?;
        let sum = |column| sums.try_get(column).map(i64::unsigned_abs).doing(SUMMING);
        Ok([(Status::Active, sum(0)?), (Status::Completed, sum(1)?), (Status::Abandoned, sum(2)?)])
    }

    /// How many mails wait to be sent.
    pub(crate) async fn mails_waiting(&self) -> Result<u64, StoreError> {
        const COUNTING: &str = "count the mails that wait";
        let connection = self.store.pools.share().await?;
        let read = within_patience(async {
            let statement = prepared(&connection, MAILS_WAITING).await?;
            let row = connection.query_one(&statement, &[]).await.doing(COUNTING)?;
            row.try_get(0).map(i64::unsigned_abs).doing(COUNTING)
        });
        let count = read.await;
        connection.give_back(count)
    }

    async fn find(&self, location: &Location, id: &str) -> Result<Option<Session>, StoreError> {
        let connection = self.store.pools.share().await?;
        let found = within_patience(row::find(&connection, location.key, id)).await;
        connection.give_back(found)
    }

    /// Reads a page into which nothing can come any more (see the module's documentation).
    pub(super) async fn final_page(&self, query: &PageQuery) -> Result<PageRead, StoreError> {
        self.final_page_since(query, Timestamp::MAX).await
    }

    /// The same; tells of departures from its window since an instant as well.
    pub(super) async fn final_page_since(&self, query: &PageQuery, since: Timestamp) -> Result<PageRead, StoreError> {
        let end = query.window.end;
        let read = self.read(query, since, None).await?;
        if end.is_some_and(|end| end <= read.clock.settled_until()) {
            return Ok(read);
        }
        // Who waits holds no connection.
        let now = self.present(end).await;
        let _place = self.store.queues.join(query.location.key).await?;
        let now = now.max(self.store.clock.now());
        let until = end.map_or(now, |end| end.min(now));
        let (mut next_expiry, mut due_by) = (read.clock.next_expiry, now);
        for _ in 0..MOST_READINGS {
            if next_expiry <= due_by {
                settle::settle_location(self.store, &query.location).await?;
            }
            let read = self.read(query, since, Some(until)).await?;
            if read.clock.next_expiry > until {
                return Ok(read);
            }
            // Something came in meanwhile that has expired already: it must not appear as active now and change later.
            (next_expiry, due_by) = (read.clock.next_expiry, until);
        }
        Err(StoreError::Conflict("sessions of this location expire faster than they can be settled".to_owned()))
    }

    /// The present, once a window that ends so little ahead of it that the asker's clock may be the cause has ended.
    pub(super) async fn present(&self, end: Option<Timestamp>) -> Timestamp {
        let now = self.store.clock.now();
        let ahead = end.map_or(0, |end| end.as_micros().saturating_sub(now.as_micros()));
        if !(1..=MOST_AHEAD).contains(&ahead) {
            return now;
        }
        tokio::time::sleep(Duration::from_micros(ahead.unsigned_abs())).await;
        self.store.clock.now()
    }

    /// Reads a page as of now; when told so, only after the location has been seen until then.
    async fn read(
        &self,
        query: &PageQuery,
        departed_since: Timestamp,
        seen_until: Option<Timestamp>,
    ) -> Result<PageRead, StoreError> {
        if seen_until.is_none() && page::in_one_statement(&query.start) {
            let (span, limit) = (span_of(query, departed_since), u64::from(query.limit));
            let connection = self.store.pools.share().await?;
            let read = within_patience(async {
                let now = self.store.clock.now();
                let may_be_outlined = is_quiet(&query.window, now) && query.window.end >= Some(query.window.start);
                if may_be_outlined && let Some(read) = self.read_outlined(&connection, query, now).await? {
                    return Ok(read);
                }
                let read = page::read(&**connection, &span, &query.start, limit).await?;
                let sessions = read.answer.matching.unwrap_or_default();
                if may_be_outlined && page::is_worth_an_outline(&query.window, &query.start, sessions) {
                    self.store.outlines.ask_for((query.location.key, query.window.status));
                }
                Ok(read)
            });
            let read = read.await;
            return connection.give_back(read);
        }
        let mut connection = self.store.pools.get().await?;
        let read = within_patience(read_on(&mut connection, query, departed_since, seen_until)).await;
        connection.give_back(read)
    }

    /// Reads a page of a window that ended long ago by the outline of its feed, when that would have been of use before.
    async fn read_outlined(
        &self,
        connection: &Connection,
        query: &PageQuery,
        now: Timestamp,
    ) -> Result<Option<PageRead>, StoreError> {
        let key: OutlineKey = (query.location.key, query.window.status);
        let outline = match self.store.outlines.look(key, now) {
            Sight::None => return Ok(None),
            Sight::Known(outline) => outline,
            Sight::Wanted => {
                let outline = Arc::new(Outline::read(connection, key, now).await?);
                self.store.outlines.keep(key, &outline);
                outline
            }
        };
        let sessions = outline.about(&query.window);
        if !outline.covers(&query.window) || !page::is_worth_an_outline(&query.window, &query.start, sessions) {
            return Ok(None);
        }
        let (span, limit) = (span_of(query, Timestamp::MAX), u64::from(query.limit));
        match page::read_outlined(connection, &span, &outline, &query.start, limit).await? {
            Outlined::Read(read) => Ok(Some(read)),
            Outlined::Moving => Ok(None),
            Outlined::Outdated => {
                self.store.outlines.forget(key);
                Ok(None)
            }
        }
    }
}

fn span_of(query: &PageQuery, departed_since: Timestamp) -> Span {
    Span::new(query.location.key, &query.window).departed_since(departed_since)
}

async fn read_on(
    connection: &mut Connection,
    query: &PageQuery,
    departed_since: Timestamp,
    seen_until: Option<Timestamp>,
) -> Result<PageRead, StoreError> {
    const SNAPSHOT: &str = "read as of one moment";
    let (span, limit) = (span_of(query, departed_since), u64::from(query.limit));
    // Prepared here, so that the first poll of what raises sends it, before anything of the page is sent.
    let statement = match seen_until {
        Some(until) => Some((prepared(connection, RAISE).await?, until.as_micros())),
        None => None,
    };
    if page::in_one_statement(&query.start) {
        let raise = raise(connection, &query.location, statement);
        let read = page::read(&*connection, &span, &query.start, limit);
        return try_join(raise, read).await.map(|((), read)| read);
    }
    raise(connection, &query.location, statement).await?;
    let snapshot = connection
        .build_transaction()
        .isolation_level(IsolationLevel::RepeatableRead)
        .read_only(true)
        .start()
        .await
        .doing(SNAPSHOT)?;
    let read = page::read(&snapshot, &span, &query.start, limit).await?;
    snapshot.commit().await.doing(SNAPSHOT)?;
    Ok(read)
}

/// Says that a location has been seen until an instant, once every change that is under way there has ended.
pub(super) async fn raise(
    connection: &Connection,
    location: &Location,
    statement: Option<(tokio_postgres::Statement, i64)>,
) -> Result<(), StoreError> {
    let Some((statement, until)) = statement else { return Ok(()) };
    // No row is touched when somebody has seen it until then or further.
    connection.execute(&statement, &[&location.key, &until]).await.map(drop).doing("raise what has been seen")
}

pub(super) async fn within_patience<T>(read: impl Future<Output = Result<T, StoreError>>) -> Result<T, StoreError> {
    tokio::time::timeout(PATIENCE, read)
        .await
        .unwrap_or_else(|_| Err(StoreError::Unavailable("the database takes too long to answer".to_owned())))
}
