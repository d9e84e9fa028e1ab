//! A browser, driven over the WebDriver protocol (W3C) by chromedriver, which is plain JSON over HTTP.

use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::time::Duration;

use serde_json::{Value, json};

use crate::support::until;

/// How a browser looks at pages.
#[derive(Clone, Copy, Debug)]
pub struct Eyes {
    /// Its size.
    pub size: (u32, u32),
    /// Whether the visitor has a dark screen.
    pub dark: bool,
    /// Whether pages may run scripts.
    pub scripts: bool,
    /// The visitor's languages.
    pub language: &'static str,
}

/// A phone.
pub const PHONE: Eyes = Eyes { size: (360, 740), dark: false, scripts: true, language: "en-US" };
/// A desk.
pub const DESK: Eyes = Eyes { size: (1280, 900), dark: false, scripts: true, language: "en-US" };

/// A browser with a profile of its own, which keeps no third-party cookies; ended when dropped.
pub struct Browser {
    driver: Child,
    /// `http://127.0.0.1:PORT/session/ID`
    session: String,
    _profile: tempfile::TempDir,
}

/// Keys by their WebDriver names.
pub const TAB: &str = "\u{e004}";
pub const ENTER: &str = "\u{e007}";
pub const SPACE: &str = " ";

impl Browser {
    /// Opens one.
    pub fn open(eyes: Eyes) -> Self {
        let profile = tempfile::tempdir().expect("a folder for the profile");
        let mut driver = Command::new("chromedriver")
            .args(["--port=0", "--log-level=SEVERE"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("chromedriver starts: script/test installs it");
        let mut said = BufReader::new(driver.stdout.take().expect("its output is piped")).lines().map_while(Result::ok);
        let port = said
            .by_ref()
            .filter_map(|line| line.split("successfully on port ").nth(1)?.trim_end_matches('.').parse::<u16>().ok())
            .next()
            .expect("chromedriver says where it listens");
        // Whatever else it says is read, so that it never waits for a reader.
        std::thread::spawn(move || said.for_each(drop));
        let driver_url = format!("http://127.0.0.1:{port}");
        let created = call("POST", &format!("{driver_url}/session"), Some(&capabilities(eyes, profile.path())));
        let id = created["sessionId"].as_str().unwrap_or_else(|| panic!("no browser: {created}"));
        let browser = Self { driver, session: format!("{driver_url}/session/{id}"), _profile: profile };
        let (width, height) = eyes.size;
        browser.devtools(
            "Emulation.setDeviceMetricsOverride",
            &json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600 }),
        );
        let scheme = if eyes.dark { "dark" } else { "light" };
        browser.devtools(
            "Emulation.setEmulatedMedia",
            &json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] }),
        );
        browser
    }

    fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Value {
        call(method, &format!("{}{path}", self.session), body)
    }

    /// Something that only this kind of browser can do (Chrome DevTools protocol).
    pub fn devtools(&self, command: &str, parameters: &Value) -> Value {
        self.ask("POST", "/goog/cdp/execute", Some(&json!({ "cmd": command, "params": parameters })))
    }

    /// Goes to an address.
    pub fn go(&self, url: &str) {
        self.ask("POST", "/url", Some(&json!({ "url": url })));
    }

    /// Where it is.
    pub fn url(&self) -> String {
        self.ask("GET", "/url", None).as_str().unwrap_or_default().to_owned()
    }

    /// The browser's own way back.
    pub fn back(&self) {
        self.ask("POST", "/back", Some(&json!({})));
    }

    /// Loads the page again.
    pub fn reload(&self) {
        self.ask("POST", "/refresh", Some(&json!({})));
    }

    /// The elements that a CSS selector finds now.
    fn find(&self, css: &str) -> Vec<String> {
        let found = self.ask("POST", "/elements", Some(&json!({ "using": "css selector", "value": css })));
        let elements = found.as_array().cloned().unwrap_or_default();
        elements.iter().filter_map(|one| one.as_object()?.values().next()?.as_str().map(str::to_owned)).collect()
    }

    /// Whether there is such an element now.
    pub fn has(&self, css: &str) -> bool {
        !self.find(css).is_empty()
    }

    /// Waits for such an element.
    pub fn wait(&self, css: &str) -> String {
        let element = (0..1500).find_map(|_| {
            let element = self.find(css).into_iter().next();
            if element.is_none() {
                std::thread::sleep(Duration::from_millis(20));
            }
            element
        });
        element.unwrap_or_else(|| panic!("no {css} at {}: {}", self.url(), self.words()))
    }

    /// Presses what is found. What is just being replaced is looked for again.
    pub fn press(&self, css: &str) {
        until(&format!("{css} can be pressed"), || {
            let element = self.wait(css);
            let pressed = self.ask("POST", &format!("/element/{element}/click"), Some(&json!({})));
            pressed.is_null().then_some(())
        });
    }

    /// Types into a field.
    pub fn type_into(&self, css: &str, text: &str) {
        let element = self.wait(css);
        self.ask("POST", &format!("/element/{element}/clear"), Some(&json!({})));
        self.ask("POST", &format!("/element/{element}/value"), Some(&json!({ "text": text })));
    }

    /// Presses keys wherever the focus is.
    pub fn keys(&self, keys: &str) {
        let actions: Vec<Value> = keys
            .chars()
            .flat_map(|key| ["keyDown", "keyUp"].map(|kind| json!({ "type": kind, "value": key.to_string() })))
            .collect();
        self.ask(
            "POST",
            "/actions",
            Some(&json!({ "actions": [{ "type": "key", "id": "keys", "actions": actions }] })),
        );
    }

    /// The text of what is found, as a visitor sees it.
    pub fn text(&self, css: &str) -> String {
        let element = self.wait(css);
        self.ask("GET", &format!("/element/{element}/text"), None).as_str().unwrap_or_default().to_owned()
    }

    /// An attribute or a property of what is found.
    pub fn property(&self, css: &str, name: &str) -> Value {
        let element = self.wait(css);
        self.ask("GET", &format!("/element/{element}/property/{name}"), None)
    }

    /// Everything that the page says.
    pub fn words(&self) -> String {
        self.find("body").first().map_or_else(String::new, |body| {
            self.ask("GET", &format!("/element/{body}/text"), None).as_str().unwrap_or_default().to_owned()
        })
    }

    /// Waits until the page is at this stage and says so.
    pub fn reaches(&self, stage: &str, title: &str) {
        until(&format!("{stage}: {title}"), || {
            let there = self.has(&format!("#page[data-stage={stage}]")) && self.find("h1").len() == 1;
            (there && self.text("h1") == title).then_some(())
        });
    }

    /// What a script gives, which the driver runs, also where pages may run none.
    pub fn script(&self, script: &str, arguments: &Value) -> Value {
        self.ask("POST", "/execute/sync", Some(&json!({ "script": script, "args": arguments })))
    }

    /// The same for one that says when it is done.
    pub fn script_later(&self, script: &str, arguments: &Value) -> Value {
        self.ask("POST", "/execute/async", Some(&json!({ "script": script, "args": arguments })))
    }

    /// Looks into a frame.
    pub fn enter(&self, css: &str) {
        let element = self.wait(css);
        let id = json!({ "element-6066-11e4-a52e-4f735466cecf": element });
        self.ask("POST", "/frame", Some(&json!({ "id": id })));
    }

    /// Looks at the whole page again.
    pub fn leave(&self) {
        self.ask("POST", "/frame", Some(&json!({ "id": null })));
    }

    /// What the browser complained about since the last time: refused by the security policy, not found, errors of scripts.
    pub fn complaints(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", Some(&json!({ "type": "browser" })));
        let entries = log.as_array().cloned().unwrap_or_default();
        entries.iter().filter_map(|entry| entry["message"].as_str().map(str::to_owned)).collect()
    }

    /// Every address that was asked for since the last time.
    pub fn requests(&self) -> Vec<String> {
        let log = self.ask("POST", "/se/log", Some(&json!({ "type": "performance" })));
        let entries = log.as_array().cloned().unwrap_or_default();
        let messages =
            entries.iter().filter_map(|entry| serde_json::from_str::<Value>(entry["message"].as_str()?).ok());
        messages
            .filter(|message| message["message"]["method"] == "Network.requestWillBeSent")
            .filter_map(|message| message["message"]["params"]["request"]["url"].as_str().map(str::to_owned))
            .collect()
    }

    /// Keeps a picture for whoever wants to look, when `FRONTDESK_SCREENSHOTS` names a folder.
    pub fn picture(&self, name: &str) {
        let Ok(folder) = std::env::var("FRONTDESK_SCREENSHOTS") else { return };
        let taken = self.devtools("Page.captureScreenshot", &json!({ "captureBeyondViewport": true }));
        let bytes = base64::Engine::decode(
            &base64::engine::general_purpose::STANDARD,
            taken["data"].as_str().expect("a picture"),
        );
        let path = PathBuf::from(folder).join(format!("{name}.png"));
        std::fs::write(path, bytes.expect("base64")).expect("the picture is written");
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        // However the test ended, neither the browser nor its driver stays.
        let agent = agent();
        let _ = agent.delete(&self.session).call();
        let _ = self.driver.kill();
        let _ = self.driver.wait();
    }
}

