//! Mails to clients, from the booking to a real SMTP server.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::smtp::{LOCATION, Mailbox, Practice, attempts, readiness};
use crate::support::{Desk, until};

fn text<'a>(mail: &'a Value, part: &str) -> &'a str {
    mail["parts"][part]["text"].as_str().expect("a part")
}

fn message_ids(mails: &[Value]) -> BTreeSet<String> {
    mails.iter().map(|mail| mail["headers"]["Message-ID"].to_string()).collect()
}

#[test]
fn a_booking_its_change_and_its_end_are_told_once_each() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    let server = practice.serve(&smtp.url());
    let booked = practice.book(&server, json!({}));
    let id = booked["id"].as_str().expect("an id");

    let mails = mailbox.wait_for(1);
    let mail = &mails[0];
    assert_eq!((&mail["from"], &mail["to"]), (&json!("bookings@desk.example"), &json!(["ana@example.com"])));
    let header = |name: &str| mail["headers"][name].as_str().unwrap_or_default();
    assert_eq!(header("From"), "Paws Austin <bookings@desk.example>");
    assert_eq!(header("Reply-To"), "Paws Austin <front@paws.example>");
    assert_eq!(header("To"), "Ana Ruiz <ana@example.com>");
    assert_eq!(header("Auto-Submitted"), "auto-generated");
    assert!(header("Subject").starts_with("Booked: Biscuit, "), "{}", header("Subject"));
    assert!(header("Message-ID").ends_with("@desk.example>"));
    assert_eq!(mail["defects"], json!([]));
    let link = format!("https://book.example/book/{LOCATION}/appointment/{id}.");
    for part in ["text/plain", "text/html"] {
        let text = text(mail, part);
        assert!(text.contains("You’re booked.") && text.contains("Dr. Susan Lee") && text.contains(&link), "{text}");
    }
    let calendar = &mail["calendar"];
    assert_eq!(mail["parts"]["text/calendar"]["method"], "REQUEST");
    assert_eq!((&calendar["METHOD"], &calendar["STATUS"]), (&json!("REQUEST"), &json!("CONFIRMED")));
    assert_eq!(calendar["UID"], format!("{id}@{LOCATION}"));
    assert_eq!(calendar["SUMMARY"], "Annual check-up: Biscuit (Paws Austin)");
    assert_eq!(calendar["ORGANIZER"], "mailto:front@paws.example");
    assert_eq!(calendar["ATTENDEE"], "mailto:ana@example.com");

    let times = practice.open_times(&server);
    let other = times.last().expect("open times");
    practice.change(&server, &booked, &json!({ "slot_id": other["uuid"] }));
    let mails = mailbox.wait_for(2);
    let moved = &mails[1];
    assert!(text(moved, "text/plain").starts_with("Your appointment has a new time."));
    assert_eq!((&moved["calendar"]["METHOD"], &moved["calendar"]["UID"]), (&json!("REQUEST"), &calendar["UID"]));
    assert!(moved["calendar"]["DTSTART"].as_str() > calendar["DTSTART"].as_str());

    practice.change(&server, &booked, &json!({ "status": "DELETED" }));
    let mails = mailbox.wait_for(3);
    let cancelled = &mails[2]["calendar"];
    assert_eq!((&cancelled["METHOD"], &cancelled["STATUS"]), (&json!("CANCEL"), &json!("CANCELLED")));
    assert_eq!((&cancelled["UID"], &cancelled["DTSTART"]), (&calendar["UID"], &moved["calendar"]["DTSTART"]));
    let sequences: Vec<_> = mails.iter().map(|mail| mail["calendar"]["SEQUENCE"].as_u64()).collect();
    assert_eq!(sequences, [Some(0), Some(1), Some(2)]);
    assert_eq!(message_ids(&mails).len(), 3);
    until("all is written down", || (attempts(&server, "sent") == 3).then_some(()));
    assert_eq!(readiness(&server), json!({ "set_up": true, "waiting": 0 }));
}

#[test]
fn a_visitor_gets_a_mail_in_the_language_of_the_visit_with_a_link_that_opens() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    let server = practice.serve(&smtp.url());
    let session = practice.visit(&server, "es-MX");
    let mails = mailbox.wait_for(1);
    assert_eq!(mails[0]["headers"]["Content-Language"], "es");
    let said = text(&mails[0], "text/plain");
    assert!(said.starts_with("Su visita está reservada.") && said.contains("Visita: Revisión anual"), "{said}");
    let link = said.lines().find_map(|line| line.strip_prefix("https://book.example")).expect("a link");
    let page = server.ask("GET", link, &[], None);
    assert!(page.status == 200 && page.body.contains("Biscuit"), "{}", page.transcript());
    let entry = server.ask("GET", &format!("{link}/appointment.ics"), &[], None);
    let uid = mails[0]["calendar"]["UID"].as_str().expect("an id");
    assert!(entry.body.contains(&format!("UID:{uid}\r\n")) && entry.body.contains("METHOD:PUBLISH\r\n"));
    let (kinds, _) = practice.timeline(&server, &session);
    assert!(!kinds.iter().any(|kind| kind == "mail_failed"), "{kinds:?}");
}

