//! The table: each figure that is asked of the product, what was measured, and whether it is reached.

use bench_support::Fallible;
use bench_support::options::Options;

use crate::processors::DISTURBED;
use crate::records::Record;

/// A row of figures that are compared within a round, because the machine may be another one in the next.
struct Comparison {
    name: &'static str,
    load: &'static str,
    server: &'static str,
    against: (&'static str, &'static str),
    shown: &'static str,
    target: f64,
}

const COMPARISONS: [Comparison; 6] = [
    Comparison {
        name: "L1",
        load: "L1",
        server: "frontdesk",
        against: ("L1", "ceiling"),
        shown: "of bare axum",
        target: 0.4,
    },
    Comparison {
        name: "L2",
        load: "L2",
        server: "frontdesk",
        against: ("L1", "frontdesk"),
        shown: "of L1",
        target: 0.7,
    },
    Comparison {
        name: "L3",
        load: "L3",
        server: "frontdesk",
        against: ("L1", "frontdesk"),
        shown: "of L1",
        target: 0.25,
    },
    Comparison {
        name: "W1",
        load: "W1",
        server: "frontdesk",
        against: ("W1", "straight"),
        shown: "x straight",
        target: 4.0,
    },
    Comparison {
        name: "growth L1",
        load: "L1",
        server: "large",
        against: ("L1", "frontdesk"),
        shown: "of L1",
        target: 0.8,
    },
    Comparison {
        name: "growth L2",
        load: "L2",
        server: "large",
        against: ("L2", "frontdesk"),
        shown: "of L2",
        target: 0.8,
    },
];

const HEADINGS: [&str; 11] = [
    "load",
    "sessions",
    "Frontdesk",
    "p50 / p99",
    "CPU each",
    "straight",
    "bare axum",
    "median (min..max)",
    "quiet rounds",
    "to reach",
    "reached",
];
const MEGABYTE: f64 = 1e6;

type Row = [String; HEADINGS.len()];

/// Prints the table.
///
/// # Errors
/// Some requests failed: the figures are worth nothing.
pub fn print(records: &[Record], options: &Options) -> Fallible<()> {
    let sizes = [options.required("sessions")?, options.required("large")?].map(short);
    let table = Table { records, sizes };
    let comparisons = COMPARISONS.iter().filter_map(|comparison| table.comparison(comparison));
    let servers = || ["frontdesk", "large"].into_iter();
    let memory = servers().filter_map(|server| table.memory(server));
    let start = servers().filter_map(|server| table.start(server));
    let import = servers().filter_map(|server| table.import(server)).flatten();
    let mut rows: Vec<Row> = vec![HEADINGS.map(str::to_owned)];
    rows.extend(comparisons.chain(memory).chain(start).chain(import));
    print_aligned(&rows);
    print_strangers(records);

    match records.iter().map(|record| record.failures).sum::<u64>() {
        0 => Ok(()),
        failures => Err(format!("{failures} requests failed: the rows marked so say nothing").into()),
    }
}

fn print_strangers(records: &[Record]) {
    let shares = records.iter().filter_map(|record| record.details.get("strangers"));
    let Some(Spread { median, least, most }) = Spread::of(shares.map(|share| 100.0 * share)) else { return };
    println!("Strangers used {median:.0} % ({least:.0}..{most:.0}) of the machine's processors during the loads.");
    println!(
        "Where they used more than {:.0} %, the load is left out, unless no quiet one is left to judge by.",
        100.0 * DISTURBED
    );
}

struct Table<'a> {
    records: &'a [Record],
    /// Of the servers "frontdesk" and "large".
    sizes: [String; 2],
}

