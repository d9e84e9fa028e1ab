//! `frontdesk import`: the forms that a file may have, and what a second import of it changes.

use crate::files::{HEADER, csv};
use crate::support::Desk;

const LOCATION: &str = "paws-austin";
const ROWS: [&str; 2] = [
    "S-1,abandoned,checkout,,,,,,,2023-11-05T05:00:00Z,2023-11-05T05:59:59.999999Z,,paws-austin",
    "S-2,completed,completed,new,A-2,R-2,google,\"cats, \"\"dogs\"\"\",cpc,2023-11-05T06:00:00Z,2023-11-05T06:30:00Z,2023-11-05T06:30:00Z,paws-austin",
];
/// What an export says of `ROWS`.
const EXPORTED: &str = "\
S-1,abandoned,checkout,,,,,,,2023-11-05T05:00:00.000000Z,2023-11-05T05:59:59.999999Z,,paws-austin
S-2,completed,completed,new,A-2,R-2,google,\"cats, \"\"dogs\"\"\",cpc,2023-11-05T06:00:00.000000Z,2023-11-05T06:30:00.000000Z,2023-11-05T06:30:00.000000Z,paws-austin
";

fn exported(desk: &Desk) -> String {
    let export = desk.done(&["export"]);
    export.strip_prefix(&format!("{HEADER}\n")).expect("an export begins with the header").to_owned()
}

/// The last line that an import printed, without the file's path.
fn counts(printed: &str) -> &str {
    printed.trim_end().rsplit_once(": ").expect("a path and the counts").1
}

#[test]
fn a_csv_file_may_be_written_by_any_system() {
    let swapped = |line: &str| {
        let mut values: Vec<&str> = line.split(',').collect();
        values.rotate_left(3);
        values.join(",")
    };
    let plain = csv(&ROWS);
    let quoted = csv(&[
        ROWS[0].split(',').map(|value| format!("\"{value}\"")).collect::<Vec<_>>().join(","),
        ROWS[1].to_owned(),
    ]);
    let rotated = format!("{}\n{}\n", swapped(HEADER), swapped(ROWS[0]));
    let files = [
        ("plain.csv", plain.clone(), EXPORTED),
        ("UPPER.CSV", plain.clone(), EXPORTED),
        ("windows.csv", format!("\u{feff}{}", plain.replace('\n', "\r\n")), EXPORTED),
        ("no-last-line-end.csv", plain.trim_end().to_owned(), EXPORTED),
        ("blank-lines.csv", plain.replace('\n', "\n\n  \n"), EXPORTED),
        ("quoted.csv", quoted, EXPORTED),
        ("spaced-header.csv", plain.replacen("status,stage", " status , stage", 1), EXPORTED),
        ("rotated-columns.csv", rotated, EXPORTED.split_inclusive('\n').next().expect("a line")),
    ];
    for (name, file, expected) in files {
        let desk = Desk::with_location(LOCATION);
        desk.import(name, &file);
        assert_eq!(exported(&desk), expected, "{name}");
    }
}

#[test]
fn an_ndjson_file_may_be_written_by_any_system() {
    let one = r#"{"location_id":"paws-austin","updated_at":"2023-11-05T05:59:59.999999Z","created_at":"2023-11-05T05:00:00Z","stage":"checkout","status":"abandoned","id":"S-1"}"#;
    let two = r#" { "id" : "S\u002d2", "status":"completed","stage":"completed","client_type":"new","appointment_id":"A-2","remote_appointment_id":"R-2","referral_source":"google","referral_campaign":"cats, \"dogs\"","referral_medium":"cpc","created_at":"2023-11-05T06:00:00Z","updated_at":"2023-11-05T06:30:00Z","last_activity_at":"2023-11-05T06:30:00Z","location_id":"paws-austin" } "#;
    let files = [
        ("plain.ndjson", format!("{one}\n{two}\n")),
        ("plain.jsonl", format!("{two}\n{one}")),
        ("windows.ndjson", format!("\u{feff}{one}\r\n{two}\r\n")),
        ("blank-lines.ndjson", format!("\n{one}\n\n{two}\n\n")),
    ];
    for (name, file) in files {
        let desk = Desk::with_location(LOCATION);
        desk.import(name, &file);
        assert_eq!(exported(&desk), EXPORTED, "{name}");
    }
}

#[test]
fn the_form_can_be_said_when_the_name_does_not() {
    let desk = Desk::with_location(LOCATION);
    std::fs::write(desk.path("sessions.txt"), csv(&ROWS)).expect("the file is written");
    assert_eq!(
        desk.refused(&["import", "sessions.txt"]),
        "1 error: sessions.txt: its name does not end in .csv or .ndjson; say --format csv or --format ndjson"
    );
    assert_eq!(
        desk.done(&["import", "sessions.txt", "--format", "csv"]),
        "sessions.txt: 2 added, 0 updated, 0 unchanged, 0 rejected\n"
    );
    assert_eq!(exported(&desk), EXPORTED);
}

#[test]
fn the_same_file_twice_changes_nothing() {
    let desk = Desk::with_location(LOCATION);
    assert_eq!(counts(&desk.import("past.csv", &csv(&ROWS))), "2 added, 0 updated, 0 unchanged, 0 rejected");
    let before = exported(&desk);
    assert_eq!(counts(&desk.import("past.csv", &csv(&ROWS))), "0 added, 0 updated, 2 unchanged, 0 rejected");
    assert_eq!(exported(&desk), before);
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
}

