//! Any text is a date-time or refused; a date-time that is written and read again is the same instant.
#![no_main]

use frontdesk_domain::Timestamp;

libfuzzer_sys::fuzz_target!(|text: &str| {
    if let Ok(instant) = Timestamp::parse(text) {
        let written = instant.to_string();
        // Offsets reach some hours beyond the years 0 to 9999, where the nearest end of the range is written.
        let read = Timestamp::parse(&written).expect("what is written is read");
        let (first, last) = ("0000-01-01T00:00:00Z", "9999-12-31T23:59:59.999999Z");
        let ends = [first, last].map(|end| Timestamp::parse(end).expect("an end of the range"));
        assert!(read == instant || ends.contains(&read), "{text} became {written}");
    }
});
