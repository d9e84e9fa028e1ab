//! `kill -9` of a server while visitors and a partner book the same few times, again and again: whoever was told of an
//! appointment has it, no time has two, and no appointment is without its completed session. `SOAK_ROUNDS` says how often.

use std::collections::BTreeSet;
use std::io;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread;

use serde_json::{Value, json};

use crate::booking::JSON;
use crate::client::Connection;
use crate::clinic::{API, Clinic, for_luna};
use crate::partner::AUSTIN;
use crate::support::{Desk, Server, until};
use crate::traffic::soak;
use crate::visitor::Visitor;

/// Visitors at once; all but one come to the page, the other is a partner's program.
const BOOKERS: u64 = 4;

/// What somebody was told.
#[derive(Default)]
struct Told {
    /// Sessions that were shown as booked.
    sessions: Mutex<BTreeSet<String>>,
    /// Appointments that a partner was answered.
    appointments: Mutex<BTreeSet<String>>,
    /// How many of both there are.
    count: AtomicU64,
}

impl Told {
    fn keep(&self, kept: &Mutex<BTreeSet<String>>, id: String) {
        kept.lock().expect("nobody panicked").insert(id);
        self.count.fetch_add(1, Ordering::SeqCst);
    }
}

/// Books one of the first times again and again, until the server is gone.
fn visit(server: &str, told: &Told) -> io::Result<()> {
    loop {
        let mut visitor = Visitor::open(server, "/book/paws-austin?utm_source=crash")?;
        if visitor.book("sick", 0)? {
            told.keep(&told.sessions, visitor.session());
        }
    }
}

/// The same over the Partner API.
fn book(server: &str, token: &str, told: &Told) -> io::Result<()> {
    let authorization = format!("Bearer {token}");
    let headers = [JSON, ("Authorization", authorization.as_str()), ("X-Client-Id", AUSTIN)];
    let mut connection = Connection::open(server)?;
    let wanted = json!({ "search_from_date": "1970-01-01T00:00:00Z", "appointment_type": "sick" }).to_string();
    loop {
        let dates = connection.ask("POST", &format!("{API}/open_times"), &headers, Some(&wanted))?.json();
        let dates = dates["data"].as_array().expect("a list of dates");
        let first = dates.iter().find_map(|date| date["times"].get(0)).expect("a time");
        let body = for_luna(first).to_string();
        let answer = connection.ask("POST", &format!("{API}/appointments"), &headers, Some(&body))?;
        if answer.status == 200 {
            told.keep(&told.appointments, text(&answer.json()["data"]["id"]));
        }
    }
}

fn text(value: &Value) -> String {
    value.as_str().expect("a text").to_owned()
}

/// Lets everybody book until so many have been told of an appointment, then kills the server in the middle.
fn crash_while_booking(server: Server, token: &str, told: &Told, wanted: u64) {
    thread::scope(|scope| {
        for number in 0..BOOKERS {
            let address = &server.address;
            scope.spawn(move || match number {
                0 => book(address, token, told),
                _ => visit(address, told),
            });
        }
        let before = told.count.load(Ordering::SeqCst);
        until("enough are booked", || (told.count.load(Ordering::SeqCst) >= before + wanted).then_some(()));
        server.signal("KILL");
    });
    let (status, log) = server.wait();
    assert!(!status.success() && !log.contains("panicked") && !log.contains("ERROR"), "{status}: {log}");
}

/// Every row of a list of the Partner API.
fn all(server: &Server, token: &str, list: &str, per_page: usize) -> Vec<Value> {
    let mut rows: Vec<Value> = Vec::new();
    for page in 0.. {
        let target = format!("{API}/{list}?updated_at_start=1970-01-01T00:00:00Z&page={page}&per_page={per_page}");
        let answer = server.get(&target, token, AUSTIN).json();
        let content = answer["data"]["content"].as_array().expect("rows").clone();
        let last = content.len() < per_page;
        rows.extend(content);
        if last {
            break;
        }
    }
    rows
}

/// Holds what is on record against what was told, and the record against itself; answers how many appointments there are.
fn compare(desk: &Desk, server: &Server, token: &str, told: &Told) -> usize {
    let appointments = all(server, token, "appointments", 100);
    let ids: BTreeSet<String> = appointments.iter().map(|one| text(&one["id"])).collect();
    assert_eq!(ids.len(), appointments.len(), "each is there once");
    let sessions = all(server, token, "booking_sessions", 1000);
    let completed: Vec<&Value> = sessions.iter().filter(|session| session["status"] == "completed").collect();
    for session in &completed {
        assert!(ids.contains(&text(&session["appointment_id"])), "{session} has no appointment");
    }
    let completed: BTreeSet<String> = completed.into_iter().map(|session| text(&session["id"])).collect();
    let lost: Vec<_> = told.sessions.lock().expect("nobody panicked").difference(&completed).cloned().collect();
    assert_eq!(lost, [""; 0], "of those who saw that they are booked");
    let lost: Vec<_> = told.appointments.lock().expect("nobody panicked").difference(&ids).cloned().collect();
    assert_eq!(lost, [""; 0], "of those that the partner was told of");
    // That no provider and no room has two at once, and no appointment an unfinished session.
    let found = desk.done(&["check"]);
    assert!(found.ends_with(": the record is sound.\n"), "{found}");
    appointments.len()
}

#[test]
fn nobody_who_was_told_of_an_appointment_loses_it() {
    let rounds = soak("SOAK_ROUNDS", 3);
    let Clinic { desk, mut server, token } = Clinic::open();
    let told = Told::default();
    let mut appointments = 0;
    for round in 0..rounds {
        crash_while_booking(server, &token, &told, 5 + 7 * (round % 3));
        server = desk.serve();
        appointments = compare(&desk, &server, &token, &told);
    }
    let count = told.count.load(Ordering::SeqCst);
    assert!(appointments as u64 >= count);
    println!("{rounds} rounds of kill -9; {count} were told of an appointment, {appointments} are on record; lost: 0");
}
