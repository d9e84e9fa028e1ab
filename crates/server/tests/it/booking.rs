//! A visitor's booking page and the practice's own system, as the tests of the Session API use them.

use serde_json::Value;

use crate::support::{Answer, LIST, SESSIONS, Server, until};

/// The type of every body that is not about types.
pub const JSON: (&str, &str) = ("Content-Type", "application/json");

/// A session as its booking page knows it.
pub struct Visit {
    pub id: String,
    pub secret: String,
}

impl Server {
    /// A POST that starts sessions, answered or refused.
    pub fn post_start(&self, headers: &[(&str, &str)], body: &str) -> Answer {
        self.ask("POST", SESSIONS, &[&[JSON], headers].concat(), Some(body))
    }

    /// Starts a session with this body.
    pub fn start_with(&self, body: &str) -> Visit {
        Visit::of(&self.post_start(&[], body))
    }

    /// Starts a session of a location.
    pub fn start_at(&self, location: &str) -> Visit {
        self.start_with(&format!(r#"{{"location_id":"{location}"}}"#))
    }

    /// A PATCH by some credential.
    pub fn report(&self, id: &str, secret: &str, body: &str) -> Answer {
        let authorization = format!("Bearer {secret}");
        self.ask("PATCH", &format!("{SESSIONS}/{id}"), &[JSON, ("Authorization", &authorization)], Some(body))
    }

    /// What the practice's own system asks of a session: `complete`, `appointment`, `timeline`.
    pub fn practice(&self, method: &str, id: &str, what: &str, token: &str, body: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        let body = (method != "GET").then_some(body);
        self.ask(method, &format!("{SESSIONS}/{id}/{what}"), &[JSON, ("Authorization", &authorization)], body)
    }

    /// Completes a session with an appointment.
    pub fn complete(&self, id: &str, token: &str, body: &str) -> Answer {
        self.practice("POST", id, "complete", token, body)
    }

    /// A session's events.
    pub fn timeline(&self, id: &str, token: &str) -> Vec<Value> {
        let answer = self.practice("GET", id, "timeline", token, "");
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["events"].as_array().expect("a list of events").clone()
    }

    /// The location's feed, whole, as a partner reads it.
    pub fn feed(&self, token: &str, location: &str) -> Vec<Value> {
        let answer = self.get(&format!("{LIST}?updated_at_start=1970-01-01T00:00:00Z&per_page=1000"), token, location);
        assert_eq!(answer.status, 200, "{}", answer.body);
        answer.json()["data"]["content"].as_array().expect("a page").clone()
    }

    /// One session, as a partner reads it; the list and the single session must agree.
    pub fn in_feed(&self, id: &str, token: &str, location: &str) -> Value {
        let single = self.get(&format!("{LIST}/{id}"), token, location);
        assert_eq!(single.status, 200, "{}", single.body);
        let single = single.json()["data"].clone();
        let listed = self.feed(token, location);
        assert_eq!(listed.iter().find(|session| session["id"] == id), Some(&single));
        single
    }

    /// Waits until a session's time has run out and partners see it so.
    pub fn abandoned(&self, id: &str, token: &str, location: &str) -> Value {
        until("the session is abandoned", || {
            let session = self.get(&format!("{LIST}/{id}"), token, location).json()["data"].clone();
            (session["status"] == "abandoned").then_some(session)
        })
    }
}

impl Visit {
    /// The session that this answer began.
    pub fn of(answer: &Answer) -> Self {
        assert_eq!(answer.status, 201, "{}", answer.body);
        let text = |key: &str| answer.json()[key].as_str().expect("a text").to_owned();
        Self { id: text("id"), secret: text("secret") }
    }

    /// An answer as a transcript that is the same in every run.
    pub fn transcript(&self, answer: &Answer) -> String {
        let known = answer.transcript().replace(&self.id, "<id>").replace(&self.secret, "<secret>");
        without_times(&known)
    }
}

/// A text with `<time>` in the place of every instant.
pub fn without_times(text: &str) -> String {
    const FORM: &str = "0000-00-00T00:00:00.000000Z";
    let is_time = |text: &str| {
        text.bytes().zip(FORM.bytes()).all(|(byte, form)| byte == form || (form == b'0' && byte.is_ascii_digit()))
    };
    let (mut told, mut rest) = (String::new(), text);
    while let Some(first) = rest.chars().next() {
        if rest.get(..FORM.len()).is_some_and(is_time) {
            told.push_str("<time>");
            rest = &rest[FORM.len()..];
        } else {
            told.push(first);
            rest = &rest[first.len_utf8()..];
        }
    }
    told
}
