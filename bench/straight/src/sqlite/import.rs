//! `straight load` into a new SQLite file.

use std::collections::BTreeSet;
use std::path::Path;

use bench_support::Fallible;
use csv::StringRecord;
use sqlx::sqlite::{SqliteConnection, SqliteSynchronous};
use sqlx::{ConnectOptions as _, Connection as _, QueryBuilder};

use crate::import;

/// Rows of one INSERT: 13 values each, and SQLite takes 32,766 parameters.
const ROWS_AT_ONCE: usize = 2_000;

/// Loads `file` into a new database at `path`.
///
/// # Errors
/// The file cannot be read, a row is not of the data set's shape, or the database refuses.
pub async fn run(file: &Path, path: &Path) -> Fallible<()> {
    let reader = import::open(file)?;
    // Nothing is lost if the power fails meanwhile: it is loaded again.
    let settings = super::settings(path).create_if_missing(true).synchronous(SqliteSynchronous::Off);
    let mut connection = settings.foreign_keys(false).connect().await?;
    sqlx::raw_sql(super::TABLES).execute(&mut connection).await?;

    let mut locations = BTreeSet::new();
    let mut transaction = connection.begin().await?;
    let mut rows = Vec::with_capacity(ROWS_AT_ONCE);
    for row in reader.into_records() {
        let row = row?;
        import::note_location(&mut locations, &row);
        rows.push(row);
        if rows.len() == ROWS_AT_ONCE {
            insert(&mut transaction, &rows).await?;
            rows.clear();
        }
    }
    insert(&mut transaction, &rows).await?;
    for location in locations {
        sqlx::query("INSERT INTO locations (id) VALUES (?)").bind(location).execute(&mut *transaction).await?;
    }
    transaction.commit().await?;
    sqlx::raw_sql(super::INDEXES).execute(&mut connection).await?;
    sqlx::raw_sql("ANALYZE").execute(&mut connection).await?;
    connection.close().await?;
    Ok(())
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
            .push_bind(import::stage(&row[2]).map_err(|error| wrong = Some(error)).ok());
        for column in 3..9 {
            values.push_bind(Some(&row[column]).filter(|value| !value.is_empty()));
        }
        for column in 9..12 {
            values.push_bind(import::micros(&row[column]).map_err(|error| wrong = Some(error)).ok());
        }
        values.push_bind(&row[12]);
    });
    if let Some(wrong) = wrong {
        return Err(wrong);
    }
    query.build().execute(connection).await?;
    Ok(())
}
