//! The table: each figure that is asked of the product, what was measured, and whether it is reached.

use bench_support::Fallible;
use bench_support::options::Options;

use crate::layout::{Spread, grouped, print_aligned, short};
use crate::processors::DISTURBED;
use crate::records::Record;
use crate::targets::{self, Comparison, Targets};

const MEGABYTE: f64 = 1e6;

/// Two of them are the engine's.
const HEADINGS: [&str; 11] = [
    "load",
    "sessions",
    "Frontdesk",
    "p50 / p99",
    "",
    "straight",
    "",
    "median (min..max)",
    "quiet rounds",
    "to reach",
    "reached",
];

type Row = [String; HEADINGS.len()];

/// Prints the table.
///
/// # Errors
/// Some requests failed: the figures are worth nothing.
pub fn print(records: &[Record], options: &Options) -> Fallible<()> {
    let sizes = [options.required("sessions")?, options.required("large")?].map(short);
    let targets = targets::of(&options.or("engine", "embedded".to_owned())?)?;
    let table = Table { records, sizes, targets };
    let comparisons = targets.comparisons.iter().filter_map(|comparison| table.comparison(comparison));
    let servers = || ["frontdesk", "large"].into_iter();
    let memory = servers().filter_map(|server| table.memory(server));
    let start = servers().filter_map(|server| table.start(server));
    let import = servers().filter_map(|server| table.import(server)).flatten();
    let mut rows: Vec<Row> = vec![table.headings()];
    rows.extend(comparisons.chain(table.bookings()).chain(memory).chain(start).chain(import));
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
    targets: &'static Targets,
}

impl Table<'_> {
    fn headings(&self) -> Row {
        let processor = if self.targets.has_database { "CPU each, server + database" } else { "CPU each" };
        let mut row = HEADINGS.map(str::to_owned);
        (row[4], row[6]) = (processor.to_owned(), self.targets.beside.0.to_owned());
        row
    }

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
        Some([
            comparison.name.to_owned(),
            self.size(comparison.server),
            self.rate(comparison.load, comparison.server),
            self.details(comparison, "p50", 2) + " / " + &self.details(comparison, "p99", 2) + " ms",
            self.processor(comparison),
            self.other(comparison, "straight"),
            self.other(comparison, self.targets.beside.1),
            format!("{} {}", spread.shown(2, ""), comparison.shown),
            format!("{} of {}", quiet.len(), pairs.len()),
            comparison.target.map_or_else(String::new, |target| format!(">= {target}")),
            match comparison.target {
                Some(_) if quiet.is_empty() && failed == 0 => "disturbed".to_owned(),
                Some(target) => verdict(failed, spread.median >= target),
                None => String::new(),
            },
        ])
    }

    /// Processor time of a request.
    fn processor(&self, comparison: &Comparison) -> String {
        let server = self.details(comparison, "processor", 0);
        if self.targets.has_database {
            format!("{server} + {} µs", self.details(comparison, "database", 0))
        } else {
            format!("{server} µs")
        }
    }

    /// The rate of another server; of one with data only beside the product on as much.
    fn other(&self, comparison: &Comparison, server: &str) -> String {
        if comparison.server == "large" && server != "ceiling" {
            String::new()
        } else {
            self.rate(comparison.load, server)
        }
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

    /// What is asked of the loads of bookings for themselves.
    fn bookings(&self) -> Vec<Row> {
        let size = || self.size("frontdesk");
        let spread = |load: &str, figure: &dyn Fn(&Record) -> f64| {
            Spread::of(self.quiet(load, "frontdesk").into_iter().map(figure))
        };
        let processor = spread("O1", &|record| record.detail("processor") / 1_000.0).map(|spread| {
            let row = plain("O1, CPU each", size(), spread.shown(3, " ms"));
            at_most(row, Some(targets::OPEN_TIMES_PROCESSOR), spread.median, "ms")
        });
        let page = spread("P1", &|record| record.detail("p99")).map(|spread| {
            let row = plain("P1, 16 clients, p99", size(), spread.shown(2, " ms"));
            at_most(row, Some(targets::TIME_STEP_P99), spread.median, "ms")
        });
        let booked = spread("B1", &|record| record.figure).map(|spread| {
            let row = plain("B1", size(), spread.shown(0, "/s"));
            judged(row, &format!(">= {}/s", targets::BOOKINGS), spread.median >= targets::BOOKINGS)
        });
        [processor, page, booked].into_iter().flatten().collect()
    }

    /// Judged by the most that was seen.
    fn memory(&self, server: &str) -> Option<Row> {
        let spread = Spread::of(self.series("memory", server).iter().map(|record| record.figure / MEGABYTE))?;
        let row = plain("memory after L1", self.size(server), spread.shown(1, " MB"));
        Some(at_most(row, self.targets.memory, spread.most, "MB"))
    }

    fn start(&self, server: &str) -> Option<Row> {
        let spread = Spread::of(self.series("start", server).iter().map(|record| record.figure))?;
        let row = plain("start", self.size(server), spread.shown(3, " s"));
        Some(at_most(row, self.targets.start, spread.median, "s"))
    }

    /// The time limit is for the smaller data. Memory is flat when the second half of the file takes hardly more than the
    /// first.
    fn import(&self, server: &str) -> Option<[Row; 2]> {
        let series = self.series("import", server);
        let seconds = Spread::of(series.iter().map(|record| record.figure))?;
        let early = Spread::of(series.iter().map(|record| record.detail("early") / MEGABYTE))?;
        let late = Spread::of(series.iter().map(|record| record.detail("late") / MEGABYTE))?;
        let time = plain("import", self.size(server), seconds.shown(1, " s"));
        let limit = self.targets.import.filter(|_| server != "large");
        let time = at_most(time, limit, seconds.median, "s");
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

fn at_most(row: Row, limit: Option<f64>, figure: f64, unit: &str) -> Row {
    match limit {
        Some(limit) => judged(row, &format!("<= {limit} {unit}"), figure <= limit),
        None => row,
    }
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
