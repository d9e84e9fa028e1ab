//! What stands at the top and in a location put together: the settings and the set-up, checked as a whole.

use std::collections::HashMap;
use std::path::Path;

use frontdesk_domain::LocationId;
use frontdesk_domain::practice::{BookingRules, Colour, Face, Provider, Setup, Week};
use frontdesk_store::LocationSettings;

use super::draft::{Draft, FaceDraft, ProviderDraft};
use super::keys::LOCATION;
use super::mistakes::{Found, Notes, Spot};
use super::section::{Days, Section, default_of};
use super::{LocationFile, logo, when};
use crate::settings;

/// Puts every location together with what the top of the file says.
pub fn locations(
    drafts: Vec<(LocationId, Section<'_>, Draft)>,
    top: &Draft,
    folder: Option<&Path>,
    notes: &Notes,
) -> Vec<LocationFile> {
    let several = drafts.len() > 1;
    let everybody: Vec<ProviderDraft> = drafts
        .iter()
        .flat_map(|(_, _, own)| &own.providers)
        .chain(&top.providers)
        .map(|found| found.value.clone())
        .collect();
    let mut all = Vec::new();
    for (id, section, own) in drafts {
        let mut draft = own.over(top);
        // What is offered at the other locations only stands at the top as well.
        draft.types.retain(|one| {
            let taken = |provider: &ProviderDraft| provider.takes(&one.value.id);
            draft.providers.iter().any(|found| taken(&found.value)) || !everybody.iter().any(taken)
        });
        for name in ["name", "time_zone", "opening"] {
            let there = match name {
                "name" => draft.name.is_some(),
                "time_zone" => draft.time_zone.is_some(),
                _ => draft.opening.is_some(),
            };
            if !there && !section.has(name) {
                section.missing(name);
            }
        }
        let whose = if several { format!(" at {id}") } else { String::new() };
        let mut building = Building { spot: &section.spot, whose, spots: HashMap::new(), notes };
        let settings = settings_of(&draft);
        let setup = building.setup(draft, folder);
        building.check(&setup);
        all.push(LocationFile { id, settings, setup });
    }
    all
}

fn settings_of(draft: &Draft) -> LocationSettings {
    let time_to_live = draft.session_ttl.as_deref().unwrap_or_else(|| default_of(&LOCATION, "session_ttl"));
    let time_to_live = settings::time_to_live(time_to_live).expect("cannot fail: it was read so before");
    LocationSettings {
        name: draft.name.as_deref().unwrap_or_default().to_owned(),
        time_zone: draft.time_zone.as_deref().unwrap_or_default().to_owned(),
        session_ttl: settings::micros(time_to_live),
        origins: draft.origins.clone().unwrap_or_default(),
    }
}

/// A set-up that is put together, and where its parts stand in the file.
struct Building<'a> {
    /// The location.
    spot: &'a Spot,
    /// " at paws-austin", when there are several.
    whose: String,
    /// By the paths of the set-up's problems, joined by dots.
    spots: HashMap<String, Spot>,
    notes: &'a Notes,
}

