//! A table of the file while it is read: its keys are those of its description, and what is wrong with one is noted without
//! hiding the next.

use std::collections::HashSet;
use std::hash::Hash;

use frontdesk_domain::practice::Hours;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

use super::keys::{Absent, Key, Table, Takes, WEEKDAYS, either};
use super::mistakes::{Found, Notes, Spot};
use super::when;

/// A table that is being read.
pub struct Section<'a> {
    /// Where its header stands.
    pub spot: Spot,
    table: &'static Table,
    entries: Vec<Entry<'a>>,
    notes: &'a Notes,
}

/// A key with its value.
struct Entry<'a> {
    name: &'a str,
    key: Spot,
    value: &'a DeValue<'a>,
    spot: Spot,
}

/// Hours by weekday, and where each day's stand; none of a day that is not named.
pub type Days = [Option<Found<Vec<Hours>>>; 7];

impl<'a> Section<'a> {
    /// The whole file; its keys are those of its tables together.
    pub fn file(root: &'a Spanned<DeTable<'a>>, tables: &[&'static Table], notes: &'a Notes) -> Vec<Self> {
        let spot = Spot { span: 0..0, path: String::new() };
        let entries = || entries(root.get_ref(), &spot.path);
        for entry in entries() {
            if !tables.iter().any(|table| table.key(entry.name).is_some()) {
                notes.wrong(&entry.key, unknown(entry.name, tables));
            }
        }
        let section = |table: &&'static Table| Section { spot: spot.clone(), table, entries: entries(), notes };
        tables.iter().map(section).collect()
    }

    fn new(spot: Spot, content: &'a DeTable<'a>, table: &'static Table, notes: &'a Notes) -> Self {
        let entries = entries(content, &spot.path);
        for entry in &entries {
            if table.key(entry.name).is_none() {
                notes.wrong(&entry.key, unknown(entry.name, &[table]));
            }
        }
        Self { spot, table, entries, notes }
    }

    fn key(&self, name: &str) -> &'static Key {
        self.table.key(name).expect("cannot fail: what is read is described, as the tests of the example show")
    }

