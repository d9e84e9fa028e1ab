//! The schema: made, and brought up to date, by whoever comes first.

use deadpool_postgres::Object;
use tokio_postgres::Client;

use super::connection::{Pools, said};
use super::fault::Doing;
use crate::error::{OpenError, StoreError};

/// Schema changes in order, never edited once landed: servers of the version before go on working beside each of them.
const MIGRATIONS: &[&str] = &[
    include_str!("migrations/0001_record.sql"),
    include_str!("migrations/0002_walks.sql"),
    include_str!("migrations/0003_booking.sql"),
    include_str!("migrations/0004_outlines.sql"),
    include_str!("migrations/0005_reports.sql"),
];

/// The key of the advisory lock under which the schema changes: "Frontdes".
const LOCK: i64 = i64::from_be_bytes(*b"Frontdes");

const FOUND: &str = "SELECT to_regclass('schema_version') IS NOT NULL, \
     (SELECT count(*) FROM pg_class WHERE relkind = 'r' AND relnamespace = current_schema()::regnamespace)";

/// What the schema of a database says.
enum Version {
    /// There are no tables at all.
    Empty,
    /// There are tables, and none that is ours.
    Foreign,
    /// So many of our migrations.
    Ours(usize),
}

/// Brings the schema up to date; makes it, with `random_key` as the secret key, when `create` is set and there is none.
///
/// # Errors
/// When the database is somebody else's, of a newer version, or empty and `create` is not set.
pub(super) async fn prepare(pools: &Pools, shown: &str, create: bool, random_key: [u8; 32]) -> Result<(), OpenError> {
    // A connection of its own: the settings of those who serve are not for schema changes.
    let client = Object::take(pools.get().await?);
    match version(&client).await? {
        Version::Ours(found) if found == MIGRATIONS.len() => return Ok(()),
        Version::Empty if !create => return Err(OpenError::Missing(shown.to_owned())),
        _ => {}
    }
    client
        .batch_execute(&format!("SET lock_timeout = 0; SET statement_timeout = 0; SELECT pg_advisory_lock({LOCK})"))
        .await
        .doing("lock the schema")?;
    // Closing the connection gives the lock back in any case.
    let migrated = migrate(&client, shown, random_key).await;
    drop(client);
    migrated
}

async fn migrate(client: &Client, shown: &str, random_key: [u8; 32]) -> Result<(), OpenError> {
    const DOING: &str = "bring the schema up to date";
    // Read again: another process may have migrated while this one waited for the lock.
    let found = match version(client).await? {
        Version::Empty => 0,
        Version::Foreign => return Err(OpenError::NotOurs(shown.to_owned())),
        Version::Ours(found) => found,
    };
    let Some(missing) = MIGRATIONS.get(found..) else {
        return Err(OpenError::Newer { path: shown.to_owned(), found: found as i64, known: MIGRATIONS.len() as i64 });
    };
    client.batch_execute("BEGIN").await.doing(DOING)?;
    for (migration, number) in missing.iter().zip(found + 1..) {
        client
            .batch_execute(migration)
            .await
            .map_err(|cause| StoreError::Postgres(format!("schema change {number}: {}", said(&cause))))?;
    }
    if found == 0 {
        client
            .batch_execute("CREATE TABLE schema_version (version integer NOT NULL PRIMARY KEY)")
            .await
            .doing(DOING)?;
        client
            .execute("INSERT INTO installation (one, generation, secret_key) VALUES (1, 1, $1)", &[&&random_key[..]])
            .await
            .doing(DOING)?;
    }
    client.batch_execute("DELETE FROM schema_version").await.doing(DOING)?;
    client
        .execute("INSERT INTO schema_version (version) VALUES ($1)", &[&(MIGRATIONS.len() as i32)])
        .await
        .doing(DOING)?;
    client.batch_execute("COMMIT").await.doing(DOING)?;
    Ok(())
}

async fn version(client: &Client) -> Result<Version, StoreError> {
    const DOING: &str = "look at the schema";
    let row = client.query_one(FOUND, &[]).await.doing(DOING)?;
    let (ours, tables): (bool, i64) = (row.try_get(0).doing(DOING)?, row.try_get(1).doing(DOING)?);
    if !ours {
        return Ok(if tables == 0 { Version::Empty } else { Version::Foreign });
    }
    let version: i32 = client
        .query_one("SELECT version FROM schema_version", &[])
        .await
        .and_then(|row| row.try_get(0))
        .doing(DOING)?;
    Ok(Version::Ours(usize::try_from(version).unwrap_or_default()))
}
