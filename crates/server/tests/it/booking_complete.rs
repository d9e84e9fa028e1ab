//! `POST …/complete` and `PATCH …/appointment`: how the practice's own system turns a session into an appointment.

use serde_json::json;

use crate::support::{Desk, SESSIONS, Server};

const LOCATION: &str = "paws-austin";

/// A served location, with a token of scope booking and one of scope partner.
fn desk() -> (Desk, Server, String, String) {
    let desk = Desk::with_location(LOCATION);
    let booking = desk.token(&["--scope", "booking", "--location", LOCATION]);
    let partner = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve();
    (desk, server, booking, partner)
}

#[test]
fn a_completed_session_has_its_appointment_in_the_feed_at_once() {
    let (_desk, server, booking, partner) = desk();
    let visit = server.start_at(LOCATION);
    let before = server.in_feed(&visit.id, &partner, LOCATION);
    let answer =
        server.complete(&visit.id, &booking, r#"{"appointment_id":"A-20418","remote_appointment_id":"47113"}"#);
    assert_eq!(
        visit.transcript(&answer),
        r#"200 {"id":"<id>","stage":"completed","status":"completed","client_type":null,"expires_at":null,"appointment_id":"A-20418","remote_appointment_id":"47113"}"#
    );
    let after = server.in_feed(&visit.id, &partner, LOCATION);
    assert_eq!(
        (&after["status"], &after["stage"], &after["appointment_id"], &after["remote_appointment_id"]),
        (&json!("completed"), &json!("completed"), &json!("A-20418"), &json!("47113"))
    );
    assert!(after["updated_at"].as_str() > before["updated_at"].as_str());
    assert!(after["last_activity_at"].as_str() > before["last_activity_at"].as_str(), "to book is an action");
    assert!(answer.header("ratelimit").is_some(), "a token's requests say what is left");
}

#[test]
fn the_remote_id_may_come_later_and_again() {
    let (_desk, server, booking, partner) = desk();
    let visit = server.start_at(LOCATION);
    let attach = |body: &str| server.practice("PATCH", &visit.id, "appointment", &booking, body);
    assert_eq!(
        attach(r#"{"remote_appointment_id":"47113"}"#).transcript(),
        r#"409 {"type":"urn:frontdesk:problem:not_completed","title":"Conflict","status":409,"code":"not_completed","detail":"This session has no appointment yet; complete it first."}"#
    );
    server.complete(&visit.id, &booking, r#"{"appointment_id":"A-1"}"#);
    let completed = server.in_feed(&visit.id, &partner, LOCATION);
    assert_eq!(completed["remote_appointment_id"], json!(null));

    let answer = attach(r#"{"remote_appointment_id":"47113"}"#);
    assert_eq!(
        visit.transcript(&answer),
        r#"200 {"id":"<id>","stage":"completed","status":"completed","client_type":null,"expires_at":null,"appointment_id":"A-1","remote_appointment_id":"47113"}"#
    );
    let attached = server.in_feed(&visit.id, &partner, LOCATION);
    assert_eq!(attached["remote_appointment_id"], "47113");
    assert!(attached["updated_at"].as_str() > completed["updated_at"].as_str(), "partners who poll see it");
    assert_eq!(attached["last_activity_at"], completed["last_activity_at"], "no action of the visitor's");

    assert_eq!(attach(r#"{"remote_appointment_id":"47113"}"#).status, 200);
    assert_eq!(server.in_feed(&visit.id, &partner, LOCATION), attached, "a repetition changes nothing");
    assert_eq!(attach(r#"{"remote_appointment_id":"99"}"#).json()["remote_appointment_id"], "99");
    assert_eq!(server.in_feed(&visit.id, &partner, LOCATION)["remote_appointment_id"], "99");
}

#[test]
fn the_same_appointment_again_changes_nothing_and_another_one_is_refused() {
    let (_desk, server, booking, partner) = desk();
    let visit = server.start_at(LOCATION);
    let first = server.complete(&visit.id, &booking, r#"{"appointment_id":"A-1"}"#);
    let completed = server.in_feed(&visit.id, &partner, LOCATION);
    let again = server.complete(&visit.id, &booking, r#"{"appointment_id":"A-1"}"#);
    assert_eq!(again.transcript(), first.transcript());
    assert_eq!(
        server.complete(&visit.id, &booking, r#"{"appointment_id":"A-2"}"#).transcript(),
        r#"409 {"type":"urn:frontdesk:problem:already_completed","title":"Conflict","status":409,"code":"already_completed","detail":"This session was completed with another appointment."}"#
    );
    assert_eq!(server.in_feed(&visit.id, &partner, LOCATION), completed);
    let with_remote =
        server.complete(&visit.id, &booking, r#"{"appointment_id":"A-1","remote_appointment_id":"47113"}"#);
    assert_eq!(with_remote.json()["remote_appointment_id"], "47113", "a repetition may know more");
    let without = server.complete(&visit.id, &booking, r#"{"appointment_id":"A-1"}"#);
    assert_eq!(without.json()["remote_appointment_id"], "47113", "one that knows less takes nothing away");
}

#[test]
fn a_late_confirmation_completes_an_abandoned_session() {
    let (desk, server, booking, partner) = desk();
    desk.done(&["location", "set", LOCATION, "--session-ttl", "1s"]);
    let visit = server.start_at(LOCATION);
    let abandoned = server.abandoned(&visit.id, &partner, LOCATION);
    let answer = server.complete(&visit.id, &booking, r#"{"appointment_id":"A-1"}"#);
    assert_eq!((answer.status, &answer.json()["status"]), (200, &json!("completed")));
    let completed = server.in_feed(&visit.id, &partner, LOCATION);
    assert_eq!((&completed["status"], &completed["stage"]), (&json!("completed"), &json!("completed")));
    assert!(completed["updated_at"].as_str() > abandoned["updated_at"].as_str(), "a change like any other");
    assert_eq!(completed["last_activity_at"], abandoned["last_activity_at"], "the practice acted, not the visitor");
    let kinds: Vec<_> =
        server.timeline(&visit.id, &booking).iter().map(|event| event["kind"].as_str().unwrap().to_owned()).collect();
    assert_eq!(kinds, ["started", "abandoned", "completed"]);
}

#[test]
fn a_token_of_another_scope_completes_nothing() {
    let (desk, server, booking, partner) = desk();
    let visit = server.start_at(LOCATION);
    let refusal = r#"403 {"type":"urn:frontdesk:problem:forbidden","title":"Forbidden","status":403,"code":"forbidden","detail":"This takes a token of scope booking."}"#;
    let body = r#"{"appointment_id":"A-1"}"#;
    assert_eq!(server.complete(&visit.id, &partner, body).transcript(), refusal);
    assert_eq!(server.complete("no-such-session", &partner, body).transcript(), refusal, "and learns of nothing");
    assert_eq!(server.practice("PATCH", &visit.id, "appointment", &partner, body).transcript(), refusal);
    assert_eq!(server.practice("GET", &visit.id, "timeline", &partner, "").transcript(), refusal);
    assert_eq!(server.in_feed(&visit.id, &partner, LOCATION)["status"], "active");
    let admin = desk.token(&["--scope", "admin", "--location", LOCATION]);
    assert_eq!(server.complete(&visit.id, &admin, body).status, 200);
    // A token of scope booking does not read the record.
    let list = format!("{}?updated_at_start=1970-01-01T00:00:00Z", crate::support::LIST);
    assert_eq!(server.get(&list, &booking, LOCATION).status, 403);
}

#[test]
fn a_token_that_is_none_is_refused_at_every_door() {
    let (_desk, server, booking, _) = desk();
    let visit = server.start_at(LOCATION);
    let refusal = r#"401 {"type":"urn:frontdesk:problem:unauthorized","title":"Unauthorized","status":401,"code":"unauthorized","detail":"Authorization takes Bearer and a valid token of scope booking."}"#;
    let other_last = if booking.ends_with('A') { "E" } else { "A" };
    let forged = format!("{}{other_last}", &booking[..booking.len() - 1]);
    for token in ["", "x", &forged, &booking.to_uppercase(), &booking[..booking.len() - 1], &visit.secret] {
        for (method, what) in [("POST", "complete"), ("PATCH", "appointment"), ("GET", "timeline")] {
            let answer = server.practice(method, &visit.id, what, token, r#"{"appointment_id":"A-1"}"#);
            assert_eq!(answer.transcript(), refusal, "{token} {what}");
            assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
        }
    }
}

#[test]
fn a_revoked_token_is_refused_from_that_moment_on() {
    let (desk, server, booking, _) = desk();
    let visit = server.start_at(LOCATION);
    assert_eq!(server.practice("GET", &visit.id, "timeline", &booking, "").status, 200);
    desk.done(&["token", "revoke", &booking]);
    assert_eq!(server.practice("GET", &visit.id, "timeline", &booking, "").status, 401);
}

#[test]
fn another_tenant_s_token_cannot_tell_a_session_that_exists_from_one_that_does_not() {
    let (desk, server, booking, partner) = desk();
    desk.add_location("rival-vets", &[]);
    let rival = desk.token(&["--scope", "booking", "--location", "rival-vets"]);
    let visit = server.start_at(LOCATION);
    let before = server.in_feed(&visit.id, &partner, LOCATION);
    let refusal = r#"404 {"type":"urn:frontdesk:problem:not_found","title":"Not Found","status":404,"code":"not_found","detail":"There is nothing here."}"#;
    let body = r#"{"appointment_id":"A-1"}"#;
    for id in [visit.id.as_str(), "01980a3c-0000-7000-8000-000000000000", "no-such-session"] {
        assert_eq!(server.complete(id, &rival, body).transcript(), refusal);
        let remote = r#"{"remote_appointment_id":"1"}"#;
        assert_eq!(server.practice("PATCH", id, "appointment", &rival, remote).transcript(), refusal);
        assert_eq!(server.practice("GET", id, "timeline", &rival, "").transcript(), refusal);
        // Nor by naming the location that the token does not cover.
        let authorization = format!("Bearer {rival}");
        let headers = [crate::booking::JSON, ("Authorization", &authorization), ("X-Client-Id", LOCATION)];
        let named = server.ask("POST", &format!("{SESSIONS}/{id}/complete"), &headers, Some(body));
        assert_eq!(named.transcript(), refusal);
    }
    assert_eq!(server.in_feed(&visit.id, &partner, LOCATION), before);
    assert_eq!(server.complete(&visit.id, &booking, body).status, 200);
}

#[test]
fn a_token_of_several_locations_may_be_narrowed_to_one() {
    let (desk, server, _, _) = desk();
    desk.add_location("paws-dallas", &[]);
    let both = desk.token(&["--scope", "booking", "--location", LOCATION, "--location", "paws-dallas"]);
    let visit = server.start_at(LOCATION);
    let authorization = format!("Bearer {both}");
    let timeline = |locations: &[&str]| {
        let mut headers = vec![("Authorization", authorization.as_str())];
        headers.extend(locations.iter().map(|location| ("X-Client-Id", *location)));
        server.ask("GET", &format!("{SESSIONS}/{}/timeline", visit.id), &headers, None)
    };
    assert_eq!(timeline(&[]).status, 200);
    assert_eq!(timeline(&[LOCATION]).status, 200);
    assert_eq!(timeline(&["paws-dallas"]).status, 404);
    assert_eq!(timeline(&["no-such-location"]).status, 404);
    let wrong = r#"400 {"type":"urn:frontdesk:problem:bad_input","title":"Bad Request","status":400,"code":"bad_input","detail":"X-Client-Id takes one location id.","field":"X-Client-Id"}"#;
    assert_eq!(timeline(&[""]).transcript(), wrong);
    assert_eq!(timeline(&[LOCATION, "paws-dallas"]).transcript(), wrong);
}
