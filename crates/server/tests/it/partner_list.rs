//! `GET /booking_sessions`: what a page holds, and in which order.

use serde_json::{Value, json};

use crate::partner::{AUSTIN, Office, abandoned, completed, ndjson, series};
use crate::support::{Desk, LIST, SESSIONS};

const SINCE: &str = "updated_at_start=2023-11-01T00:00:00Z";

#[test]
fn a_session_has_twelve_keys_in_order_and_a_missing_value_is_null() {
    let full = json!({
        "location_id": AUSTIN, "id": "full", "status": "completed", "stage": "completed", "client_type": "returning",
        "appointment_id": "A-20418", "remote_appointment_id": "47113", "referral_source": "newsletter",
        "referral_campaign": "autumn-checkup", "referral_medium": "email", "created_at": "2023-11-07T05:31:56Z",
        "updated_at": "2023-11-07T07:38:12.4809+02:00", "last_activity_at": "2023-11-07T05:38:12.000001999Z",
    });
    let office = Office::with(&[full, abandoned("sparse", "2023-11-07T05:40:00.1Z")]);
    let answer = office.list("updated_at_start=2023-11-07T05:31:56Z&per_page=1000");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(
        answer.body,
        concat!(
            r#"{"success":true,"data":{"page":0,"per_page":1000,"total_count":2,"content":["#,
            r#"{"id":"full","status":"completed","stage":"completed","client_type":"returning","#,
            r#""appointment_id":"A-20418","remote_appointment_id":"47113","referral_source":"newsletter","#,
            r#""referral_campaign":"autumn-checkup","referral_medium":"email","#,
            r#""created_at":"2023-11-07T05:31:56.000000Z","updated_at":"2023-11-07T05:38:12.480900Z","#,
            r#""last_activity_at":"2023-11-07T05:38:12.000001Z"},"#,
            r#"{"id":"sparse","status":"abandoned","stage":"started","client_type":null,"#,
            r#""appointment_id":null,"remote_appointment_id":null,"referral_source":null,"#,
            r#""referral_campaign":null,"referral_medium":null,"#,
            r#""created_at":"1969-01-01T00:00:00.000000Z","updated_at":"2023-11-07T05:40:00.100000Z","#,
            r#""last_activity_at":null}"#,
            r#"]},"message":"OK"}"#
        )
    );
}

#[test]
fn a_visit_under_way_is_listed_as_soon_as_it_is_reported() {
    let office = Office::open();
    let body = json!({ "location_id": AUSTIN, "utm_source": "news", "utm_medium": "email", "utm_campaign": "spring" });
    let started = office.server.ask("POST", SESSIONS, &[], Some(&body.to_string())).json();
    let seen = office.list(SINCE).json()["data"]["content"][0].clone();
    assert_eq!(seen["id"], started["id"]);
    let [created, updated] = ["created_at", "updated_at"].map(|key| seen[key].as_str().expect("a time"));
    assert_eq!(seen["last_activity_at"], created);
    // The tick is taken when the change is committed, a moment after the visitor came.
    assert!(created <= updated, "{created} {updated}");
    assert!(created.len() == "2023-11-07T05:31:56.123456Z".len() && created.ends_with('Z'), "{created}");
    let mut rest = seen;
    for key in ["id", "created_at", "updated_at", "last_activity_at"] {
        rest.as_object_mut().expect("a session").remove(key);
    }
    assert_eq!(
        rest,
        json!({
            "status": "active", "stage": "started", "client_type": null, "appointment_id": null,
            "remote_appointment_id": null, "referral_source": "news", "referral_campaign": "spring",
            "referral_medium": "email",
        })
    );
}

