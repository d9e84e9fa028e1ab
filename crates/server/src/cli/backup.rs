//! `frontdesk backup`: a copy of the database, while it is served.

use std::path::PathBuf;
use std::process::ExitCode;

use super::output::{self, refuse_to_overwrite, thousands};
use super::{CliError, Database};

/// Write a consistent copy of the database to a new file, also while it is served
///
/// The copy is a database like any other: `frontdesk check --database sqlite:COPY` proves it, and `frontdesk serve` serves it.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The file to write; it must not exist
    target: PathBuf,
    #[command(flatten)]
    database: Database,
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    refuse_to_overwrite(&options.target)?;
    let bytes = options.database.open()?.backup(&options.target)?;
    output::line(&format!("Wrote {} ({} bytes).", options.target.display(), thousands(bytes)))?;
    Ok(ExitCode::SUCCESS)
}
