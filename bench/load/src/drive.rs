//! The closed loop: every connection asks again as soon as it is answered, for a time after a warm-up.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use bench_support::Fallible;
use tokio::task::JoinSet;

use crate::client::Client;
use crate::histogram::Histogram;
use crate::processors::{Processes, Reading, Usage};

/// How long the slowest answer may take before the run is given up.
const PATIENCE: Duration = Duration::from_secs(60);

/// What a run is to be.
#[derive(Debug, Clone)]
pub struct Plan {
    /// The server.
    pub address: SocketAddr,
    /// Its process, and its database's.
    pub processes: Processes,
    /// How many connections ask at once.
    pub connections: u64,
    /// Seconds of load before anything is counted.
    pub warm_up: f64,
    /// Seconds that are counted.
    pub seconds: f64,
}

/// What a connection asks, one request after the other.
pub trait Source: Send + 'static {
    /// Replaces `request` by the next one.
    fn next(&mut self, request: &mut Vec<u8>);
}

/// What came of a run.
#[derive(Debug, Default)]
pub struct Measured {
    /// Latencies of the answers within the counted time.
    pub latencies: Histogram,
    /// Bytes of their bodies.
    pub body_bytes: u64,
    /// Processor time within the counted time.
    pub usage: Usage,
    /// Requests, the warm-up's included, that were not answered with 200.
    pub failures: u64,
    /// What the first of them was.
    pub failure: Option<String>,
}

impl Measured {
    fn fail(&mut self, failure: String) {
        self.failures += 1;
        self.failure.get_or_insert(failure);
    }

    fn merge(&mut self, other: Self) {
        self.latencies.merge(&other.latencies);
        self.body_bytes += other.body_bytes;
        self.failures += other.failures;
        self.failure = self.failure.take().or(other.failure);
    }
}

/// Runs the plan, a connection for each source. The last answers are waited for, so that nothing of this run is still at
/// work in the server when the next one begins.
///
/// # Errors
/// The server cannot be reached, or does not answer at all.
pub async fn run<S: Source>(plan: &Plan, sources: Vec<S>) -> Fallible<Measured> {
    let mut clients = Vec::with_capacity(sources.len());
    for source in sources {
        clients.push((Client::connect(plan.address).await?, source));
    }
    let begin = Instant::now() + Duration::from_secs_f64(plan.warm_up);
    let end = begin + Duration::from_secs_f64(plan.seconds);
    let mut tasks = JoinSet::new();
    for (client, source) in clients {
        tasks.spawn(ask_until(plan.address, client, source, begin, end));
    }
    let usage = tokio::spawn(watch_processors(plan.processes.clone(), begin, end));
    let all = async {
        let mut whole = Measured::default();
        while let Some(part) = tasks.join_next().await {
            whole.merge(part??);
        }
        whole.usage = usage.await??;
        Ok(whole)
    };
    let patience = end + PATIENCE - Instant::now();
    tokio::time::timeout(patience, all).await.map_err(|_| format!("{} does not answer", plan.address))?
}

async fn watch_processors(processes: Processes, begin: Instant, end: Instant) -> Fallible<Usage> {
    tokio::time::sleep_until(begin.into()).await;
    let before = Reading::now(&processes)?;
    tokio::time::sleep_until(end.into()).await;
    Ok(Reading::now(&processes)?.since(before))
}

async fn ask_until<S: Source>(
    address: SocketAddr,
    mut client: Client,
    mut source: S,
    begin: Instant,
    end: Instant,
) -> Fallible<Measured> {
    let mut measured = Measured::default();
    let mut request = Vec::with_capacity(512);
    let mut asked = Instant::now();
    while asked < end {
        source.next(&mut request);
        let outcome = client.ask(&request).await;
        let answered = Instant::now();
        match outcome {
            Ok(answer) if answer.status == 200 => {
                if (begin..end).contains(&answered) {
                    measured.latencies.add(answered - asked);
                    measured.body_bytes += answer.body.len() as u64;
                }
            }
            Ok(answer) => measured.fail(format!("{} {}", answer.status, String::from_utf8_lossy(answer.body))),
            Err(error) => {
                measured.fail(error.to_string());
                client = Client::connect(address).await?;
            }
        }
        asked = answered;
    }
    Ok(measured)
}
