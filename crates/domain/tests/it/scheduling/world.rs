//! Made-up practices in made-up weeks, most of them around a change of the clock.

use std::ops::Range;

use frontdesk_domain::practice::{
    AppointmentType, BookingRules, Clients, Closure, Face, Hours, Provider, Room, Setup, TimeOff, Week,
};
use frontdesk_domain::scheduling::{Agenda, Asked, Busy, Calendar, Interval, Occupant, Search};
use frontdesk_domain::session::ClientType;
use frontdesk_domain::time::SECOND;
use frontdesk_domain::{ProviderId, SessionId, Timestamp, TypeId};
use jiff::ToSpan;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use proptest::prelude::*;

use crate::practice_fixture::{at, id, setup as practice_setup, zone};

pub const MINUTE: i64 = 60 * SECOND;

/// Every room.
const ROOMS: &[&str] = &["north", "east", "west"];

/// Zones, and an instant at or near which something happens to their clocks.
const MOMENTS: &[(&str, &str)] = &[
    ("UTC", "2026-05-05T00:00:00Z"),
    ("Asia/Kathmandu", "2026-05-05T00:00:00Z"),
    ("America/Chicago", "2026-03-08T08:00:00Z"),
    ("America/Chicago", "2026-11-01T07:00:00Z"),
    ("Europe/Madrid", "2026-03-29T01:00:00Z"),
    ("Europe/Madrid", "2026-10-25T01:00:00Z"),
    // By half an hour.
    ("Australia/Lord_Howe", "2026-04-04T15:00:00Z"),
    ("Australia/Lord_Howe", "2026-10-03T15:30:00Z"),
    // By two hours.
    ("Antarctica/Troll", "2026-03-29T01:00:00Z"),
    ("Antarctica/Troll", "2026-10-25T01:00:00Z"),
    // There is no midnight; midnight comes twice.
    ("America/Havana", "2026-03-08T05:00:00Z"),
    ("America/Havana", "2026-11-01T05:00:00Z"),
    // There is no midnight; the last hour of a day comes twice.
    ("Asia/Beirut", "2026-03-28T22:00:00Z"),
    ("Asia/Beirut", "2026-10-24T21:00:00Z"),
    ("Africa/Cairo", "2026-04-23T22:00:00Z"),
    ("Africa/Cairo", "2026-10-29T21:00:00Z"),
    // A minute past midnight, to a minute past eleven of the day before.
    ("America/St_Johns", "2010-03-14T03:31:00Z"),
    ("America/St_Johns", "2010-11-07T02:31:00Z"),
    // Days that never were.
    ("Pacific/Apia", "2011-12-30T10:00:00Z"),
    ("Pacific/Kwajalein", "1993-08-21T12:00:00Z"),
    // 23 hours that came twice.
    ("Pacific/Kwajalein", "1969-09-30T13:00:00Z"),
];

/// A location, what is on its agenda, and who asks for what.
#[derive(Clone, Debug)]
pub struct World {
    pub zone: TimeZone,
    pub setup: Setup,
    pub agenda: Agenda,
    pub appointment_type: TypeId,
    pub provider: Option<ProviderId>,
    pub from: Timestamp,
    pub until: Timestamp,
    pub now: Timestamp,
    pub session: Option<SessionId>,
    pub client_type: Option<ClientType>,
    pub visitor: bool,
}

impl World {
    pub fn calendar(&self) -> Calendar<'_> {
        Calendar::new(&self.setup, &self.zone)
    }

    pub fn asked(&self) -> Asked<'_> {
        let Self { now, client_type, visitor, .. } = *self;
        Asked { now, session: self.session.as_ref(), client_type, visitor }
    }

    pub fn search(&self) -> Search<'_> {
        Search {
            appointment_type: &self.appointment_type,
            provider: self.provider.as_ref(),
            from: self.from,
            until: self.until,
            asked: self.asked(),
        }
    }

    pub fn kind(&self) -> &AppointmentType {
        self.setup.appointment_type(self.appointment_type.as_str()).expect("the type that is looked for")
    }
}

