//! `frontdesk sessions`: a window of a location's sessions for a person at a terminal, or for the next command.

use std::io::{BufRead, BufReader};
use std::process::Stdio;

use crate::support::Desk;

const LOCATION: &str = "paws-austin";
const HEADER: &str = "id,status,stage,client_type,appointment_id,remote_appointment_id,referral_source,referral_campaign,referral_medium,created_at,updated_at,last_activity_at,location_id";

/// A location with four sessions around the night in which Chicago's clocks went back, 2023-11-05.
fn desk() -> Desk {
    let desk = Desk::with_location(LOCATION);
    let rows = [
        "S-1,abandoned,checkout,,,,,,,2023-11-05T05:00:00Z,2023-11-05T05:59:59.999999Z,,paws-austin",
        "S-2,completed,completed,new,A-2,R-2,google,vet-near-me,cpc,2023-11-05T06:00:00Z,2023-11-05T06:30:00Z,2023-11-05T06:30:00Z,paws-austin",
        "S-3,abandoned,scheduling,returning,,,instagram,\"puppies, kittens\",,2023-11-05T07:00:00Z,2023-11-05T07:10:00Z,,paws-austin",
        "S-4,completed,completed,,A-4,,,,,2023-11-05T08:00:00Z,2023-11-05T08:00:00Z,,paws-austin",
    ];
    desk.import("past.csv", &format!("{HEADER}\n{}\n", rows.join("\n")));
    desk
}

fn sessions(desk: &Desk, more: &[&str]) -> String {
    desk.done(&[&["sessions", "--location", LOCATION], more].concat())
}

/// The ids that a table shows, in its order.
fn ids(table: &str) -> Vec<&str> {
    let rows = table.lines().skip(1).take_while(|line| !line.is_empty());
    rows.filter_map(|line| line.split_whitespace().last()).collect()
}

#[test]
fn the_table_shows_the_location_s_own_times_also_in_the_hour_that_comes_twice() {
    let desk = desk();
    assert_eq!(
        sessions(&desk, &[]),
        "\
UPDATED                  STATUS     STAGE       CLIENT     SOURCE     CAMPAIGN          APPOINTMENT  ID
2023-11-05 00:59:59 CDT  abandoned  checkout    -          -          -                 -            S-1
2023-11-05 01:30:00 CDT  completed  -           new        google     vet-near-me       A-2          S-2
2023-11-05 01:10:00 CST  abandoned  scheduling  returning  instagram  puppies, kittens  -            S-3
2023-11-05 02:00:00 CST  completed  -           -          -          -                 A-4          S-4

4 of 4 sessions, times of America/Chicago
"
    );
    desk.done(&["location", "set", LOCATION, "--time-zone", "Asia/Kathmandu"]);
    let moved = sessions(&desk, &["--last", "1"]);
    assert!(moved.contains("\n2023-11-05 13:45:00 +0545  "), "a zone without letters has its offset: {moved}");
}

#[test]
fn the_latest_are_shown_and_the_others_counted() {
    let desk = desk();
    let shown = sessions(&desk, &["--last", "2"]);
    assert_eq!(ids(&shown), ["S-3", "S-4"]);
    assert!(shown.ends_with("\n2 of 4 sessions, times of America/Chicago\n"), "{shown}");
    assert_eq!(ids(&sessions(&desk, &["--last", "0"])), ["S-1", "S-2", "S-3", "S-4"]);
    assert_eq!(ids(&sessions(&desk, &["--last", "18446744073709551615"])), ["S-1", "S-2", "S-3", "S-4"]);
}

#[test]
fn a_location_without_sessions_has_an_empty_table() {
    let desk = Desk::with_location(LOCATION);
    assert_eq!(
        sessions(&desk, &[]),
        "UPDATED  STATUS  STAGE  CLIENT  SOURCE  CAMPAIGN  APPOINTMENT  ID\n\n0 of 0 sessions, times of America/Chicago\n"
    );
}

