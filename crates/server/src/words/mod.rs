//! The words of pages and mails in the visitor's language, from the catalogues in `locales/` (Project Fluent).

mod dates;
mod negotiate;

use std::sync::LazyLock;

use fluent_bundle::concurrent::FluentBundle;
use fluent_bundle::{FluentArgs, FluentResource};
use unic_langid::LanguageIdentifier;

/// A language that there is a catalogue for.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Language {
    /// English.
    English,
    /// Spanish.
    Spanish,
}

impl Language {
    /// Every language.
    pub const ALL: [Self; 2] = [Self::English, Self::Spanish];

    /// Its tag (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
        }
    }

    /// What it calls itself.
    pub const fn name(self) -> &'static str {
        match self {
            Self::English => "English",
            Self::Spanish => "Espa\u{f1}ol",
        }
    }

    /// The language of a tag, whatever its region: `es-MX` is Spanish.
    pub fn of(tag: &str) -> Option<Self> {
        let primary = tag.split(['-', '_']).next().unwrap_or_default();
        Self::ALL.into_iter().find(|language| language.tag().eq_ignore_ascii_case(primary))
    }

    const fn source(self) -> &'static str {
        match self {
            Self::English => include_str!("../../locales/en.ftl"),
            Self::Spanish => include_str!("../../locales/es.ftl"),
        }
    }

    fn catalogue(self) -> &'static FluentBundle<FluentResource> {
        static CATALOGUES: LazyLock<[FluentBundle<FluentResource>; 2]> =
            LazyLock::new(|| Language::ALL.map(Language::load));
        match self {
            Self::English => &CATALOGUES[0],
            Self::Spanish => &CATALOGUES[1],
        }
    }

    fn load(self) -> FluentBundle<FluentResource> {
        let language: LanguageIdentifier = self.tag().parse().expect("cannot fail: the tests read every tag");
        let resource = FluentResource::try_new(self.source().to_owned())
            .map_err(|(_, wrong)| wrong)
            .expect("cannot fail: the tests read every catalogue");
        let mut bundle = FluentBundle::new_concurrent(vec![language]);
        // Names and numbers stand in texts of the same direction; the marks would be copied with them.
        bundle.set_use_isolating(false);
        bundle.add_resource(resource).expect("cannot fail: the tests read every catalogue");
        bundle
    }
}

/// The words of one visitor.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Words {
    /// In which language.
    pub language: Language,
    /// Whether hours are counted to twelve.
    pub twelve_hours: bool,
}

impl Words {
    /// The text of a message.
    pub fn text(&self, key: &str) -> String {
        self.format(key, None)
    }

    /// The text of a message with one argument.
    pub fn with(&self, key: &str, name: &str, value: &str) -> String {
        self.with_all(key, &[(name, value)])
    }

    /// The text of a message with arguments.
    pub fn with_all(&self, key: &str, values: &[(&str, &str)]) -> String {
        let mut arguments = FluentArgs::new();
        for (name, value) in values {
            arguments.set(*name, *value);
        }
        self.format(key, Some(&arguments))
    }

    /// The text of a message with a number, by which it may choose its form.
    pub fn count(&self, key: &str, count: usize) -> String {
        let mut arguments = FluentArgs::new();
        arguments.set("count", count);
        self.format(key, Some(&arguments))
    }

    /// A message that is missing shows its key: the tests look for every key that is used.
    fn format(&self, key: &str, arguments: Option<&FluentArgs<'_>>) -> String {
        let catalogue = self.language.catalogue();
        let Some(pattern) = catalogue.get_message(key).and_then(|message| message.value()) else {
            return key.to_owned();
        };
        let mut wrong = Vec::new();
        catalogue.format_pattern(pattern, arguments, &mut wrong).into_owned()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::path::Path;

    use super::*;

    /// The messages of a catalogue with the arguments that each names.
    fn messages(language: Language) -> BTreeMap<String, Vec<String>> {
        let mut messages = BTreeMap::<String, Vec<String>>::new();
        let mut key = String::new();
        for line in language.source().lines().filter(|line| !line.starts_with('#') && !line.trim().is_empty()) {
            if let Some((name, _)) = line.split_once(" = ").filter(|_| !line.starts_with([' ', '}'])) {
                key = name.to_owned();
                assert!(!messages.contains_key(&key), "{key} is there twice");
            }
            let arguments = messages.entry(key.clone()).or_default();
            for (index, _) in line.match_indices('$') {
                let name = line[index + 1..].split(|one: char| !one.is_ascii_alphanumeric()).next().unwrap();
                arguments.push(name.to_owned());
            }
            arguments.sort();
            arguments.dedup();
        }
        messages
    }

    /// Every file of templates and of the server's own code.
    fn sources(folder: &Path, found: &mut Vec<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, found);
            } else if path.extension().is_some_and(|end| end == "rs" || end == "html") {
                found.push(std::fs::read_to_string(path).unwrap());
            }
        }
    }

    #[test]
    fn the_catalogues_have_the_same_messages_with_the_same_arguments() {
        assert_eq!(messages(Language::English), messages(Language::Spanish));
    }

    #[test]
    fn every_message_is_used() {
        let mut found = Vec::new();
        for folder in ["src", "templates"] {
            sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
        }
        let made = ["weekday-", "month-", "step-"];
        for key in messages(Language::English).into_keys() {
            let quoted = format!("\"{key}\"");
            let used =
                made.iter().any(|start| key.starts_with(start)) || found.iter().any(|text| text.contains(&quoted));
            assert!(used, "{key} is never said");
        }
    }

    #[test]
    fn every_message_that_is_used_exists() {
        let known = messages(Language::English);
        let mut found = Vec::new();
        for folder in ["src/pages", "templates/book", "src/words"] {
            sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join(folder), &mut found);
        }
        for call in ["say.text(\"", "say.with(\"", "say.with_all(\"", "say.count(\""] {
            for rest in found.iter().flat_map(|text| text.split(call).skip(1)) {
                let key = rest.split('"').next().unwrap();
                assert!(known.contains_key(key), "{key} is not in the catalogues");
            }
        }
    }

    #[test]
    fn words_keep_to_the_tone() {
        for language in Language::ALL {
            let text = language.source().lines().filter(|line| !line.starts_with('#'));
            for line in text {
                assert!(!line.contains(['!', '\u{a1}', '\'', '"']), "{line}");
                for word in ["slot", "session", "PIMS", "sesi\u{f3}n"] {
                    assert!(!line.split(" = ").nth(1).unwrap_or_default().contains(word), "{line}");
                }
            }
        }
    }

    #[test]
    fn numbers_choose_their_form() {
        let say = Words { language: Language::English, twelve_hours: true };
        assert_eq!([say.count("time-count", 1), say.count("time-count", 3)], ["1 time", "3 times"]);
    }
}
