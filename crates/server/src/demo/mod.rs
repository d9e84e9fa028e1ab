//! The demo: three practices whose visitors behave as a practice's do, in the past and while it runs.

mod browser;
mod history;
mod page;
mod person;
mod practice;
mod practice_system;
mod visit;
mod visitors;

pub use history::prepare;
pub use practice::PRACTICES;
pub use visitors::keep_coming;
