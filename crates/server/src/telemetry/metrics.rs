//! Prometheus metrics: kept in atomics, written out at `/metrics`.

use std::collections::HashMap;
use std::sync::OnceLock;

use frontdesk_domain::session::Status;
use frontdesk_store::WriteObserver;
use prometheus::{
    Encoder, Histogram, HistogramOpts, HistogramVec, IntCounter, IntCounterVec, IntGauge, IntGaugeVec, Opts, Registry,
    TextEncoder,
};

/// The statuses that are answered; each route counts them apart.
const STATUSES: [u16; 19] =
    [200, 201, 204, 303, 304, 400, 401, 403, 404, 405, 408, 409, 413, 414, 415, 422, 429, 500, 503];

/// How an attempt to send a mail may end.
const MAIL_OUTCOMES: [&str; 4] = ["sent", "later", "failed", "dropped"];

/// Requests that found no route are counted under this name.
pub const NO_ROUTE: &str = "none";

/// Everything that is measured.
pub struct Metrics {
    registry: Registry,
    requests: IntCounterVec,
    seconds: HistogramVec,
    routes: HashMap<String, RouteMetrics>,
    batch_commands: Histogram,
    commit_seconds: Histogram,
    settle_lag_seconds: Histogram,
    sessions: IntGaugeVec,
    mails: IntCounterVec,
    mails_waiting: IntGauge,
}

/// The counters of a route, found once instead of at every request.
struct RouteMetrics {
    requests: [OnceLock<IntCounter>; STATUSES.len()],
    seconds: Histogram,
}

impl Metrics {
    /// Metrics of a server with these routes.
    ///
    /// # Panics
    /// Cannot: every name and help text is a constant that Prometheus takes.
    pub fn new(routes: impl IntoIterator<Item = String>) -> Self {
        const VALID: &str = "cannot fail: the names are constants, each registered once";
        let registry = Registry::new();
        let requests = IntCounterVec::new(
            Opts::new("frontdesk_http_requests_total", "Requests answered, by route and status."),
            &["route", "status"],
        )
        .expect(VALID);
        let latency = vec![
            0.000_025, 0.000_05, 0.000_1, 0.000_25, 0.000_5, 0.001, 0.002_5, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 1.0,
        ];
        let seconds = HistogramVec::new(
            HistogramOpts::new("frontdesk_http_request_seconds", "Time from a request's head to its answer, by route.")
                .buckets(latency.clone()),
            &["route"],
        )
        .expect(VALID);
        let histogram = |name, help, buckets| {
            let histogram = Histogram::with_opts(HistogramOpts::new(name, help).buckets(buckets)).expect(VALID);
            registry.register(Box::new(histogram.clone())).expect(VALID);
            histogram
        };
        let batch_commands = histogram(
            "frontdesk_commit_batch_commands",
            "Commands that shared a commit.",
            vec![1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0],
        );
        let commit_seconds = histogram("frontdesk_commit_seconds", "Time of a commit, its fsync included.", latency);
        let settle_lag_seconds = histogram(
            "frontdesk_settle_lag_seconds",
            "Time from a session's expiry until it was settled.",
            vec![0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1.0, 5.0, 60.0, 3600.0],
        );
        let sessions =
            IntGaugeVec::new(Opts::new("frontdesk_sessions", "Sessions on the record, by status."), &["status"])
                .expect(VALID);
        let mails = IntCounterVec::new(
            Opts::new("frontdesk_mail_attempts_total", "Attempts to send a mail, by outcome."),
            &["outcome"],
        )
        .expect(VALID);
        let mails_waiting = IntGauge::new("frontdesk_mails_waiting", "Mails that are still to be sent.").expect(VALID);
        for outcome in MAIL_OUTCOMES {
            // Made now, so that a rate can be told from the first one on.
            mails.with_label_values(&[outcome]);
        }
        registry.register(Box::new(mails.clone())).expect(VALID);
        registry.register(Box::new(mails_waiting.clone())).expect(VALID);
        registry.register(Box::new(requests.clone())).expect(VALID);
        registry.register(Box::new(seconds.clone())).expect(VALID);
        registry.register(Box::new(sessions.clone())).expect(VALID);
        let routes = routes
            .into_iter()
            .chain([NO_ROUTE.to_owned()])
            .map(|route| {
                let metrics = RouteMetrics {
                    requests: [const { OnceLock::new() }; STATUSES.len()],
                    seconds: seconds.with_label_values(&[&route]),
                };
                (route, metrics)
            })
            .collect();
        Self {
            registry,
            requests,
            seconds,
            routes,
            batch_commands,
            commit_seconds,
            settle_lag_seconds,
            sessions,
            mails,
            mails_waiting,
        }
    }

    /// Counts an answer.
    pub fn answered(&self, route: &str, status: u16, seconds: f64) {
        let known = self.routes.get(route).zip(STATUSES.iter().position(|known| *known == status));
        if let Some((metrics, index)) = known {
            metrics.seconds.observe(seconds);
            metrics.requests[index]
                .get_or_init(|| self.requests.with_label_values(&[route, &status.to_string()]))
                .inc();
        } else {
            self.seconds.with_label_values(&[route]).observe(seconds);
            self.requests.with_label_values(&[route, &status.to_string()]).inc();
        }
    }

    /// Counts an attempt to send a mail.
    pub fn mail_attempted(&self, outcome: &str) {
        self.mails.with_label_values(&[outcome]).inc();
    }

    /// Everything in Prometheus' text format, with the sessions and the mails that wait counted just now.
    ///
    /// # Errors
    /// When the metrics cannot be encoded.
    pub fn encode(&self, sessions: &[(Status, u64)], mails_waiting: u64) -> Result<Vec<u8>, prometheus::Error> {
        for (status, count) in sessions {
            let count = i64::try_from(*count).unwrap_or(i64::MAX);
            self.sessions.with_label_values(&[status.as_str()]).set(count);
        }
        self.mails_waiting.set(i64::try_from(mails_waiting).unwrap_or(i64::MAX));
        let mut text = Vec::new();
        TextEncoder::new().encode(&self.registry.gather(), &mut text)?;
        Ok(text)
    }
}

impl WriteObserver for Metrics {
    fn committed(&self, commands: usize, micros: i64) {
        self.batch_commands.observe(commands as f64);
        self.commit_seconds.observe(micros as f64 / 1e6);
    }

    fn settled(&self, late_by_micros: i64) {
        self.settle_lag_seconds.observe(late_by_micros as f64 / 1e6);
    }
}
