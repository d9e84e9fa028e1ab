//! Who is let in: `Authorization` and `X-Client-Id` of a Partner API request, in every odd form.

use crate::partner::{AUSTIN, Office, is_failure, lasting};
use crate::support::{Answer, LIST};

const QUERY: &str = "updated_at_start=2023-11-07T05:31:56Z";
const EMPTY_PAGE: &str =
    r#"{"success":true,"data":{"page":0,"per_page":10,"total_count":0,"content":[]},"message":"OK"}"#;
const UNAUTHORIZED: &str = r#"{"success":false,"message":"Authorization takes Bearer and a valid token."}"#;
const FORBIDDEN: &str =
    r#"{"success":false,"message":"This token does not give access to the location in X-Client-Id."}"#;

/// With these values of `Authorization`, each in a header of its own, and the right location.
fn by(office: &Office, authorizations: &[String]) -> Answer {
    let lines: Vec<Vec<u8>> = authorizations.iter().map(|value| format!("Authorization: {value}").into()).collect();
    let client = format!("X-Client-Id: {AUSTIN}");
    let headers: Vec<&[u8]> = lines.iter().map(Vec::as_slice).chain([client.as_bytes()]).collect();
    office.list_with(QUERY, &headers)
}

/// With the right token and these values of `X-Client-Id`, each in a header of its own.
fn as_client(office: &Office, clients: &[&[u8]]) -> Answer {
    let lines: Vec<Vec<u8>> = clients.iter().map(|value| [b"X-Client-Id: ", *value].concat()).collect();
    let [token, _] = office.credentials();
    let headers: Vec<&[u8]> = lines.iter().map(Vec::as_slice).chain([token.as_slice()]).collect();
    office.list_with(QUERY, &headers)
}

#[test]
fn without_one_good_bearer_token_there_is_401() {
    let office = Office::open();
    let good = office.token.clone();
    let other = office.desk.token(&["--scope", "partner", "--location", AUSTIN]);
    let (good_id, good_secret) = good.split_at(20);
    let (other_id, other_secret) = other.split_at(20);
    let bearer = |token: &str| vec![format!("Bearer {token}")];
    let wrong: Vec<Vec<String>> = vec![
        vec![],
        vec![String::new()],
        vec!["Bearer".to_owned()],
        vec!["Bearer ".to_owned()],
        vec![good.clone()],
        vec![format!("Basic {good}")],
        vec![format!("Token {good}")],
        vec![format!("Bearer,{good}")],
        vec![format!("Bearer={good}")],
        vec![format!("\"Bearer {good}\"")],
        vec![format!("Bearer {good}, Bearer {good}")],
        vec![format!("Bearer {good}"), format!("Bearer {good}")],
        vec![format!("Bearer {good}"), "Basic Zm86YmFy".to_owned()],
        bearer("garbage"),
        bearer("fd_"),
        bearer(&"x".repeat(5000)),
        bearer(&format!("\u{fc}{good}")),
        bearer(&format!("{good} {good}")),
        bearer(&format!("{good}x")),
        bearer(&format!("{good}=")),
        bearer(&format!("\"{good}\"")),
        bearer(&good[..good.len() - 1]),
        bearer(&good[1..]),
        bearer(good_id),
        bearer(&good.to_ascii_uppercase()),
        bearer(&format!("{good_id}{other_secret}")),
        bearer(&format!("{other_id}{good_secret}")),
        bearer("fd_0000000000000000_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"),
    ];
    for authorizations in wrong {
        let answer = by(&office, &authorizations);
        assert_eq!((answer.status, answer.body.as_str()), (401, UNAUTHORIZED), "{authorizations:?}");
        assert_eq!(answer.header("www-authenticate"), Some("Bearer"), "{authorizations:?}");
        assert_eq!(answer.header("content-type"), Some("application/json"));
    }
}

