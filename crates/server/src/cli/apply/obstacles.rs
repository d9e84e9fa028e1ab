//! Appointments that are in the way of a set-up.

use frontdesk_domain::scheduling::{Interval, Occupant};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{AppointmentId, Clock, LocationId};
use frontdesk_store::{Catalog, SetupVerdict, Workbench};

use crate::cli::CliError;
use crate::clock::SystemClock;
use crate::practice_file::LocationFile;

/// The most appointments that are named.
const MOST_NAMED: usize = 10;
/// No appointment lies further ahead: a year and a day, and some days for time zones and changed rules.
const LONGEST_AHEAD: i64 = 400 * 86_400 * SECOND;

/// Nothing is applied when any of it has appointments in its way.
pub fn refuse(workbench: &mut Workbench, catalog: &Catalog, locations: &[LocationFile]) -> Result<(), CliError> {
    for location in locations {
        if catalog.location(location.id.as_str()).is_some()
            && let SetupVerdict::InTheWay(appointments) =
                workbench.apply_setup(&location.id, &location.settings, &location.setup, true)?
        {
            return Err(in_the_way(workbench, &location.id, &appointments));
        }
    }
    Ok(())
}

/// Which appointments are in the way, and what to do about it.
pub fn in_the_way(workbench: &Workbench, location: &LocationId, appointments: &[AppointmentId]) -> CliError {
    let count = match appointments.len() {
        1 => "an appointment".to_owned(),
        several => format!("{several} appointments"),
    };
    let mut lines: Vec<String> =
        appointments.iter().take(MOST_NAMED).map(|id| named(workbench, location, id)).collect();
    if let Some(more) = appointments.len().checked_sub(MOST_NAMED).filter(|more| *more > 0) {
        lines.push(format!("  and {more} more"));
    }
    CliError::new(format!(
        "{location} has {count} still to come with a provider, in a room or of a type that the file takes away\n\n{}\n\n\
         Nothing was changed. Move or cancel them first, or keep what they need in the file until then: time off keeps \
         new appointments away from a provider.",
        lines.join("\n")
    ))
}

/// An appointment with its day, provider and room, as far as the agenda knows it.
fn named(workbench: &Workbench, location: &LocationId, id: &AppointmentId) -> String {
    format!("  {id}{}", described(workbench, location, id).unwrap_or_default())
}

fn described(workbench: &Workbench, location: &LocationId, id: &AppointmentId) -> Option<String> {
    let catalog = workbench.catalog().ok()?;
    let location = catalog.location(location.as_str())?;
    let zone = location.booking.as_ref()?.zone.clone();
    let now = SystemClock::new().now();
    let span = Interval { start: now, end: now.plus_micros(LONGEST_AHEAD) };
    let agenda = workbench.agenda(location, span).ok()?;
    let busy = agenda.busy().iter().find(|busy| busy.occupant == Occupant::Appointment { id: id.clone() })?;
    let start = jiff::Timestamp::from_microsecond(busy.occupied.start.as_micros()).ok()?;
    let day = start.to_zoned_datetime(zone).date();
    let room = busy.room.as_ref().map(|room| format!(" in {room}")).unwrap_or_default();
    Some(format!("  {day} with {}{room}", busy.provider))
}
