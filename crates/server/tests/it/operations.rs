//! For whoever runs the server: health, metrics, and the reference page.

use serde_json::json;

use crate::partner::{Office, abandoned, completed};
use crate::support::{Answer, Desk, LIST, Server};

const SINCE: &str = "updated_at_start=2023-11-01T00:00:00Z";

fn get(server: &Server, target: &str) -> Answer {
    server.ask("GET", target, &[], None)
}

/// The value of a line of `/metrics`.
fn metric(server: &Server, name: &str) -> Option<f64> {
    let answer = get(server, "/metrics");
    assert_eq!(answer.status, 200);
    let found = answer.body.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    found.map(|value| value.parse().expect("a number"))
}

fn requests(server: &Server, route: &str, status: u16) -> Option<f64> {
    metric(server, &format!("frontdesk_http_requests_total{{route=\"{route}\",status=\"{status}\"}}"))
}

#[test]
fn a_server_says_that_it_is_alive_and_ready() {
    let desk = Desk::with_location("paws-austin");
    let server = desk.serve();
    assert_eq!(get(&server, "/healthz").transcript(), r#"200 {"status":"ok"}"#);
    assert_eq!(
        get(&server, "/readyz").transcript(),
        r#"200 {"locations":1,"mail":{"set_up":false,"waiting":0},"status":"ready"}"#
    );
    desk.add_location("paws-dallas", &[]);
    assert_eq!(
        get(&server, "/readyz").transcript(),
        r#"200 {"locations":2,"mail":{"set_up":false,"waiting":0},"status":"ready"}"#
    );
    for target in ["/healthz", "/readyz"] {
        assert_eq!(get(&server, target).header("content-type"), Some("application/json"));
        let posted = server.ask("POST", target, &[], None);
        assert_eq!((posted.status, posted.header("allow")), (405, Some("GET,HEAD")));
    }
}

#[test]
fn requests_are_counted_by_route_and_status() {
    let office = Office::with(&[abandoned("a", "2023-11-07T05:31:56Z")]);
    let one = format!("{LIST}/{{id}}");
    assert_eq!(requests(&office.server, LIST, 200), None);
    for query in [SINCE, SINCE, "page=x"] {
        office.list(query);
    }
    for id in ["a", "none", "other"] {
        office.session(id);
    }
    office.server.ask("POST", LIST, &[], None);
    get(&office.server, LIST);
    office.server.get(LIST, &office.token, "nowhere");
    get(&office.server, &format!("{LIST}?{}", "x".repeat(9_000)));
    for path in ["/nowhere", "/%ff", "/services/core/open_api/v1/booking_sessions/a/b/c"] {
        get(&office.server, path);
    }
    let count = |route: &str, status: u16| requests(&office.server, route, status);
    for (status, expected) in [(200, 2.0), (400, 1.0), (401, 1.0), (403, 1.0), (405, 1.0), (414, 1.0)] {
        assert_eq!(count(LIST, status), Some(expected), "{status}");
    }
    assert_eq!([count(&one, 200), count(&one, 404)], [Some(1.0), Some(2.0)]);
    assert_eq!(count("none", 404), Some(3.0));
    let seconds = |of: &str, route: &str| {
        metric(&office.server, &format!("frontdesk_http_request_seconds_{of}{{route=\"{route}\"}}"))
            .expect("a histogram")
    };
    assert_eq!([seconds("count", LIST), seconds("count", &one), seconds("count", "none")], [7.0, 3.0, 3.0]);
    assert!(seconds("sum", LIST) > 0.0);
}

#[test]
fn ids_of_sessions_and_unknown_paths_make_no_metrics_of_their_own() {
    let office = Office::with(&[abandoned("secret-id", "2023-11-07T05:31:56Z")]);
    office.session("secret-id");
    get(&office.server, "/secret-path");
    office.server.ask("SECRETMETHOD", LIST, &[], None);
    let text = get(&office.server, "/metrics").body;
    assert!(!text.to_ascii_lowercase().contains("secret"), "{text}");
}

#[test]
fn sessions_are_counted_by_status() {
    let office = Office::with(&[
        completed("a", "2023-11-07T05:31:56Z"),
        abandoned("b", "2023-11-07T05:31:57Z"),
        abandoned("c", "2023-11-08T05:31:57Z"),
    ]);
    let sessions = || {
        ["active", "completed", "abandoned"]
            .map(|of| metric(&office.server, &format!("frontdesk_sessions{{status=\"{of}\"}}")))
    };
    assert_eq!(sessions(), [Some(0.0), Some(1.0), Some(2.0)]);
    office.visitor();
    let (booked, _) = office.visitor();
    let token = office.desk.token(&["--scope", "booking", "--all-locations"]);
    let headers = [("Authorization", format!("Bearer {token}"))];
    let body = json!({ "appointment_id": "A-2" }).to_string();
    let target = format!("/booking/v1/sessions/{booked}/complete");
    let done = office.server.ask(
        "POST",
        &target,
        &headers.each_ref().map(|(name, value)| (*name, value.as_str())),
        Some(&body),
    );
    assert_eq!(done.status, 200, "{}", done.body);
    assert_eq!(sessions(), [Some(1.0), Some(2.0), Some(2.0)]);
}

#[test]
fn commits_are_measured() {
    let office = Office::open();
    let commits = || metric(&office.server, "frontdesk_commit_seconds_count").expect("a histogram");
    let before = commits();
    let visitor = office.visitor();
    office.touch(&visitor);
    assert_eq!(commits() - before, 2.0);
    let commands = metric(&office.server, "frontdesk_commit_batch_commands_sum").expect("a histogram");
    assert!(commands >= 2.0, "{commands}");
    assert!(metric(&office.server, "frontdesk_settle_lag_seconds_count").is_some());
}

#[test]
fn the_metrics_are_in_the_text_format_of_prometheus() {
    let office = Office::open();
    office.list(SINCE);
    let answer = get(&office.server, "/metrics");
    assert_eq!(answer.header("content-type"), Some("text/plain; version=0.0.4; charset=utf-8"));
    for name in [
        "frontdesk_http_requests_total counter",
        "frontdesk_http_request_seconds histogram",
        "frontdesk_commit_batch_commands histogram",
        "frontdesk_commit_seconds histogram",
        "frontdesk_settle_lag_seconds histogram",
        "frontdesk_mail_attempts_total counter",
        "frontdesk_mails_waiting gauge",
        "frontdesk_sessions gauge",
    ] {
        assert!(answer.body.contains(&format!("# TYPE {name}\n")), "{name}");
    }
    for line in answer.body.lines().filter(|line| !line.starts_with('#')) {
        let value = line.rsplit_once(' ').map(|(_, value)| value.parse::<f64>());
        assert!(line.starts_with("frontdesk_") && value.is_some_and(|value| value.is_ok()), "{line}");
    }
}

#[test]
fn the_reference_page_asks_nothing_of_anybody() {
    let desk = Desk::with_location("paws-austin");
    let answer = get(&desk.serve(), "/docs");
    assert_eq!(answer.status, 200);
    assert_eq!(answer.header("content-type"), Some("text/html; charset=utf-8"));
    let policy = answer.header("content-security-policy").expect("a policy");
    assert!(policy.starts_with("default-src 'none';"), "{policy}");
    let page = answer.body.to_ascii_lowercase();
    assert!(page.starts_with("<!doctype html>"));
    for load in ["<script", "<link", "<img", "<iframe", "src=", "url(", "@import", "href=\"http", "href=\"//"] {
        assert!(!page.contains(load), "{load}");
    }
    for shown in [LIST, "/booking/v1/sessions", "updated_at_start", "per_page", "X-Client-Id"] {
        assert!(answer.body.contains(shown), "{shown}");
    }
}
