//! Sessions from a file: batches of rows in one transaction each, every row with a verdict.

use frontdesk_domain::Timestamp;
use rusqlite::Connection;

use super::catalog;
use super::records::{self, LOWEST_LEVEL, Transaction};
use crate::batch::Batch;
use crate::catalog::Catalog;
use crate::error::StoreError;
use crate::record::{ImportRow, ImportVerdict};

/// Writes `rows` in the running transaction. With `touch`, what changes gets new ticks instead of the file's
/// `updated_at`.
pub(super) fn write(
    connection: &Connection,
    catalog: &Catalog,
    rows: Vec<ImportRow>,
    touch: bool,
    now: Timestamp,
) -> Result<Vec<ImportVerdict>, StoreError> {
    // Whoever reads the present waits for the lock on ticks that the import holds, so nobody has seen more than `now`.
    let transaction = Transaction { connection, seen: Timestamp::MIN };
    let mut batch = Batch::new(transaction, catalog, now, LOWEST_LEVEL);
    let verdicts = rows.into_iter().map(|row| batch.import(row, touch)).collect::<Result<Vec<_>, _>>()?;
    let (_, changes) = batch.finish();
    if records::finish(connection, changes)? < Timestamp::MAX {
        // A running server looks at its expiries anew when the generation changes.
        catalog::next_generation(connection)?;
    }
    Ok(verdicts)
}
