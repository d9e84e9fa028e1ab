//! What is copied of bookings: rows of tables as they are, whatever columns they have.

use frontdesk_domain::Timestamp;
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use super::Side;
use crate::error::StoreError;

/// Rows that share a commit.
const ROWS: usize = 4_000;

/// A table of a location's bookings. What an appointment refers to comes after it: a source that is served meanwhile may have
/// more of that by then, and never less.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Table {
    Mails,
    Holds,
    Appointments,
    Patients,
    Clients,
}

impl Table {
    pub(crate) const ALL: [Self; 5] = [Self::Mails, Self::Holds, Self::Appointments, Self::Patients, Self::Clients];

    const fn name(self) -> &'static str {
        match self {
            Self::Mails => "mails",
            Self::Holds => "holds",
            Self::Appointments => "appointments",
            Self::Patients => "patients",
            Self::Clients => "clients",
        }
    }

    /// The column that tells the rows of a location apart.
    pub(crate) const fn key(self) -> &'static str {
        match self {
            Self::Holds => "session",
            Self::Mails | Self::Appointments | Self::Patients | Self::Clients => "id",
        }
    }
}

/// A row: its columns by their names, which are the same on both engines.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct CopiedRow(pub(crate) Map<String, Value>);

impl CopiedRow {
    /// What tells it from the other rows of its location.
    pub(crate) fn key(&self, table: Table) -> &str {
        self.0.get(table.key()).and_then(Value::as_str).unwrap_or_default()
    }
}

/// What a location has of bookings: two that are the same have the same rows.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct RowsDigest {
    pub(super) rows: u64,
    pub(super) checksum: [u8; 32],
}

/// Copies all bookings of a location; answers what the source had of them.
pub(super) fn copy(
    source: &mut dyn Side,
    target: &mut dyn Side,
    location: i64,
    tick: Timestamp,
) -> Result<RowsDigest, StoreError> {
    let mut digester = RowsDigester::default();
    for table in Table::ALL {
        let mut anew = true;
        in_portions(source, table, location, |rows| {
            rows.iter().for_each(|row| digester.take(table, row));
            // Also when there are none: what the target has of them goes.
            target.write_rows(table, location, rows, std::mem::take(&mut anew))
        })?;
    }
    target.claim_anew(location, tick)?;
    Ok(digester.finish())
}

/// What a side has of a location's bookings.
pub(super) fn digest(side: &mut dyn Side, location: i64) -> Result<RowsDigest, StoreError> {
    let mut digester = RowsDigester::default();
    for table in Table::ALL {
        in_portions(side, table, location, |rows| {
            rows.iter().for_each(|row| digester.take(table, row));
            Ok(())
        })?;
    }
    Ok(digester.finish())
}

/// Gives the rows of a table to `sink`, some at a time; at least once, be it with none.
fn in_portions(
    side: &mut dyn Side,
    table: Table,
    location: i64,
    mut sink: impl FnMut(&[CopiedRow]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let rows = side.read_rows(table, location, &after, ROWS)?;
        sink(&rows)?;
        match rows.last() {
            Some(last) if rows.len() == ROWS => last.key(table).clone_into(&mut after),
            _ => return Ok(()),
        }
    }
}

/// Takes the rows of a location, table by table, in the order of their keys.
#[derive(Default)]
pub(super) struct RowsDigester {
    rows: u64,
    sum: Sha256,
}

impl RowsDigester {
    pub(super) fn take(&mut self, table: Table, row: &CopiedRow) {
        self.rows += 1;
        // Names of columns are in order in it, so that it has one reading.
        let text = serde_json::to_string(&(table.name(), &row.0))
            .expect("cannot fail: a row is made of texts, numbers and nulls");
        self.sum.update((text.len() as u64).to_be_bytes());
        self.sum.update(text);
    }

    pub(super) fn finish(self) -> RowsDigest {
        RowsDigest { rows: self.rows, checksum: self.sum.finalize().into() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: &str, note: Option<&str>) -> CopiedRow {
        CopiedRow([("id".to_owned(), id.into()), ("note".to_owned(), note.into())].into_iter().collect())
    }

    #[test]
    fn nothing_of_a_row_goes_unnoticed() {
        let of = |rows: &[(Table, CopiedRow)]| {
            let mut digester = RowsDigester::default();
            rows.iter().for_each(|(table, row)| digester.take(*table, row));
            digester.finish()
        };
        let (one, other) = ((Table::Clients, row("a", None)), (Table::Clients, row("b", Some(""))));
        let whole = of(&[one.clone(), other.clone()]);
        assert_eq!(of(&[one.clone(), other.clone()]), whole);
        let others = [
            of(std::slice::from_ref(&one)),
            of(&[other, one.clone()]),
            of(&[one.clone(), (Table::Clients, row("b", None))]),
            of(&[one, (Table::Patients, row("b", Some("")))]),
        ];
        assert!(others.iter().all(|other| *other != whole));
    }
}
