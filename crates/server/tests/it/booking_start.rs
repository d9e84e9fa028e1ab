//! `POST /booking/v1/sessions`: what a booking page gets, and what partners and the practice see of it at once.

use serde_json::json;

use crate::booking::Visit;
use crate::support::{Desk, Server};

const LOCATION: &str = "paws-austin";

/// A served location, with a token for everything.
fn desk() -> (Desk, Server, String) {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "admin", "--location", LOCATION]);
    let server = desk.serve();
    (desk, server, token)
}

#[test]
fn a_page_gets_an_id_a_secret_and_the_expiry() {
    let (_desk, server, token) = desk();
    let answer = server.post_start(&[], r#"{"location_id":"paws-austin"}"#);
    let visit = Visit::of(&answer);
    assert_eq!(
        visit.transcript(&answer),
        r#"201 {"id":"<id>","secret":"<secret>","stage":"started","status":"active","expires_at":"<time>"}"#
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"), "it holds a secret");

    let session = server.in_feed(&visit.id, &token, LOCATION);
    assert_eq!(session["created_at"], session["last_activity_at"], "to open the page is the visitor's first action");
    assert_eq!(visit.id.as_bytes()[14], b'7', "a UUIDv7: {}", visit.id);
}

#[test]
fn partners_see_a_new_session_at_once_with_every_key() {
    let (_desk, server, token) = desk();
    let visit = server.start_with(
        r#"{"location_id":"paws-austin","referral_source":"newsletter","referral_medium":"email",
            "referral_campaign":"autumn-checkup"}"#,
    );
    let listed = server.get(
        "/services/core/open_api/v1/booking_sessions?updated_at_start=2023-11-07T05:31:56Z",
        &token,
        LOCATION,
    );
    assert_eq!(
        visit.transcript(&listed),
        r#"200 {"success":true,"data":{"page":0,"per_page":10,"total_count":1,"content":[{"id":"<id>","status":"active","stage":"started","client_type":null,"appointment_id":null,"remote_appointment_id":null,"referral_source":"newsletter","referral_campaign":"autumn-checkup","referral_medium":"email","created_at":"<time>","updated_at":"<time>","last_activity_at":"<time>"}]},"message":"OK"}"#
    );
}

#[test]
fn a_link_s_own_names_are_the_referral() {
    let (_desk, server, token) = desk();
    let visit = server.start_with(
        r#"{"location_id":"paws-austin","utm_source":"google","utm_medium":"cpc","utm_campaign":"vet-near-me"}"#,
    );
    let session = server.in_feed(&visit.id, &token, LOCATION);
    assert_eq!(
        (&session["referral_source"], &session["referral_medium"], &session["referral_campaign"]),
        (&json!("google"), &json!("cpc"), &json!("vet-near-me"))
    );
}

#[test]
fn a_field_may_come_under_both_names_when_they_agree() {
    let (_desk, server, token) = desk();
    let visit = server.start_with(
        r#"{"location_id":"paws-austin","referral_source":"google","utm_source":" google ","utm_medium":""}"#,
    );
    let session = server.in_feed(&visit.id, &token, LOCATION);
    assert_eq!((&session["referral_source"], &session["referral_medium"]), (&json!("google"), &json!(null)));
    let differing = r#"{"location_id":"paws-austin","referral_source":"google","utm_source":"bing"}"#;
    assert_eq!(
        server.post_start(&[], differing).transcript(),
        r#"400 {"type":"urn:frontdesk:problem:bad_input","title":"Bad Request","status":400,"code":"bad_input","detail":"utm_source and referral_source are the same field, and differ.","field":"utm_source"}"#
    );
}

#[test]
fn what_the_partner_api_has_no_place_for_is_kept_in_the_timeline() {
    let (_desk, server, token) = desk();
    let visit = server.start_with(
        r#"{"location_id":"paws-austin","utm_source":"google","term":"vet open sunday","content":"ad-7",
            "landing_page":"https://paws.example/book?a=1&b=2#top"}"#,
    );
    let mut events = server.timeline(&visit.id, &token);
    assert!(events[0]["at"].take().is_string());
    assert_eq!(
        events,
        [json!({
            "at": null,
            "kind": "started",
            "referral": { "source": "google", "campaign": null, "medium": null },
            "term": "vet open sunday",
            "content": "ad-7",
            "landing_page": "https://paws.example/book?a=1&b=2#top",
        })]
    );
}

