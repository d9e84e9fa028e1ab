//! Hours, days and lengths of time as they stand in a practice's file.

use frontdesk_domain::practice::Hours;
use jiff::Span;
use jiff::civil::{Date, DateTime};

/// Hours of a day: `08:00-12:30`.
pub fn hours(text: &str) -> Result<Hours, String> {
    let wrong = || "takes hours such as \"08:00-12:30\"".to_owned();
    let (from, until) = text.split_once(['-', '–']).ok_or_else(wrong)?;
    let (from, until) = (minute(from).ok_or_else(wrong)?, minute(until).ok_or_else(wrong)?);
    if until <= from {
        return Err("takes hours that end after they begin, until 24:00 at the latest".to_owned());
    }
    Ok(Hours { from, until })
}

/// The minute of a day: `8:00`, `17:30`, `24:00`.
fn minute(text: &str) -> Option<u16> {
    let (hour, minute) = text.trim().split_once(':')?;
    let digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        let sound = lengths.contains(&part.len()) && part.bytes().all(|digit| digit.is_ascii_digit());
        sound.then(|| part.parse::<u16>().ok()).flatten()
    };
    let (hour, minute) = (digits(hour, 1..=2)?, digits(minute, 2..=2)?);
    (minute < 60 && hour * 60 + minute <= 1440).then_some(hour * 60 + minute)
}

/// A day, or the first and the last of several: `2026-12-25`, `2026-12-24..2026-12-26`.
pub fn days(text: &str) -> Result<(Date, Date), String> {
    let (from, until) = text.split_once("..").unwrap_or((text, text));
    let takes = "takes a day or two, such as \"2026-12-25\" or \"2026-12-24..2026-12-26\"";
    let (from, until) = (date(from, takes)?, date(until, takes)?);
    if until < from {
        return Err("the last day lies before the first".to_owned());
    }
    Ok((from, until))
}

fn date(text: &str, takes: &str) -> Result<Date, String> {
    let text = text.trim();
    let shape = text.len() == 10
        && text.bytes().enumerate().all(|(index, byte)| match index {
            4 | 7 => byte == b'-',
            _ => byte.is_ascii_digit(),
        });
    if !shape {
        return Err(takes.to_owned());
    }
    text.parse().map_err(|_| format!("there is no day {text}"))
}

/// A time away: days as above, a part of a day (`2026-12-01 12:00-15:00`), or from a time to another
/// (`2026-12-01 12:00..2026-12-03 09:00`).
pub fn time_off(text: &str) -> Result<(DateTime, DateTime), String> {
    let takes = "takes days such as \"2026-12-21..2026-12-31\", or times such as \"2026-12-01 12:00-15:00\"";
    if !text.contains(':') {
        let (from, until) =
            days(text).map_err(|wrong| if wrong.starts_with("takes") { takes.to_owned() } else { wrong })?;
        return Ok((at(from, 0)?, at(until, 1440)?));
    }
    let moment = |text: &str| -> Result<DateTime, String> {
        let (day, time) = text.trim().split_once([' ', 'T']).ok_or(takes)?;
        at(date(day, takes)?, minute(time).ok_or(takes)?)
    };
    let (from, until) = if let Some((from, until)) = text.split_once("..") {
        (moment(from)?, moment(until)?)
    } else {
        let (day, part) = text.trim().split_once([' ', 'T']).ok_or(takes)?;
        let (day, part) = (date(day, takes)?, hours(part)?);
        (at(day, part.from)?, at(day, part.until)?)
    };
    if until <= from {
        return Err("ends before it begins".to_owned());
    }
    Ok((from, until))
}

/// A day's minute; 1440 is the next midnight.
fn at(day: Date, minute: u16) -> Result<DateTime, String> {
    day.at(0, 0, 0, 0)
        .checked_add(Span::new().minutes(i64::from(minute)))
        .map_err(|_| format!("{day} is the last day that there is"))
}

/// A length in minutes: `45m`, `2h`, `1h 30m`, `2d`; a day is 24 hours.
pub fn minutes(text: &str) -> Result<u32, String> {
    length(text).ok_or_else(|| "takes a length of time such as \"45m\", \"2h\" or \"1h 30m\"".to_owned())
}