#[test]
fn the_scheme_is_taken_in_any_case() {
    let office = Office::open();
    for scheme in ["Bearer", "bearer", "BEARER", "bEaReR", "Bearer  "] {
        let answer = by(&office, &[format!("{scheme} {}", office.token)]);
        assert_eq!((answer.status, answer.body.as_str()), (200, EMPTY_PAGE), "{scheme}");
    }
    // Spaces around a header's value are not part of it (RFC 9110, section 5.5).
    assert_eq!(by(&office, &[format!("   Bearer {}   ", office.token)]).status, 200);
}

#[test]
fn a_revoked_token_is_refused_at_once() {
    let office = Office::open();
    let other = office.desk.token(&["--scope", "partner", "--all-locations"]);
    let target = format!("{LIST}?{QUERY}");
    assert_eq!(office.server.get(&target, &other, AUSTIN).status, 200);
    let said = office.desk.done(&["token", "revoke", &other[3..19]]);
    assert_eq!(said, format!("Revoked token {}.\n", &other[3..19]));
    assert_eq!(office.server.get(&target, &other, AUSTIN).transcript(), format!("401 {UNAUTHORIZED}"));
    assert_eq!(office.list(QUERY).status, 200);
}

#[test]
fn tokens_and_locations_made_beside_the_server_are_known_at_once() {
    let office = Office::open();
    let target = format!("{LIST}?{QUERY}");
    let everywhere = office.desk.token(&["--scope", "partner", "--all-locations"]);
    assert_eq!(office.server.get(&target, &everywhere, "paws-dallas").status, 403);
    office.desk.add_location("paws-dallas", &[]);
    assert_eq!(office.server.get(&target, &everywhere, "paws-dallas").transcript(), format!("200 {EMPTY_PAGE}"));
    assert_eq!(office.list(QUERY).status, 200);
    assert_eq!(office.server.get(&target, &office.token, "paws-dallas").status, 403);
}

#[test]
fn only_tokens_for_partners_read_the_record() {
    let office = Office::open();
    for (scope, expected) in [
        ("partner", format!("200 {EMPTY_PAGE}")),
        ("admin", format!("200 {EMPTY_PAGE}")),
        ("booking", format!("403 {FORBIDDEN}")),
    ] {
        let token = office.desk.token(&["--scope", scope, "--location", AUSTIN]);
        let answer = office.server.get(&format!("{LIST}?{QUERY}"), &token, AUSTIN);
        assert_eq!(answer.transcript(), expected, "{scope}");
        let one = office.server.get(&format!("{LIST}/x"), &token, AUSTIN);
        assert_eq!(one.status, if scope == "booking" { 403 } else { 404 }, "{scope}");
    }
}

#[test]
fn a_token_of_two_locations_reads_each_and_no_third() {
    let office = Office::open();
    for id in ["paws-dallas", "paws-el-paso"] {
        office.desk.add_location(id, &[]);
    }
    let both = office.desk.token(&["--scope", "partner", "--location", AUSTIN, "--location", "paws-dallas"]);
    let status = |location| office.server.get(&format!("{LIST}?{QUERY}"), &both, location).status;
    assert_eq!([AUSTIN, "paws-dallas", "paws-el-paso"].map(status), [200, 200, 403]);
}

#[test]
fn the_location_has_to_be_named_once() {
    let office = Office::open();
    let required = r#"400 {"success":false,"message":"X-Client-Id is required: the location id of the practice."}"#;
    let once = r#"400 {"success":false,"message":"X-Client-Id takes one location id; it was given more than once."}"#;
    assert_eq!(as_client(&office, &[]).transcript(), required);
    assert_eq!(as_client(&office, &[b""]).transcript(), required);
    assert_eq!(as_client(&office, &[b" \t "]).transcript(), required);
    assert_eq!(as_client(&office, &[AUSTIN.as_bytes(), AUSTIN.as_bytes()]).transcript(), once);
    assert_eq!(as_client(&office, &[AUSTIN.as_bytes(), b""]).transcript(), once);
    assert_eq!(as_client(&office, &[b"", b""]).transcript(), once);
    assert_eq!(as_client(&office, &[b"  paws-austin  "]).status, 200);
}

