//! `PATCH /booking/v1/sessions/{id}`: what a visitor's page may report, until when, and by which secret.

use serde_json::json;

use crate::booking::JSON;
use crate::support::{Desk, SESSIONS, Server};

const LOCATION: &str = "paws-austin";

/// A served location, with a token for everything.
fn desk() -> (Desk, Server, String) {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "admin", "--location", LOCATION]);
    let server = desk.serve();
    (desk, server, token)
}

#[test]
fn partners_see_every_step_of_a_visitor_as_it_is_reported() {
    let (_desk, server, token) = desk();
    let visit = server.start_at(LOCATION);
    let mut before = server.in_feed(&visit.id, &token, LOCATION);
    for stage in ["client_identification", "appointment_type_selection", "scheduling", "checkout"] {
        let answer = server.report(&visit.id, &visit.secret, &format!(r#"{{"stage":"{stage}"}}"#));
        assert_eq!(
            visit.transcript(&answer),
            format!(
                r#"200 {{"id":"<id>","stage":"{stage}","status":"active","client_type":null,"expires_at":"<time>","appointment_id":null,"remote_appointment_id":null}}"#
            )
        );
        let after = server.in_feed(&visit.id, &token, LOCATION);
        assert_eq!(after["stage"], stage);
        assert_eq!(after["created_at"], before["created_at"]);
        for moved in ["updated_at", "last_activity_at"] {
            assert!(after[moved].as_str() > before[moved].as_str(), "{moved}: {before} {after}");
        }
        before = after;
    }
}

#[test]
fn the_stage_never_goes_back_although_the_visitor_does() {
    let (_desk, server, token) = desk();
    let visit = server.start_at(LOCATION);
    server.report(&visit.id, &visit.secret, r#"{"stage":"scheduling"}"#);
    for earlier in ["started", "client_identification", "appointment_type_selection", "scheduling"] {
        let answer = server.report(&visit.id, &visit.secret, &format!(r#"{{"stage":"{earlier}"}}"#));
        assert_eq!((answer.status, &answer.json()["stage"]), (200, &json!("scheduling")), "after {earlier}");
        assert_eq!(server.in_feed(&visit.id, &token, LOCATION)["stage"], "scheduling");
    }
    let answer = server.report(&visit.id, &visit.secret, r#"{"stage":"checkout"}"#);
    assert_eq!(answer.json()["stage"], "checkout");
}

#[test]
fn a_heartbeat_moves_the_expiry_and_the_last_activity_and_nothing_else() {
    let (_desk, server, token) = desk();
    let visit = server.start_at(LOCATION);
    server.report(&visit.id, &visit.secret, r#"{"stage":"scheduling","client_type":"new"}"#);
    let mut expiry = String::new();
    let mut before = server.in_feed(&visit.id, &token, LOCATION);
    for heartbeat in ["", "{}", " \n", r#"{"stage":null,"client_type":null}"#] {
        let answer = server.report(&visit.id, &visit.secret, heartbeat);
        assert_eq!(answer.status, 200, "{heartbeat:?}: {}", answer.body);
        let later = answer.json()["expires_at"].as_str().expect("an expiry").to_owned();
        assert!(later > expiry, "{later} {expiry}");
        expiry = later;
        let mut after = server.in_feed(&visit.id, &token, LOCATION);
        let seen = after.clone();
        for moved in ["updated_at", "last_activity_at"] {
            assert!(after[moved].as_str() > before[moved].as_str());
            after[moved] = before[moved].clone();
        }
        assert_eq!(after, before, "nothing else has changed");
        before = seen;
    }
}

#[test]
fn a_visitor_may_correct_new_or_returning_and_nobody_forgets_it() {
    let (_desk, server, token) = desk();
    let visit = server.start_at(LOCATION);
    let steps = [
        (r#"{"client_type":"new"}"#, "new"),
        (r#"{"client_type":"returning"}"#, "returning"),
        (r#"{"client_type":null}"#, "returning"),
        (r#"{"stage":"checkout"}"#, "returning"),
    ];
    for (body, expected) in steps {
        let answer = server.report(&visit.id, &visit.secret, body);
        assert_eq!((answer.status, &answer.json()["client_type"]), (200, &json!(expected)));
        assert_eq!(server.in_feed(&visit.id, &token, LOCATION)["client_type"], expected);
    }
}

#[test]
fn a_page_cannot_say_that_its_visitor_has_an_appointment() {
    let (_desk, server, token) = desk();
    let visit = server.start_at(LOCATION);
    let before = server.in_feed(&visit.id, &token, LOCATION);
    assert_eq!(
        server.report(&visit.id, &visit.secret, r#"{"stage":"completed"}"#).transcript(),
        r#"400 {"type":"urn:frontdesk:problem:bad_input","title":"Bad Request","status":400,"code":"bad_input","detail":"The stage completed is reached by completing the session with an appointment.","field":"stage"}"#
    );
    assert_eq!(
        server.report(&visit.id, &visit.secret, r#"{"appointment_id":"A-1"}"#).transcript(),
        r#"400 {"type":"urn:frontdesk:problem:bad_input","title":"Bad Request","status":400,"code":"bad_input","detail":"appointment_id is not a field of this request.","field":"appointment_id"}"#
    );
    assert_eq!(server.complete(&visit.id, &visit.secret, r#"{"appointment_id":"A-1"}"#).status, 401);
    assert_eq!(server.in_feed(&visit.id, &token, LOCATION), before);
}

#[test]
fn a_session_whose_time_ran_out_refuses_its_visitor_by_a_code_of_its_own() {
    let (desk, server, token) = desk();
    desk.done(&["location", "set", LOCATION, "--session-ttl", "1s"]);
    let visit = server.start_at(LOCATION);
    let abandoned = server.abandoned(&visit.id, &token, LOCATION);
    for body in ["{}", r#"{"stage":"checkout"}"#, r#"{"client_type":"new"}"#] {
        assert_eq!(
            server.report(&visit.id, &visit.secret, body).transcript(),
            r#"409 {"type":"urn:frontdesk:problem:session_expired","title":"Conflict","status":409,"code":"session_expired","detail":"This session has expired; start a new one."}"#
        );
    }
    assert_eq!(server.in_feed(&visit.id, &token, LOCATION), abandoned, "what was refused changed nothing");
}

#[test]
fn a_visitor_who_stays_keeps_the_session_alive_beyond_its_first_expiry() {
    let (desk, server, token) = desk();
    desk.done(&["location", "set", LOCATION, "--session-ttl", "2s"]);
    let (staying, leaving) = (server.start_at(LOCATION), server.start_at(LOCATION));
    desk.done(&["location", "set", LOCATION, "--session-ttl", "30m"]);
    assert_eq!(server.report(&staying.id, &staying.secret, "{}").status, 200);
    // The other session, as old, shows that the first expiry has passed.
    server.abandoned(&leaving.id, &token, LOCATION);
    assert_eq!(server.in_feed(&staying.id, &token, LOCATION)["status"], "active");
}

#[test]
fn a_completed_session_refuses_its_visitor() {
    let (_desk, server, token) = desk();
    let visit = server.start_at(LOCATION);
    server.complete(&visit.id, &token, r#"{"appointment_id":"A-1"}"#);
    let completed = server.in_feed(&visit.id, &token, LOCATION);
    assert_eq!(
        server.report(&visit.id, &visit.secret, r#"{"stage":"checkout"}"#).transcript(),
        r#"409 {"type":"urn:frontdesk:problem:session_completed","title":"Conflict","status":409,"code":"session_completed","detail":"This session already has its appointment."}"#
    );
    assert_eq!(server.in_feed(&visit.id, &token, LOCATION), completed);
}

#[test]
fn only_the_session_s_own_secret_opens_it_and_every_other_is_refused_alike() {
    let (desk, server, token) = desk();
    desk.add_location("paws-dallas", &[]);
    let (visit, neighbour, elsewhere) =
        (server.start_at(LOCATION), server.start_at(LOCATION), server.start_at("paws-dallas"));
    let before = server.in_feed(&visit.id, &token, LOCATION);
    let (tag, place) = visit.secret.split_once('.').expect("a secret has two parts");
    let (_, other_place) = elsewhere.secret.split_once('.').expect("a secret has two parts");
    let other_first = if tag.as_bytes()[3] == b'A' { 'B' } else { 'A' };
    let forged = [
        String::new(),
        "null".to_owned(),
        visit.id.clone(),
        token.clone(),
        neighbour.secret.clone(),
        elsewhere.secret.clone(),
        tag.to_owned(),
        format!("{tag}."),
        format!("fs_.{place}"),
        format!("{tag}.{other_place}"),
        format!("{tag}.{place}="),
        format!("{tag}={place}"),
        format!("fs_{other_first}{}.{place}", &tag[4..]),
        visit.secret.to_uppercase(),
        format!("{} x", visit.secret),
    ];
    let refusal = r#"401 {"type":"urn:frontdesk:problem:unauthorized","title":"Unauthorized","status":401,"code":"unauthorized","detail":"Authorization takes Bearer and the secret of this session."}"#;
    for secret in forged {
        let answer = server.report(&visit.id, &secret, r#"{"stage":"checkout"}"#);
        assert_eq!(answer.transcript(), refusal, "{secret}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
    // A session that does not exist is no different: nobody learns which ids there are.
    let unknown = "01980a3c-0000-7000-8000-000000000000";
    assert_eq!(server.report(unknown, &visit.secret, "{}").transcript(), refusal);
    assert_eq!(server.report(&visit.id.to_uppercase(), &visit.secret, "{}").transcript(), refusal);
    assert_eq!(server.in_feed(&visit.id, &token, LOCATION), before);
}

#[test]
fn the_secret_comes_in_one_authorization_header_only() {
    let (_desk, server, _) = desk();
    let visit = server.start_at(LOCATION);
    let target = format!("{SESSIONS}/{}", visit.id);
    let (bearer, lower, basic) =
        (format!("Bearer {}", visit.secret), format!("bearer  {}", visit.secret), format!("Basic {}", visit.secret));
    let status = |headers: &[(&str, &str)]| server.ask("PATCH", &target, &[&[JSON], headers].concat(), None).status;
    assert_eq!(status(&[("Authorization", &bearer)]), 200);
    assert_eq!(status(&[("Authorization", &lower)]), 200, "the scheme's case and spaces do not matter (RFC 9110)");
    assert_eq!(status(&[]), 401);
    assert_eq!(status(&[("Authorization", &basic)]), 401);
    assert_eq!(status(&[("Authorization", &visit.secret)]), 401);
    assert_eq!(status(&[("Authorization", &bearer), ("Authorization", &bearer)]), 401);
    let in_the_url = format!("{target}?secret={}", visit.secret);
    assert_eq!(server.ask("PATCH", &in_the_url, &[JSON], None).status, 401);
}

#[test]
fn a_secret_is_of_one_location_although_another_has_a_session_of_the_same_id() {
    let (desk, server, _) = desk();
    desk.add_location("paws-dallas", &[]);
    let token = desk.token(&["--scope", "admin", "--all-locations"]);
    let visit = server.start_at(LOCATION);
    let mut twin = server.in_feed(&visit.id, &token, LOCATION);
    twin["location_id"] = json!("paws-dallas");
    desk.import("twin.ndjson", &twin.to_string());
    let before = server.in_feed(&visit.id, &token, "paws-dallas");
    assert_eq!(server.report(&visit.id, &visit.secret, r#"{"stage":"checkout"}"#).status, 200);
    assert_eq!(server.in_feed(&visit.id, &token, LOCATION)["stage"], "checkout");
    assert_eq!(server.in_feed(&visit.id, &token, "paws-dallas"), before);
}

#[test]
fn a_secret_outlives_the_server() {
    let (desk, server, _) = desk();
    let visit = server.start_at(LOCATION);
    server.signal("TERM");
    assert!(server.wait().0.success());
    let server = desk.serve();
    assert_eq!(server.report(&visit.id, &visit.secret, r#"{"stage":"checkout"}"#).status, 200);
}
