//! The proofs of the embedded engine: against a model, and case by case.

mod beside;
mod check;
mod clock_jumps;
mod commit;
mod compare;
mod disk;
mod engine;
mod feed;
mod model;
mod open;
mod snapshots;
mod support;
