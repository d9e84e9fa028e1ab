//! Several stores over one PostgreSQL: nobody misses what another one writes, whatever the clocks of their machines say.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use frontdesk_domain::clock::ManualClock;
use frontdesk_domain::feed::Window;
use frontdesk_domain::session::Stage;
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, Timestamp};
use frontdesk_store::{PageQuery, PageStart, Store};

use crate::support::{Desk, Engine, MINUTE, advance, done, feed, open, start, timeline, wait};

/// The machine's time, off by so many microseconds.
struct Off(i64);

impl Clock for Off {
    fn now(&self) -> Timestamp {
        machine_time().plus_micros(self.0)
    }
}

#[expect(clippy::disallowed_methods, reason = "the database's clock goes by the machine's, so these have to")]
fn machine_time() -> Timestamp {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).expect("it is after 1970");
    Timestamp::from_micros(i64::try_from(since.as_micros()).expect("it is before the year 294247"))
}

/// A clock that tells no time of day, so that nobody puts it right: what is left of a difference between servers.
struct Uncorrected(i64);

impl Clock for Uncorrected {
    fn now(&self) -> Timestamp {
        machine_time().plus_micros(self.0)
    }

    fn tells_the_time_of_day(&self) -> bool {
        false
    }
}

/// Every change that a poller sees who asks for window after window up to its present, and the last instant it asked for.
async fn poll(store: &Store, began: Timestamp, writing: &AtomicU64) -> BTreeMap<String, Timestamp> {
    let (mut seen, mut from) = (BTreeMap::new(), began);
    loop {
        let last = writing.load(Ordering::SeqCst) == 0;
        let end = store.clock().now();
        let mut reader = store.reader().expect("a reader");
        let location = Arc::clone(reader.catalog().location("austin").expect("the location"));
        let mut start = PageStart::Rank(0);
        loop {
            let window = Window { start: from, end: Some(end), status: None };
            let query = PageQuery { location: Arc::clone(&location), window, start, limit: 100 };
            let answer = reader.page(&query, |view| seen.extend([(view.id.to_owned(), view.updated_at)])).await;
            let end = answer.expect("a page").ends.remove(0);
            if !end.more {
                break;
            }
            start = PageStart::Cursor(end.next.expect("a place").from);
        }
        from = end;
        if last {
            return seen;
        }
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// Commits are slow, the servers' clocks differ, and everybody reads the present.
#[test]
fn pollers_of_the_present_miss_no_change_of_another_server() {
    const WRITERS: u64 = 4;
    let desk = Desk::on(Engine::Postgres);
    desk.spoil(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.006); RETURN NULL; END'; \
         CREATE CONSTRAINT TRIGGER dawdle AFTER UPDATE OF last_tick ON clocks DEFERRABLE INITIALLY DEFERRED \
         FOR EACH ROW EXECUTE FUNCTION dawdle()",
    );
    let (url, began) = (desk.url(), machine_time().plus_micros(-MINUTE));
    let (next, writing) = (&AtomicU64::new(0), &AtomicU64::new(2 * WRITERS));
    let views: Vec<_> = std::thread::scope(|scope| {
        let servers: Vec<_> = (0..2_i64)
            .map(|number| {
                let url = &url;
                scope.spawn(move || {
                    let until = machine_time().plus_micros(4 * SECOND);
                    let store = &open(url, Arc::new(Uncorrected(number * 40_000))).expect("it opens");
                    wait(async move {
                        let writers = (0..WRITERS).map(async |_| {
                            while machine_time() < until {
                                let id = format!("race-{}", next.fetch_add(1, Ordering::SeqCst));
                                done(store, "austin", &id, store.clock().now(), start()).await;
                                done(store, "austin", &id, store.clock().now(), advance(Stage::Checkout)).await;
                            }
                            writing.fetch_sub(1, Ordering::SeqCst);
                        });
                        let pollers = (0..2).map(async |_| poll(store, began, writing).await);
                        let writers = futures_util::future::join_all(writers);
                        futures_util::future::join(writers, futures_util::future::join_all(pollers)).await.1
                    })
                })
            })
            .collect();
        servers.into_iter().flat_map(|server| server.join().expect("a server")).collect()
    });
    let store = open(&url, Arc::new(Uncorrected(100_000))).expect("it opens");
    let truth = wait(feed(&store, "austin", Timestamp::MIN, None));
    assert!(truth.len() > 200, "{} changes prove little", truth.len());
    for view in &views {
        // What was written after a poller's last look is not its fault; it looked last when nobody wrote any more, but up to
        // the time of its own clock.
        let missed: Vec<_> = truth.iter().filter(|(id, at)| view.get(id) != Some(at)).collect();
        let latest = view.values().max().copied().unwrap_or(Timestamp::MIN);
        let missed: Vec<_> = missed.into_iter().filter(|(_, at)| *at <= latest).collect();
        assert!(missed.is_empty(), "{} of {} missed, as {:?}", missed.len(), truth.len(), missed.first());
    }
    assert_eq!(desk.findings(), Vec::<String>::new());
}

/// A server whose machine is five minutes off takes ticks, lets sessions expire and shows the present as the others do.
#[test]
fn a_machine_whose_clock_is_minutes_off_goes_by_the_databases() {
    for off in [-5 * MINUTE, 5 * MINUTE] {
        let desk = Desk::empty_on(Engine::Postgres);
        desk.workbench()
            .add_location(&crate::support::location("austin"), &crate::support::settings(SECOND))
            .expect("a new location");
        let right = open(&desk.url(), Arc::new(Off(0))).expect("it opens");
        let wrong = open(&desk.url(), Arc::new(Off(off))).expect("it opens");
        wait(async {
            let apart = (wrong.clock().now().as_micros() - right.clock().now().as_micros()).abs();
            assert!(apart < SECOND / 2, "the clocks of two servers are {apart} µs apart");
            let before = machine_time();
            let session = done(&wrong, "austin", "a", wrong.clock().now(), start()).await;
            let after = machine_time().plus_micros(SECOND / 2);
            assert!(
                (before.plus_micros(-SECOND / 2)..after).contains(&session.updated_at),
                "{} is not between {before} and {after}",
                session.updated_at
            );
            // Each sees at once what the other writes, in a window up to its own present.
            done(&right, "austin", "b", right.clock().now(), start()).await;
            for store in [&right, &wrong] {
                let ids: HashSet<_> = feed(store, "austin", before.plus_micros(-SECOND), None)
                    .await
                    .into_iter()
                    .map(|row| row.0)
                    .collect();
                assert!(ids.contains("a") && ids.contains("b"), "{ids:?}");
            }
            // The wrong one alone settles; the expiry is the database's second, not one five minutes away.
            while timeline(&wrong, "austin", "b").await.len() < 2 {
                wrong.settle_due().await.expect("it settles");
                assert!(machine_time() < after.plus_micros(20 * SECOND), "it does not expire");
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
            assert!(machine_time() >= before.plus_micros(SECOND), "not before its time");
            let late = timeline(&wrong, "austin", "a").await;
            assert!(late.windows(2).all(|pair| pair[0].at < pair[1].at));
        });
        assert_eq!(desk.findings(), Vec::<String>::new());
    }
}

/// The manual clock of a test is nobody's time of day; the database does not put it right.
#[test]
fn a_clock_that_tells_no_time_of_day_is_left_alone() {
    let desk = Desk::on(Engine::Postgres);
    let clock = Arc::new(ManualClock::new(Timestamp::from_micros(5)));
    let store = open(&desk.url(), clock).expect("it opens");
    assert_eq!(store.clock().now(), Timestamp::from_micros(5));
}