#[test]
fn nobody_learns_which_locations_exist() {
    let office = Office::open();
    office.desk.add_location("paws-dallas", &[]);
    let foreign = as_client(&office, &[b"paws-dallas"]);
    assert_eq!(foreign.transcript(), format!("403 {FORBIDDEN}"));
    assert!(is_failure(&foreign));
    for unknown in [
        b"paws-houston".as_slice(),
        b"PAWS-AUSTIN",
        b"paws-austi",
        b"paws-austin-",
        b"paws-austin, paws-austin",
        b"paws-austin;q=1",
        b"paws%2Daustin",
        b"\"paws-austin\"",
        b"*",
        b"../paws-austin",
        b"' OR '1'='1",
        b"paws-austin\xc2\xa0",
        "z\u{fc}rich".as_bytes(),
        b"z\xfcrich",
        b"\xff\xfe",
        &[b'x'; 4000],
    ] {
        let answer = as_client(&office, &[unknown]);
        assert_eq!(lasting(answer), lasting(foreign.clone()), "{}", String::from_utf8_lossy(unknown));
    }
    let one = |location| lasting(office.server.get(&format!("{LIST}/x"), &office.token, location));
    assert_eq!(one("paws-dallas"), one("paws-houston"));
}

#[test]
fn a_location_id_may_be_any_text() {
    let office = Office::open();
    for id in ["z\u{fc}rich", "\u{732b} clinic", "a/b?c=d&e%20f", "1"] {
        office.desk.add_location(id, &[]);
        let token = office.desk.token(&["--scope", "partner", "--location", id]);
        let headers = [format!("Authorization: Bearer {token}"), format!("X-Client-Id: {id}")];
        let answer = office.list_with(QUERY, &[headers[0].as_bytes(), headers[1].as_bytes()]);
        assert_eq!(answer.transcript(), format!("200 {EMPTY_PAGE}"), "{id}");
    }
}

#[test]
fn of_several_mistakes_the_first_in_order_is_answered() {
    let office = Office::open();
    let [token, client] = office.credentials();
    let status = |query: &str, headers: &[&[u8]]| office.list_with(query, headers).status;
    let (wrong, foreign) = (b"Authorization: Bearer fd_wrong".as_slice(), b"X-Client-Id: paws-dallas".as_slice());
    // Token, then X-Client-Id, then what the token covers, then the query.
    assert_eq!(status("page=x", &[]), 401);
    assert_eq!(status("page=x", &[wrong]), 401);
    assert_eq!(status("page=x", &[wrong, foreign]), 401);
    assert_eq!(status("page=x", &[wrong, &client]), 401);
    assert_eq!(status(QUERY, &[&token]), 400);
    assert_eq!(status(QUERY, &[&token, foreign, foreign]), 400);
    assert_eq!(status("page=x", &[&token, foreign]), 403);
    assert_eq!(status("page=x", &[&token, &client]), 400);
    assert_eq!(status(QUERY, &[&token, &client]), 200);
    let booking = office.desk.token(&["--scope", "booking", "--location", AUSTIN]);
    assert_eq!(status(QUERY, &[format!("Authorization: Bearer {booking}").as_bytes()]), 400);
}

#[test]
fn a_token_that_covers_nothing_of_interest_is_limited_all_the_same() {
    let office = Office::serving(&[], &["--rate-limit", "2"]);
    let ask = || as_client(&office, &[b"paws-dallas"]).status;
    assert_eq!([ask(), ask(), ask()], [403, 403, 429]);
    // The limit is the token's, so it has nothing left for its own location either.
    assert_eq!(office.list(QUERY).status, 429);
}

#[test]
fn requests_without_a_good_token_use_up_nobody_s_limit() {
    let office = Office::serving(&[], &["--rate-limit", "2"]);
    let forged = format!("Bearer {}{}", &office.token[..20], "A".repeat(43));
    for _ in 0..5 {
        assert_eq!(by(&office, std::slice::from_ref(&forged)).status, 401);
    }
    assert_eq!(office.list(QUERY).status, 200);
}
