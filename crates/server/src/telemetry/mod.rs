//! What the operator sees of a running server: logs and metrics.

pub mod logs;
mod metrics;
mod stopwatch;

pub use metrics::{Metrics, NO_ROUTE};
pub use stopwatch::Stopwatch;
