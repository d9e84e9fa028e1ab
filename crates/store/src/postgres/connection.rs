//! Connections: how a server of PostgreSQL is reached, and a pool of them for each thread.

use std::collections::HashMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::ThreadId;
use std::time::{Duration, Instant};

use deadpool_postgres::{
    Manager, ManagerConfig, Object, Pool, PoolError, QueueMode, RecyclingMethod, Runtime, Timeouts,
};
use parking_lot::{Mutex, RwLock};
use tokio_postgres::config::{SslMode, TargetSessionAttrs};
use tokio_postgres::{Config, NoTls, Statement};

use super::fault::fault;
use crate::error::{OpenError, StoreError};

/// The most connections of one thread. The writer's needs one for itself, some for what is waited for apart, one for the watch.
const MOST_PER_THREAD: usize = 14;
/// How many of these are shared.
const MOST_SHARED: usize = 3;
/// One that fewer share is joined before another is made. It counts as one more itself.
const FEW_SHARING: usize = 3;
/// How long a request waits for a connection of the pool, and a connection for its server.
const PATIENCE: Duration = Duration::from_secs(5);
/// When the server's machine is gone, it says nothing: what is sent has to be acknowledged within this time.
const UNHEARD: Duration = Duration::from_secs(10);

/// Settings of every connection. Statements are planned once, not for each value; none of them is long enough for
/// compiling it; what waits for a lock, or holds one, does not do so for ever; what is no transaction of several statements
/// sees what others have just committed, whatever the database's default.
const SETTINGS: &str = "-c plan_cache_mode=force_generic_plan -c jit=off -c lock_timeout=5s \
     -c idle_in_transaction_session_timeout=30s -c default_transaction_isolation=read\\ committed";
/// How long a statement of a server may take, and wait for a lock; for a row it may wait twice, for its turn and for the row.
/// Its statements are look-ups by an index: a plan that reads a table because it is small today would be kept when it is not.
const SERVING: &str = "-c statement_timeout=10s -c lock_timeout=3s -c enable_seqscan=off";

/// A connection from the pool.
pub(super) type Connection = Object;

/// Who connects.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Purpose {
    /// A server, whose statements are short.
    Serve,
    /// An operator's command, whose statements may take as long as they need.
    Operate,
}

impl Purpose {
    /// What the connections are called in `pg_stat_activity`.
    pub(super) const fn application_name(self) -> &'static str {
        match self {
            Self::Serve => "frontdesk server",
            Self::Operate => "frontdesk command",
        }
    }
}

/// A connection whose statements several requests send one after another, without waiting for each other's answers: fewer
/// wake-ups and system calls for each, on both sides. For single statements that wait for no lock; the next in line would
/// wait with them.
pub(super) struct SharedConnection {
    /// None only while it is dropped.
    connection: Option<Connection>,
    is_bad: AtomicBool,
}

impl SharedConnection {
    fn new(connection: Connection) -> Self {
        Self { connection: Some(connection), is_bad: AtomicBool::new(false) }
    }

    fn is_good(&self) -> bool {
        !self.is_bad.load(Ordering::Relaxed) && !self.is_closed()
    }
}

impl Deref for SharedConnection {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        self.connection.as_ref().expect("cannot fail: it is there until it is dropped")
    }
}

impl Drop for SharedConnection {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take()
            && self.is_bad.load(Ordering::Relaxed)
        {
            drop(Object::take(connection));
        }
    }
}

/// What has to be given back after use.
pub(super) trait GiveBack: Sized {
    /// Makes sure that nobody uses it again.
    fn throw_away(self);

    /// Gives it back to its pool, unless the database could not be used through it: it may be half broken, or lead to a
    /// server that is not the primary any more, and the next one may not.
    fn give_back<T>(self, outcome: Result<T, StoreError>) -> Result<T, StoreError> {
        if matches!(outcome, Err(StoreError::Unavailable(_))) {
            self.throw_away();
        }
        outcome
    }
}

impl GiveBack for Connection {
    fn throw_away(self) {
        drop(Self::take(self));
    }
}

impl GiveBack for Arc<SharedConnection> {
    fn throw_away(self) {
        self.is_bad.store(true, Ordering::Relaxed);
    }
}

/// The connections of a thread.
struct ThreadPool {
    pool: Pool,
    shared: Mutex<Vec<Arc<SharedConnection>>>,
}

/// Pools of connections, one for each thread that asks: a connection is read by the runtime of the thread that made it,
/// and a request that used another thread's would wake that one for every statement.
pub(super) struct Pools {
    config: Config,
    by_thread: RwLock<HashMap<ThreadId, Arc<ThreadPool>>>,
}

