//! Which times a visitor is shown: the first days from some day that have any, and how they look.

use std::collections::BTreeMap;

use frontdesk_domain::appointment::Hold;
use frontdesk_domain::practice::AppointmentType;
use frontdesk_domain::scheduling::{Agenda, Asked as Asks, Calendar, Interval, OpenTime, Search, Slot};
use frontdesk_domain::{AppointmentId, ProviderId, SessionId, Timestamp};
use frontdesk_store::{Reader, StoreError};
use jiff::Span;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::asked::Visitor;
use super::views::{Day, Part, TimeChoice};
use crate::words::Language;

/// Days with times that a page shows.
const DAYS: usize = 6;
/// Days that are looked at in one go.
const STRIDE: i64 = 14;
/// Times that are offered in the place of a lost one.
const NEAREST: usize = 3;
/// Microseconds of a day.
const DAY: i64 = 86_400_000_000;

/// Whom times are looked for.
pub struct For<'a> {
    /// The type of appointment.
    pub kind: &'a AppointmentType,
    /// With whom; none: with anybody.
    pub provider: Option<&'a ProviderId>,
    /// The session that asks.
    pub session: Option<&'a SessionId>,
    /// New or returning.
    pub client_type: Option<frontdesk_domain::session::ClientType>,
    /// The appointment that is to be moved, which is in nobody's way.
    pub moved: Option<&'a AppointmentId>,
}

/// What was found.
pub struct Found<'a> {
    /// Days with their times.
    pub days: Vec<(Date, Vec<OpenTime<'a>>)>,
    /// The next day that has some.
    pub later: Option<Date>,
    /// From when it was looked.
    pub from: Timestamp,
}

/// The location's calendar on the wall.
pub struct Wall<'a> {
    visitor: &'a Visitor,
    zone: &'a TimeZone,
}

impl<'a> Wall<'a> {
    /// That of a visitor's location.
    pub fn new(visitor: &'a Visitor) -> Self {
        Self { visitor, zone: &visitor.booking().zone }
    }

    /// What the wall reads at an instant.
    pub fn at(&self, at: Timestamp) -> DateTime {
        self.zone.to_datetime(instant(at))
    }

    /// Today.
    pub fn today(&self) -> Date {
        self.at(self.visitor.now).date()
    }

    /// The last day that can be booked.
    pub fn last_day(&self) -> Date {
        let days = i64::from(self.visitor.booking().setup.rules.horizon_days);
        self.today().saturating_add(Span::new().days(days))
    }

    /// When a day begins.
    fn beginning(&self, date: Date) -> Timestamp {
        let at = self.zone.to_timestamp(date.to_datetime(jiff::civil::Time::midnight()));
        // Only the last days of the year 9999 have no instant.
        at.map_or(self.visitor.now, |at| Timestamp::from_micros(at.as_microsecond()))
    }

    /// "Tuesday, December 1, 9:30 AM"
    pub fn moment(&self, at: Timestamp) -> String {
        self.visitor.say.moment(self.at(at), self.today().year())
    }

    /// "9:30 AM"
    pub fn time(&self, at: Timestamp) -> String {
        self.visitor.say.time(self.at(at).time())
    }

    /// "Times are in Chicago time."
    pub fn zone(&self) -> String {
        let zone = self.visitor.say.zone(self.zone, instant(self.visitor.now));
        self.visitor.say.with("time-zone", "zone", &zone)
    }

