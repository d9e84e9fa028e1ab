//! `frontdesk apply`: a practice's set-up from a file, told as a difference, beside a running server.

use crate::support::{Desk, until};

/// A practice with as little as one needs.
const PRACTICE: &str = r#"
slot_grid = "30m"

[locations.paws-austin]
name = "Paws Austin"
time_zone = "America/Chicago"
opening.weekdays = "08:00-18:00"

[rooms.exam-1]
name = "Exam room 1"

[providers.lee]
name = "Dr. Susan Lee"
hours.monday = "09:00-12:00"

[types.checkup]
name = "Check-up"
category = "wellness"
duration = "30m"
"#;

/// Writes the practice with some words of it changed.
fn write(desk: &Desk, changes: &[(&str, &str)]) {
    let mut text = PRACTICE.to_owned();
    for (from, to) in changes {
        assert!(text.contains(from), "{from}");
        text = text.replace(from, to);
    }
    std::fs::write(desk.path("practice.toml"), text).expect("the file is written");
}

const APPLY: [&str; 2] = ["apply", "practice.toml"];
const DRY_RUN: [&str; 3] = ["apply", "practice.toml", "--dry-run"];

#[test]
fn a_file_sets_up_a_practice_and_changes_nothing_the_second_time() {
    let desk = Desk::empty();
    write(&desk, &[]);
    assert_eq!(
        desk.done(&APPLY),
        "\
+ paws-austin
  + name               Paws Austin
  + time_zone          America/Chicago
  + opening.monday     08:00-18:00
  + opening.tuesday    08:00-18:00
  + opening.wednesday  08:00-18:00
  + opening.thursday   08:00-18:00
  + opening.friday     08:00-18:00
  + slot_grid          30m
  + minimum_notice     2h
  + book_ahead         60d
  + hold               10m
  + auto_accept        true
  + change_notice      24h
  + session_ttl        30m
  + rooms.exam-1       Exam room 1
  + providers.lee      Dr. Susan Lee
  + types.checkup      Check-up

1 location added.
"
    );
    assert_eq!(desk.done(&APPLY), "Nothing to change.\n");
    assert_eq!(desk.done(&DRY_RUN), "Nothing to change.\n");
    let listed = desk.done(&["location", "list"]);
    assert!(listed.contains("paws-austin  Paws Austin  America/Chicago  30m"), "{listed}");
}

#[test]
fn a_dry_run_shows_the_difference_and_changes_nothing() {
    let desk = Desk::empty();
    write(&desk, &[]);
    desk.done(&APPLY);
    desk.add_location("paws-dallas", &[]);
    write(
        &desk,
        &[
            ("slot_grid = \"30m\"", "slot_grid = \"15m\""),
            ("exam-1]\nname = \"Exam room 1\"", "exam-2]\nname = \"Exam room 2\""),
            ("hours.monday = \"09:00-12:00\"", "hours.tuesday = \"09:00-12:00\""),
        ],
    );
    let difference = "\
~ paws-austin
  ~ slot_grid                    30m -> 15m
  - rooms.exam-1                 Exam room 1
  + rooms.exam-2                 Exam room 2
  ~ providers.lee.rooms          exam-1 -> exam-2
  - providers.lee.hours.monday   09:00-12:00
  + providers.lee.hours.tuesday  09:00-12:00

";
    let dry_run = format!(
        "{difference}  paws-dallas is not in the file and stays as it is\n\
         1 location changed. This was a dry run: nothing was changed.\n"
    );
    assert_eq!(desk.done(&DRY_RUN), dry_run);
    assert_eq!(desk.done(&DRY_RUN), dry_run);
    assert_eq!(desk.done(&APPLY), format!("{difference}1 location changed.\n"));
}

#[test]
fn a_dry_run_makes_no_database() {
    let desk = Desk::in_file();
    write(&desk, &[]);
    let told = desk.done(&DRY_RUN);
    assert!(told.ends_with("1 location added. This was a dry run: nothing was changed.\n"), "{told}");
    assert!(!desk.path("record.db").exists());
}

