//! `frontdesk location`: the sites of a practice, added, listed and changed, beside a running server.

use crate::support::Desk;

#[test]
fn the_first_location_makes_the_database() {
    let desk = Desk::in_file();
    let add = ["location", "add", "paws-austin", "--name", "Paws Austin", "--time-zone", "America/Chicago"];
    assert_eq!(desk.done(&add), "Added location paws-austin.\n");
    assert!(desk.path("record.db").exists());
    let again = "1 error: there is already a location paws-austin; change it with `frontdesk location set`";
    assert_eq!(desk.refused(&add), again);
}

#[test]
fn a_location_that_is_refused_makes_no_database() {
    let desk = Desk::in_file();
    desk.refused(&["location", "add", "x", "--name", "X", "--time-zone", "Mars/Olympus"]);
    assert!(!desk.path("record.db").exists());
}

#[test]
fn locations_are_listed_with_what_is_set_of_them() {
    let desk = Desk::in_file();
    assert_eq!(
        desk.refused(&["location", "list", "--database", "sqlite:none.db"]),
        "1 error: there is no database at none.db; `frontdesk location add` makes one, or name another with --database"
    );
    desk.add_location("47113", &["--session-ttl", "PT1H30M"]);
    desk.done(&["location", "add", "clínica", "--name", "Clínica Huellas", "--time-zone", "europe/madrid"]);
    desk.add_location("a b", &["--origin", "HTTPS://Paws.Example:443", "--origin", "http://localhost:3000/"]);
    assert_eq!(
        desk.done(&["location", "list"]),
        "\
ID       NAME             TIME ZONE        SESSION TTL  ORIGINS
47113    Paws Austin      America/Chicago  1h 30m
a b      Paws Austin      America/Chicago  30m          https://paws.example http://localhost:3000
clínica  Clínica Huellas  Europe/Madrid    30m
"
    );
}

#[test]
fn what_is_not_named_stays_when_a_location_is_changed() {
    let desk = Desk::in_file();
    desk.add_location("paws-austin", &["--session-ttl", "45m", "--origin", "https://paws.example"]);
    let listed = || {
        let list = desk.done(&["location", "list"]);
        list.lines().nth(1).expect("a location").split_whitespace().collect::<Vec<_>>().join(" ")
    };
    let set = |more: &[&str]| desk.done(&[&["location", "set", "paws-austin"], more].concat());
    assert_eq!(set(&["--name", "Paws"]), "Changed location paws-austin.\n");
    assert_eq!(listed(), "paws-austin Paws America/Chicago 45m https://paws.example");
    set(&["--time-zone", "America/Denver", "--session-ttl", "1h"]);
    assert_eq!(listed(), "paws-austin Paws America/Denver 1h https://paws.example");
    set(&["--origin", "https://new.example", "--origin", "https://book.example"]);
    assert_eq!(listed(), "paws-austin Paws America/Denver 1h https://new.example https://book.example");
    // What a website loses is said, since only its visitors would see it.
    assert_eq!(
        set(&["--origin", "https://book.example", "--origin", "https://paws.example"]),
        "Changed location paws-austin.\nNo longer allowed: https://new.example\n"
    );
    assert_eq!(
        set(&["--no-origins"]),
        "Changed location paws-austin.\nNo longer allowed: https://book.example, https://paws.example\n"
    );
    assert_eq!(listed(), "paws-austin Paws America/Denver 1h");
}

#[test]
fn a_script_may_set_what_is_set_already() {
    let desk = Desk::in_file_with("paws-austin");
    let set = ["location", "set", "paws-austin", "--name", "Paws Austin", "--time-zone", "America/Chicago"];
    assert_eq!(desk.done(&set), "Location paws-austin is set so already.\n");
}

#[test]
fn a_change_of_nothing_or_of_no_location_is_refused() {
    let desk = Desk::in_file_with("paws-austin");
    assert_eq!(
        desk.refused(&["location", "set", "paws-austin"]),
        "1 error: nothing to change: name at least one of the options, see --help"
    );
    assert_eq!(
        desk.refused(&["location", "set", "paws-dallas", "--name", "Paws"]),
        "1 error: there is no location paws-dallas; `frontdesk location list` shows those there are"
    );
    let both = desk.refused(&["location", "set", "paws-austin", "--origin", "https://paws.example", "--no-origins"]);
    assert!(
        both.starts_with("2 error: the argument '--origin <ORIGIN>' cannot be used with '--no-origins'\n"),
        "{both}"
    );
}

#[test]
fn a_new_time_to_live_holds_for_the_next_action_of_a_running_server_s_visitors() {
    let desk = Desk::in_file_with("paws-austin");
    let token = desk.token(&["--scope", "partner", "--location", "paws-austin"]);
    let server = desk.serve();
    let (acting, silent) = (server.start_at("paws-austin"), server.start_at("paws-austin"));
    desk.done(&["location", "set", "paws-austin", "--session-ttl", "1s"]);
    assert_eq!(server.report(&acting.id, &acting.secret, "{}").status, 200);
    server.abandoned(&acting.id, &token, "paws-austin");
    assert_eq!(server.in_feed(&silent.id, &token, "paws-austin")["status"], "active");
}
