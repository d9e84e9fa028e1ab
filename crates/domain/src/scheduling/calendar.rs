//! The rules of open times.

use jiff::tz::TimeZone;

use super::lanes::{Lanes, Walk};
use super::spans::Spans;
use super::wall::{MINUTE, Reading, Wall};
use super::{Agenda, Asked, Interval, OpenTime, Search, Slot};
use crate::appointment::Rejection;
use crate::practice::{AppointmentType, Provider, Setup};
use crate::{RoomId, Timestamp};

/// A location's set-up in its time zone: what says which times are open.
#[derive(Clone, Copy, Debug)]
pub struct Calendar<'a> {
    pub(super) setup: &'a Setup,
    pub(super) zone: &'a TimeZone,
}

impl<'a> Calendar<'a> {
    /// The calendar of a set-up.
    pub fn new(setup: &'a Setup, zone: &'a TimeZone) -> Self {
        Self { setup, zone }
    }

    /// Every open time of a search, by beginning, then in the order of the providers. `agenda` has everything that is busy
    /// within the search's span, a day more on either side. The work grows with the span.
    pub fn open_times(&self, agenda: &Agenda, search: &Search<'_>) -> Vec<OpenTime<'a>> {
        let asked = &search.asked;
        let Some(appointment_type) = self.setup.appointment_type(search.appointment_type.as_str()) else {
            return Vec::new();
        };
        if !is_for(appointment_type, asked) {
            return Vec::new();
        }
        let span = Interval { start: search.from, end: search.until };
        self.look(agenda, appointment_type, search.provider.map(|id| id.as_str()), span, asked)
    }

    /// Decides whether a slot may be held or booked, and in which room: the same rules as [`Self::open_times`]. `agenda` has
    /// everything that overlaps what the slot would occupy.
    ///
    /// # Errors
    /// When it is not open.
    pub fn place(&self, agenda: &Agenda, slot: &Slot, asked: &Asked<'_>) -> Result<OpenTime<'a>, Rejection> {
        let appointment_type =
            self.setup.appointment_type(slot.appointment_type.as_str()).ok_or(Rejection::SlotNotOpen)?;
        let provider = self.setup.provider(slot.provider.as_str()).ok_or(Rejection::SlotNotOpen)?;
        if !provider.appointment_types.contains(&appointment_type.id) {
            return Err(Rejection::SlotNotOpen);
        }
        if !is_for(appointment_type, asked) {
            return Err(Rejection::NotForThisClient);
        }
        let span = Interval { start: slot.start, end: slot.start.plus_micros(1) };
        let find = |agenda| self.look(agenda, appointment_type, Some(provider.id.as_str()), span, asked).pop();
        match find(agenda) {
            Some(open) => Ok(open),
            None if find(&Agenda::default()).is_some() => Err(Rejection::SlotTaken),
            None => Err(Rejection::SlotNotOpen),
        }
    }

    /// The open times of a type that begin within `span`.
    fn look(
        &self,
        agenda: &Agenda,
        appointment_type: &'a AppointmentType,
        provider: Option<&str>,
        span: Interval,
        asked: &Asked<'_>,
    ) -> Vec<OpenTime<'a>> {
        let providers: Vec<&Provider> = self
            .setup
            .providers_of(&appointment_type.id)
            .filter(|one| provider.is_none_or(|id| one.id.as_str() == id))
            .collect();
        let Some(pass) = Pass::new(self, appointment_type, span, asked) else {
            return Vec::new();
        };
        let lanes = Lanes::new(agenda, &providers, asked, pass.occupied());
        let mut open = Vec::new();
        for provider in providers {
            pass.collect(provider, Seats::new(&lanes, provider), &mut open);
        }
        // Stable: those of one provider are in order already, and providers are in theirs.
        open.sort_by_key(|one| one.start);
        open
    }
}

/// Whether a type is for who asks.
pub(super) fn is_for(appointment_type: &AppointmentType, asked: &Asked<'_>) -> bool {
    !asked.visitor || appointment_type.clients.include(asked.client_type)
}

/// What is the same for every provider of a search.
struct Pass<'a> {
    setup: &'a Setup,
    appointment_type: &'a AppointmentType,
    /// Between the earliest and the latest beginning.
    span: Interval,
    wall: Wall,
    /// Where the rules for beginnings, notice and horizon, allow one.
    allowed: Spans,
    /// When the location is open.
    open: Spans,
}

