//! Clients who are slow, silent or many: each is given its time and no more, and the others do not notice.

use std::net::{Shutdown, TcpStream};
use std::process::Command;
use std::thread;
use std::time::Duration;

use crate::client::{Connection, request};
use crate::files::csv;
use crate::support::{Desk, LIST, SESSIONS, Server, until};

const LOCATION: &str = "paws-austin";

fn open(server: &Server) -> Connection {
    Connection::open(&server.address).expect("the server accepts")
}

/// That somebody else is answered meanwhile.
fn serves_others(server: &Server) {
    assert_eq!(open(server).ask("GET", "/healthz", &[], None).expect("an answer").status, 200);
}

/// Goes on sending these bytes now and then until the server has closed the connection.
fn dribbles_until_closed(server: &Server, connection: &mut Connection, bytes: &[u8]) {
    until("the server gives up", || {
        serves_others(server);
        connection.send(bytes).is_err().then_some(())
    });
}

#[test]
fn a_head_that_dribbles_is_cut_off() {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve_with(&["--head-timeout", "300ms"]);
    let mut connection = open(&server);
    connection.send(b"GET /healthz HTTP/1.1\r\nHost: x\r\nX-Dribble: ").expect("a beginning");
    dribbles_until_closed(&server, &mut connection, b"a");
}

#[test]
fn silent_connections_are_closed_before_and_after_a_request() {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve_with(&["--head-timeout", "300ms"]);
    assert!(open(&server).is_closed());
    let mut used = open(&server);
    assert_eq!(used.ask("GET", "/healthz", &[], None).expect("an answer").status, 200);
    assert!(used.is_closed());
}

#[test]
fn a_body_that_dribbles_is_refused() {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve();
    let mut connection = open(&server);
    connection.send(b"POST /booking/v1/sessions HTTP/1.1\r\nHost: x\r\nContent-Length: 9000\r\n\r\n{").expect("a head");
    dribbles_until_closed(&server, &mut connection, b" ");
    // The answer came before the end.
    assert_eq!(
        connection.receive().expect("an answer").transcript(),
        r#"408 {"type":"urn:frontdesk:problem:too_slow","title":"Request Timeout","status":408,"code":"too_slow","detail":"The body did not arrive in time."}"#
    );
}

/// Sessions that fill a page of the largest size with a megabyte.
fn large_record() -> (Desk, String, String) {
    let desk = Desk::with_location(LOCATION);
    let filler = "x".repeat(512);
    let row = |number| {
        let at = format!("2023-11-05T00:00:00.{number:06}Z");
        format!("S-{number},abandoned,scheduling,,,,{filler},{filler},,{at},{at},,{LOCATION}")
    };
    desk.import("large.csv", &csv(&(0..1000).map(row).collect::<Vec<_>>()));
    let token = format!("Bearer {}", desk.token(&["--scope", "partner", "--location", LOCATION]));
    let target = format!("{LIST}?updated_at_start=2023-11-05T00:00:00Z&per_page=1000");
    let request = request("GET", &target, &[("Authorization", &token), ("X-Client-Id", LOCATION)], None);
    (desk, request, filler)
}

#[test]
fn a_client_that_does_not_read_its_answers_is_cut_off() {
    let (desk, request, _) = large_record();
    let server = desk.serve_with(&["--write-timeout", "300ms"]);
    let mut connection = open(&server);
    // More than the system's buffers hold.
    connection.send(request.repeat(12).as_bytes()).expect("requests");
    dribbles_until_closed(&server, &mut connection, b"G");
}

#[test]
fn a_client_that_reads_slowly_gets_everything() {
    let (desk, request, filler) = large_record();
    let server = desk.serve_with(&["--write-timeout", "2s"]);
    let mut connection = open(&server);
    connection.send(request.repeat(8).as_bytes()).expect("requests");
    for _ in 0..8 {
        thread::sleep(Duration::from_millis(300));
        let answer = connection.receive().expect("an answer");
        assert_eq!((answer.status, answer.ids().len(), answer.body.matches(&filler).count()), (200, 1000, 2000));
    }
}

