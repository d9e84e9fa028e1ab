//! Many want one time: one gets it.

use std::sync::Arc;

use frontdesk_domain::appointment::Rejection;
use frontdesk_store::{BookError, Booked, Store};
use tokio::task::JoinSet;

use crate::practice::{ask, book, busy, hold, practice_on, setup, slot};
use crate::support::{BEGINNING, Desk, Engine, done, on_both_engines, start, timeline, wait};

const VISITORS: usize = 120;

/// Every visitor wants the same time at once, from one of the servers; answers how many got it.
async fn race(stores: &[Arc<Store>], booked: bool) -> usize {
    let time = slot("ben", "visit", 1, 9, 0);
    let ids: Vec<String> = (0..VISITORS).map(|number| format!("{number}")).collect();
    for id in &ids {
        done(&stores[0], "austin", id, BEGINNING, start()).await;
    }
    let mut tasks = JoinSet::new();
    for (number, id) in ids.iter().enumerate() {
        let store = Arc::clone(&stores[number % stores.len()]);
        let request = if booked { book(&format!("of {id}"), Some(id), &time) } else { hold(id, &time) };
        tasks.spawn(async move { ask(&store, BEGINNING, request).await });
    }
    let answers: Vec<Result<Booked, BookError>> = tasks.join_all().await;
    let lost = |answer: &Result<Booked, BookError>| matches!(answer, Err(BookError::Rejected(Rejection::SlotTaken)));
    for answer in &answers {
        assert!(answer.is_ok() || lost(answer), "{answer:?}");
    }
    let mut losers = 0;
    for id in &ids {
        losers += usize::from(format!("{:?}", timeline(&stores[0], "austin", id).await).contains("TimeLost"));
    }
    assert_eq!(losers, answers.iter().filter(|answer| lost(answer)).count());
    assert_eq!(busy(&stores[0]).await.len(), 1);
    answers.iter().filter(|answer| answer.is_ok()).count()
}

fn check(desk: &Desk, stores: usize) {
    let stores: Vec<Arc<Store>> = (0..stores).map(|_| Arc::new(desk.open())).collect();
    assert_eq!(wait(race(&stores, true)), 1);
    drop(stores);
    assert_eq!(desk.findings(), [""; 0]);
}

on_both_engines! {
    fn of_many_who_book_one_time_one_gets_it(engine: Engine) {
        check(&practice_on(engine, &setup()), 1);
    }

    fn of_many_who_hold_one_time_one_gets_it(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = Arc::new(desk.open());
        assert_eq!(wait(race(&[store], false)), 1);
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn what_the_decision_did_not_know_is_refused_all_the_same(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        let time = slot("ben", "visit", 1, 9, 0);
        // Somebody else writes into the database: an appointment of which no agenda knows.
        desk.spoil(&format!(
            "INSERT INTO claims (location, resource, occupied_from, occupied_until, appointment) \
             VALUES (1, 'p:ben', {}, {}, 'ghost')",
            time.start.as_micros(),
            time.start.as_micros() + 1,
        ));
        wait(async {
            // Others that share the transaction are not taken along.
            let others = futures_util::future::join_all((0..20).map(async |number| {
                done(&store, "austin", &format!("{number}"), BEGINNING, start()).await
            }));
            let (refused, _) = futures_util::future::join(ask(&store, BEGINNING, book("one", None, &time)), others).await;
            assert!(matches!(refused, Err(BookError::Rejected(Rejection::SlotTaken))), "{refused:?}");
            assert_eq!(busy(&store).await, []);
        });
    }
}

#[test]
fn of_many_at_two_servers_one_gets_it() {
    check(&practice_on(Engine::Postgres, &setup()), 2);
}

/// The database keeps claims apart, whoever writes.
#[test]
fn claims_that_overlap_are_refused_by_postgres_itself() {
    let desk = practice_on(Engine::Postgres, &setup());
    let claim = |location: i64, resource: &str, from: i64, until: i64| {
        format!("INSERT INTO claims VALUES ({location}, '{resource}', {from}, {until}, 'a')")
    };
    desk.spoil(&claim(1, "p:ben", 10, 20));
    for fine in
        [claim(1, "p:ben", 20, 30), claim(1, "p:ben", 5, 10), claim(1, "p:ana", 10, 20), claim(2, "p:ben", 10, 20)]
    {
        desk.spoil(&fine);
    }
    for (from, until) in [(10, 20), (12, 13), (5, 11), (19, 40)] {
        let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            desk.spoil(&claim(1, "p:ben", from, until));
        }));
        assert!(refused.is_err(), "{from} to {until}");
    }
}
