//! Open times: by example, and against a brute force that asks the clock on the wall minute by minute.

mod brute;
mod clock_changes;
mod explain;
mod nearest;
mod properties;
mod rules;
mod world;
