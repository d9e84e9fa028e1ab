//! `frontdesk copy`: another database with the same record, on which partners and booking pages go on.

use std::process::{Output, Stdio};
use std::sync::atomic::{AtomicBool, Ordering};

use crate::booking::Visit;
use crate::files::{csv, many};
use crate::postgres::Database;
use crate::support::{Desk, LIST, Server, frontdesk, until};

const LOCATION: &str = "paws-austin";
/// Its sessions expire soon.
const HASTY: &str = "paws-dallas";
const SINCE: &str = "updated_at_start=1970-01-01T00:00:00Z";
/// More than fits into a few commits.
const MANY: usize = 20_000;

fn copy(from: &str, to: &str) -> Output {
    frontdesk().args(["copy", "--from", from, "--to", to]).output().expect("the binary runs")
}

fn file(desk: &Desk, name: &str) -> String {
    format!("sqlite:{}", desk.path(name).display())
}

/// Copies, all of it; answers how many sessions were copied this time.
fn copied(from: &str, to: &str) -> u64 {
    let output = copy(from, to);
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let printed = String::from_utf8(output.stdout).expect("UTF-8");
    let sum = printed.lines().last().expect("a sum");
    assert!(sum.ends_with(" s; copied and verified."), "{printed}");
    number(sum)
}

fn number(sum: &str) -> u64 {
    let (number, _) = sum.split_once(" sessions copied in ").expect("a number of sessions");
    number.replace(',', "").parse().expect("a number")
}

/// What a copy that is not finished says: the status, how many sessions it copied, and why there may be more.
fn unfinished(output: &Output) -> (Option<i32>, u64, String) {
    let printed = String::from_utf8_lossy(&output.stdout);
    let sum = printed.lines().last().unwrap_or_default();
    assert!(sum.ends_with(" s; not finished."), "{printed}{}", String::from_utf8_lossy(&output.stderr));
    (output.status.code(), number(sum), String::from_utf8_lossy(&output.stderr).trim_end().to_owned())
}

fn refused(from: &str, to: &str) -> String {
    let output = copy(from, to);
    assert_eq!((output.status.code(), &*output.stdout), (Some(1), &b""[..]));
    String::from_utf8_lossy(&output.stderr).trim_end().to_owned()
}

/// A command on a database by its URL.
fn on(desk: &Desk, url: &str, arguments: &[&str]) -> String {
    desk.done(&[arguments, &["--database", url]].concat())
}

fn serve(desk: &Desk, url: &str) -> Server {
    Server::start(desk.command(&["serve", "--listen", "127.0.0.1:0", "--database", url]))
}

fn stop(server: Server) {
    server.signal("TERM");
    server.wait();
}

/// Everything that an operator can see of a database.
fn seen(desk: &Desk, url: &str) -> [String; 3] {
    assert!(on(desk, url, &["check"]).ends_with(": the record is sound.\n"));
    [&["export"][..], &["location", "list"], &["token", "list"]].map(|arguments| on(desk, url, arguments))
}

/// A record with a past, and what is going on in it when its server stops.
struct Going {
    token: String,
    revoked: String,
    visit: Visit,
    hasty: Visit,
    completed: Visit,
    timeline: Vec<serde_json::Value>,
    /// The answer to a start that may be sent again.
    started: String,
    /// The page that a partner would ask for next, and what was on it.
    next: (String, Vec<String>),
}

