//! Visitors at full speed over HTTP, and a diary of what they were answered: what the record must hold afterwards.

use std::io;

use fastrand::Rng;
use frontdesk_domain::Timestamp;
use serde_json::{Value, json};

use crate::client::Connection;
use crate::support::{Answer, Desk, SESSIONS};

const STAGES: [&str; 5] = ["started", "client_identification", "appointment_type_selection", "scheduling", "checkout"];

/// How much of something a long run does: what the environment says, else `usual`.
pub fn soak(name: &str, usual: u64) -> u64 {
    std::env::var(name).map_or(usual, |much| much.parse().unwrap_or_else(|_| panic!("{name} takes a number")))
}

/// Adds locations that visitors come to; answers a token by which their appointments are confirmed.
pub fn open_for_visitors(desk: &Desk, locations: &[(&str, &str)]) -> String {
    for (location, time_to_live) in locations {
        desk.add_location(location, &["--session-ttl", time_to_live]);
    }
    desk.token(&["--scope", "booking", "--all-locations"])
}

/// What a diary knows of a session, in the words of the wire.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Shape {
    stage: usize,
    client_type: Option<&'static str>,
    appointment: Option<String>,
    remote: Option<String>,
}

impl Shape {
    const NEW: Self = Self { stage: 0, client_type: None, appointment: None, remote: None };

    /// Whether a session of the Partner API looks like this. Without an appointment it may have expired.
    fn fits(&self, session: &Value) -> bool {
        let completed = self.appointment.is_some();
        let status = session["status"].as_str().unwrap_or_default();
        let stage = if completed { "completed" } else { STAGES[self.stage] };
        (if completed { status == "completed" } else { status == "active" || status == "abandoned" })
            && session["stage"] == stage
            && session["client_type"].as_str() == self.client_type
            && session["appointment_id"].as_str() == self.appointment.as_deref()
            && session["remote_appointment_id"].as_str() == self.remote.as_deref()
    }
}

/// A session and what its visitor was told.
#[derive(Debug)]
pub struct Visit {
    pub id: String,
    pub location: &'static str,
    secret: String,
    /// What was acknowledged.
    known: Shape,
    /// What it is when the request that was never answered was carried out.
    uncertain: Option<Shape>,
    expires_at: Option<Timestamp>,
    expired: bool,
}

/// The visits of one stream of requests, and what became of each.
pub struct Diary {
    name: String,
    token: String,
    locations: Vec<&'static str>,
    random: Rng,
    /// Of a hundred requests so many begin a visit.
    pub starts: u8,
    pub visits: Vec<Visit>,
    /// The location of a start that was never answered; it is repeated with its key.
    open_start: Option<&'static str>,
    /// Requests that were answered.
    pub acknowledged: u64,
    /// Requests that were never answered.
    pub unanswered: u64,
    /// Of these, those that turned out to have been carried out, starts aside.
    pub carried_out: u64,
}

