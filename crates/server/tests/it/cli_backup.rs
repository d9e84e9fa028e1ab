//! `frontdesk backup`: a copy that is whole, although visitors report while it is made.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::files::many;
use crate::support::{Desk, Server, shown};

const LOCATION: &str = "paws-austin";

/// Serves the copy.
fn serve(desk: &Desk, copy: &str) -> Server {
    Server::start(desk.command(&["serve", "--listen", "127.0.0.1:0", "--database", &format!("sqlite:{copy}")]))
}

#[test]
fn a_copy_made_while_visitors_report_has_everything_that_was_answered_before() {
    let desk = Desk::in_file_with(LOCATION);
    let token = desk.token(&["--scope", "partner", "--location", LOCATION]);
    desk.import("past.csv", &many(500));
    let server = desk.serve();
    let (before, enough) = (server.start_at(LOCATION), AtomicBool::new(false));
    let printed = std::thread::scope(|threads| {
        let visitors = threads.spawn(|| {
            let mut started = 0;
            while !enough.load(Ordering::Relaxed) {
                let visit = server.start_at(LOCATION);
                assert_eq!(server.report(&visit.id, &visit.secret, r#"{"stage":"checkout"}"#).status, 200);
                started += 1;
            }
            started
        });
        let printed: Vec<String> = (0..3).map(|copy| desk.done(&["backup", &format!("copy-{copy}.db")])).collect();
        enough.store(true, Ordering::Relaxed);
        assert!(visitors.join().expect("the visitors end") > 0);
        printed
    });
    for (copy, printed) in printed.iter().enumerate() {
        let name = format!("copy-{copy}.db");
        let bytes = std::fs::metadata(desk.path(&name)).expect("the copy").len();
        let digits: String = printed.chars().filter(|character| *character != ',').collect();
        assert_eq!(digits, format!("Wrote {name} ({bytes} bytes).\n"));
        let url = format!("sqlite:{name}");
        assert!(desk.done(&["check", "--database", &url]).ends_with(": the record is sound.\n"));
        let export = desk.done(&["export", "--database", &url]);
        assert!(export.lines().count() > 501 && export.contains(&before.id));
    }

    // The copy goes on where the original stood: the same tokens, the same secrets.
    server.signal("TERM");
    server.wait();
    let server = serve(&desk, "copy-0.db");
    assert_eq!(server.in_feed("S-0", &token, LOCATION)["status"], "abandoned");
    assert_eq!(server.report(&before.id, &before.secret, r#"{"stage":"checkout"}"#).status, 200);
}

#[test]
fn a_copy_is_one_file() {
    let desk = Desk::in_file_with(LOCATION);
    let server = desk.serve();
    server.start_at(LOCATION);
    std::fs::create_dir(desk.path("safe")).expect("a folder");
    desk.done(&["backup", "safe/copy.db"]);
    let files = std::fs::read_dir(desk.path("safe")).expect("the folder");
    let names: Vec<_> = files.map(|file| file.expect("a file").file_name()).collect();
    assert_eq!(names, ["copy.db"]);
}

#[test]
fn a_file_that_exists_is_never_overwritten() {
    let desk = Desk::in_file_with(LOCATION);
    std::fs::write(desk.path("copy.db"), "mine").expect("the file is written");
    assert_eq!(desk.refused(&["backup", "copy.db"]), "1 error: copy.db exists already; choose another name");
    assert_eq!(desk.refused(&["backup", "record.db"]), "1 error: record.db exists already; choose another name");
    assert_eq!(std::fs::read_to_string(desk.path("copy.db")).expect("the file"), "mine");
    assert!(desk.done(&["check"]).ends_with(": the record is sound.\n"));
}

#[test]
fn what_a_killed_backup_left_is_in_nobody_s_way() {
    let desk = Desk::in_file_with(LOCATION);
    std::fs::write(desk.path("copy.db.unfinished"), "half a copy").expect("the file is written");
    desk.done(&["backup", "copy.db"]);
    assert!(!desk.path("copy.db.unfinished").exists());
    assert!(desk.done(&["check", "--database", "sqlite:copy.db"]).ends_with(": the record is sound.\n"));
}

#[test]
fn a_copy_that_cannot_be_written_leaves_nothing() {
    let desk = Desk::in_file_with(LOCATION);
    let target = desk.path("no-such-folder").join("copy.db");
    let target = shown(&target);
    assert_eq!(
        desk.refused(&["backup", target]),
        format!("1 error: cannot copy the database: unable to open database: {target}.unfinished")
    );
    assert_eq!(
        desk.refused(&["backup", "copy.db", "--database", "sqlite:none.db"]),
        "1 error: there is no database at none.db; `frontdesk location add` makes one, or name another with --database"
    );
    assert!(!desk.path("copy.db").exists());
}
