//! The command line: a file for each command, and how errors reach a person.

mod apply;
mod backup;
mod check;
mod copy;
mod demo;
mod export;
mod import;
mod location;
mod mail;
mod output;
mod serve;
mod sessions;
mod token;
mod why;
mod window;

use std::process::ExitCode;
use std::sync::Arc;

use clap::Parser;
use frontdesk_store::{AdminError, OpenError, StoreError, Workbench};

use crate::clock::SystemClock;
use crate::entropy;

pub use serve::{Server, ServerOptions, runtime};

/// Online booking for veterinary practices: every booking session on the record, for partners to poll
///
/// To look around, run `frontdesk demo`. For a practice of your own, apply its set-up, create tokens for it, and serve:
/// `frontdesk COMMAND --help` says more of each command.
#[derive(Parser, Debug)]
#[command(name = "frontdesk", version, max_term_width = 100)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(clap::Subcommand, Debug)]
enum Command {
    Demo(demo::Options),
    Serve(serve::Options),
    Apply(apply::Options),
    /// Add, list and change locations
    #[command(subcommand)]
    Location(location::Options),
    /// Create, list and revoke the tokens of partners and booking pages
    #[command(subcommand)]
    Token(token::Options),
    Sessions(sessions::Options),
    Why(why::Options),
    Import(import::Options),
    Export(export::Options),
    Backup(backup::Options),
    Copy(copy::Options),
    Check(check::Options),
}

/// Which database a command works on.
#[derive(clap::Args, Clone, Debug)]
pub struct Database {
    /// The database: sqlite:PATH, or postgres://USER:PASSWORD@HOST/NAME for several servers on one
    #[arg(long = "database", env = "FRONTDESK_DATABASE", default_value = "sqlite:frontdesk.db", value_name = "URL")]
    pub url: String,
}

impl Database {
    /// Opens it for an operator's command; it has to exist.
    fn open(&self) -> Result<Workbench, CliError> {
        Ok(Workbench::open(&self.url, false, Arc::new(SystemClock::new()), entropy::random())?)
    }

    /// The same; none when it does not exist.
    fn open_if_there(&self) -> Result<Option<Workbench>, CliError> {
        match Workbench::open(&self.url, false, Arc::new(SystemClock::new()), entropy::random()) {
            Err(OpenError::Missing(_)) => Ok(None),
            opened => Ok(Some(opened?)),
        }
    }

    /// Opens it for an operator's command, and makes it when it does not exist.
    fn open_or_create(&self) -> Result<Workbench, CliError> {
        Ok(Workbench::open(&self.url, true, Arc::new(SystemClock::new()), entropy::random())?)
    }
}

/// Why a command failed, in words for whoever typed it.
#[derive(Debug)]
pub enum CliError {
    /// What went wrong and what to do about it.
    Failed(String),
    /// Whoever read the output has read enough (`frontdesk sessions | head`).
    ReaderGone,
}

impl CliError {
    /// An error with this message.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Failed(message.into())
    }

    /// An error of reading or writing `path`.
    fn file(doing: &str, path: &std::path::Path, cause: &std::io::Error) -> Self {
        Self::new(format!("cannot {doing} {}: {cause}", path.display()))
    }

    /// A fault of the store: what it was doing when something broke reads as what could not be done.
    fn store(fault: &StoreError) -> Self {
        match fault {
            StoreError::Engine { .. } | StoreError::File { .. } => Self::new(format!("cannot {fault}")),
            _ => Self::new(fault.to_string()),
        }
    }
}

impl From<OpenError> for CliError {
    fn from(error: OpenError) -> Self {
        match error {
            OpenError::Store(fault) => Self::store(&fault),
            mistake => Self::new(mistake.to_string()),
        }
    }
}

impl From<StoreError> for CliError {
    fn from(error: StoreError) -> Self {
        Self::store(&error)
    }
}

impl From<AdminError> for CliError {
    fn from(error: AdminError) -> Self {
        match error {
            AdminError::Fault(fault) => Self::store(&fault),
            mistake => Self::new(mistake.to_string()),
        }
    }
}

/// Reads the command line and does what it says.
pub fn run() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Demo(options) => demo::run(options),
        Command::Serve(options) => serve::run(options),
        Command::Apply(options) => apply::run(options),
        Command::Location(options) => location::run(options),
        Command::Token(options) => token::run(options),
        Command::Sessions(options) => sessions::run(options),
        Command::Why(options) => why::run(options),
        Command::Import(options) => import::run(options),
        Command::Export(options) => export::run(options),
        Command::Backup(options) => backup::run(options),
        Command::Copy(options) => copy::run(options),
        Command::Check(options) => check::run(options),
    };
    match done {
        Ok(code) => code,
        Err(CliError::ReaderGone) => ExitCode::SUCCESS,
        Err(CliError::Failed(message)) => {
            output::note(&format!("error: {message}"));
            ExitCode::FAILURE
        }
    }
}
