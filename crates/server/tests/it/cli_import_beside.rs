//! `frontdesk import` beside a running server: seen at once, without a gap for those who poll, and again after a kill.

use std::fs::OpenOptions;
use std::io::Write;
use std::process::Command;

use crate::files::{csv, many, row};
use crate::support::{Desk, LIST, Server, shown, until};

const LOCATION: &str = "paws-austin";

/// A served location, with a partner's token.
fn desk() -> (Desk, Server, String) {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve();
    (desk, server, token)
}

/// What a partner gets who asks for everything since `start`.
fn since(server: &Server, token: &str, start: &str) -> (Vec<String>, String) {
    let answer = server.get(&format!("{LIST}?updated_at_start={start}&per_page=1000"), token, LOCATION);
    let content = answer.json()["data"]["content"].take();
    let latest = content.as_array().and_then(|content| content.last()?["updated_at"].as_str().map(str::to_owned));
    (answer.ids(), latest.unwrap_or_else(|| start.to_owned()))
}

#[test]
fn what_was_imported_is_served_at_once_at_its_own_time() {
    let (desk, server, token) = desk();
    desk.import("past.csv", &csv(&[row(0)]));
    let session = server.in_feed("S-0", &token, LOCATION);
    assert_eq!(
        session.to_string(),
        r#"{"appointment_id":null,"client_type":null,"created_at":"2023-11-05T00:00:00.000000Z","id":"S-0","last_activity_at":null,"referral_campaign":null,"referral_medium":null,"referral_source":"google","remote_appointment_id":null,"stage":"scheduling","status":"abandoned","updated_at":"2023-11-05T00:00:00.000000Z"}"#
    );
}

#[test]
fn who_polls_already_sees_an_import_that_touches() {
    let (desk, server, token) = desk();
    let visit = server.start_at(LOCATION);
    let (ids, latest) = since(&server, &token, "1970-01-01T00:00:00Z");
    assert_eq!(ids, [visit.id.as_str()]);

    // Imported as it is, the past is where a poller has been already.
    desk.import("past.csv", &many(3));
    assert_eq!(since(&server, &token, &latest).0, [visit.id.as_str()]);
    assert_eq!(since(&server, &token, "2023-11-05T00:00:00Z").0, ["S-0", "S-1", "S-2", visit.id.as_str()]);

    let path = desk.path("past.csv");
    let touch = ["import", "--touch", shown(&path)];
    assert!(desk.done(&touch).ends_with(": 0 added, 3 updated, 0 unchanged, 0 rejected\n"));
    let (ids, latest) = since(&server, &token, &latest);
    assert_eq!(ids, [visit.id.as_str(), "S-0", "S-1", "S-2"], "in the order of the file, after what was seen");
    assert_eq!(server.in_feed("S-0", &token, LOCATION)["created_at"], "2023-11-05T00:00:00.000000Z");

    assert!(desk.done(&touch).ends_with(": 0 added, 0 updated, 3 unchanged, 0 rejected\n"), "twice changes nothing");
    assert_eq!(since(&server, &token, &latest).0, ["S-2"]);
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
}

#[test]
fn an_older_file_takes_nothing_from_a_session_that_went_on() {
    let (desk, server, token) = desk();
    let visit = server.start_at(LOCATION);
    let export = desk.done(&["export"]);
    server.report(&visit.id, &visit.secret, r#"{"stage":"checkout"}"#);
    let before = server.in_feed(&visit.id, &token, LOCATION);
    for touch in [&["--touch"][..], &[]] {
        std::fs::write(desk.path("older.csv"), &export).expect("the file is written");
        let printed = desk.done(&[&["import", "older.csv"], touch].concat());
        assert_eq!(printed, "older.csv: 0 added, 0 updated, 1 unchanged, 0 rejected\n");
        assert_eq!(server.in_feed(&visit.id, &token, LOCATION), before);
    }
}

#[test]
fn an_imported_session_whose_time_is_over_is_settled_by_the_running_server() {
    let (desk, server, token) = desk();
    let active =
        "S-1,active,scheduling,,,,,,,2023-11-05T05:00:00Z,2023-11-05T05:00:00Z,2023-11-05T05:00:00Z,paws-austin";
    desk.import("past.csv", &csv(&[active]));
    let abandoned = server.abandoned("S-1", &token, LOCATION);
    assert!(abandoned["updated_at"].as_str() > Some("2023-11-06"), "a change of now, which pollers see: {abandoned}");
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
}

#[test]
fn an_import_killed_in_the_middle_is_completed_by_the_next() {
    let (desk, server, token) = desk();
    let file = many(2_500);
    let pipe = desk.path("past.csv");
    assert!(Command::new("mkfifo").arg(&pipe).status().expect("mkfifo runs").success());
    // The import is given more than a batch, then nothing: it stands in the middle for as long as the test likes.
    let mut import = desk.command(&["import", "past.csv"]).spawn().expect("the binary runs");
    let mut writer = OpenOptions::new().write(true).open(&pipe).expect("the import reads");
    let middle = file.match_indices('\n').nth(1_500).expect("a line").0;
    writer.write_all(&file.as_bytes()[..middle]).expect("the import reads");
    until("a batch is committed", || (server.feed(&token, LOCATION).len() == 1_000).then_some(()));
    import.kill().expect("it is there");
    import.wait().expect("it ends");
    drop(writer);

    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
    std::fs::remove_file(&pipe).expect("the pipe is there");
    assert!(desk.import("past.csv", &file).ends_with(": 1,500 added, 0 updated, 1,000 unchanged, 0 rejected\n"));
    let shown = desk.done(&["sessions", "--location", LOCATION, "--last", "1"]);
    assert!(shown.ends_with("\n1 of 2,500 sessions, times of America/Chicago\n"), "{shown}");
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
    assert_eq!(server.start_at(LOCATION).id.len(), 36, "the server goes on");
}

#[test]
fn visitors_and_imports_share_the_record() {
    let (desk, server, token) = desk();
    let file = many(3_000);
    let started = std::thread::scope(|threads| {
        let import = threads.spawn(|| desk.import("past.csv", &file));
        let mut started = Vec::new();
        while !import.is_finished() {
            let visit = server.start_at(LOCATION);
            assert_eq!(server.report(&visit.id, &visit.secret, r#"{"stage":"checkout"}"#).status, 200);
            started.push(visit.id);
        }
        assert!(import.join().expect("it ends").ends_with(": 3,000 added, 0 updated, 0 unchanged, 0 rejected\n"));
        started
    });
    for id in &started {
        assert_eq!(server.get(&format!("{LIST}/{id}"), &token, LOCATION).json()["data"]["stage"], "checkout");
    }
    let answer = server.get(&format!("{LIST}?updated_at_start=1970-01-01T00:00:00Z"), &token, LOCATION);
    assert_eq!(answer.json()["data"]["total_count"], 3_000 + started.len());
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
}
