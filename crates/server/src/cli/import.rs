//! `frontdesk import`: sessions from a file.

use std::path::PathBuf;
use std::process::ExitCode;

use super::output::{self, thousands};
use super::{CliError, Database};
use crate::transfer::{self, FileFormat, ImportError, ImportOptions};

/// The exit status when some rows were refused.
const SOME_REJECTED: u8 = 3;

/// Import sessions from a CSV or NDJSON file, also while the database is served
///
/// A row has the twelve keys of a session in the Partner API, and location_id, as `frontdesk export` writes them. The
/// same file twice changes nothing, so an interrupted import can be run again. Rows that cannot be taken go to
/// FILE.rejected, each with its line and the reason; the others are kept. The exit status is 0 when every row was taken,
/// 3 when some were rejected, 1 when the import failed.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The file to import
    file: PathBuf,
    /// Its form; left out: what the name ends in (.csv, .ndjson, .jsonl)
    #[arg(long)]
    format: Option<FileFormat>,
    /// Give the sessions new updated_at, so that partners who already poll see them; left out: the file's are kept
    #[arg(long)]
    touch: bool,
    #[command(flatten)]
    database: Database,
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    let Options { file, format, touch, database } = options;
    let format = format.or_else(|| FileFormat::of(&file)).ok_or_else(|| {
        CliError::new(format!(
            "{}: its name does not end in .csv or .ndjson; say --format csv or --format ndjson",
            file.display()
        ))
    })?;
    let mut workbench = database.open()?;
    let options = ImportOptions { path: &file, format, touch };
    let summary = transfer::import(&mut workbench, &options).map_err(|error| match error {
        ImportError::Store(fault) => CliError::from(fault),
        mistake => CliError::new(mistake.to_string()),
    })?;
    let counts = summary.counts;
    output::line(&format!(
        "{}: {} added, {} updated, {} unchanged, {} rejected",
        file.display(),
        thousands(counts.added),
        thousands(counts.updated),
        thousands(counts.unchanged),
        thousands(counts.rejected)
    ))?;
    Ok(match summary.rejected {
        None => ExitCode::SUCCESS,
        Some(rejected) => {
            let rejected = rejected.display();
            output::note(&format!("The rejected rows are in {rejected}, each with its line and the reason."));
            ExitCode::from(SOME_REJECTED)
        }
    })
}
