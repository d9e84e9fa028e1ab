//! Open times as JSON, written straight into a buffer: a month of them is thousands.

use frontdesk_domain::access::SecretKey;
use frontdesk_domain::practice::AppointmentType;
use frontdesk_domain::scheduling::{Agenda, Asked, Interval, OpenTime, Search, SlotTag};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{Timestamp, TimestampWriter, TypeId};
use frontdesk_store::{BookingSetup, Location};
use jiff::tz::TimeZone;

use crate::wire::write_string;

pub const DAY: i64 = 86_400 * SECOND;

/// Open times are looked for among these types of appointment of a location.
pub struct Times<'a> {
    booking: &'a BookingSetup,
    types: Vec<&'a AppointmentType>,
    /// For each provider, for each of the types.
    parts: Vec<Part<'a>>,
}

/// What all times of a type with a provider have in common.
struct Part<'a> {
    type_id: &'a TypeId,
    tag: SlotTag,
    /// `,"provider_id":"…"`
    provider: Vec<u8>,
}

/// An open time, and to which part it belongs.
#[derive(Clone, Copy)]
pub struct Time<'a> {
    open: OpenTime<'a>,
    part: usize,
}

impl Time<'_> {
    /// When it begins.
    pub fn start(&self) -> Timestamp {
        self.open.start
    }
}

impl<'a> Times<'a> {
    /// Of these types, in the order of the set-up.
    pub fn new(
        key: SecretKey,
        location: &'a Location,
        booking: &'a BookingSetup,
        types: impl IntoIterator<Item = &'a AppointmentType>,
    ) -> Self {
        let types: Vec<_> = types.into_iter().collect();
        let part = |provider: &'a frontdesk_domain::practice::Provider, one: &'a AppointmentType| {
            let mut text = b",\"provider_id\":".to_vec();
            write_string(&mut text, provider.id.as_str());
            Part { type_id: &one.id, tag: key.slot_tag(&location.id, &one.id, &provider.id), provider: text }
        };
        let parts = booking
            .setup
            .providers
            .iter()
            .flat_map(|provider| types.iter().map(move |one| part(provider, one)))
            .collect();
        Self { booking, types, parts }
    }

    /// The times that visitors may book and that begin within `span`, by beginning, then provider, then end, then type.
    pub fn find(&self, agenda: &Agenda, span: Interval, now: Timestamp) -> Vec<Time<'a>> {
        let calendar = self.booking.calendar();
        let providers = &self.booking.setup.providers;
        let mut found = Vec::new();
        for (place, one) in self.types.iter().enumerate() {
            let search = Search {
                appointment_type: &one.id,
                provider: None,
                from: span.start,
                until: span.end,
                asked: Asked { now, session: None, client_type: None, visitor: true },
            };
            found.extend(calendar.open_times(agenda, &search).into_iter().map(|open| {
                let provider = providers.iter().position(|provider| std::ptr::eq(provider, open.provider));
                let provider = provider.expect("cannot fail: the calendar is of the same set-up");
                Time { open, part: provider * self.types.len() + place }
            }));
        }
        if self.types.len() > 1 {
            found
                .sort_unstable_by_key(|time| (time.open.start, time.part / self.types.len(), time.open.end, time.part));
        }
        found
    }

    /// The times of which one entry is made: the same beginning, provider and end. Answers them and what is left.
    fn split<'t>(&self, times: &'t [Time<'a>]) -> (&'t [Time<'a>], &'t [Time<'a>]) {
        let alike = |one: &Time<'a>| {
            (one.open.start, one.open.end, one.part / self.types.len())
                == (times[0].open.start, times[0].open.end, times[0].part / self.types.len())
        };
        times.split_at(times.iter().take_while(|one| alike(one)).count())
    }
}

/// Writes open times of a location, in its time zone.
pub struct TimesWriter<'a> {
    times: &'a Times<'a>,
    starts: WallClock<'a>,
    ends: WallClock<'a>,
}

impl<'a> TimesWriter<'a> {
    /// Of these.
    pub fn new(times: &'a Times<'a>) -> Self {
        let zone = &times.booking.zone;
        Self { times, starts: WallClock::new(zone), ends: WallClock::new(zone) }
    }

