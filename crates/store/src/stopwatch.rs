//! How long something has taken. That is no question to a clock, which can be set, and in a test stands still: a limit on
//! waiting has to hold all the same.

use std::time::Duration;

use tokio::time::Instant;

/// Runs from its start on.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Stopwatch(Instant);

impl Stopwatch {
    /// Starts now.
    #[expect(clippy::disallowed_methods, reason = "this is where a duration's beginning is taken")]
    pub(crate) fn start() -> Self {
        Self(Instant::now())
    }

    /// The time since its start.
    pub(crate) fn elapsed(&self) -> Duration {
        self.0.elapsed()
    }
}
