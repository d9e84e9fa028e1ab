//! Readers of the present wait for the clock row of their location, each with a connection. So that a location whose clock is
//! held does not take every connection from the others, few of each location wait there, and the rest here.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::error::StoreError;

/// How many of one location may wait for its clock, in one server. They wait for each other there anyway.
const MOST_AT_ONCE: usize = 3;
/// How long one waits here; whoever is before it gives up within that time.
const PATIENCE: Duration = Duration::from_secs(5);

/// A queue for each location.
#[derive(Default, Debug)]
pub(super) struct Queues(Mutex<HashMap<i64, Arc<Semaphore>>>);

impl Queues {
    /// A place among those that may wait for the clock of a location, until it is dropped.
    ///
    /// # Errors
    /// When there is none within some seconds.
    pub(super) async fn join(&self, location: i64) -> Result<OwnedSemaphorePermit, StoreError> {
        let queue = Arc::clone(self.0.lock().entry(location).or_insert_with(|| Arc::new(Semaphore::new(MOST_AT_ONCE))));
        let place = tokio::time::timeout(PATIENCE, queue.acquire_owned()).await;
        place
            .ok()
            .and_then(Result::ok)
            .ok_or_else(|| StoreError::Unavailable("another transaction holds the clock of this location".to_owned()))
    }
}
