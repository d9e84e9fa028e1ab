//! `Idempotency-Key`: a POST that was sent again is the same request, whatever became of the first answer.

use std::sync::Barrier;

use crate::booking::{JSON, Visit};
use crate::support::{Answer, Desk, SESSIONS, Server};

const LOCATION: &str = "paws-austin";
const BODY: &str = r#"{"location_id":"paws-austin","utm_source":"newsletter"}"#;
const REUSED: &str = r#"422 {"type":"urn:frontdesk:problem:idempotency_key_reused","title":"Unprocessable Entity","status":422,"code":"idempotency_key_reused","detail":"This Idempotency-Key was used for another request in the last day.","field":"Idempotency-Key"}"#;

/// A served location, with a token for everything.
fn desk() -> (Desk, Server, String) {
    let desk = Desk::with_location(LOCATION);
    let token = desk.token(&["--scope", "admin", "--all-locations"]);
    let server = desk.serve();
    (desk, server, token)
}

fn start(server: &Server, key: &str, body: &str) -> Answer {
    server.post_start(&[("Idempotency-Key", key)], body)
}

fn complete(server: &Server, visit: &Visit, token: &str, key: &str, body: &str) -> Answer {
    let authorization = format!("Bearer {token}");
    let headers = [JSON, ("Authorization", &authorization), ("Idempotency-Key", key)];
    server.ask("POST", &format!("{SESSIONS}/{}/complete", visit.id), &headers, Some(body))
}

#[test]
fn a_start_sent_again_is_the_same_session_with_the_same_secret() {
    let (_desk, server, token) = desk();
    let first = start(&server, "visit-1", BODY);
    let visit = Visit::of(&first);
    assert_eq!(start(&server, "visit-1", BODY).transcript(), first.transcript());
    assert_eq!(server.feed(&token, LOCATION).len(), 1);
    assert_eq!(server.report(&visit.id, &visit.secret, r#"{"stage":"scheduling"}"#).status, 200);
    assert_eq!(start(&server, "visit-1", BODY).transcript(), first.transcript(), "the first answer, not the latest");
    assert_ne!(start(&server, "visit-2", BODY).transcript(), first.transcript());
    assert_ne!(start(&server, "VISIT-1", BODY).transcript(), first.transcript(), "case matters");
    assert_eq!(server.feed(&token, LOCATION).len(), 3);
}

#[test]
fn an_answer_is_remembered_over_a_restart() {
    let (desk, server, _) = desk();
    let first = start(&server, "visit-1", BODY);
    server.signal("KILL");
    server.wait();
    let server = desk.serve();
    assert_eq!(start(&server, "visit-1", BODY).transcript(), first.transcript());
}

#[test]
fn a_key_with_another_request_is_refused() {
    let (_desk, server, token) = desk();
    let visit = Visit::of(&start(&server, "key", BODY));
    assert_eq!(start(&server, "key", r#"{"location_id":"paws-austin"}"#).transcript(), REUSED);
    let appointment = r#"{"appointment_id":"A-1"}"#;
    assert_eq!(complete(&server, &visit, &token, "key", appointment).transcript(), REUSED);
    assert_eq!(complete(&server, &visit, &token, "complete", appointment).status, 200);
    let other = server.start_at(LOCATION);
    assert_eq!(complete(&server, &other, &token, "complete", appointment).transcript(), REUSED, "another session");
    assert_eq!(server.in_feed(&other.id, &token, LOCATION)["status"], "active");
}

#[test]
fn a_completion_sent_again_is_one_completion() {
    let (_desk, server, token) = desk();
    let visit = server.start_at(LOCATION);
    let body = r#"{"appointment_id":"A-1"}"#;
    let first = complete(&server, &visit, &token, "complete", body);
    let completed = server.in_feed(&visit.id, &token, LOCATION);
    server.practice("PATCH", &visit.id, "appointment", &token, r#"{"remote_appointment_id":"47113"}"#);
    let again = complete(&server, &visit, &token, "complete", body);
    assert_eq!(visit.transcript(&again), visit.transcript(&first), "the first answer, not the latest");
    assert_eq!(server.in_feed(&visit.id, &token, LOCATION)["appointment_id"], completed["appointment_id"]);
}

#[test]
fn what_was_refused_is_not_remembered() {
    let (_desk, server, token) = desk();
    assert_eq!(start(&server, "key", r#"{"location_id":"paws-dallas"}"#).status, 400);
    assert_eq!(start(&server, "key", r#"{"location_id":"paws-austin","utm_sauce":"x"}"#).status, 400);
    assert_eq!(start(&server, "key", BODY).status, 201);
    let visit = server.start_at(LOCATION);
    server.complete(&visit.id, &token, r#"{"appointment_id":"A-1"}"#);
    assert_eq!(complete(&server, &visit, &token, "other", r#"{"appointment_id":"A-2"}"#).status, 409);
    assert_eq!(complete(&server, &visit, &token, "other", r#"{"appointment_id":"A-1"}"#).status, 200);
}

#[test]
fn a_key_is_its_location_s_own() {
    let (desk, server, token) = desk();
    desk.add_location("paws-dallas", &[]);
    let here = start(&server, "visit-1", BODY);
    let there = start(&server, "visit-1", r#"{"location_id":"paws-dallas"}"#);
    assert_eq!((here.status, there.status), (201, 201));
    assert_ne!(Visit::of(&here).id, Visit::of(&there).id);
    assert_eq!(server.feed(&token, "paws-dallas").len(), 1);
}

#[test]
fn of_requests_sent_at_once_under_one_key_one_is_done_and_all_get_its_answer() {
    let (_desk, server, token) = desk();
    let ready = Barrier::new(8);
    let answers: Vec<String> = std::thread::scope(|threads| {
        let asked: Vec<_> = (0..8)
            .map(|_| {
                threads.spawn(|| {
                    ready.wait();
                    start(&server, "double-click", BODY).transcript()
                })
            })
            .collect();
        asked.into_iter().map(|asked| asked.join().expect("an answer")).collect()
    });
    assert!(answers.iter().all(|answer| answer.starts_with("201 ") && *answer == answers[0]), "{answers:#?}");
    assert_eq!(server.feed(&token, LOCATION).len(), 1);
}

#[test]
fn a_key_takes_one_text_of_a_bearable_length() {
    let (_desk, server, _) = desk();
    let refusal = r#"400 {"type":"urn:frontdesk:problem:bad_input","title":"Bad Request","status":400,"code":"bad_input","detail":"Idempotency-Key takes one text of 1 to 255 ASCII characters.","field":"Idempotency-Key"}"#;
    assert_eq!(start(&server, &"k".repeat(255), BODY).status, 201);
    for wrong in [String::new(), "k".repeat(256), "ключ".to_owned()] {
        assert_eq!(start(&server, &wrong, BODY).transcript(), refusal, "{wrong}");
    }
    let twice = [("Idempotency-Key", "one"), ("Idempotency-Key", "one")];
    assert_eq!(server.post_start(&twice, BODY).transcript(), refusal);
}