    /// Whether the first of these begins on `day`, or before it.
    pub fn is_on(&mut self, times: &[Time<'a>], day: i64) -> bool {
        times.first().is_some_and(|time| self.starts.read(time.open.start).as_micros().div_euclid(DAY) <= day)
    }

    /// Appends the members of a list: those times that begin before the end of `day` (days since 1970-01-01 on the
    /// location's wall) or all. Answers what is left.
    pub fn write<'t>(&mut self, out: &mut Vec<u8>, mut times: &'t [Time<'a>], day: Option<i64>) -> &'t [Time<'a>] {
        let mut first = true;
        while !times.is_empty() && day.is_none_or(|day| self.is_on(times, day)) {
            if !std::mem::take(&mut first) {
                out.push(b',');
            }
            let (alike, rest) = self.times.split(times);
            self.write_entry(out, alike);
            times = rest;
        }
        times
    }

    /// Times with the same beginning, provider and end: the first is the one that is booked by the id.
    fn write_entry(&mut self, out: &mut Vec<u8>, alike: &[Time<'_>]) {
        let Time { open, part } = alike[0];
        let part = &self.times.parts[part];
        out.extend_from_slice(b"{\"start\":\"");
        let [ten, one, _, minutes @ ..] = self.starts.write(out, open.start);
        out.extend_from_slice(b"\",\"end\":\"");
        self.ends.write(out, open.end);
        out.push(b'"');
        out.extend_from_slice(&part.provider);
        if let Some(room) = open.room {
            out.extend_from_slice(b",\"room_id\":");
            write_string(out, room.as_str());
        }
        out.extend_from_slice(b",\"appointment_type_ids\":");
        for (index, time) in alike.iter().enumerate() {
            out.push(if index == 0 { b'[' } else { b',' });
            write_string(out, self.times.parts[time.part].type_id.as_str());
        }
        out.extend_from_slice(b"],\"value\":\"");
        out.extend_from_slice(&[ten, one, b':', minutes[0], minutes[1]]);
        out.extend_from_slice(b"\",\"label\":\"");
        let hour = (ten - b'0') * 10 + (one - b'0');
        let (hour, half) = ((hour + 11) % 12 + 1, if hour < 12 { b" am" } else { b" pm" });
        out.extend_from_slice(itoa::Buffer::new().format(hour).as_bytes());
        out.extend_from_slice(&[b':', minutes[0], minutes[1]]);
        out.extend_from_slice(half);
        out.extend_from_slice(b"\",\"uuid\":\"");
        out.extend_from_slice(&part.tag.id(open.start));
        out.extend_from_slice(b"\"}");
    }
}

/// What the clock on the location's wall reads. It keeps the offset until the zone's next change, since a look into the
/// zone costs more than writing a time.
struct WallClock<'a> {
    zone: &'a TimeZone,
    /// Where the offset is known.
    known: Interval,
    micros: i64,
    /// `-06:00`
    offset: [u8; 6],
    dates: TimestampWriter,
    scratch: Vec<u8>,
}

impl<'a> WallClock<'a> {
    fn new(zone: &'a TimeZone) -> Self {
        let nothing = Interval { start: Timestamp::MIN, end: Timestamp::MIN };
        Self {
            zone,
            known: nothing,
            micros: 0,
            offset: *b"+00:00",
            dates: TimestampWriter::default(),
            scratch: Vec::with_capacity(27),
        }
    }

    /// What it reads at an instant, as if it hung in Greenwich.
    fn read(&mut self, at: Timestamp) -> Timestamp {
        if at < self.known.start || at >= self.known.end {
            self.look_up(at);
        }
        at.plus_micros(self.micros)
    }

    fn look_up(&mut self, at: Timestamp) {
        let instant = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::MAX);
        let change = self.zone.following(instant).next().map_or(jiff::Timestamp::MAX, |change| change.timestamp());
        self.known = Interval { start: at, end: Timestamp::from_micros(change.as_microsecond()) };
        let seconds = self.zone.to_offset(instant).seconds();
        self.micros = i64::from(seconds) * SECOND;
        let minutes = seconds.unsigned_abs() / 60;
        let text = format!("{}{:02}:{:02}", if seconds < 0 { '-' } else { '+' }, minutes / 60, minutes % 60);
        self.offset.copy_from_slice(text.as_bytes());
    }

    /// Appends an instant as `2025-01-01T16:00:00-06:00`; answers `16:00`.
    fn write(&mut self, out: &mut Vec<u8>, at: Timestamp) -> [u8; 5] {
        let reading = self.read(at);
        self.scratch.clear();
        self.dates.write(&mut self.scratch, reading);
        out.extend_from_slice(&self.scratch[..19]);
        out.extend_from_slice(&self.offset);
        std::array::from_fn(|index| self.scratch[11 + index])
    }
}
