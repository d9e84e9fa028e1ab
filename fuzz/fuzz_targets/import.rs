//! Any file is imported line by line: refused with a reason, or a session that survives an export and an import.
#![no_main]

libfuzzer_sys::fuzz_target!(|file: &[u8]| frontdesk::fuzz::import(file));
