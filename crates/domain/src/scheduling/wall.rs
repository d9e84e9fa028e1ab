//! The wall clock of a location. Hours, closures and time off are what a clock on the wall reads, so each is a set of
//! instants: those at which the clock reads so. That holds on the days of a clock change as on all others. A reading that
//! is left out is no time at all, one that comes twice counts twice.

use std::ops::Range;

use jiff::ToSpan;
use jiff::civil::{self, Date, DateTime};
use jiff::tz::TimeZone;

use super::Interval;
use super::spans::Spans;
use crate::Timestamp;
use crate::practice::{Closure, Hours, TimeOff, Week};
use crate::time::SECOND;

pub(super) const MINUTE: i64 = 60 * SECOND;
pub(super) const DAY: i64 = 24 * 60 * MINUTE;

const EPOCH: Date = civil::date(1970, 1, 1);

/// What the clock reads, in microseconds since its 1970-01-01T00:00.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) struct Reading(pub(super) i64);

impl Reading {
    /// Midnight at the beginning of a date.
    pub(super) fn of_date(date: Date) -> Self {
        let days = EPOCH.until(date).expect("any two of jiff's dates are some days apart");
        Self(i64::from(days.get_days()) * DAY)
    }

    /// A date and time of day; fractions of a microsecond do not count.
    pub(super) fn of(at: DateTime) -> Self {
        let seconds = i64::from(at.hour()) * 3600 + i64::from(at.minute()) * 60 + i64::from(at.second());
        Self(Self::of_date(at.date()).0 + seconds * SECOND + i64::from(at.subsec_nanosecond()) / 1000)
    }

    /// The reading at an instant.
    pub(super) fn at(zone: &TimeZone, at: Timestamp) -> Self {
        Self(clamped(at).as_micros() + offset(zone, at))
    }

    /// Midnight at the beginning of a day that is so many after 1970-01-01.
    pub(super) const fn of_day(day: i64) -> Self {
        Self(day.saturating_mul(DAY))
    }

    /// Days from 1970-01-01.
    pub(super) const fn day(self) -> i64 {
        self.0.div_euclid(DAY)
    }

    /// Its date, or the nearest that jiff knows.
    pub(super) fn date(self) -> Date {
        EPOCH.saturating_add(self.day().clamp(-5_000_000, 5_000_000).days())
    }

    /// The hours of its day in a week.
    pub(super) fn hours_of(self, week: &Week) -> &[Hours] {
        // 1970-01-01 was a Thursday, the fourth day of its week.
        &week.0[(self.day() + 3).rem_euclid(7) as usize]
    }
}

impl Closure {
    /// What the clock reads while it lasts.
    pub(super) fn readings(&self) -> Range<Reading> {
        Reading::of_date(self.from)..Reading(Reading::of_date(self.until).0 + DAY)
    }
}

impl TimeOff {
    /// What the clock reads while it lasts.
    pub(super) fn readings(&self) -> Range<Reading> {
        Reading::of(self.from)..Reading::of(self.until)
    }
}

/// The nearest instant that jiff can tell the time of, from the year -9999 to 9999: a whole second, because its range of
/// microseconds does not go on within the last one.
fn clamped(at: Timestamp) -> Timestamp {
    at.clamp(
        Timestamp::from_micros(jiff::Timestamp::MIN.as_second() * SECOND),
        Timestamp::from_micros(jiff::Timestamp::MAX.as_second() * SECOND),
    )
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(clamped(at).as_micros()).expect("a clamped instant is one of jiff's")
}

/// Microseconds east of UTC.
fn offset(zone: &TimeZone, at: Timestamp) -> i64 {
    i64::from(zone.to_offset(instant(at)).seconds()) * SECOND
}

/// Instants through which the clock is not changed.
#[derive(Clone, Copy, Debug)]
pub(super) struct Stretch {
    /// Which.
    pub(super) span: Interval,
    /// Microseconds that the clock is ahead of UTC.
    offset: i64,
}

impl Stretch {
    /// The instants of it at which the clock reads so.
    fn when(&self, readings: &Range<Reading>) -> Interval {
        let at = |reading: Reading| Timestamp::from_micros(reading.0.saturating_sub(self.offset));
        Interval { start: self.span.start.max(at(readings.start)), end: self.span.end.min(at(readings.end)) }
    }

    /// The first instant from `at` on at which the clock reads a multiple of `grid` (microseconds, a part of a day).
    pub(super) fn next_on_grid(&self, at: Timestamp, grid: i64) -> Timestamp {
        let past = at.as_micros().saturating_add(self.offset).rem_euclid(grid);
        if past == 0 { at } else { at.plus_micros(grid - past) }
    }

    /// Whether the clock is a number of whole minutes from UTC, as all are since 1972. Where it is not, no beginning of an
    /// appointment can be a whole minute of both.
    pub(super) const fn in_whole_minutes(&self) -> bool {
        self.offset % MINUTE == 0
    }
}

/// The clock through some span: stretches, each beginning where the one before ends.
#[derive(Clone, Debug)]
pub(super) struct Wall(Vec<Stretch>);

impl Wall {
    /// The clock of a zone through `span`, as far as that lies in the years -9999 to 9999.
    pub(super) fn through(zone: &TimeZone, span: Interval) -> Self {
        let (mut start, end) = (clamped(span.start), clamped(span.end));
        let mut stretches = Vec::with_capacity(2);
        let mut offset = offset(zone, start);
        for change in zone.following(instant(start)) {
            let at = Timestamp::from_micros(change.timestamp().as_microsecond());
            if at >= end {
                break;
            }
            stretches.push(Stretch { span: Interval { start, end: at }, offset });
            (start, offset) = (at, i64::from(change.offset().seconds()) * SECOND);
        }
        stretches.push(Stretch { span: Interval { start, end }, offset });
        Self(stretches)
    }

    /// Its stretches.
    pub(super) fn stretches(&self) -> &[Stretch] {
        &self.0
    }

    /// When the clock reads so.
    pub(super) fn when(&self, readings: Range<Reading>) -> impl Iterator<Item = Interval> {
        let intervals = self.0.iter().map(move |stretch| stretch.when(&readings));
        intervals.filter(|interval| interval.start < interval.end)
    }

    /// When it reads one of the hours of a week.
    pub(super) fn hours(&self, week: &Week) -> Spans {
        let mut spans = Spans::default();
        for stretch in &self.0 {
            let first = Reading(stretch.span.start.as_micros() + stretch.offset).day();
            let last = Reading(stretch.span.end.as_micros() + stretch.offset).day();
            for midnight in (first..=last).map(Reading::of_day) {
                for hours in midnight.hours_of(week) {
                    let reading = |minute: u16| Reading(midnight.0 + i64::from(minute) * MINUTE);
                    spans.push(stretch.when(&(reading(hours.from)..reading(hours.until))));
                }
            }
        }
        spans
    }
}
