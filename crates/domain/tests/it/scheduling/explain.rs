//! Why a time is open, or is not.

use frontdesk_domain::appointment::Rejection;
use frontdesk_domain::practice::{Clients, Closure, Provider, TimeOff};
use frontdesk_domain::scheduling::{DayHours, Explanation, Obstacle, Slot, Verdict};
use frontdesk_domain::session::ClientType;
use jiff::civil::{date, datetime};
use proptest::prelude::*;

use super::world::{MINUTE, world};
use crate::practice_fixture::{Practice, at, daily, id};

const NINE: &str = "2026-02-02T09:00:00-06:00";

fn explain<'a>(practice: &'a Practice, start: &str) -> Explanation<'a> {
    let kind = &practice.setup.appointment_types[0];
    practice.calendar().explain(&practice.agenda, kind, None, at(start), &practice.asked)
}

/// What is in the way for the location, and for the first provider.
fn obstacles<'a>(practice: &'a Practice, start: &str) -> (Vec<Obstacle<'a>>, Vec<Obstacle<'a>>) {
    let mut explanation = explain(practice, start);
    (explanation.location, explanation.providers.remove(0).obstacles)
}

#[test]
fn an_open_time_has_nothing_in_its_way() {
    let mut practice = Practice::new();
    practice.provider().rooms = vec![id("east")];
    practice.check_up().buffer_after_minutes = 5;
    let explanation = explain(&practice, NINE);
    assert_eq!((&explanation.location, &explanation.providers[0].obstacles), (&vec![], &vec![]));
    assert_eq!(explanation.providers[0].room, Some(&id("east")));
    assert_eq!(explanation.appointment.end, at("2026-02-02T09:30:00-06:00"));
    assert_eq!(explanation.occupied.end, at("2026-02-02T09:35:00-06:00"));
}

#[test]
fn off_the_grid_has_neighbours() {
    let mut practice = Practice::new();
    practice.setup.rules.grid_minutes = 240;
    let neighbours = |start, earlier, later| {
        let found = obstacles(&practice, start).0.remove(0);
        assert_eq!(found, Obstacle::OffGrid { earlier: Some(at(earlier)), later: Some(at(later)) });
    };
    neighbours("2026-02-02T09:00:01-06:00", "2026-02-02T08:00:00-06:00", "2026-02-02T12:00:00-06:00");
    // On the short day the clock has them an hour nearer.
    neighbours("2026-03-08T03:00:00-05:00", "2026-03-08T00:00:00-06:00", "2026-03-08T04:00:00-05:00");
}

#[test]
fn visitors_are_too_soon_or_too_far_ahead_and_nobody_books_the_past() {
    let mut practice = Practice::new();
    practice.setup.rules.horizon_days = 2;
    practice.setup.rules.notice_minutes = 90;
    let mut now = |now: &str, visitor| {
        practice.asked.now = at(now);
        practice.asked.visitor = visitor;
        format!("{:?}", obstacles(&practice, NINE).0)
    };
    let nothing = "[]";
    assert_eq!(now("2026-02-02T09:00:00.000001-06:00", false), "[Past]");
    assert_eq!(now(NINE, false), nothing);
    assert_eq!(now("2026-02-02T07:30:00-06:00", true), nothing);
    let earliest = at("2026-02-02T09:01:00-06:00");
    assert_eq!(now("2026-02-02T07:31:00-06:00", true), format!("{:?}", [Obstacle::TooSoon { earliest }]));
    assert_eq!(now("2026-01-31T00:00:00-06:00", true), nothing);
    let last = date(2026, 2, 1);
    assert_eq!(now("2026-01-30T23:59:59-06:00", true), format!("{:?}", [Obstacle::TooFar { last }]));
}

#[test]
fn a_location_is_closed_by_its_hours_or_for_a_reason() {
    let mut practice = Practice::new();
    practice.setup.closures.push(Closure {
        from: date(2026, 2, 1),
        until: date(2026, 2, 2),
        reason: Some("Stocktaking".into()),
    });
    practice.check_up().clients = Clients::New;
    practice.asked.visitor = true;
    practice.asked.client_type = Some(ClientType::Returning);
    let hours = &practice.setup.opening.0[0];
    let days = vec![DayHours { date: date(2026, 2, 2), hours }];
    let expected =
        [Obstacle::NotForThisClient, Obstacle::Closed(&practice.setup.closures[0]), Obstacle::OutsideOpening(days)];
    assert_eq!(obstacles(&practice, "2026-02-02T10:00:00-06:00").0, expected);
}