impl Building<'_> {
    fn setup(&mut self, draft: Draft, folder: Option<&Path>) -> Setup {
        let rules = self.rules(&draft);
        let opening = draft.opening.map(|found| self.week("opening", found)).unwrap_or_default();
        let closures = self.list("closures", draft.closures);
        let rooms = self.list("rooms", draft.rooms);
        let appointment_types = self.list("appointment_types", draft.types);
        if appointment_types.is_empty() {
            self.notes.unfit(self.spot, "nothing can be booked; add what can, such as [types.checkup]");
        }
        let mut setup = Setup {
            opening,
            closures,
            rules,
            face: self.face(draft.face, folder),
            rooms,
            providers: Vec::new(),
            appointment_types,
        };
        for found in draft.providers {
            let provider = self.provider(found, &setup);
            setup.providers.push(provider);
        }
        setup
    }

    fn rules(&mut self, draft: &Draft) -> BookingRules {
        let default = |name| when::minutes(default_of(&LOCATION, name)).unwrap_or(0);
        let grid = draft.slot_grid.as_ref();
        if let Some(grid) = grid {
            self.spots.insert("rules.grid_minutes".to_owned(), grid.spot.clone());
        }
        let short = |minutes: u32| u16::try_from(minutes).unwrap_or(u16::MAX);
        BookingRules {
            grid_minutes: short(grid.map_or_else(|| default("slot_grid"), |found| found.value)),
            notice_minutes: draft.minimum_notice.unwrap_or_else(|| default("minimum_notice")),
            horizon_days: draft
                .book_ahead
                .unwrap_or_else(|| when::whole_days(default_of(&LOCATION, "book_ahead")).unwrap_or(0)),
            hold_minutes: short(draft.hold.unwrap_or_else(|| default("hold"))),
            auto_accept: draft.auto_accept.unwrap_or_else(|| default_of(&LOCATION, "auto_accept") == "true"),
            change_notice_minutes: draft.change_notice.unwrap_or_else(|| default("change_notice")),
        }
    }

    fn face(&self, draft: FaceDraft, folder: Option<&Path>) -> Face {
        let logo = draft.logo.and_then(|found| match logo::read(&found.value, folder) {
            Ok(logo) => Some(logo),
            Err(wrong) => {
                self.notes.wrong(&found.spot, wrong);
                None
            }
        });
        Face {
            colour: draft.colour.and_then(|colour| Colour::parse(&colour).ok()),
            logo,
            phone: draft.phone,
            calling_code: draft.calling_code,
            email: draft.email,
            address: draft.address,
            website: draft.website,
            bring: draft.bring,
            language: draft.language,
        }
    }

    /// A provider of a location whose rooms, types and opening hours are known: they stand for what is left out.
    fn provider(&mut self, found: Found<ProviderDraft>, location: &Setup) -> Provider {
        let at = format!("providers.{}", location.providers.len());
        let Found { value: draft, spot } = found;
        self.spots.insert(at.clone(), spot);
        let types = draft.types.map(|ids| self.list(&format!("{at}.appointment_types"), ids));
        let rooms = draft.rooms.map(|ids| self.list(&format!("{at}.rooms"), ids));
        let hours = draft.hours.map(|found| {
            let spot = found.spot.clone();
            let hours = self.week(&format!("{at}.hours"), found);
            let closed = |week: &Week| week.0.iter().all(Vec::is_empty);
            if !closed(&hours) && !closed(&location.opening) && longest_stretch(&hours, &location.opening) == 0 {
                let message = format!("none of these hours lies within the opening hours{}", self.whose);
                self.notes.unfit(&spot, message);
            }
            hours
        });
        let every_type = || location.appointment_types.iter().map(|one| one.id.clone()).collect();
        Provider {
            id: draft.id,
            name: draft.name,
            appointment_types: types.unwrap_or_else(every_type),
            rooms: rooms.unwrap_or_else(|| location.rooms.iter().map(|room| room.id.clone()).collect()),
            hours: hours.unwrap_or_else(|| location.opening.clone()),
            time_off: self.list(&format!("{at}.time_off"), draft.time_off),
        }
    }

    fn week(&mut self, at: &str, found: Found<Days>) -> Week {
        self.spots.insert(at.to_owned(), found.spot);
        let mut week = Week::default();
        for (index, day) in found.value.into_iter().enumerate() {
            if let Some(day) = day {
                self.spots.insert(format!("{at}.{index}"), day.spot);
                week.0[index] = day.value;
            }
        }
        week
    }

    fn list<T>(&mut self, at: &str, list: Vec<Found<T>>) -> Vec<T> {
        let mut values = Vec::with_capacity(list.len());
        for (index, found) in list.into_iter().enumerate() {
            self.spots.insert(format!("{at}.{index}"), found.spot);
            values.push(found.value);
        }
        values
    }

    /// Notes what only the whole can tell.
    fn check(&self, setup: &Setup) {
        for (index, one) in setup.appointment_types.iter().enumerate() {
            let longest = setup.providers_of(&one.id).map(|provider| longest_stretch(&provider.hours, &setup.opening));
            // Who works at no time at all is away for a while, and not a mistake.
            if let (Some(longest), Some(spot)) = (longest.max(), self.spots.get(&format!("appointment_types.{index}")))
                && (1..one.minutes).contains(&longest)
            {
                let longest = when::length_in_words(longest.into());
                let message = format!("nobody who takes it works longer than {longest} at a stretch{}", self.whose);
                self.notes.unfit(spot, message);
            }
        }
        for problem in setup.problems() {
            let spot = (1..=problem.path.len())
                .rev()
                .find_map(|parts| self.spots.get(&problem.path[..parts].join(".")))
                .unwrap_or(self.spot);
            let whose = if problem.path.len() > 2 { self.whose.as_str() } else { "" };
            self.notes.unfit(spot, format!("{}{whose}", problem.message));
        }
    }
}

/// The most minutes that are hours of both weeks without a break.
fn longest_stretch(one: &Week, other: &Week) -> u16 {
    let pairs = one
        .0
        .iter()
        .zip(&other.0)
        .flat_map(|(one, other)| one.iter().flat_map(move |one| other.iter().map(move |other| (one, other))));
    pairs.map(|(one, other)| one.until.min(other.until).saturating_sub(one.from.max(other.from))).max().unwrap_or(0)
}
