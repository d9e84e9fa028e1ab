//! A practice that takes bookings: two providers, two rooms, three types of appointment, open every day.

use frontdesk_domain::practice::{
    AppointmentType, BookingRules, Category, Clients, Face, Hours, Provider, Room, Setup, Week,
};
use frontdesk_domain::{ProviderId, RoomId, TypeId};

fn provider_id(id: &str) -> ProviderId {
    ProviderId::parse(id).expect("a provider's id")
}

fn room_id(id: &str) -> RoomId {
    RoomId::parse(id).expect("a room's id")
}

pub fn type_id(id: &str) -> TypeId {
    TypeId::parse(id).expect("a type's id")
}

fn every_day(from: u16, until: u16) -> Week {
    Week(std::array::from_fn(|_| vec![Hours { from: from * 60, until: until * 60 }]))
}

fn appointment_type(id: &str, minutes: u16, buffers: (u16, u16), clients: Clients) -> AppointmentType {
    AppointmentType {
        id: type_id(id),
        name: id.into(),
        names: [("es".into(), "Visita".into())].into(),
        help: None,
        helps: [].into(),
        category: Category::Wellness,
        minutes,
        buffer_before_minutes: buffers.0,
        buffer_after_minutes: buffers.1,
        clients,
    }
}

fn provider(id: &str, rooms: &[&str]) -> Provider {
    Provider {
        id: provider_id(id),
        name: id.into(),
        appointment_types: ["visit", "surgery", "first"].map(type_id).into(),
        rooms: rooms.iter().map(|id| room_id(id)).collect(),
        hours: every_day(8, 18),
        time_off: Vec::new(),
    }
}

/// Dr. Ana works in either room, Dr. Ben only in the second, so that rooms run out before providers do.
pub fn setup() -> Setup {
    let room = |id: &str| Room { id: room_id(id), name: id.into(), description: None };
    Setup {
        opening: every_day(8, 18),
        closures: Vec::new(),
        rules: BookingRules {
            grid_minutes: 30,
            notice_minutes: 60,
            horizon_days: 14,
            hold_minutes: 10,
            auto_accept: true,
            change_notice_minutes: 120,
        },
        face: Face::default(),
        rooms: ["one", "two"].map(room).into(),
        providers: vec![provider("ana", &["one", "two"]), provider("ben", &["two"])],
        appointment_types: vec![
            appointment_type("visit", 30, (0, 0), Clients::All),
            appointment_type("surgery", 60, (10, 20), Clients::All),
            appointment_type("first", 30, (0, 0), Clients::New),
        ],
    }
}
