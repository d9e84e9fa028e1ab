//! An SMTP server (`tests/smtp/server.py`), and a practice whose mails go by it.

use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use serde_json::{Value, json};

use crate::support::{Answer, Desk, Server, shown, until};

/// The location of every test of mail.
pub const LOCATION: &str = "paws-austin";
const API: &str = "/services/core/open_api/v1";

/// Open at any time, and with two who can be booked at once.
const PRACTICE: &str = r##"
[locations.paws-austin]
name = "Paws Austin"
time_zone = "America/Chicago"
phone = "512 555 0100"
email = "front@paws.example"
address = "1200 Barton Springs Rd, Austin, TX"
minimum_notice = "0m"
[locations.paws-austin.opening]
every_day = "00:00-24:00"
[providers.lee]
name = "Dr. Susan Lee"
rooms = []
[types.checkup]
name = "Annual check-up"
names.es = "Revisión anual"
category = "wellness"
duration = "30m"
"##;

/// An SMTP server; ends when dropped. What it received stays as long as its folder.
pub struct Smtp {
    child: Child,
    /// Where it listens, on 127.0.0.1.
    pub port: u16,
}

/// A folder for what SMTP servers receive.
pub struct Mailbox(tempfile::TempDir);

impl Mailbox {
    pub fn new() -> Self {
        Self(tempfile::tempdir().expect("a folder for mails"))
    }

    /// Starts a server that writes here what it receives.
    pub fn open(&self, arguments: &[&str]) -> Smtp {
        let python = std::env::var("FRONTDESK_TEST_SMTP")
            .expect("FRONTDESK_TEST_SMTP names a Python with an SMTP server; ./script/smtp installs one");
        let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/smtp/server.py");
        let mut command = Command::new(python);
        command.arg(script).arg(self.0.path()).args(arguments).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the SMTP server starts");
        let mut line = String::new();
        BufReader::new(child.stdout.take().expect("a pipe")).read_line(&mut line).expect("it says where it listens");
        let port = line.trim().parse().expect("the SMTP server started");
        Smtp { child, port }
    }

    /// What servers do with the next mails.
    pub fn behave(&self, behaviour: &str) {
        std::fs::write(self.0.path().join("behaviour"), behaviour).expect("it is written");
    }

    /// The authority of a server with TLS.
    pub fn authority(&self) -> String {
        shown(&self.0.path().join("ca.pem")).to_owned()
    }

    /// What was received so far, in order.
    pub fn mails(&self) -> Vec<Value> {
        let read = |number: u32| std::fs::read_to_string(self.0.path().join(format!("{number}.json"))).ok();
        (0..).map_while(read).map(|mail| serde_json::from_str(&mail).expect("JSON")).collect()
    }

    /// Waits for so many mails.
    pub fn wait_for(&self, count: usize) -> Vec<Value> {
        let mails = until(&format!("{count} mails came"), || Some(self.mails()).filter(|mails| mails.len() >= count));
        assert_eq!(mails.len(), count, "{mails:#?}");
        mails
    }
}

impl Smtp {
    /// Its URL, without TLS.
    pub fn url(&self) -> String {
        format!("smtp://127.0.0.1:{}?tls=none&timeout=2s", self.port)
    }
}

impl Drop for Smtp {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// A practice that takes bookings.
pub struct Practice {
    pub desk: Desk,
    pub token: String,
}

impl Practice {
    pub fn new() -> Self {
        Self::on(Desk::empty())
    }

    pub fn on(desk: Desk) -> Self {
        let file = desk.path("practice.toml");
        std::fs::write(&file, PRACTICE).expect("the file is written");
        desk.done(&["apply", shown(&file)]);
        let token = desk.token(&["--scope", "admin", "--location", LOCATION]);
        Self { desk, token }
    }

    /// Starts a server whose mails go by that one.
    pub fn serve(&self, smtp: &str) -> Server {
        let mail = ["--smtp", smtp, "--mail-from", "bookings@desk.example", "--mail-retry", "300ms"];
        self.desk.serve_with(&[&mail[..], &["--public-url", "https://book.example"]].concat())
    }

    /// A request of the Partner API that has to succeed.
    pub fn done(&self, server: &Server, method: &str, path: &str, body: &Value) -> Value {
        let answer = self.ask(server, method, path, body);
        assert_eq!(answer.status, 200, "{method} {path} {body}: {}", answer.body);
        answer.json()["data"].clone()
    }

