//! The rules of open times by example, on a plain Monday in Chicago, 2026-02-02, when the practice is open from 8 to 10.

use frontdesk_domain::appointment::Rejection;
use frontdesk_domain::practice::{Clients, Closure, Provider, TimeOff};
use frontdesk_domain::scheduling::{Busy, Interval, Occupant, Search, Slot};
use frontdesk_domain::session::ClientType;
use jiff::civil::{date, datetime};

use crate::practice_fixture::{Practice, at, daily, id};

fn on_monday(practice: &Practice) -> Vec<String> {
    practice.open("2026-02-02T00:00:00-06:00", "2026-02-03T00:00:00-06:00")
}

/// Two providers who share two rooms.
fn with_rooms() -> Practice {
    let mut practice = Practice::new();
    practice.provider().rooms = vec![id("west"), id("east")];
    let chen = Provider { id: id("chen"), rooms: vec![id("east")], ..practice.setup.providers[0].clone() };
    practice.setup.providers.push(chen);
    practice
}

#[test]
fn appointments_end_by_the_end_of_the_hours() {
    let mut practice = Practice::new();
    assert_eq!(on_monday(&practice), ["08:00-06", "08:30-06", "09:00-06", "09:30-06"]);
    practice.check_up().minutes = 31;
    assert_eq!(on_monday(&practice), ["08:00-06", "08:30-06", "09:00-06"]);
    practice.check_up().minutes = 121;
    assert!(on_monday(&practice).is_empty());
}

#[test]
fn the_grid_counts_from_midnight_and_not_from_the_opening() {
    let mut practice = Practice::new();
    practice.setup.opening = daily("8:10-10");
    assert_eq!(on_monday(&practice), ["08:30-06", "09:00-06", "09:30-06"]);
}

#[test]
fn an_appointment_does_not_go_through_a_break() {
    let mut practice = Practice::new();
    practice.setup.opening = daily("8-9 9:05-11");
    practice.check_up().minutes = 60;
    assert_eq!(on_monday(&practice), ["08:00-06", "09:30-06", "10:00-06"]);
}

#[test]
fn an_appointment_may_go_through_midnight() {
    let mut practice = Practice::new();
    practice.setup.opening = daily("0-0:30 23-24");
    practice.check_up().minutes = 60;
    let open = practice.open("2026-02-02T12:00:00-06:00", "2026-02-03T12:00:00-06:00");
    assert_eq!(open, ["23:00-06", "23:30-06"]);
    practice.setup.closures.push(Closure { from: date(2026, 2, 3), until: date(2026, 2, 3), reason: None });
    let open = practice.open("2026-02-02T12:00:00-06:00", "2026-02-03T12:00:00-06:00");
    assert_eq!(open, ["23:00-06"]);
}

#[test]
fn closures_are_whole_days_to_the_last() {
    let mut practice = Practice::new();
    practice.setup.closures.push(Closure { from: date(2026, 2, 2), until: date(2026, 2, 3), reason: None });
    let open = practice.open("2026-02-01T00:00:00-06:00", "2026-02-05T00:00:00-06:00");
    assert_eq!(open.len(), 2 * 4, "on Sunday and on Wednesday");
}

#[test]
fn time_off_ends_as_the_next_appointment_begins() {
    let mut practice = Practice::new();
    let (from, until) = (datetime(2026, 2, 2, 8, 30, 0, 0), datetime(2026, 2, 2, 9, 0, 0, 0));
    practice.provider().time_off.push(TimeOff { from, until, reason: None });
    assert_eq!(on_monday(&practice), ["08:00-06", "09:00-06", "09:30-06"]);
}

#[test]
fn buffers_may_lie_outside_the_hours_but_not_in_an_appointment() {
    let mut practice = Practice::new();
    practice.check_up().buffer_before_minutes = 15;
    practice.check_up().buffer_after_minutes = 10;
    assert_eq!(on_monday(&practice).len(), 4);
    practice.book("rivera", None, "2026-02-02T08:40:00-06:00", "2026-02-02T08:45:00-06:00");
    assert_eq!(on_monday(&practice), ["08:00-06", "09:00-06", "09:30-06"], "8:30 to 8:40 and 8:45 to 9:00");
    practice.book("rivera", None, "2026-02-02T08:39:00-06:00", "2026-02-02T08:46:00-06:00");
    assert_eq!(on_monday(&practice), ["09:30-06"]);
}

#[test]
fn the_first_free_room_is_taken() {
    let mut practice = with_rooms();
    practice.setup.opening = daily("8-8:30");
    assert_eq!(on_monday(&practice), ["08:00-06 west", "08:00-06 east"]);
    practice.book("somebody", Some("west"), "2026-02-02T07:00:00-06:00", "2026-02-02T08:01:00-06:00");
    assert_eq!(on_monday(&practice), ["08:00-06 east", "08:00-06 east"]);
    assert_eq!(practice.place("rivera", "2026-02-02T08:00:00-06:00"), Ok(Some("east".to_owned())));
    practice.book("rivera", Some("east"), "2026-02-02T08:00:00-06:00", "2026-02-02T08:30:00-06:00");
    assert!(on_monday(&practice).is_empty());
    assert_eq!(practice.place("chen", "2026-02-02T08:00:00-06:00"), Err(Rejection::SlotTaken));
}

