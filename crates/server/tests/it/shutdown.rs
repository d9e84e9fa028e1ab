//! SIGTERM and SIGINT: requests under way are answered, nothing that was acknowledged is lost, and nobody who idles holds
//! up the end.

use std::net::TcpStream;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use crate::client::{Connection, request};
use crate::poller::Partner;
use crate::support::{Desk, LIST, SESSIONS, Server, until};
use crate::traffic::{Diary, open_for_visitors};

const LOCATION: &str = "paws-austin";

/// Told to end in the middle of traffic; answers the server's log.
fn told_under_load(signal: &str, server: Server, diaries: &mut [Diary]) -> String {
    let acknowledged = AtomicU64::new(0);
    thread::scope(|scope| {
        for diary in diaries.iter_mut() {
            let (address, acknowledged) = (&server.address, &acknowledged);
            scope.spawn(move || {
                let mut connection = Connection::open(address).expect("the server accepts");
                while diary.act(&mut connection).is_ok() {
                    acknowledged.fetch_add(1, Ordering::SeqCst);
                }
            });
        }
        until("traffic is dense", || (acknowledged.load(Ordering::SeqCst) >= 150).then_some(()));
        server.signal(signal);
    });
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{signal}: {log}");
    log
}

#[test]
fn an_end_under_load_loses_nothing_that_was_acknowledged() {
    let desk = Desk::empty();
    let booking = open_for_visitors(&desk, &[(LOCATION, "30m")]);
    let partner = Partner { token: desk.token(&["--scope", "partner", "--location", LOCATION]), location: LOCATION };
    let mut diaries: Vec<_> = (0..4).map(|number| Diary::new(number, &booking, &[LOCATION])).collect();
    for signal in ["TERM", "INT"] {
        let log = told_under_load(signal, desk.serve(), &mut diaries);
        assert!(log.contains("ending: no new connections, requests under way are answered"), "{log}");
        assert!(!log.contains("cut off") && !log.contains("ERROR") && !log.contains("panicked"), "{log}");
        assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
        let feed = partner.whole(&desk.serve().address);
        diaries.iter_mut().for_each(|diary| diary.check(LOCATION, |id| feed.get(id).cloned()));
    }
}

/// A request whose head the server has taken and whose body it waits for.
fn under_way(server: &Server, body: &str) -> Connection {
    let mut connection = Connection::open(&server.address).expect("the server accepts");
    let whole = request("POST", SESSIONS, &[("Expect", "100-continue")], Some(body));
    connection.send(whole.strip_suffix(body).expect("it ends with the body").as_bytes()).expect("the head is sent");
    assert_eq!(connection.receive().expect("the server wants the body").status, 100);
    connection
}

fn refuses_connections(server: &Server) -> Option<()> {
    TcpStream::connect(&server.address).is_err().then_some(())
}

#[test]
fn requests_under_way_are_answered_and_new_connections_are_not_accepted() {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve_with(&["--grace", "1m"]);
    let body = r#"{"location_id":"paws-austin"}"#;
    let mut connection = under_way(&server, body);
    server.signal("TERM");
    until("new connections are refused", || refuses_connections(&server));
    connection.send(body.as_bytes()).expect("the body is sent");
    let answer = connection.receive().expect("an answer");
    assert_eq!(answer.status, 201, "{}", answer.body);
    assert!(connection.is_closed(), "no other request is taken");
    assert_eq!(server.wait().0.code(), Some(0));
    let server = desk.serve();
    let id = answer.json()["id"].as_str().expect("an id").to_owned();
    assert_eq!(server.get(&format!("{}/{id}", LIST), &token, LOCATION).status, 200);
}

#[test]
fn connections_that_idle_do_not_delay_the_end() {
    let desk = Desk::with_location(LOCATION);
    // Long enough for a test that waits for it to fail.
    let server = desk.serve_with(&["--grace", "1h"]);
    let open = || Connection::open(&server.address).expect("the server accepts");
    let mut used: Vec<_> = (0..5).map(|_| open()).collect();
    for connection in &mut used {
        assert_eq!(connection.ask("GET", "/healthz", &[], None).expect("an answer").status, 200);
    }
    let mut unused: Vec<_> = (0..5).map(|_| open()).collect();
    // Accepted in order: when a later connection is served, these are accepted.
    assert_eq!(open().ask("GET", "/healthz", &[], None).expect("an answer").status, 200);
    server.signal("INT");
    assert!(used.iter_mut().chain(&mut unused).all(Connection::is_closed));
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(!log.contains("cut off"), "{log}");
}

#[test]
fn a_request_that_never_ends_is_cut_off_after_the_grace() {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve_with(&["--grace", "200ms"]);
    let mut never = under_way(&server, r#"{"location_id":"paws-austin"}"#);
    server.signal("TERM");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(log.contains("some requests did not end in time and were cut off"), "{log}");
    assert!(never.is_closed());
}

#[test]
fn a_server_that_says_that_it_listens_can_be_told_to_end() {
    let desk = Desk::with_location(LOCATION);
    for signal in ["TERM", "INT"] {
        let server = desk.serve();
        server.signal(signal);
        assert_eq!(server.wait().0.code(), Some(0), "{signal}");
    }
}

#[test]
fn after_the_end_the_file_alone_is_the_whole_record() {
    let desk = Desk::in_file_with(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve();
    let body = Some(r#"{"location_id":"paws-austin"}"#);
    for _ in 0..10 {
        assert_eq!(server.ask("POST", SESSIONS, &[], body).status, 201);
        // A reader of the database that is open to the end.
        let answer = server.get(&format!("{LIST}?updated_at_start=2023-11-05T00:00:00Z"), &token, LOCATION);
        assert_eq!(answer.status, 200);
    }
    server.signal("TERM");
    assert_eq!(server.wait().0.code(), Some(0));
    std::fs::copy(desk.path("record.db"), desk.path("copy.db")).expect("a copy, as an operator makes one");
    let copy = format!("sqlite:{}", desk.path("copy.db").display());
    let checked = desk.done(&["check", "--database", &copy]);
    assert!(checked.starts_with("10 sessions, ") && checked.ends_with(": the record is sound.\n"), "{checked}");
}
