//! Both days of a clock change in Chicago: on 2026-03-08 the clock goes from 02:00 to 03:00, on 2026-11-01 from 02:00 back
//! to 01:00.

use jiff::civil::datetime;

use crate::practice_fixture::{Practice, daily};
use frontdesk_domain::practice::TimeOff;

fn practice(opening: &str) -> Practice {
    let mut practice = Practice::new();
    practice.setup.opening = daily(opening);
    practice
}

fn on_the_short_day(practice: &Practice) -> Vec<String> {
    practice.open("2026-03-08T00:00:00-06:00", "2026-03-09T00:00:00-05:00")
}

fn on_the_long_day(practice: &Practice) -> Vec<String> {
    practice.open("2026-11-01T00:00:00-05:00", "2026-11-02T00:00:00-06:00")
}

#[test]
fn the_hour_that_is_left_out_is_not_offered() {
    assert_eq!(on_the_short_day(&practice("1-4")), ["01:00-06", "01:30-06", "03:00-05", "03:30-05"]);
}

#[test]
fn the_hour_that_comes_twice_is_offered_twice() {
    let open = ["00:30-05", "01:00-05", "01:30-05", "01:00-06", "01:30-06", "02:00-06"];
    assert_eq!(on_the_long_day(&practice("0:30-2:30")), open);
}

#[test]
fn days_are_as_long_as_they_are() {
    assert_eq!(on_the_short_day(&practice("0-24")).len(), 2 * 23);
    assert_eq!(on_the_long_day(&practice("0-24")).len(), 2 * 25);
    assert_eq!(practice("0-24").open("2026-11-02T00:00:00-06:00", "2026-11-03T00:00:00-06:00").len(), 2 * 24);
}

#[test]
fn an_appointment_takes_real_time_across_the_change() {
    let mut short = practice("1-4");
    short.check_up().minutes = 60;
    assert_eq!(on_the_short_day(&short), ["01:00-06", "01:30-06", "03:00-05"]);
    let mut long = practice("1-2");
    long.check_up().minutes = 60;
    assert_eq!(on_the_long_day(&long), ["01:00-05", "01:30-05", "01:00-06"]);
}

#[test]
fn hours_that_begin_or_end_in_the_hour_that_is_left_out() {
    // At 03:00 the clock has passed 02:30; at 02:30 it is 03:30, and the practice has been closed since 02:00.
    assert_eq!(on_the_short_day(&practice("2:30-4")), ["03:00-05", "03:30-05"]);
    assert_eq!(on_the_short_day(&practice("1-2:30")), ["01:00-06", "01:30-06"]);
    assert!(on_the_short_day(&practice("2-3")).is_empty());
}

#[test]
fn hours_that_begin_or_end_in_the_hour_that_comes_twice() {
    // They begin at the first 01:30 and end at the second, and between these the clock says that it is closed.
    assert_eq!(on_the_long_day(&practice("1:30-2:30")), ["01:30-05", "01:30-06", "02:00-06"]);
    assert_eq!(on_the_long_day(&practice("0:30-1:30")), ["00:30-05", "01:00-05", "01:00-06"]);
}

#[test]
fn time_off_in_the_hour_that_comes_twice_is_off_twice() {
    let mut practice = practice("0:30-2:30");
    let (from, until) = (datetime(2026, 11, 1, 1, 30, 0, 0), datetime(2026, 11, 1, 2, 0, 0, 0));
    practice.provider().time_off.push(TimeOff { from, until, reason: None });
    assert_eq!(on_the_long_day(&practice), ["00:30-05", "01:00-05", "01:00-06", "02:00-06"]);
}

#[test]
fn each_of_two_equal_readings_is_booked_apart() {
    let mut practice = practice("1-2");
    practice.book("rivera", None, "2026-11-01T01:00:00-06:00", "2026-11-01T01:30:00-06:00");
    assert_eq!(on_the_long_day(&practice), ["01:00-05", "01:30-05", "01:30-06"]);
}

#[test]
fn notice_is_real_time() {
    let mut practice = practice("0-24");
    practice.asked.visitor = true;
    practice.setup.rules.notice_minutes = 24 * 60;
    practice.asked.now = crate::practice_fixture::at("2026-10-31T12:00:00-05:00");
    let open = practice.open("2026-10-31T12:00:00-05:00", "2026-11-01T13:00:00-06:00");
    assert_eq!(open.first().map(String::as_str), Some("11:00-06"));
}

#[test]
fn the_horizon_counts_days_of_the_calendar() {
    let mut practice = practice("0-24");
    practice.asked.visitor = true;
    practice.setup.rules.horizon_days = 1;
    practice.asked.now = crate::practice_fixture::at("2026-10-31T23:59:59-05:00");
    let open = practice.open("2026-11-01T00:00:00-05:00", "2026-11-05T00:00:00-06:00");
    assert_eq!((open.len(), open.last().map(String::as_str)), (2 * 25, Some("23:30-06")));
}
