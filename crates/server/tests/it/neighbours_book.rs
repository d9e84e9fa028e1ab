//! `POST /appointments`: an open time becomes an appointment, once, for whom it is asked.

use std::sync::Barrier;

use serde_json::{Value, json};

use crate::booking::JSON;
use crate::clinic::{API, Clinic, DALLAS, for_luna, told};
use crate::partner::AUSTIN;
use crate::support::Answer;

/// A body for Luna with other members.
fn with(slot: &Value, more: Value) -> Value {
    let mut body = for_luna(slot);
    for (key, value) in more.as_object().expect("members") {
        body[key] = value.clone();
    }
    body
}

/// A body that names the time and nobody.
fn for_nobody(slot: &Value, more: Value) -> Value {
    let mut body = more;
    body["slot_id"] = slot["uuid"].clone();
    body
}

#[test]
fn an_appointment_is_answered_in_the_contract_s_shape() {
    let clinic = Clinic::open();
    let slot = clinic.slot(0);
    let answer =
        clinic.post("/appointments", &with(&slot, json!({ "note": "Limps\non the left", "status": "REQUESTED" })));
    assert_eq!(
        told(&answer),
        r#"200 {"success":true,"data":{"id":"<id>","remote_id":null,"status":"REQUESTED","booking_date":"<time>","end_date":"<time>","created_at":"<time>","updated_at":"<time>","referral_source":null,"referral_campaign":null,"referral_medium":null,"client_first_name":"Ana","client_last_name":"Ruiz","client_email":"ana@example.com","client_phone":"(512) 555-0100","client_type":"NEW","patient_name":"Luna","remote_client_id":null,"remote_patient_id":null},"message":"OK"}"#
    );
    let appointment = &answer.json()["data"];
    let same = |one: &Value, other: &Value| {
        let parse = |value: &Value| frontdesk_domain::Timestamp::parse(value.as_str().expect("a text"));
        assert_eq!(parse(one), parse(other));
    };
    same(&appointment["booking_date"], &slot["start"]);
    same(&appointment["end_date"], &slot["end"]);
    let id = appointment["id"].as_str().expect("an id");
    assert_eq!(&clinic.get(&format!("/appointments/{id}")).json()["data"], appointment);
}

#[test]
fn the_status_is_the_one_that_is_asked_for_or_the_location_s() {
    let clinic = Clinic::open();
    for (index, (asked, answered)) in
        [(None, "ACCEPTED"), (Some("ACCEPTED"), "ACCEPTED"), (Some("CONFIRMED"), "CONFIRMED")].into_iter().enumerate()
    {
        let body = with(&clinic.slot(index), json!({ "status": asked }));
        assert_eq!(clinic.post("/appointments", &body).json()["data"]["status"], answered);
    }
}

#[test]
fn a_client_is_known_again_by_id_address_or_number() {
    let clinic = Clinic::open();
    clinic.booked(&clinic.slot(0));
    let known = clinic.get("/clients?name=ruiz").json()["data"][0].clone();
    let luna = known["patients"][0]["id"].clone();
    for (index, who) in [
        json!({ "client_id": known["id"], "patient_id": luna }),
        json!({ "client_id": known["id"], "patient_name": "LUNA" }),
        json!({ "first_name": "Ana", "last_name": "Ruiz", "email": "Ana@Example.com", "patient_name": "luna" }),
        json!({ "first_name": "A.", "last_name": "Ruiz", "phone": "+1 512 555 0100", "patient_name": "Luna" }),
    ]
    .into_iter()
    .enumerate()
    {
        let answer = clinic.post("/appointments", &for_nobody(&clinic.slot(index), who.clone()));
        assert_eq!(answer.status, 200, "{who}: {}", answer.body);
        assert_eq!(answer.json()["data"]["patient_name"], "Luna", "{who}");
    }
    let clients = clinic.get("/clients?name=ruiz").json()["data"].clone();
    assert_eq!(clients.as_array().map(Vec::len), Some(1), "{clients}");
    assert_eq!(clients[0]["patients"].as_array().map(Vec::len), Some(1), "{clients}");
}

#[test]
fn another_type_of_the_same_time_may_be_named() {
    let clinic = Clinic::open();
    let both = json!(["checkup", "vaccine"]);
    let slot = clinic.times("wellness").into_iter().rfind(|time| time["appointment_type_ids"] == both);
    let slot = slot.expect("a time");
    let wrong = clinic.post("/appointments", &with(&slot, json!({ "appointment_type_id": "nails" })));
    assert_eq!(
        wrong.transcript(),
        r#"400 {"success":false,"message":"appointment_type_id takes the id of an appointment type."}"#
    );
    assert_eq!(clinic.post("/appointments", &with(&slot, json!({ "appointment_type_id": "vaccine" }))).status, 200);
}