    /// The first days from `from` on that have times.
    pub async fn look(&self, reader: &mut Reader<'_>, wanted: &For<'_>, from: Date) -> Result<Found<'a>, StoreError> {
        let mut days = BTreeMap::<Date, Vec<OpenTime<'a>>>::new();
        let mut cursor = from.max(self.today());
        let last = self.last_day();
        let beginning = self.beginning(cursor).max(self.visitor.now);
        while cursor <= last && days.len() <= DAYS {
            let next = cursor.saturating_add(Span::new().days(STRIDE));
            for open in self.open(reader, wanted, self.beginning(cursor), self.beginning(next)).await? {
                let day = days.entry(self.at(open.start).date()).or_default();
                // With anybody, one time a moment is enough.
                if day.last().is_none_or(|other| other.start != open.start) {
                    day.push(open);
                }
            }
            if next == cursor {
                break;
            }
            cursor = next;
        }
        let later = days.keys().nth(DAYS).copied();
        Ok(Found { days: days.into_iter().take(DAYS).collect(), later, from: beginning })
    }

    async fn open(
        &self,
        reader: &mut Reader<'_>,
        wanted: &For<'_>,
        from: Timestamp,
        until: Timestamp,
    ) -> Result<Vec<OpenTime<'a>>, StoreError> {
        let span = Interval { start: from.plus_micros(-DAY), end: until.plus_micros(DAY) };
        let agenda = self.agenda(reader, wanted, span).await?;
        let search = Search {
            appointment_type: &wanted.kind.id,
            provider: wanted.provider,
            from,
            until,
            asked: self.asks(wanted),
        };
        Ok(self.visitor.booking().calendar().open_times(&agenda, &search))
    }

    /// The times nearest to one that was lost.
    pub async fn nearest(
        &self,
        reader: &mut Reader<'_>,
        wanted: &For<'_>,
        lost: &Slot,
    ) -> Result<Vec<OpenTime<'a>>, StoreError> {
        let agenda = self.agenda(reader, wanted, Calendar::nearest_span(lost.start)).await?;
        let calendar = self.visitor.booking().calendar();
        let mut found = calendar.nearest(&agenda, lost, &self.asks(wanted), 4 * NEAREST);
        found.dedup_by_key(|open| open.start);
        found.sort_by_key(|open| open.start.as_micros().abs_diff(lost.start.as_micros()));
        found.truncate(NEAREST);
        found.sort_by_key(|open| open.start);
        Ok(found)
    }

    /// What is busy, without what is to be moved.
    async fn agenda(
        &self,
        reader: &mut Reader<'_>,
        wanted: &For<'_>,
        span: Interval,
    ) -> Result<std::sync::Arc<Agenda>, StoreError> {
        use frontdesk_domain::scheduling::Occupant;
        let mut agenda = reader.agenda(&self.visitor.location, span).await?;
        if let Some(moved) = wanted.moved {
            std::sync::Arc::make_mut(&mut agenda)
                .remove(|occupant| matches!(occupant, Occupant::Appointment { id } if id == moved));
        }
        Ok(agenda)
    }

    fn asks<'b>(&self, wanted: &For<'b>) -> Asks<'b> {
        Asks { now: self.visitor.now, session: wanted.session, client_type: wanted.client_type, visitor: true }
    }

    /// A time as it is chosen.
    pub fn choice(&self, slot: &Slot, kept: bool) -> TimeChoice {
        TimeChoice {
            id: self.visitor.catalog.secret_key().slot_id(&self.visitor.location.id, slot),
            label: self.time(slot.start),
            aria: self.moment(slot.start),
            kept,
        }
    }

    /// The same, with its day as people say it who stand before it: "Tomorrow, November 28, 8:00 AM".
    pub fn soon(&self, slot: &Slot, kept: bool) -> TimeChoice {
        let say = self.visitor.say;
        let choice = self.choice(slot, kept);
        let day = say.day(self.at(slot.start).date(), self.today());
        let aria = say.with_all("date-moment", &[("day", &day), ("time", &choice.label)]);
        TimeChoice { aria, ..choice }
    }

    /// The days as they are shown; what is kept for the visitor is marked, whoever it is with.
    pub fn days(&self, found: &Found<'_>, kept: Option<&Hold>) -> Vec<Day> {
        let say = self.visitor.say;
        let day = |(index, (date, times)): (usize, &(Date, Vec<OpenTime<'_>>))| {
            let mut parts: Vec<Part> = Vec::new();
            for open in times {
                let name = say.text(part_of_day(self.at(open.start), say.language));
                let own = kept.filter(|hold| hold.slot.start == open.start);
                let choice = match own {
                    Some(hold) => self.choice(&hold.slot, true),
                    None => self.choice(&open.slot(), false),
                };
                match parts.last_mut().filter(|part| part.name == name) {
                    Some(part) => part.times.push(choice),
                    None => parts.push(Part { name, times: vec![choice] }),
                }
            }
            let open = index == 0 || parts.iter().flat_map(|part| &part.times).any(|one| one.kept);
            Day { name: say.day(*date, self.today()), count: say.count("time-count", times.len()), open, parts }
        };
        found.days.iter().enumerate().map(day).collect()
    }
}

fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::MAX)
}

/// Where English has its evening, Spanish still has its afternoon.
fn part_of_day(at: DateTime, language: Language) -> &'static str {
    let evening = match language {
        Language::English => 17,
        Language::Spanish => 20,
    };
    match at.hour() {
        ..12 => "time-part-morning",
        hour if hour < evening => "time-part-afternoon",
        _ => "time-part-evening",
    }
}
