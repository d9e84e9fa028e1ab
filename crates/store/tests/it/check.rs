//! The check finds what was spoiled behind Frontdesk's back, and nothing in a sound record.

use frontdesk_domain::session::Stage;

use crate::practice::{book, booked, hold, practice_on, setup, slot};
use crate::support::{BEGINNING, Desk, Engine, advance, complete, done, on_both_engines, start, wait};

/// A record with a session of each kind, then `spoil` run on it.
fn spoiled(engine: Engine, spoil: &str) -> Vec<String> {
    let desk = Desk::on(engine);
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
    desk.spoil(spoil);
    desk.findings()
}

/// What only one engine keeps, or keeps in its own way.
fn spoils_of(engine: Engine) -> &'static [(&'static str, &'static str)] {
    match engine {
        Engine::Sqlite => &[
            ("UPDATE tallies SET parts = X'3F010000' WHERE level = 0", "the tally of node"),
            ("UPDATE tallies SET parts = X'00' WHERE level = 3", "bytes in it that nobody wrote"),
            ("INSERT INTO tallies VALUES (1, 0, 1, X'00000001')", "the tally of node 1 at level 0"),
            ("UPDATE locations SET last_tick = 0", "updated after the last tick"),
        ],
        Engine::Postgres => &[
            ("UPDATE tallies SET active[64] = active[64] + 1 WHERE level = 1", "the tally of node"),
            ("UPDATE tallies SET sessions[64] = sessions[64] + 1 WHERE level = 1", "the tally of node"),
            ("UPDATE tallies SET active = '{}' WHERE level = 3", "level 3"),
            ("UPDATE clocks SET last_tick = 0", "updated after the last tick"),
            ("UPDATE clocks SET next_expiry = 9000000000000000", "expires before the next expiry"),
            ("DELETE FROM clocks", "has no clock"),
        ],
    }
}

const SPOILS: &[(&str, &str)] = &[
    ("DELETE FROM tallies WHERE level = 2", "has no tally"),
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
    ("UPDATE sessions SET expires_at = NULL WHERE id = 'c'", "without an expiry"),
    ("UPDATE sessions SET stage = 9 WHERE id = 'c'", "sessions.stage of c"),
    ("UPDATE sessions SET location = 77 WHERE id = 'c'", "sessions of locations that do not exist"),
];

/// What is spoiled of two appointments, of which one has a session, and a hold.
const BOOKING_SPOILS: &[(&str, &str)] = &[
    (
        "UPDATE appointments SET session = 'c' WHERE id = 'one'",
        "1 appointments whose session was not completed with them",
    ),
    ("UPDATE appointments SET status = 9", "appointments.status of one"),
    (
        "UPDATE appointments SET updated_at = updated_at + 1000000000",
        "2 appointments that were updated after the last tick",
    ),
    ("UPDATE agendas SET changed_at = changed_at + 1000000000", "1 agendas that changed after the last tick"),
    ("DELETE FROM clients", "2 appointments of clients that do not exist"),
    ("DELETE FROM patients", "2 appointments of patients that their client does not have"),
    ("UPDATE patients SET client = 'nobody'", "1 patients of clients that do not exist"),
    ("DELETE FROM claims WHERE resource = 'p:ana'", "1 standing appointments without a claim to their provider"),
    ("DELETE FROM claims WHERE resource = 'r:one'", "1 standing appointments without a claim to their room"),
    (
        "UPDATE claims SET occupied_from = occupied_from + 1 WHERE resource = 'p:ana'",
        "without a claim to their provider",
    ),
    ("INSERT INTO claims VALUES (1, 'p:eve', 1, 2, 'one')", "1 claims of no standing appointment"),
    (
        "UPDATE sessions SET status = 2, expires_at = NULL WHERE id = 'b'",
        "1 holds of sessions that are not in progress",
    ),
    ("UPDATE holds SET provider = ''", "holds.provider of b"),
    ("UPDATE mails SET appointment = 'none'", "2 mails about appointments that do not exist"),
    ("UPDATE mails SET leased_until = 1", "2 mails that are being sent without a lease, or have one otherwise"),
    ("UPDATE setups SET location = 77", "1 set-ups of locations that do not exist"),
];

fn spoiled_booking(engine: Engine, spoil: &str) -> Vec<String> {
    let desk = practice_on(engine, &setup());
    let store = desk.open();
    wait(async {
        for id in ["a", "b", "c"] {
            done(&store, "austin", id, BEGINNING, start()).await;
        }
        booked(&store, BEGINNING, book("one", Some("a"), &slot("ana", "visit", 1, 9, 0))).await;
        booked(&store, BEGINNING, book("two", None, &slot("ben", "surgery", 1, 9, 0))).await;
        booked(&store, BEGINNING, hold("b", &slot("ben", "visit", 2, 9, 0))).await;
    });
    drop(store);
    assert_eq!(desk.findings(), [""; 0], "sound before");
    desk.spoil(spoil);
    desk.findings()
}

on_both_engines! {
    fn finds_what_does_not_fit_of_bookings(engine: Engine) {
        for (spoil, finding) in BOOKING_SPOILS {
            let findings = spoiled_booking(engine, spoil);
            assert!(findings.iter().any(|found| found.contains(finding)), "{spoil}: {findings:?}");
        }
    }

    fn finds_what_does_not_fit(engine: Engine) {
        for (spoil, finding) in SPOILS.iter().chain(spoils_of(engine)) {
            let findings = spoiled(engine, spoil);
            assert!(findings.iter().any(|found| found.contains(finding)), "{spoil}: {findings:?}");
        }
    }

    fn counts_what_it_looked_at(engine: Engine) {
        let desk = Desk::on(engine);
        let store = desk.open();
        wait(async {
            for id in ["a", "b"] {
                done(&store, "austin", id, BEGINNING, start()).await;
            }
            done(&store, "austin", "a", BEGINNING, advance(Stage::Scheduling)).await;
        });
        let report = desk.workbench().check().expect("the check runs beside a server");
        // PostgreSQL leaves out the lowest level of the tree.
        let tallies = if engine == Engine::Sqlite { 5 } else { 4 };
        assert_eq!((report.sessions, report.events, report.tallies), (2, 3, tallies));
    }
}

/// PostgreSQL does not let them in.
#[test]
fn finds_claims_that_overlap() {
    let spoil = "UPDATE claims SET occupied_until = occupied_until + 1; \
                 INSERT INTO claims SELECT location, resource, occupied_from + 1, occupied_until, appointment FROM claims";
    let findings = spoiled_booking(Engine::Sqlite, spoil);
    assert!(findings.iter().any(|found| found.contains("4 claims to what is claimed already")), "{findings:?}");
}
