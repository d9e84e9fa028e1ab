//! `straight load`: reads the data set's CSV into a new database.

use std::collections::BTreeSet;
use std::path::Path;

use bench_support::Fallible;
use chrono::DateTime;
use csv::StringRecord;
use sqlx::sqlite::{SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, QueryBuilder};

use crate::database;
use crate::session::Stage;

/// Rows of one INSERT: 13 values each, and SQLite takes 32,766 parameters.
const ROWS_AT_ONCE: usize = 2_000;
/// Columns of the file, in its order.
const COLUMNS: [&str; 13] = [
    "id",
    "status",
    "stage",
    "client_type",
    "appointment_id",
    "remote_appointment_id",
    "referral_source",
    "referral_campaign",
    "referral_medium",
    "created_at",
    "updated_at",
    "last_activity_at",
    "location_id",
];

/// Loads `file` into a new database at `path`.
///
/// # Errors
/// The file cannot be read, a row is not of the data set's shape, or the database refuses.
pub async fn run(file: &Path, path: &Path) -> Fallible<()> {
    let mut reader = csv::Reader::from_path(file)?;
    if *reader.headers()? != COLUMNS[..] {
        return Err(format!("{} does not have the columns {}", file.display(), COLUMNS.join(",")).into());
    }
    // Nothing is lost if the power fails meanwhile: it is loaded again.
    let settings = database::settings(path).create_if_missing(true).synchronous(SqliteSynchronous::Off);
    let mut connection = settings.foreign_keys(false).connect().await?;
    sqlx::raw_sql(database::TABLES).execute(&mut connection).await?;

    let mut locations = BTreeSet::new();
    let mut transaction = connection.begin().await?;
    let mut rows = Vec::with_capacity(ROWS_AT_ONCE);
    for row in reader.into_records() {
        rows.push(row?);
        if rows.len() == ROWS_AT_ONCE {
            insert(&mut transaction, &rows).await?;
            note_locations(&mut locations, &rows);
            rows.clear();
        }
    }
    insert(&mut transaction, &rows).await?;
    note_locations(&mut locations, &rows);
    for location in locations {
        sqlx::query("INSERT INTO locations (id) VALUES (?)").bind(location).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    sqlx::raw_sql(database::INDEXES).execute(&mut connection).await?;
    sqlx::raw_sql("ANALYZE").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
}

fn note_locations(locations: &mut BTreeSet<String>, rows: &[StringRecord]) {
    for row in rows {
        let location = &row[12];
        if !locations.contains(location) {
            locations.insert(location.to_owned());
        }
    }
}

async fn insert(connection: &mut SqliteConnection, rows: &[StringRecord]) -> Fallible<()> {
    if rows.is_empty() {
        return Ok(());
    }
    let mut query = QueryBuilder::new(
        "INSERT INTO booking_sessions (id, status, stage, client_type, appointment_id, remote_appointment_id, \
         referral_source, referral_campaign, referral_medium, created_at, updated_at, last_activity_at, location_id) ",
    );
    let mut wrong = None;
    query.push_values(rows, |mut values, row| {
        values
            .push_bind(&row[0])
            .push_bind(&row[1])
            .push_bind(stage(&row[2]).map_err(|error| wrong = Some(error)).ok());
        for column in 3..9 {
            values.push_bind(Some(&row[column]).filter(|value| !value.is_empty()));
        }
        for column in 9..12 {
            values.push_bind(micros(&row[column]).map_err(|error| wrong = Some(error)).ok());
        }
        values.push_bind(&row[12]);
    });
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    query.build().execute(connection).await?;
    Ok(())
}

fn stage(name: &str) -> Fallible<Stage> {
    Ok(serde_json::from_value(serde_json::Value::from(name))?)
}

fn micros(text: &str) -> Fallible<i64> {
    Ok(DateTime::parse_from_rfc3339(text)?.timestamp_micros())
}
