//! What is no HTTP/1.1, or hardly: answered with a status and the failure body, or closed; never an error of the server's
//! own, and nobody else is disturbed.

use std::io::ErrorKind;

use crate::client::Connection;
use crate::support::{Desk, Server};

/// The server's failure body of a request that it cannot read.
const NOT_HTTP: &str = r#"400 {"success":false,"message":"This is not an HTTP/1.1 request."}"#;
const OK: &str = r#"200 {"status":"ok"}"#;
const NOT_FOUND: &str = r#"404 {"success":false,"message":"Not found."}"#;
const LONG_URL: &str = r#"414 {"success":false,"message":"The URL takes at most 8192 bytes."}"#;
const LARGE_HEAD: &str =
    r#"400 {"success":false,"message":"The headers take at most 100 lines and 16384 bytes in all."}"#;
const LARGE_BODY: &str = r#"413 {"type":"urn:frontdesk:problem:too_large","title":"Payload Too Large","status":413,"code":"too_large","detail":"The body takes at most 16384 bytes."}"#;
const BROKEN_BODY: &str = r#"400 {"type":"urn:frontdesk:problem:bad_input","title":"Bad Request","status":400,"code":"bad_input","detail":"The body did not arrive whole.","field":"body"}"#;
const NO_LOCATION: &str = r#"400 {"type":"urn:frontdesk:problem:bad_input","title":"Bad Request","status":400,"code":"bad_input","detail":"location_id is required.","field":"location_id"}"#;

/// Every answer to these bytes, in order, until the server closes the connection, which it must.
fn answers(server: &Server, bytes: &[u8]) -> Vec<String> {
    let mut connection = Connection::open(&server.address).expect("the server accepts");
    // The server may answer and close before it has read everything.
    let _ = connection.send(bytes);
    let mut answers = Vec::new();
    loop {
        match connection.receive() {
            Ok(answer) => {
                let kind = answer.header("content-type").unwrap_or("none");
                assert!(answer.status == 100 || kind.starts_with("application/"), "{kind}: {}", answer.body);
                answers.push(answer.transcript());
            }
            Err(end) if matches!(end.kind(), ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset) => return answers,
            Err(other) => panic!("{other} after {answers:?}"),
        }
    }
}

/// A server that closes idle connections soon, and that must not have broken when the test is over.
fn unharmed(test: impl FnOnce(&Server)) {
    let desk = Desk::with_location("paws-austin");
    let server = desk.serve_with(&["--head-timeout", "2s"]);
    test(&server);
    assert_eq!(server.ask("GET", "/healthz", &[], None).transcript(), OK);
    server.signal("TERM");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(!log.contains("ERROR") && !log.contains("panicked"), "{log}");
}

fn check(server: &Server, cases: &[(&[u8], &[&str])]) {
    std::thread::scope(|scope| {
        for (bytes, expected) in cases {
            let beginning = String::from_utf8_lossy(&bytes[..bytes.len().min(100)]);
            scope.spawn(move || assert_eq!(answers(server, bytes), *expected, "{beginning}"));
        }
    });
}

