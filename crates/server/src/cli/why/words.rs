//! What the rules say of a time, in words, with the times of the location's clock.

use std::fmt::Write;

use frontdesk_domain::practice::{Clients, Hours, Setup};
use frontdesk_domain::scheduling::{Asked, Busy, DayHours, Explanation, Interval, Obstacle, Occupant, Verdict};
use frontdesk_domain::{RoomId, Timestamp};
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

/// Where and when it is asked.
pub struct Scene<'a> {
    /// The name of the location.
    pub name: &'a str,
    /// How it is set up.
    pub setup: &'a Setup,
    /// Its time zone.
    pub zone: &'a TimeZone,
    /// Who asks, and when.
    pub asked: Asked<'a>,
}

/// A list in words: `one, two and three`.
pub fn list<Text: AsRef<str>>(texts: impl IntoIterator<Item = Text>) -> String {
    let texts: Vec<Text> = texts.into_iter().collect();
    let mut words = String::new();
    for (index, text) in texts.iter().enumerate() {
        words += match index {
            0 => "",
            last if last + 1 == texts.len() => " and ",
            _ => ", ",
        };
        words += text.as_ref();
    }
    words
}

impl Scene<'_> {
    /// The whole explanation, some lines.
    pub fn words(&self, explanation: &Explanation<'_>) -> String {
        let mut text = self.heading(explanation);
        let is_open = |one: &&Verdict<'_>| explanation.location.is_empty() && one.obstacles.is_empty();
        let open: Vec<&str> = explanation.providers.iter().filter(is_open).map(|one| &*one.provider.name).collect();
        text += &match &open[..] {
            [] if explanation.providers.is_empty() => "Not open: nobody takes this type of appointment.\n".to_owned(),
            [] => "Not open.\n".to_owned(),
            names => format!("Open with {}.\n", list(names)),
        };
        if !explanation.location.is_empty() {
            self.section(&mut text, &format!("{}: no", self.name), &explanation.location, explanation);
        }
        for verdict in &explanation.providers {
            let name = &verdict.provider.name;
            let room = verdict.room.map(|room| format!(", in {}", self.room(room))).unwrap_or_default();
            let title = match (explanation.location.is_empty(), verdict.obstacles.is_empty()) {
                (true, true) => format!("{name}: open{room}"),
                (false, true) => format!("{name}: nothing else against it{room}"),
                (_, false) => format!("{name}: no"),
            };
            self.section(&mut text, &title, &verdict.obstacles, explanation);
        }
        text
    }

    fn heading(&self, explanation: &Explanation<'_>) -> String {
        let Explanation { appointment_type, appointment, occupied, .. } = explanation;
        let start = self.reading(appointment.start);
        let offset = self.zone.to_offset(instant(appointment.start));
        let zone = self.zone.iana_name().unwrap_or("local time");
        let mut text = format!("{}, {}\n", appointment_type.name, self.name);
        text += &format!("{}, {} ({zone}, UTC{offset})\n", start.strftime("%A, %-d %B %Y"), self.times(*appointment));
        if occupied != appointment {
            text += &format!("With its buffers it takes {}.\n", self.times(*occupied));
        }
        text + "\n"
    }

    fn section(&self, text: &mut String, title: &str, obstacles: &[Obstacle<'_>], explanation: &Explanation<'_>) {
        *text += &format!("\n{title}\n");
        for obstacle in obstacles {
            let _ = writeln!(text, "  {}.", self.obstacle(obstacle, explanation));
        }
    }

    fn obstacle(&self, obstacle: &Obstacle<'_>, explanation: &Explanation<'_>) -> String {
        let rules = &self.setup.rules;
        match obstacle {
            Obstacle::OffGrid { earlier, later } => {
                let near: Vec<String> = [earlier, later].into_iter().flatten().map(|at| self.time(*at)).collect();
                let near = if near.is_empty() { String::new() } else { format!("; near are {}", list(near)) };
                let grid = length(rules.grid_minutes.into());
                format!("Appointments begin every {} by the clock{near}", grid.strip_prefix("1 ").unwrap_or(&grid))
            }
            Obstacle::Past => format!("It is past: now it is {}", self.time_and_day(self.asked.now)),
            Obstacle::TooSoon { earliest } => format!(
                "Visitors book {} ahead or more: now from {} on",
                length(rules.notice_minutes),
                self.time_and_day(*earliest)
            ),
            Obstacle::TooFar { last } => {
                format!(
                    "Visitors book {} ahead or less: now until {}",
                    count(rules.horizon_days.into(), "day"),
                    date(*last)
                )
            }
            Obstacle::NotForThisClient => match explanation.appointment_type.clients {
                Clients::Returning => "Only for clients who have been here before".to_owned(),
                Clients::New | Clients::All => "Only for new clients".to_owned(),
            },
            Obstacle::Closed(closure) => {
                let days = if closure.from == closure.until {
                    format!("on {}", date(closure.from))
                } else {
                    format!("from {} to {}", date(closure.from), date(closure.until))
                };
                format!("Closed {days}{}", reason(closure.reason.as_deref()))
            }
            Obstacle::OutsideOpening(days) => hours_in_words(days, "Open", "Closed"),
            Obstacle::OutsideHours(days) => hours_in_words(days, "At work", "Not at work"),
            Obstacle::DoesNotTake => "Does not take this type of appointment".to_owned(),
            Obstacle::Away(away) => {
                let from = if away.from.date() == away.until.date() { "%H:%M" } else { "%H:%M on %-d %B %Y" };
                let (from, until) = (away.from.strftime(from), away.until.strftime("%H:%M on %-d %B %Y"));
                format!("Away from {from} to {until}{}", reason(away.reason.as_deref()))
            }
            Obstacle::Busy(busy) => format!("Taken {}", self.busy(busy)),
            Obstacle::NoRoom(rooms) => {
                let taken = |(room, busy): &(&RoomId, &Busy)| {
                    let who = self.setup.provider(busy.provider.as_str());
                    let who = who.map_or(busy.provider.as_str(), |provider| &*provider.name);
                    format!("{} is taken by {who} {}", self.room(room), self.busy(busy))
                };
                let taken: Vec<String> = rooms.iter().map(taken).collect();
                format!("No room is free: {}", taken.join("; "))
            }
        }
    }

    fn busy(&self, busy: &Busy) -> String {
        let from_to = format!("from {}", self.times(busy.occupied));
        match &busy.occupant {
            Occupant::Appointment { id } => format!("{from_to}: appointment {id}"),
            Occupant::Hold { session, until } => {
                format!("{from_to}: on hold until {} for session {session}", self.time_to_the_second(*until))
            }
        }
    }

    fn room<'a>(&'a self, id: &'a RoomId) -> &'a str {
        self.setup.room(id.as_str()).map_or(id.as_str(), |room| &room.name)
    }

    fn reading(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(instant(at))
    }

    /// `13:30`, with the offset when the clock reads so twice.
    fn time(&self, at: Timestamp) -> String {
        let reading = self.reading(at);
        let twice = self.zone.to_ambiguous_timestamp(reading).is_ambiguous();
        let format = if reading.second() == 0 { "%H:%M" } else { "%H:%M:%S" };
        let offset = if twice { format!(" (UTC{})", self.zone.to_offset(instant(at))) } else { String::new() };
        format!("{}{offset}", reading.strftime(format))
    }

    fn time_and_day(&self, at: Timestamp) -> String {
        format!("{} on {}", self.time(at), date(self.reading(at).date()))
    }

    fn time_to_the_second(&self, at: Timestamp) -> String {
        self.reading(at).strftime("%H:%M:%S").to_string()
    }

    /// `13:30 to 14:00`, with the days when it does not end on that on which it begins.
    fn times(&self, interval: Interval) -> String {
        let same_day = self.reading(interval.start).date() == self.reading(interval.end).date();
        let told = |at| if same_day { self.time(at) } else { self.time_and_day(at) };
        format!("{} to {}", told(interval.start), told(interval.end))
    }
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
}

