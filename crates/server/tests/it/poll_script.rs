//! `examples/poll.py`, the polling script in another language: its mirror is the record, whatever interrupts it.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use serde_json::Value;

use crate::client::Connection;
use crate::poller::exported;
use crate::support::{Desk, SESSIONS, Server, shown, until};
use crate::traffic::{Diary, open_for_visitors};

const LOCATION: &str = "paws-austin";

/// Waits as [`until`] does, for conditions that take a while to look at.
fn soon<T>(what: &str, condition: impl FnMut() -> Option<T>) -> T {
    let found = (0..300).zip(std::iter::repeat_with(condition)).find_map(|(_, found)| found);
    found.unwrap_or_else(|| panic!("waited until {what}"))
}

/// The script at work; killed when dropped.
struct Script {
    child: Child,
    mirror: PathBuf,
    /// What it has said on standard error so far.
    said: Arc<Mutex<String>>,
    listener: Option<JoinHandle<()>>,
}

impl Script {
    fn start(desk: &Desk, address: &str, token: &str, seconds: &str) -> Self {
        let mirror = desk.path("mirror.db");
        let mut child = Command::new("python3")
            .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/poll.py"))
            .args([&format!("http://{address}"), LOCATION, shown(&mirror), seconds])
            .env("FRONTDESK_TOKEN", token)
            .env("NO_PROXY", "*")
            .stderr(Stdio::piped())
            .spawn()
            .expect("python3 runs");
        let stderr = BufReader::new(child.stderr.take().expect("it is piped"));
        let said = Arc::new(Mutex::new(String::new()));
        let hears = Arc::clone(&said);
        let listener = thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                hears.lock().expect("nobody panicked").push_str(&(line + "\n"));
            }
        });
        Self { child, mirror, said, listener: Some(listener) }
    }

    /// Waits until it has said this.
    fn says(&self, what: &str) {
        let says = || self.said.lock().expect("nobody panicked").contains(what).then_some(());
        until("the script says what it has to", says);
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
        soon("the script has come further", || {
            let said = self.said.lock().expect("nobody panicked").clone();
            assert!(!said.contains("Traceback"), "{said}");
            Some(self.sessions().len()).filter(|have| *have > count)
        })
    }

    /// Ends it in the middle of whatever it does.
    fn kill(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
        if let Some(listener) = self.listener.take() {
            listener.join().expect("it only listens");
        }
    }
}

impl Drop for Script {
    fn drop(&mut self) {
        self.kill();
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
    let booking = open_for_visitors(&desk, &[(LOCATION, "30m")]);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve_with(&["--rate-limit", "off"]);
    let address = server.address.clone();
    let (stop, mut diary) = (AtomicBool::new(false), Diary::new(1, &booking, &[LOCATION]));
    let mut script = Script::start(&desk, &address, &token, "0.02");
    let _server = thread::scope(|scope| {
        let stops = Stops(&stop);
        scope.spawn(|| visitors(&address, &mut diary, &stop));
        let mut have = script.has_more_than(20);
        for _ in 0..5 {
            script.kill();
            script = Script::start(&desk, &address, &token, "0.02");
            have = script.has_more_than(have + 20);
        }
        server.signal("KILL");
        server.wait();
        script.says("asking again in 1 s");
        let server = Server::start(desk.command(&["serve", "--listen", &address, "--rate-limit", "off"]));
        script.has_more_than(have + 20);
        drop(stops);
        server
    });
    let record = exported(&desk, LOCATION);
    soon("the mirror is the record", || (script.sessions() == record).then_some(()));
}

#[test]
fn a_script_that_asks_too_often_waits_as_long_as_it_is_told() {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve_with(&["--rate-limit", "60"]);
    let script = Script::start(&desk, &server.address, &token, "0");
    let start = || server.ask("POST", SESSIONS, &[], Some(r#"{"location_id":"paws-austin"}"#)).status;
    until("the limit is used up", || {
        let metrics = server.ask("GET", "/metrics", &[], None).body;
        metrics.contains(r#"booking_sessions",status="429"}"#).then_some(())
    });
    assert_eq!(start(), 201);
    script.has_more_than(0);
    script.says("HTTP Error 429: Too Many Requests; asking again in ");
}

#[test]
fn a_script_that_may_not_read_the_location_says_why_and_ends() {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve();
    let mut script = Script::start(&desk, &server.address, "fd_0123", "1");
    assert_eq!(script.child.wait().expect("it ends").code(), Some(1));
    script.says("401: Authorization takes Bearer and a valid token.\n");
}
