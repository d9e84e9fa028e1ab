//! What is said to requests that never reach an endpoint, and the limits of size and number.

use crate::partner::{AUSTIN, Office, abandoned, is_failure, read, send};
use crate::support::{Answer, LIST};

const SINCE: &str = "updated_at_start=2023-11-01T00:00:00Z";

impl Office {
    /// With credentials, a target and a method of any kind.
    fn any(&self, method: &str, target: &str) -> Answer {
        let [token, client] = self.credentials();
        send(&self.server, method, target.as_bytes(), &[&token, &client], b"")
    }

    /// A list with more header lines, and a body.
    fn list_more(&self, query: &str, more: &[&[u8]], body: &[u8]) -> Answer {
        let [token, client] = self.credentials();
        let headers = [&[token.as_slice(), client.as_slice()], more].concat();
        send(&self.server, "GET", format!("{LIST}?{query}").as_bytes(), &headers, body)
    }
}

#[test]
fn an_unknown_path_is_a_failure_like_any_other() {
    let office = Office::with(&[abandoned("a", "2023-11-07T05:31:56Z")]);
    for path in [
        "/",
        "/favicon.ico",
        "/services",
        "/services/core/open_api/v1",
        "/services/core/open_api/v1/",
        "/services/core/open_api/v2/booking_sessions",
        "/services/core/open_api/v1/Booking_Sessions",
        "/services/core/open_api/v1/booking_session",
        "/services/core/open_api/v1/booking_sessions/",
        "/services/core/open_api/v1/booking_sessions/a/",
        "/services/core/open_api/v1/booking_sessions/a/b",
        "/services/core/open_api/v1//booking_sessions",
        "/services/core/open_api/v1/appointments/../booking_sessions",
        "/services/core/open_api/v1/%62ooking_sessions",
        "//services/core/open_api/v1/booking_sessions",
        "/%ff",
        "/..",
    ] {
        for method in ["GET", "POST", "BREW"] {
            let answer = office.any(method, path);
            assert_eq!(answer.transcript(), r#"404 {"success":false,"message":"Not found."}"#, "{method} {path}");
            assert!(is_failure(&answer));
        }
        // Nobody has to have a token to be told so.
        assert_eq!(send(&office.server, "GET", path.as_bytes(), &[], b"").status, 404, "{path}");
    }
    assert_eq!(office.any("OPTIONS", "*").status, 404);
}

#[test]
fn another_method_than_get_is_told_which_ones_there_are() {
    let office = Office::with(&[abandoned("a", "2023-11-07T05:31:56Z")]);
    for target in [LIST.to_owned(), format!("{LIST}?{SINCE}"), format!("{LIST}/a"), format!("{LIST}/none")] {
        for method in ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "PROPFIND", "get", "BREW"] {
            let answer = office.any(method, &target);
            assert_eq!(
                answer.transcript(),
                r#"405 {"success":false,"message":"This path does not take this method; see the Allow header."}"#,
                "{method} {target}"
            );
            assert_eq!(answer.header("allow"), Some("GET,HEAD"), "{method} {target}");
            assert!(is_failure(&answer));
        }
    }
    assert_eq!(send(&office.server, "POST", LIST.as_bytes(), &[], b"").status, 405);
}

#[test]
fn the_answer_to_head_has_no_body_whatever_it_is() {
    let office = Office::with(&[abandoned("a", "2023-11-07T05:31:56Z")]);
    for (target, status) in [
        (format!("{LIST}?{SINCE}"), 200),
        (format!("{LIST}/a"), 200),
        (format!("{LIST}/none"), 404),
        (LIST.to_owned(), 400),
        ("/nowhere".to_owned(), 404),
        ("/healthz".to_owned(), 200),
    ] {
        let [get, head] = ["GET", "HEAD"].map(|method| office.any(method, &target));
        assert_eq!((get.status, head.status, head.body.as_str()), (status, status, ""), "{target}");
        assert_eq!(head.header("content-length"), Some(get.body.len().to_string().as_str()), "{target}");
    }
    let refused = send(&office.server, "HEAD", LIST.as_bytes(), &[], b"");
    assert_eq!((refused.status, refused.body.as_str()), (401, ""));
}

#[test]
fn a_body_that_is_too_large_is_refused_before_it_is_read() {
    let office = Office::open();
    let too_large = r#"413 {"success":false,"message":"The body takes at most 16384 bytes."}"#;
    for (length, body) in
        [("16385", vec![b'x'; 16_385]), ("16385", vec![]), ("4294967296", vec![]), ("18446744073709551613", vec![])]
    {
        let answer = office.list_more(SINCE, &[format!("Content-Length: {length}").as_bytes()], &body);
        assert_eq!(answer.transcript(), too_large, "{length}");
        assert!(is_failure(&answer));
    }
    // Without a token, and on a path that does not exist, too.
    let length = b"Content-Length: 16385".as_slice();
    assert_eq!(send(&office.server, "GET", LIST.as_bytes(), &[length], b"").transcript(), too_large);
    assert_eq!(send(&office.server, "POST", b"/nowhere", &[length], b"").transcript(), too_large);
    // A client that asks first is not told to go on.
    let asked = office.list_more(SINCE, &[length, b"Expect: 100-continue"], b"");
    assert_eq!(asked.transcript(), too_large);
}

