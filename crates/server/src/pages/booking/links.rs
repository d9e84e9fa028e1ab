//! The addresses of the flow. What has been chosen stands in them, so that every step can be reloaded, and gone back to.

use frontdesk_domain::LocationId;

use crate::pages::escape;
use crate::words::Language;

/// Where in the flow a visitor is, as far as the address says.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Place {
    /// The type of appointment.
    pub kind: Option<String>,
    /// With whom; none: with anybody.
    pub provider: Option<String>,
    /// The day from which times are looked at.
    pub from: Option<String>,
}

impl Place {
    /// The same looking from another day.
    pub fn starting(&self, from: Option<String>) -> Self {
        Self { from, ..self.clone() }
    }

    /// The parts that are there, by their names in addresses and forms.
    pub fn parts(&self) -> Vec<(&'static str, String)> {
        let parts = [("type", &self.kind), ("provider", &self.provider), ("from", &self.from)];
        parts.into_iter().filter_map(|(name, value)| Some((name, value.clone()?))).collect()
    }
}

/// The addresses of one visitor's session, or of one appointment.
#[derive(Clone, Debug)]
pub struct Links {
    base: String,
    language: Option<Language>,
}

impl Links {
    /// Those of a session with its page key.
    pub fn of_session(location: &LocationId, session: &str, key: &str, language: Option<Language>) -> Self {
        Self { base: format!("/book/{}/{}.{key}", escape(location.as_str()), escape(session)), language }
    }

    /// Those of an appointment with its key.
    pub fn of_appointment(location: &LocationId, appointment: &str, key: &str, language: Option<Language>) -> Self {
        let (location, appointment) = (escape(location.as_str()), escape(appointment));
        Self { base: format!("/book/{location}/appointment/{appointment}.{key}"), language }
    }

    /// The same in a language that the visitor has chosen.
    pub fn speaking(&self, language: Language) -> Self {
        Self { base: self.base.clone(), language: Some(language) }
    }

    /// The address of a step, `""` being the first.
    pub fn to(&self, step: &str, place: &Place) -> String {
        self.with(step, &place.parts())
    }

    /// The address of a step with these parts of a query.
    pub fn with(&self, step: &str, parts: &[(&str, String)]) -> String {
        let language = self.language.map(|language| format!(".{}", language.tag())).unwrap_or_default();
        let slash = if step.is_empty() { "" } else { "/" };
        let mut address = format!("{}{language}{slash}{step}", self.base);
        for (index, (name, value)) in parts.iter().enumerate() {
            address.push(if index == 0 { '?' } else { '&' });
            address.push_str(name);
            address.push('=');
            address.push_str(&escape(value));
        }
        address
    }
}

/// The address of a location's page.
pub fn start(location: &LocationId) -> String {
    format!("/book/{}", escape(location.as_str()))
}

/// The parts of `id.key` or `id.key.language`. An id may have dots of its own.
pub fn take_apart(text: &str) -> Option<(&str, &str, Option<Language>)> {
    let (rest, last) = text.rsplit_once('.')?;
    match Language::ALL.into_iter().find(|language| language.tag() == last) {
        Some(language) => rest.rsplit_once('.').map(|(id, key)| (id, key, Some(language))),
        None => Some((rest, last, None)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_says_where_and_in_which_language() {
        let links = Links::of_session(&"a b/c".parse().unwrap(), "S.1", "key", None);
        let place = Place { kind: Some("x&y".into()), provider: None, from: Some("2026-12-01".into()) };
        assert_eq!(links.to("time", &place), "/book/a%20b%2Fc/S.1.key/time?type=x%26y&from=2026-12-01");
        assert_eq!(links.speaking(Language::Spanish).to("", &Place::default()), "/book/a%20b%2Fc/S.1.key.es");
        assert_eq!(take_apart("S.1.key.es"), Some(("S.1", "key", Some(Language::Spanish))));
        assert_eq!(take_apart("S.1.key"), Some(("S.1", "key", None)));
        assert_eq!(take_apart("es"), None);
    }
}
