//! What the booking page refuses, and that it says so to a person.

use crate::client::{self, Connection};
use crate::pages::{FORM, Practice, goes_to};
use crate::support::until;

#[test]
fn no_page_is_refused_without_a_word() {
    let practice = Practice::new(&[]);
    let base = practice.known("paws-austin");
    let slashed = format!("{base}/");
    let mut paths = vec![
        "/book/nowhere".to_owned(),
        "/book/paws-austin/theme/x.css".to_owned(),
        "/book/nowhere/theme/x.css".to_owned(),
        "/book/paws-austin/x".to_owned(),
        "/assets/nope.js".to_owned(),
        "/assets/%FF".to_owned(),
        "/book/%FF".to_owned(),
        "/assets".to_owned(),
        "/embed.js".to_owned(),
        "/embed/nowhere".to_owned(),
        "/embed/nowhere/preview".to_owned(),
        base.clone(),
        slashed,
    ];
    let steps = ["client", "type", "time", "hold", "release", "details", "confirm", "book", "done", "again", "x/y"];
    for start in [&*base, "/book/paws-austin/x.y", "/book/nowhere/x.y"] {
        paths.extend(steps.map(|step| format!("{start}/{step}")));
    }
    paths.extend(
        ["", "/time", "/cancel", "/appointment.ics"].map(|step| format!("/book/paws-austin/appointment/x.y{step}")),
    );
    let mut refused = 0;
    let mut connection = Connection::open(&practice.server.address).expect("the server accepts");
    for path in &paths {
        for (method, form) in [("GET", None), ("POST", Some("slot=x")), ("PUT", None), ("DELETE", None)] {
            let answer = connection.ask(method, path, &[FORM], form).expect("an answer");
            if !(400..500).contains(&answer.status) {
                continue;
            }
            refused += 1;
            let kind = answer.header("content-type").unwrap_or("none");
            assert!(!answer.body.is_empty() && answer.header("x-request-id").is_some(), "{method} {path}");
            let of_an_api = answer.status == 405 && !path.starts_with("/book") && !path.starts_with("/embed/");
            let page = kind.starts_with("text/html") || of_an_api || path == "/assets";
            assert!(page, "{method} {path}: {} {kind}", answer.status);
        }
    }
    assert!(refused > 100, "{refused}");
    for (path, status) in [("/assets/nope.js", 404), ("/book/paws-austin/theme/x.css", 404), ("/book/nowhere", 404)] {
        assert_eq!(practice.get(path).status, status, "{path}");
        // A HEAD has no body, and another request finds the connection as it was.
        connection.send(client::request("HEAD", path, &[], None).as_bytes()).expect("it is sent");
        assert_eq!(connection.receive_head().expect("an answer").status, status, "{path}");
        assert_eq!(connection.ask("GET", "/healthz", &[], None).expect("an answer").status, 200);
    }
}

#[test]
fn a_form_that_does_not_arrive_is_waited_for_and_then_refused() {
    let practice = Practice::new(&[]);
    let address = format!("{}/client", practice.start("paws-austin"));
    let head = format!("POST {address} HTTP/1.1\r\nHost: frontdesk\r\nContent-Length: 100\r\n\r\nclient_type=");
    let mut connection = Connection::open(&practice.server.address).expect("the server accepts");
    connection.send(head.as_bytes()).expect("it is sent");
    let answer = connection.receive().expect("an answer");
    assert_eq!((answer.status, answer.header("content-type")), (408, Some("text/html; charset=utf-8")));
    assert!(answer.body.contains("It didn’t get through"), "{}", answer.body);
    assert!(connection.is_closed());
}

