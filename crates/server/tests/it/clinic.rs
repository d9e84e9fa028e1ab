//! What the tests of the Partner API's neighbours share: a practice that takes bookings around the clock, so that there is
//! always a time, and a partner who asks.

use serde_json::{Value, json};

use crate::booking::JSON;
use crate::partner::AUSTIN;
use crate::support::{Answer, Desk, Server, shown};

/// Where the Partner API's paths start.
pub const API: &str = "/services/core/open_api/v1";
/// A location of the same practice that the partner's token does not cover.
pub const DALLAS: &str = "paws-dallas";

/// The practice.
const FILE: &str = r#"
slot_grid = "30m"
minimum_notice = "0m"
book_ahead = "60d"
opening.every_day = "00:00-24:00"
time_zone = "America/Chicago"

[locations.paws-austin]
name = "Paws Austin"

[locations.paws-dallas]
name = "Paws Dallas"

[rooms.exam-1]
name = "Exam room 1"

[rooms.exam-2]
name = "Exam room 2"
description = "The quiet one"

[providers.lee]
name = "Dr. Lee"
rooms = ["exam-2", "exam-1"]
types = ["checkup", "vaccine", "surgery", "sick"]

[providers.okafor]
name = "Dr. Okafor"
rooms = []
types = ["checkup", "sick"]

[types.checkup]
name = "Annual check-up"
category = "wellness"
duration = "30m"

[types.vaccine]
name = "Vaccines only"
category = "wellness"
duration = "30m"

[types.surgery]
name = "A long check-up"
category = "wellness"
duration = "1h"

[types.sick]
name = "Not feeling well"
category = "sick"
duration = "30m"
"#;

/// A practice that takes bookings, and a server.
pub struct Clinic {
    pub desk: Desk,
    pub server: Server,
    /// Of scope `partner`, for Austin.
    pub token: String,
}

impl Clinic {
    /// With nothing booked.
    pub fn open() -> Self {
        let desk = Desk::empty();
        let file = desk.path("practice.toml");
        std::fs::write(&file, FILE).expect("the file is written");
        desk.done(&["apply", shown(&file)]);
        let token = desk.token(&["--scope", "partner", "--location", AUSTIN]);
        let server = desk.serve();
        Self { desk, server, token }
    }

    /// A token of the practice's own system.
    pub fn staff(&self) -> String {
        self.desk.token(&["--scope", "booking", "--location", AUSTIN])
    }

    /// A GET of the partner.
    pub fn get(&self, target: &str) -> Answer {
        self.server.get(&format!("{API}{target}"), &self.token, AUSTIN)
    }

    /// A request with a JSON body, by some token.
    pub fn send(&self, method: &str, target: &str, token: &str, location: &str, body: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        let headers = [JSON, ("Authorization", authorization.as_str()), ("X-Client-Id", location)];
        self.server.ask(method, &format!("{API}{target}"), &headers, Some(body))
    }

    /// A POST of the partner.
    pub fn post(&self, target: &str, body: &Value) -> Answer {
        self.send("POST", target, &self.token, AUSTIN, &body.to_string())
    }

    /// The dates of a search from this instant on.
    pub fn dates(&self, from: &str, category: &str) -> Vec<Value> {
        let answer = self.post("/open_times", &json!({ "search_from_date": from, "appointment_type": category }));
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["data"].as_array().expect("a list of dates").clone()
    }

    /// The open times of a category, the earliest first.
    pub fn times(&self, category: &str) -> Vec<Value> {
        let dates = self.dates("1970-01-01T00:00:00Z", category);
        dates.iter().flat_map(|date| date["times"].as_array().expect("times").clone()).collect()
    }

    /// Some open time tomorrow, or later; another one for each `index`.
    pub fn slot(&self, index: usize) -> Value {
        self.times("sick")[100 + index].clone()
    }

    /// Books a time for Ana's dog Luna.
    pub fn book(&self, slot: &Value) -> Answer {
        self.post("/appointments", &for_luna(slot))
    }

    /// Books a time; answers the appointment.
    pub fn booked(&self, slot: &Value) -> Value {
        let answer = self.book(slot);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["data"].clone()
    }

    /// A change by the practice's own system.
    pub fn change(&self, token: &str, id: &str, body: &Value) -> Answer {
        self.send("PATCH", &format!("/appointments/{id}"), token, AUSTIN, &body.to_string())
    }
}

/// What books a time for Ana's dog Luna.
pub fn for_luna(slot: &Value) -> Value {
    json!({
        "slot_id": slot["uuid"], "first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.com",
        "phone": "(512) 555-0100", "patient_name": "Luna", "species": "dog",
    })
}

/// What an answer says, without the instants and ids that differ from run to run.
pub fn told(answer: &Answer) -> String {
    let mut told = crate::booking::without_times(&answer.transcript());
    let ids: Vec<String> = told.split('"').filter(|text| is_uuid(text)).map(str::to_owned).collect();
    for id in ids {
        told = told.replace(&id, "<id>");
    }
    told
}

fn is_uuid(text: &str) -> bool {
    text.len() == 36
        && text.bytes().enumerate().all(|(place, byte)| match place {
            8 | 13 | 18 | 23 => byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
