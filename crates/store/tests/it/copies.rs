//! Bookings are copied with everything else, from either engine to either, and again after the source has gone on.

use frontdesk_domain::appointment::{Actor, Decision};
use frontdesk_store::{CopyReport, CopyVerdict, MailOutcome, Store, Workbench};

use crate::practice::{book, booked, busy, decide, hold, practice_on, release, setup, slot};
use crate::support::{BEGINNING, Desk, Engine, KEY, MINUTE, apart, done, find, on_both_engines, start, timeline, wait};

fn copy(from: &Desk, to: &Desk) -> CopyReport {
    apart(|| {
        let open = |desk: &Desk| Workbench::open(&desk.url(), true, desk.clock.clone(), KEY).expect("it opens");
        open(from).copy_into(&mut open(to), &mut |_| {}).expect("it is copied")
    })
}

fn is_same(report: &CopyReport) -> bool {
    report.catalog == CopyVerdict::Same && report.locations.iter().all(|location| location.verdict == CopyVerdict::Same)
}

/// What readers see of bookings, as text.
async fn everything(store: &Store) -> String {
    let mut reader = store.reader().expect("a reader");
    let location = reader.catalog().location("austin").expect("the location").clone();
    let query = frontdesk_store::AppointmentsQuery { start: BEGINNING, end: None, page: 0, per_page: 100 };
    let page = reader.appointments(&location, &query).await.expect("a page");
    let clients = reader.clients(&location, &frontdesk_store::ClientsQuery::default()).await.expect("clients");
    let kept = reader.hold(&location, &crate::support::session("b")).await.expect("a hold");
    let lines = (timeline(store, "austin", "a").await, find(store, "austin", "a").await, busy(store).await);
    format!("{page:?} {clients:?} {kept:?} {lines:?} {:?}", location.booking.as_ref().map(|booking| &booking.setup))
}

/// Three visits, of which one has an appointment, one a hold.
async fn visits(store: &Store) {
    for id in ["a", "b", "c"] {
        done(store, "austin", id, BEGINNING, start()).await;
    }
    booked(store, BEGINNING, book("one", Some("a"), &slot("ana", "surgery", 1, 9, 0))).await;
    booked(store, BEGINNING, hold("b", &slot("ben", "visit", 2, 9, 0))).await;
    booked(store, BEGINNING, book("two", None, &slot("ana", "visit", 3, 9, 0))).await;
    booked(store, BEGINNING, decide("two", Decision::Cancel, Actor::Practice)).await;
}

/// What changes without a change of any session's place in the feed, and what goes.
async fn goes_on(store: &Store) {
    let mails = store.take_mail(10, MINUTE).await.expect("mail is taken");
    store.mail_attempted(&mails[0], MailOutcome::Failed("no".to_owned())).await.expect("it is kept");
    booked(store, BEGINNING, release("b")).await;
}

on_both_engines! {
    fn bookings_are_copied_to_either_engine(engine: Engine) {
        for to in [Engine::Sqlite, Engine::Postgres] {
            let source = practice_on(engine, &setup());
            let target = Desk::empty_on(to).by(&source.clock);
            let store = source.open();
            wait(visits(&store));
            drop(store);
            assert!(is_same(&copy(&source, &target)), "to {to:?}");
            let store = source.open();
            let first = wait(everything(&store));
            wait(goes_on(&store));
            drop(store);
            let again = copy(&source, &target);
            assert!(is_same(&again), "again to {to:?}: {again:?}");
            assert_eq!(target.findings(), [""; 0]);
            let (source, target) = (source.open(), target.open());
            let last = wait(everything(&source));
            assert_ne!(last, first);
            assert_eq!(wait(everything(&target)), last);
            wait(async {
                // What is claimed there is claimed here, and the outbox goes on where it was.
                let taken = crate::practice::refused(&target, BEGINNING, book("three", None, &slot("ana", "visit", 1, 9, 0))).await;
                assert_eq!(taken, frontdesk_domain::appointment::Rejection::SlotTaken);
                booked(&target, BEGINNING, book("three", None, &slot("ben", "visit", 2, 9, 0))).await;
                assert_eq!(target.take_mail(10, MINUTE).await.expect("mail is taken").len(), 1, "but what is being sent");
            });
        }
    }

    fn what_differs_in_bookings_is_noticed(engine: Engine) {
        let source = practice_on(engine, &setup());
        let target = Desk::empty_on(engine).by(&source.clock);
        let store = source.open();
        wait(visits(&store));
        drop(store);
        let before = copy(&source, &target);
        assert!(is_same(&before));
        source.spoil("UPDATE clients SET phone = '1'");
        let after = copy(&source, &target);
        assert!(is_same(&after), "it is copied anew");
        assert_ne!(after.locations[0].target.checksum, before.locations[0].target.checksum);
    }
}
