//! How the operator sets mail: TLS, logging in, and what is said of mistakes.

use serde_json::json;

use crate::smtp::{Mailbox, Practice, attempts, readiness};
use crate::support::{Desk, Server, brief, until};

/// What is wrong with mail, once that is known.
fn trouble(server: &Server) -> String {
    let known = until("the trouble is known", || Some(readiness(server)).filter(|mail| mail["error"].is_string()));
    known["error"].as_str().unwrap_or_default().to_owned()
}

#[test]
fn by_default_nothing_is_said_without_tls() {
    let (desk, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&[]);
    let server = desk.serve(&format!("smtp://u:secret@127.0.0.1:{}", smtp.port));
    assert_eq!(trouble(&server), "the SMTP server does not offer STARTTLS");
}

#[test]
fn a_certificate_that_nobody_vouches_for_is_refused() {
    let practice = Practice::new();
    for (tls, scheme) in [("starttls", "smtp"), ("wrapped", "smtps")] {
        let mailbox = Mailbox::new();
        let smtp = mailbox.open(&["--tls", tls]);
        let server = practice.serve(&format!("{scheme}://localhost:{}", smtp.port));
        let said = trouble(&server);
        assert!(said.contains("invalid peer certificate: UnknownIssuer"), "{tls}: {said}");
    }
}

#[test]
fn a_certificate_of_the_named_authority_is_taken() {
    let practice = Practice::new();
    for (number, (tls, scheme)) in [("starttls", "smtp"), ("wrapped", "smtps")].into_iter().enumerate() {
        let mailbox = Mailbox::new();
        let smtp = mailbox.open(&["--tls", tls, "--user", "desk@x", "--password", "s/ecr?et"]);
        let url = format!("{scheme}://desk%40x:s%2Fecr%3Fet@localhost:{}?ca={}", smtp.port, mailbox.authority());
        let server = practice.serve(&url);
        practice.book(&server, json!({ "patient_name": format!("Biscuit {number}") }));
        let mails = mailbox.wait_for(1);
        assert_eq!((&mails[0]["encrypted"], &mails[0]["user"]), (&json!(true), &json!("desk@x")));
        // Another name of the same machine is another name.
        if tls == "wrapped" {
            drop(server);
            let other = url.replace("@localhost", "@127.0.0.1");
            let said = trouble(&practice.serve(&other));
            assert!(said.contains("not valid for name"), "{said}");
        }
    }
}

#[test]
fn a_wrong_password_is_said_without_saying_it() {
    let (practice, mailbox) = (Practice::new(), Mailbox::new());
    let smtp = mailbox.open(&["--user", "desk", "--password", "right"]);
    let server = practice.serve(&format!("smtp://desk:wrong-secret@127.0.0.1:{}?tls=none", smtp.port));
    practice.book(&server, json!({}));
    assert_eq!(trouble(&server), "the SMTP server refused the log-in (535)");
    assert_eq!((readiness(&server)["waiting"].clone(), attempts(&server, "failed")), (json!(1), 0));
    server.signal("TERM");
    let (_, log) = server.wait();
    assert!(log.contains("refused the log-in") && !log.contains("wrong-secret"), "{log}");
}

#[test]
fn mistakes_are_said_before_the_server_starts() {
    let desk = Desk::with_location("paws-austin");
    let from = ["--mail-from", "bookings@desk.example"];
    for (options, said) in [
        (&["--smtp", "smtp://u:secret@mail.example.com"][..], "--mail-from <ADDRESS>"),
        (
            &["--smtp", "mail.example.com", from[0], from[1]],
            "error: --smtp (FRONTDESK_SMTP): takes a URL, for example smtp://",
        ),
        (
            &["--smtp", "smtp://u:secret@mail.example.com?tls=none", from[0], from[1]],
            "error: --smtp (FRONTDESK_SMTP): tls=none would send the password in the clear",
        ),
        (&["--mail-from", "Bookings"], "takes an email address, for example bookings@example.com"),
        (
            &["--public-url", "book.example"],
            "takes the address that visitors type, for example https://book.example.com",
        ),
    ] {
        let output = brief(&mut desk.command(&[&["serve", "--listen", "127.0.0.1:0"], options].concat()));
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(!output.status.success() && error.contains(said) && !error.contains("secret"), "{options:?}: {error}");
    }
}
