//! Reports of visitors, which a server of PostgreSQL decides by what it remembers of its own writes: whatever else happens to
//! the session, or where it lies, in between is not lost.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicI64, Ordering};
use std::time::Duration;

use frontdesk_domain::clock::ManualClock;
use frontdesk_domain::session::{Action, ClientType, Referral, Request, Session, Stage, State};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, Timestamp};
use frontdesk_store::{ImportRow, ImportVerdict, Store};

use crate::support::{
    BEGINNING, Desk, Engine, TIME_TO_LIVE, TickingClock, advance, command, complete, done, feed, find, location, open,
    settings, start, timeline, wait,
};

/// Two servers, the other one's clock ahead.
struct Pair {
    desk: Desk,
    here: Store,
    there: Store,
    theirs: Arc<ManualClock>,
}

impl Pair {
    fn new(ahead: i64) -> Self {
        let desk = Desk::on(Engine::Postgres);
        let here = desk.open();
        let theirs = Arc::new(ManualClock::new(desk.clock.now().plus_micros(ahead)));
        let there = open(&desk.url(), theirs.clone()).expect("it opens");
        Self { desk, here, there, theirs }
    }

    /// A session whose last changes this server remembers.
    async fn begin(&self, id: &str) -> Session {
        done(&self.here, "austin", id, self.now(), start()).await;
        self.report(id, Stage::ClientIdentification).await
    }

    async fn report(&self, id: &str, stage: Stage) -> Session {
        done(&self.here, "austin", id, self.now(), advance(stage)).await
    }

    /// Two more than `austin`.
    fn add_locations(&self) {
        for site in ["boston", "chicago"] {
            self.desk.workbench().add_location(&location(site), &settings(TIME_TO_LIVE)).expect("a new location");
        }
    }

    /// The same for a session of each location. The writer is busy with the first when the others come, which share a
    /// transaction then.
    async fn everywhere(&self, id: &str, request: Request) -> [Session; 3] {
        let at = |site| done(&self.here, site, id, self.now(), request.clone());
        futures_util::future::join3(at("chicago"), at("austin"), at("boston")).await.into()
    }

    fn now(&self) -> Timestamp {
        self.desk.clock.now()
    }

    fn go_on(&self, micros: i64) {
        self.desk.clock.advance(micros);
        self.theirs.advance(micros);
    }

    /// Holds what a session and its timeline, which tells of so many changes, say against each other.
    async fn hold(&self, session: &Session, changes: usize) {
        let id = session.id.as_str();
        assert_eq!(find(&self.there, "austin", id).await.as_ref(), Some(session));
        let entries = timeline(&self.there, "austin", id).await;
        let mut ticks: Vec<Timestamp> = entries.iter().map(|entry| entry.at).collect();
        assert!(ticks.is_sorted(), "{ticks:?}");
        ticks.dedup();
        assert_eq!(ticks.len(), changes, "{ticks:?}");
        assert_eq!(ticks.last(), Some(&session.updated_at));
        assert_eq!(self.desk.findings(), [""; 0]);
    }
}

/// Otherwise the other tests here would prove nothing.
#[test]
fn a_report_of_a_session_that_is_remembered_is_one_statement() {
    let pair = Pair::new(0);
    wait(async {
        let session = pair.begin("s").await;
        // A connection shows its last statement.
        pair.desk.spoil(
            "DO $$ BEGIN IF NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() \
             AND query LIKE '/* save reports if nothing came between */%') \
             THEN RAISE EXCEPTION 'no report was saved so'; END IF; END $$",
        );
        pair.hold(&session, 2).await;
    });
}

#[test]
fn what_another_server_was_told_in_between_stays() {
    let pair = Pair::new(0);
    wait(async {
        pair.begin("s").await;
        let known = Request::Act(Action::Advance { stage: Some(Stage::Checkout), client_type: Some(ClientType::New) });
        let changed = done(&pair.there, "austin", "s", pair.now(), known).await;
        let session = pair.report("s", Stage::Scheduling).await;
        assert_eq!((session.stage, session.client_type), (Stage::Checkout, Some(ClientType::New)));
        assert!(session.updated_at > changed.updated_at);
        pair.hold(&session, 4).await;
    });
}

