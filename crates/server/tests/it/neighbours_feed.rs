//! `GET /appointments`: the appointments of a window of `updated_at`, page by page; and who may ask anything of these.

use serde_json::{Value, json};

use crate::clinic::{API, Clinic, DALLAS};
use crate::partner::AUSTIN;

const SINCE: &str = "updated_at_start=1970-01-01T00:00:00Z";

fn ids(page: &Value) -> Vec<String> {
    let content = page["data"]["content"].as_array().expect("a page");
    content.iter().map(|one| one["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn pages_say_how_many_there_are() {
    let clinic = Clinic::open();
    let list = |query: &str| clinic.get(&format!("/appointments?{SINCE}{query}")).json();
    let envelope = |page: &Value| {
        let mut data = page["data"].clone();
        data["content"] = json!(ids(page).len());
        data
    };
    let page = |page: u64, per_page: u64, pages: u64, total: u64, rows: u64| json!({ "page": page, "per_page": per_page, "total_pages": pages, "total_count": total, "content": rows });
    assert_eq!(envelope(&list("")), page(0, 50, 0, 0, 0));
    let booked: Vec<Value> = (0..5).map(|index| clinic.booked(&clinic.slot(index))).collect();
    let all = list("");
    assert_eq!(envelope(&all), page(0, 50, 1, 5, 5));
    assert_eq!(all["data"]["content"], Value::from(booked));
    assert_eq!(envelope(&list("&per_page=2")), page(0, 2, 3, 5, 2));
    assert_eq!(envelope(&list("&per_page=2&page=2")), page(2, 2, 3, 5, 1));
    assert_eq!(envelope(&list("&per_page=100&page=7")), page(7, 100, 1, 5, 0));
    assert_eq!(envelope(&list("&per_page=5")), page(0, 5, 1, 5, 5));
    assert_eq!(envelope(&list("&page=9007199254740991")), page(9_007_199_254_740_991, 50, 1, 5, 0));
    let walked: Vec<String> = (0..3).flat_map(|page| ids(&list(&format!("&per_page=2&page={page}")))).collect();
    assert_eq!(walked, ids(&all));
}

#[test]
fn a_change_brings_an_appointment_to_the_end() {
    let clinic = Clinic::open();
    let staff = clinic.staff();
    let booked: Vec<Value> = (0..3).map(|index| clinic.booked(&clinic.slot(index))).collect();
    let first = booked[0]["id"].as_str().expect("an id");
    let changed = clinic.change(&staff, first, &json!({ "remote_id": "7" })).json()["data"].clone();
    let list = |query: &str| clinic.get(&format!("/appointments?{query}")).json();
    let all = ids(&list(SINCE));
    assert_eq!(all, [&booked[1], &booked[2], &booked[0]].map(|one| one["id"].as_str().expect("an id").to_owned()));
    let (start, end) = (booked[2]["updated_at"].as_str(), changed["updated_at"].as_str());
    let (start, end) = (start.expect("a time"), end.expect("a time"));
    assert_eq!(ids(&list(&format!("updated_at_start={start}&updated_at_end={end}"))), all[1..]);
    assert_eq!(ids(&list(&format!("updated_at_start={end}"))), all[2..]);
    assert_eq!(ids(&list(&format!("{SINCE}&updated_at_end={start}"))), all[..2]);
}

#[test]
fn the_query_is_checked_as_that_of_the_sessions() {
    let clinic = Clinic::open();
    for (query, wrong) in [
        ("", "updated_at_start is required: an ISO 8601 date-time, for example 2023-11-07T05:31:56Z."),
        ("updated_at_start=", ""),
        ("updated_at_start=2023-11-07", ""),
        ("updated_at_start=2023-11-07T05:31:56", ""),
        (&format!("{SINCE}&{SINCE}"), "updated_at_start was given twice; it takes one value."),
        (
            "updated_at_start=2023-11-07T05:31:56Z&updated_at_end=2023-11-07T05:31:55Z",
            "updated_at_end lies before updated_at_start; it takes the same instant or later.",
        ),
        (&format!("{SINCE}&per_page=0"), "per_page takes an integer from 1 to 100."),
        (&format!("{SINCE}&per_page=101"), "per_page takes an integer from 1 to 100."),
        (&format!("{SINCE}&per_page="), "per_page takes an integer from 1 to 100."),
        (&format!("{SINCE}&page=-1"), "page takes an integer from 0 to 9007199254740991."),
        (&format!("{SINCE}&page=1.5"), "page takes an integer from 0 to 9007199254740991."),
    ] {
        let answer = clinic.get(&format!("/appointments?{query}"));
        let message = answer.json()["message"].as_str().unwrap_or_default().to_owned();
        assert_eq!(answer.status, 400, "{query}");
        assert!(
            if wrong.is_empty() { message.starts_with("updated_at_start: ") } else { message == wrong },
            "{message}"
        );
    }
    assert_eq!(clinic.get(&format!("/appointments?{SINCE}&status=nonsense&client_id=7")).status, 200);
}

#[test]
fn another_location_s_appointments_are_nobody_else_s() {
    let clinic = Clinic::open();
    let booked = clinic.booked(&clinic.slot(0));
    let id = booked["id"].as_str().expect("an id");
    let dallas = clinic.desk.token(&["--scope", "partner", "--location", DALLAS]);
    let there = |target: &str| clinic.server.get(&format!("{API}{target}"), &dallas, DALLAS);
    assert_eq!(there(&format!("/appointments?{SINCE}")).json()["data"]["total_count"], 0);
    assert_eq!(there(&format!("/appointments/{id}")).transcript(), there("/appointments/nobody").transcript());
}

#[test]
fn every_neighbour_lets_in_whom_the_sessions_let_in() {
    let clinic = Clinic::open();
    let (partner, staff) = (clinic.token.clone(), clinic.staff());
    let admin = clinic.desk.token(&["--scope", "admin", "--all-locations"]);
    for (method, target, good) in [
        ("POST", "/open_times", 400),
        ("GET", "/appointments", 400),
        ("POST", "/appointments", 400),
        ("GET", "/appointments/x", 404),
        ("GET", "/appointment_types", 200),
        ("GET", "/appointment_types/x", 404),
        ("GET", "/providers", 200),
        ("GET", "/providers/x", 404),
        ("GET", "/rooms", 200),
        ("GET", "/rooms/x", 404),
        ("GET", "/clients", 400),
        ("GET", "/clients/x", 404),
        ("GET", "/patients", 200),
        ("GET", "/patients/x", 404),
    ] {
        let status = |headers: &[(&str, &str)]| {
            let body = (method == "POST").then_some("{}");
            clinic.server.ask(method, &format!("{API}{target}"), headers, body).status
        };
        let bearer = |token: &str| format!("Bearer {token}");
        assert_eq!(status(&[("X-Client-Id", AUSTIN)]), 401, "{target}");
        assert_eq!(status(&[("Authorization", "Bearer fd_0"), ("X-Client-Id", AUSTIN)]), 401, "{target}");
        assert_eq!(status(&[("Authorization", "Bearer a.b.c"), ("X-Client-Id", AUSTIN)]), 401, "{target}");
        assert_eq!(status(&[("Authorization", &bearer(&partner))]), 400, "{target}");
        for location in [DALLAS, "paws-houston"] {
            assert_eq!(status(&[("Authorization", &bearer(&partner)), ("X-Client-Id", location)]), 403, "{target}");
        }
        assert_eq!(status(&[("Authorization", &bearer(&staff)), ("X-Client-Id", AUSTIN)]), 403, "{target}");
        for token in [&partner, &admin] {
            assert_eq!(status(&[("Authorization", &bearer(token)), ("X-Client-Id", AUSTIN)]), good, "{target}");
        }
    }
}
