//! `frontdesk export`: a record that went out comes in again as it was, in either form.

use serde_json::json;

use crate::files::{HEADER, csv, many, row};
use crate::support::{Desk, shown};

const LOCATION: &str = "paws-austin";

/// A database with sessions that came by every way, in two locations, with texts that files could break.
fn lived_in() -> Desk {
    let desk = Desk::with_location(LOCATION);
    desk.add_location("clínica \"Huellas\", Madrid", &[]);
    let token = desk.token(&["--scope", "booking", "--all-locations"]);
    let server = desk.serve();
    let texts = ["a,b", "say \"miau\"", "'=1+1", "ü猫🐈", "\\n", "null", "a;b|c", "\u{2028}", "-"];
    for (index, text) in texts.iter().enumerate() {
        let body = json!({ "location_id": LOCATION, "utm_source": text, "utm_campaign": text }).to_string();
        let visit = server.start_with(&body);
        if index % 2 == 0 {
            server.report(&visit.id, &visit.secret, r#"{"stage":"checkout","client_type":"returning"}"#);
        }
        if index % 3 == 0 {
            let body =
                json!({ "appointment_id": format!("A,{index}"), "remote_appointment_id": format!("R\"{index}") });
            assert_eq!(server.complete(&visit.id, &token, &body.to_string()).status, 200);
        }
    }
    server.start_at("clínica \\\"Huellas\\\", Madrid");
    desk.import("past.csv", &many(1_100));
    desk
}

/// Another database, with the same locations and no sessions.
fn fresh() -> Desk {
    let desk = Desk::with_location(LOCATION);
    desk.add_location("clínica \"Huellas\", Madrid", &[]);
    desk
}

#[test]
fn a_record_that_was_exported_and_imported_is_exported_alike() {
    let desk = lived_in();
    let (as_csv, as_ndjson) = (desk.done(&["export"]), desk.done(&["export", "--format", "ndjson"]));
    assert_eq!((as_csv.lines().count(), as_ndjson.lines().count()), (1_111, 1_110));
    for (name, file) in [("all.csv", &as_csv), ("all.ndjson", &as_ndjson)] {
        let other = fresh();
        assert!(other.import(name, file).ends_with(": 1,110 added, 0 updated, 0 unchanged, 0 rejected\n"), "{name}");
        assert_eq!(other.done(&["export"]), as_csv, "{name}");
        assert_eq!(other.done(&["export", "--format", "ndjson"]), as_ndjson, "{name}");
        assert!(other.done(&["check"]).ends_with(": the record is sound.\n"), "{name}");
    }
    let printed = desk.import("all.csv", &as_csv);
    assert!(printed.ends_with(": 0 added, 0 updated, 1,110 unchanged, 0 rejected\n"), "into its own record: {printed}");
}

#[test]
fn every_line_of_an_ndjson_export_is_a_session_as_partners_see_it() {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve();
    let visit = server.start_with(r#"{"location_id":"paws-austin","utm_source":"say \"miau\""}"#);
    let mut expected = server.in_feed(&visit.id, &token, LOCATION);
    expected["location_id"] = json!(LOCATION);
    let export = desk.done(&["export", "--format", "ndjson"]);
    let line: serde_json::Value = serde_json::from_str(&export).expect("one line of JSON");
    assert_eq!(line, expected);
}

#[test]
fn a_file_that_exists_is_never_overwritten() {
    let desk = Desk::with_location(LOCATION);
    desk.import("past.csv", &many(2));
    assert_eq!(desk.done(&["export", "--output", "out.csv"]), "Wrote out.csv (2 sessions).\n");
    let first = std::fs::read_to_string(desk.path("out.csv")).expect("the export");
    assert_eq!(first, desk.done(&["export"]));
    desk.import("past.csv", &many(3));
    assert_eq!(
        desk.refused(&["export", "--output", "out.csv"]),
        "1 error: out.csv exists already; choose another name"
    );
    assert_eq!(std::fs::read_to_string(desk.path("out.csv")).expect("the export"), first);
    assert!(!desk.path("out.csv.unfinished").exists());
}

#[test]
fn a_file_that_cannot_be_written_is_named() {
    let desk = Desk::with_location(LOCATION);
    let out = desk.path("no-such-folder").join("out.csv");
    let out = shown(&out);
    assert_eq!(
        desk.refused(&["export", "--output", out]),
        format!("1 error: cannot write {out}.unfinished: No such file or directory (os error 2)")
    );
}

#[test]
fn the_form_is_what_the_name_of_the_file_tells_unless_it_is_said() {
    let desk = Desk::with_location(LOCATION);
    desk.import("past.csv", &csv(&[row(0)]));
    let export = |name: &str, more: &[&str]| {
        desk.done(&[&["export", "--output", name], more].concat());
        let file = std::fs::read_to_string(desk.path(name)).expect("the export");
        file.chars().take(9).collect::<String>()
    };
    assert_eq!(export("out.csv", &[]), "id,status");
    assert_eq!(export("out.ndjson", &[]), r#"{"id":"S-"#);
    assert_eq!(export("out.jsonl", &[]), r#"{"id":"S-"#);
    assert_eq!(export("out.txt", &[]), "id,status");
    assert_eq!(export("also.txt", &["--format", "ndjson"]), r#"{"id":"S-"#);
    assert_eq!(export("but.ndjson", &["--format", "csv"]), "id,status");
}

#[test]
fn locations_and_windows_are_chosen() {
    let desk = Desk::with_location(LOCATION);
    desk.add_location("paws-dallas", &[]);
    desk.import("austin.csv", &many(4));
    desk.import("dallas.csv", &many(2).replace("paws-austin", "paws-dallas").replace("S-", "D-"));
    let ids = |more: &[&str]| {
        let export = desk.done(&[&["export"], more].concat());
        let ids: Vec<_> = export.lines().skip(1).filter_map(|line| line.split(',').next().map(str::to_owned)).collect();
        ids.join(" ")
    };
    assert_eq!(ids(&[]), "S-0 S-1 S-2 S-3 D-0 D-1");
    assert_eq!(ids(&["--location", "paws-dallas"]), "D-0 D-1");
    assert_eq!(ids(&["--location", "paws-dallas", "--location", LOCATION]), "D-0 D-1 S-0 S-1 S-2 S-3");
    assert_eq!(ids(&["--location", "paws-dallas", "--location", "paws-dallas"]), "D-0 D-1", "once is enough");
    assert_eq!(ids(&["--start", "2023-11-05T00:00:01Z", "--end", "2023-11-05T00:00:02Z"]), "S-1 S-2 D-1");
    assert_eq!(ids(&["--status", "completed"]), "");
    assert_eq!(
        desk.refused(&["export", "--location", LOCATION, "--location", "paws-huston"]),
        "1 error: there is no location paws-huston; `frontdesk location list` shows those there are"
    );
}

#[test]
fn an_empty_record_is_exported_as_an_empty_file_of_its_form() {
    let desk = Desk::with_location(LOCATION);
    assert_eq!(desk.done(&["export"]), format!("{HEADER}\n"));
    assert_eq!(desk.done(&["export", "--format", "ndjson"]), "");
}
