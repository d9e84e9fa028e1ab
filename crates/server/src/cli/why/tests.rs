//! Explanations as they are printed.

use frontdesk_domain::scheduling::{Agenda, Asked, Busy, Calendar, Interval, Occupant};
use frontdesk_domain::session::ClientType;
use frontdesk_domain::{RoomId, SessionId, Timestamp};
use jiff::tz::TimeZone;

use super::words::{Scene, list};
use crate::practice_file::{LocationFile, parse};

const PRACTICE: &str = r#"
[locations.austin]
name = "Paws Austin"
time_zone = "America/Chicago"
slot_grid = "15m"
minimum_notice = "2h"
book_ahead = "60d"

[locations.austin.opening]
tuesday = ["08:00-12:30", "13:30-18:00"]
thursday = "08:00-12:30"
sunday = "00:00-24:00"

[locations.austin.closures]
"2026-12-24..2026-12-26" = "Christmas"
"2026-12-31" = "New Year's Eve"

[rooms.exam-1]
name = "Exam room 1"

[rooms.exam-2]
name = "Exam room 2"

[providers.lee]
name = "Dr. Susan Lee"
hours.tuesday = "13:30-18:00"
time_off."2026-12-15 13:30-15:00" = "Dentist"
types = ["sick", "recheck"]
rooms = ["exam-2"]

[providers.patel]
name = "Dr. Anil Patel"
types = ["sick", "recheck"]

[types.sick]
name = "Not feeling well"
category = "sick"
duration = "30m"
buffer_after = "15m"

[types.recheck]
name = "Follow-up"
category = "recheck"
duration = "15m"
clients = "returning"
"#;

/// Something on the agenda.
fn busy(provider: &str, room: Option<&str>, start: &str, end: &str, occupant: Occupant) -> Busy {
    let at = |text| Timestamp::parse(text).expect("a time with its offset");
    Busy {
        occupied: Interval { start: at(start), end: at(end) },
        provider: provider.parse().expect("an id"),
        room: room.map(|room| RoomId::parse(room).expect("an id")),
        occupant,
    }
}

fn appointment() -> Occupant {
    Occupant::Appointment { id: "A-17".parse().expect("an id") }
}

/// What is said when it is asked on 2026-12-01 at 10 in Austin.
fn why(kind: &str, time: &str, busy: Vec<Busy>, client_type: Option<ClientType>) -> String {
    let [LocationFile { settings, setup, .. }] = &parse(PRACTICE, "practice.toml", None).expect("it is sound")[..]
    else {
        panic!("one location")
    };
    let zone = TimeZone::get(&settings.time_zone).expect("a zone");
    let now = Timestamp::parse("2026-12-01T10:00:00-06:00").expect("a time");
    let asked = Asked { now, session: None, client_type, visitor: true };
    let scene = Scene { name: &settings.name, setup, zone: &zone, asked };
    let at = Timestamp::parse(time).expect("a time with its offset");
    let kind = setup.appointment_type(kind).expect("a type");
    let agenda = Agenda::new(busy);
    scene.words(&Calendar::new(setup, &zone).explain(&agenda, kind, None, at, &asked))
}

#[test]
fn an_open_time() {
    assert_eq!(
        why("recheck", "2026-12-08T13:30:00-06:00", vec![], Some(ClientType::Returning)),
        "\
Follow-up, Paws Austin
Tuesday, 8 December 2026, 13:30 to 13:45 (America/Chicago, UTC-06)

Open with Dr. Susan Lee and Dr. Anil Patel.

Dr. Susan Lee: open, in Exam room 2

Dr. Anil Patel: open, in Exam room 1
"
    );
}

#[test]
fn appointments_holds_and_rooms() {
    let session = SessionId::parse("S-4").expect("an id");
    let until = Timestamp::parse("2026-12-01T10:09:30-06:00").expect("a time");
    let agenda = vec![
        busy("patel", Some("exam-1"), "2026-12-08T14:00:00-06:00", "2026-12-08T14:45:00-06:00", appointment()),
        busy(
            "rivera",
            Some("exam-2"),
            "2026-12-08T14:30:00-06:00",
            "2026-12-08T15:15:00-06:00",
            Occupant::Hold { session, until },
        ),
    ];
    assert_eq!(
        why("sick", "2026-12-08T14:00:00-06:00", agenda, None),
        "\
Not feeling well, Paws Austin
Tuesday, 8 December 2026, 14:00 to 14:30 (America/Chicago, UTC-06)
With its buffers it takes 14:00 to 14:45.

Not open.

Dr. Susan Lee: no
  No room is free: Exam room 2 is taken by rivera from 14:30 to 15:15: on hold until 10:09:30 for session S-4.

Dr. Anil Patel: no
  Taken from 14:00 to 14:45: appointment A-17.
  No room is free: Exam room 1 is taken by Dr. Anil Patel from 14:00 to 14:45: appointment A-17; Exam room 2 is taken by rivera from 14:30 to 15:15: on hold until 10:09:30 for session S-4.
"
    );
}

