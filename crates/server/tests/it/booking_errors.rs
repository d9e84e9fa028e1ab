//! The errors of the Session API: problems after RFC 9457 that say what is wrong and what would be right.

use serde_json::json;

use crate::booking::JSON;
use crate::support::{Desk, SESSIONS, Server};

const LOCATION: &str = "paws-austin";

/// A served location.
fn desk() -> (Desk, Server) {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve();
    (desk, server)
}

/// Detail and field of the problem with a start of this body; the rest of it is checked here.
fn bad_start(server: &Server, body: &str) -> (String, String) {
    let answer = server.post_start(&[], body);
    assert_eq!(answer.status, 400, "{body}: {}", answer.body);
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
    let mut problem = answer.json();
    let mut take = |key: &str| problem[key].take().as_str().expect("a text").to_owned();
    let told = (take("detail"), take("field"));
    assert_eq!(
        problem,
        json!({
            "type": "urn:frontdesk:problem:bad_input",
            "title": "Bad Request",
            "status": 400,
            "code": "bad_input",
            "detail": null,
            "field": null,
        })
    );
    told
}

#[test]
fn a_field_that_is_wrong_is_named_with_what_it_takes() {
    let (_desk, server) = desk();
    let long = |bytes: usize| "x".repeat(bytes);
    let of = |field: &str, value: &str| format!(r#"{{"location_id":"paws-austin","{field}":{value}}}"#);
    let cases = [
        ("{}".to_owned(), "location_id is required.", "location_id"),
        (r#"{"location_id":null}"#.to_owned(), "location_id is required.", "location_id"),
        (r#"{"location_id":"  "}"#.to_owned(), "location_id is required.", "location_id"),
        (r#"{"location_id":7}"#.to_owned(), "location_id takes a text.", "location_id"),
        (r#"{"location_id":["paws-austin"]}"#.to_owned(), "location_id takes a text.", "location_id"),
        (format!(r#"{{"location_id":"{}"}}"#, long(129)), "location_id takes at most 128 bytes.", "location_id"),
        (r#"{"location_id":"nowhere"}"#.to_owned(), "location_id takes the id of a location.", "location_id"),
        (r#"{"location_id":"PAWS-AUSTIN"}"#.to_owned(), "location_id takes the id of a location.", "location_id"),
        (of("utm_sauce", r#""google""#), "utm_sauce is not a field of this request.", "utm_sauce"),
        (of("utm_term", r#""vet""#), "utm_term is not a field of this request.", "utm_term"),
        (of("id", r#""mine""#), "id is not a field of this request.", "id"),
        (of("status", "null"), "status is not a field of this request.", "status"),
        (of("", "1"), " is not a field of this request.", ""),
        (of("location_id", r#""paws-austin""#), "location_id was given twice.", "location_id"),
        (of("utm_source", "12"), "utm_source takes a text.", "utm_source"),
        (of("utm_source", "true"), "utm_source takes a text.", "utm_source"),
        (of("referral_medium", "{}"), "referral_medium takes a text.", "referral_medium"),
        (of("utm_campaign", &format!("{:?}", long(513))), "utm_campaign takes at most 512 bytes.", "utm_campaign"),
        (of("term", &format!("{:?}", "é".repeat(257))), "term takes at most 512 bytes.", "term"),
        (of("landing_page", &format!("{:?}", long(2049))), "landing_page takes at most 2048 bytes.", "landing_page"),
        (of("content", r#""a\nb""#), "content takes no control characters.", "content"),
        (of("utm_source", r#""a\u0000b""#), "utm_source takes no control characters.", "utm_source"),
        (of("utm_source", r#""a\u0085b""#), "utm_source takes no control characters.", "utm_source"),
    ];
    for (body, detail, field) in cases {
        assert_eq!(bad_start(&server, &body), (detail.to_owned(), field.to_owned()), "{body}");
    }
}

#[test]
fn a_body_that_is_no_json_object_is_told_so() {
    let (_desk, server) = desk();
    let object = "The body takes a JSON object: ";
    let cases = [
        ("not JSON", "expected ident at line 1 column 2."),
        ("[]", "invalid type: sequence, expected an object at line 1 column 0."),
        (r#""paws-austin""#, r#"invalid type: string "paws-austin", expected an object at line 1 column 13."#),
        ("null", "invalid type: null, expected an object at line 1 column 4."),
        ("{", "EOF while parsing an object at line 1 column 1."),
        (r#"{"location_id":"paws-austin"} {}"#, "trailing characters at line 1 column 31."),
        (r#"{"location_id":"paws-austin",}"#, "trailing comma at line 1 column 30."),
        (r#"{location_id:"paws-austin"}"#, "key must be a string at line 1 column 2."),
        (r#"{"location_id":NaN}"#, "expected value at line 1 column 16."),
        (r#"{"location_id":1e999}"#, "number out of range at line 1 column 20."),
        (r#"{"location_id":"\ud800"}"#, "unexpected end of hex escape at line 1 column 23."),
        ("\u{feff}{}", "expected value at line 1 column 1."),
    ];
    for (body, detail) in cases {
        assert_eq!(bad_start(&server, body), (format!("{object}{detail}"), "body".to_owned()), "{body}");
    }
    let nested = format!(r#"{{"location_id":{}"#, "[".repeat(10_000));
    let detail = "The body takes a JSON object: recursion limit exceeded at line 1 column 142.";
    assert_eq!(bad_start(&server, &nested), (detail.to_owned(), "body".to_owned()));
}

#[test]
fn a_body_that_is_not_utf_8_is_told_so() {
    let (_desk, server) = desk();
    let body = b"{\"location_id\":\"paws-austin\",\"utm_source\":\"caf\xe9\"}";
    let head = format!(
        "POST {SESSIONS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let answer = server.raw(&[head.as_bytes(), body].concat());
    assert!(answer.starts_with("HTTP/1.1 400 Bad Request\r\n"), "{answer}");
    assert!(answer.contains("invalid unicode code point at line 1 column 47."), "{answer}");
}

#[test]
fn a_misspelt_field_of_any_length_is_shown_cut() {
    let (_desk, server) = desk();
    let name = "🐈".repeat(1000);
    let body = format!(r#"{{"location_id":"paws-austin","{name}":1}}"#);
    let shown = "🐈".repeat(60);
    assert_eq!(bad_start(&server, &body), (format!("{shown} is not a field of this request."), shown));
}

#[test]
fn what_a_report_takes_is_said_in_full() {
    let (_desk, server) = desk();
    let visit = server.start_at(LOCATION);
    let cases = [
        (
            r#"{"stage":"Scheduling"}"#,
            "stage takes one of started, client_identification, appointment_type_selection, scheduling, checkout, completed.",
        ),
        (
            r#"{"stage":""}"#,
            "stage takes one of started, client_identification, appointment_type_selection, scheduling, checkout, completed.",
        ),
        (r#"{"stage":3}"#, "stage takes a text."),
        (r#"{"client_type":"NEW"}"#, "client_type takes one of new, returning."),
        (r#"{"utm_source":"google"}"#, "utm_source is not a field of this request."),
        (r#"{"stage":"checkout","stage":"checkout"}"#, "stage was given twice."),
    ];
    for (body, detail) in cases {
        let answer = server.report(&visit.id, &visit.secret, body);
        assert_eq!((answer.status, answer.json()["detail"].as_str()), (400, Some(detail)), "{body}");
    }
}

#[test]
fn what_an_appointment_takes_is_said_in_full() {
    let (desk, server) = desk();
    let token = desk.token(&["--scope", "booking", "--location", LOCATION]);
    let visit = server.start_at(LOCATION);
    let takes = "takes 1 to 128 bytes without control characters or surrounding spaces.";
    let long = format!(r#"{{"appointment_id":"{}"}}"#, "x".repeat(129));
    let cases = [
        ("", "appointment_id is required.".to_owned()),
        (r#"{"appointment_id":null}"#, "appointment_id is required.".to_owned()),
        (r#"{"remote_appointment_id":"1"}"#, "appointment_id is required.".to_owned()),
        (r#"{"appointment_id":20418}"#, "appointment_id takes a text.".to_owned()),
        (r#"{"appointment_id":""}"#, format!("appointment_id {takes}")),
        (r#"{"appointment_id":" A-1"}"#, format!("appointment_id {takes}")),
        (r#"{"appointment_id":"A\t1"}"#, format!("appointment_id {takes}")),
        (long.as_str(), format!("appointment_id {takes}")),
        (r#"{"appointment_id":"A-1","remote_appointment_id":""}"#, format!("remote_appointment_id {takes}")),
        (r#"{"appointment_id":"A-1","note":"x"}"#, "note is not a field of this request.".to_owned()),
    ];
    for (body, detail) in cases {
        let answer = server.complete(&visit.id, &token, body);
        assert_eq!((answer.status, answer.json()["detail"].as_str()), (400, Some(detail.as_str())), "{body}");
    }
    let answer = server.practice("PATCH", &visit.id, "appointment", &token, "{}");
    assert_eq!(answer.json()["detail"], "remote_appointment_id is required.");
}

#[test]
fn a_body_of_another_type_is_refused_and_one_without_a_type_is_read() {
    let (_desk, server) = desk();
    let body = r#"{"location_id":"paws-austin"}"#;
    let ask = |headers: &[(&str, &str)]| server.ask("POST", SESSIONS, headers, Some(body));
    for kind in ["text/plain", "application/x-www-form-urlencoded", "application/merge-patch+json", "json", "", ";"] {
        assert_eq!(
            ask(&[("Content-Type", kind)]).transcript(),
            r#"415 {"type":"urn:frontdesk:problem:unsupported_media_type","title":"Unsupported Media Type","status":415,"code":"unsupported_media_type","detail":"The body takes application/json."}"#,
            "{kind}"
        );
    }
    for kind in ["application/json", "Application/JSON ; charset=utf-8", "application/json;charset=UTF-8"] {
        assert_eq!(ask(&[("Content-Type", kind)]).status, 201, "{kind}");
    }
    assert_eq!(ask(&[]).status, 201);
}

const TOO_LARGE: &str = r#"{"type":"urn:frontdesk:problem:too_large","title":"Payload Too Large","status":413,"code":"too_large","detail":"The body takes at most 16384 bytes."}"#;

#[test]
fn a_body_of_the_most_bytes_is_read_and_a_larger_one_refused() {
    let (_desk, server) = desk();
    let padded = |bytes: usize| format!("{:<bytes$}", r#"{"location_id":"paws-austin"}"#);
    assert_eq!(server.post_start(&[], &padded(16_384)).status, 201);
    let answer = server.post_start(&[], &padded(16_385));
    assert_eq!(answer.transcript(), format!("413 {TOO_LARGE}"));
    assert_eq!(answer.header("content-type"), Some("application/problem+json"));
}

#[test]
fn a_body_that_does_not_say_how_large_it_is_is_refused_when_it_is_too_large() {
    let (_desk, server) = desk();
    let head = format!(
        "POST {SESSIONS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
    );
    let chunk = format!("1000\r\n{}\r\n", " ".repeat(0x1000));
    let small = r#"{"location_id":"paws-austin"}"#;
    let whole = format!("{head}{:x}\r\n{small}\r\n0\r\n\r\n", small.len());
    assert!(server.raw(whole.as_bytes()).starts_with("HTTP/1.1 201 Created\r\n"));
    let answer = server.raw(format!("{head}{}", chunk.repeat(5)).as_bytes());
    assert!(answer.starts_with("HTTP/1.1 413 Payload Too Large\r\n"), "{answer}");
    assert!(answer.ends_with(TOO_LARGE), "{answer}");
}

#[test]
fn a_body_that_breaks_off_starts_nothing() {
    let (desk, server) = desk();
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    // Chunked, so that only the missing last chunk tells that something is missing.
    let small = r#"{"location_id":"paws-austin"}"#;
    let request = format!(
        "POST {SESSIONS} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n{small}\r\n",
        small.len()
    );
    let mut stream = std::net::TcpStream::connect(&server.address).expect("the server accepts");
    std::io::Write::write_all(&mut stream, request.as_bytes()).expect("it is sent");
    stream.shutdown(std::net::Shutdown::Write).expect("the end is sent");
    let mut answer = String::new();
    // The server may close without an answer: nobody is there to read it.
    let _ = std::io::Read::read_to_string(&mut stream, &mut answer);
    assert!(!answer.starts_with("HTTP/1.1 2"), "{answer}");
    assert!(server.feed(&token, LOCATION).is_empty());
}

#[test]
fn a_path_or_a_method_that_is_not_there_is_a_problem_too() {
    let (_desk, server) = desk();
    let nothing = r#"404 {"type":"urn:frontdesk:problem:not_found","title":"Not Found","status":404,"code":"not_found","detail":"There is nothing here."}"#;
    for path in [
        "/booking",
        "/booking/",
        "/booking/v1",
        "/booking/v2/sessions",
        "/booking/v1/sessions/",
        "/booking/v1/sessions/a/b",
    ] {
        assert_eq!(server.ask("GET", path, &[], None).transcript(), nothing, "{path}");
    }
    let wrong = server.ask("GET", SESSIONS, &[], None);
    assert_eq!(
        wrong.transcript(),
        r#"405 {"type":"urn:frontdesk:problem:method_not_allowed","title":"Method Not Allowed","status":405,"code":"method_not_allowed","detail":"This path does not take this method; see the Allow header."}"#
    );
    assert_eq!(wrong.header("allow"), Some("POST,OPTIONS"));
    let session = format!("{SESSIONS}/some-session");
    for (method, path, allow) in [
        ("DELETE", session.clone(), "PATCH,OPTIONS"),
        ("GET", format!("{session}/complete"), "POST"),
        ("POST", format!("{session}/appointment"), "PATCH"),
        ("POST", format!("{session}/timeline"), "GET,HEAD"),
    ] {
        let answer = server.ask(method, &path, &[JSON], Some("{}"));
        assert_eq!((answer.status, answer.header("allow")), (405, Some(allow)), "{method} {path}");
    }
}

#[test]
fn an_id_that_cannot_be_one_is_an_id_that_is_not_there() {
    let (desk, server) = desk();
    let token = desk.token(&["--scope", "booking", "--location", LOCATION]);
    let nothing = r#"404 {"type":"urn:frontdesk:problem:not_found","title":"Not Found","status":404,"code":"not_found","detail":"There is nothing here."}"#;
    let long = "x".repeat(2000);
    for id in ["%ff", "%00", "%20", "%2e%2e", "a%2fb", "%27%20OR%201=1--", "%F0%9F%90%88", &long] {
        let answer = server.practice("GET", id, "timeline", &token, "");
        assert_eq!(answer.transcript(), nothing, "{id}");
        let answer = server.complete(id, &token, r#"{"appointment_id":"A-1"}"#);
        assert_eq!(answer.transcript(), nothing, "{id}");
        let refused = server.report(id, "fs_x.y", "{}").status;
        assert!([401, 404].contains(&refused), "{id}: {refused}");
    }
}
