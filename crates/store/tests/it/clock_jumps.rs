//! A clock that is set wrong and right again, also between two runs: nobody who follows the feed misses a change.

use std::collections::HashMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use frontdesk_domain::session::Stage;
use frontdesk_domain::{Clock, Timestamp};

use crate::support::{
    BEGINNING, Desk, LooseClock, MINUTE, advance, done, feed, find, on_both_engines, open, start, wait,
};

const DAY: i64 = 24 * 60 * MINUTE;

on_both_engines! {
    fn a_poller_has_every_change_although_the_clock_was_wrong_for_a_while(engine: Engine) {
        let desk = Desk::on(engine);
        let clock = Arc::new(LooseClock(AtomicI64::new(BEGINNING.as_micros())));
        let (mut seen, mut place, mut ids) = (HashMap::new(), BEGINNING, Vec::new());
        for (run, jump) in [0, DAY, MINUTE, -DAY, MINUTE, -60 * MINUTE, 2 * DAY].into_iter().enumerate() {
            clock.0.fetch_add(jump, Ordering::SeqCst);
            // A new server each time: what it knows comes from the file.
            let store = open(&desk.url(), clock.clone()).expect("the database opens");
            wait(async {
                for name in ["left", "advanced"] {
                    let id = format!("{name} in run {run}");
                    done(&store, "austin", &id, clock.now(), start()).await;
                    ids.push(id);
                }
                done(&store, "austin", &format!("advanced in run {run}"), clock.now(), advance(Stage::Checkout)).await;
                // As a partner follows: everything from the latest change on that it has seen.
                for (id, updated_at) in feed(&store, "austin", place, None).await {
                    assert!(updated_at >= place, "run {run}: {id}");
                    place = updated_at;
                    seen.insert(id, updated_at);
                }
                for id in &ids {
                    let session = find(&store, "austin", id).await.expect("it is there");
                    assert_eq!(seen.get(id), Some(&session.updated_at), "run {run}: {id}");
                }
            });
        }
        assert!(place > BEGINNING.plus_micros(DAY + MINUTE), "it followed the clock");
        let whole = wait(feed(&open(&desk.url(), clock).expect("it opens"), "austin", Timestamp::MIN, None));
        assert_eq!(whole.len(), ids.len(), "each session once");
        assert_eq!(desk.findings(), [""; 0]);
    }
}
