//! What was measured, as lines of a file: `what server round figure failures name=value…`, tabs between.

use std::collections::BTreeMap;
use std::fmt::{self, Display};
use std::fs::OpenOptions;
use std::io::Write as _;

use bench_support::Fallible;
use bench_support::options::Options;

use crate::drive::{Measured, Plan};

/// One measurement.
#[derive(Debug, Clone, PartialEq)]
pub struct Record {
    /// A load (answers a second), `memory` (bytes), `start` or `import` (seconds).
    pub what: String,
    /// Of which server.
    pub server: String,
    /// In which round.
    pub round: u64,
    /// The measurement itself.
    pub figure: f64,
    /// Requests that failed meanwhile; the figure is worth nothing then.
    pub failures: u64,
    /// What else is known.
    pub details: BTreeMap<String, f64>,
}

impl Record {
    /// A measurement of a process.
    ///
    /// # Errors
    /// An option that names it is missing.
    pub fn of_process(what: &str, options: &Options, figure: f64, details: &[(&str, f64)]) -> Fallible<Self> {
        Ok(Self {
            what: what.to_owned(),
            server: options.required("server")?,
            round: options.or("round", 1)?,
            figure,
            failures: 0,
            details: named(details),
        })
    }

    /// A measurement of a load.
    ///
    /// # Errors
    /// An option that names it is missing.
    pub fn of_load(load: &str, options: &Options, plan: &Plan, measured: &Measured) -> Fallible<Self> {
        let answers = measured.latencies.total() as f64;
        let details = [
            ("p50", measured.latencies.quantile(0.5)),
            ("p99", measured.latencies.quantile(0.99)),
            ("p999", measured.latencies.quantile(0.999)),
            ("bytes", (measured.body_bytes as f64 / answers.max(1.0)).round()),
            ("processor", measured.usage.server_micros / answers.max(1.0)),
            ("database", measured.usage.database_micros / answers.max(1.0)),
            ("strangers", measured.usage.strangers),
        ];
        let record = Self::of_process(load, options, answers / plan.seconds, &details)?;
        // A run without a single answer has failed, whatever kept it from them.
        let failures = if answers > 0.0 { measured.failures } else { measured.failures.max(1) };
        Ok(Self { failures, ..record })
    }

    /// A detail; 0 when it is not known.
    pub fn detail(&self, name: &str) -> f64 {
        self.details.get(name).copied().unwrap_or_default()
    }

    /// Appends it to the file that the options name, if they do.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn keep(&self, options: &Options) -> Fallible<()> {
        let Some(path) = options.optional::<String>("records")? else { return Ok(()) };
        let mut file = OpenOptions::new().create(true).append(true).open(path)?;
        writeln!(file, "{self}")?;
        Ok(())
    }
}

fn named(details: &[(&str, f64)]) -> BTreeMap<String, f64> {
    details.iter().map(|(name, value)| ((*name).to_owned(), *value)).collect()
}

impl Display for Record {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { what, server, round, figure, failures, details } = self;
        write!(formatter, "{what}\t{server}\t{round}\t{figure:.4}\t{failures}")?;
        details.iter().try_for_each(|(name, value)| write!(formatter, "\t{name}={value:.3}"))
    }
}

/// Reads a file of records.
///
/// # Errors
/// It cannot be read, or has a line that is no record.
pub fn read(path: &str) -> Fallible<Vec<Record>> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    text.lines().map(|line| parse(line).ok_or_else(|| format!("{path}: not a record: {line}").into())).collect()
}

fn parse(line: &str) -> Option<Record> {
    let mut fields = line.split('\t');
    let mut next = || fields.next();
    let (what, server) = (next()?.to_owned(), next()?.to_owned());
    let (round, figure, failures) = (next()?.parse().ok()?, next()?.parse().ok()?, next()?.parse().ok()?);
    let details = fields
        .map(|detail| {
            let (name, value) = detail.split_once('=')?;
            Some((name.to_owned(), value.parse().ok()?))
        })
        .collect::<Option<_>>()?;
    Some(Record { what, server, round, figure, failures, details })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_read_as_it_was_written() {
        let record = Record {
            what: "L1".to_owned(),
            server: "straight".to_owned(),
            round: 3,
            figure: 8_900.25,
            failures: 2,
            details: named(&[("p50", 1.5), ("bytes", 4_096.0)]),
        };
        assert_eq!(parse(&record.to_string()), Some(record));
    }
}
