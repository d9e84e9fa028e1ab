//! The proofs of the rules: properties over made-up input, and the tables of the contract.

mod access;
mod appointment;
mod contact;
mod identifier;
mod practice;
mod practice_fixture;
mod scheduling;
mod session;
mod slot;
mod tally;
mod text;
mod timestamp;
mod walk;
mod walk_together;
mod walk_world;

use proptest::test_runner::Config;

/// So many cases of a property; a failure is printed with its smallest input, and no file is written.
fn cases(cases: u32) -> Config {
    Config { cases, failure_persistence: None, ..Config::default() }
}
