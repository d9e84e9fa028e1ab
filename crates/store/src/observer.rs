//! Who watches the writing.

/// Is told what the engine wrote, for the metrics.
pub trait WriteObserver: Send + Sync {
    /// A commit of so many commands took so many microseconds, the fsync included.
    fn committed(&self, commands: usize, micros: i64);
    /// A session was settled so many microseconds after its expiry.
    fn settled(&self, late_by_micros: i64);
}
