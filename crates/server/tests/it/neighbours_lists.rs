//! `appointment_types`, `providers`, `rooms`: the set-up as partners read it; and `clients`, `patients`.

use crate::clinic::{API, Clinic, DALLAS, told};
use crate::partner::{AUSTIN, Office, is_failure, lasting};

#[test]
fn the_set_up_is_read_in_the_contract_s_shapes_and_its_own_order() {
    let clinic = Clinic::open();
    assert_eq!(
        clinic.get("/appointment_types").transcript(),
        r#"200 {"success":true,"data":[{"id":"checkup","name":"Annual check-up","duration":30,"provider_ids":["lee","okafor"]},{"id":"vaccine","name":"Vaccines only","duration":30,"provider_ids":["lee"]},{"id":"surgery","name":"A long check-up","duration":60,"provider_ids":["lee"]},{"id":"sick","name":"Not feeling well","duration":30,"provider_ids":["lee","okafor"]}],"message":"OK"}"#
    );
    assert_eq!(
        clinic.get("/providers").transcript(),
        r#"200 {"success":true,"data":[{"id":"lee","name":"Dr. Lee","appointment_type_ids":["checkup","vaccine","surgery","sick"],"room_ids":["exam-2","exam-1"]},{"id":"okafor","name":"Dr. Okafor","appointment_type_ids":["checkup","sick"],"room_ids":[]}],"message":"OK"}"#
    );
    assert_eq!(
        clinic.get("/rooms").transcript(),
        r#"200 {"success":true,"data":[{"id":"exam-1","name":"Exam room 1"},{"id":"exam-2","name":"Exam room 2","description":"The quiet one"}],"message":"OK"}"#
    );
}

#[test]
fn one_of_them_is_the_same_as_in_the_list() {
    let clinic = Clinic::open();
    for (list, id) in [("/appointment_types", "surgery"), ("/providers", "lee"), ("/rooms", "exam-2")] {
        let all = clinic.get(list).json();
        let wanted = all["data"].as_array().expect("a list").iter().find(|one| one["id"] == id).expect("it is there");
        let one = clinic.get(&format!("{list}/{id}"));
        assert_eq!((one.status, &one.json()["data"]), (200, wanted));
        assert_eq!(one.header("cache-control"), Some("no-store"));
        assert!(one.header("ratelimit").is_some());
    }
}

