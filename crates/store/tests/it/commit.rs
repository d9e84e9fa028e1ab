//! Many writers at once: every acknowledged change is kept, and no reader of the present misses one.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicUsize, Ordering};

use frontdesk_domain::session::{Idempotency, Rejection, Stage};
use frontdesk_domain::{Clock, Timestamp};
use frontdesk_store::{ApplyError, Outcome, Store, StoreError, WriteObserver};
use tokio::task::JoinSet;

use crate::support::{
    BEGINNING, Desk, TickingClock, advance, command, complete, done, feed, find, location, on_both_engines, open,
    open_observed, settings, start, wait,
};

/// Counts commits.
#[derive(Default)]
struct Commits(AtomicUsize);

impl WriteObserver for Commits {
    fn committed(&self, _: usize, _: i64) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
    fn settled(&self, _: i64) {}
}

const WRITERS: usize = 8;
const CHANGES: usize = 150;

/// Writes at full speed in two locations; every session is changed several times.
fn write(store: &Arc<Store>, clock: &Arc<dyn Clock>) {
    wait(async {
        let mut tasks = JoinSet::new();
        for writer in 0..WRITERS {
            let (store, clock) = (Arc::clone(store), Arc::clone(clock));
            tasks.spawn(async move {
                let location = if writer % 2 == 0 { "austin" } else { "boston" };
                for number in 0..CHANGES {
                    let id = format!("{writer} {number}");
                    done(&store, location, &id, clock.now(), start()).await;
                    if number % 3 == 0 {
                        done(&store, location, &id, clock.now(), advance(Stage::Checkout)).await;
                    }
                }
            });
        }
        tasks.join_all().await;
    });
}

/// Polls `[a, b]`, `[b, c]`, … up to the present until `stop`, then once more, and keeps the latest of every session.
fn mirror(store: &Store, clock: &dyn Clock, location: &str, stop: &AtomicBool) -> BTreeMap<String, Timestamp> {
    let (mut mirror, mut since) = (BTreeMap::new(), Timestamp::MIN);
    let mut last_round = false;
    wait(async {
        while !last_round {
            last_round = stop.load(Ordering::SeqCst);
            let until = clock.now();
            let changes = feed(store, location, since, Some(until)).await;
            assert!(changes.is_sorted_by_key(|(_, at)| *at));
            mirror.extend(changes);
            since = until;
        }
    });
    mirror
}

/// Adds what lies later than anything the poller has asked for, when ticks have run ahead of the clock.
async fn catch_up(
    store: &Store,
    location: &str,
    mut mirror: BTreeMap<String, Timestamp>,
) -> BTreeMap<String, Timestamp> {
    let since = mirror.values().max().copied().unwrap_or(Timestamp::MIN);
    mirror.extend(feed(store, location, since, None).await);
    mirror
}

