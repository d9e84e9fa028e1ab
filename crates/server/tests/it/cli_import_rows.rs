//! `frontdesk import`: rows that cannot be taken, each with its line and the reason in a file beside.

use crate::files::{HEADER, csv};
use crate::support::Desk;

const LOCATION: &str = "paws-austin";
const GOOD: &str = "S-0,abandoned,started,,,,,,,2023-11-05T05:00:00Z,2023-11-05T05:00:00Z,,paws-austin";

/// Imports a file with bad rows; answers the counts and the file of what was rejected.
fn import(desk: &Desk, name: &str, file: &[u8]) -> (String, String) {
    std::fs::write(desk.path(name), file).expect("the file is written");
    let output = desk.run(&["import", name]);
    let rejected = format!("{name}.rejected");
    assert_eq!(output.status.code(), Some(3), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(
        String::from_utf8_lossy(&output.stderr),
        format!("The rejected rows are in {rejected}, each with its line and the reason.\n")
    );
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let counts = printed.trim_end().strip_prefix(&format!("{name}: ")).expect("the file is named").to_owned();
    (counts, std::fs::read_to_string(desk.path(&rejected)).expect("the file of rejected rows"))
}

/// The reasons for rejecting these rows, which follow a good one.
fn reasons(name: &str, first: &str, rows: &[&str]) -> Vec<String> {
    let desk = Desk::with_location(LOCATION);
    let file = format!("{first}{}\n", rows.join("\n"));
    let (counts, rejected) = import(&desk, name, file.as_bytes());
    assert_eq!(counts, format!("1 added, 0 updated, 0 unchanged, {} rejected", rows.len()));
    assert_eq!(desk.done(&["export"]).lines().count(), 2, "the good row is kept");
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
    let mut lines = rejected.lines();
    assert_eq!(lines.next(), Some("line,reason,row"));
    let before = first.lines().count();
    let reason = |(index, (line, row)): (usize, (&str, &&str))| {
        let quoted = |text: &str| match text.contains([',', '"']) {
            true => format!("\"{}\"", text.replace('"', "\"\"")),
            false => text.to_owned(),
        };
        let line = line.strip_prefix(&format!("{},", before + index + 1)).expect("its line");
        let reason = line.strip_suffix(&format!(",{}", quoted(row))).expect("the row as it was");
        let unquoted = reason.strip_prefix('"').and_then(|reason| reason.strip_suffix('"'));
        unquoted.map_or(reason.to_owned(), |reason| reason.replace("\"\"", "\""))
    };
    lines.zip(rows).enumerate().map(reason).collect()
}

#[test]
fn a_bad_row_is_put_aside_with_its_line_and_the_reason() {
    let desk = Desk::with_location(LOCATION);
    let file = csv(&[
        GOOD,
        "S-1,abandoned,checkout,,,,,,,yesterday,2023-11-05T06:00:00Z,,paws-austin",
        "",
        "S-2,paid,\"check,out\",,,,,,,2023-11-05T06:00:00Z,2023-11-05T06:00:00Z,,paws-austin",
        "S-3,abandoned,checkout,,,,,,,2023-11-05T06:00:00Z,2023-11-05T06:00:00Z,,paws-austin",
    ]);
    let (counts, rejected) = import(&desk, "past.csv", file.as_bytes());
    assert_eq!(counts, "2 added, 0 updated, 0 unchanged, 2 rejected");
    assert_eq!(
        rejected,
        "\
line,reason,row
3,\"created_at: takes an ISO 8601 date-time with an offset, for example 2023-11-07T05:31:56Z\",\"S-1,abandoned,checkout,,,,,,,yesterday,2023-11-05T06:00:00Z,,paws-austin\"
5,\"status takes one of active, completed, abandoned\",\"S-2,paid,\"\"check,out\"\",,,,,,,2023-11-05T06:00:00Z,2023-11-05T06:00:00Z,,paws-austin\"
"
    );
    // Mended, the same file can be imported again, and leaves nothing beside.
    let mended = file.replace("yesterday", "2023-11-05T05:30:00Z").replace("paid,\"check,out\"", "abandoned,checkout");
    let printed = desk.import("past.csv", &mended);
    assert!(printed.ends_with("past.csv: 2 added, 0 updated, 2 unchanged, 0 rejected\n"), "{printed}");
    assert!(!desk.path("past.csv.rejected").exists());
}

/// Holds the reasons for rejecting rows of a CSV file against those that are expected.
fn assert_rejected(cases: &[(String, &str)]) {
    let rows: Vec<&str> = cases.iter().map(|(row, _)| row.as_str()).collect();
    let expected: Vec<&str> = cases.iter().map(|(_, reason)| *reason).collect();
    assert_eq!(reasons("past.csv", &format!("{HEADER}\n{GOOD}\n"), &rows), expected);
}

#[test]
fn a_session_s_state_has_what_goes_with_it_and_nothing_else() {
    /// A row with these values before its times.
    fn row(values: &str) -> String {
        format!("{values},,,,2023-11-05T05:00:00Z,2023-11-05T05:00:00Z,,paws-austin")
    }
    let long_id = "x".repeat(129);
    assert_rejected(&[
        (row(",abandoned,started,,,"), "id is missing"),
        (
            row(&format!("{long_id},abandoned,started,,,")),
            "id takes 1 to 128 bytes without control characters or surrounding spaces",
        ),
        (row(" S-1,abandoned,started,,,"), "id takes 1 to 128 bytes without control characters or surrounding spaces"),
        (row("S-1,,started,,,"), "status is missing"),
        (row("S-1,Active,started,,,"), "status takes one of active, completed, abandoned"),
        (row("S-1,abandoned,,,,"), "stage is missing"),
        (
            row("S-1,abandoned,paying,,,"),
            "stage takes one of started, client_identification, appointment_type_selection, scheduling, checkout, completed",
        ),
        (row("S-1,abandoned,completed,,,"), "stage completed goes with status completed"),
        (row("S-1,active,completed,,,"), "stage completed goes with status completed"),
        (row("S-1,abandoned,started,old,,"), "client_type takes one of new, returning"),
        (row("S-1,completed,completed,,,"), "appointment_id is missing: a completed session has one"),
        (
            row("S-1,completed,completed,,A\u{7}1,"),
            "appointment_id takes 1 to 128 bytes without control characters or surrounding spaces",
        ),
        (
            row(&format!("S-1,completed,completed,,A-1,{long_id}")),
            "remote_appointment_id takes 1 to 128 bytes without control characters or surrounding spaces",
        ),
        (row("S-1,abandoned,started,,A-1,"), "an abandoned session has no appointment"),
        (row("S-1,active,started,,,R-1"), "an active session has no appointment"),
    ]);
}

#[test]
fn texts_times_and_the_location_of_a_row_are_checked() {
    /// A row with these values after its state.
    fn row(values: &str) -> String {
        format!("S-1,abandoned,started,,,,{values}")
    }
    let at = "2023-11-05T05:00:00Z";
    let long = "x".repeat(513);
    let date = "takes an ISO 8601 date-time with an offset, for example 2023-11-07T05:31:56Z";
    assert_rejected(&[
        (row(&format!("{long},,,{at},{at},,paws-austin")), "referral_source takes at most 512 bytes"),
        (row(&format!(",a\tb,,{at},{at},,paws-austin")), "referral_campaign takes no control characters"),
        (row(&format!(",,,,{at},,paws-austin")), "created_at is missing"),
        (row(&format!(",,,{at},,,paws-austin")), "updated_at is missing"),
        (row(&format!(",,,{at},2023-02-29T00:00:00Z,,paws-austin")), &format!("updated_at: {date}")),
        (row(&format!(",,,{at},1699164000,,paws-austin")), &format!("updated_at: {date}")),
        (
            row(&format!(",,,{at},{at},2023-11-05,paws-austin")),
            "last_activity_at: a date needs a time and an offset, for example 2023-11-07T05:31:56Z",
        ),
        (row(&format!(",,,{at},2023-11-05T04:59:59Z,,paws-austin")), "updated_at lies before created_at"),
        (
            row(&format!(",,,{at},2123-11-05T04:59:59Z,,paws-austin")),
            "updated_at or last_activity_at lies in the future",
        ),
        (row(&format!(",,,{at},{at},,")), "location_id is missing"),
        (row(&format!(",,,{at},{at},,paws-dallas")), "there is no such location"),
    ]);
}

#[test]
fn a_row_of_another_shape_than_the_header_is_no_row() {
    let open = GOOD.replace("S-0,abandoned", "S-1,\"abandoned");
    assert_rejected(&[
        ("S-1,abandoned".to_owned(), "the row has 2 values, the header has 13"),
        (format!("{GOOD},"), "the row has 14 values, the header has 13"),
        (",".repeat(99), "the row has too many values"),
        (open, "a quote is not closed"),
        ("null".to_owned(), "the row has 1 values, the header has 13"),
    ]);
}

#[test]
fn every_value_of_an_ndjson_row_is_checked() {
    let row = |more: &str| {
        format!(
            r#"{{"id":"S-1","status":"abandoned","stage":"started","created_at":"2023-11-05T05:00:00Z","updated_at":"2023-11-05T05:00:00Z","location_id":"paws-austin"{more}}}"#
        )
    };
    let cases = [
        ("{}".to_owned(), "status is missing"),
        (r#"{"status":"","stage":null}"#.to_owned(), "status is missing"),
        ("[1]".to_owned(), "the row takes a JSON object"),
        ("null".to_owned(), "the row takes a JSON object"),
        (r#""S-1""#.to_owned(), "the row takes a JSON object"),
        (row(r#","referral_source":7"#), "referral_source takes a text or null"),
        (row(r#","referral_source":-7"#), "referral_source takes a text or null"),
        (row(r#","referral_source":0.5"#), "referral_source takes a text or null"),
        (row(r#","referral_source":true"#), "referral_source takes a text or null"),
        (row(r#","referral_source":["google",{"a":1}]"#), "referral_source takes a text or null"),
        (row(r#","referral_source":{"utm":["google"]}"#), "referral_source takes a text or null"),
        (row(r#","referral_source":"a\nb""#), "referral_source takes no control characters"),
        (row(r#","id":"S-2""#), "id was given twice"),
        (row(r#","referral_medium":null,"referral_medium":"cpc""#), "referral_medium was given twice"),
        (row(r#","color":"red""#), "\"color\" is no key of a session"),
        (row(r#","ID":"S-2""#), "\"ID\" is no key of a session"),
        (row(r#","client_type":"NEW""#), "client_type takes one of new, returning"),
        (row("")[..10].to_owned(), "the row is not JSON: EOF while parsing a string"),
        (row("")[..100].to_owned(), "the row is not JSON: EOF while parsing a value"),
        (row("},{"), "the row is not JSON: trailing characters"),
        (row(","), "the row is not JSON: trailing comma"),
        (row(r#","referral_source":NaN"#), "the row is not JSON: expected value"),
        (row(r#","referral_source":"\ud800""#), "the row is not JSON: unexpected end of hex escape"),
        ("S-1,abandoned,started".to_owned(), "the row is not JSON: expected value"),
        ("[".repeat(5000), "the row takes a JSON object"),
    ];
    let rows: Vec<&str> = cases.iter().map(|(row, _)| row.as_str()).collect();
    let told = reasons("past.ndjson", &format!("{}\n", row("").replace("S-1", "S-0")), &rows);
    let expected: Vec<&str> = cases.iter().map(|(_, reason)| *reason).collect();
    assert_eq!(told, expected);
}

#[test]
fn a_row_that_is_not_utf_8_or_without_an_end_spoils_no_other() {
    let desk = Desk::with_location(LOCATION);
    let latin_1 = b"S-1,abandoned,started,,,,caf\xe9,,,2023-11-05T05:00:00Z,2023-11-05T05:00:00Z,,paws-austin\n";
    let endless = [b"S-2,", "x".repeat(200_000).as_bytes(), b"\n"].concat();
    let zeros = [&[0; 100][..], b"\n"].concat();
    let returned = GOOD.replace("S-0", "S-3").replace(",,paws", ",\r,paws");
    let file =
        [csv(&[GOOD]).as_bytes(), latin_1, &endless, &zeros, returned.as_bytes(), b"\n", GOOD.as_bytes()].concat();
    let (counts, rejected) = import(&desk, "past.csv", &file);
    assert_eq!(counts, "1 added, 0 updated, 1 unchanged, 4 rejected");
    let told: Vec<String> = rejected.lines().map(|line| line.chars().take(40).collect()).collect();
    assert_eq!(
        told,
        [
            "line,reason,row",
            "3,the row is not UTF-8,\"S-1,abandoned,st",
            "4,the line is too long,\"S-2,xxxxxxxxxxxx",
            "5,\"the row has 1 values, the header has ",
            "6,the row has a line break in it,\"S-3,ab",
        ]
    );
    assert!(rejected.len() < 80_000, "of a line without an end only the beginning is kept");
}

#[test]
fn what_was_put_aside_in_an_earlier_import_is_gone_after_a_clean_one() {
    let desk = Desk::with_location(LOCATION);
    import(&desk, "past.csv", csv(&["no row"]).as_bytes());
    desk.import("past.csv", &csv(&[GOOD]));
    assert!(!desk.path("past.csv.rejected").exists());
}

#[test]
fn an_import_whose_rejected_rows_cannot_be_put_aside_fails() {
    let desk = Desk::with_location(LOCATION);
    std::fs::create_dir(desk.path("past.csv.rejected")).expect("a folder in the way");
    std::fs::write(desk.path("past.csv"), csv(&[GOOD, "no row"])).expect("the file is written");
    let refusal = desk.refused(&["import", "past.csv"]);
    assert!(refusal.starts_with("1 error: cannot write past.csv.rejected: "), "{refusal}");
}
