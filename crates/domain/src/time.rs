//! Instants: UTC with microseconds, as the record keeps them and the wire writes them.

use std::fmt;

use jiff::civil;
use serde::{Deserialize, Serialize};

/// Microseconds in a second.
pub const SECOND: i64 = 1_000_000;

/// An instant: microseconds since 1970-01-01T00:00:00Z, negative before it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// Why a text is not an instant. The message shows the right form.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
pub enum TimestampError {
    /// A date alone: guessing a time would shift a partner's window.
    #[error("a date needs a time and an offset, for example 2023-11-07T05:31:56Z")]
    DateOnly,
    /// A time without an offset: guessing a zone would shift a partner's window.
    #[error("a time needs an offset, for example 2023-11-07T05:31:56Z or 2023-11-07T07:31:56+02:00")]
    NoOffset,
    /// Anything else.
    #[error("takes an ISO 8601 date-time with an offset, for example 2023-11-07T05:31:56Z")]
    Malformed,
}

impl Timestamp {
    /// The earliest instant that can be held; before every instant that can be parsed.
    pub const MIN: Self = Self(i64::MIN);
    /// The latest instant that can be held; after every instant that can be parsed.
    pub const MAX: Self = Self(i64::MAX);

    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the Unix epoch.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// The instant `micros` later (earlier when negative); stays at the ends of the range.
    pub const fn plus_micros(self, micros: i64) -> Self {
        Self(self.0.saturating_add(micros))
    }

    /// Reads the forms of the contract's list endpoint: RFC 3339 with `Z` or an offset (`+02:00`, `+0200`, `+02`), `T`,
    /// `t` or a space between date and time, a space before the offset, up to nine fraction digits (rounded down to the
    /// microsecond), and a space in the place of an unencoded `+`.
    ///
    /// # Errors
    /// When the text has any other form, or names a day or an hour that does not exist.
    pub fn parse(text: &str) -> Result<Self, TimestampError> {
        let mut rest = Scanner(text.as_bytes());
        let date = rest.date().ok_or(TimestampError::Malformed)?;
        if rest.0.is_empty() {
            return Err(TimestampError::DateOnly);
        }
        let (seconds, micros) = rest.time().ok_or(TimestampError::Malformed)?;
        if rest.0.is_empty() {
            return Err(TimestampError::NoOffset);
        }
        let offset = rest.offset().ok_or(TimestampError::Malformed)?;
        // Civil arithmetic rather than jiff's timestamp, whose range ends some hours before the year 9999 does.
        let days = i64::from(civil::date(1970, 1, 1).until(date).map_err(|_| TimestampError::Malformed)?.get_days());
        Ok(Self(((days * 86_400) + seconds - offset) * SECOND + micros))
    }
}

/// Writes instants as `2023-11-07T05:31:56.123456Z`. By hand, because a list answer holds thirty of them; a property test
/// holds it against jiff. It keeps the last date, which the next instant of a page has as a rule.
#[derive(Clone, Debug)]
pub struct TimestampWriter {
    /// The first microsecond of the date that `text` has.
    midnight: i64,
    text: [u8; 27],
}

const DAY: i64 = 86_400 * SECOND;

/// `00` to `99`, one after the other.
const TWO_DIGITS: [u8; 200] = {
    let mut digits = [0; 200];
    let mut value = 0;
    while value < 100 {
        digits[2 * value] = b'0' + (value / 10) as u8;
        digits[2 * value + 1] = b'0' + (value % 10) as u8;
        value += 1;
    }
    digits
};

impl Default for TimestampWriter {
    fn default() -> Self {
        Self { midnight: 0, text: *b"1970-01-01T00:00:00.000000Z" }
    }
}

impl TimestampWriter {
    /// Appends `at` to `out`. Outside the years 0 to 9999 the nearest end of that range is written.
    pub fn write(&mut self, out: &mut Vec<u8>, at: Timestamp) {
        const FIRST: i64 = -62_167_219_200 * SECOND;
        const LAST: i64 = 253_402_300_800 * SECOND - 1;
        let clamped = at.0.clamp(FIRST, LAST);
        let mut since_midnight = clamped - self.midnight;
        if !(0..DAY).contains(&since_midnight) {
            since_midnight = clamped.rem_euclid(DAY);
            self.midnight = clamped - since_midnight;
            self.write_date();
        }
        let second_of_day = (since_midnight / SECOND) as u32;
        let micros = (since_midnight % SECOND) as u32;
        let minute_of_day = second_of_day / 60;
        self.two(11, minute_of_day / 60);
        self.two(14, minute_of_day % 60);
        self.two(17, second_of_day % 60);
        self.two(20, micros / 10_000);
        self.two(22, micros / 100 % 100);
        self.two(24, micros % 100);
        out.extend_from_slice(&self.text);
    }