on_both_engines! {
    fn commands_share_commits_and_everything_acknowledged_is_kept(engine: Engine) {
        let desk = Desk::on(engine);
        let commits = Arc::new(Commits::default());
        let store = open_observed(&desk.url(), desk.clock.clone(), commits.clone()).expect("the database opens");
        let store = Arc::new(store);
        let acknowledged: BTreeMap<String, Timestamp> = wait(async {
            let mut tasks = JoinSet::new();
            for number in 0..600 {
                let store = Arc::clone(&store);
                let id = format!("{number:03}");
                tasks.spawn(async move { done(&store, "austin", &id, BEGINNING, start()).await });
            }
            tasks.join_all().await.into_iter().map(|session| (session.id.to_string(), session.updated_at)).collect()
        });
        assert_eq!(acknowledged.len(), 600);
        let commits = commits.0.load(Ordering::SeqCst);
        assert!(commits < 300, "{commits} commits for 600 commands");
        drop(store);
        let kept: BTreeMap<String, Timestamp> =
            wait(feed(&desk.open(), "austin", Timestamp::MIN, None)).into_iter().collect();
        assert_eq!(kept, acknowledged);
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_command_that_is_refused_or_fails_takes_no_other_with_it(engine: Engine) {
        let desk = Desk::on(engine);
        let store = Arc::new(desk.open());
        wait(async {
            done(&store, "austin", "taken", BEGINNING, start()).await;
            let mut tasks = JoinSet::new();
            for number in 0..30 {
                let store = Arc::clone(&store);
                tasks.spawn(async move {
                    let wrong = match number % 3 {
                        // An id that is taken cannot be started again: a fault, since ids are made unique.
                        0 => command("austin", "taken", BEGINNING, start()),
                        1 => command("austin", &format!("no {number}"), BEGINNING, advance(Stage::Checkout)),
                        _ => command("austin", &format!("{number}"), BEGINNING, start()),
                    };
                    store.apply(wrong).await
                });
            }
            let answers = tasks.join_all().await;
            let faults =
                |answer: &&Result<Outcome, ApplyError>| matches!(answer, Err(ApplyError::Fault(StoreError::Commit(_))));
            assert_eq!(answers.iter().filter(faults).count(), 10);
            assert_eq!(answers.iter().filter(|answer| matches!(answer, Err(ApplyError::NoSuchSession))).count(), 10);
            assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 10);
            assert_eq!(feed(&store, "austin", Timestamp::MIN, None).await.len(), 11);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn the_same_request_twice_is_done_once(engine: Engine) {
        let desk = Desk::on(engine);
        let store = Arc::new(desk.open());
        wait(async {
            let ask = |id: &str, fingerprint| {
                let mut command = command("austin", id, BEGINNING, start());
                command.idempotency = Some(Idempotency { key: "key".into(), fingerprint: [fingerprint; 32] });
                command
            };
            // In one batch, as a client that retries at once does.
            let mut tasks = JoinSet::new();
            for id in ["a", "b", "c"] {
                let (store, command) = (Arc::clone(&store), ask(id, 1));
                tasks.spawn(async move { store.apply(command).await.expect("it is done once").session });
            }
            let answers = tasks.join_all().await;
            assert!(answers.windows(2).all(|pair| pair[0] == pair[1]));
            assert_eq!(feed(&store, "austin", Timestamp::MIN, None).await.len(), 1);
            assert!(matches!(store.apply(ask("d", 2)).await, Err(ApplyError::KeyReused)));
            desk.clock.advance(24 * 3600 * 1_000_000);
            assert_eq!(store.forget_idempotency_keys().await.ok(), Some(1));
            assert_eq!(store.apply(ask("d", 2)).await.expect("the key is free again").session.id.as_str(), "d");
        });
    }

    fn errors_say_what_was_wrong(engine: Engine) {
        let desk = Desk::on(engine);
        let store = desk.open();
        wait(async {
            done(&store, "austin", "a", BEGINNING, start()).await;
            done(&store, "austin", "a", BEGINNING, complete("one")).await;
            let other = store.apply(command("austin", "a", BEGINNING, complete("other"))).await;
            assert!(matches!(other, Err(ApplyError::Rejected(Rejection::AlreadyCompleted))));
            let late = store.apply(command("austin", "a", BEGINNING, advance(Stage::Checkout))).await;
            assert!(matches!(late, Err(ApplyError::Rejected(Rejection::SessionCompleted))));
            let nowhere = store.apply(command("chicago", "a", BEGINNING, start())).await;
            assert!(matches!(nowhere, Err(ApplyError::NoSuchLocation)));
        });
    }

    fn a_poller_of_the_present_misses_no_change_while_commits_run(engine: Engine) {
        let desk = Desk::on(engine);
        desk.workbench().add_location(&location("boston"), &settings(i64::MAX / 4)).expect("a new location");
        desk.workbench().set_location(&location("austin"), &settings(i64::MAX / 4)).expect("no expiry in this test");
        let clock: Arc<dyn Clock> = Arc::new(TickingClock(AtomicI64::new(BEGINNING.as_micros())));
        let store = Arc::new(open(&desk.url(), Arc::clone(&clock)).expect("the database opens"));
        let stop = AtomicBool::new(false);
        std::thread::scope(|scope| {
            let pollers: Vec<_> = ["austin", "boston"]
                .into_iter()
                .map(|location| (location, scope.spawn(|| mirror(&store, &*clock, location, &stop))))
                .collect();
            write(&store, &clock);
            // So far every tick is earlier than the clock, or the last window would end before it.
            stop.store(true, Ordering::SeqCst);
            for (location, poller) in pollers {
                let mirror = poller.join().expect("the poller goes through");
                let real: BTreeMap<String, Timestamp> =
                    wait(feed(&store, location, Timestamp::MIN, None)).into_iter().collect();
                let ahead = real.values().max().is_some_and(|last| *last > clock.now());
                let seen: BTreeMap<_, _> = if ahead { wait(catch_up(&store, location, mirror)) } else { mirror };
                assert_eq!(real.len(), WRITERS / 2 * CHANGES);
                let missed: Vec<_> = real.iter().filter(|(id, at)| seen.get(*id) != Some(at)).collect();
                assert!(missed.is_empty(), "{location}: missed {missed:?}");
            }
        });
        drop(store);
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn what_was_acknowledged_is_seen_by_whoever_asks_then(engine: Engine) {
        let desk = Desk::on(engine);
        let store = Arc::new(desk.open());
        wait(async {
            let mut tasks = JoinSet::new();
            for number in 0..100 {
                let store = Arc::clone(&store);
                tasks.spawn(async move {
                    let id = format!("{number}");
                    let session = done(&store, "austin", &id, BEGINNING, start()).await;
                    assert_eq!(find(&store, "austin", &id).await.as_ref(), Some(&session));
                    let there = feed(&store, "austin", session.updated_at, Some(session.updated_at)).await;
                    assert_eq!(there, [(id, session.updated_at)]);
                });
            }
            tasks.join_all().await;
        });
    }
}
