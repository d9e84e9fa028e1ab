//! `frontdesk token`: made, shown once, kept as a digest, listed without secrets, revoked at once.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

use crate::support::{Desk, LIST};

const LOCATION: &str = "paws-austin";

/// The bytes of every file in the desk's folder.
fn files(desk: &Desk) -> Vec<(String, Vec<u8>)> {
    let folder = std::fs::read_dir(desk.path(".")).expect("the folder can be read");
    let read = |entry: std::io::Result<std::fs::DirEntry>| {
        let path = entry.expect("an entry").path();
        (path.display().to_string(), std::fs::read(&path).expect("the file can be read"))
    };
    folder.map(read).collect()
}

fn holds(bytes: &[u8], part: &[u8]) -> bool {
    bytes.windows(part.len()).any(|window| window == part)
}

/// The status of a partner's request.
fn asked(server: &crate::support::Server, token: &str, location: &str) -> u16 {
    server.get(&format!("{LIST}?updated_at_start=2023-11-07T05:31:56Z"), token, location).status
}

/// The rows of the list, each with its times cut.
fn listed(desk: &Desk) -> Vec<String> {
    let list = desk.done(&["token", "list"]);
    let is_time = |word: &&str| word.len() == 20 && word.starts_with("20") && word.ends_with('Z');
    let words = |line: &str| {
        let words = line.split_whitespace().map(|word| if is_time(&word) { "<time>" } else { word });
        words.collect::<Vec<_>>().join(" ")
    };
    list.lines().map(words).collect()
}

#[test]
fn a_new_token_is_alone_on_standard_output() {
    let desk = Desk::with_location(LOCATION);
    let output = desk.run(&["token", "create", "--scope", "partner", "--location", LOCATION]);
    assert!(output.status.success());
    let token = String::from_utf8(output.stdout).expect("ASCII");
    let said = String::from_utf8(output.stderr).expect("ASCII");
    let id = &token[3..19];
    assert_eq!((token.len(), &token[..3], &token[19..20], token.lines().count()), (64, "fd_", "_", 1), "{token}");
    let password = &token.trim_end()[20..];
    assert_eq!(
        said,
        format!(
            "Token {id}, scope partner, for paws-austin. It is shown only this once.\n\
             A client that signs in takes {id} as its username and {password} as its password.\n"
        )
    );
}

#[test]
fn no_file_holds_a_token_or_a_session_s_secret() {
    let desk = Desk::in_file_with(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = desk.serve();
    let answer = server.post_start(&[("Idempotency-Key", "key")], r#"{"location_id":"paws-austin"}"#);
    let visit = crate::booking::Visit::of(&answer);
    let (_, secret) = token.rsplit_once("fd_").and_then(|(_, rest)| rest.split_once('_')).expect("a token's parts");
    let tag = &visit.secret[3..46];
    let raw = |text: &str| URL_SAFE_NO_PAD.decode(text).expect("base64");
    let secrets = [secret.as_bytes().to_vec(), raw(secret), tag.as_bytes().to_vec(), raw(tag)];
    let whole = |desk: &Desk| {
        let files = files(desk);
        assert!(files.iter().any(|(_, bytes)| holds(bytes, visit.id.as_bytes())), "the session is in the files");
        for (name, bytes) in files {
            for (index, secret) in secrets.iter().enumerate() {
                assert!(!holds(&bytes, secret), "{name} holds secret {index}");
            }
        }
    };
    whole(&desk);
    server.signal("TERM");
    let (_, log) = server.wait();
    assert!(!log.contains(secret) && !log.contains(tag), "{log}");
    whole(&desk);
    desk.done(&["backup", "copy.db"]);
    whole(&desk);
}

#[test]
fn the_list_shows_whom_a_token_is_for_and_no_secret() {
    let desk = Desk::with_location(LOCATION);
    desk.add_location("paws-dallas", &[]);
    let one = desk.token(&["--scope", "partner", "--location", LOCATION, "--note", "Acme CRM"]);
    let reach = ["--location", "paws-dallas", "--location", LOCATION, "--location", "paws-dallas"];
    let two = desk.token(&[&["--scope", "booking"], reach.as_slice()].concat());
    let three = desk.token(&["--scope", "admin", "--all-locations", "--note", ""]);
    desk.done(&["token", "revoke", &two]);
    let id = |token: &str| token[3..19].to_owned();
    assert_eq!(
        listed(&desk),
        [
            "ID SCOPE LOCATIONS CREATED REVOKED NOTE".to_owned(),
            format!("{} partner paws-austin <time> - Acme CRM", id(&one)),
            format!("{} booking paws-austin paws-dallas <time> <time>", id(&two)),
            format!("{} admin all locations <time> -", id(&three)),
        ]
    );
    let list = desk.done(&["token", "list"]);
    assert!([one, two, three].iter().all(|token| !list.contains(&token[20..])));
}

#[test]
fn a_token_holds_for_its_own_locations_as_soon_as_it_is_made() {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve();
    let one = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let every = desk.token(&["--scope", "partner", "--all-locations"]);
    desk.add_location("paws-dallas", &[]);
    assert_eq!(asked(&server, &one, LOCATION), 200);
    assert_eq!(asked(&server, &one, "paws-dallas"), 403);
    assert_eq!(asked(&server, &every, "paws-dallas"), 200, "those of the future included");
    // The public part alone, with another secret, is nothing.
    let forged = format!("{}{}", &one[..20], &every[20..]);
    assert_eq!(asked(&server, &forged, LOCATION), 401);
}

#[test]
fn a_token_is_revoked_by_its_id_or_whole_and_at_once() {
    let desk = Desk::with_location(LOCATION);
    let server = desk.serve();
    let make = || desk.token(&["--scope", "partner", "--location", LOCATION]);
    let (one, two, kept) = (make(), make(), make());
    for token in [&one, &two, &kept] {
        assert_eq!(asked(&server, token, LOCATION), 200);
    }
    let (id_of_one, id_of_two) = (&one[3..19], &two[3..19]);
    assert_eq!(desk.done(&["token", "revoke", id_of_one]), format!("Revoked token {id_of_one}.\n"));
    assert_eq!(desk.done(&["token", "revoke", &two]), format!("Revoked token {id_of_two}.\n"));
    let again = desk.done(&["token", "revoke", &id_of_one.to_uppercase()]);
    assert_eq!(again, format!("Revoked token {id_of_one}.\n"), "again changes nothing");
    assert_eq!([&one, &two, &kept].map(|token| asked(&server, token, LOCATION)), [401, 401, 200]);
}

#[test]
fn a_token_that_is_not_there_cannot_be_revoked() {
    let desk = Desk::with_location(LOCATION);
    assert_eq!(
        desk.refused(&["token", "revoke", "0123456789abcdef"]),
        "1 error: there is no token 0123456789abcdef; `frontdesk token list` shows those there are"
    );
}

#[test]
fn a_token_for_a_location_that_is_not_there_is_not_made() {
    let desk = Desk::with_location(LOCATION);
    assert_eq!(
        desk.refused(&["token", "create", "--scope", "partner", "--location", LOCATION, "--location", "paws-autsin"]),
        "1 error: there is no location paws-autsin; `frontdesk location list` shows those there are"
    );
    assert_eq!(listed(&desk), ["ID SCOPE LOCATIONS CREATED REVOKED NOTE"]);
    let both = desk.refused(&["token", "create", "--scope", "partner", "--location", LOCATION, "--all-locations"]);
    let said = "2 error: the argument '--location <ID>' cannot be used with '--all-locations'\n";
    assert!(both.starts_with(said), "{both}");
}
