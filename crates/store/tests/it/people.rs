//! Clients and patients, known again; and the lists of them and of appointments.

use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::{
    Actor, Booking, ClientChoice, Decision, Known, NewClient, PatientChoice, Rejection, Request,
};
use frontdesk_domain::session::ClientType;
use frontdesk_domain::{ClientId, PatientId};
use frontdesk_store::{AppointmentsQuery, ClientsQuery, FullAppointment, PatientsQuery, Reader, Store};

use crate::practice::{ask, booked, booking, decide, patient, practice_on, refused, setup, slot};
use crate::support::{BEGINNING, done, on_both_engines, start, wait};
use frontdesk_domain::time::SECOND;

fn client(id: &str, first_name: &str, email: Option<&str>, phone: Option<&str>) -> ClientChoice {
    ClientChoice::Described(NewClient {
        id: ClientId::parse(id).expect("an id"),
        first_name: first_name.into(),
        last_name: "Ruiz".into(),
        email: email.map(Into::into),
        phone: phone.map(Into::into),
    })
}

/// Books as so and so, each at a time of its own.
async fn visit(store: &Store, number: i64, client: ClientChoice, patient: PatientChoice) -> FullAppointment {
    let time = slot("ana", "visit", 1 + number / 16, 8 + number % 16 / 2, number % 2 * 30);
    let asked = Booking { client, patient, ..booking(&format!("a{number:02}"), None, &time) };
    let now = BEGINNING.plus_micros(number);
    *booked(store, now, Request::Book(Box::new(asked))).await.appointment.expect("an appointment")
}

async fn changed(reader: &mut Reader<'_>, query: AppointmentsQuery) -> (u64, Vec<String>) {
    let location = reader.catalog().location("austin").expect("the location").clone();
    let page = reader.appointments(&location, &query).await.expect("a page");
    (page.total_count, page.content.iter().map(|full| full.appointment.id.to_string()).collect())
}

async fn names(store: &Store, query: &ClientsQuery) -> Vec<String> {
    let mut reader = store.reader().expect("a reader");
    let location = reader.catalog().location("austin").expect("the location").clone();
    let clients = reader.clients(&location, query).await.expect("clients");
    clients
        .iter()
        .map(|(client, patients)| {
            let patients: Vec<&str> = patients.iter().map(|patient| &*patient.name).collect();
            format!("{}: {}", client.first_name, patients.join(", "))
        })
        .collect()
}