#[test]
fn a_later_state_takes_the_place_of_an_earlier_one_and_not_the_other_way_round() {
    let desk = Desk::with_location(LOCATION);
    let state = |updated_at: &str, stage: &str| {
        csv(&[format!("S-1,abandoned,{stage},,,,,,,2023-11-05T05:00:00Z,{updated_at},,paws-austin")])
    };
    desk.import("past.csv", &state("2023-11-05T06:00:00Z", "scheduling"));
    let later = desk.import("past.csv", &state("2023-11-05T07:00:00Z", "checkout"));
    assert_eq!(counts(&later), "0 added, 1 updated, 0 unchanged, 0 rejected");
    let earlier = desk.import("past.csv", &state("2023-11-05T06:30:00Z", "started"));
    assert_eq!(counts(&earlier), "0 added, 0 updated, 1 unchanged, 0 rejected");
    assert_eq!(
        exported(&desk),
        "S-1,abandoned,checkout,,,,,,,2023-11-05T05:00:00.000000Z,2023-11-05T07:00:00.000000Z,,paws-austin\n"
    );
    let correction = desk.import("past.csv", &state("2023-11-05T07:00:00Z", "scheduling"));
    assert_eq!(counts(&correction), "0 added, 1 updated, 0 unchanged, 0 rejected", "the file corrects itself");
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
}

#[test]
fn a_file_that_holds_a_session_twice_leaves_its_latest_state() {
    let desk = Desk::with_location(LOCATION);
    let file = csv(&[
        "S-1,active,started,,,,,,,2023-11-05T05:00:00Z,2023-11-05T05:00:00Z,,paws-austin",
        "S-1,completed,completed,,A-1,,,,,2023-11-05T05:00:00Z,2023-11-05T06:00:00Z,,paws-austin",
        "S-1,active,scheduling,,,,,,,2023-11-05T05:00:00Z,2023-11-05T05:30:00Z,,paws-austin",
    ]);
    assert_eq!(counts(&desk.import("log.csv", &file)), "1 added, 1 updated, 1 unchanged, 0 rejected");
    assert_eq!(
        exported(&desk),
        "S-1,completed,completed,,A-1,,,,,2023-11-05T05:00:00.000000Z,2023-11-05T06:00:00.000000Z,,paws-austin\n"
    );
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
}

#[test]
fn instants_are_kept_whatever_offset_they_were_written_with() {
    let desk = Desk::with_location(LOCATION);
    let row = "S-1,abandoned,started,,,,,,,2023-11-05 00:00:00 -05:00,2023-11-05t06:59:59.9999999+0100,2023-11-05T05:00:00z,paws-austin";
    desk.import("past.csv", &csv(&[row]));
    assert_eq!(
        exported(&desk),
        "S-1,abandoned,started,,,,,,,2023-11-05T05:00:00.000000Z,2023-11-05T05:59:59.999999Z,2023-11-05T05:00:00.000000Z,paws-austin\n"
    );
}

#[test]
fn a_header_that_does_not_fit_says_how() {
    let desk = Desk::with_location(LOCATION);
    let said = |header: &str, wrong: &str| {
        std::fs::write(desk.path("past.csv"), format!("{header}\n{}\n", ROWS[0])).expect("the file is written");
        assert_eq!(
            desk.refused(&["import", "past.csv"]),
            format!("1 error: past.csv: {wrong}; it takes these columns, in any order: {HEADER}")
        );
    };
    said(&HEADER.replace(",location_id", ""), "the header has no column location_id");
    said(&HEADER.replace("id,status", "status"), "the header has no column id");
    said(&format!("{HEADER},color"), "the header has a column \"color\", which is no key of a session");
    said(&HEADER.replace("stage", "Stage"), "the header has a column \"Stage\", which is no key of a session");
    said(&format!("{HEADER},id"), "the header has the column id twice");
    said(
        &HEADER.replace(',', ";"),
        &format!("the header has a column {:?}, which is no key of a session", HEADER.replace(',', ";")),
    );
    said("", "the header has no column id");
    said(&format!("{HEADER},\"open"), "a quote is not closed");
    assert_eq!(exported(&desk), "");
    assert!(!desk.path("past.csv.rejected").exists());
}

#[test]
fn a_file_without_rows_is_no_reason_to_fail_and_one_without_a_header_is() {
    let desk = Desk::with_location(LOCATION);
    let nothing = "0 added, 0 updated, 0 unchanged, 0 rejected";
    assert_eq!(counts(&desk.import("header.csv", &format!("{HEADER}\n"))), nothing);
    assert_eq!(counts(&desk.import("empty.ndjson", "")), nothing);
    std::fs::write(desk.path("empty.csv"), "").expect("the file is written");
    let refusal = desk.refused(&["import", "empty.csv"]);
    assert_eq!(
        refusal,
        format!("1 error: empty.csv: the file is empty; it takes these columns, in any order: {HEADER}")
    );
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let desk = Desk::with_location(LOCATION);
    assert_eq!(
        desk.refused(&["import", "none.csv"]),
        "1 error: cannot read none.csv: No such file or directory (os error 2)"
    );
    std::fs::create_dir(desk.path("folder.csv")).expect("a folder");
    assert_eq!(
        desk.refused(&["import", "folder.csv"]),
        "1 error: cannot read folder.csv: Is a directory (os error 21)"
    );
}

#[test]
fn nothing_but_the_counts_is_printed_where_nobody_watches() {
    let desk = Desk::with_location(LOCATION);
    std::fs::write(desk.path("past.csv"), csv(&ROWS)).expect("the file is written");
    let output = desk.run(&["import", "past.csv"]);
    assert_eq!(String::from_utf8_lossy(&output.stdout), "past.csv: 2 added, 0 updated, 0 unchanged, 0 rejected\n");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "", "a progress bar is for terminals");
}