impl Going {
    fn on(desk: &Desk) -> Self {
        desk.add_location(HASTY, &["--session-ttl", "3s", "--origin", "https://paws.example"]);
        let token = desk.token(&["--scope", "admin", "--all-locations", "--note", "practice"]);
        let revoked = desk.token(&["--scope", "partner", "--location", LOCATION]);
        desk.done(&["token", "revoke", &revoked]);
        desk.import("past.csv", &many(25));
        let server = desk.serve();
        let (visit, completed) = (server.start_at(LOCATION), server.start_at(LOCATION));
        assert_eq!(server.report(&visit.id, &visit.secret, r#"{"stage":"scheduling"}"#).status, 200);
        assert_eq!(server.complete(&completed.id, &token, r#"{"appointment_id":"A-1"}"#).status, 200);
        let started = start_again(&server);
        let target = format!("{LIST}?{SINCE}&per_page=10");
        let link = server.get(&target, &token, LOCATION).header("link").expect("a next page").to_owned();
        let next = link.trim_start_matches('<').trim_end_matches(">; rel=\"next\"").to_owned();
        let page = server.get(&next, &token, LOCATION).ids();
        let timeline = server.timeline(&visit.id, &token);
        let hasty = server.start_at(HASTY);
        stop(server);
        Self { token, revoked, visit, hasty, completed, timeline, started, next: (next, page) }
    }

    /// All of it goes on at a server of the copy.
    fn goes_on(&self, server: &Server) {
        assert_eq!(server.get(&self.next.0, &self.token, LOCATION).ids(), self.next.1, "the next page");
        assert_eq!(server.get(&format!("{LIST}?{SINCE}"), &self.revoked, LOCATION).status, 401);
        assert_eq!(server.timeline(&self.visit.id, &self.token), self.timeline);
        assert_eq!(server.in_feed(&self.completed.id, &self.token, LOCATION)["appointment_id"], "A-1");
        assert_eq!(start_again(server), self.started, "the answer is remembered");
        let before = server.feed(&self.token, LOCATION);
        assert_eq!(server.report(&self.visit.id, &self.visit.secret, r#"{"stage":"checkout"}"#).status, 200);
        let after = server.in_feed(&self.visit.id, &self.token, LOCATION);
        let last = before.last().expect("a session")["updated_at"].as_str();
        assert!(after["updated_at"].as_str() > last, "the feed goes on at its end");
        server.abandoned(&self.hasty.id, &self.token, HASTY);
    }
}

fn start_again(server: &Server) -> String {
    let answer = server.post_start(&[("Idempotency-Key", "visit-1")], r#"{"location_id":"paws-austin"}"#);
    Visit::of(&answer);
    answer.transcript()
}

#[test]
fn partners_and_booking_pages_go_on_with_a_copy_of_a_file() {
    let desk = Desk::in_file_with(LOCATION);
    let going = Going::on(&desk);
    let copy = file(&desk, "copy.db");
    assert_eq!(copied(&desk.url(), &copy), 29);
    assert_eq!(seen(&desk, &copy), seen(&desk, &desk.url()));
    going.goes_on(&serve(&desk, &copy));
}

#[test]
fn partners_and_booking_pages_go_on_in_postgresql_and_back_in_a_file() {
    let (desk, database) = (Desk::in_file_with(LOCATION), Database::new());
    let going = Going::on(&desk);
    let (other, back) = (Database::new(), file(&desk, "back.db"));
    assert_eq!(copied(&desk.url(), &database.url), 29);
    assert_eq!(copied(&database.url, &other.url), 29);
    assert_eq!(copied(&other.url, &back), 29);
    let original = seen(&desk, &desk.url());
    for copy in [&database.url, &other.url, &back] {
        assert_eq!(seen(&desk, copy), original);
        going.goes_on(&serve(&desk, copy));
    }
    let gone_on = seen(&desk, &database.url);
    assert_ne!(gone_on, original);
    let new = file(&desk, "new.db");
    copied(&database.url, &new);
    assert_eq!(seen(&desk, &new), gone_on, "what happened there is in the next copy");
}

#[test]
fn a_copy_says_what_it_has_of_each_location() {
    let desk = Desk::with_location(LOCATION);
    desk.add_location(HASTY, &[]);
    desk.import("past.csv", &many(2));
    let database = Database::new();
    let printed = [file(&desk, "copy.db"), database.url.clone()].map(|to| {
        let output = copy(&desk.url(), &to);
        assert_eq!(String::from_utf8_lossy(&output.stderr), "", "a progress bar is for terminals");
        let printed = String::from_utf8(output.stdout).expect("UTF-8");
        let (table, sum) = printed.trim_end().rsplit_once('\n').expect("a table and the sum");
        assert!(sum.starts_with("2 sessions copied in "), "{sum}");
        table.lines().map(|line| format!("{}\n", line.trim_end())).collect::<String>()
    });
    assert_eq!(printed[0], printed[1], "on both engines it is the same");
    insta::assert_snapshot!(printed[0], @"
    LOCATION     SESSIONS  EVENTS  CHECKSUM
    paws-austin         2       2  d36b5632015e
    paws-dallas         0       0  e3b0c44298fc
    ");
}

#[test]
fn a_second_copy_takes_what_changed_since_the_first() {
    let (desk, database) = (Desk::with_location(LOCATION), Database::new());
    let token = desk.token(&["--scope", "admin", "--all-locations"]);
    desk.import("past.csv", &many(500));
    let (server, targets) = (desk.serve(), [file(&desk, "copy.db"), database.url.clone()]);
    let visit = server.start_at(LOCATION);
    let served = format!("{} is being served; stop its server and run this again to take the rest.", desk.url());
    for target in &targets {
        assert_eq!(unfinished(&copy(&desk.url(), target)), (Some(3), 501, served.clone()));
    }
    assert_eq!(server.report(&visit.id, &visit.secret, r#"{"stage":"checkout"}"#).status, 200);
    let new = server.start_at(LOCATION);
    stop(server);
    desk.add_location(HASTY, &[]);
    desk.done(&["location", "set", LOCATION, "--name", "Paws Downtown"]);
    let another = desk.token(&["--scope", "partner", "--location", HASTY]);
    desk.done(&["token", "revoke", &token]);
    for target in &targets {
        assert_eq!(copied(&desk.url(), target), 2, "the one that changed and the new one");
        assert_eq!(seen(&desk, target), seen(&desk, &desk.url()));
        assert_eq!(copied(&desk.url(), target), 0);
        let server = serve(&desk, target);
        assert_eq!(server.get(&format!("{LIST}?{SINCE}"), &token, LOCATION).status, 401, "it is revoked");
        assert_eq!(server.get(&format!("{LIST}?{SINCE}"), &another, HASTY).status, 200);
        assert_eq!(server.report(&new.id, &new.secret, r#"{"stage":"checkout"}"#).status, 200);
    }
}

#[test]
fn copies_made_while_visitors_report_are_completed_after_the_server_s_end() {
    let (desk, database) = (Desk::with_location(LOCATION), Database::new());
    let (server, enough) = (desk.serve(), AtomicBool::new(false));
    let targets = [file(&desk, "copy.db"), database.url.clone()];
    std::thread::scope(|threads| {
        let visitors = threads.spawn(|| {
            while !enough.load(Ordering::Relaxed) {
                let visit = server.start_at(LOCATION);
                assert_eq!(server.report(&visit.id, &visit.secret, r#"{"stage":"checkout"}"#).status, 200);
            }
        });
        for target in targets.iter().cycle().take(6) {
            let (status, _, said) = unfinished(&copy(&desk.url(), target));
            assert_eq!((status, said.contains("is being served")), (Some(3), true), "{said}");
        }
        enough.store(true, Ordering::Relaxed);
        visitors.join().expect("the visitors end");
    });
    stop(server);
    for target in &targets {
        copied(&desk.url(), target);
        assert_eq!(seen(&desk, target), seen(&desk, &desk.url()));
    }
}

#[test]
fn a_copy_that_is_killed_goes_on() {
    let (desk, database) = (Desk::with_location(LOCATION), Database::new());
    desk.import("past.csv", &many(MANY));
    let original = desk.done(&["export"]);
    for target in [file(&desk, "copy.db"), database.url.clone()] {
        let mut command = frontdesk();
        command.args(["copy", "--from", &desk.url(), "--to", &target]).stdout(Stdio::null());
        let mut copying = command.spawn().expect("the binary runs");
        let arguments =
            ["sessions", "--location", LOCATION, "--last", "1", "--format", "ndjson", "--database", &target];
        until("something is copied", || {
            let output = desk.run(&arguments);
            (output.status.success() && !output.stdout.is_empty()).then_some(())
        });
        copying.kill().expect("it can be killed");
        copying.wait().expect("it ends");
        assert!(on(&desk, &target, &["check"]).ends_with(": the record is sound.\n"), "half a copy is sound too");
        let (kept, rest) = (on(&desk, &target, &["export"]).lines().count() - 1, copied(&desk.url(), &target));
        assert!(kept < MANY, "it was killed in the middle");
        assert_eq!(rest as usize, MANY - kept, "it does not begin again");
        assert_eq!(on(&desk, &target, &["export"]), original);
    }
}

#[test]
fn the_same_database_by_another_name_is_no_target() {
    let desk = Desk::with_location(LOCATION);
    let url = desk.url();
    assert_eq!(
        refused(&url, &url),
        format!("error: {url} and {url} are the same database; name another one with --to")
    );
    let (desk, database) = (Desk::in_file_with(LOCATION), Database::new());
    std::os::unix::fs::symlink(desk.path("record.db"), desk.path("link.db")).expect("a link");
    let link = file(&desk, "link.db");
    assert_eq!(
        refused(&desk.url(), &link),
        format!("error: {} and {link} are the same database; name another one with --to", desk.url())
    );
    copied(&desk.url(), &database.url);
    let also = format!("{}?connect_timeout=7", database.url);
    assert_eq!(
        refused(&database.url, &also),
        format!("error: {} and {also} are the same database; name another one with --to", database.url)
    );
}

#[test]
fn a_database_that_has_something_else_is_no_target() {
    let (desk, other) = (Desk::with_location(LOCATION), Desk::with_location(LOCATION));
    let before = seen(&other, &other.url());
    assert_eq!(
        refused(&desk.url(), &other.url()),
        format!(
            "error: {} is not empty, and no copy of {}; name a new or an empty database with --to",
            other.url(),
            desk.url()
        )
    );
    assert_eq!(seen(&other, &other.url()), before);
}

#[test]
fn a_copy_that_has_gone_on_by_itself_is_not_copied_over() {
    let (desk, database) = (Desk::with_location(LOCATION), Database::new());
    let token = desk.token(&["--scope", "admin", "--all-locations"]);
    desk.import("past.csv", &many(5));
    for target in [file(&desk, "copy.db"), database.url.clone()] {
        copied(&desk.url(), &target);
        let server = serve(&desk, &target);
        let visit = server.start_at(LOCATION);
        let at = server.in_feed(&visit.id, &token, LOCATION)["updated_at"].as_str().expect("a time").to_owned();
        stop(server);
        let before = seen(&desk, &target);
        let refusal = |how: &str| {
            format!(
                "error: {target} has changed since it was copied from {} ({how}), so nothing is copied over it; \
                 name a new or an empty database with --to",
                desk.url()
            )
        };
        assert_eq!(refused(&desk.url(), &target), refusal(&format!("its location {LOCATION} has changes of {at}")));
        assert_eq!(seen(&desk, &target), before);
        on(&desk, &target, &["location", "add", HASTY, "--name", "Paws Dallas", "--time-zone", "America/Chicago"]);
        assert_eq!(refused(&desk.url(), &target), refusal(&format!("its location {HASTY} is not in the source")));
    }
}

#[test]
fn a_database_that_is_served_is_no_target() {
    let (desk, database) = (Desk::with_location(LOCATION), Database::new());
    for target in [file(&desk, "copy.db"), database.url.clone()] {
        copied(&desk.url(), &target);
        let _server = serve(&desk, &target);
        assert_eq!(
            refused(&desk.url(), &target),
            format!(
                "error: {target} is being served; stop its server before you copy {} into it, or name another one \
                 with --to",
                desk.url()
            )
        );
    }
}

#[test]
fn what_is_not_the_same_is_found() {
    let (desk, database) = (Desk::with_location(LOCATION), Database::new());
    desk.add_location(HASTY, &[]);
    desk.import("past.csv", &many(5));
    for target in [file(&desk, "copy.db"), database.url.clone()] {
        copied(&desk.url(), &target);
        // Into the middle of the feed, where a copy that goes on at its end does not look.
        let stray = csv(&["S-x,abandoned,scheduling,,,,,,,2023-11-04T00:00:00Z,2023-11-04T00:00:00Z,,paws-austin"]);
        std::fs::write(desk.path("stray.csv"), stray).expect("the file is written");
        on(&desk, &target, &["import", "stray.csv"]);
        let output = copy(&desk.url(), &target);
        let printed = String::from_utf8_lossy(&output.stdout).into_owned();
        assert!(printed.lines().any(|line| line.starts_with(LOCATION) && line.ends_with("differs")), "{printed}");
        assert!(printed.lines().any(|line| line.starts_with(HASTY) && !line.ends_with("differs")), "{printed}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let begin = format!("not everything is the same; begin again with an empty database in the place of {target}");
        assert!(said.starts_with("error: 0 sessions copied in ") && said.contains(&begin), "{said}");
        let which = format!("{LOCATION}: {} has 5 sessions with 5 events, checksum ", desk.url());
        assert!(said.contains(&which) && said.contains(&format!("{target} has 6 with 6, checksum ")), "{said}");
        assert_eq!(output.status.code(), Some(1));
    }
}

#[test]
fn a_url_that_leads_nowhere_is_told_by_its_option() {
    let desk = Desk::in_file_with(LOCATION);
    let none = file(&desk, "none.db");
    let path = desk.path("none.db");
    assert_eq!(
        refused(&none, &file(&desk, "copy.db")),
        format!("error: there is no database at {}; name another with --from", path.display())
    );
    assert!(!path.exists() && !desk.path("copy.db").exists(), "looking makes nothing");
    assert_eq!(
        refused(&desk.url(), "copy.db"),
        "error: --to takes sqlite:PATH or postgres://USER:PASSWORD@HOST/NAME, for example sqlite:frontdesk.db, not copy.db"
    );
}
