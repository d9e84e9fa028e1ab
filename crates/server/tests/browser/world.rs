//! A practice with a server, what its partner sees, and the steps that every visitor takes.

use std::sync::{Mutex, MutexGuard, PoisonError};

use serde_json::{Value, json};

use crate::driver::Browser;
use crate::support::{Desk, LIST, Server, until};

/// The location of the tests.
pub const LOCATION: &str = "paws-austin";

/// A server with a practice that is always open. One test at a time has one: browsers are large.
pub struct World {
    pub server: Server,
    /// Goes after the server, and its database with it.
    _desk: Desk,
    partner: String,
    booking: String,
    _turn: MutexGuard<'static, ()>,
}

impl World {
    /// The practice.
    pub fn new() -> Self {
        Self::with(&[])
    }

    /// The practice, with its location changed.
    pub fn with(settings: &[&str]) -> Self {
        static TURN: Mutex<()> = Mutex::new(());
        // A test that failed leaves nothing behind that another would see.
        let turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let desk = Desk::empty();
        let file = desk.path("practice.toml");
        std::fs::write(&file, include_str!("practice.toml")).expect("the file is written");
        desk.done(&["apply", crate::support::shown(&file)]);
        if !settings.is_empty() {
            desk.done(&[&["location", "set", LOCATION], settings].concat());
        }
        let partner = desk.token(&["--scope", "partner", "--location", LOCATION]);
        let booking = desk.token(&["--scope", "booking", "--location", LOCATION]);
        let server = desk.serve();
        Self { server, _desk: desk, partner, booking, _turn: turn }
    }

    /// The address of a page.
    pub fn page(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    /// The sessions as the partner sees them, the oldest change first.
    pub fn sessions(&self) -> Vec<Value> {
        let answer = self.server.get(&format!("{LIST}?updated_at_start=2023-11-05T00:00:00Z"), &self.partner, LOCATION);
        answer.json()["data"]["content"].as_array().expect("a page").clone()
    }

    /// The one session, once it has this status.
    pub fn session(&self, status: &str) -> Value {
        until(&format!("the session is {status}"), || {
            let found: Vec<Value> = self.sessions().into_iter().filter(|one| one["status"] == status).collect();
            assert!(found.len() < 2, "{found:?}");
            found.into_iter().next()
        })
    }

    /// What happened in a session, by its kinds, and the whole of it.
    pub fn timeline(&self, session: &Value) -> Vec<Value> {
        let id = session["id"].as_str().expect("an id");
        let authorization = format!("Bearer {}", self.booking);
        let path = format!("/booking/v1/sessions/{id}/timeline");
        let answer = self.server.ask("GET", &path, &[("Authorization", &authorization)], None);
        let json = answer.json();
        let events = json.as_array().or_else(|| json["events"].as_array()).or_else(|| json["timeline"].as_array());
        events.unwrap_or_else(|| panic!("no timeline: {json}")).clone()
    }

    /// Whether the session's timeline has an event of this kind.
    pub fn told(&self, session: &Value, kind: &str) -> bool {
        self.timeline(session).iter().any(|event| event["kind"] == kind)
    }
}

/// Looks for what a person with another way of reading, seeing or pressing would stumble over.
pub fn accessible(browser: &Browser, step: &str) {
    let path = std::env::var("FRONTDESK_TEST_AXE")
        .expect("FRONTDESK_TEST_AXE names axe.min.js; script/test fetches it from npm (axe-core)");
    let axe = std::fs::read_to_string(&path).unwrap_or_else(|wrong| panic!("{path}: {wrong}"));
    browser.script(&axe, &json!([]));
    let run = "const done = arguments[0]; \
               axe.run(document, { resultTypes: ['violations'] }) \
                  .then(found => done(found.violations.map(one => one.id + ': ' + one.help + ' ' + one.nodes.map(node => node.html + ' ' + node.failureSummary).join(' | '))), \
                        wrong => done(['axe: ' + wrong]));";
    let found = browser.script_later(run, &json!([]));
    assert_eq!(found, json!([]), "{step}");
}

/// Types what a client types.
pub fn fill(browser: &Browser, first_name: &str, phone: &str, email: &str) {
    browser.type_into("#first_name", first_name);
    browser.type_into("#last_name", "Ruiz");
    browser.type_into("#phone", phone);
    browser.type_into("#email", email);
    browser.type_into("#pet_name", "Biscuit");
    browser.press("#species-dog");
    browser.type_into("#note", "Limps since Sunday.");
    browser.press("#consent");
}

/// Goes from the first question to the form.
pub fn choose(browser: &Browser, client_type: &str, kind: usize) {
    browser.press(&format!("button[value={client_type}]"));
    browser.wait("#page[data-stage=appointment_type_selection]");
    browser.press(&format!(".choices li:nth-child({kind}) .choice"));
    browser.wait("#page[data-stage=scheduling]");
    browser.press("form > .first");
    browser.wait("#page[data-stage=checkout] #first_name");
}