#[test]
fn hours_of_both_days_are_told_of_an_appointment_through_midnight() {
    let practice = Practice::new();
    let found = obstacles(&practice, "2026-02-02T23:30:00-06:00").0;
    assert!(matches!(&found[..], [Obstacle::OutsideOpening(days)] if days.len() == 1));
    let found = obstacles(&practice, "2026-02-02T23:45:00-06:00").0;
    assert!(matches!(&found[..], [Obstacle::OffGrid { .. }, Obstacle::OutsideOpening(days)] if days.len() == 2));
}

#[test]
fn a_provider_is_away_or_does_not_work_or_is_taken() {
    let mut practice = Practice::new();
    let (from, until) = (datetime(2026, 2, 2, 9, 15, 0, 0), datetime(2026, 2, 2, 10, 0, 0, 0));
    practice.provider().time_off.push(TimeOff { from, until, reason: None });
    practice.provider().hours = daily("8-9:29");
    practice.book("rivera", None, "2026-02-02T09:20:00-06:00", "2026-02-02T10:00:00-06:00");
    practice.book("rivera", None, "2026-02-02T09:30:00-06:00", "2026-02-02T10:00:00-06:00");
    practice.book("chen", None, "2026-02-02T09:00:00-06:00", "2026-02-02T10:00:00-06:00");
    let (location, provider) = obstacles(&practice, NINE);
    assert_eq!(location, []);
    let rivera = &practice.setup.providers[0];
    let days = vec![DayHours { date: date(2026, 2, 2), hours: &rivera.hours.0[0] }];
    // Of the agenda, in the order of time: Chen's at 9:00, then the only one that is in the way.
    let taken = Obstacle::Busy(&practice.agenda.busy()[1]);
    assert_eq!(provider, [Obstacle::Away(&rivera.time_off[0]), Obstacle::OutsideHours(days), taken]);
}

#[test]
fn rooms_are_told_with_what_takes_them() {
    let mut practice = Practice::new();
    practice.provider().rooms = vec![id("west"), id("east")];
    practice.book("chen", Some("west"), NINE, "2026-02-02T09:10:00-06:00");
    assert_eq!(explain(&practice, NINE).providers[0].room, Some(&id("east")));
    practice.book("wolf", Some("east"), "2026-02-02T09:10:00-06:00", "2026-02-02T10:10:00-06:00");
    let (west, east) = (id("west"), id("east"));
    let [first, second] = practice.agenda.busy() else { panic!("two appointments") };
    assert_eq!(obstacles(&practice, NINE).1, [Obstacle::NoRoom(vec![(&west, first), (&east, second)])]);
}

#[test]
fn a_provider_who_is_asked_for_need_not_take_the_type() {
    let mut practice = Practice::new();
    let wolf = Provider { id: id("wolf"), appointment_types: vec![], ..practice.setup.providers[0].clone() };
    practice.setup.providers.push(wolf);
    let kind = &practice.setup.appointment_types[0];
    let wolf = practice.setup.providers.last();
    let explanation = practice.calendar().explain(&practice.agenda, kind, wolf, at(NINE), &practice.asked);
    assert_eq!(explanation.providers[0].obstacles, [Obstacle::DoesNotTake]);
    assert_eq!(explain(&practice, NINE).providers.len(), 1);
}

#[test]
fn the_ends_of_time_can_be_asked_for() {
    use frontdesk_domain::Timestamp;
    let practice = Practice::new();
    let kind = &practice.setup.appointment_types[0];
    for at in [Timestamp::MIN, Timestamp::MAX] {
        let explanation = practice.calendar().explain(&practice.agenda, kind, None, at, &practice.asked);
        assert!(!explanation.location.is_empty());
    }
}

fn is_somebody_else(obstacle: &Obstacle<'_>) -> bool {
    matches!(obstacle, Obstacle::Busy(_) | Obstacle::NoRoom(_))
}

proptest! {
    #![proptest_config(crate::cases(100))]

    #[test]
    fn the_verdict_is_the_decision(world in world(1..300)) {
        let (calendar, kind) = (world.calendar(), world.kind());
        let mut start = world.from;
        while start < world.until {
            let explanation = calendar.explain(&world.agenda, kind, None, start, &world.asked());
            for Verdict { provider, obstacles, room } in explanation.providers {
                let slot = Slot { start, provider: provider.id.clone(), appointment_type: kind.id.clone() };
                let placed = calendar.place(&world.agenda, &slot, &world.asked()).map(|open| open.room);
                let all: Vec<Obstacle<'_>> = explanation.location.iter().cloned().chain(obstacles).collect();
                let expected = match &all[..] {
                    [] => Ok(room),
                    all if all.contains(&Obstacle::NotForThisClient) => Err(Rejection::NotForThisClient),
                    all if all.iter().all(is_somebody_else) => Err(Rejection::SlotTaken),
                    _ => Err(Rejection::SlotNotOpen),
                };
                prop_assert_eq!(placed, expected, "{:?}", all);
            }
            start = start.plus_micros(MINUTE);
        }
    }
}
