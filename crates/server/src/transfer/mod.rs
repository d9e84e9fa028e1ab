//! Sessions from files and into files, CSV and NDJSON in the wire shape with the location beside it; and everything from one
//! database into another.

mod copy;
mod csv;
mod export;
mod import;
mod lines;
mod ndjson;
pub mod progress;
mod row;

use std::path::Path;

pub use copy::copy;
pub use export::SessionWriter;
#[cfg(fuzzing)]
pub use import::parse_all;
pub use import::{ImportError, ImportOptions, import};

use crate::wire::SESSION_KEYS;

/// The key that a file has beside the twelve of the wire.
pub const LOCATION_KEY: &str = "location_id";
/// How many keys a row of a file has.
pub const KEYS: usize = SESSION_KEYS.len() + 1;

/// The form of a file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
pub enum FileFormat {
    /// Comma-separated values with a header (RFC 4180); an empty value is null
    Csv,
    /// A JSON object on each line
    Ndjson,
}

impl FileFormat {
    /// The form that a file's name tells.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
            "csv" => Some(Self::Csv),
            "ndjson" | "jsonl" => Some(Self::Ndjson),
            _ => None,
        }
    }
}

/// The keys of a row, in the order of its fields.
fn keys() -> impl Iterator<Item = &'static str> {
    SESSION_KEYS.into_iter().chain([LOCATION_KEY])
}

/// The place of a key among a row's fields.
fn index_of(key: &str) -> Option<usize> {
    keys().position(|known| known == key)
}
