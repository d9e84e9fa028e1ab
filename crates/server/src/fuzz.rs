//! What the fuzzer calls: the parsers of what comes from outside, each with a property that must hold for any input.

use frontdesk_store::ImportRow;

use crate::http::partner_query;
use crate::practice_file;
use crate::transfer::{FileFormat, SessionWriter, parse_all};

/// A query string of the list endpoint: refused with a reason, or read such that the `Link` to the next page reads alike.
pub fn list_query(query: &str) {
    partner_query::fuzz(query);
}

/// A file of sessions: each line is refused with a reason, or is a session that an export writes and an import reads
/// again as it was.
pub fn import(file: &[u8]) {
    for format in [FileFormat::Csv, FileFormat::Ndjson] {
        let rows: Vec<ImportRow> = parse_all(format, file).into_iter().filter_map(Result::ok).collect();
        for again in [FileFormat::Csv, FileFormat::Ndjson] {
            let mut writer = SessionWriter::new(Vec::new(), again).expect("memory can be written");
            for row in &rows {
                writer.write(row.location.as_str(), &row.session.view()).expect("memory can be written");
            }
            let written = writer.finish().expect("memory can be written");
            let read: Vec<ImportRow> =
                parse_all(again, &written).into_iter().map(|row| row.expect("what an export writes is read")).collect();
            assert_eq!(read, rows);
        }
    }
}

/// A practice's file: refused with its mistakes, or a set-up that is sound and differs in nothing from itself.
pub fn practice_file(text: &str) {
    practice_file::assert_told_or_sound(text);
}
