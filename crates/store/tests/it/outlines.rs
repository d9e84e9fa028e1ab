//! Windows that ended long ago, asked for again and again: whatever a server remembers of them, its answers are of the moment.

use std::sync::Arc;

use frontdesk_domain::feed::{Place, Window};
use frontdesk_domain::session::{Action, Request, State, Status};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, Timestamp};
use frontdesk_store::{ImportRow, PageStart, Store};

use crate::support::{BEGINNING, Desk, Engine, MINUTE, appointment, done, on_both_engines, page, row, start, wait};

const HOUR: i64 = 60 * MINUTE;
const LIMIT: u32 = 7;

/// So many microseconds before the beginning.
fn ago(micros: i64) -> Timestamp {
    BEGINNING.plus_micros(-micros)
}

/// Sessions of the last twenty days, some hours with many and some with none.
fn past() -> Vec<ImportRow> {
    (0..600_i64)
        .map(|number| {
            let at = ago(20 * 24 * HOUR - number / 6 * 5 * HOUR - number * number % 53 * MINUTE - number);
            let state = if number % 3 == 0 {
                let id = appointment(&format!("a{number}"));
                State::Completed { appointment_id: id, remote_appointment_id: None }
            } else {
                State::Abandoned
            };
            row("austin", &format!("s{number:03}"), state, at)
        })
        .collect()
}

fn import(desk: &Desk, rows: Vec<ImportRow>) {
    let mut bench = desk.workbench();
    let catalog = bench.catalog().expect("the catalogue");
    bench.import(&catalog, rows, false).expect("the rows are imported");
}

/// Windows that begin and end before, within and after what there is, in parts with sessions and without.
fn windows() -> Vec<Window> {
    let instants = [
        40 * 24 * HOUR,
        20 * 24 * HOUR - 90 * MINUTE,
        13 * 24 * HOUR + 17 * SECOND,
        5 * 24 * HOUR,
        26 * HOUR,
        3 * HOUR,
    ];
    let mut windows = Vec::new();
    for (index, start) in instants.iter().enumerate() {
        for end in &instants[index..] {
            for status in [None, Some(Status::Completed), Some(Status::Abandoned)] {
                windows.push(Window { start: ago(*start), end: Some(ago(*end)), status });
            }
        }
    }
    windows
}

/// Holds pages of all windows against the sessions as they lie in the database.
async fn hold(store: &Store, desk: &Desk, said: &str) {
    for window in windows() {
        let mut truth = Vec::new();
        let bench = &mut desk.workbench();
        let catalog = bench.catalog().expect("the catalogue");
        let location = Arc::clone(catalog.location("austin").expect("the location"));
        let all = |view: frontdesk_domain::session::SessionView<'_>| {
            truth.push((format!("{view:?}"), Place { updated_at: view.updated_at, id: view.id.into() }));
            true
        };
        bench.sessions(&location, &window, 0, all).expect("the sessions are read");
        let mut reader = store.reader().expect("a reader");
        let rows =
            |from: usize| truth.iter().skip(from).take(LIMIT as usize).map(|(row, _)| row.clone()).collect::<Vec<_>>();
        for rank in [0, 1, LIMIT as usize, truth.len() / 2, truth.len().saturating_sub(3), truth.len(), 4000] {
            let (found, answer) = page(&mut reader, "austin", window, PageStart::Rank(rank as u64), LIMIT).await;
            assert_eq!(found, rows(rank), "{said}: {window:?} from {rank}");
            assert_eq!(answer.matching, Some(truth.len() as u64), "{said}: {window:?} from {rank}");
            assert_eq!(answer.ends[0].more, truth.len() > rank + LIMIT as usize, "{said}: {window:?} from {rank}");
        }
        if let Some((_, place)) = truth.get(truth.len() / 3) {
            let (found, answer) = page(&mut reader, "austin", window, PageStart::Cursor(place.clone()), LIMIT).await;
            assert_eq!(found, rows(truth.len() / 3 + 1), "{said}: {window:?} after {place:?}");
            assert_eq!(answer.matching, Some(truth.len() as u64), "{said}: {window:?} after {place:?}");
        }
    }
}

