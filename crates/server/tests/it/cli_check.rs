//! `frontdesk check`: a sound record is said to be sound, and one that was tampered with is not.

use crate::support::Desk;

const LOCATION: &str = "paws-austin";

/// A database at rest with one session, completed with the appointment `A-20418`, and one visitor still there.
fn at_rest() -> Desk {
    let desk = Desk::in_file_with(LOCATION);
    let token = desk.token(&["--scope", "booking", "--location", LOCATION]);
    let server = desk.serve();
    let (booked, there) = (server.start_at(LOCATION), server.start_at(LOCATION));
    assert_eq!(server.report(&booked.id, &booked.secret, r#"{"client_type":"new"}"#).status, 200);
    assert_eq!(server.complete(&booked.id, &token, r#"{"appointment_id":"A-20418"}"#).status, 200);
    assert_eq!(server.report(&there.id, &there.secret, "{}").status, 200);
    server.signal("TERM");
    assert!(server.wait().0.success());
    // A command that has the record to itself brings what the log of writes holds into the file.
    desk.done(&["check"]);
    assert!(!desk.path("record.db-wal").exists());
    desk
}

/// Changes the one place in the file that holds these bytes.
fn tamper(desk: &Desk, from: &str, to: &str) {
    assert_eq!(from.len(), to.len(), "the file's structure stays");
    let mut file = std::fs::read(desk.path("record.db")).expect("the database");
    let places: Vec<usize> =
        (0..file.len() - from.len()).filter(|place| file[*place..].starts_with(from.as_bytes())).collect();
    assert_eq!(places.len(), 1, "{from}");
    file[places[0]..places[0] + to.len()].copy_from_slice(to.as_bytes());
    std::fs::write(desk.path("record.db"), file).expect("the database is written");
}

/// How many tallies there are depends on the hour: those of two sessions may lie on either side of a full one.
fn without_tallies(said: &str) -> String {
    let (before, after) = said.split_once(" tallies").expect("the tallies are counted");
    format!("{} some tallies{after}", before.trim_end_matches(|character: char| character.is_ascii_digit()).trim_end())
}

/// What the check says of a record that is not sound, without the sessions' ids.
fn findings(desk: &Desk) -> (Vec<String>, String) {
    let output = desk.run(&["check"]);
    assert_eq!(output.status.code(), Some(1));
    let without_id = |line: &str| match line.split_once("session ").and_then(|(_, rest)| rest.split_once(": ")) {
        Some((id, _)) => line.replace(id, "<id>"),
        None => line.to_owned(),
    };
    let found = String::from_utf8_lossy(&output.stdout).lines().map(without_id).collect();
    (found, without_tallies(String::from_utf8_lossy(&output.stderr).trim_end()))
}

#[test]
fn a_sound_record_is_said_to_be_sound_with_what_was_counted() {
    let desk = at_rest();
    assert_eq!(
        without_tallies(&desk.done(&["check"])),
        "2 sessions, 5 events and some tallies checked: the record is sound.\n"
    );
    let empty = Desk::in_file_with(LOCATION);
    assert_eq!(empty.done(&["check"]), "0 sessions, 0 events and 0 tallies checked: the record is sound.\n");
}

#[test]
fn a_record_is_checked_while_it_is_served() {
    let desk = Desk::in_file_with(LOCATION);
    let server = desk.serve();
    for _ in 0..3 {
        server.start_at(LOCATION);
        assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
    }
}

#[test]
fn an_appointment_that_was_changed_behind_our_back_is_found() {
    let desk = at_rest();
    tamper(&desk, r#""appointment_id":"A-20418""#, r#""appointment_id":"A-20419""#);
    let (found, said) = findings(&desk);
    assert_eq!(
        found,
        ["location paws-austin: session <id>: its timeline adds up to another appointment_id than the record says"]
    );
    assert_eq!(
        said,
        "error: 2 sessions, 5 events and some tallies checked: 1 finding. Keep the file and restore the last backup that checks."
    );
}

#[test]
fn an_event_that_cannot_be_or_cannot_be_read_is_found() {
    let desk = at_rest();
    tamper(&desk, r#"{"kind":"touched"}"#, r#"{"kind":"toucher"}"#);
    tamper(&desk, r#""client_type":"new""#, r#""client_type":"old""#);
    let (found, said) = findings(&desk);
    let start = "location paws-austin: session <id>: an event cannot be read: unknown variant ";
    assert_eq!(found.len(), 2);
    assert!(found.iter().all(|finding| finding.starts_with(start)), "{found:#?}");
    assert!(said.contains(": 2 findings. "), "{said}");
}

#[test]
fn a_file_that_lost_its_end_or_its_middle_is_told_apart_from_a_sound_one() {
    for cut in ["end", "middle"] {
        let desk = at_rest();
        let mut file = std::fs::read(desk.path("record.db")).expect("the database");
        let half = file.len() / 8192 * 4096;
        match cut {
            "end" => file.truncate(half),
            _ => file[half..half + 4096].fill(0),
        }
        std::fs::write(desk.path("record.db"), file).expect("the database is written");
        let output = desk.run(&["check"]);
        assert_eq!(output.status.code(), Some(1), "{cut}");
        let said = format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
        assert!(!said.contains("panicked") && !said.contains("sound"), "{cut}: {said}");
    }
}
