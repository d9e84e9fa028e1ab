//! Opening: what is a database, whose it is, and what is found in it again.

use frontdesk_domain::Clock;
use frontdesk_domain::session::Stage;
use frontdesk_store::{OpenError, Workbench};

use crate::support::{BEGINNING, Desk, KEY, advance, complete, done, feed, find, open, start, timeline, wait};

#[test]
fn a_file_that_is_opened_again_has_everything() {
    let desk = Desk::new();
    let store = desk.open();
    let before = wait(async {
        done(&store, "austin", "a", BEGINNING, start()).await;
        done(&store, "austin", "b", BEGINNING, start()).await;
        done(&store, "austin", "a", BEGINNING, advance(Stage::Checkout)).await;
        done(&store, "austin", "b", BEGINNING, complete("appointment")).await;
        everything(&store).await
    });
    drop(store);
    let store = desk.open();
    assert_eq!(wait(everything(&store)), before);
    let catalog = store.reader().map(|reader| reader.catalog().clone()).expect("a reader");
    assert_eq!(catalog.secret_key().0, KEY);
    assert_eq!(catalog.locations().len(), 1);
}

async fn everything(store: &frontdesk_store::Store) -> String {
    let mut all = format!("{:?}", feed(store, "austin", BEGINNING, None).await);
    for id in ["a", "b"] {
        all += &format!("{:?} {:?}", find(store, "austin", id).await, timeline(store, "austin", id).await);
    }
    all
}

#[test]
fn a_file_has_one_server() {
    let desk = Desk::new();
    assert!(!desk.workbench().is_served());
    let store = desk.open();
    assert!(desk.workbench().is_served());
    match desk.try_open().map(drop) {
        Err(OpenError::Owned { path, process }) => {
            assert_eq!(path, desk.path().display().to_string());
            assert_eq!(process, std::process::id().to_string());
        }
        other => panic!("a second server: {other:?}"),
    }
    assert_eq!(wait(feed(&store, "austin", BEGINNING, None)), [], "the first goes on");
    drop(store);
    assert!(!desk.workbench().is_served());
    drop(desk.open());
}

#[test]
fn what_is_not_a_database_is_refused_and_left_alone() {
    let desk = Desk::empty();
    let text = "This is a letter to the practice, and no database at all. ".repeat(40);
    std::fs::write(desk.path(), &text).expect("a file");
    assert!(matches!(desk.try_open(), Err(OpenError::NotOurs(_))));
    let workbench = Workbench::open(&desk.url(), true, desk.clock.clone(), KEY);
    assert!(matches!(workbench.err(), Some(OpenError::NotOurs(_))));
    assert_eq!(std::fs::read_to_string(desk.path()).ok(), Some(text));
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let desk = Desk::empty();
    desk.connection().execute_batch("CREATE TABLE recipes (name TEXT)").expect("a table");
    let before = std::fs::read(desk.path()).expect("the file");
    assert!(matches!(desk.try_open(), Err(OpenError::NotOurs(_))));
    assert_eq!(std::fs::read(desk.path()).expect("the file"), before);
}

#[test]
fn a_newer_schema_is_refused() {
    let desk = Desk::new();
    desk.connection().execute_batch("PRAGMA user_version = 99").expect("a newer version");
    match desk.try_open() {
        Err(OpenError::Newer { found: 99, known, .. }) => assert!(known < 99),
        other => panic!("a newer schema: {:?}", other.err()),
    }
}

#[test]
fn places_where_no_file_can_be_are_refused_with_their_name() {
    let desk = Desk::empty();
    let missing = desk.folder().join("no/such/folder/record.db");
    for path in [desk.folder(), missing] {
        let error = open(&format!("sqlite:{}", path.display()), desk.clock.clone()).err();
        assert!(matches!(error, Some(OpenError::Store(_))), "{path:?}: {error:?}");
        let error = error.map(|error| error.to_string()).unwrap_or_default();
        assert!(error.contains(&path.display().to_string()), "{path:?}: {error}");
    }
}

#[test]
fn urls() {
    let desk = Desk::empty();
    for url in ["", "record.db", "mysql://localhost/record", "sqlite:", "sqlite", "postgres:"] {
        let error = open(url, desk.clock.clone()).err();
        assert!(matches!(&error, Some(OpenError::Url(shown)) if shown == url), "{url}: {error:?}");
    }
    drop(open(&format!("sqlite://{}", desk.path().display()), desk.clock.clone()).expect("with slashes"));
    assert!(desk.path().exists());
}

#[test]
fn a_tool_does_not_make_a_database_unless_told_to() {
    let desk = Desk::empty();
    let opened = Workbench::open(&desk.url(), false, desk.clock.clone(), KEY);
    assert!(matches!(opened.err(), Some(OpenError::Missing(_))));
    assert!(!desk.path().exists());
    assert_eq!(desk.clock.now(), BEGINNING);
}