#[test]
fn a_window_has_both_its_ends_and_a_status() {
    let desk = desk();
    let window = |more: &[&str]| ids(&sessions(&desk, more)).iter().map(ToString::to_string).collect::<Vec<_>>();
    assert_eq!(window(&["--start", "2023-11-05T06:30:00Z"]), ["S-2", "S-3", "S-4"]);
    assert_eq!(window(&["--start", "2023-11-05T06:30:00.000001Z"]), ["S-3", "S-4"]);
    assert_eq!(window(&["--end", "2023-11-05 01:10:00 -06:00"]), ["S-1", "S-2", "S-3"]);
    assert_eq!(window(&["--start", "2023-11-05T06:30:00Z", "--end", "2023-11-05T06:30:00Z"]), ["S-2"]);
    assert_eq!(window(&["--status", "abandoned"]), ["S-1", "S-3"]);
    assert_eq!(window(&["--status", "completed", "--last", "1"]), ["S-4"]);
    assert_eq!(window(&["--status", "active"]), [""; 0]);
    assert_eq!(
        desk.refused(&[
            "sessions",
            "--location",
            LOCATION,
            "--start",
            "2024-01-01T00:00:00Z",
            "--end",
            "2023-01-01T00:00:00Z"
        ]),
        "1 error: --end lies before --start; it takes the same instant or a later one"
    );
}

#[test]
fn a_location_that_is_not_there_is_named() {
    let desk = desk();
    assert_eq!(
        desk.refused(&["sessions", "--location", "paws-dallas"]),
        "1 error: there is no location paws-dallas; `frontdesk location list` shows those there are"
    );
}

#[test]
fn csv_and_ndjson_are_for_the_next_command() {
    let desk = desk();
    assert_eq!(
        sessions(&desk, &["--format", "csv", "--last", "2"]),
        format!(
            "{HEADER}\n\
             S-3,abandoned,scheduling,returning,,,instagram,\"puppies, kittens\",,2023-11-05T07:00:00.000000Z,2023-11-05T07:10:00.000000Z,,paws-austin\n\
             S-4,completed,completed,,A-4,,,,,2023-11-05T08:00:00.000000Z,2023-11-05T08:00:00.000000Z,,paws-austin\n"
        )
    );
    assert_eq!(
        sessions(&desk, &["--format", "ndjson", "--last", "1"]),
        concat!(
            r#"{"id":"S-4","status":"completed","stage":"completed","client_type":null,"appointment_id":"A-4","remote_appointment_id":null,"referral_source":null,"referral_campaign":null,"referral_medium":null,"created_at":"2023-11-05T08:00:00.000000Z","updated_at":"2023-11-05T08:00:00.000000Z","last_activity_at":null,"location_id":"paws-austin"}"#,
            "\n"
        )
    );
}

#[test]
fn who_reads_the_first_line_only_makes_nothing_panic() {
    let desk = Desk::with_location(LOCATION);
    let row = |number: u32| {
        format!("S-{number},abandoned,started,,,,,,,2023-11-05T08:00:00Z,2023-11-05T08:00:00Z,,{LOCATION}\n")
    };
    // More than a pipe and all buffers hold.
    let rows: String = (0..5_000).map(row).collect();
    desk.import("many.csv", &format!("{HEADER}\n{rows}"));
    let commands: [&[&str]; 4] = [
        &["sessions", "--location", LOCATION, "--last", "0"],
        &["sessions", "--location", LOCATION, "--last", "0", "--format", "csv"],
        &["sessions", "--location", LOCATION, "--last", "0", "--format", "ndjson"],
        &["export"],
    ];
    for arguments in commands {
        let mut command = desk.command(arguments);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the binary runs");
        let mut line = String::new();
        let mut reader = BufReader::new(child.stdout.take().expect("its output is piped"));
        reader.read_line(&mut line).expect("a line");
        drop(reader);
        let output = child.wait_with_output().expect("it ends");
        assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stderr).as_ref()), (Some(0), ""), "{line}");
    }
}

#[test]
fn what_a_running_server_is_told_is_shown_at_once() {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve();
    let visit = server.start_with(r#"{"location_id":"paws-austin","utm_source":"newsletter"}"#);
    server.report(&visit.id, &visit.secret, r#"{"stage":"checkout"}"#);
    let shown = sessions(&desk, &[]);
    let row: Vec<_> = shown.lines().nth(1).expect("a session").split_whitespace().skip(3).collect();
    assert_eq!(row, ["active", "checkout", "-", "newsletter", "-", "-", visit.id.as_str()]);
}
