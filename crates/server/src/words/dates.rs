//! Days and times of day in words.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use super::{Language, Words};

impl Words {
    /// "Tuesday, December 1"; with the year when it is another one than `today`'s; "Today, …" and "Tomorrow, …".
    pub fn day(&self, date: Date, today: Date) -> String {
        let month = self.text(&format!("month-{}", date.month()));
        let day = date.day().to_string();
        let key = if date == today {
            "date-today"
        } else if today.tomorrow().is_ok_and(|tomorrow| tomorrow == date) {
            "date-tomorrow"
        } else {
            return self.weekday(date, today.year());
        };
        self.opening(&self.with_all(key, &[("month", &month), ("day", &day)]))
    }

    /// "Tuesday, December 1", never by its distance; with the year when it is another one than `this_year`.
    pub fn weekday(&self, date: Date, this_year: i16) -> String {
        let weekday = self.text(&format!("weekday-{}", date.weekday().to_monday_one_offset()));
        let month = self.text(&format!("month-{}", date.month()));
        let (day, year) = (date.day().to_string(), date.year().to_string());
        let values = [("weekday", &*weekday), ("month", &month), ("day", &day), ("year", &year)];
        let key = if date.year() == this_year { "date-day" } else { "date-day-year" };
        self.opening(&self.with_all(key, &values))
    }

    /// "9:30 AM", or "9:30", as the visitor counts hours.
    pub fn time(&self, time: Time) -> String {
        let (hour, minute) = (time.hour(), time.minute());
        if !self.twelve_hours {
            let padded = self.language == Language::English;
            return if padded { format!("{hour:02}:{minute:02}") } else { format!("{hour}:{minute:02}") };
        }
        let shown = if hour % 12 == 0 { 12 } else { hour % 12 };
        let key = if hour < 12 { "time-morning" } else { "time-afternoon" };
        self.with(key, "time", &format!("{shown}:{minute:02}")).replace(' ', "\u{a0}")
    }

    /// "Tuesday, December 1, 9:30 AM".
    pub fn moment(&self, at: DateTime, this_year: i16) -> String {
        let values = [("day", &*self.weekday(at.date(), this_year)), ("time", &self.time(at.time()))];
        self.with_all("date-moment", &values)
    }

    /// "Chicago time", of `America/Chicago`; with its offset where the zone has no place in its name.
    pub fn zone(&self, zone: &TimeZone, at: Timestamp) -> String {
        let place = zone.iana_name().filter(|name| name.contains('/') && !name.starts_with("Etc/"));
        match place.and_then(|name| name.rsplit('/').next()) {
            Some(place) => self.with("zone", "place", &place.replace('_', " ")),
            None => format!("UTC{}", at.to_zoned_datetime(zone.clone()).strftime("%:z")),
        }
    }

    /// A day or a moment as it stands within a sentence: in Spanish their names have small letters.
    pub fn within(&self, text: &str) -> String {
        let mut letters = text.chars();
        match (self.language, letters.next()) {
            (Language::Spanish, Some(first)) => first.to_lowercase().chain(letters).collect(),
            _ => text.to_owned(),
        }
    }

    /// The text as it begins a line.
    fn opening(&self, text: &str) -> String {
        let mut letters = text.chars();
        letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::{date, time};

    use super::*;

    const ENGLISH: Words = Words { language: Language::English, twelve_hours: true };
    const SPANISH: Words = Words { language: Language::Spanish, twelve_hours: false };

    #[test]
    fn days_are_said_as_people_say_them() {
        let today = date(2026, 11, 27);
        assert_eq!(ENGLISH.day(today, today), "Today, November 27");
        assert_eq!(ENGLISH.day(date(2026, 11, 28), today), "Tomorrow, November 28");
        assert_eq!(ENGLISH.day(date(2026, 12, 1), today), "Tuesday, December 1");
        assert_eq!(ENGLISH.day(date(2027, 1, 4), today), "Monday, January 4, 2027");
        assert_eq!(SPANISH.day(date(2026, 12, 1), today), "Martes, 1 de diciembre");
        assert_eq!(SPANISH.day(date(2027, 1, 4), today), "Lunes, 4 de enero de 2027");
        assert_eq!(SPANISH.day(today, today), "Hoy, 27 de noviembre");
        assert_eq!(SPANISH.within("Martes, 1 de diciembre"), "martes, 1 de diciembre");
        assert_eq!(ENGLISH.within("Tuesday, December 1"), "Tuesday, December 1");
    }

    #[test]
    fn hours_are_counted_as_people_count_them() {
        let times = [time(0, 5, 0, 0), time(9, 30, 0, 0), time(12, 0, 0, 0), time(17, 45, 0, 0)];
        assert_eq!(
            times.map(|one| ENGLISH.time(one).replace('\u{a0}', " ")),
            ["12:05 AM", "9:30 AM", "12:00 PM", "5:45 PM"]
        );
        assert_eq!(times.map(|one| SPANISH.time(one)), ["0:05", "9:30", "12:00", "17:45"]);
        let mexican = Words { twelve_hours: true, ..SPANISH };
        assert_eq!(mexican.time(times[1]).replace('\u{a0}', " "), "9:30 a. m.");
    }

    #[test]
    fn zones_are_named_by_their_place() {
        let zone = |name| TimeZone::get(name).unwrap();
        let at = Timestamp::UNIX_EPOCH;
        assert_eq!(ENGLISH.zone(&zone("America/Chicago"), at), "Chicago time");
        assert_eq!(ENGLISH.zone(&zone("America/New_York"), at), "New York time");
        assert_eq!(SPANISH.zone(&zone("Europe/Madrid"), at), "hora de Madrid");
        assert_eq!(ENGLISH.zone(&TimeZone::UTC, at), "UTC+00:00");
    }
}
