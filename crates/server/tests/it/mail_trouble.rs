//! Mails when something is in the way: retried when they cannot have been delivered, never sent twice.

use std::net::TcpListener;
use std::time::Duration;

use serde_json::{Value, json};

use crate::smtp::{Mailbox, Practice, attempts, readiness};
use crate::support::{Server, until};

fn patient(mail: &Value) -> &str {
    mail["headers"]["Subject"].as_str().and_then(|subject| subject.split([' ', ',']).nth(1)).expect("a patient")
}

fn patients(mailbox: &Mailbox) -> Vec<String> {
    mailbox.mails().iter().map(|mail| patient(mail).to_owned()).collect()
}

fn wait_for(server: &Server, outcome: &str, count: u64) {
    until(&format!("{count} mails are {outcome}"), || (attempts(server, outcome) >= count).then_some(()));
}

#[test]
fn a_server_that_is_away_is_said_so_and_gets_everything_when_it_is_back() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let reserved = TcpListener::bind("127.0.0.1:0").expect("a port").local_addr().expect("its address").port();
    let server = practice.serve(&format!("smtp://127.0.0.1:{reserved}?tls=none&timeout=2s"));
    for name in ["Biscuit", "Crumb", "Dot"] {
        practice.book(&server, json!({ "patient_name": name }));
    }
    let trouble = until("the trouble is known", || Some(readiness(&server)).filter(|mail| mail["error"].is_string()));
    assert_eq!((&trouble["set_up"], &trouble["waiting"]), (&json!(true), &json!(3)));
    assert!(trouble["failing_since"].is_string());
    let error = trouble["error"].as_str().unwrap_or_default();
    assert!(error.starts_with("the SMTP server cannot be reached (Connection refused"), "{error}");

    let _smtp = mailbox.open(&["--port", &reserved.to_string()]);
    mailbox.wait_for(3);
    assert_eq!(patients(&mailbox), ["Biscuit", "Crumb", "Dot"]);
    wait_for(&server, "sent", 3);
    assert_eq!(readiness(&server), json!({ "set_up": true, "waiting": 0 }));
}

#[test]
fn what_is_refused_for_good_is_not_tried_again() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    let server = practice.serve(&smtp.url());
    for (number, behaviour) in ["refuse-recipient", "refuse-content"].into_iter().enumerate() {
        mailbox.behave(behaviour);
        practice.book(&server, json!({ "patient_name": "Biscuit" }));
        wait_for(&server, "failed", number as u64 + 1);
    }
    mailbox.behave("");
    practice.book(&server, json!({ "patient_name": "Crumb" }));
    mailbox.wait_for(1);
    assert_eq!(patients(&mailbox), ["Crumb"]);
    assert_eq!((attempts(&server, "later"), readiness(&server)["waiting"].clone()), (0, json!(0)));
    server.signal("TERM");
    let (_, log) = server.wait();
    assert!(log.contains("the recipient was refused (550 5.1.1 <…> is nobody)"), "{log}");
    assert!(log.contains("the mail was refused (554 5.6.0 Not that)") && !log.contains("ana@example.com"), "{log}");
}

#[test]
fn the_timeline_of_the_visit_says_that_its_mail_failed() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    let server = practice.serve(&smtp.url());
    mailbox.behave("refuse-recipient");
    let session = practice.visit(&server, "en");
    wait_for(&server, "failed", 1);
    let failed = until("the timeline says so", || {
        let (kinds, last) = practice.timeline(&server, &session);
        kinds.iter().any(|kind| kind == "mail_failed").then_some(last)
    });
    assert_eq!((&failed["kind"], &failed["notice"]), (&json!("mail_failed"), &json!("booked")));
    assert_eq!(failed["reason"], "the recipient was refused (550 5.1.1 <…> is nobody)");
}

#[test]
fn what_is_not_taken_now_is_tried_again_until_it_is() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    let server = practice.serve(&smtp.url());
    for (number, behaviour) in ["busy-recipient", "busy-content", "refuse-sender"].into_iter().enumerate() {
        mailbox.behave(behaviour);
        let before = attempts(&server, "later");
        practice.book(&server, json!({ "patient_name": format!("Biscuit-{number}") }));
        wait_for(&server, "later", before + 2);
        // Between two attempts.
        until("it waits", || (readiness(&server)["waiting"] == 1).then_some(()));
        mailbox.behave("");
        mailbox.wait_for(number + 1);
    }
    assert_eq!(patients(&mailbox), ["Biscuit-0", "Biscuit-1", "Biscuit-2"]);
    assert_eq!(attempts(&server, "failed"), 0);
}

#[test]
fn what_may_have_been_delivered_is_not_sent_again() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    let server = practice.serve(&smtp.url());
    for (number, behaviour) in ["stall", "hang-up"].into_iter().enumerate() {
        mailbox.behave(behaviour);
        practice.book(&server, json!({ "patient_name": format!("Biscuit-{number}") }));
        wait_for(&server, "failed", number as u64 + 1);
    }
    mailbox.behave("");
    practice.book(&server, json!({ "patient_name": "Crumb" }));
    mailbox.wait_for(3);
    assert_eq!(patients(&mailbox), ["Biscuit-0", "Biscuit-1", "Crumb"]);
}

#[test]
fn a_server_that_is_killed_while_it_sends_does_not_send_again() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    mailbox.behave("stall");
    let patient_url = format!("smtp://127.0.0.1:{}?tls=none&timeout=1m", smtp.port);
    let server = practice.serve(&patient_url);
    practice.book(&server, json!({ "patient_name": "Biscuit" }));
    mailbox.wait_for(1);
    server.signal("KILL");
    server.wait();

    mailbox.behave("");
    let server = practice.serve(&smtp.url());
    practice.book(&server, json!({ "patient_name": "Crumb" }));
    mailbox.wait_for(2);
    assert_eq!(patients(&mailbox), ["Biscuit", "Crumb"]);
    assert_eq!(readiness(&server)["waiting"], 0, "it is not even tried");
}

#[test]
fn what_was_taken_and_not_sent_in_time_is_not_taken_again() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    mailbox.behave("stall");
    let hasty = format!("smtp://127.0.0.1:{}?tls=none&timeout=1s", smtp.port);
    let server = practice.serve(&hasty);
    practice.book(&server, json!({ "patient_name": "Biscuit" }));
    mailbox.wait_for(1);
    server.signal("KILL");
    server.wait();
    mailbox.behave("");
    let server = practice.serve(&hasty);
    // The lease is four of the server's seconds; it ends while nobody has the mail.
    std::thread::sleep(Duration::from_secs(5));
    practice.book(&server, json!({ "patient_name": "Crumb" }));
    mailbox.wait_for(2);
    assert_eq!(patients(&mailbox), ["Biscuit", "Crumb"]);
}

#[test]
fn a_server_that_is_told_to_end_finishes_the_mail_that_is_on_its_way() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    mailbox.behave("stall");
    let server = practice.serve(&smtp.url());
    practice.book(&server, json!({ "patient_name": "Biscuit" }));
    mailbox.wait_for(1);
    server.signal("TERM");
    let (status, log) = server.wait();
    assert_eq!(status.code(), Some(0), "{log}");
    assert!(log.contains("no answer to the mail within 2 seconds; it may have been delivered"), "{log}");
}
