//! `examples/book.py`, a client written for the vendor's API: it signs in, finds a time, books, and sees the appointment.

use std::process::{Command, Output};

use crate::clinic::Clinic;
use crate::partner::AUSTIN;

fn run(clinic: &Clinic, token: &str, category: &str) -> Output {
    Command::new("python3")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/book.py"))
        .args([&format!("http://{}", clinic.server.address), AUSTIN, category, "Ana Ruiz", "ana@example.com", "Luna"])
        .env("FRONTDESK_TOKEN", token)
        .env("NO_PROXY", "*")
        .output()
        .expect("python3 runs")
}

fn said(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[test]
fn it_books_the_first_time_and_sees_the_appointment() {
    let clinic = Clinic::open();
    for _ in 0..2 {
        let output = run(&clinic, &clinic.token, "sick");
        assert!(output.status.success(), "{}", said(&output.stderr));
        let lines = said(&output.stdout);
        assert!(lines.starts_with("Not feeling well for Luna on 20"), "{lines}");
        assert!(lines.ends_with(": ACCEPTED\nlisted\n"), "{lines}");
    }
}

#[test]
fn it_says_why_it_could_not() {
    let clinic = Clinic::open();
    let output = run(&clinic, "fd_0123456789abcdef_guess", "sick");
    assert!(said(&output.stderr).starts_with("401: username and password take"), "{}", said(&output.stderr));
    let output = run(&clinic, &clinic.token, "technician");
    assert_eq!(said(&output.stderr), "no open time\n");
}
