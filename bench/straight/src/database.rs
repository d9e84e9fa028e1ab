//! The database: its tables, its indexes, and the two pools, many readers and one writer.

use std::path::Path;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

/// Instants are microseconds since 1970; stages are numbers in their order, so that the furthest is the greatest.
pub const TABLES: &str = "
    CREATE TABLE locations (id TEXT NOT NULL PRIMARY KEY);
    CREATE TABLE booking_sessions (
        id                    TEXT NOT NULL PRIMARY KEY,
        location_id           TEXT NOT NULL REFERENCES locations (id),
        status                TEXT NOT NULL,
        stage                 INTEGER NOT NULL,
        client_type           TEXT,
        appointment_id        TEXT,
        remote_appointment_id TEXT,
        referral_source       TEXT,
        referral_campaign     TEXT,
        referral_medium       TEXT,
        created_at            INTEGER NOT NULL,
        updated_at            INTEGER NOT NULL,
        last_activity_at      INTEGER,
        secret                TEXT,
        expires_at            INTEGER
    );";

/// Made after the rows are loaded, which is quicker.
pub const INDEXES: &str = "
    CREATE INDEX sessions_by_update ON booking_sessions (location_id, updated_at, id);
    CREATE INDEX sessions_by_status ON booking_sessions (location_id, status, updated_at, id);";

/// Settings of every connection: a write-ahead log, each commit on the disk before it is answered, reads by memory map.
pub fn settings(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(std::time::Duration::from_secs(10))
        .pragma("mmap_size", "30000000000")
}

/// The one connection that writes: SQLite has one writer at a time, and a queue here waits better than its lock does.
pub async fn writer(path: &Path) -> sqlx::Result<SqlitePool> {
    SqlitePoolOptions::new().max_connections(1).connect_with(settings(path)).await
}

/// The connections that read.
pub async fn readers(path: &Path, count: u32) -> sqlx::Result<SqlitePool> {
    SqlitePoolOptions::new()
        .min_connections(count)
        .max_connections(count)
        .test_before_acquire(false)
        .connect_with(settings(path).read_only(true))
        .await
}
