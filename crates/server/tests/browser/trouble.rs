//! What goes wrong for visitors, and that they find on.

use serde_json::json;

use crate::driver::{Browser, DESK, PHONE};
use crate::support::until;
use crate::world::{World, accessible, choose, fill};

#[test]
fn an_expiry_in_the_middle_starts_again_at_the_same_place() {
    let world = World::with(&["--session-ttl", "6s"]);
    let browser = Browser::open(PHONE);
    browser.go(&world.page("/book/paws-austin?utm_source=newsletter&utm_campaign=spring"));
    choose(&browser, "returning", 1);
    fill(&browser, "Ana", "512 555 0147", "ana@example.com");
    let old = world.session("abandoned");
    assert_eq!(old["stage"], "checkout");
    browser.press("form .go");
    until("it is said", || (browser.text("h1") == "You were away for a while").then_some(()));
    accessible(&browser, "expired");
    browser.picture("phone-expired");
    browser.press("form .go");
    browser.reaches("checkout", "Does this look right?");
    // Nothing that was typed is lost.
    assert!(browser.words().contains("Limps since Sunday."));
    browser.press("form .go");
    browser.reaches("completed", "You’re booked.");
    let session = world.session("completed");
    assert_eq!(
        [&session["referral_source"], &session["referral_campaign"], &session["client_type"]],
        [&json!("newsletter"), &json!("spring"), &json!("returning")]
    );
    let timeline = world.timeline(&session);
    assert_eq!(timeline[0]["resumed_from"], old["id"], "{timeline:?}");
    assert_ne!(session["id"], old["id"]);
}

#[test]
fn two_visitors_want_the_same_time() {
    let world = World::new();
    let (one, other) = (Browser::open(PHONE), Browser::open(DESK));
    // The third type has one provider, so that a time is one time.
    for browser in [&one, &other] {
        browser.go(&world.page("/book/paws-austin"));
        browser.press("button[value=new]");
        browser.press(".choices li:nth-child(3) a");
        browser.wait("#page[data-stage=scheduling]");
    }
    let wanted = one.text("form > .first b");
    assert_eq!(other.text("form > .first b"), wanted);
    one.press("form > .first");
    one.wait("#first_name");
    other.press("form > .first");
    other.wait(".tell .first");
    assert!(other.words().contains("That time has just been taken. These are the nearest."));
    accessible(&other, "lost");
    other.picture("desk-3-time-lost");
    assert!(!other.words().contains(&format!("{wanted}\n")));
    other.press(".tell .first");
    other.wait("#first_name");
    for browser in [&one, &other] {
        fill(browser, "Ana", "512 555 0147", "ana@example.com");
        browser.press("form .go");
        browser.reaches("checkout", "Does this look right?");
        browser.press("form .go");
        browser.reaches("completed", "You’re booked.");
    }
    let sessions = world.sessions();
    assert!(sessions.iter().all(|session| session["status"] == "completed") && sessions.len() == 2);
    assert_eq!(sessions.iter().filter(|session| world.told(session, "time_lost")).count(), 1);
}

#[test]
fn back_keeps_the_time_and_what_was_typed() {
    let world = World::new();
    let browser = Browser::open(PHONE);
    browser.go(&world.page("/book/paws-austin"));
    browser.press("button[value=new]");
    browser.press(".choices li:nth-child(3) a");
    browser.wait("#page[data-stage=scheduling]");
    let chosen = browser.text("form > .first b");
    browser.press("form > .first");
    browser.wait("#first_name");
    browser.type_into("#first_name", "Zoë <b>");
    // The browser's own way back shows the time as chosen.
    browser.back();
    browser.wait(".times .kept");
    assert_eq!(browser.text("form > .first.kept b"), chosen);
    browser.press("form > .first.kept");
    browser.wait("#first_name");
    browser.type_into("#first_name", "Zoë <b>");
    // The page's own gives it back, so that it is open to others, and still offered.
    browser.press(".back");
    browser.reaches("scheduling", "When suits you?");
    assert!(!browser.has(".kept"));
    assert_eq!(browser.text("form > .first b"), chosen);
    browser.press("form > .first");
    browser.wait("#first_name");
    assert_eq!(browser.property("#first_name", "value"), "Zoë <b>");
    let session = world.session("active");
    assert!(world.told(&session, "time_released"));
}