fn date(date: Date) -> String {
    date.strftime("%-d %B %Y").to_string()
}

fn reason(reason: Option<&str>) -> String {
    reason.map(|reason| format!(": {reason}")).unwrap_or_default()
}

/// `2 hours`, `90 minutes`.
fn length(minutes: u32) -> String {
    if minutes > 0 && minutes.is_multiple_of(60) { count(minutes / 60, "hour") } else { count(minutes, "minute") }
}

fn count(number: u32, unit: &str) -> String {
    if number == 1 { format!("1 {unit}") } else { format!("{number} {unit}s") }
}

/// `Open from 08:00 to 12:30 on Tuesday, 8 December 2026`; what it `is` at these hours, and what it `is_not` without any.
fn hours_in_words(days: &[DayHours<'_>], is: &str, is_not: &str) -> String {
    let time = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
    let hours = |hours: &Hours| format!("from {} to {}", time(hours.from), time(hours.until));
    let day = |day: &DayHours<'_>| {
        let on = day.date.strftime("%A, %-d %B %Y");
        match day.hours {
            [] => format!("{is_not} on {on}"),
            all => format!("{is} {} on {on}", list(all.iter().map(hours))),
        }
    };
    let days: Vec<String> = days.iter().map(day).collect();
    days.join("; ")
}
