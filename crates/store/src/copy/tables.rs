//! What of booking is copied, table by table. Its rows are few beside the sessions, so each copy takes them all anew.

use super::{Copying, Side};
use crate::error::StoreError;

/// Rows that share a commit.
const PORTION: usize = 4_000;

/// A row by the names of its columns: numbers, texts and nulls.
pub(crate) type Record = serde_json::Map<String, serde_json::Value>;

/// A table of booking, whose keys are the location and one text.
#[derive(Debug)]
pub(crate) struct Table {
    /// Its name.
    pub(crate) name: &'static str,
    /// The column of the text; none when there is at most one row for a location.
    pub(crate) key: Option<&'static str>,
    /// Columns that change without a tick, so that they cannot be compared while the source is served.
    passing: &'static [&'static str],
}

/// Every table that is copied. Claims are not: they follow from the appointments.
pub(crate) const TABLES: &[Table] = &[
    Table { name: "setups", key: None, passing: &[] },
    Table { name: "clients", key: Some("id"), passing: &[] },
    Table { name: "patients", key: Some("id"), passing: &[] },
    Table { name: "appointments", key: Some("id"), passing: &[] },
    Table { name: "holds", key: Some("session"), passing: &[] },
    Table { name: "agendas", key: None, passing: &[] },
    Table { name: "mails", key: Some("id"), passing: &["due_at", "attempts", "state", "leased_until", "reason"] },
];

impl Table {
    /// The text by which rows are put in order.
    pub(crate) fn order(&self) -> &'static str {
        self.key.unwrap_or("CAST(location AS text)")
    }

    fn key_of(&self, record: &Record) -> String {
        let text = self.key.and_then(|key| record.get(key)).and_then(|key| key.as_str());
        text.unwrap_or("only").to_owned()
    }
}

/// Gives every row of a table to `take`, in portions of one moment each.
fn read(
    side: &mut dyn Side,
    location: i64,
    table: &Table,
    mut take: impl FnMut(&[Record]) -> Result<(), StoreError>,
) -> Result<(), StoreError> {
    let mut after = String::new();
    loop {
        let records = side.read_table(location, table, &after, PORTION)?;
        take(&records)?;
        match records.last() {
            Some(last) if records.len() == PORTION => after = table.key_of(last),
            _ => return Ok(()),
        }
    }
}

/// Gives every row of booking of a location to `take`, without what is not compared.
pub(super) fn compared(
    side: &mut dyn Side,
    location: i64,
    mut take: impl FnMut(&'static str, &Record),
) -> Result<(), StoreError> {
    for table in TABLES {
        read(side, location, table, |records| {
            for record in records {
                let mut record = record.clone();
                record.retain(|column, _| !table.passing.contains(&column.as_str()));
                take(table.name, &record);
            }
            Ok(())
        })?;
    }
    Ok(())
}

impl Copying<'_> {
    /// Copies everything of booking of a location.
    pub(super) fn tables(&mut self, location: i64) -> Result<(), StoreError> {
        for table in TABLES {
            let mut anew = true;
            let target = &mut *self.target;
            read(self.source, location, table, |records| {
                target.write_table(location, table, records, std::mem::replace(&mut anew, false))
            })?;
        }
        self.target.derive_claims(location)
    }
}