#[test]
fn bad_request_lines_are_refused() {
    unharmed(|server| {
        check(
            server,
            &[
                (b"GARBAGE\r\n\r\n", &[NOT_HTTP]),
                (b"GET\r\n\r\n", &[NOT_HTTP]),
                (b"GET /healthz\r\n\r\n", &[NOT_HTTP]),
                (b"GET /healthz HTTP/9.9\r\n\r\n", &[NOT_HTTP]),
                (b"GET /healthz HTTP/1.1 more\r\n\r\n", &[NOT_HTTP]),
                (b"GET  /healthz HTTP/1.1\r\n\r\n", &[NOT_HTTP]),
                (b"G\xffT /healthz HTTP/1.1\r\n\r\n", &[NOT_HTTP]),
                (b"GET /heal\0thz HTTP/1.1\r\n\r\n", &[NOT_HTTP]),
                (b"\0\0\0\0\0\0\0\0\r\n\r\n", &[NOT_HTTP]),
                // The beginning of a TLS handshake, of SSH, of a Redis command.
                (b"\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03", &[NOT_HTTP]),
                (b"SSH-2.0-OpenSSH_9.6\r\n", &[NOT_HTTP]),
                (b"*1\r\n$4\r\nPING\r\n", &[NOT_HTTP]),
                // HTTP/2 with prior knowledge is closed without an answer: one in HTTP/1.1 would not be understood.
                (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0", &[]),
                (b"", &[]),
                (b"\r\n\r\n", &[]),
            ],
        );
    });
}

#[test]
fn bad_headers_are_refused() {
    unharmed(|server| {
        check(
            server,
            &[
                (b"GET /healthz HTTP/1.1\r\nno colon\r\n\r\n", &[NOT_HTTP]),
                (b"GET /healthz HTTP/1.1\r\n: no name\r\n\r\n", &[NOT_HTTP]),
                (b"GET /healthz HTTP/1.1\r\nspace in: it\r\n\r\n", &[NOT_HTTP]),
                (b"GET /healthz HTTP/1.1\r\nspace : before the colon\r\n\r\n", &[NOT_HTTP]),
                (b"GET /healthz HTTP/1.1\r\nfolded: a\r\n b\r\n\r\n", &[NOT_HTTP]),
                (b"GET /healthz HTTP/1.1\r\nnul: a\0b\r\n\r\n", &[NOT_HTTP]),
                (b"GET /healthz HTTP/1.1\r\n\xff: name\r\n\r\n", &[NOT_HTTP]),
                (b"GET /healthz HTTP/1.1\r\nHost: x\r\ncut", &[]),
            ],
        );
    });
}

#[test]
fn older_and_odd_requests_are_answered() {
    unharmed(|server| {
        check(
            server,
            &[
                (b"GET /healthz HTTP/1.0\r\n\r\n", &[OK]),
                (b"GET /healthz HTTP/1.0\r\nConnection: keep-alive\r\n\r\n", &[OK]),
                (b"GET /healthz HTTP/1.1\nHost: only-line-feeds\nConnection: close\n\n", &[OK]),
                (b"\r\nGET /healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[OK]),
                (b"GET http://other.example/healthz HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[OK]),
                (b"GET /healthz HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n", &[OK]),
                (b"GET /healthz HTTP/1.1\r\nHost: \xff\xfe\r\nConnection: close\r\n\r\n", &[OK]),
                (b"OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[NOT_FOUND]),
                (b"CONNECT other.example:443 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[NOT_FOUND]),
                (b"GET /../../etc/passwd HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[NOT_FOUND]),
                (b"GET /\xc3\xa9 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[NOT_FOUND]),
                (b"BREW /coffee HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n", &[NOT_FOUND]),
            ],
        );
    });
}

#[test]
fn pipelined_requests_are_answered_in_order_up_to_the_first_that_is_broken() {
    let ok = b"GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n".as_slice();
    let close = b"GET /nowhere HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    unharmed(|server| {
        check(
            server,
            &[
                (&[ok, ok, ok, close].concat(), &[OK, OK, OK, NOT_FOUND]),
                (&[ok, close, ok].concat(), &[OK, NOT_FOUND]),
                (&[ok, b"BROKEN\r\n\r\n", ok].concat(), &[OK, NOT_HTTP]),
                (&[ok, b"GET /healthz HTT"].concat(), &[OK]),
            ],
        );
        let many = answers(server, &[ok.repeat(500), close.to_vec()].concat());
        assert_eq!((many.len(), many.iter().filter(|answer| *answer == OK).count()), (501, 500));
    });
}

#[test]
fn heads_that_are_too_large_are_refused() {
    let head =
        |line: &str, more: &str| format!("{line} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n").into_bytes();
    unharmed(|server| {
        check(
            server,
            &[
                (&head(&format!("GET /{}", "a".repeat(8_191)), ""), &[NOT_FOUND]),
                (&head(&format!("GET /{}", "a".repeat(8_192)), ""), &[LONG_URL]),
                (&head(&format!("GET /{}", "a".repeat(60_000)), ""), &[LONG_URL]),
                // Refused before anybody can know what it is that is too large.
                (&head(&format!("GET /{}", "a".repeat(1_000_000)), ""), &[LONG_URL]),
                (&head("GET /healthz", &format!("x: {}\r\n", "a".repeat(16_000))), &[OK]),
                (&head("GET /healthz", &format!("x: {}\r\n", "a".repeat(17_000))), &[LARGE_HEAD]),
                (&head("GET /healthz", &format!("x: {}\r\n", "a".repeat(1_000_000))), &[LARGE_HEAD]),
                (&head("GET /healthz", &"x: a\r\n".repeat(90)), &[OK]),
                (&head("GET /healthz", &"x: a\r\n".repeat(101)), &[LARGE_HEAD]),
                (&head("GET /healthz", &"x: a\r\n".repeat(100_000)), &[LARGE_HEAD]),
            ],
        );
    });
}

#[test]
fn bodies_that_are_too_large_or_broken_are_refused() {
    let post = |headers: &str, body: &str| {
        format!("POST /booking/v1/sessions HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{headers}\r\n{body}")
            .into_bytes()
    };
    let chunked = "Transfer-Encoding: chunked\r\n";
    unharmed(|server| {
        check(
            server,
            &[
                (&post("Content-Length: 16385\r\n", &" ".repeat(16_385)), &[LARGE_BODY]),
                (&post("Content-Length: 99999999999\r\n", ""), &[LARGE_BODY]),
                (&post("Content-Length: 16384\r\n", &" ".repeat(16_384)), &[NO_LOCATION]),
                (&post("Content-Length: -5\r\n", ""), &[NOT_HTTP]),
                (&post("Content-Length: five\r\n", ""), &[NOT_HTTP]),
                (&post("Content-Length: 99999999999999999999999\r\n", ""), &[NOT_HTTP]),
                (&post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), &[NOT_HTTP]),
                (&post("Transfer-Encoding: gzip\r\n", "{}"), &[NOT_HTTP]),
                (&post(chunked, "2\r\n{}\r\n0\r\n\r\n"), &[NO_LOCATION]),
                (&post(chunked, "zzz\r\n"), &[BROKEN_BODY]),
                (&post(chunked, "ffffffffffffffffff\r\n"), &[BROKEN_BODY]),
                (&post(chunked, "2\r\n{}no end of chunk"), &[BROKEN_BODY]),
                (&post(chunked, &"2\r\n{}\r\n".repeat(20_000)), &[LARGE_BODY]),
                // Chunks win over a length that says otherwise (RFC 9112, section 6.3), and the connection ends.
                (
                    &post(&format!("Content-Length: 5\r\n{chunked}"), "0\r\n\r\nGET /smuggled HTTP/1.1\r\n\r\n"),
                    &[NO_LOCATION],
                ),
                (&post("Content-Length: 2\r\nExpect: 100-continue\r\n", "{}"), &["100 ", NO_LOCATION]),
            ],
        );
    });
}
