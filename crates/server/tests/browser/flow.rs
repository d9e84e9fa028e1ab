//! The whole way, as each kind of visitor takes it.

use serde_json::json;

use crate::driver::{Browser, DESK, ENTER, Eyes, PHONE, SPACE, TAB};
use crate::world::{LOCATION, World, accessible, choose, fill};

const LINK: &str = "/book/paws-austin?utm_source=newsletter&utm_medium=email&utm_campaign=oto%C3%B1o&utm_term=vet";

/// What the partner sees of a visit that came by [`LINK`] and led to an appointment.
fn is_on_the_record(world: &World, client_type: &str) {
    let session = world.session("completed");
    assert_eq!(
        [&session["stage"], &session["client_type"], &session["referral_source"], &session["referral_medium"]],
        ["completed", client_type, "newsletter", "email"].map(|text| json!(text)).each_ref()
    );
    assert_eq!(session["referral_campaign"], "otoño");
    assert!(session["appointment_id"].is_string());
    let timeline = world.timeline(&session);
    let started = &timeline[0];
    assert_eq!(started["term"], "vet", "{started}");
    for kind in ["searched", "time_held", "completed"] {
        assert!(world.told(&session, kind), "{kind} is not told: {timeline:?}");
    }
}

/// Nothing came from elsewhere, nothing was kept in the browser, nothing was refused by the security policy.
fn is_quiet(world: &World, browser: &Browser) {
    let home = world.page("/");
    let strange: Vec<String> =
        browser.requests().into_iter().filter(|url| url.starts_with("http") && !url.starts_with(&home)).collect();
    assert_eq!(strange, Vec::<String>::new());
    let expected = |one: &String| one.contains("status of 4");
    let complaints: Vec<String> = browser.complaints().into_iter().filter(|one| !expected(one)).collect();
    assert_eq!(complaints, Vec::<String>::new());
    // htmx notes in the tab where it is, and nothing of what was on the page.
    let kept = "return [document.cookie, localStorage.length, Object.keys(sessionStorage).join()]";
    assert_eq!(browser.script(kept, &json!([])), json!(["", 0, "htmx-current-path-for-history"]));
}

#[test]
fn a_new_client_on_a_phone() {
    let world = World::new();
    let browser = Browser::open(PHONE);
    browser.requests();
    browser.go(&world.page(LINK));
    let step = |stage, title, name| {
        browser.reaches(stage, title);
        accessible(&browser, name);
        browser.picture(&format!("phone-{name}"));
    };
    step("client_identification", "Have you been here before?", "1-client");
    browser.press("button[value=new]");
    step("appointment_type_selection", "What does your pet need?", "2-type");
    browser.press(".choices li:nth-child(1) a");
    step("scheduling", "When suits you?", "3-time");
    browser.press(".filter summary");
    browser.press(".jump summary");
    accessible(&browser, "3-time, unfolded");
    let next = browser.text("form > .first b");
    // "Today, November 27, 4:00 AM" is "Friday, November 27, 4:00 AM" from here on.
    let (_, chosen) = next.split_once(", ").expect("a day and a time");
    browser.press("form > .first");
    step("checkout", "How can we reach you?", "4-details");
    browser.press("form .go");
    browser.wait(".errors");
    step("checkout", "How can we reach you?", "4-details-errors");
    fill(&browser, "Ana", "512 555 0147", "ana@example.com");
    browser.press("form .go");
    step("checkout", "Does this look right?", "4-confirm");
    assert!(browser.words().contains(chosen), "{chosen} is not in {}", browser.words());
    browser.press("form .go");
    step("completed", "You’re booked.", "5-done");
    assert!(browser.words().contains(chosen) && browser.words().contains("Biscuit"));
    is_quiet(&world, &browser);
    is_on_the_record(&world, "new");
    // Loaded again, it is the same page and the same appointment.
    browser.reload();
    browser.reaches("completed", "You’re booked.");
    assert_eq!(world.sessions().len(), 1);
    let calendar = browser.property(".actions a[download]", "href");
    let path =
        calendar.as_str().and_then(|url| url.strip_prefix(&world.page(""))).expect("an address of ours").to_owned();
    let entry = world.server.ask("GET", &path, &[], None);
    assert_eq!(entry.header("content-type"), Some("text/calendar; charset=utf-8"));
    assert!(entry.body.contains("BEGIN:VEVENT") && entry.body.contains("Biscuit"), "{}", entry.body);
}

#[test]
fn a_returning_client_at_a_desk_in_spanish_and_in_the_dark() {
    let world = World::new();
    let browser = Browser::open(Eyes { dark: true, language: "es-ES", ..DESK });
    for (email, phone) in [("Rosa@example.com", "512 555 0148"), ("rosa@example.com", "(512) 555-0199")] {
        browser.go(&world.page(LINK));
        browser.reaches("client_identification", "¿Ha venido antes?");
        accessible(&browser, "client");
        browser.press("button[value=returning]");
        browser.reaches("appointment_type_selection", "¿Qué necesita su mascota?");
        accessible(&browser, "type");
        browser.press(".choices li:nth-child(2) a");
        browser.reaches("scheduling", "¿Cuándo le viene bien?");
        accessible(&browser, "time");
        browser.picture("desk-3-time");
        browser.press("form > .first");
        browser.reaches("checkout", "¿Cómo podemos contactarle?");
        fill(&browser, "Rosa", phone, email);
        accessible(&browser, "details");
        browser.picture("desk-4-details");
        browser.press("form .go");
        browser.reaches("checkout", "¿Está todo bien?");
        accessible(&browser, "confirm");
        // Nobody is told whether they are known.
        assert!(!browser.words().contains("0148") || phone.contains("0148"));
        browser.press("form .go");
        browser.reaches("completed", "Su visita está reservada.");
        accessible(&browser, "done");
        browser.picture("desk-5-done");
        is_quiet(&world, &browser);
    }
    let sessions = world.sessions();
    assert_eq!(sessions.len(), 2);
    assert!(sessions.iter().all(|one| one["client_type"] == "returning" && one["status"] == "completed"));
}

