//! `frontdesk token`: who may use the APIs.

use std::process::ExitCode;

use frontdesk_domain::access::{Reach, Scope, Token, TokenId, TokenRecord};
use frontdesk_domain::{Clock, LocationId};
use frontdesk_store::AdminError;

use super::output::{self, table};
use super::{CliError, Database};
use crate::clock::SystemClock;
use crate::entropy;

/// What can be done to tokens.
#[derive(clap::Subcommand, Debug)]
pub enum Options {
    /// Create a token and print it, alone on standard output; it is shown only this once
    Create(CreateOptions),
    /// List the tokens
    List(Database),
    /// Revoke a token; every server refuses it from then on
    Revoke(RevokeOptions),
}

/// `token create`
#[derive(clap::Args, Debug)]
#[command(group = clap::ArgGroup::new("reach").required(true))]
pub struct CreateOptions {
    /// What it is for: partner (read the record, book), booking (complete sessions, read timelines, change appointments)
    /// or admin (both)
    #[arg(long, value_parser = scope)]
    scope: Scope,
    /// A location that it covers; may be repeated
    #[arg(long = "location", value_name = "ID", group = "reach")]
    locations: Vec<LocationId>,
    /// It covers every location, those of the future included
    #[arg(long, group = "reach", conflicts_with = "locations")]
    all_locations: bool,
    /// Whom it is for, in your words; `frontdesk token list` shows it
    #[arg(long, default_value = "", hide_default_value = true, value_parser = crate::settings::plain_text)]
    note: String,
    #[command(flatten)]
    database: Database,
}

/// `token revoke`
#[derive(clap::Args, Debug)]
pub struct RevokeOptions {
    /// Its id, as the list shows it, or the whole token
    #[arg(value_parser = token_id)]
    id: TokenId,
    #[command(flatten)]
    database: Database,
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    match options {
        Options::Create(options) => create(options),
        Options::List(database) => list(&database),
        Options::Revoke(RevokeOptions { id, database }) => {
            database.open()?.revoke_token(id)?;
            output::line(&format!("Revoked token {id}."))
        }
    }?;
    Ok(ExitCode::SUCCESS)
}

fn create(options: CreateOptions) -> Result<(), CliError> {
    let CreateOptions { scope, mut locations, all_locations, note, database } = options;
    let mut workbench = database.open()?;
    let catalog = workbench.catalog()?;
    if let Some(unknown) = locations.iter().find(|id| catalog.location(id.as_str()).is_none()) {
        return Err(AdminError::NoSuchLocation(unknown.to_string()).into());
    }
    locations.sort();
    locations.dedup();
    let token = Token::generate(entropy::random());
    let record = TokenRecord {
        id: token.id(),
        digest: token.digest(),
        scope,
        reach: if all_locations { Reach::All } else { Reach::Locations(locations) },
        note: note.into(),
        created_at: SystemClock::new().now(),
        revoked_at: None,
    };
    workbench.add_token(&record)?;
    output::note(&format!(
        "Token {id}, scope {}, for {}. It is shown only this once.\n\
         A client that signs in takes {id} as its username and {} as its password.",
        scope.as_str(),
        reach(&record.reach),
        token.reveal_secret(),
        id = record.id,
    ));
    output::line(&token.reveal())
}

fn list(database: &Database) -> Result<(), CliError> {
    let catalog = database.open()?.catalog()?;
    let rows = catalog.tokens().into_iter().map(|token| {
        [
            token.id.to_string(),
            token.scope.as_str().to_owned(),
            reach(&token.reach),
            seconds(token.created_at),
            token.revoked_at.map_or_else(|| "-".to_owned(), seconds),
            token.note.to_string(),
        ]
    });
    output::line(&table(["ID", "SCOPE", "LOCATIONS", "CREATED", "REVOKED", "NOTE"], &[], rows))
}

fn reach(reach: &Reach) -> String {
    match reach {
        Reach::All => "all locations".to_owned(),
        Reach::Locations(ids) => ids.iter().map(LocationId::as_str).collect::<Vec<_>>().join(" "),
    }
}

/// An instant without its fraction.
fn seconds(at: frontdesk_domain::Timestamp) -> String {
    let text = at.to_string();
    text.split('.').next().map_or(text.clone(), |seconds| format!("{seconds}Z"))
}

fn scope(name: &str) -> Result<Scope, String> {
    Scope::from_name(name).ok_or_else(|| "takes partner, booking or admin".to_owned())
}

fn token_id(text: &str) -> Result<TokenId, String> {
    Token::parse(text)
        .map(|token| token.id())
        .or_else(|| TokenId::parse(text))
        .ok_or_else(|| "takes the sixteen digits that `frontdesk token list` shows, or the whole token".to_owned())
}
