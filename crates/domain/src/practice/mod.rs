//! How a location is set up for booking: its hours, rules, rooms, providers and appointment types. A practice writes it as
//! a file; what is here has been checked as a whole ([`Setup::problems`]).

mod check;
mod face;

pub use check::{MOST_OCCUPIED_MINUTES, Problem};
pub use face::{Colour, ColourError, Face};

use jiff::civil::{Date, DateTime};
use serde::{Deserialize, Serialize};

use crate::{ProviderId, RoomId, TypeId};

/// The set-up of one location. Its name, time zone, origins and the time that a session lives are kept apart, since a
/// location has them also when it takes no bookings.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Setup {
    /// When the location is open, by weekday.
    pub opening: Week,
    /// Days on which it is closed all the same.
    pub closures: Vec<Closure>,
    /// What may be booked, and when.
    pub rules: BookingRules,
    /// What visitors see of it.
    pub face: Face,
    /// Where appointments take place.
    pub rooms: Vec<Room>,
    /// Who sees patients.
    pub providers: Vec<Provider>,
    /// What can be booked, in the order in which it is offered.
    pub appointment_types: Vec<AppointmentType>,
}

/// Hours of the seven weekdays, Monday first (ISO 8601). Those of a day are in order and do not meet.
#[derive(Clone, PartialEq, Eq, Default, Debug, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Week(pub [Vec<Hours>; 7]);

/// A part of a day by the wall clock, in minutes since midnight: `from` inclusive, `until` exclusive, at most 1440.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize, Deserialize)]
pub struct Hours {
    /// The first minute.
    pub from: u16,
    /// The minute after the last.
    pub until: u16,
}

/// Days on which a location is closed, both inclusive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Closure {
    /// The first day.
    pub from: Date,
    /// The last day.
    pub until: Date,
    /// Why, in the practice's words.
    pub reason: Option<Box<str>>,
}

/// The rules by which times are offered.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct BookingRules {
    /// Appointments begin at multiples of so many minutes since midnight, by the wall clock.
    pub grid_minutes: u16,
    /// Minutes that must lie between now and the beginning of an appointment.
    pub notice_minutes: u32,
    /// Days ahead that can be booked; 0 is today only.
    pub horizon_days: u16,
    /// Minutes that a chosen time is kept for its session.
    pub hold_minutes: u16,
    /// Whether an appointment stands once it is booked, or has to be accepted by the practice.
    pub auto_accept: bool,
    /// Minutes before the beginning until which a visitor may cancel or move an appointment.
    pub change_notice_minutes: u32,
}

/// A place for one appointment at a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Room {
    /// Its id.
    pub id: RoomId,
    /// Its name.
    pub name: Box<str>,
    /// What it is, in the practice's words.
    pub description: Option<Box<str>>,
}

/// A person who sees one patient at a time.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Provider {
    /// Their id.
    pub id: ProviderId,
    /// Their name, as visitors know it.
    pub name: Box<str>,
    /// The types of appointment that they take.
    pub appointment_types: Vec<TypeId>,
    /// The rooms that they work in, in the order of preference; without any, an appointment of theirs takes no room.
    pub rooms: Vec<RoomId>,
    /// When they work, within the hours of the location.
    pub hours: Week,
    /// When they are away all the same.
    pub time_off: Vec<TimeOff>,
}

/// A time away, by the wall clock: `from` inclusive, `until` exclusive.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct TimeOff {
    /// When it begins.
    pub from: DateTime,
    /// When it ends.
    pub until: DateTime,
    /// Why, in the practice's words; never shown to visitors.
    pub reason: Option<Box<str>>,
}

/// Something that can be booked.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct AppointmentType {
    /// Its id.
    pub id: TypeId,
    /// Its name, in the location's own language.
    pub name: Box<str>,
    /// Its name in other languages, by their tags (BCP 47: `es`).
    #[serde(default)]
    pub names: std::collections::BTreeMap<Box<str>, Box<str>>,
    /// A line of help for who chooses.
    pub help: Option<Box<str>>,
    /// That line in other languages.
    #[serde(default)]
    pub helps: std::collections::BTreeMap<Box<str>, Box<str>>,
    /// Its category on the wire.
    pub category: Category,
    /// How long it takes.
    pub minutes: u16,
    /// Minutes that the provider and the room need before it. May lie outside the hours.
    pub buffer_before_minutes: u16,
    /// Minutes that they need after it. May lie outside the hours.
    pub buffer_after_minutes: u16,
    /// Whom it is for.
    pub clients: Clients,
}

/// The vendor's categories of appointments (contract, "The neighbours").
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Category {
    /// A healthy animal.
    Wellness,
    /// An animal that is not.
    Sick,
    /// By a technician.
    Technician,
    /// A second look.
    Recheck,
}

/// Whom a type of appointment is for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Clients {
    /// Everybody.
    All,
    /// Only who has never been here.
    New,
    /// Only who has been here before.
    Returning,
}

impl Category {
    /// Every category.
    pub const ALL: &'static [Self] = &[Self::Wellness, Self::Sick, Self::Technician, Self::Recheck];

    /// The name on the wire and in the file.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Wellness => "wellness",
            Self::Sick => "sick",
            Self::Technician => "technician",
            Self::Recheck => "recheck",
        }
    }
}

impl Clients {
    /// Whether it is for a client of this type; for who has not said, everything is shown.
    pub fn include(self, client_type: Option<crate::session::ClientType>) -> bool {
        use crate::session::ClientType;
        match (self, client_type) {
            (Self::All, _) | (_, None) => true,
            (Self::New, Some(client_type)) => client_type == ClientType::New,
            (Self::Returning, Some(client_type)) => client_type == ClientType::Returning,
        }
    }
}

impl Setup {
    /// The type of that id.
    pub fn appointment_type(&self, id: &str) -> Option<&AppointmentType> {
        self.appointment_types.iter().find(|one| one.id.as_str() == id)
    }

    /// The provider of that id.
    pub fn provider(&self, id: &str) -> Option<&Provider> {
        self.providers.iter().find(|one| one.id.as_str() == id)
    }

    /// The room of that id.
    pub fn room(&self, id: &str) -> Option<&Room> {
        self.rooms.iter().find(|one| one.id.as_str() == id)
    }

    /// The providers who take a type of appointment.
    pub fn providers_of<'a>(&'a self, appointment_type: &'a TypeId) -> impl Iterator<Item = &'a Provider> {
        self.providers.iter().filter(move |provider| provider.appointment_types.contains(appointment_type))
    }
}

impl AppointmentType {
    /// Its name in a language, or in the location's own.
    pub fn name_in(&self, language: &str) -> &str {
        self.names.get(language).unwrap_or(&self.name)
    }

    /// Its line of help in a language, or in the location's own.
    pub fn help_in(&self, language: &str) -> Option<&str> {
        self.helps.get(language).or(self.help.as_ref()).map(|help| &**help)
    }
}