on_both_engines! {
    fn a_client_is_known_again(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            let first = visit(&store, 0, client("c1", "Ana", Some("Ana@Example.com"), Some("512 555 0100")), patient("Mia")).await;
            let again = visit(&store, 1, client("c2", "Anna", Some("ana@example.com "), None), patient("MIA")).await;
            assert_eq!((&again.client, &again.patient), (&first.client, &first.patient), "by the address, and the name");
            let by_phone = visit(&store, 2, client("c3", "A.", None, Some("+1 (512) 555-0100")), patient("Leo")).await;
            assert_eq!(by_phone.client, first.client);
            assert_ne!(by_phone.patient.id, first.patient.id);
            let of_the_household = visit(&store, 3, client("c4", "Ben", Some("ben@example.com"), Some("5125550100")), patient("Mia")).await;
            assert_eq!(of_the_household.client.id.as_str(), "c4", "two addresses are two people");
            assert_ne!(of_the_household.patient.id, first.patient.id);
            let without = visit(&store, 4, client("c5", "Eve", None, Some("512 555 0199")), patient("Tom")).await;
            assert_eq!(without.client.id.as_str(), "c5");
            let learned = visit(&store, 5, client("c6", "Eve", Some("eve@example.com"), Some("512 555 0199")), patient("Tom")).await;
            assert_eq!((learned.client.id.as_str(), learned.client.email.as_deref()), ("c5", Some("eve@example.com")));
            let by_address = visit(&store, 6, client("c7", "Eve", Some("eve@example.com"), None), patient("Tom")).await;
            assert_eq!(by_address.client, learned.client);
        });
    }

    /// Whoever knows somebody's phone number must not get the mails about their appointments.
    fn a_visitor_s_address_is_never_added_to_somebody_else(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            let victim = visit(&store, 0, client("c1", "Vic", None, Some("512 555 0188")), patient("Mia")).await;
            for id in ["a", "b"] {
                done(&store, "austin", id, BEGINNING, start()).await;
            }
            let at_the_page = async |id: &str, number: i64, who: ClientChoice| {
                let time = slot("ana", "visit", 2, 9 + number, 0);
                let asked = Booking { client: who, patient: patient("Rex"), ..booking(id, Some(id), &time) };
                *booked(&store, BEGINNING, Request::Book(Box::new(asked))).await.appointment.expect("an appointment")
            };
            let stranger = client("c2", "Eve", Some("eve@example.com"), Some("512 555 0188"));
            assert_eq!(at_the_page("a", 0, stranger).await.client.id.as_str(), "c2");
            let without_address = client("c3", "Vic", None, Some("512 555 0188"));
            assert_eq!(at_the_page("b", 1, without_address).await.client, victim.client, "known by the number alone");
            let (types, page) = (victim.appointment.client_type, AppointmentsQuery { start: BEGINNING, end: None, page: 0, per_page: 10 });
            let reader = &mut store.reader().expect("a reader");
            let location = reader.catalog().location("austin").expect("the location").clone();
            let all = reader.appointments(&location, &page).await.expect("a page").content;
            assert_eq!(all.iter().filter(|one| one.client.id.as_str() == "c1").map(|one| one.client.email.clone()).collect::<Vec<_>>(), [None, None]);
            assert_eq!(types, Some(ClientType::New), "as the record knows");
        });
    }

    fn who_is_named_must_be_there(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            let first = visit(&store, 0, client("c1", "Ana", Some("ana@example.com"), None), patient("Mia")).await;
            let other = visit(&store, 1, client("c2", "Ben", Some("ben@example.com"), None), patient("Leo")).await;
            let known = |client: &FullAppointment, patient: &FullAppointment| {
                let client = ClientChoice::Known(Known::Id(client.client.id.clone()));
                (client, PatientChoice::Known(Known::Id(patient.patient.id.clone())))
            };
            let (client, patient) = known(&first, &first);
            assert_eq!(visit(&store, 2, client, patient).await.patient, first.patient);
            let time = slot("ana", "visit", 2, 9, 0);
            let mut wrong = booking("wrong", None, &time);
            (wrong.client, wrong.patient) = known(&first, &other);
            assert_eq!(refused(&store, BEGINNING, Request::Book(Box::new(wrong.clone()))).await, Rejection::NoSuchPatient);
            for unknown in [Known::Id(ClientId::parse("none").expect("an id")), Known::Remote("none".into()), Known::Remote("\0".into())] {
                wrong.client = ClientChoice::Known(unknown);
                assert_eq!(refused(&store, BEGINNING, Request::Book(Box::new(wrong.clone()))).await, Rejection::NoSuchClient);
            }
            // In the practice's own system they have other ids.
            desk.spoil("UPDATE clients SET remote_id = 'R7' WHERE id = 'c1'; UPDATE patients SET remote_id = 'R8' WHERE name = 'Mia'");
            wrong.client = ClientChoice::Known(Known::Remote("R7".into()));
            wrong.patient = PatientChoice::Known(Known::Remote("R8".into()));
            let made = ask(&store, BEGINNING, Request::Book(Box::new(wrong))).await.expect("it is booked");
            assert_eq!(made.appointment.expect("an appointment").patient.id, first.patient.id);
        });
    }

    fn lists_are_in_order(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            for (number, (name, pet)) in [("Zoe", "Mia"), ("ana", "Leo"), ("Ana", "Tom"), ("Zoe", "Ada")].into_iter().enumerate() {
                let address = format!("{name}@example.com").to_lowercase();
                let id = format!("c{number}");
                let email = (name != "Ana").then_some(address.as_str());
                visit(&store, number as i64, client(&id, name, email, Some("512 555 0123").filter(|_| number == 2)), patient(pet)).await;
            }
            let query = ClientsQuery::default();
            assert_eq!(names(&store, &query).await, ["Ana: Tom", "Zoe: Mia, Ada", "ana: Leo"]);
            let named = |name: &str| ClientsQuery { name: Some(name.to_owned()), ..ClientsQuery::default() };
            assert_eq!(names(&store, &named("NA RU")).await, ["Ana: Tom", "ana: Leo"]);
            assert_eq!(names(&store, &named("%")).await, [""; 0]);
            assert_eq!(names(&store, &named("\0")).await, [""; 0]);
            let address = ClientsQuery { email: Some("zoe@example.com".to_owned()), ..query.clone() };
            assert_eq!(names(&store, &address).await, ["Zoe: Mia, Ada"]);
            let number = ClientsQuery { phone: Some("+15125550123".to_owned()), ..query.clone() };
            assert_eq!(names(&store, &number).await, ["Ana: Tom"]);
            let both = ClientsQuery { phone: number.phone, email: address.email, name: None };
            assert_eq!(names(&store, &both).await, [""; 0]);
            let mut reader = store.reader().expect("a reader");
            let location = reader.catalog().location("austin").expect("the location").clone();
            let mut pets = async |query: PatientsQuery| {
                let patients = reader.patients(&location, &query).await.expect("patients");
                patients.iter().map(|patient| patient.name.to_string()).collect::<Vec<_>>()
            };
            assert_eq!(pets(PatientsQuery::default()).await, ["Ada", "Leo", "Mia", "Tom"]);
            let of_zoe = Some(ClientId::parse("c0").expect("an id"));
            assert_eq!(pets(PatientsQuery { client: of_zoe.clone(), name: None }).await, ["Ada", "Mia"]);
            assert_eq!(pets(PatientsQuery { client: of_zoe, name: Some("MI".to_owned()) }).await, ["Mia"]);
            let mut reader = store.reader().expect("a reader");
            let (zoe, pets) = reader.client(&location, "c0").await.expect("an answer").expect("Zoe");
            assert_eq!((&*zoe.first_name, pets.len()), ("Zoe", 2));
            assert_eq!(reader.client(&location, "c9").await.expect("an answer"), None);
            assert_eq!(reader.patient(&location, pets[0].id.as_str()).await.expect("an answer").as_ref(), Some(&pets[0]));
            assert_eq!(reader.patient(&location, "\0").await.expect("an answer"), None);
            assert!(PatientId::parse("p").is_ok());
        });
    }

    fn appointments_come_in_the_order_of_their_changes(engine: Engine) {
        let desk = practice_on(engine, &setup());
        let store = desk.open();
        wait(async {
            let mut ticks = Vec::new();
            for number in 0..5 {
                let made = visit(&store, number, client("c", "Ana", Some("ana@example.com"), None), patient("Mia")).await;
                ticks.push(made.appointment.updated_at);
                desk.clock.advance(SECOND);
            }
            booked(&store, BEGINNING, decide("a01", Decision::Confirm, Actor::Practice)).await;
            let query = |start, end, page, per_page| AppointmentsQuery { start, end, page, per_page };
            let mut reader = store.reader().expect("a reader");
            let all = changed(&mut reader, query(Timestamp::MIN, None, 0, 10)).await;
            assert_eq!(all, (5, ["a00", "a02", "a03", "a04", "a01"].map(str::to_owned).into()));
            assert_eq!(changed(&mut reader, query(Timestamp::MIN, None, 1, 2)).await, (5, vec!["a03".to_owned(), "a04".to_owned()]));
            assert_eq!(changed(&mut reader, query(Timestamp::MIN, None, 9, 2)).await, (5, Vec::new()));
            let window = query(ticks[2], Some(ticks[3]), 0, 10);
            assert_eq!(changed(&mut reader, window).await, (2, vec!["a02".to_owned(), "a03".to_owned()]));
            let location = reader.catalog().location("austin").expect("the location").clone();
            let one = reader.appointment(&location, "a01").await.expect("an answer").expect("an appointment");
            assert_eq!((&*one.client.first_name, &*one.patient.name), ("Ana", "Mia"));
            assert_eq!(reader.appointment(&location, "none").await.expect("an answer"), None);
        });
        assert_eq!(desk.findings(), [""; 0]);
    }
}