#[test]
fn hours_and_time_off() {
    assert_eq!(
        why("sick", "2026-12-15T14:00:00-06:00", vec![], None),
        "\
Not feeling well, Paws Austin
Tuesday, 15 December 2026, 14:00 to 14:30 (America/Chicago, UTC-06)
With its buffers it takes 14:00 to 14:45.

Open with Dr. Anil Patel.

Dr. Susan Lee: no
  Away from 13:30 to 15:00 on 15 December 2026: Dentist.

Dr. Anil Patel: open, in Exam room 1
"
    );
    assert_eq!(
        why("sick", "2026-12-03T12:15:00-06:00", vec![], None),
        "\
Not feeling well, Paws Austin
Thursday, 3 December 2026, 12:15 to 12:45 (America/Chicago, UTC-06)
With its buffers it takes 12:15 to 13:00.

Not open.

Paws Austin: no
  Open from 08:00 to 12:30 on Thursday, 3 December 2026.

Dr. Susan Lee: no
  Not at work on Thursday, 3 December 2026.

Dr. Anil Patel: no
  At work from 08:00 to 12:30 on Thursday, 3 December 2026.
"
    );
}

#[test]
fn everything_at_once() {
    assert_eq!(
        why("recheck", "2026-12-24T08:20:00-06:00", vec![], Some(ClientType::New)),
        "\
Follow-up, Paws Austin
Thursday, 24 December 2026, 08:20 to 08:35 (America/Chicago, UTC-06)

Not open.

Paws Austin: no
  Appointments begin every 15 minutes by the clock; near are 08:15 and 08:30.
  Only for clients who have been here before.
  Closed from 24 December 2026 to 26 December 2026: Christmas.

Dr. Susan Lee: no
  Not at work on Thursday, 24 December 2026.

Dr. Anil Patel: nothing else against it, in Exam room 1
"
    );
}

#[test]
fn notice_horizon_and_the_past() {
    /// The line that follows the name of the location.
    fn line(time: &str) -> String {
        let words = why("sick", time, vec![], None);
        words.lines().skip_while(|line| *line != "Paws Austin: no").nth(1).expect("an obstacle").trim().to_owned()
    }
    assert_eq!(line("2026-12-01T09:45:00-06:00"), "It is past: now it is 10:00 on 1 December 2026.");
    assert_eq!(
        line("2026-12-01T11:45:00-06:00"),
        "Visitors book 2 hours ahead or more: now from 12:00 on 1 December 2026 on."
    );
    assert_eq!(line("2027-02-02T10:00:00-06:00"), "Visitors book 60 days ahead or less: now until 30 January 2027.");
    assert_eq!(line("2026-12-31T08:00:00-06:00"), "Closed on 31 December 2026: New Year's Eve.");
}

#[test]
fn an_hour_that_comes_twice_has_its_offsets() {
    let words = why("sick", "2027-11-07T01:45:00-05:00", vec![], None);
    assert!(words.contains("Sunday, 7 November 2027, 01:45 (UTC-05) to 01:15 (UTC-06) (America/Chicago, UTC-05)"));
    let words = why("sick", "2026-12-13T23:45:00-06:00", vec![], None);
    assert!(
        words.contains(", 23:45 on 13 December 2026 to 00:15 on 14 December 2026 (America/Chicago, UTC-06)"),
        "{words}"
    );
    assert!(
        words.contains("Open from 00:00 to 24:00 on Sunday, 13 December 2026; Closed on Monday, 14 December 2026.")
    );
}

#[test]
fn lists() {
    assert_eq!(list([""; 0]), "");
    assert_eq!(list(["one"]), "one");
    assert_eq!(list(["one", "two"]), "one and two");
    assert_eq!(list(["one", "two", "three"]), "one, two and three");
}
