//! What a mail says: its notice in the client's language, as text and as a page.

use askama::Template;
use frontdesk_domain::Timestamp;
use frontdesk_domain::appointment::Notice;
use frontdesk_domain::practice::Colour;
use jiff::ZonedDateTime;

use super::Subject;
use crate::words::Words;

/// The accent of a location that has none: the one of its pages.
const ACCENT: Colour = Colour { red: 0x0f, green: 0x76, blue: 0x6e };
const WHITE: Colour = Colour { red: 255, green: 255, blue: 255 };
const BLACK: Colour = Colour { red: 0, green: 0, blue: 0 };

/// A mail's words, as a page.
#[derive(Template)]
#[template(path = "mail/letter.html")]
pub struct Letter {
    language: &'static str,
    /// One line.
    pub subject: String,
    title: String,
    greeting: String,
    lead: Option<String>,
    facts: Vec<Fact>,
    way_on: WayOn,
    signature: Vec<String>,
    why: String,
    accent: Colour,
    ink: Colour,
}

/// The same words, as text.
#[derive(Template)]
#[template(path = "mail/letter.txt")]
struct Plain<'a> {
    title: &'a str,
    greeting: &'a str,
    lead: Option<&'a str>,
    facts: &'a [Fact],
    way_on: &'a WayOn,
    signature: &'a [String],
    why: &'a str,
}

/// A line of what was booked.
struct Fact {
    label: String,
    value: String,
}

/// What the client can do next.
enum WayOn {
    /// A page.
    Link { label: String, address: String },
    /// Without one: whom to call.
    Words(String),
}

impl Letter {
    /// The letter of a notice, written at `now`.
    pub fn of(subject: &Subject<'_>, notice: Notice, now: Timestamp) -> Self {
        let say = subject.words();
        let practice = one_line(subject.practice);
        let accent = subject.setup.face.colour.unwrap_or(ACCENT);
        let ink = if accent.contrast(WHITE) >= accent.contrast(BLACK) { WHITE } else { BLACK };
        let lead = match notice {
            Notice::Requested => Some(say.with("mail-requested-lead", "practice", &practice)),
            Notice::Declined => Some(say.text("mail-declined-lead")),
            Notice::Booked | Notice::Moved | Notice::Cancelled => None,
        };
        let (title, headline) = keys(notice);
        let moment = moment(subject, &say, now);
        let patient = one_line(&subject.about.patient.name);
        // Where a space does not break in a text, one that does is as good in a line that nobody breaks.
        let values = [("patient", &*patient), ("when", &*moment.replace('\u{a0}', " "))];
        Self {
            language: say.language.tag(),
            subject: say.with_all(headline, &values),
            title: say.text(title),
            greeting: say.with("mail-greeting", "name", &one_line(&subject.about.client.first_name)),
            lead,
            facts: facts(subject, &say, notice, moment),
            way_on: way_on(subject, &say, notice),
            signature: signature(subject),
            why: say.with("mail-why", "practice", &practice),
            accent,
            ink,
        }
    }

    /// As a page.
    pub fn html(&self) -> String {
        self.render().expect("cannot fail: writing texts to memory")
    }

    /// As text.
    pub fn text(&self) -> String {
        let Self { title, greeting, lead, facts, way_on, signature, why, .. } = self;
        let plain = Plain { title, greeting, lead: lead.as_deref(), facts, way_on, signature, why };
        plain.render().expect("cannot fail: writing texts to memory")
    }
}

/// The keys of a notice's title and of its subject.
const fn keys(notice: Notice) -> (&'static str, &'static str) {
    match notice {
        Notice::Requested => ("asked-title", "mail-requested-subject"),
        Notice::Booked => ("done-title", "mail-booked-subject"),
        Notice::Moved => ("mail-moved-title", "mail-moved-subject"),
        Notice::Cancelled => ("appointment-cancelled", "mail-cancelled-subject"),
        Notice::Declined => ("appointment-declined", "mail-declined-subject"),
    }
}

/// Whether the client is expected to come.
const fn stands(notice: Notice) -> bool {
    matches!(notice, Notice::Requested | Notice::Booked | Notice::Moved)
}

fn local(subject: &Subject<'_>, at: Timestamp) -> ZonedDateTime {
    let at = jiff::Timestamp::from_microsecond(at.as_micros()).unwrap_or(jiff::Timestamp::MAX);
    at.to_zoned_datetime(subject.zone.clone())
}

fn moment(subject: &Subject<'_>, say: &Words, now: Timestamp) -> String {
    say.moment(local(subject, subject.about.appointment.slot.start).datetime(), local(subject, now).year())
}

fn facts(subject: &Subject<'_>, say: &Words, notice: Notice, moment: String) -> Vec<Fact> {
    let (setup, slot) = (subject.setup, &subject.about.appointment.slot);
    let zone = say.zone(subject.zone, local(subject, slot.start).timestamp());
    let when = say.with_all("mail-when", &[("moment", &moment), ("zone", &zone)]);
    let visit = setup.appointment_type(slot.appointment_type.as_str()).map(|one| one.name_in(say.language.tag()));
    let with = setup.provider(slot.provider.as_str()).map(|one| &*one.name);
    let place = setup.face.address.as_deref().unwrap_or(subject.practice);
    let bring = setup.face.bring.as_deref().filter(|_| stands(notice));
    let lines = [
        ("chosen-when", Some(when.as_str())),
        ("chosen-type", visit),
        ("chosen-with", with),
        ("chosen-who", Some(&subject.about.patient.name)),
        ("chosen-where", Some(place)),
        ("done-bring", bring),
    ];
    let fact = |(key, value): (&str, Option<&str>)| Some(Fact { label: say.text(key), value: one_line(value?) });
    lines.into_iter().filter_map(fact).collect()
}

fn way_on(subject: &Subject<'_>, say: &Words, notice: Notice) -> WayOn {
    let stands = stands(notice);
    let page = if stands { subject.appointment_page() } else { subject.booking_page() };
    let phone = subject.setup.face.phone.as_deref();
    match (page, phone) {
        (Some(address), _) => {
            WayOn::Link { label: say.text(if stands { "mail-change" } else { "done-again" }), address }
        }
        (None, Some(phone)) => {
            let key = if stands { "mail-change-call" } else { "mail-again-call" };
            WayOn::Words(say.with(key, "phone", &one_line(phone)))
        }
        (None, None) => WayOn::Words(say.text(if stands { "mail-change-ask" } else { "mail-again-ask" })),
    }
}

fn signature(subject: &Subject<'_>) -> Vec<String> {
    let face = &subject.setup.face;
    let lines = [Some(subject.practice), face.address.as_deref(), face.phone.as_deref(), face.website.as_deref()];
    lines.into_iter().flatten().map(one_line).collect()
}

/// A text on one line, without anything that a reader does not see.
pub fn one_line(text: &str) -> String {
    let plain: String = text.chars().map(|one| if one.is_control() { ' ' } else { one }).collect();
    plain.split(' ').filter(|word| !word.is_empty()).collect::<Vec<_>>().join(" ")
}
