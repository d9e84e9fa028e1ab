//! Settling: sessions whose time has run out become abandoned, each once, whichever server comes first.

use std::sync::Arc;
use std::time::Duration;

use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, Timestamp};
use futures_util::future::join_all;
use tokio::time::timeout;

use super::Store;
use super::connection::{Connection, prepared};
use super::fault::Doing;
use super::records::{Asked, Loaded};
use super::tallies::LOWEST_LEVEL;
use super::{saving, transaction};
use crate::batch::Batch;
use crate::catalog::{Catalog, Location};
use crate::error::StoreError;

/// The most sessions that one transaction settles.
const MOST_SETTLED: i64 = 500;

/// One row for each location, and few of them: read as they lie.
const LOCATIONS_DUE: &str =
    "/* locations with due sessions */ SELECT location FROM clocks WHERE next_expiry <= $1 ORDER BY next_expiry";

const NEXT_EXPIRY: &str = "/* next expiry of any location */ SELECT min(next_expiry) FROM clocks";

const LOCK: &str = "/* lock a clock */ SELECT next_expiry FROM clocks WHERE location = $1 FOR UPDATE";

/// The same, unless another transaction holds it: whoever does may be settling, and others are due too.
const TRY_LOCK: &str =
    "/* lock a clock that is free */ SELECT next_expiry FROM clocks WHERE location = $1 FOR UPDATE SKIP LOCKED";

const DUE: &str = "/* due sessions */ SELECT id FROM sessions \
     WHERE location = $1 AND expires_at IS NOT NULL AND expires_at <= $2 ORDER BY expires_at, updated_at, id LIMIT $3";

const SET_NEXT_EXPIRY: &str = "/* set the next expiry */ UPDATE clocks SET next_expiry = coalesce( \
     (SELECT min(expires_at) FROM sessions WHERE location = $1 AND expires_at IS NOT NULL), $2) WHERE location = $1";

/// How soon a location is tried again whose clock was held.
const TRY_AGAIN: i64 = SECOND / 20;

/// How many locations whose clocks are held are waited for at once, and how long: no longer than may be missed elsewhere.
const HELD_AT_ONCE: usize = 3;
const HELD_FOR: Duration = Duration::from_millis(400);

/// What there is to do about a location.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Left {
    Nothing,
    More,
    /// Its clock is held.
    Held,
}

/// Settles what is due in every location, first where the clock is free, so that one whose clock is held keeps no other
/// waiting; answers when to look again, a lower bound of the next expiry unless a clock is held for long.
pub(super) async fn settle_due(store: &Store) -> Result<Timestamp, StoreError> {
    const LOOKING: &str = "look for due sessions";
    let catalog = store.catalog()?;
    let by_key: std::collections::HashMap<i64, &Arc<Location>> =
        catalog.locations.values().map(|location| (location.key, location)).collect();
    let due = {
        let connection = store.pools.get().await?;
        let statement = prepared(&connection, LOCATIONS_DUE).await?;
        connection.query(&statement, &[&store.clock.now().as_micros()]).await.doing(LOOKING)?
    };
    let mut held = Vec::new();
    for row in due {
        let Some(location) = by_key.get(&row.try_get(0).doing(LOOKING)?) else { continue };
        let mut left = Left::More;
        while left == Left::More {
            left = settle_some(store, location, TRY_LOCK).await?;
        }
        if left == Left::Held {
            held.push(Arc::clone(location));
        }
    }
    let held = wait_for(store, &held).await?;
    let connection = store.pools.get().await?;
    let statement = prepared(&connection, NEXT_EXPIRY).await?;
    let next: Option<i64> =
        connection.query_one(&statement, &[]).await.and_then(|row| row.try_get(0)).doing(LOOKING)?;
    let next = next.map_or(Timestamp::MAX, Timestamp::from_micros);
    Ok(if held { next.max(store.clock.now().plus_micros(TRY_AGAIN)) } else { next })
}

/// Settles what is due in locations whose clocks are held, a few at a time; says whether some still are after a moment.
async fn wait_for(store: &Store, held: &[Arc<Location>]) -> Result<bool, StoreError> {
    let mut still_held = false;
    for some in held.chunks(HELD_AT_ONCE) {
        let settled = some.iter().map(|location| timeout(HELD_FOR, settle_location(store, location)));
        for settled in join_all(settled).await {
            match settled {
                Ok(Ok(())) => {}
                Ok(Err(fault)) if !fault.is_passing() => return Err(fault),
                Ok(Err(_)) | Err(_) => still_held = true,
            }
        }
    }
    Ok(still_held)
}

/// Settles what is due in a location, in the order of expiry.
pub(super) async fn settle_location(store: &Store, location: &Location) -> Result<(), StoreError> {
    while settle_some(store, location, LOCK).await? == Left::More {}
    Ok(())
}

/// Settles at most [`MOST_SETTLED`].
async fn settle_some(store: &Store, location: &Location, lock: &'static str) -> Result<Left, StoreError> {
    let catalog = store.catalog()?;
    let known = &catalog;
    let late = transaction::run(&store.pools, "settle", |connection| async move {
        settle_in(&connection, store.clock.now(), known, location, lock).await
    })
    .await?;
    let Some(late) = late else { return Ok(Left::Held) };
    for late in &late {
        store.observer.settled(*late);
    }
    Ok(if late.len() as i64 == MOST_SETTLED { Left::More } else { Left::Nothing })
}

/// Settles within a transaction; answers by how many microseconds each session is late, or nothing when the clock is held.
async fn settle_in(
    connection: &Connection,
    now: Timestamp,
    catalog: &Catalog,
    location: &Location,
    lock: &'static str,
) -> Result<Option<Vec<i64>>, StoreError> {
    const SETTLING: &str = "settle due sessions";
    let lock = prepared(connection, lock).await?;
    let Some(clock) = connection.query_opt(&lock, &[&location.key]).await.doing(SETTLING)? else { return Ok(None) };
    let next: i64 = clock.try_get(0).doing(SETTLING)?;
    if next > now.as_micros() {
        // Another server was quicker.
        return Ok(Some(Vec::new()));
    }
    let due = prepared(connection, DUE).await?;
    let due = connection.query(&due, &[&location.key, &now.as_micros(), &MOST_SETTLED]).await.doing(SETTLING)?;
    let ids: Vec<String> = due.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().doing(SETTLING)?;
    let mut asked = Asked {
        locations: [location.key].into(),
        sessions: ids.iter().map(|id| (location.key, id.clone())).collect(),
        ..Asked::default()
    };
    asked.bookings.ends.extend(location.booking.as_ref().map(|_| location.key));
    let mut batch = Batch::new(Loaded::load(connection, &asked).await?, catalog, now, LOWEST_LEVEL);
    let mut late = Vec::new();
    for id in &ids {
        if let Some(expired_at) = batch.settle(location, id)? {
            late.push(now.as_micros() - expired_at.as_micros());
        }
    }
    let (loaded, changes) = batch.finish();
    saving::write(connection, &loaded, &changes, now).await?;
    let set = prepared(connection, SET_NEXT_EXPIRY).await?;
    connection.execute(&set, &[&location.key, &Timestamp::MAX.as_micros()]).await.doing(SETTLING)?;
    Ok(Some(late))
}
