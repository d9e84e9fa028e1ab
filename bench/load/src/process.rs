//! Measures processes from outside: the memory of a server, how soon it answers, how much a command takes.

use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use bench_support::Fallible;
use bench_support::options::Options;

use crate::client::Client;
use crate::drive::Source as _;
use crate::list::{ListLoad, Requests};
use crate::records::Record;

/// How often a command's memory is looked at.
const LOOK_EVERY: Duration = Duration::from_millis(20);
/// How often a starting server is tried.
const TRY_EVERY: Duration = Duration::from_micros(200);
/// When a server that does not start, or does not end, is given up.
const PATIENCE: Duration = Duration::from_secs(30);

/// Records the private anonymous memory of a process: what it allocated, without the mapped database.
///
/// # Errors
/// There is no such process, or it is someone else's.
pub fn memory(process: &str, options: &Options) -> Fallible<()> {
    let bytes = kilobytes(&format!("/proc/{process}/smaps_rollup"), "Anonymous:")? * 1024;
    Record::of_process("memory", options, bytes as f64, &[])?.keep(options)
}

/// Runs the command, a server, until its first answer to a list request, records how long that took, and ends it.
///
/// # Errors
/// It does not start or answers anything but 200.
pub async fn start(options: &Options) -> Fallible<()> {
    let address: SocketAddr = options.required("address")?;
    let token: String = options.required("token")?;
    let mut request = Vec::new();
    Requests::new(ListLoad::Day, &token, options.or("round", 1)?).next(&mut request);

    let began = Instant::now();
    let mut server = Server(spawn(options)?);
    let mut client = loop {
        if let Ok(client) = Client::connect(address).await {
            break client;
        }
        if began.elapsed() > PATIENCE || server.0.try_wait()?.is_some() {
            return Err("the server does not start".into());
        }
        std::thread::sleep(TRY_EVERY);
    };
    let status = client.ask(&request).await?.status;
    let seconds = began.elapsed().as_secs_f64();
    if status != 200 {
        return Err(format!("the first answer was {status}").into());
    }
    server.end()?;
    Record::of_process("start", options, seconds, &[])?.keep(options)
}

/// Runs the command to its end and records how long it took, and the most anonymous memory it had, before and after half
/// of its time.
///
/// # Errors
/// It cannot be run, or ends with a failure.
pub fn watch(options: &Options) -> Fallible<()> {
    let began = Instant::now();
    let mut process = spawn(options)?;
    let status = format!("/proc/{}/status", process.id());
    let mut samples = Vec::new();
    let exit = loop {
        if let Some(exit) = process.try_wait()? {
            break exit;
        }
        // Between its end and the next look there is nothing to read.
        samples.extend(kilobytes(&status, "RssAnon:").ok());
        std::thread::sleep(LOOK_EVERY);
    };
    let seconds = began.elapsed().as_secs_f64();
    if !exit.success() {
        return Err(format!("{}: {exit}", options.command().join(" ")).into());
    }
    let (early, late) = samples.split_at(samples.len() / 2);
    let peak = |samples: &[u64]| (samples.iter().max().copied().unwrap_or(0) * 1024) as f64;
    let details = [("early", peak(early)), ("late", peak(late))];
    Record::of_process("import", options, seconds, &details)?.keep(options)
}

/// A server, which does not outlive the measurement.
struct Server(Child);

impl Server {
    /// Ends it as an operator would. The system's own tool asks, as the standard library only knows the signal that cannot
    /// be caught.
    fn end(mut self) -> Fallible<()> {
        let asked = Instant::now();
        Command::new("kill").arg(self.0.id().to_string()).status()?;
        while self.0.try_wait()?.is_none() {
            if asked.elapsed() > PATIENCE {
                return Err(format!("the server still runs {PATIENCE:?} after SIGTERM").into());
            }
            std::thread::sleep(LOOK_EVERY);
        }
        Ok(())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It has ended already unless the measurement failed; then that is what matters.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn spawn(options: &Options) -> Fallible<Child> {
    let [program, arguments @ ..] = options.command() else { return Err("a command is missing after --".into()) };
    let child = Command::new(program).args(arguments).stdout(Stdio::null()).spawn();
    child.map_err(|error| format!("{program}: {error}").into())
}

/// The number of kilobytes in the line of a file under /proc that begins so.
fn kilobytes(path: &str, begins: &str) -> Fallible<u64> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{path}: {error}"))?;
    let line = text.lines().find_map(|line| line.strip_prefix(begins));
    let number = line.and_then(|rest| rest.split_whitespace().next()?.parse().ok());
    number.ok_or_else(|| format!("{path} has no {begins}").into())
}
