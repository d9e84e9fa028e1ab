//! `GET /booking_sessions/{id}`: one session.

use serde_json::json;

use crate::partner::{AUSTIN, Office, abandoned, completed, is_failure, lasting, ndjson, send};
use crate::support::LIST;

const NOT_FOUND: &str = r#"404 {"success":false,"message":"Not found."}"#;

/// An id as a careful client writes it in a path: every byte escaped that is not a letter or a digit.
fn escaped(id: &str) -> String {
    id.bytes()
        .map(|byte| if byte.is_ascii_alphanumeric() { char::from(byte).to_string() } else { format!("%{byte:02X}") })
        .collect()
}

#[test]
fn a_session_is_the_data_of_its_answer() {
    let mut session = completed("018ba844-155b-7cc1-8a3f-4d2b6c1e9f70", "2023-11-07T05:38:12.480913Z");
    session["client_type"] = json!("new");
    session["referral_source"] = json!("newsletter");
    let office = Office::with(&[session]);
    let answer = office.session("018ba844-155b-7cc1-8a3f-4d2b6c1e9f70");
    assert_eq!(
        answer.transcript(),
        concat!(
            r#"200 {"success":true,"data":{"id":"018ba844-155b-7cc1-8a3f-4d2b6c1e9f70","status":"completed","#,
            r#""stage":"completed","client_type":"new","appointment_id":"A-1","remote_appointment_id":null,"#,
            r#""referral_source":"newsletter","referral_campaign":null,"referral_medium":null,"#,
            r#""created_at":"1969-01-01T00:00:00.000000Z","updated_at":"2023-11-07T05:38:12.480913Z","#,
            r#""last_activity_at":null},"message":"OK"}"#
        )
    );
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("cache-control"), Some("no-store"));
    assert_eq!(answer.header("link"), None);
}

#[test]
fn a_session_under_way_can_be_read_as_soon_as_it_is_reported() {
    let office = Office::open();
    let (id, _) = office.visitor();
    let listed = office.list("updated_at_start=2023-11-07T05:31:56Z").json()["data"]["content"][0].clone();
    assert_eq!(office.session(&id).json(), json!({ "success": true, "data": listed, "message": "OK" }));
}

#[test]
fn an_id_that_does_not_exist_and_one_of_another_location_are_the_same_to_the_byte() {
    let office = Office::with(&[abandoned("ours", "2023-11-07T05:31:56Z")]);
    office.desk.add_location("paws-dallas", &[]);
    let mut theirs = abandoned("theirs", "2023-11-07T05:31:56Z");
    theirs["location_id"] = json!("paws-dallas");
    office.desk.import("theirs.ndjson", &ndjson(&[theirs]));
    let all = office.desk.token(&["--scope", "partner", "--all-locations"]);
    assert_eq!(office.server.get(&format!("{LIST}/theirs"), &all, "paws-dallas").status, 200);
    let foreign = office.session("theirs");
    assert_eq!(foreign.transcript(), NOT_FOUND);
    assert!(is_failure(&foreign));
    for absent in ["none", "OURS", "ours%20", "%20ours", "ours%00", "our", "ours%2F", "*", "%25", "ours'--", "ours;x=1"]
    {
        assert_eq!(lasting(office.session(absent)), lasting(foreign.clone()), "{absent}");
    }
    // Also for a token that covers both locations: the session is not one of this location.
    let of_both = office.server.get(&format!("{LIST}/theirs"), &all, AUSTIN);
    assert_eq!(lasting(of_both), lasting(foreign));
}

