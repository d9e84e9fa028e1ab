//! Applying a set-up: what stands in its way, and whether it is in force already.

use frontdesk_domain::AppointmentId;
use frontdesk_domain::practice::Setup;

use crate::booking::SetupVerdict;
use crate::catalog::{Location, LocationSettings};

/// What an appointment that is still to come needs of its location's set-up.
#[derive(Debug)]
pub(crate) struct Needs {
    pub(crate) appointment: AppointmentId,
    pub(crate) provider: String,
    pub(crate) room: Option<String>,
    pub(crate) appointment_type: String,
}

impl Needs {
    fn are_met_by(&self, setup: &Setup) -> bool {
        setup.provider(&self.provider).is_some()
            && self.room.as_deref().is_none_or(|room| setup.room(room).is_some())
            && setup.appointment_type(&self.appointment_type).is_some()
    }
}

/// What becomes of a set-up that is applied to `location`, whose appointments still to come are `standing`.
pub(crate) fn verdict(
    location: &Location,
    settings: &LocationSettings,
    setup: &Setup,
    standing: &[Needs],
) -> SetupVerdict {
    let in_force = location.booking.as_ref().is_some_and(|booking| booking.setup == *setup);
    if in_force && location.settings == *settings {
        return SetupVerdict::Unchanged;
    }
    let in_the_way: Vec<_> =
        standing.iter().filter(|needs| !needs.are_met_by(setup)).map(|needs| needs.appointment.clone()).collect();
    if in_the_way.is_empty() { SetupVerdict::Applied } else { SetupVerdict::InTheWay(in_the_way) }
}