    fn write_date(&mut self) {
        let (year, month, day) = civil_from_days(self.midnight / DAY);
        self.two(0, year / 100);
        self.two(2, year % 100);
        self.two(5, month);
        self.two(8, day);
    }

    /// Writes the two decimal digits of `value` (below 100) at `place`.
    fn two(&mut self, place: usize, value: u32) {
        let digits = 2 * value as usize;
        self.text[place..place + 2].copy_from_slice(&TWO_DIGITS[digits..digits + 2]);
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut text = Vec::with_capacity(27);
        TimestampWriter::default().write(&mut text, *self);
        formatter.write_str(std::str::from_utf8(&text).map_err(|_| fmt::Error)?)
    }
}

/// Year, month and day of a day number since 1970-01-01 in the proleptic Gregorian calendar, by Howard Hinnant's
/// `civil_from_days` (eras of 400 years that begin on 1 March).
fn civil_from_days(days: i64) -> (u32, u32, u32) {
    let shifted = days + 719_468;
    let era = shifted.div_euclid(146_097);
    let day_of_era = shifted.rem_euclid(146_097) as u32;
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
    let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
    let year = i64::from(year_of_era) + era * 400 + i64::from(month <= 2);
    (year as u32, month, day)
}

/// The part of a date-time that is still to be read.
struct Scanner<'a>(&'a [u8]);

impl Scanner<'_> {
    fn date(&mut self) -> Option<civil::Date> {
        let year = self.digits(4)?;
        self.literal(b'-')?;
        let month = self.digits(2)?;
        self.literal(b'-')?;
        let day = self.digits(2)?;
        civil::Date::new(i16::try_from(year).ok()?, i8::try_from(month).ok()?, i8::try_from(day).ok()?).ok()
    }

    /// Second of the day and microseconds. A leap second (RFC 3339, section 5.6) is the second after it, as in POSIX.
    fn time(&mut self) -> Option<(i64, i64)> {
        match self.next()? {
            b'T' | b't' | b' ' => {}
            _ => return None,
        }
        let hour = self.digits(2)?;
        self.literal(b':')?;
        let minute = self.digits(2)?;
        self.literal(b':')?;
        let second = self.digits(2)?;
        if hour > 23 || minute > 59 || second > 60 {
            return None;
        }
        let micros = if self.0.first() == Some(&b'.') {
            self.next();
            self.fraction()?
        } else {
            0
        };
        Some((hour * 3600 + minute * 60 + second, micros))
    }

    /// One to nine digits after the decimal point, in microseconds, rounded down.
    fn fraction(&mut self) -> Option<i64> {
        let length = self.0.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&length) {
            return None;
        }
        let mut micros = 0;
        for position in 0..6 {
            let digit = if position < length { i64::from(self.0[position] - b'0') } else { 0 };
            micros = micros * 10 + digit;
        }
        self.0 = &self.0[length..];
        Some(micros)
    }

    /// The offset in seconds east of UTC; it ends the text. A space before it is skipped, unless it stands for the `+`
    /// that form decoding has turned into a space.
    fn offset(&mut self) -> Option<i64> {
        if self.0[0] == b' ' && self.0.get(1).is_some_and(|byte| !byte.is_ascii_digit()) {
            self.next();
        }
        let sign = match self.next()? {
            b'Z' | b'z' => return self.0.is_empty().then_some(0),
            b'+' | b' ' => 1,
            b'-' => -1,
            _ => return None,
        };
        let hours = self.digits(2)?;
        let minutes = if self.0.is_empty() {
            0
        } else {
            if self.0[0] == b':' {
                self.next();
            }
            self.digits(2)?
        };
        (hours <= 23 && minutes <= 59 && self.0.is_empty()).then_some(sign * (hours * 3600 + minutes * 60))
    }

    fn next(&mut self) -> Option<u8> {
        let (&first, rest) = self.0.split_first()?;
        self.0 = rest;
        Some(first)
    }

    fn literal(&mut self, expected: u8) -> Option<()> {
        (self.next()? == expected).then_some(())
    }

    fn digits(&mut self, count: usize) -> Option<i64> {
        let (digits, rest) = self.0.split_at_checked(count)?;
        self.0 = rest;
        digits.iter().try_fold(0, |value, byte| byte.is_ascii_digit().then(|| value * 10 + i64::from(byte - b'0')))
    }
}
