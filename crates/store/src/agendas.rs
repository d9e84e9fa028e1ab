//! Agendas that were read before, kept until they change: an agenda of thousands of rows is asked for by every request for
//! open times, and changes with a hold or an appointment.

use std::collections::HashMap;
use std::sync::Arc;

use frontdesk_domain::Timestamp;
use frontdesk_domain::scheduling::{Agenda, Interval};
use frontdesk_domain::time::SECOND;
use parking_lot::Mutex;

use crate::catalog::Location;

/// The most rows that are kept, about 150 bytes each.
const MOST_ROWS: usize = 200_000;

const DAY: i64 = 86_400 * SECOND;

/// The agendas of a process's locations.
#[derive(Default)]
pub(crate) struct Agendas(Mutex<Shelf>);

#[derive(Default)]
struct Shelf {
    kept: HashMap<i64, Kept>,
    /// How often anybody has asked; tells what was used last.
    asked: u64,
}

struct Kept {
    /// The tick of the change that it is as of.
    changed_at: Timestamp,
    span: Interval,
    agenda: Arc<Agenda>,
    last_used: u64,
}

impl Agendas {
    /// The agenda of a location as of a change, if it is kept: of the span, or of a longer one.
    pub(crate) fn get(&self, location: i64, changed_at: Timestamp, span: Interval) -> Option<Arc<Agenda>> {
        let mut shelf = self.0.lock();
        shelf.asked += 1;
        let asked = shelf.asked;
        let kept = shelf.kept.get_mut(&location)?;
        (kept.changed_at == changed_at && kept.span.contains(span)).then(|| {
            kept.last_used = asked;
            Arc::clone(&kept.agenda)
        })
    }

    /// Keeps an agenda as of a change, unless a later one is kept: somebody may have read an older snapshot.
    pub(crate) fn keep(&self, location: i64, changed_at: Timestamp, span: Interval, agenda: &Arc<Agenda>) {
        if agenda.busy().len() > MOST_ROWS {
            return;
        }
        let mut shelf = self.0.lock();
        if shelf.kept.get(&location).is_some_and(|kept| kept.changed_at > changed_at) {
            return;
        }
        shelf.asked += 1;
        let last_used = shelf.asked;
        shelf.kept.insert(location, Kept { changed_at, span, agenda: Arc::clone(agenda), last_used });
        shelf.make_room();
    }
}

impl Shelf {
    /// Lets go of what was used longest ago until what is left is not too much.
    fn make_room(&mut self) {
        // An empty agenda takes room too.
        let size = |kept: &Kept| kept.agenda.busy().len() + 1;
        let mut rows: usize = self.kept.values().map(size).sum();
        while rows > MOST_ROWS {
            let oldest = self.kept.iter().min_by_key(|(_, kept)| kept.last_used).map(|(location, _)| *location);
            let Some(gone) = oldest.and_then(|location| self.kept.remove(&location)) else { return };
            rows -= size(&gone);
        }
    }
}

/// The span that is read and kept when `asked` is asked for: from yesterday to as far as anything can be booked, and some
/// days more, so that the next one who asks is served by it.
pub(crate) fn span_to_keep(location: &Location, now: Timestamp, asked: Interval) -> Interval {
    let horizon = location.booking.as_ref().map_or(0, |booking| i64::from(booking.setup.rules.horizon_days));
    Interval {
        start: asked.start.min(now.plus_micros(-2 * DAY)),
        end: asked.end.max(now.plus_micros((horizon + 5) * DAY)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn span(start: i64, end: i64) -> Interval {
        Interval { start: Timestamp::from_micros(start), end: Timestamp::from_micros(end) }
    }

    fn at(tick: i64) -> Timestamp {
        Timestamp::from_micros(tick)
    }

    fn agenda(rows: usize) -> Arc<Agenda> {
        use frontdesk_domain::scheduling::{Busy, Occupant};
        use frontdesk_domain::{AppointmentId, ProviderId};
        let id = AppointmentId::parse("a").unwrap();
        let busy = Busy {
            occupied: span(0, 1),
            provider: ProviderId::parse("p").unwrap(),
            room: None,
            occupant: Occupant::Appointment { id },
        };
        Arc::new(Agenda::new(vec![busy; rows]))
    }

    #[test]
    fn what_is_kept_serves_parts_of_its_span_until_it_changes() {
        let agendas = Agendas::default();
        agendas.keep(1, at(5), span(0, 100), &agenda(1));
        assert!(agendas.get(1, at(5), span(10, 100)).is_some());
        assert!(agendas.get(1, at(5), span(10, 101)).is_none(), "too short");
        assert!(agendas.get(1, at(6), span(10, 20)).is_none(), "it has changed");
        assert!(agendas.get(2, at(5), span(10, 20)).is_none(), "of another location");
    }

    #[test]
    fn an_older_one_does_not_take_the_place_of_a_later_one() {
        let agendas = Agendas::default();
        agendas.keep(1, at(6), span(0, 100), &agenda(1));
        agendas.keep(1, at(5), span(0, 100), &agenda(2));
        assert_eq!(agendas.get(1, at(6), span(0, 1)).map(|kept| kept.busy().len()), Some(1));
    }

    #[test]
    fn what_was_not_used_for_longest_goes_first() {
        let agendas = Agendas::default();
        for location in 0..3 {
            agendas.keep(location, at(1), span(0, 1), &agenda(MOST_ROWS / 3 - 1));
        }
        assert!(agendas.get(0, at(1), span(0, 1)).is_some());
        agendas.keep(3, at(1), span(0, 1), &agenda(10));
        let there: Vec<bool> = (0..4).map(|location| agendas.get(location, at(1), span(0, 1)).is_some()).collect();
        assert_eq!(there, [true, false, true, true]);
        agendas.keep(4, at(1), span(0, 1), &agenda(MOST_ROWS + 1));
        assert!(agendas.get(4, at(1), span(0, 1)).is_none(), "too much for all");
    }
}
