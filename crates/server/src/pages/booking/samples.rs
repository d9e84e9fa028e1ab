//! A sample of every page, so that a test renders all of them and a person can look at them.

use askama::Template;
use frontdesk_domain::session::Stage;

use super::frame::{Frame, Line, OtherLanguage, Phone, Practice};
use super::views::*;
use crate::words::Words;

fn frame(say: Words, title: &str, stage: Stage) -> Frame {
    let practice = Practice {
        name: "Paws & Claws Austin".into(),
        initial: "P".into(),
        logo: None,
        phone: Some(Phone::new("(512) 555-0100")),
        address: Some("500 Barton Springs Rd, Austin".into()),
        website: Some("https://paws.example".into()),
    };
    let back = (stage > Stage::ClientIdentification && stage < Stage::Completed).then(|| "#back".to_owned());
    Frame {
        practice,
        back,
        languages: OtherLanguage::besides(say.language, |_| "#".into()),
        theme: Some("theme.css".into()),
        ..Frame::bare(say, say.text(title))
    }
    .at(stage)
}

fn chosen(say: Words, count: usize) -> Vec<Line> {
    let day = say.weekday(jiff::civil::date(2026, 12, 1), 2026);
    let when = say.with_all("date-moment", &[("day", &day), ("time", &say.time(jiff::civil::time(9, 30, 0, 0)))]);
    let mut lines = vec![
        Line::new(say.text("chosen-type"), "Wellness exam"),
        Line::new(say.text("chosen-when"), when),
        Line::new(say.text("chosen-with"), "Dr. Ada Moss"),
    ];
    lines.truncate(count);
    lines
}

pub fn client(say: Words) -> ClientPage {
    ClientPage { frame: frame(say, "client-title", Stage::ClientIdentification), action: "#".into() }
}

pub fn kinds(say: Words) -> TypePage {
    let kind = |name: &str, help: Option<&str>, minutes: &str| Kind {
        href: "#".into(),
        name: name.into(),
        help: help.map(str::to_owned),
        minutes: say.with("minutes", "count", minutes),
    };
    TypePage {
        frame: frame(say, "type-title", Stage::AppointmentTypeSelection),
        told: None,
        kinds: vec![
            kind("Wellness exam", Some("A yearly check-up, vaccines included"), "30"),
            kind("Something is wrong", Some("Limping, vomiting, itching, not eating or not themselves"), "45"),
            kind("Nail trim", None, "15"),
            kind("Follow-up visit", Some("We asked you to come again"), "20"),
        ],
    }
}

fn choice(say: Words, date: jiff::civil::Date, hour: i8, minute: i8) -> TimeChoice {
    let time = jiff::civil::time(hour, minute, 0, 0);
    TimeChoice {
        id: "00000000-0000-8000-8000-000000000000".into(),
        label: say.time(time),
        aria: say.moment(date.to_datetime(time), 2026),
        kept: false,
    }
}

pub fn time(say: Words) -> TimePage {
    let today = jiff::civil::date(2026, 11, 27);
    let day = |offset: i64, open: bool| {
        let date = today.checked_add(jiff::Span::new().days(offset)).unwrap();
        let part = |name: &str, hours: std::ops::Range<i8>| Part {
            name: say.text(name),
            times: hours.flat_map(|hour| [0, 30].map(|minute| choice(say, date, hour, minute))).collect(),
        };
        let parts = vec![part("time-part-morning", 8..12), part("time-part-afternoon", 13..17)];
        Day { name: say.day(date, today), count: say.count("time-count", 16), open, parts }
    };
    let mut days = vec![day(1, true), day(3, false), day(4, false), day(5, false), day(6, false)];
    days[0].parts[0].times[3].kept = true;
    let provider = |name: &str, current| ProviderChoice { name: name.into(), href: "#".into(), current };
    let mut frame = frame(say, "time-title", Stage::Scheduling);
    frame.chosen = chosen(say, 1);
    TimePage {
        title: say.text("time-title"),
        zone: say.with("time-zone", "zone", &say.with("zone", "place", "Chicago")),
        method: "post",
        action: "#".into(),
        told: None,
        nearest: Vec::new(),
        providers: vec![
            provider(&say.text("time-anyone"), true),
            provider("Dr. Ada Moss", false),
            provider("Dr. Noor Haddad", false),
        ],
        provider: say.text("time-anyone"),
        filtered: false,
        next: Some(choice(say, today.tomorrow().unwrap(), 8, 0)),
        days,
        later: Some("#".into()),
        first_days: None,
        none: None,
        anyone: None,
        jump: Jump {
            action: "#".into(),
            hidden: Vec::new(),
            min: "2026-11-27".into(),
            max: "2027-01-27".into(),
            value: String::new(),
            error: None,
        },
        frame,
    }
}