impl Table<'_> {
    fn series(&self, what: &str, server: &str) -> Vec<&Record> {
        self.records.iter().filter(|record| record.what == what && record.server == server).collect()
    }

    fn size(&self, server: &str) -> String {
        self.sizes[usize::from(server == "large")].clone()
    }

    /// Of the measurements, the undisturbed ones; all of them when there is none.
    fn quiet(&self, what: &str, server: &str) -> Vec<&Record> {
        let (disturbed, quiet): (Vec<_>, Vec<_>) =
            self.series(what, server).into_iter().partition(|record| is_disturbed(record));
        if quiet.is_empty() { disturbed } else { quiet }
    }

    /// None when it was not measured.
    fn comparison(&self, comparison: &Comparison) -> Option<Row> {
        let measured = self.series(comparison.load, comparison.server);
        let against = self.series(comparison.against.0, comparison.against.1);
        let pairs: Vec<(&Record, &Record)> = measured
            .iter()
            .filter_map(|record| Some((*record, *against.iter().find(|other| other.round == record.round)?)))
            .collect();
        let (disturbed, quiet): (Vec<_>, Vec<_>) =
            pairs.iter().partition(|(record, other)| is_disturbed(record) || is_disturbed(other));
        let judged = if quiet.is_empty() { &disturbed } else { &quiet };
        let spread = Spread::of(judged.iter().map(|(record, other)| record.figure / other.figure))?;
        let failed = pairs.iter().map(|(record, other)| record.failures + other.failures).sum::<u64>();
        let reached = spread.median >= comparison.target;
        Some([
            comparison.name.to_owned(),
            self.size(comparison.server),
            self.rate(comparison.load, comparison.server),
            self.details(comparison, "p50", 2) + " / " + &self.details(comparison, "p99", 2) + " ms",
            self.details(comparison, "processor", 0) + " µs",
            if comparison.server == "large" { String::new() } else { self.rate(comparison.load, "straight") },
            self.rate(comparison.load, "ceiling"),
            format!("{} {}", spread.shown(2, ""), comparison.shown),
            format!("{} of {}", quiet.len(), pairs.len()),
            format!(">= {}", comparison.target),
            if quiet.is_empty() && failed == 0 { "disturbed".to_owned() } else { verdict(failed, reached) },
        ])
    }

    /// The median of a detail.
    fn details(&self, comparison: &Comparison, name: &str, digits: usize) -> String {
        let quiet = self.quiet(comparison.load, comparison.server);
        Spread::of(quiet.iter().map(|record| record.detail(name)))
            .map_or_else(String::new, |spread| format!("{:.digits$}", spread.median))
    }

    fn rate(&self, load: &str, server: &str) -> String {
        if self.series(load, server).iter().any(|record| record.failures > 0) {
            return "FAILED".to_owned();
        }
        Spread::of(self.quiet(load, server).iter().map(|record| record.figure))
            .map_or_else(String::new, |spread| format!("{}/s", grouped(spread.median)))
    }

    /// Judged by the most that was seen.
    fn memory(&self, server: &str) -> Option<Row> {
        let spread = Spread::of(self.series("memory", server).iter().map(|record| record.figure / MEGABYTE))?;
        let row = plain("memory after L1", self.size(server), spread.shown(1, " MB"));
        Some(judged(row, "<= 64 MB", spread.most <= 64.0))
    }

    fn start(&self, server: &str) -> Option<Row> {
        let spread = Spread::of(self.series("start", server).iter().map(|record| record.figure))?;
        let row = plain("start", self.size(server), spread.shown(3, " s"));
        Some(judged(row, "<= 0.1 s", spread.median <= 0.1))
    }

    /// The time limit is for a million rows; memory is flat when the second half of the file takes hardly more than the first.
    fn import(&self, server: &str) -> Option<[Row; 2]> {
        let series = self.series("import", server);
        let seconds = Spread::of(series.iter().map(|record| record.figure))?;
        let early = Spread::of(series.iter().map(|record| record.detail("early") / MEGABYTE))?;
        let late = Spread::of(series.iter().map(|record| record.detail("late") / MEGABYTE))?;
        let time = plain("import", self.size(server), seconds.shown(1, " s"));
        let time = if server == "large" { time } else { judged(time, "<= 20 s", seconds.median <= 20.0) };
        let peak = format!("{:.1} MB, then {:.1} MB", early.most, late.most);
        let memory = plain("import, peak memory of each half", self.size(server), peak);
        Some([time, judged(memory, "flat", late.most <= 1.1 * early.most)])
    }
}

fn is_disturbed(record: &Record) -> bool {
    record.detail("strangers") > DISTURBED
}

fn plain(name: &str, size: String, value: String) -> Row {
    let mut row = Row::default();
    (row[0], row[1], row[7]) = (name.to_owned(), size, value);
    row
}

fn judged(mut row: Row, target: &str, reached: bool) -> Row {
    (row[9], row[10]) = (target.to_owned(), verdict(0, reached));
    row
}

fn verdict(failed: u64, reached: bool) -> String {
    match (failed, reached) {
        (0, true) => "yes".to_owned(),
        (0, false) => "no".to_owned(),
        (failed, _) => format!("FAILED: {failed} requests"),
    }
}

/// The middle and the ends of some figures.
struct Spread {
    median: f64,
    least: f64,
    most: f64,
}

impl Spread {
    /// None of nothing.
    fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut figures: Vec<f64> = figures.into_iter().collect();
        figures.sort_by(f64::total_cmp);
        let (least, most) = (*figures.first()?, *figures.last()?);
        let (below, above) = (figures[(figures.len() - 1) / 2], figures[figures.len() / 2]);
        Some(Self { median: f64::midpoint(below, above), least, most })
    }

    fn shown(&self, digits: usize, unit: &str) -> String {
        let Self { median, least, most } = self;
        format!("{median:.digits$}{unit} ({least:.digits$}..{most:.digits$})")
    }
}

/// `1 M` for a million, `50 k` for fifty thousand.
fn short(sessions: u64) -> String {
    match sessions {
        1_000_000.. => format!("{} M", sessions / 1_000_000),
        _ => format!("{} k", sessions / 1_000),
    }
}

fn grouped(figure: f64) -> String {
    // Below a hundred the fraction is worth showing.
    if figure < 100.0 {
        return format!("{figure:.1}");
    }
    let digits = format!("{figure:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// As Markdown, aligned, so that it reads well on a terminal and on a page.
fn print_aligned(rows: &[Row]) {
    let widths: [usize; HEADINGS.len()] =
        std::array::from_fn(|column| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0));
    for (index, row) in rows.iter().enumerate() {
        let cells = row.iter().zip(widths).map(|(cell, width)| format!(" {cell:width$} |"));
        println!("|{}", cells.collect::<String>());
        if index == 0 {
            println!("|{}", widths.map(|width| format!("{}|", "-".repeat(width + 2))).concat());
        }
    }
}
