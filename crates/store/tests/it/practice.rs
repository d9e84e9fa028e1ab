//! A practice that takes bookings: two providers, two rooms, three types of appointment, open every day.

use std::sync::atomic::{AtomicU64, Ordering};

use frontdesk_domain::appointment::{
    Actor, Booking, ClientChoice, Command, Decision, NewClient, NewPatient, PatientChoice, Rejection, Request,
};
use frontdesk_domain::practice::{
    AppointmentType, BookingRules, Category, Clients, Face, Hours, Provider, Room, Setup, Week,
};
use frontdesk_domain::scheduling::{Busy, Interval, Slot};
use frontdesk_domain::session::Event;
use frontdesk_domain::{ClientId, MailId, PatientId, ProviderId, RoomId, Timestamp, TypeId};
use frontdesk_store::{BookError, Booked, SetupVerdict, Store, TimelineEntry};

use crate::support::{
    BEGINNING, Desk, Engine, MINUTE, TIME_TO_LIVE, appointment, location, session, settings, timeline,
};

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

/// A slot that begins so many minutes after [`BEGINNING`]'s day began in Chicago, 2023-11-14: a Tuesday.
pub fn slot(provider: &str, appointment_type: &str, day: i64, hour: i64, minute: i64) -> Slot {
    // Midnight in Chicago, then at UTC-6.
    let midnight = Timestamp::parse("2023-11-14T00:00:00-06:00").expect("an instant");
    Slot {
        start: midnight.plus_micros(((day * 24 + hour) * 60 + minute) * MINUTE),
        provider: provider_id(provider),
        appointment_type: type_id(appointment_type),
    }
}

pub fn booking_command(now: Timestamp, request: Request) -> Command {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    let mail = format!("mail {:06}", NEXT.fetch_add(1, Ordering::Relaxed));
    let mail = MailId::parse(&mail).expect("a mail's id");
    Command { location: location("austin"), now, idempotency: None, mail, request }
}

pub fn hold(id: &str, slot: &Slot) -> Request {
    Request::Hold { session: session(id), slot: slot.clone() }
}

pub fn release(id: &str) -> Request {
    Request::Release { session: session(id) }
}

/// A client who gives an email address and a phone number that go with their name.
pub fn described(name: &str) -> ClientChoice {
    ClientChoice::Described(NewClient {
        id: ClientId::parse(&fresh(&format!("client {name}"))).expect("a client's id"),
        first_name: name.into(),
        last_name: "Ruiz".into(),
        email: Some(format!("{}@example.com", name.to_lowercase()).into()),
        phone: None,
    })
}

pub fn patient(name: &str) -> PatientChoice {
    PatientChoice::Described(NewPatient {
        id: PatientId::parse(&fresh(&format!("patient {name}"))).expect("a patient's id"),
        name: name.into(),
        species: Some("cat".into()),
        breed: None,
    })
}

/// An id that nobody else has.
fn fresh(name: &str) -> String {
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{name} {:06}", NEXT.fetch_add(1, Ordering::Relaxed))
}

pub fn booking(id: &str, session_id: Option<&str>, slot: &Slot) -> Booking {
    Booking {
        id: appointment(id),
        session: session_id.map(session),
        slot: slot.clone(),
        client: described("Ana"),
        patient: patient("Mia"),
        client_type: None,
        note: Some("sneezes\nat night".into()),
        status: None,
        language: "en".into(),
    }
}

pub fn book(id: &str, session_id: Option<&str>, slot: &Slot) -> Request {
    Request::Book(Box::new(booking(id, session_id, slot)))
}

pub fn decide(id: &str, decision: Decision, actor: Actor) -> Request {
    Request::Decide { appointment: appointment(id), decision, actor }
}

pub fn reschedule(id: &str, slot: &Slot, actor: Actor) -> Request {
    Request::Reschedule { appointment: appointment(id), slot: slot.clone(), actor }
}

pub fn attach(id: &str, remote: &str) -> Request {
    Request::AttachRemote { appointment: appointment(id), remote_id: appointment(remote) }
}

/// A database with the location `austin`, set up for booking.
pub fn practice_on(engine: Engine, setup: &Setup) -> Desk {
    let desk = Desk::on(engine);
    let verdict = desk.workbench().apply_setup(&location("austin"), &settings(TIME_TO_LIVE), setup, false);
    assert_eq!(verdict.expect("it is applied"), SetupVerdict::Applied);
    desk
}

/// The instant of a desk's clock.
pub async fn ask(store: &Store, now: Timestamp, request: Request) -> Result<Booked, BookError> {
    store.book(booking_command(now, request)).await
}

/// Carries out a command that must succeed.
pub async fn booked(store: &Store, now: Timestamp, request: Request) -> Booked {
    ask(store, now, request).await.expect("the command is carried out")
}

/// What a command is answered that must be refused by the rules of appointments.
pub async fn refused(store: &Store, now: Timestamp, request: Request) -> Rejection {
    match ask(store, now, request).await {
        Err(BookError::Rejected(rejection)) => rejection,
        other => panic!("it is not refused: {other:?}"),
    }
}

/// What the timeline of a session tells of times, in short.
pub async fn learned(store: &Store, id: &str) -> Vec<String> {
    let short = |entry: TimelineEntry| match entry.event {
        Event::Observed(observation) => {
            let json = serde_json::to_value(&observation).expect("JSON");
            json["kind"].as_str().expect("a kind").to_owned()
        }
        Event::StageReached { stage } => stage.as_str().to_owned(),
        Event::Completed { .. } => "completed".to_owned(),
        Event::RemoteAppointmentAttached { .. } => "remote".to_owned(),
        Event::Abandoned => "abandoned".to_owned(),
        Event::Touched => "touched".to_owned(),
        _ => "other".to_owned(),
    };
    timeline(store, "austin", id).await.into_iter().skip(1).map(short).collect()
}

/// Everything that is busy in a fortnight, in order.
pub async fn busy(store: &Store) -> Vec<Busy> {
    let mut reader = store.reader().expect("a reader");
    let location = reader.catalog().location("austin").expect("the location").clone();
    let span = Interval { start: BEGINNING, end: BEGINNING.plus_micros(14 * 24 * 60 * MINUTE) };
    reader.agenda(&location, span).await.expect("the agenda").busy().to_vec()
}

/// A client of whom no address is known.
pub fn nameless() -> ClientChoice {
    match described("Eve") {
        ClientChoice::Described(client) => {
            ClientChoice::Described(NewClient { email: None, phone: Some("512 555 0100".into()), ..client })
        }
        known @ ClientChoice::Known(_) => known,
    }
}