on_both_engines! {
    /// One server remembers; another changes a session of long ago, and an import brings others.
    fn what_changes_in_the_past_is_seen_at_once(engine: Engine) {
        let desk = Desk::on(engine);
        import(&desk, past());
        wait(async {
            let store = desk.open();
            hold(&store, &desk, "at first").await;
            hold(&store, &desk, "again").await;

            // A completed session of days ago gets its id in the PIMS.
            let attach = |id: &str| Request::Act(Action::AttachRemote { remote_appointment_id: appointment(id) });
            desk.clock.advance(SECOND);
            let other = (engine == Engine::Postgres).then(|| desk.open());
            done(other.as_ref().unwrap_or(&store), "austin", "s300", desk.clock.now(), attach("p300")).await;
            hold(&store, &desk, "one has left").await;
            desk.clock.advance(20 * MINUTE);
            hold(&store, &desk, "it left a while ago").await;
            hold(&store, &desk, "it left a while ago, again").await;

            // Whatever the clock does, nothing is taken for true that is not.
            desk.clock.advance(SECOND);
            done(&store, "austin", "s303", desk.clock.now(), attach("p303")).await;
            desk.clock.advance(3 * HOUR);
            store.forget_walks().await.expect("they are forgotten");
            hold(&store, &desk, "the clock was set forward").await;
            hold(&store, &desk, "the clock was set forward, again").await;
            desk.clock.advance(-2 * HOUR);
            done(&store, "austin", "s306", desk.clock.now(), attach("p306")).await;
            hold(&store, &desk, "the clock was set back").await;

            // Before and after each end of a window, more than there were.
            for round in 0..3 {
                let ends = windows().into_iter().map(|window| window.start);
                let late = ends.flat_map(|end| (-20..20).map(move |number| (end, number))).map(|(end, number)| {
                    let id = format!("n{round}-{}-{number}", end.as_micros());
                    row("austin", &id, State::Abandoned, end.plus_micros((number * 3 + round) * MINUTE))
                });
                import(&desk, late.collect());
                hold(&store, &desk, "some have come").await;
                hold(&store, &desk, "some have come, again").await;
            }
        });
        assert_eq!(desk.findings(), Vec::<String>::new());
    }
}

/// The tree is needed once; from then on a page is found without it.
#[test]
fn a_feed_that_is_asked_for_again_is_remembered() {
    let desk = Desk::on(Engine::Postgres);
    import(&desk, past());
    wait(async {
        let store = desk.open();
        let window = Window { start: ago(40 * 24 * HOUR), end: Some(ago(3 * HOUR)), status: None };
        let mut reader = store.reader().expect("a reader");
        let mut answers = Vec::new();
        for _ in 0..3 {
            answers.push(page(&mut reader, "austin", window, PageStart::Rank(200), LIMIT).await);
        }
        desk.spoil("DELETE FROM tallies");
        answers.push(page(&mut reader, "austin", window, PageStart::Rank(200), LIMIT).await);
        assert_eq!(answers[0].0.len(), LIMIT as usize);
        assert!(answers.windows(2).all(|two| two[0] == two[1]), "{answers:#?}");
    });
}

/// Five hours are one part of the tree. A window may end long ago, in a part that has not ended yet.
#[test]
fn what_happens_after_a_window_in_the_same_five_hours_is_none_of_its_sessions() {
    const PART: i64 = 1 << 34;
    let desk = Desk::on(Engine::Postgres);
    // Late in a part, and windows that end after its middle.
    desk.clock.advance((PART / 100 * 97 - BEGINNING.as_micros().rem_euclid(PART)).rem_euclid(PART));
    let begun = desk.clock.now();
    let rows = (0..60).map(|number| {
        row("austin", &format!("s{number:02}"), State::Abandoned, begun.plus_micros(-76 * MINUTE - number * 9 * MINUTE))
    });
    import(&desk, rows.collect());
    let window =
        Window { start: begun.plus_micros(-600 * HOUR), end: Some(begun.plus_micros(-76 * MINUTE)), status: None };
    wait(async {
        let store = desk.open();
        let mut reader = store.reader().expect("a reader");
        let mut answers = Vec::new();
        for round in 0..6 {
            for rank in [0, 3, 48, 53, 58, 60] {
                answers.push((rank, page(&mut reader, "austin", window, PageStart::Rank(rank), LIMIT).await));
            }
            desk.clock.advance(SECOND);
            done(&store, "austin", &format!("new-{round}"), desk.clock.now(), start()).await;
        }
        for (rank, (rows, answer)) in &answers {
            assert_eq!(answer.matching, Some(60));
            let first = answers.iter().find(|(asked, _)| asked == rank).expect("it was asked for");
            assert_eq!(rows, &first.1.0, "from {rank}");
        }
    });
}

/// What is remembered says that fewer sessions come before the page than an import has just brought.
#[test]
fn an_import_beside_a_window_s_start_is_no_fault() {
    const PART: i64 = 1 << 34;
    let desk = Desk::on(Engine::Postgres);
    let part = BEGINNING.as_micros().div_euclid(PART) * PART - 9 * PART;
    let at = |micros: i64| Timestamp::from_micros(part + micros);
    let abandoned = |id: &str, micros: i64| row("austin", id, State::Abandoned, at(micros));
    import(&desk, vec![abandoned("a", 4 * HOUR), abandoned("b", PART + HOUR)]);
    let window = Window { start: at(3 * HOUR), end: Some(at(3 * PART)), status: None };
    wait(async {
        let store = desk.open();
        let mut reader = store.reader().expect("a reader");
        for _ in 0..3 {
            let (rows, answer) = page(&mut reader, "austin", window, PageStart::Rank(1), LIMIT).await;
            assert_eq!((rows.len(), answer.matching), (1, Some(2)));
        }
        import(&desk, vec![abandoned("c", 3 * HOUR + 30 * MINUTE)]);
        let (rows, answer) = page(&mut reader, "austin", window, PageStart::Rank(1), LIMIT).await;
        assert_eq!((rows.len(), answer.matching), (2, Some(3)));
    });
}
