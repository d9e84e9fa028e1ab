//! What an appointment that stands takes of its provider and its room.

use frontdesk_domain::appointment::Appointment;
use frontdesk_domain::practice::MOST_OCCUPIED_MINUTES;
use frontdesk_domain::scheduling::Interval;
use frontdesk_domain::time::SECOND;

/// No appointment takes longer, in microseconds. So whoever looks for those that touch a span need not look at everything
/// that ends after its beginning.
pub(crate) const MOST_OCCUPIED: i64 = MOST_OCCUPIED_MINUTES as i64 * 60 * SECOND;

/// A resource that is taken. Two claims of one resource never overlap.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) struct Claim {
    /// The provider or the room, under a name that the two do not share.
    pub(crate) resource: String,
    pub(crate) occupied: Interval,
}

/// What an appointment takes; nothing when it does not stand.
pub(crate) fn claims_of(appointment: &Appointment) -> Vec<Claim> {
    if !appointment.status.occupies() {
        return Vec::new();
    }
    let provider = format!("p:{}", appointment.slot.provider);
    let room = appointment.room.as_ref().map(|room| format!("r:{room}"));
    let claim = |resource| Claim { resource, occupied: appointment.occupied };
    [Some(provider), room].into_iter().flatten().map(claim).collect()
}
