//! The calendar against the brute force, and what holds for every set of open times.

use frontdesk_domain::scheduling::{Agenda, Busy, Occupant, OpenTime, Search, Slot};
use frontdesk_domain::{ProviderId, RoomId, Timestamp};
use proptest::prelude::*;

use super::brute::Diary;
use super::world::{MINUTE, World, world};
use crate::practice_fixture::id;

type Found<'a> = (Timestamp, &'a ProviderId, Option<&'a RoomId>);

fn found<'a>(open: &OpenTime<'a>) -> Found<'a> {
    (open.start, &open.provider.id, open.room)
}

/// The first whole minute of a search and the one after its last.
fn minutes(world: &World) -> std::ops::Range<i64> {
    let up = |at: Timestamp| at.as_micros().div_euclid(MINUTE) + i64::from(at.as_micros().rem_euclid(MINUTE) > 0);
    up(world.from)..up(world.until)
}

fn brute_force(world: &World) -> Vec<Found<'_>> {
    let diary = Diary::new(world);
    let mut all = Vec::new();
    for minute in minutes(world) {
        for provider in &world.setup.providers {
            let wanted = world.provider.as_ref().is_none_or(|id| *id == provider.id);
            if let Ok(room) = diary.decide(provider, minute)
                && wanted
            {
                all.push((Timestamp::from_micros(minute * MINUTE), &provider.id, room));
            }
        }
    }
    all
}

fn busy(open: &OpenTime<'_>) -> Busy {
    let occupant = Occupant::Appointment { id: id("new") };
    Busy { occupied: open.occupied(), provider: open.provider.id.clone(), room: open.room.cloned(), occupant }
}

proptest! {
    #![proptest_config(crate::cases(300))]

    #[test]
    fn open_times_are_those_of_the_brute_force(world in world(1..3 * 1440)) {
        let open = world.calendar().open_times(&world.agenda, &world.search());
        let open: Vec<Found<'_>> = open.iter().map(found).collect();
        prop_assert_eq!(open, brute_force(&world));
    }

    #[test]
    fn nothing_offered_is_in_the_way_of_anything(world in world(1..20 * 1440)) {
        let end = |open: &OpenTime<'_>| open.start.plus_micros(i64::from(world.kind().minutes) * MINUTE);
        for open in world.calendar().open_times(&world.agenda, &world.search()) {
            prop_assert_eq!(open.end, end(&open));
            for busy in world.agenda.busy().iter().filter(|busy| busy.occupied.overlaps(open.occupied())) {
                let same = busy.provider == open.provider.id || (open.room.is_some() && busy.room.as_ref() == open.room);
                let stands = match &busy.occupant {
                    Occupant::Appointment { .. } => true,
                    Occupant::Hold { session, until } => {
                        world.now < *until && world.session.as_ref() != Some(session)
                    }
                };
                prop_assert!(!same || !stands, "{open:?} is in the way of {busy:?}");
            }
        }
    }

    #[test]
    fn what_is_booked_is_gone_and_nothing_comes(world in world(1..3 * 1440), which in any::<prop::sample::Index>()) {
        let before = world.calendar().open_times(&world.agenda, &world.search());
        prop_assume!(!before.is_empty());
        let booked = which.get(&before);
        let mut agenda = world.agenda.clone();
        agenda.add(busy(booked));
        let after = world.calendar().open_times(&agenda, &world.search());
        let is_in = |times: &[OpenTime<'_>], one: &OpenTime<'_>| {
            times.iter().any(|other| (other.start, &other.provider.id) == (one.start, &one.provider.id))
        };
        prop_assert!(!is_in(&after, booked));
        prop_assert!(after.iter().all(|one| is_in(&before, one)));
    }
}

proptest! {
    #![proptest_config(crate::cases(100))]

    #[test]
    fn a_place_is_decided_as_open_times_are(world in world(1..400)) {
        let diary = Diary::new(&world);
        let calendar = world.calendar();
        let open = calendar.open_times(&world.agenda, &Search { provider: None, ..world.search() });
        for start in minutes(&world).map(|minute| Timestamp::from_micros(minute * MINUTE)) {
            for provider in &world.setup.providers {
                let slot =
                    Slot { start, provider: provider.id.clone(), appointment_type: world.appointment_type.clone() };
                // No more of the agenda than is promised.
                let occupied = frontdesk_domain::scheduling::Interval::occupied_by(world.kind(), start);
                let near = world.agenda.busy().iter().filter(|busy| busy.occupied.overlaps(occupied)).cloned();
                let placed = calendar.place(&Agenda::new(near.collect()), &slot, &world.asked());
                let offered = open.iter().find(|one| one.start == start && one.provider.id == provider.id);
                prop_assert_eq!(placed.ok(), offered.copied());
                prop_assert_eq!(placed.map(|one| one.room), diary.decide(provider, start.as_micros() / MINUTE));
                prop_assert!(placed.is_err() || placed.is_ok_and(|one| one.slot() == slot));
                let within = Slot { start: start.plus_micros(1), ..slot };
                prop_assert!(calendar.place(&world.agenda, &within, &world.asked()).is_err());
            }
        }
    }
}
