//! Odd texts on their way from a file through the record to a partner.

use serde_json::{Value, json};

use crate::partner::{AUSTIN, Office, abandoned, completed, ndjson};
use crate::support::SESSIONS;

const SINCE: &str = "updated_at_start=2023-11-01T00:00:00Z";

/// The texts that break things: quotes, escapes, scripts in every direction, what ends a line in JavaScript.
const ODD: [&str; 16] = [
    r#"say "miau""#,
    r"C:\temp\new",
    r"\u0041\n",
    "it's, fine; really",
    "</script><!--",
    "=cmd|' /C calc'!A0",
    "line\u{2028}separator\u{2029}end",
    "\u{feff}mark",
    "e\u{301} and \u{e9}",
    "\u{1f468}\u{200d}\u{1f469}\u{200d}\u{1f467} \u{1f63a}",
    "\u{5d7}\u{5ea}\u{5d5}\u{5dc} \u{202e}abc",
    "\u{732b}\u{30ab}\u{30d5}\u{30a7}",
    "\u{fffd}\u{ffff}\u{10ffff}",
    "%22%5C&amp;+",
    "a/b?c=d#e",
    "null",
];

/// Imports sessions whose texts are odd and answers those that come back.
fn round_trip(name: &str, file: &str) -> Vec<Value> {
    let office = Office::open();
    assert!(office.desk.import(name, file).ends_with(": 16 added, 0 updated, 0 unchanged, 0 rejected\n"));
    listed(&office)
}

fn listed(office: &Office) -> Vec<Value> {
    let content = office.list(&format!("{SINCE}&per_page=1000")).json()["data"]["content"].clone();
    let sessions = content.as_array().expect("a page").clone();
    assert_eq!(sessions.len(), ODD.len());
    sessions
}

#[test]
fn odd_texts_come_back_from_ndjson_as_they_went_in() {
    let sessions: Vec<Value> = ODD
        .iter()
        .enumerate()
        .map(|(index, text)| {
            let mut session = completed(&format!("{index:02}{text}"), "2023-11-07T05:31:56Z");
            for key in ["referral_source", "referral_campaign", "referral_medium"] {
                session[key] = json!(text);
            }
            session["appointment_id"] = json!(text);
            session
        })
        .collect();
    // The second half with every character escaped, surrogate pairs among them.
    let escaped: String = ndjson(&sessions[8..]).chars().map(escape).collect();
    for (session, text) in round_trip("odd.ndjson", &(ndjson(&sessions[..8]) + &escaped)).iter().zip(ODD) {
        assert_eq!(session["id"].as_str().map(|id| &id[2..]), Some(text));
        for key in ["referral_source", "referral_campaign", "referral_medium", "appointment_id"] {
            assert_eq!(session[key], text, "{key}");
        }
    }
}

/// A character outside ASCII as JSON escapes it.
fn escape(character: char) -> String {
    if character.is_ascii() {
        return character.to_string();
    }
    let mut units = [0; 2];
    character.encode_utf16(&mut units).iter().map(|unit| format!("\\u{unit:04X}")).collect()
}

#[test]
fn odd_texts_come_back_from_csv_as_they_went_in() {
    let mut file = "id,location_id,status,stage,client_type,appointment_id,remote_appointment_id,referral_source,\
                    referral_campaign,referral_medium,created_at,updated_at,last_activity_at\n"
        .to_owned();
    for (index, text) in ODD.iter().enumerate() {
        let quoted = format!("\"{}\"", text.replace('"', "\"\""));
        file += &format!(
            "{index:02},{AUSTIN},abandoned,started,,,,{quoted},{quoted},,2023-11-07T05:31:56Z,2023-11-07T05:31:56Z,\n"
        );
    }
    for (session, text) in round_trip("odd.csv", &file).iter().zip(ODD) {
        assert_eq!([&session["referral_source"], &session["referral_campaign"]], [text, text]);
        assert_eq!(session["referral_medium"], Value::Null);
    }
}

#[test]
fn odd_texts_come_back_as_a_booking_page_reported_them() {
    let office = Office::open();
    for text in ODD {
        let body = json!({ "location_id": AUSTIN, "utm_source": text, "utm_campaign": text, "utm_medium": text });
        assert_eq!(office.server.ask("POST", SESSIONS, &[], Some(&body.to_string())).status, 201, "{text}");
    }
    for (session, text) in listed(&office).iter().zip(ODD) {
        for key in ["referral_source", "referral_campaign", "referral_medium"] {
            assert_eq!(session[key], text, "{key}");
        }
    }
}

#[test]
fn quotes_and_backslashes_are_escaped_and_other_texts_are_plain_utf_8() {
    let mut session = abandoned("cat", "2023-11-07T05:31:56Z");
    session["referral_source"] = json!("\"\\/\u{1f63a}\u{2028}\u{e9}\u{2028}.");
    let office = Office::with(&[session]);
    let body = office.list(SINCE).body;
    let expected = "\"referral_source\":\"\\\"\\\\/\u{1f63a}\u{2028}\u{e9}\u{2028}.\",";
    assert!(body.contains(expected), "{body}");
}

#[test]
fn the_longest_texts_fit() {
    let long = "\u{e9}".repeat(256);
    let mut session = completed(&"\u{1f63a}".repeat(32), "2023-11-07T05:31:56Z");
    for key in ["referral_source", "referral_campaign", "referral_medium"] {
        session[key] = json!(long);
    }
    session["remote_appointment_id"] = json!("r".repeat(128));
    let office = Office::with(&[session]);
    let seen = office.list(SINCE).json()["data"]["content"][0].clone();
    assert_eq!([&seen["referral_source"], &seen["referral_campaign"], &seen["referral_medium"]], [&long, &long, &long]);
    assert_eq!([&seen["id"], &seen["remote_appointment_id"]], ["\u{1f63a}".repeat(32).as_str(), &"r".repeat(128)]);
}