#[test]
fn what_is_missing_or_odd_is_named_and_nothing_is_booked() {
    let clinic = Clinic::open();
    let slot = clinic.slot(0);
    let who = "client_id, client_remote_id, or first_name and last_name with phone or email is required.";
    let whom = "patient_id, patient_remote_id or patient_name is required.";
    let id = "takes 1 to 128 bytes without control characters or surrounding spaces.";
    let ana = json!({ "first_name": "Ana", "last_name": "Ruiz", "email": "ana@example.com" });
    for (body, wrong) in [
        (json!({}), "slot_id is required.".to_owned()),
        (json!({ "slot_id": "" }), "slot_id is required.".to_owned()),
        (json!({ "slot_id": 7 }), "slot_id takes a text.".to_owned()),
        (for_nobody(&slot, json!({})), who.to_owned()),
        (for_nobody(&slot, json!({ "first_name": "Ana", "email": "ana@example.com" })), who.to_owned()),
        (for_nobody(&slot, json!({ "first_name": "Ana", "last_name": "Ruiz" })), who.to_owned()),
        (for_nobody(&slot, ana), whom.to_owned()),
        (for_nobody(&slot, json!({ "client_id": "" })), format!("client_id {id}")),
        (for_nobody(&slot, json!({ "client_id": "x".repeat(129) })), format!("client_id {id}")),
        (for_nobody(&slot, json!({ "client_remote_id": " 7" })), format!("client_remote_id {id}")),
        (for_nobody(&slot, json!({ "client_id": -1 })), "client_id takes a text.".to_owned()),
        (
            for_nobody(&slot, json!({ "client_id": "a", "client_remote_id": "b" })),
            "client_id and client_remote_id exclude each other.".to_owned(),
        ),
        (
            with(&slot, json!({ "patient_id": "a", "patient_remote_id": "b" })),
            "patient_id and patient_remote_id exclude each other.".to_owned(),
        ),
        (
            with(&slot, json!({ "email": "ana" })),
            "email takes an email address, for example ana@example.com.".to_owned(),
        ),
        (
            with(&slot, json!({ "phone": "555" })),
            "phone takes a phone number with its area code, for example 512 555 0100.".to_owned(),
        ),
        (with(&slot, json!({ "first_name": "A".repeat(101) })), "first_name takes at most 100 bytes.".to_owned()),
        (with(&slot, json!({ "last_name": "Ru\u{0}iz" })), "last_name takes no control characters.".to_owned()),
        (with(&slot, json!({ "note": "n".repeat(2001) })), "note takes at most 2000 bytes.".to_owned()),
        (with(&slot, json!({ "note": ["n"] })), "note takes a text.".to_owned()),
        (with(&slot, json!({ "status": "DONE" })), "status takes one of REQUESTED, ACCEPTED, CONFIRMED.".to_owned()),
    ] {
        let answer = clinic.post("/appointments", &body);
        assert_eq!((answer.status, answer.json()["message"].as_str()), (400, Some(wrong.as_str())), "{body}");
    }
    assert!(clinic.times("sick").contains(&slot), "it is still open");
    assert_eq!(clinic.get("/clients?name=ruiz").json()["data"], json!([]));
}

#[test]
fn whoever_is_named_has_to_be_there() {
    let clinic = Clinic::open();
    let slot = clinic.slot(0);
    let refused = |answer: Answer| {
        assert_eq!(answer.status, 400, "{}", answer.body);
        answer.json()["data"]["code"].as_str().expect("a code").to_owned()
    };
    let book = |who: Value| refused(clinic.post("/appointments", &for_nobody(&slot, who)));
    assert_eq!(book(json!({ "client_id": "nobody", "patient_name": "Luna" })), "no_such_client");
    assert_eq!(book(json!({ "client_remote_id": 4711, "patient_name": "Luna" })), "no_such_client");
    clinic.booked(&clinic.slot(1));
    let ana = clinic.get("/clients?name=ruiz").json()["data"][0]["id"].clone();
    assert_eq!(book(json!({ "client_id": ana, "patient_id": "nobody" })), "no_such_patient");
    assert_eq!(book(json!({ "client_id": ana, "patient_remote_id": "7" })), "no_such_patient");
    let dallas = clinic.desk.token(&["--scope", "partner", "--location", DALLAS]);
    let there = clinic.send(
        "POST",
        "/open_times",
        &dallas,
        DALLAS,
        r#"{"search_from_date":"1970-01-01T00:00:00Z","appointment_type":"sick"}"#,
    );
    let slot = there.json()["data"][3]["times"][0].clone();
    let body = for_nobody(&slot, json!({ "client_id": ana, "patient_name": "Luna" })).to_string();
    assert_eq!(refused(clinic.send("POST", "/appointments", &dallas, DALLAS, &body)), "no_such_client");
}