/// Worlds in which so many minutes are searched.
pub fn world(minutes: Range<i64>) -> impl Strategy<Value = World> {
    prop::sample::select(MOMENTS).prop_flat_map(move |(name, moment)| world_of(zone(name), at(moment), minutes.clone()))
}

fn world_of(zone: TimeZone, moment: Timestamp, minutes: Range<i64>) -> impl Strategy<Value = World> {
    let reading = zone.to_datetime(instant(moment));
    let search = (prop_oneof![-600..300_i64, -2 * 1440..1440_i64], minutes, prop::option::weighted(0.2, person()));
    // As holds run out, a microsecond beside that, and anywhere.
    let hour = (hour(), -1..=1_i64).prop_map(|(hour, beside)| hour * 60 * MINUTE + beside);
    let now = prop_oneof![3 => hour, 1 => -4 * 1440 * MINUTE..1440 * MINUTE];
    let client_type = prop::option::of(prop::sample::select(ClientType::ALL));
    let asker = (now, prop::option::of(session()), client_type, any::<bool>());
    let agenda = prop::collection::vec(busy(moment), 0..40).prop_map(Agenda::new);
    (setup(reading), agenda, search, asker).prop_map(
        move |(setup, agenda, (from, minutes, provider), (now, session, client_type, visitor))| {
            let from = moment.plus_micros(from * MINUTE);
            World {
                zone: zone.clone(),
                setup,
                agenda,
                appointment_type: id("type"),
                provider,
                from,
                until: from.plus_micros(minutes * MINUTE),
                now: moment.plus_micros(now),
                session,
                client_type,
                visitor,
            }
        },
    )
}

pub fn instant(at: Timestamp) -> jiff::Timestamp {
    jiff::Timestamp::from_microsecond(at.as_micros()).expect("one of jiff's instants")
}

fn person() -> impl Strategy<Value = ProviderId> {
    prop::sample::select(vec!["ada", "ben", "cho"]).prop_map(id)
}

fn session() -> impl Strategy<Value = SessionId> {
    prop::sample::select(vec!["one", "two"]).prop_map(id)
}

/// Hours from a moment, often the same.
fn hour() -> impl Strategy<Value = i64> {
    prop_oneof![1 => -96..24_i64, 2 => (-4..2_i64).prop_map(|half_day| half_day * 12)]
}

/// Something on the agenda within some days of a moment. Appointments from elsewhere need not begin on the minute.
fn busy(moment: Timestamp) -> impl Strategy<Value = Busy> {
    // Many within the same hours, so that a provider has all their rooms taken now and then.
    let ten_minutes = prop_oneof![-36..36_i64, -500..500_i64];
    let start = prop_oneof![5 => ten_minutes.prop_map(|number| number * 10 * 60), 1 => -300_000..300_000_i64];
    let length = prop_oneof![5 => 1..150_i64, 1 => 150..1500_i64];
    let occupant = prop_oneof![
        2 => Just(Occupant::Appointment { id: id("appointment") }),
        1 => (session(), hour()).prop_map(move |(session, hour)| {
            Occupant::Hold { session, until: moment.plus_micros(hour * 60 * MINUTE) }
        }),
    ];
    let room = prop::option::of(prop::sample::select(ROOMS).prop_map(id));
    (start, length, person(), room, occupant).prop_map(move |(start, length, provider, room, occupant)| {
        let start = moment.plus_micros(start * SECOND);
        Busy { occupied: Interval { start, end: start.plus_micros(length * MINUTE) }, provider, room, occupant }
    })
}

/// Hours of a day that do not meet. Midnight is often among them.
fn day() -> impl Strategy<Value = Vec<Hours>> {
    let hours = |from, until| Hours { from, until };
    let minute = prop_oneof![9 => (0..=96_u16).prop_map(|quarter| quarter * 15), 1 => 0..=1440_u16];
    prop_oneof![
        3 => Just(vec![hours(0, 1440)]),
        2 => Just(vec![hours(0, 300), hours(1080, 1440)]),
        4 => prop::collection::btree_set(minute, 0..=6).prop_map(move |minutes| {
            let minutes: Vec<u16> = minutes.into_iter().collect();
            minutes.chunks_exact(2).map(|pair| hours(pair[0], pair[1])).collect()
        }),
    ]
}

