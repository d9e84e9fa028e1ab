//! What a file says of locations, rooms, providers and types before it is put together: each may stand at the top for all
//! locations, or in a location for that one.

use frontdesk_domain::practice::{AppointmentType, Category, Clients, Closure, Room, TimeOff};
use frontdesk_domain::{ProviderId, RoomId, TypeId};

use super::mistakes::{Found, Notes};
use super::section::{Days, Section};
use super::when;

/// What the file or one of its locations says; none where it says nothing.
#[derive(Default)]
pub struct Draft {
    pub name: Option<Box<str>>,
    pub time_zone: Option<Box<str>>,
    pub opening: Option<Found<Days>>,
    pub closures: Vec<Found<Closure>>,
    pub slot_grid: Option<Found<u32>>,
    pub minimum_notice: Option<u32>,
    pub book_ahead: Option<u16>,
    pub hold: Option<u32>,
    pub auto_accept: Option<bool>,
    pub change_notice: Option<u32>,
    pub session_ttl: Option<Box<str>>,
    pub origins: Option<Vec<String>>,
    pub face: FaceDraft,
    pub rooms: Vec<Found<Room>>,
    pub providers: Vec<Found<ProviderDraft>>,
    pub types: Vec<Found<AppointmentType>>,
}

/// What visitors see.
#[derive(Default)]
pub struct FaceDraft {
    pub colour: Option<Box<str>>,
    pub logo: Option<Found<Box<str>>>,
    pub phone: Option<Box<str>>,
    pub calling_code: Option<Box<str>>,
    pub email: Option<Box<str>>,
    pub address: Option<Box<str>>,
    pub website: Option<Box<str>>,
    pub bring: Option<Box<str>>,
    pub language: Option<Box<str>>,
}

/// A provider, before what is left out is known from the location.
#[derive(Clone)]
pub struct ProviderDraft {
    pub id: ProviderId,
    pub name: Box<str>,
    pub types: Option<Vec<Found<TypeId>>>,
    pub rooms: Option<Vec<Found<RoomId>>>,
    pub hours: Option<Found<Days>>,
    pub time_off: Vec<Found<TimeOff>>,
}

impl Draft {
    /// Reads what a section with the keys of a location says.
    pub fn read(section: &Section<'_>, notes: &Notes) -> Self {
        let value = |name: &str| section.text(name).map(|found| found.value);
        let length = |name: &str| section.length(name).map(|found| found.value);
        Self {
            name: value("name"),
            time_zone: value("time_zone"),
            opening: section.week("opening"),
            closures: closures(section),
            slot_grid: section.length("slot_grid"),
            minimum_notice: length("minimum_notice"),
            book_ahead: section.days("book_ahead"),
            hold: length("hold"),
            auto_accept: section.flag("auto_accept"),
            change_notice: length("change_notice"),
            session_ttl: value("session_ttl"),
            origins: section.texts("origins"),
            face: FaceDraft {
                colour: value("colour"),
                logo: section.text("logo"),
                phone: value("phone"),
                calling_code: value("calling_code"),
                email: value("email"),
                address: value("address"),
                website: value("website"),
                bring: value("bring"),
                language: value("language"),
            },
            rooms: each(section, "rooms", notes, room),
            providers: each(section, "providers", notes, provider),
            types: each(section, "types", notes, appointment_type),
        }
    }
}

