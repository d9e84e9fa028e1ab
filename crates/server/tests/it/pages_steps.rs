//! The steps of the booking page, taken by whoever is not where the page thinks: in two tabs, out of order, or ahead.

use crate::pages::{FORM, Practice, goes_to};
use crate::support::Answer;

/// What a client types, with nothing wrong in it.
const DETAILS: &str = "first_name=Ana&last_name=Ruiz&phone=512+555+0100&email=ana%40example.com&pet_name=Luna\
                       &species=dog&consent=yes";

/// The times that a session is offered: the id, and how it is said.
fn times(practice: &Practice, base: &str) -> Vec<(String, String)> {
    let page = practice.get(&format!("{base}/time?type=checkup"));
    assert_eq!(page.status, 200, "{}", page.body);
    let buttons = page.body.split("<button name=\"slot\" value=\"").skip(1);
    let parts = buttons.filter_map(|rest| rest.split_once("\" aria-label=\""));
    parts.map(|(id, rest)| (id.to_owned(), rest.split('"').next().unwrap_or_default().to_owned())).collect()
}

/// A session that came to "Does this look right?" with its first time in one tab and has kept its second in another.
fn in_two_tabs(practice: &Practice) -> (String, Vec<(String, String)>) {
    let base = practice.known("paws-austin");
    let times = times(practice, &base);
    practice.post(&format!("{base}/hold?type=checkup"), &format!("slot={}", times[0].0));
    let shown = confirmed(practice, &base, "confirm", &times[0].0);
    assert!(shown.status == 200 && shown.body.contains(&times[0].1), "{}", shown.body);
    practice.post(&format!("{base}/hold?type=checkup"), &format!("slot={}", times[1].0));
    (base, times)
}

fn confirmed(practice: &Practice, base: &str, step: &str, slot: &str) -> Answer {
    practice.post(&format!("{base}/{step}?type=checkup"), &format!("{DETAILS}&slot={slot}"))
}

/// Whether a page takes along what was typed.
fn remembers(answer: &Answer) -> bool {
    answer.body.contains("name=\"pet_name\" value=\"Luna\"")
}

#[test]
fn the_time_that_is_booked_is_the_one_on_the_page() {
    let practice = Practice::new(&[]);
    let (base, times) = in_two_tabs(&practice);
    let shown = confirmed(&practice, &base, "confirm", &times[0].0);
    assert!(shown.body.contains(&times[0].1) && !shown.body.contains(&times[1].1), "{}", shown.body);
    practice.post(&format!("{base}/hold?type=checkup"), &format!("slot={}", times[1].0));
    let done = practice.get(&goes_to(&confirmed(&practice, &base, "book", &times[0].0)));
    assert!(done.body.contains("You’re booked."), "{}", done.body);
    assert!(done.body.contains(&times[0].1) && !done.body.contains(&times[1].1), "{}", done.body);
}

#[test]
fn a_time_on_the_page_that_is_gone_is_said_to_be_gone() {
    let practice = Practice::new(&[]);
    let (base, times) = in_two_tabs(&practice);
    let other = practice.known("paws-austin");
    goes_to(&practice.post(&format!("{other}/hold?type=checkup"), &format!("slot={}", times[0].0)));
    let foreign = practice.offered(&practice.known("lakeside"), "checkup");
    for (slot, status, told) in [
        (times[0].0.as_str(), 409, "That time has just been taken."),
        (&foreign, 422, "Please choose another."),
        ("nonsense", 422, "Please choose another."),
    ] {
        for step in ["details", "confirm", "book"] {
            let answer = confirmed(&practice, &base, step, slot);
            assert_eq!((answer.status, remembers(&answer)), (status, true), "{step} {slot}");
            assert!(answer.body.contains(told), "{step} {slot}: {}", answer.body);
        }
    }
    assert!(practice.sessions().iter().all(|session| session["status"] == "active"));
}

#[test]
fn every_time_that_is_kept_counts() {
    let practice = Practice::new(&["--holds-per-minute", "1", "--trusted-proxy", "127.0.0.1"]);
    for (step, address) in [("details", "203.0.113.1"), ("confirm", "203.0.113.2"), ("book", "203.0.113.3")] {
        let base = practice.known("paws-austin");
        let times = times(&practice, &base);
        let keep = |step: &str, slot: &str| {
            let headers = [FORM, ("X-Forwarded-For", address)];
            let form = format!("{DETAILS}&slot={slot}");
            practice.server.ask("POST", &format!("{base}/{step}?type=checkup"), &headers, Some(&form))
        };
        assert_eq!(keep("details", &times[0].0).status, 200);
        // What is kept already is not kept anew.
        assert_eq!(keep("confirm", &times[0].0).status, 200);
        let refused = keep(step, &times[1].0);
        assert_eq!((refused.status, remembers(&refused)), (429, true));
        assert!(refused.body.contains("Please wait a minute"), "{}", refused.body);
    }
}

#[test]
fn nobody_gets_past_the_first_question() {
    let practice = Practice::new(&[]);
    let slot = practice.offered(&practice.known("paws-austin"), "checkup");
    let base = practice.start("paws-austin");
    for step in ["type", "time", "hold", "release", "details", "confirm", "book"] {
        let address = format!("{base}/{step}?type=checkup");
        assert_eq!(
            goes_to(&practice.post(&address, &format!("slot={slot}"))),
            format!("{base}?type=checkup"),
            "{step}"
        );
        let answer = confirmed(&practice, &base, step, &slot);
        assert_eq!((answer.status, remembers(&answer)), (409, true), "{step}");
        assert!(answer.body.contains("Have you been here before?"), "{step}: {}", answer.body);
    }
    assert_eq!(goes_to(&practice.get(&format!("{base}/details?type=checkup"))), format!("{base}?type=checkup"));
    let mut sessions = practice.sessions();
    sessions.retain(|session| session["client_type"].is_null());
    assert_eq!((sessions.len(), &sessions[0]["status"]), (1, &"active".into()));
}

#[test]
fn a_step_that_nobody_sees_is_none() {
    let practice = Practice::new(&[]);
    let ask = |method, path: &str, headers: &[(&str, &str)]| practice.server.ask(method, path, headers, None);
    let started = practice.start("paws-austin");
    let known = practice.known("paws-austin");
    let slot = practice.offered(&known, "checkup");
    goes_to(&practice.post(&format!("{known}/hold?type=checkup"), &format!("slot={slot}")));
    let before = practice.sessions();
    assert_eq!((&before[0]["stage"], &before[1]["stage"]), (&"started".into(), &"checkout".into()));
    let steps = ["", "/type", "/time?type=checkup", "/details?type=checkup"].map(|step| format!("{known}{step}"));
    for address in steps.iter().chain([&started]) {
        assert_eq!(ask("HEAD", address, &[]).status, 200, "{address}");
        let ahead = ask("GET", address, &[("Sec-Purpose", "prefetch")]);
        assert_eq!((ahead.status, ahead.header("cache-control")), (503, Some("no-store")), "{address}");
    }
    assert_eq!(practice.sessions(), before);
}
