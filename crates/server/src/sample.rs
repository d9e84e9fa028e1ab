//! A practice and an appointment for tests of what is written about them.

use frontdesk_domain::appointment::{Appointment, Client, Patient, Status};
use frontdesk_domain::practice::Setup;
use frontdesk_domain::scheduling::{Interval, Slot};
use frontdesk_domain::session::Referral;
use frontdesk_domain::{LocationId, Timestamp};
use frontdesk_store::FullAppointment;
use serde_json::json;

/// The id of the location.
pub fn location() -> LocationId {
    LocationId::parse("paws-austin").unwrap()
}

/// Its set-up.
pub fn setup() -> Setup {
    let open = json!([{ "from": 480, "until": 1080 }]);
    let week = json!([open, open, open, open, open, [], []]);
    let setup = json!({
        "opening": week,
        "closures": [],
        "rules": {
            "grid_minutes": 15,
            "notice_minutes": 60,
            "horizon_days": 60,
            "hold_minutes": 10,
            "auto_accept": true,
            "change_notice_minutes": 1440,
        },
        "face": {
            "colour": "#0f766e",
            "phone": "(512) 555-0100",
            "email": "hello@paws.example",
            "address": "500 Barton Springs Rd, Austin, TX",
            "bring": "Earlier records; a sample if you can",
        },
        "rooms": [],
        "providers": [{
            "id": "ada",
            "name": "Dr. Ada Moss",
            "appointment_types": ["wellness"],
            "rooms": [],
            "hours": week,
            "time_off": [],
        }],
        "appointment_types": [{
            "id": "wellness",
            "name": "Wellness exam",
            "names": { "es": "Revisión anual" },
            "help": null,
            "category": "wellness",
            "minutes": 30,
            "buffer_before_minutes": 0,
            "buffer_after_minutes": 10,
            "clients": "all",
        }],
    });
    serde_json::from_value(setup).unwrap()
}

/// An appointment there on the 2nd of March 2026 at 9 in the morning.
pub fn appointment(status: Status) -> FullAppointment {
    let at = |text| Timestamp::parse(text).unwrap();
    let (start, end) = (at("2026-03-02T15:00:00Z"), at("2026-03-02T15:30:00Z"));
    let created_at = at("2026-02-20T18:04:05Z");
    let client = Client {
        id: "c-1".parse().unwrap(),
        remote_id: None,
        first_name: "Ana".into(),
        last_name: "Ruiz".into(),
        email: Some("Ana@example.com".into()),
        phone: None,
        created_at,
    };
    let patient = Patient {
        id: "p-1".parse().unwrap(),
        remote_id: None,
        client: client.id.clone(),
        name: "Biscuit".into(),
        species: None,
        breed: None,
        created_at,
    };
    let slot = Slot { start, provider: "ada".parse().unwrap(), appointment_type: "wellness".parse().unwrap() };
    let appointment = Appointment {
        id: "0195-a".parse().unwrap(),
        remote_id: None,
        status,
        slot,
        end,
        occupied: Interval { start, end },
        room: None,
        session: None,
        referral: Referral::default(),
        client_type: None,
        client: client.id.clone(),
        patient: patient.id.clone(),
        note: None,
        language: "en".into(),
        sequence: 2,
        created_at,
        updated_at: created_at,
    };
    FullAppointment { appointment, client, patient }
}
