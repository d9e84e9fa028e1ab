//! The time that is asked about: an instant, or what the clock of the location reads.

use frontdesk_domain::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::{AmbiguousOffset, Offset, TimeZone};

/// A time as it was typed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Read {
    /// With its offset.
    Instant(Timestamp),
    /// By the clock of the location.
    Local(DateTime),
}

/// What is asked about.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Asking {
    /// An instant; two when the clock reads so twice.
    Instants(Vec<Timestamp>),
    /// Nothing, because the clock never reads so: in words.
    LeftOut(String),
}

/// Reads a time with an offset or without.
pub fn read(text: &str) -> Result<Read, String> {
    let wrong = || "takes a time such as 2026-12-08T13:30, or 2026-12-08T13:30-06:00".to_owned();
    // A date alone is a time to jiff, but to whoever left the time out.
    if !text.contains(':') {
        return Err(wrong());
    }
    if let Ok(instant) = text.parse::<jiff::Timestamp>() {
        return Ok(Read::Instant(Timestamp::from_micros(instant.as_microsecond())));
    }
    text.parse().map(Read::Local).map_err(|_| wrong())
}

/// The instants of a time.
pub fn asking(time: Read, zone: &TimeZone) -> Asking {
    let reading = match time {
        Read::Instant(at) => return Asking::Instants(vec![at]),
        Read::Local(reading) => reading,
    };
    match zone.to_ambiguous_timestamp(reading).offset() {
        AmbiguousOffset::Unambiguous { offset } => Asking::Instants(instants(reading, [offset])),
        AmbiguousOffset::Fold { before, after } => Asking::Instants(instants(reading, [before, after])),
        AmbiguousOffset::Gap { before, after } => Asking::LeftOut(left_out(reading, before, after, zone)),
    }
}

fn instants(reading: DateTime, offsets: impl IntoIterator<Item = Offset>) -> Vec<Timestamp> {
    let at = |offset: Offset| offset.to_timestamp(reading).ok();
    offsets.into_iter().filter_map(at).map(|at| Timestamp::from_micros(at.as_microsecond())).collect()
}

fn left_out(reading: DateTime, before: Offset, after: Offset, zone: &TimeZone) -> String {
    let zone_name = zone.iana_name().unwrap_or("this time zone");
    let mut words = format!("There is no {} in {zone_name}", reading.strftime("%H:%M on %A, %-d %B %Y"));
    // By the old offset the reading comes at or after the change.
    let change =
        before.to_timestamp(reading).ok().and_then(|at| zone.preceding(at + jiff::Span::new().seconds(1)).next());
    if let Some(change) = change {
        let told = |offset: Offset| offset.to_datetime(change.timestamp()).strftime("%H:%M on %-d %B").to_string();
        words += &format!(": the clock goes from {} to {}", told(before), told(after));
    }
    words + "."
}

#[cfg(test)]
mod tests {
    use super::{Asking, asking, read};
    use jiff::tz::TimeZone;

    fn asked(text: &str, zone: &str) -> Vec<String> {
        let zone = TimeZone::get(zone).expect("a zone");
        match asking(read(text).expect("a time"), &zone) {
            Asking::Instants(instants) => instants.iter().map(|at| at.to_string()[..16].to_owned()).collect(),
            Asking::LeftOut(words) => vec![words],
        }
    }

    #[test]
    fn times_are_of_the_location_unless_they_have_an_offset() {
        let chicago = |text| asked(text, "America/Chicago");
        assert_eq!(chicago("2026-12-08T13:30"), ["2026-12-08T19:30"]);
        assert_eq!(chicago("2026-12-08 13:30:00"), ["2026-12-08T19:30"]);
        assert_eq!(chicago("2026-12-08T13:30-05:00"), ["2026-12-08T18:30"]);
        assert_eq!(chicago("2026-12-08T13:30:00Z"), ["2026-12-08T13:30"]);
        for wrong in ["", "13:30", "2026-12-08", "2026-13-08T13:30", "2026-12-08T25:30", "tomorrow"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_time_that_comes_twice_is_two() {
        assert_eq!(asked("2026-11-01T01:30", "America/Chicago"), ["2026-11-01T06:30", "2026-11-01T07:30"]);
        assert_eq!(asked("2026-11-01T01:30-06:00", "America/Chicago"), ["2026-11-01T07:30"]);
    }

    #[test]
    fn a_time_that_is_left_out_is_told() {
        assert_eq!(
            asked("2026-03-08T02:30", "America/Chicago"),
            ["There is no 02:30 on Sunday, 8 March 2026 in America/Chicago: the clock goes from 02:00 on 8 March to \
              03:00 on 8 March."]
        );
        assert_eq!(
            asked("2011-12-30T00:00", "Pacific/Apia"),
            [
                "There is no 00:00 on Friday, 30 December 2011 in Pacific/Apia: the clock goes from 00:00 on 30 December \
              to 00:00 on 31 December."
            ]
        );
    }
}