impl Diary {
    pub fn new(number: u64, token: &str, locations: &[&'static str]) -> Self {
        Self {
            name: format!("stream-{number}"),
            token: format!("Bearer {token}"),
            locations: locations.to_vec(),
            random: Rng::with_seed(number),
            starts: 30,
            visits: Vec::new(),
            open_start: None,
            acknowledged: 0,
            unanswered: 0,
            carried_out: 0,
        }
    }

    /// Sends one request. An error means that it was not answered.
    pub fn act(&mut self, server: &mut Connection) -> io::Result<()> {
        let starts = self.visits.is_empty() || self.random.u8(0..100) < self.starts;
        let done = if starts || self.open_start.is_some() { self.start(server) } else { self.go_on(server) };
        match &done {
            Ok(()) => self.acknowledged += 1,
            Err(_) => self.unanswered += 1,
        }
        done
    }

    /// Repeats a start that was never answered.
    pub fn repeat(&mut self, server: &mut Connection) {
        if self.open_start.is_some() {
            self.start(server).expect("an answer");
        }
    }

    fn start(&mut self, server: &mut Connection) -> io::Result<()> {
        let location =
            self.open_start.take().unwrap_or_else(|| self.locations[self.random.usize(..self.locations.len())]);
        self.open_start = Some(location);
        let key = format!("{}-{}", self.name, self.visits.len());
        let body = json!({ "location_id": location, "utm_source": key }).to_string();
        let answer = server.ask("POST", SESSIONS, &[("Idempotency-Key", &key)], Some(&body))?;
        turned_away(&answer)?;
        assert_eq!(answer.status, 201, "{}", answer.body);
        self.open_start = None;
        let session = answer.json();
        self.visits.push(Visit {
            id: session["id"].as_str().expect("an id").to_owned(),
            location,
            secret: format!("Bearer {}", session["secret"].as_str().expect("a secret")),
            known: Shape::NEW,
            uncertain: None,
            expires_at: expiry(&session),
            expired: false,
        });
        Ok(())
    }

    fn go_on(&mut self, server: &mut Connection) -> io::Result<()> {
        // As often one of those who came lately as any.
        let earliest = if self.random.bool() { self.visits.len().saturating_sub(20) } else { 0 };
        let index = self.random.usize(earliest..self.visits.len());
        if self.visits[index].uncertain.is_some() {
            // Nobody knows what may be asked of it.
            return self.start(server);
        }
        let visit = &mut self.visits[index];
        let mut next = visit.known.clone();
        let completes = visit.expired || self.random.u8(0..100) < 15;
        let (method, path, authorization, body) = if next.appointment.is_some() {
            next.remote = Some(format!("{}-{}", self.name, self.acknowledged));
            ("PATCH", "/appointment", &self.token, json!({ "remote_appointment_id": next.remote }))
        } else if completes {
            next.appointment = Some(format!("appointment-{}", visit.id));
            ("POST", "/complete", &self.token, json!({ "appointment_id": next.appointment }))
        } else {
            next.stage = (next.stage + self.random.usize(..2)).min(STAGES.len() - 1);
            let client_type = [None, Some("new"), Some("returning")][self.random.usize(..3)];
            next.client_type = next.client_type.or(client_type);
            ("PATCH", "", &visit.secret, json!({ "stage": STAGES[next.stage], "client_type": next.client_type }))
        };
        visit.uncertain = Some(next);
        let target = format!("{SESSIONS}/{}{path}", visit.id);
        let answer = server.ask(method, &target, &[("Authorization", authorization)], Some(&body.to_string()))?;
        turned_away(&answer)?;
        visit.answered(&answer);
        Ok(())
    }

    /// Holds every visit of `location` against the sessions on record, by id. What was acknowledged has to be there; what
    /// was never answered may be.
    pub fn check(&mut self, location: &str, session_of: impl Fn(&str) -> Option<Value>) {
        for visit in self.visits.iter_mut().filter(|visit| visit.location == location) {
            let session = session_of(&visit.id).unwrap_or_else(|| panic!("an acknowledged session is gone: {visit:?}"));
            if let Some(uncertain) = visit.uncertain.take().filter(|uncertain| uncertain.fits(&session)) {
                self.carried_out += u64::from(!visit.known.fits(&session));
                visit.known = uncertain;
                visit.expires_at = None;
            }
            assert!(visit.known.fits(&session), "{visit:?} is on record as {session}");
            visit.expired = session["status"] == "abandoned";
        }
    }
}

impl Visit {
    /// When it expires, unless an unanswered request may have moved that.
    pub fn expiry(&self) -> Option<Timestamp> {
        self.expires_at.filter(|_| self.uncertain.is_none())
    }

    fn answered(&mut self, answer: &Answer) {
        let next = self.uncertain.take().expect("a request was on its way");
        match answer.status {
            200 => {
                let session = answer.json();
                assert!(next.fits(&session), "{next:?} was answered with {session}");
                self.expires_at = expiry(&session);
                self.known = next;
            }
            409 if answer.json()["code"] == "session_expired" => self.expired = true,
            _ => panic!("{self:?}: {}", answer.transcript()),
        }
    }
}

/// A 503 is no answer: nobody knows what became of the request. It says when to come back.
fn turned_away(answer: &Answer) -> io::Result<()> {
    if answer.status != 503 {
        return Ok(());
    }
    assert_eq!(answer.header("retry-after"), Some("1"), "{}", answer.body);
    Err(io::Error::other(answer.body.clone()))
}

fn expiry(session: &Value) -> Option<Timestamp> {
    Some(Timestamp::parse(session["expires_at"].as_str()?).expect("an instant"))
}