#[test]
fn a_practice_that_answers_first_is_told_of_so() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    let server = practice.serve(&smtp.url());
    let status = json!({ "status": "REQUESTED" });
    let [taken, declined] = [0, 1].map(|number| {
        let asked = practice.book(&server, status.clone());
        let mails = mailbox.wait_for(number + 1);
        assert!(text(&mails[number], "text/plain").starts_with("We’ve asked the practice."));
        assert_eq!(mails[number]["calendar"]["STATUS"], "TENTATIVE");
        asked
    });
    practice.change(&server, &taken, &json!({ "status": "ACCEPTED" }));
    assert!(text(&mailbox.wait_for(3)[2], "text/plain").starts_with("You’re booked."));
    practice.change(&server, &declined, &json!({ "status": "DECLINED" }));
    let mails = mailbox.wait_for(4);
    assert!(text(&mails[3], "text/plain").starts_with("The practice could not take this appointment."));
    assert_eq!(mails[3]["calendar"]["METHOD"], "CANCEL");
}

#[test]
fn odd_names_arrive_as_they_were_given() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    let server = practice.serve(&smtp.url());
    practice.book(
        &server,
        json!({ "first_name": "Zoë \"Z\" <x@y.example>", "last_name": "O’Níll, Jr.", "patient_name": "Fluff; <b>& 🐕" }),
    );
    let mails = mailbox.wait_for(1);
    let mail = &mails[0];
    assert_eq!(mail["to"], json!(["ana@example.com"]), "and to nobody else");
    assert!(mail["headers"]["To"].as_str().expect("a header").ends_with(" <ana@example.com>"), "{}", mail["headers"]);
    assert!(mail["headers"]["Subject"].as_str().expect("a header").starts_with("Booked: Fluff; <b>& 🐕, "));
    assert_eq!(mail["calendar"]["SUMMARY"], "Annual check-up: Fluff; <b>& 🐕 (Paws Austin)");
    assert!(text(mail, "text/plain").contains("Hello Zoë \"Z\" <x@y.example>,"));
    assert!(!text(mail, "text/html").contains("<b>") && !text(mail, "text/html").contains("<x@y.example>"));
}

#[test]
fn without_a_server_for_them_mails_wait_and_nothing_else_does() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let server = practice.desk.serve();
    let booked = practice.book(&server, json!({}));
    assert_eq!(readiness(&server), json!({ "set_up": false, "waiting": 1 }));
    practice.change(&server, &booked, &json!({ "status": "DELETED" }));
    practice.book(&server, json!({ "patient_name": "Crumb" }));
    assert_eq!(readiness(&server), json!({ "set_up": false, "waiting": 3 }));
    drop(server);

    let smtp = mailbox.open(&[]);
    let server = practice.serve(&smtp.url());
    until("nothing waits any more", || (readiness(&server)["waiting"] == 0).then_some(()));
    until("all is written down", || (attempts(&server, "sent") == 2).then_some(()));
    let mails = mailbox.wait_for(2);
    assert!(
        text(&mails[0], "text/plain").starts_with("Your appointment is cancelled."),
        "the confirmation is not true"
    );
    assert!(text(&mails[1], "text/plain").contains("Crumb"));
    assert_eq!(attempts(&server, "dropped"), 1);
}

#[test]
fn two_servers_of_one_database_send_each_mail_once() {
    let (practice, mailbox) = (Practice::on(Desk::in_postgres()), Mailbox::new());
    let smtp = mailbox.open(&[]);
    let servers = [practice.serve(&smtp.url()), practice.serve(&smtp.url())];
    for number in 0..12 {
        practice.book(&servers[number % 2], json!({ "patient_name": format!("Biscuit {number}") }));
    }
    until("all are sent", || (servers.iter().map(|server| attempts(server, "sent")).sum::<u64>() == 12).then_some(()));
    assert_eq!(message_ids(&mailbox.wait_for(12)).len(), 12);
    assert_eq!(readiness(&servers[0])["waiting"], 0);
}
