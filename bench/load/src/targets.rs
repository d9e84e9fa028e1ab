//! What is asked of the product on each engine: which figure is held against which, and how much is to be reached.

use bench_support::Fallible;

/// A row of figures that are compared within a round, because the machine may be another one in the next.
pub struct Comparison {
    /// What the row is called.
    pub name: &'static str,
    /// The load that was put on the server.
    pub load: &'static str,
    /// Whose figure is compared.
    pub server: &'static str,
    /// The load and the server of the figure that it is compared with.
    pub against: (&'static str, &'static str),
    /// What that is called.
    pub shown: &'static str,
    /// The least that is to be reached, if that was ever said.
    pub target: Option<f64>,
}

/// What is asked of the product on one engine.
pub struct Targets {
    /// The rows of loads.
    pub comparisons: &'static [Comparison],
    /// A server that is shown beside the straight one: the heading, and its name in the records.
    pub beside: (&'static str, &'static str),
    /// Whether the processor time of a database is shown beside the server's own.
    pub has_database: bool,
    /// The most memory, in megabytes.
    pub memory: Option<f64>,
    /// The longest start, in seconds.
    pub start: Option<f64>,
    /// The longest import of the smaller data, in seconds.
    pub import: Option<f64>,
}

/// Milliseconds of processor time that a request for open times (O1) may take.
pub const OPEN_TIMES_PROCESSOR: f64 = 1.0;
/// Milliseconds within which 99 of 100 pages with times (P1) are answered.
pub const TIME_STEP_P99: f64 = 20.0;
/// Bookings (B1) that are on the disk within a second.
pub const BOOKINGS: f64 = 100.0;

/// The targets of the product on that engine.
///
/// # Errors
/// There is none of that name.
pub fn of(engine: &str) -> Fallible<&'static Targets> {
    match engine {
        "embedded" => Ok(&EMBEDDED),
        "postgres" => Ok(&POSTGRES),
        _ => Err(format!("there is no engine {engine}; embedded and postgres are").into()),
    }
}

const EMBEDDED: Targets = Targets {
    comparisons: &[
        compare("L1", "L1", "frontdesk", ("L1", "ceiling"), "of bare axum", Some(0.4)),
        compare("L2", "L2", "frontdesk", ("L1", "frontdesk"), "of L1", Some(0.7)),
        compare("L3", "L3", "frontdesk", ("L1", "frontdesk"), "of L1", Some(0.25)),
        compare("W1", "W1", "frontdesk", ("W1", "straight"), "x straight", Some(4.0)),
        compare("O1", "O1", "frontdesk", ("L1", "ceiling"), "of bare axum", Some(0.1)),
        compare("growth L1", "L1", "large", ("L1", "frontdesk"), "of L1", Some(0.8)),
        compare("growth L2", "L2", "large", ("L2", "frontdesk"), "of L2", Some(0.8)),
    ],
    beside: ("bare axum", "ceiling"),
    has_database: false,
    memory: Some(64.0),
    start: Some(0.1),
    import: Some(20.0),
};

const POSTGRES: Targets = Targets {
    comparisons: &[
        compare("L1", "L1", "frontdesk", ("L1", "straight"), "x straight", Some(1.5)),
        compare("L2", "L2", "frontdesk", ("L1", "frontdesk"), "of L1", Some(0.5)),
        compare("L3", "L3", "frontdesk", ("L1", "frontdesk"), "of L1", None),
        compare("W1", "W1", "frontdesk", ("W1", "straight"), "x straight", Some(1.5)),
        compare("growth L1", "L1", "large", ("L1", "frontdesk"), "of L1", Some(0.8)),
        compare("growth L2", "L2", "large", ("L2", "frontdesk"), "of L2", Some(0.8)),
    ],
    beside: ("embedded", "embedded"),
    has_database: true,
    memory: None,
    start: None,
    import: None,
};

const fn compare(
    name: &'static str,
    load: &'static str,
    server: &'static str,
    against: (&'static str, &'static str),
    shown: &'static str,
    target: Option<f64>,
) -> Comparison {
    Comparison { name, load, server, against, shown, target }
}
