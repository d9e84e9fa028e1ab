//! Rows of booking, in and out as JSON by the names of their columns.

use super::super::connection::Connection;
use super::super::fault::Doing;
use crate::copy::{Record, Table};
use crate::error::StoreError;

const READING: &str = "read rows to copy";
const WRITING: &str = "write copied rows";

/// Named like the others; the text hangs on the table.
fn statement(name: &str, table: &Table, text: &str) -> String {
    ["/*", name, table.name, "*/", text].join(" ")
}

/// The first rows whose keys come after `after`.
pub(super) async fn read(
    connection: &Connection,
    location: i64,
    table: &Table,
    after: &str,
    limit: usize,
) -> Result<Vec<Record>, StoreError> {
    let (name, order) = (table.name, table.order());
    let text = format!(
        "SELECT row_to_json(copied)::text FROM {name} AS copied \
         WHERE location = $1 AND {order} > $2 ORDER BY {order} LIMIT $3"
    );
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let prepared = connection.prepare_cached(&statement("to copy:", table, &text)).await.doing(READING)?;
    let rows = connection.query(&prepared, &[&location, &after, &limit]).await.doing(READING)?;
    rows.iter()
        .map(|row| {
            let corrupt = |_| StoreError::Corrupt { table: name, column: "any", id: "a row".to_owned() };
            serde_json::from_str(row.try_get(0).doing(READING)?).map_err(corrupt)
        })
        .collect()
}

/// Keeps rows; `anew`: in the place of all that the table has of the location.
pub(super) async fn write(
    connection: &Connection,
    location: i64,
    table: &Table,
    records: &[Record],
    anew: bool,
) -> Result<(), StoreError> {
    let name = table.name;
    if anew {
        let text = statement("forget copied", table, &format!("DELETE FROM {name} WHERE location = $1"));
        connection.execute(&text, &[&location]).await.doing(WRITING)?;
    }
    if records.is_empty() {
        return Ok(());
    }
    let text = format!("INSERT INTO {name} SELECT * FROM json_populate_recordset(NULL::{name}, $1::text::json)");
    let rows = serde_json::to_string(records).expect("cannot fail: rows are JSON already");
    connection.execute(&statement("copy", table, &text), &[&rows]).await.map(drop).doing(WRITING)
}

/// Claims what the appointments of a location take, in the place of what was claimed before.
pub(super) async fn derive_claims(connection: &Connection, location: i64) -> Result<(), StoreError> {
    const FORGET: &str = "/* forget copied claims */ DELETE FROM claims WHERE location = $1";
    const DERIVE: &str = "/* derive claims */ \
        INSERT INTO claims (location, resource, occupied_from, occupied_until, appointment) \
        SELECT location, 'p:' || provider, occupied_from, occupied_until, id FROM appointments \
        WHERE location = $1 AND status < 5 UNION ALL \
        SELECT location, 'r:' || room, occupied_from, occupied_until, id FROM appointments \
        WHERE location = $1 AND status < 5 AND room IS NOT NULL";
    connection.execute(FORGET, &[&location]).await.doing(WRITING)?;
    connection.execute(DERIVE, &[&location]).await.map(drop).doing(WRITING)
}
