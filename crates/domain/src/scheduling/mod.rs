//! When something can be booked: hours, closures, time off, appointments, holds, buffers, rooms, notice and horizon, in the
//! location's time zone, right also on the days on which its clocks change.

mod agenda;
mod calendar;
mod explain;
mod lanes;
mod nearest;
mod search;
mod slot;
mod spans;
mod wall;

pub use agenda::{Agenda, Busy, Interval, Occupant};
pub use calendar::Calendar;
pub use explain::{DayHours, Explanation, Obstacle, Verdict};
pub use search::{Asked, OpenTime, Search};
pub use slot::{Slot, SlotTag};
