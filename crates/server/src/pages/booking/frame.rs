//! What every page has: whose it is, how far the visitor is, what has been chosen, in which words.

use frontdesk_domain::session::Stage;
use frontdesk_store::Location;

use super::theme;
use crate::pages::assets::{self, Assets};
use crate::words::{Language, Words};

/// What is around the content of every page.
pub struct Frame {
    /// The visitor's words.
    pub say: Words,
    /// What the page is called.
    pub title: String,
    /// Whose page it is.
    pub practice: Practice,
    /// The style sheet with the practice's colour.
    pub theme: Option<String>,
    /// Scripts and styles.
    pub assets: &'static Assets,
    /// How far the visitor is, as the host page of a frame is told.
    pub stage: Option<&'static str>,
    /// Which of the five steps it is.
    pub step: Option<u8>,
    /// Where "back" leads.
    pub back: Option<String>,
    /// What has been chosen so far.
    pub chosen: Vec<Line>,
    /// The same page in the other languages.
    pub languages: Vec<OtherLanguage>,
    /// Whether it is only looked at.
    pub inert: bool,
    /// The form that takes along what was typed, wherever the visitor goes.
    pub form: Option<&'static str>,
    /// What was typed, for that form.
    pub carried: Vec<(&'static str, String)>,
}

/// The practice, as a visitor sees it.
#[derive(Clone, Default)]
pub struct Practice {
    /// Its name.
    pub name: String,
    /// The first letter of it, where there is no logo.
    pub initial: String,
    /// Where its logo is.
    pub logo: Option<String>,
    /// Its phone number.
    pub phone: Option<Phone>,
    /// Where it is.
    pub address: Option<String>,
    /// Its website.
    pub website: Option<String>,
}

/// A phone number to read and to call.
#[derive(Clone)]
pub struct Phone {
    /// As it is written.
    pub shown: String,
    /// `tel:…`
    pub href: String,
}

/// A line of what was chosen or given.
#[derive(Clone)]
pub struct Line {
    /// What it is.
    pub name: String,
    /// What was chosen.
    pub value: String,
}

/// The page in another language.
pub struct OtherLanguage {
    /// What the language calls itself.
    pub name: &'static str,
    /// Its tag.
    pub tag: &'static str,
    /// The page's address in it.
    pub href: String,
}

impl Frame {
    /// A page of nobody's, in these words.
    pub fn bare(say: Words, title: String) -> Self {
        Self {
            say,
            title,
            practice: Practice::default(),
            theme: None,
            assets: assets::get(),
            stage: None,
            step: None,
            back: None,
            chosen: Vec::new(),
            languages: Vec::new(),
            inert: false,
            form: None,
            carried: Vec::new(),
        }
    }

    /// A page of a location.
    pub fn of(say: Words, location: &Location, title: String) -> Self {
        Self { practice: Practice::of(location), theme: Some(theme::address(location)), ..Self::bare(say, title) }
    }

    /// The same at a step of the flow.
    pub fn at(mut self, stage: Stage) -> Self {
        self.stage = Some(stage.as_str());
        self.step = match stage {
            Stage::Started | Stage::ClientIdentification => Some(1),
            Stage::AppointmentTypeSelection => Some(2),
            Stage::Scheduling => Some(3),
            Stage::Checkout => Some(4),
            Stage::Completed => Some(5),
        };
        self
    }

    /// The same, taking along what was typed.
    pub fn carrying(mut self, typed: Vec<(&'static str, String)>) -> Self {
        self.form = (!typed.is_empty()).then_some("carried");
        self.carried = typed;
        self
    }

    /// The name of the page and the practice's.
    pub fn full_title(&self) -> String {
        if self.practice.name.is_empty() {
            return self.title.clone();
        }
        self.say.with_all("title-page", &[("title", &self.title), ("practice", &self.practice.name)])
    }

    /// "Step 2 of 5: Visit"
    pub fn progress(&self, step: &u8) -> String {
        let name = self.say.text(&format!("step-{step}"));
        self.say.with_all("progress", &[("step", &step.to_string()), ("name", &name)])
    }

    /// What htmx may do: nothing that the security policy would refuse, and nothing kept of what a visitor saw.
    pub const fn htmx(&self) -> &'static str {
        r#"{"includeIndicatorStyles":false,"allowEval":false,"allowScriptTags":false,"selfRequestsOnly":true,"historyCacheSize":0,"refreshOnHistoryMiss":true,"scrollBehavior":"auto","timeout":20000,"responseHandling":[{"code":"204","swap":false},{"code":"...","swap":true}]}"#
    }
}

impl Practice {
    fn of(location: &Location) -> Self {
        let name = location.settings.name.clone();
        let initial = name.chars().find(|one| one.is_alphanumeric());
        let face = location.booking.as_ref().map(|booking| &booking.setup.face);
        let text = |text: &Option<Box<str>>| text.as_deref().map(str::to_owned);
        Self {
            initial: initial.map(|one| one.to_uppercase().to_string()).unwrap_or_default(),
            logo: theme::logo_address(location),
            phone: face.and_then(|face| face.phone.as_deref()).map(Phone::new),
            address: face.and_then(|face| text(&face.address)),
            // Whoever writes the set-up file chooses the link; a page for visitors follows only what is a website.
            website: face
                .and_then(|face| text(&face.website))
                .filter(|website| ["https://", "http://"].iter().any(|start| website.starts_with(start))),
            name,
        }
    }
}

impl Phone {
    /// A number as the practice writes it.
    pub fn new(shown: &str) -> Self {
        let digits: String = shown.chars().filter(|one| one.is_ascii_digit() || *one == '+').collect();
        Self { shown: shown.replace(' ', "\u{a0}").replace('-', "\u{2011}"), href: format!("tel:{digits}") }
    }
}

impl Line {
    /// A line.
    pub fn new(name: String, value: impl Into<String>) -> Self {
        Self { name, value: value.into() }
    }
}

impl OtherLanguage {
    /// The page in every other language; `href` gives its address.
    pub fn besides(language: Language, href: impl Fn(Language) -> String) -> Vec<Self> {
        let others = Language::ALL.into_iter().filter(|other| *other != language);
        others.map(|other| Self { name: other.name(), tag: other.tag(), href: href(other) }).collect()
    }
}
