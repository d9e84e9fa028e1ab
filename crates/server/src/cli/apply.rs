//! `frontdesk apply`: a practice's set-up as a file.

mod obstacles;
mod words;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use frontdesk_domain::LocationId;
use frontdesk_store::{Catalog, SetupVerdict, Workbench};

use super::output;
use super::{CliError, Database};
use crate::practice_file::{self, Difference, LocationFile};
use words::{show, summary};

/// The most bytes of a file: a practice's has some thousands.
const MOST_FILE_BYTES: u64 = 1024 * 1024;

/// Set locations up for booking, from a file
///
/// The file has their hours, rules, rooms, providers and types of appointment; --example prints one to begin with. Adds
/// the locations that are missing, changes those that differ, and prints the difference; a location that is not in the
/// file stays as it is. Applying a file again changes nothing. What has appointments still to come is not taken away.
/// Works beside running servers, which know within a second, and makes the database when there is none yet.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The file to apply
    #[arg(required_unless_present_any = ["example", "schema"])]
    file: Option<PathBuf>,
    /// Print what would change, and change nothing
    #[arg(long)]
    dry_run: bool,
    /// Print a file to begin with, every key explained
    #[arg(long, conflicts_with_all = ["file", "dry_run", "schema"])]
    example: bool,
    /// Print the JSON Schema of the file, with which editors complete and check it
    #[arg(long, conflicts_with_all = ["file", "dry_run"])]
    schema: bool,
    #[command(flatten)]
    database: Database,
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    match &options.file {
        None if options.example => output::line(practice_file::EXAMPLE.trim_end())?,
        None => output::line(&format!("{:#}", practice_file::schema()))?,
        Some(file) => {
            let locations = read(file)?;
            if options.dry_run {
                dry_run(&options.database, &locations)?
            } else {
                apply(&options.database, &locations)?
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn read(path: &Path) -> Result<Vec<LocationFile>, CliError> {
    let fault = |cause: &std::io::Error| CliError::file("read", path, cause);
    let size = std::fs::metadata(path).map_err(|cause| fault(&cause))?.len();
    if size > MOST_FILE_BYTES {
        return Err(CliError::new(format!("{} has more than a megabyte; is it a practice's file?", path.display())));
    }
    let bytes = std::fs::read(path).map_err(|cause| fault(&cause))?;
    let text = String::from_utf8(bytes).map_err(|wrong| {
        let line = wrong.as_bytes()[..wrong.utf8_error().valid_up_to()].split(|byte| *byte == b'\n').count();
        CliError::new(format!("{}:{line}: this is not UTF-8; save the file as UTF-8", path.display()))
    })?;
    let name = path.display().to_string();
    practice_file::parse(&text, &name, path.parent()).map_err(|mistakes| {
        let count = match mistakes.count() {
            1 => "a mistake".to_owned(),
            several => format!("{several} mistakes"),
        };
        CliError::new(format!("{name} has {count}, and nothing was changed\n\n{mistakes}"))
    })
}

fn dry_run(database: &Database, locations: &[LocationFile]) -> Result<(), CliError> {
    let mut workbench = database.open_if_there()?;
    let catalog = workbench.as_ref().map(Workbench::catalog).transpose()?;
    let differences = differences(catalog.as_ref(), locations);
    show(&differences)?;
    for id in untouched(catalog.as_ref(), locations) {
        output::line(&format!("  {id} is not in the file and stays as it is"))?;
    }
    let summary = match summary(&differences) {
        None => "Nothing to change.".to_owned(),
        Some(summary) => format!("{summary} This was a dry run: nothing was changed."),
    };
    output::line(&summary)?;
    match (&mut workbench, &catalog) {
        (Some(workbench), Some(catalog)) => obstacles::refuse(workbench, catalog, locations),
        _ => Ok(()),
    }
}

fn apply(database: &Database, locations: &[LocationFile]) -> Result<(), CliError> {
    let mut workbench = database.open_or_create()?;
    let catalog = workbench.catalog()?;
    let differences = differences(Some(&catalog), locations);
    // All or nothing, as far as an appointment that is made in this moment lets it.
    obstacles::refuse(&mut workbench, &catalog, locations)?;
    for location in locations {
        if catalog.location(location.id.as_str()).is_none() {
            workbench.add_location(&location.id, &location.settings)?;
        }
        if let SetupVerdict::InTheWay(appointments) =
            workbench.apply_setup(&location.id, &location.settings, &location.setup, false)?
        {
            return Err(obstacles::in_the_way(&workbench, &location.id, &appointments));
        }
    }
    show(&differences)?;
    output::line(&summary(&differences).unwrap_or_else(|| "Nothing to change.".to_owned()))
}

fn differences(catalog: Option<&Catalog>, locations: &[LocationFile]) -> Vec<Difference> {
    let difference = |file: &LocationFile| {
        let known = catalog.and_then(|catalog| catalog.location(file.id.as_str())).map(|known| {
            let setup = known.booking.as_ref().map(|booking| &booking.setup);
            (&known.settings, setup)
        });
        Difference::between(&file.id, known, (&file.settings, &file.setup))
    };
    locations.iter().map(difference).collect()
}

/// The locations that the file says nothing of.
fn untouched(catalog: Option<&Catalog>, locations: &[LocationFile]) -> Vec<LocationId> {
    let known = catalog.map(Catalog::locations).unwrap_or_default();
    let in_file = |id: &LocationId| locations.iter().any(|location| location.id == *id);
    known.into_iter().map(|location| location.id.clone()).filter(|id| !in_file(id)).collect()
}