#[test]
fn every_id_that_was_imported_can_be_asked_for() {
    let ids = [
        "plain",
        "a/b",
        "/",
        "//",
        "..",
        ".",
        "../../v1/booking_sessions",
        "a b",
        "a+b",
        "a%2Fb",
        "100%",
        "%",
        "?page=1#top",
        "a;b=c",
        "a:b@c",
        "\"'\\",
        "<id>",
        "z\u{fc}rich",
        "\u{732b}",
        "\u{1f63a}",
        "e\u{301}",
        "\u{e9}",
        "a\u{202e}b",
        "{id}",
        "booking_sessions",
        "0",
        "null",
    ];
    let office = Office::with(&ids.map(|id| abandoned(id, "2023-11-07T05:31:56Z")));
    for id in ids {
        let answer = office.session(&escaped(id));
        assert_eq!((answer.status, answer.json()["data"]["id"].as_str()), (200, Some(id)), "{id}");
    }
}

#[test]
fn what_a_path_may_hold_need_not_be_escaped() {
    let ids = ["..", ".", "a+b", "a;b=c", "a:b@c", "!$&'()*,-._~", "z\u{fc}rich"];
    let office = Office::with(&ids.map(|id| abandoned(id, "2023-11-07T05:31:56Z")));
    let [token, client] = office.credentials();
    for id in ids {
        let answer = send(&office.server, "GET", format!("{LIST}/{id}").as_bytes(), &[&token, &client], b"");
        assert_eq!((answer.status, answer.json()["data"]["id"].as_str()), (200, Some(id)), "{id}");
    }
}

#[test]
fn an_id_may_have_128_bytes() {
    let ids = ["x".repeat(128), "\u{1f63a}".repeat(32), "/".repeat(128), "\u{e9}".repeat(64)];
    let office = Office::with(&ids.clone().map(|id| abandoned(&id, "2023-11-07T05:31:56Z")));
    for id in &ids {
        let answer = office.session(&escaped(id));
        assert_eq!((answer.status, answer.json()["data"]["id"].as_str()), (200, Some(id.as_str())), "{id}");
    }
    for absent in ["x".repeat(127), "x".repeat(129), "x".repeat(4_000), "%78".repeat(129)] {
        assert_eq!(office.session(&absent).transcript(), NOT_FOUND);
    }
}

#[test]
fn a_path_that_is_no_text_is_no_session() {
    let office = Office::open();
    let [token, client] = office.credentials();
    for id in [b"%ff%fe".as_slice(), b"%c3%28", b"%", b"%zz", b"%ed%a0%80", b"%00", b"%0d%0aX:%20y"] {
        let target = [LIST.as_bytes(), b"/", id].concat();
        let answer = send(&office.server, "GET", &target, &[&token, &client], b"");
        assert_eq!(answer.transcript(), NOT_FOUND, "{}", String::from_utf8_lossy(id));
        assert!(is_failure(&answer));
    }
}

#[test]
fn a_query_of_the_session_is_ignored() {
    let office = Office::with(&[abandoned("a", "2023-11-07T05:31:56Z")]);
    let plain = office.session("a").body;
    for query in ["?", "?page=x", "?page=1&page=2", "?%ff", "?status=completed"] {
        assert_eq!(office.session(&format!("a{query}")).body, plain, "{query}");
    }
}

#[test]
fn access_is_checked_before_the_session_is_looked_for() {
    let office = Office::with(&[abandoned("a", "2023-11-07T05:31:56Z")]);
    office.desk.add_location("paws-dallas", &[]);
    let [token, client] = office.credentials();
    for id in ["a", "none", "%ff"] {
        let target = format!("{LIST}/{id}");
        let status = |headers: &[&[u8]]| send(&office.server, "GET", target.as_bytes(), headers, b"").status;
        assert_eq!(status(&[&client]), 401, "{id}");
        assert_eq!(status(&[b"Authorization: Bearer fd_x", &client]), 401, "{id}");
        assert_eq!(status(&[&token]), 400, "{id}");
        assert_eq!(status(&[&token, b"X-Client-Id: paws-dallas"]), 403, "{id}");
        assert_eq!(status(&[&token, b"X-Client-Id: nowhere"]), 403, "{id}");
    }
}
