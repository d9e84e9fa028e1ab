//! A visitor books on the page: the session's referral shows in the appointment, and the id that the practice's own system
//! has for the appointment shows in the session.

use serde_json::{Value, json};

use crate::clinic::Clinic;
use crate::partner::AUSTIN;
use crate::support::Answer;

/// A visitor's browser, without script.
struct Visitor<'a> {
    clinic: &'a Clinic,
    /// The page that it shows.
    page: String,
}

impl<'a> Visitor<'a> {
    fn open(clinic: &'a Clinic, target: &str) -> Self {
        let mut visitor = Self { clinic, page: String::new() };
        visitor.go("GET", target, None);
        visitor
    }

    fn go(&mut self, method: &str, target: &str, form: Option<&str>) {
        let kind = [("Content-Type", "application/x-www-form-urlencoded")];
        let mut answer: Answer = self.clinic.server.ask(method, target, &kind, form);
        while answer.status == 303 {
            let next = answer.header("location").expect("where it leads").to_owned();
            answer = self.clinic.server.ask("GET", &next, &[], None);
        }
        assert_eq!(answer.status, 200, "{method} {target}: {}", answer.body);
        self.page = answer.body;
    }

    /// The value of the first attribute of this name that has `part` in it.
    fn find(&self, attribute: &str, part: &str) -> String {
        let name = format!(" {attribute}=\"");
        let mut values = self.page.split(&name).skip(1).filter_map(|rest| rest.split('"').next());
        let found = values.find(|value| value.contains(part)).unwrap_or_else(|| panic!("{}", self.page));
        found.replace("&#38;", "&").replace("&amp;", "&")
    }

    /// Sends the form that goes to this step, with its hidden fields.
    fn send(&mut self, step: &str, fields: &[(&str, &str)]) {
        let action = self.find("action", step);
        let form = self.page.split(" action=\"").skip(1).find(|rest| rest.contains(step)).expect("the form");
        let form = form.split("</form>").next().unwrap_or_default();
        let mut body: Vec<String> = Vec::new();
        for hidden in form.split("<input type=\"hidden\" name=\"").skip(1) {
            let (name, rest) = hidden.split_once("\" value=\"").expect("a hidden field");
            let value = rest.split('"').next().unwrap_or_default();
            body.push(format!("{name}={}", value.replace('+', "%2B").replace('@', "%40").replace(' ', "+")));
        }
        body.extend(fields.iter().map(|(name, value)| format!("{name}={value}")));
        self.go("POST", &action, Some(&body.join("&")));
    }
}

/// A visitor comes by a campaign and books; answers the session.
fn booked(clinic: &Clinic) -> Value {
    let mut visitor =
        Visitor::open(clinic, "/book/paws-austin?utm_source=newsletter&utm_campaign=spring&utm_medium=email");
    visitor.send("/client", &[("client_type", "returning")]);
    let times = visitor.find("href", "/time?type=sick");
    visitor.go("GET", &times, None);
    let slot = visitor.page.split("name=\"slot\" value=\"").nth(40).and_then(|rest| rest.split('"').next());
    let slot = slot.expect("a time").to_owned();
    visitor.send("/hold", &[("slot", &slot)]);
    visitor.send(
        "/confirm",
        &[
            ("first_name", "Ana"),
            ("last_name", "Ruiz"),
            ("phone", "512+555+0100"),
            ("email", "ana%40example.com"),
            ("pet_name", "Luna"),
            ("species", "dog"),
            ("consent", "yes"),
        ],
    );
    visitor.send("/book", &[]);
    clinic.server.feed(&clinic.token, AUSTIN)[0].clone()
}

#[test]
fn the_referral_of_the_session_shows_in_its_appointment() {
    let clinic = Clinic::open();
    let session = booked(&clinic);
    assert_eq!((&session["status"], &session["stage"]), (&json!("completed"), &json!("completed")));
    let id = session["appointment_id"].as_str().expect("it has an appointment");
    let appointment = clinic.get(&format!("/appointments/{id}")).json()["data"].clone();
    let told = |key: &str| appointment[key].as_str().unwrap_or_default().to_owned();
    assert_eq!(
        ["referral_source", "referral_campaign", "referral_medium", "client_type", "patient_name", "status"].map(told),
        ["newsletter", "spring", "email", "RETURNING", "Luna", "ACCEPTED"]
    );
}

#[test]
fn the_practice_s_id_shows_at_once_in_the_session_as_a_change() {
    let clinic = Clinic::open();
    let session = booked(&clinic);
    let (id, session_id) = (session["appointment_id"].as_str().expect("an id"), session["id"].as_str().expect("an id"));
    let changed = clinic.change(&clinic.staff(), id, &json!({ "remote_id": "47113" }));
    assert_eq!(changed.status, 200, "{}", changed.body);
    let after = clinic.server.in_feed(session_id, &clinic.token, AUSTIN);
    assert_eq!(after["remote_appointment_id"], "47113");
    assert_eq!((&after["status"], &after["appointment_id"]), (&json!("completed"), &session["appointment_id"]));
    assert!(after["updated_at"].as_str() > session["updated_at"].as_str());
    assert_eq!(after["last_activity_at"], session["last_activity_at"], "it is not the visitor's doing");
    let since = session["updated_at"].as_str().expect("a time");
    let window = clinic.get(&format!("/booking_sessions?updated_at_start={since}"));
    assert_eq!(window.json()["data"]["content"], json!([after]), "a poller sees it");
}
