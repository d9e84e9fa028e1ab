//! The booking page below the browser: what it sends, and what it makes of bad input.

use serde_json::Value;

use crate::support::{Answer, Desk, LIST, Server, shown, until};

/// What a form says that it is.
pub const FORM: (&str, &str) = ("Content-Type", "application/x-www-form-urlencoded");

/// A practice that is always open, and another one beside it.
pub struct Practice {
    /// Its database.
    pub desk: Desk,
    /// Its server.
    pub server: Server,
}

impl Practice {
    /// Served with these options.
    pub fn new(options: &[&str]) -> Self {
        let desk = Desk::empty();
        let file = desk.path("practice.toml");
        let here = include_str!("../browser/practice.toml");
        let there = here.replace("paws-austin", "lakeside");
        std::fs::write(&file, format!("{here}\n{there}")).expect("the file is written");
        desk.done(&["apply", shown(&file)]);
        desk.done(&["location", "set", "paws-austin", "--origin", "https://paws.example"]);
        let server = desk.serve_with(options);
        Self { desk, server }
    }

    /// A GET.
    pub fn get(&self, path: &str) -> Answer {
        self.server.ask("GET", path, &[], None)
    }

    /// A form.
    pub fn post(&self, path: &str, form: &str) -> Answer {
        self.server.ask("POST", path, &[FORM], Some(form))
    }

    /// Starts a session; answers the address of its first question.
    pub fn start(&self, location: &str) -> String {
        goes_to(&self.get(&format!("/book/{location}")))
    }

    /// Starts a session that has said who it is.
    pub fn known(&self, location: &str) -> String {
        let base = self.start(location);
        assert_eq!(goes_to(&self.post(&format!("{base}/client"), "client_type=new")), format!("{base}/type"));
        base
    }

    /// The first time that a session is offered.
    pub fn offered(&self, base: &str, kind: &str) -> String {
        let page = self.get(&format!("{base}/time?type={kind}"));
        assert_eq!(page.status, 200, "{}", page.body);
        let rest = page.body.split("name=\"slot\" value=\"").nth(1).expect("a time");
        rest.split('"').next().expect("its id").to_owned()
    }

    /// The sessions as the partner sees them, the oldest change first.
    pub fn sessions(&self) -> Vec<Value> {
        let token = self.desk.token(&["--scope", "partner", "--location", "paws-austin"]);
        // Known to the server within a second.
        let answer = until("the token is known", || {
            let answer =
                self.server.get(&format!("{LIST}?updated_at_start=2023-11-05T00:00:00Z"), &token, "paws-austin");
            (answer.status == 200).then_some(answer)
        });
        answer.json()["data"]["content"].as_array().expect("a page").clone()
    }
}

/// Where an answer leads.
pub fn goes_to(answer: &Answer) -> String {
    assert_eq!(answer.status, 303, "{}", answer.body);
    answer.header("location").expect("an address").to_owned()
}

#[test]
fn a_look_that_nobody_takes_begins_nothing() {
    let practice = Practice::new(&[]);
    let ask = |method, path, headers: &[(&str, &str)]| practice.server.ask(method, path, headers, None);
    assert_eq!(ask("HEAD", "/book/paws-austin", &[]).status, 204);
    assert_eq!(ask("HEAD", "/book/nowhere", &[]).status, 404);
    for header in [("Sec-Purpose", "prefetch;prerender"), ("Purpose", "prefetch")] {
        // What is not a success is not shown in the place of the page when the visitor does come.
        let ahead = ask("GET", "/book/paws-austin", &[header]);
        assert_eq!((ahead.status, ahead.header("cache-control")), (503, Some("no-store")));
        assert_eq!(ask("GET", "/book/nowhere", &[header]).status, 404);
    }
    assert_eq!(practice.sessions(), Vec::<Value>::new());
    practice.start("paws-austin");
    let sessions = practice.sessions();
    assert_eq!((sessions.len(), &sessions[0]["stage"]), (1, &Value::from("started")));
}