pub fn time_lost(say: Words) -> TimePage {
    let date = jiff::civil::date(2026, 12, 1);
    TimePage {
        told: Some(say.text("time-lost")),
        nearest: vec![choice(say, date, 9, 45), choice(say, date, 9, 15), choice(say, date, 10, 0)],
        ..time(say)
    }
}

pub fn time_none(say: Words) -> TimePage {
    let until = say.weekday(jiff::civil::date(2027, 1, 27), 2026);
    TimePage {
        none: Some(say.with("time-none-title", "date", &until)),
        anyone: Some("#".into()),
        first_days: Some("#".into()),
        filtered: true,
        ..time(say)
    }
}

pub fn details(say: Words, wrong: bool) -> DetailsPage {
    let mut frame = frame(say, "details-title", Stage::Checkout);
    frame.chosen = chosen(say, 3);
    frame.form = Some("details");
    let field = |name: &'static str, label: &str, value: &str| Field {
        name,
        label: say.text(label),
        kind: "text",
        value: value.into(),
        autocomplete: "off",
        capitals: "words",
        ..Field::default()
    };
    let kept = [("when", "Tuesday, December 1, 9:30 AM"), ("until", "10:04 AM")];
    let error = |key: &str| wrong.then(|| say.text(key));
    let list = [("phone", "error-phone"), ("species-dog", "error-species"), ("consent", "error-consent")];
    let species = ["dog", "cat", "rabbit", "bird", "other"];
    DetailsPage {
        action: "#".into(),
        hidden: Vec::new(),
        kept: Some(say.with_all("details-kept", &kept)),
        errors: list
            .iter()
            .filter(|_| wrong)
            .map(|(anchor, key)| FieldError { anchor: (*anchor).into(), text: say.text(key) })
            .collect(),
        first_name: field("first_name", "details-first-name", "Ana"),
        last_name: field("last_name", "details-last-name", "Ruiz"),
        phone: Field {
            help: Some(say.text("details-phone-help")),
            error: error("error-phone"),
            ..field("phone", "details-phone", "555 01")
        },
        email: Field {
            help: Some(say.text("details-email-help")),
            ..field("email", "details-email", "ana@example.com")
        },
        pet_name: field("pet_name", "details-pet-name", "Biscuit"),
        breed: Field { optional: true, ..field("breed", "details-breed", "") },
        note: Field {
            optional: true,
            lines: true,
            help: Some(say.text("details-note-help")),
            ..field("note", "details-note", "")
        },
        species: species
            .map(|value| Species {
                value,
                name: say.text(&format!("species-{value}")),
                checked: value == "dog" && !wrong,
            })
            .into_iter()
            .collect(),
        species_error: error("error-species"),
        consent: false,
        consent_error: error("error-consent"),
        frame,
    }
}

pub fn confirm(say: Words) -> ConfirmPage {
    let line = |name: &str, value: &str| ChangeLine { name: say.text(name), value: value.into(), href: "#".into() };
    let when = chosen(say, 2).pop().unwrap().value;
    ConfirmPage {
        frame: frame(say, "confirm-title", Stage::Checkout).carrying(vec![("first_name", "Ana".into())]),
        action: "#".into(),
        kept: None,
        lines: vec![
            line("chosen-type", "Wellness exam"),
            line("chosen-when", &when),
            line("chosen-with", "Dr. Ada Moss"),
            line("confirm-contact", "Ana Ruiz\n512 555 0100\nana@example.com"),
            line("confirm-pet", "Biscuit (dog, beagle)"),
            line("confirm-note", "He has been limping on his left front leg since Sunday."),
        ],
        asks: false,
    }
}

pub fn done(say: Words, asks: bool) -> AppointmentPage {
    let mut lines = chosen(say, 3);
    lines.push(Line::new(say.text("chosen-who"), "Biscuit"));
    lines.push(Line::new(say.text("chosen-where"), "Paws & Claws Austin\n500 Barton Springs Rd, Austin"));
    let (title, lead) = if asks { ("asked-title", "asked-lead") } else { ("done-title", "done-lead") };
    AppointmentPage {
        frame: frame(say, title, Stage::Completed),
        title: say.text(title),
        lead: Some(say.with(lead, "email", "ana@example.com")),
        stands: true,
        waits: asks,
        lines,
        bring: Some("Earlier records, and a stool sample if you can.".into()),
        calendar: Some("#".into()),
        change: Some(Change { move_href: "#".into(), cancel_href: "#".into() }),
        again: None,
        note: Some(say.with("done-later", "until", "Monday, November 30, 9:30 AM")),
    }
}

