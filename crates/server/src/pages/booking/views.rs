//! The pages of the booking flow as their templates see them.

use askama::Template;

use super::frame::{Frame, Line};

/// Have you been here before?
#[derive(Template)]
#[template(path = "book/client.html")]
pub struct ClientPage {
    pub frame: Frame,
    pub action: String,
}

/// What does your pet need?
#[derive(Template)]
#[template(path = "book/type.html")]
pub struct TypePage {
    pub frame: Frame,
    /// What is to be said first.
    pub told: Option<String>,
    pub kinds: Vec<Kind>,
}

/// A type of appointment.
pub struct Kind {
    pub href: String,
    pub name: String,
    pub help: Option<String>,
    pub minutes: String,
}

/// When suits you?
#[derive(Template)]
#[template(path = "book/time.html")]
pub struct TimePage {
    pub frame: Frame,
    pub title: String,
    /// "Times are in Chicago time."
    pub zone: String,
    /// How a choice is sent: it changes something, or is asked about first.
    pub method: &'static str,
    pub action: String,
    /// What is to be said first.
    pub told: Option<String>,
    /// The times nearest to one that was lost.
    pub nearest: Vec<TimeChoice>,
    /// Whom to look with; empty when there is no choice.
    pub providers: Vec<ProviderChoice>,
    /// With whom it is looked.
    pub provider: String,
    /// Whether somebody was chosen.
    pub filtered: bool,
    /// The first of all.
    pub next: Option<TimeChoice>,
    pub days: Vec<Day>,
    pub later: Option<String>,
    pub first_days: Option<String>,
    /// What is said when there are no times.
    pub none: Option<String>,
    /// Where it is looked with anyone, when nobody is free of who was chosen.
    pub anyone: Option<String>,
    pub jump: Jump,
}

/// A time to choose.
#[derive(Clone)]
pub struct TimeChoice {
    pub id: String,
    /// "9:30 AM"
    pub label: String,
    /// "Tuesday, December 1, 9:30 AM"
    pub aria: String,
    /// Whether it is kept for this visitor.
    pub kept: bool,
}

/// Somebody to look with.
pub struct ProviderChoice {
    pub name: String,
    pub href: String,
    pub current: bool,
}

/// A day with its times.
pub struct Day {
    pub name: String,
    /// "12 times"
    pub count: String,
    pub open: bool,
    pub parts: Vec<Part>,
}

/// Morning, afternoon or evening.
pub struct Part {
    pub name: String,
    pub times: Vec<TimeChoice>,
}

/// The form by which a date is chosen.
pub struct Jump {
    pub action: String,
    pub hidden: Vec<(&'static str, String)>,
    pub min: String,
    pub max: String,
    pub value: String,
    pub error: Option<String>,
}

/// How can we reach you?
#[derive(Template)]
#[template(path = "book/details.html")]
pub struct DetailsPage {
    pub frame: Frame,
    pub action: String,
    pub hidden: Vec<(&'static str, String)>,
    /// What is kept, and until when.
    pub kept: Option<String>,
    pub errors: Vec<FieldError>,
    pub first_name: Field,
    pub last_name: Field,
    pub phone: Field,
    pub email: Field,
    pub pet_name: Field,
    pub breed: Field,
    pub note: Field,
    pub species: Vec<Species>,
    pub species_error: Option<String>,
    pub consent: bool,
    pub consent_error: Option<String>,
}

/// A line of the summary of errors.
pub struct FieldError {
    /// The id of what is to be mended.
    pub anchor: String,
    pub text: String,
}

/// A field of a form.
#[derive(Default)]
pub struct Field {
    pub name: &'static str,
    pub label: String,
    pub kind: &'static str,
    pub value: String,
    pub autocomplete: &'static str,
    pub inputmode: &'static str,
    pub capitals: &'static str,
    pub optional: bool,
    /// Whether it has several lines.
    pub lines: bool,
    pub help: Option<String>,
    pub error: Option<String>,
}

impl Field {
    /// The attributes that say what belongs to it. Made of names of fields only.
    pub fn describe(&self) -> String {
        let mut ids = Vec::new();
        if self.help.is_some() {
            ids.push(format!("{}-help", self.name));
        }
        if self.error.is_some() {
            ids.push(format!("{}-error", self.name));
        }
        let mut attributes = String::new();
        if !ids.is_empty() {
            attributes += &format!(" aria-describedby=\"{}\"", ids.join(" "));
        }
        if self.error.is_some() {
            attributes += " aria-invalid=\"true\"";
        }
        if !self.optional {
            attributes += " required";
        }
        attributes
    }
}

/// A kind of animal.
pub struct Species {
    pub value: &'static str,
    pub name: String,
    pub checked: bool,
}

/// Does this look right?
#[derive(Template)]
#[template(path = "book/confirm.html")]
pub struct ConfirmPage {
    pub frame: Frame,
    pub action: String,
    pub kept: Option<String>,
    pub lines: Vec<ChangeLine>,
    /// Whether the practice has to accept.
    pub asks: bool,
}

/// A line that can be changed.
pub struct ChangeLine {
    pub name: String,
    pub value: String,
    /// Where it is changed.
    pub href: String,
}

/// The appointment: just booked, or seen again.
#[derive(Template)]
#[template(path = "book/appointment.html")]
pub struct AppointmentPage {
    pub frame: Frame,
    pub title: String,
    pub lead: Option<String>,
    /// Whether it takes place, as far as is known.
    pub stands: bool,
    /// Whether the practice has still to answer.
    pub waits: bool,
    pub lines: Vec<Line>,
    pub bring: Option<String>,
    pub calendar: Option<String>,
    pub change: Option<Change>,
    pub again: Option<String>,
    pub note: Option<String>,
}

/// Where an appointment is changed.
pub struct Change {
    pub move_href: String,
    pub cancel_href: String,
}

/// Are you sure?
#[derive(Template)]
#[template(path = "book/ask.html")]
pub struct AskPage {
    pub frame: Frame,
    pub lines: Vec<Line>,
    pub action: String,
    pub hidden: Vec<(&'static str, String)>,
    pub yes: String,
    pub no: String,
    pub no_href: String,
}

/// Something is in the way.
#[derive(Template)]
#[template(path = "book/message.html")]
pub struct MessagePage {
    pub frame: Frame,
    pub lead: String,
    pub way: Option<Way>,
}

/// A way on.
pub struct Way {
    pub label: String,
    pub href: String,
    /// Whether it changes something.
    pub posts: bool,
    pub hidden: Vec<(&'static str, String)>,
}