#[test]
fn a_slot_id_that_is_not_ours_is_refused_whatever_it_is() {
    let clinic = Clinic::open();
    let slot = clinic.slot(0);
    let id = slot["uuid"].as_str().expect("an id");
    let dallas = clinic.desk.token(&["--scope", "partner", "--location", DALLAS]);
    let there = clinic
        .send(
            "POST",
            "/open_times",
            &dallas,
            DALLAS,
            r#"{"search_from_date":"1970-01-01T00:00:00Z","appointment_type":"sick"}"#,
        )
        .json()["data"][3]["times"][0]["uuid"]
        .as_str()
        .expect("an id")
        .to_owned();
    let forged = format!("{}{}", &id[..35], if id.ends_with('0') { '1' } else { '0' });
    for wrong in [
        there.as_str(),
        &forged,
        &id[1..],
        &format!("{{{id}}}"),
        &id.replace('-', ""),
        "018ba844-155b-7cc1-8a3f-4d2b6c1e9f70",
        "1",
    ] {
        let body = with(&slot, json!({ "slot_id": wrong }));
        assert_eq!(
            clinic.post("/appointments", &body).transcript(),
            r#"400 {"success":false,"message":"slot_id takes the uuid of an open time of this location."}"#,
            "{wrong}"
        );
    }
}

#[test]
fn a_time_that_has_gone_comes_with_five_nearby() {
    let clinic = Clinic::open();
    let slot = clinic.slot(20);
    clinic.booked(&slot);
    let answer = clinic.book(&slot);
    let json = answer.json();
    assert_eq!((answer.status, json["message"].as_str()), (400, Some("This time has just been taken.")));
    assert_eq!(json["data"]["code"], "slot_taken");
    let nearby = json["data"]["open_times"].as_array().expect("times");
    assert_eq!(nearby.len(), 5);
    let open = clinic.times("sick");
    assert!(nearby.iter().all(|time| open.contains(time)), "{nearby:?}");
    let starts: Vec<&str> = nearby.iter().map(|time| time["start"].as_str().expect("a text")).collect();
    assert!(starts.is_sorted() && starts.contains(&slot["start"].as_str().expect("a text")), "{starts:?}");
    assert_eq!(clinic.book(&nearby[2]).status, 200);
}

#[test]
fn a_time_that_is_past_or_beyond_the_hours_is_not_open() {
    let clinic = Clinic::open();
    let slot = clinic.slot(0);
    let id = slot["uuid"].as_str().expect("an id");
    // The id begins with its minute; the tag after it is that of any time of the type with the provider.
    for minute in ["00000000", "01a00000", "ffffffff"] {
        let body = with(&slot, json!({ "slot_id": format!("{minute}{}", &id[8..]) }));
        let answer = clinic.post("/appointments", &body);
        assert_eq!((answer.status, answer.json()["data"]["code"].as_str()), (400, Some("slot_not_open")), "{minute}");
        assert!(answer.json()["data"]["open_times"].is_array(), "{minute}");
    }
}

#[test]
fn of_many_who_ask_for_a_time_one_gets_it() {
    let clinic = Clinic::open();
    let slot = clinic.slot(3);
    let ready = Barrier::new(8);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let ask = || {
            scope.spawn(|| {
                ready.wait();
                clinic.book(&slot).status
            })
        };
        let asked: Vec<_> = (0..8).map(|_| ask()).collect();
        asked.into_iter().map(|asked| asked.join().expect("an answer")).collect()
    });
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), 1, "{statuses:?}");
    assert_eq!(statuses.iter().filter(|status| **status == 400).count(), 7, "{statuses:?}");
}

#[test]
fn a_booking_sent_again_under_its_key_is_the_same_appointment() {
    let clinic = Clinic::open();
    let body = for_luna(&clinic.slot(0)).to_string();
    let ask = |key: &str, body: &str| {
        let authorization = format!("Bearer {}", clinic.token);
        let headers =
            [JSON, ("Authorization", authorization.as_str()), ("X-Client-Id", AUSTIN), ("Idempotency-Key", key)];
        clinic.server.ask("POST", &format!("{API}/appointments"), &headers, Some(body))
    };
    let first = ask("one", &body);
    assert_eq!(first.status, 200, "{}", first.body);
    assert_eq!(ask("one", &body).transcript(), first.transcript());
    assert_eq!(ask("two", &body).json()["data"]["code"], "slot_taken");
    let other = for_luna(&clinic.slot(1)).to_string();
    assert_eq!(
        ask("one", &other).transcript(),
        r#"400 {"success":false,"message":"This Idempotency-Key was used for another request in the last day.","data":{"code":"idempotency_key_reused"}}"#
    );
    let wrong = r#"400 {"success":false,"message":"Idempotency-Key takes one text of 1 to 255 ASCII characters."}"#;
    assert_eq!(ask("", &other).transcript(), wrong);
}
