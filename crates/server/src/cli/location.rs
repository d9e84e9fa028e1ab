//! `frontdesk location`: the sites of a practice.

use std::process::ExitCode;

use axum::http::Uri;
use frontdesk_domain::LocationId;
use frontdesk_domain::time::SECOND;
use frontdesk_store::LocationSettings;
use jiff::SignedDuration;
use jiff::tz::TimeZone;

use super::output::{self, table};
use super::{CliError, Database};

/// How long a session lives beyond the visitor's last action, unless the location says otherwise (contract, `status`).
const DEFAULT_TIME_TO_LIVE: &str = "30m";
/// The longest that makes sense: nobody comes back to a booking page after a week and finds the same times.
const LONGEST_TIME_TO_LIVE: SignedDuration = SignedDuration::from_hours(7 * 24);

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
    output::line(&format!("Changed location {id}."))
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

fn micros(duration: SignedDuration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn time_zone(name: &str) -> Result<String, String> {
    // The machine's own zone is in the database of zones as well, but is another one on another machine.
    TimeZone::get(name)
        .ok()
        .filter(|zone| !zone.is_unknown() && !name.eq_ignore_ascii_case("localtime"))
        .and_then(|zone| zone.iana_name().map(str::to_owned))
        .ok_or_else(|| "there is no such time zone; takes an IANA name, for example America/Chicago".to_owned())
}

fn name(text: &str) -> Result<String, String> {
    output::plain_text(text).and_then(|name| match name.is_empty() {
        true => Err("takes a name".to_owned()),
        false => Ok(name),
    })
}

fn time_to_live(text: &str) -> Result<SignedDuration, String> {
    let duration: SignedDuration =
        text.parse().map_err(|_| "takes a duration, for example 30m, 1h or 48h".to_owned())?;
    if duration < SignedDuration::from_micros(SECOND) || duration > LONGEST_TIME_TO_LIVE {
        return Err("takes 1s to 168h (seven days)".to_owned());
    }
    Ok(duration)
}

/// An origin as browsers write it (RFC 6454, section 6.2): without a path, in lower case, without a scheme's own port.
fn origin(text: &str) -> Result<String, String> {
    let wrong = || {
        "takes the address of a website as browsers send it: without a path, for example https://paws.example"
            .to_owned()
    };
    let uri: Uri = text.parse().map_err(|_| wrong())?;
    let (scheme, host) = (uri.scheme_str().ok_or_else(wrong)?, uri.host().ok_or_else(wrong)?);
    let own_port = match scheme {
        "https" => 443,
        "http" => 80,
        _ => return Err(wrong()),
    };
    let userinfo = uri.authority().is_some_and(|authority| authority.as_str().contains('@'));
    if uri.path() != "/" || uri.query().is_some() || userinfo {
        return Err(wrong());
    }
    let port = uri.port_u16().filter(|port| *port != own_port).map(|port| format!(":{port}")).unwrap_or_default();
    Ok(format!("{scheme}://{}{port}", host.to_ascii_lowercase()))
}

#[cfg(test)]
mod tests {
    use super::{origin, time_to_live, time_zone};

    #[test]
    fn origins_are_kept_as_browsers_write_them() {
        assert_eq!(origin("HTTPS://Paws.Example:443/").as_deref(), Ok("https://paws.example"));
        assert_eq!(origin("http://localhost:8080").as_deref(), Ok("http://localhost:8080"));
        for wrong in ["paws.example", "https://paws.example/book", "https://me@paws.example", "ftp://paws.example", "*"]
        {
            assert!(origin(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn durations_and_zones_are_checked() {
        assert_eq!(time_to_live("30m").map(|duration| duration.as_secs()), Ok(1800));
        for wrong in ["30", "0s", "-5m", "8d", "1 fortnight"] {
            assert!(time_to_live(wrong).is_err(), "{wrong}");
        }
        assert!(time_zone("America/Chicago").is_ok() && time_zone("Chicago").is_err());
    }
}