#[test]
fn a_session_that_another_server_has_completed_takes_no_report() {
    let pair = Pair::new(0);
    wait(async {
        pair.begin("s").await;
        let session = done(&pair.there, "austin", "s", pair.now(), complete("a1")).await;
        let refused = pair.here.apply(command("austin", "s", pair.now(), advance(Stage::Checkout))).await;
        assert!(refused.is_err(), "{refused:?}");
        pair.hold(&session, 3).await;
    });
}

#[test]
fn a_report_is_refused_beside_others_that_are_not() {
    let pair = Pair::new(0);
    wait(async {
        pair.begin("a").await;
        pair.begin("b").await;
        let report = |id, request| pair.here.apply(command("austin", id, pair.now(), request));
        // The first keeps the writer busy; the others go together.
        let (one, refused, other) = futures_util::future::join3(
            report("a", advance(Stage::Scheduling)),
            report("a", advance(Stage::Completed)),
            report("b", advance(Stage::Checkout)),
        )
        .await;
        assert!(refused.is_err(), "{refused:?}");
        pair.hold(&one.expect("it is taken").session, 3).await;
        pair.hold(&other.expect("it is taken").session, 3).await;
    });
}

/// Refusing writes nothing, so what is saved, for another location, does not tell whether it was right.
#[test]
fn a_session_that_has_been_given_more_time_elsewhere_is_not_refused() {
    let pair = Pair::new(0);
    pair.add_locations();
    wait(async {
        pair.everywhere("s", start()).await;
        let [_, austin, _] = pair.everywhere("s", advance(Stage::ClientIdentification)).await;
        let State::Active { expires_at } = austin.state else { panic!("it is active") };
        pair.go_on(expires_at.as_micros() - pair.now().as_micros() - SECOND);
        for (store, site) in [(&pair.there, "austin"), (&pair.here, "boston"), (&pair.here, "chicago")] {
            done(store, site, "s", pair.now(), advance(Stage::Scheduling)).await;
        }
        pair.go_on(2 * SECOND);
        let [_, austin, _] = pair.everywhere("s", advance(Stage::Checkout)).await;
        pair.hold(&austin, 4).await;
    });
}

#[test]
fn who_has_read_the_present_of_another_server_finds_the_report_after_it() {
    let pair = Pair::new(10 * SECOND);
    wait(async {
        pair.begin("s").await;
        let seen = pair.theirs.now();
        let before = feed(&pair.there, "austin", Timestamp::MIN, Some(seen)).await;
        assert_eq!(before.len(), 1);
        let session = pair.report("s", Stage::Scheduling).await;
        assert!(session.updated_at >= seen, "{} before {seen}", session.updated_at);
        pair.hold(&session, 3).await;
    });
}

/// Corrections that do not move the last tick: of the same instant, and of a later one when others have changed since.
#[test]
fn what_an_import_has_corrected_in_between_stays() {
    let pair = Pair::new(0);
    wait(async {
        let [same, ended] = [pair.begin("same").await, pair.begin("ended").await];
        pair.go_on(SECOND);
        pair.begin("last").await;
        pair.go_on(SECOND);
        let referral = Referral { source: Some("corrected".into()), ..same.referral.clone() };
        let same = Session { referral, ..same };
        let (state, updated_at) = (State::Abandoned, ended.updated_at.plus_micros(SECOND / 2));
        let ended = Session { state, updated_at, ..ended };
        let rows =
            [&same, &ended].map(|session| ImportRow { location: location("austin"), session: session.clone() }).into();
        let verdicts = crate::support::apart(|| {
            let mut bench = pair.desk.workbench();
            let catalog = bench.catalog().expect("the catalogue");
            bench.import(&catalog, rows, false).expect("the import")
        });
        assert_eq!(verdicts, [ImportVerdict::Updated, ImportVerdict::Updated]);
        let session = pair.report("same", Stage::Scheduling).await;
        assert_eq!(session.referral.source.as_deref(), Some("corrected"));
        pair.hold(&session, 3).await;
        let refused = pair.here.apply(command("austin", "ended", pair.now(), advance(Stage::Checkout))).await;
        assert!(refused.is_err(), "{refused:?}");
        pair.hold(&ended, 3).await;
    });
}

