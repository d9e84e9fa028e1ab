//! Snapshots that are kept from one reader to the next: nobody can tell, and the log is not held up.

use frontdesk_domain::Timestamp;
use frontdesk_domain::session::{Stage, State};
use frontdesk_store::Store;

use crate::support::{BEGINNING, Desk, advance, done, feed, row, start, wait};

/// Longer than a snapshot is kept, in microseconds.
const A_WHILE: i64 = 100_000;

fn names(store: &Store) -> Vec<String> {
    let reader = store.reader().expect("a reader");
    reader.catalog().locations().into_iter().map(|location| location.settings.name.clone()).collect()
}

/// Changes the file as no tool of ours does, without telling anybody.
fn rename(desk: &Desk, name: &str) {
    let change = format!("UPDATE locations SET name = '{name}'; UPDATE installation SET generation = generation + 1");
    desk.connection().execute_batch(&change).expect("it is changed");
}

/// Whether the log can be emptied: no snapshot is in its way.
fn log_is_free(desk: &Desk) -> bool {
    let busy: i64 = desk
        .connection()
        .query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))
        .expect("the checkpoint is tried");
    busy == 0
}

#[test]
fn who_tells_nobody_is_seen_after_a_while() {
    let desk = Desk::new();
    let store = desk.open();
    assert_eq!(names(&store), ["Austin"]);
    rename(&desk, "Dallas");
    assert_eq!(names(&store), ["Austin"], "the snapshot is used again");
    desk.clock.advance(A_WHILE);
    assert_eq!(names(&store), ["Dallas"]);
}

#[test]
fn a_commit_of_the_server_ends_what_was_kept() {
    let desk = Desk::new();
    let store = desk.open();
    wait(async {
        let tick = done(&store, "austin", "a", BEGINNING, start()).await.updated_at;
        // A window of the past, which is read from a kept snapshot.
        assert_eq!(feed(&store, "austin", tick, Some(tick)).await, [("a".to_owned(), tick)]);
        let later = done(&store, "austin", "a", BEGINNING, advance(Stage::Checkout)).await.updated_at;
        assert!(log_is_free(&desk));
        assert_eq!(feed(&store, "austin", tick, Some(later)).await, [("a".to_owned(), later)]);
        assert_eq!(feed(&store, "austin", tick, Some(tick)).await, []);
    });
}

#[test]
fn a_session_in_progress_that_an_import_brings_into_the_past_is_found_there() {
    let desk = Desk::new();
    let (store, mut workbench) = (desk.open(), desk.workbench());
    wait(async {
        let tick = done(&store, "austin", "a", BEGINNING, start()).await.updated_at;
        let past = BEGINNING.plus_micros(-9);
        assert_eq!(feed(&store, "austin", past, Some(past)).await, []);
        let catalog = workbench.catalog().expect("the catalogue");
        let rows = vec![row("austin", "b", State::Active { expires_at: Timestamp::MAX }, past)];
        workbench.import(&catalog, rows, false).expect("the import");
        assert_eq!(feed(&store, "austin", past, Some(past)).await, [("b".to_owned(), past)]);
        assert_eq!(feed(&store, "austin", past, Some(tick)).await.len(), 2);
    });
}

#[test]
fn an_idle_snapshot_does_not_hold_the_log_for_long() {
    let desk = Desk::new();
    let store = desk.open();
    wait(done(&store, "austin", "a", BEGINNING, start()));
    assert_eq!(names(&store), ["Austin"]);
    rename(&desk, "Dallas");
    assert!(!log_is_free(&desk), "the snapshot is kept");
    desk.clock.advance(A_WHILE);
    wait(store.settle_due()).expect("it settles");
    assert!(log_is_free(&desk));
}

#[test]
fn after_a_tool_was_killed_nothing_is_kept_until_the_next_one_comes() {
    let desk = Desk::new();
    let store = desk.open();
    let ticks = desk.folder().join("record.db-ticks");
    let number = || u64::from_le_bytes(std::fs::read(&ticks).expect("the file").try_into().expect("eight bytes"));
    assert_eq!(number(), 2, "one change, begun and ended");
    std::fs::write(&ticks, 3_u64.to_le_bytes()).expect("it is written");
    for name in ["Dallas", "Houston"] {
        rename(&desk, name);
        assert_eq!(names(&store), [name]);
    }
    drop(store);
    assert_eq!(names(&desk.open()), ["Houston"]);
    assert_eq!(number(), 4, "the next server has mended it");
}
