//! Pages of other sites: a browser lets them report when the location names their origin, and read what was wrong.

use crate::booking::{JSON, Visit};
use crate::support::{Answer, Desk, SESSIONS, Server};

const LOCATION: &str = "paws-austin";
const PAGE: &str = "https://paws.example";
const BODY: &str = r#"{"location_id":"paws-austin"}"#;
const REFUSED: &str = r#"403 {"type":"urn:frontdesk:problem:origin_not_allowed","title":"Forbidden","status":403,"code":"origin_not_allowed","detail":"The location does not take sessions from pages of this origin."}"#;

/// A served location whose website is `PAGE`, beside one whose website is another.
fn desk() -> (Desk, Server) {
    let desk = Desk::empty();
    desk.add_location(LOCATION, &["--origin", PAGE, "--origin", "http://localhost:3000"]);
    desk.add_location("rival-vets", &["--origin", "https://rival.example"]);
    let server = desk.serve();
    (desk, server)
}

/// A browser's question before the request proper (Fetch standard, CORS-preflight fetch).
fn preflight(server: &Server, target: &str, origin: &str, method: &str) -> Answer {
    let headers = [
        ("Origin", origin),
        ("Access-Control-Request-Method", method),
        ("Access-Control-Request-Headers", "authorization,content-type"),
    ];
    server.ask("OPTIONS", target, &headers, None)
}

/// The headers by which a browser decides.
fn shared(answer: &Answer) -> Vec<(&str, &str)> {
    let told = answer.headers.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let mut told: Vec<_> = told.filter(|(name, _)| *name == "vary" || name.starts_with("access-control-")).collect();
    told.sort_unstable();
    told
}

#[test]
fn a_browser_is_told_what_the_location_s_page_may_send() {
    let (_desk, server) = desk();
    for (target, method) in [(SESSIONS.to_owned(), "POST"), (format!("{SESSIONS}/some-session"), "PATCH")] {
        let answer = preflight(&server, &target, PAGE, method);
        assert_eq!((answer.status, answer.body.as_str()), (204, ""));
        assert_eq!(
            shared(&answer),
            [
                ("access-control-allow-headers", "authorization, content-type, idempotency-key"),
                ("access-control-allow-methods", "POST, PATCH"),
                ("access-control-allow-origin", PAGE),
                ("access-control-max-age", "600"),
                ("vary", "origin"),
            ]
        );
    }
}

#[test]
fn a_browser_is_told_nothing_for_a_page_of_nobody_s() {
    let (_desk, server) = desk();
    let foreign = [
        "https://evil.example",
        "https://paws.example.evil.example",
        "https://paws.example:8443",
        "http://paws.example",
        "https://www.paws.example",
        "https://PAWS.example",
        "https://paws.example/",
        "null",
        "*",
    ];
    for origin in foreign {
        let answer = preflight(&server, SESSIONS, origin, "POST");
        assert_eq!((answer.status, shared(&answer)), (204, vec![("vary", "origin")]), "{origin}");
    }
}

#[test]
fn a_page_of_the_location_reports_and_reads_the_answers() {
    let (_desk, server) = desk();
    let started = server.post_start(&[("Origin", PAGE)], BODY);
    assert_eq!(shared(&started), [("access-control-allow-origin", PAGE), ("vary", "origin")]);
    let visit = Visit::of(&started);
    let authorization = format!("Bearer {}", visit.secret);
    let headers = [JSON, ("Authorization", authorization.as_str()), ("Origin", "http://localhost:3000")];
    let reported = server.ask("PATCH", &format!("{SESSIONS}/{}", visit.id), &headers, Some("{}"));
    assert_eq!(reported.status, 200);
    assert_eq!(shared(&reported), [("access-control-allow-origin", "http://localhost:3000"), ("vary", "origin")]);
}

