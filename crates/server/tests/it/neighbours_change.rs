//! `PATCH /appointments/{id}`: what the practice says of an appointment, and the id that its own system has for it.

use serde_json::{Value, json};

use crate::clinic::{Clinic, DALLAS};
use crate::partner::AUSTIN;
use crate::support::Answer;

fn id(appointment: &Value) -> &str {
    appointment["id"].as_str().expect("an id")
}

fn code(answer: &Answer) -> (u16, String) {
    (answer.status, answer.json()["data"]["code"].as_str().unwrap_or_default().to_owned())
}

#[test]
fn a_remote_id_is_set_once_and_may_be_repeated() {
    let clinic = Clinic::open();
    let (staff, booked) = (clinic.staff(), clinic.booked(&clinic.slot(0)));
    let changed = clinic.change(&staff, id(&booked), &json!({ "remote_id": "47113" }));
    assert_eq!(changed.status, 200, "{}", changed.body);
    let appointment = changed.json()["data"].clone();
    assert_eq!(appointment["remote_id"], "47113");
    assert!(appointment["updated_at"].as_str() > booked["updated_at"].as_str());
    assert_eq!(clinic.change(&staff, id(&booked), &json!({ "remote_id": 47113 })).json()["data"], appointment);
    let other = clinic.change(&staff, id(&booked), &json!({ "remote_id": "47114" }));
    assert_eq!(
        other.transcript(),
        r#"400 {"success":false,"message":"The appointment has another remote id already.","data":{"code":"remote_id_taken"}}"#
    );
}

#[test]
fn an_appointment_goes_where_its_status_leads() {
    let clinic = Clinic::open();
    let staff = clinic.staff();
    let go = |id: &str, status: &str| {
        let answer = clinic.change(&staff, id, &json!({ "status": status }));
        match answer.status {
            200 => answer.json()["data"]["status"].as_str().expect("a status").to_owned(),
            _ => code(&answer).1,
        }
    };
    let seen = clinic.booked(&clinic.slot(0));
    for status in ["CONFIRMED", "CONFIRMED", "IN_PROGRESS", "DONE"] {
        assert_eq!(go(id(&seen), status), status);
    }
    for status in ["ACCEPTED", "DECLINED", "CONFIRMED", "DELETED"] {
        assert_eq!(go(id(&seen), status), "status_does_not_allow", "{status}");
    }
    let slot = clinic.slot(1);
    let mut body = crate::clinic::for_luna(&slot);
    body["status"] = json!("REQUESTED");
    let asked = clinic.post("/appointments", &body).json()["data"].clone();
    assert_eq!(go(id(&asked), "DECLINED"), "DECLINED");
    assert!(clinic.times("sick").contains(&slot), "what is declined is open again");
    let taken = clinic.booked(&slot);
    assert_eq!(go(id(&taken), "DELETED"), "DELETED");
    assert!(clinic.times("sick").contains(&slot), "what is called off is open again");
}

#[test]
fn an_appointment_is_moved_to_an_open_time() {
    let clinic = Clinic::open();
    let staff = clinic.staff();
    let (here, there, taken) = (clinic.slot(0), clinic.slot(10), clinic.slot(20));
    let booked = clinic.booked(&here);
    clinic.booked(&taken);
    let refused = clinic.change(&staff, id(&booked), &json!({ "slot_id": taken["uuid"] }));
    assert_eq!(code(&refused), (400, "slot_taken".to_owned()));
    assert_eq!(refused.json()["data"]["open_times"].as_array().map(Vec::len), Some(5));
    let moved = clinic.change(&staff, id(&booked), &json!({ "slot_id": there["uuid"] }));
    assert_eq!(moved.status, 200, "{}", moved.body);
    let open = clinic.times("sick");
    assert!(open.contains(&here) && !open.contains(&there));
    assert_eq!(id(&moved.json()["data"]), id(&booked));
    assert_ne!(moved.json()["data"]["booking_date"], booked["booking_date"]);
}

