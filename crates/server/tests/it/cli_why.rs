//! `frontdesk why`: a time that is open or is not, in words. What stands in the way in detail is in the tests of the words.

use crate::clinic::Clinic;
use crate::support::Desk;

const PRACTICE: &str = r#"
book_ahead = "366d"

[locations.paws-austin]
name = "Paws Austin"
time_zone = "America/Chicago"
opening.every_day = "00:00-24:00"
closures."1900-01-01..2099-12-31" = "Not yet open"

[providers.lee]
name = "Dr. Susan Lee"
hours.monday = "09:00-12:00"
rooms = []

[types.checkup]
name = "Check-up"
category = "wellness"
duration = "30m"
"#;

fn desk() -> Desk {
    let desk = Desk::empty();
    std::fs::write(desk.path("practice.toml"), PRACTICE).expect("the file is written");
    desk.done(&["apply", "practice.toml"]);
    desk
}

fn why(desk: &Desk, more: &[&str]) -> String {
    desk.done(&[&["why", "paws-austin", "checkup"], more].concat())
}

#[test]
fn every_rule_that_says_no_is_told() {
    let words = why(&desk(), &["2024-12-10T11:40", "--as", "new"]);
    let now = words.lines().find(|line| line.starts_with("  It is past: now it is ")).expect("it is past").to_owned();
    assert_eq!(
        words.replace(&now, "  PAST"),
        "\
Check-up, Paws Austin
Tuesday, 10 December 2024, 11:40 to 12:10 (America/Chicago, UTC-06)

Not open.

Paws Austin: no
  Appointments begin every 15 minutes by the clock; near are 11:30 and 11:45.
  PAST
  Closed from 1 January 1900 to 31 December 2099: Not yet open.

Dr. Susan Lee: no
  Not at work on Tuesday, 10 December 2024.
"
    );
}

#[test]
fn a_time_that_comes_twice_is_told_twice_and_one_that_is_left_out_not_at_all() {
    let desk = desk();
    let twice = why(&desk, &["2024-11-03T01:30"]);
    let headings: Vec<&str> = twice.lines().filter(|line| line.starts_with("Sunday")).collect();
    assert_eq!(
        headings,
        [
            "Sunday, 3 November 2024, 01:30 (UTC-05) to 01:00 (UTC-06) (America/Chicago, UTC-05)",
            "Sunday, 3 November 2024, 01:30 (UTC-06) to 02:00 (America/Chicago, UTC-06)",
        ]
    );
    assert_eq!(
        why(&desk, &["2024-03-10T02:30"]),
        "There is no 02:30 on Sunday, 10 March 2024 in America/Chicago: the clock goes from 02:00 on 10 March to 03:00 on 10 March.\n"
    );
}

#[test]
fn what_there_is_not_is_named() {
    let desk = desk();
    let time = "2024-12-10T11:40";
    assert_eq!(
        desk.refused(&["why", "paws-austin", "nails", time]),
        "1 error: there is no appointment type nails; there is checkup"
    );
    assert_eq!(
        desk.refused(&["why", "paws-austin", "checkup", time, "--provider", "patel"]),
        "1 error: there is no provider patel; there is lee"
    );
    desk.add_location("lakeside", &[]);
    assert_eq!(
        desk.refused(&["why", "lakeside", "checkup", time]),
        "1 error: lakeside takes no bookings: it has no set-up yet, see `frontdesk apply --help`"
    );
}

#[test]
fn an_appointment_in_the_way_is_named_beside_a_running_server() {
    let clinic = Clinic::open();
    let slot = clinic.slot(0);
    let text = |value: &serde_json::Value| value.as_str().expect("a text").to_owned();
    let (start, provider) = (text(&slot["start"]), text(&slot["provider_id"]));
    let why = || clinic.desk.done(&["why", "paws-austin", "sick", &start, "--provider", &provider]);
    assert!(why().contains("\n\nOpen with Dr. "), "{}", why());
    let booked = clinic.booked(&slot);
    let words = why();
    assert!(words.contains("\n\nNot open.\n"), "{words}");
    assert!(words.contains(&format!(": appointment {}.\n", text(&booked["id"]))), "{words}");
}
