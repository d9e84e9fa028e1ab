//! `straight load` into an empty PostgreSQL database.

use std::collections::BTreeSet;
use std::path::Path;

use bench_support::Fallible;
use csv::{StringRecord, Writer};
use sqlx::postgres::PgConnection;
use sqlx::{Connection as _, Executor as _};

use crate::import;

/// Bytes that are sent at once.
const CHUNK: usize = 1 << 20;

/// The columns of the file, in its order.
const COPY: &str = "COPY booking_sessions (id, status, stage, client_type, appointment_id, remote_appointment_id, \
                    referral_source, referral_campaign, referral_medium, created_at, updated_at, last_activity_at, \
                    location_id) FROM STDIN WITH (FORMAT csv)";

/// Loads `file` into the database at `url`.
///
/// # Errors
/// The file cannot be read, a row is not of the data set's shape, or the database refuses.
pub async fn run(file: &Path, url: &str) -> Fallible<()> {
    let reader = import::open(file)?;
    let mut connection = PgConnection::connect(url).await?;
    connection.execute(super::TABLES).await?;

    let mut locations = BTreeSet::new();
    let mut copy = connection.copy_in_raw(COPY).await?;
    let mut rows = Writer::from_writer(Vec::with_capacity(2 * CHUNK));
    for row in reader.into_records() {
        let row = row?;
        import::note_location(&mut locations, &row);
        write(&mut rows, &row)?;
        if rows.get_ref().len() >= CHUNK {
            let chunk = std::mem::replace(&mut rows, Writer::from_writer(Vec::with_capacity(2 * CHUNK)));
            copy.send(chunk.into_inner()?).await?;
        }
    }
    copy.send(rows.into_inner()?).await?;
    copy.finish().await?;
    for location in locations {
        sqlx::query("INSERT INTO locations (id) VALUES ($1)").bind(location).execute(&mut connection).await?;
    }
    connection.execute(super::INDEXES).await?;
    // Not only for the planner: what is known to be visible is counted in the index alone.
    connection.execute("VACUUM (ANALYZE) booking_sessions").await?;
    connection.close().await?;
    Ok(())
}

/// The file's row with the stage and the instants as the database has them; what is empty is NULL.
fn write(rows: &mut Writer<Vec<u8>>, row: &StringRecord) -> Fallible<()> {
    let stage = import::stage(&row[2])? as i64;
    for (index, text) in row.iter().enumerate() {
        match index {
            2 => rows.write_field(stage.to_string())?,
            9..12 => rows.write_field(import::micros(text)?.to_string())?,
            _ => rows.write_field(text)?,
        }
    }
    rows.write_record(None::<&[u8]>)?;
    Ok(())
}
