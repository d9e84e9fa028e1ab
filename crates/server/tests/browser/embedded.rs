//! The embed, on a page of another site, in a browser that keeps no third-party cookies.

use std::io::{BufRead, BufReader, Write};
use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::driver::{Browser, DESK, Eyes, PHONE};
use crate::support::until;
use crate::world::{World, fill};

/// A website that answers every request with one page.
struct Website {
    /// `http://localhost:PORT`, another site than `127.0.0.1`.
    origin: String,
}

impl Website {
    /// Where it will be, before what it shows is known.
    fn listen() -> (TcpListener, Self) {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let origin = format!("http://localhost:{}", listener.local_addr().expect("its address").port());
        (listener, Self { origin })
    }

    /// Shows `body` to whoever asks, as long as the test runs.
    fn show(&self, listener: TcpListener, body: &str) {
        let page =
            format!("<!doctype html><html lang=\"en\"><title>Paws</title><body><h1>Paws</h1>{body}</body></html>");
        std::thread::spawn(move || {
            for stream in listener.incoming().map_while(Result::ok) {
                let page = page.clone();
                // A browser opens connections that it may never use.
                std::thread::spawn(move || answer(stream, &page));
            }
        });
    }
}

fn answer(mut stream: TcpStream, page: &str) {
    let Ok(copy) = stream.try_clone() else { return };
    for line in BufReader::new(copy).lines().map_while(Result::ok) {
        if line.is_empty() {
            break;
        }
    }
    // Who has gone needs no answer.
    let _ = write!(
        stream,
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{page}",
        page.len()
    );
}

const HEARS: &str = "<script>window.dataLayer = []; window.heard = []; \
    addEventListener('message', event => { if (event.origin === location.origin) heard.push(event.data.stage); });</script>";

/// A world with a website that embeds its page by this script.
fn embedded(attributes: &str, eyes: Eyes) -> (World, Website, Browser) {
    let (listener, site) = Website::listen();
    let world = World::with(&["--origin", &site.origin]);
    let script = world.page("/embed.js");
    site.show(
        listener,
        &format!("{HEARS}<script src=\"{script}\" data-location=\"paws-austin\" {attributes} async></script>"),
    );
    let browser = Browser::open(eyes);
    browser.go(&format!("{}/care/?utm_source=google&utm_medium=cpc&utm_campaign=vet+near+me&other=1#top", site.origin));
    (world, site, browser)
}

fn books_in_the_frame(browser: &Browser) {
    browser.enter("iframe");
    browser.press("button[value=new]");
    browser.press(".choices li:nth-child(1) a");
    browser.press("form > .first");
    browser.wait("#first_name");
    fill(browser, "Ana", "512 555 0147", "ana@example.com");
    browser.press("form .go");
    browser.reaches("checkout", "Does this look right?");
    browser.press("form .go");
    browser.reaches("completed", "You’re booked.");
    browser.leave();
}

#[test]
fn the_frame_on_another_site() {
    let (world, site, browser) = embedded("", DESK);
    browser.enter("iframe");
    browser.reaches("client_identification", "Have you been here before?");
    let inside = browser.property("#page", "offsetHeight");
    browser.leave();
    until("the frame is as high as its page", || (browser.property("iframe", "offsetHeight") == inside).then_some(()));
    browser.picture("desk-embedded");
    books_in_the_frame(&browser);
    let stages = json!(["client_identification", "appointment_type_selection", "scheduling", "checkout", "completed"]);
    until("the host page has heard", || (browser.script("return heard", &json!([])) == stages).then_some(()));
    let pushed = browser.script("return dataLayer.map(one => one.event + ' ' + one.frontdesk_stage)", &json!([]));
    assert_eq!(pushed[4], "frontdesk_stage completed", "{pushed}");
    let session = world.session("completed");
    assert_eq!(
        [
            &session["referral_source"],
            &session["referral_medium"],
            &session["referral_campaign"],
            &session["client_type"]
        ],
        [&json!("google"), &json!("cpc"), &json!("vet near me"), &json!("new")]
    );
    let started = world.timeline(&session)[0].clone();
    let landing = format!("{}/care/?utm_source=google&utm_medium=cpc&utm_campaign=vet+near+me&other=1", site.origin);
    assert_eq!(started["landing_page"], Value::from(landing));
    let complaints: Vec<String> = browser.complaints().into_iter().filter(|one| !one.contains("favicon")).collect();
    assert_eq!(complaints, Vec::<String>::new());
}

#[test]
fn the_button_opens_the_page_over_the_host_page() {
    let (world, _, browser) = embedded("data-mode=\"button\" data-label=\"Book now\"", DESK);
    until("there is a button", || browser.has("body > a[target=_blank]").then_some(()));
    assert_eq!(browser.text("body > a[target=_blank]"), "Book now");
    assert!(world.sessions().is_empty(), "nobody has opened the page yet");
    browser.press("body > a[target=_blank]");
    browser.wait("dialog[open] iframe");
    browser.enter("iframe");
    browser.reaches("client_identification", "Have you been here before?");
    browser.leave();
    browser.picture("desk-embedded-button");
    books_in_the_frame(&browser);
    assert_eq!(world.session("completed")["referral_source"], "google");
}

#[test]
fn a_site_that_is_not_allowed_shows_nothing() {
    let (listener, site) = Website::listen();
    let world = World::with(&["--origin", "https://paws.example"]);
    site.show(
        listener,
        &format!("<script src=\"{}\" data-location=\"paws-austin\"></script>", world.page("/embed.js")),
    );
    let browser = Browser::open(PHONE);
    browser.go(&site.origin);
    until("the browser says why", || {
        browser.complaints().iter().any(|one| one.contains("frame-ancestors")).then_some(())
    });
}
