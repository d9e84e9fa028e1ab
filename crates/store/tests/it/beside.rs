//! An operator's tools beside a running server: what they change it sees at once.

use frontdesk_domain::access::{Reach, Scope, Token, TokenRecord};
use frontdesk_domain::feed::Window;
use frontdesk_domain::session::{Action, ClientType, Event, Request, Stage, State, Status};
use frontdesk_domain::{Clock, Timestamp};
use frontdesk_store::{AdminError, ImportRow, ImportVerdict, Store};

use crate::bench::Bench;
use crate::support::{
    BEGINNING, Desk, MINUTE, TIME_TO_LIVE, advance, appointment, done, feed, find, location, on_both_engines, row,
    settings, start, timeline, wait,
};

fn import(workbench: &mut Bench, rows: Vec<ImportRow>, touch: bool) -> Vec<ImportVerdict> {
    let catalog = workbench.catalog().expect("the catalogue");
    workbench.import(&catalog, rows, touch).expect("the import")
}

fn active() -> State {
    State::Active { expires_at: Timestamp::MAX }
}

fn admits(store: &Store, token: &Token) -> bool {
    store.reader().expect("a reader").catalog().admit(token).is_some()
}

#[test]
fn a_backup_beside_the_server_is_a_whole_database() {
    let desk = Desk::new();
    let store = desk.open();
    wait(done(&store, "austin", "a", BEGINNING, start()));
    let target = desk.folder().join("copy.db");
    let workbench = desk.workbench();
    let bytes = workbench.backup(&target).expect("the backup");
    assert_eq!(std::fs::metadata(&target).map(|file| file.len()).ok(), Some(bytes));
    assert!(workbench.backup(&target).is_err(), "a backup overwrites nothing");
    let copy = crate::support::open(&format!("sqlite:{}", target.display()), desk.clock.clone()).expect("it opens");
    wait(async {
        assert_eq!(feed(&copy, "austin", BEGINNING, None).await, feed(&store, "austin", BEGINNING, None).await)
    });
}

