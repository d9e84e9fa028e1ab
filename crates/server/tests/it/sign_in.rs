//! `POST /services/user/v1/auth/sign-in`: a token's two parts for a ticket, which is as good as the token.

use serde_json::{Value, json};

use crate::booking::JSON;
use crate::partner::{AUSTIN, Office};
use crate::support::{Answer, LIST};

const SIGN_IN: &str = "/services/user/v1/auth/sign-in";
const WRONG: &str =
    r#"401 {"success":false,"message":"username and password take the id and the secret of a valid token."}"#;

fn sign_in(office: &Office, body: &Value) -> Answer {
    office.server.ask("POST", SIGN_IN, &[JSON], Some(&body.to_string()))
}

fn parts(token: &str) -> (&str, &str) {
    (&token[3..19], &token[20..])
}

fn ticket(office: &Office, token: &str) -> String {
    let (username, password) = parts(token);
    let answer = sign_in(office, &json!({ "username": username, "password": password, "role": "ROLE_API" }));
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.json()["data"]["token"].as_str().expect("a ticket").to_owned()
}

#[test]
fn a_ticket_is_as_good_as_the_token_that_it_was_given_for() {
    let office = Office::open();
    let ticket = ticket(&office, &office.token);
    assert_eq!(ticket.split('.').count(), 3, "{ticket}");
    let list =
        |location: &str| office.server.get(&format!("{LIST}?updated_at_start=2023-11-07T05:31:56Z"), &ticket, location);
    assert_eq!(list(AUSTIN).status, 200);
    assert_eq!(list("paws-dallas").status, 403);
    // The two share a limit.
    let left = list(AUSTIN).header("ratelimit").map(str::to_owned);
    assert!(left.is_some_and(|left| left.starts_with("\"minute\";r=5999")));
    let mut forged = ticket.clone();
    forged.pop();
    assert_eq!(office.server.get(LIST, &forged, AUSTIN).status, 401);
}

#[test]
fn a_ticket_ends_with_its_token() {
    let office = Office::open();
    let ticket = ticket(&office, &office.token);
    let (id, secret) = parts(&office.token);
    office.desk.done(&["token", "revoke", id]);
    assert_eq!(office.server.get(LIST, &ticket, AUSTIN).status, 401);
    assert_eq!(sign_in(&office, &json!({ "username": id, "password": secret })).transcript(), WRONG);
}

#[test]
fn whoever_is_wrong_is_told_the_same() {
    let office = Office::open();
    let other = office.desk.token(&["--scope", "partner", "--all-locations"]);
    let ((id, secret), (_, foreign)) = (parts(&office.token), parts(&other));
    for (username, password) in [
        (id, foreign),
        (id, "guess"),
        (id, &secret[1..]),
        (id, office.token.as_str()),
        ("0000000000000000", secret),
        ("ana", secret),
        (&id.to_uppercase()[..15], secret),
        (office.token.as_str(), secret),
    ] {
        let answer = sign_in(&office, &json!({ "username": username, "password": password, "role": "ROLE_API" }));
        assert_eq!(answer.transcript(), WRONG, "{username}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    }
}

#[test]
fn what_is_missing_or_odd_is_named() {
    let office = Office::open();
    for (body, wrong) in [
        ("{}", "username is required."),
        (r#"{"username":"a"}"#, "password is required."),
        (r#"{"username":"","password":"b"}"#, "username is required."),
        (r#"{"username":1,"password":"b"}"#, "username takes a text."),
        (r#"{"username":"a","password":"b","role":"ROLE_ADMIN"}"#, "role takes ROLE_API."),
        (r#"{"username":"a","username":"a","password":"b"}"#, "username was given twice."),
        ("[]", "The body takes a JSON object: invalid type: sequence, expected an object at line 1 column 0."),
    ] {
        let answer = office.server.ask("POST", SIGN_IN, &[JSON], Some(body));
        assert_eq!(answer.transcript(), format!(r#"400 {{"success":false,"message":"{wrong}"}}"#), "{body}");
    }
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let answer = office.server.ask("POST", SIGN_IN, &form, Some("username=a&password=b"));
    assert_eq!(answer.transcript(), r#"400 {"success":false,"message":"The body takes application/json."}"#);
    let answer = office.server.ask("GET", SIGN_IN, &[], None);
    assert_eq!((answer.status, answer.header("allow")), (405, Some("POST")));
}

#[test]
fn guessing_is_slowed_for_each_name() {
    let office = Office::open();
    let (id, secret) = parts(&office.token);
    let guess = || sign_in(&office, &json!({ "username": id, "password": "guess" }));
    let refused = (0..30).map(|_| guess()).find(|answer| answer.status == 429).expect("it is limited");
    assert!(refused.header("retry-after").is_some());
    assert_eq!(
        refused.transcript(),
        r#"429 {"success":false,"message":"Too many sign-ins by this username; come back after the seconds in Retry-After."}"#
    );
    assert_eq!(sign_in(&office, &json!({ "username": id, "password": secret })).status, 429);
    // The token itself, and everybody else, goes on.
    assert_eq!(office.list("updated_at_start=2023-11-07T05:31:56Z").status, 200);
    let other = office.desk.token(&["--scope", "partner", "--all-locations"]);
    ticket(&office, &other);
}