    fn ask(&self, server: &Server, method: &str, path: &str, body: &Value) -> Answer {
        let authorization = format!("Bearer {}", self.token);
        let headers = [
            ("Authorization", authorization.as_str()),
            ("X-Client-Id", LOCATION),
            ("Content-Type", "application/json"),
        ];
        server.ask(method, &format!("{API}{path}"), &headers, Some(&body.to_string()))
    }

    /// Open times, the first a week from now.
    pub fn open_times(&self, server: &Server) -> Vec<Value> {
        let week = crate::client::now().plus_micros(7 * 86_400 * frontdesk_domain::time::SECOND);
        let asked = json!({ "search_from_date": week.to_string(), "appointment_type": "wellness" });
        let dates = self.done(server, "POST", "/open_times", &asked);
        let times = dates.as_array().expect("dates").iter().filter_map(|date| date["times"].as_array());
        times.flatten().cloned().collect()
    }

    /// Books the first open time for somebody; answers the appointment.
    pub fn book(&self, server: &Server, more: Value) -> Value {
        let mut asked = json!({
            "slot_id": self.open_times(server)[0]["uuid"],
            "first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.com", "patient_name": "Biscuit",
        });
        for (key, value) in more.as_object().expect("an object") {
            asked[key] = value.clone();
        }
        self.done(server, "POST", "/appointments", &asked)
    }

    /// Books as a visitor does, form by form, in a language; answers the session's id.
    pub fn visit(&self, server: &Server, language: &str) -> String {
        let send = |target: &str, form: &[(&str, &str)]| {
            let form = form.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
            let (method, body) = if form.is_empty() { ("GET", None) } else { ("POST", Some(form.as_str())) };
            let headers = [("Content-Type", "application/x-www-form-urlencoded"), ("Accept-Language", language)];
            let answer = server.ask(method, target, &headers, body);
            assert_eq!(answer.status, 303, "{target} {form}: {}", answer.body);
            answer.header("location").expect("it leads on").to_owned()
        };
        let page = send(&format!("/book/{LOCATION}"), &[]);
        send(&format!("{page}/client"), &[("client_type", "new")]);
        let slot = self.open_times(server)[0]["uuid"].as_str().expect("an open time").to_owned();
        send(&format!("{page}/hold?type=checkup"), &[("slot", &slot)]);
        let details = [
            ("first_name", "Ana"),
            ("last_name", "Ruiz"),
            ("phone", "512 555 0142"),
            ("email", "ana%40example.com"),
            ("pet_name", "Biscuit"),
            ("species", "dog"),
            ("consent", "yes"),
            ("slot", &slot),
        ];
        send(&format!("{page}/book?type=checkup"), &details);
        let visit = page.rsplit('/').next().expect("a last part");
        visit.split('.').next().expect("an id before the key").to_owned()
    }

    /// The kinds of the events of a session, the oldest first, and the last event.
    pub fn timeline(&self, server: &Server, session: &str) -> (Vec<String>, Value) {
        let authorization = format!("Bearer {}", self.token);
        let target = format!("/booking/v1/sessions/{session}/timeline");
        let answer = server.ask("GET", &target, &[("Authorization", &authorization)], None);
        assert_eq!(answer.status, 200, "{}", answer.body);
        let events = answer.json()["events"].as_array().expect("events").clone();
        let kinds = events.iter().map(|event| event["kind"].as_str().expect("a kind").to_owned()).collect();
        (kinds, events.last().cloned().unwrap_or_default())
    }

    /// Changes an appointment.
    pub fn change(&self, server: &Server, appointment: &Value, change: &Value) -> Value {
        let path = format!("/appointments/{}", appointment["id"].as_str().expect("an id"));
        self.done(server, "PATCH", &path, change)
    }
}

/// What `/readyz` says of mail.
pub fn readiness(server: &Server) -> Value {
    let answer = server.ask("GET", "/readyz", &[], None);
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["mail"].clone()
}

/// How often an attempt to send a mail ended so.
pub fn attempts(server: &Server, outcome: &str) -> u64 {
    let metrics = server.ask("GET", "/metrics", &[], None).body;
    let name = format!("frontdesk_mail_attempts_total{{outcome=\"{outcome}\"}} ");
    let value = metrics.lines().find_map(|line| line.strip_prefix(&name)).expect("it is counted");
    value.parse().expect("a number")
}
