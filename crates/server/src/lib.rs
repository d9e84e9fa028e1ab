//! Frontdesk: the server with its pages and jobs, and the operator's commands. The binary beside this library only calls
//! [`run`]; it is a library so that its parsers can be fuzzed.

mod addresses;
mod app;
mod calendar;
mod cli;
mod clock;
mod demo;
mod entropy;
#[cfg(fuzzing)]
pub mod fuzz;
mod http;
mod jobs;
mod limits;
mod mail;
mod pages;
mod practice_file;
mod refusal;
#[cfg(test)]
mod sample;
mod service;
mod settings;
mod telemetry;
mod transfer;
mod wire;
mod words;

pub use cli::run;
