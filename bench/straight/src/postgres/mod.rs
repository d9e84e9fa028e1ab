//! PostgreSQL: the tables, the indexes, the statements, and the pool.

pub mod import;

use sqlx::postgres::{PgConnection, PgPool, PgPoolOptions};

use crate::list::Window;
use crate::session::{Session, Stage};
use crate::session_columns;
use crate::visit::{Arrival, Progress, Report};

/// Instants are microseconds since 1970; stages are numbers in their order, so that the furthest is the greatest.
const TABLES: &str = "
    CREATE TABLE locations (id TEXT NOT NULL PRIMARY KEY);
    CREATE TABLE booking_sessions (
        id                    TEXT NOT NULL PRIMARY KEY,
        location_id           TEXT NOT NULL,
        status                TEXT NOT NULL,
        stage                 BIGINT NOT NULL,
        client_type           TEXT,
        appointment_id        TEXT,
        remote_appointment_id TEXT,
        referral_source       TEXT,
        referral_campaign     TEXT,
        referral_medium       TEXT,
        created_at            BIGINT NOT NULL,
        updated_at            BIGINT NOT NULL,
        last_activity_at      BIGINT,
        secret                TEXT,
        expires_at            BIGINT
    );";

/// Made after the rows are loaded, which is quicker.
const INDEXES: &str = "
    CREATE INDEX sessions_by_update ON booking_sessions (location_id, updated_at, id);
    CREATE INDEX sessions_by_status ON booking_sessions (location_id, status, updated_at, id);
    ALTER TABLE booking_sessions ADD FOREIGN KEY (location_id) REFERENCES locations (id);";

/// The pool. Sixteen connections are between what is best for reading on two processors, eight, and for writing, where
/// more of them share a flush of the log.
pub async fn connect(url: &str, connections: u32) -> sqlx::Result<PgPool> {
    PgPoolOptions::new()
        .min_connections(connections)
        .max_connections(connections)
        .test_before_acquire(false)
        .connect(url)
        .await
}

/// How many sessions the window has.
pub async fn count(connection: &mut PgConnection, window: &Window<'_>) -> sqlx::Result<i64> {
    let Window { location, start, end, status, .. } = *window;
    let query = if let Some(status) = status {
        sqlx::query_scalar(
            "SELECT count(*) FROM booking_sessions WHERE location_id = $1 AND status = $2 AND updated_at BETWEEN $3 AND $4",
        )
        .bind(location)
        .bind(status)
    } else {
        sqlx::query_scalar(
            "SELECT count(*) FROM booking_sessions WHERE location_id = $1 AND updated_at BETWEEN $2 AND $3",
        )
        .bind(location)
    };
    query.bind(start).bind(end).fetch_one(connection).await
}

/// The sessions of the window's page.
pub async fn rows(connection: &mut PgConnection, window: &Window<'_>) -> sqlx::Result<Vec<Session>> {
    let Window { location, start, end, status, limit, offset } = *window;
    let query = if let Some(status) = status {
        sqlx::query_as(concat!(
            "SELECT ",
            session_columns!(),
            " FROM booking_sessions WHERE location_id = $1 AND status = $2 AND updated_at BETWEEN $3 AND $4 \
             ORDER BY updated_at, id LIMIT $5 OFFSET $6"
        ))
        .bind(location)
        .bind(status)
    } else {
        sqlx::query_as(concat!(
            "SELECT ",
            session_columns!(),
            " FROM booking_sessions WHERE location_id = $1 AND updated_at BETWEEN $2 AND $3 \
             ORDER BY updated_at, id LIMIT $4 OFFSET $5"
        ))
        .bind(location)
    };
    query.bind(start).bind(end).bind(limit).bind(offset).fetch_all(connection).await
}

/// Keeps a new session.
pub async fn start(pool: &PgPool, arrival: &Arrival) -> sqlx::Result<()> {
    let Arrival { id, secret, request, now, expires_at } = arrival;
    sqlx::query(
        "INSERT INTO booking_sessions (id, location_id, status, stage, referral_source, referral_campaign, \
         referral_medium, created_at, updated_at, last_activity_at, secret, expires_at) \
         VALUES ($1, $2, 'active', $3, $4, $5, $6, $7, $8, $9, $10, $11)",
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
    .execute(pool)
    .await?;
    Ok(())
}

/// Moves a live session on.
pub async fn advance(pool: &PgPool, report: &Report<'_>) -> sqlx::Result<Option<Progress>> {
    let Report { id, secret, request, now, expires_at } = report;
    sqlx::query_as(
        "UPDATE booking_sessions SET stage = greatest(stage, coalesce($1, stage)), client_type = coalesce($2, client_type), \
         updated_at = $3, last_activity_at = $4, expires_at = $5 \
         WHERE id = $6 AND secret = $7 AND status = 'active' AND expires_at > $8 RETURNING stage, client_type",
    )
    .bind(request.stage)
    .bind(&request.client_type)
    .bind(now)
    .bind(now)
    .bind(expires_at)
    .bind(id)
    .bind(secret)
    .bind(now)
    // All: with the first row alone, the commit would not have been waited for.
    .fetch_all(pool)
    .await
    .map(|mut updated| updated.pop())
}
