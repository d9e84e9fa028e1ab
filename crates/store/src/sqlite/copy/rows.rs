//! Rows of bookings in the embedded engine, as they are copied.

use frontdesk_domain::Timestamp;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Connection, ToSql};
use serde_json::{Map, Value};

use super::{begin, events};
use crate::copy::{CopiedRow, CopiedSession, Table};
use crate::error::{Doing, StoreError};
use crate::sqlite::row;

const READING: &str = "read bookings to copy";
const WRITING: &str = "write copied bookings";

const TOLD: &str = "/* sessions that tell of mails */ SELECT DISTINCT a.session FROM mails m \
     JOIN appointments a ON a.location = m.location AND a.id = m.appointment \
     WHERE m.location = ?1 AND m.state = 3 AND a.session > ?2 ORDER BY a.session LIMIT ?3";

/// The statements of a table: which reads, which forgets, which adds.
const fn statements(table: Table) -> [&'static str; 3] {
    match table {
        Table::Mails => [
            "/* mails to copy */ SELECT * FROM mails WHERE location = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            "/* mails that are copied anew */ DELETE FROM mails WHERE location = ?1",
            "/* copy a mail */ INSERT INTO mails (location, id, notice, appointment, sequence, created_at, due_at, attempts, \
             state, leased_until, reason) VALUES (:location, :id, :notice, :appointment, :sequence, :created_at, :due_at, \
             :attempts, :state, :leased_until, :reason)",
        ],
        Table::Holds => [
            "/* holds to copy */ SELECT * FROM holds WHERE location = ?1 AND session > ?2 ORDER BY session LIMIT ?3",
            "/* holds that are copied anew */ DELETE FROM holds WHERE location = ?1",
            "/* copy a hold */ INSERT INTO holds (location, session, starts_at, provider, appointment_type, room, \
             occupied_from, occupied_until, held_until) VALUES (:location, :session, :starts_at, :provider, \
             :appointment_type, :room, :occupied_from, :occupied_until, :held_until)",
        ],
        Table::Appointments => [
            "/* appointments to copy */ SELECT * FROM appointments WHERE location = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            "/* appointments that are copied anew */ DELETE FROM appointments WHERE location = ?1",
            "/* copy an appointment */ INSERT INTO appointments (location, id, remote_id, status, starts_at, ends_at, \
             provider, appointment_type, room, occupied_from, occupied_until, session, referral_source, \
             referral_campaign, referral_medium, client_type, client, patient, note, language, sequence, created_at, \
             updated_at) VALUES (:location, :id, :remote_id, :status, :starts_at, :ends_at, :provider, \
             :appointment_type, :room, :occupied_from, :occupied_until, :session, :referral_source, \
             :referral_campaign, :referral_medium, :client_type, :client, :patient, :note, :language, :sequence, \
             :created_at, :updated_at)",
        ],
        Table::Patients => [
            "/* patients to copy */ SELECT * FROM patients WHERE location = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            "/* patients that are copied anew */ DELETE FROM patients WHERE location = ?1",
            "/* copy a patient */ INSERT INTO patients (location, id, remote_id, client, name, species, breed, created_at, \
             search_name) VALUES (:location, :id, :remote_id, :client, :name, :species, :breed, :created_at, :search_name)",
        ],
        Table::Clients => [
            "/* clients to copy */ SELECT * FROM clients WHERE location = ?1 AND id > ?2 ORDER BY id LIMIT ?3",
            "/* clients that are copied anew */ DELETE FROM clients WHERE location = ?1",
            "/* copy a client */ INSERT INTO clients (location, id, remote_id, first_name, last_name, email, phone, \
             created_at, search_name, normal_email, normal_phone) VALUES (:location, :id, :remote_id, :first_name, \
             :last_name, :email, :phone, :created_at, :search_name, :normal_email, :normal_phone)",
        ],
    }
}

