//! A database in a folder of its own, the binary's commands on it, a server, and requests to it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::Duration;

use serde_json::Value;

use crate::postgres::Database;

/// The list endpoint of the Partner API.
pub const LIST: &str = "/services/core/open_api/v1/booking_sessions";
/// The sessions of the Session API.
pub const SESSIONS: &str = "/booking/v1/sessions";

/// The binary, with an environment that no setting of the developer's leaks into.
pub fn frontdesk() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_frontdesk"));
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("FRONTDESK_") {
            command.env_remove(name);
        }
    }
    command.env("NO_COLOR", "1").stdin(Stdio::null());
    command
}

/// A folder, and a database that goes when this does: a file in the folder, or one of the cluster that `script/test`
/// starts, when it says so. What is told of one engine is true of the other, so the whole suite runs on both.
pub struct Desk {
    folder: tempfile::TempDir,
    database: Option<Database>,
}

impl Desk {
    /// An empty folder, and no database yet.
    pub fn empty() -> Self {
        let mut desk = Self::in_file();
        match std::env::var("FRONTDESK_TEST_ENGINE").as_deref() {
            Err(_) | Ok("sqlite") => {}
            Ok("postgres") => desk.database = Some(Database::new()),
            Ok(other) => panic!("FRONTDESK_TEST_ENGINE takes sqlite or postgres, not {other}"),
        }
        desk
    }

    /// The same in PostgreSQL, for what takes more than a file.
    pub fn in_postgres() -> Self {
        Self { database: Some(Database::new()), ..Self::in_file() }
    }

    /// On a database that is somebody else's.
    pub fn at(url: String) -> Self {
        Self { database: Some(Database::at(url)), ..Self::in_file() }
    }

    /// The same, for what is true of a file only.
    pub fn in_file() -> Self {
        Self { folder: tempfile::tempdir().expect("a folder for the test"), database: None }
    }

    /// With one location, in Chicago's time zone.
    pub fn with_location(id: &str) -> Self {
        let desk = Self::empty();
        desk.add_location(id, &[]);
        desk
    }

    /// The same, for what is true of a file only.
    pub fn in_file_with(id: &str) -> Self {
        let desk = Self::in_file();
        desk.add_location(id, &[]);
        desk
    }

    /// A path in the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The database.
    pub fn url(&self) -> String {
        match &self.database {
            Some(database) => database.url.clone(),
            None => format!("sqlite:{}", self.path("record.db").display()),
        }
    }

    /// Adds a location.
    pub fn add_location(&self, id: &str, more: &[&str]) {
        let arguments = ["location", "add", id, "--name", "Paws Austin", "--time-zone", "America/Chicago"];
        self.done(&[&arguments, more].concat());
    }

    /// A new token.
    pub fn token(&self, arguments: &[&str]) -> String {
        self.done(&[&["token", "create"], arguments].concat()).trim().to_owned()
    }

    /// Runs a command on the database.
    pub fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().expect("the binary runs")
    }

    /// A command on the database, in the folder.
    pub fn command(&self, arguments: &[&str]) -> Command {
        let mut command = frontdesk();
        command.args(arguments).env("FRONTDESK_DATABASE", self.url()).current_dir(self.folder.path());
        command
    }

    /// Runs a command that must succeed; answers what it prints.
    pub fn done(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(output.status.success(), "{arguments:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8(output.stdout).expect("the output is UTF-8")
    }

    /// Runs a command that must not succeed; answers its exit status and what it says, and that it prints nothing else.
    pub fn refused(&self, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        assert!(!output.status.success(), "{arguments:?}");
        assert_eq!(String::from_utf8_lossy(&output.stdout), "", "{arguments:?}");
        format!("{} {}", output.status.code().unwrap_or(-1), String::from_utf8_lossy(&output.stderr).trim_end())
    }

    /// Starts a server on a free port.
    pub fn serve(&self) -> Server {
        self.serve_with(&[])
    }

    /// Starts a server with these options.
    pub fn serve_with(&self, options: &[&str]) -> Server {
        let arguments = [&["serve", "--listen", "127.0.0.1:0"], options].concat();
        Server::start(self.command(&arguments))
    }

    /// Writes a file of sessions and imports it.
    pub fn import(&self, name: &str, content: &str) -> String {
        let path = self.path(name);
        std::fs::write(&path, content).expect("the file is written");
        self.done(&["import", shown(&path)])
    }
}

/// A path as an argument.
pub fn shown(path: &Path) -> &str {
    path.to_str().expect("the test's paths are UTF-8")
}

