//! Databases that are none, are damaged or cannot be written, and a disk that is full: said in words, and nothing lost.

use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use serde_json::json;

use crate::client::now;
use crate::poller::{Partner, exported};
use crate::support::{Answer, Desk, LIST, SESSIONS, Server, brief, shown, until};

const LOCATION: &str = "paws-austin";
const SERVE: [&str; 3] = ["serve", "--listen", "127.0.0.1:0"];

/// What a command on this database says before it ends with status 1.
fn refused(desk: &Desk, arguments: &[&str], database: &Path) -> String {
    let output = brief(desk.command(arguments).env("FRONTDESK_DATABASE", format!("sqlite:{}", database.display())));
    assert_eq!((output.status.code(), output.stdout), (Some(1), Vec::new()), "{arguments:?}");
    let said = in_folder(desk, output.stderr);
    said.strip_prefix("error: ").unwrap_or_else(|| panic!("{said}")).to_owned()
}

/// What was said, with the desk's folder as `…`.
fn in_folder(desk: &Desk, said: Vec<u8>) -> String {
    let said = String::from_utf8(said).expect("UTF-8");
    said.trim_end().replace(shown(&desk.path("")), "…/")
}

/// A database with a few sessions, closed, so that everything is in its one file.
fn closed_record() -> Desk {
    let desk = Desk::in_file_with(LOCATION);
    let server = desk.serve();
    for _ in 0..20 {
        assert_eq!(start(&server).status, 201);
    }
    server.signal("TERM");
    assert_eq!(server.wait().0.code(), Some(0));
    desk
}

fn start(server: &Server) -> Answer {
    let body = json!({ "location_id": LOCATION, "landing_page": "x".repeat(2_000) }).to_string();
    server.ask("POST", SESSIONS, &[], Some(&body))
}

#[test]
fn places_where_no_database_can_be_are_named() {
    let desk = Desk::in_file();
    std::fs::write(desk.path("file"), "").expect("a file");
    for arguments in [&SERVE[..], &["location", "list"], &["check"]] {
        let folder = refused(&desk, arguments, &desk.path("."));
        assert_eq!(folder, "cannot open the database: unable to open database file: …/.", "{arguments:?}");
    }
    let below = "cannot open the database: unable to open database file: …/file/record.db";
    assert_eq!(refused(&desk, &SERVE, &desk.path("file/record.db")), below);
    let nowhere = "cannot open the database: unable to open database file: …/no/such/folder/record.db";
    assert_eq!(refused(&desk, &SERVE, &desk.path("no/such/folder/record.db")), nowhere);
}

#[test]
fn other_peoples_files_are_refused_and_left_alone() {
    let desk = closed_record();
    std::fs::write(desk.path("letter"), "Dear practice, this is no database. ".repeat(300)).expect("a letter");
    // Another program's database: the same but for the number at byte 68, which says whose it is.
    let mut theirs = std::fs::read(desk.path("record.db")).expect("the record");
    theirs[68..72].copy_from_slice(b"mail");
    std::fs::write(desk.path("mail.db"), &theirs).expect("their database");
    for file in ["letter", "mail.db"] {
        let before = std::fs::read(desk.path(file)).expect("it is there");
        for arguments in [&SERVE[..], &["location", "list"], &["check"], &["export"]] {
            assert_eq!(refused(&desk, arguments, &desk.path(file)), format!("…/{file} is not a Frontdesk database"));
        }
        assert_eq!(std::fs::read(desk.path(file)).expect("it is there"), before);
    }
}

#[test]
fn a_file_that_was_emptied_is_not_taken_for_a_sound_record() {
    let desk = Desk::in_file();
    std::fs::write(desk.path("empty.db"), "").expect("a file");
    for arguments in [&["check"][..], &["export"], &["token", "list"], &["sessions", "--location", LOCATION]] {
        assert_eq!(
            refused(&desk, arguments, &desk.path("empty.db")),
            "there is no database at …/empty.db; `frontdesk location add` makes one, or name another with --database"
        );
    }
    assert_eq!(std::fs::read(desk.path("empty.db")).expect("it is there"), b"");
}

