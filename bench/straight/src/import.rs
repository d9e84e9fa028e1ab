//! What reading the data set's CSV has in common for both databases.

use std::collections::BTreeSet;
use std::fs::File;
use std::path::Path;

use bench_support::Fallible;
use chrono::DateTime;
use csv::{Reader, StringRecord};

use crate::session::Stage;

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

/// Opens the file.
///
/// # Errors
/// It cannot be read, or has other columns.
pub fn open(file: &Path) -> Fallible<Reader<File>> {
    let mut reader = Reader::from_path(file)?;
    if *reader.headers()? != COLUMNS[..] {
        return Err(format!("{} does not have the columns {}", file.display(), COLUMNS.join(",")).into());
    }
    Ok(reader)
}

/// Adds the location of a row.
pub fn note_location(locations: &mut BTreeSet<String>, row: &StringRecord) {
    let location = &row[12];
    if !locations.contains(location) {
        locations.insert(location.to_owned());
    }
}

/// The stage of that name.
pub fn stage(name: &str) -> Fallible<Stage> {
    Ok(serde_json::from_value(serde_json::Value::from(name))?)
}

/// Microseconds since 1970 of a date-time.
pub fn micros(text: &str) -> Fallible<i64> {
    Ok(DateTime::parse_from_rfc3339(text)?.timestamp_micros())
}