/// Runs a command that has to end by itself: a server that starts although it must not is killed, and the test fails.
pub fn brief(command: &mut Command) -> Output {
    let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
    let ended = (0..1_000).any(|_| {
        std::thread::sleep(Duration::from_millis(10));
        child.try_wait().is_ok_and(|ended| ended.is_some())
    });
    if !ended {
        child.kill().expect("it is running");
    }
    let output = child.wait_with_output().expect("its output");
    assert!(ended, "{command:?} runs on: {output:?}");
    output
}

fn text_of(log: &Mutex<Vec<u8>>) -> String {
    String::from_utf8_lossy(&log.lock().expect("nobody panics with it")).into_owned()
}

/// A server; killed when dropped.
pub struct Server {
    child: Child,
    /// Reads its log, so that the pipe never fills; ends with the process.
    reading: Option<JoinHandle<()>>,
    /// What it has logged until now.
    log: Arc<Mutex<Vec<u8>>>,
    /// `127.0.0.1:PORT`
    pub address: String,
}

impl Server {
    /// Starts the command and waits until it listens.
    pub fn start(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("the server starts");
        let mut stderr = child.stderr.take().expect("its log is piped");
        let log = Arc::new(Mutex::new(Vec::new()));
        let said = Arc::clone(&log);
        let reading = std::thread::spawn(move || {
            let mut part = [0; 4096];
            // What could be read until an error is what there is to show.
            while let Ok(length @ 1..) = stderr.read(&mut part) {
                said.lock().expect("nobody panics with it").extend_from_slice(&part[..length]);
            }
        });
        let stdout = child.stdout.take().expect("its output is piped");
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line).expect("it says where it listens");
        let Some(address) = line.trim().strip_prefix("Frontdesk listens on http://") else {
            let _ = reading.join();
            panic!("the server did not start: {line}{}", text_of(&log));
        };
        let address = address.to_owned();
        Self { child, reading: Some(reading), log, address }
    }

    /// What it has logged until now.
    pub fn logged(&self) -> String {
        text_of(&self.log)
    }

    /// The process.
    pub fn process(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by name, as `kill` does.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args([&format!("-{name}"), &self.process().to_string()]).status();
        assert!(sent.expect("kill runs").success());
    }

    /// Waits for its end; answers how it ended and what it logged.
    pub fn wait(mut self) -> (ExitStatus, String) {
        let ended = self.child.wait().expect("it ends");
        if let Some(reading) = self.reading.take() {
            let _ = reading.join();
        }
        (ended, self.logged())
    }

    /// A GET of the Partner API.
    pub fn get(&self, target: &str, token: &str, location: &str) -> Answer {
        let authorization = format!("Bearer {token}");
        self.ask("GET", target, &[("Authorization", &authorization), ("X-Client-Id", location)], None)
    }

    /// Any request.
    pub fn ask(&self, method: &str, target: &str, headers: &[(&str, &str)], body: Option<&str>) -> Answer {
        let mut request = ureq::http::Request::builder().method(method).uri(format!("http://{}{target}", self.address));
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.body(body.unwrap_or_default().to_owned()).expect("a request");
        let config = ureq::Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .proxy(None)
            .allow_non_standard_methods(true)
            .timeout_global(Some(Duration::from_secs(60)))
            .build();
        let mut response = ureq::Agent::new_with_config(config).run(request).expect("an answer");
        let headers = response
            .headers()
            .iter()
            .map(|(name, value)| (name.as_str().to_owned(), String::from_utf8_lossy(value.as_bytes()).into_owned()))
            .collect();
        let status = response.status().as_u16();
        let body = response.body_mut().with_config().limit(64 << 20).read_to_string().expect("a text");
        Answer { status, headers, body }
    }

    /// Sends these bytes and reads until the server closes the connection.
    pub fn raw(&self, request: &[u8]) -> String {
        let mut stream = TcpStream::connect(&self.address).expect("the server accepts");
        stream.set_read_timeout(Some(Duration::from_secs(60))).expect("a timeout");
        // The server may answer and close before it has read everything.
        let _ = stream.write_all(request);
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer);
        String::from_utf8_lossy(&answer).into_owned()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended already.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// An answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Answer {
    pub status: u16,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Answer {
    /// The value of a header; the name in lower case.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|wrong| panic!("{wrong}: {}", self.body))
    }

    /// Status and body, as a transcript shows them.
    pub fn transcript(&self) -> String {
        format!("{} {}", self.status, self.body)
    }

    /// The ids of the sessions on a page.
    pub fn ids(&self) -> Vec<String> {
        let json = self.json();
        let content = json["data"]["content"].as_array().expect("a page");
        content.iter().map(|session| session["id"].as_str().expect("an id").to_owned()).collect()
    }
}

/// Waits until `condition` gives something, for at most a minute.
pub fn until<T>(what: &str, mut condition: impl FnMut() -> Option<T>) -> T {
    for _ in 0..6_000 {
        if let Some(value) = condition() {
            return value;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("waited for a minute until {what}");
}
