//! What a file would change of a location, in words.

use std::collections::{HashMap, HashSet};

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
    let by_path = |facts: &'_ [Fact]| -> HashMap<String, usize> {
        facts.iter().enumerate().map(|(index, fact)| (fact.path.clone(), index)).collect()
    };
    let parts = |facts: &[Fact]| -> HashSet<String> { facts.iter().filter_map(|fact| fact.part.clone()).collect() };
    let (old_paths, new_paths) = (by_path(old), by_path(new));
    let (old_parts, new_parts) = (parts(old), parts(new));
    let known = |fact: &Fact| old_paths.get(&fact.path).map(|index| &old[*index]);
    let mut changes = Vec::new();
    for fact in in_order(old, new, &new_paths) {
        match (known(fact), new_paths.contains_key(&fact.path)) {
            (Some(known), true) if known.value == fact.value => {}
            (Some(known), true) if is_order(fact) => changes.extend(reordered(known, fact)),
            (Some(known), true) => changes.push(changed(known, fact)),
            _ if is_order(fact) => {}
            (None, _) => changes.extend(alone(Sign::Added, fact, &old_parts)),
            (Some(_), false) => changes.extend(alone(Sign::Removed, fact, &new_parts)),
        }
    }
    changes
}

/// The new facts, and each old one that is no more behind the one that it used to follow.
fn in_order<'a>(old: &'a [Fact], new: &'a [Fact], new_paths: &HashMap<String, usize>) -> Vec<&'a Fact> {
    let mut gone: HashMap<Option<usize>, Vec<&Fact>> = HashMap::new();
    let mut last = None;
    for fact in old {
        match new_paths.get(&fact.path) {
            Some(index) => last = Some(*index),
            None => gone.entry(last).or_default().push(fact),
        }
    }
    let mut merged = gone.remove(&None).unwrap_or_default();
    for (index, fact) in new.iter().enumerate() {
        merged.push(fact);
        merged.extend(gone.remove(&Some(index)).unwrap_or_default());
    }
    merged
}

fn changed(known: &Fact, fact: &Fact) -> Change {
    let words = format!("{} -> {}", known.shown, fact.shown);
    Change { sign: Sign::Changed, path: fact.path.clone(), words }
}

/// A fact that the other side has not: of a part that it has not at all, only the name is worth a line.
fn alone(sign: Sign, fact: &Fact, others: &HashSet<String>) -> Option<Change> {
    let path = match &fact.part {
        Some(part) if !others.contains(part) => (fact.path == format!("{part}.name")).then(|| part.clone())?,
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
    (both(&old, &new) != both(&new, &old)).then(|| changed(known, fact))
}

#[cfg(test)]
mod tests {
    use super::Difference;
    use crate::practice_file::{EXAMPLE, parse};

    /// What the example changes when some of its words are others, as lines.
    fn changes(from: &str, to: &str) -> Vec<String> {
        let read = |text: &str| parse(text, "practice.toml", None).unwrap_or_else(|wrong| panic!("{wrong}")).remove(0);
        let (old, new) = (read(EXAMPLE), read(&EXAMPLE.replace(from, to)));
        let known = Some((&old.settings, Some(&old.setup)));
        let difference = Difference::between(&old.id, known, (&new.settings, &new.setup));
        let lines = difference.changes.iter();
        lines.map(|change| format!("{} {}: {}", change.sign.as_char(), change.path, change.words)).collect()
    }

    #[test]
    fn a_change_is_told_by_the_keys_of_the_file() {
        let cases: &[(&str, &str, &[&str])] = &[
            ("", "", &[]),
            ("# hold = \"10m\"", "hold = \"5m\"", &["~ hold: 10m -> 5m"]),
            ("clients = \"returning\"", "clients = \"new\"", &["~ types.recheck.clients: returning -> new"]),
            (
                "names.es = \"Control\"",
                "names.pt = \"Retorno\"",
                &["- types.recheck.names.es: Control", "+ types.recheck.names.pt: Retorno"],
            ),
            (
                "\"2026-12-21..2027-01-02\" = \"Holiday\"",
                "2026-12-21 = \"\"",
                &[
                    "- providers.lee.time_off.2026-12-21..2027-01-02: Holiday",
                    "+ providers.lee.time_off.2026-12-21: away",
                ],
            ),
            (
                "exam-2",
                "exam-9",
                &[
                    "- rooms.exam-2: Exam room 2",
                    "+ rooms.exam-9: Exam room 2",
                    "~ providers.lee.rooms: exam-1, exam-2 -> exam-1, exam-9",
                    "~ providers.patel.rooms: exam-1, exam-2 -> exam-1, exam-9",
                ],
            ),
            ("rooms = []", "", &["~ providers.rivera.rooms: none -> exam-1, exam-2"]),
        ];
        for (from, to, told) in cases {
            assert_eq!(changes(from, to), *told, "{from}");
        }
    }

    #[test]
    fn another_order_is_told_only_of_what_stays() {
        let nails = EXAMPLE.find("[types.nails]").expect("the last type");
        let first = EXAMPLE.find("[types.checkup]").expect("the first type");
        let (types, nails) = (&EXAMPLE[first..nails], &EXAMPLE[nails..]);
        assert_eq!(
            changes(&format!("{types}{nails}"), &format!("{nails}\n{types}")),
            ["~ types: checkup, sick, recheck, nails -> nails, checkup, sick, recheck"]
        );
    }
}