on_both_engines! {
    fn tokens_come_and_go_at_once(engine: Engine) {
        let desk = Desk::on(engine);
        let (store, mut workbench) = (desk.open(), desk.workbench());
        let token = Token::generate([3; 40]);
        let record = TokenRecord {
            id: token.id(),
            digest: token.digest(),
            scope: Scope::Booking,
            reach: Reach::Locations(vec![location("austin")]),
            note: "the booking page".into(),
            created_at: BEGINNING,
            revoked_at: None,
        };
        assert!(!admits(&store, &token));
        workbench.add_token(&record).expect("a new token");
        assert!(admits(&store, &token));
        let kept = store.reader().map(|reader| reader.catalog().tokens()[0].as_ref().clone()).expect("a reader");
        assert_eq!(kept, record);
        let mut other = [3; 40];
        other[39] = 4;
        assert!(!admits(&store, &Token::generate(other)), "the right id with another secret");
        desk.clock.advance(MINUTE);
        workbench.revoke_token(token.id()).expect("it is revoked");
        assert!(!admits(&store, &token));
        desk.clock.advance(MINUTE);
        workbench.revoke_token(token.id()).expect("again");
        let catalog = workbench.catalog().expect("the catalogue");
        assert_eq!(catalog.tokens()[0].revoked_at, Some(BEGINNING.plus_micros(MINUTE)));
        let unknown = workbench.revoke_token(Token::generate([4; 40]).id());
        assert!(matches!(unknown, Err(AdminError::NoSuchToken(_))));
    }

    fn locations_come_and_change_at_once(engine: Engine) {
        let desk = Desk::on(engine);
        let (store, mut workbench) = (desk.open(), desk.workbench());
        wait(async {
            let early = crate::support::command("boston", "a", BEGINNING, start());
            assert!(matches!(store.apply(early).await, Err(frontdesk_store::ApplyError::NoSuchLocation)));
            workbench.add_location(&location("boston"), &settings(MINUTE)).expect("a new location");
            let session = done(&store, "boston", "a", BEGINNING, start()).await;
            assert_eq!(session.state, State::Active { expires_at: BEGINNING.plus_micros(MINUTE) });
            workbench.set_location(&location("boston"), &settings(2 * MINUTE)).expect("a change");
            let session = done(&store, "boston", "a", BEGINNING, advance(Stage::Checkout)).await;
            assert_eq!(session.state, State::Active { expires_at: BEGINNING.plus_micros(2 * MINUTE) });
        });
        let taken = workbench.add_location(&location("boston"), &settings(MINUTE));
        assert!(matches!(taken, Err(AdminError::LocationExists(_))));
        let unknown = workbench.set_location(&location("chicago"), &settings(MINUTE));
        assert!(matches!(unknown, Err(AdminError::NoSuchLocation(_))));
        let reader = store.reader().expect("a reader");
        let ids: Vec<&str> = reader.catalog().locations().into_iter().map(|location| location.id.as_str()).collect();
        assert_eq!(ids, ["austin", "boston"]);
    }

    fn an_import_is_seen_at_once_and_again_changes_nothing(engine: Engine) {
        let desk = Desk::on(engine);
        let (store, mut workbench) = (desk.open(), desk.workbench());
        let booked = State::Completed { appointment_id: appointment("a"), remote_appointment_id: None };
        let rows = || {
            vec![
                row("austin", "a", State::Abandoned, BEGINNING.plus_micros(-MINUTE)),
                row("austin", "b", booked.clone(), BEGINNING.plus_micros(-2 * MINUTE)),
                row("chicago", "c", State::Abandoned, BEGINNING),
                row("austin", "d", State::Abandoned, BEGINNING.plus_micros(1)),
            ]
        };
        use ImportVerdict::{Added, InTheFuture, NoSuchLocation, Unchanged};
        assert_eq!(import(&mut workbench, rows(), false), [Added, Added, NoSuchLocation, InTheFuture]);
        wait(async {
            let expected =
                [("b".to_owned(), BEGINNING.plus_micros(-2 * MINUTE)), ("a".to_owned(), BEGINNING.plus_micros(-MINUTE))];
            assert_eq!(feed(&store, "austin", Timestamp::MIN, None).await, expected);
            assert_eq!(import(&mut workbench, rows(), false), [Unchanged, Unchanged, NoSuchLocation, InTheFuture]);
            assert_eq!(feed(&store, "austin", Timestamp::MIN, None).await, expected);
            // A change after the import comes after it in the feed.
            let tick = done(&store, "austin", "e", BEGINNING, start()).await.updated_at;
            assert!(tick >= BEGINNING);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_touching_import_gives_new_ticks_once(engine: Engine) {
        let desk = Desk::on(engine);
        let (store, mut workbench) = (desk.open(), desk.workbench());
        wait(async {
            done(&store, "austin", "live", BEGINNING, start()).await;
            let rows =
                || ["a", "b"].map(|id| row("austin", id, State::Abandoned, BEGINNING.plus_micros(-99 * MINUTE))).to_vec();
            assert_eq!(import(&mut workbench, rows(), true), [ImportVerdict::Added; 2]);
            let seen = feed(&store, "austin", BEGINNING.plus_micros(1), None).await;
            assert_eq!(seen, [("a".to_owned(), BEGINNING.plus_micros(1)), ("b".to_owned(), BEGINNING.plus_micros(2))]);
            assert_eq!(import(&mut workbench, rows(), true), [ImportVerdict::Unchanged; 2]);
            let tick = done(&store, "austin", "live", BEGINNING, advance(Stage::Checkout)).await.updated_at;
            assert_eq!(tick, BEGINNING.plus_micros(3));
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_touching_import_of_a_session_twice_ends_with_its_later_state(engine: Engine) {
        let desk = Desk::on(engine);
        let mut workbench = desk.workbench();
        let older = row("austin", "a", State::Abandoned, BEGINNING.plus_micros(-9 * MINUTE));
        let booked = State::Completed { appointment_id: appointment("a"), remote_appointment_id: None };
        let newer = row("austin", "a", booked, BEGINNING.plus_micros(-5 * MINUTE));
        use ImportVerdict::{Added, Unchanged, Updated};
        assert_eq!(import(&mut workbench, vec![older.clone(), newer.clone()], true), [Added, Updated]);
        assert_eq!(import(&mut workbench, vec![older, newer.clone()], true), [Unchanged, Unchanged]);
        assert_eq!(import(&mut workbench, vec![newer], false), [Unchanged]);
        let store = desk.open();
        wait(async {
            let session = find(&store, "austin", "a").await.expect("it is there");
            assert_eq!((session.state.status(), session.updated_at), (Status::Completed, BEGINNING.plus_micros(1)));
        });
        drop(store);
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn an_import_takes_no_session_that_would_live_on_from_the_future(engine: Engine) {
        let desk = Desk::on(engine);
        let mut future = row("austin", "a", active(), BEGINNING);
        future.session.last_activity_at = Some(BEGINNING.plus_micros(1));
        assert_eq!(import(&mut desk.workbench(), vec![future], false), [ImportVerdict::InTheFuture]);
    }

    fn imported_sessions_in_progress_are_settled_when_their_time_is_up(engine: Engine) {
        let desk = Desk::on(engine);
        let (store, mut workbench) = (desk.open(), desk.workbench());
        import(&mut workbench, vec![row("austin", "a", active(), BEGINNING.plus_micros(-MINUTE))], false);
        let expiry = BEGINNING.plus_micros(TIME_TO_LIVE - MINUTE);
        wait(async {
            let state = find(&store, "austin", "a").await.map(|session| session.state);
            assert_eq!(state, Some(State::Active { expires_at: expiry }));
            desk.clock.advance(TIME_TO_LIVE);
            store.settle_due().await.expect("it settles");
            let session = find(&store, "austin", "a").await.expect("it is there");
            assert_eq!((session.state, session.updated_at), (State::Abandoned, expiry));
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn whoever_asks_for_the_present_sees_that_an_imported_session_has_expired(engine: Engine) {
        let desk = Desk::on(engine);
        let (store, mut workbench) = (desk.open(), desk.workbench());
        wait(async {
            // The server has looked: nothing will ever expire, as far as it knows.
            assert_eq!(store.settle_due().await.ok(), Some(Timestamp::MAX));
            import(&mut workbench, vec![row("austin", "a", active(), BEGINNING)], false);
            desk.clock.advance(TIME_TO_LIVE);
            let feed = feed(&store, "austin", BEGINNING.plus_micros(1), None).await;
            assert_eq!(feed, [("a".to_owned(), BEGINNING.plus_micros(TIME_TO_LIVE))]);
            assert!(store.next_expiry() <= desk.clock.now() || store.next_expiry() == Timestamp::MAX);
        });
    }

    fn an_overdue_import_is_settled_after_it_not_before(engine: Engine) {
        let desk = Desk::on(engine);
        let (store, mut workbench) = (desk.open(), desk.workbench());
        import(&mut workbench, vec![row("austin", "a", active(), BEGINNING.plus_micros(-99 * MINUTE))], false);
        wait(async {
            store.settle_due().await.expect("it settles");
            let session = find(&store, "austin", "a").await.expect("it is there");
            assert_eq!((session.state.status(), session.updated_at), (Status::Abandoned, BEGINNING));
        });
    }

    fn an_import_at_the_instant_of_a_live_change_replaces_all_of_it(engine: Engine) {
        let desk = Desk::on(engine);
        let (store, mut workbench) = (desk.open(), desk.workbench());
        wait(async {
            done(&store, "austin", "a", BEGINNING, start()).await;
            let both = Action::Advance { stage: Some(Stage::Checkout), client_type: Some(ClientType::New) };
            let live = done(&store, "austin", "a", BEGINNING, Request::Act(both)).await;
            let mut corrected = live.clone();
            corrected.client_type = Some(ClientType::Returning);
            desk.clock.advance(MINUTE);
            let rows = vec![ImportRow { location: location("austin"), session: corrected }];
            assert_eq!(import(&mut workbench, rows, false), [ImportVerdict::Updated]);
            let session = find(&store, "austin", "a").await.expect("it is there");
            assert_eq!(session.client_type, Some(ClientType::Returning));
            let last = timeline(&store, "austin", "a").await.pop().map(|entry| entry.event);
            assert_eq!(last, Some(Event::Imported { status: Status::Active, stage: Stage::Checkout, updated_at: None }));
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_window_is_read_whole_and_may_be_left(engine: Engine) {
        let desk = Desk::on(engine);
        let mut workbench = desk.workbench();
        let rows = (0..2500)
            .map(|number| row("austin", &format!("{number:04}"), State::Abandoned, BEGINNING.plus_micros(-number / 7)));
        import(&mut workbench, rows.collect(), false);
        let catalog = workbench.catalog().expect("the catalogue");
        let austin = catalog.location("austin").expect("it is there").clone();
        let window = Window { start: Timestamp::MIN, end: None, status: None };
        let mut read = Vec::new();
        let collect = |view: frontdesk_domain::session::SessionView<'_>| {
            read.push((view.updated_at, view.id.to_owned()));
            true
        };
        workbench.sessions(&austin, &window, 0, collect).expect("the window");
        assert!(read.len() == 2500 && read.is_sorted());
        assert_eq!(workbench.count(&austin, &window).ok(), Some(2500));
        let mut few = 0;
        let until_five = |_: frontdesk_domain::session::SessionView<'_>| {
            few += 1;
            few < 5
        };
        workbench.sessions(&austin, &window, 0, until_five).expect("the window");
        assert_eq!(few, 5);
        let mut rest = 0;
        let count = |_: frontdesk_domain::session::SessionView<'_>| {
            rest += 1;
            true
        };
        workbench.sessions(&austin, &window, 1300, count).expect("the window");
        assert_eq!(rest, 1200);
        assert_eq!(desk.clock.now(), BEGINNING);
    }
}
