//! `frontdesk copy`: everything into another database, of the same engine or of the other.

use std::process::ExitCode;
use std::sync::Arc;

use frontdesk_domain::Clock;
use frontdesk_domain::time::SECOND;
use frontdesk_store::{CopiedLocation, CopyError, CopyReport, CopyVerdict, OpenError, Workbench, shown};

use super::CliError;
use super::output::{self, table, thousands};
use crate::clock::SystemClock;
use crate::entropy;
use crate::transfer;

/// The exit status when the source has, or may come to have, more than was copied.
const NOT_FINISHED: u8 = 3;

/// Copy everything into another database, for example from SQLite to PostgreSQL or back
///
/// Sessions and their timelines, locations and tokens, ids and times are kept, so that partners who poll and booking pages
/// that are open go on with the new database as if nothing had happened. A new file is made; of PostgreSQL, name a database
/// that is there and empty.
///
/// The old database may be served meanwhile. The same command again takes only what is missing: after an interruption, and
/// after the old server was stopped. So copy while it runs, stop it, copy once more, and start the new one.
///
/// At the end both are compared, location by location. The exit status is 0 when everything was copied and verified, 3 when
/// the old database is being served or has changed meanwhile, so that the command has to be run again, 1 when anything
/// failed or differs.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The database to copy, as sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME
    #[arg(long, value_name = "URL")]
    from: String,
    /// The database to copy it to: a new or an empty one, or an earlier copy of the same
    #[arg(long, value_name = "URL")]
    to: String,
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    let Options { from, to } = options;
    if from == to {
        return Err(refused(CopyError::Same, &from, &to));
    }
    let clock = Arc::new(SystemClock::new());
    let started = clock.now();
    let open = |option, url: &str, create, key| {
        let clock = Arc::clone(&clock) as Arc<dyn Clock>;
        Workbench::open(url, create, clock, key).map_err(|error| not_opened(option, error))
    };
    let mut source = open("--from", &from, false, entropy::random())?;
    let key = source.catalog()?.secret_key();
    // A new database begins with the key that it is to have.
    let mut target = open("--to", &to, true, key.0)?;
    let report = transfer::copy(&mut source, &mut target).map_err(|error| refused(error, &from, &to))?;
    let micros = clock.now().as_micros() - started.as_micros();
    output::line(&locations(&report))?;
    let seconds = format!("{}.{}", micros / SECOND, micros % SECOND * 10 / SECOND);
    let sum = format!("{} sessions copied in {seconds} s", thousands(report.copied));
    conclude(&report, &sum, &from, &to)
}

/// What was copied of each location.
fn locations(report: &CopyReport) -> String {
    let row = |location: &CopiedLocation| {
        let checksum = match location.verdict {
            CopyVerdict::Same => location.target.short_checksum(),
            CopyVerdict::ChangedMeanwhile => "changed meanwhile".to_owned(),
            CopyVerdict::Differs => "differs".to_owned(),
        };
        [location.id.to_string(), thousands(location.target.sessions), thousands(location.target.events), checksum]
    };
    table(["LOCATION", "SESSIONS", "EVENTS", "CHECKSUM"], &[1, 2], report.locations.iter().map(row))
}

/// Says what the comparison came to.
fn conclude(report: &CopyReport, sum: &str, from: &str, to: &str) -> Result<ExitCode, CliError> {
    let (from, to) = (shown(from), shown(to));
    let begin_again = format!("begin again with an empty database in the place of {to}");
    let differing: Vec<String> = report
        .locations
        .iter()
        .filter(|location| location.verdict == CopyVerdict::Differs)
        .map(|location| {
            let CopiedLocation { id, source, target, .. } = location;
            format!(
                "{id}: {from} has {} sessions with {} events, checksum {}; {to} has {} with {}, checksum {}",
                thousands(source.sessions),
                thousands(source.events),
                source.short_checksum(),
                thousands(target.sessions),
                thousands(target.events),
                target.short_checksum(),
            )
        })
        .collect();
    if !differing.is_empty() {
        return Err(CliError::new(format!(
            "{sum}, but not everything is the same; {begin_again}\n{}",
            differing.join("\n")
        )));
    }
    if report.catalog == CopyVerdict::Differs {
        return Err(CliError::new(format!("{sum}, but locations' settings or tokens are not the same; {begin_again}")));
    }
    let changed = report.catalog == CopyVerdict::ChangedMeanwhile
        || report.locations.iter().any(|location| location.verdict == CopyVerdict::ChangedMeanwhile);
    let rest = match (report.source_is_served, changed) {
        (false, false) => {
            output::line(&format!("{sum}; copied and verified."))?;
            return Ok(ExitCode::SUCCESS);
        }
        (true, _) => format!("{from} is being served; stop its server and run this again to take the rest."),
        (false, true) => format!("{from} has changed meanwhile; run this again to take the rest."),
    };
    output::line(&format!("{sum}; not finished."))?;
    output::note(&rest);
    Ok(ExitCode::from(NOT_FINISHED))
}

/// Why a copy did not begin, or ended.
fn refused(error: CopyError, from: &str, to: &str) -> CliError {
    let (from, to) = (shown(from), shown(to));
    CliError::new(match error {
        CopyError::Same => format!("{from} and {to} are the same database; name another one with --to"),
        CopyError::TargetIsServed => {
            format!(
                "{to} is being served; stop its server before you copy {from} into it, or name another one with --to"
            )
        }
        CopyError::TargetIsTaken => format!("another command is copying into {to}; wait for its end, or stop it"),
        CopyError::Foreign => {
            format!("{to} is not empty, and no copy of {from}; name a new or an empty database with --to")
        }
        CopyError::GoneOn(how) => format!(
            "{to} has changed since it was copied from {from} ({how}), so nothing is copied over it; \
             name a new or an empty database with --to"
        ),
        CopyError::Fault(fault) => return CliError::from(fault),
    })
}

/// Why a database cannot be used, in words of this command's options.
fn not_opened(option: &str, error: OpenError) -> CliError {
    match error {
        OpenError::Url(url) => CliError::new(format!(
            "{option} takes sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME, for example sqlite:frontdesk.db, not {url}"
        )),
        OpenError::PostgresUrl(wrong) => CliError::new(format!("{option}: {wrong}")),
        OpenError::Missing(shown) => {
            CliError::new(format!("there is no database at {shown}; name another with {option}"))
        }
        other => CliError::from(other),
    }
}
