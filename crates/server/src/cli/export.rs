//! `frontdesk export`: sessions into a file.

use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::Arc;

use frontdesk_domain::feed::Window;
use frontdesk_domain::{LocationId, Timestamp};
use frontdesk_store::{Location, Workbench};

use super::output::{self, refuse_to_overwrite, thousands, written};
use super::window::WindowOptions;
use super::{CliError, Database};
use crate::transfer::{FileFormat, SessionWriter, progress};

/// Export sessions as CSV or NDJSON, in the form that `frontdesk import` reads
///
/// Location by location, each in the order of its change feed and as of one moment.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// A location; may be repeated; left out: every location
    #[arg(long = "location", value_name = "ID")]
    locations: Vec<LocationId>,
    /// The form; left out: what the name of --output ends in (.csv, .ndjson, .jsonl), else csv
    #[arg(long)]
    format: Option<FileFormat>,
    /// The file to write; it must not exist; left out: standard output
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
    #[command(flatten)]
    window: WindowOptions,
    #[command(flatten)]
    database: Database,
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    let Options { locations, format, output, window, database } = options;
    let window = window.window(Timestamp::MIN)?;
    let mut workbench = database.open()?;
    let locations = chosen(&workbench, &locations)?;
    let format = format.or_else(|| output.as_deref().and_then(FileFormat::of)).unwrap_or(FileFormat::Csv);
    match output {
        None => {
            let writer = written(SessionWriter::new(output::stdout(), format))?;
            export(&mut workbench, &locations, &window, writer, written)?;
        }
        Some(path) => {
            let (file, unfinished) = unfinished(&path)?;
            let failed = |cause: &std::io::Error| CliError::file("write", &unfinished, cause);
            let written = |result: std::io::Result<()>| result.map_err(|cause| failed(&cause));
            let writer = SessionWriter::new(BufWriter::new(file), format).map_err(|cause| failed(&cause))?;
            let sessions = export(&mut workbench, &locations, &window, writer, written).inspect_err(|_| {
                // Half a file is of no use; the error that is on its way says what happened.
                let _ = std::fs::remove_file(&unfinished);
            })?;
            std::fs::rename(&unfinished, &path).map_err(|cause| CliError::file("name", &path, &cause))?;
            output::line(&format!("Wrote {} ({} sessions).", path.display(), thousands(sessions)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The locations that were named, or all.
fn chosen(workbench: &Workbench, ids: &[LocationId]) -> Result<Vec<Arc<Location>>, CliError> {
    let catalog = workbench.catalog()?;
    if ids.is_empty() {
        return Ok(catalog.locations().into_iter().map(Arc::clone).collect());
    }
    let mut chosen: Vec<Arc<Location>> = Vec::new();
    for id in ids {
        let location = super::sessions::known(&catalog, id)?;
        if !chosen.iter().any(|earlier| earlier.id == location.id) {
            chosen.push(location);
        }
    }
    Ok(chosen)
}

/// The file under a name that says that it is not whole yet.
fn unfinished(path: &Path) -> Result<(File, PathBuf), CliError> {
    refuse_to_overwrite(path)?;
    let mut name = path.as_os_str().to_owned();
    name.push(".unfinished");
    let name = PathBuf::from(name);
    let file = File::create(&name).map_err(|cause| CliError::file("write", &name, &cause))?;
    Ok((file, name))
}

fn export(
    workbench: &mut Workbench,
    locations: &[Arc<Location>],
    window: &Window,
    mut writer: SessionWriter<impl Write + Send>,
    written: impl Fn(std::io::Result<()>) -> Result<(), CliError>,
) -> Result<u64, CliError> {
    let mut total = 0;
    for location in locations {
        total += workbench.count(location, window)?;
    }
    let bar = progress::over_sessions(total);
    let mut sessions = 0;
    for location in locations {
        let mut result = Ok(());
        workbench.sessions(location, window, 0, |view| {
            result = writer.write(location.id.as_str(), &view);
            sessions += 1;
            if sessions % 1000 == 0 {
                bar.set_position(sessions);
            }
            result.is_ok()
        })?;
        written(result)?;
    }
    bar.finish_and_clear();
    written(writer.finish().map(drop))?;
    Ok(sessions)
}
