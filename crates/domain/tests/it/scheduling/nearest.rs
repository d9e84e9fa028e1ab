//! Open times near one that was lost.

use frontdesk_domain::practice::{Closure, Provider};
use frontdesk_domain::scheduling::{Calendar, OpenTime, Search, Slot};
use jiff::civil::date;
use proptest::prelude::*;

use super::world::{MINUTE, world};
use crate::practice_fixture::{Practice, at, daily, id};

/// The nearest check-ups to one with Rivera: day, time and provider.
fn nearest(practice: &Practice, start: &str, count: usize) -> Vec<String> {
    let slot = Slot { start: at(start), provider: id("rivera"), appointment_type: id("check-up") };
    let reading = |open: &OpenTime<'_>| {
        let start = jiff::Timestamp::from_microsecond(open.start.as_micros()).expect("an instant");
        format!("{} {}", start.to_zoned_datetime(practice.zone.clone()).strftime("%d %H:%M"), open.provider.id)
    };
    practice.calendar().nearest(&practice.agenda, &slot, &practice.asked, count).iter().map(reading).collect()
}

#[test]
fn with_somebody_else_or_as_near_as_can_be() {
    let mut practice = Practice::new();
    let chen = Provider { id: id("chen"), hours: daily("8-9:30"), ..practice.setup.providers[0].clone() };
    practice.setup.providers.push(chen);
    practice.book("rivera", None, "2026-02-02T09:00:00-06:00", "2026-02-02T09:30:00-06:00");
    let start = "2026-02-02T09:00:00-06:00";
    assert_eq!(nearest(&practice, start, 1), ["02 09:00 chen"]);
    // Of those half an hour off, the earlier, in the order of the set-up.
    assert_eq!(nearest(&practice, start, 3), ["02 08:30 rivera", "02 08:30 chen", "02 09:00 chen"]);
    assert!(nearest(&practice, start, 0).is_empty());
}

#[test]
fn on_other_days_when_it_must_be() {
    let mut practice = Practice::new();
    practice.setup.opening = daily("8-8:30");
    practice.setup.closures.push(Closure { from: date(2026, 2, 1), until: date(2026, 2, 7), reason: None });
    let start = "2026-02-04T08:00:00-06:00";
    assert_eq!(nearest(&practice, start, 3), ["30 08:00 rivera", "31 08:00 rivera", "08 08:00 rivera"]);
    assert_eq!(nearest(&practice, start, 100).len(), 28 - 7, "none further than two weeks");
}

proptest! {
    #![proptest_config(crate::cases(100))]

    #[test]
    fn no_open_time_is_nearer(world in world(1..2), count in 0..20_usize) {
        let slot = Slot { start: world.from, provider: id("ada"), appointment_type: world.appointment_type.clone() };
        let near = world.calendar().nearest(&world.agenda, &slot, &world.asked(), count);
        let days = |days: i64| slot.start.plus_micros(days * 1440 * MINUTE);
        let search = Search { provider: None, from: days(-14), until: days(14), ..world.search() };
        let mut all = world.calendar().open_times(&world.agenda, &search);
        all.sort_by_key(|one| (one.start.as_micros().abs_diff(slot.start.as_micros()), one.start));
        all.truncate(count);
        all.sort_by_key(|one| one.start);
        prop_assert_eq!(near, all);
        let span = Calendar::nearest_span(slot.start);
        prop_assert!(span.start <= days(-15) && days(15) <= span.end);
    }
}
