//! `frontdesk serve`: the server.

use std::io;
use std::net::{IpAddr, SocketAddr};
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use frontdesk_domain::Clock;
use frontdesk_store::{Store, WriteObserver};
use jiff::SignedDuration;
use tokio::net::{TcpListener, TcpSocket};
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;

use super::mail::MailOptions;
use super::{CliError, Database, output};
use crate::addresses::Addresses;
use crate::clock::SystemClock;
use crate::http::connection::{self, Timeouts};
use crate::http::workers::Workers;
use crate::limits::RateLimit;
use crate::mail::health::Health;
use crate::telemetry::Metrics;
use crate::telemetry::logs::{self, LogFormat};
use crate::{entropy, jobs, service};

/// Serve the Partner API and the Session API
///
/// Runs until SIGTERM or Ctrl-C, then lets the requests under way end. A file has one server, PostgreSQL any number; the
/// other commands work beside them.
#[derive(clap::Args, Debug)]
pub struct Options {
    #[command(flatten)]
    pub database: Database,
    #[command(flatten)]
    pub server: ServerOptions,
}

/// What every server is told.
#[derive(clap::Args, Clone, Debug)]
pub struct ServerOptions {
    /// IP address and port to listen on, 0.0.0.0:8080 for every address; port 0 takes a free one
    #[arg(long, env = "FRONTDESK_LISTEN", default_value = "127.0.0.1:8080")]
    #[arg(value_name = "ADDR", value_parser = address)]
    pub listen: SocketAddr,
    /// Requests a minute that a token may make, or `off`
    #[arg(long, env = "FRONTDESK_RATE_LIMIT", default_value = "60000", value_name = "N|off")]
    pub rate_limit: RateLimit,
    /// Booking sessions a minute that an address may start, or `off`
    #[arg(long, env = "FRONTDESK_STARTS_PER_MINUTE", default_value = "120", value_name = "N|off")]
    pub starts_per_minute: RateLimit,
    /// Times a minute that an address may have kept while booking, or `off`
    #[arg(long, env = "FRONTDESK_HOLDS_PER_MINUTE", default_value = "120", value_name = "N|off")]
    pub holds_per_minute: RateLimit,
    /// IP address of a proxy whose X-Forwarded-For says where a request comes from; may be given several times
    #[arg(long, env = "FRONTDESK_TRUSTED_PROXY", value_name = "ADDR", value_delimiter = ',')]
    pub trusted_proxy: Vec<IpAddr>,
    /// How the log on standard error looks; FRONTDESK_LOG says how much of it (warn, info, debug)
    #[arg(long, env = "FRONTDESK_LOG_FORMAT", default_value = "text", value_name = "FORMAT")]
    pub log_format: LogFormat,
    /// How long a client may take to send the head of a request, and how long an idle connection is kept
    #[arg(long, env = "FRONTDESK_HEAD_TIMEOUT", default_value = "30s", value_name = "DURATION", value_parser = timeout)]
    pub head_timeout: Duration,
    /// How long a client may take nothing of its answer
    #[arg(long, env = "FRONTDESK_WRITE_TIMEOUT", default_value = "30s", value_name = "DURATION", value_parser = timeout)]
    pub write_timeout: Duration,
    /// How long requests that are under way when the server is told to end may go on
    #[arg(long, env = "FRONTDESK_GRACE", default_value = "10s", value_name = "DURATION", value_parser = timeout)]
    pub grace: Duration,
    #[command(flatten)]
    pub mail: MailOptions,
}

/// A server that has its socket and its database, and answers nothing yet.
pub struct Server {
    /// The record.
    pub store: Arc<Store>,
    /// The time.
    pub clock: Arc<dyn Clock>,
    listener: TcpListener,
    workers: Workers,
    router: axum::Router,
    timeouts: Timeouts,
    delivery: Option<jobs::Delivery>,
    signals: Signals,
}

/// Runs the command.
pub fn run(options: Options) -> Result<ExitCode, CliError> {
    logs::start(options.server.log_format);
    runtime()?.block_on(async {
        let server = Server::open(&options.database.url, &options.server).await?;
        output::line(&format!("Frontdesk listens on http://{}", server.address()?))?;
        if server.store.reader()?.catalog().locations().is_empty() {
            tracing::warn!(database = options.database.url, "no locations yet: `frontdesk location add` makes one");
        }
        server.run_until_told(std::future::pending()).await;
        Ok(ExitCode::SUCCESS)
    })
}

/// The runtime of the main thread: it accepts connections and does the jobs, the workers do the rest.
pub fn runtime() -> Result<tokio::runtime::Runtime, CliError> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(|cause| CliError::new(format!("the runtime cannot start: {cause}")))
}