#[test]
fn every_stage_and_client_type_has_its_name_on_the_wire() {
    let office = Office::open();
    let (id, secret) = office.visitor();
    let authorization = format!("Bearer {secret}");
    let report = |body: Value| {
        let body = body.to_string();
        let target = format!("{SESSIONS}/{id}");
        assert_eq!(office.server.ask("PATCH", &target, &[("Authorization", &authorization)], Some(&body)).status, 200);
        let seen = office.session(&id).json()["data"].clone();
        format!("{} {}", seen["stage"], seen["client_type"])
    };
    assert_eq!(report(json!({ "client_type": "new" })), r#""started" "new""#);
    assert_eq!(report(json!({ "client_type": "returning" })), r#""started" "returning""#);
    for stage in ["client_identification", "appointment_type_selection", "scheduling", "checkout"] {
        assert_eq!(report(json!({ "stage": stage })), format!(r#""{stage}" "returning""#));
    }
    assert_eq!(report(json!({ "stage": "started" })), r#""checkout" "returning""#);
}

#[test]
fn sessions_come_by_updated_at_and_then_by_the_bytes_of_their_id() {
    let at = "2023-11-07T05:31:56.000001Z";
    let office = Office::with(&[
        completed("last", "2023-11-07T05:31:56.000002Z"),
        abandoned("b", at),
        completed("a", at),
        abandoned("B", at),
        completed("10", at),
        abandoned("9", at),
        completed("\u{e9}", at),
        abandoned("\u{1f63a}", at),
        completed("\u{ff5e}", at),
        abandoned("zz", at),
        completed("z", at),
        abandoned("first", "2023-11-07T05:31:56Z"),
    ]);
    let expected = ["first", "10", "9", "B", "a", "b", "z", "zz", "\u{e9}", "\u{ff5e}", "\u{1f63a}", "last"];
    assert_eq!(office.list(&format!("{SINCE}&per_page=100")).ids(), expected);
    let pages = (0..4).flat_map(|page| office.list(&format!("{SINCE}&per_page=3&page={page}")).ids());
    assert_eq!(pages.collect::<Vec<_>>(), expected);
    let of = |status: &str| office.list(&format!("{SINCE}&per_page=100&status={status}")).ids();
    assert_eq!(of("abandoned"), ["first", "9", "B", "b", "zz", "\u{1f63a}"]);
    assert_eq!(of("completed"), ["10", "a", "z", "\u{e9}", "\u{ff5e}", "last"]);
}

#[test]
fn the_window_includes_both_its_ends_to_the_microsecond() {
    let office = Office::with(&[
        abandoned("a", "2023-11-07T05:31:56.123455Z"),
        abandoned("b", "2023-11-07T05:31:56.123456Z"),
        abandoned("c", "2023-11-07T05:31:56.123457Z"),
        abandoned("d", "2023-11-07T05:31:56.123458Z"),
    ]);
    let ids = |start: u32, end: u32| {
        let answer = office.list(&format!(
            "updated_at_start=2023-11-07T05:31:56.{start:06}Z&updated_at_end=2023-11-07T05:31:56.{end:06}Z"
        ));
        assert_eq!(answer.json()["data"]["total_count"], answer.ids().len());
        answer.ids().concat()
    };
    assert_eq!(ids(123_456, 123_457), "bc");
    assert_eq!(ids(123_455, 123_458), "abcd");
    assert_eq!(ids(123_456, 123_456), "b");
    assert_eq!(ids(123_450, 123_454), "");
    assert_eq!(ids(123_459, 123_460), "");
    assert_eq!(ids(0, 999_999), "abcd");
}

#[test]
fn the_end_may_lie_in_the_future_and_not_before_the_start() {
    let office = Office::with(&series(2));
    let start = "updated_at_start=2023-11-07T05:00:00Z";
    assert_eq!(office.list(&format!("{start}&updated_at_end=2999-01-01T00:00:00Z")).ids(), ["s00", "s01"]);
    assert_eq!(office.list(start).ids(), ["s00", "s01"]);
    assert_eq!(office.list("updated_at_start=2999-01-01T00:00:00Z").ids(), [""; 0]);
    let before = office.list(&format!("{start}&updated_at_end=2023-11-07T04:59:59.999999Z"));
    assert_eq!(
        before.transcript(),
        r#"400 {"success":false,"message":"updated_at_end lies before updated_at_start; it takes the same instant or later."}"#
    );
    // 06:59:59 at +02:00 is before 05:00 in UTC, whatever the texts look like.
    assert_eq!(office.list(&format!("{start}&updated_at_end=2023-11-07T06:59:59%2B02:00")).status, 400);
}

#[test]
fn a_status_is_asked_for_by_its_name() {
    let office = Office::with(&[
        completed("done", "2023-11-07T05:31:56Z"),
        abandoned("gone", "2023-11-07T05:31:57Z"),
        abandoned("lost", "2023-11-07T05:31:58Z"),
    ]);
    let (active, _) = office.visitor();
    let of = |status: &str| {
        let answer = office.list(&format!("{SINCE}&status={status}"));
        (answer.json()["data"]["total_count"].as_u64(), answer.ids())
    };
    assert_eq!(of("active"), (Some(1), vec![active]));
    assert_eq!(of("completed"), (Some(1), vec!["done".to_owned()]));
    assert_eq!(of("abandoned"), (Some(2), vec!["gone".to_owned(), "lost".to_owned()]));
    assert_eq!(office.list(SINCE).json()["data"]["total_count"], 4);
}

#[test]
fn a_location_s_sessions_are_its_own() {
    let office = Office::with(&[abandoned("ours", "2023-11-07T05:31:56Z")]);
    office.desk.add_location("paws-dallas", &[]);
    let mut theirs = abandoned("theirs", "2023-11-07T05:31:56Z");
    theirs["location_id"] = json!("paws-dallas");
    let mut same_id = completed("ours", "2023-11-08T00:00:00Z");
    same_id["location_id"] = json!("paws-dallas");
    office.desk.import("theirs.ndjson", &ndjson(&[theirs, same_id]));
    let token = office.desk.token(&["--scope", "partner", "--all-locations"]);
    let of = |location: &str| office.server.get(&format!("{LIST}?{SINCE}"), &token, location).ids();
    assert_eq!(of(AUSTIN), ["ours"]);
    assert_eq!(of("paws-dallas"), ["theirs", "ours"]);
    assert_eq!(office.session("ours").json()["data"]["status"], "abandoned");
}

#[test]
fn a_page_past_the_end_is_empty_and_still_counts_every_match() {
    let office = Office::with(&series(25));
    let expected = |page: u64| {
        format!(
            r#"200 {{"success":true,"data":{{"page":{page},"per_page":10,"total_count":25,"content":[]}},"message":"OK"}}"#
        )
    };
    assert_eq!(office.list(&format!("{SINCE}&page=2")).ids(), ["s20", "s21", "s22", "s23", "s24"]);
    for page in [3, 4, 1000, u64::from(u32::MAX), 1 << 52, (1 << 53) - 1] {
        assert_eq!(office.list(&format!("{SINCE}&page={page}")).transcript(), expected(page));
        let wide = office.list(&format!("{SINCE}&page={page}&per_page=1000"));
        assert_eq!((wide.status, wide.ids().len()), (200, 0), "{page}");
    }
}

#[test]
fn a_page_holds_as_many_sessions_as_were_asked_for() {
    let office = Office::with(&series(25));
    let page = |query: &str| {
        let answer = office.list(&format!("{SINCE}{query}"));
        let data = answer.json()["data"].clone();
        (data["page"].as_u64(), data["per_page"].as_u64(), data["total_count"].as_u64(), answer.ids().len())
    };
    assert_eq!(page(""), (Some(0), Some(10), Some(25), 10));
    assert_eq!(page("&per_page=1"), (Some(0), Some(1), Some(25), 1));
    assert_eq!(page("&per_page=25"), (Some(0), Some(25), Some(25), 25));
    assert_eq!(page("&per_page=1000"), (Some(0), Some(1000), Some(25), 25));
    assert_eq!(page("&per_page=7&page=3"), (Some(3), Some(7), Some(25), 4));
    assert_eq!(page("&per_page=007&page=00"), (Some(0), Some(7), Some(25), 7));
}

#[test]
fn a_page_of_a_thousand_comes_whole() {
    let sessions: Vec<Value> = (0..1_100)
        .map(|index| abandoned(&format!("s{index:04}"), &format!("2023-11-07T05:31:56.{index:06}Z")))
        .collect();
    let office = Office::with(&sessions);
    let first = office.list(&format!("{SINCE}&per_page=1000"));
    assert_eq!((first.ids().len(), first.ids().last().map(String::as_str)), (1000, Some("s0999")));
    let second = office.list(&format!("{SINCE}&per_page=1000&page=1"));
    assert_eq!((second.ids().len(), second.ids().last().map(String::as_str)), (100, Some("s1099")));
    assert_eq!(second.json()["data"]["total_count"], 1100);
}

#[test]
fn head_answers_as_get_without_the_body() {
    let office = Office::with(&series(3));
    let token = format!("Bearer {}", office.token);
    let headers = [("Authorization", token.as_str()), ("X-Client-Id", AUSTIN)];
    let target = format!("{LIST}?{SINCE}&per_page=2");
    let [get, head] = ["GET", "HEAD"].map(|method| office.server.ask(method, &target, &headers, None));
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    for name in ["content-type", "content-length", "link"] {
        assert_eq!(head.header(name), get.header(name), "{name}");
        assert!(head.header(name).is_some(), "{name}");
    }
}

#[test]
fn a_location_without_a_session_has_an_empty_page() {
    let desk = Desk::with_location(AUSTIN);
    let token = desk.token(&["--scope", "partner", "--location", AUSTIN]);
    let server = desk.serve();
    for query in [SINCE.to_owned(), format!("{SINCE}&page=5"), format!("{SINCE}&status=active&per_page=1000")] {
        let answer = server.get(&format!("{LIST}?{query}"), &token, AUSTIN);
        assert_eq!((answer.status, answer.json()["data"]["total_count"].as_u64()), (200, Some(0)), "{query}");
        assert_eq!((answer.ids().len(), answer.header("link")), (0, None), "{query}");
    }
}