/// A length in days: `60d`, `8w`.
pub fn whole_days(text: &str) -> Result<u16, String> {
    length(text)
        .filter(|minutes| minutes % 1440 == 0)
        .and_then(|minutes| u16::try_from(minutes / 1440).ok())
        .ok_or_else(|| "takes a number of days or weeks such as \"60d\" or \"8w\"".to_owned())
}

fn length(text: &str) -> Option<u32> {
    let span: Span = text.parse().ok()?;
    let days = i64::from(span.get_weeks()) * 7 + i64::from(span.get_days());
    let minutes = days
        .checked_mul(1440)?
        .checked_add(i64::from(span.get_hours()).checked_mul(60)?)?
        .checked_add(span.get_minutes())?;
    // What is left has no fixed length, or is finer than calendars are.
    let rest = span.weeks(0).days(0).hours(0).minutes(0);
    (rest.is_zero()).then(|| u32::try_from(minutes).ok()).flatten()
}

/// A length of time in words: `45m`, `1h 30m`, `24h`, `2d`.
pub fn length_in_words(minutes: u32) -> String {
    if minutes >= 2 * 1440 && minutes.is_multiple_of(1440) {
        return format!("{}d", minutes / 1440);
    }
    match (minutes / 60, minutes % 60) {
        (0, minutes) => format!("{minutes}m"),
        (hours, 0) => format!("{hours}h"),
        (hours, minutes) => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::{days, hours, length_in_words, minutes, time_off, whole_days};

    #[test]
    fn hours_are_parts_of_one_day() {
        let read = |text| hours(text).map(|one| (one.from, one.until));
        assert_eq!(read("08:00-12:30"), Ok((480, 750)));
        assert_eq!(read("8:00 – 24:00"), Ok((480, 1440)));
        for wrong in ["", "8-12", "08:00", "12:00-08:00", "08:00-24:01", "08:60-09:00", "+8:00-9:00", "08:0-9:00"] {
            assert!(hours(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn days_exist_and_are_in_order() {
        let read = |text| days(text).map(|(from, until)| format!("{from} {until}"));
        assert_eq!(read("2026-12-25").as_deref(), Ok("2026-12-25 2026-12-25"));
        assert_eq!(read("2026-12-24 .. 2026-12-26").as_deref(), Ok("2026-12-24 2026-12-26"));
        assert_eq!(read("2026-02-29"), Err("there is no day 2026-02-29".to_owned()));
        for wrong in ["", "25.12.2026", "2026-12-25T00:00", "2026-12-26..2026-12-24", "20261225", "é026-12-25"] {
            assert!(days(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn time_off_is_days_or_times() {
        let read = |text| time_off(text).map(|(from, until)| format!("{from} {until}"));
        assert_eq!(read("2026-12-25").as_deref(), Ok("2026-12-25T00:00:00 2026-12-26T00:00:00"));
        assert_eq!(read("2026-12-25 9:00-24:00").as_deref(), Ok("2026-12-25T09:00:00 2026-12-26T00:00:00"));
        assert_eq!(
            read("2026-12-25 12:00..2026-12-27 09:00").as_deref(),
            Ok("2026-12-25T12:00:00 2026-12-27T09:00:00")
        );
        for wrong in ["12:00-15:00", "2026-12-25 15:00-12:00", "2026-12-25 12:00..2026-12-25 12:00", "9999-12-31"] {
            assert!(time_off(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn lengths_are_whole_minutes_or_days() {
        let read = ["45m", "1h 30m", "2 hours", "1d", "PT2H", "0m"].map(|text| minutes(text).ok());
        assert_eq!(read, [Some(45), Some(90), Some(120), Some(1440), Some(120), Some(0)]);
        for wrong in ["", "45", "30s", "1 month", "-5m", "1h ago", "99999999999h"] {
            assert!(minutes(wrong).is_err(), "{wrong}");
        }
        assert_eq!(["60d", "8w", "48h"].map(|text| whole_days(text).ok()), [Some(60), Some(56), Some(2)]);
        assert!(whole_days("36h").is_err() && whole_days("60").is_err());
        assert_eq!([0, 45, 90, 1440, 3000, 4320].map(length_in_words), ["0m", "45m", "1h 30m", "24h", "50h", "3d"]);
    }
}