#[test]
fn an_appointment_is_not_moved_to_a_time_of_another_type() {
    let clinic = Clinic::open();
    let booked = clinic.booked(&clinic.slot(0));
    let other = clinic.times("wellness")[50].clone();
    let refused = clinic.change(&clinic.staff(), id(&booked), &json!({ "slot_id": other["uuid"], "status": null }));
    assert_eq!(
        refused.transcript(),
        r#"400 {"success":false,"message":"slot_id takes an open time of the appointment's own type, sick.","data":{"code":"slot_not_open"}}"#
    );
    let slot = clinic.slot(3);
    let moved = clinic.change(&clinic.staff(), id(&booked), &json!({ "slot_id": slot["uuid"], "remote_id": null }));
    assert_eq!(moved.status, 200, "{}", moved.body);
    let named = clinic.change(&clinic.staff(), id(&booked), &json!({ "slot_id": null, "remote_id": "7" }));
    assert_eq!(named.status, 200, "what is null is left out: {}", named.body);
}

#[test]
fn it_takes_one_change_that_there_is() {
    let clinic = Clinic::open();
    let (staff, booked) = (clinic.staff(), clinic.booked(&clinic.slot(0)));
    let one = "The body takes one of remote_id, status and slot_id.";
    for (body, wrong) in [
        (json!({}), one),
        (json!({ "remote_id": null }), one),
        (json!({ "remote_id": "7", "status": "CONFIRMED" }), one),
        (json!({ "remoteId": "7" }), "remoteId is not a field of this request."),
        (
            json!({ "remote_id": "" }),
            "remote_id takes 1 to 128 bytes without control characters or surrounding spaces.",
        ),
        (
            json!({ "status": "REQUESTED" }),
            "status takes one of ACCEPTED, DECLINED, CONFIRMED, IN_PROGRESS, DONE, DELETED.",
        ),
        (json!({ "status": "done" }), "status takes one of ACCEPTED, DECLINED, CONFIRMED, IN_PROGRESS, DONE, DELETED."),
        (json!({ "slot_id": "x" }), "slot_id takes the uuid of an open time of this location."),
        (json!({ "slot_id": "" }), "slot_id is required."),
    ] {
        let answer = clinic.change(&staff, id(&booked), &body);
        assert_eq!((answer.status, answer.json()["message"].as_str()), (400, Some(wrong)), "{body}");
    }
    let target = format!("/appointments/{}", id(&booked));
    assert_eq!(clinic.get(&target).json()["data"], booked, "nothing was changed");
}

#[test]
fn only_the_practice_changes_and_only_its_own() {
    let clinic = Clinic::open();
    let booked = clinic.booked(&clinic.slot(0));
    let change = json!({ "status": "CONFIRMED" }).to_string();
    let target = format!("/appointments/{}", id(&booked));
    assert_eq!(
        clinic.send("PATCH", &target, &clinic.token, AUSTIN, &change).transcript(),
        r#"403 {"success":false,"message":"This token does not give access to the location in X-Client-Id."}"#
    );
    assert_eq!(clinic.send("PATCH", &target, "fd_nothing", AUSTIN, &change).status, 401);
    let dallas = clinic.desk.token(&["--scope", "admin", "--location", DALLAS]);
    let foreign = clinic.send("PATCH", &target, &dallas, DALLAS, &change);
    let unknown = clinic.send("PATCH", "/appointments/nobody", &dallas, DALLAS, &change);
    assert_eq!(foreign.transcript(), r#"404 {"success":false,"message":"Not found."}"#);
    assert_eq!(foreign.transcript(), unknown.transcript());
    assert_eq!(clinic.send("PATCH", &target, &dallas, AUSTIN, &change).status, 403);
    let admin = clinic.desk.token(&["--scope", "admin", "--all-locations"]);
    assert_eq!(clinic.send("PATCH", &target, &admin, AUSTIN, &change).status, 200);
}
