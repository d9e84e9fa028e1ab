//! Requests a minute: what a token has left, and what happens when that is nothing.

use crate::partner::{AUSTIN, Office, is_failure};
use crate::support::{Answer, LIST};

const SINCE: &str = "updated_at_start=2023-11-01T00:00:00Z";

/// A number of the `RateLimit` header.
fn number(answer: &Answer, key: &str) -> u64 {
    let state = answer.header("ratelimit").expect("a RateLimit header");
    let found = state.split(';').find_map(|part| part.strip_prefix(key)?.strip_prefix('='));
    found.and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("no {key} in {state}"))
}

#[test]
fn a_token_that_has_used_up_its_limit_is_told_when_to_come_back() {
    let office = Office::serving(&[], &["--rate-limit", "2"]);
    let [first, second, third] = [(); 3].map(|()| office.list(SINCE));
    assert_eq!([first.status, second.status, third.status], [200, 200, 429]);
    for answer in [&first, &second, &third] {
        assert_eq!(answer.header("ratelimit-policy"), Some("\"minute\";q=2;w=60"));
        assert!(answer.header("ratelimit").is_some_and(|state| state.starts_with("\"minute\";r=")));
    }
    assert_eq!([&first, &second, &third].map(|answer| number(answer, "r")), [1, 0, 0]);
    assert_eq!(first.header("retry-after"), None);
    assert_eq!(
        third.body,
        r#"{"success":false,"message":"Too many requests for this token; come back after the seconds in Retry-After."}"#
    );
    assert!(is_failure(&third));
    let seconds: u64 = third.header("retry-after").and_then(|text| text.parse().ok()).expect("whole seconds");
    assert!((1..=30).contains(&seconds), "{seconds}");
    assert_eq!(number(&third, "t"), seconds);
}

#[test]
fn every_answer_to_a_good_token_counts_and_says_what_is_left() {
    let office = Office::serving(&[], &["--rate-limit", "1"]);
    let [found, wrong, one] = [format!("{LIST}?{SINCE}"), format!("{LIST}?page=x"), format!("{LIST}/none")];
    for (method, target, location, status) in [
        ("GET", &found, Some(AUSTIN), 200),
        ("HEAD", &found, Some(AUSTIN), 200),
        ("GET", &wrong, Some(AUSTIN), 400),
        ("GET", &found, None, 400),
        ("GET", &one, None, 400),
        ("GET", &found, Some("nowhere"), 403),
        ("GET", &one, Some("nowhere"), 403),
        ("GET", &one, Some(AUSTIN), 404),
    ] {
        let token = office.desk.token(&["--scope", "partner", "--location", AUSTIN]);
        let authorization = format!("Bearer {token}");
        let location = location.map(|location| ("X-Client-Id", location));
        let headers: Vec<(&str, &str)> =
            location.into_iter().chain([("Authorization", authorization.as_str())]).collect();
        let answer = office.server.ask(method, target, &headers, None);
        assert_eq!((answer.status, number(&answer, "r")), (status, 0), "{method} {target} {location:?}");
        assert_eq!(office.server.get(&found, &token, AUSTIN).status, 429, "{method} {target} {location:?}");
    }
}

#[test]
fn each_token_has_a_limit_of_its_own() {
    let office = Office::serving(&[], &["--rate-limit", "1"]);
    let other = office.desk.token(&["--scope", "partner", "--location", AUSTIN]);
    let target = format!("{LIST}?{SINCE}");
    assert_eq!([office.list(SINCE).status, office.list(SINCE).status], [200, 429]);
    assert_eq!([(), ()].map(|()| office.server.get(&target, &other, AUSTIN).status), [200, 429]);
    assert_eq!(office.session("none").status, 429);
}

#[test]
fn what_takes_no_token_has_no_limit() {
    let office = Office::serving(&[], &["--rate-limit", "1"]);
    for target in ["/healthz", "/readyz", "/metrics", "/openapi.json", "/docs"] {
        for _ in 0..3 {
            let answer = office.server.ask("GET", target, &[], None);
            assert_eq!((answer.status, answer.header("ratelimit")), (200, None), "{target}");
        }
    }
}

#[test]
fn the_limit_can_be_switched_off() {
    let office = Office::serving(&[], &["--rate-limit", "off"]);
    for query in [SINCE, "page=x"] {
        let answer = office.list(query);
        for name in ["ratelimit", "ratelimit-policy", "retry-after"] {
            assert_eq!(answer.header(name), None, "{name}");
        }
    }
    assert_eq!(office.list(SINCE).status, 200);
}

#[test]
fn a_limit_that_is_none_is_refused_at_the_start() {
    let office = Office::open();
    for value in ["0", "-1", "many", "", "1.5", "OFF", "4294967296"] {
        let output = office.desk.run(&["serve", "--listen", "127.0.0.1:0", &format!("--rate-limit={value}")]);
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!(output.status.code(), Some(2), "{said}");
        let reason = "takes requests a minute (1 or more), or off";
        assert!(said.contains(reason), "{said}");
    }
}