#[test]
fn only_a_form_of_our_own_is_taken() {
    let practice = Practice::new(&[]);
    let address = format!("{}/client", practice.start("paws-austin"));
    let send = |headers: &[(&str, &str)]| {
        let mut connection = Connection::open(&practice.server.address).expect("the server accepts");
        let headers = [&[FORM], headers].concat();
        connection.ask("POST", &address, &headers, Some("client_type=new")).expect("an answer").status
    };
    for site in ["cross-site", "same-site"] {
        assert_eq!(send(&[("Sec-Fetch-Site", site)]), 403, "{site}");
        for origin in ["null", "https://paws.example", "https://evil.ex\u{e4}mple"] {
            assert_eq!(send(&[("Sec-Fetch-Site", site), ("Origin", origin)]), 403, "{site} {origin}");
        }
    }
    assert_eq!(send(&[("Origin", "https://evil.ex\u{e4}mple")]), 403);
    assert_eq!(send(&[("Sec-Fetch-Site", "same-origin"), ("Origin", "https://book.example")]), 303);
}

#[test]
fn what_was_typed_twice_is_asked_for_again() {
    let practice = Practice::new(&[]);
    let base = practice.known("paws-austin");
    let slot = practice.offered(&base, "checkup");
    let hold = practice.post(&format!("{base}/hold?type=checkup"), &format!("slot={slot}&slot={slot}"));
    assert_eq!((hold.status, hold.body.contains("Please choose another.")), (422, true));
    goes_to(&practice.post(&format!("{base}/hold?type=checkup"), &format!("slot={slot}")));
    let form = "first_name=Ana&last_name=Ruiz&phone=512+555+0100&email=ana%40example.com&email=eve%40example.com\
                &pet_name=Luna&species=dog&consent=yes&note=a%09b";
    for step in ["confirm", "book"] {
        let answer = practice.post(&format!("{base}/{step}?type=checkup"), &format!("{form}&slot={slot}"));
        assert_eq!(answer.status, 422);
        assert!(answer.body.contains("id=\"email-error\">This came twice. Please type it again."), "{}", answer.body);
        assert!(!answer.body.contains("eve@"), "{}", answer.body);
        assert_eq!(answer.body.matches("aria-invalid").count(), 1, "{}", answer.body);
    }
    let one = form.replace("&email=eve%40example.com", "");
    for changed in [format!("{one}&slot={slot}&slot={slot}"), format!("{one}&slot=&slot={slot}")] {
        let answer = practice.post(&format!("{base}/book?type=checkup"), &changed);
        assert_eq!((answer.status, answer.body.contains("Please choose another.")), (422, true), "{changed}");
    }
    let twice = practice.post(&format!("{base}/time?type=checkup"), "from=2030-01-01&from=2030-01-02");
    assert_eq!((twice.status, twice.body.contains("Choose a date from today until")), (422, true));
    assert_eq!(goes_to(&practice.post(&format!("{base}/client"), "client_type=new&client_type=returning")), base);
    goes_to(&practice.post(&format!("{base}/book?type=checkup"), &format!("{one}&slot={slot}")));
}

#[test]
fn the_page_on_which_a_visitor_arrived_is_said_as_it_was_asked_for() {
    let practice = Practice::new(&[]);
    let token = practice.desk.token(&["--scope", "booking", "--location", "paws-austin"]);
    for (told, scheme) in [(Some("https"), "https"), (Some("http"), "http"), (None, "http")] {
        let forwarded: Vec<_> = told.map(|told| ("X-Forwarded-Proto", told)).into_iter().collect();
        let base = goes_to(&practice.server.ask("GET", "/book/paws-austin", &forwarded, None));
        let session = base.rsplit('/').next().and_then(|visit| visit.split('.').next()).expect("an id");
        // The token is known to the server within a second.
        let timeline = until("the timeline can be read", || {
            let answer = practice.server.practice("GET", session, "timeline", &token, "");
            (answer.status == 200).then(|| answer.json())
        });
        let landing = format!("{scheme}://{}/book/paws-austin", practice.server.address);
        assert_eq!(timeline["events"][0]["landing_page"], landing.as_str(), "{told:?}");
    }
}
