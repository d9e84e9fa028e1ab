//! What the server does by itself: settling sessions whose time ran out, sending mails, and cleaning up.

mod deliver;

pub use deliver::Delivery;

use std::sync::Arc;
use std::time::Duration;

use frontdesk_domain::{Clock, Timestamp};
use frontdesk_store::{Store, StoreError};
use tokio::sync::watch;

/// The longest sleep between two looks at the expiries: a session that another process imported is noticed by then.
const LONGEST_SLEEP_MICROS: i64 = 500_000;
/// The shortest one: many locations have an expiry every few milliseconds, and a look is at all of them. Nobody reads a
/// session as active meanwhile: who asks for the present settles first.
const SHORTEST_SLEEP_MICROS: i64 = 50_000;
const CLEAN_UP_EVERY: Duration = Duration::from_secs(3600);
const FORGET_WALKS_EVERY: Duration = Duration::from_secs(60);

/// Runs the jobs until `stop` says so, and then until the mail that is on its way is delivered.
pub async fn run(store: Arc<Store>, clock: Arc<dyn Clock>, delivery: Option<Delivery>, stop: watch::Receiver<bool>) {
    let delivering = async {
        if let Some(delivery) = delivery {
            delivery.run(stop.clone()).await;
        }
    };
    tokio::join!(keep_up(store, clock, stop.clone()), delivering);
}

/// Settles and cleans up until `stop` says so.
async fn keep_up(store: Arc<Store>, clock: Arc<dyn Clock>, mut stop: watch::Receiver<bool>) {
    let settling = async {
        loop {
            let next = settle(&store).await;
            let micros = next
                .as_micros()
                .saturating_sub(clock.now().as_micros())
                .clamp(SHORTEST_SLEEP_MICROS, LONGEST_SLEEP_MICROS);
            tokio::time::sleep(Duration::from_micros(micros.unsigned_abs())).await;
        }
    };
    let cleaning = async {
        loop {
            tokio::time::sleep(CLEAN_UP_EVERY).await;
            clean_up(&store).await;
        }
    };
    let forgetting = async {
        loop {
            tokio::time::sleep(FORGET_WALKS_EVERY).await;
            if let Err(fault) = store.forget_walks().await {
                tracing::error!(%fault, "forgetting page walks failed; it is tried again in a minute");
            }
        }
    };
    tokio::select! {
        () = settling => {}
        () = cleaning => {}
        () = forgetting => {}
        // An error means that whoever could say so is gone.
        _ = stop.wait_for(|stop| *stop) => {}
    }
}

/// Settles what is due; answers when to look again.
async fn settle(store: &Store) -> Timestamp {
    match store.settle_due().await {
        Ok(next) => next,
        Err(StoreError::Closing) => Timestamp::MAX,
        Err(fault) => {
            tracing::error!(%fault, "settling failed; it is tried again in half a second");
            Timestamp::MAX
        }
    }
}

/// Forgets answers kept for repetitions that can no longer come.
async fn clean_up(store: &Store) {
    match store.forget_idempotency_keys().await {
        Ok(0) => {}
        Ok(count) => tracing::debug!(count, "forgot idempotency keys older than a day"),
        Err(fault) => tracing::error!(%fault, "forgetting old idempotency keys failed; it is tried again in an hour"),
    }
}
