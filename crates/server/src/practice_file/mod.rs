//! A practice's set-up as a file: `frontdesk apply practice.toml`. Every mistake in it is told with its line, all at once.

mod build;
mod difference;
mod draft;
mod facts;
mod keys;
mod logo;
mod mistakes;
mod schema;
mod section;
mod when;

#[cfg(test)]
mod documentation;
#[cfg(test)]
mod tests;

/// A practice's file with every key that most need, to begin with; applies as it is.
pub const EXAMPLE: &str = include_str!("example.toml");

use std::path::Path;

use frontdesk_domain::LocationId;
use frontdesk_domain::practice::Setup;
use frontdesk_store::LocationSettings;
use toml::de::DeTable;

pub use difference::{Difference, Sign};
pub use mistakes::Mistakes;
pub use schema::schema;

use draft::Draft;
use mistakes::Notes;
use section::Section;

/// A location as a file describes it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct LocationFile {
    /// Its id.
    pub id: LocationId,
    /// What is set of it also when it takes no bookings.
    pub settings: LocationSettings,
    /// How it is set up for booking; sound as a whole.
    pub setup: Setup,
}

/// Reads a practice's file, in the order of its locations. `name` is what mistakes call it, and `folder` is where it lies:
/// logos are read from there.
///
/// # Errors
/// Everything that is wrong with it.
pub fn parse(text: &str, name: &str, folder: Option<&Path>) -> Result<Vec<LocationFile>, Mistakes> {
    let notes = Notes::default();
    let (root, broken) = DeTable::parse_recoverable(text);
    for error in broken {
        notes.syntax(error.span().unwrap_or(text.len()..text.len()), error.message());
    }
    let sections = Section::file(&root, &[&keys::FILE, &keys::LOCATION], &notes);
    let [file, top] = &sections[..] else { unreachable!("a section for each of two tables") };
    let top = Draft::read(top, &notes);
    let mut drafts = Vec::new();
    for (id, section) in file.tables("locations") {
        let own = Draft::read(&section, &notes);
        match LocationId::parse(id.value) {
            Ok(id) => drafts.push((id, section, own)),
            Err(wrong) => notes.wrong(&id.spot, format!("as an id {wrong}")),
        }
    }
    if drafts.is_empty() {
        notes.unfit(&file.spot, "the file has no location; it takes a table for each, such as [locations.paws-austin]");
    }
    let locations = build::locations(drafts, &top, folder, &notes);
    if notes.is_empty() { Ok(locations) } else { Err(notes.told(text, name)) }
}

/// What holds for any text: it is refused with mistakes that each have their line, or is a set-up that is sound and differs in
/// nothing from itself.
#[cfg(any(test, fuzzing))]
pub fn assert_told_or_sound(text: &str) {
    match parse(text, "practice.toml", None) {
        Err(mistakes) => {
            let told = mistakes.to_string();
            let lines = told.lines().filter(|line| line.starts_with("practice.toml:")).count();
            assert!(mistakes.count() > 0 && lines >= mistakes.count(), "{told}");
        }
        Ok(locations) => {
            for location in locations {
                assert_eq!(location.setup.problems(), []);
                let itself = (&location.settings, &location.setup);
                let known = Some((&location.settings, Some(&location.setup)));
                assert!(Difference::between(&location.id, known, itself).is_empty());
            }
        }
    }
}
