//! A page of appointments into which nothing can come any more, by the same argument as a page of sessions
//! ([`super::super::reader`]).

use frontdesk_domain::{Clock, Timestamp};
use futures_util::future::try_join;

use super::super::connection::{Connection, GiveBack, prepared};
use super::super::fault::Doing;
use super::super::page::ClockRow;
use super::super::reader::{Reader, raise, within_patience};
use super::super::settle;
use super::read::full_tables;
use crate::booking::{AppointmentsPage, AppointmentsQuery};
use crate::booking_row::{self as row, full_columns};
use crate::catalog::Location;
use crate::error::StoreError;

const READING: &str = "read a page of appointments";

/// What comes before the columns of an appointment: the location's clock, how many there are, the id.
const HEAD_COLUMNS: usize = 5;

/// The clock is there even when the page has no rows. What is skipped is skipped in the index alone.
pub(super) const PAGE: &str = concat!(
    "/* a page of appointments */ SELECT clocks.last_tick, clocks.seen, clocks.next_expiry, \
     (SELECT count(*) FROM appointments WHERE location = $1 AND updated_at >= $2 AND updated_at <= $3), page.* \
     FROM clocks LEFT JOIN (SELECT a.id AS page_id, ",
    full_columns!(),
    " FROM ",
    full_tables!(),
    " WHERE a.location = $1 AND a.id IN (SELECT id FROM appointments \
     WHERE location = $1 AND updated_at >= $2 AND updated_at <= $3 ORDER BY updated_at, id LIMIT $4 OFFSET $5)) \
     AS page ON true WHERE clocks.location = $1 ORDER BY page.updated_at, page.page_id"
);

struct PageRead {
    clock: ClockRow,
    page: AppointmentsPage,
}

impl Reader<'_> {
    /// A page of a location's appointments.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) async fn appointments(
        &self,
        location: &Location,
        query: &AppointmentsQuery,
    ) -> Result<AppointmentsPage, StoreError> {
        let read = {
            let connection = self.store.pools.share().await?;
            let read = within_patience(read(&connection, location, query)).await;
            connection.give_back(read)?
        };
        if query.end.is_some_and(|end| end <= read.clock.settled_until()) {
            return Ok(read.page);
        }
        // Who waits holds no connection.
        let now = self.present(query.end).await;
        let _place = self.store.queues.join(location.key).await?;
        let now = now.max(self.store.clock.now());
        if read.clock.next_expiry <= now {
            // Whoever sees this moment of the appointments has seen it of the sessions.
            settle::settle_location(self.store, location).await?;
        }
        let until = query.end.map_or(now, |end| end.min(now));
        let connection = self.store.pools.get().await?;
        let read = within_patience(read_after(&connection, location, query, until)).await;
        Ok(connection.give_back(read)?.page)
    }
}

/// Reads a page after the location has been seen until an instant.
async fn read_after(
    connection: &Connection,
    location: &Location,
    query: &AppointmentsQuery,
    until: Timestamp,
) -> Result<PageRead, StoreError> {
    let statement = prepared(connection, super::super::reader::RAISE).await?;
    prepared(connection, PAGE).await?;
    // In this order, on one connection: the page is as of after the raise.
    let raised = raise(connection, location, Some((statement, until.as_micros())));
    try_join(raised, read(connection, location, query)).await.map(|((), read)| read)
}

async fn read(connection: &Connection, location: &Location, query: &AppointmentsQuery) -> Result<PageRead, StoreError> {
    let (start, end) = (query.start.as_micros(), query.end.unwrap_or(Timestamp::MAX).as_micros());
    let limit = i64::from(query.per_page);
    let offset = i64::try_from(query.page.saturating_mul(u64::from(query.per_page))).unwrap_or(i64::MAX);
    let statement = prepared(connection, PAGE).await?;
    let rows = connection.query(&statement, &[&location.key, &start, &end, &limit, &offset]).await.doing(READING)?;
    let Some(head) = rows.first() else {
        return Err(StoreError::Corrupt { table: "clocks", column: "location", id: location.id.to_string() });
    };
    let instant = |column| head.try_get(column).map(Timestamp::from_micros).doing(READING);
    let clock = ClockRow { last_tick: instant(0)?, seen: instant(1)?, next_expiry: instant(2)? };
    let counted: i64 = head.try_get(3).doing(READING)?;
    let is_empty = head.try_get::<_, Option<&str>>(4).doing(READING)?.is_none();
    let content = if is_empty {
        Vec::new()
    } else {
        rows.iter().map(|row| row::full(row, HEAD_COLUMNS)).collect::<Result<_, _>>()?
    };
    Ok(PageRead { clock, page: AppointmentsPage { total_count: counted.unsigned_abs(), content } })
}
