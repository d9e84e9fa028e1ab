//! Settling: sessions whose time has run out become abandoned, each once, whichever server comes first.

use std::sync::Arc;

use frontdesk_domain::{Clock, Timestamp};

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

const DUE: &str = "/* due sessions */ SELECT id FROM sessions \
     WHERE location = $1 AND expires_at IS NOT NULL AND expires_at <= $2 ORDER BY expires_at, updated_at, id LIMIT $3";

const SET_NEXT_EXPIRY: &str = "/* set the next expiry */ UPDATE clocks SET next_expiry = coalesce( \
     (SELECT min(expires_at) FROM sessions WHERE location = $1 AND expires_at IS NOT NULL), $2) WHERE location = $1";

/// Settles what is due in every location; answers a lower bound of the next expiry.
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
    for row in due {
        if let Some(location) = by_key.get(&row.try_get(0).doing(LOOKING)?) {
            settle_location(store, location).await?;
        }
    }
    let connection = store.pools.get().await?;
    let statement = prepared(&connection, NEXT_EXPIRY).await?;
    let next: Option<i64> =
        connection.query_one(&statement, &[]).await.and_then(|row| row.try_get(0)).doing(LOOKING)?;
    Ok(next.map_or(Timestamp::MAX, Timestamp::from_micros))
}

/// Settles what is due in a location, in the order of expiry.
pub(super) async fn settle_location(store: &Store, location: &Location) -> Result<(), StoreError> {
    while settle_some(store, location).await? {}
    Ok(())
}

/// Settles at most [`MOST_SETTLED`]; says whether there may be more.
async fn settle_some(store: &Store, location: &Location) -> Result<bool, StoreError> {
    let catalog = store.catalog()?;
    let known = &catalog;
    let late = transaction::run(&store.pools, "settle", |connection| async move {
        settle_in(&connection, store.clock.now(), known, location).await
    })
    .await?;
    for late in &late {
        store.observer.settled(*late);
    }
    Ok(late.len() as i64 == MOST_SETTLED)
}

/// Settles within a transaction; answers by how many microseconds each session is late.
async fn settle_in(
    connection: &Connection,
    now: Timestamp,
    catalog: &Catalog,
    location: &Location,
) -> Result<Vec<i64>, StoreError> {
    const SETTLING: &str = "settle due sessions";
    let lock = prepared(connection, LOCK).await?;
    let next: i64 =
        connection.query_one(&lock, &[&location.key]).await.and_then(|row| row.try_get(0)).doing(SETTLING)?;
    if next > now.as_micros() {
        // Another server was quicker.
        return Ok(Vec::new());
    }
    let due = prepared(connection, DUE).await?;
    let due = connection.query(&due, &[&location.key, &now.as_micros(), &MOST_SETTLED]).await.doing(SETTLING)?;
    let ids: Vec<String> = due.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().doing(SETTLING)?;
    let asked = Asked {
        locations: [location.key].into(),
        sessions: ids.iter().map(|id| (location.key, id.clone())).collect(),
        ..Asked::default()
    };
    let mut batch = Batch::new(Loaded::load(connection, &asked).await?, catalog, now, LOWEST_LEVEL);
    let mut late = Vec::new();
    for id in &ids {
        if let Some(expired_at) = batch.settle(location, id)? {
            late.push(now.as_micros() - expired_at.as_micros());
        }
    }
    let (loaded, changes) = batch.finish();
    saving::write(connection, &loaded, changes, now).await?;
    let set = prepared(connection, SET_NEXT_EXPIRY).await?;
    connection.execute(&set, &[&location.key, &Timestamp::MAX.as_micros()]).await.doing(SETTLING)?;
    Ok(late)
}
