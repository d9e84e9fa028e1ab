//! `frontdesk apply` where appointments are still to come: what they need is not taken away.

use std::sync::Arc;

use frontdesk_domain::appointment::{
    Actor, Booking, ClientChoice, Command, Decision, NewClient, NewPatient, PatientChoice, Request,
};
use frontdesk_domain::scheduling::Slot;
use frontdesk_domain::{AppointmentId, ClientId, Clock, LocationId, MailId, PatientId, ProviderId, Timestamp, TypeId};
use frontdesk_store::{Store, WriteObserver};

use crate::client;
use crate::support::Desk;

const HOUR: i64 = 3_600 * 1_000_000;

/// A practice that never closes, so that any hour can be booked.
const PRACTICE: &str = r#"
minimum_notice = "0m"
slot_grid = "1h"

[locations.paws-austin]
name = "Paws Austin"
time_zone = "Etc/UTC"
opening.every_day = "00:00-24:00"

[rooms.exam-1]
name = "Exam room 1"

[rooms.exam-2]
name = "Exam room 2"

[providers.lee]
name = "Dr. Susan Lee"
rooms = ["exam-1"]

[providers.patel]
name = "Dr. Anil Patel"
rooms = ["exam-2"]

[types.checkup]
name = "Check-up"
category = "wellness"
duration = "30m"
"#;

fn write(desk: &Desk, from: &str, to: &str) {
    assert!(PRACTICE.contains(from), "{from}");
    std::fs::write(desk.path("practice.toml"), PRACTICE.replace(from, to)).expect("the file is written");
}

/// The machine's time, as the commands know it.
#[derive(Debug)]
struct Now;

impl Clock for Now {
    fn now(&self) -> Timestamp {
        client::now()
    }
}

/// Nobody counts.
struct Nobody;

impl WriteObserver for Nobody {
    fn committed(&self, _commands: usize, _micros: i64) {}

    fn settled(&self, _late_by_micros: i64) {}
}

/// Asks the store for these, one after the other, as a server would.
fn ask(desk: &Desk, requests: Vec<Request>) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    runtime.block_on(async {
        let store = Store::open(&desk.url(), Arc::new(Now), Arc::new(Nobody), [7; 32]).await.expect("the store opens");
        for (index, request) in (0..).zip(requests) {
            let location = LocationId::parse("paws-austin").expect("an id");
            let mail = MailId::generate(Now.now(), [index; 10]);
            let command = Command { location, now: Now.now(), idempotency: None, mail, request };
            store.book(command).await.expect("the command is carried out");
        }
    });
}

/// The beginning of the second hour from now, and its day.
fn soon() -> (Timestamp, String) {
    let hour = Now.now().as_micros() / HOUR + 2;
    let start = Timestamp::from_micros(hour * HOUR);
    let day = start.to_string()[..10].to_owned();
    (start, day)
}

fn book(id: &str, provider: &str, start: Timestamp) -> Request {
    Request::Book(Box::new(Booking {
        id: AppointmentId::parse(id).expect("an id"),
        session: None,
        slot: Slot {
            start,
            provider: ProviderId::parse(provider).expect("an id"),
            appointment_type: TypeId::parse("checkup").expect("an id"),
        },
        client: ClientChoice::Described(NewClient {
            id: ClientId::parse("ana").expect("an id"),
            first_name: "Ana".into(),
            last_name: "Ruiz".into(),
            email: Some("ana@example.com".into()),
            phone: None,
        }),
        patient: PatientChoice::Described(NewPatient {
            id: PatientId::parse("mia").expect("an id"),
            name: "Mia".into(),
            species: None,
            breed: None,
        }),
        client_type: None,
        note: None,
        status: None,
        language: "en".into(),
    }))
}

fn cancel(id: &str) -> Request {
    let appointment = AppointmentId::parse(id).expect("an id");
    Request::Decide { appointment, decision: Decision::Cancel, actor: Actor::Practice }
}

#[test]
fn what_an_appointment_needs_is_not_taken_away() {
    let desk = Desk::empty();
    write(&desk, "", "");
    desk.done(&["apply", "practice.toml"]);
    let (start, day) = soon();
    ask(&desk, vec![book("A-1", "lee", start)]);

    let lee = "[providers.lee]\nname = \"Dr. Susan Lee\"\nrooms = [\"exam-1\"]\n";
    write(&desk, lee, "");
    let refusal = format!(
        "1 error: paws-austin has an appointment still to come with a provider, in a room or of a type that the file \
         takes away\n\n  A-1  {day} with lee in exam-1\n\nNothing was changed. Move or cancel them first, or keep what \
         they need in the file until then: time off keeps new appointments away from a provider."
    );
    assert_eq!(desk.refused(&["apply", "practice.toml"]), refusal);
    // A dry run says the same, after the difference.
    let dry_run = desk.run(&["apply", "practice.toml", "--dry-run"]);
    assert_eq!(dry_run.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&dry_run.stdout).contains("\n  - providers.lee  Dr. Susan Lee\n"));
    assert_eq!(format!("1 {}", String::from_utf8_lossy(&dry_run.stderr).trim_end()), refusal);
    // Nothing of the file was applied.
    write(&desk, "", "");
    assert_eq!(desk.done(&["apply", "practice.toml"]), "Nothing to change.\n");

    // Who is not needed may go, and hours may change.
    write(&desk, "[providers.patel]\nname = \"Dr. Anil Patel\"\nrooms = [\"exam-2\"]\n", "");
    desk.done(&["apply", "practice.toml"]);
    // What is called off needs nothing.
    ask(&desk, vec![cancel("A-1")]);
    write(&desk, lee, "");
    desk.done(&["apply", "practice.toml"]);
}

#[test]
fn many_appointments_in_the_way_are_counted() {
    let desk = Desk::empty();
    write(&desk, "", "");
    desk.done(&["apply", "practice.toml"]);
    let (start, _) = soon();
    let hours = (0..12).map(|hour| book(&format!("A-{hour:02}"), "lee", start.plus_micros(hour * HOUR)));
    ask(&desk, hours.collect());
    write(&desk, "exam-1", "exam-3");
    let refusal = desk.refused(&["apply", "practice.toml"]);
    assert!(refusal.starts_with("1 error: paws-austin has 12 appointments still to come "), "{refusal}");
    assert!(refusal.contains("\n  A-09  ") && !refusal.contains("A-10"), "{refusal}");
    assert!(refusal.contains("\n  and 2 more\n"), "{refusal}");
}

#[test]
fn all_locations_of_a_file_are_applied_or_none() {
    let desk = Desk::empty();
    write(&desk, "", "");
    desk.done(&["apply", "practice.toml"]);
    ask(&desk, vec![book("A-1", "lee", soon().0)]);
    let dallas =
        "[locations.paws-dallas]\nname = \"Paws Dallas\"\ntime_zone = \"Etc/UTC\"\nopening.monday = \"08:00-18:00\"\n";
    write(
        &desk,
        "[rooms.exam-1]\nname = \"Exam room 1\"\n",
        &format!("{dallas}[rooms.exam-3]\nname = \"Exam room 3\"\n"),
    );
    let text = std::fs::read_to_string(desk.path("practice.toml")).expect("the file is read");
    std::fs::write(desk.path("practice.toml"), text.replace("\"exam-1\"", "\"exam-3\"")).expect("the file is written");
    assert!(desk.refused(&["apply", "practice.toml"]).contains("paws-austin has an appointment still to come"));
    assert!(!desk.done(&["location", "list"]).contains("paws-dallas"));
}
