//! Rows of files to import, as the tests of the commands write them.

/// The header of a CSV file.
pub const HEADER: &str = "id,status,stage,client_type,appointment_id,remote_appointment_id,referral_source,referral_campaign,referral_medium,created_at,updated_at,last_activity_at,location_id";

/// A CSV file of these rows.
pub fn csv(rows: &[impl AsRef<str>]) -> String {
    let mut file = format!("{HEADER}\n");
    for row in rows {
        file.push_str(row.as_ref());
        file.push('\n');
    }
    file
}

/// A row of an abandoned session of `paws-austin`, the later the larger its number.
pub fn row(number: usize) -> String {
    let (minute, second) = (number / 60 % 60, number % 60);
    let at = format!("2023-11-05T{:02}:{minute:02}:{second:02}Z", number / 3600);
    format!("S-{number},abandoned,scheduling,,,,google,,,{at},{at},,paws-austin")
}

/// A CSV file of so many rows.
pub fn many(count: usize) -> String {
    let rows: Vec<String> = (0..count).map(row).collect();
    csv(&rows)
}
