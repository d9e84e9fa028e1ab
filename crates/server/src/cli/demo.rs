//! `frontdesk demo`: everything at once, to look at.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;

use fastrand::Rng;
use frontdesk_domain::access::{Reach, Scope, Token, TokenRecord};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, Timestamp};
use frontdesk_store::Workbench;

use super::output::{self, table, thousands};
use super::{CliError, Server, ServerOptions, runtime};
use crate::clock::SystemClock;
use crate::demo::{self, PRACTICES};
use crate::entropy;
use crate::telemetry::logs;

/// Serve three practices with ninety days of sessions, and visitors who keep coming
///
/// Makes a database of its own, or goes on with it, and prints a request to try. Where the port is taken, it takes
/// another.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// The demo's database, as sqlite:PATH
    #[arg(long, env = "FRONTDESK_DATABASE", default_value = "sqlite:frontdesk-demo.db", value_name = "URL")]
    database: String,
    #[command(flatten)]
    server: ServerOptions,
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    logs::start(options.server.log_format);
    let clock: Arc<dyn Clock> = Arc::new(SystemClock::new());
    let mut random = Rng::with_seed(u64::from_le_bytes(entropy::random()));
    let mut workbench = Workbench::open(&options.database, true, Arc::clone(&clock), entropy::random())?;
    refuse_a_real_record(&workbench, &options.database)?;
    let sessions = demo::prepare(&mut workbench, clock.now(), &mut random)?;
    let token = new_token(&mut workbench, Scope::Partner, "the demo", clock.now())?;
    let own = new_token(&mut workbench, Scope::Admin, "the own systems of the demo's practices", clock.now())?;
    drop(workbench);
    runtime()?.block_on(async {
        let server = Server::open_anywhere(&options.database, &options.server).await?;
        greet(&options.database, &sessions, options.server.listen, server.address()?, &token, clock.now())?;
        let visitors = demo::keep_coming(server.address()?, own.reveal(), Arc::clone(&server.clock), random);
        server.run_until_told(visitors).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// Nobody wants made-up visitors among their own.
fn refuse_a_real_record(workbench: &Workbench, url: &str) -> Result<(), CliError> {
    let catalog = workbench.catalog()?;
    let ours = |id: &str| PRACTICES.iter().any(|practice| practice.id == id);
    match catalog.locations().into_iter().find(|location| !ours(location.id.as_str())) {
        None => Ok(()),
        Some(location) => Err(CliError::new(format!(
            "{url} has a location of its own ({}); the demo takes another database, for example \
             --database sqlite:frontdesk-demo.db",
            location.id
        ))),
    }
}

fn new_token(workbench: &mut Workbench, scope: Scope, note: &str, now: Timestamp) -> Result<Token, CliError> {
    let token = Token::generate(entropy::random());
    let record = TokenRecord {
        id: token.id(),
        digest: token.digest(),
        scope,
        reach: Reach::All,
        note: note.into(),
        created_at: now,
        revoked_at: None,
    };
    workbench.add_token(&record)?;
    Ok(token)
}

fn greet(
    url: &str,
    sessions: &[u64],
    asked: SocketAddr,
    address: SocketAddr,
    token: &Token,
    now: Timestamp,
) -> Result<(), CliError> {
    let rows = PRACTICES.iter().zip(sessions).map(|(practice, sessions)| {
        [practice.id.to_owned(), practice.name.to_owned(), practice.time_zone.to_owned(), thousands(*sessions)]
    });
    let locations = table(["LOCATION", "NAME", "TIME ZONE", "SESSIONS"], &[3], rows);
    let pages: String = PRACTICES.iter().map(|practice| format!("http://{address}/book/{}\n", practice.id)).collect();
    let yesterday = now.plus_micros(-86_400 * SECOND);
    let (token, practice) = (token.reveal(), PRACTICES[0].id);
    let moved = if address.port() == asked.port() || asked.port() == 0 {
        String::new()
    } else {
        format!(" (port {} is taken)", asked.port())
    };
    output::line(&format!(
        "Frontdesk listens on http://{address}{moved}\n\n\
         Ninety days of booking sessions are in {url}, and visitors keep coming:\n\n\
         {locations}\n\n\
         Ask for the last day as a partner does:\n\n\
         curl -sS -H 'Authorization: Bearer {token}' -H 'X-Client-Id: {practice}' \
         'http://{address}/services/core/open_api/v1/booking_sessions?updated_at_start={yesterday}&per_page=3'\n\n\
         Book a visit yourself, with any utm_source in the address:\n\n\
         {pages}\n\
         and see it among the sessions that have led to an appointment since the demo began:\n\n\
         curl -sS -H 'Authorization: Bearer {token}' -H 'X-Client-Id: {practice}' \
         'http://{address}/services/core/open_api/v1/booking_sessions?updated_at_start={now}&status=completed&per_page=100'\n\n\
         API reference: http://{address}/docs\n\
         Ctrl-C ends it."
    ))
}
