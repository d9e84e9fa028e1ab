//! SQLite: the tables, the indexes, the statements, and the two pools, many readers and one writer.

pub mod import;

use std::path::Path;

use sqlx::SqlitePool;
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};

use crate::list::Window;
use crate::session::{Session, Stage};
use crate::session_columns;
use crate::visit::{Arrival, Progress, Report};

/// Instants are microseconds since 1970; stages are numbers in their order, so that the furthest is the greatest.
const TABLES: &str = "
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
const INDEXES: &str = "
    CREATE INDEX sessions_by_update ON booking_sessions (location_id, updated_at, id);
    CREATE INDEX sessions_by_status ON booking_sessions (location_id, status, updated_at, id);";

/// Settings of every connection: a write-ahead log, each commit on the disk before it is answered, reads by memory map.
fn settings(path: &Path) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(path)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .busy_timeout(std::time::Duration::from_secs(10))
        .pragma("mmap_size", "30000000000")
}

/// Connections to a file.
#[derive(Debug)]
pub struct Pools {
    /// The connections that read.
    pub readers: SqlitePool,
    /// The one connection that writes: SQLite has one writer at a time, and a queue here waits better than its lock does.
    pub writer: SqlitePool,
}

impl Pools {
    /// Opens the file.
    pub async fn open(path: &Path, readers: u32) -> sqlx::Result<Self> {
        let writer = SqlitePoolOptions::new().max_connections(1).connect_with(settings(path)).await?;
        let readers = SqlitePoolOptions::new()
            .min_connections(readers)
            .max_connections(readers)
            .test_before_acquire(false)
            .connect_with(settings(path).read_only(true))
            .await?;
        Ok(Self { readers, writer })
    }
}

/// How many sessions the window has.
pub async fn count(connection: &mut SqliteConnection, window: &Window<'_>) -> sqlx::Result<i64> {
    let Window { location, start, end, status, .. } = *window;
    let query = if let Some(status) = status {
        sqlx::query_scalar(
            "SELECT count(*) FROM booking_sessions WHERE location_id = ? AND status = ? AND updated_at BETWEEN ? AND ?",
        )
        .bind(location)
        .bind(status)
    } else {
        sqlx::query_scalar("SELECT count(*) FROM booking_sessions WHERE location_id = ? AND updated_at BETWEEN ? AND ?")
            .bind(location)
    };
    query.bind(start).bind(end).fetch_one(connection).await
}

/// The sessions of the window's page.
pub async fn rows(connection: &mut SqliteConnection, window: &Window<'_>) -> sqlx::Result<Vec<Session>> {
    let Window { location, start, end, status, limit, offset } = *window;
    let query = if let Some(status) = status {
        sqlx::query_as(concat!(
            "SELECT ",
            session_columns!(),
            " FROM booking_sessions WHERE location_id = ? AND status = ? AND updated_at BETWEEN ? AND ? \
             ORDER BY updated_at, id LIMIT ? OFFSET ?"
        ))
        .bind(location)
        .bind(status)
    } else {
        sqlx::query_as(concat!(
            "SELECT ",
            session_columns!(),
            " FROM booking_sessions WHERE location_id = ? AND updated_at BETWEEN ? AND ? \
             ORDER BY updated_at, id LIMIT ? OFFSET ?"
        ))
        .bind(location)
    };
    query.bind(start).bind(end).bind(limit).bind(offset).fetch_all(connection).await
}

/// Keeps a new session.
pub async fn start(writer: &SqlitePool, arrival: &Arrival) -> sqlx::Result<()> {
    let Arrival { id, secret, request, now, expires_at } = arrival;
    sqlx::query(
        "INSERT INTO booking_sessions (id, location_id, status, stage, referral_source, referral_campaign, \
         referral_medium, created_at, updated_at, last_activity_at, secret, expires_at) \
         VALUES (?, ?, 'active', ?, ?, ?, ?, ?, ?, ?, ?, ?)",
    )
    .bind(id)
    .bind(&request.location_id)
    .bind(Stage::Started)
    .bind(&request.referral_source)
    .bind(&request.referral_campaign)
    .bind(&request.referral_medium)
    .bind(now)
    .bind(now)
    .bind(now)
    .bind(secret)
    .bind(expires_at)
    .execute(writer)
    .await?;
    Ok(())
}

/// Moves a live session on.
pub async fn advance(writer: &SqlitePool, report: &Report<'_>) -> sqlx::Result<Option<Progress>> {
    let Report { id, secret, request, now, expires_at } = report;
    sqlx::query_as(
        "UPDATE booking_sessions SET stage = max(stage, coalesce(?, stage)), client_type = coalesce(?, client_type), \
         updated_at = ?, last_activity_at = ?, expires_at = ? \
         WHERE id = ? AND secret = ? AND status = 'active' AND expires_at > ? RETURNING stage, client_type",
    )
    .bind(request.stage)
    .bind(&request.client_type)
    .bind(now)
    .bind(now)
    .bind(expires_at)
    .bind(id)
    .bind(secret)
    .bind(now)
    // All: with the first row alone, the statement would not have committed yet.
    .fetch_all(writer)
    .await
    .map(|mut updated| updated.pop())
}
