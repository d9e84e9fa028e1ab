//! Any query string of the list endpoint is refused with a reason, or leads to a next page that is read alike.
#![no_main]

libfuzzer_sys::fuzz_target!(|query: &str| frontdesk::fuzz::list_query(query));
