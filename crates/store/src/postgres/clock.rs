//! One clock for all servers of a database: its own. A server whose machine is minutes off gives the same times as the
//! others; what is left of a difference, the round trip of a statement, the clock rows of the locations take care of.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};

use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Clock, Timestamp};

/// Beyond this many microseconds a machine's clock is worth a word in the log.
const WORTH_A_WORD: i64 = SECOND;

/// This machine's clock, put right by the database's.
pub(super) struct DatabaseClock {
    own: Arc<dyn Clock>,
    /// How many microseconds the database's clock is ahead of ours.
    ahead: AtomicI64,
}

impl DatabaseClock {
    pub(super) fn new(own: Arc<dyn Clock>) -> Self {
        Self { own, ahead: AtomicI64::new(0) }
    }

    /// What this machine's clock says.
    pub(super) fn own(&self) -> Timestamp {
        self.own.now()
    }

    /// Takes into account that the database's clock said `theirs` between two readings of ours. Only as much is put right as
    /// is certain to be wrong.
    pub(super) fn compare(&self, asked: Timestamp, theirs: Timestamp, answered: Timestamp) {
        if !self.own.tells_the_time_of_day() {
            return;
        }
        let [asked, theirs, answered] = [asked, theirs, answered].map(Timestamp::as_micros);
        let before = self.ahead.load(Ordering::Relaxed);
        let after = before.max(theirs - answered).min(theirs - asked);
        self.ahead.store(after, Ordering::Relaxed);
        if (after - before).abs() > WORTH_A_WORD {
            let seconds = after / SECOND;
            tracing::warn!(
                seconds,
                "the database's clock is ahead of this machine's (or behind, when negative); it counts"
            );
        }
    }
}

impl Clock for DatabaseClock {
    fn now(&self) -> Timestamp {
        self.own.now().plus_micros(self.ahead.load(Ordering::Relaxed))
    }

    fn tells_the_time_of_day(&self) -> bool {
        self.own.tells_the_time_of_day()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Stopped;

    impl Clock for Stopped {
        fn now(&self) -> Timestamp {
            Timestamp::from_micros(1_000)
        }
    }

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    #[test]
    fn it_is_put_right_by_as_much_as_is_certain() {
        let clock = DatabaseClock::new(Arc::new(Stopped));
        clock.compare(at(1_000), at(1_005), at(1_010));
        assert_eq!(clock.now(), at(1_000), "both may be right");
        clock.compare(at(1_000), at(9_000), at(1_010));
        assert_eq!(clock.now(), at(8_990), "at least so far behind");
        clock.compare(at(1_000), at(8_995), at(1_010));
        assert_eq!(clock.now(), at(8_990), "that still fits");
        clock.compare(at(1_000), at(400), at(1_010));
        assert_eq!(clock.now(), at(400), "and it goes back");
    }
}
