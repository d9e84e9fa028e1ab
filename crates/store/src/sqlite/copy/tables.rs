//! Rows of booking, in and out by the names of their columns.

use rusqlite::types::{Value, ValueRef};
use rusqlite::{Connection, Row, params_from_iter};

use crate::copy::{Record, Table};
use crate::error::{Doing, StoreError};

const READING: &str = "read rows to copy";
const WRITING: &str = "write copied rows";

/// Named like the others; the text hangs on the table.
fn statement(name: &str, table: &Table, text: &str) -> String {
    ["/*", name, table.name, "*/", text].join(" ")
}

/// The first rows whose keys come after `after`.
pub(super) fn read(
    connection: &Connection,
    location: i64,
    table: &Table,
    after: &str,
    limit: usize,
) -> Result<Vec<Record>, StoreError> {
    let order = table.order();
    let text = format!("SELECT * FROM {} WHERE location = ?1 AND {order} > ?2 ORDER BY {order} LIMIT ?3", table.name);
    let mut prepared = connection.prepare_cached(&statement("to copy:", table, &text)).doing(READING)?;
    let names: Vec<String> = prepared.column_names().map(str::to_owned).collect();
    let limit = i64::try_from(limit).unwrap_or(i64::MAX);
    let mut rows = prepared.query((location, after, limit)).doing(READING)?;
    let mut records = Vec::new();
    while let Some(row) = rows.next().doing(READING)? {
        records.push(record(row, &names, table)?);
    }
    Ok(records)
}

fn record(row: &Row<'_>, names: &[String], table: &Table) -> Result<Record, StoreError> {
    let mut record = Record::new();
    for (index, name) in names.iter().enumerate() {
        let value = match row.get_ref(index).doing(READING)? {
            ValueRef::Null => serde_json::Value::Null,
            ValueRef::Integer(number) => number.into(),
            ValueRef::Text(text) => String::from_utf8_lossy(text).into(),
            ValueRef::Real(_) | ValueRef::Blob(_) => {
                return Err(StoreError::Corrupt { table: table.name, column: "any", id: name.clone() });
            }
        };
        record.insert(name.clone(), value);
    }
    Ok(record)
}

/// Keeps rows; `anew`: in the place of all that the table has of the location.
pub(super) fn write(
    connection: &Connection,
    location: i64,
    table: &Table,
    records: &[Record],
    anew: bool,
) -> Result<(), StoreError> {
    if anew {
        let text = format!("DELETE FROM {} WHERE location = ?1", table.name);
        connection.execute(&statement("forget copied", table, &text), [location]).doing(WRITING)?;
    }
    let Some(first) = records.first() else { return Ok(()) };
    let names: Vec<&str> = first.keys().map(String::as_str).collect();
    let places: Vec<String> = (1..=names.len()).map(|place| format!("?{place}")).collect();
    let text = format!("INSERT INTO {} ({}) VALUES ({})", table.name, names.join(", "), places.join(", "));
    let mut prepared = connection.prepare_cached(&statement("copy", table, &text)).doing(WRITING)?;
    for record in records {
        let values = names.iter().map(|name| match record.get(*name) {
            Some(serde_json::Value::String(text)) => Value::Text(text.clone()),
            Some(serde_json::Value::Number(number)) => number.as_i64().map_or(Value::Null, Value::Integer),
            _ => Value::Null,
        });
        prepared.execute(params_from_iter(values)).doing(WRITING)?;
    }
    Ok(())
}

/// Claims what the appointments of a location take, in the place of what was claimed before.
pub(super) fn derive_claims(connection: &Connection, location: i64) -> Result<(), StoreError> {
    const FORGET: &str = "/* forget copied claims */ DELETE FROM claims WHERE location = ?1";
    const DERIVE: &str = "/* derive claims */ \
        INSERT INTO claims (location, resource, occupied_from, occupied_until, appointment) \
        SELECT location, 'p:' || provider, occupied_from, occupied_until, id FROM appointments \
        WHERE location = ?1 AND status < 5 UNION ALL \
        SELECT location, 'r:' || room, occupied_from, occupied_until, id FROM appointments \
        WHERE location = ?1 AND status < 5 AND room IS NOT NULL";
    connection.execute(FORGET, [location]).doing(WRITING)?;
    connection.execute(DERIVE, [location]).map(drop).doing(WRITING)
}