/// The first rows of a table whose keys come after `after`.
pub(super) fn read(
    connection: &Connection,
    table: Table,
    location: i64,
    after: &str,
    limit: usize,
) -> Result<Vec<CopiedRow>, StoreError> {
    let [read, ..] = statements(table);
    let mut statement = connection.prepare_cached(read).doing(READING)?;
    let columns: Vec<String> = statement.column_names().map(str::to_owned).collect();
    let mut rows = statement.query((location, after, i64::try_from(limit).unwrap_or(i64::MAX))).doing(READING)?;
    let mut copied = Vec::new();
    while let Some(row) = rows.next().doing(READING)? {
        let mut values = Map::new();
        for (index, column) in columns.iter().enumerate() {
            let value = match row.get_ref(index).doing(READING)? {
                ValueRef::Null => Value::Null,
                ValueRef::Integer(number) => number.into(),
                other => other.as_str().map(Into::into).map_err(rusqlite::Error::from).doing(READING)?,
            };
            values.insert(column.clone(), value);
        }
        copied.push(CopiedRow(values));
    }
    Ok(copied)
}

/// Keeps rows of a table; with `anew`, in the place of all that are kept.
pub(super) fn write(
    connection: &mut Connection,
    table: Table,
    location: i64,
    rows: &[CopiedRow],
    anew: bool,
) -> Result<(), StoreError> {
    let [_, forget, add] = statements(table);
    let transaction = begin(connection)?;
    if anew {
        transaction.execute(forget, [location]).doing(WRITING)?;
    }
    {
        let mut statement = transaction.prepare_cached(add).doing(WRITING)?;
        for CopiedRow(row) in rows {
            let values: Vec<(String, Column<'_>)> =
                row.iter().map(|(name, value)| (format!(":{name}"), Column(value))).collect();
            let named: Vec<(&str, &dyn ToSql)> =
                values.iter().map(|(name, value)| (name.as_str(), value as &dyn ToSql)).collect();
            statement.execute(named.as_slice()).doing(WRITING)?;
        }
    }
    transaction.commit().doing("commit copied bookings")
}

/// The value of a column.
struct Column<'a>(&'a Value);

impl ToSql for Column<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        match self.0 {
            Value::Null => Ok(ToSqlOutput::Borrowed(ValueRef::Null)),
            Value::String(text) => Ok(text.as_str().into()),
            other => match other.as_i64() {
                Some(number) => Ok(number.into()),
                None => Err(rusqlite::Error::ToSqlConversionFailure("neither a text nor a whole number".into())),
            },
        }
    }
}

/// The first sessions after `after` whose timelines tell of mails that failed.
pub(super) fn told(
    connection: &Connection,
    location: i64,
    after: &str,
    limit: usize,
) -> Result<Vec<CopiedSession>, StoreError> {
    let mut statement = connection.prepare_cached(TOLD).doing(READING)?;
    let ids = statement
        .query_map((location, after, i64::try_from(limit).unwrap_or(i64::MAX)), |row| row.get::<_, String>(0))
        .and_then(Iterator::collect::<Result<Vec<_>, _>>)
        .doing(READING)?;
    let mut told = Vec::new();
    for id in ids {
        if let Some(session) = row::find(connection, location, &id)? {
            told.push(CopiedSession { session, events: events(connection, location, &id).doing(READING)? });
        }
    }
    Ok(told)
}

/// Makes claims of the appointments that stand; the agenda has changed at `tick`, if not later.
pub(super) fn claim_anew(connection: &mut Connection, location: i64, tick: Timestamp) -> Result<(), StoreError> {
    let transaction = begin(connection)?;
    transaction
        .execute("/* claims that are made anew */ DELETE FROM claims WHERE location = ?1", [location])
        .doing(WRITING)?;
    transaction
        .execute(
            "/* claims of appointments */ \
             INSERT INTO claims (location, resource, occupied_from, occupied_until, appointment) \
             SELECT location, 'p:' || provider, occupied_from, occupied_until, id FROM appointments \
             WHERE location = ?1 AND status < 5 UNION ALL \
             SELECT location, 'r:' || room, occupied_from, occupied_until, id FROM appointments \
             WHERE location = ?1 AND status < 5 AND room IS NOT NULL",
            [location],
        )
        .doing(WRITING)?;
    transaction
        .execute(
            "/* a copied agenda */ INSERT INTO agendas (location, changed_at) VALUES (?1, ?2) \
             ON CONFLICT (location) DO UPDATE SET changed_at = max(changed_at, excluded.changed_at)",
            (location, tick.as_micros()),
        )
        .doing(WRITING)?;
    transaction.commit().doing("commit copied claims")
}