fn capabilities(eyes: Eyes, profile: &std::path::Path) -> Value {
    let (width, height) = eyes.size;
    let arguments = [
        "--headless=new",
        "--no-sandbox",
        "--disable-gpu",
        "--disable-dev-shm-usage",
        "--no-first-run",
        "--disable-background-networking",
        "--disable-component-update",
        "--disable-sync",
        "--disable-quic",
        "--test-third-party-cookie-phaseout",
        &format!("--window-size={width},{height}"),
        &format!("--lang={}", eyes.language),
        &format!("--user-data-dir={}", profile.display()),
    ];
    json!({ "capabilities": { "alwaysMatch": {
        "goog:loggingPrefs": { "browser": "ALL", "performance": "ALL" },
        "goog:chromeOptions": {
            "args": arguments,
            "prefs": {
                "profile.block_third_party_cookies": true,
                "profile.cookie_controls_mode": 1,
                "profile.managed_default_content_settings.javascript": if eyes.scripts { 1 } else { 2 },
                "intl.accept_languages": eyes.language,
            },
        },
    } } })
}

fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .proxy(None)
        .timeout_global(Some(Duration::from_secs(120)))
        .build()
        .into()
}

/// A command; what it gives, or the error as it stands in the answer.
fn call(method: &str, url: &str, body: Option<&Value>) -> Value {
    let request = ureq::http::Request::builder()
        .method(method)
        .uri(url)
        .header("content-type", "application/json")
        .body(body.map(Value::to_string).unwrap_or_default())
        .expect("a request");
    let mut response = agent().run(request).unwrap_or_else(|wrong| panic!("{method} {url}: {wrong}"));
    let text = response.body_mut().with_config().limit(256 << 20).read_to_string().expect("a text");
    let answer: Value = serde_json::from_str(&text).unwrap_or_else(|wrong| panic!("{wrong}: {text}"));
    answer["value"].clone()
}
