//! A visitor books on the page: the session's referral shows in the appointment, and the id that the practice's own system
//! has for the appointment shows in the session.

use serde_json::{Value, json};

use crate::clinic::Clinic;
use crate::partner::AUSTIN;
use crate::visitor::Visitor;

/// A visitor comes by a campaign and books; answers the session.
fn booked(clinic: &Clinic) -> Value {
    let campaign = "/book/paws-austin?utm_source=newsletter&utm_campaign=spring&utm_medium=email";
    let mut visitor = Visitor::open(&clinic.server.address, campaign).expect("a page");
    assert!(visitor.book("sick", 40).expect("pages"), "{}", visitor.shown.body);
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
