//! One server owns a database: a second one is told so, the other commands are not held up, and a killed server leaves
//! nothing behind that would keep the next one from starting.

use crate::support::{Desk, LIST, Server, brief};

const LOCATION: &str = "paws-austin";

/// What a server that may not start says.
fn refused(desk: &Desk, arguments: &[&str]) -> String {
    let output = brief(&mut desk.command(arguments));
    assert_eq!(output.status.code(), Some(1));
    assert_eq!(String::from_utf8_lossy(&output.stdout), "", "it does not say that it listens");
    String::from_utf8(output.stderr).expect("UTF-8")
}

fn owned_by(desk: &Desk, server: &Server) -> String {
    format!(
        "error: another server (process {}) already serves {}; stop it first, or serve another file\n",
        server.process(),
        desk.path("record.db").display()
    )
}

#[test]
fn a_second_server_is_told_who_serves_the_file() {
    let desk = Desk::in_file_with(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let first = desk.serve();
    assert_eq!(refused(&desk, &["serve", "--listen", "127.0.0.1:0"]), owned_by(&desk, &first));
    assert_eq!(refused(&desk, &["serve", "--listen", "127.0.0.1:0"]), owned_by(&desk, &first), "again");
    let answer = first.get(&format!("{LIST}?updated_at_start=2023-11-07T05:31:56Z"), &token, LOCATION);
    assert_eq!(answer.status, 200, "the first goes on");
}

#[test]
fn the_same_file_by_another_name_is_the_same_file() {
    let desk = Desk::in_file_with(LOCATION);
    let first = desk.serve();
    let link = desk.path("link.db");
    std::os::unix::fs::symlink(desk.path("record.db"), &link).expect("a link");
    let said =
        refused(&desk, &["serve", "--listen", "127.0.0.1:0", "--database", &format!("sqlite:{}", link.display())]);
    assert!(said.contains(&format!("another server (process {}) already serves", first.process())), "{said}");
}

#[test]
fn a_port_that_is_taken_is_said_before_the_file_is_touched() {
    let desk = Desk::in_file_with(LOCATION);
    let first = desk.serve();
    let other = Desk::in_file();
    let said = refused(&other, &["serve", "--listen", &first.address]);
    assert_eq!(
        said,
        format!(
            "error: cannot listen on {}: Address already in use (os error 98); choose another address with --listen, \
             for example 127.0.0.1:0\n",
            first.address
        )
    );
    assert!(!other.path("record.db").exists());
}

#[test]
fn the_other_commands_work_beside_a_server_and_it_sees_what_they_do() {
    let desk = Desk::in_file_with(LOCATION);
    let server = desk.serve();
    desk.add_location("paws-dallas", &[]);
    let token = desk.token(&["--scope", "partner", "--all-locations"]);
    let sessions = "id,status,stage,client_type,appointment_id,remote_appointment_id,referral_source,referral_campaign,\
                    referral_medium,created_at,updated_at,last_activity_at,location_id\n\
                    s1,abandoned,scheduling,,,,,,,2023-11-07T05:31:56Z,2023-11-07T06:01:56Z,,paws-dallas\n";
    assert!(desk.import("sessions.csv", sessions).ends_with(": 1 added, 0 updated, 0 unchanged, 0 rejected\n"));
    let answer = server.get(&format!("{LIST}?updated_at_start=2023-11-07T05:31:56Z"), &token, "paws-dallas");
    assert_eq!((answer.status, answer.ids()), (200, vec!["s1".to_owned()]));
    for arguments in [&["location", "list"][..], &["token", "list"], &["check"], &["export"], &["backup", "copy.db"]] {
        desk.done(arguments);
    }
    desk.done(&["sessions", "--location", "paws-dallas"]);
    desk.done(&["location", "set", LOCATION, "--name", "Paws Downtown"]);
    assert_eq!(
        server.get("/readyz", &token, LOCATION).body,
        r#"{"locations":2,"mail":{"set_up":false,"waiting":0},"status":"ready"}"#
    );
}

#[test]
fn after_a_kill_the_next_server_starts_at_once() {
    let desk = Desk::in_file_with(LOCATION);
    for _ in 0..3 {
        let server = desk.serve();
        server.signal("KILL");
        assert_eq!(server.wait().0.code(), None, "it was killed");
    }
    let first = desk.serve();
    assert_eq!(refused(&desk, &["serve", "--listen", "127.0.0.1:0"]), owned_by(&desk, &first), "the new one is named");
}

#[test]
fn a_demo_takes_no_file_that_is_served() {
    let desk = Desk::in_file();
    let demo = desk.url();
    let first = Server::start(desk.command(&["demo", "--listen", "127.0.0.1:0", "--database", &demo]));
    let said = refused(&desk, &["serve", "--listen", "127.0.0.1:0"]);
    assert_eq!(said, owned_by(&desk, &first));
}