impl<'a> Pass<'a> {
    /// None when nothing can begin in `span`.
    fn new(
        calendar: &Calendar<'a>,
        appointment_type: &'a AppointmentType,
        span: Interval,
        asked: &Asked<'_>,
    ) -> Option<Self> {
        let setup = calendar.setup;
        let span = Interval { start: span.start.max(earliest(setup, asked)), end: span.end };
        if span.start >= span.end {
            return None;
        }
        let end = Interval::of(appointment_type, span.end).end;
        let wall = Wall::through(calendar.zone, Interval { start: span.start, end });
        let mut allowed = Spans::default();
        if asked.visitor {
            let horizon = Reading::of_day(last_day(calendar, asked) + 1);
            wall.when(Reading(i64::MIN)..horizon).for_each(|interval| allowed.push(interval));
        } else {
            allowed.push(span);
        }
        let open = opening(setup, &wall);
        Some(Self { setup, appointment_type, span, wall, allowed, open })
    }

    /// What the appointments that may be found would occupy.
    fn occupied(&self) -> Interval {
        Interval {
            start: Interval::occupied_by(self.appointment_type, self.span.start).start,
            end: Interval::occupied_by(self.appointment_type, self.span.end).end,
        }
    }

    /// Adds the open times of a provider, in order.
    fn collect(&self, provider: &'a Provider, mut seats: Seats<'a, '_>, open: &mut Vec<OpenTime<'a>>) {
        let grid = grid(self.setup);
        let before = i64::from(self.appointment_type.buffer_before_minutes) * MINUTE;
        let hours = self.open.intersect(&self.wall.hours(&provider.hours)).without(&time_off(provider, &self.wall));
        let length = i64::from(self.appointment_type.minutes) * MINUTE;
        let beginnings = hours.beginnings(length).intersect(&self.allowed);
        for stretch in self.wall.stretches().iter().filter(|stretch| stretch.in_whole_minutes()) {
            for within in beginnings.as_slice().iter().filter(|one| one.overlaps(stretch.span)) {
                let end = within.end.min(stretch.span.end).min(self.span.end);
                let mut start = stretch.next_on_grid(within.start.max(stretch.span.start), grid);
                while start < end {
                    let next = match seats.find(Interval::occupied_by(self.appointment_type, start)) {
                        Ok(room) => {
                            let end = start.plus_micros(length);
                            let appointment_type = self.appointment_type;
                            open.push(OpenTime { start, end, provider, appointment_type, room });
                            start.plus_micros(1)
                        }
                        Err(until) => until.plus_micros(before),
                    };
                    start = stretch.next_on_grid(next, grid);
                }
            }
        }
    }
}

/// A provider's time and their rooms', along which a search goes.
struct Seats<'a, 'l> {
    provider: Walk<'l>,
    rooms: Vec<(&'a RoomId, Walk<'l>)>,
}

impl<'a, 'l> Seats<'a, 'l> {
    fn new(lanes: &'l Lanes<'a>, provider: &'a Provider) -> Self {
        Self { provider: lanes.of(provider), rooms: lanes.rooms_of(provider) }
    }

    /// The room for `wanted`, if the provider works in rooms; or until when the provider, or every room, is taken.
    fn find(&mut self, wanted: Interval) -> Result<Option<&'a RoomId>, Timestamp> {
        if let Some(until) = self.provider.taken_until(wanted) {
            return Err(until);
        }
        let mut first_free = None;
        for (room, walk) in &mut self.rooms {
            match walk.taken_until(wanted) {
                None => return Ok(Some(room)),
                Some(until) => first_free = Some(first_free.map_or(until, |free: Timestamp| free.min(until))),
            }
        }
        first_free.map_or(Ok(None), Err)
    }
}

/// The grid on which appointments begin, in microseconds.
pub(super) fn grid(setup: &Setup) -> i64 {
    // A sound set-up has a minute or more; a division by zero is no way to say that this one is not.
    i64::from(setup.rules.grid_minutes.max(1)) * MINUTE
}

/// The earliest instant that may be booked.
pub(super) fn earliest(setup: &Setup, asked: &Asked<'_>) -> Timestamp {
    let notice = if asked.visitor { i64::from(setup.rules.notice_minutes) * MINUTE } else { 0 };
    asked.now.plus_micros(notice)
}

/// The last day that may be booked by a visitor, from 1970-01-01.
pub(super) fn last_day(calendar: &Calendar<'_>, asked: &Asked<'_>) -> i64 {
    Reading::at(calendar.zone, asked.now).day() + i64::from(calendar.setup.rules.horizon_days)
}

/// When a location is open.
fn opening(setup: &Setup, wall: &Wall) -> Spans {
    let closed = setup.closures.iter().flat_map(|closure| wall.when(closure.readings()));
    wall.hours(&setup.opening).without(&Spans::of(closed.collect()))
}

/// When a provider is away.
fn time_off(provider: &Provider, wall: &Wall) -> Spans {
    Spans::of(provider.time_off.iter().flat_map(|away| wall.when(away.readings())).collect())
}
