//! The check finds what was spoiled behind Frontdesk's back, and nothing in a sound record.

use frontdesk_domain::session::Stage;

use crate::support::{BEGINNING, Desk, advance, complete, done, start, wait};

/// A record with a session of each kind, then `spoil` run on it.
fn spoiled(spoil: &str) -> Vec<String> {
    let desk = Desk::new();
    let store = desk.open();
    wait(async {
        for id in ["a", "b", "c"] {
            done(&store, "austin", id, BEGINNING, start()).await;
        }
        done(&store, "austin", "a", BEGINNING, advance(Stage::Scheduling)).await;
        done(&store, "austin", "b", BEGINNING, complete("appointment")).await;
    });
    drop(store);
    assert_eq!(desk.findings(), [""; 0], "sound before");
    desk.connection().execute_batch(spoil).expect("it is spoiled");
    desk.findings()
}

#[test]
fn finds_what_does_not_fit() {
    let table = [
        ("UPDATE tallies SET parts = X'3F010000' WHERE level = 0", "the tally of node"),
        ("UPDATE tallies SET parts = X'00' WHERE level = 3", "bytes in it that nobody wrote"),
        ("DELETE FROM tallies WHERE level = 2", "has no tally"),
        ("INSERT INTO tallies VALUES (1, 0, 1, X'00000001')", "the tally of node 1 at level 0"),
        ("DELETE FROM sessions WHERE id = 'c'", "events of sessions that do not exist"),
        ("DELETE FROM events WHERE session = 'c'", "session c: its timeline does not begin"),
        (
            "DELETE FROM events WHERE session = 'a' AND event LIKE '%stage_reached%'",
            "session a: its timeline adds up to another stage",
        ),
        (
            "UPDATE sessions SET appointment_id = 'other' WHERE id = 'b'",
            "session b: its timeline adds up to another appointment_id",
        ),
        (
            "UPDATE sessions SET referral_source = 'other' WHERE id = 'b'",
            "session b: its timeline adds up to another referral",
        ),
        ("UPDATE sessions SET appointment_id = NULL WHERE id = 'b'", "sessions.appointment_id of b"),
        ("UPDATE events SET event = '{}' WHERE session = 'a'", "session a: an event cannot be read"),
        ("UPDATE locations SET last_tick = 0", "updated after the last tick"),
        ("UPDATE sessions SET expires_at = NULL WHERE id = 'c'", "without an expiry"),
        ("UPDATE sessions SET stage = 9 WHERE id = 'c'", "sessions.stage of c"),
        ("UPDATE sessions SET location = 77 WHERE id = 'c'", "sessions of locations that do not exist"),
    ];
    for (spoil, finding) in table {
        let findings = spoiled(spoil);
        assert!(findings.iter().any(|found| found.contains(finding)), "{spoil}: {findings:?}");
    }
}

#[test]
fn counts_what_it_looked_at() {
    let desk = Desk::new();
    let store = desk.open();
    wait(async {
        for id in ["a", "b"] {
            done(&store, "austin", id, BEGINNING, start()).await;
        }
        done(&store, "austin", "a", BEGINNING, advance(Stage::Scheduling)).await;
    });
    let report = desk.workbench().check(|_| {}).expect("the check runs beside a server");
    assert_eq!((report.sessions, report.events, report.tallies), (2, 3, 5));
}