impl Pools {
    /// Pools of connections to the database at `url`; nothing is connected yet.
    ///
    /// # Errors
    /// When the URL says what cannot be had.
    pub(super) fn new(url: &str, purpose: Purpose) -> Result<Arc<Self>, OpenError> {
        let mut config: Config =
            url.parse().map_err(|cause: tokio_postgres::Error| OpenError::PostgresUrl(said(&cause)))?;
        if config.get_ssl_mode() == SslMode::Require {
            return Err(OpenError::PostgresUrl("sslmode=require is not supported".to_owned()));
        }
        let serving = if purpose == Purpose::Serve { SERVING } else { "" };
        let options = [config.get_options().unwrap_or_default(), SETTINGS, serving].join(" ");
        config
            .options(options.trim())
            .application_name(purpose.application_name())
            // After a failover the old address may lead to a server that only reads.
            .target_session_attrs(TargetSessionAttrs::ReadWrite)
            .connect_timeout(PATIENCE)
            .keepalives_idle(UNHEARD)
            .tcp_user_timeout(UNHEARD);
        Ok(Arc::new(Self { config, by_thread: RwLock::default() }))
    }

    /// A connection of this thread's pool, for one alone.
    ///
    /// # Errors
    /// When there is none within some seconds.
    pub(super) async fn get(&self) -> Result<Connection, StoreError> {
        take(&self.here().pool).await
    }

    /// The connection of this thread that the fewest share at the moment.
    ///
    /// # Errors
    /// When there is none, and none can be made within some seconds.
    pub(super) async fn share(&self) -> Result<Arc<SharedConnection>, StoreError> {
        let here = self.here();
        {
            let mut shared = here.shared.lock();
            shared.retain(|connection| connection.is_good());
            let least = shared.iter().min_by_key(|connection| Arc::strong_count(connection));
            if let Some(least) = least
                && (Arc::strong_count(least) <= FEW_SHARING || shared.len() >= MOST_SHARED)
            {
                return Ok(Arc::clone(least));
            }
        }
        let fresh = Arc::new(SharedConnection::new(take(&here.pool).await?));
        let mut shared = here.shared.lock();
        // Several may have come here at once; what is too much goes back to the pool after use.
        if shared.len() < MOST_SHARED {
            shared.push(Arc::clone(&fresh));
        }
        Ok(fresh)
    }

    fn here(&self) -> Arc<ThreadPool> {
        let thread = std::thread::current().id();
        if let Some(known) = self.by_thread.read().get(&thread) {
            return Arc::clone(known);
        }
        let fresh = || Arc::new(ThreadPool { pool: self.pool(), shared: Mutex::default() });
        Arc::clone(self.by_thread.write().entry(thread).or_insert_with(fresh))
    }

    fn pool(&self) -> Pool {
        let manager =
            Manager::from_config(self.config.clone(), NoTls, ManagerConfig { recycling_method: RecyclingMethod::Fast });
        Pool::builder(manager)
            .max_size(MOST_PER_THREAD)
            // The one used last has what it needs at hand, here and at the database.
            .queue_mode(QueueMode::Lifo)
            .runtime(Runtime::Tokio1)
            .timeouts(Timeouts { wait: Some(PATIENCE), create: Some(PATIENCE), recycle: Some(PATIENCE) })
            .build()
            .expect("cannot fail: timeouts have the runtime that they need")
    }
}

async fn take(pool: &Pool) -> Result<Connection, StoreError> {
    pool.get().await.map_err(|cause| match cause {
        PoolError::Backend(cause) => fault("connect to PostgreSQL", &cause),
        other => StoreError::Unavailable(format!("no connection to PostgreSQL: {other}")),
    })
}

/// When a connection was made.
pub(super) fn made(connection: &Connection) -> Instant {
    Object::metrics(connection).created
}

/// A prepared statement of this connection.
pub(super) async fn prepared(connection: &Connection, statement: &str) -> Result<Statement, StoreError> {
    connection.prepare_cached(statement).await.map_err(|cause| fault("prepare a statement", &cause))
}

/// An error in its own words, with those of what caused it.
pub(super) fn said(error: &dyn std::error::Error) -> String {
    let mut words = error.to_string();
    let mut cause = error.source();
    while let Some(error) = cause {
        let more = error.to_string();
        if !words.contains(&more) {
            words = format!("{words}: {more}");
        }
        cause = error.source();
    }
    words
}
