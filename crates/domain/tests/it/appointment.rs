//! The state machine of appointments, as a table.

use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::{Actor, Appointment, Decision, Rejection, Status};
use frontdesk_domain::scheduling::{Interval, Slot};
use frontdesk_domain::session::Referral;
use frontdesk_domain::time::SECOND;

use crate::practice_fixture::id;

const HOUR: i64 = 3600 * SECOND;

/// An appointment that begins ten hours after the epoch.
fn appointment(status: Status) -> Appointment {
    let start = Timestamp::from_micros(10 * HOUR);
    let end = start.plus_micros(HOUR);
    Appointment {
        id: id("appointment"),
        remote_id: None,
        status,
        slot: Slot { start, provider: id("rivera"), appointment_type: id("check-up") },
        end,
        occupied: Interval { start, end },
        room: None,
        session: None,
        referral: Referral::default(),
        client_type: None,
        client: id("client"),
        patient: id("patient"),
        note: None,
        language: "en".into(),
        sequence: 7,
        created_at: Timestamp::from_micros(0),
        updated_at: Timestamp::from_micros(0),
    }
}

const DECISIONS: [Decision; 6] =
    [Decision::Accept, Decision::Decline, Decision::Confirm, Decision::Begin, Decision::Finish, Decision::Cancel];

/// A row for each status, a column for each decision: where it leads, `=` when it is there already, `-` when it may not.
const TABLE: &str = "
              Accept    Decline   Confirm    Begin        Finish  Cancel
 REQUESTED    ACCEPTED  DECLINED  -          -            -       DELETED
 ACCEPTED     =         -         CONFIRMED  IN_PROGRESS  DONE    DELETED
 CONFIRMED    -         -         =          IN_PROGRESS  DONE    DELETED
 IN_PROGRESS  -         -         -          =            DONE    -
 DONE         -         -         -          -            =       -
 DELETED      -         -         -          -            -       =
 DECLINED     -         =         -          -            -       -
";

#[test]
fn every_decision_on_every_status() {
    let rows: Vec<Vec<&str>> = TABLE.lines().skip(2).map(|line| line.split_whitespace().collect()).collect();
    assert_eq!(rows.len(), Status::ALL.len());
    for (row, &status) in rows.iter().zip(Status::ALL) {
        assert_eq!(row[0], status.as_str());
        for (cell, decision) in row[1..].iter().zip(DECISIONS) {
            let before = appointment(status);
            let mut after = before.clone();
            let decided = after.decide(decision, Actor::Practice, Timestamp::from_micros(0), 0);
            let expected = match *cell {
                "=" => Ok(false),
                "-" => Err(Rejection::StatusDoesNotAllow),
                _ => Ok(true),
            };
            assert_eq!(decided, expected, "{status:?} {decision:?}");
            if decided == Ok(true) {
                assert_eq!((after.status.as_str(), after.sequence), (*cell, 8), "{status:?} {decision:?}");
                assert_eq!(Appointment { status, sequence: 7, ..after }, before, "nothing else changes");
            } else {
                assert_eq!(after, before, "{status:?} {decision:?}");
            }
        }
    }
}

#[test]
fn a_client_changes_nothing_once_the_notice_has_begun() {
    let cancel = |actor, now, notice| {
        let now = Timestamp::from_micros(now);
        appointment(Status::Accepted).decide(Decision::Cancel, actor, now, notice)
    };
    assert_eq!(cancel(Actor::Client, 8 * HOUR - 1, 120), Ok(true));
    assert_eq!(cancel(Actor::Client, 8 * HOUR, 120), Err(Rejection::TooLateToChange));
    assert_eq!(cancel(Actor::Client, 10 * HOUR - 1, 0), Ok(true));
    assert_eq!(cancel(Actor::Client, 10 * HOUR, 0), Err(Rejection::TooLateToChange), "it has begun");
    assert_eq!(cancel(Actor::Practice, 20 * HOUR, 120), Ok(true));
    // What is done already is told again at any time.
    let mut cancelled = appointment(Status::Deleted);
    assert_eq!(cancelled.decide(Decision::Cancel, Actor::Client, Timestamp::from_micros(10 * HOUR), 120), Ok(false));
}

#[test]
fn only_what_has_not_begun_can_be_moved() {
    for &status in Status::ALL {
        let movable = matches!(status, Status::Requested | Status::Accepted | Status::Confirmed);
        let check = |actor, now| appointment(status).check_movable(actor, Timestamp::from_micros(now), 120);
        let expected = |then| if movable { then } else { Err(Rejection::StatusDoesNotAllow) };
        assert_eq!(check(Actor::Practice, 9 * HOUR), expected(Ok(())), "{status:?}");
        assert_eq!(check(Actor::Client, 8 * HOUR - 1), expected(Ok(())), "{status:?}");
        assert_eq!(check(Actor::Client, 8 * HOUR), expected(Err(Rejection::TooLateToChange)), "{status:?}");
    }
}

#[test]
fn statuses_are_known_by_number_and_occupy_until_they_are_called_off() {
    for (number, &status) in (0..).zip(Status::ALL) {
        assert_eq!((i64::from(status.number()), Status::from_number(number)), (number, Some(status)));
        assert_eq!(status.occupies(), !matches!(status, Status::Deleted | Status::Declined));
    }
    assert_eq!((Status::from_number(7), Status::from_number(-1)), (None, None));
}