impl Server {
    /// Takes the socket, then the database, and settles what is overdue.
    pub async fn open(url: &str, options: &ServerOptions) -> Result<Self, CliError> {
        let listener = listen(options.listen).map_err(|cause| cannot_listen(options.listen, &cause))?;
        Self::on(listener, url, options).await
    }

    /// The same, on another port when somebody has this one.
    pub async fn open_anywhere(url: &str, options: &ServerOptions) -> Result<Self, CliError> {
        let mut listener = listen(options.listen);
        if listener.as_ref().is_err_and(|cause| cause.kind() == io::ErrorKind::AddrInUse) {
            listener = listen(SocketAddr::new(options.listen.ip(), 0));
        }
        Self::on(listener.map_err(|cause| cannot_listen(options.listen, &cause))?, url, options).await
    }

    async fn on(listener: TcpListener, url: &str, options: &ServerOptions) -> Result<Self, CliError> {
        let signals = Signals::watch()?;
        let post = options.mail.post()?;
        let health = Arc::new(Health::new(post.is_some()));
        let workers = Workers::start().map_err(|cause| CliError::new(format!("the workers cannot start: {cause}")))?;
        let metrics = Arc::new(Metrics::new(service::route_names()));
        let observer: Arc<dyn WriteObserver> = Arc::clone(&metrics) as Arc<dyn WriteObserver>;
        let store = Arc::new(Store::open(url, Arc::new(SystemClock::new()), observer, entropy::random()).await?);
        let clock = store.clock();
        let addresses =
            Addresses::new(options.starts_per_minute, options.holds_per_minute, options.trusted_proxy.clone());
        let delivery = post.map(|post| {
            let (store, clock, metrics) = (Arc::clone(&store), Arc::clone(&clock), Arc::clone(&metrics));
            jobs::Delivery::new(store, clock, metrics, Arc::clone(&health), post)
        });
        let router =
            service::service(Arc::clone(&store), Arc::clone(&clock), metrics, options.rate_limit, addresses, health);
        let ServerOptions { head_timeout: head, write_timeout: write, grace, .. } = *options;
        let timeouts = Timeouts { head, write, grace };
        Ok(Self { store, clock, listener, workers, router, timeouts, delivery, signals })
    }

    /// Where it listens.
    pub fn address(&self) -> Result<SocketAddr, CliError> {
        self.listener.local_addr().map_err(|cause| CliError::new(format!("the socket has no address: {cause}")))
    }

    /// Serves, with its jobs and `beside`, until SIGTERM, SIGINT, or the end of `beside`.
    pub async fn run_until_told(self, beside: impl Future<Output = ()>) {
        let Self { store, clock, listener, workers, router, timeouts, delivery, mut signals } = self;
        let grace = timeouts.grace;
        let (tell, told) = watch::channel(false);
        let mut jobs = tokio::spawn(jobs::run(Arc::clone(&store), clock, delivery, told.clone()));
        let serving = tokio::spawn(connection::serve(listener, workers, router, timeouts, told));
        tokio::select! {
            () = signals.told() => {}
            () = beside => {}
        }
        tracing::info!("ending: no new connections, requests under way are answered");
        // Both tasks end by themselves once told; one that panicked has ended already.
        let _ = tell.send(true);
        let (_, jobs_ended) = tokio::join!(serving, tokio::time::timeout(grace, &mut jobs));
        if jobs_ended.is_err() {
            tracing::warn!("a mail was still on its way: nobody will know whether it was delivered");
            jobs.abort();
            let _ = jobs.await;
        }
        // The last reference: the writer finishes what waits, and the file is closed.
        drop(store);
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| "takes an IP address and a port, for example 127.0.0.1:8080".to_owned())
}

/// Listens, with room for a burst of clients that connect at once.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that was restarted takes its port back at once.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(4096)
}

fn cannot_listen(address: SocketAddr, cause: &io::Error) -> CliError {
    CliError::new(format!(
        "cannot listen on {address}: {cause}; choose another address with --listen, for example 127.0.0.1:0"
    ))
}

/// Reads a duration from a millisecond to an hour.
pub(super) fn timeout(text: &str) -> Result<Duration, String> {
    let duration: SignedDuration =
        text.parse().map_err(|_| "takes a duration, for example 30s, 500ms or 2m".to_owned())?;
    if !(SignedDuration::from_millis(1)..=SignedDuration::from_hours(1)).contains(&duration) {
        return Err("takes 1ms to 1h".to_owned());
    }
    Ok(duration.unsigned_abs())
}

/// SIGTERM and SIGINT, watched from before the server says that it listens: whoever reads that may send one.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn watch() -> Result<Self, CliError> {
        let watch = |kind| signal(kind).map_err(|cause| CliError::new(format!("cannot watch signals: {cause}")));
        Ok(Self { terminate: watch(SignalKind::terminate())?, interrupt: watch(SignalKind::interrupt())? })
    }

    /// Waits for one of them.
    async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
