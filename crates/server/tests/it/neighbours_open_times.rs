//! `POST /open_times`: thirty dates by the location's calendar, each time with the id that books it.

use frontdesk_domain::Timestamp;
use serde_json::{Value, json};

use crate::client::now;
use crate::clinic::{API, Clinic, DALLAS};
use crate::partner::{AUSTIN, Office};

const MINUTE: i64 = 60_000_000;

fn instant(value: &Value) -> Timestamp {
    Timestamp::parse(value.as_str().expect("a text")).expect("a date-time")
}

fn all(dates: &[Value]) -> Vec<Value> {
    dates.iter().flat_map(|date| date["times"].as_array().expect("times").clone()).collect()
}

#[test]
fn there_are_thirty_dates_and_each_says_whether_it_has_times() {
    let clinic = Clinic::open();
    let dates = clinic.dates("1970-01-01T00:00:00Z", "wellness");
    assert_eq!(dates.len(), 30);
    for date in &dates {
        let keys: Vec<&String> = date.as_object().expect("an object").keys().collect();
        assert_eq!(keys, ["available", "date", "times"]);
        let times = date["times"].as_array().expect("times");
        assert_eq!(date["available"], json!(!times.is_empty()));
        let text = date["date"].as_str().expect("a date");
        let (month, rest) = text.split_once('/').expect("MM/DD/YYYY");
        let (day, year) = rest.split_once('/').expect("MM/DD/YYYY");
        for time in times {
            let start = time["start"].as_str().expect("a text");
            assert!(start.starts_with(&format!("{year}-{month}-{day}T")), "{start} on {text}");
        }
    }
    assert!(dates[1..].iter().all(|date| date["available"] == json!(true)), "it is open around the clock");
}

#[test]
fn a_time_says_all_that_a_partner_shows_and_books_by() {
    let clinic = Clinic::open();
    let times = all(&clinic.dates("1970-01-01T00:00:00Z", "wellness"));
    let of = |provider: &str, types: &Value| {
        let found =
            times.iter().filter(|time| time["provider_id"] == provider && time["appointment_type_ids"] == *types);
        found.cloned().collect::<Vec<_>>()
    };
    // Check-up and vaccine take the same time, so one entry has both; surgery takes longer.
    let (both, long, alone) =
        (of("lee", &json!(["checkup", "vaccine"])), of("lee", &json!(["surgery"])), of("okafor", &json!(["checkup"])));
    assert_eq!(both.len() + long.len() + alone.len(), times.len());
    for (list, minutes, room) in [(&both, 30, Some("exam-2")), (&long, 60, Some("exam-2")), (&alone, 30, None)] {
        assert!(list.len() > 29 * 24, "{}", list.len());
        for time in list {
            assert_eq!(time.get("room_id").and_then(Value::as_str), room);
            let (start, end) = (instant(&time["start"]), instant(&time["end"]));
            assert_eq!(end.as_micros() - start.as_micros(), minutes * MINUTE);
            let text = time["start"].as_str().expect("a text");
            assert!(["-06:00", "-05:00"].contains(&&text[19..]) && text.len() == 25, "{text}");
            assert_eq!(time["value"], text[11..16]);
            let hour: u32 = text[11..13].parse().expect("an hour");
            let label = format!("{}:{} {}", (hour + 11) % 12 + 1, &text[14..16], if hour < 12 { "am" } else { "pm" });
            assert_eq!(time["label"], label);
        }
    }
    let mut ids: Vec<&str> = times.iter().map(|time| time["uuid"].as_str().expect("an id")).collect();
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), times.len());
    let starts: Vec<Timestamp> = times.iter().map(|time| instant(&time["start"])).collect();
    assert!(starts.is_sorted());
    assert!(starts.iter().all(|start| *start > now().plus_micros(-MINUTE)));
}

#[test]
fn the_search_begins_where_it_is_asked_to_and_ends_at_the_horizon() {
    let clinic = Clinic::open();
    let from = now().plus_micros(10 * 24 * 60 * MINUTE);
    let times = all(&clinic.dates(&from.to_string(), "sick"));
    let first = instant(&times[0]["start"]);
    assert!(first >= from && first.as_micros() - from.as_micros() < 30 * MINUTE, "{first} after {from}");
    let far = clinic.dates(&now().plus_micros(50 * 24 * 60 * MINUTE).to_string(), "sick");
    assert_eq!(far.len(), 30);
    assert!(far[0]["available"] == json!(true) && far[29]["available"] == json!(false));
    let beyond = clinic.dates("2099-01-01T00:00:00+02:00", "sick");
    assert_eq!(beyond.len(), 30);
    assert_eq!(beyond[0], json!({ "date": "12/31/2098", "available": false, "times": [] }));
}

