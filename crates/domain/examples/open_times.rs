//! Measures the search for open times: 30 days of five providers, each with 20 appointments a day.
//!
//! `cargo run --release -p frontdesk-domain --example open_times`

use std::str::FromStr;
use std::time::Instant;

use frontdesk_domain::Timestamp;
use frontdesk_domain::practice::{
    AppointmentType, BookingRules, Category, Clients, Closure, Face, Hours, Provider, Room, Setup, TimeOff, Week,
};
use frontdesk_domain::scheduling::{Agenda, Asked, Busy, Calendar, Interval, Occupant, Search, Slot};
use frontdesk_domain::time::SECOND;
use jiff::ToSpan;
use jiff::civil::date;
use jiff::tz::TimeZone;

const MINUTE: i64 = 60 * SECOND;
const DAY: i64 = 24 * 60 * MINUTE;
const PROVIDERS: i64 = 5;

fn id<Id: FromStr>(text: &str) -> Id {
    text.parse().ok().expect("an id")
}

fn name(kind: &str, number: i64) -> String {
    // As long as the ids that are made for a practice, and different only at their end.
    format!("{kind:0>32}{number:04}")
}

fn setup(hours: &[Hours]) -> Setup {
    let week = Week(std::array::from_fn(|_| hours.to_vec()));
    let provider = |number| Provider {
        id: id(&name("provider", number)),
        name: "Dr. Rivera".into(),
        appointment_types: vec![id("check-up")],
        rooms: (0..3).map(|room| id(&name("room", (number + room) % PROVIDERS))).collect(),
        hours: week.clone(),
        time_off: (0..6)
            .map(|month| {
                let from = date(2026, 1, 5).at(0, 0, 0, 0) + (month * 2).months();
                TimeOff { from, until: from + 5.days(), reason: None }
            })
            .collect(),
    };
    Setup {
        opening: week.clone(),
        closures: (1..=12)
            .map(|month| Closure { from: date(2026, month, 15), until: date(2026, month, 15), reason: None })
            .collect(),
        rules: BookingRules {
            grid_minutes: 15,
            notice_minutes: 120,
            horizon_days: 60,
            hold_minutes: 10,
            auto_accept: true,
            change_notice_minutes: 0,
        },
        face: Face::default(),
        rooms: (0..PROVIDERS)
            .map(|room| Room { id: id(&name("room", room)), name: "Room".into(), description: None })
            .collect(),
        providers: (0..PROVIDERS).map(provider).collect(),
        appointment_types: vec![AppointmentType {
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
        }],
    }
}

/// `per_day` appointments of 24 minutes of each provider on each of 31 days from 9 o'clock on: 20 fill the eight hours.
fn agenda(from: Timestamp, per_day: i64) -> Agenda {
    let mut busy = Vec::new();
    for day in -1..31 {
        for provider in 0..PROVIDERS {
            for number in 0..per_day {
                let start = from.plus_micros(day * DAY + (9 * 60 + number * 24) * MINUTE);
                busy.push(Busy {
                    occupied: Interval { start, end: start.plus_micros(24 * MINUTE) },
                    provider: id(&name("provider", provider)),
                    room: Some(id(&name("room", provider))),
                    occupant: Occupant::Appointment { id: id(&name("appointment", number)) },
                });
            }
        }
    }
    Agenda::new(busy)
}

/// Microseconds of one call: the least of many, so that other work on the machine does not count.
#[expect(clippy::disallowed_methods, reason = "a measurement needs the clock of the machine")]
fn measure(mut call: impl FnMut() -> usize) -> (usize, f64) {
    let mut least = f64::INFINITY;
    let mut found = 0;
    for _ in 0..300 {
        let start = Instant::now();
        for _ in 0..10 {
            found = std::hint::black_box(call());
        }
        least = least.min(start.elapsed().as_secs_f64() * 1e5);
    }
    (found, least)
}

fn main() {
    let zone = TimeZone::get("America/Chicago").expect("a zone of the database");
    let from = Timestamp::parse("2026-10-12T00:00:00-05:00").expect("an instant");
    let setup = setup(&[Hours { from: 9 * 60, until: 12 * 60 }, Hours { from: 12 * 60, until: 17 * 60 }]);
    let calendar = Calendar::new(&setup, &zone);
    let check_up = id("check-up");
    let asked = Asked { now: from, session: None, client_type: None, visitor: true };
    let until = from.plus_micros(30 * DAY);
    let search = Search { appointment_type: &check_up, provider: None, from, until, asked };
    println!("{:>14} {:>6} {:>9}", "on the agenda", "open", "µs");
    for per_day in [20, 19, 16, 10, 0] {
        let agenda = agenda(from, per_day);
        let (open, micros) = measure(|| calendar.open_times(&agenda, &search).len());
        println!("{:>14} {open:>6} {micros:>9.1}", agenda.busy().len());
    }
    let agenda = agenda(from, 20);
    let start = from.plus_micros(DAY + 9 * 60 * MINUTE);
    let slot = Slot { start, provider: setup.providers[0].id.clone(), appointment_type: check_up.clone() };
    let (_, micros) = measure(|| usize::from(calendar.place(&agenda, &slot, &asked).is_ok()));
    println!("a slot that is taken, on the agenda of a month: {micros:.1} µs");
}