#[test]
fn texts_are_trimmed_and_empty_ones_are_none() {
    let (_desk, server, token) = desk();
    let visit = server.start_with(
        r#"{"location_id":" paws-austin ","utm_source":" spring\u00a0","utm_medium":"","utm_campaign":"   "}"#,
    );
    let session = server.in_feed(&visit.id, &token, LOCATION);
    assert_eq!(
        (&session["referral_source"], &session["referral_medium"], &session["referral_campaign"]),
        (&json!("spring"), &json!(null), &json!(null))
    );
}

#[test]
fn every_character_comes_out_as_it_went_in() {
    let (_desk, server, token) = desk();
    let texts = [
        "campaña-de-vacunación",
        "猫と犬 🐈‍⬛",
        "a\"b\\c/d",
        "</script><!--",
        "e\u{301}",
        "\u{202e}abc",
        "null",
        "',;\t".trim_end(),
    ];
    for text in texts {
        let body = json!({ "location_id": LOCATION, "utm_campaign": text }).to_string();
        let visit = server.start_with(&body);
        assert_eq!(server.in_feed(&visit.id, &token, LOCATION)["referral_campaign"], text);
    }
    // Escapes of JSON beyond the basic plane come as a pair of surrogates.
    let visit = server.start_with(r#"{"location_id":"paws-austin","utm_campaign":"\ud83d\udc08"}"#);
    assert_eq!(server.in_feed(&visit.id, &token, LOCATION)["referral_campaign"], "🐈");
}

#[test]
fn texts_of_exactly_the_most_bytes_are_taken() {
    let (_desk, server, token) = desk();
    let source = "ü".repeat(256);
    let landing_page = format!("https://paws.example/{}", "x".repeat(2048 - 21));
    let body = json!({ "location_id": LOCATION, "utm_source": source, "landing_page": landing_page }).to_string();
    let visit = server.start_with(&body);
    assert_eq!(server.in_feed(&visit.id, &token, LOCATION)["referral_source"], source);
    assert_eq!(server.timeline(&visit.id, &token)[0]["landing_page"], landing_page);
}

#[test]
fn every_session_has_an_id_and_a_secret_of_its_own() {
    let (_desk, server, _) = desk();
    let (one, other) = (server.start_at(LOCATION), server.start_at(LOCATION));
    assert_ne!(one.id, other.id);
    assert_ne!(one.secret, other.secret);
}

#[test]
fn a_session_lives_as_long_as_its_location_says_when_it_starts() {
    let (desk, server, token) = desk();
    desk.done(&["location", "set", LOCATION, "--session-ttl", "1s"]);
    let visit = server.start_at(LOCATION);
    server.abandoned(&visit.id, &token, LOCATION);
}

#[test]
fn a_location_added_while_the_server_runs_takes_sessions_at_once() {
    let (desk, server, _) = desk();
    desk.add_location("paws-dallas", &[]);
    server.start_at("paws-dallas");
}

#[test]
fn a_location_of_another_script_takes_sessions_and_shows_them() {
    let (desk, server, _) = desk();
    desk.add_location("clínica-huellas", &[]);
    let token = desk.token(&["--scope", "admin", "--all-locations"]);
    let visit = server.start_at("clínica-huellas");
    let authorization = format!("Bearer {token}");
    let headers = [("Authorization", authorization.as_str()), ("X-Client-Id", "clínica-huellas")];
    let timeline = server.ask("GET", &format!("/booking/v1/sessions/{}/timeline", visit.id), &headers, None);
    assert_eq!(timeline.status, 200, "{}", timeline.body);
    assert_eq!(server.feed(&token, "clínica-huellas").len(), 1);
}