#[test]
fn pages_are_kept_by_nobody_and_framed_by_the_locations_own_sites() {
    let practice = Practice::new(&[]);
    let first = practice.get(&practice.start("paws-austin"));
    assert_eq!(
        first.header("content-security-policy"),
        Some(
            "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
             connect-src 'self'; frame-src 'self'; base-uri 'none'; frame-ancestors 'self' https://paws.example"
        )
    );
    assert_eq!(first.header("cache-control"), Some("no-store"));
    assert_eq!(first.header("referrer-policy"), Some("same-origin"));
    assert_eq!(first.header("set-cookie"), None);
    assert_eq!(practice.get("/book/nowhere").status, 404);
    assert_eq!(practice.get("/book/paws-austin/x/y/z").status, 404);
}

#[test]
fn what_a_link_says_is_cut_rather_than_refused() {
    let practice = Practice::new(&[]);
    let link =
        format!("/book/paws-austin?utm_source={}&utm_medium=%00%0A&utm_campaign=%F0%9F%90%B6%FF", "x".repeat(4000));
    goes_to(&practice.get(&link));
    let session = practice.sessions().remove(0);
    assert_eq!(session["referral_source"], "x".repeat(512));
    assert_eq!(session["referral_medium"], Value::Null);
    assert_eq!(session["referral_campaign"], "🐶\u{fffd}");
}

#[test]
fn an_address_that_is_made_up_opens_nothing() {
    let practice = Practice::new(&[]);
    let base = practice.start("paws-austin");
    let (rest, key) = base.rsplit_once('.').expect("a key");
    let foreign = practice.start("lakeside").replace("lakeside", "paws-austin");
    for address in [rest, &format!("{rest}.{}", key.replace(&key[..1], "_")), &format!("{rest}."), &foreign] {
        assert_eq!(practice.get(address).status, 404, "{address}");
        assert_eq!(practice.post(&format!("{address}/client"), "client_type=new").status, 404, "{address}");
    }
    for step in ["client", "hold", "release", "confirm", "book", "again"] {
        assert_eq!(practice.server.ask("PUT", &format!("{base}/{step}"), &[], None).status, 405);
    }
}

#[test]
fn a_form_of_another_site_is_refused() {
    let practice = Practice::new(&[]);
    let address = format!("{}/client", practice.start("paws-austin"));
    for headers in [
        [FORM, ("Origin", "https://evil.example"), ("Sec-Fetch-Site", "cross-site")],
        [FORM, ("Origin", "https://evil.example"), ("X-Nothing", "")],
    ] {
        assert_eq!(practice.server.ask("POST", &address, &headers, Some("client_type=new")).status, 403);
    }
    let own = format!("http://{}", practice.server.address);
    assert_eq!(practice.server.ask("POST", &address, &[FORM, ("Origin", &own)], Some("client_type=new")).status, 303);
}

#[test]
fn a_time_that_is_made_up_or_of_another_location_is_none() {
    let practice = Practice::new(&[]);
    let base = practice.known("paws-austin");
    let foreign = practice.offered(&practice.known("lakeside"), "checkup");
    let own = practice.offered(&base, "checkup");
    // The same minute in the year 1970: of this location, and long past.
    let past = format!("00000001{}", &own[8..]);
    let long = "x".repeat(5000);
    for slot in ["", "nonsense", "00000000-0000-0000-0000-000000000000", &foreign, &past, &long, "<script>"] {
        let answer = practice.post(&format!("{base}/hold?type=checkup"), &format!("slot={slot}"));
        assert!([409, 422].contains(&answer.status), "{slot}: {}", answer.status);
        assert!(answer.body.contains("Please choose another."), "{slot}");
        assert!(!answer.body.contains("<script>"));
    }
    assert_eq!(
        goes_to(&practice.post(&format!("{base}/hold?type=checkup"), &format!("slot={own}"))),
        format!("{base}/details?type=checkup")
    );
    let strange = practice.get(&format!("{base}/time?type=nothing"));
    assert_eq!((strange.status, strange.body.contains("Please choose again")), (422, true));
    for from in ["yesterday", "2020-01-01", "9999-12-31", "%00", "2026-02-30"] {
        let answer = practice.get(&format!("{base}/time?type=checkup&from={from}"));
        assert_eq!((answer.status, answer.body.contains("Choose a date from today until")), (422, true), "{from}");
    }
}

