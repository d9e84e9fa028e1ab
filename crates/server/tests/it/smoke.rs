//! The thinnest path: a database, a token, a server, an answer.

use crate::support::{Desk, LIST};

#[test]
fn a_new_database_answers_a_partner() {
    let desk = Desk::with_location("paws-austin");
    let server = desk.serve();
    let token = desk.token(&["--scope", "partner", "--location", "paws-austin"]);
    let answer = server.get(&format!("{LIST}?updated_at_start=2023-11-07T05:31:56Z"), &token, "paws-austin");
    assert_eq!(answer.status, 200);
    assert_eq!(
        answer.body,
        r#"{"success":true,"data":{"page":0,"per_page":10,"total_count":0,"content":[]},"message":"OK"}"#
    );
}