    fn entry(&self, name: &str) -> Option<&Entry<'a>> {
        self.entries.iter().find(|entry| entry.name == name)
    }

    /// Whether the key is there at all.
    pub fn has(&self, name: &str) -> bool {
        self.entry(name).is_some()
    }

    /// Notes every element that says the same as one before it.
    pub fn refuse_twice<T, Same: Eq + Hash>(&self, list: &[Found<T>], same: impl Fn(&T) -> Same) {
        let mut known = HashSet::new();
        for found in list {
            if !known.insert(same(&found.value)) {
                self.notes.wrong(&found.spot, "stands there twice");
            }
        }
    }

    /// Reads a key's value; a reason why it is wrong is noted.
    fn read<T>(&self, name: &str, read: impl FnOnce(&Entry<'a>) -> Result<T, String>) -> Option<Found<T>> {
        let entry = self.entry(name)?;
        match read(entry) {
            Ok(value) => Some(Found { value, spot: entry.spot.clone() }),
            Err(wrong) => {
                self.notes.wrong(&entry.spot, wrong);
                None
            }
        }
    }

    fn text_of<'b>(&self, entry: &'b Entry<'a>) -> Result<&'b str, String> {
        text(entry.value, &self.key(entry.name).takes.in_words())
    }

    /// A text; one of a kind, or one of some words.
    pub fn text(&self, name: &str) -> Option<Found<Box<str>>> {
        self.read(name, |entry| {
            let text = self.text_of(entry)?;
            match self.key(name).takes {
                Takes::Text(kind) => (kind.read)(text).map(String::into_boxed_str),
                Takes::Choice(words) if words.contains(&text) => Ok(text.into()),
                Takes::Choice(words) => Err(format!("takes {}", either(words))),
                _ => unreachable!("{name} is described as something else than a text"),
            }
        })
    }

    /// The same, of a key that is required: when it is not there, that is noted.
    pub fn required_text(&self, name: &str) -> Option<Found<Box<str>>> {
        self.require(name);
        self.text(name)
    }

    /// Notes that a key is missing when it is.
    pub fn require(&self, name: &str) {
        if !self.has(name) {
            self.missing(name);
        }
    }

    /// Notes that a key is missing, unless it seems to be there by a wrong name.
    pub fn missing(&self, name: &str) {
        let tables = [self.table];
        if self
            .entries
            .iter()
            .any(|entry| self.table.key(entry.name).is_none() && meant(entry.name, &tables) == Some(name))
        {
            return;
        }
        let example = match self.key(name).takes {
            Takes::Text(kind) if !kind.example.is_empty() => format!(", for example {name} = \"{}\"", kind.example),
            Takes::Choice(words) => format!(", which takes {}", either(words)),
            Takes::Length(..) => format!(", for example {name} = \"30m\""),
            Takes::Week => format!(", for example {name}.weekdays = \"08:00-18:00\""),
            _ => String::new(),
        };
        self.notes.unfit(&self.spot, format!("{} needs {name}{example}", self.table.of));
    }

    /// A list of texts of a kind.
    pub fn texts(&self, name: &str) -> Option<Vec<String>> {
        let Takes::Texts(kind) = self.key(name).takes else { unreachable!("{name} is described as no list of texts") };
        let list = self.list(name, |text| (kind.read)(text))?;
        Some(list.into_iter().map(|one| one.value).collect())
    }

    /// A list of texts, each as `read` takes it; a single text is a list of one.
    pub fn list<T>(&self, name: &str, read: impl Fn(&str) -> Result<T, String>) -> Option<Vec<Found<T>>> {
        let entry = self.entry(name)?;
        Some(self.elements(name, entry, read))
    }

    /// The texts at an entry of a key, each as `read` takes it.
    fn elements<T>(&self, name: &str, entry: &Entry<'a>, read: impl Fn(&str) -> Result<T, String>) -> Vec<Found<T>> {
        let single;
        let elements: &[Spanned<DeValue<'a>>] = match entry.value {
            DeValue::Array(array) => array,
            one => {
                single = [Spanned::new(entry.spot.span.clone(), one.clone())];
                &single
            }
        };
        let takes = match self.key(name).takes {
            Takes::Ids => "an id".to_owned(),
            Takes::Week => "hours such as \"08:00-18:00\"".to_owned(),
            ref takes => takes.in_words(),
        };
        let mut found = Vec::new();
        for element in elements {
            let spot = Spot { span: element.span(), path: entry.spot.path.clone() };
            match text(element.get_ref(), &takes).and_then(&read) {
                Ok(value) => found.push(Found { value, spot }),
                Err(wrong) => self.notes.wrong(&spot, wrong),
            }
        }
        found
    }

    /// `true` or `false`.
    pub fn flag(&self, name: &str) -> Option<bool> {
        let found = self.read(name, |entry| match entry.value {
            DeValue::Boolean(flag) => Ok(*flag),
            other => Err(format!("takes true or false, not {}", described(other))),
        })?;
        Some(found.value)
    }

    /// A length of time in minutes.
    pub fn length(&self, name: &str) -> Option<Found<u32>> {
        let Takes::Length(least, most) = self.key(name).takes else { unreachable!("{name} is described as no length") };
        self.read(name, |entry| {
            let minutes = when::minutes(self.text_of(entry)?)?;
            if !(least..=most).contains(&minutes) {
                let [least, most] = [least, most].map(when::length_in_words);
                return Err(format!("takes {least} to {most}"));
            }
            Ok(minutes)
        })
    }

    /// A number of days.
    pub fn days(&self, name: &str) -> Option<u16> {
        let Takes::Days(most) = self.key(name).takes else { unreachable!("{name} is described as no number of days") };
        let found = self.read(name, |entry| match when::whole_days(self.text_of(entry)?)? {
            days if days > most => Err(format!("takes at most {most}d")),
            days => Ok(days),
        })?;
        Some(found.value)
    }

    /// The tables below a key, by their names, in the order of the file.
    pub fn tables(&self, name: &str) -> Vec<(Found<&'a str>, Section<'a>)> {
        let Takes::Tables(table) = self.key(name).takes else { unreachable!("{name} is described as no tables") };
        let Some(entry) = self.entry(name) else { return Vec::new() };
        let Some(below) = self.below(entry) else { return Vec::new() };
        let mut found = Vec::new();
        for entry in below {
            match entry.value {
                DeValue::Table(content) => {
                    let id = Found { value: entry.name, spot: entry.key.clone() };
                    found.push((id, Section::new(entry.key, content, table, self.notes)));
                }
                other => self.notes.wrong(
                    &entry.spot,
                    format!("takes a table with the keys of {}, not {}", table.of, described(other)),
                ),
            }
        }
        found
    }

    /// The pairs of texts below a key: what is left of the equals sign as `read` takes it, and what is right of it.
    pub fn pairs<T>(
        &self,
        name: &str,
        read: impl Fn(&str) -> Result<T, String>,
        read_right: impl Fn(&str) -> Result<Option<Box<str>>, String>,
    ) -> Vec<Found<(T, Option<Box<str>>)>> {
        let mut found = Vec::new();
        for entry in self.entry(name).and_then(|entry| self.below(entry)).unwrap_or_default() {
            let left = read(entry.name).map_err(|wrong| self.notes.wrong(&entry.key, wrong));
            let right =
                text(entry.value, "a text").and_then(&read_right).map_err(|wrong| self.notes.wrong(&entry.spot, wrong));
            if let (Ok(left), Ok(right)) = (left, right) {
                found.push(Found { value: (left, right), spot: entry.key });
            }
        }
        found
    }

    /// Texts of a kind by languages.
    pub fn translations(&self, name: &str) -> std::collections::BTreeMap<Box<str>, Box<str>> {
        let Takes::Translations(kind) = self.key(name).takes else { unreachable!("{name} has no translations") };
        let pairs = self.pairs(name, super::keys::language, |text| (kind.read)(text).map(|text| Some(text.into())));
        let texts = pairs.into_iter().filter_map(|found| Some((found.value.0.into(), found.value.1?)));
        texts.collect()
    }

    /// Hours by weekday, with `weekdays` and `every_day` for several; a day's own name wins.
    pub fn week(&self, name: &str) -> Option<Found<Days>> {
        let entry = self.entry(name)?;
        let mut days: [Days; 3] = Default::default();
        for entry in self.below(entry)? {
            let (rank, range) = match entry.name {
                "every_day" => (0, 0..7),
                "weekdays" => (1, 0..5),
                day => match WEEKDAYS.iter().position(|known| *known == day) {
                    Some(index) => (2, index..index + 1),
                    None => {
                        let known = WEEKDAYS.into_iter().chain(["weekdays", "every_day"]);
                        let said = match nearest(day, known) {
                            Some(known) => format!("there is no such day; did you mean {known}?"),
                            None => "takes monday to sunday, weekdays or every_day".to_owned(),
                        };
                        self.notes.wrong(&entry.key, said);
                        continue;
                    }
                },
            };
            let hours =
                self.elements(name, &entry, when::hours).into_iter().map(|found| found.value).collect::<Vec<_>>();
            for day in range {
                days[rank][day] = Some(Found { value: hours.clone(), spot: entry.spot.clone() });
            }
        }
        let [every_day, weekdays, named] = days;
        let mut merged = every_day;
        for over in [weekdays, named] {
            for (day, over) in merged.iter_mut().zip(over) {
                *day = over.or(day.take());
            }
        }
        Some(Found { value: merged, spot: entry.key.clone() })
    }

    fn below(&self, entry: &Entry<'a>) -> Option<Vec<Entry<'a>>> {
        match entry.value {
            DeValue::Table(content) => Some(entries(content, &entry.key.path)),
            other => {
                let what = self.key(entry.name).takes.in_words();
                self.notes.wrong(&entry.spot, format!("takes {what}, not {}", described(other)));
                None
            }
        }
    }
}

fn text<'a>(value: &'a DeValue<'_>, takes: &str) -> Result<&'a str, String> {
    value.as_str().ok_or_else(|| format!("takes {takes}, in quotes, not {}", described(value)))
}

/// The entries of a table in the order in which they stand in the file.
fn entries<'a>(content: &'a DeTable<'a>, path: &str) -> Vec<Entry<'a>> {
    let mut entries: Vec<Entry<'a>> = content
        .iter()
        .map(|(key, value)| {
            let name = key.get_ref().as_ref();
            let path = if path.is_empty() { shown(name) } else { format!("{path}.{}", shown(name)) };
            let spot = Spot { span: value.span(), path: path.clone() };
            Entry { name, key: Spot { span: key.span(), path }, value: value.get_ref(), spot }
        })
        .collect();
    entries.sort_by_key(|entry| entry.key.span.start);
    entries
}

/// A key as it is written.
pub fn shown(name: &str) -> String {
    let bare = !name.is_empty() && name.bytes().all(|one| one.is_ascii_alphanumeric() || one == b'-' || one == b'_');
    if bare { name.to_owned() } else { format!("{name:?}") }
}

fn described(value: &DeValue<'_>) -> &'static str {
    match value {
        DeValue::String(_) => "a text",
        DeValue::Integer(_) | DeValue::Float(_) => "a number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date without quotes",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    }
}

/// What is said of a key that nothing reads.
fn unknown(name: &str, tables: &[&'static Table]) -> String {
    let of = tables.first().map_or("the file", |table| table.of);
    match meant(name, tables) {
        Some(key) => format!("{of} has no such key; did you mean {key}?"),
        None => {
            let known: Vec<&str> = tables.iter().flat_map(|table| table.keys).map(|key| key.name).collect();
            format!("{of} has no such key; there are {}", known.join(", "))
        }
    }
}

/// The key that a name seems to mean.
fn meant(name: &str, tables: &[&'static Table]) -> Option<&'static str> {
    let keys = || tables.iter().flat_map(|table| table.keys);
    match keys().find(|key| key.also.contains(&name)) {
        Some(key) => Some(key.name),
        None => nearest(name, keys().map(|key| key.name)),
    }
}

/// The known name that takes the fewest slips of a finger to become `name`, unless it takes too many.
fn nearest(name: &str, known: impl Iterator<Item = &'static str>) -> Option<&'static str> {
    let distance = |known: &str| strsim::damerau_levenshtein(&name.to_lowercase(), known);
    let (slips, nearest) = known.map(|known| (distance(known), known)).min()?;
    (slips <= nearest.len().div_ceil(3)).then_some(nearest)
}

/// The value that stands for a key that is left out, as it would be written.
pub fn default_of(table: &'static Table, name: &str) -> &'static str {
    match table.key(name).map(|key| key.default) {
        Some(Absent::Value(value)) => value,
        _ => unreachable!("{name} is described without a default"),
    }
}
