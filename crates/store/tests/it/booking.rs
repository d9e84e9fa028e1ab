//! Holds and appointments, case by case.

use frontdesk_domain::appointment::{Actor, Decision, Rejection, Status};
use frontdesk_domain::scheduling::Occupant;
use frontdesk_domain::session::{self, Stage, State};
use frontdesk_domain::time::SECOND;
use frontdesk_store::{BookError, Store};

use crate::practice::{
    ask, attach, book, booked, busy, decide, hold, learned, practice_on, refused, release, reschedule, setup, slot,
};
use crate::support::{BEGINNING, MINUTE, TIME_TO_LIVE, complete, done, find, on_both_engines, start, wait};

/// Sessions that have begun.
async fn visitors(store: &Store, ids: &[&str]) {
    for id in ids {
        done(store, "austin", id, BEGINNING, start()).await;
    }
}

fn is_taken(answer: &Rejection) -> bool {
    *answer == Rejection::SlotTaken
}

on_both_engines! {
    fn a_time_is_kept_for_one_session(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            visitors(&store, &["a", "b"]).await;
            let (first, second) = (slot("ben", "visit", 1, 9, 0), slot("ben", "visit", 1, 9, 30));
            let held = booked(&store, BEGINNING, hold("a", &first)).await;
            let kept = held.hold.expect("a hold");
            assert_eq!((kept.until, &kept.slot), (BEGINNING.plus_micros(10 * MINUTE), &first));
            assert_eq!(kept.room.as_ref().map(|room| room.as_str()), Some("two"));
            assert_eq!(held.session.expect("a session").stage, Stage::Checkout);
            assert!(is_taken(&refused(&store, BEGINNING, hold("b", &first)).await));
            assert_eq!(learned(&store, "b").await, ["time_lost"], "and nothing else");
            // The same again keeps it no longer; another one takes its place.
            let later = BEGINNING.plus_micros(MINUTE);
            assert_eq!(booked(&store, later, hold("a", &first)).await.hold.expect("a hold").until, kept.until);
            booked(&store, later, hold("a", &second)).await;
            booked(&store, later, hold("b", &first)).await;
            assert_eq!(busy(&store).await.len(), 2);
            booked(&store, later, release("a")).await;
            booked(&store, later, release("a")).await;
            assert_eq!(busy(&store).await.len(), 1);
            let all = ["checkout", "time_held", "touched", "time_released", "time_held", "time_released"];
            assert_eq!(learned(&store, "a").await, all);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_hold_runs_out(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            visitors(&store, &["a", "b", "c"]).await;
            let first = slot("ben", "visit", 1, 9, 0);
            booked(&store, BEGINNING, hold("a", &first)).await;
            desk.clock.advance(10 * MINUTE);
            let now = BEGINNING.plus_micros(10 * MINUTE);
            // Whoever held it may have it again, as long as nobody else does.
            let again = booked(&store, now, hold("a", &first)).await.hold.expect("a hold");
            assert_eq!(again.until, now.plus_micros(10 * MINUTE));
            desk.clock.advance(10 * MINUTE);
            let now = now.plus_micros(10 * MINUTE);
            booked(&store, now, hold("b", &first)).await;
            assert!(is_taken(&refused(&store, now, book("one", Some("a"), &first)).await));
            assert_eq!(learned(&store, "a").await.split_off(2), ["hold_expired", "time_held", "time_lost"]);
            // With its session it goes altogether.
            desk.clock.advance(TIME_TO_LIVE);
            let at = find(&store, "austin", "a").await.expect("a session").updated_at;
            // A tick after that of the other session, which expires at the same moment.
            assert_eq!(at, now.plus_micros(TIME_TO_LIVE + 1));
            assert_eq!(learned(&store, "a").await.split_off(5), ["hold_expired", "abandoned"]);
            assert_eq!(busy(&store).await, []);
            let late = ask(&store, at, hold("a", &first)).await;
            assert!(matches!(late, Err(BookError::SessionRejected(session::Rejection::SessionExpired))), "{late:?}");
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_hold_ends_before_its_session_does(engine: Engine) {
        let mut longer = setup();
        longer.rules.hold_minutes = 60;
        let desk = practice_on(engine, &longer);
        let store = desk.open();
        wait(async {
            visitors(&store, &["a", "b"]).await;
            let held = booked(&store, BEGINNING, hold("a", &slot("ana", "visit", 1, 9, 0))).await;
            assert_eq!(held.hold.expect("a hold").until, BEGINNING.plus_micros(TIME_TO_LIVE));
            // Completed elsewhere: what was kept goes.
            done(&store, "austin", "a", BEGINNING, complete("elsewhere")).await;
            assert_eq!(busy(&store).await, []);
            assert_eq!(learned(&store, "a").await.split_off(2), ["hold_expired", "completed"]);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_booking_completes_its_session(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            visitors(&store, &["a", "b"]).await;
            let time = slot("ana", "surgery", 1, 9, 0);
            booked(&store, BEGINNING, hold("a", &time)).await;
            let made = booked(&store, BEGINNING, book("one", Some("a"), &time)).await;
            let full = made.appointment.expect("an appointment");
            let (appointment, session) = (&full.appointment, made.session.expect("a session"));
            assert_eq!((appointment.status, appointment.updated_at), (Status::Accepted, session.updated_at));
            assert_eq!(appointment.referral, session.referral);
            assert_eq!(appointment.end, time.start.plus_micros(60 * MINUTE));
            assert_eq!(appointment.occupied.start, time.start.plus_micros(-10 * MINUTE));
            assert_eq!(appointment.room.as_ref().map(|room| room.as_str()), Some("one"));
            assert_eq!(session.stage, Stage::Completed);
            assert!(matches!(&session.state, State::Completed { appointment_id, .. } if appointment_id.as_str() == "one"));
            assert_eq!(learned(&store, "a").await, ["checkout", "time_held", "completed"]);
            let all = busy(&store).await;
            assert!(matches!(&all[..], [one] if matches!(&one.occupant, Occupant::Appointment { id } if id.as_str() == "one")));
            // Again, and with another one.
            let again = booked(&store, BEGINNING, book("one", Some("a"), &time)).await;
            assert_eq!(again.appointment.expect("an appointment"), full);
            let other = ask(&store, BEGINNING, book("two", Some("a"), &slot("ana", "visit", 2, 9, 0))).await;
            assert!(matches!(other, Err(BookError::SessionRejected(session::Rejection::AlreadyCompleted))), "{other:?}");
            assert!(is_taken(&refused(&store, BEGINNING, book("two", Some("b"), &time)).await));
            assert_eq!(learned(&store, "b").await, ["time_lost"]);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn an_appointment_is_cancelled_and_its_time_is_free_again(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            visitors(&store, &["a", "b"]).await;
            let time = slot("ben", "visit", 1, 9, 0);
            booked(&store, BEGINNING, book("one", Some("a"), &time)).await;
            let too_late = time.start.plus_micros(-120 * MINUTE);
            let cancel = |actor| decide("one", Decision::Cancel, actor);
            assert_eq!(refused(&store, too_late, cancel(Actor::Client)).await, Rejection::TooLateToChange);
            let cancelled = booked(&store, too_late.plus_micros(-1), cancel(Actor::Client)).await;
            let one = cancelled.appointment.expect("an appointment").appointment;
            assert_eq!((one.status, one.sequence), (Status::Deleted, 1));
            assert_eq!(busy(&store).await, []);
            let again = booked(&store, too_late, cancel(Actor::Client)).await.appointment.expect("an appointment");
            assert_eq!(again.appointment, one, "a repetition changes nothing");
            assert_eq!(refused(&store, BEGINNING, decide("one", Decision::Accept, Actor::Practice)).await, Rejection::StatusDoesNotAllow);
            booked(&store, BEGINNING, book("two", Some("b"), &time)).await;
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn an_appointment_is_moved(engine: Engine) {
        let mut asks = setup();
        asks.rules.auto_accept = false;
        let desk = practice_on(engine, &asks);
        let store = desk.open();
        wait(async {
            visitors(&store, &["a", "b"]).await;
            let (time, half_an_hour_later) = (slot("ben", "surgery", 1, 9, 0), slot("ben", "surgery", 1, 9, 30));
            let made = booked(&store, BEGINNING, book("one", Some("a"), &time)).await;
            assert_eq!(made.appointment.expect("an appointment").appointment.status, Status::Requested);
            booked(&store, BEGINNING, decide("one", Decision::Accept, Actor::Practice)).await;
            // Where it stands itself, it is not in its own way.
            let moved = booked(&store, BEGINNING, reschedule("one", &half_an_hour_later, Actor::Practice)).await;
            let one = moved.appointment.expect("an appointment").appointment;
            assert_eq!((&one.slot, one.status, one.sequence), (&half_an_hour_later, Status::Accepted, 2));
            let again = booked(&store, BEGINNING, reschedule("one", &half_an_hour_later, Actor::Practice)).await;
            assert_eq!(again.appointment.expect("an appointment").appointment, one, "a repetition changes nothing");
            // A client's move has to be accepted.
            let moved = booked(&store, BEGINNING, reschedule("one", &slot("ana", "surgery", 2, 9, 0), Actor::Client)).await;
            assert_eq!(moved.appointment.expect("an appointment").appointment.status, Status::Requested);
            booked(&store, BEGINNING, book("two", Some("b"), &time)).await;
            assert!(is_taken(&refused(&store, BEGINNING, reschedule("one", &time, Actor::Client)).await));
            let other_type = reschedule("one", &slot("ana", "visit", 3, 9, 0), Actor::Client);
            assert_eq!(refused(&store, BEGINNING, other_type).await, Rejection::SlotNotOpen);
            assert_eq!(busy(&store).await.len(), 2);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_remote_id_is_known_to_both(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            visitors(&store, &["a"]).await;
            booked(&store, BEGINNING, book("one", Some("a"), &slot("ben", "visit", 1, 9, 0))).await;
            let known = booked(&store, BEGINNING, attach("one", "r1")).await;
            let appointment = known.appointment.expect("an appointment").appointment;
            assert_eq!(appointment.remote_id.as_ref().map(|id| id.as_str()), Some("r1"));
            let session = known.session.expect("a session");
            assert_eq!(session.view().remote_appointment_id, Some("r1"));
            assert_eq!(booked(&store, BEGINNING, attach("one", "r1")).await.session, Some(session));
            assert_eq!(refused(&store, BEGINNING, attach("one", "r2")).await, Rejection::RemoteIdTaken);
            // By the way of the session it may change.
            let remote = frontdesk_domain::session::Action::AttachRemote { remote_appointment_id: crate::support::appointment("r3") };
            done(&store, "austin", "a", BEGINNING, session::Request::Act(remote)).await;
            let again = booked(&store, BEGINNING, attach("one", "r3")).await;
            assert_eq!(again.appointment.expect("an appointment").appointment.remote_id, Some(crate::support::appointment("r3")));
            assert_eq!(learned(&store, "a").await, ["completed", "remote", "remote"]);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn what_is_not_there_is_said(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            visitors(&store, &["a"]).await;
            let time = slot("ben", "visit", 1, 9, 0);
            let nobody = ask(&store, BEGINNING, hold("nobody", &time)).await;
            assert!(matches!(nobody, Err(BookError::NoSuchSession)), "{nobody:?}");
            let nothing = ask(&store, BEGINNING, decide("none", Decision::Cancel, Actor::Client)).await;
            assert!(matches!(nothing, Err(BookError::NoSuchAppointment)), "{nothing:?}");
            for closed in [slot("ben", "visit", 1, 20, 0), slot("ben", "visit", 1, 9, 1), slot("eve", "visit", 1, 9, 0)] {
                assert_eq!(refused(&store, BEGINNING, hold("a", &closed)).await, Rejection::SlotNotOpen);
            }
            assert_eq!(learned(&store, "a").await, [""; 0]);
            desk.workbench()
                .add_location(&crate::support::location("boston"), &crate::support::settings(TIME_TO_LIVE))
                .expect("a new location");
            let mut elsewhere = crate::practice::booking_command(BEGINNING.plus_micros(SECOND), hold("a", &time));
            elsewhere.location = crate::support::location("boston");
            let nowhere = store.book(elsewhere).await;
            assert!(matches!(nowhere, Err(BookError::NoSuchLocation)), "{nowhere:?}");
        });
    }
}
