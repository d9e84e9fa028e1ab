//! `frontdesk sessions`: a window of a location's sessions, for a person at a terminal.

use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;

use frontdesk_domain::session::{ClientType, SessionView, Status};
use frontdesk_domain::{LocationId, Timestamp};
use frontdesk_store::{AdminError, Catalog, Location};
use jiff::tz::TimeZone;

use super::output::{self, table, thousands, written};
use super::window::WindowOptions;
use super::{CliError, Database};
use crate::transfer::{FileFormat, SessionWriter};

/// Show a location's sessions
///
/// In the order of their last change, the latest at the bottom. The table shows times of the location's time zone; csv
/// and ndjson are as `frontdesk export` writes them.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Whose sessions
    #[arg(long, value_name = "ID")]
    location: LocationId,
    /// How they are shown
    #[arg(long, default_value = "table")]
    format: Format,
    /// Show the latest N of them; 0 shows all
    #[arg(long, default_value = "50", value_name = "N", value_parser = number, allow_negative_numbers = true)]
    last: u64,
    #[command(flatten)]
    window: WindowOptions,
    #[command(flatten)]
    database: Database,
}

/// How sessions are shown.
#[derive(Clone, Copy, PartialEq, Eq, Debug, clap::ValueEnum)]
enum Format {
    /// Columns for the eye
    Table,
    /// Comma-separated values, as `frontdesk import` reads them
    Csv,
    /// A JSON object on each line
    Ndjson,
}

fn number(text: &str) -> Result<u64, String> {
    text.parse().map_err(|_| "takes a number of sessions, or 0 for all".to_owned())
}

/// The location of that id.
pub fn known(catalog: &Catalog, id: &LocationId) -> Result<Arc<Location>, CliError> {
    catalog.location(id.as_str()).map(Arc::clone).ok_or_else(|| AdminError::NoSuchLocation(id.to_string()).into())
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    let Options { location, format, last, window, database } = options;
    let window = window.window(Timestamp::MIN)?;
    let mut workbench = database.open()?;
    let location = known(&workbench.catalog()?, &location)?;
    let count = workbench.count(&location, &window)?;
    let skip = if last == 0 { 0 } else { count.saturating_sub(last) };
    let file_format = match format {
        Format::Csv => FileFormat::Csv,
        Format::Ndjson => FileFormat::Ndjson,
        Format::Table => {
            let zone = TimeZone::get(&location.settings.time_zone).unwrap_or(TimeZone::UTC);
            let mut rows = Vec::new();
            workbench.sessions(&location, &window, skip, |view| {
                rows.push(cells(&view, &zone));
                true
            })?;
            let shown = rows.len() as u64;
            let header = ["UPDATED", "STATUS", "STAGE", "CLIENT", "SOURCE", "CAMPAIGN", "APPOINTMENT", "ID"];
            output::line(&table(header, &[], rows))?;
            let zone = &location.settings.time_zone;
            output::line(&format!("\n{} of {} sessions, times of {zone}", thousands(shown), thousands(count)))?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    let mut writer = written(SessionWriter::new(output::stdout(), file_format))?;
    let mut result = Ok(());
    workbench.sessions(&location, &window, skip, |view| {
        result = writer.write(location.id.as_str(), &view);
        result.is_ok()
    })?;
    written(result)?;
    written(writer.finish().and_then(|mut output| output.flush()))?;
    Ok(ExitCode::SUCCESS)
}

fn cells(session: &SessionView<'_>, zone: &TimeZone) -> [String; 8] {
    let text = |value: Option<&str>| value.unwrap_or("-").to_owned();
    [
        local(session.updated_at, zone),
        session.status.as_str().to_owned(),
        // The stage of a completed session says nothing more.
        if session.status == Status::Completed { "-".to_owned() } else { session.stage.as_str().to_owned() },
        text(session.client_type.map(ClientType::as_str)),
        text(session.referral_source),
        text(session.referral_campaign),
        text(session.appointment_id),
        session.id.to_owned(),
    ]
}

/// The time at the location, to the second, with its zone: when clocks go back, an hour comes twice.
fn local(at: Timestamp, zone: &TimeZone) -> String {
    match jiff::Timestamp::from_microsecond(at.as_micros()) {
        Ok(instant) => {
            let local = zone.to_datetime(instant).strftime("%Y-%m-%d %H:%M:%S");
            format!("{local} {}", zone.to_offset_info(instant).abbreviation())
        }
        Err(_) => at.to_string(),
    }
}
