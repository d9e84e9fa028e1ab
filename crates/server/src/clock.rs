//! The one place where the time of the machine is read.

use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use frontdesk_domain::{Clock, Timestamp};

/// The machine's clock, made steady: when somebody sets it back, this one goes on from where it was at the pace of the
/// monotonic clock; when somebody sets it forward, it follows.
#[derive(Debug)]
pub struct SystemClock {
    /// What the monotonic readings are counted from.
    origin: Instant,
    /// The most by which the wall clock has been ahead of the monotonic one, in nanoseconds: rounded to microseconds, it
    /// could carry this clock past the wall clock.
    ahead: AtomicI64,
}

impl SystemClock {
    /// A clock that begins with the machine's time.
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    pub fn new() -> Self {
        Self { origin: Instant::now(), ahead: AtomicI64::new(i64::MIN) }
    }

    /// The instant at which the wall clock said `wall` and `steady` of the monotonic one had passed since the start.
    fn at(&self, wall: Duration, steady: Duration) -> Timestamp {
        let [wall, steady] = [wall, steady].map(|duration| i64::try_from(duration.as_nanos()).unwrap_or(i64::MAX));
        let ahead = wall.saturating_sub(steady);
        let ahead = self.ahead.fetch_max(ahead, Ordering::Relaxed).max(ahead);
        Timestamp::from_micros(steady.saturating_add(ahead) / 1_000)
    }
}

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is where time enters")]
    fn now(&self) -> Timestamp {
        // In this order: a thread that has to pause in between finds the wall clock less far ahead than it is, which the
        // next reading mends. The other way round the pause would be taken for a clock that was set forward, for good.
        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        self.at(wall, self.origin.elapsed())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What the clock says when the machine's clocks say this, one reading after the other.
    fn said(readings: &[(u64, u64)]) -> Vec<i64> {
        let clock = SystemClock::new();
        let read = |(wall, steady): &(u64, u64)| clock.at(Duration::from_micros(*wall), Duration::from_micros(*steady));
        readings.iter().map(|reading| read(reading).as_micros()).collect()
    }

    #[test]
    fn a_clock_that_is_set_back_goes_on_at_its_pace() {
        assert_eq!(
            said(&[(1_000, 0), (1_010, 10), (400, 20), (410, 30), (1_030, 40)]),
            [1_000, 1_010, 1_020, 1_030, 1_040]
        );
    }

    #[test]
    fn a_clock_that_is_set_forward_is_followed_and_not_back_again() {
        assert_eq!(said(&[(1_000, 0), (9_010, 10), (9_020, 20), (1_030, 30)]), [1_000, 9_010, 9_020, 9_030]);
    }

    #[test]
    fn a_machine_without_a_date_has_a_clock_that_goes() {
        assert_eq!(said(&[(0, 0), (0, 10), (0, 20), (5_000, 30)]), [0, 10, 20, 5_000]);
    }

    #[test]
    #[expect(clippy::disallowed_methods, reason = "the clock is held against the machine's")]
    fn it_is_never_ahead_of_the_machine_however_busy_that_is() {
        let clock = SystemClock::new();
        std::thread::scope(|scope| {
            for _ in 0..8 {
                scope.spawn(|| {
                    for _ in 0..100_000 {
                        let now = clock.now();
                        let wall = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros();
                        assert!(now.as_micros() <= i64::try_from(wall).unwrap(), "{now} is later than {wall}");
                    }
                });
            }
        });
    }
}
