//! The rules of open times as anybody would check them with a clock on the wall and a diary: minute by minute. Written
//! apart from the calendar, and with no regard to time.

use frontdesk_domain::appointment::Rejection;
use frontdesk_domain::practice::{Hours, Provider, Week};
use frontdesk_domain::scheduling::{Busy, Occupant};
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{RoomId, Timestamp};
use jiff::civil::DateTime;

use super::world::{MINUTE, World, instant};

/// What is known of each minute from `first` on.
pub struct Diary<'a> {
    world: &'a World,
    first: i64,
    /// What the clock reads at its beginning.
    readings: Vec<DateTime>,
    /// What of the agenda takes a part of it and stands in the way.
    taken: Vec<Vec<&'a Busy>>,
}

/// Minutes before and after those in which appointments begin: an appointment and its buffers, at most.
const MARGIN: i64 = 3 * 720;

impl<'a> Diary<'a> {
    pub fn new(world: &'a World) -> Self {
        let first = world.from.as_micros() / MINUTE - MARGIN;
        let last = world.until.as_micros() / MINUTE + MARGIN;
        let reading = |minute| world.zone.to_datetime(instant(Timestamp::from_micros(minute * MINUTE)));
        let touch = |busy: &&Busy, minute: i64| {
            let (start, end) = (busy.occupied.start.as_micros(), busy.occupied.end.as_micros());
            start < (minute + 1) * MINUTE && minute * MINUTE < end
        };
        let stands = |busy: &&Busy| match &busy.occupant {
            Occupant::Appointment { .. } => true,
            Occupant::Hold { session, until } => world.now < *until && world.session.as_ref() != Some(session),
        };
        let agenda: Vec<&Busy> = world.agenda.busy().iter().filter(stands).collect();
        let taken = |minute| agenda.iter().copied().filter(|busy| touch(busy, minute)).collect();
        let minutes = first..last;
        Self { world, first, readings: minutes.clone().map(reading).collect(), taken: minutes.map(taken).collect() }
    }

    fn index(&self, minute: i64) -> usize {
        usize::try_from(minute - self.first).expect("a minute of the diary")
    }

    fn reading(&self, minute: i64) -> DateTime {
        self.readings[self.index(minute)]
    }

    /// Whether the location is open and the provider there in a minute.
    fn is_there(&self, provider: &Provider, minute: i64) -> bool {
        let reading = self.reading(minute);
        let setup = &self.world.setup;
        let closed = setup.closures.iter().any(|one| one.from <= reading.date() && reading.date() <= one.until);
        let away = provider.time_off.iter().any(|one| one.from <= reading && reading < one.until);
        reads(&setup.opening, reading) && !closed && reads(&provider.hours, reading) && !away
    }

    /// Whether something that stands in the way takes a part of a minute.
    fn is_taken(&self, minute: i64, whose: impl Fn(&Busy) -> bool) -> bool {
        self.taken[self.index(minute)].iter().any(|busy| whose(busy))
    }

    /// Whether the rules for beginnings allow one.
    fn may_begin(&self, minute: i64) -> bool {
        let World { setup, now, zone, visitor, .. } = self.world;
        let reading = self.reading(minute);
        let since_midnight = i64::from(reading.hour()) * 60 + i64::from(reading.minute());
        let on_grid = reading.second() == 0 && since_midnight % i64::from(setup.rules.grid_minutes) == 0;
        let notice = if *visitor { i64::from(setup.rules.notice_minutes) * 60 * SECOND } else { 0 };
        let mut last_day = zone.to_datetime(instant(*now)).date();
        for _ in 0..setup.rules.horizon_days {
            last_day = last_day.tomorrow().expect("a date");
        }
        let too_far = *visitor && reading.date() > last_day;
        on_grid && minute * MINUTE >= now.as_micros() + notice && !too_far
    }

    /// What is to be said of an appointment that begins at a minute.
    pub fn decide(&self, provider: &Provider, minute: i64) -> Result<Option<&'a RoomId>, Rejection> {
        let kind = self.world.kind();
        if !provider.appointment_types.contains(&kind.id) {
            return Err(Rejection::SlotNotOpen);
        }
        if self.world.visitor && !kind.clients.include(self.world.client_type) {
            return Err(Rejection::NotForThisClient);
        }
        let end = minute + i64::from(kind.minutes);
        if !self.may_begin(minute) || !(minute..end).all(|minute| self.is_there(provider, minute)) {
            return Err(Rejection::SlotNotOpen);
        }
        let occupied = minute - i64::from(kind.buffer_before_minutes)..end + i64::from(kind.buffer_after_minutes);
        if occupied.clone().any(|minute| self.is_taken(minute, |busy| busy.provider == provider.id)) {
            return Err(Rejection::SlotTaken);
        }
        let rooms = &self.world.setup.provider(provider.id.as_str()).expect("the provider").rooms;
        let is_free = |room: &RoomId| {
            !occupied.clone().any(|minute| self.is_taken(minute, |busy| busy.room.as_ref() == Some(room)))
        };
        match rooms.iter().find(|&room| is_free(room)) {
            Some(room) => Ok(Some(room)),
            None if rooms.is_empty() => Ok(None),
            None => Err(Rejection::SlotTaken),
        }
    }
}

fn reads(week: &Week, reading: DateTime) -> bool {
    let weekday = usize::try_from(reading.date().weekday().to_monday_zero_offset()).expect("0 to 6");
    let within = |hours: &Hours| {
        let minute = reading.hour() as u16 * 60 + reading.minute() as u16;
        hours.from <= minute && minute < hours.until
    };
    week.0[weekday].iter().any(within)
}
