//! The one place where the time of the machine is read.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Instant, SystemTime, UNIX_EPOCH};

use frontdesk_domain::{Clock, Timestamp};

/// The machine's clock, made steady: when somebody sets it back, this one goes on from where it was at the pace of the
/// monotonic clock; when somebody sets it forward, it follows.
#[derive(Debug)]
pub struct SystemClock {
    /// What the monotonic readings are counted from.
    origin: Instant,
    /// The most by which the wall clock has been ahead of the monotonic one, in microseconds.
    ahead: AtomicI64,
}

impl SystemClock {
    /// A clock that begins with the machine's time.
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    pub fn new() -> Self {
        Self { origin: Instant::now(), ahead: AtomicI64::new(i64::MIN) }
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    fn now(&self) -> Timestamp {
        let steady = i64::try_from(self.origin.elapsed().as_micros()).unwrap_or(i64::MAX);
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |since| since.as_micros());
        let ahead = i64::try_from(wall).unwrap_or(i64::MAX).saturating_sub(steady);
        let ahead = self.ahead.fetch_max(ahead, Ordering::Relaxed).max(ahead);
        Timestamp::from_micros(steady.saturating_add(ahead))
    }
}
