use frontdesk_domain::practice::{Category, Clients, Hours};
use jiff::civil::date;

use super::{EXAMPLE, LocationFile, assert_told_or_sound, parse};

/// The least that a location needs, in lines 1 to 9.
const LEAST: &str = "\
[locations.austin]
name = \"Paws Austin\"
time_zone = \"America/Chicago\"
opening.weekdays = \"08:00-18:00\"
types.checkup = { name = \"Check-up\", category = \"wellness\", duration = \"30m\" }
[locations.austin.providers.lee]
name = \"Dr. Lee\"
[locations.austin.rooms.exam-1]
name = \"Exam 1\"
";

fn read(text: &str) -> Vec<LocationFile> {
    parse(text, "practice.toml", None).unwrap_or_else(|mistakes| panic!("{mistakes}"))
}

fn mistakes(text: &str) -> String {
    match parse(text, "practice.toml", None) {
        Ok(read) => panic!("it is sound: {read:?}"),
        Err(mistakes) => mistakes.to_string(),
    }
}

/// What is said of a file, without the lines that are quoted.
fn told(text: &str) -> Vec<String> {
    let all = mistakes(text);
    all.lines().filter_map(|line| line.strip_prefix("practice.toml:").map(str::to_owned)).collect()
}

#[test]
fn the_least_is_a_location_with_defaults() {
    let [location] = &read(LEAST)[..] else { panic!("one location") };
    assert_eq!(location.id.as_str(), "austin");
    assert_eq!(location.settings.session_ttl, 30 * 60 * 1_000_000);
    let setup = &location.setup;
    assert_eq!(setup.opening.0[4], [Hours { from: 480, until: 1080 }]);
    assert!(setup.opening.0[5].is_empty());
    let rules = &setup.rules;
    assert_eq!((rules.grid_minutes, rules.notice_minutes, rules.horizon_days), (15, 120, 60));
    assert_eq!((rules.hold_minutes, rules.auto_accept, rules.change_notice_minutes), (10, true, 1440));
    let lee = setup.provider("lee").expect("the provider");
    assert_eq!(lee.hours, setup.opening);
    assert_eq!((lee.appointment_types.len(), lee.rooms.len()), (1, 1));
    let checkup = setup.appointment_type("checkup").expect("the type");
    assert_eq!((checkup.category, checkup.clients, checkup.minutes), (Category::Wellness, Clients::All, 30));
}

#[test]
fn the_top_stands_for_every_location_and_a_location_s_own_wins() {
    let all = read(
        r#"
        auto_accept = false
        hold = "5m"
        closures.2026-12-25 = "Christmas"
        closures.2027-01-01 = "New Year"
        opening.weekdays = "08:00-18:00"
        [rooms.exam-1]
        name = "Exam 1"
        [types.checkup]
        name = "Check-up"
        category = "wellness"
        duration = "30m"
        [types.nails]
        name = "Nail trim"
        category = "technician"
        duration = "15m"
        [providers.lee]
        name = "Dr. Lee"
        types = "checkup"
        [locations.south]
        name = "South"
        time_zone = "America/Chicago"
        auto_accept = true
        closures.2026-07-04 = "Independence Day"
        closures.2027-01-01 = "Brunch"
        rooms.exam-1.name = "The south room"
        [locations.north]
        name = "North"
        time_zone = "America/Denver"
        [locations.north.providers.jo]
        name = "Jo"
        types = ["nails"]
        rooms = []
        "#,
    );
    let [south, north] = &all[..] else { panic!("two locations, in the order of the file") };
    assert_eq!((south.settings.name.as_str(), north.settings.name.as_str()), ("South", "North"));
    assert_eq!((south.setup.rules.auto_accept, north.setup.rules.auto_accept), (true, false));
    assert_eq!((south.setup.rules.hold_minutes, north.setup.rules.hold_minutes), (5, 5));
    let closed: Vec<_> = south.setup.closures.iter().map(|closure| closure.from).collect();
    assert_eq!(closed, [date(2026, 7, 4), date(2026, 12, 25), date(2027, 1, 1)]);
    assert_eq!(south.setup.closures[2].reason.as_deref(), Some("Brunch"));
    assert_eq!(south.setup.rooms[0].name.as_ref(), "The south room");
    assert_eq!(north.setup.rooms[0].name.as_ref(), "Exam 1");
    // Nobody trims nails in the south.
    assert_eq!((south.setup.appointment_types.len(), north.setup.appointment_types.len()), (1, 2));
    assert_eq!((south.setup.providers.len(), north.setup.providers.len()), (1, 2));
}

#[test]
fn a_mistake_is_told_with_its_line() {
    let text = LEAST.replace("name = \"Dr. Lee\"", "name = \"Dr. Lee\"\nrooms = [\"exam-1\", \"exam-3\"]");
    assert_eq!(
        mistakes(&text),
        "\
practice.toml:8: locations.austin.providers.lee.rooms: there is no room exam-3
    8 | rooms = [\"exam-1\", \"exam-3\"]
      |                    ^^^^^^^^"
    );
}

#[test]
fn every_mistake_is_told_at_once() {
    assert_eq!(
        mistakes(
            r##"
nmae = "Paws"
colour = "teal"
slot_grid = "7m"
[locations.austin]
name = ""
time_zone = "Chicago"
session_ttl = "8d"
origins = ["https://paws.example", "paws.example"]
[locations.austin.opening]
weekdays = ["08:00-12:00", "11:00-17:00"]
funday = "08:00-12:00"
[providers.lee]
name = "Dr. Lee"
types = ["checkup", "chekup"]
hours.sunday = "08:00-12:00"
time_off."2026-02-30" = "Skiing"
[types.checkup]
name = "Check-up"
category = "well"
duration = 30
clients = "nobody"
extra = 1
"##
        ),
        r##"practice.toml:2: nmae: the file has no such key; did you mean name?
    2 | nmae = "Paws"
      | ^^^^
practice.toml:3: colour: takes a colour as #rrggbb, for example #0f766e
    3 | colour = "teal"
      |          ^^^^^^
practice.toml:4: slot_grid: takes minutes that divide a day: 5, 10, 15, 20, 30 or 60, for example
    4 | slot_grid = "7m"
      |             ^^^^
practice.toml:6: locations.austin.name: takes a name
    6 | name = ""
      |        ^^
practice.toml:7: locations.austin.time_zone: there is no such time zone; takes an IANA name, for example America/Chicago
    7 | time_zone = "Chicago"
      |             ^^^^^^^^^
practice.toml:8: locations.austin.session_ttl: takes a duration, for example 30m, 1h or 48h
    8 | session_ttl = "8d"
      |               ^^^^
practice.toml:9: locations.austin.origins: takes the address of a website as browsers send it: without a path, for example https://paws.example
    9 | origins = ["https://paws.example", "paws.example"]
      |                                    ^^^^^^^^^^^^^^
practice.toml:11: locations.austin.opening.weekdays: takes hours in their order that do not meet
   11 | weekdays = ["08:00-12:00", "11:00-17:00"]
      |            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^
practice.toml:12: locations.austin.opening.funday: there is no such day; did you mean sunday?
   12 | funday = "08:00-12:00"
      | ^^^^^^
practice.toml:15: providers.lee.types: there is no appointment type chekup
   15 | types = ["checkup", "chekup"]
      |                     ^^^^^^^^
practice.toml:16: providers.lee.hours: none of these hours lies within the opening hours
   16 | hours.sunday = "08:00-12:00"
      | ^^^^^
practice.toml:17: providers.lee.time_off.2026-02-30: there is no day 2026-02-30
   17 | time_off."2026-02-30" = "Skiing"
      |          ^^^^^^^^^^^^
practice.toml:20: types.checkup.category: takes wellness, sick, technician or recheck
   20 | category = "well"
      |            ^^^^^^
practice.toml:21: types.checkup.duration: takes a length of time such as "30m" or "2h", in quotes, not a number
   21 | duration = 30
      |            ^^
practice.toml:22: types.checkup.clients: takes all, new or returning
   22 | clients = "nobody"
      |           ^^^^^^^^
practice.toml:23: types.checkup.extra: a type of appointment has no such key; there are name, names, help, helps, category, duration, buffer_before, buffer_after, clients
   23 | extra = 1
      | ^^^^^"##
    );
}

#[test]
fn a_file_that_is_no_toml_is_told_with_what_can_still_be_read() {
    assert_eq!(
        mistakes(
            "[locations.austin]\nname = \"Paws\ntime_zone = \"Mars/Olympus\"\n[rooms.exam-1\n[types.a]\nname = 1\nname = 2\n"
        ),
        "\
practice.toml:2: invalid basic string, expected `\"`
    2 | name = \"Paws
      |             ^
practice.toml:3: locations.austin.time_zone: there is no such time zone; takes an IANA name, for example America/Chicago
    3 | time_zone = \"Mars/Olympus\"
      |             ^^^^^^^^^^^^^^
practice.toml:4: unclosed table, expected `]`
    4 | [rooms.exam-1
      |              ^
practice.toml:6: types.a.name: takes a text, in quotes, not a number
    6 | name = 1
      |        ^
practice.toml:7: duplicate key
    7 | name = 2
      | ^^^^"
    );
}

#[test]
fn what_is_missing_is_named_where_it_belongs() {
    assert_eq!(
        mistakes("# nothing yet\n"),
        "practice.toml:1: the file has no location; it takes a table for each, such as [locations.paws-austin]\n    1 | # nothing yet\n      | ^"
    );
    assert_eq!(
        mistakes("[locations.austin]\n[providers.lee]\n[types.checkup]\n"),
        "\
practice.toml:1: locations.austin: a location needs name
    1 | [locations.austin]
      |            ^^^^^^
practice.toml:1: locations.austin: a location needs time_zone, for example time_zone = \"America/Chicago\"
    1 | [locations.austin]
      |            ^^^^^^
practice.toml:1: locations.austin: a location needs opening, for example opening.weekdays = \"08:00-18:00\"
    1 | [locations.austin]
      |            ^^^^^^
practice.toml:2: providers.lee: a provider needs name
    2 | [providers.lee]
      |            ^^^
practice.toml:3: types.checkup: a type of appointment needs name
    3 | [types.checkup]
      |        ^^^^^^^
practice.toml:3: types.checkup: a type of appointment needs category, which takes wellness, sick, technician or recheck
    3 | [types.checkup]
      |        ^^^^^^^
practice.toml:3: types.checkup: a type of appointment needs duration, for example duration = \"30m\"
    3 | [types.checkup]
      |        ^^^^^^^"
    );
}

/// Lines after the least, and what is said of them.
const WRONG_AFTER: &[(&str, &str)] = &[
    ("nmae = 1", "10: locations.austin.rooms.exam-1.nmae: a room has no such key; did you mean name?"),
    ("[providers]\nlee = \"Dr. Lee\"", "11: providers.lee: takes a table with the keys of a provider, not a text"),
    (
        "[rooms.\"\"]\nname = \"None\"",
        "10: rooms.\"\": as an id takes 1 to 128 bytes without control characters or surrounding spaces",
    ),
    ("[rooms.exam-2]\nname = [\"Exam 2\"]", "11: rooms.exam-2.name: takes a text, in quotes, not a list"),
    (
        "[types.long]\nname = \"Long\"\ncategory = \"sick\"\nduration = \"13h\"",
        "13: types.long.duration: takes 1m to 12h",
    ),
    (
        "[types.long]\nname = \"Long\"\ncategory = \"sick\"\nduration = \"30\"",
        "13: types.long.duration: takes a length of time such as \"45m\", \"2h\" or \"1h 30m\"",
    ),
    (
        "[types.long]\nname = \"Long\"\ncategory = \"sick\"\nduration = \"1h\"\nnames.Spanish = \"Larga\"",
        "14: types.long.names.Spanish: takes a language such as \"en\" or \"es\"",
    ),
    ("[providers.jo]\nname = \"Jo\"\ntypes = [1]", "12: providers.jo.types: takes an id, in quotes, not a number"),
    (
        "[providers.jo]\nname = \"Jo\"\nhours = \"08:00-12:00\"",
        "12: providers.jo.hours: takes hours by weekday, such as weekdays = \"08:00-18:00\", not a text",
    ),
    (
        "[providers.jo]\nname = \"Jo\"\nhours.monday = \"8 to 12\"",
        "12: providers.jo.hours.monday: takes hours such as \"08:00-12:30\"",
    ),
    (
        "[providers.jo]\nname = \"Jo\"\ntime_off = [\"2026-12-25\"]",
        "12: providers.jo.time_off: takes days or times with their reasons, such as 2026-12-25 = \"Skiing\", not a list",
    ),
    (
        "[providers.jo]\nname = \"Jo\"\ntime_off.2026-12-25 = 5",
        "12: providers.jo.time_off.2026-12-25: takes a text, in quotes, not a number",
    ),
    (
        "[providers.jo]\nname = \"Jo\"\ntime_off.\"2026-12-25 15:00-12:00\" = \"\"",
        "12: providers.jo.time_off.\"2026-12-25 15:00-12:00\": takes hours that end after they begin, until 24:00 at the latest",
    ),
    (
        "[closures]\nchristmas = \"2026-12-25\"",
        "11: closures.christmas: takes a day or two, such as \"2026-12-25\" or \"2026-12-24..2026-12-26\"",
    ),
    (
        "[closures]\n\"2026-12-26..2026-12-24\" = \"Christmas\"",
        "11: closures.\"2026-12-26..2026-12-24\": the last day lies before the first",
    ),
    ("[providers.jo]\nname = \"Jo\"\nrooms = [\"exam-1\", \"exam-1\"]", "12: providers.jo.rooms: stands there twice"),
    (
        "[providers.jo]\nname = \"Jo\"\ntime_off.2026-12-25 = \"\"\ntime_off.\"2026-12-25..2026-12-25\" = \"Skiing\"",
        "13: providers.jo.time_off.\"2026-12-25..2026-12-25\": stands there twice",
    ),
    (
        "[types.surgery]\nname = \"Surgery\"\ncategory = \"sick\"\nduration = \"11h\"",
        "10: types.surgery: nobody who takes it works longer than 10h at a stretch",
    ),
    (
        "[locations.austin.providers.lee.extra]",
        "10: locations.austin.providers.lee.extra: a provider has no such key; there are name, types, rooms, hours, time_off",
    ),
];

/// Lines before the least, and what is said of them.
const WRONG_BEFORE: &[(&str, &str)] = &[
    ("auto_accept = \"yes\"", "1: auto_accept: takes true or false, not a text"),
    ("book_ahead = \"2 years\"", "1: book_ahead: takes a number of days or weeks such as \"60d\" or \"8w\""),
    ("book_ahead = \"400d\"", "1: book_ahead: takes at most 366d"),
    ("hold = \"2h\"", "1: hold: takes 1m to 1h"),
    ("calling_code = \"034\"", "1: calling_code: takes a country's calling code, such as \"1\" or \"34\""),
    ("phone = \"12\"", "1: phone: takes a phone number with its area code, for example 512 555 0100"),
    ("email = \"front desk\"", "1: email: takes an email address, for example ana@example.com"),
    ("website = \"paws.example\"", "1: website: takes the address of a website, such as \"https://paws.example\""),
    ("language = \"Spanish\"", "1: language: takes a language such as \"en\" or \"es\""),
    ("logo = \"logo.png\"", "1: logo: there is no folder to read a picture from"),
    ("bring = \"\"", "1: bring: takes a text; leave it out for none"),
    ("color = \"#fff\"", "1: color: the file has no such key; did you mean colour?"),
    ("locations.b = 5", "1: locations.b: takes a table with the keys of a location, not a number"),
    (
        "origins = \"paws.example\"",
        "1: origins: takes the address of a website as browsers send it: without a path, for example https://paws.example",
    ),
];

#[test]
fn what_does_not_fit_a_key_is_told_with_what_does() {
    for (more, said) in WRONG_AFTER {
        assert_eq!(told(&format!("{LEAST}{more}")), [*said], "{more}");
    }
    for (more, said) in WRONG_BEFORE {
        assert_eq!(told(&format!("{more}\n{LEAST}")), [*said], "{more}");
    }
}

#[test]
fn no_slip_of_the_keyboard_goes_unnoticed_into_a_set_up_that_is_not_sound() {
    let mut random = fastrand::Rng::with_seed(20_261_127);
    let example: Vec<char> = EXAMPLE.chars().filter(|one| *one != '#').collect();
    let signs: Vec<char> = "\"[]{}=.,-:#é0\n\u{1b}".chars().collect();
    for _ in 0..1_500 {
        let mut text = example.clone();
        for _ in 0..random.usize(1..4) {
            let (place, other) = (random.usize(..text.len()), random.usize(..example.len()));
            match random.u8(0..5) {
                0 => drop(text.remove(place)),
                1 => text.insert(place, example[other]),
                2 => text[place] = signs[random.usize(..signs.len())],
                3 => text.truncate(place.max(8)),
                _ => drop(text.splice(place..place, example[other..(other + 40).min(example.len())].iter().copied())),
            }
        }
        assert_told_or_sound(&text.iter().collect::<String>());
    }
    // Some editors begin a file with a mark of its encoding.
    assert_eq!(read(&format!("\u{feff}{LEAST}")), read(&LEAST.replace('\n', "\r\n")));
    assert_told_or_sound("");
    assert_told_or_sound("\n\n\u{feff}");
    assert_told_or_sound(&"[a.".repeat(10_000));
    assert_told_or_sound(&"a = [".repeat(10_000));
    assert_told_or_sound(&format!("{}x = 1", "providers.".repeat(10_000)));
}