#[test]
fn a_small_body_of_a_get_is_ignored() {
    let office = Office::open();
    let plain = office.list(SINCE).body;
    let whole = office.list_more(SINCE, &[b"Content-Length: 16384"], &[b'x'; 16_384]);
    assert_eq!((whole.status, whole.body.as_str()), (200, plain.as_str()));
    let chunked = office.list_more(SINCE, &[b"Transfer-Encoding: chunked"], b"5\r\n{\"a\":\r\n2\r\n1}\r\n0\r\n\r\n");
    assert_eq!((chunked.status, chunked.body.as_str()), (200, plain.as_str()));
}

#[test]
fn a_url_that_is_too_long_is_refused() {
    let office = Office::open();
    let too_long = r#"414 {"success":false,"message":"The URL takes at most 8192 bytes."}"#;
    let padded = |length: usize| {
        let target = format!("{LIST}?{SINCE}&x=");
        let rest = length - target.len();
        target + &"x".repeat(rest)
    };
    assert_eq!(office.any("GET", &padded(8_192)).status, 200);
    // Beyond 64 KiB it is no longer our own code that refuses.
    for length in [8_193, 10_000, 65_534, 65_535, 70_000, 200_000] {
        let answer = office.any("GET", &padded(length));
        assert_eq!(answer.transcript(), too_long, "{length}");
        assert!(is_failure(&answer));
    }
    let path = office.any("GET", &format!("{LIST}/{}", "x".repeat(9_000)));
    assert_eq!(path.transcript(), too_long);
    assert_eq!(send(&office.server, "GET", padded(8_193).as_bytes(), &[], b"").transcript(), too_long);
}

#[test]
fn headers_that_are_too_large_are_refused() {
    let office = Office::open();
    let too_large = r#"400 {"success":false,"message":"The headers take at most 100 lines and 16384 bytes in all."}"#;
    for size in [16_384, 20_000, 60_000, 200_000] {
        let line = format!("X-Padding: {}", "x".repeat(size));
        let answer = office.list_more(SINCE, &[line.as_bytes()], b"");
        assert_eq!(answer.transcript(), too_large, "{size}");
        assert!(is_failure(&answer));
    }
    let line = format!("X-Padding: {}", "x".repeat(15_000));
    assert_eq!(office.list_more(SINCE, &[line.as_bytes()], b"").status, 200);
    let lines: Vec<String> = (0..90).map(|index| format!("X-Padding-{index}: {}", "x".repeat(200))).collect();
    let many: Vec<&[u8]> = lines.iter().map(String::as_bytes).collect();
    assert_eq!(office.list_more(SINCE, &many, b"").transcript(), too_large);
}

#[test]
fn what_is_not_http_is_told_so_in_the_envelope() {
    let office = Office::open();
    for request in [
        b"GARBAGE\r\n\r\n".as_slice(),
        b"GET / HTTP/3.0\r\n\r\n",
        b"GET /a b HTTP/1.1\r\nHost: x\r\n\r\n",
        b"GET / HTTP/1.1\r\nHost x\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: -1\r\n\r\n",
        b"GET / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nxxxxx",
        b"GET / HTTP/1.1\r\nContent-Length: 99999999999999999999\r\n\r\n",
        b"GET / HTTP/1.1\r\nX: a\0b\r\n\r\n",
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    ] {
        let answer = read(&office.server.raw(request));
        assert_eq!(
            answer.transcript(),
            r#"400 {"success":false,"message":"This is not an HTTP/1.1 request."}"#,
            "{}",
            String::from_utf8_lossy(request)
        );
        assert!(is_failure(&answer));
    }
    assert_eq!(office.list(SINCE).status, 200);
}

#[test]
fn every_answer_has_a_request_id_of_its_own() {
    let office = Office::open();
    let answers = [
        office.list(SINCE),
        office.list(""),
        office.session("none"),
        office.any("GET", "/nowhere"),
        office.any("POST", LIST),
        send(&office.server, "GET", LIST.as_bytes(), &[], b""),
        office.any("GET", "/healthz"),
        office.list_more(SINCE, &[b"Content-Length: 99999"], b""),
    ];
    let mut ids: Vec<&str> = answers.iter().map(|answer| answer.header("x-request-id").expect("an id")).collect();
    assert!(ids.iter().all(|id| id.len() == 16 && id.bytes().all(|byte| byte.is_ascii_hexdigit())), "{ids:?}");
    ids.sort_unstable();
    ids.dedup();
    assert_eq!(ids.len(), answers.len());
}

#[test]
fn a_connection_serves_on_after_every_kind_of_failure() {
    let office = Office::open();
    let [token, client] = office.credentials().map(|line| String::from_utf8(line).expect("ASCII"));
    let request = |method: &str, target: &str, more: &str| {
        format!("{method} {target} HTTP/1.1\r\nHost: x\r\n{token}\r\n{client}\r\n{more}\r\n")
    };
    let good = format!("{LIST}?{SINCE}");
    let requests = [
        request("GET", LIST, ""),
        request("HEAD", &format!("{LIST}/none"), ""),
        request("POST", LIST, "Content-Length: 2\r\n") + "{}",
        request("GET", "/nowhere", ""),
        format!("HEAD {LIST} HTTP/1.1\r\nHost: x\r\n\r\n"),
        request("GET", &good, "Connection: close\r\n"),
    ];
    let text = office.server.raw(requests.concat().as_bytes());
    let statuses: Vec<&str> = text.split("HTTP/1.1 ").skip(1).map(|answer| &answer[..3]).collect();
    assert_eq!(statuses, ["400", "404", "405", "404", "401", "200"], "{text}");
    assert!(text.ends_with(&format!("\r\n\r\n{}", office.server.get(&good, &office.token, AUSTIN).body)), "{text}");
}