#[test]
fn a_file_with_mistakes_changes_nothing() {
    let desk = Desk::in_file();
    write(&desk, &[("Chicago", "Chikago"), ("hours.monday", "rooms = [\"exam-3\"]\nhour.monday")]);
    assert_eq!(
        desk.refused(&APPLY),
        "\
1 error: practice.toml has 3 mistakes, and nothing was changed

practice.toml:6: locations.paws-austin.time_zone: there is no such time zone; takes an IANA name, for example America/Chicago
    6 | time_zone = \"America/Chikago\"
      |             ^^^^^^^^^^^^^^^^^
practice.toml:14: providers.lee.rooms: there is no room exam-3
   14 | rooms = [\"exam-3\"]
      |          ^^^^^^^^
practice.toml:15: providers.lee.hour: a provider has no such key; did you mean hours?
   15 | hour.monday = \"09:00-12:00\"
      | ^^^^"
    );
    assert!(!desk.path("record.db").exists());
}

#[test]
fn a_file_that_cannot_be_read_is_named() {
    let desk = Desk::in_file();
    let none = desk.refused(&["apply", "none.toml"]);
    assert!(none.starts_with("1 error: cannot read none.toml: "), "{none}");
    std::fs::write(desk.path("latin.toml"), b"# a practice\nname = \"Cl\xednica\"\n").expect("the file is written");
    let not_utf8 = "1 error: latin.toml:2: this is not UTF-8; save the file as UTF-8";
    assert_eq!(desk.refused(&["apply", "latin.toml"]), not_utf8);
    std::fs::write(desk.path("large.toml"), "# large\n".repeat(200_000)).expect("the file is written");
    let large = "1 error: large.toml has more than a megabyte; is it a practice's file?";
    assert_eq!(desk.refused(&["apply", "large.toml"]), large);
}

#[test]
fn the_example_applies_as_it_is() {
    let desk = Desk::empty();
    let example = desk.done(&["apply", "--example"]);
    std::fs::write(desk.path("practice.toml"), example).expect("the file is written");
    let told = desk.done(&APPLY);
    assert!(told.starts_with("+ paws-austin\n") && told.ends_with("\n1 location added.\n"), "{told}");
    assert_eq!(desk.done(&APPLY), "Nothing to change.\n");
}

#[test]
fn the_schema_is_the_one_in_the_documentation() {
    let committed = include_str!("../../../../docs/practice.schema.json");
    assert_eq!(Desk::in_file().done(&["apply", "--schema"]), committed);
}

#[test]
fn a_location_that_was_added_by_hand_is_set_up_and_goes_on_to_be_changed_by_hand() {
    let desk = Desk::with_location("paws-austin");
    write(&desk, &[]);
    let told = desk.done(&APPLY);
    assert!(told.starts_with("~ paws-austin\n  + opening.monday"), "{told}");
    assert_eq!(desk.done(&["location", "set", "paws-austin", "--name", "Paws"]), "Changed location paws-austin.\n");
    let told = "~ paws-austin\n  ~ name  Paws -> Paws Austin\n\n1 location changed.\n";
    assert_eq!(desk.done(&APPLY), told);
}

#[test]
fn a_logo_is_taken_from_beside_the_file() {
    let desk = Desk::in_file();
    std::fs::create_dir(desk.path("set-up")).expect("a folder");
    std::fs::write(desk.path("set-up/logo.svg"), "<svg xmlns=\"http://www.w3.org/2000/svg\"/>").expect("the logo");
    let text = format!("logo = \"logo.svg\"\n{PRACTICE}");
    std::fs::write(desk.path("set-up/practice.toml"), &text).expect("the file is written");
    let told = desk.done(&["apply", "set-up/practice.toml"]);
    assert!(told.contains("  + logo               image/svg+xml, "), "{told}");
    std::fs::write(desk.path("practice.toml"), text).expect("the file is written");
    let refusal = desk.refused(&APPLY);
    assert!(refusal.contains("practice.toml:1: logo: cannot read logo.svg: "), "{refusal}");
}

#[test]
fn a_running_server_knows_at_once() {
    let desk = Desk::with_location("paws-austin");
    let server = desk.serve();
    write(&desk, &[("[locations.paws-austin]", "[locations.paws-dallas]")]);
    desk.done(&APPLY);
    until("the server knows the new location", || {
        let body = r#"{"location_id": "paws-dallas"}"#;
        let answer = server.ask("POST", crate::support::SESSIONS, &[("Content-Type", "application/json")], Some(body));
        (answer.status == 201).then_some(())
    });
}
