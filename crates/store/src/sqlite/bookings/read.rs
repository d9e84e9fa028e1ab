//! What readers see of bookings besides the directory: what takes up time.

use std::sync::Arc;

use frontdesk_domain::scheduling::{Agenda, Interval};

use super::super::Reader;
use super::agenda;
use crate::agendas::span_to_keep;
use crate::catalog::Location;
use crate::error::StoreError;

impl Reader<'_> {
    /// Everything that takes up time at a location and touches `span`, and perhaps more.
    ///
    /// # Errors
    /// When something broke.
    pub(crate) fn agenda(&self, location: &Location, span: Interval) -> Result<Arc<Agenda>, StoreError> {
        let connection = self.connection();
        let agendas = &self.store.agendas;
        // Both are of this reader's snapshot.
        let changed_at = agenda::changed_at(connection, location.key)?;
        if let Some(kept) = agendas.get(location.key, changed_at, span) {
            return Ok(kept);
        }
        let span = span_to_keep(location, self.store.clock.now(), span);
        let agenda = Arc::new(Agenda::new(agenda::busy(connection, location.key, span)?));
        agendas.keep(location.key, changed_at, span, &agenda);
        Ok(agenda)
    }
}
