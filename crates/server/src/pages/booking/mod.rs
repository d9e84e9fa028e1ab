//! The booking page: a few steps, each an address of its own, rendered here and usable without script.

mod frame;
#[cfg(test)]
mod samples;
mod theme;
mod views;
