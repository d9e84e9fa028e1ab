//! Every key of a practice's file: what it takes, what stands when it is left out, and what it means. Reading, the schema
//! for editors and the documentation come from here.

use frontdesk_domain::appointment::{normal_email, normal_phone};
use frontdesk_domain::practice::Colour;
use frontdesk_domain::text;

use crate::settings;

use Absent::{Means, None as Nothing, Required, Value};
use Takes::{Choice, Closures, Days, Flag, Ids, Length, Tables, Text, Texts, TimeOff, Translations, Week};

/// A table of keys.
pub struct Table {
    /// What it describes: "a provider".
    pub of: &'static str,
    /// Its keys, in the order in which they are documented.
    pub keys: &'static [Key],
}

/// A key of a table.
pub struct Key {
    /// Its name.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What stands when it is left out.
    pub default: Absent,
    /// What it means.
    pub meaning: &'static str,
    /// Other names that people try.
    pub also: &'static [&'static str],
}

/// What it means that a key is left out.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Absent {
    /// It must not be.
    Required,
    /// There is none of it.
    None,
    /// This value stands, as it would be written.
    Value(&'static str),
    /// What these words say.
    Means(&'static str),
}

/// What a key takes.
pub enum Takes {
    /// A text of a kind.
    Text(&'static Kind),
    /// A list of texts of a kind.
    Texts(&'static Kind),
    /// Texts of a kind by languages.
    Translations(&'static Kind),
    /// One of these texts.
    Choice(&'static [&'static str]),
    /// `true` or `false`.
    Flag,
    /// A length of time, in minutes from the first to the second.
    Length(u32, u32),
    /// A number of days, at most so many.
    Days(u16),
    /// Hours by weekday.
    Week,
    /// Days with a reason each.
    Closures,
    /// Days or times with a reason each.
    TimeOff,
    /// A list of ids of rooms or of types.
    Ids,
    /// Tables by id.
    Tables(&'static Table),
}

/// A kind of text.
pub struct Kind {
    /// What it is called, with its article.
    pub name: &'static str,
    /// Reads it; the error says what it takes.
    pub read: fn(&str) -> Result<String, String>,
    /// A regular expression (ECMA 262) that all of them match, for editors.
    pub pattern: &'static str,
    /// One of them; empty when nobody needs one.
    pub example: &'static str,
}

static NAME: Kind = Kind { name: "a text", read: settings::name, pattern: r"\S", example: "" };
static LINE: Kind = Kind { name: "a text", read: |text| prose(text, 500), pattern: r"\S", example: "" };
static ZONE: Kind =
    Kind { name: "a time zone", read: settings::time_zone, pattern: "^[A-Za-z]", example: "America/Chicago" };
static TIME_TO_LIVE: Kind = Kind {
    name: "a length of time",
    read: |text| settings::time_to_live(text).map(|_| text.to_owned()),
    pattern: "^(P|[0-9])",
    example: "30m",
};
static ORIGIN: Kind = Kind {
    name: "a website's origin",
    read: settings::origin,
    pattern: "^[Hh][Tt][Tt][Pp][Ss]?://",
    example: "https://paws.example",
};
static COLOUR: Kind = Kind { name: "a colour", read: colour, pattern: "^#[0-9A-Fa-f]{6}$", example: "#0f766e" };
static LOGO: Kind =
    Kind { name: "the name of a file", read: |text| prose(text, 500), pattern: r"\S", example: "logo.png" };
static PHONE: Kind = Kind {
    name: "a phone number",
    read: |text| normal_phone(text, "1").map(|_| text.trim().to_owned()).map_err(|wrong| wrong.to_string()),
    pattern: "[0-9]",
    example: "512 555 0100",
};
static CALLING_CODE: Kind =
    Kind { name: "a calling code", read: calling_code, pattern: r"^\+?[1-9][0-9]{0,2}$", example: "34" };
static EMAIL: Kind = Kind {
    name: "an email address",
    read: |text| normal_email(text).map(|_| text.trim().to_owned()).map_err(|wrong| wrong.to_string()),
    pattern: "@",
    example: "front@paws.example",
};
static WEBSITE: Kind =
    Kind { name: "a web address", read: website, pattern: "^https?://", example: "https://paws.example" };
static LANGUAGE: Kind =
    Kind { name: "a language", read: language, pattern: "^[a-z]{2,3}(-[A-Za-z0-9]{2,8})*$", example: "es" };

/// Four weeks in minutes.
const FOUR_WEEKS: u32 = 28 * 24 * 60;
/// Half a day in minutes.
const HALF_DAY: u32 = 12 * 60;

/// What stands at the top of a file besides what stands in a location.
pub static FILE: Table = Table {
    of: "the file",
    keys: &[key(
        "locations",
        Tables(&LOCATION),
        Required,
        "The sites of the practice, by the ids that partners send as `X-Client-Id`",
    )
    .also(&["location", "practice", "practices"])],
};

/// A key that goes by no other name.
const fn key(name: &'static str, takes: Takes, default: Absent, meaning: &'static str) -> Key {
    Key { name, takes, default, meaning, also: &[] }
}

impl Key {
    /// The same key, with other names that people try.
    const fn also(self, also: &'static [&'static str]) -> Self {
        Self { also, ..self }
    }
}

/// A location; all of its keys may stand at the top of the file as well, for all locations.
pub static LOCATION: Table = Table {
    of: "a location",
    keys: &[
        key("name", Text(&NAME), Required, "The name that people know it by"),
        key("time_zone", Text(&ZONE), Required, "Its IANA time zone").also(&["timezone", "tz", "zone"]),
        key("opening", Week, Required, "When it is open").also(&["hours", "opening_hours", "open"]),
        key("closures", Closures, Nothing, "Days on which it is closed all the same, with the reason")
            .also(&["closed", "holidays"]),
        key(
            "slot_grid",
            Length(1, 240),
            Value("15m"),
            "Appointments begin at multiples of this since midnight; divides a day",
        )
        .also(&["grid", "slot_length"]),
        key("minimum_notice", Length(0, FOUR_WEEKS), Value("2h"), "The least time between now and an appointment")
            .also(&["notice"]),
        key("book_ahead", Days(366), Value("60d"), "How far ahead can be booked; `0d` is today only")
            .also(&["horizon", "how_far_ahead"]),
        key("hold", Length(1, 60), Value("10m"), "How long a chosen time is kept for a visitor").also(&["hold_time"]),
        key(
            "auto_accept",
            Flag,
            Value("true"),
            "Whether an appointment stands once it is booked, or waits for the practice to accept it",
        )
        .also(&["accept"]),
        key(
            "change_notice",
            Length(0, FOUR_WEEKS),
            Value("24h"),
            "The least time before an appointment at which visitors may still cancel or move it",
        )
        .also(&["cancel_notice"]),
        key(
            "session_ttl",
            Text(&TIME_TO_LIVE),
            Value("30m"),
            "How long a booking session lives beyond the visitor's last action; up to seven days",
        )
        .also(&["ttl", "time_to_live"]),
        key("origins", Texts(&ORIGIN), Nothing, "Websites whose pages may report sessions and embed the booking page")
            .also(&["origin", "allowed_origins"]),
        key("colour", Text(&COLOUR), Nothing, "The accent colour of its pages").also(&["color", "accent"]),
        key("logo", Text(&LOGO), Nothing, "A picture beside the file: PNG, JPEG, WebP or SVG, at most 32 KB"),
        key("phone", Text(&PHONE), Nothing, "Its phone number, as it is shown and called").also(&["telephone", "tel"]),
        key(
            "calling_code",
            Text(&CALLING_CODE),
            Value("1"),
            "The calling code of its country, for phone numbers that are given without one",
        )
        .also(&["country_code"]),
        key("email", Text(&EMAIL), Nothing, "Where mail to it goes, and answers to its mails").also(&["mail"]),
        key("address", Text(&LINE), Nothing, "Its postal address, in one line"),
        key("website", Text(&WEBSITE), Nothing, "Its website").also(&["url", "homepage"]),
        key("bring", Text(&LINE), Nothing, "What clients should bring"),
        key(
            "language",
            Text(&LANGUAGE),
            Nothing,
            "Its own language (BCP 47), for visitors whose language is none of the page's",
        )
        .also(&["lang", "locale"]),
        key("rooms", Tables(&ROOM), Nothing, "Where appointments take place, by id").also(&["room"]),
        key("providers", Tables(&PROVIDER), Nothing, "Who sees patients, by id")
            .also(&["provider", "staff", "doctors"]),
        key("types", Tables(&TYPE), Nothing, "What can be booked, by id, in the order in which it is offered").also(&[
            "type",
            "appointment_types",
            "services",
        ]),
    ],
};

/// A room.
pub static ROOM: Table = Table {
    of: "a room",
    keys: &[
        key("name", Text(&NAME), Required, "Its name"),
        key("description", Text(&LINE), Nothing, "What it is, in the practice's words"),
    ],
};

/// A provider.
pub static PROVIDER: Table = Table {
    of: "a provider",
    keys: &[
        key("name", Text(&NAME), Required, "Their name, as visitors know it"),
        key("types", Ids, Means("all types"), "The types of appointment that they take")
            .also(&["appointment_types", "services"]),
        key(
            "rooms",
            Ids,
            Means("all rooms"),
            "The rooms that they work in, the preferred one first; `[]`: they need none",
        )
        .also(&["room"]),
        key(
            "hours",
            Week,
            Means("the opening hours"),
            "When they work; what lies outside the opening hours is not offered",
        )
        .also(&["opening", "working_hours"]),
        key("time_off", TimeOff, Nothing, "When they are away all the same, with the reason, which visitors never see")
            .also(&["away", "vacation", "absences"]),
    ],
};

/// A type of appointment.
pub static TYPE: Table = Table {
    of: "a type of appointment",
    keys: &[
        key("name", Text(&NAME), Required, "Its name, in the location's own language"),
        key("names", Translations(&NAME), Nothing, "Its name in other languages: `names.es = \"Revisión\"`")
            .also(&["translations"]),
        key("help", Text(&LINE), Nothing, "A line of help for who chooses").also(&["description"]),
        key("helps", Translations(&LINE), Nothing, "That line in other languages: `helps.es`"),
        key("category", Choice(&["wellness", "sick", "technician", "recheck"]), Required, "Its category for partners")
            .also(&["kind"]),
        key("duration", Length(1, HALF_DAY), Required, "How long it takes").also(&["length", "minutes"]),
        key(
            "buffer_before",
            Length(0, HALF_DAY),
            Value("0m"),
            "What the provider and the room need before it; may lie outside the hours",
        ),
        key("buffer_after", Length(0, HALF_DAY), Value("0m"), "What they need after it; may lie outside the hours")
            .also(&["buffer"]),
        key("clients", Choice(&["all", "new", "returning"]), Value("all"), "Whom it is for")
            .also(&["for", "client_type"]),
    ],
};

/// The weekdays as they are written, Monday first.
pub const WEEKDAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

impl Takes {
    /// What it takes, in words.
    pub fn in_words(&self) -> String {
        let kind = |kind: &Kind| match kind.example {
            "" => kind.name.to_owned(),
            example => format!("{} such as \"{example}\"", kind.name),
        };
        match self {
            Self::Text(one) => kind(one),
            Self::Texts(one) => format!("a list, each {}", kind(one)),
            Self::Translations(_) => "texts by language".to_owned(),
            Self::Choice(words) => either(words),
            Self::Flag => "true or false".to_owned(),
            Self::Length(..) => "a length of time such as \"30m\" or \"2h\"".to_owned(),
            Self::Days(_) => "a number of days or weeks such as \"60d\" or \"8w\"".to_owned(),
            Self::Week => "hours by weekday, such as weekdays = \"08:00-18:00\"".to_owned(),
            Self::Closures => "days with their reasons, such as 2026-12-25 = \"Christmas\"".to_owned(),
            Self::TimeOff => "days or times with their reasons, such as 2026-12-25 = \"Skiing\"".to_owned(),
            Self::Ids => "a list of ids".to_owned(),
            Self::Tables(table) => format!("a table for each, with the keys of {}", table.of),
        }
    }
}

/// `wellness, sick or recheck`
pub fn either(words: &[&str]) -> String {
    match words {
        [several @ .., last] if !several.is_empty() => format!("{} or {last}", several.join(", ")),
        words => words.concat(),
    }
}

impl Table {
    /// The key of that name.
    pub fn key(&self, name: &str) -> Option<&'static Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

fn prose(text: &str, most: usize) -> Result<String, String> {
    match text::optional(text, most) {
        Ok(Some(text)) => Ok(text.into()),
        Ok(None) => Err("takes a text; leave it out for none".to_owned()),
        Err(wrong) => Err(wrong.to_string()),
    }
}

fn colour(text: &str) -> Result<String, String> {
    Colour::parse(text).map(|colour| colour.to_string()).map_err(|wrong| wrong.to_string())
}

fn calling_code(text: &str) -> Result<String, String> {
    let digits = text.strip_prefix('+').unwrap_or(text);
    let sound = (1..=3).contains(&digits.len())
        && digits.bytes().all(|one| one.is_ascii_digit())
        && digits.as_bytes()[0] != b'0';
    if sound {
        Ok(digits.to_owned())
    } else {
        Err("takes a country's calling code, such as \"1\" or \"34\"".to_owned())
    }
}

fn website(text: &str) -> Result<String, String> {
    let sound = text.parse::<axum::http::Uri>().is_ok_and(|uri| {
        matches!(uri.scheme_str(), Some("http" | "https")) && uri.host().is_some_and(|host| !host.is_empty())
    });
    if sound {
        prose(text, 500)
    } else {
        Err("takes the address of a website, such as \"https://paws.example\"".to_owned())
    }
}

/// A language tag (BCP 47, in short): `es`, `pt-BR`.
pub fn language(text: &str) -> Result<String, String> {
    let mut parts = text.split('-');
    let first = parts.next().unwrap_or_default();
    let sound = (2..=3).contains(&first.len())
        && first.bytes().all(|one| one.is_ascii_lowercase())
        && parts.all(|part| (2..=8).contains(&part.len()) && part.bytes().all(|one| one.is_ascii_alphanumeric()));
    if sound { Ok(text.to_owned()) } else { Err("takes a language such as \"en\" or \"es\"".to_owned()) }
}
