//! What a file would change of a location, in words.

use frontdesk_domain::LocationId;
use frontdesk_domain::practice::Setup;
use frontdesk_store::LocationSettings;

use super::facts::{self, Fact};

/// A location's changes.
#[derive(Debug)]
pub struct Difference {
    /// The location.
    pub location: LocationId,
    /// Whether it is new.
    pub is_new: bool,
    /// Each change, in the order of the file's documentation.
    pub changes: Vec<Change>,
}

/// One change.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Change {
    /// What kind.
    pub sign: Sign,
    /// The keys by which a file says it.
    pub path: String,
    /// What is said of it: the value, or the old and the new one.
    pub words: String,
}

/// What kind of change.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Sign {
    /// There was none before.
    Added,
    /// There was another before.
    Changed,
    /// There is none any more.
    Removed,
}

impl Sign {
    /// The sign before a line.
    pub const fn as_char(self) -> char {
        match self {
            Self::Added => '+',
            Self::Changed => '~',
            Self::Removed => '-',
        }
    }
}

impl Difference {
    /// From what is known of a location, when it is, to what a file says.
    pub fn between(
        location: &LocationId,
        known: Option<(&LocationSettings, Option<&Setup>)>,
        file: (&LocationSettings, &Setup),
    ) -> Self {
        let old = known.map(|(settings, setup)| facts::of(settings, setup)).unwrap_or_default();
        let new = facts::of(file.0, Some(file.1));
        Self { location: location.clone(), is_new: known.is_none(), changes: changes(&old, &new) }
    }

    /// Whether nothing would change.
    pub fn is_empty(&self) -> bool {
        self.changes.is_empty()
    }
}

fn changes(old: &[Fact], new: &[Fact]) -> Vec<Change> {
    let mut changes = Vec::new();
    for fact in new {
        match old.iter().find(|known| known.path == fact.path) {
            Some(known) if known.value == fact.value => {}
            Some(known) if is_order(fact) => changes.extend(reordered(known, fact)),
            Some(known) => changes.push(Change {
                sign: Sign::Changed,
                path: fact.path.clone(),
                words: format!("{} -> {}", known.shown, fact.shown),
            }),
            None if is_order(fact) => {}
            None => changes.extend(alone(Sign::Added, fact, old)),
        }
    }
    for fact in old {
        if !is_order(fact) && !new.iter().any(|one| one.path == fact.path) {
            changes.extend(alone(Sign::Removed, fact, new));
        }
    }
    changes
}

/// A fact that the other side has not: of a part that it has not at all, only the name is worth a line.
fn alone(sign: Sign, fact: &Fact, others: &[Fact]) -> Option<Change> {
    let path = match &fact.part {
        Some(part) if !others.iter().any(|other| other.part.as_ref() == Some(part)) => {
            (fact.path == format!("{part}.name")).then(|| part.clone())?
        }
        _ => fact.path.clone(),
    };
    Some(Change { sign, path, words: fact.shown.clone() })
}

/// Whether a fact is the order of parts that have facts of their own.
fn is_order(fact: &Fact) -> bool {
    fact.part.is_none() && matches!(fact.path.as_str(), "rooms" | "providers" | "types")
}

/// Another order of the parts that both have.
fn reordered(known: &Fact, fact: &Fact) -> Option<Change> {
    let split = |fact: &Fact| fact.value.split(", ").map(str::to_owned).collect::<Vec<_>>();
    let (old, new) = (split(known), split(fact));
    let both = |one: &[String], other: &[String]| -> Vec<String> {
        one.iter().filter(|id| other.contains(id)).cloned().collect()
    };
    (both(&old, &new) != both(&new, &old)).then(|| Change {
        sign: Sign::Changed,
        path: fact.path.clone(),
        words: format!("{} -> {}", known.shown, fact.shown),
    })
}