#[test]
fn a_page_of_another_site_can_neither_start_nor_report() {
    let (desk, server) = desk();
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let visit = server.start_at(LOCATION);
    let before = server.feed(&token, LOCATION);
    let authorization = format!("Bearer {}", visit.secret);
    for origin in ["https://evil.example", "https://rival.example", "null"] {
        assert_eq!(server.post_start(&[("Origin", origin)], BODY).transcript(), REFUSED, "{origin}");
        // The secret alone is not enough where a browser says that the page is another's.
        let headers = [JSON, ("Authorization", authorization.as_str()), ("Origin", origin)];
        let reported = server.ask("PATCH", &format!("{SESSIONS}/{}", visit.id), &headers, Some("{}"));
        assert_eq!(reported.transcript(), REFUSED, "{origin}");
    }
    assert_eq!(server.feed(&token, LOCATION), before);
}

#[test]
fn a_form_of_another_site_needs_no_preflight_and_is_refused_all_the_same() {
    let (desk, server) = desk();
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    // What a browser sends without asking first: a body without a type, or of a type that forms have.
    let origin = ("Origin", "https://evil.example");
    assert_eq!(server.ask("POST", SESSIONS, &[origin], Some(BODY)).transcript(), REFUSED);
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        let answer = server.ask("POST", SESSIONS, &[origin, ("Content-Type", kind)], Some(BODY));
        assert_eq!(answer.status, 415, "{kind}");
    }
    assert!(server.feed(&token, LOCATION).is_empty());
}

#[test]
fn a_page_of_the_location_can_read_what_was_wrong() {
    let (desk, server) = desk();
    let token = desk.token(&["--scope", "booking", "--location", LOCATION]);
    let visit = server.start_at(LOCATION);
    server.complete(&visit.id, &token, r#"{"appointment_id":"A-1"}"#);
    let authorization = format!("Bearer {}", visit.secret);
    let session = format!("{SESSIONS}/{}", visit.id);
    let by_secret = ("Authorization", authorization.as_str());
    let refusals = [
        (400, server.post_start(&[("Origin", PAGE)], r#"{"location_id":"no-such-location"}"#)),
        (400, server.post_start(&[("Origin", PAGE)], "not JSON")),
        (415, server.ask("POST", SESSIONS, &[("Content-Type", "text/xml"), ("Origin", PAGE)], Some("<x/>"))),
        (401, server.ask("PATCH", &session, &[JSON, ("Origin", PAGE)], Some("{}"))),
        (409, server.ask("PATCH", &session, &[JSON, by_secret, ("Origin", PAGE)], Some("{}"))),
    ];
    for (status, answer) in refusals {
        assert_eq!(answer.status, status, "{}", answer.body);
        assert_eq!(shared(&answer), [("access-control-allow-origin", PAGE), ("vary", "origin")], "{}", answer.body);
    }
}

#[test]
fn origins_are_taken_back_and_given_while_the_server_runs() {
    let (desk, server) = desk();
    assert_eq!(server.post_start(&[("Origin", PAGE)], BODY).status, 201);
    desk.done(&["location", "set", LOCATION, "--no-origins"]);
    let refused = server.post_start(&[("Origin", PAGE)], BODY);
    assert_eq!((refused.transcript().as_str(), shared(&refused)), (REFUSED, vec![("vary", "origin")]));
    assert_eq!(shared(&preflight(&server, SESSIONS, PAGE, "POST")), [("vary", "origin")]);

    desk.done(&["location", "set", LOCATION, "--origin", "HTTPS://New.Paws.Example:443"]);
    assert_eq!(server.post_start(&[("Origin", PAGE)], BODY).status, 403);
    assert_eq!(server.post_start(&[("Origin", "https://new.paws.example")], BODY).status, 201);
}

#[test]
fn what_no_page_should_call_is_shared_with_none() {
    let (desk, server) = desk();
    let token = desk.token(&["--scope", "booking", "--location", LOCATION]);
    let visit = server.start_at(LOCATION);
    let authorization = format!("Bearer {token}");
    for (method, what) in [("POST", "complete"), ("PATCH", "appointment"), ("GET", "timeline")] {
        let target = format!("{SESSIONS}/{}/{what}", visit.id);
        assert_eq!(preflight(&server, &target, PAGE, method).status, 405, "{what}");
        let headers = [JSON, ("Authorization", authorization.as_str()), ("Origin", PAGE)];
        let body = (method != "GET").then_some(r#"{"appointment_id":"A-1"}"#);
        assert_eq!(
            shared(&server.ask(method, &target, &headers, body)),
            [],
            "a practice's token has no place in a page"
        );
    }
}
