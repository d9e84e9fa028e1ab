//! `GET …/timeline`: every event of a session, in order, each at the instant at which partners saw the change.

use serde_json::{Value, json};

use crate::support::{Desk, SESSIONS};

const LOCATION: &str = "paws-austin";

#[test]
fn every_change_of_a_session_is_in_its_timeline_at_the_instant_partners_saw() {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "admin", "--location", LOCATION]);
    let server = desk.serve();
    let visit = server.start_with(r#"{"location_id":"paws-austin","utm_source":"newsletter"}"#);
    let mut seen = vec![server.in_feed(&visit.id, &token, LOCATION)["updated_at"].clone()];
    let mut note = |status: u16| {
        assert_eq!(status, 200);
        seen.push(server.in_feed(&visit.id, &token, LOCATION)["updated_at"].clone());
    };
    note(server.report(&visit.id, &visit.secret, r#"{"stage":"scheduling","client_type":"returning"}"#).status);
    note(server.report(&visit.id, &visit.secret, "{}").status);
    note(server.report(&visit.id, &visit.secret, r#"{"stage":"started"}"#).status);
    note(server.complete(&visit.id, &token, r#"{"appointment_id":"A-1"}"#).status);
    note(server.practice("PATCH", &visit.id, "appointment", &token, r#"{"remote_appointment_id":"47113"}"#).status);
    // What changes nothing leaves no trace.
    assert_eq!(server.complete(&visit.id, &token, r#"{"appointment_id":"A-1"}"#).status, 200);
    assert_eq!(server.complete(&visit.id, &token, r#"{"appointment_id":"A-2"}"#).status, 409);
    assert_eq!(server.report(&visit.id, &visit.secret, "{}").status, 409);

    assert_eq!(
        Value::from(server.timeline(&visit.id, &token)),
        json!([
            {
                "at": seen[0],
                "kind": "started",
                "referral": { "source": "newsletter", "campaign": null, "medium": null },
            },
            { "at": seen[1], "kind": "stage_reached", "stage": "scheduling" },
            { "at": seen[1], "kind": "client_type_set", "client_type": "returning" },
            { "at": seen[2], "kind": "touched" },
            { "at": seen[3], "kind": "touched" },
            { "at": seen[4], "kind": "completed", "appointment_id": "A-1" },
            { "at": seen[5], "kind": "remote_appointment_attached", "remote_appointment_id": "47113" },
        ])
    );
}

#[test]
fn a_session_that_ran_out_says_when() {
    let desk = Desk::empty();
    desk.add_location(LOCATION, &["--session-ttl", "1s"]);
    let token = desk.token(&["--scope", "admin", "--location", LOCATION]);
    let server = desk.serve();
    let visit = server.start_at(LOCATION);
    let abandoned = server.abandoned(&visit.id, &token, LOCATION);
    assert_eq!(
        server.timeline(&visit.id, &token).last(),
        Some(&json!({ "at": abandoned["updated_at"], "kind": "abandoned" }))
    );
}

#[test]
fn an_imported_session_s_timeline_begins_with_the_import() {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "admin", "--location", LOCATION]);
    let server = desk.serve();
    desk.import(
        "past.ndjson",
        r#"{"id":"S-1","status":"abandoned","stage":"checkout","client_type":null,"appointment_id":null,"remote_appointment_id":null,"referral_source":null,"referral_campaign":null,"referral_medium":null,"created_at":"2023-11-07T05:31:56Z","updated_at":"2023-11-07T06:01:56Z","last_activity_at":null,"location_id":"paws-austin"}"#,
    );
    assert_eq!(server.complete("S-1", &token, r#"{"appointment_id":"A-1"}"#).status, 200);
    let completed = server.in_feed("S-1", &token, LOCATION);
    assert_eq!(
        Value::from(server.timeline("S-1", &token)),
        json!([
            { "at": "2023-11-07T06:01:56.000000Z", "kind": "imported", "status": "abandoned", "stage": "checkout" },
            { "at": completed["updated_at"], "kind": "completed", "appointment_id": "A-1" },
        ])
    );
}

#[test]
fn a_timeline_is_for_the_practice_and_for_no_cache() {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "booking", "--location", LOCATION]);
    let server = desk.serve();
    let visit = server.start_at(LOCATION);
    let answer = server.practice("GET", &visit.id, "timeline", &token, "");
    assert_eq!((answer.status, answer.header("cache-control")), (200, Some("no-store")));
    assert_eq!(server.practice("GET", &visit.id, "timeline", &visit.secret, "").status, 401, "not for the page");
    assert_eq!(server.ask("GET", &format!("{SESSIONS}/{}/timeline", visit.id), &[], None).status, 401);
}
