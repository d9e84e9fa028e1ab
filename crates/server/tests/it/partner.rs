//! What the tests of the Partner API share: an office with a location, a server and a token; sessions to import; and
//! requests that no careful client would send.

use serde_json::{Value, json};

use crate::support::{Answer, Desk, LIST, SESSIONS, Server};

/// The office's location.
pub const AUSTIN: &str = "paws-austin";

/// A location whose record a partner may read, and a server.
pub struct Office {
    pub desk: Desk,
    pub server: Server,
    /// Of scope `partner`, for the location.
    pub token: String,
}

impl Office {
    /// With an empty record.
    pub fn open() -> Self {
        Self::with(&[])
    }

    /// With these sessions, imported before the server starts.
    pub fn with(sessions: &[Value]) -> Self {
        Self::serving(sessions, &[])
    }

    /// The same, with options for the server.
    pub fn serving(sessions: &[Value], options: &[&str]) -> Self {
        let desk = Desk::with_location(AUSTIN);
        if !sessions.is_empty() {
            desk.import("sessions.ndjson", &ndjson(sessions));
        }
        let token = desk.token(&["--scope", "partner", "--location", AUSTIN]);
        let server = desk.serve_with(options);
        Self { desk, server, token }
    }

    /// Lists with this query.
    pub fn list(&self, query: &str) -> Answer {
        self.server.get(&format!("{LIST}?{query}"), &self.token, AUSTIN)
    }

    /// Asks for one session; the id as it stands in the path.
    pub fn session(&self, id: &str) -> Answer {
        self.server.get(&format!("{LIST}/{id}"), &self.token, AUSTIN)
    }

    /// Lists with the query, and nothing in the request but these header lines.
    pub fn list_with(&self, query: &str, headers: &[&[u8]]) -> Answer {
        send(&self.server, "GET", format!("{LIST}?{query}").as_bytes(), headers, b"")
    }

    /// The two header lines of a request that may go on.
    pub fn credentials(&self) -> [Vec<u8>; 2] {
        [format!("Authorization: Bearer {}", self.token).into(), format!("X-Client-Id: {AUSTIN}").into()]
    }

    /// A visitor opens the booking page; answers the session's id and its secret.
    pub fn visitor(&self) -> (String, String) {
        let body = json!({ "location_id": AUSTIN }).to_string();
        let answer = self.server.ask("POST", SESSIONS, &[("Content-Type", "application/json")], Some(&body));
        assert_eq!(answer.status, 201, "{}", answer.body);
        let started = answer.json();
        let text = |key: &str| started[key].as_str().expect("a text").to_owned();
        (text("id"), text("secret"))
    }

    /// The visitor is still there.
    pub fn touch(&self, (id, secret): &(String, String)) {
        let authorization = format!("Bearer {secret}");
        let answer = self.server.ask("PATCH", &format!("{SESSIONS}/{id}"), &[("Authorization", &authorization)], None);
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
}

/// A session that ended without an appointment.
pub fn abandoned(id: &str, updated_at: &str) -> Value {
    json!({
        "location_id": AUSTIN,
        "id": id,
        "status": "abandoned",
        "stage": "started",
        "created_at": "1969-01-01T00:00:00Z",
        "updated_at": updated_at,
    })
}

/// A session that ended with an appointment.
pub fn completed(id: &str, updated_at: &str) -> Value {
    let mut session = abandoned(id, updated_at);
    session["status"] = json!("completed");
    session["stage"] = json!("completed");
    session["appointment_id"] = json!("A-1");
    session
}

/// So many abandoned sessions, a second apart: `s00`, `s01`, …
pub fn series(count: usize) -> Vec<Value> {
    (0..count).map(|index| abandoned(&format!("s{index:02}"), &second(index))).collect()
}

/// The instant of the session of that index in a [`series`].
pub fn second(index: usize) -> String {
    format!("2023-11-07T05:{:02}:{:02}Z", index / 60, index % 60)
}

/// A file of sessions.
pub fn ndjson(sessions: &[Value]) -> String {
    sessions.iter().map(|session| format!("{session}\n")).collect()
}

/// Sends a request in which target and header lines are bytes as they are, on a connection of its own.
pub fn send(server: &Server, method: &str, target: &[u8], headers: &[&[u8]], body: &[u8]) -> Answer {
    let mut request =
        [method.as_bytes(), b" ", target, b" HTTP/1.1\r\nHost: frontdesk\r\nConnection: close\r\n"].concat();
    for header in headers {
        request.extend_from_slice(header);
        request.extend_from_slice(b"\r\n");
    }
    request.extend_from_slice(b"\r\n");
    request.extend_from_slice(body);
    read(&server.raw(&request))
}

/// The answer in what a server sent.
pub fn read(text: &str) -> Answer {
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or_else(|| panic!("no answer: {text:?}"));
    let (status, headers) = head.split_once("\r\n").unwrap_or((head, ""));
    let status = status.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3)?.parse().ok());
    let headers = headers
        .lines()
        .filter_map(|line| line.split_once(": "))
        .map(|(name, value)| (name.to_ascii_lowercase(), value.to_owned()))
        .collect();
    Answer { status: status.unwrap_or_else(|| panic!("no status: {head}")), headers, body: body.to_owned() }
}

/// An answer without what differs from one to the next: time, request id, and what is left of the limit.
pub fn lasting(mut answer: Answer) -> Answer {
    answer.headers.retain(|(name, _)| !["date", "x-request-id", "ratelimit"].contains(&name.as_str()));
    answer
}

/// Whether it is a failure as the contract wants them: the envelope, as JSON.
pub fn is_failure(answer: &Answer) -> bool {
    let json = answer.json();
    let keys: Vec<&String> = json.as_object().expect("an object").keys().collect();
    answer.header("content-type") == Some("application/json")
        && keys == ["message", "success"]
        && json["success"] == json!(false)
        && json["message"].as_str().is_some_and(|message| !message.is_empty())
        && answer.body.starts_with("{\"success\":false,\"message\":\"")
}
