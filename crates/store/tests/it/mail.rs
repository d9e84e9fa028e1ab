//! The outbox: a mail for every change that clients are told of, each sent at most once.

use std::collections::HashSet;
use std::sync::Arc;

use frontdesk_domain::appointment::{Actor, Booking, Decision, Notice, Request};
use frontdesk_domain::session::{Event, Observation};
use frontdesk_domain::time::SECOND;
use frontdesk_store::{MailOutcome, OutgoingMail, Store};

use crate::practice::{book, booked, booking, decide, practice_on, reschedule, setup, slot};
use crate::support::{BEGINNING, Engine, MINUTE, done, feed, find, on_both_engines, start, timeline, wait};

const LEASE: i64 = 60 * SECOND;

async fn take(store: &Store) -> Vec<OutgoingMail> {
    store.take_mail(10, LEASE).await.expect("mail is taken")
}

fn notices(mails: &[OutgoingMail]) -> Vec<Notice> {
    mails.iter().map(|mail| mail.notice).collect()
}

/// What the timeline of a session says of mails that failed.
async fn failures(store: &Store, id: &str) -> Vec<String> {
    let failure = |event| match event {
        Event::Observed(Observation::MailFailed { reason, .. }) => Some(reason.to_string()),
        _ => None,
    };
    timeline(store, "austin", id).await.into_iter().filter_map(|entry| failure(entry.event)).collect()
}

async fn visit(store: &Store) {
    done(store, "austin", "a", BEGINNING, start()).await;
    booked(store, BEGINNING, book("one", Some("a"), &slot("ben", "visit", 1, 9, 0))).await;
}

on_both_engines! {
    fn a_client_is_told_of_every_change(engine: Engine) {
        let mut asks = setup();
        asks.rules.auto_accept = false;
        let desk = practice_on(engine, &asks);
        let store = desk.open();
        wait(async {
            visit(&store).await;
            for request in [
                decide("one", Decision::Accept, Actor::Practice),
                decide("one", Decision::Accept, Actor::Practice),
                decide("one", Decision::Confirm, Actor::Practice),
                reschedule("one", &slot("ben", "visit", 2, 9, 0), Actor::Practice),
                decide("one", Decision::Cancel, Actor::Client),
            ] {
                booked(&store, BEGINNING, request).await;
            }
            let declined = booked(&store, BEGINNING, book("two", None, &slot("ben", "visit", 3, 9, 0))).await;
            booked(&store, BEGINNING, decide("two", Decision::Decline, Actor::Practice)).await;
            let nobody = Booking {
                client: crate::practice::nameless(),
                ..booking("three", None, &slot("ben", "visit", 4, 9, 0))
            };
            booked(&store, BEGINNING, Request::Book(Box::new(nobody))).await;
            let mails = take(&store).await;
            let told = [Notice::Requested, Notice::Booked, Notice::Moved, Notice::Cancelled, Notice::Requested, Notice::Declined];
            assert_eq!(notices(&mails), told, "and nothing to who has no address");
            assert_eq!(mails.iter().map(|mail| mail.sequence).collect::<Vec<_>>(), [0, 1, 3, 4, 0, 1]);
            let full = declined.appointment.expect("an appointment");
            assert_eq!((&mails[4].appointment.client, mails[4].attempts), (&full.client, 0));
            assert_eq!(mails[5].appointment.appointment.id, full.appointment.id);
            assert_eq!(take(&store).await, [], "each is taken once");
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_mail_that_is_not_taken_now_is_tried_again(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            visit(&store).await;
            let mail = take(&store).await.remove(0);
            let at = BEGINNING.plus_micros(5 * MINUTE);
            store.mail_attempted(&mail, MailOutcome::Later("busy".to_owned(), at)).await.expect("it is kept");
            desk.clock.advance(5 * MINUTE - 1);
            assert_eq!(take(&store).await, []);
            desk.clock.advance(1);
            let again = take(&store).await.remove(0);
            assert_eq!((&again.id, again.attempts), (&mail.id, 1));
            store.mail_attempted(&again, MailOutcome::Sent).await.expect("it is kept");
            desk.clock.advance(24 * 60 * MINUTE);
            assert_eq!(take(&store).await, []);
            // Whoever says something else later is not heard.
            store.mail_attempted(&again, MailOutcome::Failed("no".to_owned())).await.expect("it is heard");
            store.mail_attempted(&again, MailOutcome::Later("no".to_owned(), at)).await.expect("it is heard");
            assert_eq!(take(&store).await, []);
            assert_eq!(failures(&store, "a").await, [""; 0]);
        });
    }

    fn a_mail_that_fails_is_in_the_timeline(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            visit(&store).await;
            let before = find(&store, "austin", "a").await.expect("a session");
            let mail = take(&store).await.remove(0);
            desk.clock.advance(SECOND);
            let refusal = MailOutcome::Failed("550 no such user\r\n\0here".to_owned());
            store.mail_attempted(&mail, refusal).await.expect("it is kept");
            assert_eq!(failures(&store, "a").await, ["550 no such user   here"]);
            assert_eq!(find(&store, "austin", "a").await, Some(before), "nothing of the session has changed");
            let last = timeline(&store, "austin", "a").await.pop().expect("an event").at;
            assert_eq!(last, BEGINNING.plus_micros(SECOND));
            // Its tick is taken: what comes next has a later one.
            let next = done(&store, "austin", "b", BEGINNING, start()).await.updated_at;
            assert_eq!(next, last.plus_micros(1));
            assert_eq!(take(&store).await, []);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }

    fn a_mail_whose_sender_is_not_heard_of_is_not_sent_again(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            visit(&store).await;
            booked(&store, BEGINNING, book("two", None, &slot("ben", "visit", 3, 9, 0))).await;
            assert_eq!(take(&store).await.len(), 2);
            desk.clock.advance(LEASE - 1);
            assert_eq!(take(&store).await, []);
            assert_eq!(failures(&store, "a").await, [""; 0]);
            desk.clock.advance(1);
            assert_eq!(take(&store).await, []);
            assert_eq!(failures(&store, "a").await, ["nobody knows whether it was sent"]);
            assert_eq!(take(&store).await, []);
            assert_eq!(failures(&store, "a").await.len(), 1);
            assert_eq!(feed(&store, "austin", BEGINNING, None).await.len(), 1);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }
}

/// Two servers, four senders: every mail is taken by one of them.
#[test]
fn no_two_servers_take_one_mail() {
    let desk = practice_on(Engine::Postgres, &setup());
    let stores = [Arc::new(desk.open()), Arc::new(desk.open())];
    wait(async {
        let mut made = 0;
        for day in 1..6 {
            for half_hour in 0..20 {
                let time = slot("ana", "visit", day, 8 + half_hour / 2, half_hour % 2 * 30);
                booked(&stores[0], BEGINNING, book(&format!("{day} {half_hour}"), None, &time)).await;
                made += 1;
            }
        }
        let senders = (0..4).map(async |number: usize| {
            let mut taken = Vec::new();
            loop {
                let mails = stores[number % 2].take_mail(3, LEASE).await.expect("mail is taken");
                if mails.is_empty() {
                    return taken;
                }
                taken.extend(mails.into_iter().map(|mail| mail.id));
            }
        });
        let taken: Vec<_> = futures_util::future::join_all(senders).await.into_iter().flatten().collect();
        assert_eq!(taken.len(), made);
        assert_eq!(taken.into_iter().collect::<HashSet<_>>().len(), made);
    });
}
