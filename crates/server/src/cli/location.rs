//! `frontdesk location`: the sites of a practice.

use std::process::ExitCode;

use frontdesk_domain::LocationId;
use frontdesk_store::LocationSettings;
use jiff::SignedDuration;

use super::output::{self, table};
use super::{CliError, Database};
use crate::settings::{DEFAULT_TIME_TO_LIVE, micros, name, origin, time_to_live, time_zone};

/// What can be done to locations.
#[derive(clap::Subcommand, Debug)]
pub enum Options {
    /// Add a location, with an id of your choice or one that the practice already has
    ///
    /// Makes the database when there is none yet.
    Add(AddOptions),
    /// List the locations
    List(Database),
    /// Change the settings of a location; those that are not named stay
    Set(SetOptions),
}

/// `location add`
#[derive(clap::Args, Debug)]
pub struct AddOptions {
    /// The location's id, which partners send as X-Client-Id
    id: LocationId,
    /// The name that people know it by
    #[arg(long, value_parser = name)]
    name: String,
    /// Its IANA time zone, for example America/Chicago
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    time_zone: String,
    /// How long a session lives beyond the visitor's last action, for example 45m or 1h
    #[arg(long, value_name = "DURATION", value_parser = time_to_live, default_value = DEFAULT_TIME_TO_LIVE)]
    session_ttl: SignedDuration,
    /// A website whose pages may report sessions, for example `https://paws.example`; may be repeated
    #[arg(long = "origin", value_name = "ORIGIN", value_parser = origin)]
    origins: Vec<String>,
    #[command(flatten)]
    database: Database,
}

/// `location set`
#[derive(clap::Args, Debug)]
pub struct SetOptions {
    /// The location's id
    id: LocationId,
    /// The name that people know it by
    #[arg(long, value_parser = name)]
    name: Option<String>,
    /// Its IANA time zone, for example America/Chicago
    #[arg(long, value_name = "ZONE", value_parser = time_zone)]
    time_zone: Option<String>,
    /// How long a session lives beyond the visitor's last action, for example 45m or 1h; a session that is active keeps
    /// its expiry until the visitor's next action
    #[arg(long, value_name = "DURATION", value_parser = time_to_live)]
    session_ttl: Option<SignedDuration>,
    /// A website whose pages may report sessions; takes the place of those set before; may be repeated
    #[arg(long = "origin", value_name = "ORIGIN", value_parser = origin)]
    origins: Vec<String>,
    /// No website's pages may report sessions
    #[arg(long, conflicts_with = "origins")]
    no_origins: bool,
    #[command(flatten)]
    database: Database,
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    match options {
        Options::Add(options) => add(options),
        Options::List(database) => list(&database),
        Options::Set(options) => set(options),
    }?;
    Ok(ExitCode::SUCCESS)
}

fn add(options: AddOptions) -> Result<(), CliError> {
    let AddOptions { id, name, time_zone, session_ttl, origins, database } = options;
    let settings = LocationSettings { name, time_zone, session_ttl: micros(session_ttl), origins };
    database.open_or_create()?.add_location(&id, &settings)?;
    output::line(&format!("Added location {id}."))
}

fn set(options: SetOptions) -> Result<(), CliError> {
    let SetOptions { id, name, time_zone, session_ttl, origins, no_origins, database } = options;
    if name.is_none() && time_zone.is_none() && session_ttl.is_none() && origins.is_empty() && !no_origins {
        return Err(CliError::new("nothing to change: name at least one of the options, see --help"));
    }
    let mut workbench = database.open()?;
    let catalog = workbench.catalog()?;
    let location = catalog
        .location(id.as_str())
        .ok_or_else(|| CliError::from(frontdesk_store::AdminError::NoSuchLocation(id.to_string())))?;
    let known = location.settings.clone();
    let settings = LocationSettings {
        name: name.unwrap_or(known.name),
        time_zone: time_zone.unwrap_or(known.time_zone),
        session_ttl: session_ttl.map_or(known.session_ttl, micros),
        origins: if no_origins || !origins.is_empty() { origins } else { known.origins },
    };
    if settings == location.settings {
        return output::line(&format!("Location {id} is set so already."));
    }
    workbench.set_location(&id, &settings)?;
    output::line(&format!("Changed location {id}."))?;
    // Only visitors of a website would see that its frame is empty from now on.
    let gone = location.settings.origins.iter().filter(|origin| !settings.origins.contains(origin));
    let gone: Vec<&str> = gone.map(String::as_str).collect();
    if gone.is_empty() { Ok(()) } else { output::line(&format!("No longer allowed: {}", gone.join(", "))) }
}

fn list(database: &Database) -> Result<(), CliError> {
    let catalog = database.open()?.catalog()?;
    let rows = catalog.locations().into_iter().map(|location| {
        let settings = &location.settings;
        [
            location.id.to_string(),
            settings.name.clone(),
            settings.time_zone.clone(),
            format!("{:#}", SignedDuration::from_micros(settings.session_ttl)),
            settings.origins.join(" "),
        ]
    });
    output::line(&table(["ID", "NAME", "TIME ZONE", "SESSION TTL", "ORIGINS"], &[], rows))
}
