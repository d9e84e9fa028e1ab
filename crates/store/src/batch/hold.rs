//! Holds: a time that is kept for one session, which has at most one.

use frontdesk_domain::SessionId;
use frontdesk_domain::appointment::Hold;
use frontdesk_domain::scheduling::Slot;
use frontdesk_domain::session::{Action, Observation, Session, Stage};
use frontdesk_domain::time::SECOND;

use super::booking::Site;
use super::{Batch, Records};
use crate::booking::{BookError, Booked};
use crate::catalog::Location;
use crate::error::StoreError;

impl Site<'_> {
    /// What is learned when a hold goes that its visitor does not need any more.
    pub(super) fn gone(&self, hold: &Hold) -> Observation {
        let slot = hold.slot.clone();
        if self.now < hold.until { Observation::TimeReleased { slot } } else { Observation::HoldExpired { slot } }
    }

    fn about(&self, session: Session, hold: Option<Hold>) -> Booked {
        Booked { location: self.location.id.clone(), session: Some(session), appointment: None, hold }
    }
}

impl<'a, R: Records> Batch<'a, R> {
    /// Keeps a time for a session.
    pub(super) fn hold(&mut self, site: &Site<'a>, id: &SessionId, slot: Slot) -> Result<Booked, BookError> {
        let session = self.session(site, id)?;
        let held = self.records.hold(site.key(), id)?;
        if held.as_ref().is_some_and(|held| held.slot == slot && site.now < held.until) {
            // For no longer than before: nobody keeps a time for ever by choosing it again and again.
            let session = self.observe(site, session, Some(Stage::Checkout), Vec::new())?;
            return Ok(site.about(session, held));
        }
        // A session that has ended says so, whatever became of the time.
        site.decide(session.clone(), Action::Advance { stage: None, client_type: None })?;
        let open = self.place_for(site, &slot, &session)?;
        let kept_for = i64::from(site.booking.setup.rules.hold_minutes) * 60 * SECOND;
        let hold = Hold {
            session: id.clone(),
            occupied: open.occupied(),
            room: open.room.cloned(),
            // The session would end before it otherwise.
            until: site.now.plus_micros(kept_for.min(site.location.settings.session_ttl)),
            slot,
        };
        let mut observations: Vec<Observation> = held.iter().map(|held| site.gone(held)).collect();
        observations.push(Observation::TimeHeld { slot: hold.slot.clone(), until: hold.until });
        let session = self.observe(site, session, Some(Stage::Checkout), observations)?;
        self.records.keep_hold(site.key(), &hold)?;
        self.changes.agendas.insert(site.key(), session.updated_at);
        Ok(site.about(session, Some(hold)))
    }

    /// Keeps nothing for a session any longer.
    pub(super) fn release(&mut self, site: &Site<'a>, id: &SessionId) -> Result<Booked, BookError> {
        let session = self.session(site, id)?;
        let Some(held) = self.records.hold(site.key(), id)? else { return Ok(site.about(session, None)) };
        let session = self.observe(site, session, None, vec![site.gone(&held)])?;
        self.records.drop_hold(site.key(), id)?;
        self.changes.agendas.insert(site.key(), session.updated_at);
        Ok(site.about(session, None))
    }

    /// Takes away what is kept for a session that ends, and had come to `stage`.
    pub(super) fn take_hold(
        &mut self,
        location: &Location,
        session: &SessionId,
        stage: Stage,
    ) -> Result<Option<Hold>, StoreError> {
        // Only who has come as far as the checkout has ever held a time. So sessions that end before it, and those of
        // locations that take no bookings, cost nobody a look.
        if location.booking.is_none() || stage < Stage::Checkout {
            return Ok(None);
        }
        let held = self.records.hold(location.key, session)?;
        if held.is_some() {
            self.records.drop_hold(location.key, session)?;
        }
        Ok(held)
    }
}
