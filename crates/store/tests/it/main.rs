//! The proofs of the engines: one suite for both, against a model and case by case, and what only one of them has.

mod bench;
mod beside;
mod booking;
mod bookings;
mod check;
mod clock_jumps;
mod commit;
mod compare;
mod copies;
mod diary;
mod disk;
mod engine;
mod feed;
mod mail;
mod model;
mod open;
mod outlines;
mod people;
mod postgres;
mod practice;
mod race;
mod reports;
mod setup;
mod several;
mod snapshots;
mod support;