#[test]
fn a_name_is_looked_for_in_any_case() {
    let clinic = Clinic::open();
    let ids = |target: &str| {
        let data = clinic.get(target).json()["data"].clone();
        let ids = data.as_array().expect("a list").iter().map(|one| one["id"].as_str().expect("an id").to_owned());
        ids.collect::<Vec<_>>().join(" ")
    };
    assert_eq!(ids("/appointment_types?name=CHECK"), "checkup surgery");
    assert_eq!(ids("/appointment_types?name=%20check%20"), "checkup surgery");
    assert_eq!(ids("/appointment_types?name=nothing"), "");
    assert_eq!(ids("/providers?name=okafor&page=7"), "okafor");
    for (query, wrong) in [
        ("name=", "name takes a text that is not empty."),
        ("name=%20", "name takes a text that is not empty."),
        ("name=a&name=a", "name was given twice; it takes one value."),
        ("name=%00", "name takes no control characters."),
        (&format!("name={}", "x".repeat(257)), "name takes at most 256 bytes."),
    ] {
        for list in ["/appointment_types", "/providers", "/patients", "/clients"] {
            let refused = format!(r#"400 {{"success":false,"message":"{wrong}"}}"#);
            assert_eq!(clinic.get(&format!("{list}?{query}")).transcript(), refused, "{list}");
        }
    }
}

#[test]
fn what_is_not_there_and_what_is_elsewhere_are_the_same_404() {
    let clinic = Clinic::open();
    let unknown = lasting(clinic.get("/nothing/x"));
    assert_eq!(unknown.transcript(), r#"404 {"success":false,"message":"Not found."}"#);
    for list in ["appointment_types", "providers", "rooms", "clients", "patients", "appointments"] {
        for id in ["nobody", "LEE", "%ff", "%00", &"x".repeat(500), "01b90b2c-5d3e-8f10-9a7b-3c1d2e4f5a6b"] {
            let answer = clinic.get(&format!("/{list}/{id}"));
            assert_eq!((answer.status, &answer.body), (404, &unknown.body), "{list}/{id}");
            assert!(is_failure(&answer));
        }
    }
}

#[test]
fn a_location_that_is_not_set_up_has_none() {
    let office = Office::open();
    for list in ["appointment_types", "providers", "rooms", "clients?name=x", "patients", "appointment_types?name=x"] {
        let answer = office.server.get(&format!("{API}/{list}"), &office.token, AUSTIN);
        assert_eq!(answer.transcript(), r#"200 {"success":true,"data":[],"message":"OK"}"#, "{list}");
    }
}

#[test]
fn clients_and_patients_are_found_by_what_is_known_of_them() {
    let clinic = Clinic::open();
    clinic.booked(&clinic.slot(0));
    let ana = r#"200 {"success":true,"data":[{"id":"<id>","name":"Ana Ruiz","email":"ana@example.com","phone":"(512) 555-0100","remote_id":null,"patients":[{"id":"<id>","name":"Luna","client_id":"<id>","species":"dog","breed":null}]}],"message":"OK"}"#;
    let nobody = r#"200 {"success":true,"data":[],"message":"OK"}"#;
    for (query, found) in [
        ("name=ruiz", true),
        ("name=na%20ru", true),
        ("name=Luna", false),
        ("email=ANA@example.com", true),
        ("email=ana@example.org", false),
        ("phone=5125550100", true),
        ("phone=%2B1%20512%20555%200100", true),
        ("phone=5125550101", false),
        ("name=ana&phone=5125550100&email=ana@example.com", true),
        ("name=ana&email=bob@example.com", false),
    ] {
        let expected = if found { ana } else { nobody };
        assert_eq!(told(&clinic.get(&format!("/clients?{query}"))), expected, "{query}");
    }
    let client = clinic.get("/clients?name=ana").json()["data"][0].clone();
    let id = client["id"].as_str().expect("an id");
    assert_eq!(clinic.get(&format!("/clients/{id}")).json()["data"], client);
    let luna = client["patients"][0].clone();
    for query in [format!("client_id={id}"), "name=LUN".to_owned(), format!("name=una&client_id={id}"), String::new()] {
        assert_eq!(clinic.get(&format!("/patients?{query}")).json()["data"], serde_json::json!([luna]), "{query}");
    }
    assert_eq!(clinic.get("/patients?client_id=nobody").transcript(), nobody);
    assert_eq!(clinic.get(&format!("/patients/{}", luna["id"].as_str().expect("an id"))).json()["data"], luna);
    // Of another location nothing is found.
    let dallas = clinic.desk.token(&["--scope", "partner", "--location", DALLAS]);
    let there = |target: &str| clinic.server.get(&format!("{API}{target}"), &dallas, DALLAS);
    assert_eq!(there("/clients?name=ana").transcript(), nobody);
    assert_eq!(there("/patients").transcript(), nobody);
    assert_eq!(there(&format!("/clients/{id}")).status, 404);
    assert_eq!(there(&format!("/patients/{}", luna["id"].as_str().expect("an id"))).status, 404);
}

#[test]
fn clients_are_asked_for_by_something_that_could_be_theirs() {
    let clinic = Clinic::open();
    for (query, wrong) in [
        ("", "At least one of name, email and phone is required."),
        ("client_id=1", "At least one of name, email and phone is required."),
        ("email=ana", "email takes an email address, for example ana@example.com."),
        ("email=", "email takes an email address, for example ana@example.com."),
        ("phone=call-me", "phone takes a phone number with its area code, for example 512 555 0100."),
        ("phone=1", "phone takes a phone number with its area code, for example 512 555 0100."),
        ("phone=5125550100&phone=5125550100", "phone was given twice; it takes one value."),
    ] {
        let refused = format!(r#"400 {{"success":false,"message":"{wrong}"}}"#);
        assert_eq!(clinic.get(&format!("/clients?{query}")).transcript(), refused, "{query}");
    }
    let wrong = "client_id takes 1 to 128 bytes without control characters or surrounding spaces.";
    let refused = format!(r#"400 {{"success":false,"message":"{wrong}"}}"#);
    assert_eq!(clinic.get("/patients?client_id=").transcript(), refused);
}
