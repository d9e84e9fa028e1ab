//! What is wrong with a file, each mistake with its line.

use std::cell::RefCell;
use std::collections::HashSet;
use std::fmt;
use std::ops::Range;

/// The most characters of a line that are quoted.
const MOST_QUOTED: usize = 100;

/// A place in the file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Spot {
    /// Its bytes.
    pub span: Range<usize>,
    /// The keys that lead there: `providers.lee.rooms`.
    pub path: String,
}

/// Something of the file, and where it stands.
#[derive(Clone, Debug)]
pub struct Found<T> {
    /// What was read.
    pub value: T,
    /// Where.
    pub spot: Spot,
}

/// Everything that is wrong with a file, in the order of its lines.
#[derive(Debug)]
pub struct Mistakes(Vec<Mistake>);

#[derive(Debug)]
struct Mistake {
    /// `practice.toml:14: providers.lee.rooms: there is no room exam-3`
    told: String,
    /// The line, with what is wrong in it underlined.
    quoted: String,
}

impl Mistakes {
    /// How many there are.
    pub fn count(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Display for Mistakes {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let all: Vec<String> = self.0.iter().map(|one| format!("{}\n{}", one.told, one.quoted)).collect();
        formatter.write_str(&all.join("\n"))
    }
}

/// Where mistakes are gathered while a file is read: one must not hide the next.
#[derive(Default)]
pub struct Notes(RefCell<Vec<Note>>);

struct Note {
    spot: Spot,
    message: String,
    kind: NoteKind,
}

/// How much a mistake is to be trusted.
#[derive(Clone, Copy, PartialEq, Eq)]
enum NoteKind {
    /// The file is no TOML there, and what stands around it may have been read wrongly.
    Syntax,
    /// What stands there is wrong.
    Value,
    /// Something is missing or does not fit another part, which may be for lack of what could not be read.
    Whole,
}

impl Notes {
    /// The file is no TOML here.
    pub fn syntax(&self, span: Range<usize>, message: &str) {
        self.note(Spot { span, path: String::new() }, message.to_owned(), NoteKind::Syntax);
    }

    /// What stands at `spot` is wrong.
    pub fn wrong(&self, spot: &Spot, message: impl Into<String>) {
        self.note(spot.clone(), message.into(), NoteKind::Value);
    }

    /// Something is missing at `spot`, or does not fit another part of the file.
    pub fn unfit(&self, spot: &Spot, message: impl Into<String>) {
        self.note(spot.clone(), message.into(), NoteKind::Whole);
    }

    fn note(&self, spot: Spot, message: String, kind: NoteKind) {
        self.0.borrow_mut().push(Note { spot, message, kind });
    }

    /// Whether there is nothing to tell.
    pub fn is_empty(&self) -> bool {
        self.0.borrow().is_empty()
    }

    /// Tells them all; `text` is the file, and `name` what it is called.
    pub fn told(self, text: &str, name: &str) -> Mistakes {
        let mut notes = self.0.into_inner();
        let broken: Vec<usize> = notes
            .iter()
            .filter(|note| note.kind == NoteKind::Syntax)
            .map(|note| Line::of(text, note.spot.span.start).number)
            .collect();
        if !broken.is_empty() {
            notes.retain(|note| match note.kind {
                NoteKind::Syntax => true,
                NoteKind::Value => !broken.contains(&Line::of(text, note.spot.span.start).number),
                NoteKind::Whole => false,
            });
        }
        notes.sort_by_key(|note| note.spot.span.start);
        // A part that several locations share is looked at for each of them.
        let mut told = HashSet::new();
        notes.retain(|note| told.insert((note.spot.span.start, note.message.clone())));
        Mistakes(notes.iter().map(|note| note.told(text, name)).collect())
    }
}

impl Note {
    fn told(&self, text: &str, name: &str) -> Mistake {
        let line = Line::of(text, self.spot.span.start);
        let at = if self.spot.path.is_empty() { String::new() } else { format!(" {}:", self.spot.path) };
        let (number, message) = (line.number, &self.message);
        Mistake { told: format!("{name}:{number}:{at} {message}"), quoted: line.quoted(&self.spot.span) }
    }
}

/// A line of a text.
struct Line<'a> {
    /// From 1.
    number: usize,
    /// The byte of the text with which it begins.
    start: usize,
    content: &'a str,
}

impl<'a> Line<'a> {
    /// The line in which a byte of the text stands; the last one for what is missing at the end.
    fn of(text: &'a str, byte: usize) -> Self {
        let byte = byte.min(text.trim_end().len());
        let before = text.get(..byte).unwrap_or_default();
        let start = before.rfind('\n').map_or(0, |end| end + 1);
        let content = text[start..].lines().next().unwrap_or_default();
        Self { number: before.matches('\n').count() + 1, start, content }
    }

    /// The line with its number, and below it what `span` is of it.
    fn quoted(&self, span: &Range<usize>) -> String {
        let column = |byte: usize| {
            let within = byte.saturating_sub(self.start).min(self.content.len());
            self.content.get(..within).map_or(0, |before| before.chars().count())
        };
        let (from, until) = (column(span.start), column(span.end));
        let shown: String = self.content.chars().take(MOST_QUOTED).map(printable).collect();
        let more = if self.content.chars().count() > MOST_QUOTED { "…" } else { "" };
        let gutter = format!("{:>5} | ", self.number);
        let blank = format!("{:>5} | ", "");
        if from >= MOST_QUOTED {
            return format!("{gutter}{shown}{more}");
        }
        let marks = "^".repeat(until.min(MOST_QUOTED).saturating_sub(from).max(1));
        format!("{gutter}{shown}{more}\n{blank}{}{marks}", " ".repeat(from))
    }
}

/// What a terminal can be shown of a file.
const fn printable(one: char) -> char {
    match one {
        '\t' => ' ',
        '\u{0}'..='\u{1f}' | '\u{7f}'..='\u{9f}' => '\u{fffd}',
        _ => one,
    }
}
