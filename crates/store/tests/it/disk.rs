//! A disk that is full: what cannot be written is refused, what was acknowledged stays.

use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

use frontdesk_domain::Timestamp;
use frontdesk_domain::clock::ManualClock;
use frontdesk_domain::session::{Arrival, Referral, Request, Start};
use frontdesk_store::{ApplyError, StoreError};

use crate::support::{BEGINNING, Desk, command, feed, open, wait};

const URL: &str = "FRONTDESK_TEST_FULL_DISK";

/// Run by the test below in a process whose files cannot grow beyond a megabyte; does nothing otherwise.
#[test]
fn child_that_writes_until_the_disk_is_full() {
    let Ok(url) = std::env::var(URL) else { return };
    let store = open(&url, Arc::new(ManualClock::new(BEGINNING))).expect("the database opens");
    let filler: Box<str> = "x".repeat(2000).into();
    let mut refused = 0;
    wait(async {
        for number in 0..10_000 {
            let arrival = Arrival { landing_page: Some(filler.clone()), ..Arrival::default() };
            let start = Request::Start(Start { referral: Referral::default(), arrival });
            let id = format!("{number:05}");
            match store.apply(command("austin", &id, BEGINNING, start)).await {
                Ok(_) => writeln!(std::io::stdout(), "kept {id}").expect("somebody listens"),
                Err(ApplyError::Fault(StoreError::Commit(_))) => refused += 1,
                Err(other) => panic!("a full disk is a fault: {other}"),
            }
            if refused == 3 {
                // Reading goes on.
                assert!(!feed(&store, "austin", Timestamp::MIN, None).await.is_empty());
                writeln!(std::io::stdout(), "full").expect("somebody listens");
                return;
            }
        }
    });
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_refuses_writes_and_loses_none_that_it_took() {
    let desk = Desk::new();
    let output = Command::new("sh")
        // A write beyond the limit is an error then, and no signal.
        .args(["-c", "trap '' XFSZ; ulimit -f 2048; exec \"$0\" \"$@\""])
        .arg(std::env::current_exe().expect("this program"))
        .args(["--exact", "disk::child_that_writes_until_the_disk_is_full", "--nocapture", "--test-threads", "1"])
        .env(URL, desk.url())
        .stderr(Stdio::piped())
        .output()
        .expect("the child runs");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stderr));
    assert!(said.lines().any(|line| line.ends_with("full")), "{said}");
    let kept: Vec<&str> = said.lines().filter_map(|line| Some(line.split_once("kept ")?.1)).collect();
    assert!(kept.len() > 10, "{said}");
    let store = desk.open();
    let there: Vec<String> = wait(feed(&store, "austin", Timestamp::MIN, None)).into_iter().map(|(id, _)| id).collect();
    assert_eq!(there, kept, "all that was acknowledged, nothing that was refused");
    drop(store);
    assert_eq!(desk.findings(), [""; 0]);
}