#[test]
fn a_truncated_file_is_not_served() {
    let desk = closed_record();
    let whole = std::fs::read(desk.path("record.db")).expect("the record");
    for length in [100, 4096, whole.len() / 2, whole.len() - 4096] {
        std::fs::write(desk.path("cut.db"), &whole[..length]).expect("a part of it");
        for arguments in [&SERVE[..], &["check"], &["export"]] {
            let said = refused(&desk, arguments, &desk.path("cut.db"));
            assert!(said.ends_with("database disk image is malformed"), "{length}: {said}");
        }
    }
}

#[test]
fn damage_in_the_middle_is_found_by_the_check() {
    let desk = closed_record();
    let whole = std::fs::read(desk.path("record.db")).expect("the record");
    let (mut damaged, mut pages) = (0, 0);
    for page in 1..whole.len() / 4096 {
        // A leaf without cells (SQLite file format, section 1.6), of a table that has no rows, holds nothing to be damaged.
        let head = &whole[page * 4096..];
        if matches!(head[0], 10 | 13) && head[3..5] == [0, 0] {
            continue;
        }
        pages += 1;
        let mut copy = whole.clone();
        copy[page * 4096 + 8..(page + 1) * 4096].fill(0xa5);
        std::fs::write(desk.path("damaged.db"), &copy).expect("a damaged copy");
        let url = format!("sqlite:{}", desk.path("damaged.db").display());
        let output = desk.run(&["check", "--database", &url]);
        let said = String::from_utf8_lossy(&output.stdout) + String::from_utf8_lossy(&output.stderr);
        assert!(!said.contains("panicked"), "page {page}: {said}");
        damaged += usize::from(output.status.code() == Some(1));
    }
    // A page that is free holds nothing that could be damaged.
    assert!(pages > 20 && damaged * 10 >= pages * 9, "{damaged} of {pages} pages");
}

/// A command of somebody who is not the superuser, who may write everything. Needs a copy of the binary where others reach
/// it.
fn as_somebody(desk: &Desk, arguments: &[&str]) -> String {
    let command = desk.command(arguments);
    let binary = desk.path("frontdesk");
    if !binary.exists() {
        std::fs::copy(command.get_program(), &binary).expect("a copy of the binary");
    }
    let mut somebody = Command::new("setpriv");
    let is_root =
        std::fs::metadata("/proc/self").is_ok_and(|process| std::os::unix::fs::MetadataExt::uid(&process) == 0);
    if is_root {
        somebody.args(["--reuid=65534", "--regid=65534", "--clear-groups"]);
    }
    let output = brief(somebody.arg(&binary).args(command.get_args()).env("FRONTDESK_DATABASE", desk.url()));
    format!("{} {}", output.status.code().unwrap_or(-1), in_folder(desk, output.stderr))
}

/// What somebody is told who may do so much with the folder and the file.
fn told(folder: u32, file: u32, arguments: &[&str]) -> String {
    let desk = closed_record();
    let permit = |name: &str, mode| {
        std::fs::set_permissions(desk.path(name), std::fs::Permissions::from_mode(mode)).expect("permissions");
    };
    for name in ["record.db-server", "record.db-ticks"] {
        permit(name, 0o666);
    }
    permit("record.db", file);
    // The binary goes there before nobody may write there any more.
    permit(".", 0o777);
    as_somebody(&desk, &["--version"]);
    permit(".", folder);
    let said = as_somebody(&desk, arguments);
    permit(".", 0o755);
    permit("record.db", 0o644);
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
    said
}

#[test]
fn a_file_or_folder_that_cannot_be_written_is_said() {
    let read_only = "1 error: …/record.db cannot be written; check the permissions of the file and of its folder";
    let add = ["location", "add", "other", "--name", "Other", "--time-zone", "UTC"];
    assert_eq!(told(0o777, 0o444, &SERVE), read_only);
    assert_eq!(told(0o777, 0o444, &add), "1 error: cannot add a location: attempt to write a readonly database");
    assert_eq!(told(0o777, 0o444, &["check"]), "0 ", "what only looks works");
    assert_eq!(told(0o555, 0o666, &SERVE), read_only);
    assert_eq!(told(0o555, 0o666, &add), read_only);
    assert_eq!(
        told(0o555, 0o000, &SERVE),
        "1 error: cannot open the database: unable to open database file: …/record.db"
    );
}

