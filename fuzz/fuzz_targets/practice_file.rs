//! Any text is a practice's file or refused with its mistakes; what is read is sound.
#![no_main]

libfuzzer_sys::fuzz_target!(|text: &str| frontdesk::fuzz::practice_file(text));
