//! `frontdesk check`: does the record agree with itself?

use std::process::ExitCode;

use super::output::{self, thousands};
use super::{CliError, Database};
use crate::transfer::progress;

/// Check the record: counts against rows, timelines against states, ticks, and the file itself
///
/// Works beside a running server. The exit status is 0 for a sound record and 1 when anything is wrong.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    database: Database,
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    let spinner = progress::counting("sessions checked");
    let report = options.database.open()?.check(|sessions| spinner.set_position(sessions))?;
    spinner.finish_and_clear();
    for finding in &report.findings {
        output::line(&finding.0)?;
    }
    let checked = format!(
        "{} sessions, {} events and {} tallies checked",
        thousands(report.sessions),
        thousands(report.events),
        thousands(report.tallies)
    );
    if report.findings.is_empty() {
        output::line(&format!("{checked}: the record is sound."))?;
        return Ok(ExitCode::SUCCESS);
    }
    let findings = match report.findings.len() {
        1 => "1 finding".to_owned(),
        many => format!("{many} findings"),
    };
    Err(CliError::new(format!("{checked}: {findings}. Keep the file and restore the last backup that checks.")))
}
