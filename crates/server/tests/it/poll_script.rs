//! `examples/poll.py`, the polling script in another language: its mirror is the record, whatever interrupts it.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::Value;

use crate::client::Connection;
use crate::poller::exported;
use crate::support::{Desk, SESSIONS, Server, shown, until};
use crate::traffic::{Diary, open_for_visitors};

const LOCATION: &str = "paws-austin";

/// The script at work; killed when dropped.
struct Script {
    child: Child,
    mirror: PathBuf,
}

impl Script {
    fn start(desk: &Desk, address: &str, token: &str, seconds: &str) -> Self {
        let mirror = desk.path("mirror.db");
        let child = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/poll.py"))
            .args([&format!("http://{address}"), LOCATION, shown(&mirror), seconds])
            .env("FRONTDESK_TOKEN", token)
            .env("NO_PROXY", "*")
            .stderr(Stdio::piped())
            .spawn()
            .expect("python3 runs");
        Self { child, mirror }
    }

    /// The sessions that it has, by id.
    fn sessions(&self) -> BTreeMap<String, Value> {
        let read = "import sqlite3, sys\nfor row in sqlite3.connect(sys.argv[1]).execute('SELECT session FROM sessions'): print(row[0])";
        let output = Command::new("python3").args(["-c", read, shown(&self.mirror)]).output().expect("python3 runs");
        // Before its first page the script may not have made the table yet.
        let lines = String::from_utf8(output.stdout).expect("UTF-8");
        let sessions = lines.lines().map(|line| {
            let session: Value = serde_json::from_str(line).expect("a session");
            (session["id"].as_str().expect("an id").to_owned(), session)
        });
        sessions.collect()
    }

    /// Waits until it has more than so many sessions.
    fn has_more_than(&self, count: usize) -> usize {
        until("the script has come further", || Some(self.sessions().len()).filter(|have| *have > count))
    }

    /// Ends it in the middle of whatever it does; answers what it said.
    fn kill(&mut self) -> String {
        self.child.kill().expect("it is running");
        let mut said = String::new();
        self.child.stderr.take().expect("it is piped").read_to_string(&mut said).expect("UTF-8");
        said
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Sends visitors until told to stop, whatever becomes of the server.
fn visitors(address: &str, diary: &mut Diary, stop: &AtomicBool) {
    while !stop.load(Ordering::SeqCst) {
        // While there is no server there are no visitors.
        let Ok(mut connection) = Connection::open(address) else { continue };
        while !stop.load(Ordering::SeqCst) && diary.act(&mut connection).is_ok() {}
    }
}

/// Stops the visitors, also when the test fails.
struct Stops<'a>(&'a AtomicBool);

impl Drop for Stops<'_> {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

#[test]
fn the_mirror_is_the_record_although_script_and_server_are_killed() {
    let desk = Desk::empty();
    let booking = open_for_visitors(&desk, &[(LOCATION, "2s")]);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve_with(&["--rate-limit", "off"]);
    let address = server.address.clone();
    let (stop, mut diary) = (AtomicBool::new(false), Diary::new(1, &booking, &[LOCATION]));
    let mut script = Script::start(&desk, &address, &token, "0.02");
    let _server = thread::scope(|scope| {
        let stops = Stops(&stop);
        scope.spawn(|| visitors(&address, &mut diary, &stop));
        let mut have = script.has_more_than(20);
        for _ in 0..3 {
            script.kill();
            script = Script::start(&desk, &address, &token, "0.02");
            have = script.has_more_than(have + 20);
        }
        server.signal("KILL");
        server.wait();
        let server = Server::start(desk.command(&["serve", "--listen", &address, "--rate-limit", "off"]));
        script.has_more_than(have + 20);
        drop(stops);
        server
    });
    // Without visitors every session ends, by itself or by the appointment that it has.
    until("the mirror is the record", || {
        let record = exported(&desk, LOCATION);
        let ended = record.values().all(|session| session["status"] != "active");
        (ended && script.sessions() == record).then_some(())
    });
    assert!(script.kill().contains("asking again"), "it noticed that the server was gone");
}

#[test]
fn a_script_that_asks_too_often_waits_as_long_as_it_is_told() {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve_with(&["--rate-limit", "60"]);
    let mut script = Script::start(&desk, &server.address, &token, "0");
    let start = || server.ask("POST", SESSIONS, &[], Some(r#"{"location_id":"paws-austin"}"#)).status;
    until("the limit is used up", || {
        let metrics = server.ask("GET", "/metrics", &[], None).body;
        metrics.contains(r#"booking_sessions",status="429"}"#).then_some(())
    });
    assert_eq!(start(), 201);
    script.has_more_than(0);
    let said = script.kill();
    assert!(said.contains("HTTP Error 429: Too Many Requests; asking again in "), "{said}");
}

#[test]
fn a_script_that_may_not_read_the_location_says_why_and_ends() {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve();
    let mut script = Script::start(&desk, &server.address, "fd_0123", "1");
    assert_eq!(script.child.wait().expect("it ends").code(), Some(1));
    assert_eq!(script.kill(), "401: Authorization takes Bearer and a valid token.\n");
}