pub fn cancelled(say: Words) -> AppointmentPage {
    let title = say.text("appointment-cancelled");
    let mut page = AppointmentPage {
        title,
        lead: None,
        stands: false,
        bring: None,
        calendar: None,
        change: None,
        again: Some("#".into()),
        note: None,
        ..done(say, false)
    };
    page.frame.step = None;
    page
}

pub fn cancel(say: Words) -> AskPage {
    let mut frame = frame(say, "cancel-title", Stage::Completed);
    frame.step = None;
    AskPage {
        lines: chosen(say, 3),
        action: "#".into(),
        hidden: Vec::new(),
        yes: say.text("cancel-do"),
        no: say.text("cancel-keep"),
        no_href: "#".into(),
        frame,
    }
}

pub fn expired(say: Words) -> MessagePage {
    let mut frame = frame(say, "expired-title", Stage::Scheduling);
    (frame.step, frame.back) = (None, None);
    MessagePage {
        frame,
        lead: say.text("expired-lead"),
        way: Some(Way { label: say.text("expired-do"), href: "#".into(), posts: true, hidden: Vec::new() }),
    }
}

/// Every page by its name.
pub fn all(say: Words) -> Vec<(&'static str, String)> {
    fn html(page: &impl Template) -> String {
        page.render().unwrap()
    }
    vec![
        ("1-client", html(&client(say))),
        ("2-type", html(&kinds(say))),
        ("3-time", html(&time(say))),
        ("3-time-lost", html(&time_lost(say))),
        ("3-time-none", html(&time_none(say))),
        ("4-details", html(&details(say, false))),
        ("4-details-errors", html(&details(say, true))),
        ("4-confirm", html(&confirm(say))),
        ("5-done", html(&done(say, false))),
        ("5-asked", html(&done(say, true))),
        ("cancelled", html(&cancelled(say))),
        ("cancel", html(&cancel(say))),
        ("expired", html(&expired(say))),
    ]
}

#[test]
fn every_page_renders_without_script_or_style_of_its_own() {
    for language in crate::words::Language::ALL {
        for (name, html) in all(Words { language, twelve_hours: true }) {
            for forbidden in ["style=\"", "<style", "<script>", "onclick", "javascript:", "src=\"http", "href=\"//"] {
                assert!(!html.contains(forbidden), "{name}: {forbidden}");
            }
            assert_eq!(html.matches("<h1").count(), 1, "{name}");
            for message in ["client-", "type-", "time-", "details-", "error-", "confirm-", "done-", "appointment-"] {
                assert!(!html.contains(&format!(">{message}")), "{name} has a key in the place of its message");
            }
        }
    }
}

/// What a visitor's browser loads to see the first page.
#[test]
fn the_first_load_is_small() {
    let say = Words { language: crate::words::Language::English, twelve_hours: true };
    let page = crate::pages::assets::gzip(client(say).render().unwrap().as_bytes(), flate2::Compression::fast());
    let whole = page.len() + crate::pages::assets::first_load();
    assert!(whole <= 60 * 1024, "{whole} bytes");
}

/// Writes every page to the folder that `FRONTDESK_SAMPLES` names, for somebody who wants to look at them.
#[test]
#[ignore = "for whoever changes the look; FRONTDESK_SAMPLES names the folder"]
fn write_samples() {
    let folder =
        std::path::PathBuf::from(std::env::var("FRONTDESK_SAMPLES").expect("FRONTDESK_SAMPLES names a folder"));
    let assets = crate::pages::assets::get();
    for language in crate::words::Language::ALL {
        for (name, html) in all(Words { language, twelve_hours: language == crate::words::Language::English }) {
            let html = html.replace(&assets.style, "book.css").replace(&assets.script, "").replace(&assets.htmx, "");
            std::fs::write(folder.join(format!("{name}-{}.html", language.tag())), html).unwrap();
        }
    }
    std::fs::write(folder.join("book.css"), crate::pages::assets::STYLE).unwrap();
    let teal = frontdesk_domain::practice::Colour::parse("#0f766e").unwrap();
    std::fs::write(folder.join("theme.css"), super::theme::sheet(teal)).unwrap();
}