#[test]
fn a_time_that_is_taken_is_open_no_longer_and_no_type_of_it_is() {
    let clinic = Clinic::open();
    let slot = clinic.slot(7);
    clinic.booked(&slot);
    let taken = |time: &&Value| time["start"] == slot["start"] && time["provider_id"] == slot["provider_id"];
    for category in ["sick", "wellness"] {
        assert!(!clinic.times(category).iter().any(|time| taken(&time)), "{category}");
    }
    let missing = clinic.dates("1970-01-01T00:00:00Z", "technician");
    assert!(missing.iter().all(|date| date["available"] == json!(false)), "nobody is asked for technicians here");
}

#[test]
fn slot_ids_stay_and_are_the_location_s_own() {
    let clinic = Clinic::open();
    let ids = |token: &str, location: &str| {
        let body = r#"{"search_from_date":"1970-01-01T00:00:00Z","appointment_type":"sick"}"#;
        let answer = clinic.send("POST", "/open_times", token, location, body).json();
        let times = all(answer["data"].as_array().expect("dates"));
        // Not the first: it may begin between two requests.
        times[4..].iter().map(|time| time["uuid"].clone()).collect::<Vec<_>>()
    };
    let dallas = clinic.desk.token(&["--scope", "partner", "--location", DALLAS]);
    let (here, again, there) = (ids(&clinic.token, AUSTIN), ids(&clinic.token, AUSTIN), ids(&dallas, DALLAS));
    assert!(again.iter().all(|id| here.contains(id)));
    assert!(!there.iter().any(|id| here.contains(id)));
}

#[test]
fn what_is_missing_or_odd_is_named() {
    let clinic = Clinic::open();
    for (body, wrong) in [
        ("", "search_from_date is required."),
        ("{}", "search_from_date is required."),
        (r#"{"search_from_date":"2025-01-01T00:00:00Z"}"#, "appointment_type is required."),
        (r#"{"search_from_date":"","appointment_type":"sick"}"#, ""),
        (r#"{"search_from_date":"2025-01-01","appointment_type":"sick"}"#, ""),
        (r#"{"search_from_date":"2025-01-01T00:00:00","appointment_type":"sick"}"#, ""),
        (r#"{"search_from_date":1735689600,"appointment_type":"sick"}"#, "search_from_date takes a text."),
        (
            r#"{"search_from_date":"2025-01-01T00:00:00Z","appointment_type":"surgery"}"#,
            "appointment_type takes one of wellness, sick, technician, recheck.",
        ),
        (
            r#"{"search_from_date":"2025-01-01T00:00:00Z","appointment_type":"Sick"}"#,
            "appointment_type takes one of wellness, sick, technician, recheck.",
        ),
        (
            r#"{"search_from_date":"9999-12-31T00:00:00Z","appointment_type":"sick"}"#,
            "search_from_date lies too far in the future for any calendar.",
        ),
        (r#"{"search_from_date":"2025-01-01T00:00:00Z","search_from_date":"x"}"#, "search_from_date was given twice."),
        ("null", "The body takes a JSON object: invalid type: null, expected an object at line 1 column 4."),
    ] {
        let answer = clinic.send("POST", "/open_times", &clinic.token, AUSTIN, body);
        let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.status, 400, "{body}: {message}");
        assert!(
            if wrong.is_empty() { message.starts_with("search_from_date: ") } else { message == wrong },
            "{message}"
        );
    }
    // A member that is none of ours is ignored, as parameters are.
    let body = r#"{"search_from_date":"2025-01-01T00:00:00Z","appointment_type":"sick","page":7}"#;
    assert_eq!(clinic.send("POST", "/open_times", &clinic.token, AUSTIN, body).status, 200);
}

#[test]
fn a_location_that_is_not_set_up_has_no_times_and_takes_no_appointment() {
    let office = Office::open();
    let ask = |target: &str, body: &str| {
        let authorization = format!("Bearer {}", office.token);
        let headers = [("Authorization", authorization.as_str()), ("X-Client-Id", AUSTIN)];
        office.server.ask("POST", &format!("{API}{target}"), &headers, Some(body)).transcript()
    };
    let body = r#"{"search_from_date":"2025-01-01T00:00:00Z","appointment_type":"sick"}"#;
    assert_eq!(ask("/open_times", body), r#"200 {"success":true,"data":[],"message":"OK"}"#);
    let refused = r#"400 {"success":false,"message":"This location is not set up for booking."}"#;
    assert_eq!(ask("/appointments", r#"{"slot_id":"x"}"#), refused);
}
