//! How time enters: everything that needs "now" is handed a [`Clock`].

use std::sync::atomic::{AtomicI64, Ordering};

use crate::Timestamp;

/// A source of the present moment, shared between threads.
pub trait Clock: Send + Sync {
    /// The present moment. Never earlier than an earlier answer of the same clock.
    fn now(&self) -> Timestamp;

    /// Whether it tells the time of day, so that it can be held against the clock of another machine.
    fn tells_the_time_of_day(&self) -> bool {
        true
    }
}

/// A clock that moves only when a test moves it.
#[derive(Debug)]
pub struct ManualClock(AtomicI64);

impl ManualClock {
    /// A clock that stands at `start`.
    pub fn new(start: Timestamp) -> Self {
        Self(AtomicI64::new(start.as_micros()))
    }

    /// Moves the clock forward by `micros` microseconds.
    pub fn advance(&self, micros: i64) {
        self.0.fetch_add(micros, Ordering::SeqCst);
    }
}

impl Clock for ManualClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    fn tells_the_time_of_day(&self) -> bool {
        false
    }
}
