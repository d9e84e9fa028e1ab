//! What is wrong with a set-up is said where it is; colours and their contrast.

use frontdesk_domain::practice::{Closure, Colour, ColourError, Hours, Setup, TimeOff};
use jiff::civil::{date, datetime};

use crate::practice_fixture::{id, setup};

/// The problems of the sound set-up once something has been done to it: `path: message`.
fn problems(spoil: impl FnOnce(&mut Setup)) -> Vec<String> {
    let mut setup = setup();
    spoil(&mut setup);
    setup.problems().iter().map(|problem| format!("{}: {}", problem.path.join("."), problem.message)).collect()
}

#[test]
fn a_sound_setup_has_no_problem() {
    assert!(problems(|_| ()).is_empty());
    let most = problems(|setup| {
        setup.rules.grid_minutes = 240;
        setup.rules.notice_minutes = 40_320;
        setup.rules.change_notice_minutes = 40_320;
        setup.rules.horizon_days = 366;
        setup.rules.hold_minutes = 60;
        let one = &mut setup.appointment_types[0];
        (one.minutes, one.buffer_before_minutes, one.buffer_after_minutes) = (720, 720, 720);
        setup.closures.push(Closure { from: date(2026, 12, 25), until: date(2026, 12, 25), reason: None });
    });
    assert!(most.is_empty(), "{most:?}");
}

#[test]
fn hours_are_in_order_within_a_day() {
    let hours = |from, until| Hours { from, until };
    let spoil = |hours: Vec<Hours>| problems(|setup| setup.opening.0[6] = hours);
    let order = "opening.6: takes hours that end after they begin, until 24:00 at the latest";
    let meet = "opening.6: takes hours in their order that do not meet";
    assert_eq!(spoil(vec![hours(600, 600)]), [order]);
    assert_eq!(spoil(vec![hours(600, 599)]), [order]);
    assert_eq!(spoil(vec![hours(600, 1441)]), [order]);
    assert_eq!(spoil(vec![hours(0, 60), hours(60, 120)]), [meet]);
    assert_eq!(spoil(vec![hours(600, 700), hours(0, 60)]), [meet]);
    assert!(spoil(vec![hours(0, 60), hours(61, 1440)]).is_empty());
    let provider = problems(|setup| setup.providers[0].hours.0[0] = vec![hours(1, 0)]);
    assert_eq!(provider, ["providers.0.hours.0: takes hours that end after they begin, until 24:00 at the latest"]);
}

#[test]
fn closures_and_time_off_end_after_they_begin() {
    let closure =
        |until| problems(|setup| setup.closures.push(Closure { from: date(2026, 12, 25), until, reason: None }));
    assert_eq!(closure(date(2026, 12, 24)), ["closures.0.until: lies before from"]);
    let noon = datetime(2026, 12, 25, 12, 0, 0, 0);
    let away = problems(|setup| {
        setup.providers[0].time_off.push(TimeOff { from: noon, until: noon, reason: None });
    });
    assert_eq!(away, ["providers.0.time_off.0.until: does not lie after from"]);
}

#[test]
fn rules_have_bounds() {
    let grid = ["rules.grid_minutes: takes minutes that divide a day: 5, 10, 15, 20, 30 or 60, for example"];
    for minutes in [0, 7, 25, 241, 480, 1440] {
        assert_eq!(problems(|setup| setup.rules.grid_minutes = minutes), grid, "{minutes}");
    }
    let all = problems(|setup| {
        setup.rules.notice_minutes = 40_321;
        setup.rules.change_notice_minutes = 40_321;
        setup.rules.horizon_days = 367;
        setup.rules.hold_minutes = 61;
    });
    assert_eq!(
        all,
        [
            "rules.notice_minutes: takes at most four weeks (40320)",
            "rules.change_notice_minutes: takes at most four weeks (40320)",
            "rules.horizon_days: takes at most 366",
            "rules.hold_minutes: takes 1 to 60",
        ]
    );
    assert_eq!(problems(|setup| setup.rules.hold_minutes = 0), ["rules.hold_minutes: takes 1 to 60"]);
}

#[test]
fn ids_are_taken_once_and_lead_somewhere() {
    let twice = problems(|setup| {
        setup.rooms.push(setup.rooms[0].clone());
        setup.providers.push(setup.providers[0].clone());
        setup.appointment_types.push(setup.appointment_types[0].clone());
    });
    assert_eq!(
        twice,
        [
            "rooms.2.id: is taken by an earlier one",
            "providers.1.id: is taken by an earlier one",
            "appointment_types.1.id: is taken by an earlier one",
        ]
    );
    let astray = problems(|setup| {
        setup.providers[0].appointment_types = vec![id("dance")];
        setup.providers[0].rooms = vec![id("east"), id("attic")];
    });
    assert_eq!(
        astray,
        [
            "appointment_types.0.id: no provider takes it, so nobody could book it",
            "providers.0.appointment_types.0: there is no appointment type dance",
            "providers.0.rooms.1: there is no room attic",
        ]
    );
}

#[test]
fn types_take_some_time_and_not_for_ever() {
    for minutes in [0, 721] {
        let found = problems(|setup| setup.appointment_types[0].minutes = minutes);
        assert_eq!(found, ["appointment_types.0.minutes: takes 1 to 720"]);
    }
    let buffers = problems(|setup| {
        setup.appointment_types[0].buffer_before_minutes = 721;
        setup.appointment_types[0].buffer_after_minutes = 721;
    });
    assert_eq!(
        buffers,
        [
            "appointment_types.0.buffer_before_minutes: takes at most 720",
            "appointment_types.0.buffer_after_minutes: takes at most 720",
        ]
    );
}

#[test]
fn colours_are_written_as_they_are_read() {
    assert_eq!(Colour::parse("#0F766e"), Ok(Colour { red: 0x0f, green: 0x76, blue: 0x6e }));
    for text in ["#000000", "#0f766e", "#ffffff"] {
        assert_eq!(Colour::parse(text).map(String::from).as_deref(), Ok(text));
    }
    for text in ["", "#", "0f766e", "#0f766", "#0f766ee", "#0f76 e", "#+f766e", "#gggggg", "teal", "#ééé"] {
        assert_eq!(Colour::parse(text), Err(ColourError), "{text}");
    }
}

#[test]
fn contrast_is_that_of_the_guidelines() {
    let colour = |text| Colour::parse(text).expect("a colour");
    let contrast = |one, other| format!("{:.2}", colour(one).contrast(colour(other)));
    assert_eq!(contrast("#000000", "#ffffff"), "21.00");
    assert_eq!(contrast("#ffffff", "#000000"), "21.00");
    assert_eq!(contrast("#0f766e", "#0f766e"), "1.00");
    // The grey that is known for being just enough on white (WCAG 2.2, criterion 1.4.3).
    assert_eq!(contrast("#767676", "#ffffff"), "4.54");
}