/// Reads the tables below a key, each with its id.
fn each<Id: std::str::FromStr, T>(
    section: &Section<'_>,
    name: &str,
    notes: &Notes,
    read: impl Fn(Id, &Section<'_>) -> T,
) -> Vec<Found<T>>
where
    Id::Err: std::fmt::Display,
{
    let mut found = Vec::new();
    for (id, section) in section.tables(name) {
        match id.value.parse() {
            Ok(parsed) => found.push(Found { value: read(parsed, &section), spot: id.spot }),
            Err(wrong) => notes.wrong(&id.spot, format!("as an id {}", Id::Err::to_string(&wrong))),
        }
    }
    found
}

fn room(id: RoomId, section: &Section<'_>) -> Room {
    let name = section.required_text("name").map(|found| found.value).unwrap_or_default();
    Room { id, name, description: section.text("description").map(|found| found.value) }
}

fn provider(id: ProviderId, section: &Section<'_>) -> ProviderDraft {
    ProviderDraft {
        id,
        name: section.required_text("name").map(|found| found.value).unwrap_or_default(),
        types: ids(section, "types"),
        rooms: ids(section, "rooms"),
        hours: section.week("hours"),
        time_off: time_off(section),
    }
}

fn ids<Id: std::str::FromStr + Clone + Eq + std::hash::Hash>(
    section: &Section<'_>,
    name: &str,
) -> Option<Vec<Found<Id>>>
where
    Id::Err: std::fmt::Display,
{
    let ids = section.list(name, |text| text.parse().map_err(|wrong: Id::Err| wrong.to_string()))?;
    section.refuse_twice(&ids, Id::clone);
    Some(ids)
}

fn appointment_type(id: TypeId, section: &Section<'_>) -> AppointmentType {
    let name = section.required_text("name").map(|found| found.value).unwrap_or_default();
    let minutes = |name: &str| section.length(name).and_then(|found| u16::try_from(found.value).ok());
    let category = section.required_text("category");
    let category = category.and_then(|found| Category::ALL.iter().find(|one| *found.value == *one.as_str()));
    section.require("duration");
    let clients = section.text("clients").map(|found| found.value);
    AppointmentType {
        id,
        name,
        names: section.translations("names"),
        help: section.text("help").map(|found| found.value),
        helps: section.translations("helps"),
        // What stands for a mistake goes no further than the next checks: the file is refused.
        category: category.copied().unwrap_or(Category::Wellness),
        minutes: minutes("duration").unwrap_or(1),
        buffer_before_minutes: minutes("buffer_before").unwrap_or(0),
        buffer_after_minutes: minutes("buffer_after").unwrap_or(0),
        clients: match clients.as_deref() {
            Some("new") => Clients::New,
            Some("returning") => Clients::Returning,
            _ => Clients::All,
        },
    }
}

fn closures(section: &Section<'_>) -> Vec<Found<Closure>> {
    let mut all = Vec::new();
    for found in section.pairs("closures", when::days, reason) {
        let ((from, until), reason) = found.value;
        all.push(Found { value: Closure { from, until, reason }, spot: found.spot });
    }
    section.refuse_twice(&all, |closure| (closure.from, closure.until));
    all
}

fn time_off(section: &Section<'_>) -> Vec<Found<TimeOff>> {
    let mut all: Vec<Found<TimeOff>> = Vec::new();
    for found in section.pairs("time_off", when::time_off, reason) {
        let ((from, until), reason) = found.value;
        all.push(Found { value: TimeOff { from, until, reason }, spot: found.spot });
    }
    section.refuse_twice(&all, |away| (away.from, away.until));
    all.sort_by_key(|found| (found.value.from, found.value.until));
    all
}

/// A reason; an empty text is none.
fn reason(text: &str) -> Result<Option<Box<str>>, String> {
    frontdesk_domain::text::optional(text, 200).map_err(|wrong| wrong.to_string())
}

impl Draft {
    /// What a location says, over what the top of the file says for all of them: lists and tables of both count, and of
    /// two with one id the location's own; anything else of the location's takes the place of the top's.
    pub fn over(self, top: &Self) -> Self {
        let mut closures = together(&top.closures, self.closures, |closure| (closure.from, closure.until));
        closures.sort_by_key(|found| (found.value.from, found.value.until));
        Self {
            name: self.name.or_else(|| top.name.clone()),
            time_zone: self.time_zone.or_else(|| top.time_zone.clone()),
            opening: self.opening.or_else(|| top.opening.clone()),
            closures,
            slot_grid: self.slot_grid.or_else(|| top.slot_grid.clone()),
            minimum_notice: self.minimum_notice.or(top.minimum_notice),
            book_ahead: self.book_ahead.or(top.book_ahead),
            hold: self.hold.or(top.hold),
            auto_accept: self.auto_accept.or(top.auto_accept),
            change_notice: self.change_notice.or(top.change_notice),
            session_ttl: self.session_ttl.or_else(|| top.session_ttl.clone()),
            origins: self.origins.or_else(|| top.origins.clone()),
            face: self.face.over(&top.face),
            rooms: together(&top.rooms, self.rooms, |room| room.id.clone()),
            providers: together(&top.providers, self.providers, |provider| provider.id.clone()),
            types: together(&top.types, self.types, |one| one.id.clone()),
        }
    }
}

impl FaceDraft {
    fn over(self, top: &Self) -> Self {
        Self {
            colour: self.colour.or_else(|| top.colour.clone()),
            logo: self.logo.or_else(|| top.logo.clone()),
            phone: self.phone.or_else(|| top.phone.clone()),
            calling_code: self.calling_code.or_else(|| top.calling_code.clone()),
            email: self.email.or_else(|| top.email.clone()),
            address: self.address.or_else(|| top.address.clone()),
            website: self.website.or_else(|| top.website.clone()),
            bring: self.bring.or_else(|| top.bring.clone()),
            language: self.language.or_else(|| top.language.clone()),
        }
    }
}

fn together<T: Clone, Id: PartialEq>(top: &[Found<T>], own: Vec<Found<T>>, id: impl Fn(&T) -> Id) -> Vec<Found<T>> {
    let is_own = |shared: &Found<T>| own.iter().any(|one| id(&one.value) == id(&shared.value));
    let shared: Vec<Found<T>> = top.iter().filter(|shared| !is_own(shared)).cloned().collect();
    shared.into_iter().chain(own).collect()
}

impl ProviderDraft {
    /// Whether they take appointments of a type.
    pub fn takes(&self, id: &TypeId) -> bool {
        self.types.as_ref().is_none_or(|types| types.iter().any(|found| found.value == *id))
    }
}
