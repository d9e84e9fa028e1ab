//! A practice in Chicago, for the examples.

use std::str::FromStr;

use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::Rejection;
use frontdesk_domain::practice::{
    AppointmentType, BookingRules, Category, Clients, Face, Hours, Provider, Room, Setup, Week,
};
use frontdesk_domain::scheduling::{Agenda, Asked, Busy, Calendar, Interval, Occupant, Search, Slot};
use jiff::tz::TimeZone;

/// An id of any kind.
pub fn id<Id: FromStr>(text: &str) -> Id {
    text.parse().ok().expect("an id")
}

pub fn zone(name: &str) -> TimeZone {
    TimeZone::get(name).expect("a zone of the bundled database")
}

pub fn at(text: &str) -> Timestamp {
    Timestamp::parse(text).expect("a time with its offset")
}

/// The same hours on each day, as `"8:30-12 13-17"`.
pub fn daily(hours: &str) -> Week {
    let minute = |text: &str| -> u16 {
        let (hour, minute) = text.split_once(':').unwrap_or((text, "0"));
        hour.parse::<u16>().expect("an hour") * 60 + minute.parse::<u16>().expect("a minute")
    };
    let part = |part: &str| {
        let (from, until) = part.split_once('-').expect("two times");
        Hours { from: minute(from), until: minute(until) }
    };
    Week(std::array::from_fn(|_| hours.split_whitespace().map(part).collect()))
}

/// A practice in Chicago with one provider in no room, whose check-ups take half an hour, from 8 to 12.
pub struct Practice {
    pub setup: Setup,
    pub zone: TimeZone,
    pub agenda: Agenda,
    pub asked: Asked<'static>,
}

impl Practice {
    pub fn new() -> Self {
        let asked = Asked { now: at("2026-01-01T00:00:00Z"), session: None, client_type: None, visitor: false };
        Self { setup: setup(), zone: zone("America/Chicago"), agenda: Agenda::default(), asked }
    }

    /// The only provider.
    pub fn provider(&mut self) -> &mut Provider {
        &mut self.setup.providers[0]
    }

    /// The only type.
    pub fn check_up(&mut self) -> &mut AppointmentType {
        &mut self.setup.appointment_types[0]
    }

    pub fn calendar(&self) -> Calendar<'_> {
        Calendar::new(&self.setup, &self.zone)
    }

    /// An appointment, buffers included, of a provider.
    pub fn book(&mut self, provider: &str, room: Option<&str>, start: &str, end: &str) {
        let occupied = Interval { start: at(start), end: at(end) };
        let occupant = Occupant::Appointment { id: id("appointment") };
        self.agenda.add(Busy { occupied, provider: id(provider), room: room.map(id), occupant });
    }

    /// The open check-ups that begin between two instants: beginning, offset and room.
    pub fn open(&self, from: &str, until: &str) -> Vec<String> {
        let appointment_type = id("check-up");
        let (from, until, asked) = (at(from), at(until), self.asked);
        let search = Search { appointment_type: &appointment_type, provider: None, from, until, asked };
        let reading = |start: Timestamp| {
            let start = jiff::Timestamp::from_microsecond(start.as_micros()).expect("an instant");
            start.to_zoned_datetime(self.zone.clone()).strftime("%H:%M%:::z").to_string()
        };
        let times = self.calendar().open_times(&self.agenda, &search);
        times
            .iter()
            .map(|time| match time.room {
                Some(room) => format!("{} {room}", reading(time.start)),
                None => reading(time.start),
            })
            .collect()
    }

    /// What is decided on a check-up: the room, or why not.
    pub fn place(&self, provider: &str, start: &str) -> Result<Option<String>, Rejection> {
        let slot = Slot { start: at(start), provider: id(provider), appointment_type: id("check-up") };
        self.calendar().place(&self.agenda, &slot, &self.asked).map(|open| open.room.map(ToString::to_string))
    }
}

/// What it is set up with.
pub fn setup() -> Setup {
    let check_up = AppointmentType {
        id: id("check-up"),
        name: "Check-up".into(),
        names: Default::default(),
        help: None,
        helps: Default::default(),
        category: Category::Wellness,
        minutes: 30,
        buffer_before_minutes: 0,
        buffer_after_minutes: 0,
        clients: Clients::All,
    };
    let rivera = Provider {
        id: id("rivera"),
        name: "Dr. Rivera".into(),
        appointment_types: vec![id("check-up")],
        rooms: Vec::new(),
        hours: daily("0-24"),
        time_off: Vec::new(),
    };
    Setup {
        opening: daily("8-10"),
        closures: Vec::new(),
        rules: BookingRules {
            grid_minutes: 30,
            notice_minutes: 0,
            horizon_days: 60,
            hold_minutes: 10,
            auto_accept: true,
            change_notice_minutes: 0,
        },
        face: Face::default(),
        rooms: ["east", "west"].map(|name| Room { id: id(name), name: name.into(), description: None }).into(),
        providers: vec![rivera],
        appointment_types: vec![check_up],
    }
}