#[test]
fn a_step_that_does_not_follow_leads_to_the_one_that_does() {
    let practice = Practice::new(&[]);
    let base = practice.start("paws-austin");
    for step in ["type", "time?type=checkup", "done", "client", "again"] {
        assert_eq!(goes_to(&practice.get(&format!("{base}/{step}"))).split('?').next(), Some(&*base), "{step}");
    }
    let known = practice.known("paws-austin");
    assert_eq!(goes_to(&practice.get(&format!("{known}/details"))), format!("{known}/type"));
    assert_eq!(goes_to(&practice.get(&format!("{known}/details?type=checkup"))), format!("{known}/time?type=checkup"));
    assert_eq!(
        goes_to(&practice.post(&format!("{known}/book?type=checkup"), "")),
        format!("{known}/time?type=checkup")
    );
    assert_eq!(goes_to(&practice.get(&format!("{known}/book"))), format!("{known}/details"));
    assert_eq!(practice.sessions().iter().filter(|session| session["status"] == "completed").count(), 0);
}

#[test]
fn a_form_with_errors_comes_back_as_it_was() {
    let practice = Practice::new(&[]);
    let base = practice.known("paws-austin");
    let slot = practice.offered(&base, "checkup");
    practice.post(&format!("{base}/hold?type=checkup"), &format!("slot={slot}"));
    let form = "first_name=%3Cscript%3Ealert(1)%3C%2Fscript%3E&last_name=&phone=12&email=a%40b&pet_name=%22%3E%3Cb%3E\
                &species=dragon&note=It%26s%0D%0Afine&breed=%E2%80%AE";
    for step in ["confirm", "book"] {
        let answer = practice.post(&format!("{base}/{step}?type=checkup"), form);
        assert_eq!(answer.status, 422);
        for part in [
            "value=\"&#60;script&#62;alert(1)&#60;/script&#62;\"",
            "value=\"&#34;&#62;&#60;b&#62;\"",
            "It&#38;s\nfine</textarea>",
            "Enter your last name.",
            "Add the area code",
            "Enter an email address",
            "Choose what kind of animal",
            "Tick the box",
        ] {
            assert!(answer.body.contains(part), "{step}: {part}");
        }
    }
    let large = format!("first_name={}", "x".repeat(17_000));
    assert_eq!(practice.post(&format!("{base}/confirm"), &large).status, 413);
    let nothing = practice.server.ask("POST", &format!("{base}/confirm"), &[("Content-Type", "text/plain")], Some("x"));
    assert_eq!(nothing.status, 422);
}

#[test]
fn each_address_has_its_own_limits() {
    let practice =
        Practice::new(&["--starts-per-minute", "2", "--holds-per-minute", "1", "--trusted-proxy", "127.0.0.1"]);
    let from = |address: &'static str| ("X-Forwarded-For", address);
    let start = |address| practice.server.ask("GET", "/book/paws-austin", &[from(address)], None);
    assert_eq!([start("203.0.113.1").status, start("203.0.113.1").status, start("203.0.113.2").status], [303; 3]);
    let refused = start("203.0.113.1");
    assert_eq!((refused.status, refused.header("retry-after").is_some()), (429, true));
    assert!(refused.body.contains("One moment, please"));
    let base = practice.known("paws-austin");
    let slot = practice.offered(&base, "checkup");
    let hold = || {
        let headers = [FORM, from("203.0.113.3")];
        practice.server.ask("POST", &format!("{base}/hold?type=checkup"), &headers, Some(&format!("slot={slot}")))
    };
    assert_eq!(hold().status, 303);
    let refused = hold();
    assert_eq!((refused.status, refused.body.contains("Please wait a minute")), (429, true));
}

#[test]
fn the_page_to_copy_the_embed_from_records_nothing() {
    let practice = Practice::new(&[]);
    let page = practice.get("/embed/paws-austin");
    assert_eq!(page.status, 200);
    let snippet = format!(
        "&#60;script src=&#34;http://{}/embed.js&#34; data-location=&#34;paws-austin&#34;",
        practice.server.address
    );
    assert!(page.body.contains(&snippet), "{}", page.body);
    let command = "frontdesk location set paws-austin --origin https://paws.example --origin https://www.example.com";
    assert!(page.body.contains(command), "{}", page.body);
    assert!(
        page.body
            .contains("<code>origins = [&#34;https://paws.example&#34;, &#34;https://www.example.com&#34;]</code>")
    );
    assert_eq!(practice.get("/embed/paws-austin/preview").status, 200);
    assert_eq!(practice.get("/embed/nowhere").status, 404);
    assert_eq!(practice.sessions(), Vec::<Value>::new());
}