#[test]
fn what_another_server_was_told_stays_although_this_one_has_written_there_since() {
    let pair = Pair::new(0);
    wait(async {
        pair.begin("s").await;
        done(&pair.there, "austin", "s", pair.now(), advance(Stage::Checkout)).await;
        pair.begin("other").await;
        let session = pair.report("s", Stage::Scheduling).await;
        assert_eq!(session.stage, Stage::Checkout);
        pair.hold(&session, 4).await;
    });
}

/// Reports of two locations share a transaction, and only for one of them something has come between.
#[test]
fn of_reports_that_go_together_each_is_decided_by_what_is_there() {
    let pair = Pair::new(0);
    pair.add_locations();
    wait(async {
        for round in 0..6 {
            let id = format!("s{round}");
            pair.everywhere(&id, start()).await;
            // Until what came between in the round before is forgotten.
            for _ in 0..10 {
                pair.everywhere(&id, advance(Stage::ClientIdentification)).await;
            }
            done(&pair.there, "austin", &id, pair.now(), advance(Stage::Checkout)).await;
            pair.go_on(SECOND);
            let [_, austin, boston] = pair.everywhere(&id, advance(Stage::Scheduling)).await;
            assert_eq!([austin.stage, boston.stage], [Stage::Checkout, Stage::Scheduling]);
            pair.hold(&austin, 13).await;
        }
    });
}

/// One server takes reports of a few sessions as fast as it can, so that it remembers them, and another one now and then:
/// every report that was acknowledged is a change of its own, and none takes back another.
#[test]
fn reports_that_race_are_all_kept() {
    const SESSIONS: usize = 3;
    const REPORTS_THERE: usize = 60;
    let desk = Desk::on(Engine::Postgres);
    // Between what a statement sees and the locks that it takes there is time for others.
    desk.spoil(
        "CREATE FUNCTION dawdle() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.002); RETURN NULL; END'; \
         CREATE TRIGGER dawdle BEFORE UPDATE ON clocks FOR EACH STATEMENT EXECUTE FUNCTION dawdle()",
    );
    let (url, clock) = (desk.url(), || Arc::new(TickingClock(AtomicI64::new(BEGINNING.as_micros()))));
    let stores = [open(&url, clock()).expect("it opens"), open(&url, clock()).expect("it opens")];
    let ids: Vec<String> = (0..SESSIONS).map(|number| format!("s{number}")).collect();
    let is_over = AtomicBool::new(false);
    let told = wait(async {
        for id in &ids {
            done(&stores[0], "austin", id, BEGINNING, start()).await;
        }
        // With what it sets, if anything.
        let report = async |store, id: &String, client_type| {
            let request = Request::Act(Action::Advance { stage: None, client_type });
            (done(store, "austin", id, BEGINNING, request).await, client_type)
        };
        let here = ids.iter().map(async |id| {
            let mut told = Vec::new();
            while !is_over.load(Ordering::Relaxed) {
                told.push(report(&stores[0], id, None).await);
            }
            told
        });
        let there = async {
            let mut told = Vec::new();
            for number in 0..REPORTS_THERE {
                tokio::time::sleep(Duration::from_millis(40)).await;
                let client_type = ClientType::ALL[number / SESSIONS % ClientType::ALL.len()];
                told.push(report(&stores[1], &ids[number % SESSIONS], Some(client_type)).await);
            }
            is_over.store(true, Ordering::Relaxed);
            told
        };
        let (here, there) = futures_util::future::join(futures_util::future::join_all(here), there).await;
        [here.concat(), there].concat()
    });
    wait(async {
        for id in &ids {
            let mut of_it: Vec<_> = told.iter().filter(|(session, _)| session.id.as_str() == id).collect();
            of_it.sort_unstable_by_key(|(session, _)| session.updated_at);
            let mut client_type = None;
            for (session, set) in &of_it {
                client_type = set.or(client_type);
                assert_eq!(session.client_type, client_type, "{id} at {}", session.updated_at);
            }
            let changes = timeline(&stores[0], "austin", id).await.into_iter().skip(1);
            let mut ticks: Vec<Timestamp> = changes.map(|entry| entry.at).collect();
            ticks.dedup();
            assert_eq!(ticks, of_it.iter().map(|(session, _)| session.updated_at).collect::<Vec<_>>(), "{id}");
            let session = find(&stores[1], "austin", id).await.expect("it is there");
            assert_eq!(Some(&session), of_it.last().map(|(session, _)| session), "{id}");
        }
    });
    assert_eq!(desk.findings(), [""; 0]);
}
