//! The rules of open times.

use jiff::tz::TimeZone;

use super::{Agenda, Asked, OpenTime, Search, Slot};
use crate::appointment::Rejection;
use crate::practice::Setup;

/// A location's set-up in its time zone: what says which times are open.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'a> {
    setup: &'a Setup,
    zone: &'a TimeZone,
}

impl<'a> Calendar<'a> {
    /// The calendar of a set-up.
    pub fn new(setup: &'a Setup, zone: &'a TimeZone) -> Self {
        Self { setup, zone }
    }

    /// Every open time of a search, by beginning, then in the order of the providers. `agenda` has everything that is busy
    /// within the search's span, a day more on either side.
    pub fn open_times(&self, agenda: &Agenda, search: &Search<'_>) -> Vec<OpenTime> {
        let _ = (self.setup, self.zone, agenda, search);
        todo!()
    }

    /// Decides whether a slot may be held or booked, and in which room: the same rules as [`Self::open_times`].
    ///
    /// # Errors
    /// When it is not open.
    pub fn place(&self, agenda: &Agenda, slot: &Slot, asked: &Asked<'_>) -> Result<OpenTime, Rejection> {
        let _ = (self.setup, self.zone, agenda, slot, asked);
        todo!()
    }
}
