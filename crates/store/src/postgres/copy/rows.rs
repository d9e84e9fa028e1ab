//! Rows of bookings in PostgreSQL, as they are copied: as JSON, by the names of their columns.

use frontdesk_domain::Timestamp;
use serde_json::Value;

use super::with_timelines;
use crate::copy::{CopiedRow, CopiedSession, Table};
use crate::error::StoreError;
use crate::postgres::connection::{Connection, prepared};
use crate::postgres::fault::Doing;
use crate::postgres::records::SESSIONS;
use crate::postgres::row;

const READING: &str = "read bookings to copy";
const WRITING: &str = "write copied bookings";

const TOLD: &str = "/* sessions that tell of mails */ SELECT DISTINCT a.session FROM mails m \
     JOIN appointments a ON a.location = m.location AND a.id = m.appointment \
     WHERE m.location = $1 AND m.state = 3 AND a.session > $2 ORDER BY a.session LIMIT $3";

const FORGET_CLAIMS: &str = "/* claims that are made anew */ DELETE FROM claims WHERE location = $1";

const CLAIM: &str = "/* claims of appointments */ INSERT INTO claims (location, resource, occupied_from, occupied_until, appointment) \
     SELECT location, 'p:' || provider, occupied_from, occupied_until, id FROM appointments \
     WHERE location = $1 AND status < 5 UNION ALL \
     SELECT location, 'r:' || room, occupied_from, occupied_until, id FROM appointments \
     WHERE location = $1 AND status < 5 AND room IS NOT NULL";

const AGENDA: &str = "/* a copied agenda */ INSERT INTO agendas (location, changed_at) VALUES ($1, $2) \
     ON CONFLICT (location) DO UPDATE SET changed_at = greatest(agendas.changed_at, excluded.changed_at)";

/// The statements of a table: which reads, which forgets, which adds.
const fn statements(table: Table) -> [&'static str; 3] {
    match table {
        Table::Mails => [
            "/* mails to copy */ SELECT row_to_json(copied)::text FROM mails AS copied \
             WHERE location = $1 AND id > $2 ORDER BY id LIMIT $3",
            "/* mails that are copied anew */ DELETE FROM mails WHERE location = $1",
            "/* copy mails */ INSERT INTO mails SELECT * FROM jsonb_populate_recordset(NULL::mails, $1::text::jsonb)",
        ],
        Table::Holds => [
            "/* holds to copy */ SELECT row_to_json(copied)::text FROM holds AS copied \
             WHERE location = $1 AND session > $2 ORDER BY session LIMIT $3",
            "/* holds that are copied anew */ DELETE FROM holds WHERE location = $1",
            "/* copy holds */ INSERT INTO holds SELECT * FROM jsonb_populate_recordset(NULL::holds, $1::text::jsonb)",
        ],
        Table::Appointments => [
            "/* appointments to copy */ SELECT row_to_json(copied)::text FROM appointments AS copied \
             WHERE location = $1 AND id > $2 ORDER BY id LIMIT $3",
            "/* appointments that are copied anew */ DELETE FROM appointments WHERE location = $1",
            "/* copy appointments */ INSERT INTO appointments \
             SELECT * FROM jsonb_populate_recordset(NULL::appointments, $1::text::jsonb)",
        ],
        Table::Patients => [
            "/* patients to copy */ SELECT row_to_json(copied)::text FROM patients AS copied \
             WHERE location = $1 AND id > $2 ORDER BY id LIMIT $3",
            "/* patients that are copied anew */ DELETE FROM patients WHERE location = $1",
            "/* copy patients */ INSERT INTO patients \
             SELECT * FROM jsonb_populate_recordset(NULL::patients, $1::text::jsonb)",
        ],
        Table::Clients => [
            "/* clients to copy */ SELECT row_to_json(copied)::text FROM clients AS copied \
             WHERE location = $1 AND id > $2 ORDER BY id LIMIT $3",
            "/* clients that are copied anew */ DELETE FROM clients WHERE location = $1",
            "/* copy clients */ INSERT INTO clients \
             SELECT * FROM jsonb_populate_recordset(NULL::clients, $1::text::jsonb)",
        ],
    }
}

/// The first rows of a table whose keys come after `after`.
pub(super) async fn read(
    connection: &Connection,
    table: Table,
    location: i64,
    after: &str,
    limit: usize,
) -> Result<Vec<CopiedRow>, StoreError> {
    let [read, ..] = statements(table);
    let (statement, limit) = (prepared(connection, read).await?, i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = connection.query(&statement, &[&location, &after, &limit]).await.doing(READING)?;
    let copied = rows.iter().map(|row| {
        let json: &str = row.try_get(0).doing(READING)?;
        let row = serde_json::from_str(json).map_err(|wrong| StoreError::Postgres(format!("{READING}: {wrong}")))?;
        Ok(CopiedRow(row))
    });
    copied.collect()
}

/// Keeps rows of a table; with `anew`, in the place of all that are kept.
pub(super) async fn write(
    connection: &Connection,
    table: Table,
    location: i64,
    rows: &[CopiedRow],
    anew: bool,
) -> Result<(), StoreError> {
    let [_, forget, add] = statements(table);
    if anew {
        let statement = prepared(connection, forget).await?;
        connection.execute(&statement, &[&location]).await.doing(WRITING)?;
    }
    if rows.is_empty() {
        return Ok(());
    }
    let json = Value::Array(rows.iter().map(|row| Value::Object(row.0.clone())).collect()).to_string();
    let statement = prepared(connection, add).await?;
    connection.execute(&statement, &[&json]).await.map(drop).doing(WRITING)
}

/// The first sessions after `after` whose timelines tell of mails that failed.
pub(super) async fn told(
    connection: &Connection,
    location: i64,
    after: &str,
    limit: usize,
) -> Result<Vec<CopiedSession>, StoreError> {
    let (statement, limit) = (prepared(connection, TOLD).await?, i64::try_from(limit).unwrap_or(i64::MAX));
    let rows = connection.query(&statement, &[&location, &after, &limit]).await.doing(READING)?;
    let ids: Vec<&str> = rows.iter().map(|row| row.try_get(0)).collect::<Result<_, _>>().doing(READING)?;
    let (statement, locations) = (prepared(connection, SESSIONS).await?, vec![location; ids.len()]);
    let rows = connection.query(&statement, &[&locations, &ids]).await.doing(READING)?;
    let mut sessions = rows.iter().map(|row| row::session(row, 1)).collect::<Result<Vec<_>, _>>()?;
    sessions.sort_by(|one, other| one.id.cmp(&other.id));
    with_timelines(connection, location, sessions).await
}

/// Makes claims of the appointments that stand; the agenda has changed at `tick`, if not later.
pub(super) async fn claim_anew(connection: &Connection, location: i64, tick: Timestamp) -> Result<(), StoreError> {
    for statement in [FORGET_CLAIMS, CLAIM] {
        let statement = prepared(connection, statement).await?;
        connection.execute(&statement, &[&location]).await.doing(WRITING)?;
    }
    let statement = prepared(connection, AGENDA).await?;
    connection.execute(&statement, &[&location, &tick.as_micros()]).await.map(drop).doing(WRITING)
}