/// Presses Tab until the focus is on what a selector describes.
fn tab_to(browser: &Browser, css: &str) {
    for _ in 0..120 {
        browser.keys(TAB);
        if browser.script("return document.activeElement.matches(arguments[0])", &json!([css])) == json!(true) {
            return;
        }
    }
    panic!("the keyboard does not reach {css} at {}", browser.url());
}

#[test]
fn by_keyboard_alone() {
    let world = World::new();
    let browser = Browser::open(DESK);
    browser.go(&world.page(LINK));
    browser.reaches("client_identification", "Have you been here before?");
    tab_to(&browser, "a.skip");
    tab_to(&browser, "button[value=new]");
    browser.keys(ENTER);
    browser.reaches("appointment_type_selection", "What does your pet need?");
    // The focus is where the new step begins.
    browser.wait("h1:focus");
    tab_to(&browser, ".choices li:nth-child(1) a");
    browser.keys(ENTER);
    browser.reaches("scheduling", "When suits you?");
    tab_to(&browser, ".days details:nth-child(2) summary");
    browser.keys(ENTER);
    tab_to(&browser, ".days details:nth-child(2) .times button");
    browser.keys(SPACE);
    browser.reaches("checkout", "How can we reach you?");
    tab_to(&browser, "#first_name");
    // Enter in a field sends the form, and does not go back.
    browser.keys(&format!("Ana{ENTER}"));
    browser.wait(".errors:focus");
    assert_eq!(browser.property("#first_name", "value"), "Ana");
    tab_to(&browser, ".errors li:first-child a");
    browser.keys(ENTER);
    browser.wait("#last_name:focus");
    browser.keys(&format!("Ruiz{TAB}512 555 0147{TAB}ana@example.com{TAB}Biscuit{TAB}{SPACE}"));
    tab_to(&browser, "#consent");
    browser.keys(SPACE);
    tab_to(&browser, "form .go");
    browser.keys(ENTER);
    browser.reaches("checkout", "Does this look right?");
    tab_to(&browser, "form .go");
    browser.keys(ENTER);
    browser.reaches("completed", "You’re booked.");
    is_on_the_record(&world, "new");
}

#[test]
fn without_scripts() {
    let world = World::new();
    let browser = Browser::open(Eyes { scripts: false, ..PHONE });
    browser.go(&world.page(LINK));
    browser.reaches("client_identification", "Have you been here before?");
    choose(&browser, "new", 1);
    browser.press("form .go");
    browser.wait(".errors");
    fill(&browser, "Ana", "512 555 0147", "ana@example.com");
    browser.press("form .go");
    browser.reaches("checkout", "Does this look right?");
    // Another time, and nothing that was typed is lost.
    browser.press(".lines > div:nth-child(2) button");
    browser.reaches("scheduling", "When suits you?");
    browser.press(".days details:nth-child(1) .times button:last-child");
    browser.reaches("checkout", "Does this look right?");
    assert!(browser.words().contains("ana@example.com"));
    browser.press("form .go");
    browser.reaches("completed", "You’re booked.");
    is_on_the_record(&world, "new");
}

#[test]
fn an_appointment_is_moved_and_cancelled_by_its_link() {
    let world = World::new();
    let browser = Browser::open(PHONE);
    browser.go(&world.page(LINK));
    choose(&browser, "new", 1);
    fill(&browser, "Ana", "512 555 0147", "ana@example.com");
    browser.press("form .go");
    browser.reaches("checkout", "Does this look right?");
    browser.press("form .go");
    browser.reaches("completed", "You’re booked.");
    browser.press(".actions a[href$=time]");
    browser.wait(".days");
    accessible(&browser, "move");
    browser.press(".days details:nth-child(2) summary");
    browser.press(".days details:nth-child(2) .times button:nth-child(3)");
    browser.wait(".lines");
    assert_eq!(browser.text("h1"), "Move your appointment?");
    accessible(&browser, "move, asked once more");
    let later = browser.text(".lines > div:nth-child(2) dd");
    browser.press("form .go");
    browser.wait("a[download]");
    assert_eq!(browser.text("h1"), "Your appointment has moved.");
    assert!(browser.words().contains(&later));
    browser.press(".actions a[href$=cancel]");
    crate::support::until("it is asked", || (browser.text("h1") == "Cancel this appointment?").then_some(()));
    accessible(&browser, "cancel");
    browser.press("form .go");
    browser.wait(".gone");
    assert_eq!(browser.text("h1"), "Your appointment is cancelled.");
    accessible(&browser, "cancelled");
    assert_eq!(world.session("completed")["stage"], "completed");
    assert_eq!(LOCATION, "paws-austin");
}
