//! Set-ups: applied, kept, read again by running servers, and refused.

use frontdesk_store::{AdminError, LocationSettings, SetupVerdict, Store};

use crate::practice::setup;
use crate::support::{Desk, TIME_TO_LIVE, location, on_both_engines, settings};

fn hold_minutes(store: &Store) -> Option<u16> {
    let reader = store.reader().expect("a reader");
    let location = reader.catalog().location("austin").expect("the location").clone();
    location.booking.as_ref().map(|booking| booking.setup.rules.hold_minutes)
}

on_both_engines! {
    fn a_set_up_is_in_force_when_the_command_ends(engine: Engine) {
        let desk = Desk::on(engine);
        let store = desk.open();
        assert_eq!(hold_minutes(&store), None);
        let mut workbench = desk.workbench();
        let mut apply = |setup, dry_run| {
            workbench.apply_setup(&location("austin"), &settings(TIME_TO_LIVE), &setup, dry_run).expect("it is applied")
        };
        assert_eq!(apply(setup(), true), SetupVerdict::Applied);
        assert_eq!(hold_minutes(&store), None, "only asked");
        assert_eq!(apply(setup(), false), SetupVerdict::Applied);
        assert_eq!(hold_minutes(&store), Some(10));
        assert_eq!(apply(setup(), false), SetupVerdict::Unchanged);
        let mut longer = setup();
        longer.rules.hold_minutes = 15;
        assert_eq!(apply(longer, false), SetupVerdict::Applied);
        assert_eq!(hold_minutes(&store), Some(15));
        drop(store);
        assert_eq!(hold_minutes(&desk.open()), Some(15), "and after a restart");
    }

    fn settings_go_with_it(engine: Engine) {
        let desk = Desk::on(engine);
        let mut workbench = desk.workbench();
        let renamed = LocationSettings { name: "Austin Pets".to_owned(), ..settings(TIME_TO_LIVE) };
        for settings in [settings(TIME_TO_LIVE), renamed] {
            let verdict = workbench.apply_setup(&location("austin"), &settings, &setup(), false);
            assert_eq!(verdict.expect("it is applied"), SetupVerdict::Applied);
        }
        let catalog = workbench.catalog().expect("the catalogue");
        assert_eq!(catalog.location("austin").expect("the location").settings.name, "Austin Pets");
    }

    fn what_cannot_be_is_refused(engine: Engine) {
        let desk = Desk::on(engine);
        let mut workbench = desk.workbench();
        let nowhere = workbench.apply_setup(&location("boston"), &settings(TIME_TO_LIVE), &setup(), false);
        assert!(matches!(nowhere, Err(AdminError::NoSuchLocation(id)) if id == "boston"));
        let lost = LocationSettings { time_zone: "America/Nowhere".to_owned(), ..settings(TIME_TO_LIVE) };
        let refused = [
            workbench.apply_setup(&location("austin"), &lost, &setup(), false).map(drop),
            workbench.set_location(&location("austin"), &lost),
            workbench.add_location(&location("boston"), &lost),
        ];
        for refused in refused {
            assert!(matches!(refused, Err(AdminError::NoSuchTimeZone(_))), "{refused:?}");
        }
    }

    fn one_that_cannot_be_read_is_named(engine: Engine) {
        for (spoil, named) in [
            ("UPDATE setups SET document = '{}'", "setups.document of austin"),
            ("UPDATE locations SET time_zone = 'Mars'", "locations.time_zone of austin"),
        ] {
            let desk = Desk::on(engine);
            let mut workbench = desk.workbench();
            workbench.apply_setup(&location("austin"), &settings(TIME_TO_LIVE), &setup(), false).expect("it is applied");
            desk.spoil(spoil);
            let error = desk.try_open().map(drop).expect_err("it cannot be served").to_string();
            assert!(error.contains(named), "{error}");
        }
    }
}
