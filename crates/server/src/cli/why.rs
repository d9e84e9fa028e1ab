//! `frontdesk why`: whether a time is open for booking, and every rule that says no.

mod time;
mod words;

#[cfg(test)]
mod tests;

use std::process::ExitCode;

use frontdesk_domain::practice::{AppointmentType, Provider, Setup};
use frontdesk_domain::scheduling::{Asked, Interval};
use frontdesk_domain::session::ClientType;
use frontdesk_domain::{Clock, LocationId, ProviderId, TypeId};

use super::output;
use super::sessions::known;
use super::{CliError, Database};
use crate::clock::SystemClock;
use time::{Asking, Read};
use words::Scene;

/// Say why a time is open for booking, or why it is not
///
/// Tells every rule that stands against it, for the location and for each provider: hours, closures, time off, notice,
/// appointments, times on hold, rooms. Asks as a visitor who is on the booking page now.
#[derive(clap::Args, Debug)]
pub struct Options {
    /// Where
    #[arg(value_name = "LOCATION")]
    location: LocationId,
    /// The id of the type of appointment
    #[arg(value_name = "TYPE")]
    appointment_type: TypeId,
    /// By the clock of the location: 2026-12-08T13:30; or with an offset: 2026-12-08T13:30-06:00
    #[arg(value_name = "TIME", value_parser = time::read)]
    time: Read,
    /// Only this provider, whether they take the type or not
    #[arg(long, value_name = "ID")]
    provider: Option<ProviderId>,
    /// As a new client or a returning one; left out: as one who has not said
    #[arg(long = "as", value_name = "CLIENT", value_parser = client_type)]
    client_type: Option<ClientType>,
    #[command(flatten)]
    database: Database,
}

fn client_type(text: &str) -> Result<ClientType, String> {
    ClientType::from_wire(text).ok_or_else(|| "takes new or returning".to_owned())
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    let workbench = options.database.open()?;
    let location = known(&workbench.catalog()?, &options.location)?;
    let Some(booking) = &location.booking else {
        return Err(CliError::new(format!(
            "{} takes no bookings: it has no set-up yet, see `frontdesk apply --help`",
            location.id
        )));
    };
    let appointment_type = appointment_type(&booking.setup, &options.appointment_type)?;
    let provider = options.provider.as_ref().map(|id| provider(&booking.setup, id)).transpose()?;
    let now = SystemClock::new().now();
    let asked = Asked { now, session: None, client_type: options.client_type, visitor: true };
    let scene = Scene { name: &location.settings.name, setup: &booking.setup, zone: &booking.zone, asked };
    let instants = match time::asking(options.time, &booking.zone) {
        Asking::Instants(instants) => instants,
        Asking::LeftOut(words) => {
            output::line(&words)?;
            return Ok(ExitCode::SUCCESS);
        }
    };
    for (index, at) in instants.into_iter().enumerate() {
        if index > 0 {
            output::line("")?;
        }
        let agenda = workbench.agenda(&location, Interval::occupied_by(appointment_type, at))?;
        let explanation = booking.calendar().explain(&agenda, appointment_type, provider, at, &asked);
        output::line(scene.words(&explanation).trim_end())?;
    }
    Ok(ExitCode::SUCCESS)
}

fn appointment_type<'a>(setup: &'a Setup, id: &TypeId) -> Result<&'a AppointmentType, CliError> {
    setup.appointment_type(id.as_str()).ok_or_else(|| {
        let ids = setup.appointment_types.iter().map(|one| one.id.as_str());
        CliError::new(format!("there is no appointment type {id}; there is {}", words::list(ids)))
    })
}

fn provider<'a>(setup: &'a Setup, id: &ProviderId) -> Result<&'a Provider, CliError> {
    setup.provider(id.as_str()).ok_or_else(|| {
        let ids = setup.providers.iter().map(|one| one.id.as_str());
        CliError::new(format!("there is no provider {id}; there is {}", words::list(ids)))
    })
}