#[test]
fn a_client_that_closes_its_side_after_the_request_is_answered() {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve();
    for _ in 0..20 {
        let stream = TcpStream::connect(&server.address).expect("the server accepts");
        let mut connection = Connection::from(stream.try_clone().expect("the stream"));
        let start = request("POST", SESSIONS, &[], Some(r#"{"location_id":"paws-austin"}"#));
        connection.send(start.as_bytes()).expect("a request");
        stream.shutdown(Shutdown::Write).expect("half of it closes");
        assert_eq!(connection.receive().expect("an answer").status, 201);
        assert!(connection.is_closed());
    }
}

#[test]
fn a_client_that_goes_in_the_middle_of_a_request_leaves_nothing_behind() {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve();
    for cut in 1..150 {
        let start = request("POST", SESSIONS, &[], Some(r#"{"location_id":"paws-austin"}"#));
        let cut = cut.min(start.len() - 1);
        open(&server).send(&start.as_bytes()[..cut]).expect("a part of a request");
    }
    serves_others(&server);
    let answer = server.get(&format!("{LIST}?updated_at_start=2023-11-05T00:00:00Z"), &token, LOCATION);
    assert_eq!(answer.json()["data"]["total_count"], 0);
}

/// A server that may have so many files open, and no more.
fn serve_with_few_files(desk: &Desk, limit: &str, files: u32) -> Server {
    let mut command = Command::new("sh");
    let serve = desk.command(&["serve", "--listen", "127.0.0.1:0", "--head-timeout", "1s"]);
    command.args(["-c", &format!("ulimit {limit} {files} && exec \"$0\" \"$@\"")]).arg(serve.get_program());
    command.args(serve.get_args()).env("FRONTDESK_DATABASE", desk.url());
    Server::start(command)
}

#[test]
fn more_connections_than_files_wait_and_break_nothing() {
    let desk = Desk::with_location(LOCATION);
    let token = format!("Bearer {}", desk.token(&["--scope", "partner", "--location", LOCATION]));
    let server = serve_with_few_files(&desk, "-n", 72);
    let target = format!("{LIST}?updated_at_start=2023-11-05T00:00:00Z");
    let ask = |connection: &mut Connection| {
        connection.ask("GET", &target, &[("Authorization", &token), ("X-Client-Id", LOCATION)], None)
    };
    let mut first = open(&server);
    assert_eq!(ask(&mut first).expect("an answer").status, 200);
    let _silent: Vec<_> = (0..100).map(|_| open(&server)).collect();
    // Its turn comes when the silent ones have been closed.
    let mut last = open(&server);
    for _ in 0..20 {
        assert_eq!(ask(&mut first).expect("an answer").status, 200);
    }
    assert_eq!(ask(&mut last).expect("an answer").status, 200);
    server.signal("TERM");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(log.contains("leaves room for fewer connections than usual"), "{log}");
    assert!(!log.contains("ERROR") && !log.contains("could not be accepted"), "{log}");
}

#[test]
fn a_soft_limit_of_files_is_raised() {
    let desk = Desk::with_location(LOCATION);
    let server = serve_with_few_files(&desk, "-Sn", 72);
    let _silent: Vec<_> = (0..100).map(|_| open(&server)).collect();
    serves_others(&server);
    server.signal("TERM");
    let (_, log) = server.wait();
    assert!(!log.contains("WARN"), "{log}");
}

#[test]
fn many_who_poll_the_present_share_a_few_connections_to_the_database() {
    let desk = Desk::in_file_with(LOCATION);
    let token = format!("Bearer {}", desk.token(&["--scope", "partner", "--location", LOCATION]));
    let server = desk.serve();
    let target = format!("{LIST}?updated_at_start=2023-11-05T00:00:00Z");
    let poll = request("GET", &target, &[("Authorization", &token), ("X-Client-Id", LOCATION)], None);
    let start = request("POST", SESSIONS, &[], Some(r#"{"location_id":"paws-austin"}"#));
    thread::scope(|scope| {
        for _ in 0..2 {
            scope.spawn(|| {
                let mut connection = open(&server);
                for _ in 0..60 {
                    connection.send(start.as_bytes()).expect("a request");
                    assert_eq!(connection.receive().expect("an answer").status, 201);
                }
            });
        }
        let mut pollers: Vec<_> = (0..100).map(|_| open(&server)).collect();
        for _ in 0..10 {
            pollers.iter_mut().for_each(|poller| poller.send(poll.as_bytes()).expect("a request"));
            pollers.iter_mut().for_each(|poller| assert_eq!(poller.receive().expect("an answer").status, 200));
        }
    });
    let database = desk.path("record.db");
    let files = std::fs::read_dir(format!("/proc/{}/fd", server.process())).expect("its open files");
    let links = files.filter_map(|file| std::fs::read_link(file.ok()?.path()).ok());
    let open = links.filter(|link| *link == database).count();
    let processors = thread::available_parallelism().expect("a number").get();
    assert!(open <= 2 * processors + 2, "the database is open {open} times");
}