/// A server whose files cannot grow beyond half a megabyte, as if the disk were full then.
fn serve_on_a_small_disk(desk: &Desk) -> Server {
    let serve = desk.command(&SERVE);
    let mut command = Command::new("sh");
    // A write beyond the limit is an error then, and no signal.
    command.args(["-c", "trap '' XFSZ; ulimit -S -f 1024; exec \"$0\" \"$@\""]).arg(serve.get_program());
    command.args(serve.get_args()).env("FRONTDESK_DATABASE", desk.url());
    Server::start(command)
}

/// Fills the disk; answers how many sessions were taken before.
fn fill(server: &Server) -> usize {
    let internal = r#"500 {"type":"urn:frontdesk:problem:internal","title":"Internal Server Error","status":500,"code":"internal","detail":"Something broke on our side."}"#;
    let mut taken = 0;
    loop {
        let answer = start(server);
        if answer.status != 201 {
            assert_eq!(answer.transcript(), internal);
            return taken;
        }
        taken += 1;
    }
}

#[test]
fn a_full_disk_refuses_writes_and_nothing_else_until_there_is_space_again() {
    let desk = Desk::in_file_with(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    let server = serve_on_a_small_disk(&desk);
    let begin = now();
    let taken = fill(&server);
    assert!(taken > 10, "{taken}");
    let count = |window: &str| {
        let answer = server.get(&format!("{LIST}?updated_at_start={window}"), &token, LOCATION);
        (answer.status, answer.json()["data"]["total_count"].as_u64())
    };
    assert_eq!(count("2023-11-07T05:31:56Z"), (200, Some(taken as u64)), "the present");
    assert_eq!(count(&format!("2023-11-07T05:31:56Z&updated_at_end={begin}")), (200, Some(0)), "the past");
    assert_eq!(server.get("/readyz", &token, LOCATION).status, 200);
    assert_eq!(start(&server).status, 500, "again");
    let space = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &server.process().to_string()]).status();
    assert!(space.expect("prlimit runs").success());
    assert_eq!(start(&server).status, 201);
    server.signal("TERM");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0));
    assert!(log.contains("ERROR a write failed fault=COMMIT: disk I/O error location=paws-austin"), "{log}");
    assert!(log.contains("ERROR a request failed") && log.contains("status=500"), "{log}");
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
    assert_eq!(exported(&desk, LOCATION).len(), taken + 1, "what was taken, and nothing that was refused");
}

/// Nobody is shown a present that would change behind them: the answer waits for the disk.
#[test]
fn a_session_that_expires_on_a_full_disk_is_settled_at_its_expiry_when_there_is_space_again() {
    let desk = Desk::in_file();
    desk.add_location(LOCATION, &["--session-ttl", "2s"]);
    let partner = Partner { token: desk.token(&["--scope", "partner", "--location", LOCATION]), location: LOCATION };
    let server = serve_on_a_small_disk(&desk);
    let first = start(&server).json();
    let (id, expires_at) = (first["id"].as_str().expect("an id"), first["expires_at"].as_str().expect("a time"));
    fill(&server);
    let list = || server.get(&format!("{LIST}?updated_at_start=2023-11-07T05:31:56Z"), &partner.token, LOCATION);
    let failed = until("a session is due", || Some(list()).filter(|answer| answer.status != 200));
    assert_eq!(failed.transcript(), r#"500 {"success":false,"message":"Internal Server Error"}"#);
    // The job that settles has come upon it as well, before there is space again.
    let said = "ERROR settling failed; it is tried again in half a second fault=COMMIT: disk I/O error";
    until("the job has tried too", || server.logged().contains(said).then_some(()));
    let space = Command::new("prlimit").args(["--fsize=unlimited", "--pid", &server.process().to_string()]).status();
    assert!(space.expect("prlimit runs").success());
    let session = &partner.whole(&server.address)[id];
    assert_eq!((&session["status"], &session["updated_at"]), (&json!("abandoned"), &json!(expires_at)));
}