/// Boxed, like the larger ones below: strategies within strategies outgrow a test's stack.
fn week() -> BoxedStrategy<Week> {
    let always = Week(std::array::from_fn(|_| vec![Hours { from: 0, until: 1440 }]));
    prop_oneof![1 => Just(always), 2 => prop::array::uniform7(day()).prop_map(Week)].boxed()
}

fn closure(reading: DateTime) -> impl Strategy<Value = Closure> {
    (-4..4_i32, 0..2_i32).prop_map(move |(first, more)| {
        let from = reading.date() + first.days();
        Closure { from, until: from + more.days(), reason: None }
    })
}

fn time_off(reading: DateTime) -> impl Strategy<Value = TimeOff> {
    let from = prop_oneof![(-200..200_i64).prop_map(|quarter| quarter * 15), -4000..4000_i64];
    (from, 1..2000_i64).prop_map(move |(from, minutes)| {
        let from = reading + from.minutes();
        TimeOff { from, until: from + minutes.minutes(), reason: None }
    })
}

fn rules() -> impl Strategy<Value = BookingRules> {
    let grid = prop::sample::select(vec![1, 5, 10, 15, 15, 20, 30, 45, 60, 240]);
    let notice = prop_oneof![Just(0), Just(60), Just(1440), 0..3000_u32];
    (grid, notice, 0..5_u16).prop_map(|(grid_minutes, notice_minutes, horizon_days)| BookingRules {
        grid_minutes,
        notice_minutes,
        horizon_days,
        hold_minutes: 10,
        auto_accept: true,
        change_notice_minutes: 0,
    })
}

fn appointment_type() -> impl Strategy<Value = AppointmentType> {
    let minutes = prop_oneof![6 => prop::sample::select(vec![15, 20, 30, 60]), 3 => 1..200_u16, 1 => 200..=720_u16];
    let buffer = || prop_oneof![3 => Just(0), 2 => prop::sample::select(vec![5, 10, 60]), 1 => 0..100_u16];
    let clients = prop::sample::select(vec![Clients::All, Clients::All, Clients::New, Clients::Returning]);
    (minutes, buffer(), buffer(), clients).prop_map(|(minutes, before, after, clients)| AppointmentType {
        minutes,
        buffer_before_minutes: before,
        buffer_after_minutes: after,
        clients,
        ..practice_setup().appointment_types.remove(0)
    })
}

fn providers(reading: DateTime) -> BoxedStrategy<Vec<Provider>> {
    let one = move |name: &'static str| {
        let rooms = prop::sample::subsequence(ROOMS, 0..=3).prop_shuffle();
        let away = prop::collection::vec(time_off(reading), 0..3);
        (rooms, week(), away, prop::bool::weighted(0.9)).prop_map(move |(rooms, hours, time_off, takes)| Provider {
            id: id(name),
            name: name.into(),
            appointment_types: if takes { vec![id("other"), id("type")] } else { vec![id("other")] },
            rooms: rooms.into_iter().map(id).collect(),
            hours,
            time_off,
        })
    };
    (one("ada"), one("ben"), one("cho"), 1..=3_usize)
        .prop_map(|(ada, ben, cho, count)| [ada, ben, cho].into_iter().take(count).collect())
        .boxed()
}

fn setup(reading: DateTime) -> BoxedStrategy<Setup> {
    let closures = prop::collection::vec(closure(reading), 0..2);
    (week(), closures, rules(), appointment_type(), providers(reading))
        .prop_map(|(opening, closures, rules, appointment_type, providers)| Setup {
            opening,
            closures,
            rules,
            face: Face::default(),
            rooms: ROOMS.iter().map(|&name| Room { id: id(name), name: name.into(), description: None }).collect(),
            providers,
            appointment_types: vec![AppointmentType { id: id("type"), ..appointment_type }],
        })
        .boxed()
}