#[test]
fn holds_count_until_they_run_out_and_not_against_their_own_session() {
    let mut practice = Practice::new();
    let occupied = Interval { start: at("2026-02-02T08:00:00-06:00"), end: at("2026-02-02T08:30:00-06:00") };
    let occupant = Occupant::Hold { session: id("ana"), until: at("2026-02-01T12:10:00Z") };
    practice.agenda.add(Busy { occupied, provider: id("rivera"), room: None, occupant });
    practice.asked.now = at("2026-02-01T12:09:59.999999Z");
    assert_eq!(on_monday(&practice).len(), 3);
    let ana = id("ana");
    let slot = Slot { start: occupied.start, provider: id("rivera"), appointment_type: id("check-up") };
    let asked = frontdesk_domain::scheduling::Asked { session: Some(&ana), ..practice.asked };
    assert!(practice.calendar().place(&practice.agenda, &slot, &asked).is_ok());
    assert_eq!(practice.calendar().place(&practice.agenda, &slot, &practice.asked), Err(Rejection::SlotTaken));
    practice.asked.now = at("2026-02-01T12:10:00Z");
    assert_eq!(on_monday(&practice).len(), 4);
}

#[test]
fn visitors_book_with_notice_and_within_the_horizon_and_others_only_not_the_past() {
    let mut practice = Practice::new();
    practice.setup.rules.notice_minutes = 60;
    practice.setup.rules.horizon_days = 0;
    practice.asked.now = at("2026-02-02T08:00:00-06:00");
    let both_days = |practice: &Practice| practice.open("2026-02-02T00:00:00-06:00", "2026-02-04T00:00:00-06:00").len();
    assert_eq!(both_days(&practice), 8);
    practice.asked.visitor = true;
    assert_eq!(both_days(&practice), 2);
    practice.asked.now = at("2026-02-02T08:00:00.000001-06:00");
    assert_eq!(both_days(&practice), 1);
    practice.asked.visitor = false;
    assert_eq!(both_days(&practice), 7);
}

#[test]
fn a_type_is_for_its_clients() {
    let mut practice = Practice::new();
    practice.check_up().clients = Clients::New;
    practice.asked.client_type = Some(ClientType::Returning);
    let start = "2026-02-02T08:00:00-06:00";
    assert_eq!((on_monday(&practice).len(), practice.place("rivera", start)), (4, Ok(None)));
    practice.asked.visitor = true;
    assert_eq!((on_monday(&practice).len(), practice.place("rivera", start)), (0, Err(Rejection::NotForThisClient)));
    practice.asked.client_type = None;
    assert_eq!((on_monday(&practice).len(), practice.place("rivera", start)), (4, Ok(None)));
}

#[test]
fn a_slot_of_nothing_that_is_offered_is_not_open() {
    let practice = with_rooms();
    let not_open = Err(Rejection::SlotNotOpen);
    assert_eq!(practice.place("nobody", "2026-02-02T08:00:00-06:00"), not_open);
    assert_eq!(practice.place("rivera", "2026-02-02T08:10:00-06:00"), not_open, "off the grid");
    assert_eq!(practice.place("rivera", "2026-02-02T08:00:30-06:00"), not_open);
    assert_eq!(practice.place("rivera", "2026-02-02T07:30:00-06:00"), not_open, "closed");
    assert_eq!(practice.place("rivera", "2025-12-31T08:00:00-06:00"), not_open, "past");
    let other = Slot { start: at("2026-02-02T08:00:00-06:00"), provider: id("rivera"), appointment_type: id("other") };
    assert_eq!(practice.calendar().place(&practice.agenda, &other, &practice.asked), Err(Rejection::SlotNotOpen));
}

#[test]
fn a_search_may_be_for_nothing() {
    let practice = Practice::new();
    let (check_up, other) = (id("check-up"), id("other"));
    let (from, until) = (at("2026-02-02T00:00:00-06:00"), at("2026-02-03T00:00:00-06:00"));
    let search = Search { appointment_type: &check_up, provider: None, from, until, asked: practice.asked };
    let count = |search: &Search<'_>| practice.calendar().open_times(&practice.agenda, search).len();
    assert_eq!(count(&search), 4);
    assert_eq!(count(&Search { appointment_type: &other, ..search.clone() }), 0);
    assert_eq!(count(&Search { provider: Some(&id("nobody")), ..search.clone() }), 0);
    assert_eq!(count(&Search { from: until, until: from, ..search.clone() }), 0);
    assert_eq!(count(&Search { until: from, ..search }), 0);
}

#[test]
fn the_ends_of_time_are_far_from_any_practice() {
    use frontdesk_domain::Timestamp;
    let mut practice = Practice::new();
    for start in [Timestamp::MIN, Timestamp::from_micros(0), Timestamp::MAX] {
        practice.asked.now = start;
        let slot = Slot { start, provider: id("rivera"), appointment_type: id("check-up") };
        assert_eq!(practice.calendar().place(&practice.agenda, &slot, &practice.asked), Err(Rejection::SlotNotOpen));
    }
}
