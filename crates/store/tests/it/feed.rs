//! Ticks and settling: the order of the feed when clocks stand still, jump back, or go on while nobody serves.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use frontdesk_domain::clock::ManualClock;
use frontdesk_domain::feed::Window;
use frontdesk_domain::session::{ClientType, Event, Stage, State, Status};
use frontdesk_domain::{Clock, Timestamp};
use frontdesk_store::PageStart;

use crate::support::{
    BEGINNING, Desk, LooseClock, MINUTE, TIME_TO_LIVE, advance, done, feed, find, location, on_both_engines, open,
    page, row, settings, start, timeline, wait,
};

#[test]
fn a_clock_that_is_shared_moves_for_all() {
    let clock = Arc::new(ManualClock::new(BEGINNING));
    clock.advance(5);
    assert_eq!(clock.now(), BEGINNING.plus_micros(5));
}

on_both_engines! {
    fn ticks_are_unique_and_increase_while_the_clock_stands_still(engine: Engine) {
        let desk = Desk::on(engine);
        wait(async {
            let store = desk.open();
            let mut last = Timestamp::MIN;
            for round in 0..5 {
                for id in ["a", "b", "c"] {
                    let request = if round == 0 { start() } else { advance(Stage::Checkout) };
                    let tick = done(&store, "austin", id, BEGINNING, request).await.updated_at;
                    assert!(tick > last && tick >= BEGINNING);
                    last = tick;
                }
            }
            assert_eq!(last, BEGINNING.plus_micros(14), "not further ahead of the clock than it must be");
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn ticks_increase_when_the_clock_jumps_back_also_over_a_restart(engine: Engine) {
        let desk = Desk::on(engine);
        let clock = Arc::new(LooseClock(AtomicI64::new(BEGINNING.as_micros())));
        let mut ticks = Vec::new();
        for jump in [0, -10 * MINUTE, -MINUTE, 5 * MINUTE, -400 * MINUTE] {
            // A new server each time: what it knows comes from the file.
            let store = open(&desk.url(), clock.clone()).expect("the database opens");
            for id in 0..4 {
                clock.0.fetch_add(jump / 4, Ordering::SeqCst);
                let id = format!("{jump} {id}");
                ticks.push(wait(done(&store, "austin", &id, clock.now(), start())).updated_at);
            }
            let last = *ticks.last().expect("four ticks");
            let (rows, _) = wait(async {
                let window = Window { start: Timestamp::MIN, end: None, status: None };
                page(&mut store.reader().expect("a reader"), "austin", window, PageStart::Rank(0), 1000).await
            });
            assert_eq!(rows.len(), ticks.len(), "the present reaches the last tick, though the clock is behind it");
            assert!(rows.last().is_some_and(|row| row.contains(&format!("updated_at: {last:?}"))));
        }
        assert!(ticks.is_sorted_by(|one, other| one < other), "{ticks:?}");
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn what_expired_while_nobody_served_is_settled_on_opening_at_its_expiry(engine: Engine) {
        let desk = Desk::on(engine);
        wait(async {
            let store = desk.open();
            for (id, pause) in [("a", 0), ("b", MINUTE), ("c", 20 * MINUTE)] {
                desk.clock.advance(pause);
                done(&store, "austin", id, desk.clock.now(), start()).await;
            }
        });
        desk.clock.advance(15 * MINUTE);
        let store = desk.open();
        wait(async {
            for (id, pause) in [("a", 0), ("b", MINUTE)] {
                let session = find(&store, "austin", id).await.expect("it is there");
                assert_eq!(session.state, State::Abandoned);
                assert_eq!(session.updated_at, BEGINNING.plus_micros(pause + TIME_TO_LIVE));
                let entry = timeline(&store, "austin", id).await.pop().expect("two events");
                assert_eq!((entry.at, entry.event), (session.updated_at, Event::Abandoned));
            }
            let active = find(&store, "austin", "c").await.expect("it is there");
            assert_eq!(active.state.status(), Status::Active);
            assert_eq!(store.next_expiry(), BEGINNING.plus_micros(21 * MINUTE + TIME_TO_LIVE));
        });
    }

    fn whoever_asks_for_the_present_sees_what_has_expired_at_its_expiry(engine: Engine) {
        let desk = Desk::on(engine);
        let store = desk.open();
        wait(async {
            done(&store, "austin", "a", BEGINNING, start()).await;
            desk.clock.advance(TIME_TO_LIVE - 1);
            assert_eq!(feed(&store, "austin", BEGINNING, None).await, [("a".to_owned(), BEGINNING)]);
            desk.clock.advance(1);
            let expired = BEGINNING.plus_micros(TIME_TO_LIVE);
            assert_eq!(feed(&store, "austin", BEGINNING.plus_micros(1), None).await, [("a".to_owned(), expired)]);
            assert_eq!(find(&store, "austin", "a").await.map(|session| session.state), Some(State::Abandoned));
        });
    }

    fn thousands_that_expire_at_once_are_settled_each_at_a_tick_of_its_own(engine: Engine) {
        let desk = Desk::on(engine);
        let rows = (0..1200).map(|number| {
            let state = State::Active { expires_at: Timestamp::MAX };
            row("austin", &format!("s{number}"), state, BEGINNING.plus_micros(-TIME_TO_LIVE - number))
        });
        let mut workbench = desk.workbench();
        let catalog = workbench.catalog().expect("the catalogue");
        workbench.import(&catalog, rows.collect(), false).expect("the import");
        let store = desk.open();
        wait(async {
            let feed = feed(&store, "austin", BEGINNING, None).await;
            assert_eq!(feed.len(), 1200, "all that were overdue are in the window of their settling");
            assert!(feed.is_sorted_by(|one, other| one.1 < other.1));
            let statuses = store.reader().expect("a reader").sessions_by_status().await.expect("the counts");
            assert_eq!(statuses.map(|(_, count)| count), [0, 0, 1200]);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_snapshot_that_is_older_than_the_window_asked_for_is_not_used(engine: Engine) {
        let desk = Desk::on(engine);
        let store = desk.open();
        wait(async {
            let mut reader = store.reader().expect("a reader");
            // Between the opening of the snapshot and the question a change is committed inside the window.
            let tick = done(&store, "austin", "a", BEGINNING, start()).await.updated_at;
            let window = Window { start: BEGINNING, end: Some(tick), status: None };
            let (rows, answer) = page(&mut reader, "austin", window, PageStart::Rank(0), 10).await;
            assert_eq!((rows.len(), answer.matching), (1, Some(1)));
        });
    }

    fn locations_keep_apart(engine: Engine) {
        let desk = Desk::on(engine);
        desk.workbench().add_location(&location("boston"), &settings(TIME_TO_LIVE)).expect("a new location");
        let store = desk.open();
        wait(async {
            let first = done(&store, "austin", "a", BEGINNING, start()).await;
            let second = done(&store, "boston", "a", BEGINNING, start()).await;
            assert_eq!(first.updated_at, second.updated_at, "ticks are a location's own");
            done(&store, "boston", "a", BEGINNING, advance(Stage::Checkout)).await;
            assert_eq!(find(&store, "austin", "a").await.map(|session| session.stage), Some(Stage::Started));
            assert_eq!(feed(&store, "austin", Timestamp::MIN, None).await.len(), 1);
            assert_eq!(timeline(&store, "austin", "a").await.len(), 1);
            assert_eq!(find(&store, "austin", "b").await, None);
        });
    }

    fn events_of_one_change_stay_in_order(engine: Engine) {
        let desk = Desk::on(engine);
        let store = desk.open();
        wait(async {
            done(&store, "austin", "a", BEGINNING, start()).await;
            let both = frontdesk_domain::session::Request::Act(frontdesk_domain::session::Action::Advance {
                stage: Some(Stage::ClientIdentification),
                client_type: Some(ClientType::New),
            });
            done(&store, "austin", "a", BEGINNING, both).await;
            let events: Vec<Event> = timeline(&store, "austin", "a").await.into_iter().map(|entry| entry.event).collect();
            assert!(matches!(events[0], Event::Started { .. }));
            let stage = Event::StageReached { stage: Stage::ClientIdentification };
            assert_eq!(events[1..], [stage, Event::ClientTypeSet { client_type: ClientType::New }]);
        });
    }
}
