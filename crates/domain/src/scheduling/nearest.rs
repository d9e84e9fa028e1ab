//! What else is open around a time that was lost to somebody.

use super::wall::DAY;
use super::{Agenda, Asked, Calendar, Interval, OpenTime, Search, Slot};
use crate::Timestamp;

/// How many days to either side are looked at, one after the other, until there is enough: as a rule the first has it.
const WIDTHS: [i64; 3] = [1, 4, 14];

/// So many days to either side of an instant.
fn around(at: Timestamp, days: i64) -> Interval {
    Interval { start: at.plus_micros(-days * DAY), end: at.plus_micros(days * DAY) }
}

impl<'a> Calendar<'a> {
    /// The open times nearest to a slot that was lost, of its type and with anybody, in the order of time; at most `count`,
    /// none further than two weeks. Of two that are equally far the earlier is nearer. `agenda` has everything that is busy
    /// within [`Self::nearest_span`].
    pub fn nearest(&self, agenda: &Agenda, slot: &Slot, asked: &Asked<'_>, count: usize) -> Vec<OpenTime<'a>> {
        let mut near = Vec::new();
        for days in WIDTHS {
            let Interval { start: from, end: until } = around(slot.start, days);
            let asked = *asked;
            let search = Search { appointment_type: &slot.appointment_type, provider: None, from, until, asked };
            near = self.open_times(agenda, &search);
            if near.len() >= count {
                break;
            }
        }
        // Stable, so that times equally far stay in the order of their beginnings and providers.
        near.sort_by_key(|open| open.start.as_micros().abs_diff(slot.start.as_micros()));
        near.truncate(count);
        near.sort_by_key(|open| open.start);
        near
    }

    /// What the agenda for [`Self::nearest`] has to cover around the beginning of a slot.
    pub fn nearest_span(start: Timestamp) -> Interval {
        around(start, WIDTHS[WIDTHS.len() - 1] + 1)
    }
}
