//! Instants as microseconds since 1970 in UTC, written and read in the contract's form.

use std::fmt::{self, Display};
use std::str::FromStr;

/// Microseconds of a second.
pub const SECOND: u64 = 1_000_000;
/// Microseconds of an hour.
pub const HOUR: u64 = 3_600 * SECOND;
/// Microseconds of a day.
pub const DAY: u64 = 24 * HOUR;

/// Where the data set ends, unless told otherwise: fixed, so that every run has the same data.
pub const DATA_END: Instant = Instant(1_793_491_200 * SECOND);
/// How many days the data set covers.
pub const DATA_DAYS: u64 = 730;

/// Microseconds since 1970-01-01T00:00:00Z.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Instant(pub u64);

impl Display for Instant {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = *b"0000-00-00T00:00:00.000000Z";
        let (year, month, day) = civil(self.0 / DAY);
        let second = self.0 % DAY / SECOND;
        digits(&mut text[0..4], year);
        digits(&mut text[5..7], month);
        digits(&mut text[8..10], day);
        digits(&mut text[11..13], second / 3_600);
        digits(&mut text[14..16], second / 60 % 60);
        digits(&mut text[17..19], second % 60);
        digits(&mut text[20..26], self.0 % SECOND);
        // Cannot fail: the template and the digits are ASCII.
        formatter.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

impl FromStr for Instant {
    type Err = String;

    /// Reads `2026-11-01T00:00:00Z`, the one form that the tools' options take.
    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let wrong = || format!("{text:?} is not of the form 2026-11-01T00:00:00Z");
        let part = |range: std::ops::Range<usize>| -> Result<u64, String> {
            text.get(range).and_then(|digits| digits.parse().ok()).ok_or_else(wrong)
        };
        let days = days(part(0..4)?, part(5..7)?, part(8..10)?);
        let seconds = part(11..13)? * 3_600 + part(14..16)? * 60 + part(17..19)?;
        let instant = Self(days * DAY + seconds * SECOND);
        let back = instant.to_string().replace(".000000Z", "Z");
        if back == text { Ok(instant) } else { Err(wrong()) }
    }
}

fn digits(place: &mut [u8], mut value: u64) {
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
}

/// Year, month and day of a day number, after Howard Hinnant's `civil_from_days`, for days since 1970.
fn civil(days: u64) -> (u64, u64, u64) {
    let shifted = days + 719_468;
    let era = shifted / 146_097;
    let day_of_era = shifted % 146_097;
    let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    (year_of_era + era * 400 + u64::from(month <= 2), month, day)
}

/// The day number of a date, after Howard Hinnant's `days_from_civil`; nonsense in, nonsense out: the caller formats it back.
fn days(year: u64, month: u64, day: u64) -> u64 {
    let year = year - u64::from(month <= 2 && year > 0);
    let era = year / 400;
    let year_of_era = year % 400;
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day.max(1) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    (era * 146_097 + day_of_era).saturating_sub(719_468)
}
