//! A location as a list of facts, each under the keys by which a file says it: what is compared, and shown.

use frontdesk_domain::practice::{AppointmentType, BookingRules, Clients, Face, Provider, Setup, Week};
use frontdesk_store::LocationSettings;
use jiff::SignedDuration;
use jiff::civil::{DateTime, Time};

use super::keys::WEEKDAYS;
use super::section::shown;
use super::when::length_in_words;

/// Something that a file says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fact {
    /// The table of its own that it belongs to, when it does: `providers.lee`.
    pub part: Option<String>,
    /// Its keys: `providers.lee.hours.monday`.
    pub path: String,
    /// What it says, exactly.
    pub value: String,
    /// The same for people.
    pub shown: String,
}

/// Facts that are being listed.
#[derive(Default)]
struct Facts {
    list: Vec<Fact>,
    part: Option<String>,
}

/// Everything that a file says of a location, in the order of the file's documentation.
pub fn of(settings: &LocationSettings, setup: Option<&Setup>) -> Vec<Fact> {
    let mut facts = Facts::default();
    facts.add("name", &settings.name);
    facts.add("time_zone", &settings.time_zone);
    if let Some(setup) = setup {
        facts.week("opening", &setup.opening);
        for closure in &setup.closures {
            let days = if closure.from == closure.until {
                closure.from.to_string()
            } else {
                format!("{}..{}", closure.from, closure.until)
            };
            facts.add(&format!("closures.{days}"), closure.reason.as_deref().unwrap_or("closed"));
        }
        facts.rules(&setup.rules);
    }
    facts.add("session_ttl", &format!("{:#}", SignedDuration::from_micros(settings.session_ttl)));
    facts.add("origins", &settings.origins.join(", "));
    if let Some(setup) = setup {
        facts.face(&setup.face);
        facts.parts(setup);
    }
    facts.list
}

impl Facts {
    /// Adds a fact; an empty value is none.
    fn add(&mut self, path: &str, value: &str) {
        self.add_shown(path, value, value.to_owned());
    }

    fn add_shown(&mut self, path: &str, value: &str, shown: String) {
        if !value.is_empty() {
            let path = match &self.part {
                Some(part) if path.is_empty() => part.clone(),
                Some(part) => format!("{part}.{path}"),
                None => path.to_owned(),
            };
            self.list.push(Fact { part: self.part.clone(), path, value: value.to_owned(), shown });
        }
    }

    fn week(&mut self, path: &str, week: &Week) {
        for (day, hours) in WEEKDAYS.iter().zip(&week.0) {
            let clock = |minute: u16| format!("{:02}:{:02}", minute / 60, minute % 60);
            let hours: Vec<String> =
                hours.iter().map(|one| format!("{}-{}", clock(one.from), clock(one.until))).collect();
            self.add(&format!("{path}.{day}"), &hours.join(", "));
        }
    }

    fn rules(&mut self, rules: &BookingRules) {
        self.add("slot_grid", &length_in_words(rules.grid_minutes.into()));
        self.add("minimum_notice", &length_in_words(rules.notice_minutes));
        self.add("book_ahead", &format!("{}d", rules.horizon_days));
        self.add("hold", &length_in_words(rules.hold_minutes.into()));
        self.add("auto_accept", if rules.auto_accept { "true" } else { "false" });
        self.add("change_notice", &length_in_words(rules.change_notice_minutes));
    }

    fn face(&mut self, face: &Face) {
        self.add("colour", &face.colour.map(|colour| colour.to_string()).unwrap_or_default());
        if let Some(logo) = &face.logo {
            // What follows "data:" and precedes the picture itself.
            let kind = logo.strip_prefix("data:").and_then(|rest| rest.split_once(';')).map_or("", |(kind, _)| kind);
            self.add_shown("logo", logo, format!("{kind}, {} bytes", logo.len() / 4 * 3));
        }
        let texts = [
            ("phone", &face.phone),
            ("calling_code", &face.calling_code),
            ("email", &face.email),
            ("address", &face.address),
            ("website", &face.website),
            ("bring", &face.bring),
            ("language", &face.language),
        ];
        for (path, text) in texts {
            self.add(path, text.as_deref().unwrap_or_default());
        }
    }

    fn parts(&mut self, setup: &Setup) {
        self.order("rooms", setup.rooms.iter().map(|room| room.id.as_str()));
        for room in &setup.rooms {
            self.part = Some(format!("rooms.{}", shown(room.id.as_str())));
            self.add("name", &room.name);
            self.add("description", room.description.as_deref().unwrap_or_default());
        }
        self.order("providers", setup.providers.iter().map(|provider| provider.id.as_str()));
        for provider in &setup.providers {
            self.provider(provider);
        }
        self.order("types", setup.appointment_types.iter().map(|one| one.id.as_str()));
        for one in &setup.appointment_types {
            self.appointment_type(one);
        }
    }

    /// The order of parts is a fact of its own.
    fn order<'a>(&mut self, path: &str, ids: impl Iterator<Item = &'a str>) {
        self.part = None;
        self.add(path, &ids.collect::<Vec<_>>().join(", "));
    }

    fn provider(&mut self, provider: &Provider) {
        self.part = Some(format!("providers.{}", shown(provider.id.as_str())));
        self.add("name", &provider.name);
        let types: Vec<&str> = provider.appointment_types.iter().map(|id| id.as_str()).collect();
        self.add("types", &or_none(types));
        self.add("rooms", &or_none(provider.rooms.iter().map(|id| id.as_str()).collect()));
        self.week("hours", &provider.hours);
        for away in &provider.time_off {
            let path = format!("time_off.{}", away_in_words(away.from, away.until));
            self.add(&path, away.reason.as_deref().unwrap_or("away"));
        }
    }

    fn appointment_type(&mut self, one: &AppointmentType) {
        self.part = Some(format!("types.{}", shown(one.id.as_str())));
        self.add("name", &one.name);
        for (language, name) in &one.names {
            self.add(&format!("names.{language}"), name);
        }
        self.add("help", one.help.as_deref().unwrap_or_default());
        for (language, help) in &one.helps {
            self.add(&format!("helps.{language}"), help);
        }
        self.add("category", one.category.as_str());
        self.add("duration", &length_in_words(one.minutes.into()));
        self.add("buffer_before", &length_in_words(one.buffer_before_minutes.into()));
        self.add("buffer_after", &length_in_words(one.buffer_after_minutes.into()));
        let clients = match one.clients {
            Clients::All => "all",
            Clients::New => "new",
            Clients::Returning => "returning",
        };
        self.add("clients", clients);
    }
}

fn or_none(ids: Vec<&str>) -> String {
    if ids.is_empty() { "none".to_owned() } else { ids.join(", ") }
}

/// A time away as it would be written.
fn away_in_words(from: DateTime, until: DateTime) -> String {
    let midnight = |moment: DateTime| moment.time() == Time::midnight();
    if midnight(from) && midnight(until) {
        let (first, last) = (from.date(), until.date().yesterday().unwrap_or_else(|_| until.date()));
        return if first == last { first.to_string() } else { format!("{first}..{last}") };
    }
    let clock = |moment: DateTime| moment.strftime("%H:%M").to_string();
    if from.date() == until.date() {
        return format!("{} {}-{}", from.date(), clock(from), clock(until));
    }
    format!("{} {}..{} {}", from.date(), clock(from), until.date(), clock(until))
}
